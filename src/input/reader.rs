//! The reader: all files of a data set, one batch after the other, with the events of each record.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::assembly::{self, Assembly, Cut, Decoding, Joint};
use super::error::{InputError, MissingColumns, MissingField, MissingHeader, MissingKey, MissingProperty, shown};
use super::events::{EventStore, SumEvents};
use super::files::Files;
use super::header::normal;
use super::keys::{Keys, fingerprints};
use super::related::{self, Layout, RelatedRows};
use super::report::{DataReport, DuplicateKey, EventReport, KeyReport, RejectedRow, SAMPLES, shorten};
use super::table::{ColumnBuilder, Wanted, named_after};
use super::{BATCH_ROWS, EventSource, Needs, ReadOptions, Spec};
use crate::column::{Batch, Column, EventColumns};
use crate::invariant::{Sure as _, SureAt as _};
use crate::schema::{EventId, EventList, FieldId, PropId, Property, Schema};
use crate::source::Span;
use crate::time::AsOf;
use crate::value::Type;

/// Reads a data set batch by batch.
pub struct Reader {
    pub(crate) assembly: Assembly,
    needs: Needs,
    files: Files,
    options: ReadOptions,
    keys: Keys,
    key_report: KeyReport,
    bad_rows: u64,
    rejected: Vec<RejectedRow>,
    /// What the files of events said about their columns.
    pub(crate) event_builders: Vec<ColumnBuilder>,
    lacking: MissingColumns,
    /// Equal events of a file of their own, by list, among those that come first.
    equal: Vec<(String, u64)>,
    /// Rows that were cut off, lines that give no record among them.
    cut: u64,
}

/// Opens a data set and makes sure that it has what is needed, before anything is read; events from files of their own are read here.
///
/// # Errors
/// A file that cannot be opened or is not what it should be; columns that are missing ([`InputError::missing`]) or claimed twice.
pub fn open(
    spec: &Spec,
    events: &[EventSource],
    schema: &Schema,
    needs: &Needs,
    as_of: AsOf,
    options: &ReadOptions,
) -> Result<Reader, InputError> {
    open_with(spec, events, schema, needs, as_of, options, &mut |_| None)
}

/// As [`open`]; `sums` gives what sums up the events of a list while they are read. It is asked for lists that come from files of
/// their own alone.
///
/// # Errors
/// As [`open`].
pub fn open_with(
    spec: &Spec,
    events: &[EventSource],
    schema: &Schema,
    needs: &Needs,
    as_of: AsOf,
    options: &ReadOptions,
    sums: &mut dyn FnMut(EventId) -> Option<Box<dyn SumEvents>>,
) -> Result<Reader, InputError> {
    let needs = &needs.with_all_fields(schema);
    let fields_of = |event: EventId| needs.fields.get(event.0 as usize).filter(|fields| !fields.is_empty());
    let events = together(events);
    let used: Vec<&EventSource> = events.iter().filter(|e| fields_of(e.event).is_some()).collect();
    // Events are found by a property of the record, so that is read too.
    let refers = used.iter().filter_map(|e| schema.event(e.event)).flat_map(|list| schema.referred(list));
    let properties: BTreeSet<PropId> = needs.properties.iter().copied().chain(refers).collect();
    let layout = Layout::new(schema, properties, options);
    let mut builder = assembly::builder(schema, needs, &layout);
    let files = Files::open(spec, &mut builder, options.keep_rejects)?;
    let mut missing = self::missing(&files, &builder, &layout, &used, options, schema);
    let mut lacks = self::missing(&files, &builder, &layout, &used, &ReadOptions::default(), schema);
    let (rows, of_rows) = related::open(&layout, schema, needs, options)?;
    if let Some(twice) = layout.found_twice(&files) {
        return Err(related::both(schema, twice, &rows));
    }
    let allowed = |property: &MissingProperty| options.allow_missing.contains(&property.property);
    missing.properties.extend(of_rows.properties.iter().filter(|property| !allowed(property)).cloned());
    missing.keys.extend(of_rows.keys.iter().cloned());
    lacks.properties.extend(of_rows.properties);
    let mut stores = Vec::new();
    let mut equal = Vec::new();
    let mut event_builders = Vec::new();
    for source in used {
        let Some(list) = schema.event(source.event) else { continue };
        let fields: Vec<FieldId> = fields_of(source.event).into_iter().flatten().copied().collect();
        let mut files_of = event_files(source, list, &fields, schema)?;
        missing.fields.append(&mut files_of.missing(source.event, list, &fields, options));
        if missing.is_empty() {
            // Which events are the same, and which record they belong to twice, is known only of single ones.
            let single = list.key.is_some() || schema.refers_to_several(list);
            let kept = single || may_be_nested(&files, &builder, spec, source.event);
            let sums = if kept { None } else { sums(source.event) };
            let mut store = EventStore::new(source.event, list, schema, sums);
            files_of.read(&mut store, list, &fields, as_of)?;
            stores.push(store);
            equal.extend(equal_first(source, list, schema).map(|n| (list.name.to_string(), n)));
        }
        event_builders.push(files_of.builder);
    }
    if !missing.is_empty() {
        return Err(lacking(missing, schema));
    }
    Ok(Reader {
        assembly: Assembly::new(Arc::new(schema.clone()), builder, layout, stores.into(), rows.into()),
        needs: Needs { batch_rows: if needs.batch_rows == 0 { BATCH_ROWS } else { needs.batch_rows }, ..needs.clone() },
        files,
        options: options.clone(),
        keys: Keys::default(),
        key_report: KeyReport::default(),
        bad_rows: 0,
        rejected: Vec::new(),
        event_builders,
        lacking: lacks,
        equal,
        cut: 0,
    })
}

