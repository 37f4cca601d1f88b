//! Expressions: the flat rows of the grammar become trees by climbing its precedence once more.

use std::sync::Arc;

use pest::iterators::Pair;

use super::super::ast::{
    Beside, BinaryOp, Call, CompareOp, DateLit, EventPath, Expr, ExprKind, ListLit, OfFunction, PatternLit, PickFunction,
    RangeLit, Test, Window,
};
use super::super::grammar::Rule;
use super::super::recover::too_deep;
use super::super::scan::MAX_DEPTH;
use super::{Builder, Cursor, unit};
use crate::op::ArithmeticOp;
use crate::source::Span;

/// The levels of infix operators, loosest first; comparisons stand between the last word and the first sign.
const WORDS: [(Rule, BinaryOp); 3] =
    [(Rule::k_unless, BinaryOp::Unless), (Rule::k_or, BinaryOp::Or), (Rule::k_and, BinaryOp::And)];

impl Builder<'_> {
    /// An `expr`.
    pub(super) fn expr(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        self.infix(&mut Cursor::new(pair), 0)
    }

    /// The operators of `WORDS[level]` and all tighter ones. A row of `and` or of `or` becomes a balanced tree: both are associative,
    /// and so a thousand of them nest ten deep.
    fn infix(&mut self, c: &mut Cursor<'_>, level: usize) -> Option<Expr> {
        let Some(&(rule, op)) = WORDS.get(level) else { return self.negation(c) };
        let first = self.infix(c, level + 1)?;
        if c.rule() != Some(rule) {
            return Some(first);
        }
        let mut operands = vec![(first, self.height)];
        let mut words = Vec::new();
        while let Some(word) = c.take(rule) {
            words.push(self.span(&word));
            operands.push((self.infix(c, level + 1)?, self.height));
        }
        while operands.len() > 1 {
            let (mut pairs, mut between) = (Vec::new(), Vec::new());
            let mut row = operands.into_iter();
            let mut signs = words.into_iter();
            while let Some(left) = row.next() {
                let Some(right) = row.next() else {
                    pairs.push(left);
                    break;
                };
                pairs.push((self.binary(op, left, right, signs.next()?)?, self.height));
                between.extend(signs.next());
            }
            (operands, words) = (pairs, between);
        }
        let (expr, height) = operands.pop()?;
        self.height = height;
        Some(expr)
    }

    /// Two operands with their heights.
    fn binary(&mut self, op: BinaryOp, left: (Expr, usize), right: (Expr, usize), op_span: Span) -> Option<Expr> {
        let ((left, left_height), (right, right_height)) = (left, right);
        let span = left.span.to(right.span);
        self.height = left_height.max(right_height);
        self.nest(Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right), op_span }, span })
    }

    /// An expression one level above those that it was made of; none if that is too deep.
    fn nest(&mut self, expr: Expr) -> Option<Expr> {
        self.height += 1;
        if self.height <= MAX_DEPTH {
            return Some(expr);
        }
        self.problems.push(too_deep(expr.span));
        None
    }

    fn negation(&mut self, c: &mut Cursor<'_>) -> Option<Expr> {
        let Some(word) = c.take(Rule::k_not) else { return self.comparison(c) };
        let operand = self.negation(c)?;
        let span = self.span(&word).to(operand.span);
        self.nest(Expr { kind: ExprKind::Not(Box::new(operand)), span })
    }

    fn comparison(&mut self, c: &mut Cursor<'_>) -> Option<Expr> {
        let left = self.sum(c)?;
        if let Some(comparator) = c.take(Rule::comparator) {
            let op_span = self.span(&comparator);
            let op = compare_op(comparator)?;
            let height = self.height;
            let right = self.sum(c)?;
            self.height = self.height.max(height);
            let span = left.span.to(right.span);
            let kind = ExprKind::Compare { op, left: Box::new(left), right: Box::new(right), op_span };
            return self.nest(Expr { kind, span });
        }
        if c.rule().is_some_and(is_test) {
            let pair = c.next()?;
            return self.test_of(left, pair);
        }
        Some(left)
    }

    fn sum(&mut self, c: &mut Cursor<'_>) -> Option<Expr> {
        let mut left = self.product(c)?;
        loop {
            let (op, sign) = if let Some(sign) = c.take(Rule::plus) {
                (BinaryOp::Arithmetic(ArithmeticOp::Add), sign)
            } else if let Some(sign) = c.take(Rule::minus) {
                (BinaryOp::Arithmetic(ArithmeticOp::Subtract), sign)
            } else {
                return Some(left);
            };
            let height = self.height;
            let right = (self.product(c)?, self.height);
            left = self.binary(op, (left, height), right, self.span(&sign))?;
        }
    }

    fn product(&mut self, c: &mut Cursor<'_>) -> Option<Expr> {
        let mut left = self.factor(c)?;
        loop {
            let (op, sign) = if let Some(sign) = c.take(Rule::times_sign) {
                (BinaryOp::Arithmetic(ArithmeticOp::Multiply), sign)
            } else if let Some(sign) = c.take(Rule::divide) {
                (BinaryOp::Arithmetic(ArithmeticOp::Divide), sign)
            } else {
                return Some(left);
            };
            let height = self.height;
            let right = (self.factor(c)?, self.height);
            left = self.binary(op, (left, height), right, self.span(&sign))?;
        }
    }

    fn factor(&mut self, c: &mut Cursor<'_>) -> Option<Expr> {
        if let Some(sign) = c.take(Rule::minus) {
            let operand = self.factor(c)?;
            let span = self.span(&sign).to(operand.span);
            return self.nest(Expr { kind: ExprKind::Negate(Box::new(operand)), span });
        }
        let pair = c.next()?;
        self.primary(pair)
    }

    /// A `primary`.
    pub(super) fn primary(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let pair = pair.into_inner().next()?;
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let kind = if rule == Rule::applied {
            let mut c = Cursor::new(pair);
            let name = c.next()?;
            let Some(more) = c.next() else { return self.leaf(&name) };
            if more.as_rule() == Rule::name {
                self.height = 0;
                let name = Self::dotted(&self.ident(&name), &self.ident(&more));
                return Some(Expr { kind: ExprKind::Name(name), span });
            }
            ExprKind::Call(self.call(&name, &mut Cursor::new(more))?)
        } else if rule == Rule::paren {
            let mut c = Cursor::new(pair);
            c.next()?;
            ExprKind::Paren(Box::new(self.expr(c.next()?)?))
        } else if rule == Rule::elapsed {
            let mut c = Cursor::new(pair);
            let unit = unit(c.next()?.as_str())?;
            let until = c.next()?.as_rule() == Rule::k_until;
            ExprKind::Elapsed { unit, until, date: Box::new(self.primary(c.next()?)?) }
        } else if rule == Rule::of_call {
            let mut c = Cursor::new(pair);
            let function = of_function(c.next()?.as_rule())?;
            c.next()?;
            ExprKind::Of { function, operand: Box::new(self.primary(c.next()?)?) }
        } else if rule == Rule::at_least {
            let mut c = Cursor::new(pair);
            c.next()?;
            c.next()?;
            let count = self.number(&c.next()?);
            c.next()?;
            ExprKind::AtLeast { count, of: self.choices(c.next()?)? }
        } else if rule == Rule::pick {
            let mut c = Cursor::new(pair);
            let function = pick_function(c.next()?.as_rule())?;
            c.skip(Rule::k_known);
            c.next()?;
            ExprKind::Pick { function, of: self.choices(c.next()?)? }
        } else if rule == Rule::list {
            ExprKind::List(self.list(pair)?)
        } else {
            return self.leaf(&pair);
        };
        self.nest(Expr { kind, span })
    }

    /// The expressions between brackets.
    fn choices(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<Expr>> {
        let (mut of, mut height) = (Vec::new(), 0);
        for entry in pair.into_inner().filter(|entry| entry.as_rule() == Rule::expr) {
            of.push(self.expr(entry)?);
            height = self.height.max(height);
        }
        self.height = height;
        Some(of)
    }

    /// A name, text, number, date or truth value.
    fn leaf(&mut self, pair: &Pair<'_, Rule>) -> Option<Expr> {
        self.height = 0;
        let span = self.span(pair);
        let rule = pair.as_rule();
        let kind = if rule == Rule::name {
            ExprKind::Name(self.ident(pair))
        } else if rule == Rule::text {
            ExprKind::Text(self.text(pair))
        } else if rule == Rule::number {
            ExprKind::Number(self.number(pair))
        } else if rule == Rule::date {
            ExprKind::Date(self.date(pair))
        } else if rule == Rule::k_true || rule == Rule::k_false {
            ExprKind::Boolean(rule == Rule::k_true)
        } else {
            return None;
        };
        Some(Expr { kind, span })
    }

    /// A date as written.
    pub(super) fn date(&self, pair: &Pair<'_, Rule>) -> DateLit {
        let text = pair.as_str();
        DateLit { text: Arc::from(text), has_time: text.contains('T'), span: self.span(pair) }
    }

    /// Leaves with an optional `-`: a `literal`, `range_end` or `bound_value`.
    pub(super) fn literal(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let whole = self.span(&pair);
        let mut c = Cursor::new(pair);
        let negative = c.skip(Rule::minus);
        let leaf = self.leaf(&c.next()?)?;
        if !negative {
            return Some(leaf);
        }
        let span = Span::new(whole.file, whole.start, leaf.span.end);
        Some(Expr { kind: ExprKind::Negate(Box::new(leaf)), span })
    }

    /// A `list`.
    pub(super) fn list(&mut self, pair: Pair<'_, Rule>) -> Option<ListLit> {
        let span = self.span(&pair);
        let mut items = Vec::new();
        for entry in pair.into_inner() {
            if entry.as_rule() == Rule::literal {
                items.push(self.literal(entry)?);
            }
        }
        Some(ListLit { items, span })
    }

    /// A `range`.
    pub(super) fn range(&mut self, pair: Pair<'_, Rule>) -> Option<RangeLit> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let mut range = RangeLit { lo: None, hi: None, hi_open: false, single: false, span };
        if let Some(lo) = c.take(Rule::range_end) {
            range.lo = Some(Box::new(self.literal(lo)?));
        }
        match c.take(Rule::dots) {
            Some(dots) => range.hi_open = dots.as_str() == "..<",
            None => range.single = true,
        }
        if let Some(hi) = c.take(Rule::range_end) {
            range.hi = Some(Box::new(self.literal(hi)?));
        }
        Some(range)
    }

    fn call(&mut self, function: &Pair<'_, Rule>, c: &mut Cursor<'_>) -> Option<Call> {
        let function = self.ident(function);
        c.next()?;
        let arguments = c.next()?;
        let mut call = Call { function, event: None, within: None, filter: None, args: Vec::new() };
        let of_events = arguments.as_rule() == Rule::event_args;
        let mut inner = Cursor::new(arguments);
        if !of_events {
            let mut height = 0;
            while let Some(pair) = inner.next() {
                if pair.as_rule() == Rule::expr {
                    call.args.push(self.expr(pair)?);
                    height = self.height.max(height);
                }
            }
            self.height = height;
            return Some(call);
        }
        self.height = 0;
        let EventPath { event, field } = self.event_path(inner.next()?)?;
        if let Some(pair) = inner.take(Rule::within_span) {
            call.within = Some(Box::new(self.within(pair)?));
        }
        if let Some(pair) = inner.take(Rule::where_clause) {
            call.filter = Some(Box::new(self.filter(pair)?));
        }
        let formula = matches!(&*call.function.name, "min" | "max");
        if formula && field.is_none() && call.within.is_none() && call.filter.is_none() {
            let span = event.span;
            call.args.push(Expr { kind: ExprKind::Name(event), span });
        } else {
            call.event = Some(EventPath { event, field });
        }
        Some(call)
    }

    /// A `path`: `E` or `E.f`.
    pub(super) fn event_path(&mut self, pair: Pair<'_, Rule>) -> Option<EventPath> {
        let mut path = Cursor::new(pair);
        let event = self.ident(&path.next()?);
        Some(EventPath { event, field: path.next().map(|pair| self.ident(&pair)) })
    }

    /// A `within_span`.
    pub(super) fn within(&mut self, pair: Pair<'_, Rule>) -> Option<Window> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let duration = self.duration(c.next()?)?;
        Some(Window { duration, beside: self.beside(&mut c)?, span })
    }

    /// `after signup`, if it comes next.
    fn beside(&mut self, c: &mut Cursor<'_>) -> Option<Option<Box<Beside>>> {
        let Some(pair) = c.take(Rule::beside) else { return Some(None) };
        let mut c = Cursor::new(pair);
        let before = c.next()?.as_rule() == Rule::k_before;
        Some(Some(Box::new(Beside { before, date: self.primary(c.next()?)? })))
    }

    /// The condition of a `where_clause`.
    pub(super) fn filter(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let mut c = Cursor::new(pair);
        c.next()?;
        self.expr(c.next()?)
    }

    /// A name, text or list on the right of a test.
    fn argument(&mut self, pair: Pair<'_, Rule>) -> Option<Box<Expr>> {
        if pair.as_rule() == Rule::list {
            let span = self.span(&pair);
            return Some(Box::new(Expr { kind: ExprKind::List(self.list(pair)?), span }));
        }
        Some(Box::new(self.leaf(&pair)?))
    }

    /// `operand` with the test that follows it.
    fn test_of(&mut self, operand: Expr, pair: Pair<'_, Rule>) -> Option<Expr> {
        let whole = self.span(&pair);
        let rule = pair.as_rule();
        let mut c = Cursor::new(pair);
        let height = self.height;
        let mut words = Vec::new();
        let mut negated = false;
        let mut next = false;
        let argument = loop {
            let child = c.next()?;
            let child_rule = child.as_rule();
            if !is_test_word(child_rule) {
                break child;
            }
            negated |= child_rule == Rule::k_not;
            next |= child_rule == Rule::k_next;
            words.push(self.span(&child));
            if is_state(child_rule) {
                break child;
            }
        };
        let argument_rule = argument.as_rule();
        let test = if rule == Rule::test_state {
            state(argument_rule)?
        } else if rule == Rule::test_in {
            self.test_in(argument)?
        } else if argument_rule == Rule::contains_all || argument_rule == Rule::contains_word {
            let mut inner = Cursor::new(argument);
            words.push(self.span(&inner.next()?));
            let value = self.argument(inner.next()?)?;
            if argument_rule == Rule::contains_all { Test::ContainsAll(value) } else { Test::ContainsWord(value) }
        } else if rule == Rule::test_contains {
            Test::Contains(self.argument(argument)?)
        } else if rule == Rule::test_starts {
            Test::StartsWith(self.argument(argument)?)
        } else if rule == Rule::test_ends {
            Test::EndsWith(self.argument(argument)?)
        } else if rule == Rule::test_matches {
            Test::Matches(self.pattern(&argument))
        } else if rule == Rule::test_within {
            Test::Within { next, duration: self.duration(argument)?, beside: self.beside(&mut c)? }
        } else if rule == Rule::test_more {
            Test::MoreThanAgo(self.duration(argument)?)
        } else if rule == Rule::test_before {
            Test::Before(Box::new(self.primary(argument)?))
        } else {
            Test::After(Box::new(self.primary(argument)?))
        };
        let op_span = words.first().zip(words.last()).map_or(whole, |(first, last)| first.to(*last));
        let span = operand.span.to(whole);
        self.height = self.height.max(height);
        self.nest(Expr { kind: ExprKind::Test { operand: Box::new(operand), negated, test, op_span }, span })
    }

    /// What stands behind `in`: a list, a range, or a bare name, which is a list's.
    fn test_in(&mut self, pair: Pair<'_, Rule>) -> Option<Test> {
        if pair.as_rule() == Rule::list {
            return Some(Test::In(self.argument(pair)?));
        }
        let range = self.range(pair)?;
        match range.lo {
            Some(value) if range.single && matches!(value.kind, ExprKind::Name(_)) => Some(Test::In(value)),
            lo => Some(Test::InRange(RangeLit { lo, ..range })),
        }
    }

    fn pattern(&self, pair: &Pair<'_, Rule>) -> PatternLit {
        let written = pair.as_str();
        let body = written.strip_prefix('/').and_then(|w| w.strip_suffix('/')).unwrap_or(written);
        PatternLit { source: Arc::from(unescape_slashes(body)), span: self.span(pair) }
    }
}

