//! Parquet and Arrow IPC: record batches, projected to what is wanted.

mod lengths;
mod view;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::build::{Builder, with_text};
use super::cell::{Cell, Cells, Raw};
use super::error::{InputError, shown};
use super::guard::guarded;
use super::header::Headers;
use super::report::BadRows;
use super::table::{Mapping, Rows, Sink, Source, WantedList};
use crate::column::TextColumn;
use view::View;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Opens the batches of these top-level columns.
type Start = Box<dyn FnOnce(&BTreeSet<usize>, usize) -> Result<Batches, InputError> + Send>;

/// A Parquet or Arrow file being read.
pub(crate) struct ArrowSource {
    path: PathBuf,
    headers: Headers,
    /// Where the column of a header is: a top-level column, then fields of structs.
    places: Vec<(usize, Vec<String>)>,
    start: Option<Start>,
    batches: Option<Batches>,
    batch: Option<RecordBatch>,
    /// Rows of the batch that have been given, and how many of them last.
    given: usize,
    last: usize,
    /// By top-level column: its place in a batch.
    projected: Vec<Option<usize>>,
    mapping: Mapping,
    all: bool,
}

impl ArrowSource {
    /// A Parquet file; `all` decodes every column, for rejected rows.
    pub(crate) fn parquet(path: &Path, input: Whole, all: bool) -> Result<Self, InputError> {
        guarded(
            || broken(path, "Parquet"),
            || match input {
                Whole::File(file) => Self::parquet_of(path, file, all),
                Whole::Bytes(bytes) => Self::parquet_of(path, bytes, all),
            },
        )
    }

    fn parquet_of<R>(path: &Path, reader: R, all: bool) -> Result<Self, InputError>
    where
        R: parquet::file::reader::ChunkReader + 'static,
    {
        let broken = {
            let path = path.to_owned();
            move |e: parquet::errors::ParquetError| damaged(&path, "Parquet", e)
        };
        let metadata = ArrowReaderMetadata::load(&reader, ArrowReaderOptions::new()).map_err(&broken)?;
        // Text that was written with a dictionary is read with it.
        let hinted = with_dictionaries(&metadata);
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), ArrowReaderOptions::new().with_schema(hinted))
            .unwrap_or(metadata);
        let schema = metadata.schema().clone();
        let start: Start = Box::new(move |roots, rows| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata);
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
            let reader = builder.with_projection(mask).with_batch_size(rows).build().map_err(broken)?;
            Ok(Box::new(reader))
        });
        Ok(Self::new(path, &schema, start, all))
    }

    /// An Arrow IPC file or stream.
    pub(crate) fn ipc(path: &Path, input: Whole, all: bool) -> Result<Self, InputError> {
        guarded(
            || broken(path, "Arrow"),
            || match input {
                Whole::File(file) => Self::ipc_of(path, BufReader::new(file), all),
                Whole::Bytes(bytes) => Self::ipc_of(path, std::io::Cursor::new(bytes), all),
            },
        )
    }

    fn ipc_of<R: Read + Seek + Send + 'static>(path: &Path, mut reader: R, all: bool) -> Result<Self, InputError> {
        let broken = {
            let path = path.to_owned();
            move |e: ArrowError| damaged(&path, "Arrow", e)
        };
        let mut magic = [0; 6];
        let file = reader.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
        if !lengths::fit(&mut reader, file).map_err(|e| InputError::io(path, e))? {
            return Err(self::broken(path, "Arrow"));
        }
        reader.rewind().map_err(|e| InputError::io(path, e))?;
        // The schema is read with all columns; what is wanted is known only afterwards.
        let (schema, batches): (SchemaRef, Batches) = if file {
            let reader = FileReader::try_new(reader, None).map_err(&broken)?;
            (reader.schema(), Box::new(reader))
        } else {
            let reader = StreamReader::try_new(reader, None).map_err(&broken)?;
            (reader.schema(), Box::new(reader))
        };
        let start: Start = Box::new(move |roots, _| {
            let roots: Vec<usize> = roots.iter().copied().collect();
            Ok(Box::new(batches.map(move |batch| batch.and_then(|b| b.project(&roots)))))
        });
        Ok(Self::new(path, &schema, start, all))
    }

    fn new(path: &Path, schema: &SchemaRef, start: Start, all: bool) -> Self {
        let mut names = Vec::new();
        let mut places = Vec::new();
        for (root, field) in schema.fields().iter().enumerate() {
            flatten(field, root, &mut Vec::new(), "", &mut names, &mut places);
        }
        Self {
            path: path.to_owned(),
            headers: Headers::new(names),
            places,
            start: Some(start),
            batches: None,
            batch: None,
            given: 0,
            last: 0,
            projected: vec![None; schema.fields().len()],
            mapping: Mapping::default(),
            all,
        }
    }

    /// The next rows, at most so many: how many, and their cells.
    fn next_rows(&mut self, max_rows: usize) -> Result<Option<(usize, ArrowCells)>, InputError> {
        if let Some(start) = self.start.take() {
            let used = self.mapping.columns.iter().chain(&self.mapping.lists).chain(&self.mapping.carried).flatten();
            let mut roots: BTreeSet<usize> = used.filter_map(|&h| self.places.get(h)).map(|(root, _)| *root).collect();
            if self.all {
                roots.extend(0..self.projected.len());
            }
            for (at, &root) in roots.iter().enumerate() {
                if let Some(place) = self.projected.get_mut(root) {
                    *place = Some(at);
                }
            }
            self.batches = Some(start(&roots, max_rows)?);
        }
        let batch = loop {
            if let Some(batch) = self.batch.take().filter(|b| self.given < b.num_rows()) {
                break batch;
            }
            self.given = 0;
            match self.batches.as_mut().and_then(Iterator::next) {
                None => return Ok(None),
                Some(Ok(batch)) => self.batch = Some(batch),
                Some(Err(e)) => return Err(damaged(&self.path, "data", e)),
            }
        };
        let rows = max_rows.min(batch.num_rows() - self.given);
        let part = batch.slice(self.given, rows);
        self.given += rows;
        self.last = rows;
        self.batch = Some(batch);
        let used = self.mapping.columns.iter().chain(&self.mapping.lists).chain(&self.mapping.carried).flatten();
        let mut views: Vec<Option<View>> = vec![None; self.headers.names.len()];
        for &header in used {
            let view = self.view(&part, header).map_err(|e| damaged(&self.path, "data", e))?;
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
        let at = self.projected.get(*root).copied().flatten().ok_or_else(nothing)?;
        let mut array = batch.columns().get(at).ok_or_else(nothing)?.clone();
        for field in fields {
            let inner = array.as_any().downcast_ref::<StructArray>().and_then(|s| under(s, field));
            array = inner.ok_or_else(nothing)?;
        }
        View::new(&array)
    }
}

