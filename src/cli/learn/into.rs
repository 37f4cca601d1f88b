//! `--into RULES`: lines to add to a score that there is, given its points.

use std::collections::BTreeMap;

use miette::Report;

use super::attributes::Gathered;
use super::{Learn, laid_out};
use crate::cli::study::{self, Study};
use crate::cli::{AtomicFile, Failure, Status, Terminal};
use crate::invariant::fits;
use crate::learn::calibration::Line;
use crate::learn::emit::{self, STEP, Source};
use crate::learn::histogram::Histogram;
use crate::learn::math::number;

/// The present score is held in at most so many steps.
const GROUPS: usize = 256;

pub(super) fn run(args: &Learn, study: &Study, gathered: &Gathered, terminal: &Terminal) -> Result<Status, Report> {
    let model = study.rules.model();
    let Some(score) = model.scores.last() else {
        return Err(Failure::new("--into: the rules have no score to add to").help("learn whole rules with --schema").into());
    };
    let mut histogram = Histogram::new(study.unit());
    let rows = gathered.scores.iter().zip(&gathered.records.weights).zip(&gathered.records.converted);
    for ((points, weight), converted) in rows.clone() {
        if let Some(points) = points {
            histogram.add(*points, *weight, *converted);
        }
    }
    let cells: Vec<(f64, f64, f64)> = histogram.cells().map(|(s, n, e)| (number(s), n, e)).collect();
    let line = Line::fit(&cells, 0.0, true);
    if line.slope <= 0.0 {
        return Err(Failure::new(format!(
            "--into: higher points of `{}` do not convert more, so they give no scale",
            score.name
        ))
        .help("measure the lines with `lsrc calibrate` first")
        .into());
    }
    let (places, offsets) = groups(&gathered.scores, line);
    let mut learned = args.learned(gathered.data(study, Some((&places, &offsets))), gathered)?;
    let unit = f64::from(STEP);
    #[expect(clippy::cast_possible_truncation, reason = "held within bounds")]
    let points = |c: &f64| (c / line.slope / unit).round().clamp(-1e6, 1e6) as i32;
    learned.card.points = learned.stop.fit.coefficients.iter().map(points).collect();
    let (data, hash) = study::fingerprint(&args.data)?;
    let date = crate::time::civil(study.as_of.day).map_or_else(String::new, |d| d.to_string());
    let body = emit::additions(Source {
        schema: &model.schema,
        schema_path: "",
        attributes: &gathered.attributes,
        records: &gathered.records,
        unit: study.unit(),
        learned: &learned,
        data: (&data, &hash),
        date: &date,
        facts: &[],
        capacity: None,
    });
    if body.is_empty() {
        terminal.say(&format!("nothing to add to {}: no line would change its points by {STEP} or more", score.name));
        return Ok(Status::Fine);
    }
    let text = format!("# To add to score {}.\n{}", score.name, items(&body));
    match &args.output {
        Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?,
        None => terminal.print(&text)?,
    }
    let now = histogram.separation().map(|s| s.auc);
    let terms = learned.stop.terms.len();
    if let (Some(now), Some(size)) = (now, learned.sizes.get(terms.saturating_sub(1))) {
        terminal.say(&format!(
            "AUC {now:.3} now; with these lines {:.3}, give or take {:.3}, on records left out",
            size.auc, size.auc_error
        ));
    }
    Ok(Status::Fine)
}

/// Items in the canonical layout, without the score around them.
fn items(body: &str) -> String {
    let whole = laid_out(&format!("score it {{\n{body}}}\n"));
    let inside: Vec<&str> = whole.lines().filter(|l| l.starts_with("  ") || l.is_empty()).collect();
    inside.join("\n") + "\n"
}

/// Records by present score: the group of each, and the log-odds that the score gives a group.
fn groups(scores: &[Option<i64>], line: Line) -> (Vec<u16>, Vec<f64>) {
    let mut all: Vec<i64> = scores.iter().flatten().copied().collect();
    all.sort_unstable();
    let mut distinct = all.clone();
    distinct.dedup();
    let starts: Vec<i64> = if distinct.len() <= GROUPS {
        distinct
    } else {
        let mut cuts: Vec<i64> = (0..GROUPS).filter_map(|k| all.get(k * all.len() / GROUPS).copied()).collect();
        cuts.dedup();
        cuts
    };
    let mut sums: BTreeMap<usize, (i128, i128)> = BTreeMap::new();
    // The last group is for records that the rules do not score.
    let unknown = starts.len();
    let place =
        |score: &Option<i64>| score.map_or(unknown, |score| starts.partition_point(|start| *start <= score).saturating_sub(1));
    for score in scores.iter() {
        let sum = sums.entry(place(score)).or_default();
        *sum = (sum.0 + score.map_or(0, i128::from), sum.1 + 1);
    }
    #[expect(clippy::cast_precision_loss, reason = "the mean of points")]
    let mean = |at: usize| sums.get(&at).map_or(0.0, |(sum, n)| *sum as f64 / *n as f64 / 100.0);
    let offsets = (0..=unknown).map(|at| if at == unknown { 0.0 } else { line.intercept + line.slope * mean(at) }).collect();
    let places = scores.iter().map(|score| fits(place(score))).collect();
    (places, offsets)
}
