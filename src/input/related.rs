//! Related records: rows of a file of their own, found by what a record names, or what a record itself has of them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::build::Builder;
use super::error::{InputError, MissingKey, MissingProperty, shown};
use super::files::{Files, Lacking};
use super::references::{KeyId, NOWHERE, References};
use super::report::{Counted, DuplicateKey, Fault, RelatedReport, SAMPLES};
use super::table::{ColumnBuilder, Kind, Wanted};
use super::{BATCH_ROWS, Content, Needs, ReadOptions, Spec};
use crate::column::{Batch, BooleanColumn, Column, Mask, TextColumn};
use crate::kernel::texts::domain;
use crate::schema::{PropId, Property, Related, RelatedId, Schema};
use crate::value::{Type, Value};

/// What is read of the records themselves: properties, then what says whether related records are there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) properties: Arc<[PropId]>,
    pub(crate) marks: Arc<[Mark]>,
    /// Related records that are read from files.
    pub(crate) separate: Vec<RelatedId>,
}

/// Columns of a builder that say whether a record itself has a related record.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) related: RelatedId,
    /// Which wanted columns: the object first, then those of its properties that are looked at.
    pub(crate) columns: Range<usize>,
    /// What they are for.
    pub(crate) purpose: Purpose,
}

/// What is done where a record itself has a related record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nothing: it only shows whether the data have any.
    Look,
    /// The property that says so is filled.
    Fill,
    /// The record is refused, because a file has it.
    Refuse,
}

impl Layout {
    /// For what is needed.
    pub(crate) fn new(schema: &Schema, mut needed: BTreeSet<PropId>, options: &ReadOptions) -> Self {
        let given = |id: RelatedId| options.related.iter().any(|source| source.related == id);
        let of = |id: &PropId| schema.property(*id).and_then(|property| property.related);
        let used: BTreeSet<RelatedId> = needed.iter().filter_map(of).collect();
        let (mut separate, mut sought) = (Vec::new(), Vec::new());
        for &id in &used {
            let Some(related) = schema.related(id) else { continue };
            let from_rules = related.file.is_some() && !options.within_records;
            let from_file = from_rules || given(id);
            let asked = needed.remove(&related.known);
            if from_file {
                needed.retain(|property| of(property) != Some(id));
                needed.insert(related.to);
                separate.push(id);
            }
            // Records may have anything of the name of what the rules bring themselves.
            if !from_rules {
                let purpose = match (from_file, asked) {
                    (true, _) => Purpose::Refuse,
                    (false, true) => Purpose::Fill,
                    (false, false) => Purpose::Look,
                };
                sought.push((id, if purpose == Purpose::Look { 0 } else { related.properties.len() }, purpose));
            }
        }
        let mut at = needed.len();
        let mut mark = |(related, properties, purpose): (RelatedId, usize, Purpose)| {
            let columns = at..at + 1 + properties;
            at = columns.end;
            Mark { related, columns, purpose }
        };
        let marks = sought.into_iter().map(&mut mark).collect();
        Self { properties: needed.into_iter().collect(), marks, separate }
    }

    /// The related records of which a file has nothing that is read.
    pub(crate) fn lacking(&self, lacking: &Lacking, schema: &Schema) -> BTreeSet<RelatedId> {
        let lacks = |at: usize| lacking.columns.iter().any(|(column, _)| *column == at);
        let of = |id: PropId| schema.property(id).and_then(|property| property.related);
        let sought = self.marks.iter().filter(|mark| mark.purpose != Purpose::Refuse);
        let missing = sought.filter(|mark| {
            let own = self.properties.iter().enumerate().filter(|(_, id)| of(**id) == Some(mark.related)).map(|(at, _)| at);
            own.chain(mark.columns.clone()).all(lacks)
        });
        missing.map(|mark| mark.related).collect()
    }

    /// A related record that has a file and columns of the records besides, where they are known before the records are.
    pub(crate) fn found_twice(&self, files: &Files) -> Option<RelatedId> {
        let has = |at: usize| files.lacking.iter().any(|(_, lacking)| lacking.columns.iter().all(|(column, _)| *column != at));
        let unwanted = self.marks.iter().filter(|mark| mark.purpose == Purpose::Refuse && !files.is_json);
        unwanted.filter(|mark| mark.columns.clone().any(has)).map(|mark| mark.related).next()
    }

