//! Scores, labels and stages against what became of the records.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::calibration::{Cell, Group, Line};
use super::histogram::{Cut, Decile, Histogram, Paired, Tally, paired, stability, whole};
use super::math::{number, wilson};
use super::moment::Intake;
use super::short;
use crate::hir::{self, Model, ScoreId};
use crate::value::Points;
use crate::vm::scores::{NONE, Scores};

/// A record that takes part, beside its results.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its row among the results.
    pub row: usize,
    /// Its weight, in units.
    pub weight: u64,
    /// Whether it converted.
    pub converted: bool,
    /// The period of its moment.
    pub period: Option<String>,
    /// The value of the property that segments are made by; `None` where that is unknown.
    pub segment: Option<String>,
}

/// Counts of records; those of several batches add up in any order.
#[derive(Debug, Clone)]
pub struct Counts {
    unit: f64,
    total: Tally,
    scores: Vec<Histogram>,
    unscored: Vec<u64>,
    labels: Vec<Vec<Tally>>,
    stages: Vec<Vec<Tally>>,
    main: usize,
    periods: BTreeMap<String, Histogram>,
    segments: BTreeMap<Option<String>, Histogram>,
    pairs: Vec<BTreeMap<(i64, i64), Tally>>,
}

impl Counts {
    /// Nothing counted yet; `unit` weights make one record.
    #[must_use]
    pub fn new(model: &Model, unit: f64) -> Self {
        let classes = |n: usize| vec![Tally::default(); n + 1];
        Self {
            unit,
            total: Tally::default(),
            scores: vec![Histogram::new(unit); model.scores.len()],
            unscored: vec![0; model.scores.len()],
            labels: model.labels.iter().map(|l| classes(l.values.len())).collect(),
            stages: model.lifecycles.iter().map(|l| classes(l.stages.len())).collect(),
            main: model.scores.len().saturating_sub(1),
            periods: BTreeMap::new(),
            segments: BTreeMap::new(),
            pairs: vec![BTreeMap::new(); model.scores.len()],
        }
    }

    /// Counts a record; `old` holds the results of other rules for it, whose scores stand where `places` says.
    pub fn add(&mut self, scores: &Scores, seen: &Seen, old: Option<(&Scores, &[Option<usize>])>, segmented: bool) {
        let (row, weight, converted) = (seen.row, seen.weight, seen.converted);
        self.total.add(weight, converted);
        for (at, ((histogram, unscored), values)) in
            self.scores.iter_mut().zip(&mut self.unscored).zip(&scores.scores).enumerate()
        {
            let Some(score) = values.get(row) else {
                *unscored += 1;
                continue;
            };
            histogram.add(score, weight, converted);
            if let Some((old, places)) = old
                && let Some(other) = places.get(at).copied().flatten().and_then(|place| old.scores.get(place)?.get(row))
                && let Some(pairs) = self.pairs.get_mut(at)
            {
                pairs.entry((score, other)).or_default().add(weight, converted);
            }
        }
        let class = |tallies: &mut Vec<Tally>, code: u32| {
            let last = tallies.len().saturating_sub(1);
            let at = if code == NONE { last } else { (code as usize).min(last) };
            if let Some(tally) = tallies.get_mut(at) {
                tally.add(weight, converted);
            }
        };
        for (tallies, codes) in self.labels.iter_mut().zip(&scores.labels) {
            class(tallies, codes.get(row).copied().unwrap_or(NONE));
        }
        for (tallies, stages) in self.stages.iter_mut().zip(&scores.lifecycles) {
            class(tallies, stages.after.get(row).copied().unwrap_or(NONE));
        }
        let Some(score) = scores.scores.get(self.main).and_then(|values| values.get(row)) else { return };
        let unit = self.unit;
        let new = || Histogram::new(unit);
        if let Some(period) = &seen.period {
            self.periods.entry(period.clone()).or_insert_with(new).add(score, weight, converted);
        }
        if segmented {
            self.segments.entry(seen.segment.clone()).or_insert_with(new).add(score, weight, converted);
        }
    }

    /// Records, and how many of them converted.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.total
    }

    /// How many records there are.
    #[must_use]
    pub fn total_records(&self) -> f64 {
        whole(self.total.rows) / self.unit
    }

    /// The distribution of a score.
    #[must_use]
    pub fn histogram(&self, score: usize) -> Option<&Histogram> {
        self.scores.get(score)
    }
}

