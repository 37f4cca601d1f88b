//! What `--compare` and `--forecast` add to a run.

use std::collections::BTreeSet;
use std::path::Path;

use miette::Report;

use super::data::{DataOptions, Reading};
use super::pair::Pair;
use super::{Host, RunOptions};
use crate::column::{Column, Extra};
use crate::failure::Failure;
use crate::forecast::{self, Forecast, Horizon};
use crate::hir::{AsOf, Model};
use crate::input::Spec;
use crate::program::RuleSet;
use crate::since::{self, BaseReader, Cause, Earlier, Previous, Since, Source, Split};
use crate::vm::scores::Scores;

/// What is added; shared by all threads.
#[derive(Default)]
pub(super) struct Added {
    compared: Option<Compared>,
    forecast: Option<forecast::Plan>,
}

struct Compared {
    previous: Previous,
    earlier: Option<Earlier>,
    source: Source,
}

impl Compared {
    fn causes(&self) -> &[Cause] {
        self.earlier.as_ref().map_or(&[], Earlier::causes)
    }
}

impl Added {
    /// Reads the earlier run, and prepares the forecast.
    pub(super) fn open(
        options: &RunOptions,
        rules: &RuleSet,
        old: Option<&RuleSet>,
        as_of: AsOf,
        host: &dyn Host,
    ) -> Result<Self, Report> {
        let model = rules.model();
        // A run that was kept in a store is put aside as the file that it would have written.
        let kept = super::kept::previous(options, rules, host)?;
        let compared = options.compare.as_deref().map(|path| {
            let places = (path, kept.as_ref().map_or(path, tempfile::NamedTempFile::path));
            compared(options, places, model, old.unwrap_or(rules), as_of)
        });
        let compared = compared.transpose()?;
        let forecast = match options.forecast {
            None => None,
            Some(_) if model.lifecycles.is_empty() => {
                return Err(Failure::new("--forecast: the rules have no lifecycle, so no record moves")
                    .help("leave the flag out, or add a lifecycle to the rules")
                    .into());
            }
            Some(ahead) => Some(forecast::Plan::new(model, Horizon::new(as_of, ahead.last(as_of.day)?, model))),
        };
        Ok(Self { compared, forecast })
    }

    /// The last moment that records are scored as of: events up to it are read.
    pub(super) fn last_moment(&self, as_of: AsOf) -> AsOf {
        self.forecast.as_ref().and_then(forecast::Plan::last_moment).unwrap_or(as_of)
    }

    /// Whether records are scored again, as of other moments or by other rules.
    pub(super) fn scores_again(&self) -> bool {
        self.forecast.is_some() || self.compared.as_ref().is_some_and(|it| it.earlier.is_some())
    }

    /// The columns that are added.
    pub(super) fn extras(&self, model: &Model) -> Vec<Extra> {
        let since = self.compared.iter().flat_map(|c| since::extras(model, c.causes()));
        since.chain(self.forecast.iter().flat_map(forecast::Plan::extras)).collect()
    }

    /// What works on batches, on one thread.
    pub(super) fn worker<'a>(&'a self, model: &'a Model) -> AddedWork<'a> {
        let since = self
            .compared
            .as_ref()
            .map(|it| Since::new(model, &it.previous, it.earlier.as_ref().map(Split::new), it.causes().len()));
        AddedWork { since, forecast: self.forecast.as_ref().map(Forecast::new) }
    }

    /// What was counted, for people and programs.
    pub(super) fn report(&self, model: &Model, counted: &AddedCounts) -> (Option<since::Report>, Option<forecast::Report>) {
        let since = self.compared.as_ref().zip(counted.since.as_ref());
        let since = since.map(|(it, counts)| counts.report(model, &it.previous, it.causes(), it.source.clone()));
        (since, self.forecast.as_ref().zip(counted.forecast.as_ref()).map(|(plan, counts)| plan.report(counts)))
    }
}

