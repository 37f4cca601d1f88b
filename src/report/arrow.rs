//! Arrow: rows of a layout as a record batch, and the Arrow IPC file.
//!
//! Scores are doubles (they hold hundredths up to a thousand million exactly as written), codes are dictionaries of text, reasons a list of structs.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema as ArrowSchema, SchemaRef, TimeUnit};

use super::cells::{Datum, datum};
use super::layout::{Accounts, Cell, Layout, Texts, cause_code, move_code};
use crate::column::{Batch, Column, ExtraKind};
use crate::hir::Model;
use crate::invariant::fits;
use crate::value::Type;
use crate::vm::scores::{NONE, Reason, Scores};

/// Makes record batches of rows of a layout.
#[derive(Debug)]
pub struct Columns {
    cells: Vec<Cell>,
    schema: SchemaRef,
    key: Type,
    options: Vec<Arc<str>>,
    texts: Texts<Arc<str>>,
    accounts: Accounts,
}

impl Columns {
    /// For this layout.
    #[must_use]
    pub fn new(layout: &Layout, model: &Model, options: &[Arc<str>]) -> Self {
        let key = model.schema.key.and_then(|id| model.schema.property(id)).map_or(Type::Integer, |p| p.ty.clone());
        let field =
            |c: &super::layout::Column| Field::new(c.name.as_ref(), data_type(c.cell, &key), !matches!(c.cell, Cell::Row));
        let fields: Vec<Field> = layout.columns.iter().map(field).collect();
        Self {
            cells: layout.columns.iter().map(|c| c.cell).collect(),
            schema: Arc::new(ArrowSchema::new(fields)),
            key,
            options: options.to_vec(),
            texts: layout.texts.clone(),
            accounts: layout.accounts.clone(),
        }
    }

