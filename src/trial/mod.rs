//! The `test` items of a program: run, counted, and worked on.

mod accounts;
pub mod coverage;
pub mod mutate;
pub mod suggest;

use crate::check::Program;
use crate::column::Batch;
use crate::hir::words::squeezed;
use crate::hir::{
    ArmId, AsOf, Expectation, ExpectationKind, Expr, ExprKind, GivenAccount, GivenEvent, Model, Score, ScoreBody, ScoreId, Test,
};
use crate::program::{Code, Wanted};
use crate::record::{self, Record};

use crate::input::RelatedRows;
use crate::invariant::{Sure as _, SureAt as _};
use crate::schema::{EventId, PropId, RelatedId};
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

/// What fired in a run of one record or account.
#[derive(Debug, Clone)]
pub struct Fired {
    /// The rollup whose account it was, by its place; `None` for a record.
    pub rollup: Option<usize>,
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
    /// By rollup, where a test needs it.
    accounts: Vec<Option<accounts::Bench<'m>>>,
    /// For each test the number of its first condition.
    first: Vec<usize>,
    /// The related records of which the rules have a file.
    rows: Vec<RelatedRows>,
}

impl<'m> Runner<'m> {
    /// Lowers the model with every condition that its tests expect.
    #[must_use]
    pub fn new(model: &'m Model, sources: &'m Sources) -> Self {
        let mut conditions: Vec<Expr> = Vec::new();
        let mut of_accounts: Vec<Vec<Expr>> = vec![Vec::new(); model.rollups.len()];
        let mut first = Vec::new();
        for test in &model.tests {
            let own = match test.account.as_ref().and_then(|account| of_accounts.get_mut(account.rollup)) {
                Some(own) => own,
                None => &mut conditions,
            };
            first.push(own.len());
            own.extend(test.expect.iter().filter_map(|e| match &e.kind {
                ExpectationKind::Condition(expr) => Some(expr.clone()),
                ExpectationKind::Excluded(_) | ExpectationKind::Fired(_) => None,
            }));
        }
        let code = Code::of(model, &Wanted { reasons: true, conditions, ..Wanted::default() });
        let schema = &model.schema;
        let rows = (0..).map(RelatedId).take(schema.related.len()).filter_map(|id| RelatedRows::of_rules(schema, id));
        // The checker has read the files.
        let rows = rows.map(|rows| rows.sure("a file of related records that was checked can be read")).collect();
        let asked = |at: usize| model.tests.iter().filter_map(|t| t.account.as_ref()).any(|account| account.rollup == at);
        let benches = model.rollups.iter().zip(of_accounts).enumerate();
        let benches =
            benches.map(|(at, (rollup, conditions))| asked(at).then(|| accounts::Bench::new(model, rollup, conditions)));
        Self { model, sources, code, accounts: benches.collect(), first, rows }
    }

    /// Runs one test, or one case of its table; tells what fired for its record, or for its account and then for the records of that.
    pub fn run(&self, at: usize, case: Option<(usize, &Case)>) -> Option<(Verdict, Vec<Fired>)> {
        let test = self.model.tests.get(at)?;
        if let Some(account) = &test.account {
            return self.run_account(at, test, account);
        }
        let mut record = given(test);
        if let Some((_, case)) = case {
            record.properties.extend(case.record.properties.iter().cloned());
            record.events.extend(case.record.events.iter().cloned());
        }
        let mut batch = record::batch(&self.model.schema, std::slice::from_ref(&record));
        self.look_up(&record, &mut batch);
        let fired = score(&self.code, test.as_of, &batch);
        let of = Of { model: self.model, sources: self.sources };
        let mut failures = of.judge(test, *self.first.sure_at(at), &fired, &record);
        if let Some((_, case)) = case {
            for (name, wanted) in &case.expect {
                let got = of.output(name, &fired);
                if got.as_deref() != Some(wanted.as_str()) {
                    let got = got.map_or_else(|| format!("there is no output `{name}`"), |g| format!("{name} is {}", shown(&g)));
                    let span = test.table.as_ref().map_or(test.name_span, |(_, span)| *span);
                    failures.push(Failure { span, expected: format!("{name} = {wanted}"), got: vec![got] });
                }
            }
        }
        Some((Verdict { test: at, case: case.map(|(n, _)| n), failures }, vec![fired]))
    }

    /// Fills related records from the files of the rules, where the test gives none.
    fn look_up(&self, record: &Record, batch: &mut Batch) {
        for rows in &self.rows {
            if self.model.schema.related(rows.related()).is_some_and(|related| !record.has(related)) {
                let _without = rows.fill(batch);
            }
        }
    }

    /// Runs a test of an account.
    fn run_account(&self, at: usize, test: &Test, account: &GivenAccount) -> Option<(Verdict, Vec<Fired>)> {
        let bench = self.accounts.get(account.rollup)?.as_ref()?;
        let (fired, failures) = match bench.run(test, account, |record, batch| self.look_up(record, batch)) {
            Ok(worked) => {
                let of = Of { model: &bench.rollup.accounts, sources: self.sources };
                let failures = of.judge(test, *self.first.sure_at(at), &worked.fired, &worked.record);
                (std::iter::once(worked.fired).chain(worked.of_records).collect(), failures)
            }
            Err(why) => {
                let expected = format!("one account of `{}`", bench.rollup.name);
                let failure = Failure { span: test.name_span, expected, got: vec![why] };
                (Vec::new(), vec![failure])
            }
        };
        Some((Verdict { test: at, case: None, failures }, fired))
    }

