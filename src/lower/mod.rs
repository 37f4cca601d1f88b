//! The typed model to bytecode.
