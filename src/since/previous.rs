//! The output of an earlier run, by key.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::column::{Batch, Column, UNKNOWN_CODE, Values};
use crate::hir::Model;
use crate::input::{self, DataReport, Fault, InputError, Needs, ReadOptions, Spec};
use crate::invariant::{SureAt as _, number};
use crate::schema::{PropId, Property, Schema};
use crate::source::Span;
use crate::time::AsOf;
use crate::value::Type;
use crate::vm::scores::NONE;

/// What an earlier run gave every record. It takes memory for every key and its results, and for nothing else of the file.
#[derive(Debug, Default)]
pub struct Previous {
    rows: FxHashMap<Box<str>, u32>,
    /// Keys that occur more than once: which of their records to compare with is not known.
    twice: FxHashSet<Box<str>>,
    /// How many places there are, those of such keys too.
    pub(super) places: usize,
    /// By score; empty for one that the earlier run did not have.
    pub(super) scores: Vec<Values<i64>>,
    /// By label, then by lifecycle, then the exclusion: codes of `texts`.
    pub(super) codes: Vec<Vec<u32>>,
    /// The texts of labels, stages and exclusions.
    pub(super) texts: Vec<Arc<str>>,
    /// By property of the shape: whether the file has it.
    has: Vec<bool>,
    /// Records without a key, which are compared with nothing.
    pub without_key: u64,
}

impl Previous {
    /// Reads the output of an earlier run of the rules of `model`; `absent` are the outputs that it may lack because they are new
    /// since then.
    ///
    /// # Errors
    /// A file that cannot be read; rules without a key; outputs that the file does not have.
    pub fn read(spec: &Spec, model: &Model, absent: &BTreeSet<String>) -> Result<Self, InputError> {
        let name = spec.paths.first().map_or_else(String::new, |p| p.display().to_string());
        let shape = Shape::of(model).ok_or_else(|| {
            InputError::new("without a key it is not known which record is which").help("name a `key` in the schema")
        })?;
        let needs = Needs { properties: (0..).map(PropId).take(shape.schema.properties.len()).collect(), ..Needs::default() };
        let mut options = ReadOptions::default();
        options.allow_missing.extend(shape.places(|p| absent.contains(&*p.name) || p.name == shape.excluded));
        let as_of = AsOf { micros: 0, day: 0 };
        let mut reader = input::open(spec, &[], &shape.schema, &needs, as_of, &options).map_err(|error| lacks(error, &name))?;
        let texts = model.labels.len() + model.lifecycles.len() + 1;
        let mut out =
            Self { scores: vec![Values::default(); model.scores.len()], codes: vec![Vec::new(); texts], ..Self::default() };
        let mut known: FxHashMap<Arc<str>, u32> = FxHashMap::default();
        let guarded = is_csv(spec);
        while let Some(batch) = reader.next_batch()? {
            out.add(&batch, guarded, &mut known);
        }
        wrong(&reader.report(), &name)?;
        out.places = out.rows.len();
        out.rows.retain(|key, _| !out.twice.contains(key));
        let lacking = |at: u32| reader.lacking().properties.iter().any(|p| p.property == PropId(at));
        out.has = (0..).take(shape.schema.properties.len()).map(|at| !lacking(at)).collect();
        Ok(out)
    }

    fn add(&mut self, batch: &Batch, guarded: bool, known: &mut FxHashMap<Arc<str>, u32>) {
        let columns: Vec<Option<&Column>> = batch.columns.iter().map(Option::as_ref).collect();
        let scores = columns.sure_at(1..=self.scores.len());
        let texts = columns.sure_at(1 + self.scores.len()..);
        for row in 0..batch.rows {
            let Some(key) = columns.first().copied().flatten().and_then(|c| key_text(c, row)) else {
                self.without_key += 1;
                continue;
            };
            let key = if guarded { unguarded(&key) } else { &key };
            let at = crate::invariant::number(self.rows.len());
            if self.rows.contains_key(key) {
                self.twice.insert(Box::from(key));
                continue;
            }
            self.rows.insert(Box::from(key), at);
            for (values, column) in self.scores.iter_mut().zip(scores) {
                values.push(column.and_then(|c| points(c, row)));
            }
            for (codes, column) in self.codes.iter_mut().zip(texts) {
                let code = column.and_then(|c| text(c, row)).map_or(NONE, |text| match known.get(text) {
                    Some(&code) => code,
                    None => {
                        let code = number(self.texts.len());
                        let text: Arc<str> = Arc::from(text);
                        self.texts.push(Arc::clone(&text));
                        known.insert(text, code);
                        code
                    }
                });
                codes.push(code);
            }
        }
    }