    /// The schema of the batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// These rows as a record batch.
    ///
    /// # Errors
    /// Arrow's own, if a column does not fit its type.
    pub fn batch(&self, batch: &Batch, scores: &Scores, rows: &[u32]) -> Result<RecordBatch, ArrowError> {
        let arrays: Result<Vec<ArrayRef>, ArrowError> =
            self.cells.iter().map(|cell| self.array(*cell, batch, scores, rows)).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays?)
    }

    fn array(&self, cell: Cell, batch: &Batch, scores: &Scores, rows: &[u32]) -> Result<ArrayRef, ArrowError> {
        let each = || rows.iter().map(|&row| row as usize);
        Ok(match cell {
            Cell::Row => Arc::new(UInt64Array::from_iter_values(each().map(|row| batch.first_row + row as u64))),
            Cell::Key(id) => self.key(batch.columns.get(id.0 as usize).and_then(Option::as_ref), rows),
            Cell::Score(at) => {
                let mut out = Float64Builder::with_capacity(rows.len());
                for row in each() {
                    out.append_option(scores.scores.get(at).and_then(|s| s.get(row)).map(float));
                }
                Arc::new(out.finish())
            }
            Cell::Label(at) => {
                let codes = scores.labels.get(at);
                coded(self.texts.labels.get(at), each().map(|row| codes.and_then(|c| c.get(row)).copied()))?
            }
            Cell::Stage(at) => {
                let stages = scores.lifecycles.get(at);
                coded(self.texts.stages.get(at), each().map(|row| stages.and_then(|l| l.after.get(row)).copied()))?
            }
            Cell::Before(at) => {
                let stages = scores.lifecycles.get(at);
                coded(self.texts.stages.get(at), each().map(|row| stages.and_then(|l| l.before.get(row)).copied()))?
            }
            Cell::Move(at) => {
                let moves = scores.lifecycles.get(at);
                let code = |row| moves.and_then(|l| l.moves.get(row)).and_then(|m| u32::try_from(move_code(*m)).ok());
                coded(Some(&self.texts.moves), each().map(code))?
            }
            Cell::StageReason(at) => {
                let stages = scores.lifecycles.get(at);
                let len = self.texts.causes.get(at).map_or(0, Vec::len);
                let code = |row| {
                    let cause = stages.and_then(|l| l.causes.get(row)).copied()?;
                    cause_code(cause, len).and_then(|code| u32::try_from(code).ok())
                };
                coded(self.texts.causes.get(at), each().map(code))?
            }
            Cell::Excluded => {
                let yes: Arc<str> = Arc::from("true");
                let words: Vec<Arc<str>> = self.texts.exclusions.iter().map(|e| e.as_ref().unwrap_or(&yes).clone()).collect();
                coded(Some(&words), each().map(|row| scores.excluded.get(row).copied()))?
            }
            Cell::Carried(at) => {
                let column = batch.carried.get(at);
                Arc::new(each().map(|row| column.and_then(|c| c.get(row))).collect::<StringArray>())
            }
            Cell::Extra(at, kind) => extra(batch.extras.get(at), kind, rows),
            Cell::Reasons => self.reasons(scores, rows),
        })
    }

    fn key(&self, column: Option<&Column>, rows: &[u32]) -> ArrayRef {
        let values = rows.iter().map(|&row| column.and_then(|c| datum(c, row as usize)));
        match &self.key {
            Type::Integer => {
                let mut out = Int64Builder::with_capacity(rows.len());
                values.for_each(|v| out.append_option(if let Some(Datum::Integer(n)) = v { Some(n) } else { None }));
                Arc::new(out.finish())
            }
            Type::Number => {
                let mut out = Float64Builder::with_capacity(rows.len());
                values.for_each(|v| out.append_option(if let Some(Datum::Number(n)) = v { Some(n) } else { None }));
                Arc::new(out.finish())
            }
            Type::Boolean => {
                let mut out = BooleanBuilder::with_capacity(rows.len());
                values.for_each(|v| out.append_option(if let Some(Datum::Boolean(b)) = v { Some(b) } else { None }));
                Arc::new(out.finish())
            }
            Type::Date => {
                let mut out = Date32Builder::with_capacity(rows.len());
                values.for_each(|v| out.append_option(if let Some(Datum::Date(d)) = v { Some(d) } else { None }));
                Arc::new(out.finish())
            }
            Type::DateTime => {
                let mut out = TimestampMicrosecondBuilder::with_capacity(rows.len()).with_timezone("UTC");
                values.for_each(|v| out.append_option(if let Some(Datum::DateTime(m)) = v { Some(m) } else { None }));
                Arc::new(out.finish())
            }
            Type::Text | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {
                let mut out = StringBuilder::new();
                values.for_each(|v| {
                    out.append_option(match v {
                        Some(Datum::Text(text)) => Some(text),
                        Some(Datum::Option(code)) => self.options.get(code as usize).map(|name| &**name),
                        Some(Datum::Integer(_) | Datum::Number(_) | Datum::Boolean(_) | Datum::Date(_) | Datum::DateTime(_))
                        | None => None,
                    });
                });
                Arc::new(out.finish())
            }
        }
    }

    fn reasons(&self, scores: &Scores, rows: &[u32]) -> ArrayRef {
        let mut out = ListBuilder::new(StructBuilder::from_fields(reason_fields(), 0)).with_field(reason_item());
        let mut entries: Vec<&Reason> = Vec::new();
        for &row in rows {
            self.accounts.entries(scores, row as usize, &mut entries);
            for &entry in &entries {
                let Some(party) = self.accounts.party(entry) else { continue };
                let it = out.values();
                let rule = if party.because.is_some() { None } else { Some(&*party.rule) };
                let texts = [Some(self.accounts.score(entry)), party.because.as_deref(), rule];
                for (at, text) in texts.into_iter().enumerate() {
                    if let Some(field) = it.field_builder::<StringBuilder>(at) {
                        field.append_option(text);
                    }
                }
                if let Some(field) = it.field_builder::<Float64Builder>(3) {
                    field.append_value(float(entry.points));
                }
                if let Some(field) = it.field_builder::<Int64Builder>(4) {
                    field.append_value(fits(party.line));
                }
                it.append(true);
            }
            out.append(true);
        }
        Arc::new(out.finish())
    }
}

