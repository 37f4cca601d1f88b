//! The typed model to SQL.
