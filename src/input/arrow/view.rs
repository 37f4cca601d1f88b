//! Arrow arrays as cells: every array is brought to one of a few shapes once a batch, then read by row.

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int32Type, TimeUnit};
use arrow::error::ArrowError;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::column::Mask;
use crate::input::build::{Builder, Typed, with_text};
use crate::input::cell::Cell;

/// An array that can be read by row.
#[derive(Debug, Clone)]
pub(crate) enum View {
    Null,
    Boolean(BooleanArray),
    Integer(Int64Array),
    Number(Float64Array),
    Text(StringArray),
    Dictionary(DictionaryArray<Int32Type>, StringArray),
    Date(Date32Array),
    /// With the clock that wrote it.
    Instant(TimestampMicrosecondArray, TimeZone),
    Local(TimestampMicrosecondArray),
    List(ListArray, Box<View>),
    Struct(StructArray, Vec<(String, View)>),
}

impl View {
    /// Brings an array to its shape.
    pub(crate) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let as_text = || to(array, &DataType::Utf8).map(Self::Text);
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(to(array, &DataType::Boolean)?),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Integer(to(array, &DataType::Int64)?),
            // A value beyond 63 bits is left to the text.
            DataType::UInt64 => match to(array, &DataType::Int64) {
                Ok(whole) => Self::Integer(whole),
                Err(_) => as_text()?,
            },
            DataType::Decimal32(_, 0) | DataType::Decimal64(_, 0) | DataType::Decimal128(_, 0) | DataType::Decimal256(_, 0) => {
                match to(array, &DataType::Int64) {
                    Ok(whole) => Self::Integer(whole),
                    Err(_) => as_text()?,
                }
            }
            DataType::Float16
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => Self::Number(to(array, &DataType::Float64)?),
            DataType::Date32 | DataType::Date64 => Self::Date(to(array, &DataType::Date32)?),
            DataType::Timestamp(_, zone) => {
                let micros = to(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                match zone {
                    Some(zone) => Self::Instant(micros, clock(zone)),
                    None => Self::Local(micros),
                }
            }
            DataType::Dictionary(_, value) if is_text(value) => {
                let kept: DictionaryArray<Int32Type> =
                    to(array, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?;
                let texts = to(kept.values(), &DataType::Utf8)?;
                Self::Dictionary(kept, texts)
            }
            DataType::Dictionary(_, value) => Self::new(&cast(array, value)?)?,
            DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
                let list: ListArray = to(array, &DataType::List(field.clone()))?;
                let child = Self::new(list.values())?;
                Self::List(list, Box::new(child))
            }
            DataType::Struct(fields) => {
                let whole: StructArray = to(array, array.data_type())?;
                let views: Result<Vec<_>, ArrowError> =
                    fields.iter().zip(whole.columns()).map(|(f, c)| Ok((f.name().clone(), Self::new(c)?))).collect();
                Self::Struct(whole, views?)
            }
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_)
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Duration(_)
            | DataType::Interval(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::Union(..)
            | DataType::Map(..)
            | DataType::RunEndEncoded(..) => as_text()?,
        })
    }

    /// Adds all rows to a column of the very type; false, and nothing added, where each is to be looked at.
    pub(crate) fn push_typed(&self, builder: &mut Builder) -> bool {
        let truth;
        let (values, nulls) = match self {
            Self::Boolean(a) => {
                truth = mask(a.values());
                (Typed::Booleans(&truth), a.nulls())
            }
            Self::Integer(a) => (Typed::Integers(a.values()), a.nulls()),
            Self::Number(a) => (Typed::Numbers(a.values()), a.nulls()),
            Self::Date(a) => (Typed::Days(a.values()), a.nulls()),
            Self::Instant(a, _) => (Typed::Moments(a.values()), a.nulls()),
            Self::Local(a) => (Typed::Locals(a.values()), a.nulls()),
            Self::Null | Self::Text(_) | Self::Dictionary(..) | Self::List(..) | Self::Struct(..) => return false,
        };
        builder.push_typed(&values, nulls.map(|nulls| mask(nulls.inner())))
    }

    /// The cell of a row; `None` for a list or a struct.
    #[inline]
    pub(crate) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        let known = |array: &dyn Array| array.is_valid(row);
        Some(match self {
            Self::Null => Cell::Missing,
            Self::Boolean(a) if known(a) => Cell::Boolean(a.value(row)),
            Self::Integer(a) if known(a) => Cell::Integer(a.value(row)),
            Self::Number(a) if known(a) => Cell::Number(a.value(row)),
            Self::Text(a) if known(a) => Cell::Text(a.value(row)),
            Self::Dictionary(keys, texts) => match keys.key(row) {
                Some(key) if texts.is_valid(key) => Cell::Text(texts.value(key)),
                Some(_) | None => Cell::Missing,
            },
            Self::Date(a) if known(a) => Cell::Date(a.value(row)),
            Self::Instant(a, clock) if known(a) => {
                let micros = a.value(row);
                let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
                Cell::Instant(micros, clock.to_offset(at).seconds())
            }
            Self::Local(a) if known(a) => Cell::Local(a.value(row)),
            Self::List(a, _) if known(a) => return None,
            Self::Struct(a, _) if known(a) => return None,
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Date(_)
            | Self::Instant(..)
            | Self::Local(_)
            | Self::List(..)
            | Self::Struct(..) => Cell::Missing,
        })
    }

    /// The value of a row as JSON, lists and structs included.
    pub(crate) fn json(&self, row: usize) -> Value {
        if let Some((child, range)) = self.list(row) {
            return Value::Array(range.map(|at| child.json(at)).collect());
        }
        if let Self::Struct(whole, fields) = self {
            let object = || fields.iter().map(|(name, view)| (name.clone(), view.json(row))).collect();
            return if whole.is_valid(row) { Value::Object(object()) } else { Value::Null };
        }
        match self.cell(row) {
            None | Some(Cell::Missing) => Value::Null,
            Some(Cell::Integer(n)) => n.into(),
            Some(Cell::Number(x)) => x.into(),
            Some(Cell::Boolean(b)) => b.into(),
            Some(cell @ (Cell::Text(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_))) => {
                with_text(cell, |text| text.unwrap_or("").into())
            }
        }
    }

    /// The elements of a row's list: the view of all elements and the range of these.
    pub(crate) fn list(&self, row: usize) -> Option<(&Self, std::ops::Range<usize>)> {
        let Self::List(list, child) = self else { return None };
        if list.is_null(row) {
            return None;
        }
        let start = usize::try_from(*list.value_offsets().get(row)?).ok()?;
        let end = usize::try_from(*list.value_offsets().get(row + 1)?).ok()?;
        Some((child, start..end))
    }

    /// The view of a field of a struct.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Struct(_, fields) = self else { return None };
        fields.iter().find(|(own, _)| own == name).map(|(_, view)| view)
    }

    /// Whether a struct of a row is there.
    pub(crate) fn is_known(&self, row: usize) -> bool {
        if let Self::Struct(whole, _) = self { whole.is_valid(row) } else { true }
    }
}

fn mask(bits: &BooleanBuffer) -> Mask {
    Mask::from_words(bits.bit_chunks().iter_padded(), bits.len())
}

/// The clock of a timestamp's zone: a name, or an offset such as `+05:00`. One that nobody knows counts as UTC.
fn clock(zone: &str) -> TimeZone {
    let offset = || {
        let seconds = crate::input::cell::moment::offset(zone)?;
        jiff::tz::Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
    };
    TimeZone::get(zone).ok().or_else(offset).unwrap_or(TimeZone::UTC)
}

/// Casts; a value that does not fit is an error, never a null.
fn cast(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == ty {
        return Ok(array.clone());
    }
    cast_with_options(array, ty, &CastOptions { safe: false, ..CastOptions::default() })
}

fn to<A: Array + Clone + 'static>(array: &ArrayRef, ty: &DataType) -> Result<A, ArrowError> {
    let array = cast(array, ty)?;
    let typed = array.as_any().downcast_ref::<A>().cloned();
    typed.ok_or_else(|| ArrowError::CastError(format!("{} is not {ty}", array.data_type())))
}

fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary | DataType::LargeBinary)
}