    /// The columns that say whether a related record is there, each with its property.
    pub(crate) fn looked_at<'s>(&'s self, schema: &'s Schema) -> impl Iterator<Item = (usize, PropId)> + 's {
        let of = |mark: &'s Mark| Some((mark, schema.related(mark.related)?));
        self.marks
            .iter()
            .filter_map(of)
            .flat_map(|(mark, related)| mark.columns.clone().skip(1).zip(related.properties.iter().copied()))
    }

    /// The columns that are read of the records.
    pub(crate) fn wanted(&self, schema: &Schema) -> Vec<Wanted> {
        let property = |id: PropId| schema.property(id).map(|p| of_record(schema, p));
        let mut wanted: Vec<Wanted> =
            self.properties.iter().filter_map(|&id| property(id)).map(|p| Wanted::new(&p, schema)).collect();
        for mark in &*self.marks {
            let Some(related) = schema.related(mark.related) else { continue };
            let Some(presence) = schema.property(related.known) else { continue };
            let (column, object) = match mark.purpose {
                Purpose::Refuse => (Kind::Unwanted, Kind::UnwantedObject),
                Purpose::Look | Purpose::Fill => (Kind::Column, Kind::Object),
            };
            let own = Property { name: Arc::clone(&related.name), ..presence.clone() };
            wanted.push(present(&own, schema, object));
            let properties = related.properties.iter().filter_map(|&id| property(id));
            wanted.extend(properties.take(mark.columns.len() - 1).map(|p| present(&p, schema, column)));
        }
        wanted
    }
}

fn present(property: &Property, schema: &Schema, kind: Kind) -> Wanted {
    Wanted { builder: Builder::present(property, schema, kind.is_object()), kind, ..Wanted::new(property, schema) }
}

/// A property under the names that a record has it by: `company.industry` for one of a related record.
fn of_record(schema: &Schema, property: &Property) -> Property {
    let mut property = property.clone();
    if let Some(related) = property.related.and_then(|id| schema.related(id)) {
        property.from = property.from.iter().map(|name| Arc::from(format!("{}.{name}", related.name))).collect();
        property.from_column = None;
    }
    property
}

/// A property under the names that a file of its own has it by, and under its whole name in messages.
pub(crate) fn of_file(related: &Related, property: &Property) -> Property {
    let mut property = property.clone();
    property.from.push(Arc::from(related.short(&property)));
    property
}

/// The column of a file that tells its rows apart, compared as the property that names a row is.
pub(crate) fn key_of(related: &Related, schema: &Schema) -> Option<Property> {
    let mut key = schema.property(related.to)?.clone();
    key.name = Arc::clone(&related.by);
    key.from.clear();
    key.from_column = None;
    key.required = false;
    key.default = None;
    Some(key)
}

/// The rows of related records from a file of their own.
pub struct RelatedRows {
    pub(crate) related: RelatedId,
    name: Arc<str>,
    /// Where they come from, as messages show it.
    file: String,
    to: PropId,
    domain: bool,
    /// Whether keys are whole numbers.
    numbers: bool,
    known: PropId,
    references: References,
    /// By key: the row that has it; `none` where several have.
    rows: Vec<u32>,
    /// The row of a record that names none.
    none: u32,
    columns: Vec<(PropId, Column)>,
    report: RelatedReport,
    /// Records that have a row, and records that name one that is not there.
    found: AtomicU64,
    lost: AtomicU64,
    /// What the file said about its columns, the key first.
    pub(crate) builder: ColumnBuilder,
    /// The properties of the columns behind the key.
    pub(crate) properties: Vec<PropId>,
}

/// What a file of related records lacks.
#[derive(Default)]
pub(crate) struct Lacks {
    pub(crate) keys: Vec<MissingKey>,
    pub(crate) properties: Vec<MissingProperty>,
}

