//! Labels, lifecycles, rollups and tests.

use pest::iterators::Pair;

use super::super::ast::{
    EventPath, Expectation, ExpectationKind, Expr, ExprKind, Given, GivenEvent, GivenValue, LabelBody, LabelDecl, LabelHead,
    LabelLine, LifecycleDecl, LifecycleLine, LifecycleLineKind, RollupDecl, TestClause, TestClauseKind, TestDecl,
};
use super::super::grammar::Rule;
use super::{Builder, Cursor};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

impl Builder<'_> {
    pub(super) fn label(&mut self, c: &mut Cursor<'_>) -> Option<LabelDecl> {
        if let Some(head) = c.take(Rule::label_head) {
            let (name, by, _) = self.label_head(head)?;
            let mut lines = Vec::new();
            while let Some(line) = c.take(Rule::label_line) {
                lines.push(self.label_line(line)?);
            }
            let close = self.span(&c.next()?);
            return Some(LabelDecl { name, body: LabelBody::Lines { by, lines, close } });
        }
        c.next()?;
        let name = self.ident(&c.next()?);
        c.next()?;
        let mut parts = vec![self.ident(&c.next()?)];
        while c.skip(Rule::plus) {
            parts.push(self.ident(&c.next()?));
        }
        Some(LabelDecl { name, body: LabelBody::Join(parts) })
    }

    /// The label's name, its score, and the opening brace.
    pub(in crate::syntax) fn label_head(
        &mut self,
        pair: Pair<'_, Rule>,
    ) -> Option<(super::super::ast::Ident, super::super::ast::Ident, Span)> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        c.next()?;
        let score = self.ident(&c.next()?);
        Some((name, score, self.span(&c.next()?)))
    }

    /// A line of a label.
    pub(in crate::syntax) fn label_line(&mut self, pair: Pair<'_, Rule>) -> Option<LabelLine> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let head = if let Some(range) = c.take(Rule::range) {
            LabelHead::Range(self.range(range)?)
        } else if let Some(keys) = c.take(Rule::label_keys) {
            let keys = keys.into_inner().filter(|key| key.as_rule() != Rule::comma);
            LabelHead::Keys(keys.map(|key| self.option_name(&key)).collect())
        } else {
            c.next()?;
            LabelHead::Else
        };
        c.next()?;
        Some(LabelLine { head, text: self.option_name(&c.next()?), span })
    }

    pub(super) fn lifecycle(&mut self, c: &mut Cursor<'_>) -> Option<LifecycleDecl> {
        let head = c.next()?;
        let mut decl = self.lifecycle_head(head)?;
        while let Some(line) = c.take(Rule::lifecycle_line) {
            decl.lines.push(self.lifecycle_line(line)?);
        }
        decl.close = self.span(&c.next()?);
        Some(decl)
    }

    /// A lifecycle of its head alone.
    pub(in crate::syntax) fn lifecycle_head(&mut self, pair: Pair<'_, Rule>) -> Option<LifecycleDecl> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        Some(LifecycleDecl { name, lines: Vec::new(), close: self.span(&c.next()?) })
    }

    /// A line of a lifecycle.
    pub(in crate::syntax) fn lifecycle_line(&mut self, pair: Pair<'_, Rule>) -> Option<LifecycleLine> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let mut c = Cursor::new(inner);
        c.next()?;
        let kind = if rule == Rule::hold {
            c.next()?;
            LifecycleLineKind::Hold { condition: self.expr(c.next()?)?, because: self.because(&mut c)? }
        } else if rule == Rule::stage {
            let stage = self.option_name(&c.next()?);
            c.next()?;
            let condition = c.next()?;
            let condition = if condition.as_rule() == Rule::k_excluded { None } else { Some(self.expr(condition)?) };
            LifecycleLineKind::Stage { stage, condition, because: self.because(&mut c)? }
        } else if rule == Rule::otherwise {
            LifecycleLineKind::Otherwise { stage: self.option_name(&c.next()?) }
        } else {
            LifecycleLineKind::ForwardOnly
        };
        Some(LifecycleLine { docs: self.docs(span), kind, span })
    }

    pub(super) fn rollup(&mut self, c: &mut Cursor<'_>) -> Option<RollupDecl> {
        let head = c.next()?;
        let mut decl = self.rollup_head(head)?;
        while let Some(item) = c.next() {
            if item.as_rule() == Rule::close {
                decl.close = self.span(&item);
            } else {
                decl.items.push(self.item(item)?);
            }
        }
        Some(decl)
    }

    /// A rollup of its head alone.
    pub(in crate::syntax) fn rollup_head(&mut self, pair: Pair<'_, Rule>) -> Option<RollupDecl> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        c.next()?;
        let key = self.ident(&c.next()?);
        let filter = c.take(Rule::where_clause).map(|pair| self.filter(pair));
        let filter = filter.map_or(Some(None), |filter| filter.map(Some))?;
        Some(RollupDecl { name, key, filter, items: Vec::new(), close: self.span(&c.next()?) })
    }

    pub(super) fn test(&mut self, c: &mut Cursor<'_>, span: Span) -> Option<TestDecl> {
        let head = c.next()?;
        let mut decl = self.test_head(head)?;
        if !c.skip(Rule::open) {
            if decl.table.is_none() {
                let end = Span::new(span.file, span.end, span.end);
                let missing = Diagnostic::new(Code::Syntax, end, "expected `{` and what the test gives and expects")
                    .help("write `{ given NAME = VALUE  expect CONDITION }`, or `from \"cases.csv\"` for a table of cases");
                self.problems.push(missing);
            }
            return Some(decl);
        }
        while let Some(clause) = c.take(Rule::test_clause) {
            decl.clauses.push(self.test_clause(clause)?);
        }
        decl.close = self.span(&c.next()?);
        Some(decl)
    }

    /// A test of its head alone; `close` is its last byte until the closing brace is known.
    pub(in crate::syntax) fn test_head(&mut self, pair: Pair<'_, Rule>) -> Option<TestDecl> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.text(&c.next()?);
        let close = Span::new(span.file, span.end, span.end);
        let mut decl = TestDecl { name, as_of: None, table: None, clauses: Vec::new(), close };
        while let Some(part) = c.next() {
            let is_date = part.as_rule() == Rule::as_of;
            let mut inner = Cursor::new(part);
            inner.next()?;
            if is_date {
                inner.next()?;
                let date = self.date(&inner.next()?);
                if decl.as_of.is_some() {
                    let message = "`as of` is written twice in this test";
                    self.problems.push(Diagnostic::new(Code::Syntax, date.span, message).help("keep one of the two dates"));
                }
                decl.as_of = Some(date);
            } else {
                decl.table = Some(self.text(&inner.next()?));
            }
        }
        Some(decl)
    }

    /// `given ..` or `expect ..`
    pub(in crate::syntax) fn test_clause(&mut self, pair: Pair<'_, Rule>) -> Option<TestClause> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let is_given = inner.as_rule() == Rule::given;
        let mut givens = Vec::new();
        let mut expectations = Vec::new();
        for part in inner.into_inner() {
            if part.as_rule() == Rule::giving {
                givens.push(self.giving(part)?);
            } else if part.as_rule() == Rule::expectation {
                expectations.push(self.expectation(part)?);
            }
        }
        let kind = if is_given { TestClauseKind::Given(givens) } else { TestClauseKind::Expect(expectations) };
        Some(TestClause { kind, span })
    }

    /// `NAME = VALUE` of a test and `NAME: VALUE` of an event or a related record.
    fn giving(&mut self, pair: Pair<'_, Rule>) -> Option<Given> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let named = c.next()?;
        let name = if named.as_rule() == Rule::path {
            match self.event_path(named)? {
                EventPath { event, field: None } => event,
                EventPath { event, field: Some(field) } => Self::dotted(&event, &field),
            }
        } else {
            self.ident(&named)
        };
        c.next()?;
        Some(Given { name, value: self.given_value(c.next()?)?, span })
    }

    fn given_value(&mut self, pair: Pair<'_, Rule>) -> Option<GivenValue> {
        let inner = pair.into_inner().next()?;
        let span = self.span(&inner);
        let rule = inner.as_rule();
        if rule == Rule::ago {
            return Some(GivenValue::Ago(self.duration(inner.into_inner().next()?)?, span));
        }
        if rule == Rule::event {
            return Some(GivenValue::Related(self.given_fields(inner)?));
        }
        if rule != Rule::event_list {
            return Some(GivenValue::Expr(self.value(inner)?));
        }
        let mut events = Vec::new();
        for event in inner.into_inner().filter(|p| p.as_rule() == Rule::event) {
            events.push(self.given_fields(event)?);
        }
        Some(GivenValue::Events(events, span))
    }

    /// `{ url: "..", at: 2 days ago }`
    fn given_fields(&mut self, pair: Pair<'_, Rule>) -> Option<GivenEvent> {
        let span = self.span(&pair);
        let mut fields = Vec::new();
        for field in pair.into_inner().filter(|p| p.as_rule() == Rule::event_value) {
            fields.push(self.giving(field)?);
        }
        Some(GivenEvent { fields, span })
    }

    /// A `literal` or a `list`.
    pub(super) fn value(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        if pair.as_rule() == Rule::list {
            let span = self.span(&pair);
            return Some(Expr { kind: ExprKind::List(self.list(pair)?), span });
        }
        self.literal(pair)
    }

    fn expectation(&mut self, pair: Pair<'_, Rule>) -> Option<Expectation> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        if inner.as_rule() == Rule::expr {
            return Some(Expectation { negated: false, kind: ExpectationKind::Condition(self.expr(inner)?), span });
        }
        let mut c = Cursor::new(inner);
        let mut negated = false;
        while c.skip(Rule::k_not) {
            negated = !negated;
        }
        let kind = if c.skip(Rule::k_fired) {
            ExpectationKind::Fired(self.text(&c.next()?))
        } else {
            c.next()?;
            ExpectationKind::Excluded(self.because(&mut c)?.map(|because| because.text))
        };
        Some(Expectation { negated, kind, span })
    }
}
