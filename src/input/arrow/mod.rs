//! Parquet, Arrow IPC and tables in memory: record batches, projected to what is wanted.

mod footer;
mod lengths;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StructArray};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::build::{Builder, with_shown};
use super::cell::{Cell, Cells, Raw};
use super::error::{InputError, shown};
use super::frame::Frame;
use super::guard::guarded;
use super::header::Headers;
use super::report::BadRows;
use super::table::{ColumnBuilder, Mapping, Rows, Source, WantedList, carry};
use crate::column::TextColumn;
use crate::invariant::{Sure as _, SureAt as _};
use view::View;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// What is opened of a file.
struct Part<'a> {
    /// These top-level columns.
    roots: &'a BTreeSet<usize>,
    /// In batches of so many rows.
    rows: usize,
    /// From this row on.
    from: usize,
    /// Whether texts are read as bytes.
    as_bytes: bool,
}

/// Opens batches; called again after a failure.
type Start = Box<dyn Fn(&Part<'_>) -> Result<Batches, InputError> + Send>;

/// A Parquet or Arrow file being read.
pub(crate) struct ArrowSource {
    path: PathBuf,
    in_memory: bool,
    headers: Headers,
    /// Where the column of a header is, then where that of an object is: a top-level column, then fields of structs.
    places: Vec<(usize, Vec<String>)>,
    /// Headers of columns that hold UUIDs.
    uuids: BTreeSet<String>,
    start: Start,
    batches: Option<Batches>,
    batch: Option<RecordBatch>,
    /// Rows of the batch that have been given, and how many of them last.
    given: usize,
    last: usize,
    /// Rows of all batches so far.
    fetched: usize,
    /// Whether texts can be read as bytes, and whether they are.
    can_be_bytes: bool,
    as_bytes: bool,
    /// The top-level columns that are read.
    roots: BTreeSet<usize>,
    /// By top-level column that cannot be read: why.
    unreadable: BTreeMap<usize, String>,
    mapping: Mapping,
}

impl ArrowSource {
    /// A Parquet file; `all` decodes every column, for rejected rows.
    pub(crate) fn parquet(path: &Path, input: Whole, all: bool) -> Result<Self, InputError> {
        guarded(
            || broken(path, "Parquet"),
            || match input {
                Whole::File(file) => Self::parquet_of(path, file, File::try_clone, all),
                Whole::Bytes(bytes) => Self::parquet_of(path, bytes, |bytes| Ok(bytes.clone()), all),
            },
        )
    }

    fn parquet_of<R>(path: &Path, reader: R, again: fn(&R) -> std::io::Result<R>, all: bool) -> Result<Self, InputError>
    where
        R: parquet::file::reader::ChunkReader + 'static,
    {
        let failed = {
            let path = path.to_owned();
            move |e: parquet::errors::ParquetError| damaged(&path, "Parquet", e)
        };
        let metadata = footer::load(&reader).map_err(&failed)?;
        let uuids = footer::uuids(metadata.metadata());
        let schema = metadata.schema().clone();
        let owned = path.to_owned();
        let start: Start = Box::new(move |part| {
            let metadata = if part.as_bytes { footer::as_bytes(&metadata).map_err(&failed)? } else { metadata.clone() };
            let reader = again(&reader).map_err(|e| InputError::io(&owned, e))?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata);
            let mask = ProjectionMask::roots(builder.parquet_schema(), part.roots.iter().copied());
            let builder = builder.with_projection(mask).with_batch_size(part.rows);
            let builder = if part.from > 0 { builder.with_offset(part.from) } else { builder };
            Ok(Box::new(builder.build().map_err(&failed)?))
        });
        let mut source = Self::new(path, &schema, start, all);
        source.uuids.extend(uuids);
        source.can_be_bytes = true;
        Ok(source)
    }

    /// An Arrow IPC file or stream.
    pub(crate) fn ipc(path: &Path, input: Whole, all: bool) -> Result<Self, InputError> {
        guarded(
            || broken(path, "Arrow"),
            || match input {
                Whole::File(file) => Self::ipc_of(path, file, |file| Ok(BufReader::new(file.try_clone()?)), all),
                Whole::Bytes(bytes) => Self::ipc_of(path, bytes, |bytes| Ok(std::io::Cursor::new(bytes.clone())), all),
            },
        )
    }

    fn ipc_of<F, R>(path: &Path, input: F, again: fn(&F) -> std::io::Result<R>, all: bool) -> Result<Self, InputError>
    where
        F: Send + 'static,
        R: Read + Seek + Send + 'static,
    {
        let owned = path.to_owned();
        let open = move || {
            let mut reader = again(&input).map_err(|e| InputError::io(&owned, e))?;
            reader.rewind().map_err(|e| InputError::io(&owned, e))?;
            Ok::<R, InputError>(reader)
        };
        let failed = {
            let path = path.to_owned();
            move |e: ArrowError| damaged(&path, "Arrow", e)
        };
        let mut reader = open()?;
        let mut magic = [0; 6];
        let file = reader.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
        match lengths::fit(&mut reader, file).map_err(|e| InputError::io(path, e))? {
            lengths::Fit::Whole => {}
            lengths::Fit::Damaged => return Err(self::broken(path, "Arrow")),
            lengths::Fit::GoesOn(at) => {
                return Err(InputError::new(format!("{} goes on after the end of its Arrow data, at byte {at}", shown(path)))
                    .help("it is several files, one after the other: pass each of them"));
            }
        }
        reader.rewind().map_err(|e| InputError::io(path, e))?;
        let schema: SchemaRef = if file {
            FileReader::try_new(reader, None).map_err(&failed)?.schema()
        } else {
            StreamReader::try_new(reader, None).map_err(&failed)?.schema()
        };
        let start: Start = Box::new(move |part| {
            let (reader, roots) = (open()?, part.roots.iter().copied().collect());
            let batches: Batches = if file {
                Box::new(FileReader::try_new(reader, Some(roots)).map_err(&failed)?)
            } else {
                Box::new(StreamReader::try_new(reader, Some(roots)).map_err(&failed)?)
            };
            Ok(after(batches, part.from))
        });
        Ok(Self::new(path, &schema, start, all))
    }

    /// A table in memory.
    pub(crate) fn frame(path: &Path, frame: &Frame, all: bool) -> Self {
        let kept = frame.clone();
        let start: Start = Box::new(move |part| {
            let (kept, roots) = (kept.clone(), part.roots.iter().copied().collect::<Vec<_>>());
            let batches = (0..kept.batches().len()).map(move |at| kept.batches().sure_at(at).project(&roots));
            Ok(after(Box::new(batches), part.from))
        });
        Self { in_memory: true, ..Self::new(path, frame.schema(), start, all) }
    }

    fn new(path: &Path, schema: &SchemaRef, start: Start, all: bool) -> Self {
        let mut columns = Columns::default();
        for (root, field) in schema.fields().iter().enumerate() {
            columns.add(field, root, &mut Vec::new(), "");
        }
        Self {
            path: path.to_owned(),
            in_memory: false,
            headers: Headers::new(columns.names).with_objects(columns.objects),
            places: columns.places.into_iter().chain(columns.object_places).collect(),
            uuids: columns.uuids,
            start,
            batches: None,
            batch: None,
            given: 0,
            last: 0,
            fetched: 0,
            can_be_bytes: false,
            as_bytes: false,
            roots: if all { (0..schema.fields().len()).collect() } else { BTreeSet::new() },
            unreadable: BTreeMap::new(),
            mapping: Mapping::default(),
        }
    }

    /// The headers that are read.
    fn used(&self) -> impl Iterator<Item = usize> {
        self.mapping.columns.iter().chain(&self.mapping.lists).chain(&self.mapping.carried).flatten().copied()
    }

    /// Opens the batches that have not been read.
    fn open(&mut self, rows: usize) -> Result<(), InputError> {
        let part = Part { roots: &self.roots, rows, from: self.fetched, as_bytes: self.as_bytes };
        self.batches = Some((self.start)(&part)?);
        Ok(())
    }

    /// Goes on after a failure in the batch that comes next: with texts as bytes, and if that is no help without the columns that are at
    /// fault, where they are read for nothing but to be looked at.
    fn recover(&mut self, failure: InputError, rows: usize, tolerant: bool) -> Result<(), InputError> {
        self.batches = None;
        if self.can_be_bytes && !self.as_bytes {
            self.as_bytes = true;
            return match self.open(rows) {
                Ok(()) => Ok(()),
                Err(failure) => self.recover(failure, rows, tolerant),
            };
        }
        let mut found: Vec<(usize, InputError)> = Vec::new();
        for &root in &self.roots {
            let part = Part { roots: &BTreeSet::from([root]), rows, from: self.fetched, as_bytes: self.as_bytes };
            let first = || match (self.start)(&part)?.next() {
                Some(Err(e)) => Err(self.fault().cause(e)),
                Some(Ok(_)) | None => Ok(()),
            };
            if let Err(why) = guarded(|| self.fault(), first) {
                found.push((root, why));
            }
        }
        let wanted: BTreeSet<usize> = self.used().filter_map(|header| self.places.get(header)).map(|(root, _)| *root).collect();
        let asked = found.iter().position(|(root, _)| !tolerant && wanted.contains(root));
        if let Some((root, why)) = asked.map(|at| found.swap_remove(at)) {
            let message = format!("the column `{}` of {} cannot be read", self.name_of(root), shown(&self.path));
            return Err(InputError::new(message).because(why));
        }
        if found.is_empty() {
            return Err(failure);
        }
        for (root, why) in found {
            self.roots.remove(&root);
            self.unreadable.insert(root, why.root_cause());
        }
        self.open(rows)
    }

    /// That its data cannot be read.
    fn fault(&self) -> InputError {
        if self.in_memory { InputError::new(format!("{} cannot be read", shown(&self.path))) } else { broken(&self.path, "data") }
    }

    /// What the file calls a top-level column.
    fn name_of(&self, root: usize) -> &str {
        let at = self.places.iter().position(|(place, _)| *place == root).sure("a column that is read has a place");
        self.headers.names.sure_at(at)
    }

    /// The next batch of which rows are left.
    fn next_batch(&mut self, rows: usize, tolerant: bool) -> Result<Option<RecordBatch>, InputError> {
        if self.batches.is_none() {
            let roots: Vec<usize> = self.used().filter_map(|h| self.places.get(h)).map(|(root, _)| *root).collect();
            self.roots.extend(roots);
            if let Err(failure) = self.open(rows) {
                self.recover(failure, rows, tolerant)?;
            }
        }
        loop {
            if let Some(batch) = self.batch.take().filter(|b| self.given < b.num_rows()) {
                return Ok(Some(batch));
            }
            self.given = 0;
            match self.batches.as_mut().and_then(Iterator::next) {
                None => return Ok(None),
                Some(Ok(batch)) => {
                    self.fetched += batch.num_rows();
                    self.batch = Some(batch);
                }
                Some(Err(e)) => self.recover(self.fault().cause(e), rows, tolerant)?,
            }
        }
    }

    /// The next rows, at most so many: how many, and their cells.
    fn next_rows(&mut self, max_rows: usize, tolerant: bool) -> Result<Option<(usize, ArrowCells)>, InputError> {
        let Some(batch) = self.next_batch(max_rows, tolerant)? else { return Ok(None) };
        let rows = max_rows.min(batch.num_rows() - self.given);
        let part = batch.slice(self.given, rows);
        self.given += rows;
        self.last = rows;
        self.batch = Some(batch);
        let mut views: Vec<Option<View>> = vec![None; self.places.len()];
        for header in self.used() {
            let view = self.view(&part, header).map_err(|e| self.fault().cause(e))?;
            if let Some(place) = views.get_mut(header) {
                *place = Some(view);
            }
        }
        Ok(Some((rows, ArrowCells { views })))
    }

    /// The view of a header's column in the present batch.
    fn view(&self, batch: &RecordBatch, header: usize) -> Result<View, ArrowError> {
        let nothing = || ArrowError::SchemaError("a column is not in the batch".to_owned());
        let (root, fields) = self.places.get(header).ok_or_else(nothing)?;
        if self.unreadable.contains_key(root) {
            return Ok(View::Null);
        }
        let at = self.roots.iter().position(|known| known == root).ok_or_else(nothing)?;
        let mut array = batch.columns().get(at).ok_or_else(nothing)?.clone();
        for field in fields {
            let inner = array.as_any().downcast_ref::<StructArray>().and_then(|s| under(s, field));
            array = inner.ok_or_else(nothing)?;
        }
        View::new(&array, self.headers.names.get(header).is_some_and(|name| self.uuids.contains(name)))
    }
}

