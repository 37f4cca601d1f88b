//! From cells to columns: one builder a column, filled row by row or column by column, emptied batch by batch.

mod choice;
mod defaults;
mod present;
mod rules;
mod sets;
mod short;
mod shown;
mod texts;

pub(crate) use rules::{Forms, Read, Rules};
pub(crate) use shown::{number_text, with_shown, with_text};

use std::sync::Arc;

use crate::column::{BooleanColumn, Column, Mask, Values};
use crate::input::cell::{Cell, Cells, Raw, moment, trim};
use crate::input::report::{BadRows, ColumnLog, Fault, RowFault, shorten};
use crate::schema::{Property, Schema};
use crate::value::{Type, Value};

use choice::OptionBuilder;
use defaults::{boolean_of, date_of, datetime_of, integer_of, number_of};
use present::PresentBuilder;
use sets::{SetBuilder, TextSetBuilder};
use short::ShortCells;
use texts::TextBuilder;

/// A code of a source whose text has not been looked at.
const OPEN: u32 = u32::MAX - 1;

/// Builds the column of one property or field.
#[derive(Debug)]
pub(crate) struct Builder {
    name: Arc<str>,
    rules: Rules,
    required: bool,
    default: Option<Value>,
    data: Data,
    /// Codes of cells that were read before: of the text, option or remembered set.
    short: ShortCells,
    /// What went wrong so far.
    pub(crate) log: ColumnLog,
    expected: &'static str,
}

#[derive(Debug)]
enum Data {
    Integer(Values<i64>),
    Number(Values<f64>),
    Boolean(BooleanColumn),
    Date(Values<i32>),
    DateTime(Values<i64>),
    Text(Box<TextBuilder>),
    Option(Box<OptionBuilder>),
    Set(Box<SetBuilder>),
    TextSet(Box<TextSetBuilder>),
    Present(PresentBuilder),
}

impl Builder {
    /// A builder for `property` under the reading rules of `schema`.
    pub(crate) fn new(property: &Property, schema: &Schema) -> Self {
        let rules = Rules::new(property, schema);
        let split = property.split.clone().unwrap_or_else(|| Arc::from(";"));
        let (data, expected) = match &property.ty {
            Type::Integer => (Data::Integer(Values::default()), "a whole number"),
            Type::Number => (Data::Number(Values::default()), "a number"),
            Type::Boolean => (Data::Boolean(BooleanColumn::default()), "true or false"),
            Type::Date => (Data::Date(Values::default()), "a date"),
            Type::DateTime => (Data::DateTime(Values::default()), "a date with a time"),
            Type::Text | Type::Label => (Data::Text(Box::default()), "text"),
            Type::OneOf(options) => {
                (Data::Option(Box::new(OptionBuilder::new(Forms::new(options, schema.ignore_accents)))), "one of the options")
            }
            Type::SetOf(options) => {
                let forms = Forms::new(options, schema.ignore_accents);
                (Data::Set(Box::new(SetBuilder::new(forms, options.len(), split))), "options of the set")
            }
            Type::SetOfText => (Data::TextSet(Box::new(TextSetBuilder::new(split, schema.ignore_accents))), "a list of texts"),
            Type::Score => (Data::Number(Values::default()), "a number"),
        };
        Self {
            name: property.name.clone(),
            rules,
            required: property.required,
            default: property.default.clone(),
            data,
            short: ShortCells::default(),
            log: ColumnLog::default(),
            expected,
        }
    }

    /// The property or field, as messages name it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it reads the company of a contact, as HubSpot's records have it.
    pub(crate) fn is_associated(&self) -> bool {
        self.rules.associated
    }

    /// How many bytes of text are held.
    pub(crate) fn text_bytes(&self) -> usize {
        match &self.data {
            Data::Text(texts) => texts.bytes(),
            Data::TextSet(sets) => sets.bytes(),
            Data::Integer(_)
            | Data::Number(_)
            | Data::Boolean(_)
            | Data::Date(_)
            | Data::DateTime(_)
            | Data::Option(_)
            | Data::Set(_)
            | Data::Present(_) => 0,
        }
    }

