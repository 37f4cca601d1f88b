//! What a condition can come to over all records.

use std::collections::BTreeSet;

use super::abstraction::{Abstraction, Cond, Var};
use super::truth::Truth;

impl Abstraction<'_> {
    /// Which of false, unknown and true a condition can come to; `None` where there is too much to go through.
    #[must_use]
    pub fn truths(&self, cond: &Cond) -> Option<[bool; 3]> {
        if let Some((seen, _)) = self.apart(cond) {
            return Some(seen);
        }
        let mut seen = [false; 3];
        self.each_assignment(&[cond], &mut |truths| {
            if let Some(slot) = truths.first().and_then(|&t| seen.get_mut(t as usize)) {
                *slot = true;
            }
        })?;
        Some(seen)
    }

    /// The same, with the variables, of a condition no two tests of which look at one variable; `None` for others.
    fn apart(&self, cond: &Cond) -> Option<([bool; 3], Vec<Var>)> {
        let joined = |parts: &[&Cond], op: fn(Truth, Truth) -> Truth| {
            let mut all: Option<([bool; 3], Vec<Var>)> = None;
            for part in parts {
                let (seen, vars) = self.apart(part)?;
                all = Some(match all {
                    None => (seen, vars),
                    Some((before, mut have)) => {
                        if vars.iter().any(|v| have.contains(v)) {
                            return None;
                        }
                        have.extend(vars);
                        (images(before, seen, op), have)
                    }
                });
            }
            all
        };
        match cond {
            Cond::Const(truth) => Some((Truth::ALL.map(|t| t == *truth), Vec::new())),
            Cond::Test(table) => {
                let table = self.tables.get(*table)?;
                let has = |t: Truth| table.numbers().any(|v| Truth::of(v) == t);
                Some((Truth::ALL.map(has), vec![table.var]))
            }
            Cond::Not(x) => self.apart(x).map(|([f, u, t], vars)| ([t, u, f], vars)),
            Cond::And(xs) => joined(&xs.iter().collect::<Vec<_>>(), Truth::and),
            Cond::Or(xs) => joined(&xs.iter().collect::<Vec<_>>(), Truth::or),
            Cond::AtLeast(count, xs) => {
                let mut vars: Vec<Var> = Vec::new();
                // What numbers of true and unknown parts there can be.
                let mut counts = BTreeSet::from([(0_usize, 0_usize)]);
                for x in xs {
                    let ([can_be_false, open, can_be_true], own) = self.apart(x)?;
                    if own.iter().any(|v| vars.contains(v)) {
                        return None;
                    }
                    vars.extend(own);
                    let with = |&(t, u): &(usize, usize)| {
                        [(can_be_false, (t, u)), (open, (t, u + 1)), (can_be_true, (t + 1, u))]
                            .into_iter()
                            .filter(|(can, _)| *can)
                            .map(|(_, n)| n)
                    };
                    counts = counts.iter().flat_map(with).collect();
                }
                let truth = |&(t, u): &(usize, usize)| {
                    let parts = std::iter::repeat_n(Truth::True, t).chain(std::iter::repeat_n(Truth::Unknown, u));
                    Truth::at_least(*count, parts)
                };
                Some((Truth::ALL.map(|wanted| counts.iter().any(|n| truth(n) == wanted)), vars))
            }
            Cond::Unless(x, y) => joined(&[x, y], Truth::unless),
        }
    }
}

/// What an operation can come to, given what its two sides can.
fn images(a: [bool; 3], b: [bool; 3], op: fn(Truth, Truth) -> Truth) -> [bool; 3] {
    let mut out = [false; 3];
    for (x, _) in Truth::ALL.into_iter().zip(a).filter(|(_, seen)| *seen) {
        for (y, _) in Truth::ALL.into_iter().zip(b).filter(|(_, seen)| *seen) {
            if let Some(slot) = out.get_mut(op(x, y) as usize) {
                *slot = true;
            }
        }
    }
    out
}
