//! A table being read, whatever its format: which columns are wanted, where they are, and what has come of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::{Builder, number_text, with_shown, with_text};
use super::cell::{Cell, Cells};
use super::error::InputError;
use super::header::Headers;
use super::json::{Level, push_events};
use super::piece::Piece;
use super::report::{BadLine, BadRows, ColumnLog, Fault, NotedFault, RowFault, SAMPLES, shorten};
use crate::column::{Column, EventColumns, TextColumn};
use crate::invariant::Sure as _;
use crate::schema::{EventId, EventList, FieldId, Property, Schema};

/// A column that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The headers that fit, in order.
    pub(crate) names: Vec<Arc<str>>,
    /// The column to read by its position, from 1, instead.
    pub(crate) position: Option<u32>,
    /// What the data call it.
    pub(crate) column: String,
    /// Where its cells go.
    pub(crate) builder: Builder,
    /// What is looked for.
    pub(crate) kind: Kind,
}

/// What is looked for in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A column.
    Column,
    /// An object.
    Object,
    /// A column that should not be there, so that nobody looks for it in every record.
    Unwanted,
    /// An object that should not be there.
    UnwantedObject,
}

impl Kind {
    /// Whether it is an object.
    pub(crate) fn is_object(self) -> bool {
        matches!(self, Self::Object | Self::UnwantedObject)
    }

    /// Whether it should be there.
    pub(crate) fn is_sought(self) -> bool {
        matches!(self, Self::Column | Self::Object)
    }
}

impl Wanted {
    /// The column of a property or field.
    pub(crate) fn new(property: &Property, schema: &Schema) -> Self {
        Self {
            names: candidates(property),
            position: property.from_column,
            column: property.name.to_string(),
            builder: Builder::new(property, schema),
            kind: Kind::Column,
        }
    }
}

/// The headers that fit a property, in order.
pub(crate) fn candidates(property: &Property) -> Vec<Arc<str>> {
    property.from.iter().chain(std::iter::once(&property.name)).cloned().collect()
}

/// Where a file has what is wanted: by wanted column, list and carried column, `None` where the file has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mapping {
    pub(crate) columns: Vec<Option<usize>>,
    pub(crate) lists: Vec<Option<usize>>,
    pub(crate) carried: Vec<Option<usize>>,
}

impl Mapping {
    /// How many columns and lists there are places for.
    pub(crate) fn wanted(&self) -> usize {
        self.columns.len() + self.lists.len() + self.carried.len()
    }
}

/// A file of records, read into a builder some rows at a time.
pub(crate) trait Source: Send {
    /// The columns of the file; `None` where every record names its own.
    fn headers(&self) -> Option<&Headers>;

    /// Says which columns are wanted; called once, before the first `fill`.
    fn map(&mut self, mapping: Mapping);

    /// Reads at most `max_rows` records; 0 means that there are no more.
    fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError>;

    /// What was taken for the records, where a file leaves a choice: its sheet, a list within an object.
    fn found(&self) -> Option<String> {
        None
    }

    /// What of that is to be told in any case.
    fn note(&self) -> Option<String> {
        None
    }

    /// Whether records can be cut off to be decoded elsewhere.
    fn can_cut(&self) -> bool {
        false
    }

    /// Cuts off the records that `fill` would read; `None` at the end.
    fn cut(&mut self, max_rows: usize) -> Result<Option<Piece>, InputError> {
        let _ = max_rows;
        Ok(None)
    }

    /// How many rows without any value were passed over since the last time, beside those that the builder was told of.
    fn skipped(&mut self) -> u64 {
        0
    }

    /// How the file begins: its first rows with the number of the line or row of each.
    fn head(&self) -> Vec<(u64, Vec<String>)> {
        Vec::new()
    }

    /// Takes back the memory of records that were cut off.
    fn reuse(&mut self, piece: Piece) {
        drop(piece);
    }

    /// All cells of a record of the last `fill`, as in the data.
    fn cells(&self, row: usize) -> Vec<String>;
}