/// Whether records may hold events of a list too. What a stream of JSON holds is not known beforehand.
fn may_be_nested(files: &Files, builder: &ColumnBuilder, spec: &Spec, event: EventId) -> bool {
    let streamed = files.is_json && spec.paths.iter().any(|path| path == Path::new("-"));
    let at = builder.lists.iter().position(|list| list.event == event);
    streamed || at.is_none_or(|at| files.lists.contains(&at))
}

/// Several files of one event list are one data set.
fn together(events: &[EventSource]) -> Vec<EventSource> {
    let mut joined: Vec<EventSource> = Vec::new();
    for source in events {
        match joined.iter_mut().find(|e| e.event == source.event) {
            Some(known) => known.spec.paths.extend_from_slice(&source.spec.paths),
            None => joined.push(source.clone()),
        }
    }
    joined
}

/// How many events among the first of a file are equal to another one in every field: a sign that they were delivered twice. `None` where
/// there are none, or nothing but their day tells events apart.
fn equal_first(source: &EventSource, list: &EventList, schema: &Schema) -> Option<u64> {
    let timed = list.field(list.at).is_some_and(|at| at.ty == Type::DateTime);
    if list.key.is_some() || !timed || list.fields.len() < 2 || source.spec.paths.iter().any(|path| path == Path::new("-")) {
        return None;
    }
    let fields: Vec<FieldId> = (0..).map(FieldId).take(list.fields.len()).collect();
    let mut files = event_files(source, list, &fields, schema).ok()?;
    let whole = files.files.lacking.iter().all(|(_, lacking)| lacking.columns.is_empty());
    let rows = if whole { files.files.fill(&mut files.builder, BATCH_ROWS).ok()? } else { 0 };
    let columns = files.builder.take().0.into_iter().map(Some).collect();
    let events = EventColumns { offsets: vec![0, u32::try_from(rows).ok()?], fields: columns };
    Some(events.equal()).filter(|n| *n > 0)
}

/// The files of an event list, with what is wanted of them: the reference first, then the fields.
struct EventFiles {
    files: Files,
    builder: ColumnBuilder,
}

fn event_files(source: &EventSource, list: &EventList, fields: &[FieldId], schema: &Schema) -> Result<EventFiles, InputError> {
    let reference = reference(list, schema);
    let mut wanted = vec![Wanted::new(&reference, schema)];
    wanted.extend(fields.iter().filter_map(|&id| list.field(id)).map(|field| Wanted::new(&named_after(list, field), schema)));
    let mut builder = ColumnBuilder { wanted, ..ColumnBuilder::default() };
    let files = Files::open(&source.spec, &mut builder, false)?;
    Ok(EventFiles { files, builder })
}

