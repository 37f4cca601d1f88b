//! Exceptions: the classes are in `lsrc._errors`.

use lsrc::{Failure, InputError, RulesError};
use pyo3::prelude::*;

use crate::findings::Finding;

/// An exception of `lsrc._errors`; if that cannot be made, what stood in the way.
fn made(py: Python<'_>, class: &str, arguments: impl for<'py> pyo3::call::PyCallArgs<'py>) -> PyErr {
    let made = py.import("lsrc._errors").and_then(|module| module.getattr(class)).and_then(|class| class.call1(arguments));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// Rules that have errors, with their findings.
pub fn rules(py: Python<'_>, error: &RulesError) -> PyErr {
    let findings: Vec<Finding> = error.findings().iter().map(Finding::new).collect();
    made(py, "RulesError", (findings,))
}

/// Data that cannot be scored, or options that cannot be meant.
pub fn data(py: Python<'_>, message: &str, help: Option<&str>) -> PyErr {
    made(py, "DataError", (message, help))
}

/// A failure of the library.
pub fn failure(py: Python<'_>, failure: &Failure) -> PyErr {
    let cause = std::error::Error::source(failure).map(ToString::to_string);
    let message = cause.map_or_else(|| failure.to_string(), |cause| format!("{failure}: {cause}"));
    data(py, &message, failure.advice())
}

/// A record that cannot be read.
pub fn input(py: Python<'_>, error: &InputError) -> PyErr {
    data(py, &error.to_string(), error.advice())
}

/// A construct that a database does not compute as the rules mean it.
pub fn sql(py: Python<'_>, message: &str, place: Option<&str>) -> PyErr {
    made(py, "SqlError", (message, place))
}

/// A defect of lsrc.
pub fn internal(py: Python<'_>) -> PyErr {
    let what = lsrc::invariant::first().map_or_else(|| "internal error".to_owned(), ToString::to_string);
    made(py, "Error", (format!("{what}; this is a defect of lsrc: please report it with the rules and the call"),))
}
