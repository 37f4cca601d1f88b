//! What a push is going to write: for each contact the values that differ, and what is there now.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{BATCH, Portal};
use super::compare::same;
use super::mapping::Mapping;
use crate::failure::Failure;

/// A plan, as its file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the file.
    pub version: u32,
    /// The account that it is for.
    pub portal: u64,
    /// The rules that it comes from.
    pub rules: String,
    /// The moment of the scores.
    pub as_of: String,
    /// Properties that are made first, as HubSpot describes them.
    pub create: Vec<Value>,
    /// HubSpot's stages in their order, where a stage is written.
    pub stages: Vec<String>,
    /// Contacts that were looked at.
    pub records: u64,
    /// Contacts that are as they should be.
    pub unchanged: u64,
    /// What is written, in the order of the records.
    pub changes: Vec<Change>,
    /// Records that are left out: their key, and why.
    pub left: Vec<(String, String)>,
}

/// What is written to one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The contact.
    pub id: u64,
    /// The new values; an empty text clears a property.
    pub set: BTreeMap<String, String>,
    /// The values that are there now; those that are empty are not listed.
    pub was: BTreeMap<String, String>,
}

/// The version of the file.
pub(super) const VERSION: u32 = 1;

/// The results of the rules for one record.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The record id, or the value of the property with unique values.
    pub key: String,
    /// By column.
    pub results: serde_json::Map<String, Value>,
}

/// How a plan is made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The rules, for people.
    pub rules: &'a str,
    /// The moment of the scores, as HubSpot writes moments.
    pub as_of: &'a str,
    /// The property of HubSpot that the keys are values of; the record id by default.
    pub by: Option<&'a str>,
}

/// Who moves from a stage to another, and why: by from, to and reason, how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// `(from, to)` with the reasons and how many contacts move by each.
    pub moves: BTreeMap<(String, String), BTreeMap<String, u64>>,
    /// By property: how many contacts change.
    pub changed: BTreeMap<String, u64>,
    /// Contacts whose stage moves.
    pub moved: u64,
}

/// Reads what the contacts have now, and compares.
///
/// # Errors
/// As every request.
pub fn plan(portal: &Portal<'_>, mapping: &Mapping, wanted: &[Wanted], made: Made<'_>) -> Result<(Plan, Moves), Failure> {
    let mut plan = Plan {
        version: VERSION,
        portal: portal.account.portal,
        rules: made.rules.to_owned(),
        as_of: made.as_of.to_owned(),
        create: mapping.targets.iter().filter_map(|target| target.create.clone()).collect(),
        stages: mapping.stages.clone(),
        records: 0,
        unchanged: 0,
        changes: Vec::new(),
        left: Vec::new(),
    };
    let mut moves = Moves::default();
    let properties = mapping.present();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut written: BTreeSet<u64> = BTreeSet::new();
    let mut usable: Vec<&Wanted> = Vec::new();
    for record in wanted {
        let why = if record.key.is_empty() {
            "it has no key"
        } else if made.by.is_none() && record.key.parse::<u64>().is_err() {
            "its key is not a record id of HubSpot"
        } else if !seen.insert(record.key.to_lowercase()) {
            "its key is there twice"
        } else {
            usable.push(record);
            continue;
        };
        plan.left.push((record.key.clone(), why.to_owned()));
    }
    let mut done = 0_usize;
    for batch in usable.chunks(BATCH) {
        let ids: Vec<String> = batch.iter().map(|record| record.key.clone()).collect();
        let present = portal.batch(&ids, made.by, &properties)?;
        for record in batch {
            plan.records += 1;
            let Some(contact) = present.found.get(&record.key) else {
                plan.left.push((record.key.clone(), "HubSpot has no such contact; it may be deleted".to_owned()));
                continue;
            };
            if made.by.is_none() && contact.id.to_string() != record.key {
                plan.left.push((record.key.clone(), format!("it was merged into {}; pull the contacts again", contact.id)));
                continue;
            }
            if !written.insert(contact.id) {
                plan.left.push((record.key.clone(), format!("two records are the contact {}", contact.id)));
                continue;
            }
            match change(mapping, record, contact.id, |property| contact.value(property), made.as_of) {
                Err(why) => plan.left.push((record.key.clone(), why)),
                Ok(None) => plan.unchanged += 1,
                Ok(Some(change)) => {
                    note(&mut moves, mapping, record, &change);
                    plan.changes.push(change);
                }
            }
        }
        done += batch.len();
        portal.client.host().advance(batch.len() as u64, share(done, usable.len()));
    }
    Ok((plan, moves))
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(super) fn share(done: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| done as f64 / all as f64)
}

/// What has to be written to a contact; `None` where nothing differs. The moment of the scores alone is no difference.
fn change<'c>(
    mapping: &Mapping,
    record: &Wanted,
    id: u64,
    present: impl Fn(&str) -> Option<&'c str>,
    as_of: &str,
) -> Result<Option<Change>, String> {
    let mut change = Change { id, set: BTreeMap::new(), was: BTreeMap::new() };
    let mut moment = None;
    for target in &mapping.targets {
        let Some(value) = target.value(record.results.get(&target.output), as_of)? else { continue };
        let now = present(&target.property);
        if same(now, Some(&value)) {
            continue;
        }
        if target.output == super::mapping::SCORED_AT {
            moment = Some((target, value, now));
            continue;
        }
        change.was.extend(now.map(|now| (target.property.clone(), now.to_owned())));
        change.set.insert(target.property.clone(), value);
    }
    if change.set.is_empty() {
        return Ok(None);
    }
    if let Some((target, value, now)) = moment {
        change.was.extend(now.map(|now| (target.property.clone(), now.to_owned())));
        change.set.insert(target.property.clone(), value);
    }
    Ok(Some(change))
}

/// Counts a change for people.
fn note(moves: &mut Moves, mapping: &Mapping, record: &Wanted, change: &Change) {
    for property in change.set.keys() {
        *moves.changed.entry(property.clone()).or_default() += 1;
    }
    for target in mapping.targets.iter().filter(|target| target.is_stage()) {
        let Some(to) = change.set.get(&target.property) else { continue };
        let from = change.was.get(&target.property).cloned().unwrap_or_default();
        let reason =
            record.results.get(&format!("{}_reason", target.output)).and_then(Value::as_str).unwrap_or("no reason given");
        *moves.moves.entry((from, to.clone())).or_default().entry(reason.to_owned()).or_default() += 1;
        moves.moved += 1;
    }
}

impl Plan {
    /// Reads the file of a plan.
    ///
    /// # Errors
    /// What is not a plan.
    pub fn read(text: &str, shown: &str) -> Result<Self, Failure> {
        let broken = |why: String| {
            Failure::new(format!("`{shown}` is not a plan: {why}"))
                .help("make one with `lsrc push hubspot RULES DATA --map .. --plan FILE`")
        };
        let plan: Self = serde_json::from_str(text).map_err(|e| broken(format!("line {}: {e}", e.line())))?;
        if plan.version != VERSION {
            return Err(broken(format!("it has the version {}, and this lsrc knows {VERSION}", plan.version)));
        }
        Ok(plan)
    }
}