/// The column of a file of events that says which record an event belongs to.
pub(crate) fn reference(list: &EventList, schema: &Schema) -> Property {
    let target = schema.referred(list).first().and_then(|id| schema.property(*id));
    let mut property = target
        .cloned()
        .unwrap_or_else(|| Property { identifies: true, ..Property::plain(Arc::from("row"), Type::Integer, Span::default()) });
    property.required = false;
    property.default = None;
    // The position is one in the file of the records.
    property.from_column = None;
    if schema.refers_to_several(list) {
        property.ty = Type::Text;
        property.split = None;
        property.number_forms = Arc::default();
    }
    if let Some(by) = &list.by {
        property.from.clear();
        property.name = by.clone();
    }
    property
}

impl EventFiles {
    fn missing(&self, event: EventId, list: &EventList, fields: &[FieldId], options: &ReadOptions) -> Vec<MissingField> {
        let mut missing = Vec::new();
        for (file, lacking) in &self.files.lacking {
            for (at, nearest) in &lacking.columns {
                let field = at.checked_sub(1).and_then(|at| fields.get(at)).copied();
                // Without the reference no event belongs to anybody, so that is never allowed to be missing.
                if field.is_some() && options.allow_missing_events.contains(&event) {
                    continue;
                }
                let name = match field.and_then(|id| list.field(id)) {
                    Some(field) => field.name.to_string(),
                    None => self.builder.wanted.first().map_or_else(String::new, |w| w.column.clone()),
                };
                missing.push(MissingField { event, field, name, file: file.clone(), nearest: nearest.clone() });
            }
        }
        missing
    }

    fn read(&mut self, store: &mut EventStore, list: &EventList, fields: &[FieldId], as_of: AsOf) -> Result<(), InputError> {
        while self.files.fill(&mut self.builder, BATCH_ROWS)? > 0 {
            self.builder.bad.faults.clear();
            if store.sums_up() {
                let (columns, _) = self.builder.take();
                let mut columns = columns.into_iter();
                if let Some(references) = columns.next() {
                    store.sum_up(&references, by_field(list, fields, columns));
                }
                continue;
            }
            if self.builder.is_full() {
                return Err(InputError::new(format!("the events `{}` hold more than 2 GiB of text in one field", list.name))
                    .help("leave out events that no rule can need, such as old ones"));
            }
            if let Some(reference) = self.builder.wanted.first_mut() {
                store.refer(&reference.builder.take());
            }
        }
        let (columns, _) = self.builder.take();
        store.settle(by_field(list, fields, columns.into_iter().skip(1)), as_of);
        Ok(())
    }
}

/// The columns of some fields by field of the list.
fn by_field(list: &EventList, fields: &[FieldId], columns: impl Iterator<Item = Column>) -> Vec<Option<Column>> {
    let mut out = vec![None; list.fields.len()];
    for (id, column) in fields.iter().zip(columns) {
        if let Some(place) = out.get_mut(id.0 as usize) {
            *place = Some(column);
        }
    }
    out
}

