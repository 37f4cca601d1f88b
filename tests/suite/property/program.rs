//! Well-typed programs as source text.

use std::fmt::Write as _;

use super::pool;
use super::tape::Tape;

/// What a name stands in.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// A rule: properties, definitions, event functions.
    Rule,
    /// The `where` of an event list: its fields besides, no event function.
    Where(&'static str),
    /// A definition: as a rule, but without definitions.
    Definition,
    /// A lifecycle: scores and labels besides.
    Output,
}

/// A generated program.
pub(crate) struct Program {
    pub(crate) source: String,
    pub(crate) as_of: &'static str,
}

struct Writer<'t, 'w> {
    tape: &'t mut Tape<'w>,
    out: String,
    scores: Vec<String>,
    labels: Vec<String>,
    conditions: Vec<String>,
    integers: Vec<String>,
}

/// Writes a program.
pub(crate) fn program(tape: &mut Tape<'_>) -> Program {
    let as_of = tape.pick(pool::AS_OF);
    let mut w = Writer {
        tape,
        out: String::from("lsr 1\n"),
        scores: Vec::new(),
        labels: Vec::new(),
        conditions: Vec::new(),
        integers: Vec::new(),
    };
    w.schema();
    w.names();
    for _ in 0..w.tape.between(0, 1) {
        let condition = w.condition(2, Place::Rule);
        let because = w.because();
        let _ = writeln!(w.out, "exclude if {condition}{because}");
    }
    for number in 0..w.tape.between(1, 3) {
        w.score(number);
    }
    w.formulas();
    w.labels();
    w.lifecycles();
    Program { source: w.out, as_of }
}

/// `a, b, c`
fn joined<T: std::fmt::Display>(parts: impl IntoIterator<Item = T>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}

impl Writer<'_, '_> {
    fn schema(&mut self) {
        let zone = self.tape.pick(pool::ZONES);
        let accents = if self.tape.chance(40) { "\n  ignore accents" } else { "" };
        let _ = writeln!(self.out, "schema contact {{\n  time zone \"{zone}\"{accents}\n  key id: integer");
        for (name, ty, default) in [
            ("t1", "text", ""),
            ("t2", "text", "\"VP\""),
            ("i1", "integer", ""),
            ("i2", "integer", "5"),
            ("x1", "number", ""),
            ("x2", "number", "0.5"),
            ("b1", "boolean", ""),
            ("b2", "boolean", "false"),
            ("b3", "boolean", ""),
            ("d1", "date", ""),
            ("d2", "date", "2026-01-15"),
            ("m1", "datetime", ""),
            ("m2", "datetime", ""),
            ("o1", "one of [red, blue, green]", ""),
            ("o2", "one of [north, south = \"S\", \"far east\"]", "south"),
            ("s1", "set of [k1, k2, k3, k4]", ""),
            ("ts", "set of text", ""),
            ("phase", "one of [p1, p2, p3, p4]", ""),
        ] {
            let default = if !default.is_empty() && self.tape.chance(30) { format!(" default {default}") } else { String::new() };
            let _ = writeln!(self.out, "  {name}: {ty}{default}");
        }
        let many = joined((0..pool::MANY).map(|at| format!("w{at}")));
        let _ = writeln!(self.out, "  s2: set of [{many}]\n  o3: one of [{many}]");
        self.out.push_str(
            "  events ev1 { url: text  amount: number  n: integer  kind: one of [red, blue]  flag: boolean  at: datetime }\n",
        );
        self.out.push_str("  events ev2 { i1: integer  at: date }\n}\n");
    }

    fn names(&mut self) {
        self.out.push_str("param p1 = 5\nparam p2 = -0.5\nparam p3 = 2026-01-15\nparam p4 = \"vp\"\n");
        self.out.push_str("list l1 = [\"vp\", \"straße\", \"É\"]\nlist l2 = [0, 5, 10]\nlist l3 = [red, green]\n");
        for number in 0..self.tape.between(0, 3) {
            let condition = self.condition(2, Place::Definition);
            let _ = writeln!(self.out, "define c{number} = {condition}");
            self.conditions.push(format!("c{number}"));
        }
        if self.tape.chance(50) {
            let value = self.integer(2, Place::Definition);
            // A literal alone would have no type of its own; a sum has one.
            let _ = writeln!(self.out, "define n0 = i1 - i1 + {value}");
            self.integers.push("n0".to_owned());
        }
    }