    /// What the type takes, in words.
    pub(crate) fn expected(&self) -> &'static str {
        self.expected
    }

    /// Adds the cell of a row.
    #[inline]
    pub(crate) fn push(&mut self, cell: Cell<'_>, row: u64, bad: &mut BadRows) {
        if let Cell::Text(text) = cell
            && self.short.find(text.as_bytes()).is_some_and(|code| self.data.push_code(code))
        {
            return;
        }
        self.push_new(cell, row, bad);
    }

    /// Adds the cell of a row, looked at in full, and remembers what came of it.
    fn push_new(&mut self, cell: Cell<'_>, row: u64, bad: &mut BadRows) {
        let Cell::Text(text) = cell else { return self.push_anew(cell, row, bad) };
        let faults = bad.faults.len();
        self.push_anew(cell, row, bad);
        // A cell that has to be counted is looked at each time.
        if let Some(code) = self.data.last_code().filter(|_| bad.faults.len() == faults) {
            self.short.add(text.as_bytes(), code);
        }
    }

    /// Adds the cell of a row, looked at in full.
    fn push_anew(&mut self, cell: Cell<'_>, row: u64, bad: &mut BadRows) {
        let default = self.default.as_ref();
        let texts = matches!(self.data, Data::Text(_) | Data::Option(_) | Data::Set(_) | Data::TextSet(_));
        let odd = if texts { self.rules.no_text(cell) } else { None };
        let (shown, cell) = (cell, if odd.is_some() { Cell::Missing } else { cell });
        // Each arm says whether the cell was unknown or wrong; what stands for it has been added by then.
        let outcome = match &mut self.data {
            Data::Integer(values) => settle(self.rules.integer(cell), default, integer_of, |v| values.push(v)),
            Data::Number(values) => settle(self.rules.number(cell), default, number_of, |v| values.push(v)),
            Data::Boolean(column) => settle(self.rules.boolean(cell), default, boolean_of, |v| {
                column.truth.push(v == Some(true));
                column.known.push(v.is_some());
            }),
            Data::Date(values) => settle(self.rules.date(cell), default, date_of, |v| values.push(v)),
            Data::DateTime(values) => settle(self.rules.datetime(cell), default, datetime_of, |v| values.push(v)),
            Data::Text(texts) => with_text(cell, |text| texts.push(text, &self.rules, default)),
            Data::Option(options) => with_text(cell, |text| options.push(text, &self.rules, default)),
            Data::Set(sets) => {
                let faults = with_shown(cell, |text| sets.push_text(text, &self.rules));
                self.members(faults, row, bad);
                Read::Known(())
            }
            Data::TextSet(sets) => {
                with_text(cell, |text| sets.push_text(text, &self.rules));
                Read::Known(())
            }
            Data::Present(present) => {
                present.push(cell, &self.rules);
                Read::Known(())
            }
        };
        match odd.unwrap_or(outcome) {
            Read::Known(()) => {}
            Read::Unknown if !self.required => {}
            Read::Unknown => self.fault(Fault::Required, row, "", bad),
            Read::Bad(fault) => with_shown(shown, |text| self.fault(fault, row, text, bad)),
        }
    }

    /// Adds the cells of `rows` rows of a column, the first as that of row number `first`: as [`push`](Self::push), in one loop a type.
    pub(crate) fn push_rows<'t>(
        &mut self,
        cells: &mut impl Cells<'t>,
        rows: usize,
        column: usize,
        first: u64,
        bad: &mut BadRows,
    ) {
        let (rules, default, required) = (&self.rules, self.default.as_ref(), self.required);
        let mut odd: Vec<(usize, Fault)> = Vec::new();
        let mut note = |row: usize, outcome: Read<()>| match outcome {
            Read::Known(()) => {}
            Read::Unknown if !required => {}
            Read::Unknown => odd.push((row, Fault::Required)),
            Read::Bad(fault) => odd.push((row, fault)),
        };
        match &mut self.data {
            Data::Integer(values) => {
                let (mut raw, empty) = (cells.column(column, false), empty(default, required, integer_of));
                values.extend_from_fn(rows, |row| match usual(raw.next().flatten(), empty, |cell| rules.usual_integer(cell)) {
                    Some(value) => value,
                    None => settled(rules.integer(cells.cell(row, column)), default, integer_of, row, &mut note),
                });
            }
            Data::Number(values) => {
                let (mut raw, empty) = (cells.column(column, false), empty(default, required, number_of));
                values.extend_from_fn(rows, |row| match usual(raw.next().flatten(), empty, |cell| rules.usual_number(cell)) {
                    Some(value) => value,
                    None => settled(rules.number(cells.cell(row, column)), default, number_of, row, &mut note),
                });
            }
            Data::Date(values) => {
                let (mut raw, empty) = (cells.column(column, false), empty(default, required, date_of));
                values.extend_from_fn(rows, |row| {
                    match usual(raw.next().flatten(), empty, |cell| rules.usual_date(cell.bytes)) {
                        Some(value) => value,
                        None => settled(rules.date(cells.cell(row, column)), default, date_of, row, &mut note),
                    }
                });
            }
            Data::DateTime(values) => {
                let (mut raw, empty) = (cells.column(column, false), empty(default, required, datetime_of));
                values.extend_from_fn(rows, |row| {
                    match usual(raw.next().flatten(), empty, |cell| rules.usual_datetime(cell.bytes)) {
                        Some(value) => value,
                        None => settled(rules.datetime(cells.cell(row, column)), default, datetime_of, row, &mut note),
                    }
                });
            }
            Data::Boolean(values) => {
                let (mut raw, empty) = (cells.column(column, false), empty(default, required, boolean_of));
                let truth = &mut values.truth;
                values.known.extend_from_fn(rows, |row| {
                    let value = match usual(raw.next().flatten(), empty, |cell| rules.usual_boolean(cell.bytes)) {
                        Some(value) => value,
                        None => settled(rules.boolean(cells.cell(row, column)), default, boolean_of, row, &mut note),
                    };
                    truth.push(value == Some(true));
                    value.is_some()
                });
            }
            Data::Text(texts) if !texts.has_codes() => {
                for row in 0..rows {
                    let cell = cells.cell(row, column);
                    match rules.no_text(cell) {
                        None => note(row, with_text(cell, |text| texts.push(text, rules, default))),
                        Some(read) => {
                            texts.push(None, rules, default);
                            note(row, read);
                        }
                    }
                }
            }
            Data::Text(_) | Data::Option(_) | Data::Set(_) => {
                let mut bytes = cells.column(column, true);
                let mut row = 0;
                while row < rows {
                    row += self.data.push_known(&self.short, bytes.by_ref().take(rows - row));
                    if row < rows {
                        self.push_new(cells.cell(row, column), first + row as u64, bad);
                        row += 1;
                    }
                }
            }
            Data::Present(present) => (0..rows).for_each(|row| present.push(cells.cell(row, column), rules)),
            Data::TextSet(_) => {
                for row in 0..rows {
                    self.push(cells.cell(row, column), first + row as u64, bad);
                }
            }
        }
        for (row, fault) in odd {
            let number = first + row as u64;
            with_shown(cells.cell(row, column), |text| self.fault(fault, number, text, bad));
        }
    }

    /// Adds values that a source has as a column of the very type, all of them known unless a mask says which; false, and nothing added,
    /// where each is to be looked at.
    pub(crate) fn push_typed(&mut self, values: &Typed<'_>, known: Option<Mask>) -> bool {
        if self.required || self.default.is_some() || !self.rules.unknown.is_empty() {
            return false;
        }
        match (&mut self.data, values) {
            (Data::Integer(column), Typed::Integers(values)) => extend(column, values, known),
            (Data::Date(column), Typed::Days(values)) if values.iter().all(|&day| moment::is_day(day)) => {
                extend(column, values, known);
            }
            // The value of an unknown row may be anything.
            (Data::Number(column), Typed::Numbers(values)) if values.iter().all(|x| x.is_finite()) => {
                extend(column, values, known);
            }
            (Data::DateTime(column), Typed::Moments(values)) if self.rules.zone.reaches_all(values) => {
                extend(column, values, known);
            }
            (Data::DateTime(column), Typed::Locals(values))
                if self.rules.zone.is_utc() && self.rules.zone.reaches_all(values) =>
            {
                extend(column, values, known);
            }
            (Data::Boolean(column), Typed::Booleans(values)) => {
                let mut truth = (*values).clone();
                let known = known.unwrap_or_else(|| Mask::filled(truth.len(), true));
                truth.and(&known);
                column.truth.extend(&truth);
                column.known.extend(&known);
            }
            _ => return false,
        }
        true
    }

    /// Adds `rows` cells that a source keeps as codes of `distinct` texts, each of which is looked at once. `code` gives that of a row, or one
    /// beyond them for a row without a text.
    pub(crate) fn push_coded<'a>(
        &mut self,
        rows: usize,
        code: impl Fn(usize) -> usize,
        text: impl Fn(usize) -> Option<&'a str>,
        distinct: usize,
        first: u64,
        bad: &mut BadRows,
    ) {
        // By code of the source: the code of ours. The last one is that of rows without a text.
        let mut ours = vec![OPEN; distinct + 1];
        let plain = !self.required;
        let mut row = 0;
        while row < rows {
            let codes = (row..rows).map(|row| ours.get(code(row).min(distinct)).copied().unwrap_or(OPEN));
            row += self.data.push_codes(codes.take_while(|&code| code != OPEN));
            if row < rows {
                let at = code(row).min(distinct);
                let faults = bad.faults.len();
                self.push(text(at).map_or(Cell::Missing, Cell::Text), first + row as u64, bad);
                let last = self.data.last_code().filter(|_| plain && bad.faults.len() == faults);
                if let (Some(slot), Some(last)) = (ours.get_mut(at), last) {
                    *slot = last;
                }
                row += 1;
            }
        }
    }

    /// Adds a row whose cell is a list, as JSON and Parquet have them. `shown` is the list as written.
    pub(crate) fn push_list<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>, shown: &str, row: u64, bad: &mut BadRows) {
        let mut odd = Vec::new();
        let rules = &self.rules;
        let cells = cells.filter(|&cell| match rules.no_text(cell) {
            None => true,
            Some(Read::Bad(fault)) => {
                odd.push((fault, with_shown(cell, str::to_owned)));
                false
            }
            Some(Read::Known(()) | Read::Unknown) => false,
        });
        match &mut self.data {
            Data::Set(sets) => {
                let faults = sets.push_members(cells, rules);
                self.members(faults, row, bad);
            }
            Data::TextSet(sets) => sets.push_members(cells, rules),
            Data::Present(present) => present.push_list(cells),
            Data::Integer(_)
            | Data::Number(_)
            | Data::Boolean(_)
            | Data::Date(_)
            | Data::DateTime(_)
            | Data::Text(_)
            | Data::Option(_) => {
                self.push_nothing();
                return self.fault(Fault::Unreadable, row, shown, bad);
            }
        }
        for (fault, member) in odd {
            self.fault(fault, row, &member, bad);
        }
    }

    /// The column of the rows so far; the builder goes on with the next batch.
    pub(crate) fn take(&mut self) -> Column {
        let column = self.take_column();
        self.log.any |= column.has_any();
        column
    }

    fn take_column(&mut self) -> Column {
        match &mut self.data {
            Data::Integer(values) => Column::Integer(take_values(values)),
            Data::Number(values) => Column::Number(take_values(values)),
            Data::Boolean(column) => Column::Boolean(std::mem::take(column)),
            Data::Date(values) => Column::Date(take_values(values)),
            Data::DateTime(values) => Column::DateTime(take_values(values)),
            Data::Text(texts) => {
                let column = texts.take();
                if !texts.has_codes() {
                    self.short.clear();
                }
                column
            }
            Data::Option(options) => options.take(),
            Data::Set(sets) => sets.take(),
            Data::TextSet(sets) => sets.take(),
            Data::Present(present) => present.take(),
        }
    }

    fn members(&mut self, faults: Vec<String>, row: u64, bad: &mut BadRows) {
        for member in faults {
            self.fault(Fault::Unlisted, row, &member, bad);
        }
    }

    /// Counts a fault of this column.
    pub(crate) fn fault(&mut self, fault: Fault, row: u64, value: &str, bad: &mut BadRows) {
        let value = trim(value);
        self.log.add(fault, row, value);
        let name = &self.name;
        let shown = shorten(value);
        let message = match fault {
            Fault::Unreadable => format!("{name}: `{shown}` is not {}", self.expected),
            Fault::Shortened => format!("{name}: `{shown}` is in scientific notation, which is not a key"),
            Fault::NotFinite => format!("{name}: `{shown}` is not a finite number"),
            Fault::Unlisted => format!("{name}: the schema does not list `{shown}`"),
            Fault::Required => format!("{name}: a value is required"),
            Fault::NoKey => format!("{name}: the key is missing"),
            Fault::DuplicateKey => format!("{name}: the key `{shown}` occurred before"),
            Fault::Several => format!("{name}: there are several companies, {shown}, where one is meant"),
            Fault::Ragged => shown,
        };
        bad.faults.push(RowFault { row, message });
    }
}

