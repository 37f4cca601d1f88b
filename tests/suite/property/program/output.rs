//! Formulas, labels and lifecycles.

use std::fmt::Write as _;

use super::super::pool;
use super::{Place, Writer};

impl Writer<'_, '_> {
    pub(super) fn formulas(&mut self) {
        for number in 0..self.tape.between(0, 2) {
            let bounds = self.bounds();
            let formula = if self.tape.chance(40) { self.conditional() } else { self.formula(2) };
            let _ = writeln!(self.out, "score f{number}{bounds} = {formula}");
            self.scores.push(format!("f{number}"));
        }
    }

    fn conditional(&mut self) -> String {
        let mut out = String::new();
        for number in 0..self.tape.between(1, 2) {
            let condition = if self.tape.chance(50) { self.score_test() } else { self.condition(1, Place::Rule) };
            let (formula, because) = (self.part(), self.because());
            let head = if number == 0 { "" } else { " else " };
            let _ = write!(out, "{head}if {condition} then {formula}{because}");
        }
        let (formula, because) = (self.part(), self.because());
        let _ = write!(out, " else {formula}{because}");
        if self.tape.chance(40) {
            let formula = self.part();
            let _ = write!(out, " unknown {formula}");
        }
        out
    }

    fn part(&mut self) -> String {
        if self.tape.chance(25) { self.tape.pick(&["0", "10", "-2.5", "p1"]).to_owned() } else { self.formula(1) }
    }

    fn score_test(&mut self) -> String {
        let score = self.scores[self.tape.below(self.scores.len())].clone();
        match self.tape.below(3) {
            0 => format!("{score} {} {}", self.comparison(), self.tape.pick(pool::SCORE_ENDS)),
            1 => format!("{score} in {}", self.number_range()),
            _ => format!("{score} is {}known", self.tape.pick(&["", "not "])),
        }
    }

    pub(super) fn formula(&mut self, depth: usize) -> String {
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

    pub(super) fn labels(&mut self) {
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
        if self.labels.contains(&"la".to_owned()) && self.tape.chance(50) {
            let lines = self.tape.pick(&["high: hot  low: cold", "low, high: all", "high: hot  else: cold", "\"low\": cold"]);
            let _ = writeln!(self.out, "label ld by la {{ {lines} }}");
            self.labels.push("ld".to_owned());
        }
    }

    pub(super) fn lifecycles(&mut self) {
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

    pub(super) fn stages(&mut self, stages: &[&str]) {
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
