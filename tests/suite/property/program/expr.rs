//! Conditions, numbers, texts, dates and ranges.

use std::fmt::Write as _;

use super::super::pool;
use super::{Place, Writer, joined};

impl Writer<'_, '_> {
    pub(super) fn condition(&mut self, depth: usize, place: Place) -> String {
        if depth == 0 || self.tape.chance(45) {
            return self.test(depth, place);
        }
        let (a, b) = (self.condition(depth - 1, place), self.condition(depth - 1, place));
        match self.tape.below(6) {
            5 => {
                let mut parts = vec![a, b];
                for _ in 0..self.tape.between(0, 2) {
                    parts.push(self.test(depth - 1, place));
                }
                format!("at least {} of [{}]", self.tape.between(1, parts.len()), parts.join(", "))
            }
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

    pub(super) fn test(&mut self, depth: usize, place: Place) -> String {
        let not = self.tape.pick(&["", "not "]);
        match self.tape.below(if self.related { 36 } else { 28 }) {
            28.. => self.related_test(place),
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
            6 => format!("{} {not}in {}", self.real(depth, place), self.number_range()),
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

    pub(super) fn is_where(&self, place: Place) -> bool {
        matches!(place, Place::Where(_))
    }

    pub(super) fn known_condition(&mut self, place: Place) -> String {
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

    pub(super) fn output_test(&mut self) -> String {
        if self.scores.is_empty() {
            return "b3".to_owned();
        }
        let score = self.scores[self.tape.below(self.scores.len())].clone();
        let other = self.scores[self.tape.below(self.scores.len())].clone();
        match self.tape.below(11) {
            7 => format!("{} {} {}", self.computed(2), self.comparison(), self.tape.pick(pool::SCORE_ENDS)),
            8 => format!("{} {} {}", self.computed(1), self.comparison(), self.computed(1)),
            9 => {
                let opposite = ["x1", "i1"][self.tape.below(2)];
                format!("{} {} {opposite}", self.computed(1), self.comparison())
            }
            10 => {
                let sum = format!("({score} + {})", self.computed(1));
                if self.tape.chance(50) { format!("{sum} in {}", self.number_range()) } else { format!("{sum} in [0.3, 0, 10]") }
            }
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

    /// Sums and products of scores, which are exact.
    fn computed(&mut self, depth: usize) -> String {
        let score = self.scores[self.tape.below(self.scores.len())].clone();
        if depth == 0 {
            return if self.tape.chance(30) { self.tape.pick(&["0.1", "p1", "0.2", "3"]).to_owned() } else { score };
        }
        let (a, b) = (self.computed(depth - 1), self.computed(depth - 1));
        match self.tape.below(6) {
            0 => format!("({score} - {a})"),
            1 => format!("({a} * {})", self.tape.pick(&["0.6", "3", "-0.1"])),
            2 => format!("({score} * {score})"),
            3 => format!("(-({score} + {a}))"),
            4 => format!("({score} / {})", self.tape.pick(&["0", "-0.0", "3", "x1"])),
            _ => format!("({a} + {b})"),
        }
    }

    pub(super) fn comparison(&mut self) -> &'static str {
        self.tape.pick(&["=", "!=", "<", "<=", ">", ">="])
    }

    pub(super) fn boolean(&mut self, place: Place) -> &'static str {
        match place {
            Place::Where("ev1") if self.tape.chance(50) => "flag",
            _ => self.tape.pick(&["b1", "b2", "b3"]),
        }
    }

    pub(super) fn integer(&mut self, depth: usize, place: Place) -> String {
        if depth > 0 && self.tape.chance(8) {
            let parts: Vec<String> = (0..self.tape.between(1, 3)).map(|_| self.integer(depth - 1, place)).collect();
            return format!("{} of [{}]", self.tape.pick(&["highest", "lowest"]), parts.join(", "));
        }
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

    pub(super) fn aggregate(&mut self, depth: usize) -> String {
        let tail = |w: &mut Self, event: &'static str| w.event_clauses(depth, event);
        match self.tape.below(5) {
            0 => format!("sum(ev1.n{})", tail(self, "ev1")),
            1 => format!("max(ev1.n{})", tail(self, "ev1")),
            2 => format!("min(ev2.i1{})", tail(self, "ev2")),
            3 => format!("distinct(ev1.{}{})", self.tape.pick(&["url", "n", "kind", "amount"]), tail(self, "ev1")),
            _ => format!("sum(ev2.i1{})", tail(self, "ev2")),
        }
    }

    pub(super) fn number(&mut self, depth: usize, place: Place) -> String {
        if depth > 0 && self.tape.chance(8) {
            let parts: Vec<String> = (0..self.tape.between(1, 3)).map(|_| self.number(depth - 1, place)).collect();
            return format!("{} of [{}]", self.tape.pick(&["highest", "lowest"]), parts.join(", "));
        }
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

    /// Always of the type `number`, so that every range of decimals holds a value.
    pub(super) fn real(&mut self, depth: usize, place: Place) -> String {
        let x = self.tape.pick(&["x1", "x2"]);
        if self.tape.chance(50) {
            return x.to_owned();
        }
        let other = self.number(depth, place);
        format!("({x} {} {other})", self.tape.pick(&["+", "-", "*", "/"]))
    }

    pub(super) fn text(&mut self, place: Place) -> String {
        if place == Place::Where("ev1") && self.tape.chance(60) {
            return "url".to_owned();
        }
        self.tape.pick(&["t1", "t2", "domain of t1"]).to_owned()
    }

    pub(super) fn texts(&mut self) -> String {
        if self.tape.chance(30) {
            return "l1".to_owned();
        }
        let some = self.tape.some_of(pool::NEEDLES.len(), 3);
        format!("[{}]", joined(some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at]))))
    }

    pub(super) fn needles(&mut self) -> String {
        if self.tape.chance(50) { self.texts() } else { format!("\"{}\"", self.tape.pick(pool::NEEDLES)) }
    }

    pub(super) fn option(&mut self, place: Place) -> (&'static str, Vec<String>) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        match self.tape.below(5) {
            0 => ("o1", names(&["red", "blue", "green"])),
            1 => ("o2", names(&["north", "\"S\"", "\"far east\""])),
            2 => ("o3", (0..pool::MANY).map(|at| format!("w{at}")).collect()),
            3 if place == Place::Where("ev1") => ("kind", names(&["red", "blue"])),
            _ => ("phase", names(&["p1", "p2", "p3", "p4"])),
        }
    }

    pub(super) fn set(&mut self) -> (&'static str, Vec<String>) {
        if self.tape.chance(40) {
            return ("s2", (0..pool::MANY).map(|at| format!("w{at}")).collect());
        }
        ("s1", (1..=4).map(|at| format!("k{at}")).collect())
    }

    pub(super) fn date(&mut self, place: Place) -> String {
        match self.tape.below(5) {
            0 | 1 => "d1".to_owned(),
            2 => "d2".to_owned(),
            3 if place == Place::Where("ev2") => "at".to_owned(),
            3 if !self.is_where(place) => format!("{}(ev2{})", self.tape.pick(&["first", "last"]), self.event_clauses(0, "ev2")),
            4 if self.tape.chance(50) => {
                let other = self.tape.pick(&["d2", "m1", "m1, m2", "2026-01-10"]);
                format!("{} of [d1, {other}]", self.tape.pick(&["latest", "earliest"]))
            }
            _ => "d1".to_owned(),
        }
    }

    pub(super) fn datetime(&mut self, place: Place) -> String {
        match self.tape.below(5) {
            0 | 1 => "m1".to_owned(),
            2 => "m2".to_owned(),
            3 if place == Place::Where("ev1") => "at".to_owned(),
            3 if !self.is_where(place) => format!("{}(ev1{})", self.tape.pick(&["first", "last"]), self.event_clauses(0, "ev1")),
            4 if self.tape.chance(50) => format!("{} of [m1, m2]", self.tape.pick(&["latest", "earliest"])),
            _ => "m1".to_owned(),
        }
    }

    pub(super) fn date_constant(&mut self) -> String {
        if self.tape.chance(20) { "p3".to_owned() } else { self.tape.pick(pool::DATES).to_owned() }
    }

    pub(super) fn duration(&mut self, hours: bool) -> String {
        let count = self.tape.pick(&["1", "2", "3", "7", "12", "30", "31", "90", "365"]);
        let unit = if hours && self.tape.chance(50) { "hours" } else { self.tape.pick(&["days", "weeks", "months", "years"]) };
        format!("{count} {unit}")
    }

    /// `ev1 within D where C`
    pub(super) fn events(&mut self, depth: usize) -> String {
        let event = self.tape.pick(&["ev1", "ev2"]);
        format!("{event}{}", self.event_clauses(depth, event))
    }

    pub(super) fn event_clauses(&mut self, depth: usize, event: &'static str) -> String {
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

    pub(super) fn integer_list(&mut self) -> String {
        let some = self.tape.some_of(pool::INTEGERS.len(), 4);
        format!("[{}]", joined(some.iter().map(|at| pool::INTEGERS[*at])))
    }

    pub(super) fn range(&mut self, ends: &[String]) -> String {
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

    pub(super) fn integer_range(&mut self) -> String {
        self.range(&pool::INTEGERS.map(|n| n.to_string()))
    }

    pub(super) fn number_range(&mut self) -> String {
        self.range(&pool::SCORE_ENDS.iter().map(|&n| n.to_owned()).collect::<Vec<_>>())
    }

    /// Ranges that do not overlap, over ascending ends.
    pub(super) fn lines(&mut self, ends: &[String], whole: bool) -> Vec<String> {
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
}