    /// The place of a record.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<u32> {
        self.rows.get(key).copied()
    }

    /// Whether a key occurs more than once.
    #[must_use]
    pub(super) fn is_twice(&self, key: &str) -> bool {
        self.twice.contains(key)
    }

    /// How many records there are with a key that occurs once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The keys whose places `seen` does not have, at most so many, in their order.
    pub(super) fn unseen(&self, seen: &crate::column::Mask, most: usize) -> Vec<String> {
        let mut keys: Vec<(u32, &str)> =
            self.rows.iter().filter(|(_, at)| !seen.get(**at as usize)).map(|(key, at)| (*at, &**key)).collect();
        keys.sort_unstable();
        keys.into_iter().take(most).map(|(_, key)| key.to_owned()).collect()
    }

    /// Whether the earlier run had this score.
    #[must_use]
    pub fn has_score(&self, score: usize) -> bool {
        *self.has.sure_at(1 + score)
    }

    /// The first output that it did not have.
    #[must_use]
    pub fn lacks<'m>(&self, model: &'m Model) -> Option<&'m str> {
        let scores = model.scores.iter().map(|score| &*score.name);
        let texts = model.labels.iter().map(|label| &*label.name).chain(model.lifecycles.iter().map(|it| &*it.name));
        scores.chain(texts).zip(self.has.iter().skip(1)).find(|(_, has)| !**has).map(|(name, _)| name)
    }

    /// Whether it had this label or lifecycle, by its place among them.
    #[must_use]
    pub(super) fn has_text(&self, place: usize) -> bool {
        *self.has.sure_at(1 + self.scores.len() + place)
    }

    /// The score of a record.
    #[must_use]
    pub fn score(&self, score: usize, at: u32) -> Option<i64> {
        self.scores.get(score)?.get(at as usize)
    }

    /// The text of a label, a lifecycle or the exclusion, by its place among them.
    #[must_use]
    pub(super) fn text(&self, place: usize, at: u32) -> Option<&str> {
        let code = *self.codes.get(place)?.get(at as usize)?;
        self.texts.get(code as usize).map(|text| &**text)
    }
}

/// The columns of an output as a schema: the key, the scores, the labels, the lifecycles, the exclusion.
struct Shape {
    schema: Schema,
    excluded: Arc<str>,
}

impl Shape {
    fn of(model: &Model) -> Option<Self> {
        let key = model.schema.key.and_then(|id| model.schema.property(id))?;
        let from = std::iter::once(&key.name).chain(key.from.first()).cloned().collect();
        let key = Property {
            from,
            default: None,
            required: false,
            from_column: None,
            related: None,
            number_forms: Arc::default(),
            date_forms: Arc::default(),
            ..key.clone()
        };
        let excluded: Arc<str> = Arc::from("excluded");
        let plain = |name: &Arc<str>, from: Option<&Arc<str>>, ty: Type| Property {
            from: std::iter::once(name).chain(from).cloned().collect(),
            ..Property::plain(Arc::clone(name), ty, Span::default())
        };
        let mut properties = vec![key];
        properties.extend(model.scores.iter().map(|s| plain(&s.name, None, Type::Number)));
        properties.extend(model.labels.iter().map(|l| plain(&l.name, None, Type::Text)));
        for lifecycle in &model.lifecycles {
            // With `--crm-names` the column bears the first header of the property.
            let header = lifecycle.property.and_then(|id| model.schema.property(id)).and_then(|p| p.from.first());
            properties.push(plain(&lifecycle.name, header, Type::Text));
        }
        properties.push(plain(&excluded, None, Type::Text));
        let schema = Schema { properties, key: Some(PropId(0)), zone: model.schema.zone.clone(), ..Schema::empty() };
        Some(Self { schema, excluded })
    }