impl RelatedRows {
    /// Reads a file, of which these properties are needed; what it lacks joins `lacks`, and is unknown.
    pub(crate) fn read(
        id: RelatedId,
        spec: &Spec,
        schema: &Schema,
        needed: &BTreeSet<PropId>,
        lacks: &mut Lacks,
    ) -> Result<Self, InputError> {
        let internal = || InputError::new("the schema has no such related record");
        let related = schema.related(id).ok_or_else(internal)?;
        let key = key_of(related, schema).ok_or_else(internal)?;
        let properties: Vec<PropId> = related.properties.iter().copied().filter(|p| needed.contains(p)).collect();
        let fields = properties.iter().filter_map(|&p| schema.property(p)).map(|p| of_file(related, p));
        let wanted = std::iter::once(key.clone()).chain(fields).map(|property| Wanted::new(&property, schema)).collect();
        let mut builder = ColumnBuilder { wanted, ..ColumnBuilder::default() };
        let mut files = Files::open(spec, &mut builder, false)?;
        lacks.add(id, &files, &properties, &builder);
        let folded = Some(schema.ignore_accents);
        let mut out = Self {
            related: id,
            name: Arc::clone(&related.name),
            file: spec.paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", "),
            to: related.to,
            domain: related.domain,
            numbers: key.ty == Type::Integer,
            known: related.known,
            references: References::new(folded),
            rows: Vec::new(),
            none: 0,
            columns: Vec::new(),
            report: RelatedReport {
                related: related.name.to_string(),
                of_rules: related.file.is_some(),
                ..RelatedReport::default()
            },
            found: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            builder,
            properties,
        };
        if lacks.keys.is_empty() {
            out.fill_from(&mut files)?;
        }
        Ok(out)
    }

    fn fill_from(&mut self, files: &mut Files) -> Result<(), InputError> {
        let mut owners: Vec<KeyId> = Vec::new();
        while files.fill(&mut self.builder, BATCH_ROWS)? > 0 {
            self.builder.bad.faults.clear();
            if self.builder.is_full() {
                return Err(InputError::new(format!("the rows of `{}` hold more than 2 GiB of text in one column", self.name))
                    .help("leave out rows that no record names"));
            }
            if let Some(key) = self.builder.wanted.first_mut() {
                self.references.add(&key.builder.take(), &mut owners);
            }
        }
        self.settle(&owners);
        for (wanted, &property) in self.builder.wanted.iter_mut().skip(1).zip(&self.properties) {
            wanted.builder.push_nothing();
            self.columns.push((property, wanted.builder.take()));
        }
        Ok(())
    }

    /// Gives each key its row, if it has one alone.
    fn settle(&mut self, owners: &[KeyId]) {
        /// No row has been seen.
        const FREE: u32 = u32::MAX;
        self.none = crate::invariant::number(owners.len());
        self.report.rows = owners.len() as u64;
        let mut first = vec![FREE; self.references.count()];
        self.rows = first.clone();
        for (row, &key) in (0_u32..).zip(owners) {
            let (Some(first), Some(own)) = (first.get_mut(key as usize), self.rows.get_mut(key as usize)) else {
                self.report.without_key += u64::from(key == NOWHERE);
                continue;
            };
            if *first == FREE {
                (*first, *own) = (row, row);
                continue;
            }
            *own = self.none;
            self.report.duplicates += 1;
            if self.report.duplicate_samples.len() < SAMPLES {
                self.report.duplicate_samples.push(DuplicateKey {
                    key: self.references.shown(key),
                    first_row: u64::from(*first) + 1,
                    row: u64::from(row) + 1,
                });
            }
        }
    }

    /// The row of each record of a batch.
    fn rows_of(&self, batch: &Batch) -> Vec<usize> {
        let named = batch.columns.get(self.to.0 as usize).and_then(Option::as_ref);
        let mut keys = Vec::with_capacity(batch.rows);
        let mut known = 0;
        match named {
            None => keys.resize(batch.rows, NOWHERE),
            Some(named) => {
                let domains = self.domain.then(|| domains(named, batch.rows));
                let named = domains.as_ref().unwrap_or(named);
                known = named.filled() as u64;
                self.references.find(named, &mut keys);
            }
        }
        let rows: Vec<usize> =
            keys.iter().map(|&key| self.rows.get(key as usize).copied().unwrap_or(self.none) as usize).collect();
        let found = rows.iter().filter(|&&row| row != self.none as usize).count() as u64;
        self.found.fetch_add(found, Ordering::Relaxed);
        self.lost.fetch_add(known.saturating_sub(found), Ordering::Relaxed);
        rows
    }

    /// The rows of a related record of which the rules have a file, with all of its properties; `None` where they have none.
    ///
    /// # Errors
    /// A file that is no table, or that lacks a column.
    pub fn of_rules(schema: &Schema, id: RelatedId) -> Option<Result<Self, InputError>> {
        let related = schema.related(id)?;
        let spec = spec_of_rules(related)?;
        let needed: BTreeSet<PropId> = related.properties.iter().copied().collect();
        let mut lacks = Lacks::default();
        let read = Self::read(id, &spec, schema, &needed, &mut lacks);
        Some(read.and_then(|rows| match lacks.first() {
            None => Ok(rows),
            Some((name, nearest)) => {
                let file = &rows.file;
                let error = InputError::new(format!("{file} has no column `{name}`"));
                Err(match nearest {
                    [] => error.help("name a column of the file"),
                    [first, ..] => error.help(format!("the nearest column is `{first}`")),
                })
            }
        }))
    }

    /// Which related record they are of.
    #[must_use]
    pub fn related(&self) -> RelatedId {
        self.related
    }

    /// The values by which records name the rows, each once.
    pub fn names(&self) -> impl Iterator<Item = Value> + '_ {
        let found = (0..).zip(&self.rows).filter(|(_, row)| **row != self.none);
        found.filter_map(|(key, _)| {
            let name = self.references.shown(key);
            if self.numbers {
                return name.parse().ok().map(Value::Integer);
            }
            Some(Value::Text(if self.domain { format!("name@{name}").into() } else { name.into() }))
        })
    }

    /// What is wrong with the rows, one sentence each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let duplicates = self.report.duplicate_samples.iter().map(|twice| {
            format!("rows {} and {} both have the key `{}`, so there is no row for it", twice.first_row, twice.row, twice.key)
        });
        let keyless = match self.report.without_key {
            0 => None,
            1 => Some("1 row has no key, so no record can name it".to_owned()),
            n => Some(format!("{n} rows have no key, so no record can name them")),
        };
        duplicates.chain(keyless).chain(self.cells()).collect()
    }

    /// The cells that could not be read.
    fn cells(&self) -> impl Iterator<Item = String> + '_ {
        self.builder.wanted.iter().flat_map(|wanted| {
            let told = |(fault, counted): (Fault, &Counted)| {
                let first = counted.samples.first();
                let row = first.map_or(0, |sample| sample.row);
                let value = first.map_or("", |sample| &sample.value);
                match fault {
                    Fault::Required => format!("row {row} has no value for `{}`, which is required", wanted.builder.name()),
                    Fault::Unlisted => format!("row {row}: `{value}` is not an option of `{}`", wanted.builder.name()),
                    Fault::Unreadable
                    | Fault::NotFinite
                    | Fault::Shortened
                    | Fault::NoKey
                    | Fault::DuplicateKey
                    | Fault::Several
                    | Fault::Ragged => {
                        format!("row {row}: `{value}` is not {}, as `{}` is", wanted.builder.expected(), wanted.builder.name())
                    }
                }
            };
            wanted.builder.log.counts().map(told).collect::<Vec<_>>()
        })
    }

    /// The column of a property; that of the key for whether there is a row.
    pub(crate) fn wanted(&self, property: PropId) -> Option<&Wanted> {
        if property == self.known {
            return self.builder.wanted.first();
        }
        let at = self.properties.iter().position(|&id| id == property)?;
        self.builder.wanted.get(at + 1)
    }

    /// Fills the columns of the related records of a batch that has the property that names them; gives the records without a row.
    pub fn fill(&self, batch: &mut Batch) -> Vec<usize> {
        let rows = self.rows_of(batch);
        for (property, column) in &self.columns {
            if let Some(place) = batch.columns.get_mut(property.0 as usize) {
                *place = Some(column.gather(&rows));
            }
        }
        if let Some(place) = batch.columns.get_mut(self.known.0 as usize) {
            let truth = Mask::from_fn(rows.len(), |at| rows.get(at).is_some_and(|&row| row != self.none as usize));
            *place = Some(Column::Boolean(BooleanColumn { known: Mask::filled(rows.len(), true), truth }));
        }
        rows.iter().enumerate().filter(|(_, row)| **row == self.none as usize).map(|(record, _)| record).collect()
    }

    /// What there is to say of the rows.
    pub(crate) fn report(&self) -> RelatedReport {
        let (found, lost) = (self.found.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed));
        RelatedReport { found, lost, ..self.report.clone() }
    }
}

