//! Arrow arrays as cells: every array is brought to one of a few shapes once a batch, then read by row.

use std::borrow::Cow;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, DictionaryArray, FixedSizeBinaryArray, Float64Array,
    Int64Array, ListArray, MapArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::BooleanBuffer;
use arrow_cast::cast::{CastOptions, cast_with_options};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use arrow_select::take::take;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::column::Mask;
use crate::input::build::{Builder, Typed, with_shown};
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
    Map(MapArray, Box<View>, Box<View>),
    /// Values, and in the second place those that are none, as messages show them.
    Partly(Box<View>, StringArray),
    Struct(StructArray, Vec<(String, View)>),
}

impl View {
    /// Brings an array to its shape. A value that fits none is no value, whatever the others are; `uuid` says that bytes are UUIDs.
    pub(crate) fn new(array: &ArrayRef, uuid: bool) -> Result<Self, ArrowError> {
        let as_text = || lossless::<StringArray>(array, &DataType::Utf8).map_or_else(|| Self::odd(array), Self::Text);
        let whole = || lossless(array, &DataType::Int64).map_or_else(as_text, Self::Integer);
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(to(array, &DataType::Boolean)?),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            // A value beyond 63 bits is left to the text.
            | DataType::UInt64
            | DataType::Decimal32(_, 0)
            | DataType::Decimal64(_, 0)
            | DataType::Decimal128(_, 0)
            | DataType::Decimal256(_, 0) => whole(),
            DataType::Float16
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => Self::Number(to(array, &DataType::Float64)?),
            DataType::Date32 => Self::Date(to(array, &DataType::Date32)?),
            DataType::Date64 => match days(array)? {
                Some(days) => Self::Date(days),
                None => {
                    let millis = cast(array, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
                    moments(&millis, None).map_or_else(|| Self::odd(array), Self::Local)
                }
            },
            DataType::Timestamp(_, zone) => match (moments(array, zone.as_deref()), zone) {
                (Some(micros), Some(zone)) => Self::Instant(micros, clock(zone)),
                (Some(micros), None) => Self::Local(micros),
                (None, zone) => {
                    let micros: TimestampMicrosecondArray = fitting(array, zone.as_deref())?;
                    let odd = shown(array, |row| micros.is_null(row));
                    let fit = zone.as_ref().map(|zone| Self::Instant(micros.clone(), clock(zone)));
                    Self::Partly(Box::new(fit.unwrap_or(Self::Local(micros))), odd)
                }
            },
            DataType::Dictionary(_, value) if is_text(value) => {
                // Part of a large table in memory has the dictionary of the entire column; only what its rows name is looked at.
                if let Some(coded) = array.as_any_dictionary_opt().filter(|coded| coded.values().len() > array.len()) {
                    return Self::new(&take(coded.values(), coded.keys(), None)?, uuid);
                }
                let kept: DictionaryArray<Int32Type> =
                    to(array, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?;
                let texts = to(kept.values(), &DataType::Utf8)?;
                Self::Dictionary(kept, texts)
            }
            DataType::Dictionary(_, value) => Self::new(&cast(array, value)?, uuid)?,
            DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
                let list: ListArray = to(array, &DataType::List(field.clone()))?;
                let child = Self::new(list.values(), uuid || is_uuid(field))?;
                Self::List(list, Box::new(child))
            }
            DataType::Struct(fields) => {
                let whole: StructArray = to(array, array.data_type())?;
                let views: Result<Vec<_>, ArrowError> =
                    fields.iter().zip(whole.columns()).map(|(f, c)| Ok((f.name().clone(), Self::new(c, is_uuid(f))?))).collect();
                Self::Struct(whole, views?)
            }
            DataType::Map(..) => {
                let map: MapArray = to(array, array.data_type())?;
                let (keys, values) = (Self::new(map.keys(), false)?, Self::new(map.values(), false)?);
                Self::Map(map, Box::new(keys), Box::new(values))
            }
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                let bytes: BinaryArray = to(array, &DataType::Binary)?;
                Self::of_bytes(bytes.iter(), uuid)
            }
            DataType::FixedSizeBinary(size) => {
                let bytes: FixedSizeBinaryArray = to(array, array.data_type())?;
                // Sixteen bytes that no text has are a UUID, whether or not it is written down.
                let plain = |bytes: &[u8]| str::from_utf8(bytes).is_ok_and(|text| !text.contains(char::is_control));
                let uuid = uuid || *size == 16 && !bytes.iter().flatten().all(plain);
                Self::of_bytes(bytes.iter(), uuid)
            }
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Duration(_)
            | DataType::Interval(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::Union(..)
            | DataType::RunEndEncoded(..) => as_text(),
        })
    }

    /// Values of a type that no property has.
    fn odd(array: &ArrayRef) -> Self {
        Self::Partly(Box::new(Self::Null), shown(array, |_| true))
    }

    /// Bytes as texts or UUIDs; others are no value.
    fn of_bytes<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, uuid: bool) -> Self {
        let (mut texts, mut odd) = (StringBuilder::new(), StringBuilder::new());
        let mut all = true;
        for bytes in values {
            let text = bytes.map(|bytes| if uuid { uuid_text(bytes).ok_or(bytes) } else { plain_text(bytes).ok_or(bytes) });
            match text {
                Some(Err(bytes)) => {
                    all = false;
                    texts.append_null();
                    odd.append_value(hexadecimal(bytes));
                }
                Some(Ok(text)) => {
                    texts.append_value(text);
                    odd.append_null();
                }
                None => {
                    texts.append_null();
                    odd.append_null();
                }
            }
        }
        let texts = Self::Text(texts.finish());
        if all { texts } else { Self::Partly(Box::new(texts), odd.finish()) }
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
            Self::Null
            | Self::Text(_)
            | Self::Dictionary(..)
            | Self::List(..)
            | Self::Map(..)
            | Self::Partly(..)
            | Self::Struct(..) => return false,
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
                Cell::Instant(micros, crate::time::ahead(micros, clock))
            }
            Self::Local(a) if known(a) => Cell::Local(a.value(row)),
            Self::List(a, _) if known(a) => return None,
            Self::Map(a, ..) if known(a) => return None,
            Self::Struct(a, _) if known(a) => return None,
            Self::Partly(fit, odd) => {
                return if odd.is_valid(row) { Some(Cell::Broken(odd.value(row))) } else { fit.cell(row) };
            }
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Date(_)
            | Self::Instant(..)
            | Self::Local(_)
            | Self::List(..)
            | Self::Map(..)
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
        if let Self::Map(map, keys, values) = self {
            let offsets = map.value_offsets();
            let place = |at: usize| offsets.get(at).and_then(|&at| usize::try_from(at).ok());
            let (Some(start), Some(end)) = (place(row), place(row + 1)) else { return Value::Null };
            let key = |at| {
                let key = keys.json(at);
                key.as_str().map_or_else(|| key.to_string(), str::to_owned)
            };
            let object = || (start..end).map(|at| (key(at), values.json(at))).collect();
            return if map.is_valid(row) { Value::Object(object()) } else { Value::Null };
        }
        match self.cell(row) {
            None | Some(Cell::Missing) => Value::Null,
            Some(Cell::Integer(n)) => n.into(),
            Some(Cell::Number(x)) => x.into(),
            Some(Cell::Boolean(b)) => b.into(),
            Some(cell @ (Cell::Text(_) | Cell::Broken(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_))) => {
                with_shown(cell, |text| text.into())
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

/// Days since 1970-01-01; `None` where one lies beyond 32 bits.
fn days(array: &ArrayRef) -> Result<Option<Date32Array>, ArrowError> {
    const DAY: i64 = 86_400_000;
    let millis: Date64Array = to(array, &DataType::Date64)?;
    let all = millis.iter().flatten().all(|millis| i32::try_from(millis / DAY).is_ok());
    if all { to(array, &DataType::Date32).map(Some) } else { Ok(None) }
}

/// Moments in microseconds; `None` where one does not fit in.
fn moments(array: &ArrayRef, zone: Option<&str>) -> Option<TimestampMicrosecondArray> {
    lossless(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into)))
}