    fn places(&self, wanted: impl Fn(&Property) -> bool) -> impl Iterator<Item = PropId> {
        (0..).map(PropId).zip(&self.schema.properties).filter(move |(_, p)| wanted(p)).map(|(id, _)| id)
    }
}

fn lacks(error: InputError, name: &str) -> InputError {
    let Some(missing) = error.missing().filter(|m| !m.properties.is_empty()) else { return error };
    let names: Vec<&str> = missing.properties.iter().map(|p| &*p.name).collect();
    let list = names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    InputError::new(format!("`{name}` has no column {list}, so it is not an earlier output of these rules")).help(format!(
        "name a file that `lsrc run` wrote with these rules; a score, label or lifecycle that is new since then is allowed to be missing \
         with --allow-missing {}",
        names.join(",")
    ))
}

/// Refuses a file that is no output: a score that is no number, a line that is no record.
fn wrong(report: &DataReport, name: &str) -> Result<(), InputError> {
    let mut cells = report.columns.iter().filter(|c| !matches!(c.fault, Fault::NoKey | Fault::DuplicateKey));
    if let Some((column, sample)) = cells.find_map(|c| Some((c, c.samples.first()?))) {
        let message =
            format!("`{name}`: {} in row {} is not {}: \"{}\"", column.property, sample.row, column.expected, sample.value);
        return Err(InputError::new(message).help("name a file that `lsrc run` wrote with these rules"));
    }
    if let Some(line) = report.bad_lines.first() {
        return Err(InputError::new(format!("{}:{}: {}", line.file, line.line, line.message))
            .help("name a file that `lsrc run` wrote with these rules"));
    }
    Ok(())
}

fn is_csv(spec: &Spec) -> bool {
    let ending = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let path = spec.paths.first().map(|p| match ending(p).as_deref() {
        Some("gz" | "zst") => p.with_extension(""),
        Some(_) | None => p.clone(),
    });
    let other = ["jsonl", "ndjson", "json", "parquet", "arrow", "feather", "ipc", "xlsx"];
    path.and_then(|p| ending(&p)).is_none_or(|ending| !other.contains(&ending.as_str()))
}

/// A key without the apostrophe that CSV puts before what a spreadsheet would run.
fn unguarded(key: &str) -> &str {
    key.strip_prefix('\'').filter(|rest| crate::text::runs_as_formula(rest)).unwrap_or(key)
}

/// The key of a row, as a text that is equal for equal keys; `None` where it is unknown.
#[must_use]
pub fn key_text(column: &Column, row: usize) -> Option<Cow<'_, str>> {
    match column {
        Column::Dictionary(_) | Column::Text(_) => text(column, row).map(Cow::Borrowed),
        Column::Integer(c) | Column::DateTime(c) => c.get(row).map(|n| Cow::Owned(n.to_string())),
        Column::Number(c) => c.get(row).map(|n| Cow::Owned(n.to_string())),
        Column::Boolean(c) => c.known.get(row).then(|| Cow::Owned(c.truth.get(row).to_string())),
        Column::Date(c) => c.get(row).map(|n| Cow::Owned(n.to_string())),
        Column::Option(codes) => codes.get(row).filter(|&&code| code != UNKNOWN_CODE).map(|code| Cow::Owned(code.to_string())),
        Column::Set(_) | Column::TextSet(_) => None,
    }
}

fn text(column: &Column, row: usize) -> Option<&str> {
    if let Column::Dictionary(c) = column {
        c.codes.get(row).and_then(|&code| c.dictionary.get(code))
    } else if let Column::Text(c) = column {
        c.get(row)
    } else {
        None
    }
}

#[expect(clippy::cast_possible_truncation, reason = "points of an output stay far within 64 bits")]
fn points(column: &Column, row: usize) -> Option<i64> {
    if let Column::Number(c) = column { c.get(row).map(|n| (n * 100.0).round() as i64) } else { None }
}
