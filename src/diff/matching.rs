//! Which rule of the new model was which of the old one, and what changed in it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;

use serde::Serialize;

use super::unit::{Answers, Kind, Unit};

/// A rule whose words are at least this near to another's in the same place is that rule, changed.
const NEAR: f64 = 0.6;

/// The rules of two models, each with its counterpart.
#[derive(Debug)]
pub struct Matching {
    /// The old rules.
    pub old: Vec<Unit>,
    /// The new rules.
    pub new: Vec<Unit>,
    /// Every rule once, in the order of the new ones; a rule that is gone stands behind those of its place.
    pub pairs: Vec<Pair>,
}

/// A rule before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Its place in [`Matching::old`]; none where it is added.
    pub old: Option<usize>,
    /// Its place in [`Matching::new`]; none where it is gone.
    pub new: Option<usize>,
}

/// What happened to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
    /// It stands before or behind others than it did, where the first that is true decides.
    Reordered,
}

/// What of a rule is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aspect {
    /// `points`, `condition`, `bounds`, `reason`, `place`, `value`.
    pub what: &'static str,
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
}

/// A rule that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub change: ChangeKind,
    /// Its kind.
    pub kind: Kind,
    /// Where it belongs: `score fit`.
    pub place: String,
    /// Its name for people: its reason, or its own words.
    pub rule: String,
    /// Its words before.
    pub old: Option<String>,
    /// Its words after.
    pub new: Option<String>,
    /// What of it changed.
    pub aspects: Vec<Aspect>,
    /// Its file: that of the new rules, or of the old ones where it is gone.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
}

impl Unit {
    /// What people call the rule: its reason in quotes, or its words.
    #[must_use]
    pub fn name(&self) -> String {
        if let Some(because) = &self.because {
            return format!("\"{because}\"");
        }
        match self.kind {
            Kind::Points if self.head.is_empty() => self.text.clone(),
            Kind::Points => format!("{} {}", self.head, self.condition.trim_end_matches(':')),
            Kind::Setting | Kind::Property | Kind::Event | Kind::Score | Kind::Rollup => self.condition.clone(),
            Kind::Param => format!("param {}", self.condition),
            Kind::List => format!("list {}", self.condition),
            Kind::Definition => format!("define {}", self.condition),
            Kind::Exclusion | Kind::Label | Kind::Stage => self.text.clone(),
        }
    }

    /// The same without points: for accounts where they stand beside.
    #[must_use]
    pub fn title(&self) -> String {
        if self.because.is_none() && self.kind == Kind::Points && self.head.is_empty() {
            return self.condition.trim_end_matches("then").trim_end().to_owned();
        }
        self.name()
    }
}

impl Matching {
    /// Finds the counterparts.
    #[must_use]
    pub fn of(old: Vec<Unit>, new: Vec<Unit>) -> Self {
        let mut found = Found { of_old: vec![None; old.len()], of_new: vec![None; new.len()] };
        let whole = |u: &Unit| (u.place.clone(), u.head.clone(), u.condition.clone(), u.value.clone(), u.rest.clone());
        found.by(&old, &new, |u| Some((u.kind, whole(u), u.because.clone())));
        found.by(&old, &new, |u| Some((u.kind, whole(u))));
        found.by(&old, &new, |u| Some((u.kind, u.place.clone(), u.head.clone(), u.condition.clone(), u.because.clone()?)));
        found.by(&old, &new, |u| Some((u.kind, u.place.clone(), u.because.clone()?)));
        found.by(&old, &new, |u| Some((u.kind, u.because.clone()?)));
        found.by(&old, &new, |u| Some((u.kind, u.place.clone(), u.head.clone(), u.condition.clone())));
        found.by(&old, &new, |u| {
            let points = u.kind == Kind::Points;
            points.then(|| (u.kind, u.head.clone(), u.condition.clone(), u.value.clone(), u.rest.clone()))
        });
        found.near(&old, &new);
        let pairs = found.pairs(&old, &new);
        Self { old, new, pairs }
    }

    fn units(&self, pair: Pair) -> (Option<&Unit>, Option<&Unit>) {
        (pair.old.and_then(|at| self.old.get(at)), pair.new.and_then(|at| self.new.get(at)))
    }

    /// The rule of a pair: the new one, or the old one where it is gone.
    #[must_use]
    pub fn unit(&self, pair: usize) -> Option<&Unit> {
        let (old, new) = self.units(self.pairs.get(pair).copied()?);
        new.or(old)
    }

