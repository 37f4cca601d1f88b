//! The `test` items of a program: run, counted, and worked on.

pub mod coverage;
pub mod mutate;
pub mod suggest;

use crate::check::Program;
use crate::column::Batch;
use crate::hir::words::squeezed;
use crate::hir::{ArmId, AsOf, Expectation, ExpectationKind, Expr, ExprKind, Model, Test};
use crate::invariant::{Sure as _, SureAt as _};
use crate::program::{Code, Wanted};
use crate::record::{self, Record};
use crate::schema::PropId;
use crate::source::{Sources, Span};
use crate::value::{Points, Value};
use crate::vm::scores::{Cause, NONE, Scores};
use coverage::Coverage;
use mutate::Mutant;

/// What a test came to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The test's place in [`Model::tests`].
    pub test: usize,
    /// The line of its table, from 1, where it has one.
    pub case: Option<usize>,
    /// What was expected and did not hold.
    pub failures: Vec<Failure>,
}

/// A program with what its tests came to.
pub struct Ran {
    /// The program as it was loaded.
    pub program: Program,
    /// Its texts.
    pub sources: Sources,
    /// Its model.
    pub model: Model,
    /// By test, and by case of a test with a table.
    pub verdicts: Vec<Verdict>,
    /// What the tests saw of the rules.
    pub coverage: Coverage,
    /// Changes that no test noticed.
    pub survivors: Vec<Mutant>,
    /// How many changes were made.
    pub mutants: usize,
}

/// An expectation that did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Where the expectation stands.
    pub span: Span,
    /// It, in words.
    pub expected: String,
    /// What there is instead, a line each.
    pub got: Vec<String>,
}

/// A case of a test's table: a record, and what its `expect_..` columns say.
#[derive(Debug, Clone)]
pub struct Case {
    /// The record; what the test itself gives holds besides.
    pub record: Record,
    /// Output name and text, for every `expect_NAME` cell that is not empty.
    pub expect: Vec<(String, String)>,
}

/// What fired in a run of one record.
#[derive(Debug, Clone)]
pub struct Fired {
    /// By arm.
    pub arms: Vec<bool>,
    /// The scores and stages.
    pub scores: Scores,
}

/// A model made ready to run its tests.
pub struct Runner<'m> {
    model: &'m Model,
    sources: &'m Sources,
    code: Code,
    /// For each test the number of its first condition.
    first: Vec<usize>,
}

impl<'m> Runner<'m> {
    /// Lowers the model with every condition that its tests expect.
    #[must_use]
    pub fn new(model: &'m Model, sources: &'m Sources) -> Self {
        let mut conditions: Vec<Expr> = Vec::new();
        let mut first = Vec::new();
        for test in &model.tests {
            first.push(conditions.len());
            conditions.extend(test.expect.iter().filter_map(|e| match &e.kind {
                ExpectationKind::Condition(expr) => Some(expr.clone()),
                ExpectationKind::Excluded(_) | ExpectationKind::Fired(_) => None,
            }));
        }
        let code = Code::of(model, &Wanted { reasons: true, conditions, ..Wanted::default() });
        Self { model, sources, code, first }
    }

    /// Runs one test, or one case of its table.
    pub fn run(&self, at: usize, case: Option<(usize, &Case)>) -> Option<(Verdict, Fired)> {
        let test = self.model.tests.get(at)?;
        let mut record = given(test);
        if let Some((_, case)) = case {
            record.properties.extend(case.record.properties.iter().cloned());
            record.events.extend(case.record.events.iter().cloned());
        }
        let batch = record::batch(&self.model.schema, std::slice::from_ref(&record));
        let fired = score(&self.code, test.as_of, &batch);
        let mut failures = Vec::new();
        let mut condition = *self.first.sure_at(at);
        for expectation in &test.expect {
            let held = match &expectation.kind {
                ExpectationKind::Condition(_) => {
                    let result = fired.scores.conditions.get(condition);
                    condition += 1;
                    result.is_some_and(|c| c.truth.get(0))
                }
                ExpectationKind::Excluded(reason) => self.is_excluded(&fired, reason.as_deref()) != expectation.negated,
                ExpectationKind::Fired(reason) => self.has_fired(&fired, reason) != expectation.negated,
            };
            if !held {
                failures.push(Failure {
                    span: expectation.span,
                    expected: squeezed(self.sources, expectation.span),
                    got: self.got(expectation, &fired, &record),
                });
            }
        }
        if let Some((_, case)) = case {
            for (name, wanted) in &case.expect {
                let got = self.output(name, &fired);
                if got.as_deref() != Some(wanted.as_str()) {
                    let got = got.map_or_else(|| format!("there is no output `{name}`"), |g| format!("{name} is {}", shown(&g)));
                    let span = test.table.as_ref().map_or(test.name_span, |(_, span)| *span);
                    failures.push(Failure { span, expected: format!("{name} = {wanted}"), got: vec![got] });
                }
            }
        }
        Some((Verdict { test: at, case: case.map(|(n, _)| n), failures }, fired))
    }

