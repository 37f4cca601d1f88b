//! Rollups.

use std::fmt::Write as _;

use super::super::pool;
use super::{Place, Writer};

impl Writer<'_, '_> {
    pub(super) fn rollups(&mut self) {
        if self.tape.chance(60) {
            return;
        }
        self.out.push_str("define k0 = domain of t1\n");
        let key = self.tape.pick(&["t1", "t2", "k0", "i1", "o1", "o2", "b1", "o3"]);
        let filter = if self.tape.chance(30) { format!(" where {}", self.condition(1, Place::Rule)) } else { String::new() };
        let _ = writeln!(self.out, "rollup account by {key}{filter} {{");
        let mut own = Vec::new();
        for number in 0..self.tape.between(1, 3) {
            let bounds = self.bounds();
            let formula = if self.tape.chance(35) { self.chosen(&own) } else { self.gathered(2, &own) };
            let _ = writeln!(self.out, "  score r{number}{bounds} = {formula}");
            own.push(format!("r{number}"));
        }
        let by = own[self.tape.below(own.len())].clone();
        if self.tape.chance(50) {
            let _ = writeln!(self.out, "  label ra by {by} {{ 10..: high  ..<10: low }}");
        }
        if self.tape.chance(40) {
            self.out.push_str("  lifecycle rs {\n");
            for stage in ["call", "wait"] {
                let (condition, because) = (self.account_test(&own), self.because());
                let _ = writeln!(self.out, "    stage {stage} when {condition}{because}");
            }
            if self.tape.chance(50) {
                self.out.push_str("    otherwise drop\n");
            }
            self.out.push_str("  }\n");
        }
        self.out.push_str("}\n");
    }

    /// A condition over one record, as `count( )` takes it.
    fn asked(&mut self) -> String {
        if self.tape.chance(20) { "not excluded".to_owned() } else { self.condition(1, Place::Output) }
    }

    fn gathered(&mut self, depth: usize, own: &[String]) -> String {
        if depth == 0 || self.tape.chance(40) {
            let score = self.scores[self.tape.below(self.scores.len())].clone();
            return match self.tape.below(8) {
                0 => format!("max({score})"),
                1 => format!("min({score})"),
                2 => format!("sum({score})"),
                3 | 4 => format!("average({score})"),
                5 => "count()".to_owned(),
                6 => format!("count({})", self.asked()),
                _ => own.last().cloned().unwrap_or_else(|| "count()".to_owned()),
            };
        }
        let (a, b) = (self.gathered(depth - 1, own), self.gathered(depth - 1, own));
        match self.tape.below(5) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {})", self.tape.pick(&["2", "p2", "0.333", "-1.5"])),
            3 => format!("({a} / {})", self.tape.pick(&["3", "p1", "0.7", "-8"])),
            _ => format!("max({a}, {b})"),
        }
    }

    fn account_test(&mut self, own: &[String]) -> String {
        let end = self.tape.pick(pool::SCORE_ENDS);
        match self.tape.below(4) {
            0 => format!("any({})", self.asked()),
            1 => format!("{} {} {end}", self.gathered(0, own), self.comparison()),
            2 => format!("{} is {}known", self.gathered(0, own), self.tape.pick(&["", "not "])),
            _ => format!("not any({}) or {} > {end}", self.asked(), self.gathered(0, own)),
        }
    }

    fn chosen(&mut self, own: &[String]) -> String {
        let (test, because) = (self.account_test(own), self.because());
        let (then, otherwise) = (self.gathered(1, own), self.gathered(1, own));
        let unknown = if self.tape.chance(40) { " unknown 1" } else { "" };
        format!("if {test} then {then}{because} else {otherwise}{unknown}")
    }
}