/// Batches from this row on.
fn after(batches: Batches, from: usize) -> Batches {
    let mut left = from;
    Box::new(batches.filter_map(move |batch| match batch {
        Ok(batch) if left >= batch.num_rows() && left > 0 => {
            left -= batch.num_rows();
            None
        }
        Ok(batch) => {
            let skip = std::mem::take(&mut left);
            Some(Ok(batch.slice(skip, batch.num_rows() - skip)))
        }
        Err(e) => Some(Err(e)),
    }))
}

/// The field of a struct, unknown where the struct is.
fn under(whole: &StructArray, field: &str) -> Option<ArrayRef> {
    let inner = whole.column_by_name(field)?;
    match whole.nulls() {
        None => Some(inner.clone()),
        Some(nulls) => {
            let missing = BooleanArray::new(!nulls.inner(), None);
            arrow_select::nullif::nullif(inner, &missing).ok()
        }
    }
}

/// The columns of a file, with the fields of structs.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: Vec<(usize, Vec<String>)>,
    /// The structs themselves.
    objects: Vec<String>,
    object_places: Vec<(usize, Vec<String>)>,
    uuids: BTreeSet<String>,
}

impl Columns {
    /// Names the column of a field, and the fields of a struct by dots.
    fn add(&mut self, field: &Arc<Field>, root: usize, path: &mut Vec<String>, prefix: &str) {
        let name = format!("{prefix}{}", field.name());
        if let DataType::Struct(fields) = field.data_type() {
            self.objects.push(name.clone());
            self.object_places.push((root, path.clone()));
            for inner in fields {
                path.push(inner.name().clone());
                self.add(inner, root, path, &format!("{name}."));
                path.pop();
            }
            return;
        }
        if view::is_uuid(field) {
            self.uuids.insert(name.clone());
        }
        self.names.push(name);
        self.places.push((root, path.clone()));
    }
}

