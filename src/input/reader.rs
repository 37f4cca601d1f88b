//! The reader: all files of a data set, one batch after the other.

use std::path::{Path, PathBuf};

use super::bytes;
use super::csv::CsvSource;
use super::error::{InputError, MissingColumns, MissingHeader, MissingProperty, shown};
use super::header::{Headers, Match};
use super::keys::{Keys, fingerprints};
use super::report::{ColumnErrors, DataReport, DuplicateKey, KeyReport, RejectedRow, SAMPLES, UnlistedValue, shorten};
use super::table::{Mapping, Sink, Source, Wanted};
use super::{BATCH_ROWS, EventSource, Needs, ReadOptions, Spec};
use crate::column::{Batch, Column, TextColumn};
use crate::schema::{PropId, Schema};
use crate::time::AsOf;

/// Reads a data set batch by batch.
pub struct Reader {
    spec: Spec,
    schema: Schema,
    /// Files not yet opened, the next one last.
    waiting: Vec<PathBuf>,
    source: Option<Box<dyn Source>>,
    sink: Sink,
    /// The property of each wanted column.
    properties: Vec<PropId>,
    carried: Vec<String>,
    batch_rows: usize,
    options: ReadOptions,
    keys: Keys,
    key_report: KeyReport,
    bad_rows: u64,
    rejected: Vec<RejectedRow>,
    reject_headers: Vec<String>,
}

/// Opens a data set and makes sure that it has what is needed, before anything is read.
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
    let _ = (events, as_of);
    let files = expand(&spec.paths)?;
    let properties: Vec<PropId> = needs.properties.iter().copied().collect();
    let wanted = properties.iter().filter_map(|&id| schema.property(id)).map(|p| Wanted::new(p, schema)).collect();
    let carried = vec![TextColumn::default(); needs.carried.len()];
    let sink = Sink { wanted, carried, ..Sink::default() };
    let mut reader = Reader {
        spec: spec.clone(),
        schema: schema.clone(),
        waiting: Vec::new(),
        source: None,
        sink,
        properties,
        carried: needs.carried.clone(),
        batch_rows: if needs.batch_rows == 0 { BATCH_ROWS } else { needs.batch_rows },
        options: options.clone(),
        keys: Keys::default(),
        key_report: KeyReport::default(),
        bad_rows: 0,
        rejected: Vec::new(),
        reject_headers: Vec::new(),
    };
    // Every file is looked into before the first is read; the first stays open, because standard input opens once only.
    for (at, file) in files.iter().enumerate() {
        let source = reader.open_file(file)?;
        if at == 0 {
            reader.source = Some(source);
        }
    }
    reader.waiting = files.into_iter().skip(1).rev().collect();
    Ok(reader)
}

