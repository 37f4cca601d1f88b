//! What a store remembers of rules: their digest and the names of their results.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{Fault, Store};
use crate::hir::uses::Uses;
use crate::program::{Also, RuleSet, needs};
use crate::warehouse::{Session, Value};

/// The names of the results of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The digest of the sources and of the params' values.
    #[serde(skip)]
    pub digest: String,
    /// The property that identifies a record.
    pub key: String,
    /// The zone in which days are counted.
    pub zone: String,
    /// The scores in the order of the source.
    pub scores: Vec<String>,
    /// The labels, each with its values.
    pub labels: Vec<(String, Vec<String>)>,
    /// The lifecycles, each with its stages.
    pub lifecycles: Vec<(String, Vec<String>)>,
    /// What the rules read.
    pub reads: Vec<String>,
}

impl Outline {
    /// The outline of rules.
    ///
    /// # Errors
    /// Rules without a key.
    pub fn of(rules: &RuleSet) -> Result<Self, Fault> {
        let model = rules.model();
        let schema = &model.schema;
        let key = schema.key.and_then(|id| schema.property(id)).ok_or_else(|| {
            Fault::new("the schema has no key, so a store cannot keep which record is which")
                .help("write `key` before the property that identifies a record")
        })?;
        let texts = |texts: &[Arc<str>]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let read = needs(model, &Uses::of(model), &Also::default());
        Ok(Self {
            digest: digest(rules),
            key: key.name.to_string(),
            zone: schema.zone_name.to_string(),
            scores: model.scores.iter().map(|score| score.name.to_string()).collect(),
            labels: model.labels.iter().map(|label| (label.name.to_string(), texts(&label.values))).collect(),
            lifecycles: model.lifecycles.iter().map(|it| (it.name.to_string(), texts(&it.stages))).collect(),
            reads: read.properties.iter().filter_map(|id| Some(schema.property(*id)?.name.to_string())).collect(),
        })
    }

    /// The digest as messages show it.
    #[must_use]
    pub fn short(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }

    /// Refuses rules that are not those of a store: another key, or a lifecycle of the store that they do not have.
    pub(super) fn follows(&self, last: &Self, place: &str, accept: bool) -> Result<(), Fault> {
        if self.key != last.key {
            return Err(Fault::new(format!(
                "the store `{place}` identifies records by `{}`, and these rules do so by `{}`",
                last.key, self.key
            ))
            .help("keep the results of these rules in a store of their own"));
        }
        let gone = last.lifecycles.iter().find(|(name, _)| !self.lifecycles.iter().any(|(own, _)| own == name));
        match gone {
            Some((name, _)) if !accept => {
                let own: Vec<&str> = self.lifecycles.iter().map(|(name, _)| name.as_str()).collect();
                let own = if own.is_empty() { "no lifecycle".to_owned() } else { own.join(", ") };
                Err(Fault::new(format!("the store `{place}` keeps the lifecycle `{name}`, and these rules have {own}"))
                    .help("use a store of their own; if the lifecycle was renamed or removed, add --new-lifecycles"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The SHA-256 of the sources, and of the values of params where they are not those of the sources.
#[must_use]
pub fn digest(rules: &RuleSet) -> String {
    let sources = crate::hits::digest(rules.sources());
    let params: Vec<String> = rules.model().params.iter().map(params).collect();
    if params.is_empty() { sources } else { super::digest::hex(&[&sources, &params.join("\n")]) }
}

fn params(param: &crate::hir::Param) -> String {
    format!("{}={:?}", param.name, param.value)
}

/// Outlines by their numbers, and texts by theirs: what a connection has seen.
#[derive(Default)]
pub(super) struct Known {
    outlines: FxHashMap<i64, Arc<Outline>>,
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, i64>,
}

impl Store {
    /// The outline of a revision by its number.
    pub(super) fn outline(&mut self, number: i64) -> Result<Arc<Outline>, Fault> {
        if let Some(known) = self.known.outlines.get(&number) {
            return Ok(Arc::clone(known));
        }
        let rows = self.session.rows("SELECT digest, outline FROM lsrc_revisions WHERE id = ?1", &[number.into()])?;
        let mut cells = rows.into_iter().flatten().filter_map(Value::text);
        let outline = cells
            .next()
            .zip(cells.next())
            .and_then(|(digest, outline)| Some(Outline { digest, ..serde_json::from_str(&outline).ok()? }));
        let outline = outline.ok_or_else(|| {
            Fault::new(format!("the store `{}` is damaged: revision {number} is missing", self.place))
                .help("restore it from a back-up")
        })?;
        let outline = Arc::new(outline);
        self.known.outlines.insert(number, Arc::clone(&outline));
        Ok(outline)
    }

    /// The outline of the rules that wrote last; `None` in a new store.
    ///
    /// # Errors
    /// The database's own.
    pub fn last_outline(&mut self) -> Result<Option<Arc<Outline>>, Fault> {
        let rows = self.session.rows("SELECT value FROM lsrc_meta WHERE name = 'revision'", &[])?;
        let number = rows.into_iter().flatten().next().and_then(Value::text).and_then(|text| text.parse().ok());
        number.map(|number| self.outline(number)).transpose()
    }

    /// The number of a revision, which is noted where it is new.
    pub(super) fn revision(&mut self, outline: &Outline, now: i64) -> Result<i64, Fault> {
        let found = self.session.rows("SELECT id FROM lsrc_revisions WHERE digest = ?1", &[outline.digest.as_str().into()])?;
        if let Some(number) = found.first().and_then(|row| row.first()?.whole()) {
            return Ok(number);
        }
        let next = self.session.rows("SELECT COALESCE(MAX(id), 0) + 1 FROM lsrc_revisions", &[])?;
        let number = next.first().and_then(|row| row.first()?.whole()).ok_or_else(|| Fault::new("the store gives no number"))?;
        let text = serde_json::to_string(outline).map_err(|error| Fault::new(format!("the rules cannot be noted: {error}")))?;
        let values = [number.into(), outline.digest.as_str().into(), text.into(), now.into()];
        self.session.run("INSERT INTO lsrc_revisions (id, digest, outline, first_used) VALUES (?1, ?2, ?3, ?4)", &values)?;
        Ok(number)
    }

    /// Learns the texts that other programs noted since.
    pub(super) fn learn_texts(&mut self) -> Result<(), Fault> {
        loop {
            let from = crate::invariant::fits::<i64, _>(self.known.texts.len());
            let rows =
                self.session.rows("SELECT id, text FROM lsrc_texts WHERE id >= ?1 ORDER BY id LIMIT 1000", &[from.into()])?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let mut cells = row.into_iter();
                let text =
                    cells.nth(1).and_then(Value::text).ok_or_else(|| Fault::new("the store is damaged: a text is missing"))?;
                self.known.add(Arc::from(text));
            }
        }
    }

    /// The text of a number.
    pub(super) fn text(&self, number: i64) -> Option<&Arc<str>> {
        self.known.texts.get(usize::try_from(number).ok()?)
    }

    /// The number of a text, which is noted where it is new.
    pub(super) fn text_number(&mut self, text: &Arc<str>) -> Result<i64, Fault> {
        if let Some(number) = self.known.numbers.get(text) {
            return Ok(*number);
        }
        let number = crate::invariant::fits::<i64, _>(self.known.texts.len());
        note(&mut *self.session, number, text)?;
        self.known.add(Arc::clone(text));
        Ok(number)
    }

    /// Forgets the texts of a transaction that was undone.
    pub(super) fn forget_texts(&mut self) {
        self.known = Known::default();
    }
}

fn note(session: &mut dyn Session, number: i64, text: &str) -> Result<(), Fault> {
    session.run("INSERT INTO lsrc_texts (id, text) VALUES (?1, ?2)", &[number.into(), text.into()]).map(drop)
}

impl Known {
    fn add(&mut self, text: Arc<str>) {
        self.numbers.insert(Arc::clone(&text), crate::invariant::fits(self.texts.len()));
        self.texts.push(text);
    }
}

/// Whether two revisions read the same, so that digests of their records can be compared.
pub(super) fn read_alike(a: &Outline, b: &Outline) -> bool {
    a.reads == b.reads
}

/// The zone of an outline.
pub(super) fn zone(outline: &Outline) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(&outline.zone).unwrap_or(jiff::tz::TimeZone::UTC)
}