/// Rows whose cells go into columns, lists and texts carried along.
pub(crate) trait Rows<'t>: Cells<'t> + Sized {
    /// Adds the cells of `rows` rows to a column, the first as that of row number `first`.
    #[inline]
    fn push_all(&mut self, builder: &mut Builder, rows: usize, column: usize, first: u64, bad: &mut BadRows) {
        builder.push_rows(self, rows, column, first, bad);
    }

    /// Carries a cell along; gives its text where that is no value.
    fn carry(&mut self, texts: &mut TextColumn, at: usize, column: usize) -> Option<String> {
        carry(texts, self.cell(at, column))
    }

    /// Adds the events in the cell at `at` to a list.
    fn push_events(&mut self, list: &mut WantedList, at: usize, column: usize, row: u64, bad: &mut BadRows) {
        with_shown(self.cell(at, column), |text| list.push_text(text, row, bad));
    }
}

/// Carries a cell along; gives its text where that is no value.
pub(crate) fn carry(texts: &mut TextColumn, cell: Cell<'_>) -> Option<String> {
    with_text(cell, |text| texts.push(text.filter(|t| !t.is_empty())));
    match cell {
        Cell::Broken(text) => Some(text.to_owned()),
        Cell::Number(x) if !x.is_finite() => Some(number_text(x)),
        Cell::Missing
        | Cell::Text(_)
        | Cell::Integer(_)
        | Cell::Number(_)
        | Cell::Boolean(_)
        | Cell::Date(_)
        | Cell::Instant(..)
        | Cell::Local(_) => None,
    }
}

/// An event list that is wanted, nested in the records.
#[derive(Debug)]
pub(crate) struct WantedList {
    pub(crate) event: EventId,
    pub(crate) name: Arc<str>,
    /// The fields that are read.
    pub(crate) fields: Vec<(FieldId, Wanted)>,
    /// Which key of an event is which field.
    pub(crate) keys: Level,
    /// How many fields the list has.
    all: usize,
    offsets: Vec<u32>,
    /// Events of the present batch.
    pub(crate) count: u32,
    /// Cells that are no list of events.
    pub(crate) log: ColumnLog,
}

impl WantedList {
    /// The list, of which these fields are read.
    pub(crate) fn new<'a>(event: EventId, list: &EventList, fields: impl Iterator<Item = &'a FieldId>, schema: &Schema) -> Self {
        let fields: Vec<(FieldId, Wanted)> = fields
            .filter_map(|&id| Some((id, list.field(id)?)))
            .map(|(id, field)| (id, Wanted::new(&named_after(list, field), schema)))
            .collect();
        let names = fields.iter().map(|(_, w)| w.names.iter().map(|n| &**n).collect());
        let keys = Level::new(names.enumerate());
        Self {
            event,
            name: list.name.clone(),
            fields,
            keys,
            all: list.fields.len(),
            offsets: vec![0],
            count: 0,
            log: ColumnLog::default(),
        }
    }

    /// Builders of the fields that are read, by field of the list, which no value has to have.
    pub(crate) fn builders(&self, schema: &Schema) -> Vec<Option<Builder>> {
        let mut out: Vec<Option<Builder>> = (0..self.all).map(|_| None).collect();
        let Some(list) = schema.event(self.event) else { return out };
        for (id, _) in &self.fields {
            if let (Some(place), Some(field)) = (out.get_mut(id.0 as usize), list.field(*id)) {
                let mut field = named_after(list, field);
                field.required = false;
                *place = Some(Builder::new(&field, schema));
            }
        }
        out
    }

    /// Adds the events that a JSON text names; empty text is none.
    pub(crate) fn push_text(&mut self, text: &str, row: u64, bad: &mut BadRows) {
        if !push_events(self, text, row, bad) {
            self.log.add(Fault::Unreadable, row, text);
            bad.faults.push(RowFault { row, message: format!("{}: `{}` is not a list of events", self.name, shorten(text)) });
        }
        self.close_row();
    }

    /// Ends the events of a record.
    pub(crate) fn close_row(&mut self) {
        self.offsets.push(self.count);
    }

    /// The events so far.
    pub(crate) fn take(&mut self) -> EventColumns {
        let mut fields = vec![None; self.all];
        for (id, wanted) in &mut self.fields {
            if let Some(place) = fields.get_mut(id.0 as usize) {
                *place = Some(wanted.builder.take());
            }
        }
        self.count = 0;
        EventColumns { offsets: std::mem::replace(&mut self.offsets, vec![0]), fields }
    }
}

