//! From tallies to the summary.

use super::{
    Bar, Count, Exclusion, Label, Lifecycle, Moves, Param, Records, Rollup, Rule, Score, Stage, StageReason, Summary, Threshold,
    Transition, UndecidedBy, Unknown, UnnamedValue, decimal,
};
use crate::hir::words::{self, stage_reasons};
use crate::hir::{self, Bounds, Model, ScoreBody, ScoreId};
use crate::input::DataReport;
use crate::invariant::{Sure as _, SureAt as _};
use crate::report::tally::{ScoreTally, StageTally, Tally};
use crate::source::{Sources, Span};
use crate::value::{Points, Value};
use crate::vm::scores::Cause;

/// At most this many bars in a histogram.
const BARS: i64 = 12;

/// At most this many unnamed values are told.
const UNNAMED: usize = 20;

/// The facts of a run that are not counted.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The rules, as named on the command line.
    pub rules: String,
    /// The data, as named on the command line.
    pub data: Vec<String>,
    /// The moment that the run is as of, with its offset.
    pub as_of: String,
    /// The same in words.
    pub as_of_words: String,
    /// Whether that lies before the run.
    pub as_of_past: bool,
    /// What was allowed to be missing and is.
    pub missing: Vec<String>,
    /// Records written.
    pub written: u64,
    /// Seconds.
    pub seconds: f64,
    /// What changed since an earlier run, if that was asked for.
    pub since: Option<crate::since::Report>,
    /// What is to come, if that was asked for.
    pub forecast: Option<crate::forecast::Report>,
    /// The accounts of the rollups that were asked for.
    pub rollups: Vec<Rollup>,
    /// What the run could not count.
    pub unknown: Vec<Unknown>,
}

/// Makes the summary of a run.
#[must_use]
pub fn build(model: &Model, sources: &Sources, tally: &Tally, errors: DataReport, run: Run) -> Summary {
    let excluded: u64 = tally.excluded.iter().sum();
    let exclusions = model.exclusions.iter().zip(&tally.excluded);
    let counts_rules = !run.unknown.contains(&Unknown::RulesFired);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = if run.seconds > 0.0 { tally.records as f64 / run.seconds } else { 0.0 };
    Summary {
        version: 1,
        rules: run.rules,
        data: run.data,
        as_of: run.as_of,
        as_of_words: run.as_of_words,
        as_of_past: run.as_of_past,
        params: model.params.iter().map(|p| Param { name: p.name.to_string(), value: param_value(&p.value) }).collect(),
        records: Records { read: tally.records, scored: tally.records - excluded, excluded, written: run.written },
        exclusions: exclusions.map(|(e, &records)| exclusion(sources, e, records)).collect(),
        missing: run.missing,
        not_known: run.unknown,
        scores: model
            .scores
            .iter()
            .zip(&tally.scores)
            .enumerate()
            .map(|(at, (s, t))| score(model, sources, at, s, t, tally.records))
            .collect(),
        labels: model.labels.iter().zip(&tally.labels).map(|(l, counts)| label(l, counts)).collect(),
        lifecycles: model.lifecycles.iter().zip(&tally.stages).map(|(l, t)| lifecycle(model, sources, l, t)).collect(),
        rules_fired: if counts_rules { model.scores.iter().flat_map(|s| rules(sources, s, tally)).collect() } else { Vec::new() },
        unnamed_values: unnamed(model, tally, &errors),
        since: run.since,
        forecast: run.forecast,
        rollups: run.rollups,
        store: None,
        errors,
        seconds: run.seconds,
        records_per_second: rate,
    }
}

/// The summary of a rollup whose accounts are made of so many records.
#[must_use]
pub fn rollup(it: &hir::Rollup, sources: &Sources, tally: &Tally, records: u64) -> Rollup {
    let model = &it.accounts;
    let scores = model.scores.iter().zip(&tally.scores).enumerate().filter(|(_, (s, _))| !s.is_given());
    Rollup {
        name: it.name.to_string(),
        by: words::squeezed(sources, it.key.span),
        records,
        accounts: tally.records,
        scores: scores.map(|(at, (s, t))| score(model, sources, at, s, t, tally.records)).collect(),
        labels: model.labels.iter().zip(&tally.labels).map(|(l, counts)| label(l, counts)).collect(),
        lifecycles: model.lifecycles.iter().zip(&tally.stages).map(|(l, t)| lifecycle(model, sources, l, t)).collect(),
    }
}