/// `\/` becomes `/`; every other escape is the regular expression's own.
fn unescape_slashes(body: &str) -> String {
    let mut source = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            source.push(c);
            continue;
        }
        match chars.next() {
            Some('/') => source.push('/'),
            Some(escaped) => source.extend(['\\', escaped]),
            None => source.push('\\'),
        }
    }
    source
}

fn compare_op(comparator: Pair<'_, Rule>) -> Option<CompareOp> {
    let mut c = Cursor::new(comparator);
    if c.skip(Rule::k_is) {
        return Some(if c.skip(Rule::k_not) { CompareOp::IsNot } else { CompareOp::Is });
    }
    Some(match c.next()?.as_str() {
        "=" => CompareOp::Equal,
        "!=" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessEqual,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::GreaterEqual,
        _ => return None,
    })
}

fn pick_function(rule: Rule) -> Option<PickFunction> {
    [
        (Rule::k_latest, PickFunction::Latest),
        (Rule::k_earliest, PickFunction::Earliest),
        (Rule::k_highest, PickFunction::Highest),
        (Rule::k_lowest, PickFunction::Lowest),
        (Rule::k_first, PickFunction::FirstKnown),
    ]
    .into_iter()
    .find_map(|(keyword, function)| (keyword == rule).then_some(function))
}