/// What is asked for besides.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Cut-offs by name.
    pub thresholds: Vec<Points>,
    /// Capacities: as written, the records that they come to, and whether they are a share.
    pub capacities: Vec<(f64, Unit, f64)>,
    /// What a conversion is worth, and what it costs to work on a record.
    pub worth: Option<(f64, f64)>,
    /// Over how many weeks the records came, where that is known.
    pub weeks: Option<f64>,
    /// The property that segments are made by.
    pub segment: Option<String>,
    /// The names of the other rules and of each score of theirs.
    pub against: Option<String>,
}

/// What a capacity counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Records of the data.
    Records,
    /// Records a week.
    Week,
    /// A share of all records.
    Share,
}

/// A whole backtest; rates are fractions.
#[derive(Debug, Clone, Serialize)]
pub struct Backtest {
    /// Of this form: 1.
    pub version: u32,
    /// The rules.
    pub rules: String,
    /// The condition that says what converted.
    pub outcome: String,
    /// The end of the data.
    pub as_of: String,
    /// The property that each record is looked at as of.
    pub at: Option<String>,
    /// How long after that an outcome counts.
    pub within: Option<String>,
    /// Records that take part.
    #[serde(serialize_with = "short")]
    pub records: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// The share that converted.
    pub rate: Option<f64>,
    /// Records whose outcome is unknown.
    pub unknown: u64,
    /// Records that are too young.
    pub immature: u64,
    /// Records that the rules exclude.
    pub excluded: u64,
    /// All records, by why they take no part.
    pub intake: Intake,
    /// What to bear in mind.
    pub notes: Vec<String>,
    /// The score that periods and segments are about: the last one.
    pub main: String,
    /// The scores in the order of the rules.
    pub scores: Vec<ScoreTest>,
    /// The labels, value by value.
    pub labels: Vec<Class>,
    /// The stages after, lifecycle by lifecycle.
    pub stages: Vec<Class>,
    /// Months or quarters.
    pub periods: Vec<PeriodTest>,
    /// The property that segments are made by.
    pub by: Option<String>,
    /// Its values.
    pub segments: Vec<SegmentTest>,
    /// Other rules, compared.
    pub against: Option<Against>,
    /// Gates.
    pub gates: Vec<GateResult>,
}

/// How much a score knows.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreTest {
    /// Its name.
    pub name: String,
    /// Records for which it is unknown.
    pub unknown: u64,
    /// The chance that a convert scores higher than another record.
    pub auc: Option<f64>,
    /// The lower end of its 95 % interval (DeLong).
    pub auc_low: Option<f64>,
    /// The upper end.
    pub auc_high: Option<f64>,
    /// `2 AUC - 1`.
    pub gini: Option<f64>,
    /// The greatest distance between the distributions.
    pub ks: Option<f64>,
    /// The score at which it is.
    pub ks_at: Option<f64>,
    /// The log-odds at 0 points.
    pub intercept: Option<f64>,
    /// The log-odds for each point.
    pub slope: Option<f64>,
    /// Points that double the odds.
    pub points_to_double_odds: Option<f64>,
    /// The mean log loss of the calibrated score.
    pub log_loss: Option<f64>,
    /// The mean squared error of the calibrated score.
    pub brier: Option<f64>,
    /// Predictions against what happened.
    pub calibration: Vec<Group>,
    /// Tenths, highest first.
    pub deciles: Vec<Decile>,
    /// Cut-offs, ascending.
    pub thresholds: Vec<ThresholdTest>,
    /// What capacities allow.
    pub capacity: Vec<CapacityTest>,
}

/// A cut-off, and what it is worth.
#[derive(Debug, Clone, Serialize)]
pub struct ThresholdTest {
    /// The figures.
    #[serde(flatten)]
    pub cut: Cut,
    /// Records a week at or above.
    pub per_week: Option<f64>,
    /// Value of the conversions less the cost of the records.
    pub net_benefit: Option<f64>,
    /// What begins there.
    pub begins: Vec<String>,
}

/// The lowest cut-off that a capacity allows.
#[derive(Debug, Clone, Serialize)]
pub struct CapacityTest {
    /// As it was asked for.
    #[serde(serialize_with = "short")]
    pub capacity: f64,
    /// What it counts.
    pub unit: Unit,
    /// The cut-off; null where the highest score alone has more records.
    pub threshold: Option<f64>,
    /// Records at or above.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub precision: Option<f64>,
    /// The share of all conversions.
    pub recall: f64,
    /// The next lower score, which would be too much.
    pub next: Option<Cut>,
}

/// A value of a label, or a stage.
#[derive(Debug, Clone, Serialize)]
pub struct Class {
    /// The label or lifecycle.
    pub name: String,
    /// The value; null where unknown.
    pub value: Option<String>,
    /// Records.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub rate: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The share over the overall share.
    pub lift: Option<f64>,
    /// The share of all conversions.
    pub captured: Option<f64>,
}

