//! One record, to the last point: the rules run unfused and traced, and again with every change that might help.

use crate::column::Batch;
use crate::hir::{AsOf, Expr, ExprKind, Model, Rollup, Score};
use crate::program::{Compiled, RuleSet, Wanted};
use crate::value::Value;
use crate::vm::Trace;
use crate::why::values::{Seen, value_of};
use crate::why::{self, Explanation, MadeOf, Record};

/// Explains records.
pub struct Explainer {
    traced: Compiled,
    fused: Compiled,
    as_of: AsOf,
}

impl RuleSet {
    /// What explains records of these rules as of a moment.
    #[must_use]
    pub fn explainer(&self, as_of: AsOf) -> Explainer {
        let traced = self.compile(&Wanted { reasons: true, trace: true, ..Wanted::default() });
        Explainer { traced, fused: self.compile(&Wanted::default()), as_of }
    }
}

impl RuleSet {
    /// What explains accounts of a rollup of these rules as of a moment.
    #[must_use]
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command alone asks for accounts"))]
    pub(crate) fn account_explainer(&self, rollup: &Rollup, as_of: AsOf) -> Explainer {
        Self::of(self.sources().clone(), rollup.accounts.clone()).explainer(as_of)
    }
}

impl Explainer {
    /// The account of a rollup that is the only record of `batch`, made of these records.
    #[must_use]
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command alone asks for accounts"))]
    pub(crate) fn explain_account(&self, batch: &Batch, key: &str, made_of: MadeOf) -> Explanation {
        let mut it = self.explain(batch, key);
        let given: Vec<bool> = self.traced.rules().model().scores.iter().map(Score::is_given).collect();
        let mut given = given.into_iter();
        it.scores.retain(|_| !given.next().unwrap_or_default());
        // Nobody changes what an account gathers; its records change.
        it.lifecycles.iter_mut().for_each(|stage| stage.ways.clear());
        Explanation { row: 0, account: Some(made_of), ..it }
    }

    /// The account of the only record of `batch`, told under the name `key`.
    #[must_use]
    pub fn explain(&self, batch: &Batch, key: &str) -> Explanation {
        self.explain_read(batch, key, &[])
    }

    /// The same, with what is wrong with cells of the record, as [`RejectedRow::faults`](crate::input::RejectedRow) has it: a value that
    /// is unknown because its cell cannot be read is shown as that.
    #[must_use]
    pub fn explain_read(&self, batch: &Batch, key: &str, faults: &[String]) -> Explanation {
        let rules = self.traced.rules();
        let (scores, trace) = self.traced.vm(self.as_of).trace(batch);
        let seen = Traced { model: rules.model(), batch, trace: &trace };
        let record = Record { batch, scores: &scores, seen: &seen, as_of: self.as_of, key, faults };
        let mut it = why::explain(rules.model(), rules.sources(), record);
        let mut vm = self.fused.vm(self.as_of);
        let ways = why::ways(rules.model(), batch, &scores, self.as_of, |changed| vm.run(changed));
        for (account, ways) in it.lifecycles.iter_mut().zip(ways) {
            account.ways = ways;
        }
        it
    }
}

/// What a traced run saw of the only record of a batch.
struct Traced<'a> {
    model: &'a Model,
    batch: &'a Batch,
    trace: &'a Trace,
}

impl Seen for Traced<'_> {
    fn truth(&self, expr: &Expr) -> Option<bool> {
        if let Some(Value::Boolean(truth)) = self.value(expr) { Some(truth) } else { None }
    }

    fn value(&self, expr: &Expr) -> Option<Value> {
        if let ExprKind::Literal(value) = &expr.kind {
            return Some(value.clone());
        }
        if let ExprKind::Property(id) = expr.kind {
            return value_of(self.batch, id, self.model.schema.property(id).map(|p| &p.ty));
        }
        if let ExprKind::Definition(id) = expr.kind {
            return self.model.definition(id).and_then(|d| self.value(&d.value));
        }
        self.trace.value(expr.span, 0)
    }

    fn event_truth(&self, expr: &Expr, event: crate::schema::EventId, at: usize) -> Option<bool> {
        match self.trace.event_value(expr.span, event, at) {
            Some(Value::Boolean(truth)) => Some(truth),
            Some(_) | None => None,
        }
    }
}
