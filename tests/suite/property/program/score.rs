//! Scores and their items.

use std::fmt::Write as _;

use super::super::pool;
use super::{Place, Writer, joined};

impl Writer<'_, '_> {
    pub(super) fn points(&mut self) -> &'static str {
        self.tape.pick(if self.given { pool::GIVEN } else { pool::POINTS })
    }

    pub(super) fn because(&mut self) -> String {
        if self.tape.chance(30) { format!(" because \"reason {}\"", self.tape.below(5)) } else { String::new() }
    }

    pub(super) fn bounds(&mut self) -> String {
        let mut out = String::new();
        if self.tape.chance(30) {
            let _ = write!(out, " min {}", self.tape.pick(&["0", "-5", "-0.5", "p2"]));
        }
        if self.tape.chance(30) {
            let _ = write!(out, " max {}", self.tape.pick(&["0", "10", "12.34", "p1", "100"]));
        }
        out
    }

    pub(super) fn decay(&mut self) -> String {
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

    pub(super) fn score(&mut self, number: usize) {
        let bounds = self.bounds();
        let _ = writeln!(self.out, "score g{number}{bounds} {{");
        if self.tape.chance(15) {
            let (condition, because) = (self.condition(1, Place::Rule), self.because());
            let _ = writeln!(self.out, "  exclude if {condition}{because}");
        }
        for _ in 0..self.tape.between(1, 5) {
            self.item(2);
        }
        self.out.push_str("}\n");
        self.scores.push(format!("g{number}"));
    }

    pub(super) fn item(&mut self, depth: usize) {
        match self.tape.below(if self.related { 14 } else { 11 }) {
            11.. => self.related_item(),
            10 => self.match_events(),
            0..=2 => self.if_item(),
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
                let outer = self.given;
                let best = if self.tape.chance(30) {
                    self.given = true;
                    format!(" best {}", self.tape.between(1, 3))
                } else {
                    String::new()
                };
                let when = if self.tape.chance(30) { format!(" when {}", self.condition(1, Place::Rule)) } else { String::new() };
                let _ = writeln!(self.out, "  group \"G {depth}\"{best}{bounds}{when} {{");
                for _ in 0..self.tape.between(1, if best.is_empty() { 3 } else { 5 }) {
                    self.item(depth - 1);
                }
                self.given = outer;
                self.out.push_str("  }\n");
            }
        }
    }

    /// Bounds of `each` and `per` must allow 0.
    pub(super) fn zero_bounds(&mut self) -> String {
        match self.tape.below(6) {
            0..=2 => String::new(),
            3 => format!(" max {}", self.tape.pick(&["0", "5", "12.34", "p1"])),
            4 => format!(" min {}", self.tape.pick(&["0", "-5", "p2"])),
            _ => " min -5 max 10".to_owned(),
        }
    }

    pub(super) fn if_item(&mut self) {
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

    pub(super) fn band(&mut self) {
        let (value, ends, whole) = match self.tape.below(4) {
            0 => (self.integer(1, Place::Rule), pool::INTEGERS.iter().map(ToString::to_string).collect::<Vec<_>>(), true),
            1 => (self.real(1, Place::Rule), pool::SCORE_ENDS.iter().map(|&n| n.to_owned()).collect(), false),
            2 => (self.date(Place::Rule), pool::DATES.iter().map(|&n| n.to_owned()).collect(), true),
            _ => (self.datetime(Place::Rule), pool::DATES.iter().map(|&n| n.to_owned()).collect(), true),
        };
        let lines = self.lines(&ends, whole);
        self.block(&format!("band {value}"), &lines, true);
    }

    pub(super) fn matching(&mut self) {
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
        if self.tape.chance(35) {
            let value = self.integer(1, Place::Rule);
            let some = self.tape.some_of(pool::INTEGERS.len(), 4);
            let numbers: Vec<String> = some.iter().map(|at| pool::INTEGERS[*at].to_string()).collect();
            let lines: Vec<String> = numbers.chunks(self.tape.between(1, 2)).map(joined).collect();
            return self.block(&format!("match {value}"), &lines, true);
        }
        let (name, options) = self.option(Place::Rule);
        let lines = self.options(&options);
        self.block(&format!("match {name}"), &lines, true);
    }

    /// Points for each event by a field, its lines with caps and decay of their own.
    pub(super) fn match_events(&mut self) {
        let whole = |tape: &mut super::Tape<'_>| -> Vec<String> {
            tape.some_of(pool::INTEGERS.len(), 4).iter().map(|at| pool::INTEGERS[*at].to_string()).collect()
        };
        let (event, field, keys) = match self.tape.below(5) {
            0 => ("ev1", "flag", vec!["true".to_owned(), "false".to_owned()]),
            1 => ("ev1", "kind", vec!["red".to_owned(), "blue".to_owned()]),
            2 => ("ev1", "n", whole(self.tape)),
            3 => {
                let some = self.tape.some_of(pool::NEEDLES.len(), 4);
                ("ev1", "url", some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at])).collect())
            }
            _ => ("ev2", "i1", whole(self.tape)),
        };
        let clauses = self.event_clauses(1, event);
        let _ = write!(self.out, "  match each {event}.{field}{clauses} {{");
        let mut lines: Vec<String> = keys.chunks(self.tape.between(1, 2)).map(joined).collect();
        lines.truncate(self.tape.between(1, 3));
        if self.tape.chance(40) {
            lines.push("else".to_owned());
        }
        for line in lines {
            let (points, tail, because) = (self.points(), self.each_tail(), self.because());
            let _ = write!(self.out, " {line}: {points}{tail}{because} ");
        }
        self.out.push_str("}\n");
    }

    /// Lines of one or two options.
    pub(super) fn options(&mut self, options: &[String]) -> Vec<String> {
        let some = self.tape.some_of(options.len(), 4);
        some.chunks(self.tape.between(1, 2)).map(|keys| joined(keys.iter().map(|at| &options[*at]))).collect()
    }

    pub(super) fn match_each(&mut self) {
        if self.tape.chance(30) {
            let some = self.tape.some_of(pool::NEEDLES.len(), 4);
            let lines: Vec<String> = some.iter().map(|at| format!("\"{}\"", pool::NEEDLES[*at])).collect();
            return self.block("match each ts", &lines, false);
        }
        let (name, options) = self.set();
        let lines = self.options(&options);
        self.block(&format!("match each {name}"), &lines, false);
    }

    pub(super) fn block(&mut self, head: &str, lines: &[String], unknown: bool) {
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

    pub(super) fn each(&mut self) {
        let event = self.tape.pick(&["ev1", "ev2"]);
        let (clauses, points) = (self.event_clauses(1, event), self.points());
        let (tail, because) = (self.each_tail(), self.because());
        let _ = writeln!(self.out, "  each {event}{clauses} then {points}{tail}{because}");
    }

    /// What may follow the points of an `each`.
    fn each_tail(&mut self) -> String {
        let mut tail = String::new();
        if self.tape.chance(40) {
            let _ = write!(tail, " max {} times{}", self.tape.pick(&["1", "2", "3"]), self.tape.pick(&["", " per day"]));
        }
        if self.tape.chance(40) {
            let decay = self.decay();
            let _ = write!(tail, " {decay}");
        }
        tail.push_str(&self.zero_bounds());
        tail
    }
}