    // ---- expressions ----

    fn condition(&mut self, depth: usize, place: Place) -> String {
        if depth == 0 || self.tape.chance(45) {
            return self.test(depth, place);
        }
        let (a, b) = (self.condition(depth - 1, place), self.condition(depth - 1, place));
        match self.tape.below(5) {
            0 => format!("({a}) and ({b})"),
            1 => format!("({a}) or ({b})"),
            2 => format!("not ({a})"),
            3 => format!("(({a}) unless ({b}))"),
            _ => {
                let c = self.condition(depth - 1, place);
                let op = self.tape.pick(&["and", "or"]);
                format!("({a}) {op} ({b}) {op} not ({c})")
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a form of test")]
    fn test(&mut self, depth: usize, place: Place) -> String {
        let not = self.tape.pick(&["", "not "]);
        match self.tape.below(28) {
            0 => self.boolean(place).to_owned(),
            1 => format!("{} is {not}{}", self.boolean(place), self.tape.pick(&["true", "false"])),
            2 | 3 => {
                let (a, b) = (self.integer(depth, place), self.integer(depth, place));
                format!("{a} {} {b}", self.comparison())
            }
            4 => {
                let (a, b) = (self.number(depth, place), self.number(depth, place));
                format!("{a} {} {b}", self.comparison())
            }
            5 => format!("{} {not}in {}", self.integer(depth, place), self.integer_range()),
            6 => format!("{} {not}in {}", self.number(depth, place), self.number_range()),
            7 => {
                let list = if self.tape.chance(30) { "l2".to_owned() } else { self.integer_list() };
                format!("{} {not}in {list}", self.integer(depth, place))
            }
            8 => format!("{} is {not}\"{}\"", self.text(place), self.tape.pick(pool::NEEDLES)),
            9 => format!("{} {not}in {}", self.text(place), self.texts()),
            10 => {
                let verb = self.tape.pick(&["contains", "does not contain", "contains word", "does not contain word"]);
                format!("{} {verb} {}", self.text(place), self.needles())
            }
            11 => {
                let verb = self.tape.pick(&["starts with", "does not start with", "ends with", "does not end with"]);
                format!("{} {verb} {}", self.text(place), self.needles())
            }
            12 => {
                let verb = self.tape.pick(&["matches", "does not match"]);
                format!("{} {verb} /{}/", self.text(place), self.tape.pick(pool::PATTERNS))
            }
            13 => {
                let (name, options) = self.option(place);
                format!("{name} is {not}{}", options[self.tape.below(options.len())])
            }
            14 => {
                let (name, options) = self.option(place);
                let some = self.tape.some_of(options.len(), 3);
                format!("{name} {not}in [{}]", joined(some.iter().map(|at| &options[*at])))
            }
            15 => format!("o1 {not}in l3"),
            16 => {
                let (name, options) = self.set();
                let verb = self.tape.pick(&["contains", "does not contain"]);
                format!("{name} {verb} {}", options[self.tape.below(options.len())])
            }
            17 => {
                let (name, options) = self.set();
                let some = self.tape.some_of(options.len(), 3);
                let verb = self.tape.pick(&["contains all", "does not contain all", "in", "not in"]);
                format!("{name} {verb} [{}]", joined(some.iter().map(|at| &options[*at])))
            }
            18 => {
                let verb = self.tape.pick(&["contains all", "in", "not in"]);
                format!("ts {verb} {}", self.texts())
            }
            19 => {
                let what = self.tape.pick(&["t1", "i1", "x1", "b1", "d1", "m1", "o1", "domain of t1", "i1 / i2", "phase"]);
                format!("{what} is {not}{}", self.tape.pick(&["known", "unknown"]))
            }
            20 => format!(
                "{} is {not}empty",
                if self.is_where(place) { "s1" } else { self.tape.pick(&["s1", "ts", "s2", "ev1", "ev2"]) }
            ),
            21 => {
                let next = self.tape.pick(&["", "next "]);
                let (date, duration) = (self.date(place), self.duration(false));
                format!("{date} within {next}{duration}")
            }
            22 => {
                let (date, duration) = (self.datetime(place), self.duration(true));
                let next = self.tape.pick(&["", "next "]);
                if self.tape.chance(50) {
                    format!("{date} more than {duration} ago")
                } else {
                    format!("{date} within {next}{duration}")
                }
            }
            23 => format!("{} more than {} ago", self.date(place), self.duration(false)),
            24 => {
                let op = self.tape.pick(&["before", "after", "<=", ">=", "=", "!="]);
                format!("{} {op} {}", self.date(place), self.date_constant())
            }
            25 => {
                let op = self.tape.pick(&["before", "after", "<=", ">=", "="]);
                let right = if self.tape.chance(50) { self.date_constant() } else { self.tape.pick(pool::MOMENTS).to_owned() };
                format!("{} {op} {right}", self.datetime(place))
            }
            26 if !self.is_where(place) => format!("any({})", self.events(depth)),
            _ => self.known_condition(place),
        }
    }

    fn is_where(&self, place: Place) -> bool {
        matches!(place, Place::Where(_))
    }

    fn known_condition(&mut self, place: Place) -> String {
        match place {
            Place::Definition => "b3".to_owned(),
            Place::Output if self.tape.chance(80) => self.output_test(),
            Place::Rule | Place::Where(_) | Place::Output => {
                if self.conditions.is_empty() {
                    return "b3".to_owned();
                }
                let at = self.tape.below(self.conditions.len());
                self.conditions[at].clone()
            }
        }
    }

    fn output_test(&mut self) -> String {
        if self.scores.is_empty() {
            return "b3".to_owned();
        }
        let score = self.scores[self.tape.below(self.scores.len())].clone();
        let other = self.scores[self.tape.below(self.scores.len())].clone();
        match self.tape.below(7) {
            0 => format!("{score} {} {}", self.comparison(), self.tape.pick(pool::SCORE_ENDS)),
            1 => format!("{score} {} {other}", self.comparison()),
            2 => format!("{score} in {}", self.number_range()),
            3 => format!("{score} {} {}", self.comparison(), self.tape.pick(&["i1", "x1", "p1"])),
            4 => format!("{score} is {}known", self.tape.pick(&["", "not "])),
            5 if !self.labels.is_empty() => {
                let label = self.labels[self.tape.below(self.labels.len())].clone();
                format!("{label} is {}known", self.tape.pick(&["", "not "]))
            }
            6 if self.labels.contains(&"la".to_owned()) => format!("la is {}", self.tape.pick(&["high", "\"low\"", "not high"])),
            _ => format!("phase is {}", self.tape.pick(&["p1", "p2", "not p3"])),
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.tape.pick(&["=", "!=", "<", "<=", ">", ">="])
    }

    fn boolean(&mut self, place: Place) -> &'static str {
        match place {
            Place::Where("ev1") if self.tape.chance(50) => "flag",
            _ => self.tape.pick(&["b1", "b2", "b3"]),
        }
    }

    fn integer(&mut self, depth: usize, place: Place) -> String {
        if depth > 0 && self.tape.chance(30) {
            let (a, b) = (self.integer(depth - 1, place), self.integer(depth - 1, place));
            return match self.tape.below(4) {
                0 => format!("({a} + {b})"),
                1 => format!("({a} - {b})"),
                2 => format!("({a} * {b})"),
                _ => format!("(-({a}))"),
            };
        }
        match self.tape.below(10) {
            0 => "i1".to_owned(),
            1 => "i2".to_owned(),
            2 => {
                let unit = self.tape.pick(&["days", "weeks", "months", "years"]);
                let date = if self.tape.chance(50) { self.date(place) } else { self.datetime(place) };
                format!("{unit} {} {date}", self.tape.pick(&["since", "until"]))
            }
            3 => format!("length of {}", self.text(place)),
            4 => format!("words of {}", self.text(place)),
            5 => format!("size of {}", self.tape.pick(&["s1", "ts", "s2"])),
            6 if place == Place::Where("ev1") => "n".to_owned(),
            6 if !self.is_where(place) => format!("count({})", self.events(depth)),
            7 if !self.is_where(place) => self.aggregate(depth),
            8 if place != Place::Definition && !self.integers.is_empty() => self.integers[0].clone(),
            _ => self.tape.pick(pool::SMALL_INTEGERS).to_owned(),
        }
    }

    fn aggregate(&mut self, depth: usize) -> String {
        let tail = |w: &mut Self, event: &'static str| w.event_clauses(depth, event);
        match self.tape.below(5) {
            0 => format!("sum(ev1.n{})", tail(self, "ev1")),
            1 => format!("max(ev1.n{})", tail(self, "ev1")),
            2 => format!("min(ev2.i1{})", tail(self, "ev2")),
            3 => format!("distinct(ev1.{}{})", self.tape.pick(&["url", "n", "kind", "amount"]), tail(self, "ev1")),
            _ => format!("sum(ev2.i1{})", tail(self, "ev2")),
        }
    }

    fn number(&mut self, depth: usize, place: Place) -> String {
        if depth > 0 && self.tape.chance(30) {
            let (a, b) = (self.number(depth - 1, place), self.number(depth - 1, place));
            return format!("({a} {} {b})", self.tape.pick(&["+", "-", "*", "/"]));
        }
        match self.tape.below(7) {
            0 => "x1".to_owned(),
            1 => "x2".to_owned(),
            2 => self.integer(depth, place),
            3 if place == Place::Where("ev1") => "amount".to_owned(),
            3 if !self.is_where(place) => {
                let function = self.tape.pick(&["sum", "average", "max", "min"]);
                format!("{function}(ev1.amount{})", self.event_clauses(depth, "ev1"))
            }
            4 if !self.is_where(place) => format!("average(ev1.n{})", self.event_clauses(depth, "ev1")),
            _ => self.tape.pick(pool::DECIMALS).to_owned(),
        }
    }

    fn text(&mut self, place: Place) -> String {
        if place == Place::Where("ev1") && self.tape.chance(60) {
            return "url".to_owned();
        }
        self.tape.pick(&["t1", "t2", "domain of t1"]).to_owned()
    }

    fn texts(&mut self) -> String {
        if self.tape.chance(30) {
            return "l1".to_owned();
        }
        let some = self.tape.some_of(pool::NEEDLES.len(), 3);
        format!("[{}]", joined(some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at]))))
    }