impl Reader {
    /// The next batch, `None` behind the last.
    ///
    /// # Errors
    /// A file that cannot be read on.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, InputError> {
        let first_row = self.assembly.builder.next_row();
        self.assembly.builder.begin_batch();
        let rows = self.files.fill(&mut self.assembly.builder, self.needs.batch_rows)?;
        if rows == 0 {
            self.settle();
            return Ok(None);
        }
        let batch = self.assembly.batch(first_row, rows)?;
        if let Some(key) = self.assembly.key(&batch) {
            self.check_keys(key, first_row);
        }
        self.settle();
        Ok(Some(batch))
    }

    /// What decodes records that are cut off; `None` where they cannot be. Rejected rows are looked at as they stand in the data, which
    /// the thread that reads has alone; and without a key the number of a row is its name, which is known only when the rows before it
    /// have been decoded.
    #[must_use]
    pub fn decoding(&self) -> Option<Decoding> {
        let it = &self.assembly;
        let can_cut = self.files.can_cut && !self.options.keep_rejects && it.schema.key.is_some();
        can_cut.then(|| Decoding {
            schema: Arc::clone(&it.schema),
            needs: self.needs.clone(),
            layout: it.layout.clone(),
            stores: Arc::clone(&it.stores),
            related: Arc::clone(&it.related),
        })
    }

    /// The records of the next batch, to be decoded elsewhere and [joined](Self::join) in order; `None` behind the last.
    ///
    /// # Errors
    /// A file that cannot be read on.
    pub fn next_cut(&mut self) -> Result<Option<Cut>, InputError> {
        let Some(piece) = self.files.cut(&mut self.assembly.builder, self.needs.batch_rows)? else { return Ok(None) };
        let first_row = self.cut + 1;
        self.cut += piece.rows() as u64;
        Ok(Some(Cut { first_row, piece }))
    }

    /// Joins what decoding gave, in the order in which it was cut off.
    pub fn join(&mut self, joint: Joint) {
        self.files.reuse(joint.piece);
        let first_row = self.assembly.builder.next_row();
        self.assembly.builder.begin_batch();
        self.assembly.builder.tell(joint.told, first_row.wrapping_sub(joint.first_row).cast_signed());
        for (counts, more) in self.assembly.nested.iter_mut().zip(joint.nested) {
            counts.add(&more);
        }
        if let Some(key) = &joint.key {
            self.check_keys(key, first_row);
        }
        self.assembly.builder.end_rows(joint.rows);
        self.settle();
    }

    /// What there is to say about the data read so far.
    #[must_use]
    pub fn report(&self) -> DataReport {
        let mut events: Vec<EventReport> = Vec::new();
        for (id, list) in (0..).zip(&self.assembly.schema.events) {
            let nested = self
                .assembly
                .builder
                .lists
                .iter()
                .zip(&self.assembly.nested)
                .find(|(l, _)| l.event == EventId(id))
                .map(|(_, counts)| *counts);
            let store = self.assembly.stores.iter().find(|s| s.event == EventId(id)).map(EventStore::report);
            if let Some(nested) = nested {
                let mut report = store.unwrap_or_else(|| EventReport { event: list.name.to_string(), ..EventReport::default() });
                report.read += nested.read;
                report.without_time += nested.without_time;
                report.repeated += nested.repeated;
                events.push(report);
            }
        }
        DataReport {
            rows: self.assembly.builder.rows,
            bad_rows: self.bad_rows + self.assembly.builder.broken,
            keys: self.key_report.clone(),
            empty_rows: self.assembly.builder.empty_rows,
            ragged: self.assembly.builder.ragged,
            broken: self.assembly.builder.broken,
            bad_lines: self.assembly.builder.bad_lines.clone(),
            events,
            related: self.assembly.related.iter().map(RelatedRows::report).collect(),
            notes: self.notes(),
            ..self.column_report()
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.files.notes.clone();
        for (list, n) in &self.equal {
            let events = if *n == 1 { "1 event equals another".to_owned() } else { format!("{n} events equal others") };
            notes.push(format!(
                "{list}: among the first {BATCH_ROWS}, {events} in every field, and equal events count separately. If they were delivered twice, write `key` before the field that identifies events."
            ));
        }
        notes
    }

    /// Which part of the data has been read, from 0 to 1; `None` where their length is not known.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        self.files.share()
    }

    /// The lists whose events were summed up while they were read, so that none of them is handed out.
    pub fn summed_lists(&self) -> impl Iterator<Item = EventId> {
        self.assembly.stores.iter().filter(|store| store.sums_up()).map(|store| store.event)
    }

    /// What the schema has of what is read and the data have not, whether that was allowed or not.
    #[must_use]
    pub fn lacking(&self) -> &MissingColumns {
        &self.lacking
    }

    /// The headers of the first file; none for records that name their own.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        if self.files.is_json { &[] } else { &self.files.headers }
    }

    /// What the data call a property that is read.
    #[must_use]
    pub fn column_of(&self, property: PropId) -> Option<&str> {
        let at = self.assembly.layout.properties.iter().position(|&id| id == property);
        let own = at.and_then(|at| self.assembly.builder.wanted.get(at));
        let own = own.or_else(|| self.assembly.related.iter().find_map(|rows| rows.wanted(property)));
        own.map(|wanted| wanted.column.as_str())
    }

    /// The columns of the first file that nothing is read from; none for records that name their own.
    #[must_use]
    pub fn unread_columns(&self) -> Vec<&str> {
        if self.files.is_json {
            return Vec::new();
        }
        let read = |header: &str| {
            let lists = self.assembly.builder.lists.iter().map(|l| &*l.name);
            self.assembly.builder.wanted.iter().any(|w| w.column == header)
                || lists
                    .chain(self.assembly.builder.carried_names.iter().map(String::as_str))
                    .any(|n| normal(n) == normal(header))
        };
        self.files.headers.iter().map(String::as_str).filter(|h| !h.is_empty() && !read(h)).collect()
    }

    /// The rows with data errors since the last call, if they are kept.
    pub fn rejected_rows(&mut self) -> Vec<RejectedRow> {
        std::mem::take(&mut self.rejected)
    }

    /// The headers of the cells of [`RejectedRow`]: those of the first file.
    #[must_use]
    pub fn reject_headers(&self) -> &[String] {
        &self.files.headers
    }

    fn check_keys(&mut self, column: &Column, first_row: u64) {
        let schema = Arc::clone(&self.assembly.schema);
        let name = &schema.sure_property(schema.key.sure("keys are checked where there is one")).name;
        // A key that could not be read has been counted as that.
        let told: FxHashSet<u64> = {
            let prefix = format!("{name}:");
            self.assembly.builder.bad.faults.iter().filter(|f| f.message.starts_with(&prefix)).map(|f| f.row).collect()
        };
        for (at, fingerprint) in fingerprints(column).enumerate() {
            let row = first_row + at as u64;
            let Some(fingerprint) = fingerprint else {
                if !told.contains(&row) {
                    self.key_report.unknown += 1;
                    if self.key_report.unknown_rows.len() < SAMPLES {
                        self.key_report.unknown_rows.push(row);
                    }
                    self.assembly.builder.fault(row, format!("{name}: the key is missing"));
                }
                if !self.options.assume_unique {
                    self.keys.skip(row);
                }
                continue;
            };
            if self.options.assume_unique {
                continue;
            }
            if let Some(first_row) = self.keys.add(fingerprint, row) {
                let key = key_text(column, at);
                self.assembly.builder.fault(row, format!("{name}: the key {} is that of row {first_row} too", shorten(&key)));
                self.key_report.duplicates += 1;
                if self.key_report.duplicate_samples.len() < SAMPLES {
                    self.key_report.duplicate_samples.push(DuplicateKey { key, first_row, row });
                }
            }
        }
    }

    /// Counts the bad rows of the batch, and keeps them if asked to.
    fn settle(&mut self) {
        for (reason, record) in std::mem::take(&mut self.assembly.builder.unread) {
            self.rejected.push(RejectedRow { row: None, faults: vec![reason.clone()], reason, cells: vec![record] });
        }
        let mut faults = std::mem::take(&mut self.assembly.builder.bad).faults;
        faults.sort_by_key(|f| f.row);
        for same in faults.chunk_by(|a, b| a.row == b.row) {
            let Some(row) = same.first().map(|f| f.row) else { continue };
            self.bad_rows += 1;
            if self.options.keep_rejects {
                let faults: Vec<String> = same.iter().map(|f| f.message.clone()).collect();
                let reason = faults.join("; ");
                let cells = self.files.cells(self.assembly.builder.place_in_batch(row));
                self.rejected.push(RejectedRow { row: Some(row), reason, faults, cells });
            }
        }
    }
}

