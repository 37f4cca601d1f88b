//! The command `lsrc`, for the console script.

use std::io::Write;

use pyo3::prelude::*;

/// Runs the command with these arguments, its own name first, and gives the exit status.
#[pyfunction]
pub fn command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| {
        let status = lsrc::cli::status(arguments);
        // A program of Rust would do so at its end; this is one of Python.
        let _closed = std::io::stdout().flush();
        status
    })
}
