//! What becomes of the accounts that records make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::column::{Batch, Column};
use crate::hir::{AsOf, Model, Rollup};
use crate::program::{Code, Wanted};
use crate::rollup::{Accounts, Places, asked};
use crate::value::Type;
use crate::vm::scores::Scores;

/// What becomes of the accounts of a rollup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountChange {
    /// Its name.
    pub name: String,
    /// How many accounts there are before.
    pub old: u64,
    /// How many there are after.
    pub new: u64,
    /// Accounts that are only after.
    pub appeared: u64,
    /// Accounts that were only before.
    pub gone: u64,
    /// Accounts of both of which any output of both is another.
    pub changed: u64,
    /// The outputs of both: scores, then labels, then lifecycles.
    pub outputs: Vec<OutputChange>,
}

/// What becomes of an output of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputChange {
    /// Its kind.
    pub kind: OutputKind,
    /// Its name.
    pub name: String,
    /// Accounts of both of which it is another.
    pub changed: u64,
    /// Of a score: accounts that have more points than before.
    pub up: u64,
    /// Of a score: accounts that have fewer.
    pub down: u64,
    /// Of a label or lifecycle: from which value to which, the most frequent first; unknown is null.
    pub moves: Vec<AccountMove>,
}

/// So many accounts go from one value to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountMove {
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
    /// How many.
    pub accounts: u64,
}

/// The kinds of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// A score.
    Score,
    /// A label.
    Label,
    /// A lifecycle.
    Lifecycle,
}

/// The accounts of one model so far.
pub struct Side<'a> {
    all: Vec<(&'a Rollup, Accounts)>,
}

/// The accounts of a rollup.
pub struct Results {
    name: Arc<str>,
    outputs: Vec<(OutputKind, Arc<str>)>,
    /// By key: what the outputs are.
    accounts: BTreeMap<String, Vec<Got>>,
}

/// What an output is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Got {
    /// Hundredths.
    Points(Option<i64>),
    /// A value or stage.
    Name(Option<Arc<str>>),
}

impl<'a> Side<'a> {
    /// No account yet of the rollups that another model has too, and what they want of a run.
    #[must_use]
    pub fn of(model: &'a Model, other: &Model) -> (Self, Wanted) {
        let (mut wanted, mut all) = (Wanted::default(), Vec::new());
        for rollup in model.rollups.iter().filter(|rollup| other.rollup(&rollup.name).is_some()) {
            let places = Places { condition: wanted.conditions.len(), value: wanted.values.len() };
            let (conditions, key) = asked(rollup);
            wanted.conditions.extend(conditions);
            wanted.values.push(key);
            all.push((rollup, Accounts::new(model, rollup, places)));
        }
        (Self { all }, wanted)
    }

    /// Adds the records of a batch.
    pub fn add(&mut self, scores: &Scores) {
        self.all.iter_mut().for_each(|(_, accounts)| accounts.add(scores));
    }

    /// Works the accounts out.
    #[must_use]
    pub fn results(self, as_of: AsOf) -> Vec<Results> {
        self.all.into_iter().map(|(rollup, accounts)| results(rollup, accounts, as_of)).collect()
    }
}

fn results(rollup: &Rollup, accounts: Accounts, as_of: AsOf) -> Results {
    let model = &rollup.accounts;
    let own = || model.scores.iter().enumerate().filter(|(_, score)| !score.is_given());
    let scores = own().map(|(_, score)| (OutputKind::Score, Arc::clone(&score.name)));
    let labels = model.labels.iter().map(|label| (OutputKind::Label, Arc::clone(&label.name)));
    let lifecycles = model.lifecycles.iter().map(|lifecycle| (OutputKind::Lifecycle, Arc::clone(&lifecycle.name)));
    let outputs = scores.chain(labels).chain(lifecycles).collect();
    let mut vm = Code::plain(model).vm(as_of);
    let mut by_key = BTreeMap::new();
    for batch in accounts.batches(rollup) {
        let it = vm.run(&batch);
        for row in 0..batch.rows {
            let points = own().map(|(at, _)| Got::Points(it.scores.get(at).and_then(|column| column.get(row))));
            let named = |names: &[Arc<str>], codes: &[u32]| {
                let code = codes.get(row);
                Got::Name(code.and_then(|&code| names.get(code as usize)).map(Arc::clone))
            };
            let labels = model.labels.iter().zip(&it.labels).map(|(label, codes)| named(&label.values, codes));
            let stages = model.lifecycles.iter().zip(&it.lifecycles);
            let stages = stages.map(|(lifecycle, stages)| named(&lifecycle.stages, &stages.after));
            by_key.insert(key(rollup, &batch, row), points.chain(labels).chain(stages).collect());
        }
    }
    Results { name: Arc::clone(&rollup.name), outputs, accounts: by_key }
}