impl Reader {
    /// The next batch, `None` behind the last.
    ///
    /// # Errors
    /// A file that cannot be read on.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, InputError> {
        loop {
            let Some(source) = self.source.as_mut() else { return Ok(None) };
            let first_row = self.sink.next_row();
            let rows = source.fill(&mut self.sink, self.batch_rows)?;
            if rows == 0 {
                self.settle();
                self.source = match self.waiting.pop() {
                    Some(file) => Some(self.open_file(&file)?),
                    None => None,
                };
                continue;
            }
            let (columns, carried) = self.sink.take();
            let mut batch = Batch {
                rows,
                first_row,
                columns: vec![None; self.schema.properties.len()],
                events: self.schema.events.iter().map(|_| None).collect(),
                carried,
            };
            for (id, column) in self.properties.iter().zip(columns) {
                if let Some(place) = batch.columns.get_mut(id.0 as usize) {
                    *place = Some(column);
                }
            }
            self.check_keys(&batch);
            self.settle();
            return Ok(Some(batch));
        }
    }

    /// What there is to say about the data read so far.
    #[must_use]
    pub fn report(&self) -> DataReport {
        let mut columns = Vec::new();
        let mut unlisted = Vec::new();
        for (wanted, &id) in self.sink.wanted.iter().zip(&self.properties) {
            let name = self.schema.property(id).map_or_else(String::new, |p| p.name.to_string());
            for (fault, count, samples) in wanted.builder.log.counts() {
                columns.push(ColumnErrors {
                    event: None,
                    property: name.clone(),
                    column: wanted.column.clone(),
                    fault,
                    expected: wanted.builder.expected().to_owned(),
                    count,
                    samples: samples.to_vec(),
                    cure: None,
                });
            }
            unlisted.extend(wanted.builder.log.unlisted().map(|(value, count)| UnlistedValue {
                property: name.clone(),
                value: value.to_owned(),
                count,
            }));
        }
        columns.sort_by(|a, b| b.count.cmp(&a.count));
        unlisted.sort_by(|a, b| b.count.cmp(&a.count));
        DataReport {
            rows: self.sink.rows,
            bad_rows: self.bad_rows + self.sink.broken,
            columns,
            keys: self.key_report.clone(),
            ragged: self.sink.ragged,
            broken: self.sink.broken,
            bad_lines: self.sink.bad_lines.clone(),
            events: Vec::new(),
            unlisted,
        }
    }

    /// The rows with data errors since the last call, if they are kept.
    pub fn rejected_rows(&mut self) -> Vec<RejectedRow> {
        std::mem::take(&mut self.rejected)
    }

    /// The headers of the cells of [`RejectedRow`]: those of the file read first.
    #[must_use]
    pub fn reject_headers(&self) -> &[String] {
        &self.reject_headers
    }

    fn check_keys(&mut self, batch: &Batch) {
        let Some(id) = self.schema.key else { return };
        let Some(Some(column)) = batch.columns.get(id.0 as usize) else { return };
        let name = self.schema.property(id).map_or("", |p| &p.name);
        for (at, fingerprint) in fingerprints(column).enumerate() {
            let row = batch.first_row + at as u64;
            let Some(fingerprint) = fingerprint else {
                self.key_report.unknown += 1;
                if self.key_report.unknown_rows.len() < SAMPLES {
                    self.key_report.unknown_rows.push(row);
                }
                self.sink.fault(row, format!("{name}: the key is missing"));
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
                self.sink.fault(row, format!("{name}: the key {} is that of row {first_row} too", shorten(&key)));
                self.key_report.duplicates += 1;
                if self.key_report.duplicate_samples.len() < SAMPLES {
                    self.key_report.duplicate_samples.push(DuplicateKey { key, first_row, row });
                }
            }
        }
    }

    /// Counts the bad rows of the batch, and keeps them if asked to.
    fn settle(&mut self) {
        let mut faults = std::mem::take(&mut self.sink.bad).faults;
        faults.sort_by_key(|f| f.row);
        let mut at = 0;
        while let Some(fault) = faults.get(at) {
            let row = fault.row;
            let same: Vec<&str> = faults.iter().skip(at).take_while(|f| f.row == row).map(|f| f.message.as_str()).collect();
            self.bad_rows += 1;
            at += same.len();
            if self.options.keep_rejects {
                let cells = self.source.as_ref().map(|s| s.cells(self.sink.place_in_batch(row))).unwrap_or_default();
                self.rejected.push(RejectedRow { row: Some(row), reason: same.join("; "), cells });
            }
        }
        self.sink.begin_batch();
    }

    fn open_file(&mut self, path: &Path) -> Result<Box<dyn Source>, InputError> {
        let opened = bytes::open(path, self.spec.max_decoded)?;
        let mut source: Box<dyn Source> = Box::new(CsvSource::open(path, bytes::decode(opened, path, self.spec.encoding))?);
        if let Some(headers) = source.headers() {
            if self.reject_headers.is_empty() {
                self.reject_headers = headers.names.clone();
            }
            let mapping = self.mapping(&headers.clone(), path)?;
            source.map(mapping);
        }
        Ok(source)
    }

    /// Finds the wanted columns among the headers of a file.
    fn mapping(&mut self, headers: &Headers, path: &Path) -> Result<Mapping, InputError> {
        let mut mapping = Mapping::default();
        let mut missing = MissingColumns::default();
        for (wanted, &property) in self.sink.wanted.iter_mut().zip(&self.properties) {
            let names = || wanted.names.iter().map(|n| &**n);
            let place = match headers.find(names()) {
                Match::One(place) => Some(place),
                Match::None => {
                    if !self.options.allow_missing.contains(&property) {
                        let name = wanted.names.last().map_or_else(String::new, ToString::to_string);
                        missing.properties.push(MissingProperty {
                            property,
                            name,
                            file: path.to_owned(),
                            nearest: headers.nearest(names()),
                        });
                    }
                    None
                }
                Match::Several(places) => return Err(several(&wanted.column, headers, &places, path)),
            };
            if let Some(header) = place.and_then(|p| headers.names.get(p)) {
                wanted.column.clone_from(header);
            }
            mapping.columns.push(place);
        }
        for name in &self.carried {
            let place = match headers.find([name.as_str()]) {
                Match::One(place) => Some(place),
                Match::Several(places) => return Err(several(name, headers, &places, path)),
                Match::None => {
                    let nearest = headers.nearest([name.as_str()]);
                    missing.carried.push(MissingHeader { name: name.clone(), file: path.to_owned(), nearest });
                    None
                }
            };
            mapping.carried.push(place);
        }
        if missing.is_empty() { Ok(mapping) } else { Err(lacking(missing)) }
    }
}

/// The failure that columns are missing.
fn lacking(missing: MissingColumns) -> InputError {
    let names: Vec<String> = missing
        .properties
        .iter()
        .map(|p| (&p.name, &p.file))
        .chain(missing.carried.iter().map(|c| (&c.name, &c.file)))
        .map(|(name, file)| format!("`{name}` (in {})", shown(file)))
        .collect();
    InputError::of_missing(missing, format!("the data have no column for {}", names.join(", ")))
}

fn several(name: &str, headers: &Headers, places: &[usize], path: &Path) -> InputError {
    let fitting: Vec<String> =
        places.iter().filter_map(|&at| headers.names.get(at).map(|header| format!("`{header}` (column {})", at + 1))).collect();
    InputError::new(format!("{} has {} columns that equally fit `{name}`: {}", shown(path), places.len(), fitting.join(" and ")))
        .help("rename one of them in the file, or name the right one exactly with `from \"..\"` in the schema")
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

/// The files that paths and globs name, each once, in order.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, InputError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let pattern = path.to_string_lossy();
        if path.exists() || !pattern.contains(['*', '?', '[']) {
            files.push(path.clone());
            continue;
        }
        let found = glob::glob(&pattern)
            .map_err(|e| InputError::new(format!("`{pattern}` is no pattern for file names")).cause(e))?
            .filter_map(Result::ok)
            .filter(|p| p.is_file());
        let before = files.len();
        files.extend(found);
        if files.len() == before {
            return Err(InputError::new(format!("no file fits `{pattern}`")));
        }
    }
    if files.is_empty() {
        return Err(InputError::new("no data are named").help("name a file, or - for standard input"));
    }
    Ok(files)
}
