//! What is different from what the store had, and why.

use std::fmt;
use std::sync::Arc;

use super::Outline;
use super::outline::read_alike;
use super::record::{Results, Since, Snapshot};
use crate::time::AsOf;
use crate::value::Points;

/// At most so many reasons are named for one change.
const REASONS: usize = 3;

/// What a change is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A score.
    Score,
    /// A label.
    Label,
    /// The stage of a lifecycle: a move.
    Stage,
    /// Whether the record is excluded.
    Excluded,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Score, Self::Label, Self::Stage, Self::Excluded];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Label => "label",
            Self::Stage => "stage",
            Self::Excluded => "excluded",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What changed a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The record is new to the store.
    New,
    /// What the rules read of the record.
    Data,
    /// The rules or their params.
    Rules,
    /// The rules and the record, so that it is not known which of them.
    RulesAndData,
    /// Neither: days went by.
    Time,
}

impl Cause {
    const ALL: [Self; 5] = [Self::New, Self::Data, Self::Rules, Self::RulesAndData, Self::Time];

    /// The word for it, as the store has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Data => "data",
            Self::Rules => "rules",
            Self::RulesAndData => "rules_and_data",
            Self::Time => "time",
        }
    }

    /// The words for it, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "new record",
            Self::Data => "new data",
            Self::Rules => "new rules",
            Self::RulesAndData => "new rules and data",
            Self::Time => "time",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// A change of one result of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number: later changes have greater ones.
    pub id: i64,
    /// The key of the record.
    pub key: String,
    /// What it is of.
    pub kind: Kind,
    /// The name of the score, label or lifecycle; `excluded`.
    pub what: String,
    /// What it was; `None` for unknown.
    pub before: Option<String>,
    /// What it is; `None` for unknown.
    pub after: Option<String>,
    /// What changed it.
    pub cause: Cause,
    /// Why, in the words of the rules; empty where they say nothing.
    pub why: String,
    /// The moment of the run.
    pub as_of: AsOf,
    /// The digest of the rules.
    pub revision: String,
    /// When it was written, in microseconds since 1970-01-01T00:00Z.
    pub written: i64,
}

/// A change before it has a number.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) what: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) cause: Cause,
    pub(super) why: String,
    /// Whether it is the first stage of a record that the store did not have, in a store that had none.
    pub(super) first: bool,
}

/// What is different, and since when the record is in its stages.
pub(super) type Compared = (Vec<Found>, Vec<(String, Since)>);

/// What gave or took points: the name of the score, the words, the points.
pub(super) type Given = (Arc<str>, Arc<str>, Points);

/// What the store had of a record.
pub(super) struct Before<'a> {
    pub(super) results: &'a Results,
    pub(super) since: &'a [(String, Since)],
    pub(super) reasons: Vec<Given>,
    pub(super) outline: &'a Outline,
    pub(super) digest: &'a str,
}

/// What is different, and since when the record is in its stages.
pub(super) fn compare(before: Option<&Before<'_>>, now: &Snapshot, outline: &Outline) -> Compared {
    let here = Since { day: now.as_of.day, at: now.as_of.micros };
    let names: Vec<Arc<str>> = outline.scores.iter().map(|name| Arc::from(name.as_str())).collect();
    let given = now
        .reasons
        .iter()
        .filter_map(|(score, words, points)| Some((Arc::clone(names.get(*score as usize)?), Arc::clone(words), *points)));
    let given: Vec<Given> = given.collect();
    let Some(before) = before else { return first(now, here, &differences(&[], &given)) };
    let (cause, different) = (cause(before, now, outline), differences(&before.reasons, &given));
    let mut out = Vec::new();
    let mut found = |kind, what: &str, before: Option<String>, after: Option<String>, why: String| {
        if before != after {
            out.push(Found { kind, what: what.to_owned(), before, after, cause, why, first: false });
        }
    };
    for (name, is) in &now.results.scores {
        // A score that is new in the rules is no change of the record.
        let Some((_, was)) = before.results.scores.iter().find(|(known, _)| known == name) else { continue };
        let text = |points: &Option<Points>| points.map(|points| points.to_string());
        found(Kind::Score, name, text(was), text(is), words(&different, Some(name)));
    }
    for (name, is) in &now.results.labels {
        let Some((_, was)) = before.results.labels.iter().find(|(known, _)| known == name) else { continue };
        found(Kind::Label, name, was.clone(), is.clone(), words(&different, None));
    }
    let excluded = |results: &Results| results.excluded.clone();
    found(Kind::Excluded, "excluded", excluded(before.results), excluded(&now.results), String::new());
    let mut since = Vec::new();
    for ((name, is), stage) in now.results.stages.iter().zip(&now.stages) {
        let was = before.results.stages.iter().find(|(known, _)| known == name);
        let known = before.since.iter().find(|(known, _)| known == name);
        match (was, known) {
            (Some((_, was)), Some((_, since_when))) if was == is => since.push((name.clone(), *since_when)),
            (was, _) => {
                since.push((name.clone(), here));
                if let Some((_, was)) = was {
                    found(Kind::Stage, name, was.clone(), is.clone(), why(&stage.reason, &different));
                }
            }
        }
    }
    (out, since)
}