/// The key of an account as both models write it.
fn key(rollup: &Rollup, batch: &Batch, row: usize) -> String {
    let text = match batch.columns.get(Rollup::KEY.0 as usize) {
        Some(Some(Column::Text(texts))) => texts.get(row).map(str::to_owned),
        Some(Some(Column::Integer(values))) => values.get(row).map(|n| n.to_string()),
        Some(Some(Column::Boolean(truths))) => Some(truths.truth.get(row).to_string()),
        Some(Some(Column::Option(codes))) => {
            let options = Type::options(&rollup.key.ty);
            options.zip(codes.get(row)).and_then(|(options, &code)| options.name(code)).map(ToString::to_string)
        }
        // No key is of these types.
        Some(_) | None => None,
    };
    text.unwrap_or_default()
}

/// What becomes of the accounts of each rollup.
#[must_use]
pub fn changes(old: Vec<Results>, new: Vec<Results>) -> Vec<AccountChange> {
    let before = |name: &str| old.iter().find(|results| *results.name == *name);
    new.iter().filter_map(|after| Some(change(before(&after.name)?, after))).collect()
}

fn change(old: &Results, new: &Results) -> AccountChange {
    let both = || new.accounts.iter().filter_map(|(key, after)| Some((key, old.accounts.get(key)?, after)));
    let mut changed = BTreeSet::new();
    let mut outputs = Vec::new();
    for (after_at, (kind, name)) in new.outputs.iter().enumerate() {
        let Some(before_at) = old.outputs.iter().position(|own| own == &(*kind, Arc::clone(name))) else { continue };
        let mut out = OutputChange { kind: *kind, name: name.to_string(), changed: 0, up: 0, down: 0, moves: Vec::new() };
        let mut moves: BTreeMap<[Option<Arc<str>>; 2], u64> = BTreeMap::new();
        for (key, before, after) in both() {
            let (Some(before), Some(after)) = (before.get(before_at), after.get(after_at)) else { continue };
            if before == after {
                continue;
            }
            changed.insert(key);
            out.changed += 1;
            match (before, after) {
                (Got::Points(Some(before)), Got::Points(Some(after))) if after > before => out.up += 1,
                (Got::Points(Some(_)), Got::Points(Some(_))) => out.down += 1,
                (Got::Name(from), Got::Name(to)) => *moves.entry([from.clone(), to.clone()]).or_default() += 1,
                // Known only before or only after.
                (Got::Points(_) | Got::Name(_), Got::Points(_) | Got::Name(_)) => {}
            }
        }
        let text = |name: Option<Arc<str>>| name.map(|name| name.to_string());
        out.moves =
            moves.into_iter().map(|([from, to], n)| AccountMove { from: text(from), to: text(to), accounts: n }).collect();
        out.moves.sort_by_key(|it| std::cmp::Reverse(it.accounts));
        outputs.push(out);
    }
    let common = count(both().count());
    AccountChange {
        name: new.name.to_string(),
        old: count(old.accounts.len()),
        new: count(new.accounts.len()),
        appeared: count(new.accounts.len()) - common,
        gone: count(old.accounts.len()) - common,
        changed: count(changed.len()),
        outputs,
    }
}

const fn count(n: usize) -> u64 {
    n as u64
}
