//! Small programs in which rules look at the same things in many ways: hours beside days, texts beside their lengths, several rules over
//! the same events, points that fade by different periods. Here a claim of `check` is closest to what some record does.

use std::fmt::Write as _;
use std::sync::Arc;

use lsrc::hir::{AsOf, Model};
use lsrc::value::{Type, Value};

use super::program::Program;
use super::tape::Tape;
use crate::oracle::{Record, text};

const AS_OF: &[&str] =
    &["2026-01-05T00:30", "2026-01-05", "2026-03-29T12:00", "2026-03-31", "2024-02-29T23:59", "2026-10-25T00:00"];
const ZONES: &[&str] = &["UTC", "UTC", "Europe/Paris", "America/New_York", "Pacific/Apia"];
/// As written in rules, and no two alike when compared.
const NEEDLES: &[&str] = &["a", "abe", "select", "@", "@x.fr", "x.fr", "b@x.fr", " a", "a b", "e", "vp", "k"];
const PATTERNS: &[&str] = &["@.$", "^a", "(?-i)A", "[0-9]", "b@", "é", "^.b", "a.*@", "vp", "\\\\w$"];
/// What records hold.
const TEXTS: &[&str] = &[
    "abe",
    "abe\u{301}",
    "Abe",
    "ábe",
    "select",
    "Select",
    "a",
    " a",
    "a@b",
    "a b",
    "a  b",
    "b@x.fr",
    "A@X.FR",
    "é",
    "e\u{301}",
    "vp",
    "VP k",
    "\u{301} a",
    "K@k",
    "\u{212A}",
    "x.fr",
    "a@",
    "long text of several words with an @ in it",
    "n/a",
    "İ@x.fr",
];

/// Writes a program about one thing.
pub(crate) fn program(tape: &mut Tape<'_>) -> Program {
    let as_of = tape.pick(AS_OF);
    let mut w = Writer { tape, out: String::from("lsr 1\n") };
    let theme = w.tape.below(4);
    w.schema();
    let scores = w.tape.between(1, 2);
    for number in 0..scores {
        w.score(theme, number);
    }
    w.outputs(scores);
    Program { source: w.out, as_of }
}

struct Writer<'t, 'w> {
    tape: &'t mut Tape<'w>,
    out: String,
}

impl Writer<'_, '_> {
    fn schema(&mut self) {
        let zone = self.tape.pick(ZONES);
        let accents = if self.tape.chance(50) { "\n  ignore accents" } else { "" };
        let unknown = if self.tape.chance(50) { "\n  unknown values \"Select\", \"n/a\"" } else { "" };
        let default = if self.tape.chance(20) { " default \"abe\"" } else { "" };
        let key = if self.tape.chance(20) { "key " } else { "" };
        let _ = writeln!(
            self.out,
            "schema contact {{\n  time zone \"{zone}\"{accents}{unknown}\n  key id: integer\n  t: text{default}\n  n: integer\n  x: number\n  \
             o: boolean\n  d: date\n  m: datetime\n  tags: set of text\n  opt: one of [select, b, c]\n  events v {{ {key}k: integer  s: text  at: date }}\n  \
             events w {{ k: integer  at: datetime }}\n}}"
        );
    }