/// The domains of the texts of a column.
fn domains(column: &Column, rows: usize) -> Column {
    let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
    for row in 0..rows {
        let text = match column {
            Column::Text(texts) => texts.get(row),
            Column::Dictionary(d) => d.codes.get(row).and_then(|&code| d.dictionary.get(code)),
            Column::Integer(_)
            | Column::Number(_)
            | Column::Boolean(_)
            | Column::Date(_)
            | Column::DateTime(_)
            | Column::Option(_)
            | Column::Set(_)
            | Column::TextSet(_) => None,
        };
        out.push(text.and_then(|text| domain(text, 1)));
    }
    Column::Text(out)
}

impl Lacks {
    /// The first column that is not there, with the nearest ones.
    fn first(&self) -> Option<(&str, &[String])> {
        let key = self.keys.first().map(|key| (key.name.as_str(), key.nearest.as_slice()));
        key.or_else(|| self.properties.first().map(|p| (p.name.as_str(), p.nearest.as_slice())))
    }

    fn add(&mut self, related: RelatedId, files: &Files, properties: &[PropId], builder: &ColumnBuilder) {
        for (file, lacking) in &files.lacking {
            for (at, nearest) in &lacking.columns {
                let Some(wanted) = builder.wanted.get(*at) else { continue };
                let (file, nearest) = (file.clone(), nearest.clone());
                match at.checked_sub(1).and_then(|at| properties.get(at)) {
                    None => self.keys.push(MissingKey { related, name: wanted.column.clone(), file, nearest }),
                    Some(&property) => {
                        let name = wanted.builder.name().to_owned();
                        self.properties.push(MissingProperty { property, name, file, nearest });
                    }
                }
            }
        }
    }
}

