//! Well-typed programs as source text.

mod expr;
mod output;
mod related;
mod rollup;
mod score;

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
    /// Whether points are being written of which none may be below zero.
    given: bool,
    /// Whether there is a related record.
    related: bool,
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
        given: false,
        related: false,
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
    w.rollups();
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
        self.out.push_str("  events ev2 { i1: integer  at: date }\n");
        self.related();
        self.out.push_str("}\n");
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
}