    fn points(&mut self) -> &'static str {
        self.tape.pick(&["+1", "+5", "-1", "-10", "+1.05", "-1.25", "+10", "+3", "-0.5", "+33.33"])
    }

    fn score(&mut self, theme: usize, number: usize) {
        let bounds = self.tape.pick(&["", "", " max 20", " min -5", " min 0 max 12.5"]);
        let _ = writeln!(self.out, "score s{number}{bounds} {{");
        for _ in 0..self.tape.between(1, 4) {
            let group = self.tape.chance(20);
            if group {
                let bounds = self.tape.pick(&["", " max 10", " min -3"]);
                let _ = writeln!(self.out, "  group \"G {}\"{bounds} {{", self.out.len());
            }
            self.item(theme);
            if group {
                self.item(theme);
                self.out.push_str("  }\n");
            }
        }
        self.out.push_str("}\n");
    }

    fn item(&mut self, theme: usize) {
        let line = match (theme, self.tape.below(4)) {
            (1, 0..=2) => self.each(),
            (1, _) if self.tape.chance(30) => {
                let (step, points) = (self.tape.pick(&["", "2 "]), self.points());
                format!("per {step}(count(v)) then {points}{}", self.zero_bounds())
            }
            (3, 0 | 1) => {
                let (condition, points, decay) = (self.condition(0), self.points(), self.decay());
                let since = self.tape.pick(&["d", "m"]);
                format!("if {condition} then {points} {decay} since {since}")
            }
            (3, 2) => {
                let (step, points) = (self.tape.pick(&["", "2 ", "3 "]), self.points());
                format!("per {step}n then {points}{}", self.zero_bounds())
            }
            (2, 0) => {
                let some = self.tape.some_of(NEEDLES.len(), 3);
                let lines: Vec<String> = some.iter().map(|at| format!("\"{}\": {}", NEEDLES[*at], self.points())).collect();
                format!("match t {{ {}  else: +3  unknown: +4 }}", lines.join("  "))
            }
            (2, 1) if self.tape.chance(30) => format!("per (length of t) then {}{}", self.points(), self.zero_bounds()),
            (0, 0) => {
                let unit = self.tape.pick(&["days", "weeks", "months"]);
                let date = self.tape.pick(&["d", "m"]);
                let points = [self.points(), self.points()];
                format!("band {unit} since {date} {{ ..0: {}  1..2: 0  3..: {}  unknown: +2 }}", points[0], points[1])
            }
            _ => {
                let (condition, points) = (self.conditions(theme), self.points());
                let mut line = format!("if {condition} then {points}");
                if self.tape.chance(40) {
                    let (condition, points) = (self.conditions(theme), self.points());
                    let _ = write!(line, " else if {condition} then {points}");
                }
                if self.tape.chance(30) {
                    let _ = write!(line, " else {}", self.points());
                }
                line
            }
        };
        let _ = writeln!(self.out, "  {line}");
    }

    fn zero_bounds(&mut self) -> &'static str {
        self.tape.pick(&["", " max 5", " min -15", " min -10 max 40", " max 12.34"])
    }

    fn decay(&mut self) -> String {
        let points = self.tape.pick(&["25% of its points", "50% of its points", "10% of what is left", "0.5"]);
        if self.tape.chance(20) {
            return format!("losing all over {}", self.tape.pick(&["3 days", "10 days"]));
        }
        format!("losing {points} every {}", self.tape.pick(&["1 week", "4 weeks", "1 day", "2 weeks"]))
    }

    fn window(&mut self) -> String {
        let amount =
            self.tape.pick(&["1 day", "3 days", "1 week", "90 days", "1 month", "2 weeks", "1 day", "2 days", "12 months"]);
        if self.tape.chance(60) { format!(" within {amount}") } else { String::new() }
    }

    fn events(&mut self) -> String {
        let list = self.tape.pick(&["v", "v", "v", "w"]);
        let window = if list == "w" && self.tape.chance(30) { " within 23 hours".to_owned() } else { self.window() };
        let filter = match self.tape.below(6) {
            0 => " where k = 1".to_owned(),
            1 => " where k > 0".to_owned(),
            2 => format!(" where at {} 2026-03-29", self.tape.pick(&["after", "before"])),
            3 if list == "v" => format!(" where s contains \"{}\"", self.tape.pick(NEEDLES)),
            _ => String::new(),
        };
        format!("{list}{window}{filter}")
    }

    fn each(&mut self) -> String {
        let (events, points) = (self.events(), self.points());
        let mut line = format!("each {events} then {points}");
        if self.tape.chance(40) {
            let _ = write!(
                line,
                " max {} times{}",
                self.tape.pick(&["1", "2", "5"]),
                self.tape.pick(&["", "", " per day", " per day", " per day", " per week", " per month", " per k"])
            );
        }
        if self.tape.chance(30) {
            let _ = write!(line, " {}", self.decay());
        }
        line + self.zero_bounds()
    }

    fn conditions(&mut self, theme: usize) -> String {
        let first = self.condition(theme);
        match self.tape.below(6) {
            0 | 1 => format!("{first} and {}", self.condition(theme)),
            2 => format!("{first} or {}", self.condition(theme)),
            3 => format!("{first} and not ({}) and {}", self.condition(theme), self.condition(theme)),
            _ => first,
        }
    }

    fn condition(&mut self, theme: usize) -> String {
        match theme {
            0 => self.time(),
            1 => format!("count({}) {} {}", self.events(), self.tape.pick(&[">=", "=", "<"]), self.tape.pick(&["1", "2", "5"])),
            2 => self.text(),
            _ => self.tape.pick(&["o", "n > 2", "n in 0..9", "opt is b", "opt is select", "x > 0.1 and x < 0.2"]).to_owned(),
        }
    }

    fn time(&mut self) -> String {
        let days = self.tape.pick(&["1 day", "2 days", "1 week", "2 weeks", "1 month", "30 days", "12 months"]);
        let hours = self.tape.pick(&["1 hours", "23 hours", "24 hours", "25 hours", "48 hours"]);
        let next = self.tape.pick(&["", "next "]);
        let date = self.tape.pick(&["d", "m"]);
        match self.tape.below(8) {
            0 => format!("{date} within {next}{days}"),
            1 => format!("m within {next}{hours}"),
            2 => format!("{date} more than {days} ago"),
            3 => format!("m more than {hours} ago"),
            4 => {
                let unit = self.tape.pick(&["days", "weeks", "months", "years"]);
                let (word, op) = (self.tape.pick(&["since", "until"]), self.tape.pick(&["=", ">=", "<", ">"]));
                format!("{unit} {word} {date} {op} {}", self.tape.pick(&["0", "1", "2", "28", "30", "31"]))
            }
            5 => format!("{date} {} 2026-01-05", self.tape.pick(&["after", "before", "=", ">=", "<="])),
            6 => format!("m {} 2026-01-05T00:30", self.tape.pick(&["after", "before", ">="])),
            _ => {
                let list = self.tape.pick(&["v", "w"]);
                format!("any({list} where at {} 2026-01-05)", self.tape.pick(&["after", "before", "="]))
            }
        }
    }

    fn text(&mut self) -> String {
        let not = self.tape.pick(&["", "", "not "]);
        let needle = self.tape.pick(NEEDLES);
        match self.tape.below(10) {
            0 => format!("{not}(t = \"{needle}\")"),
            1 => format!("{not}(t contains \"{needle}\")"),
            2 => format!("{not}(t starts with \"{needle}\")"),
            3 => format!("{not}(t ends with \"{needle}\")"),
            4 => format!("length of t {} {}", self.tape.pick(&["=", ">", "<="]), self.tape.pick(&["1", "2", "3", "4", "60"])),
            5 => format!("words of t {} {}", self.tape.pick(&["=", ">"]), self.tape.pick(&["1", "2", "3"])),
            6 => format!("{not}(t matches /{}/)", self.tape.pick(PATTERNS)),
            7 => format!("domain of t is {}", self.tape.pick(&["\"x.fr\"", "\"b\"", "known", "unknown"])),
            8 => format!("tags contains \"{needle}\""),
            _ => format!("{not}(t contains word \"{needle}\")"),
        }
    }

    fn outputs(&mut self, scores: usize) {
        let other = if scores > 1 { "s1" } else { "s0" };
        let formula = match self.tape.below(6) {
            0 => format!("s0 + {other}"),
            1 => format!("min(s0, 10) - {other}"),
            2 => format!("s0 * {other}"),
            3 => "0.333 * s0".to_owned(),
            4 => format!("max(0, s0 - {other})"),
            _ => "s0".to_owned(),
        };
        let _ = writeln!(self.out, "score f = {formula}");
        let score = self.tape.pick(&["s0", "f"]);
        let _ = writeln!(self.out, "label l by {score} {{ ..0: low  1..5: middle  6..: high }}");
        let (end, op) = (self.tape.pick(&["10", "0", "3", "30", "-5"]), self.tape.pick(&[">=", ">", "<=", "="]));
        let _ = writeln!(
            self.out,
            "lifecycle p {{\n  stage hot when {score} {op} {end}\n  stage warm when {score} in 2..4\n  otherwise cold\n}}"
        );
    }
}