    fn is_excluded(&self, fired: &Fired, reason: Option<&str>) -> bool {
        let exclusion = fired.scores.excluded.first().copied().filter(|&e| e != NONE);
        exclusion
            .and_then(|e| self.model.exclusions.get(e as usize))
            .is_some_and(|exclusion| reason.is_none_or(|r| exclusion.because.as_ref().is_some_and(|b| &*b.text == r)))
    }

    fn has_fired(&self, fired: &Fired, reason: &str) -> bool {
        arms(self.model).iter().any(|(id, because)| *because == Some(reason) && *fired.arms.sure_at(id.index()))
    }

    /// The values of everything that an expectation looks at, and what gave the points of the scores among it.
    fn got(&self, expectation: &Expectation, fired: &Fired, record: &Record) -> Vec<String> {
        let mut lines = Vec::new();
        match &expectation.kind {
            ExpectationKind::Condition(expr) => self.values(expr, fired, record, &mut lines),
            ExpectationKind::Excluded(_) => {
                let excluded = self.output("excluded", fired).filter(|e| !e.is_empty());
                lines.push(
                    excluded.map_or_else(|| "the record is not excluded".to_owned(), |e| format!("the record is excluded: {e}")),
                );
            }
            ExpectationKind::Fired(_) => {
                let all: Vec<String> = arms(self.model)
                    .iter()
                    .filter(|(id, _)| *fired.arms.sure_at(id.index()))
                    .filter_map(|(_, because)| because.map(|b| format!("\"{b}\"")))
                    .collect();
                lines.push(if all.is_empty() {
                    "no rule with a reason fired".to_owned()
                } else {
                    format!("these fired: {}", all.join(", "))
                });
            }
        }
        lines
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only leaves and definitions matter here; everything else holds them")]
    fn values(&self, expr: &Expr, fired: &Fired, record: &Record, lines: &mut Vec<String>) {
        let mut say = |line: String| {
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        match &expr.kind {
            ExprKind::Score(id) => {
                let Some(score) = self.model.score(*id) else { return };
                let value = fired.scores.scores.get(id.index()).and_then(|c| c.get(0));
                say(format!("{} is {}", score.name, value.map_or_else(|| "unknown".to_owned(), |p| Points(p).to_string())));
                for line in self.account(id.0, fired) {
                    say(line);
                }
            }
            ExprKind::Label(id) => {
                if let Some(label) = self.model.label(*id) {
                    say(format!("{} is {}", label.name, shown(&self.output(&label.name, fired).sure("a label is an output"))));
                }
            }
            ExprKind::Stage(id) => {
                if let Some(lifecycle) = self.model.lifecycle(*id) {
                    say(format!(
                        "{} is {}",
                        lifecycle.name,
                        shown(&self.output(&lifecycle.name, fired).sure("a lifecycle is an output"))
                    ));
                }
            }
            ExprKind::Property(id) => {
                if let Some(property) = self.model.schema.property(*id) {
                    let value = value_of(record, *id).or(property.default.as_ref());
                    say(format!(
                        "{} is {}",
                        property.name,
                        crate::why::values::shown(value, &property.ty, &self.model.schema.zone)
                    ));
                }
            }
            ExprKind::Definition(id) => {
                if let Some(definition) = self.model.definition(*id) {
                    self.values(&definition.value, fired, record, lines);
                }
            }
            _ => expr.operands().for_each(|x| self.values(x, fired, record, lines)),
        }
    }

    /// The entries of a score's account, a line each.
    fn account(&self, score: u32, fired: &Fired) -> Vec<String> {
        let reasons = fired.scores.reasons.iter().flat_map(|r| &r.entries).filter(|r| r.score == score && r.points != 0);
        let places = coverage::parts(self.model, self.sources);
        reasons
            .map(|reason| {
                let points = Points(reason.points).signed();
                match reason.origin {
                    crate::vm::scores::Origin::Arm(id) => {
                        let part = places.iter().find(|p| p.kind == coverage::Kind::Arm(id));
                        part.map_or(points.clone(), |p| {
                            format!("  {points} {} (line {})", p.title, self.sources.place(p.span).line)
                        })
                    }
                    crate::vm::scores::Origin::Group(_) => format!("  {points} by the bound of a group"),
                    crate::vm::scores::Origin::Score => format!("  {points} by the bound of the score"),
                }
            })
            .collect()
    }

    /// An output as the CSV of a run writes it; `None` where there is no such output, empty where it is unknown.
    #[must_use]
    pub fn output(&self, name: &str, fired: &Fired) -> Option<String> {
        let scores = &fired.scores;
        if let Some(at) = self.model.scores.iter().position(|s| &*s.name == name) {
            let value = scores.scores.get(at).and_then(|c| c.get(0));
            return Some(value.map_or_else(String::new, |p| Points(p).to_string()));
        }
        if let Some((at, label)) = self.model.labels.iter().enumerate().find(|(_, l)| &*l.name == name) {
            let code = *scores.labels.sure_at(at).sure_at(0);
            return Some(label.values.get(code as usize).map_or_else(String::new, ToString::to_string));
        }
        for (at, lifecycle) in self.model.lifecycles.iter().enumerate() {
            let Some(stages) = scores.lifecycles.get(at) else { continue };
            let stage = |code: Option<&u32>| {
                code.and_then(|&c| lifecycle.stages.get(c as usize)).map_or_else(String::new, ToString::to_string)
            };
            let Some(rest) = name.strip_prefix(&*lifecycle.name) else { continue };
            match rest {
                "" => return Some(stage(stages.after.first())),
                "_before" => return Some(stage(stages.before.first())),
                "_move" => return stages.moves.first().map(|m| format!("{m:?}").to_lowercase()),
                _ => {}
            }
        }
        if name == "excluded" {
            let at = *scores.excluded.sure_at(0);
            let reason = self.model.exclusions.get(at as usize);
            return Some(
                reason.map_or_else(String::new, |e| e.because.as_ref().map_or_else(|| "true".to_owned(), |b| b.text.to_string())),
            );
        }
        None
    }
}

/// The record that a test gives.
#[must_use]
pub fn given(test: &Test) -> Record {
    let properties = test.given.iter().filter_map(|(id, value, _)| Some((*id, value.clone()?))).collect();
    let events = test.events.iter().flat_map(|(id, events)| events.iter().map(|e| (*id, e.fields.clone()))).collect();
    Record { properties, events }
}

/// Runs one record.
#[must_use]
pub fn score(code: &Code, as_of: AsOf, batch: &Batch) -> Fired {
    let scores = code.run(batch, as_of);
    Fired { arms: scores.hits.iter().map(|&n| n > 0).collect(), scores }
}

/// Every arm with its reason.
fn arms(model: &Model) -> Vec<(ArmId, Option<&str>)> {
    let mut out = Vec::new();
    for score in &model.scores {
        Model::items_of(score, &mut |item, _| {
            out.extend(crate::hir::words::arms(item).into_iter().map(|a| (a.id, a.because.as_ref().map(|b| &*b.text))));
        });
    }
    out
}

fn value_of(record: &Record, id: PropId) -> Option<&Value> {
    record.properties.iter().rev().find(|(p, _)| *p == id).map(|(_, v)| v)
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// Whether a cause is of this hold or line.
fn is_cause(cause: Cause, hold: Option<usize>, rule: Option<usize>) -> bool {
    match cause {
        Cause::Hold(at) => hold == Some(at as usize),
        Cause::Rule(at) | Cause::Refused(at) => rule == Some(at as usize),
        Cause::Otherwise | Cause::Undecided(_) | Cause::Excluded | Cause::Open => false,
    }
}