/// A month or quarter.
#[derive(Debug, Clone, Serialize)]
pub struct PeriodTest {
    /// `2026-01`, `2026-Q1`.
    pub period: String,
    /// Records.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub rate: Option<f64>,
    /// The AUC within.
    pub auc: Option<f64>,
    /// How far the distribution is from the first period's.
    pub psi: Option<f64>,
    /// What chance gives on average.
    pub psi_by_chance: Option<f64>,
}

/// The records with one value of a property.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentTest {
    /// The value; null where unknown.
    pub value: Option<String>,
    /// Records.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub rate: Option<f64>,
    /// The AUC within.
    pub auc: Option<f64>,
}

/// Two sets of rules over the same records.
#[derive(Debug, Clone, Serialize)]
pub struct Against {
    /// The other rules.
    pub rules: String,
    /// Scores of one name.
    pub scores: Vec<AgainstScore>,
}

/// A score of both.
#[derive(Debug, Clone, Serialize)]
pub struct AgainstScore {
    /// Its name.
    pub name: String,
    /// The figures; null where a class is empty.
    #[serde(flatten)]
    pub paired: Option<Paired>,
}

/// The facts that are not counted.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The rules.
    pub rules: String,
    /// The outcome.
    pub outcome: String,
    /// The end of the data.
    pub as_of: String,
    /// The property of the moment.
    pub at: Option<String>,
    /// The window.
    pub within: Option<String>,
    /// What to bear in mind.
    pub notes: Vec<String>,
}

/// The figures of what was counted.
#[must_use]
pub fn build(model: &Model, counts: &Counts, intake: Intake, asked: &Asked, facts: Facts) -> Backtest {
    let unit = counts.unit;
    let (rows, events) = (whole(counts.total.rows) / unit, whole(counts.total.events) / unit);
    let overall = (rows, events);
    let scores = (0..).map(ScoreId).zip(&model.scores).zip(&counts.scores).zip(&counts.unscored);
    let scores = scores.map(|(((id, score), histogram), unscored)| ScoreTest {
        unknown: *unscored,
        ..score_test(model, id, &score.name, histogram, asked)
    });
    let scores: Vec<ScoreTest> = scores.collect();
    let labels = model.labels.iter().zip(&counts.labels).flat_map(|(l, t)| classes(&l.name, &l.values, t, unit, overall));
    let stages = model.lifecycles.iter().zip(&counts.stages).flat_map(|(l, t)| classes(&l.name, &l.stages, t, unit, overall));
    let against = asked.against.as_ref().map(|rules| Against {
        rules: rules.clone(),
        scores: model
            .scores
            .iter()
            .zip(&counts.pairs)
            .filter(|(_, pairs)| !pairs.is_empty())
            .map(|(s, pairs)| AgainstScore { name: s.name.to_string(), paired: paired(pairs, unit) })
            .collect(),
    });
    Backtest {
        version: 1,
        rules: facts.rules,
        outcome: facts.outcome,
        as_of: facts.as_of,
        at: facts.at,
        within: facts.within,
        records: rows,
        converted: events,
        rate: counts.total.rate(),
        unknown: intake.unknown,
        immature: intake.immature,
        excluded: intake.excluded(),
        intake,
        notes: facts.notes,
        main: model.scores.last().map_or_else(String::new, |s| s.name.to_string()),
        scores,
        labels: labels.collect(),
        stages: stages.collect(),
        periods: periods(counts),
        by: asked.segment.clone(),
        segments: segments(counts),
        against,
        gates: Vec::new(),
    }
}

