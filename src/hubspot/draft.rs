//! A draft as a whole: read, and written as a rule file.

use std::fmt;

use serde_json::Value;

use super::groups::{Counts, group};
use super::outputs::{Categories, outputs};
use super::points::Hundredths;
use super::vocabulary::{Lists, Vocabulary};
use crate::input::import::CrmField;

/// A scoring draft that could be read as JSON.
#[derive(Debug, Clone)]
pub struct Draft(Value);

/// Why a draft cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftError {
    /// What is wrong.
    pub message: String,
    /// The line of the file, counted from 1, where JSON ends being JSON.
    pub line: Option<usize>,
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DraftError {}

/// A rule file made of a draft, and what became of its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of the rule file.
    pub rules: String,
    /// Rules that are in the file and count.
    pub imported: usize,
    /// Rules that are turned off in HubSpot; they are comments.
    pub off: usize,
    /// Imported rules that carry a remark for a person to review.
    pub review: usize,
    /// What the language cannot say: the place in the draft, and the reason. It is in the file as a comment.
    pub left: Vec<(String, String)>,
}

impl Draft {
    /// Reads the JSON of a draft.
    ///
    /// # Errors
    /// Text that is not JSON, and JSON that is not a scoring draft.
    pub fn read(text: &str) -> Result<Self, DraftError> {
        let whole: Value = serde_json::from_str(text).map_err(|e| DraftError {
            message: if e.is_eof() {
                "it ends in the middle of the JSON text".to_owned()
            } else {
                format!("it is not JSON: {e}")
            },
            line: Some(e.line()),
        })?;
        if whole.get("groupConfigs").is_some_and(Value::is_array) {
            return Ok(Self(whole));
        }
        let keys: Vec<&str> = whole.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).take(8).collect();
        let found = if keys.is_empty() { "it is not an object".to_owned() } else { format!("its keys are {}", keys.join(", ")) };
        Err(DraftError { message: format!("it is not a scoring draft: `groupConfigs` is missing; {found}"), line: None })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }
}

/// Writes a draft as a rule file. `fields` are the portal's properties, where their list is at hand; `lists` are the names of segments.
///
/// # Errors
/// A draft whose groups or outputs are not of the known form.
pub(crate) fn import(draft: &Draft, fields: Option<&[CrmField]>, lists: &Lists) -> Result<Imported, DraftError> {
    let broken = |message: String| DraftError { message, line: None };
    let words = Vocabulary::of(&draft.0, fields, lists);
    let mut counts = Counts::default();
    let mut scores = String::new();
    let mut has = Categories { fit: false, engagement: false };
    let groups = draft.0.get("groupConfigs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let most = match draft.0.get("maxScorePerCategory").filter(|v| !v.is_null()) {
        None => String::new(),
        Some(value) => format!(" max {}", Hundredths::read(value).map_err(broken)?.plain()),
    };
    for (category, score, what) in [("FIT", "fit", "Who they are."), ("INTENT", "engagement", "What they do.")] {
        let mut body = String::new();
        for node in groups.iter().filter(|g| g.get("groupCategory").and_then(Value::as_str) == Some(category)) {
            body.push_str(&group(node, &words, &mut counts).map_err(broken)?);
        }
        if body.is_empty() {
            continue;
        }
        if !body.lines().any(|line| !line.trim_start().starts_with('#')) {
            body.push_str("  # lsrc: allow(never-true) no rule of this category counts\n  if false then 0\n");
        }
        scores.push_str(&format!("## {what}\nscore {score}{most} {{\n{body}}}\n\n"));
        has = Categories { fit: has.fit || score == "fit", engagement: has.engagement || score == "engagement" };
    }
    if let Some(other) = groups.iter().find(|g| !matches!(g.get("groupCategory").and_then(Value::as_str), Some("FIT" | "INTENT")))
    {
        let category = other.get("groupCategory").map_or_else(|| "missing".to_owned(), Value::to_string);
        return Err(broken(format!("the category of a group is {category}; FIT and INTENT are known")));
    }
    let outputs = outputs(&draft.0, has).map_err(broken)?;
    let name = draft.text("name").unwrap_or("unnamed").replace(['\n', '\r'], " ");
    let schema = match draft.text("objectTypeId") {
        Some("0-2") => "company",
        Some("0-3") => "deal",
        _ => "contact",
    };
    let mut rules = format!("lsr 1\n\n# Imported from the HubSpot score \"{name}\".\n\n{}\n", words.schema(schema));
    if let Some(exclusion) = exclusion(&draft.0, &words).map_err(broken)? {
        rules.push_str(&exclusion);
    }
    rules.push_str(&scores);
    rules.push_str(&outputs);
    if !counts.left.is_empty() {
        let (n, s) = (counts.left.len(), if counts.left.len() == 1 { " was" } else { "s were" });
        rules.push_str(&format!("\n# {n} rule{s} not imported; search for NOT IMPORTED.\n"));
    }
    Ok(Imported { rules, imported: counts.imported, off: counts.off, review: counts.review, left: counts.left })
}

/// Who is not scored: members of excluded segments, or those who are in none of the included ones.
fn exclusion(draft: &Value, words: &Vocabulary) -> Result<Option<String>, String> {
    let Some(filter) = draft.get("filterConfiguration").filter(|f| !f.is_null()) else { return Ok(None) };
    let ids = filter.get("segmentIds");
    if ids.and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Ok(None);
    }
    let members = words.membership(ids)?;
    match filter.get("listFilterType").and_then(Value::as_str) {
        Some("EXCLUDES") => Ok(Some(format!("exclude if {members} because \"in an excluded segment\"\n\n"))),
        Some("INCLUDES") => Ok(Some(format!("exclude if not {members} because \"in none of the segments to score\"\n\n"))),
        other => Err(format!("the list filter {} is not known", other.unwrap_or("(none)"))),
    }
}