    /// An output as the CSV of a run writes it; `None` where there is no such output, empty where it is unknown.
    #[must_use]
    pub fn output(&self, name: &str, fired: &Fired) -> Option<String> {
        Of { model: self.model, sources: self.sources }.output(name, fired)
    }
}

/// The model that a test is over: that of the records, or that of a rollup's accounts.
#[derive(Clone, Copy)]
struct Of<'m> {
    model: &'m Model,
    sources: &'m Sources,
}

impl Of<'_> {
    /// The expectations that do not hold; the first of the test's conditions has this number.
    fn judge(self, test: &Test, mut condition: usize, fired: &Fired, record: &Record) -> Vec<Failure> {
        let mut failures = Vec::new();
        for expectation in &test.expect {
            let held = match &expectation.kind {
                ExpectationKind::Condition(_) => {
                    let result = fired.scores.conditions.get(condition);
                    condition += 1;
                    result.is_some_and(|c| c.truth.get(0))
                }
                ExpectationKind::Excluded(reason) => self.is_excluded(fired, reason.as_deref()) != expectation.negated,
                ExpectationKind::Fired(reason) => self.has_fired(fired, reason) != expectation.negated,
            };
            if !held {
                failures.push(Failure {
                    span: expectation.span,
                    expected: squeezed(self.sources, expectation.span),
                    got: self.got(expectation, fired, record),
                });
            }
        }
        failures
    }

    fn is_excluded(self, fired: &Fired, reason: Option<&str>) -> bool {
        let exclusion = fired.scores.excluded.first().copied().filter(|&e| e != NONE);
        exclusion
            .and_then(|e| self.model.exclusions.get(e as usize))
            .is_some_and(|exclusion| reason.is_none_or(|r| exclusion.because.as_ref().is_some_and(|b| &*b.text == r)))
    }

    fn has_fired(self, fired: &Fired, reason: &str) -> bool {
        arms(self.model).iter().any(|(id, because)| *because == Some(reason) && *fired.arms.sure_at(id.index()))
    }

    /// The values of everything that an expectation looks at, and what gave the points of the scores among it.
    fn got(self, expectation: &Expectation, fired: &Fired, record: &Record) -> Vec<String> {
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
    fn values(self, expr: &Expr, fired: &Fired, record: &Record, lines: &mut Vec<String>) {
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
                self.parts(score, fired, &mut say);
                for line in self.account(*id, fired) {
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
                if let Some(related) = self.model.schema.presence(*id) {
                    say(format!("{} is {}", related.name, if record.has(related) { "known" } else { "unknown" }));
                } else if let Some(property) = self.model.schema.property(*id) {
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

    /// What an account gathers of its records for a formula.
    fn parts(self, score: &Score, fired: &Fired, say: &mut impl FnMut(String)) {
        let mut ids = Vec::new();
        match &score.body {
            ScoreBody::Formula(formula) => formula.scores(&mut |id| ids.push(id)),
            ScoreBody::Conditional(all) => all.arms().for_each(|arm| arm.formula.scores(&mut |id| ids.push(id))),
            ScoreBody::Items { .. } | ScoreBody::Given(_) => {}
        }
        for id in ids {
            if let Some(given) = self.model.score(id).filter(|score| score.is_given()) {
                let value = fired.scores.scores.get(id.index()).and_then(|c| c.get(0));
                say(format!("{} is {}", given.name, value.map_or_else(|| "unknown".to_owned(), |p| Points(p).to_string())));
            }
        }
    }

    /// The entries of a score's account, a line each.
    fn account(self, score: ScoreId, fired: &Fired) -> Vec<String> {
        let reasons = fired.scores.reasons.iter().flat_map(|r| &r.entries).filter(|r| r.score == score.0 && r.points != 0);
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
    fn output(self, name: &str, fired: &Fired) -> Option<String> {
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
    record_of(&test.given, &test.events)
}

fn record_of(given: &[(PropId, Option<Value>, Span)], events: &[(EventId, Vec<GivenEvent>)]) -> Record {
    let properties = given.iter().filter_map(|(id, value, _)| Some((*id, value.clone()?))).collect();
    let events = events.iter().flat_map(|(id, events)| events.iter().map(|e| (*id, e.fields.clone()))).collect();
    Record { properties, events }
}

/// Runs one record.
#[must_use]
pub fn score(code: &Code, as_of: AsOf, batch: &Batch) -> Fired {
    let scores = code.run(batch, as_of);
    Fired { rollup: None, arms: scores.hits.iter().map(|&n| n > 0).collect(), scores }
}

/// Every arm with its reason.
fn arms(model: &Model) -> Vec<(ArmId, Option<&str>)> {
    let mut out = Vec::new();
    for score in &model.scores {
        if let ScoreBody::Conditional(formula) = &score.body {
            out.extend(formula.arms().map(|arm| (arm.arm.id, arm.arm.because.as_ref().map(|b| &*b.text))));
        }
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