    /// What changed in words.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let reordered = self.reordered();
        let change = |(at, pair): (usize, &Pair)| {
            let (old, new) = self.units(*pair);
            let unit = new.or(old)?;
            let aspects = match (old, new) {
                (Some(old), Some(new)) => aspects(old, new),
                (Some(_), None) | (None, Some(_)) | (None, None) => Vec::new(),
            };
            let change = match (old, new) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                (Some(_), Some(_)) if !aspects.is_empty() => ChangeKind::Changed,
                (Some(_), Some(_)) if reordered.contains(&at) => ChangeKind::Reordered,
                (Some(_), Some(_)) => return None,
            };
            Some(Change {
                change,
                kind: unit.kind,
                place: unit.place.clone(),
                rule: unit.name(),
                old: old.map(|u| u.text.clone()),
                new: new.map(|u| u.text.clone()),
                aspects,
                file: unit.file.clone(),
                line: unit.line,
            })
        };
        self.pairs.iter().enumerate().filter_map(change).collect()
    }

    /// The pairs of lines that stand behind another than they did where the order decides.
    fn reordered(&self) -> Vec<usize> {
        let mut last: BTreeMap<(Kind, &str, &str, u32), usize> = BTreeMap::new();
        let mut out = Vec::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let (Some(old), Some(unit)) = (pair.old, self.unit(at)) else { continue };
            let ordered = match unit.kind {
                Kind::Exclusion | Kind::Stage => true,
                // The branches of one `if`: only the first begins with the word.
                Kind::Points => unit.head.is_empty() && unit.condition.starts_with("else"),
                Kind::Setting
                | Kind::Property
                | Kind::Event
                | Kind::Param
                | Kind::List
                | Kind::Definition
                | Kind::Score
                | Kind::Label
                | Kind::Rollup => false,
            };
            if !ordered {
                continue;
            }
            let head = if unit.head == "hold" { "hold" } else { "" };
            let item = if unit.kind == Kind::Points { unit.item } else { 0 };
            let group = (unit.kind, unit.place.as_str(), head, item);
            match last.get(&group) {
                Some(&before) if before > old => out.push(at),
                Some(_) | None => {
                    last.insert(group, old);
                }
            }
        }
        out
    }

    /// By pair: whether the rule, or anything that it rests on, is not what it was.
    #[must_use]
    pub fn touched(&self) -> Vec<bool> {
        let changed: Vec<usize> = self.changed_pairs();
        let mut touched: Vec<bool> = vec![false; self.pairs.len()];
        let mut names: Vec<String> = Vec::new();
        for &at in &changed {
            if let Some(slot) = touched.get_mut(at) {
                *slot = true;
            }
            names.extend(self.unit(at).and_then(defined));
        }
        while let Some(name) = names.pop() {
            for (at, slot) in touched.iter_mut().enumerate().filter(|(_, slot)| !**slot) {
                let Some(unit) = self.unit(at).filter(|u| u.names.contains(&name)) else { continue };
                *slot = true;
                names.extend(defined(unit));
            }
        }
        touched
    }

    fn changed_pairs(&self) -> Vec<usize> {
        let reordered = self.reordered();
        let changed = |(at, pair): (usize, &Pair)| match self.units(*pair) {
            (Some(old), Some(new)) => (reordered.contains(&at) || !aspects(old, new).is_empty()).then_some(at),
            (Some(_), None) | (None, Some(_)) | (None, None) => Some(at),
        };
        self.pairs.iter().enumerate().filter_map(changed).collect()
    }

    /// The pair that answers for something of the old (or new) model.
    pub(super) fn answering(&self, new: bool) -> Vec<(Answers, usize)> {
        let of = |(at, pair): (usize, &Pair)| {
            let unit = if new { self.units(*pair).1 } else { self.units(*pair).0 };
            unit.map(|u| (u.answers, at))
        };
        self.pairs.iter().enumerate().filter_map(of).collect()
    }
}

/// The name that other rules call a unit by.
fn defined(unit: &Unit) -> Option<String> {
    match unit.kind {
        Kind::Property | Kind::Event | Kind::Param | Kind::List | Kind::Definition => Some(unit.condition.clone()),
        Kind::Setting | Kind::Exclusion | Kind::Score | Kind::Points | Kind::Label | Kind::Stage | Kind::Rollup => None,
    }
}

