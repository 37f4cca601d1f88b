//! A record as it was scored, and as the store has it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Fault;
use crate::time::AsOf;
use crate::value::Points;

/// A record as it was scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its key.
    pub key: String,
    /// The moment that it was scored as of.
    pub as_of: AsOf,
    /// Scores, labels, stages and exclusion.
    pub results: Results,
    /// By lifecycle.
    pub stages: Vec<StageNow>,
    /// What gave or took points: the number of the score, the words, the points.
    pub reasons: Vec<(u32, Arc<str>, Points)>,
    /// The digest of what the rules read of it.
    pub digest: String,
    /// The record itself as JSON, if it is to be scored again when its day comes.
    pub data: Option<String>,
    /// The day on which it is to be scored again, as days since 1970-01-01.
    pub due: Option<i32>,
    /// Whether its moves are to be sent.
    pub notify: bool,
}

/// Why a record has its stage, and which it had before the rules looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageNow {
    /// The stage that the data name, where the lifecycle governs a property.
    pub before: Option<Arc<str>>,
    /// The reason, as `NAME_reason` writes it.
    pub reason: Arc<str>,
}

/// The results of a record by name, in the order of the rules. `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    /// The scores.
    pub scores: Vec<(String, Option<Points>)>,
    /// The labels.
    pub labels: Vec<(String, Option<String>)>,
    /// The lifecycles with the stage of each.
    pub stages: Vec<(String, Option<String>)>,
    /// The reason of the exclusion, `true` for one without a reason; `None` where it is not excluded.
    pub excluded: Option<String>,
}

/// Points as JSON has them, exactly: a text where a number could not hold them.
#[must_use]
pub fn points_json(points: Option<Points>) -> Json {
    /// Up to here hundredths survive a float.
    const EXACT: u64 = 1 << 50;
    match points {
        None => Json::Null,
        Some(points) if points.0 % 100 == 0 => points.whole().into(),
        Some(points) if points.0.unsigned_abs() < EXACT => points.to_f64().into(),
        Some(points) => points.to_string().into(),
    }
}

fn points(json: &Json) -> Option<Points> {
    match json {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.to_string().parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

impl Results {
    /// As the store and its users read them.
    #[must_use]
    pub fn json(&self) -> Json {
        let texts = |texts: &[(String, Option<String>)]| -> Map<String, Json> {
            texts.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect()
        };
        let mut out = Map::new();
        let scores: Map<String, Json> = self.scores.iter().map(|(name, it)| (name.clone(), points_json(*it))).collect();
        out.insert("scores".to_owned(), scores.into());
        out.insert("labels".to_owned(), texts(&self.labels).into());
        out.insert("stages".to_owned(), texts(&self.stages).into());
        out.insert("excluded".to_owned(), self.excluded.clone().into());
        out.into()
    }

    /// Reads what [`json`](Self::json) wrote.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut json: Map<String, Json> = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        let mut part = |name: &str| match json.remove(name) {
            Some(Json::Object(part)) => part,
            Some(_) | None => Map::new(),
        };
        let texts = |part: Map<String, Json>| -> Vec<(String, Option<String>)> {
            part.into_iter().map(|(name, it)| (name, if let Json::String(text) = it { Some(text) } else { None })).collect()
        };
        let scores = part("scores").iter().map(|(name, it)| (name.clone(), points(it))).collect();
        let (labels, stages) = (texts(part("labels")), texts(part("stages")));
        let excluded = if let Some(Json::String(text)) = json.remove("excluded") { Some(text) } else { None };
        Ok(Self { scores, labels, stages, excluded })
    }

    /// The stage of a lifecycle.
    #[must_use]
    pub fn stage(&self, lifecycle: &str) -> Option<&str> {
        self.stages.iter().find(|(name, _)| name == lifecycle)?.1.as_deref()
    }

    /// A score.
    #[must_use]
    pub fn score(&self, score: &str) -> Option<Points> {
        self.scores.iter().find(|(name, _)| name == score)?.1
    }
}

pub(super) fn damaged(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(format!("the store is damaged: a record of it cannot be read ({error})")).help("restore it from a back-up")
}

/// Since when a record is in its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The day, as days since 1970-01-01.
    pub day: i32,
    /// The moment, in microseconds since 1970-01-01T00:00Z.
    pub at: i64,
}

/// A record as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub key: String,
    /// The digest of the rules that scored it last.
    pub revision: String,
    /// The zone of these rules.
    pub zone: String,
    /// The moment that it was scored as of last.
    pub as_of: AsOf,
    /// The day that it was scored as of first.
    pub first_day: i32,
    /// Its results.
    pub results: Results,
    /// By lifecycle: since when it is in its stage.
    pub since: Vec<(String, Since)>,
    /// The record as JSON, where it was kept.
    pub data: Option<String>,
    /// The day on which it is to be scored again.
    pub due: Option<i32>,
    /// When it was written, in microseconds since 1970-01-01T00:00Z.
    pub written: i64,
}

impl Stored {
    /// Since when the record is in its stage of a lifecycle.
    #[must_use]
    pub fn since(&self, lifecycle: &str) -> Option<Since> {
        self.since.iter().find(|(name, _)| name == lifecycle).map(|(_, since)| *since)
    }
}

/// Since when a record is in its stages, as the store has it.
pub(super) fn since_json(since: &[(String, Since)]) -> String {
    let all: Map<String, Json> =
        since.iter().map(|(name, it)| (name.clone(), Json::from(vec![i64::from(it.day), it.at]))).collect();
    Json::from(all).to_string()
}

pub(super) fn read_since(text: &str) -> Result<Vec<(String, Since)>, Fault> {
    let all: Map<String, Json> = serde_json::from_str(text).map_err(|error| damaged(&error))?;
    let since = |it: &Json| {
        let day = it.get(0)?.as_i64().and_then(|day| i32::try_from(day).ok())?;
        Some(Since { day, at: it.get(1)?.as_i64()? })
    };
    Ok(all.iter().filter_map(|(name, it)| Some((name.clone(), since(it)?))).collect())
}