fn of_function(rule: Rule) -> Option<OfFunction> {
    [
        (Rule::k_domain, OfFunction::Domain),
        (Rule::k_length, OfFunction::Length),
        (Rule::k_words, OfFunction::Words),
        (Rule::k_size, OfFunction::Size),
    ]
    .into_iter()
    .find_map(|(keyword, function)| (keyword == rule).then_some(function))
}

fn state(rule: Rule) -> Option<Test> {
    if rule == Rule::k_known {
        Some(Test::Known)
    } else if rule == Rule::k_unknown {
        Some(Test::Unknown)
    } else {
        (rule == Rule::k_empty).then_some(Test::Empty)
    }
}

fn is_state(rule: Rule) -> bool {
    matches!(rule, Rule::k_known | Rule::k_unknown | Rule::k_empty)
}

fn is_test(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::test_state
            | Rule::test_in
            | Rule::test_contains
            | Rule::test_starts
            | Rule::test_ends
            | Rule::test_matches
            | Rule::test_within
            | Rule::test_more
            | Rule::test_before
            | Rule::test_after
    )
}

/// The words of a test up to its argument.
fn is_test_word(rule: Rule) -> bool {
    is_state(rule)
        || matches!(
            rule,
            Rule::k_is
                | Rule::k_not
                | Rule::k_in
                | Rule::k_contains
                | Rule::k_does
                | Rule::k_contain
                | Rule::k_starts
                | Rule::k_start
                | Rule::k_with
                | Rule::k_ends
                | Rule::k_end
                | Rule::k_matches
                | Rule::k_match
                | Rule::k_within
                | Rule::k_next
                | Rule::k_more
                | Rule::k_than
                | Rule::k_before
                | Rule::k_after
        )
}
