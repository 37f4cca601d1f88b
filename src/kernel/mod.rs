//! Pure loops over columns.
