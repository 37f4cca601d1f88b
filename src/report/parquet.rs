//! Parquet: the record batches of [`super::arrow`], compressed with zstd.

use std::io::Write;

use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// A Parquet file being written.
pub type ParquetWriter<W> = ArrowWriter<W>;

/// Starts a Parquet file.
///
/// # Errors
/// Parquet's own, or the sink's.
pub fn start<W: Write + Send>(sink: W, schema: &SchemaRef) -> Result<ParquetWriter<W>, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(128 * 1024))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("lsrc".to_owned());
    // Keys and row numbers do not repeat themselves, so a dictionary of them is work for nothing.
    for field in schema.fields().iter().filter(|f| matches!(f.data_type(), DataType::Int64 | DataType::UInt64)) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![field.name().clone()]), false);
    }
    ArrowWriter::try_new(sink, schema.clone(), Some(properties.build()))
}