/// The field of a struct, unknown where the struct is.
fn under(whole: &StructArray, field: &str) -> Option<ArrayRef> {
    let inner = whole.column_by_name(field)?;
    match whole.nulls() {
        None => Some(inner.clone()),
        Some(nulls) => {
            let missing = arrow::array::BooleanArray::new(!nulls.inner(), None);
            arrow::compute::nullif(inner, &missing).ok()
        }
    }
}

/// Names the column of a field, and the fields of a struct by dots.
fn flatten(
    field: &Arc<Field>,
    root: usize,
    path: &mut Vec<String>,
    prefix: &str,
    names: &mut Vec<String>,
    places: &mut Vec<(usize, Vec<String>)>,
) {
    let name = format!("{prefix}{}", field.name());
    if let DataType::Struct(fields) = field.data_type() {
        for inner in fields {
            path.push(inner.name().clone());
            flatten(inner, root, path, &format!("{name}."), names, places);
            path.pop();
        }
        return;
    }
    names.push(name);
    places.push((root, path.clone()));
}

/// The schema with a dictionary for every top-level text whose first row group has one.
fn with_dictionaries(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let file = metadata.metadata();
    let fields = metadata.schema().fields().iter().map(|field| {
        let plain = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let kept = plain
            && file.row_groups().first().is_some_and(|group| {
                group.columns().iter().any(|c| {
                    let parts = c.column_descr().path().parts();
                    parts.len() == 1 && parts.first() == Some(field.name()) && c.dictionary_page_offset().is_some()
                })
            });
        if kept {
            let ty = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(ty))
        } else {
            field.clone()
        }
    });
    Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()))
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

    fn fill(&mut self, sink: &mut Sink, max_rows: usize) -> Result<usize, InputError> {
        let path = self.path.clone();
        let Some((rows, mut cells)) = guarded(|| broken(&path, "data"), || self.next_rows(max_rows))? else { return Ok(0) };
        sink.columns(rows, &self.mapping, &mut cells);
        sink.end_rows(rows);
        Ok(rows)
    }

    fn cells(&self, row: usize) -> Vec<String> {
        let Some(batch) = &self.batch else { return Vec::new() };
        let part = batch.slice(self.given - self.last, self.last);
        (0..self.headers.names.len())
            .map(|header| match self.view(&part, header) {
                Ok(view) => match view.cell(row) {
                    Some(cell) => with_text(cell, |text| text.unwrap_or("").to_owned()),
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

    /// Adds a list, or a struct where no list can be.
    fn push_nested(&self, builder: &mut Builder, at: usize, column: usize, row: u64, bad: &mut BadRows) {
        let Some(view) = self.view(column) else { return builder.push(Cell::Missing, row, bad) };
        match (view.cell(at), view.list(at)) {
            (Some(cell), _) => builder.push(cell, row, bad),
            (None, Some((child, range))) => {
                let cells = range.map(|at| child.cell(at).unwrap_or(Cell::Text("[..]")));
                builder.push_list(cells, &view.json(at).to_string(), row, bad);
            }
            (None, None) => builder.push(Cell::Text(&view.json(at).to_string()), row, bad),
        }
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
        let nested = matches!(self.view(column), Some(View::List(..) | View::Struct(..)));
        if !nested {
            return builder.push_rows(self, rows, column, first, bad);
        }
        for at in 0..rows {
            self.push_nested(builder, at, column, first + at as u64, bad);
        }
    }

    fn carry(&mut self, texts: &mut TextColumn, at: usize, column: usize) {
        match self.view(column) {
            None => texts.push(None),
            Some(view) => match view.cell(at) {
                Some(cell) => with_text(cell, |text| texts.push(text.filter(|t| !t.is_empty()))),
                None => texts.push(Some(&view.json(at).to_string())),
            },
        }
    }

    fn push_events(&mut self, list: &mut WantedList, at: usize, column: usize, row: u64, bad: &mut BadRows) {
        let Some(view) = self.view(column) else { return list.close_row() };
        let Some((events, range)) = view.list(at) else {
            let text = self.cell(at, column);
            return with_text(text, |text| list.push_text(text.unwrap_or(""), row, bad));
        };
        for event in range.filter(|&event| events.is_known(event)) {
            for (_, wanted) in &mut list.fields {
                let field = wanted.names.iter().find_map(|name| events.field(name)).or_else(|| loosely(events, &wanted.names));
                let cell = field.and_then(|view| view.cell(event)).unwrap_or(Cell::Missing);
                wanted.builder.push(cell, row, bad);
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