/// A record that the store did not have: its stages are moves from what the data say, or from nothing.
fn first(now: &Snapshot, here: Since, given: &[Difference]) -> Compared {
    let stages = now.results.stages.iter().zip(&now.stages);
    let moves = stages.filter(|((_, is), stage)| is.is_some() && is.as_deref() != stage.before.as_deref());
    let found = moves.map(|((name, is), stage)| Found {
        kind: Kind::Stage,
        what: name.clone(),
        before: stage.before.as_deref().map(str::to_owned),
        after: is.clone(),
        cause: Cause::New,
        why: why(&stage.reason, given),
        first: stage.before.is_none(),
    });
    (found.collect(), now.results.stages.iter().map(|(name, _)| (name.clone(), here)).collect())
}

fn cause(before: &Before<'_>, now: &Snapshot, outline: &Outline) -> Cause {
    let other_data = before.digest != now.digest;
    if before.outline.digest == outline.digest {
        if other_data { Cause::Data } else { Cause::Time }
    } else if other_data && read_alike(before.outline, outline) {
        Cause::RulesAndData
    } else {
        Cause::Rules
    }
}

/// A difference between two accounts.
struct Difference {
    score: Arc<str>,
    words: Arc<str>,
    before: Option<Points>,
    after: Option<Points>,
}

impl Difference {
    fn size(&self) -> u64 {
        let points = |points: Option<Points>| points.map_or(0, |points| points.0);
        points(self.after).saturating_sub(points(self.before)).unsigned_abs()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before, self.after) {
            (Some(before), Some(after)) => write!(f, "{} ({before} -> {after})", self.words),
            (None, Some(after)) => write!(f, "{} ({})", self.words, after.signed()),
            (Some(before), None) => write!(f, "no longer {} ({})", self.words, Points(before.0.saturating_neg()).signed()),
            (None, None) => f.write_str(&self.words),
        }
    }
}

/// What differs between two accounts, the most points first.
fn differences(before: &[Given], after: &[Given]) -> Vec<Difference> {
    let find =
        |all: &[Given], score: &str, words: &str| all.iter().find(|(s, w, _)| **s == *score && **w == *words).map(|it| it.2);
    let mut out: Vec<Difference> = Vec::new();
    for (score, words, points) in after {
        let was = find(before, score, words);
        if was != Some(*points) {
            out.push(Difference { score: Arc::clone(score), words: Arc::clone(words), before: was, after: Some(*points) });
        }
    }
    for (score, words, points) in before {
        if find(after, score, words).is_none() {
            out.push(Difference { score: Arc::clone(score), words: Arc::clone(words), before: Some(*points), after: None });
        }
    }
    out.sort_by_key(|it| std::cmp::Reverse(it.size()));
    out
}

/// Why a record is in its stage, and what brought it there.
fn why(reason: &str, different: &[Difference]) -> String {
    let more = words(different, None);
    if more.is_empty() { reason.to_owned() } else { format!("{reason}: {more}") }
}

/// The reasons of a score, or of all where it has none of its own: a formula's.
fn words(all: &[Difference], score: Option<&str>) -> String {
    let own: Vec<&Difference> = all.iter().filter(|it| score.is_none_or(|score| *it.score == *score)).collect();
    let chosen: Vec<&Difference> = if own.is_empty() { all.iter().collect() } else { own };
    let mut words: Vec<String> = chosen.iter().take(REASONS).map(ToString::to_string).collect();
    if chosen.len() > REASONS {
        words.push(format!("{} more", chosen.len() - REASONS));
    }
    words.join(", ")
}
