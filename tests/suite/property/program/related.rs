//! What programs ask of a related record.

use super::super::pool;
use super::{Place, Writer, joined};

impl Writer<'_, '_> {
    /// Declares a related record, sometimes.
    pub(super) fn related(&mut self) {
        self.related = self.tape.chance(35);
        if !self.related {
            return;
        }
        let by = self.tape.pick(&["t1", "domain of t1", "i1"]);
        let default = |w: &mut Self, value: &str| {
            if w.tape.chance(40) { format!(" default {value}") } else { String::new() }
        };
        let (i, o, b) = (default(self, "5"), default(self, "blue"), default(self, "true"));
        self.out.push_str(&format!(
            "  related co by \"Domain\" to {by} {{\n    t: text  i: integer{i}  x: number  b: boolean{b}  d: date\n    \
             o: one of [red, blue, green]{o}  s: set of [k1, k2, k3, k4]\n  }}\n"
        ));
    }

    pub(super) fn related_test(&mut self, place: Place) -> String {
        let not = self.tape.pick(&["", "not "]);
        match self.tape.below(12) {
            0 | 1 => format!("co is {not}known"),
            2 => "co is unknown".to_owned(),
            3 => format!("co.o is {not}{}", self.tape.pick(&["red", "blue", "green"])),
            4 => format!("co.i {} {}", self.comparison(), self.tape.pick(pool::SMALL_INTEGERS)),
            5 => format!("co.s contains {}", self.tape.pick(&["k1", "k2", "k3"])),
            6 => format!("co.t contains {}", self.needles()),
            7 => format!("co.d within {}", self.duration(false)),
            8 => format!("co.{} is {not}known", self.tape.pick(&["t", "i", "x", "b", "d", "o"])),
            9 => format!("co.s is {not}empty"),
            10 => {
                let other = self.number(1, place);
                format!("co.x * 2 {} {other}", self.comparison())
            }
            _ => "co.b".to_owned(),
        }
    }

    pub(super) fn related_item(&mut self) {
        match self.tape.below(5) {
            0 => {
                let ends: Vec<String> = pool::INTEGERS.iter().map(ToString::to_string).collect();
                let lines = self.lines(&ends, true);
                self.block("band co.i", &lines, true);
            }
            1 => {
                let options: Vec<String> = ["red", "blue", "green"].map(str::to_owned).into();
                let lines = self.options(&options);
                self.block("match co.o", &lines, true);
            }
            2 => {
                let lines = vec![joined(["k1", "k3"]), "k4".to_owned()];
                self.block("match each co.s", &lines, false);
            }
            3 => {
                let (points, bounds) = (self.points(), self.zero_bounds());
                self.out.push_str(&format!("  per 2 co.i then {points}{bounds}\n"));
            }
            _ => {
                let points = self.points();
                self.out.push_str(&format!("  if co is known then {points} losing all over 7 days since co.d\n"));
            }
        }
    }
}
