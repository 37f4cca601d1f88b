//! What the footer of a Parquet file says, checked against the rest of the file, and the columns as the reader is asked for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{FileMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::invariant::{Sure as _, fits};

/// The metadata of a file, which says no less than its row groups.
///
/// # Errors
/// A file that is not Parquet; row groups that contradict their columns; a file that was appended to another.
pub(super) fn load<R: ChunkReader>(reader: &R) -> Result<ArrowReaderMetadata, ParquetError> {
    let loaded = ArrowReaderMetadata::load(reader, ArrowReaderOptions::new())?;
    let file = loaded.metadata();
    for (at, group) in file.row_groups().iter().enumerate() {
        for column in group.columns().iter().filter(|column| column.column_descr().max_rep_level() == 0) {
            if column.num_values() != group.num_rows() {
                return Err(ParquetError::General(format!(
                    "row group {} has {} rows, its column `{}` {} values",
                    at + 1,
                    group.num_rows(),
                    column.column_path().string(),
                    column.num_values()
                )));
            }
        }
    }
    if goes_before(reader, file)? {
        return Err(ParquetError::General("it is two files, one after the other".to_owned()));
    }
    let rows: i64 = file.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).sum();
    let counted = if file.file_metadata().num_rows() == rows {
        loaded
    } else {
        let schema = file.file_metadata().schema_descr_ptr();
        ArrowReaderMetadata::try_new(Arc::new(rebuilt(file, schema)), ArrowReaderOptions::new())?
    };
    let hinted = hinted(&counted);
    let asked = ArrowReaderMetadata::try_new(counted.metadata().clone(), ArrowReaderOptions::new().with_schema(hinted));
    Ok(asked.unwrap_or(counted))
}

/// The same metadata with another schema, and with the rows that the row groups have.
fn rebuilt(file: &ParquetMetaData, schema: Arc<SchemaDescriptor>) -> ParquetMetaData {
    let old = file.file_metadata();
    let rows = file.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).sum();
    let metadata = FileMetaData::new(
        old.version(),
        rows,
        old.created_by().map(str::to_owned),
        old.key_value_metadata().cloned(),
        schema,
        old.column_orders().cloned(),
    );
    ParquetMetaData::new(metadata, file.row_groups().to_vec())
}

/// Whether the file is another one with this one behind it: places are counted from the start, so that this one's would be the other's.
fn goes_before<R: ChunkReader>(reader: &R, file: &ParquetMetaData) -> Result<bool, ParquetError> {
    const JOINT: &[u8] = b"PAR1PAR1";
    const PART: u64 = 1 << 20;
    let part = |offset: Option<i64>, length: Option<i32>| {
        let length = length.map_or(Some(0), |length| u64::try_from(length).ok())?;
        Some(u64::try_from(offset?).ok()? + length)
    };
    let ends = file.row_groups().iter().flat_map(|group| group.columns()).flat_map(|column| {
        let (start, length) = column.byte_range();
        [
            Some(start + length),
            part(column.bloom_filter_offset(), column.bloom_filter_length()),
            part(column.column_index_offset(), column.column_index_length()),
            part(column.offset_index_offset(), column.offset_index_length()),
        ]
    });
    let end = ends.flatten().max().unwrap_or(4);
    let tail = reader.len().checked_sub(FOOTER_SIZE as u64).ok_or(ParquetError::EOF("no footer".to_owned()))?;
    let length = reader.get_bytes(tail, 4)?;
    let length = u64::from(u32::from_le_bytes(*length.first_chunk::<4>().sure("four bytes were asked for")));
    if end + length >= tail {
        return Ok(false);
    }
    let mut at = 0;
    while at + (JOINT.len() as u64) < tail {
        let bytes = reader.get_bytes(at, fits(PART.min(reader.len() - at)))?;
        if memchr::memmem::find(&bytes, JOINT).is_some() {
            return Ok(true);
        }
        at += PART - JOINT.len() as u64;
    }
    Ok(false)
}

/// Columns whose leaf is a UUID, by their dotted path.
pub(super) fn uuids(metadata: &ParquetMetaData) -> BTreeSet<String> {
    let columns = metadata.file_metadata().schema_descr().columns().iter();
    columns.filter(|column| column.logical_type_ref() == Some(&LogicalType::Uuid)).map(|column| column.path().string()).collect()
}

/// The metadata with which texts are read as bytes, so that bytes that are not UTF-8 cost one value.
pub(super) fn as_bytes(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let file = metadata.metadata();
    let root = file.file_metadata().schema_descr().root_schema_ptr();
    let plain = rebuilt(file, Arc::new(SchemaDescriptor::new(without_texts(&root)?)));
    let fields: Vec<_> = metadata.schema().fields().iter().map(bytes_field).collect();
    ArrowReaderMetadata::try_new(Arc::new(plain), ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields))))
}

/// A type whose texts are plain bytes.
fn without_texts(ty: &TypePtr) -> Result<TypePtr, ParquetError> {
    let info = ty.get_basic_info();
    let id = info.has_id().then(|| info.id());
    if ty.is_group() {
        let fields: Result<Vec<TypePtr>, ParquetError> = ty.get_fields().iter().map(without_texts).collect();
        let mut group = Type::group_type_builder(ty.name())
            .with_converted_type(info.converted_type())
            .with_logical_type(info.logical_type_ref().cloned())
            .with_fields(fields?)
            .with_id(id);
        if info.has_repetition() {
            group = group.with_repetition(info.repetition());
        }
        return Ok(Arc::new(group.build()?));
    }
    let text =
        matches!(info.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON | ConvertedType::BSON);
    if ty.get_physical_type() != Physical::BYTE_ARRAY || !text {
        return Ok(Arc::clone(ty));
    }
    let plain = Type::primitive_type_builder(ty.name(), Physical::BYTE_ARRAY).with_repetition(info.repetition()).with_id(id);
    Ok(Arc::new(plain.build()?))
}

/// A field whose texts are plain bytes.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever holds no text stays")]
fn bytes_field(field: &Arc<Field>) -> Arc<Field> {
    let ty = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Binary,
        DataType::Dictionary(_, value) if matches!(value.as_ref(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            DataType::Binary
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(bytes_field).collect()),
        DataType::List(item) => DataType::List(bytes_field(item)),
        DataType::LargeList(item) => DataType::LargeList(bytes_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(bytes_field(item), *size),
        DataType::Map(entries, sorted) => DataType::Map(bytes_field(entries), *sorted),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(ty))
}

/// The schema with a dictionary for every top-level text whose first row group has one, and with moments of the oldest kind in
/// microseconds: in nanoseconds they end in 2262, and go on from 1677.
#[expect(clippy::wildcard_enum_match_arm, reason = "columns of other types are read as they are")]
fn hinted(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let file = metadata.metadata();
    let leaf = |name: &str| {
        let columns = file.file_metadata().schema_descr().columns().iter();
        columns.enumerate().find(|(_, column)| column.path().parts() == [name])
    };
    let fields = metadata.schema().fields().iter().map(|field| {
        let found = leaf(field.name());
        let ty = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let column = found.zip(file.row_groups().first()).and_then(|((at, _), group)| group.columns().get(at));
                column
                    .and_then(|column| column.dictionary_page_offset())
                    .map(|_| DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => found
                .filter(|(_, column)| column.physical_type() == Physical::INT96)
                .map(|_| DataType::Timestamp(TimeUnit::Microsecond, zone.clone())),
            _ => None,
        };
        ty.map_or_else(|| Arc::clone(field), |ty| Arc::new(field.as_ref().clone().with_data_type(ty)))
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