fn broken(path: &Path, format: &str) -> InputError {
    InputError::new(format!("{} is not a readable {format} file: it is damaged or cut off", shown(path)))
}

fn damaged(path: &Path, format: &str, cause: impl std::error::Error + Send + Sync + 'static) -> InputError {
    broken(path, format).cause(cause)
}

impl Source for ArrowSource {
    fn headers(&self) -> Option<&Headers> {
        Some(&self.headers)
    }

    fn map(&mut self, mapping: Mapping) {
        self.mapping = mapping;
    }

    fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError> {
        let (fault, tolerant) = (self.fault(), builder.tolerant);
        let Some((rows, mut cells)) = guarded(|| fault, || self.next_rows(max_rows, tolerant))? else {
            return Ok(0);
        };
        for (carried, header) in self.mapping.carried.iter().enumerate() {
            let root = header.and_then(|header| self.places.get(header)).map(|(root, _)| root);
            if let Some(why) = root.and_then(|root| self.unreadable.get(root)) {
                builder.unreadable.insert(carried, why.clone());
            }
        }
        builder.columns(rows, &self.mapping, &mut cells);
        builder.end_rows(rows);
        Ok(rows)
    }

    fn cells(&self, row: usize) -> Vec<String> {
        let Some(batch) = &self.batch else { return Vec::new() };
        let part = batch.slice(self.given - self.last, self.last);
        (0..self.headers.names.len())
            .map(|header| match self.view(&part, header) {
                Ok(view) => match view.cell(row) {
                    Some(cell) => with_shown(cell, str::to_owned),
                    None => view.json(row).to_string(),
                },
                Err(_) => String::new(),
            })
            .collect()
    }
}