/// What is needed, not there, and not allowed to be missing.
fn missing(
    files: &Files,
    builder: &ColumnBuilder,
    layout: &Layout,
    events: &[&EventSource],
    options: &ReadOptions,
    schema: &Schema,
) -> MissingColumns {
    let mut missing = MissingColumns::default();
    for (file, lacking) in &files.lacking {
        let related = layout.lacking(lacking, schema);
        missing.related.extend(related.difference(&options.allow_missing_related).copied());
        missing.related.sort_unstable();
        missing.related.dedup();
        let before = missing.properties.len() + missing.carried.len();
        for (at, nearest) in &lacking.columns {
            let Some(&property) = layout.properties.get(*at) else { continue };
            let whole = schema.property(property).and_then(|p| p.related).is_some_and(|id| related.contains(&id));
            if !whole && !options.allow_missing.contains(&property) {
                let name = builder.wanted.get(*at).and_then(|w| w.names.last()).map_or_else(String::new, ToString::to_string);
                missing.properties.push(MissingProperty { property, name, file: file.clone(), nearest: nearest.clone() });
            }
        }
        for (at, nearest) in &lacking.carried {
            let name = builder.carried_names.sure_at(*at).clone();
            missing.carried.push(MissingHeader { name, file: file.clone(), nearest: nearest.clone() });
        }
        if missing.properties.len() + missing.carried.len() > before {
            missing.found.extend(lacking.found.as_ref().map(|found| format!("{}: {found}", shown(file))));
        }
    }
    for (at, list) in builder.lists.iter().enumerate() {
        let nested = files.lists.contains(&at);
        let separate = events.iter().any(|e| e.event == list.event);
        if !nested && !separate && !options.allow_missing_events.contains(&list.event) {
            missing.events.push(list.event);
        }
    }
    missing
}

