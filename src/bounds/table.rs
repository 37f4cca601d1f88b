//! Tables: a number for every value of a variable, kept as runs of values that are alike, since a test turns at its own cuts alone.

use std::collections::HashMap;
use std::ops::Range;

use super::abstraction::{Abstraction, TableId, Var, Variable};
use super::cells::{Cell, is_plain};
use crate::value::Value;

/// A number for every value of a variable: a truth, points in hundredths, or the place of an arm.
#[derive(Debug, Clone)]
pub struct Table {
    /// The variable.
    pub var: Var,
    /// Where a run begins, and its number; the first begins at 0, and two neighbours differ.
    runs: Vec<(usize, i64)>,
}

impl Table {
    /// A table of these numbers, by the variable's values.
    pub(super) fn new(var: Var, values: impl IntoIterator<Item = i64>) -> Self {
        Self::of_runs(var, values.into_iter().enumerate())
    }

    /// A table of runs in order, each from its first value on.
    pub(super) fn of_runs(var: Var, runs: impl IntoIterator<Item = (usize, i64)>) -> Self {
        let mut kept: Vec<(usize, i64)> = Vec::new();
        for (from, value) in runs {
            if kept.last().is_none_or(|(_, last)| *last != value) {
                kept.push((from, value));
            }
        }
        Self { var, runs: kept }
    }

    /// The table with its numbers put through `map`.
    pub(super) fn map(&self, map: impl Fn(i64) -> i64) -> Self {
        Self::of_runs(self.var, self.runs.iter().map(|&(from, value)| (from, map(value))))
    }

    /// The number of a value; 0 where there is none.
    #[must_use]
    pub fn at(&self, at: usize) -> i64 {
        let behind = self.runs.partition_point(|(from, _)| *from <= at);
        behind.checked_sub(1).and_then(|last| self.runs.get(last)).map_or(0, |(_, value)| *value)
    }

    /// Its numbers, one for each run.
    pub fn numbers(&self) -> impl Iterator<Item = i64> {
        self.runs.iter().map(|(_, value)| *value)
    }

    /// Its runs over a variable of so many values.
    pub fn runs(&self, len: usize) -> impl Iterator<Item = (Range<usize>, i64)> {
        let ends = self.runs.iter().skip(1).map(|(from, _)| *from).chain([len]);
        self.runs.iter().zip(ends).map(|(&(from, value), end)| (from..end, value))
    }

    /// What it says, to be compared with that of another table.
    #[must_use]
    pub fn content(&self) -> (Var, &[(usize, i64)]) {
        (self.var, &self.runs)
    }

    /// The table over some of the variable's values only.
    fn over(&self, kept: &[usize]) -> Self {
        if !kept.is_sorted() {
            return Self::new(self.var, kept.iter().map(|&at| self.at(at)));
        }
        let mut runs: Vec<(usize, i64)> = Vec::with_capacity(self.runs.len());
        for &(from, value) in &self.runs {
            let from = kept.partition_point(|at| *at < from);
            // A run none of whose values is kept gives way to the next.
            if runs.last().is_some_and(|(last, _)| *last == from) {
                runs.pop();
            }
            runs.push((from, value));
        }
        runs.retain(|(from, _)| *from < kept.len());
        Self::of_runs(self.var, runs)
    }
}

impl Abstraction<'_> {
    /// Makes one cell of all cells that no table tells apart.
    pub(super) fn merge_cells(&mut self) {
        let mut by_var: Vec<Vec<TableId>> = vec![Vec::new(); self.vars.len()];
        for (id, table) in self.tables.iter().enumerate() {
            if let Some(list) = by_var.get_mut(table.var) {
                list.push(id);
            }
        }
        for (variable, ids) in self.vars.iter_mut().zip(by_var) {
            if variable.cells.is_empty() {
                continue;
            }
            let tables: Vec<&Table> = ids.iter().filter_map(|&id| self.tables.get(id)).collect();
            let worth = |at: usize| {
                let found = variable.cells.get(at).filter(|c| !c.is_assumed());
                let plain = |c: &Cell| if let Some(Value::Number(n)) = c.value { is_plain(n) } else { true };
                found.map_or(0, |c| 1 + 2 * u8::from(c.as_of == self.base) + u8::from(plain(c)))
            };
            let kept = told_apart(variable, &tables, &worth);
            for &id in &ids {
                if let Some(table) = self.tables.get_mut(id) {
                    *table = table.over(&kept);
                }
            }
            variable.cells = kept.iter().filter_map(|&at| variable.cells.get(at).cloned()).collect();
            variable.len = kept.len();
        }
    }
}

/// For each set of cells that no table tells apart one of them: the first of those that are worth most.
fn told_apart(variable: &Variable, tables: &[&Table], worth: &dyn Fn(usize) -> u8) -> Vec<usize> {
    // Between two places where some table turns, cells differ in nothing.
    let mut starts: Vec<usize> = tables.iter().flat_map(|t| t.runs.iter().map(|(from, _)| *from)).collect();
    starts.extend((0..variable.len).filter(|&at| at == 0 || worth(at) != worth(at - 1)));
    starts.sort_unstable();
    starts.dedup();
    let mut keys: Vec<u128> = vec![0; starts.len()];
    for (place, table) in tables.iter().enumerate() {
        let mut before = 0;
        for (from, value) in &table.runs {
            let key = key(place, *value);
            if let Some(slot) = starts.binary_search(from).ok().and_then(|at| keys.get_mut(at)) {
                *slot = slot.wrapping_add(key).wrapping_sub(before);
            }
            before = key;
        }
    }
    let mut row: u128 = 0;
    let mut classes: HashMap<u128, usize> = HashMap::new();
    let mut kept: Vec<usize> = Vec::new();
    for (&at, change) in starts.iter().zip(keys) {
        row = row.wrapping_add(change);
        let class = *classes.entry(row).or_insert(kept.len());
        match kept.get_mut(class) {
            None => kept.push(at),
            Some(first) if worth(*first) < worth(at) => *first = at,
            Some(_) => {}
        }
    }
    kept
}

/// A number that stands for a table having this number: sums of them are equal only for equal rows, as far as 128 bits can tell.
fn key(table: usize, value: i64) -> u128 {
    let mix = |n: u64| {
        let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let half = |seed: u64| u128::from(mix(mix(mix(seed) ^ table as u64) ^ value.cast_unsigned()));
    (half(1) << 64) | half(2)
}
