//! Records with an outcome, for the commands that measure: each looked at as of its own moment, what cannot take part counted.

mod taken;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use miette::Report;

use super::data::DataArgs;
use super::progress::Progress;
use super::{Failure, Terminal};
use crate::check;
use crate::column::Batch;
use crate::engine::Moments;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Duration, Expr, Model};
use crate::invariant::{SureAt as _, fits};
use crate::learn::moment::{Judge, Verdict, moment};
use crate::program::{Also, Compiled, RuleSet, Wanted};
use crate::report::plain::of;
use crate::run::{Pair, Readers, Reading, RulesAt, filter};
use crate::schema::PropId;
use crate::text::nearest;
use crate::value::Type;
use crate::vm::scores::{NONE, Scores};
pub(in crate::cli) use taken::Taken;
pub(in crate::cli) use words::{duration, duration_words, fingerprint};

/// What became of the records, and when they are looked at.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct OutcomeArgs {
    /// What counts as converted: a condition over the record, such as `converted` or `lifecycle_stage is customer`
    #[arg(long, value_name = "CONDITION")]
    pub(in crate::cli) outcome: String,
    /// Look at each record as of this date of its own: what happened later does not count
    #[arg(long, value_name = "PROPERTY")]
    pub(in crate::cli) at: Option<String>,
    /// Count an outcome only if it came so soon after --at, as in `90d` or `3 months`; younger records are left out
    #[arg(long, value_name = "TIME", value_parser = duration, requires_all = ["at", "outcome_at"])]
    pub(in crate::cli) within: Option<Duration>,
    /// The date on which the outcome came
    #[arg(long, value_name = "PROPERTY", requires = "within")]
    pub(in crate::cli) outcome_at: Option<String>,
    /// Only records for which this condition over input and output is true
    #[arg(long = "where", value_name = "CONDITION")]
    pub(in crate::cli) filter: Option<String>,
    /// A number that says for how many records each one stands
    #[arg(long, value_name = "PROPERTY")]
    pub(in crate::cli) weight: Option<String>,
}

/// Weights are kept as whole numbers of this part of a record.
const PART: f64 = 1e6;

/// What is measured, and how.
pub(in crate::cli) struct Study {
    pub(in crate::cli) rules: RuleSet,
    pub(in crate::cli) as_of: AsOf,
    pub(in crate::cli) at: Option<PropId>,
    came: Option<PropId>,
    within: Option<Duration>,
    weight: Option<PropId>,
    outcome: Expr,
    filter: Option<Expr>,
    old: Option<RuleSet>,
}

/// The records of one moment that take part.
pub(in crate::cli) struct Observed<'a> {
    pub(in crate::cli) as_of: AsOf,
    /// The rows of the batch that take part, with their weight and whether they converted.
    pub(in crate::cli) rows: &'a [(usize, u64, bool)],
    pub(in crate::cli) batch: &'a Batch,
    pub(in crate::cli) scores: &'a Scores,
    /// Their places in the data, by row of the batch.
    pub(in crate::cli) places: &'a [u64],
    /// What other rules give.
    pub(in crate::cli) old: Option<&'a Scores>,
}

impl Study {
    /// Reads what is asked for against the rules.
    pub(in crate::cli) fn new(args: &OutcomeArgs, data: &DataArgs, rules: RuleSet) -> Result<Self, Report> {
        let model = rules.model();
        let outcome = condition("--outcome", check::record_condition(rules.sources(), model, &args.outcome))?;
        let filter = args.filter.as_deref().map(|text| filter(&rules, text)).transpose()?;
        let date = |flag: &str, name: &Option<String>| -> Result<Option<PropId>, Report> {
            let Some(name) = name else { return Ok(None) };
            let id = property(flag, model, name)?;
            match model.schema.property(id).map(|p| &p.ty) {
                Some(Type::Date | Type::DateTime) => Ok(Some(id)),
                Some(ty) => Err(Failure::new(format!("{flag}: `{name}` is of type {ty}, not a date"))
                    .help("name a property of type date or datetime")
                    .into()),
                None => Ok(None),
            }
        };
        let at = date("--at", &args.at)?;
        let came = date("--outcome-at", &args.outcome_at)?;
        let weight = match &args.weight {
            None => None,
            Some(name) => {
                let id = property("--weight", model, name)?;
                if !matches!(model.schema.property(id).map(|p| &p.ty), Some(Type::Integer | Type::Number)) {
                    return Err(Failure::new(format!("--weight: `{name}` is not a number"))
                        .help("name a property of type integer or number")
                        .into());
                }
                Some(id)
            }
        };
        let as_of = data.options().moment(model)?;
        Ok(Self { as_of, at, came, within: args.within, weight, outcome, filter, old: None, rules })
    }