fn param_value(value: &Value) -> String {
    match value {
        Value::Decimal(n) => n.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Date(day) => crate::time::civil(*day).map_or_else(String::new, |d| d.to_string()),
        Value::DateTime(micros) => crate::time::moment_text(*micros),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Option(_) | Value::Set(_) | Value::TextSet(_) => String::new(),
    }
}

fn line(sources: &Sources, span: Span) -> usize {
    sources.place(span).line
}

fn exclusion(sources: &Sources, it: &hir::Exclusion, records: u64) -> Exclusion {
    Exclusion {
        reason: it.because.as_ref().map(|b| b.text.to_string()),
        rule: words::exclusion(sources, it),
        line: line(sources, it.span),
        records,
    }
}

fn score(model: &Model, sources: &Sources, at: usize, it: &hir::Score, tally: &ScoreTally, records: u64) -> Score {
    let known = tally.known > 0;
    let exclusions = match &it.body {
        ScoreBody::Items { exclusions, .. } => exclusions.as_slice(),
        ScoreBody::Formula(_) | ScoreBody::Conditional(_) | ScoreBody::Given(_) => &[],
    };
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    let mean = (decimal(tally.sum) / tally.known.max(1) as f64 * 100.0).round() / 100.0;
    Score {
        name: it.name.to_string(),
        known: tally.known,
        unknown: records - tally.known,
        exclusions: exclusions.iter().zip(&tally.excluded).map(|(e, &n)| exclusion(sources, e, n)).collect(),
        min: known.then_some(Points(tally.min)),
        max: known.then_some(Points(tally.max)),
        mean: known.then_some(mean),
        histogram: histogram(tally, &it.bounds, BARS),
        thresholds: thresholds(model, ScoreId(crate::invariant::number(at))),
    }
}

/// Bars whose width is 1, 2 or 5 times a power of ten, at most `most` of them, from multiples of the width; the bounds of the score
/// cut off what no record can have.
pub(crate) fn histogram(tally: &ScoreTally, bounds: &Bounds, most: i64) -> Vec<Bar> {
    let counts = tally.counts();
    let (Some(&(first, _)), Some(&(last, _))) = (counts.first(), counts.last()) else { return Vec::new() };
    let widths = (0..10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_i64.pow(power)));
    let bars = |width: i64| last.div_euclid(width) - first.div_euclid(width) + 1;
    let width = widths.into_iter().find(|&width| bars(width) <= most).unwrap_or(1_000_000_000);
    let start = first.div_euclid(width);
    let least = bounds.min.map_or(i64::MIN, |(min, _)| min.0.div_euclid(100));
    let beyond = bounds.max.map_or(i64::MAX, |(max, _)| max.0.div_euclid(100) + 1);
    let bar = |at: i64| {
        let (from, to) = ((start + at) * width, (start + at + 1) * width);
        Bar { from: from.max(least), to: to.min(beyond), records: 0 }
    };
    let mut out: Vec<Bar> = (0..bars(width)).map(bar).collect();
    for (whole, n) in counts {
        let place = usize::try_from(whole.div_euclid(width) - start).ok();
        if let Some(bar) = place.and_then(|place| out.get_mut(place)) {
            bar.records += n;
        }
    }
    out
}

fn thresholds(model: &Model, score: ScoreId) -> Vec<Threshold> {
    hir::thresholds(model, score).into_iter().map(|t| Threshold { at: t.at, name: t.name }).collect()
}

fn label(it: &hir::Label, counts: &[u64]) -> Label {
    let values = it.values.iter().zip(counts).map(|(value, &records)| Count { value: value.to_string(), records });
    Label {
        name: it.name.to_string(),
        values: values.collect(),
        unknown: *counts.last().sure("the last count is of records without a value"),
    }
}

fn lifecycle(model: &Model, sources: &Sources, it: &hir::Lifecycle, tally: &StageTally) -> Lifecycle {
    let places: Vec<Option<usize>> = (0..it.stages.len()).map(Some).chain([None]).collect();
    let name = |at: Option<usize>| at.and_then(|at| it.stages.get(at)).map(ToString::to_string);
    let stages = places.iter().map(|&at| Stage { stage: name(at), before: tally.before(at), after: tally.after(at) });
    let pairs = places.iter().flat_map(|&from| places.iter().map(move |&to| (from, to))).filter(|(from, to)| from != to);
    let mut transitions: Vec<Transition> = pairs
        .map(|(from, to)| Transition { from: name(from), to: name(to), records: tally.transition(from, to) })
        .filter(|t| t.records > 0)
        .collect();
    transitions.sort_by_key(|t| std::cmp::Reverse(t.records));
    let mut undecided_by: Vec<UndecidedBy> = tally
        .undecided
        .iter()
        .filter_map(|(&id, &records)| {
            Some(UndecidedBy { property: model.schema.properties.get(id as usize)?.name.to_string(), records })
        })
        .collect();
    undecided_by.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.property.cmp(&b.property)));
    let [forward, backward, none, held] = tally.moves;
    Lifecycle {
        name: it.name.to_string(),
        property: it.property.is_some(),
        stages: stages.collect(),
        moves: Moves { forward, backward, held, none },
        transitions,
        reasons: stage_reasons(sources, it, tally),
        undecided: tally.cause(Cause::Undecided(true)),
        undecided_by,
    }
}