/// A column that a command adds.
fn extra(column: Option<&Column>, kind: ExtraKind, rows: &[u32]) -> ArrayRef {
    let values = rows.iter().map(|&row| column.and_then(|c| datum(c, row as usize)));
    match kind {
        ExtraKind::Points => {
            let mut out = Float64Builder::with_capacity(rows.len());
            values.for_each(|v| out.append_option(if let Some(Datum::Integer(n)) = v { Some(float(n)) } else { None }));
            Arc::new(out.finish())
        }
        ExtraKind::Count => {
            let mut out = Int64Builder::with_capacity(rows.len());
            values.for_each(|v| out.append_option(if let Some(Datum::Integer(n)) = v { Some(n) } else { None }));
            Arc::new(out.finish())
        }
        ExtraKind::Text => {
            let mut out = StringBuilder::new();
            values.for_each(|v| out.append_option(if let Some(Datum::Text(text)) = v { Some(text) } else { None }));
            Arc::new(out.finish())
        }
        ExtraKind::Date => {
            let mut out = Date32Builder::with_capacity(rows.len());
            values.for_each(|v| out.append_option(if let Some(Datum::Date(day)) = v { Some(day) } else { None }));
            Arc::new(out.finish())
        }
    }
}

/// Hundredths as the double nearest to the number that they write.
#[expect(clippy::cast_precision_loss, reason = "points stay below 2^53 hundredths")]
fn float(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

fn coded(texts: Option<&Vec<Arc<str>>>, codes: impl Iterator<Item = Option<u32>>) -> Result<ArrayRef, ArrowError> {
    let known = |code: Option<u32>| code.filter(|&c| c != NONE).and_then(|c| i32::try_from(c).ok());
    let keys: Int32Array = codes.map(known).collect();
    let values: StringArray = texts.into_iter().flatten().map(|t| Some(&**t)).collect();
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))?))
}

fn reason_fields() -> Fields {
    Fields::from(vec![
        Field::new("score", DataType::Utf8, false),
        Field::new("because", DataType::Utf8, true),
        Field::new("rule", DataType::Utf8, true),
        Field::new("points", DataType::Float64, false),
        Field::new("line", DataType::Int64, false),
    ])
}

fn reason_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(reason_fields()), true))
}

fn data_type(cell: Cell, key: &Type) -> DataType {
    match cell {
        Cell::Row => DataType::UInt64,
        Cell::Score(_) => DataType::Float64,
        Cell::Label(_) | Cell::Stage(_) | Cell::Before(_) | Cell::Move(_) | Cell::StageReason(_) | Cell::Excluded => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        Cell::Carried(_) | Cell::Extra(_, ExtraKind::Text) => DataType::Utf8,
        Cell::Extra(_, ExtraKind::Points) => DataType::Float64,
        Cell::Extra(_, ExtraKind::Date) => DataType::Date32,
        Cell::Extra(_, ExtraKind::Count) => DataType::Int64,
        Cell::Reasons => DataType::List(reason_item()),
        Cell::Key(_) => match key {
            Type::Integer => DataType::Int64,
            Type::Number => DataType::Float64,
            Type::Boolean => DataType::Boolean,
            Type::Date => DataType::Date32,
            Type::DateTime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Type::Text | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => DataType::Utf8,
        },
    }
}

/// An Arrow IPC file being written.
pub type IpcWriter<W> = FileWriter<W>;

/// Starts an Arrow IPC file.
///
/// # Errors
/// Arrow's own, or the sink's.
pub fn start<W: Write>(sink: W, schema: &SchemaRef) -> Result<IpcWriter<W>, ArrowError> {
    FileWriter::try_new(sink, schema)
}
