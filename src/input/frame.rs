//! Tables in memory: Arrow record batches, as data frames and query results hand them over.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

/// A table in memory, as Arrow record batches of one schema. A clone shares the data.
///
/// Texts may be `Utf8`, `LargeUtf8`, views or dictionaries; what the rules read of other types is converted as from a Parquet file.
#[derive(Debug, Clone)]
pub struct Frame {
    schema: SchemaRef,
    batches: Arc<[RecordBatch]>,
}

impl Frame {
    /// A table of these batches; there may be none.
    ///
    /// # Errors
    /// A batch of which the columns are not those of the schema.
    pub fn new(schema: SchemaRef, batches: impl IntoIterator<Item = RecordBatch>) -> Result<Self, ArrowError> {
        let batches: Arc<[RecordBatch]> = batches.into_iter().collect();
        for batch in batches.iter() {
            let own = batch.schema_ref();
            let same = own.fields().len() == schema.fields().len()
                && own.fields().iter().zip(schema.fields()).all(|(a, b)| a.data_type() == b.data_type());
            if !same {
                return Err(ArrowError::SchemaError("a batch has other columns than its table".to_owned()));
            }
        }
        Ok(Self { schema, batches })
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows, in order.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}