    /// Other rules to score the same records with.
    pub(in crate::cli) fn against(self, old: Option<RuleSet>) -> Self {
        Self { old, ..self }
    }

    /// How many weights make one record.
    pub(in crate::cli) fn unit(&self) -> f64 {
        if self.weight.is_some() { PART } else { 1.0 }
    }

    /// The properties that say what became of a record, and when.
    pub(in crate::cli) fn answers(&self) -> BTreeSet<PropId> {
        let uses = Uses::of_expr(self.rules.model(), &self.outcome);
        let read = (0..).map(PropId).zip(&uses.properties).filter(|(_, places)| !places.is_empty()).map(|(id, _)| id);
        read.chain(self.came).collect()
    }

    /// Properties that stand for no attribute: the key, the moment, the weight and the answers.
    pub(in crate::cli) fn reserved(&self) -> BTreeSet<PropId> {
        let mut all = self.answers();
        all.extend(self.rules.model().schema.key);
        all.extend(self.at);
        all.extend(self.weight);
        all
    }

    /// Refuses rules whose points depend on the answer.
    pub(in crate::cli) fn honest(&self) -> Result<(), Report> {
        let (model, sources) = (self.rules.model(), self.rules.sources());
        let mut scores = model.clone();
        // Who is held, excluded or staged may well depend on it; points may not.
        scores.lifecycles.clear();
        scores.exclusions.clear();
        let uses = Uses::of(&scores);
        for id in self.answers() {
            let places = uses.properties.sure_at(id.0 as usize);
            if let (Some(place), Some(property)) = (places.first(), model.schema.property(id)) {
                let at = sources.place(*place);
                let message = format!(
                    "{}:{}: the points depend on `{}`, which the outcome is read from, so the score would know the answer",
                    sources.name(*place),
                    at.line,
                    property.name
                );
                return Err(Failure::new(message).help("take the rule away, or name another outcome").into());
            }
        }
        Ok(())
    }

    /// Reads all records and hands on those that take part. `properties` are read besides what the rules need.
    pub(in crate::cli) fn run(
        &self,
        args: &DataArgs,
        data: &[PathBuf],
        wanted: &Wanted,
        more: Also,
        terminal: &Terminal,
        mut take: impl FnMut(Observed<'_>),
    ) -> Result<Taken, Report> {
        let model = self.rules.model();
        let mut properties: BTreeSet<PropId> = more.properties.clone();
        properties.extend(self.at.iter().chain(&self.came).chain(&self.weight));
        let conditions = std::iter::once(&self.outcome).chain(&self.filter);
        let mut uses = more.uses.clone();
        uses.extend(conditions.map(|c| Uses::of_expr(model, c)));
        let also = Also { properties, uses, ..more };
        let before = self.old.as_ref().map(|rules| RulesAt { rules, as_of: self.as_of });
        let now = RulesAt { rules: &self.rules, as_of: self.as_of };
        let reading = Reading { also, ..Reading::default() };
        let mut reader = Readers::open(&args.options(), data, before, now, reading)?;
        let wanted = Wanted { conditions: self.filter.iter().cloned().collect(), ..wanted.clone() };
        let mut work = Work {
            study: self,
            outcome: outcome_alone(&self.rules, &self.outcome).moments(),
            scorer: self.rules.compile(&wanted).moments(),
            old: self.old.as_ref().map(|rules| rules.compile(&Wanted::default()).moments()),
            taken: Taken::default(),
        };
        let progress = Progress::new(terminal);
        while let Some(pair) = reader.next()? {
            progress.advance(pair.new.rows as u64, reader.new.share());
            work.batch(&pair, &mut take);
        }
        progress.finish();
        let report = reader.new.report();
        if args.strict && report.errors() > 0 {
            return Err(Failure::new(format!("--strict: the data have {}", of(report.errors(), "error", "errors")))
                .help("fix the data, or run without --strict")
                .into());
        }
        let mut taken = work.taken;
        taken.report = report;
        Ok(taken)
    }
}

/// A program that works out the outcome and nothing else.
fn outcome_alone(rules: &RuleSet, outcome: &Expr) -> Compiled {
    let mut model = rules.model().clone();
    model.exclusions.clear();
    model.scores.clear();
    model.labels.clear();
    model.lifecycles.clear();
    model.outputs.clear();
    model.tests.clear();
    let bare = RuleSet::of(rules.sources().clone(), model);
    bare.compile(&Wanted { conditions: vec![outcome.clone()], ..Wanted::default() })
}

/// The reading of one data set.
struct Work<'a> {
    study: &'a Study,
    outcome: Moments,
    scorer: Moments,
    old: Option<Moments>,
    taken: Taken,
}