/// Adds what a cell holds, or the default where it holds nothing.
#[inline]
fn settle<T>(read: Read<T>, default: Option<&Value>, of: fn(&Value) -> Option<T>, push: impl FnOnce(Option<T>)) -> Read<()> {
    match read {
        Read::Known(value) => {
            push(Some(value));
            Read::Known(())
        }
        Read::Unknown => {
            push(default.and_then(of));
            Read::Unknown
        }
        Read::Bad(fault) => {
            push(default.and_then(of));
            Read::Bad(fault)
        }
    }
}

impl Data {
    /// Adds rows by the codes of their cells, up to a cell that has none; how many.
    #[inline]
    fn push_known<'t>(&mut self, short: &ShortCells, cells: impl Iterator<Item = Option<Raw<'t>>>) -> usize {
        self.push_codes(cells.map_while(|cell| short.find(cell?.bytes)))
    }

    /// Adds rows by their codes; how many. None where the column has none now.
    #[inline]
    fn push_codes(&mut self, codes: impl Iterator<Item = u32>) -> usize {
        match self {
            Self::Text(texts) if texts.has_codes() => texts.push_codes(codes),
            Self::Option(options) => options.push_codes(codes),
            Self::Set(sets) => codes.map(|code| sets.push_code(code)).count(),
            Self::Text(_)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::Date(_)
            | Self::DateTime(_)
            | Self::TextSet(_)
            | Self::Present(_) => 0,
        }
    }

    /// Adds a row by its code; false where the column has none now.
    #[inline]
    fn push_code(&mut self, code: u32) -> bool {
        self.push_codes(std::iter::once(code)) == 1
    }

    /// The code of the row added last, if it has one.
    fn last_code(&self) -> Option<u32> {
        match self {
            Self::Text(texts) => texts.last_code(),
            Self::Option(options) => options.last_code(),
            Self::Set(sets) => sets.last_code(),
            Self::Integer(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::Date(_)
            | Self::DateTime(_)
            | Self::TextSet(_)
            | Self::Present(_) => None,
        }
    }
}