/// A field under the name that messages give it: `page_view.url`.
pub(crate) fn named_after(list: &EventList, field: &Property) -> Property {
    let mut field = field.clone();
    field.from.push(field.name.clone());
    field.name = Arc::from(format!("{}.{}", list.name, field.name));
    field
}

/// Where cells become columns.
#[derive(Debug, Default)]
pub(crate) struct ColumnBuilder {
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) lists: Vec<WantedList>,
    pub(crate) carried: Vec<TextColumn>,
    /// What the carried columns are called.
    pub(crate) carried_names: Vec<String>,
    /// Where a file that has a carried column there has it, if its name may occur twice.
    pub(crate) carried_places: Vec<usize>,
    /// Records so far, over all files.
    pub(crate) rows: u64,
    /// The row number before the first of the present batch.
    pub(crate) before: u64,
    /// Faults of the present batch.
    pub(crate) bad: BadRows,
    /// Rows without any value, which are no records.
    pub(crate) empty_rows: u64,
    pub(crate) ragged: u64,
    pub(crate) broken: u64,
    pub(crate) bad_lines: Vec<BadLine>,
    /// Whether columns that cannot be read are left out, for those who look at what there is.
    pub(crate) tolerant: bool,
    /// By carried column that was left out: why.
    pub(crate) unreadable: BTreeMap<usize, String>,
    /// Where the carried cells of the present batch are no value, by column and row; kept for those who look at what there is.
    pub(crate) carried_broken: BTreeSet<(usize, usize)>,
    /// Lines of the present batch that gave no record, with what is wrong, if they are kept.
    pub(crate) unread: Vec<(String, String)>,
}

/// What a builder has to say of some rows, to be counted elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    faults: Vec<RowFault>,
    /// By wanted column, then by list: of its cells, and of its fields.
    noted: Vec<(Vec<NotedFault>, bool)>,
    empty_rows: u64,
    ragged: u64,
    broken: u64,
    bad_lines: Vec<BadLine>,
}

/// What is kept in memory has at most so many bytes of text in a column.
const MOST_TEXT: usize = 2 << 30;

impl ColumnBuilder {
    /// Whether a column holds more text than can be kept in memory.
    pub(crate) fn is_full(&self) -> bool {
        self.wanted.iter().any(|wanted| wanted.builder.text_bytes() > MOST_TEXT)
    }

    /// Every log: of the wanted columns, of the lists and of their fields.
    fn logs(&mut self) -> impl Iterator<Item = &mut ColumnLog> {
        let lists = self.lists.iter_mut().flat_map(|list| {
            std::iter::once(&mut list.log).chain(list.fields.iter_mut().map(|(_, wanted)| &mut wanted.builder.log))
        });
        self.wanted.iter_mut().map(|wanted| &mut wanted.builder.log).chain(lists)
    }

    /// Keeps what there is to say for [`told`](Self::told).
    pub(crate) fn keep_told(&mut self) {
        self.logs().for_each(|log| *log = ColumnLog::notes());
    }

    /// What there is to say of the rows since the last time.
    pub(crate) fn told(&mut self) -> Reported {
        Reported {
            faults: std::mem::take(&mut self.bad).faults,
            noted: self.logs().map(ColumnLog::noted).collect(),
            empty_rows: std::mem::take(&mut self.empty_rows),
            ragged: std::mem::take(&mut self.ragged),
            broken: std::mem::take(&mut self.broken),
            bad_lines: std::mem::take(&mut self.bad_lines),
        }
    }