impl Work<'_> {
    fn batch(&mut self, pair: &Pair, take: &mut impl FnMut(Observed<'_>)) {
        let study = self.study;
        let (batch, zone) = (&pair.new, &study.rules.model().schema.zone);
        let column = |id: Option<PropId>| id.and_then(|id| batch.columns.get(id.0 as usize)?.as_ref());
        // What became of a record is known at the end of the data, whenever the record itself is looked at.
        let mut outcomes = vec![None; batch.rows];
        let all: Vec<(usize, AsOf)> = (0..batch.rows).map(|row| (row, study.as_of)).collect();
        self.outcome.each(batch, &all, |portion| {
            if let Some(condition) = portion.scores.conditions.first() {
                for (at, slot) in outcomes.iter_mut().enumerate() {
                    *slot = condition.known.get(at).then(|| condition.truth.get(at));
                }
            }
        });
        let judge = Judge { end: study.as_of, within: study.within };
        let mut rows: Vec<(usize, AsOf)> = Vec::new();
        let mut known: Vec<(u64, bool)> = vec![(0, false); batch.rows];
        for (row, outcome) in outcomes.into_iter().enumerate() {
            self.taken.intake.read += 1;
            let own = study.at.map(|_| column(study.at).and_then(|c| moment(c, row, zone)));
            let came = column(study.came).and_then(|c| moment(c, row, zone));
            let verdict = judge.verdict(own, outcome, came);
            if !matches!(verdict, Verdict::Converted | Verdict::Lost) {
                self.taken.intake.count(verdict);
                continue;
            }
            let Some(weight) = study.weight_of(batch, row) else {
                self.taken.intake.without_weight += 1;
                continue;
            };
            if let Some(slot) = known.get_mut(row) {
                *slot = (weight, verdict == Verdict::Converted);
            }
            rows.push((row, own.flatten().unwrap_or(study.as_of)));
        }
        let mut olds: Vec<(Vec<usize>, Scores)> = Vec::new();
        if let Some(old) = &mut self.old {
            let before = pair.old.as_ref().unwrap_or(batch);
            old.each(before, &rows, |portion| olds.push((portion.rows.to_vec(), portion.scores.clone())));
        }
        let mut olds = olds.into_iter();
        let taken = &mut self.taken;
        let model = study.rules.model();
        self.scorer.each(batch, &rows, |portion| {
            let old = olds.next().map(|(_, scores)| scores);
            let condition = study.filter.as_ref().and(portion.scores.conditions.first());
            let mut part = Vec::with_capacity(portion.rows.len());
            let mut places = Vec::with_capacity(portion.rows.len());
            for (at, row) in portion.rows.iter().enumerate() {
                places.push(batch.first_row + *row as u64 - 1);
                if condition.is_some_and(|c| !c.truth.get(at)) {
                    taken.intake.filtered += 1;
                    continue;
                }
                let excluded = portion.scores.excluded.get(at).copied().unwrap_or(NONE);
                if excluded != NONE {
                    let rule = model.exclusions.get(excluded as usize);
                    let reason = rule.and_then(|e| e.because.as_ref()).map_or("without a reason", |b| &b.text);
                    taken.intake.exclude(reason);
                    continue;
                }
                let (weight, converted) = *known.sure_at(*row);
                taken.see(portion.as_of, study, converted);
                part.push((at, weight, converted));
            }
            take(Observed {
                as_of: portion.as_of,
                rows: &part,
                batch: portion.batch,
                scores: portion.scores,
                places: &places,
                old: old.as_ref(),
            });
        });
    }
}

