//! Tables in memory, scored and compared: what a data frame library or a query gives, without a file between.

use std::path::PathBuf;

use miette::Report;

use super::data::{DataOptions, Frames, RECORDS};
use super::{Order, Rules, RunOptions, people, run};
use crate::diff::unit::units;
use crate::diff::{Difference, Matching, Plan};
use crate::failure::Failure;
use crate::input::Frame;
use crate::program::RuleSet;
use crate::report::summary::Summary;

/// How tables in memory are scored. Where something is `None` or empty it is not done, or is found out.
#[derive(Debug, Clone, Default)]
pub struct FrameOptions {
    /// The moment to score at: a date (its end), a date-time, or `yesterday`; `None` for now.
    pub as_of: Option<String>,
    /// Tables of events, each with the name of its list.
    pub events: Vec<(String, Frame)>,
    /// Tables of related records, each with the record's name.
    pub related: Vec<(String, Frame)>,
    /// Properties, events and related records that rules use and the tables may lack, or `all`.
    pub allow_missing: Vec<String>,
    /// Columns of the table to carry along.
    pub select: Vec<String>,
    /// Whether a column with the reasons of every score is added.
    pub explain: bool,
    /// Whether any data error is a failure.
    pub strict: bool,
    /// Whether keys are taken to be unique, without a check that takes memory for every record.
    pub assume_unique: bool,
    /// How many threads work; as many as there are cores by default.
    pub threads: Option<usize>,
}

/// The results of a table, in the order of its rows.
#[derive(Debug)]
pub struct ScoredFrame {
    frame: Frame,
    summary: Summary,
}

impl ScoredFrame {
    /// The results, with the columns of `lsrc run`: the key, then scores, labels and stages. Points are doubles.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// How many data errors there were: each made one value unknown, and no row is left out.
    #[must_use]
    pub fn data_errors(&self) -> u64 {
        self.summary.errors.errors()
    }

    /// The summary of the run as JSON, as `lsrc run --summary` writes it; `docs/summary.md` describes it.
    ///
    /// # Errors
    /// A value that is not JSON.
    pub fn summary_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.summary)
    }
}

impl RuleSet {
    /// Scores a table in memory.
    ///
    /// # Errors
    /// A table that lacks a column which the rules need; with [`strict`](FrameOptions::strict) any data error.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
    /// let rules = lsrc::RuleSet::from_text("a.lsr", "lsr 1\nschema c { visits: integer }\nscore s { per visits then +2 max 10 }")?;
    /// let visits: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(9)]));
    /// let batch = RecordBatch::try_from_iter([("visits", visits)])?;
    /// let table = lsrc::Frame::new(batch.schema(), [batch])?;
    ///
    /// let scored = rules.score_frame(&table, &lsrc::FrameOptions::default())?;
    /// let points = scored.frame().batches()[0].column_by_name("s").unwrap();
    /// let points = points.as_any().downcast_ref::<Float64Array>().unwrap();
    /// assert_eq!(points.iter().collect::<Vec<_>>(), [Some(2.0), Some(0.0), Some(10.0)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn score_frame(&self, records: &Frame, options: &FrameOptions) -> Result<ScoredFrame, Failure> {
        let options = RunOptions {
            rules: PathBuf::from(self.name()),
            records: vec![PathBuf::from(RECORDS)],
            data: options.data(records),
            keep: true,
            select: options.select.clone(),
            explain: options.explain,
            threads: options.threads,
            ..RunOptions::default()
        };
        let order = Order::of(&options).map_err(|report| failure(&report))?;
        let outcome = run(order, Rules { rules: self, earlier: None, chunk: None }, &()).map_err(|report| failure(&report))?;
        let frame = outcome.kept.ok_or_else(|| Failure::new("the run kept no rows"))?;
        Ok(ScoredFrame { frame, summary: outcome.summary })
    }

    /// What it would change to use `new` instead, for the records of a table too; at most `most` people of each kind are named, with
    /// their columns of [`select`](FrameOptions::select).
    ///
    /// # Errors
    /// A table that lacks a column which either rules need.
    pub fn difference_over(
        &self,
        new: &Self,
        records: &Frame,
        options: &FrameOptions,
        most: usize,
    ) -> Result<Difference, Failure> {
        let parts = |rules: &Self| units(rules.model(), rules.sources());
        let plan = Plan::new(self.model(), new.model(), &Matching::of(parts(self), parts(new)));
        let (data, paths, shown) = (options.data(records), [PathBuf::from(RECORDS)], (most, options.select.as_slice()));
        let found = people(&data, &paths, [self, new], &plan, shown, &mut |_| ()).map_err(|report| failure(&report))?;
        let ((people, accounts), errors) = found;
        if options.strict && errors.errors() > 0 {
            let count = crate::report::plain::of(errors.errors(), "error", "errors");
            return Err(Failure::new(format!("strict: the data have {count}")).help("fix the data, or compare without strict"));
        }
        let difference = self.difference(new);
        let equivalence = difference.equivalence.with(Some(&people));
        Ok(Difference { equivalence, people: Some(people), accounts, ..difference })
    }

    /// What messages call the rules.
    fn name(&self) -> String {
        self.sources().iter().next().map_or_else(|| "rules".to_owned(), |(_, file)| file.name().to_owned())
    }
}

impl FrameOptions {
    fn data(&self, records: &Frame) -> DataOptions {
        DataOptions {
            as_of: self.as_of.clone(),
            allow_missing: self.allow_missing.clone(),
            strict: self.strict,
            assume_unique: self.assume_unique,
            frames: Frames { records: Some(records.clone()), events: self.events.clone(), related: self.related.clone() },
            ..DataOptions::default()
        }
    }
}

/// The report as a failure of the library: what, the way out, and the causes in words.
fn failure(report: &Report) -> Failure {
    let failure = Failure::new(report.to_string());
    let failure = match report.help() {
        Some(help) => failure.help(help.to_string()),
        None => failure,
    };
    let causes: Vec<String> = report.chain().skip(1).map(ToString::to_string).collect();
    if causes.is_empty() { failure } else { failure.because(causes.join(": ")) }
}