/// Values of a source that are a column already.
pub(crate) enum Typed<'a> {
    /// Truth values, anything where unknown.
    Booleans(&'a Mask),
    /// Whole numbers.
    Integers(&'a [i64]),
    /// Floats.
    Numbers(&'a [f64]),
    /// Days since 1970-01-01.
    Days(&'a [i32]),
    /// Microseconds since 1970-01-01T00:00Z.
    Moments(&'a [i64]),
    /// Microseconds since 1970-01-01T00:00 of the wall clock.
    Locals(&'a [i64]),
}

/// Takes rows out and leaves room for as many: the next batch has them as a rule.
fn take_rows<T>(rows: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(rows.len());
    std::mem::replace(rows, room)
}

fn take_values<T>(column: &mut Values<T>) -> Values<T> {
    Values { values: take_rows(&mut column.values), known: std::mem::take(&mut column.known) }
}

fn extend<T: Copy + Default>(column: &mut Values<T>, values: &[T], known: Option<Mask>) {
    match &known {
        None => column.values.extend_from_slice(values),
        Some(known) => {
            column.values.reserve(values.len());
            for (values, &word) in values.chunks(64).zip(known.words()) {
                if word == u64::MAX {
                    column.values.extend_from_slice(values);
                } else {
                    let each = values.iter().enumerate();
                    column.values.extend(each.map(|(at, &value)| if word >> at & 1 == 1 { value } else { T::default() }));
                }
            }
        }
    }
    column.known.extend(&known.unwrap_or_else(|| Mask::filled(values.len(), true)));
}

/// What an empty cell gives; `None` where it has to be told of.
fn empty<T>(default: Option<&Value>, required: bool, of: fn(&Value) -> Option<T>) -> Option<Option<T>> {
    (!required).then(|| default.and_then(of))
}

/// What a cell gives whose text stands in the data as it is; `None` says that it is to be looked at in full.
#[inline]
fn usual<T>(cell: Option<Raw<'_>>, empty: Option<Option<T>>, read: impl FnOnce(Raw<'_>) -> Option<T>) -> Option<Option<T>> {
    let cell = cell?;
    if cell.bytes.is_empty() { empty } else { read(cell).map(Some) }
}

/// What a cell holds, or the default where it holds nothing, and a note of a cell that is odd.
#[inline]
fn settled<T>(
    read: Read<T>,
    default: Option<&Value>,
    of: fn(&Value) -> Option<T>,
    row: usize,
    note: &mut impl FnMut(usize, Read<()>),
) -> Option<T> {
    let mut value = None;
    let outcome = settle(read, default, of, |known| value = known);
    note(row, outcome);
    value
}