fn stage_reasons(sources: &Sources, it: &hir::Lifecycle, tally: &StageTally) -> Vec<StageReason> {
    let own = |reason: Option<String>, span: Span, cause: Cause| StageReason {
        reason: reason.sure("a hold or line of the lifecycle has a reason"),
        line: Some(line(sources, span)),
        records: tally.cause(cause),
    };
    let number = |at: usize| crate::invariant::number(at);
    let holds = it.holds.iter().enumerate().map(|(at, h)| own(it.hold_reason(at, sources), h.span, Cause::Hold(number(at))));
    let rules = it.rules.iter().enumerate().map(|(at, r)| own(it.rule_reason(at, sources), r.span, Cause::Rule(number(at))));
    let fixed = [
        (stage_reasons::OTHERWISE, Cause::Otherwise),
        (stage_reasons::UNDECIDED, Cause::Undecided(true)),
        (stage_reasons::NO_STAGE, Cause::Undecided(false)),
        (stage_reasons::EXCLUDED, Cause::Excluded),
        (stage_reasons::REFUSED, Cause::Refused(0)),
    ];
    let fixed = fixed.into_iter().map(|(reason, cause)| StageReason {
        reason: reason.to_owned(),
        line: None,
        records: tally.cause(cause),
    });
    holds.chain(rules).chain(fixed.filter(|r| r.records > 0)).collect()
}

fn rules(sources: &Sources, score: &hir::Score, tally: &Tally) -> Vec<Rule> {
    let mut out = Vec::new();
    if let ScoreBody::Conditional(formula) = &score.body {
        for (at, arm) in formula.arms().enumerate() {
            let unknown = *tally.unknowns.sure_at(formula.item.index());
            out.push(Rule {
                score: score.name.to_string(),
                line: line(sources, arm.arm.span),
                rule: words::formula_arm(sources, arm),
                because: arm.arm.because.as_ref().map(|b| b.text.to_string()),
                hits: *tally.hits.sure_at(arm.arm.id.index()),
                unknown: if at == 0 { unknown } else { 0 },
                points: 0.0,
            });
        }
    }
    Model::items_of(score, &mut |item, _| {
        for (at, arm) in words::arms(item).into_iter().enumerate() {
            let unknown = *tally.unknowns.sure_at(item.id.index());
            out.push(Rule {
                score: score.name.to_string(),
                line: line(sources, arm.span),
                rule: words::rule(sources, item, arm),
                because: arm.because.as_ref().map(|b| b.text.to_string()),
                hits: *tally.hits.sure_at(arm.id.index()),
                unknown: if at == 0 { unknown } else { 0 },
                points: decimal(*tally.points.sure_at(arm.id.index())),
            });
        }
    });
    out
}

fn unnamed(model: &Model, tally: &Tally, errors: &DataReport) -> Vec<UnnamedValue> {
    let named = crate::hir::uses::Uses::of(model).named;
    let listed = model.schema.properties.iter().zip(&tally.unnamed).zip(&named).flat_map(|((property, counts), named)| {
        let options = property.ty.options().into_iter().flat_map(|o| &o.items);
        // The default stands for cells that say nothing: nobody expects a rule for it.
        let meant = |code: u32| named.contains(&code) || property.default == Some(Value::Option(code));
        let pairs = (0..).zip(options.zip(counts.iter().flatten()));
        pairs.filter(move |(code, (_, n))| **n > 0 && !meant(*code)).map(|(_, (option, &records))| UnnamedValue {
            property: property.name.to_string(),
            value: option.name.to_string(),
            records,
            listed: true,
        })
    });
    let unlisted = errors.unlisted.iter().map(|u| UnnamedValue {
        property: u.property.clone(),
        value: u.value.clone(),
        records: u.count,
        listed: false,
    });
    let mut all: Vec<UnnamedValue> = listed.chain(unlisted).collect();
    all.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| (&a.property, &a.value).cmp(&(&b.property, &b.value))));
    all.truncate(UNNAMED);
    all
}
