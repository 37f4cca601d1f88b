//! Rules: loaded, checked, scored, explained, compared, written as SQL.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use lsrc::{Compiled, DialectName, Frame, FrameOptions, RuleLoader, RuleSet, RulesError, Scorer, Wanted};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

use crate::accounts::{Difference, Explanation};
use crate::findings::{Finding, Range, points_as_float};
use crate::table::{Table, frame};
use crate::{errors, outside};

/// So many scorers of one moment are kept for the records to come.
const KEPT: usize = 8;

/// Rules without errors. Threads may share them.
#[pyclass(frozen, module = "lsrc")]
pub struct Rules {
    loader: RuleLoader,
    entry: PathBuf,
    rules: RuleSet,
    compiled: Compiled,
    /// Those that nobody uses at present, with the moment that they score at.
    idle: Mutex<Vec<(String, Scorer)>>,
}

impl Rules {
    fn new(py: Python<'_>, loader: RuleLoader, entry: PathBuf) -> PyResult<Self> {
        let loaded = outside::deep(py, || {
            let rules = loader.load(&entry)?;
            let compiled = rules.compile(&Wanted::default());
            Ok::<_, RulesError>((rules, compiled))
        })?;
        let (rules, compiled) = loaded.map_err(|error| errors::rules(py, &error))?;
        Ok(Self { loader, entry, rules, compiled, idle: Mutex::new(Vec::new()) })
    }

    /// What scores single records at a moment, where it is given one that does not pass.
    fn scorer(&self, py: Python<'_>, as_of: Option<&str>) -> PyResult<Scorer> {
        let Some(text) = as_of else { return Ok(self.compiled.scorer(self.rules.now())) };
        let kept = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let at = idle.iter().position(|(moment, _)| moment == text);
            at.map(|at| idle.swap_remove(at).1)
        };
        match kept {
            Some(scorer) => Ok(scorer),
            None => {
                let moment = self.rules.as_of(text).map_err(|error| errors::data(py, &format!("as_of: {error}"), None))?;
                Ok(self.compiled.scorer(moment))
            }
        }
    }

    fn keep(&self, as_of: Option<String>, scorer: Scorer) {
        let Some(moment) = as_of else { return };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(other, _)| *other == moment);
        if idle.len() < KEPT {
            idle.push((moment, scorer));
        }
    }

    /// Works with a scorer on a record.
    fn record<T: Send>(
        &self,
        record: &Bound<'_, PyAny>,
        as_of: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&mut Scorer, &str) -> Result<T, lsrc::InputError> + Send,
        deep: bool,
    ) -> PyResult<T> {
        let py = record.py();
        let (json, as_of) = (json(record)?, moment(as_of)?);
        let mut scorer = self.scorer(py, as_of.as_deref())?;
        let on = move || {
            let done = work(&mut scorer, &json);
            (scorer, done)
        };
        let (scorer, done) = if deep { outside::deep(py, on)? } else { outside::here(py, on)? };
        self.keep(as_of, scorer);
        done.map_err(|error| errors::input(py, &error))
    }
}

/// A record as the JSON that the engine reads.
fn json(record: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = record.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    record.py().import("lsrc._records")?.call_method1("text", (record,))?.extract()
}

/// A moment as the rules read it: a text, a `date` or a `datetime`.
fn moment(as_of: Option<&Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    let Some(as_of) = as_of else { return Ok(None) };
    if let Ok(text) = as_of.cast::<PyString>() {
        return Ok(Some(text.to_str()?.to_owned()));
    }
    as_of.py().import("lsrc._records")?.call_method1("moment", (as_of,))?.extract().map(Some)
}

/// Params as the rules would write them.
fn with_params(mut loader: RuleLoader, params: Option<&Bound<'_, PyDict>>) -> PyResult<RuleLoader> {
    for (name, value) in params.into_iter().flatten() {
        let text = if value.is_instance_of::<PyBool>() {
            if value.extract::<bool>()? { "true".to_owned() } else { "false".to_owned() }
        } else {
            value.str()?.to_str()?.to_owned()
        };
        loader = loader.param(name.extract::<String>()?, text);
    }
    Ok(loader)
}

