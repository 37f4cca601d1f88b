//! What is to be said of rules.

use lsrc::ScoreRange;
use pyo3::prelude::*;

/// One finding about rules: an error or a warning.
#[pyclass(frozen, get_all, module = "lsrc")]
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its name: `unknown-name`.
    code: String,
    /// `error` or `warning`.
    severity: &'static str,
    /// What is wrong.
    message: String,
    /// The way out, where one is known.
    help: Option<String>,
    /// The file.
    file: String,
    /// The line, from 1.
    line: Option<usize>,
    /// The column, from 1.
    column: Option<usize>,
}

impl Finding {
    /// As Python has it.
    pub fn new(finding: &lsrc::Finding) -> Self {
        let place = finding.place();
        let mut parts = place.rsplitn(3, ':');
        let (column, line, file) = (parts.next(), parts.next(), parts.next());
        let numbers = line.zip(column).and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
        let (file, line, column) = match (file, numbers) {
            (Some(file), Some((line, column))) => (file, Some(line), Some(column)),
            (Some(_) | None, Some(_) | None) => (place, None, None),
        };
        Self {
            code: finding.name().to_owned(),
            severity: if finding.is_error() { "error" } else { "warning" },
            message: finding.to_string(),
            help: finding.help().map(str::to_owned),
            file: file.to_owned(),
            line,
            column,
        }
    }

    fn place(&self) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", self.file),
            (Some(_) | None, Some(_) | None) => self.file.clone(),
        }
    }
}

#[pymethods]
impl Finding {
    fn __str__(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("\n  help: {help}"));
        format!("{}: {}: {} [{}]{}", self.place(), self.severity, self.message, self.code, help.unwrap_or_default())
    }

    fn __repr__(&self) -> String {
        format!("<Finding {} {} at {}>", self.severity, self.code, self.place())
    }
}

/// What a score can come to.
#[pyclass(frozen, get_all, module = "lsrc")]
#[derive(Debug, Clone)]
pub struct Range {
    /// The least; `None` where points have no bound.
    min: Option<f64>,
    /// The greatest; `None` where points have no bound.
    max: Option<f64>,
    /// Whether records are known that reach both ends.
    exact: bool,
}

impl Range {
    /// As Python has it.
    pub fn new(range: &ScoreRange) -> Self {
        let points = |points: Option<lsrc::Points>| points.map(points_as_float);
        Self { min: points(range.min), max: points(range.max), exact: range.exact }
    }
}

#[pymethods]
impl Range {
    fn __repr__(&self) -> String {
        let end = |end: Option<f64>| end.map_or_else(|| "..".to_owned(), |end| end.to_string());
        format!("Range({}, {}{})", end(self.min), end(self.max), if self.exact { "" } else { ", exact=False" })
    }
}

/// Points as the float nearest to them.
#[expect(clippy::cast_precision_loss, reason = "points stay below 2^53 hundredths")]
pub fn points_as_float(points: lsrc::Points) -> f64 {
    points.0 as f64 / 100.0
}
