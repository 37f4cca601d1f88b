//! The `test` items of a program.
