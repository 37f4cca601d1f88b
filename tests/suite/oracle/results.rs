//! The evaluator's results in the oracle's words, and where the two differ.

use lsrc::hir::Model;
use lsrc::vm::scores::{self, Move, NONE, Origin, Scores};

use super::stage::{Cause, Direction, Stage};
use super::{Entry, Outcome, Source};

fn number(code: u32) -> Option<u32> {
    (code != NONE).then_some(code)
}

/// One row of a batch; the unknown items are counted by batch only and left out.
pub(crate) fn outcome(model: &Model, scores: &Scores, row: usize) -> Outcome {
    let labels = model.labels.iter().zip(&scores.labels);
    Outcome {
        excluded: number(scores.excluded[row]).map(|at| at as usize),
        score_excluded: scores
            .score_excluded
            .iter()
            .map(|by_row| by_row.get(row).copied().and_then(number).map(|at| at as usize))
            .collect(),
        scores: scores.scores.iter().map(|values| values.get(row)).collect(),
        labels: labels.map(|(label, codes)| number(codes[row]).map(|at| label.values[at as usize].to_string())).collect(),
        stages: scores.lifecycles.iter().map(|stages| stage(stages, row)).collect(),
        account: account(scores, row),
        more_hits: Vec::new(),
        unknown_items: Vec::new(),
    }
}

fn stage(stages: &scores::Stages, row: usize) -> Stage {
    Stage {
        before: number(stages.before[row]),
        after: number(stages.after[row]),
        direction: match stages.moves[row] {
            Move::Forward => Direction::Forward,
            Move::Backward => Direction::Backward,
            Move::None => Direction::None,
            Move::Held => Direction::Held,
        },
        cause: match stages.causes[row] {
            scores::Cause::Hold(at) => Cause::Hold(at as usize),
            scores::Cause::Rule(at) => Cause::Rule(at as usize),
            scores::Cause::Otherwise => Cause::Otherwise,
            scores::Cause::Undecided(unknown) => Cause::Undecided { unknown },
            scores::Cause::Excluded => Cause::Excluded,
            scores::Cause::Refused(at) => Cause::Refused(number(at).map(|at| at as usize)),
            scores::Cause::Open => panic!("a stage was left open"),
        },
    }
}

fn account(scores: &Scores, row: usize) -> Vec<Entry> {
    let Some(reasons) = &scores.reasons else { return Vec::new() };
    let entries = &reasons.entries[reasons.offsets[row] as usize..reasons.offsets[row + 1] as usize];
    entries
        .iter()
        .map(|entry| Entry {
            score: entry.score as usize,
            source: match entry.origin {
                Origin::Arm(arm) => Source::Arm(arm),
                Origin::Group(item) => Source::Group(item),
                Origin::Score => Source::Score,
            },
            points: entry.points,
        })
        .collect()
}

/// Where two outcomes differ, in words; empty if nowhere.
pub(crate) fn differences(model: &Model, oracle: &Outcome, vm: &Outcome) -> String {
    let mut out = String::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            out += &format!("{what}: oracle {a}, evaluator {b}\n");
        }
    };
    differ("excluded", format!("{:?}", oracle.excluded), format!("{:?}", vm.excluded));
    for (at, score) in model.scores.iter().enumerate() {
        differ(&score.name, format!("{:?}", oracle.scores[at]), format!("{:?}", vm.scores[at]));
        let of = |outcome: &Outcome| format!("{:?}", outcome.score_excluded.get(at).copied().flatten());
        differ(&format!("exclusion of {}", score.name), of(oracle), of(vm));
        let of = |outcome: &Outcome| {
            let mut entries: Vec<_> = outcome.account.iter().filter(|entry| entry.score == at).collect();
            entries.sort();
            format!("{:?}", entries.iter().map(|entry| (entry.source, entry.points)).collect::<Vec<_>>())
        };
        differ(&format!("account of {}", score.name), of(oracle), of(vm));
    }
    for (at, label) in model.labels.iter().enumerate() {
        differ(&label.name, format!("{:?}", oracle.labels[at]), format!("{:?}", vm.labels[at]));
    }
    for (at, lifecycle) in model.lifecycles.iter().enumerate() {
        differ(&lifecycle.name, format!("{:?}", oracle.stages[at]), format!("{:?}", vm.stages[at]));
    }
    out
}

/// The output columns behind the key, as `lsrc run` writes them, written here a second time.
pub(crate) fn cells(model: &Model, outcome: &Outcome) -> Vec<String> {
    let mut cells = Vec::new();
    for output in &model.outputs {
        cells.push(match output {
            lsrc::hir::Output::Score(id) => outcome.scores[id.index()].map_or_else(String::new, points),
            lsrc::hir::Output::Label(id) => outcome.labels[id.index()].clone().unwrap_or_default(),
        });
    }
    for (lifecycle, stage) in model.lifecycles.iter().zip(&outcome.stages) {
        let name = |code: Option<u32>| code.map_or_else(String::new, |code| lifecycle.stages[code as usize].to_string());
        cells.extend([name(stage.after), name(stage.before)]);
        cells.push(format!("{:?}", stage.direction).to_lowercase());
        let because = |because: &Option<lsrc::hir::Because>| because.as_ref().map(|because| because.text.to_string());
        cells.push(match stage.cause {
            Cause::Hold(at) => because(&lifecycle.holds[at].because).unwrap_or_else(|| "(its words)".to_owned()),
            Cause::Rule(at) => because(&lifecycle.rules[at].because).unwrap_or_else(|| "(its words)".to_owned()),
            Cause::Otherwise => "otherwise".to_owned(),
            Cause::Undecided { unknown: true } => "undecided".to_owned(),
            Cause::Undecided { unknown: false } => "no stage applies".to_owned(),
            Cause::Excluded => "excluded".to_owned(),
            Cause::Refused(_) => "forward only".to_owned(),
        });
    }
    cells.push(outcome.excluded.map_or_else(String::new, |at| {
        model.exclusions[at].because.as_ref().map_or_else(|| "true".to_owned(), |because| because.text.to_string())
    }));
    cells
}

/// Hundredths with the digits they need.
fn points(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let text = format!("{sign}{whole}.{part:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[test]
fn points_are_written_with_the_digits_they_need() {
    assert_eq!([6500, 1250, -25, 0, 1, -100].map(points), ["65", "12.5", "-0.25", "0", "0.01", "-1"]);
}