fn score_test(model: &Model, id: ScoreId, name: &str, histogram: &Histogram, asked: &Asked) -> ScoreTest {
    let separation = histogram.separation();
    let interval = separation.map(|s| s.interval());
    let cells: Vec<Cell> = histogram.cells().map(|(s, n, e)| (number(s), n, e)).collect();
    let line = separation.map(|_| Line::fit(&cells, 0.0, false));
    let begins = hir::thresholds(model, id);
    let mut cuts: BTreeMap<Points, Vec<String>> = BTreeMap::new();
    for begin in &begins {
        cuts.entry(begin.at).or_default().push(begin.name.clone());
        // Around a stage's threshold, so that one sees what moving it would do.
        for by in [-15, -10, -5, 5, 10, 15].into_iter().filter(|_| begin.stage) {
            cuts.entry(Points(begin.at.0 + by * 100)).or_default();
        }
    }
    if !asked.thresholds.is_empty() {
        cuts = asked.thresholds.iter().map(|at| (*at, cuts.get(at).map_or_else(Vec::new, Vec::clone))).collect();
    }
    let threshold = |(at, begins): (Points, Vec<String>)| {
        let cut = histogram.cut(at);
        let per_week = asked.weeks.map(|weeks| cut.rows / weeks);
        let net_benefit = asked.worth.map(|(value, cost)| value * cut.converted - cost * cut.rows);
        ThresholdTest { cut, per_week, net_benefit, begins }
    };
    let capacity = |&(capacity, unit, records): &(f64, Unit, f64)| {
        let (at, next) = histogram.capacity(records);
        let cut = at.map(|at| histogram.cut(at));
        CapacityTest {
            capacity,
            unit,
            threshold: at.map(number),
            rows: cut.as_ref().map_or(0.0, |c| c.rows),
            converted: cut.as_ref().map_or(0.0, |c| c.converted),
            precision: cut.as_ref().and_then(|c| c.precision),
            recall: cut.as_ref().map_or(0.0, |c| c.recall),
            next: next.map(|at| histogram.cut(at)),
        }
    };
    ScoreTest {
        name: name.to_owned(),
        unknown: 0,
        auc: separation.map(|s| s.auc),
        auc_low: interval.map(|i| i.0),
        auc_high: interval.map(|i| i.1),
        gini: separation.map(|s| 2.0 * s.auc - 1.0),
        ks: separation.map(|s| s.ks),
        ks_at: separation.map(|s| number(s.ks_at)),
        intercept: line.map(|l| l.intercept),
        slope: line.map(|l| l.slope),
        points_to_double_odds: line.filter(|l| l.slope != 0.0).map(|l| std::f64::consts::LN_2 / l.slope),
        log_loss: line.map(|l| l.log_loss(&cells)),
        brier: line.map(|l| l.brier(&cells)),
        calibration: line.map_or_else(Vec::new, |l| l.groups(&cells)),
        deciles: histogram.deciles(),
        thresholds: cuts.into_iter().map(threshold).collect(),
        capacity: asked.capacities.iter().map(capacity).collect(),
    }
}

fn classes(name: &str, values: &[Arc<str>], tallies: &[Tally], unit: f64, (all, events): (f64, f64)) -> Vec<Class> {
    let names = values.iter().map(|v| Some(v.to_string())).chain([None]);
    let class = |(value, tally): (Option<String>, &Tally)| {
        let (rows, converted) = (whole(tally.rows) / unit, whole(tally.events) / unit);
        let (low, high) = wilson(converted, rows);
        let rate = tally.rate();
        Class {
            name: name.to_owned(),
            value,
            rows,
            converted,
            rate,
            low: rate.map(|_| low),
            high: rate.map(|_| high),
            lift: rate.filter(|_| events > 0.0).map(|r| r * all / events),
            captured: (events > 0.0).then(|| converted / events),
        }
    };
    let all = names.zip(tallies).map(class);
    all.filter(|c| c.value.is_some() || c.rows > 0.0).collect()
}

fn periods(counts: &Counts) -> Vec<PeriodTest> {
    let first = counts.periods.values().next();
    let cuts = first.map_or_else(Vec::new, Histogram::tenths);
    let reference = first.map_or_else(Vec::new, |h| h.binned(&cuts));
    let test = |(at, (period, histogram)): (usize, (&String, &Histogram))| {
        let (rows, converted) = histogram.total();
        let stable = if at == 0 { None } else { stability(&reference, &histogram.binned(&cuts)) };
        PeriodTest {
            period: period.clone(),
            rows,
            converted,
            rate: (rows > 0.0).then(|| converted / rows),
            auc: histogram.separation().map(|s| s.auc),
            psi: stable.map(|s| s.0),
            psi_by_chance: stable.map(|s| s.1),
        }
    };
    counts.periods.iter().enumerate().map(test).collect()
}

fn segments(counts: &Counts) -> Vec<SegmentTest> {
    let test = |(value, histogram): (&Option<String>, &Histogram)| {
        let (rows, converted) = histogram.total();
        let rate = (rows > 0.0).then(|| converted / rows);
        SegmentTest { value: value.clone(), rows, converted, rate, auc: histogram.separation().map(|s| s.auc) }
    };
    let mut all: Vec<SegmentTest> = counts.segments.iter().map(test).collect();
    // The largest first; of equal ones by value.
    all.sort_by(|a, b| b.rows.total_cmp(&a.rows));
    all
}

/// Whether a gate holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateResult {
    /// As it was asked for.
    pub gate: String,
    /// Whether it holds.
    pub holds: bool,
    /// What there is, in words.
    pub found: String,
}