/// The cells of a record batch.
struct ArrowCells {
    views: Vec<Option<View>>,
}

impl ArrowCells {
    fn view(&self, column: usize) -> Option<&View> {
        self.views.get(column).and_then(Option::as_ref)
    }
}

/// Adds a value: a list, or a struct where no list can be, too.
fn push_value(view: Option<&View>, builder: &mut Builder, at: usize, row: u64, bad: &mut BadRows) {
    let Some(view) = view else { return builder.push(Cell::Missing, row, bad) };
    match (view.cell(at), view.list(at)) {
        (Some(cell), _) => builder.push(cell, row, bad),
        (None, Some((child, range))) => {
            let cells = range.map(|at| child.cell(at).unwrap_or(Cell::Text("[..]")));
            builder.push_list(cells, &view.json(at).to_string(), row, bad);
        }
        (None, None) if builder.asks_presence() => builder.push(Cell::Broken("{"), row, bad),
        (None, None) => builder.push(Cell::Text(&view.json(at).to_string()), row, bad),
    }
}

impl<'t> Cells<'t> for ArrowCells {
    type Column = std::iter::Repeat<Option<Raw<'t>>>;

    fn column(&self, _column: usize, _texts: bool) -> Self::Column {
        std::iter::repeat(None)
    }

    #[inline]
    fn cell(&mut self, row: usize, column: usize) -> Cell<'_> {
        self.view(column).and_then(|view| view.cell(row)).unwrap_or(Cell::Missing)
    }
}