impl Study {
    /// The weight of a record in parts; `None` where it has none above zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "held within bounds before"
    )]
    fn weight_of(&self, batch: &Batch, row: usize) -> Option<u64> {
        let Some(id) = self.weight else { return Some(1) };
        let column = batch.columns.get(id.0 as usize)?.as_ref()?;
        #[expect(clippy::wildcard_enum_match_arm, reason = "only numbers are weights")]
        let weight = match column {
            crate::column::Column::Integer(values) => values.get(row)? as f64,
            crate::column::Column::Number(values) => values.get(row)?,
            _ => return None,
        };
        (weight > 0.0 && weight < 1e9).then(|| ((weight * PART).round() as u64).max(1))
    }
}

/// The condition, or what is wrong with it.
fn condition(flag: &str, found: Result<Expr, crate::diag::Diagnostics>) -> Result<Expr, Report> {
    found.map_err(|found| {
        let first = found.iter().next();
        let message = first.map_or_else(|| "it is not a condition".to_owned(), |d| d.message.clone());
        let failure = Failure::new(format!("{flag}: {message}"));
        match first.and_then(|d| d.help.clone()) {
            Some(help) => failure.help(help).into(),
            None => failure.into(),
        }
    })
}

/// A property by name.
pub(in crate::cli) fn property(flag: &str, model: &Model, name: &str) -> Result<PropId, Report> {
    if let Some((id, _)) = model.schema.find(name) {
        return Ok(id);
    }
    let names = model.schema.properties.iter().map(|p| &*p.name);
    let failure = Failure::new(format!("{flag}: the schema has no property `{name}`"));
    Err(match nearest(name, names) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None => failure.help("`lsrc show` lists what the schema has").into(),
    })
}

/// How records are dealt out to the five parts of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Folds {
    /// By a hash of the key
    Key,
    /// By the place in the data
    Row,
    /// By time: each fifth is measured by what was learned from the fifths before it
    Time,
}

impl Study {
    /// The fold of a record; by time it is settled when all are known.
    pub(in crate::cli) fn fold(&self, folds: Folds, seen: &Observed<'_>, row: usize) -> u8 {
        let place = *seen.places.sure_at(row);
        let by_place = fits(place % 5);
        let model = self.rules.model();
        let key = model.schema.key.filter(|_| folds == Folds::Key);
        let value = key.and_then(|id| {
            let column = seen.batch.columns.get(id.0 as usize)?.as_ref()?;
            let value = crate::why::values::value_at(column, row)?;
            if let crate::value::Value::Text(text) = &value {
                return Some(text.to_string());
            }
            let ty = model.schema.property(id).map(|p| &p.ty)?;
            Some(crate::why::values::shown(Some(&value), ty, &model.schema.zone))
        });
        value.map_or(by_place, |text| crate::learn::columns::fold_of(&text))
    }

    /// What the commands that look at every attribute read: all properties, and when events happened.
    pub(in crate::cli) fn everything(&self) -> Also {
        let schema = &self.rules.model().schema;
        let fields = |list: &crate::schema::EventList| {
            let mut fields = vec![false; list.fields.len()];
            if let Some(at) = fields.get_mut(list.at.0 as usize) {
                *at = true;
            }
            fields
        };
        let events = schema
            .events
            .iter()
            .map(|list| crate::hir::uses::EventUse { rules: vec![list.name_span], fields: fields(list) })
            .collect();
        let none = Uses {
            properties: vec![Vec::new(); schema.properties.len()],
            events,
            named: vec![BTreeSet::new(); schema.properties.len()],
        };
        let properties = (0..).map(PropId).take(schema.properties.len()).collect();
        Also { properties, uses: vec![none], ..Also::default() }
    }
}