    /// Counts what another builder had to say of rows whose numbers are to be moved on by `on`: lines that gave no record were counted
    /// there, and records that share a line were not.
    pub(crate) fn tell(&mut self, told: Reported, on: i64) {
        for (log, (noted, any)) in self.logs().zip(told.noted) {
            log.any |= any;
            noted.iter().for_each(|(fault, row, value)| log.add(*fault, row.saturating_add_signed(on), value));
        }
        let faults = told.faults.into_iter().map(|fault| RowFault { row: fault.row.saturating_add_signed(on), ..fault });
        self.bad.faults.extend(faults);
        self.empty_rows += told.empty_rows;
        self.ragged += told.ragged;
        self.broken += told.broken;
        for line in told.bad_lines {
            self.sample(BadLine { row: line.row.map(|row| row.saturating_add_signed(on)), ..line });
        }
    }

    /// The number of the row that comes next.
    pub(crate) fn next_row(&self) -> u64 {
        self.rows + 1
    }

    /// Adds `rows` rows column by column.
    pub(crate) fn columns<'t>(&mut self, rows: usize, mapping: &Mapping, cells: &mut impl Rows<'t>) {
        let first = self.next_row();
        let bad = &mut self.bad;
        for (wanted, place) in self.wanted.iter_mut().zip(&mapping.columns) {
            let builder = &mut wanted.builder;
            match *place {
                None => (0..rows).for_each(|row| builder.push(Cell::Missing, first + row as u64, bad)),
                Some(column) => cells.push_all(builder, rows, column, first, bad),
            }
        }
        for (list, place) in self.lists.iter_mut().zip(&mapping.lists) {
            for row in 0..rows {
                match *place {
                    None => list.close_row(),
                    Some(column) => cells.push_events(list, row, column, first + row as u64, bad),
                }
            }
        }
        for (at, (texts, place)) in self.carried.iter_mut().zip(&mapping.carried).enumerate() {
            match *place {
                None => (0..rows).for_each(|_| texts.push(None)),
                Some(column) => {
                    for row in 0..rows {
                        if cells.carry(texts, row, column).is_some() && self.tolerant {
                            self.carried_broken.insert((at, texts.len().saturating_sub(1)));
                        }
                    }
                }
            }
        }
    }

    /// Counts rows that have been added to every column.
    pub(crate) fn end_rows(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    /// What the data should call a column, a list or a carried column, in this order.
    pub(crate) fn name_of(&self, target: usize) -> &str {
        let columns = self.wanted.iter().map(|w| w.column.as_str());
        let lists = self.lists.iter().map(|l| &*l.name);
        columns
            .chain(lists)
            .chain(self.carried_names.iter().map(String::as_str))
            .nth(target)
            .sure("a target is a column, a list or carried")
    }

    /// Starts the next batch.
    pub(crate) fn begin_batch(&mut self) {
        self.before = self.rows;
    }

    /// The place in the present batch of a row number.
    pub(crate) fn place_in_batch(&self, row: u64) -> usize {
        row.saturating_sub(self.before + 1) as usize
    }

    /// Notes a fault of a row that is counted elsewhere.
    pub(crate) fn fault(&mut self, row: u64, message: String) {
        self.bad.faults.push(RowFault { row, message });
    }

    /// Counts a row that is not shaped like its header.
    pub(crate) fn ragged(&mut self, line: BadLine) {
        self.ragged += 1;
        if let Some(row) = line.row {
            self.bad.faults.push(RowFault { row, message: line.message.clone() });
        }
        self.sample(line);
    }

    /// Counts a line that gave no record.
    pub(crate) fn broken(&mut self, line: BadLine, kept: Option<String>) {
        self.broken += 1;
        self.unread.extend(kept.map(|record| (format!("line {} {}", line.line, line.message), record)));
        self.sample(line);
    }

    fn sample(&mut self, line: BadLine) {
        if self.bad_lines.len() < SAMPLES {
            self.bad_lines.push(line);
        }
    }

    /// The columns so far, in the order of `wanted`, and the carried ones.
    pub(crate) fn take(&mut self) -> (Vec<Column>, Vec<TextColumn>) {
        let columns = self.wanted.iter_mut().map(|w| w.builder.take()).collect();
        let carried = self.carried.iter_mut().map(TextColumn::take_rows).collect();
        (columns, carried)
    }
}
