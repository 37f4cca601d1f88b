//! Accounts of single records, and differences between rules: data for programs, text for people.

use lsrc::report::summary::Style;
use lsrc::report::{diff, why};
use pyo3::prelude::*;

use crate::table::loads;
use crate::{errors, outside};

/// For text in a notebook or a log: no colours, 100 columns.
const PLAIN: Style = Style { color: false, unicode: true, width: 100 };

/// The full account of one record.
#[pyclass(frozen, module = "lsrc")]
pub struct Explanation {
    inner: lsrc::Explanation,
}

impl Explanation {
    /// As Python has it.
    pub fn new(inner: lsrc::Explanation) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Explanation {
    fn __str__(&self) -> String {
        why::text(&self.inner, false, PLAIN)
    }

    fn __repr__(&self) -> String {
        self.__str__()
    }

    fn _repr_markdown_(&self) -> String {
        why::md(&self.inner)
    }

    /// Every rule, also those that give nothing.
    fn full(&self) -> String {
        why::text(&self.inner, true, PLAIN)
    }

    /// As Markdown.
    fn to_markdown(&self) -> String {
        why::md(&self.inner)
    }

    /// As data: what `lsrc why --format json` gives.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        let json = serde_json::to_string(&self.inner).map_err(|_| errors::internal(py))?;
        loads(py, &json)
    }
}

/// What a change of rules does.
#[pyclass(frozen, module = "lsrc")]
pub struct Difference {
    inner: lsrc::Difference,
}

impl Difference {
    /// As Python has it.
    pub fn new(inner: lsrc::Difference) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Difference {
    /// Whether both rules give every record the same: `True`, `False`, or `None` where that is not known.
    #[getter]
    fn same(&self) -> Option<bool> {
        match self.inner.equivalence.verdict {
            lsrc::Answer::Equivalent => Some(true),
            lsrc::Answer::Different => Some(false),
            lsrc::Answer::NotDecided => None,
        }
    }

    fn __str__(&self) -> String {
        diff::text(&self.inner, PLAIN)
    }

    fn __repr__(&self) -> String {
        self.__str__()
    }

    fn _repr_markdown_(&self) -> String {
        diff::md(&self.inner)
    }

    /// As Markdown, as a comment of a pull request.
    fn to_markdown(&self) -> String {
        diff::md(&self.inner)
    }

    /// As data: what `lsrc diff --format json` gives.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        let json = diff::json(&self.inner).map_err(|_| errors::internal(py))?;
        loads(py, &json)
    }
}