fn compared(
    options: &RunOptions,
    (path, file): (&Path, &Path),
    model: &Model,
    old: &RuleSet,
    as_of: AsOf,
) -> Result<Compared, Report> {
    if model.schema.key.is_none() {
        return Err(Failure::new(format!(
            "{}: the schema names no key, so it is not known which record is which",
            options.compare_flag()
        ))
        .help("write `key` before the property that identifies a record")
        .into());
    }
    let outputs = model.scores.iter().map(|s| &s.name).chain(model.labels.iter().map(|l| &l.name));
    let outputs: BTreeSet<String> = outputs.chain(model.lifecycles.iter().map(|l| &l.name)).map(ToString::to_string).collect();
    let absent = options.data.allow_missing.iter().map(|n| n.trim().to_owned()).filter(|n| outputs.contains(n)).collect();
    let previous = Previous::read(&Spec::file(file), model, &absent)?;
    if let Some(name) = previous.lacks(model).filter(|_| options.changed_only) {
        return Err(Failure::new(format!(
            "--changed-since: `{}` has no column `{name}`, so every record differs",
            path.display()
        ))
        .help("leave the flag out once, and keep the whole output")
        .into());
    }
    let source = Source {
        output: super::kept::shown(path),
        rules: options.previous_rules.as_ref().map(|p| p.display().to_string()),
        data: options.previous_data.iter().map(|p| p.display().to_string()).collect(),
        as_of: options.previous_as_of.clone(),
    };
    let base = if options.previous_data.is_empty() { None } else { Some(base(options, path, model, old, &previous, as_of)?) };
    let earlier = options.previous_rules.as_ref().map(|_| old.model());
    let split = base.is_some() || earlier.is_some();
    let earlier = split.then(|| Earlier::new(model, as_of, earlier, base));
    Ok(Compared { previous, earlier, source })
}

/// What the earlier rules make of the earlier data.
fn base(
    options: &RunOptions,
    path: &Path,
    model: &Model,
    old: &RuleSet,
    previous: &Previous,
    now: AsOf,
) -> Result<since::Base, Report> {
    let data =
        DataOptions { events: options.previous_events.clone(), as_of: options.previous_as_of.clone(), ..options.data.clone() };
    let then = data
        .moment(old.model())
        .map_err(|_| Failure::new("--previous-as-of: that is not a date").help("write it as 2026-01-15 or 2026-01-15T10:30"))?;
    if then.micros > now.micros {
        return Err(Failure::new("--previous-as-of lies after the moment of this run")
            .help("name the moment of the earlier run; its --summary has it as `as_of`")
            .into());
    }
    let mut reader = data.open(&options.previous_data, old.model(), old.sources(), now, &Reading::default())?;
    let mut base = BaseReader::new(model, old.model(), previous, then, now);
    let differs = |why: String| {
        let rules = if options.previous_rules.is_some() { "" } else { " (--previous-rules, where they are not those of now)" };
        Failure::new(format!("`{}` is not what the earlier rules give for the earlier data: {why}", path.display()))
            .help(format!("name the data, rules{rules} and moment of that run; its --summary has them"))
    };
    while let Some(batch) = reader.next_batch().map_err(Report::new)? {
        base.add(&batch).map_err(differs)?;
    }
    Ok(base.finish().map_err(differs)?)
}

/// Works on batches, on one thread.
pub(super) struct AddedWork<'a> {
    since: Option<Since<'a>>,
    forecast: Option<Forecast<'a>>,
}

impl AddedWork<'_> {
    /// The columns of a batch.
    pub(super) fn columns(&mut self, pair: &Pair, scores: &Scores) -> Vec<Column> {
        let mut out = Vec::new();
        if let Some(since) = &mut self.since {
            out.extend(since.add(&pair.new, pair.old.as_ref(), scores));
        }
        if let Some(forecast) = &mut self.forecast {
            out.extend(forecast.add(&pair.new, scores));
        }
        out
    }

    /// What was counted.
    pub(super) fn counts(&self) -> AddedCounts {
        AddedCounts {
            since: self.since.as_ref().map(|s| s.counts().clone()),
            forecast: self.forecast.as_ref().map(|f| f.counts().clone()),
        }
    }
}

/// What was counted; counts of several threads add up.
#[derive(Debug, Clone, Default)]
pub(super) struct AddedCounts {
    pub(super) since: Option<since::Counts>,
    forecast: Option<forecast::Counts>,
}

impl AddedCounts {
    /// Adds what another thread counted.
    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.since, other.since) {
            (Some(counts), Some(more)) => counts.merge(&more),
            (counts, more) => *counts = counts.take().or(more),
        }
        match (&mut self.forecast, other.forecast) {
            (Some(counts), Some(more)) => counts.merge(&more),
            (counts, more) => *counts = counts.take().or(more),
        }
    }
}
