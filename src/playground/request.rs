//! What is asked.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::failure::Failure;
use crate::text::nearest;

/// Texts by path, or values by name.
pub(super) type Files = BTreeMap<String, String>;

/// So many bytes of rules and lists are looked at.
const MOST_BYTES: usize = 16 << 20;

/// A question's particulars; each question reads some of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// The rule files and lists, by path.
    pub files: BTreeMap<String, String>,
    /// The file whose rules are meant; not needed where there is one rule file.
    pub entry: Option<String>,
    /// Values of params, as rules write them.
    pub set: BTreeMap<String, String>,
    /// The file that a question about a place is about.
    pub file: Option<String>,
    /// A place in it, in UTF-16 code units.
    pub at: Option<usize>,
    /// The end of a range that begins at `at`.
    pub to: Option<usize>,
    /// A text to lay out.
    pub text: Option<String>,
    /// The moment to score at: a date or a date-time; the present moment otherwise.
    pub as_of: Option<String>,
    /// The records.
    pub data: Option<Content>,
    /// Events from files of their own, by list.
    pub events: BTreeMap<String, Content>,
    /// Related records from files of their own.
    pub related: BTreeMap<String, Content>,
    /// Properties, events and related records that the data may lack, or `all`.
    pub allow_missing: Vec<String>,
    /// The row to explain, from 1.
    pub row: Option<u64>,
    /// So many records are scored at most.
    pub limit: Option<u64>,
    /// Whether every record has the account of its points.
    pub reasons: bool,
}

/// A data file in memory.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Content {
    /// What messages call it.
    pub name: Option<String>,
    /// What it holds: CSV, a JSON document, or JSON Lines.
    pub text: String,
    /// `csv`, `json` or `jsonl`, where that is not to be found out.
    pub format: Option<String>,
}

/// Whether a path is one of rules.
pub(super) fn is_rules(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("lsr"))
}

impl Request {
    pub(super) fn not_too_large(&self) -> Result<(), Failure> {
        let bytes: usize = self.files.values().map(String::len).sum();
        if bytes <= MOST_BYTES {
            return Ok(());
        }
        Err(Failure::new(format!("the rules and lists have {} MiB; at most 16 are read here", bytes >> 20))
            .help("use the command for long lists"))
    }

    /// The file whose rules are meant.
    pub(super) fn entry(&self) -> Result<&str, Failure> {
        if let Some(entry) = self.entry.as_deref() {
            return self.own(entry);
        }
        let mut rules = self.files.keys().filter(|path| is_rules(path));
        match (rules.next(), rules.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Failure::new("there are several rule files").help("say in `entry` which one is meant")),
            (None, _) => Err(Failure::new("there is no rule file").help("give one in `files`, such as `score.lsr`")),
        }
    }

    /// The file that a question about a place is about.
    pub(super) fn file(&self) -> Result<&str, Failure> {
        match self.file.as_deref() {
            Some(file) => self.own(file),
            None => self.entry(),
        }
    }

    fn own<'a>(&self, path: &'a str) -> Result<&'a str, Failure> {
        if self.files.contains_key(path) {
            return Ok(path);
        }
        let failure = Failure::new(format!("`files` has no `{path}`"));
        Err(match nearest(path, self.files.keys().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("the paths in `files` and in `entry` must be the same"),
        })
    }
}