/// Tables by name.
fn frames(tables: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<(String, Frame)>> {
    let of = |(name, table): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((name.extract::<String>()?, frame(&table)?));
    tables.into_iter().flatten().map(of).collect()
}

#[pymethods]
impl Rules {
    /// Reads rules, and all files that they use.
    ///
    /// `params` gives params of the rules other values, as `lsrc run --set` does. With `allow_outside` the rules may use files outside of
    /// their project. Rules with errors raise `RulesError`.
    ///
    /// >>> import lsrc
    /// >>> lsrc.Rules.load("missing.lsr")
    /// Traceback (most recent call last):
    /// lsrc._errors.RulesError: missing.lsr: error: `missing.lsr` cannot be read: No such file or directory (os error 2) [file-not-found]
    ///   help: check the path and the spelling
    #[staticmethod]
    #[pyo3(signature = (path, *, params=None, allow_outside=false))]
    fn load(py: Python<'_>, path: PathBuf, params: Option<&Bound<'_, PyDict>>, allow_outside: bool) -> PyResult<Self> {
        let _inside = outside::enter()?;
        let loader = if allow_outside { RuleLoader::new().allow_outside() } else { RuleLoader::new() };
        Self::new(py, with_params(loader, params)?, path)
    }

    /// Rules of a text, called `name` in messages. `files` has other texts by path, which `use` and `list from` find.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> rules
    /// <lsrc.Rules score.lsr: fit>
    #[staticmethod]
    #[pyo3(signature = (text, *, name="score.lsr", files=None, params=None))]
    fn from_text(
        py: Python<'_>,
        text: &str,
        name: &str,
        files: Option<&Bound<'_, PyDict>>,
        params: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let _inside = outside::enter()?;
        let mut loader = RuleLoader::new();
        for (path, text) in files.into_iter().flatten() {
            loader = loader.text(path.extract::<PathBuf>()?, text.extract::<String>()?);
        }
        Self::new(py, with_params(loader.text(name, text), params)?, PathBuf::from(name))
    }

    /// The findings about the rules: warnings, for rules with errors do not load. `lsrc.check(path)` lists errors too.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } param often = 3 score fit { per visits then +2 max 10 }")
    /// >>> rules.check()
    /// [<Finding warning unused-name at score.lsr:1:42>]
    fn check(&self, py: Python<'_>) -> PyResult<Vec<Finding>> {
        let _inside = outside::enter()?;
        findings(py, &self.loader, &self.entry)
    }

    /// The names of the scores.
    #[getter]
    fn scores(&self) -> Vec<String> {
        self.rules.score_names().map(str::to_owned).collect()
    }

    /// What every score can come to over all records that the schema allows.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> rules.ranges()
    /// {'fit': Range(0, 10)}
    fn ranges<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let _inside = outside::enter()?;
        let out = PyDict::new(py);
        for range in outside::deep(py, || self.rules.ranges())? {
            out.set_item(&range.score, Range::new(&range))?;
        }
        Ok(out)
    }

    /// Scores a table: a data frame of pandas or polars, a table of pyarrow, a relation of DuckDB, or another object with
    /// `__arrow_c_stream__`. The results have the order of its rows; no row is left out.
    ///
    /// `as_of` is the moment: a date (its end), a datetime, or a text; without it, now. `events` and `related` are tables by name.
    /// `allow_missing` names what the table may lack. `select` names columns to carry along, as texts. With `explain` a column `reasons`
    /// is added. A value that cannot be read is unknown and counted in `data_errors`; with `strict` it raises `DataError`.
    ///
    /// Other Python threads go on while it scores.
    ///
    /// >>> import lsrc, polars
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> scored = rules.score(polars.DataFrame({"visits": [1, None, 9]}))
    /// >>> scored.to_polars()["fit"].to_list()
    /// [2.0, 0.0, 10.0]
    #[expect(clippy::too_many_arguments, reason = "all but the table are named, and each has a default")]
    #[pyo3(signature = (table, *, as_of=None, events=None, related=None, allow_missing=None, select=None, explain=false, strict=false, assume_unique=false, threads=None))]
    fn score(
        &self,
        py: Python<'_>,
        table: &Bound<'_, PyAny>,
        as_of: Option<&Bound<'_, PyAny>>,
        events: Option<&Bound<'_, PyDict>>,
        related: Option<&Bound<'_, PyDict>>,
        allow_missing: Option<&Bound<'_, PyAny>>,
        select: Option<&Bound<'_, PyAny>>,
        explain: bool,
        strict: bool,
        assume_unique: bool,
        threads: Option<usize>,
    ) -> PyResult<Table> {
        let _inside = outside::enter()?;
        let options = FrameOptions {
            as_of: moment(as_of)?,
            events: frames(events)?,
            related: frames(related)?,
            allow_missing: names(allow_missing, "allow_missing")?,
            select: names(select, "select")?,
            explain,
            strict,
            assume_unique,
            threads,
        };
        let table = frame(table)?;
        let scored = outside::deep(py, || self.rules.score_frame(&table, &options))?;
        scored.map(Table::new).map_err(|failure| errors::failure(py, &failure))
    }

    /// Scores one record: a dict, or a text of JSON. Properties that it lacks are unknown; events are lists in it.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> rules.score_record({"visits": 3})
    /// {'fit': 6.0, 'excluded': None}
    #[pyo3(signature = (record, *, as_of=None))]
    fn score_record<'py>(&self, record: &Bound<'py, PyAny>, as_of: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyDict>> {
        let _inside = outside::enter()?;
        let scored = self.record(record, as_of, Scorer::score_json, false)?;
        let out = PyDict::new(record.py());
        for (name, points) in &scored.scores {
            out.set_item(&**name, points.map(points_as_float))?;
        }
        for (name, label) in &scored.labels {
            out.set_item(&**name, label.as_deref())?;
        }
        for (name, stage) in &scored.stages {
            out.set_item(&**name, stage.after.as_deref())?;
            out.set_item(format!("{name}_before"), stage.before.as_deref())?;
            let step = match stage.step {
                lsrc::Move::Forward => "forward",
                lsrc::Move::Backward => "backward",
                lsrc::Move::None => "none",
                lsrc::Move::Held => "held",
            };
            out.set_item(format!("{name}_move"), step)?;
            out.set_item(format!("{name}_reason"), &stage.reason)?;
        }
        let excluded = scored.excluded.then(|| scored.excluded_because.as_deref().unwrap_or("true"));
        out.set_item("excluded", excluded)?;
        Ok(out)
    }

    /// Accounts for every point of one record.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text('lsr 1 schema c { visits: integer } score fit { if visits > 2 then +5 because "comes often" }')
    /// >>> account = rules.explain({"visits": 3})
    /// >>> account.to_dict()["scores"][0]["value"]
    /// 5
    #[pyo3(signature = (record, *, as_of=None))]
    fn explain(&self, record: &Bound<'_, PyAny>, as_of: Option<&Bound<'_, PyAny>>) -> PyResult<Explanation> {
        let _inside = outside::enter()?;
        self.record(record, as_of, Scorer::explain_json, true).map(Explanation::new)
    }

    /// The rules as a query for a database; `lsrc.dialects()` has the names of the dialects.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { key id: integer visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> "crm.contacts" in rules.sql("duckdb", table="crm.contacts", as_of="2026-03-02")
    /// True
    #[pyo3(signature = (dialect, *, table="contacts", as_of=None))]
    fn sql(&self, py: Python<'_>, dialect: &str, table: &str, as_of: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        let _inside = outside::enter()?;
        let known = DialectName::ALL.into_iter().find(|known| known.name() == dialect);
        let Some(known) = known else {
            return Err(PyValueError::new_err(format!("`{dialect}` is not a dialect; there are {}", dialects().join(", "))));
        };
        let as_of = match moment(as_of)? {
            Some(text) => Some(self.rules.as_of(&text).map_err(|error| errors::data(py, &format!("as_of: {error}"), None))?),
            None => None,
        };
        let written = outside::deep(py, || self.rules.sql(known, table, as_of))?;
        written.map_err(|error| errors::sql(py, &error.to_string(), Some(&error.place)))
    }

    /// What it would change to use `other` instead: in the rules, in what scores can reach, and, with a table, for its records. At most
    /// `people` records of each kind are named.
    ///
    /// >>> import lsrc
    /// >>> rules = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +2 max 10 }")
    /// >>> other = lsrc.Rules.from_text("lsr 1 schema c { visits: integer } score fit { per visits then +3 max 10 }")
    /// >>> rules.diff(other).same
    /// False
    #[expect(clippy::too_many_arguments, reason = "all but the first two are named, and each has a default")]
    #[pyo3(signature = (other, table=None, *, as_of=None, events=None, related=None, allow_missing=None, select=None, strict=false, people=10))]
    fn diff(
        &self,
        py: Python<'_>,
        other: &Bound<'_, Self>,
        table: Option<&Bound<'_, PyAny>>,
        as_of: Option<&Bound<'_, PyAny>>,
        events: Option<&Bound<'_, PyDict>>,
        related: Option<&Bound<'_, PyDict>>,
        allow_missing: Option<&Bound<'_, PyAny>>,
        select: Option<&Bound<'_, PyAny>>,
        strict: bool,
        people: usize,
    ) -> PyResult<Difference> {
        let _inside = outside::enter()?;
        let new = &other.get().rules;
        let Some(table) = table else {
            return outside::deep(py, || self.rules.difference(new)).map(Difference::new);
        };
        let options = FrameOptions {
            as_of: moment(as_of)?,
            events: frames(events)?,
            related: frames(related)?,
            allow_missing: names(allow_missing, "allow_missing")?,
            select: names(select, "select")?,
            strict,
            ..FrameOptions::default()
        };
        let table = frame(table)?;
        let found = outside::deep(py, || self.rules.difference_over(new, &table, &options, people))?;
        found.map(Difference::new).map_err(|failure| errors::failure(py, &failure))
    }

    fn __repr__(&self) -> String {
        format!("<lsrc.Rules {}: {}>", self.entry.display(), self.scores().join(", "))
    }
}

