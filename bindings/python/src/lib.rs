//! The module `lsrc._native`: rules, tables, findings and the command, for the Python package `lsrc`.
//!
//! What Python sees is described in `python/lsrc/__init__.pyi`; how it is put together, in `python/lsrc/__init__.py`.

mod accounts;
mod command;
mod errors;
mod findings;
mod outside;
mod rules;
mod table;

use pyo3::prelude::*;

/// The native part of `lsrc`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::accounts::{Difference, Explanation};
    #[pymodule_export]
    use crate::command::command;
    #[pymodule_export]
    use crate::findings::{Finding, Range};
    #[pymodule_export]
    use crate::outside::{close, forked};
    #[pymodule_export]
    use crate::rules::{Rules, check, dialects};
    #[pymodule_export]
    use crate::table::Table;

    use super::{Bound, PyModule, PyResult};
    use pyo3::types::PyModuleMethods as _;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