fn aspects(old: &Unit, new: &Unit) -> Vec<Aspect> {
    let value = match old.kind {
        Kind::Points => "points",
        Kind::Score => "formula",
        Kind::Setting
        | Kind::Property
        | Kind::Event
        | Kind::Param
        | Kind::List
        | Kind::Definition
        | Kind::Exclusion
        | Kind::Label
        | Kind::Stage
        | Kind::Rollup => "value",
    };
    let condition = |u: &Unit| if u.head.is_empty() { u.condition.clone() } else { format!("{} {}", u.head, u.condition) };
    let reason = |u: &Unit| u.because.as_ref().map_or_else(String::new, ToString::to_string);
    let parts = [
        ("place", old.place.clone(), new.place.clone()),
        ("condition", condition(old), condition(new)),
        (value, old.value.clone(), new.value.clone()),
        ("bounds", old.rest.clone(), new.rest.clone()),
        ("reason", reason(old), reason(new)),
    ];
    parts.into_iter().filter(|(_, old, new)| old != new).map(|(what, old, new)| Aspect { what, old, new }).collect()
}

/// The counterparts found so far.
struct Found {
    of_old: Vec<Option<usize>>,
    of_new: Vec<Option<usize>>,
}

impl Found {
    /// Joins rules that have no counterpart yet and are the same under `key`, in their order.
    fn by<K: Hash + Eq>(&mut self, old: &[Unit], new: &[Unit], key: impl Fn(&Unit) -> Option<K>) {
        let mut waiting: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (at, unit) in new.iter().enumerate().filter(|(at, _)| self.of_new.get(*at) == Some(&None)) {
            if let Some(key) = key(unit) {
                waiting.entry(key).or_default().push_back(at);
            }
        }
        for (at, unit) in old.iter().enumerate() {
            if self.of_old.get(at) == Some(&None)
                && let Some(found) = key(unit).and_then(|k| waiting.get_mut(&k)).and_then(VecDeque::pop_front)
            {
                self.join(at, found);
            }
        }
    }

    /// Joins rules of one place whose words are near, the nearest first of all.
    fn near(&mut self, old: &[Unit], new: &[Unit]) {
        let words = |u: &Unit| format!("{} {} {}", u.condition, u.value, u.rest);
        let mut all: Vec<(u32, usize, usize)> = Vec::new();
        for (o, before) in old.iter().enumerate().filter(|(at, _)| self.of_old.get(*at) == Some(&None)) {
            for (n, after) in new.iter().enumerate().filter(|(at, _)| self.of_new.get(*at) == Some(&None)) {
                // Another name is another thing, however near it is spelled.
                let named = defined(before).is_some() || before.kind == Kind::Setting;
                if named || (before.kind, &before.place, &before.head) != (after.kind, &after.place, &after.head) {
                    continue;
                }
                let near = strsim::normalized_levenshtein(&words(before), &words(after));
                if near >= NEAR {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1 in millionths")]
                    all.push(((near * 1e6) as u32, o, n));
                }
            }
        }
        all.sort_by_key(|&(near, o, n)| (std::cmp::Reverse(near), o, n));
        for (_, o, n) in all {
            if self.of_old.get(o) == Some(&None) && self.of_new.get(n) == Some(&None) {
                self.join(o, n);
            }
        }
    }

    fn join(&mut self, old: usize, new: usize) {
        if let (Some(o), Some(n)) = (self.of_old.get_mut(old), self.of_new.get_mut(new)) {
            *o = Some(new);
            *n = Some(old);
        }
    }

    /// All pairs: the new rules in order, and behind the last of a place the old ones of it that are gone.
    fn pairs(&self, old: &[Unit], new: &[Unit]) -> Vec<Pair> {
        let mut ranked: Vec<((usize, usize, usize), Pair)> = Vec::new();
        for (at, found) in self.of_new.iter().enumerate() {
            ranked.push(((at, 0, at), Pair { old: *found, new: Some(at) }));
        }
        for (at, unit) in old.iter().enumerate().filter(|(at, _)| self.of_old.get(*at) == Some(&None)) {
            let same_place = new.iter().rposition(|u| u.kind == unit.kind && u.place == unit.place);
            let anchor = same_place.or_else(|| new.iter().rposition(|u| u.kind == unit.kind)).unwrap_or(new.len());
            ranked.push(((anchor, 1, at), Pair { old: Some(at), new: None }));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, pair)| pair).collect()
    }
}
