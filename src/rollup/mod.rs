//! Accounts made of scored records: a table by key, with room for the accounts alone and none for the records.
//!
//! Whatever order the records come in, and on however many threads, the accounts are the same: what is kept of them adds up.

mod kept;
mod key;

pub use key::Key;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::column::{Batch, BooleanColumn, Column, TextColumn, Values};
use crate::hir::{Expr, Fold, Model, Rollup};
use crate::invariant::SureAt as _;
use crate::value::{Type, Value};
use crate::vm::scores::{NONE, Scores};
use kept::Kept;

/// So many accounts make a batch.
const BATCH: usize = 16_384;

/// Where the results of a run have what rollups ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// The first of the rollup's conditions among [`Scores::conditions`].
    pub condition: usize,
    /// Its key among [`Scores::values`].
    pub value: usize,
}

/// The conditions and values that a rollup asks to be worked out with the scores.
#[must_use]
pub fn asked(rollup: &Rollup) -> (Vec<Expr>, Expr) {
    (rollup.conditions().cloned().collect(), rollup.key.clone())
}

/// The accounts of a rollup so far.
#[derive(Debug, Clone)]
pub struct Accounts {
    places: Places,
    filtered: bool,
    folds: Vec<Fold>,
    ignore_accents: bool,
    table: FxHashMap<Key, Account>,
}

/// What is kept of the records of an account.
#[derive(Debug, Clone)]
struct Account {
    records: u64,
    kept: Vec<Kept>,
}

impl Accounts {
    /// No account yet.
    #[must_use]
    pub fn new(model: &Model, rollup: &Rollup, places: Places) -> Self {
        Self {
            places,
            filtered: rollup.filter.is_some(),
            folds: rollup.gathered.iter().map(|it| it.fold.clone()).collect(),
            ignore_accents: model.schema.ignore_accents,
            table: FxHashMap::default(),
        }
    }

    /// The key of a record that counts, by its row in the results; `None` for one that does not.
    #[must_use]
    pub fn key(&self, scores: &Scores, row: usize) -> Option<Key> {
        if self.counts(scores, row) { self.key_of(scores, row) } else { None }
    }

    /// Whether a record counts, if its key is known.
    fn counts(&self, scores: &Scores, row: usize) -> bool {
        let meets = |at: usize| scores.conditions.get(at).is_some_and(|it| it.truth.get(row));
        let excluded = scores.excluded.get(row).is_none_or(|&number| number != NONE);
        !excluded && (!self.filtered || meets(self.places.condition))
    }

    fn key_of(&self, scores: &Scores, row: usize) -> Option<Key> {
        let value = scores.values.get(self.places.value)?.get(row)?.as_ref()?;
        Key::of(value, self.ignore_accents)
    }

    /// Adds the records of a batch.
    pub fn add(&mut self, scores: &Scores) {
        for row in 0..scores.rows {
            if let Some(key) = self.key(scores, row) {
                self.add_row(key, scores, row);
            }
        }
    }

    /// Adds records that are said to be of one account: those whose key is not known belong to that of the others.
    pub fn add_one(&mut self, scores: &Scores) {
        let known = (0..scores.rows).find_map(|row| self.key_of(scores, row));
        for row in 0..scores.rows {
            if self.counts(scores, row) {
                let key = self.key_of(scores, row).or_else(|| known.clone());
                self.add_row(key.unwrap_or_else(|| Key::Text(Arc::from(""))), scores, row);
            }
        }
    }

    /// Adds a record to an account of this key, if it counts there.
    pub fn add_as(&mut self, key: Key, scores: &Scores, row: usize) {
        if self.counts(scores, row) {
            self.add_row(key, scores, row);
        }
    }

    fn add_row(&mut self, key: Key, scores: &Scores, row: usize) {
        let folds = &self.folds;
        let account =
            self.table.entry(key).or_insert_with(|| Account { records: 0, kept: folds.iter().map(Kept::nothing).collect() });
        account.records += 1;
        let mut condition = self.places.condition + usize::from(self.filtered);
        for (fold, kept) in folds.iter().zip(&mut account.kept) {
            let points = fold.score().and_then(|id| scores.scores.get(id.index())?.get(row));
            let truth = fold.condition().map(|_| {
                condition += 1;
                scores.conditions.get(condition - 1).is_some_and(|it| it.truth.get(row))
            });
            kept.add(points, truth.unwrap_or(true));
        }
    }

    /// Adds the accounts of other records.
    pub fn merge(&mut self, other: Self) {
        for (key, account) in other.table {
            match self.table.get_mut(&key) {
                None => {
                    self.table.insert(key, account);
                }
                Some(own) => {
                    own.records += account.records;
                    own.kept.iter_mut().zip(account.kept).for_each(|(own, other)| own.merge(other));
                }
            }
        }
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// How many records make them.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.table.values().map(|account| account.records).sum()
    }

    /// The accounts by their keys, in batches for [`Rollup::accounts`].
    pub fn batches<'r>(self, rollup: &'r Rollup) -> impl Iterator<Item = Batch> + 'r {
        let mut accounts: Vec<(Key, Account)> = self.table.into_iter().collect();
        accounts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let starts = (0..accounts.len()).step_by(BATCH);
        starts.map(move |start| {
            let end = accounts.len().min(start + BATCH);
            batch(rollup, accounts.sure_at(start..end), start)
        })
    }
}

/// Some accounts as records of their model; `before` stand before them.
fn batch(rollup: &Rollup, accounts: &[(Key, Account)], before: usize) -> Batch {
    let mut records = Values::default();
    accounts.iter().for_each(|(_, account)| records.push(i64::try_from(account.records).ok()));
    let extras = vec![Column::Integer(records.clone())];
    let mut columns = vec![Some(keys(&rollup.key.ty, accounts)), Some(Column::Integer(records))];
    for at in 0..rollup.gathered.len() {
        let kept = accounts.iter().map(|(_, account)| account.kept.get(at));
        columns.push(Some(match rollup.gathered.get(at).map(|it| &it.fold) {
            Some(Fold::Any(_)) => {
                let mut out = BooleanColumn::default();
                for kept in kept {
                    out.truth.push(kept.is_some_and(Kept::is_met));
                    out.known.push(true);
                }
                Column::Boolean(out)
            }
            Some(_) | None => {
                let mut out = Values::default();
                kept.for_each(|kept| out.push(kept.and_then(Kept::points)));
                Column::Integer(out)
            }
        }));
    }
    // The number of records is written beside the outputs.
    Batch { rows: accounts.len(), first_row: before as u64 + 1, columns, extras, ..Batch::default() }
}

fn keys(ty: &Type, accounts: &[(Key, Account)]) -> Column {
    let values = accounts.iter().map(|(key, _)| key.value());
    match ty {
        Type::Integer => {
            let mut out = Values::default();
            values.for_each(|value| out.push(if let Value::Integer(n) = value { Some(n) } else { None }));
            Column::Integer(out)
        }
        Type::Boolean => {
            let mut out = BooleanColumn::default();
            for value in values {
                out.truth.push(value == Value::Boolean(true));
                out.known.push(true);
            }
            Column::Boolean(out)
        }
        Type::OneOf(_) => Column::Option(values.map(|value| if let Value::Option(code) = value { code } else { NONE }).collect()),
        Type::Text
        | Type::Number
        | Type::Date
        | Type::DateTime
        | Type::SetOf(_)
        | Type::SetOfText
        | Type::Score
        | Type::Label => {
            let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
            values.for_each(|value| out.push(if let Value::Text(text) = &value { Some(text) } else { None }));
            Column::Text(out)
        }
    }
}
