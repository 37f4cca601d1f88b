//! Tables of any library, by Arrow's stream interface, and the results as such a table.

use lsrc::{Frame, ScoredFrame};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use pyo3_arrow::input::AnyRecordBatch;

use crate::{errors, outside};

/// A table that Python hands over: anything with `__arrow_c_stream__` or `__arrow_c_array__`.
pub fn frame(table: &Bound<'_, PyAny>) -> PyResult<Frame> {
    let py = table.py();
    if !table.hasattr("__arrow_c_stream__")? && !table.hasattr("__arrow_c_array__")? {
        return Err(PyTypeError::new_err(format!(
            "a table is needed: a data frame of pandas or polars, a table of pyarrow, a relation of DuckDB, or another object with \
             __arrow_c_stream__; this is a {}",
            table.get_type().name()?
        )));
    }
    let failed = |error: PyErr| {
        let failed = errors::data(py, &format!("the table cannot be read: {}", error.value(py)), None);
        failed.set_cause(py, Some(error));
        failed
    };
    let table = py.import("lsrc._records")?.call_method1("table", (table,))?;
    let batches = table.extract::<AnyRecordBatch>().map_err(failed)?;
    let read = batches.into_table().map_err(|error| failed(error.into()))?;
    let (batches, schema) = read.into_inner();
    Frame::new(schema, batches).map_err(|error| errors::data(py, &format!("the table cannot be read: {error}"), None))
}

/// Results, as a table of Arrow.
#[pyclass(frozen, module = "lsrc")]
pub struct Table {
    scored: ScoredFrame,
}

impl Table {
    /// As Python has it.
    pub fn new(scored: ScoredFrame) -> Self {
        Self { scored }
    }
}

#[pymethods]
impl Table {
    /// The rows as a stream of Arrow, which pandas, polars, pyarrow and DuckDB read without a copy.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        let frame = self.scored.frame();
        let table = PyTable::try_new(frame.batches().to_vec(), frame.schema().clone())?;
        Bound::new(py, table)?.call_method1("__arrow_c_stream__", (requested_schema,))
    }

    fn __len__(&self) -> usize {
        self.scored.frame().rows()
    }

    fn __repr__(&self) -> String {
        format!("<lsrc.Table of {} rows: {}>", self.__len__(), self.column_names().join(", "))
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.scored.frame().schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// How many data errors there were.
    #[getter]
    fn data_errors(&self) -> u64 {
        self.scored.data_errors()
    }

    /// The summary of the run.
    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        let json = self.scored.summary_json().map_err(|_| errors::internal(py))?;
        loads(py, &json)
    }

    /// As a table of pyarrow.
    fn to_pyarrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// As a data frame of pandas.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        Self::to_pyarrow(slf)?.call_method0("to_pandas")
    }

    /// As a data frame of polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = outside::enter()?;
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }
}

/// JSON as objects of Python.
pub fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}