/// A record that such rules look at.
pub(crate) fn contact(tape: &mut Tape<'_>, model: &Model, as_of: AsOf) -> Record {
    let schema = &model.schema;
    let mut w = Contact { tape, as_of, model };
    let values = schema.properties.iter().map(|property| w.value(&property.ty, false)).collect();
    let events = schema
        .events
        .iter()
        .map(|list| {
            let count = if w.tape.chance(70) { w.tape.between(0, 14) } else { 0 };
            let all = w.tape.chance(40);
            let mut out: Vec<Vec<Option<Value>>> = Vec::new();
            for _ in 0..count {
                // Many of the same, as rules that count have it.
                if let Some(last) = out.last().filter(|_| all).cloned() {
                    out.push(last);
                    continue;
                }
                let event = list.fields.iter().enumerate().map(|(at, field)| w.value(&field.ty, at == list.at.0 as usize));
                out.push(event.collect());
            }
            out
        })
        .collect();
    Record { values, events }
}

struct Contact<'t, 'w, 'm> {
    tape: &'t mut Tape<'w>,
    as_of: AsOf,
    model: &'m Model,
}

impl Contact<'_, '_, '_> {
    fn value(&mut self, ty: &Type, is_at: bool) -> Option<Value> {
        const HOUR: i64 = 3_600_000_000;
        if !self.tape.chance(if is_at { 100 } else { 85 }) {
            return matches!(ty, Type::SetOfText).then(|| Value::TextSet(Vec::new()));
        }
        let ages = [0, 0, 1, 2, 3, 7, 8, 14, 21, 28, 30, 31, 90, 91, 365, 400, -1, -7, -30];
        Some(match ty {
            Type::Text => Value::Text(self.text()?),
            Type::SetOfText => {
                let accents = self.model.schema.ignore_accents;
                let mut members: Vec<Arc<str>> = Vec::new();
                for _ in 0..self.tape.between(0, 3) {
                    let text = self.text();
                    members.extend(text.filter(|t| !members.iter().any(|m| text::same(m, t, accents))));
                }
                Value::TextSet(members)
            }
            Type::Integer => Value::Integer([0, 1, 2, 3, 5, 6, 12, 20, 40, -1][self.tape.below(10)]),
            Type::Number => Value::Number([0.1, 0.15, 0.2, 0.0, -3.0][self.tape.below(5)]),
            Type::Boolean => Value::Boolean(self.tape.chance(50)),
            Type::OneOf(_) => {
                let code = u32::try_from(self.tape.below(3)).unwrap();
                let name = ["select", "b", "c"][code as usize];
                if is_unknown(self.model, name) {
                    return None;
                }
                Value::Option(code)
            }
            Type::Date => Value::Date(self.as_of.day - ages[self.tape.below(ages.len())]),
            Type::DateTime => {
                let days = i64::from(ages[self.tape.below(ages.len())]);
                let hours = [0, 1, 22, 23, 24, 25, -1, -23][self.tape.below(8)];
                Value::DateTime(self.as_of.micros - days * 24 * HOUR - hours * HOUR + [0, 1, -1, 60_000_000][self.tape.below(4)])
            }
            other => panic!("no property is a {other}"),
        })
    }

    /// A text as a reader gives it.
    fn text(&mut self) -> Option<Arc<str>> {
        let mut text = self.tape.pick(TEXTS).to_owned();
        if self.tape.chance(20) {
            text += self.tape.pick(TEXTS);
        }
        let text = text.trim();
        (!text.is_empty() && !is_unknown(self.model, text)).then(|| Arc::from(text))
    }
}

/// Whether a text means that there is no value.
fn is_unknown(model: &Model, value: &str) -> bool {
    model.schema.unknown_values.iter().any(|unknown| text::same(unknown, value, model.schema.ignore_accents))
}
