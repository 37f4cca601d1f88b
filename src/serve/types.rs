//! The shapes of answers, as the OpenAPI document has them. Results are written without these, for speed; tests read them by these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The result of a record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct ScoreAnswer {
    /// The rules that scored: a digest of their texts.
    revision: String,
    /// The moment, with its offset.
    as_of: String,
    /// The request, as the log names it.
    request_id: String,
    /// The result.
    result: RecordResult,
    /// With `explain: full`, the document of `lsrc why`.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    explanation: Option<serde_json::Value>,
}

/// The scores, labels and stages of a record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct RecordResult {
    /// The key of the record, if the schema has one and the record a value for it.
    #[schema(required = true)]
    key: Option<String>,
    /// The points of each score; `null` where unknown.
    scores: BTreeMap<String, Option<f64>>,
    /// The text of each label; `null` where unknown.
    labels: BTreeMap<String, Option<String>>,
    /// The stage in each lifecycle.
    stages: BTreeMap<String, StageResult>,
    /// Whether the record is excluded.
    excluded: bool,
    /// Why, if it is and the exclusion has a reason.
    #[schema(required = true)]
    excluded_because: Option<String>,
    /// What is wrong with its values, a sentence each; such a value is unknown.
    data_errors: Vec<String>,
    /// With `explain: reasons`, what gave points, most points first.
    #[serde(default)]
    reasons: Option<Vec<ReasonResult>>,
}

/// The stage of a record in a lifecycle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct StageResult {
    /// The stage before, as the record has it.
    #[schema(required = true)]
    before: Option<String>,
    /// The stage after.
    #[schema(required = true)]
    after: Option<String>,
    /// The direction.
    r#move: MoveName,
    /// Why, in the words of the rules.
    #[schema(required = true)]
    reason: Option<String>,
}

/// The direction in which a record moves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum MoveName {
    /// To a later stage, or from an unknown one.
    Forward,
    /// To an earlier stage.
    Backward,
    /// Nowhere.
    None,
    /// Kept by a hold.
    Held,
}

/// What gave points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct ReasonResult {
    /// The score.
    score: String,
    /// The reason that its author gave.
    #[schema(required = true)]
    because: Option<String>,
    /// The rule in its own words.
    rule: String,
    /// The points.
    points: f64,
    /// The line of the rule.
    line: u64,
}

/// The results of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct BatchAnswer {
    /// The rules that scored: a digest of their texts.
    revision: String,
    /// The moment, with its offset.
    as_of: String,
    /// The request, as the log names it.
    request_id: String,
    /// By record, in order: its result, or why there is none.
    results: Vec<BatchResult>,
}

/// What came of a record of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) enum BatchResult {
    /// Its result.
    Result(RecordResult),
    /// It is not a record.
    Error(RecordError),
}

/// Why a record has no result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct RecordError {
    /// What is wrong.
    error: String,
    /// What to do.
    #[serde(default)]
    help: Option<String>,
    /// For records by line, the number of the line.
    #[serde(default)]
    line: Option<u64>,
}

/// The account of a record.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct ExplainAnswer {
    /// The rules that scored: a digest of their texts.
    revision: String,
    /// The moment, with its offset.
    as_of: String,
    /// The request, as the log names it.
    request_id: String,
    /// The document of `lsrc why --format json`.
    #[schema(value_type = Object)]
    explanation: serde_json::Value,
}

/// What was found in rules.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct CheckAnswer {
    /// The rules in force.
    revision: String,
    /// The request, as the log names it.
    request_id: String,
    /// The document of `lsrc check --format json`.
    #[schema(value_type = Object)]
    check: serde_json::Value,
}

/// The difference of rules.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the shape of what is written by hand")]
pub(super) struct DiffAnswer {
    /// The rules in force.
    revision: String,
    /// The request, as the log names it.
    request_id: String,
    /// The document of `lsrc diff --format json`.
    #[schema(value_type = Object)]
    diff: serde_json::Value,
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulesAnswer {
    /// A digest of their texts.
    pub(super) revision: String,
    /// When they were loaded.
    pub(super) since: String,
    /// Why the rules on disk are not those in force, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// The files.
    pub(super) files: Vec<String>,
    /// The property that identifies a record.
    pub(super) key: Option<String>,
    /// The zone of calendar days.
    pub(super) zone: String,
    /// The scores in the order of the source, with what they can reach.
    pub(super) scores: Vec<ScoreShape>,
    /// The labels.
    pub(super) labels: Vec<LabelShape>,
    /// The lifecycles.
    pub(super) lifecycles: Vec<LifecycleShape>,
}

/// A score and what it can reach.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoreShape {
    pub(super) name: String,
    /// The least; `null` without a bound.
    pub(super) min: Option<f64>,
    /// The most; `null` without a bound.
    pub(super) max: Option<f64>,
    /// Whether records are known that reach both ends.
    pub(super) exact: bool,
}

/// A label and its texts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LabelShape {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// A lifecycle and its stages, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LifecycleShape {
    pub(super) name: String,
    pub(super) stages: Vec<String>,
}

/// What became of loading the rules again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReloadAnswer {
    /// The rules in force now.
    pub(super) revision: String,
    /// The request, as the log names it.
    pub(super) request_id: String,
    /// Whether these are other rules than before.
    pub(super) changed: bool,
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthAnswer {
    pub(super) status: HealthStatus,
    /// The rules in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<String>,
    /// What is degraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

/// How the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum HealthStatus {
    /// The process runs.
    Live,
    /// It answers with the rules on disk.
    Ready,
    /// It answers, with rules from before: those on disk have errors.
    Degraded,
    /// It was asked to stop.
    Stopping,
}