/// The failure that columns are missing.
fn lacking(missing: MissingColumns, schema: &Schema) -> InputError {
    let hint = |nearest: &[String]| {
        if nearest.is_empty() { String::new() } else { format!("; the nearest is `{}`", nearest.join("`, `")) }
    };
    let in_file =
        |name: &str, file: &Path, nearest: &[String]| format!("{} has no column for `{name}`{}", shown(file), hint(nearest));
    let mut parts: Vec<String> = missing.properties.iter().map(|p| in_file(&p.name, &p.file, &p.nearest)).collect();
    let key = |k: &MissingKey| in_file(&k.name, &k.file, &k.nearest);
    parts.extend(missing.keys.iter().map(key));
    parts.extend(missing.carried.iter().map(|c| in_file(&c.name, &c.file, &c.nearest)));
    parts.extend(missing.fields.iter().map(|f| in_file(&f.name, &f.file, &f.nearest)));
    let names = missing.events.iter().filter_map(|&id| schema.event(id)).map(|list| &list.name);
    let mut ways: Vec<String> = missing.properties.iter().map(|p| format!("--allow-missing {}", p.name)).collect();
    for name in names {
        parts.push(format!("the data have no events `{name}`"));
        ways.push(format!("--events {name}=FILE"));
        ways.push(format!("--allow-missing {name}"));
    }
    for related in missing.related.iter().filter_map(|&id| schema.related(id)) {
        parts.push(format!("the data have no `{}`", related.name));
        ways.push(format!("--related {}=FILE", related.name));
        ways.push(format!("--allow-missing {}", related.name));
    }
    ways.sort();
    ways.dedup();
    parts.extend(missing.found.iter().cloned());
    let error = InputError::of_missing(missing, parts.join("\n"));
    if ways.is_empty() { error } else { error.help(format!("say which is meant: {}", ways.join(", "))) }
}

/// A key as messages show it.
fn key_text(column: &Column, row: usize) -> String {
    let text = match column {
        Column::Integer(values) => values.get(row).map(|n| n.to_string()),
        Column::DateTime(values) => values.get(row).map(super::cell::moment::instant_text),
        Column::Number(values) => values.get(row).map(|x| x.to_string()),
        Column::Date(values) => values.get(row).map(super::cell::moment::day_text),
        Column::Text(texts) => texts.get(row).map(str::to_owned),
        Column::Dictionary(d) => d.codes.get(row).and_then(|&code| d.dictionary.get(code)).map(str::to_owned),
        Column::Option(codes) => codes.get(row).map(|code| code.to_string()),
        Column::Boolean(b) => Some(b.truth.get(row).to_string()),
        Column::Set(_) | Column::TextSet(_) => None,
    };
    text.unwrap_or_default()
}
