//! Trees and a schema to the typed model.