    fn needles(&mut self) -> String {
        if self.tape.chance(50) { self.texts() } else { format!("\"{}\"", self.tape.pick(pool::NEEDLES)) }
    }

    fn option(&mut self, place: Place) -> (&'static str, Vec<String>) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        match self.tape.below(5) {
            0 => ("o1", names(&["red", "blue", "green"])),
            1 => ("o2", names(&["north", "\"S\"", "\"far east\""])),
            2 => ("o3", (0..pool::MANY).map(|at| format!("w{at}")).collect()),
            3 if place == Place::Where("ev1") => ("kind", names(&["red", "blue"])),
            _ => ("phase", names(&["p1", "p2", "p3", "p4"])),
        }
    }

    fn set(&mut self) -> (&'static str, Vec<String>) {
        if self.tape.chance(40) {
            return ("s2", (0..pool::MANY).map(|at| format!("w{at}")).collect());
        }
        ("s1", (1..=4).map(|at| format!("k{at}")).collect())
    }

    fn date(&mut self, place: Place) -> String {
        match self.tape.below(5) {
            0 | 1 => "d1".to_owned(),
            2 => "d2".to_owned(),
            3 if place == Place::Where("ev2") => "at".to_owned(),
            3 if !self.is_where(place) => format!("{}(ev2{})", self.tape.pick(&["first", "last"]), self.event_clauses(0, "ev2")),
            _ => "d1".to_owned(),
        }
    }

    fn datetime(&mut self, place: Place) -> String {
        match self.tape.below(5) {
            0 | 1 => "m1".to_owned(),
            2 => "m2".to_owned(),
            3 if place == Place::Where("ev1") => "at".to_owned(),
            3 if !self.is_where(place) => format!("{}(ev1{})", self.tape.pick(&["first", "last"]), self.event_clauses(0, "ev1")),
            _ => "m1".to_owned(),
        }
    }

    fn date_constant(&mut self) -> String {
        if self.tape.chance(20) { "p3".to_owned() } else { self.tape.pick(pool::DATES).to_owned() }
    }

    fn duration(&mut self, hours: bool) -> String {
        let count = self.tape.pick(&["1", "2", "3", "7", "12", "30", "31", "90", "365"]);
        let unit = if hours && self.tape.chance(50) { "hours" } else { self.tape.pick(&["days", "weeks", "months", "years"]) };
        format!("{count} {unit}")
    }

    /// `ev1 within D where C`
    fn events(&mut self, depth: usize) -> String {
        let event = self.tape.pick(&["ev1", "ev2"]);
        format!("{event}{}", self.event_clauses(depth, event))
    }

    fn event_clauses(&mut self, depth: usize, event: &'static str) -> String {
        let mut out = String::new();
        if self.tape.chance(40) {
            let duration = self.duration(event == "ev1");
            let _ = write!(out, " within {duration}");
        }
        if self.tape.chance(40) {
            let condition = self.condition(depth.min(1), Place::Where(event));
            let _ = write!(out, " where {condition}");
        }
        out
    }

    // ---- ranges ----

    fn integer_list(&mut self) -> String {
        let some = self.tape.some_of(pool::INTEGERS.len(), 4);
        format!("[{}]", joined(some.iter().map(|at| pool::INTEGERS[*at])))
    }

    fn range(&mut self, ends: &[String]) -> String {
        let some = self.tape.some_of(ends.len(), 2);
        let a = &ends[some[0]];
        let Some(b) = some.get(1).map(|at| &ends[*at]) else {
            return match self.tape.below(3) {
                0 => format!("{a}.."),
                1 => format!("..{a}"),
                _ => format!("..<{a}"),
            };
        };
        format!("{a}{}{b}", self.tape.pick(&["..", "..<"]))
    }

    fn integer_range(&mut self) -> String {
        self.range(&pool::INTEGERS.map(|n| n.to_string()))
    }

    fn number_range(&mut self) -> String {
        self.range(&pool::SCORE_ENDS.iter().map(|&n| n.to_owned()).collect::<Vec<_>>())
    }

    /// Ranges that do not overlap, over ascending ends.
    fn lines(&mut self, ends: &[String], whole: bool) -> Vec<String> {
        let some = self.tape.some_of(ends.len(), 4);
        let mut lines = Vec::new();
        if self.tape.chance(60) {
            lines.push(format!("..<{}", ends[some[0]]));
        }
        for pair in some.windows(2) {
            if self.tape.chance(80) || lines.is_empty() {
                lines.push(format!("{}..<{}", ends[pair[0]], ends[pair[1]]));
            }
        }
        let last = &ends[some[some.len() - 1]];
        match self.tape.below(3) {
            0 => lines.push(format!("{last}..")),
            1 if whole => lines.push(last.clone()),
            _ => lines.push(format!("{last}..{last}")),
        }
        lines
    }

    // ---- scores ----

    fn points(&mut self) -> &'static str {
        self.tape.pick(pool::POINTS)
    }

    fn because(&mut self) -> String {
        if self.tape.chance(30) { format!(" because \"reason {}\"", self.tape.below(5)) } else { String::new() }
    }

    fn bounds(&mut self) -> String {
        let mut out = String::new();
        if self.tape.chance(30) {
            let _ = write!(out, " min {}", self.tape.pick(&["0", "-5", "-0.5", "p2"]));
        }
        if self.tape.chance(30) {
            let _ = write!(out, " max {}", self.tape.pick(&["0", "10", "12.34", "p1", "100"]));
        }
        out
    }

    fn decay(&mut self) -> String {
        let points = self.tape.pick(&[
            "50% of its points",
            "33% of its points",
            "50% of what is left",
            "1% of what is left",
            "100% of what is left",
            "2.5",
            "0.01",
        ]);
        let period = self.tape.pick(&["1 day", "7 days", "2 weeks", "30 days", "1 week"]);
        if self.tape.chance(25) {
            format!("losing all over {}", self.tape.pick(&["3 days", "7 days", "90 days", "13 weeks"]))
        } else {
            format!("losing {points} every {period}")
        }
    }

    fn score(&mut self, number: usize) {
        let bounds = self.bounds();
        let _ = writeln!(self.out, "score s{number}{bounds} {{");
        if self.tape.chance(15) {
            let (condition, because) = (self.condition(1, Place::Rule), self.because());
            let _ = writeln!(self.out, "  exclude if {condition}{because}");
        }
        for _ in 0..self.tape.between(1, 5) {
            self.item(2);
        }
        self.out.push_str("}\n");
        self.scores.push(format!("s{number}"));
    }

    fn item(&mut self, depth: usize) {
        match self.tape.below(10) {
            0 | 1 | 2 => self.if_item(),
            3 | 4 => self.band(),
            5 => self.matching(),
            6 => self.match_each(),
            7 => self.each(),
            8 => {
                let step = self.tape.pick(&["", "1 ", "2 ", "10 ", "1k "]);
                let value = if self.tape.chance(50) {
                    format!("({})", self.integer(1, Place::Rule))
                } else {
                    format!("({})", self.number(1, Place::Rule))
                };
                let (points, bounds, because) = (self.points(), self.zero_bounds(), self.because());
                let _ = writeln!(self.out, "  per {step}{value} then {points}{bounds}{because}");
            }
            _ if depth == 0 || self.tape.is_over() => self.if_item(),
            _ => {
                let bounds = self.bounds();
                let _ = writeln!(self.out, "  group \"G {depth}\"{bounds} {{");
                for _ in 0..self.tape.between(1, 3) {
                    self.item(depth - 1);
                }
                self.out.push_str("  }\n");
            }
        }
    }

    /// Bounds of `each` and `per` must allow 0.
    fn zero_bounds(&mut self) -> String {
        match self.tape.below(6) {
            0 | 1 | 2 => String::new(),
            3 => format!(" max {}", self.tape.pick(&["0", "5", "12.34", "p1"])),
            4 => format!(" min {}", self.tape.pick(&["0", "-5", "p2"])),
            _ => " min -5 max 10".to_owned(),
        }
    }

    fn if_item(&mut self) {
        let mut line = String::new();
        for number in 0..self.tape.between(1, 3) {
            let (condition, points) = (self.condition(3, Place::Rule), self.points());
            let decay = if self.tape.chance(25) {
                let since = if self.tape.chance(50) { self.date(Place::Rule) } else { self.datetime(Place::Rule) };
                format!(" {} since {since}", self.decay())
            } else {
                String::new()
            };
            let because = self.because();
            let head = if number > 0 { " else " } else { "" };
            let _ = write!(line, "{head}if {condition} then {points}{decay}{because}");
        }
        if self.tape.chance(40) {
            let (points, because) = (self.points(), self.because());
            let _ = write!(line, " else {points}{because}");
        }
        if self.tape.chance(40) {
            let (points, because) = (self.points(), self.because());
            let _ = write!(line, " unknown {points}{because}");
        }
        let _ = writeln!(self.out, "  {line}");
    }

    fn band(&mut self) {
        let (value, ends, whole) = match self.tape.below(4) {
            0 => (self.integer(1, Place::Rule), pool::INTEGERS.iter().map(ToString::to_string).collect::<Vec<_>>(), true),
            1 => (self.number(1, Place::Rule), pool::SCORE_ENDS.iter().map(|&n| n.to_owned()).collect(), false),
            2 => (self.date(Place::Rule), pool::DATES.iter().map(|&n| n.to_owned()).collect(), true),
            _ => (self.datetime(Place::Rule), pool::DATES.iter().map(|&n| n.to_owned()).collect(), true),
        };
        let lines = self.lines(&ends, whole);
        self.block(&format!("band {value}"), &lines, true);
    }

    fn matching(&mut self) {
        if self.tape.chance(25) {
            let lines = if self.tape.chance(50) { vec!["true".to_owned(), "false".to_owned()] } else { vec!["true".to_owned()] };
            let value = self.boolean(Place::Rule);
            return self.block(&format!("match {value}"), &lines, true);
        }
        if self.tape.chance(35) {
            let value = self.text(Place::Rule);
            let some = self.tape.some_of(pool::NEEDLES.len(), 4);
            let lines: Vec<String> = some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at])).collect();
            return self.block(&format!("match {value}"), &lines, true);
        }
        let (name, options) = self.option(Place::Rule);
        let lines = self.options(&options);
        self.block(&format!("match {name}"), &lines, true);
    }

    /// Lines of one or two options.
    fn options(&mut self, options: &[String]) -> Vec<String> {
        let some = self.tape.some_of(options.len(), 4);
        some.chunks(self.tape.between(1, 2)).map(|keys| joined(keys.iter().map(|at| &options[*at]))).collect()
    }

    fn match_each(&mut self) {
        if self.tape.chance(30) {
            let some = self.tape.some_of(pool::NEEDLES.len(), 4);
            let lines: Vec<String> = some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at])).collect();
            return self.block("match each ts", &lines, false);
        }
        let (name, options) = self.set();
        let lines = self.options(&options);
        self.block(&format!("match each {name}"), &lines, false);
    }

    fn block(&mut self, head: &str, lines: &[String], unknown: bool) {
        let _ = write!(self.out, "  {head} {{");
        for line in lines {
            let (points, because) = (self.points(), self.because());
            let _ = write!(self.out, " {line}: {points}{because} ");
        }
        if self.tape.chance(40) {
            let points = self.points();
            let _ = write!(self.out, " else: {points} ");
        }
        if unknown && self.tape.chance(40) {
            let points = self.points();
            let _ = write!(self.out, " unknown: {points} ");
        }
        self.out.push_str("}\n");
    }

    fn each(&mut self) {
        let event = self.tape.pick(&["ev1", "ev2"]);
        let (clauses, points) = (self.event_clauses(1, event), self.points());
        let mut tail = String::new();
        if self.tape.chance(40) {
            let _ = write!(tail, " max {} times{}", self.tape.pick(&["1", "2", "3"]), self.tape.pick(&["", " per day"]));
        }
        if self.tape.chance(40) {
            let decay = self.decay();
            let _ = write!(tail, " {decay}");
        }
        tail.push_str(&self.zero_bounds());
        let because = self.because();
        let _ = writeln!(self.out, "  each {event}{clauses} then {points}{tail}{because}");
    }

    // ---- outputs ----

    fn formulas(&mut self) {
        for number in 0..self.tape.between(0, 2) {
            let bounds = self.bounds();
            let formula = self.formula(2);
            let _ = writeln!(self.out, "score f{number}{bounds} = {formula}");
            self.scores.push(format!("f{number}"));
        }
    }

    fn formula(&mut self, depth: usize) -> String {
        let score = self.scores[self.tape.below(self.scores.len())].clone();
        if depth == 0 || self.tape.chance(30) {
            return score;
        }
        let (a, b) = (self.formula(depth - 1), self.formula(depth - 1));
        match self.tape.below(6) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {})", self.tape.pick(&["2", "p2", "0.333", "-1.5"])),
            3 => format!("({a} / {})", self.tape.pick(&["3", "p1", "0.7", "-8"])),
            4 => format!("min({a}, {b}, {})", self.tape.pick(&["10", "p1", "0.005"])),
            _ => format!("max({a}, {b})"),
        }
    }

    fn labels(&mut self) {
        if self.tape.chance(50) {
            let score = self.scores[self.tape.below(self.scores.len())].clone();
            let _ = writeln!(self.out, "label la by {score} {{ 10..: high  ..<10: low }}");
            self.labels.push("la".to_owned());
        }
        if self.tape.chance(50) {
            let score = self.scores[self.tape.below(self.scores.len())].clone();
            let ends: Vec<String> = pool::SCORE_ENDS.iter().map(|&n| n.to_owned()).collect();
            let lines = self.lines(&ends, false);
            let _ = write!(self.out, "label lb by {score} {{ ");
            for (number, line) in lines.iter().enumerate() {
                let _ = write!(self.out, "{line}: \"{number}\" ");
            }
            if self.tape.chance(50) {
                self.out.push_str("else: rest ");
            }
            self.out.push_str("}\n");
            self.labels.push("lb".to_owned());
        }
        if self.labels.len() == 2 {
            self.out.push_str("label lc = la + lb\n");
            self.labels.push("lc".to_owned());
        }
    }

    fn lifecycles(&mut self) {
        if self.tape.chance(60) {
            self.out.push_str("lifecycle phase {\n");
            if self.tape.chance(30) {
                self.out.push_str("  forward only\n");
            }
            if self.tape.chance(30) {
                let (condition, because) = (self.condition(1, Place::Output), self.because());
                let _ = writeln!(self.out, "  hold when {condition}{because}");
            }
            self.stages(&["p2", "p1", "p4", "p3"]);
        }
        if self.tape.chance(30) {
            self.out.push_str("lifecycle step {\n");
            self.stages(&["call", "\"wait a day\"", "drop"]);
        }
    }

    fn stages(&mut self, stages: &[&str]) {
        for _ in 0..self.tape.between(1, 4) {
            let stage = self.tape.pick(stages).to_owned();
            let condition = if self.tape.chance(15) { "excluded".to_owned() } else { self.condition(1, Place::Output) };
            let because = self.because();
            let _ = writeln!(self.out, "  stage {stage} when {condition}{because}");
        }
        if self.tape.chance(60) {
            let stage = self.tape.pick(stages).to_owned();
            let _ = writeln!(self.out, "  otherwise {stage}");
        }
        self.out.push_str("}\n");
    }
}
