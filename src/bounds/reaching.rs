//! Which assignments bring a score to wanted values.

use std::collections::HashSet;

use super::search::{Assignment, Component, Objective, SUMS_BUDGET, add, assign};
use crate::hir::ScoreId;

/// The sums up to a component: the place of the sum before, and the values of the component's variables.
struct Step<'c> {
    component: &'c Component,
    from: Vec<(usize, &'c [usize])>,
}

impl Objective<'_, '_> {
    /// Assignments for which the score comes to a wanted value, in hundredths: some of them, as far as sums can be followed. A record for
    /// each is still to be made.
    #[must_use]
    pub fn reaching(&self, score: ScoreId, wanted: &dyn Fn(i64) -> bool, most: usize) -> Vec<(i64, Assignment)> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut states: Vec<(Vec<i64>, usize)> = vec![(vec![0; self.regions.len()], 0)];
        for component in &self.components {
            let Some(sums) = self.sums(component) else { return Vec::new() };
            let counted = |(sum, digits): &(&Vec<i64>, &Vec<usize>)| {
                sum.iter().all(|p| !self.picture.is_endless(*p)) && self.may_be_made(component, digits)
            };
            let mut sums: Vec<_> = sums.iter().filter(counted).collect();
            sums.sort();
            let mut step = Step { component, from: Vec::new() };
            let mut next: Vec<(Vec<i64>, usize)> = Vec::new();
            let mut seen: HashSet<Vec<i64>> = HashSet::new();
            for (state, at) in &states {
                for (sum, digits) in &sums {
                    let mut with = state.clone();
                    add(&mut with, &component.regions, sum);
                    if next.len() < SUMS_BUDGET && seen.insert(with.clone()) {
                        next.push((with, step.from.len()));
                        step.from.push((*at, digits));
                    }
                }
            }
            steps.push(step);
            states = next;
        }
        let mut out = Vec::new();
        for (state, at) in &states {
            let value = self.value(score, &self.settle(state));
            if let Some(value) = value.filter(|&v| wanted(v)) {
                out.push((value, self.walked(&steps, *at)));
                if out.len() >= most {
                    break;
                }
            }
        }
        out
    }

    /// The assignment that led to a state.
    fn walked(&self, steps: &[Step<'_>], mut at: usize) -> Assignment {
        let mut assignment: Assignment = vec![0; self.picture.vars.len()];
        for step in steps.iter().rev() {
            let Some((before, digits)) = step.from.get(at) else { break };
            assign(&mut assignment, step.component, digits);
            at = *before;
        }
        assignment
    }
}
