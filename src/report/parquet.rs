//! Parquet: the record batches of [`super::arrow`], compressed with zstd.

use std::io::Write;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

/// A Parquet file being written.
pub type ParquetWriter<W> = ArrowWriter<W>;

/// Starts a Parquet file.
///
/// # Errors
/// Parquet's own, or the sink's.
pub fn start<W: Write + Send>(sink: W, schema: &SchemaRef) -> Result<ParquetWriter<W>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(128 * 1024))
        .set_created_by("lsrc".to_owned())
        .build();
    ArrowWriter::try_new(sink, schema.clone(), Some(properties))
}