/// Names: a list of them, or one.
fn names(names: Option<&Bound<'_, PyAny>>, what: &str) -> PyResult<Vec<String>> {
    let Some(names) = names else { return Ok(Vec::new()) };
    if let Ok(one) = names.cast::<PyString>() {
        return Ok(vec![one.to_str()?.to_owned()]);
    }
    if let Ok(list) = names.cast::<PyList>() {
        return list.iter().map(|name| name.extract()).collect();
    }
    names.extract().map_err(|_| PyTypeError::new_err(format!("{what}: a list of names is needed")))
}

fn findings(py: Python<'_>, loader: &RuleLoader, entry: &PathBuf) -> PyResult<Vec<Finding>> {
    let found = outside::deep(py, || loader.findings(entry))?;
    let found = found.map_err(|failure| errors::failure(py, &failure))?;
    Ok(found.iter().map(Finding::new).collect())
}

/// All findings about rules, errors among them, as `lsrc check` gives them.
#[pyfunction]
pub fn check(py: Python<'_>, path: PathBuf) -> PyResult<Vec<Finding>> {
    let _inside = outside::enter()?;
    findings(py, &RuleLoader::new(), &path)
}

/// The names of the dialects of SQL.
#[pyfunction]
pub fn dialects() -> Vec<&'static str> {
    DialectName::ALL.into_iter().map(DialectName::name).collect()
}