/// The file of the rules.
fn spec_of_rules(related: &Related) -> Option<Spec> {
    let file = related.file.as_ref()?;
    Some(Spec { content: Some(Content::Text(Arc::clone(&file.text))), ..Spec::file(PathBuf::from(&*file.path)) })
}

/// The rows of every related record that comes from a file.
pub(crate) fn open(
    layout: &Layout,
    schema: &Schema,
    needs: &Needs,
    options: &ReadOptions,
) -> Result<(Vec<RelatedRows>, Lacks), InputError> {
    let mut lacks = Lacks::default();
    let mut all = Vec::new();
    for &id in &layout.separate {
        let given = options.related.iter().find(|source| source.related == id).map(|source| source.spec.clone());
        let of_rules = schema.related(id).filter(|_| !options.within_records).and_then(spec_of_rules);
        if let Some(spec) = of_rules.or(given) {
            all.push(RelatedRows::read(id, &spec, schema, &needs.properties, &mut lacks)?);
        }
    }
    Ok((all, lacks))
}

/// Puts what records themselves have of related records into their batch; gives the columns behind those of the properties.
pub(crate) fn mark(batch: &mut Batch, marks: &[Mark], first: usize, columns: &[Column], schema: &Schema) -> Option<RelatedId> {
    for mark in marks.iter().filter(|mark| mark.purpose != Purpose::Look) {
        let mut present = Mask::filled(batch.rows, false);
        for at in mark.columns.clone() {
            if let Some(Column::Boolean(column)) = at.checked_sub(first).and_then(|at| columns.get(at)) {
                present.or(&column.truth);
            }
        }
        if mark.purpose == Purpose::Refuse {
            if present.any() {
                return Some(mark.related);
            }
            continue;
        }
        let known = schema.related(mark.related).map(|related| related.known);
        if let Some(place) = known.and_then(|known| batch.columns.get_mut(known.0 as usize)) {
            *place = Some(Column::Boolean(BooleanColumn { known: Mask::filled(batch.rows, true), truth: present }));
        }
    }
    None
}

/// Reports values that are required of a related record and that a record without a row does not have.
pub(crate) fn require(
    builder: &mut ColumnBuilder,
    marks: &[Mark],
    rows: &RelatedRows,
    without: &[usize],
    first_row: u64,
    schema: &Schema,
) {
    let (Some(mark), Some(related)) = (marks.iter().find(|mark| mark.related == rows.related), schema.related(rows.related))
    else {
        return;
    };
    for (at, id) in mark.columns.clone().skip(1).zip(&related.properties) {
        let required = rows.properties.contains(id) && schema.property(*id).is_some_and(|property| property.required);
        if let Some(wanted) = builder.wanted.get_mut(at).filter(|_| required) {
            without.iter().for_each(|row| wanted.builder.fault(Fault::Required, first_row + *row as u64, "", &mut builder.bad));
        }
    }
}

/// The failure that records and a file both have a related record.
pub(crate) fn both(schema: &Schema, related: RelatedId, rows: &[RelatedRows]) -> InputError {
    let name = &schema.sure_related(related).name;
    let file = rows.iter().find(|rows| rows.related == related).map_or("", |rows| rows.file.as_str());
    InputError::new(format!("the records have `{name}` themselves, and {file} has it too"))
        .help(format!("leave out --related {name}, or take `{name}` out of the records"))
}

impl std::fmt::Debug for RelatedRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelatedRows").field("name", &self.name).field("file", &self.file).finish_non_exhaustive()
    }
}