/// Moments in microseconds, unknown where one does not fit in.
fn fitting(array: &ArrayRef, zone: Option<&str>) -> Result<TimestampMicrosecondArray, ArrowError> {
    let ty = DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    to(&cast_with_options(array, &ty, &CastOptions { safe: true, ..CastOptions::default() })?, &ty)
}

/// The array as another type; `None` where a value would be lost, or the types have nothing in common.
fn lossless<A: Array + Clone + 'static>(array: &ArrayRef, ty: &DataType) -> Option<A> {
    to(array, ty).ok()
}

/// The known values of some rows as messages show them.
fn shown(array: &ArrayRef, of: impl Fn(usize) -> bool) -> StringArray {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok();
    let text = |row: usize| {
        let text = formatter.as_ref().and_then(|formatter| formatter.value(row).try_to_string().ok());
        text.unwrap_or_else(|| format!("a value of the type {}", array.data_type()))
    };
    (0..array.len()).map(|row| (array.is_valid(row) && of(row)).then(|| text(row))).collect()
}

fn plain_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

/// `11111111-2222-3333-4444-555555555555`
fn uuid_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let number = u128::from_be_bytes(*bytes.first_chunk::<16>().filter(|_| bytes.len() == 16)?);
    let part = |low: u32, digits: u32| number >> low & ((1 << (4 * digits)) - 1);
    Some(Cow::Owned(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    )))
}

/// Bytes as messages show them.
fn hexadecimal(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    format!("0x{shown}{}", if bytes.len() > 32 { "…" } else { "" })
}

/// Whether the file says that a field is a UUID.
pub(super) fn is_uuid(field: &Field) -> bool {
    field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.uuid")
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
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