impl Rows<'_> for ArrowCells {
    fn push_all(&mut self, builder: &mut Builder, rows: usize, column: usize, first: u64, bad: &mut BadRows) {
        if let Some(View::Dictionary(keys, texts)) = self.view(column) {
            let (values, distinct) = (keys.keys().values(), texts.len());
            let code = |row: usize| values.get(row).and_then(|&key| usize::try_from(key).ok()).unwrap_or(distinct);
            let text = |code: usize| (code < distinct && texts.is_valid(code)).then(|| texts.value(code));
            return match keys.nulls() {
                None => builder.push_coded(rows, code, text, distinct, first, bad),
                Some(nulls) => {
                    let code = |row: usize| if nulls.is_valid(row) { code(row) } else { distinct };
                    builder.push_coded(rows, code, text, distinct, first, bad);
                }
            };
        }
        if self.view(column).is_some_and(|view| view.push_typed(builder)) {
            return;
        }
        let nested = matches!(self.view(column), Some(View::List(..) | View::Map(..) | View::Struct(..)));
        if !nested {
            return builder.push_rows(self, rows, column, first, bad);
        }
        for at in 0..rows {
            push_value(self.view(column), builder, at, first + at as u64, bad);
        }
    }

    fn carry(&mut self, texts: &mut TextColumn, at: usize, column: usize) -> Option<String> {
        let Some(view) = self.view(column) else { return carry(texts, Cell::Missing) };
        match view.cell(at) {
            Some(cell) => carry(texts, cell),
            None => carry(texts, Cell::Text(&view.json(at).to_string())),
        }
    }

    fn push_events(&mut self, list: &mut WantedList, at: usize, column: usize, row: u64, bad: &mut BadRows) {
        let Some(view) = self.view(column) else { return list.close_row() };
        let Some((events, range)) = view.list(at) else {
            let text = self.cell(at, column);
            return with_shown(text, |text| list.push_text(text, row, bad));
        };
        for event in range.filter(|&event| events.is_known(event)) {
            for (_, wanted) in &mut list.fields {
                let field = wanted.names.iter().find_map(|name| events.field(name)).or_else(|| loosely(events, &wanted.names));
                push_value(field, &mut wanted.builder, event, row, bad);
            }
            list.count += 1;
        }
        list.close_row();
    }
}

/// The field that a name fits when case, spaces, `_` and `-` do not count.
fn loosely<'a>(events: &'a View, names: &[Arc<str>]) -> Option<&'a View> {
    let View::Struct(_, fields) = events else { return None };
    names.iter().find_map(|name| {
        let wanted = super::header::normal(name);
        fields.iter().find(|(own, _)| super::header::normal(own) == wanted).map(|(_, view)| view)
    })
}

/// A file that can be read at any place.
pub(crate) enum Whole {
    /// On disk.
    File(File),
    /// In memory, because it came through a pipe.
    Bytes(bytes::Bytes),
}
