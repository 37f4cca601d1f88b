//! Scores: their items, points, bounds and decay.

use pest::iterators::Pair;

use super::super::ast::{
    BandHead, BandItem, BandLine, BoundClause, Branch, ConditionalFormula, DecayClause, DecayKind, EachClause, EachItem,
    EventPath, ExcludeRule, Expr, ExprKind, FormulaBranch, FormulaPart, GroupItem, IfItem, MatchHead, MatchItem, MatchKey,
    MatchLine, MatchSubject, Outcome, PerItem, PointsKind, PointsLit, ScoreBody, ScoreDecl, ScoreItem, ScoreItemKind, TimesPer,
    Window,
};
use super::super::grammar::Rule;
use super::{Builder, Cursor};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

impl Builder<'_> {
    pub(super) fn exclude(&mut self, c: &mut Cursor<'_>) -> Option<ExcludeRule> {
        c.next()?;
        c.next()?;
        let condition = self.expr(c.next()?)?;
        Some(ExcludeRule { condition, because: self.because(c)? })
    }

    pub(super) fn score(&mut self, c: &mut Cursor<'_>) -> Option<ScoreDecl> {
        let head = c.next()?;
        let mut decl = self.score_head(head)?;
        if c.skip(Rule::equals) {
            let body = c.next()?;
            decl.body = if body.as_rule() == Rule::formula_if {
                ScoreBody::Conditional(Box::new(self.conditional(body)?))
            } else {
                ScoreBody::Formula(self.expr(body)?)
            };
            return Some(decl);
        }
        c.next()?;
        decl.body = ScoreBody::Items { items: self.score_items(c)?, close: self.span(&c.next()?) };
        Some(decl)
    }

    /// `if C then F else if C then F else F unknown F`
    fn conditional(&mut self, pair: Pair<'_, Rule>) -> Option<ConditionalFormula> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let mut formula =
            ConditionalFormula { branches: vec![self.formula_branch(c.next()?)?], otherwise: None, unknown: None, span };
        while let Some(pair) = c.take(Rule::formula_else_if) {
            let mut inner = Cursor::new(pair);
            inner.next()?;
            formula.branches.push(self.formula_branch(inner.next()?)?);
        }
        if let Some(pair) = c.take(Rule::formula_else) {
            formula.otherwise = Some(self.formula_part(pair)?);
        }
        if let Some(pair) = c.take(Rule::formula_unknown) {
            formula.unknown = Some(self.formula_part(pair)?);
        }
        Some(formula)
    }

    fn formula_branch(&mut self, pair: Pair<'_, Rule>) -> Option<FormulaBranch> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let condition = self.expr(c.next()?)?;
        c.next()?;
        let formula = self.expr(c.next()?)?;
        Some(FormulaBranch { condition, part: FormulaPart { formula, because: self.because(&mut c)?, span } })
    }

    fn formula_part(&mut self, pair: Pair<'_, Rule>) -> Option<FormulaPart> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let formula = self.expr(c.next()?)?;
        Some(FormulaPart { formula, because: self.because(&mut c)?, span })
    }

    /// A score of its head alone, without items.
    pub(in crate::syntax) fn score_head(&mut self, pair: Pair<'_, Rule>) -> Option<ScoreDecl> {
        let close = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        Some(ScoreDecl { name, bounds: self.bounds(&mut c)?, body: ScoreBody::Items { items: Vec::new(), close } })
    }

    fn score_items(&mut self, c: &mut Cursor<'_>) -> Option<Vec<ScoreItem>> {
        let mut items = Vec::new();
        while let Some(item) = c.take(Rule::score_item) {
            items.push(self.score_item(item)?);
        }
        Some(items)
    }

    fn bounds(&mut self, c: &mut Cursor<'_>) -> Option<Vec<BoundClause>> {
        let mut bounds = Vec::new();
        while let Some(bound) = c.take(Rule::bound) {
            bounds.push(self.bound(bound)?);
        }
        Some(bounds)
    }

    fn bound(&mut self, pair: Pair<'_, Rule>) -> Option<BoundClause> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let is_max = c.next()?.as_rule() == Rule::k_max;
        Some(BoundClause { is_max, value: self.literal(c.next()?)?, span })
    }

    /// One item of a score or group.
    pub(in crate::syntax) fn score_item(&mut self, pair: Pair<'_, Rule>) -> Option<ScoreItem> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let mut children = Cursor::new(inner);
        // Groups nest: they go by a way of their own, whose frames are small.
        let kind = if rule == Rule::group { self.group(&mut children) } else { self.score_line(rule, &mut children) };
        Some(ScoreItem { docs: self.docs(span), kind: kind?, span })
    }

    fn group(&mut self, c: &mut Cursor<'_>) -> Option<ScoreItemKind> {
        let mut group = self.group_head(c.next()?)?;
        group.items = self.score_items(c)?;
        group.close = self.span(&c.next()?);
        Some(ScoreItemKind::Group(group))
    }

    /// Every item of a score but a group.
    fn score_line(&mut self, rule: Rule, c: &mut Cursor<'_>) -> Option<ScoreItemKind> {
        Some(if rule == Rule::if_item {
            ScoreItemKind::If(self.if_item(c)?)
        } else if rule == Rule::band {
            let mut band = self.band_head(c.next()?)?;
            while let Some(line) = c.take(Rule::band_line) {
                band.lines.push(self.band_line(line)?);
            }
            band.close = self.span(&c.next()?);
            ScoreItemKind::Band(band)
        } else if rule == Rule::match_item {
            let mut item = self.match_head(c.next()?)?;
            while let Some(line) = c.take(Rule::match_line) {
                item.lines.push(self.match_line(line)?);
            }
            item.close = self.span(&c.next()?);
            ScoreItemKind::Match(item)
        } else if rule == Rule::each_item {
            ScoreItemKind::Each(self.each_item(c)?)
        } else if rule == Rule::per_item {
            ScoreItemKind::Per(self.per_item(c)?)
        } else {
            ScoreItemKind::Exclude(self.exclude(c)?)
        })
    }

    fn if_item(&mut self, c: &mut Cursor<'_>) -> Option<IfItem> {
        let mut item = IfItem { branches: vec![self.branch(c.next()?)?], otherwise: None, unknown: None };
        while let Some(pair) = c.take(Rule::else_branch) {
            let mut inner = Cursor::new(pair);
            inner.next()?;
            item.branches.push(self.branch(inner.next()?)?);
        }
        if let Some(pair) = c.take(Rule::else_part) {
            item.otherwise = Some(self.part(pair)?);
        }
        if let Some(pair) = c.take(Rule::unknown_part) {
            item.unknown = Some(self.part(pair)?);
        }
        Some(item)
    }

    fn branch(&mut self, pair: Pair<'_, Rule>) -> Option<Branch> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let condition = self.expr(c.next()?)?;
        c.next()?;
        let points = self.points(c.next()?)?;
        let decay = match c.take(Rule::decay_since) {
            Some(pair) => Some(self.decay_since(pair)?),
            None => None,
        };
        Some(Branch { condition, points, decay, because: self.because(&mut c)?, span })
    }

    fn decay_since(&mut self, pair: Pair<'_, Rule>) -> Option<DecayClause> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let decay = self.decay(c.next()?)?;
        let since = if c.skip(Rule::k_since) { Some(self.primary(c.next()?)?) } else { None };
        Some(DecayClause { since, span, ..decay })
    }

    /// `else P because T` and `unknown P because T` of an `if`.
    fn part(&mut self, pair: Pair<'_, Rule>) -> Option<Outcome> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        self.outcome(&mut c, span)
    }

    fn outcome(&mut self, c: &mut Cursor<'_>, span: Span) -> Option<Outcome> {
        let points = self.points(c.next()?)?;
        Some(Outcome { points, because: self.because(c)?, span })
    }

    /// A band of its head alone.
    pub(in crate::syntax) fn band_head(&mut self, pair: Pair<'_, Rule>) -> Option<BandItem> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let value = self.expr(c.next()?)?;
        Some(BandItem { value, lines: Vec::new(), close: self.span(&c.next()?) })
    }

    /// A line of a band.
    pub(in crate::syntax) fn band_line(&mut self, pair: Pair<'_, Rule>) -> Option<BandLine> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let first = c.next()?;
        let head = if first.as_rule() == Rule::k_else {
            BandHead::Else(self.span(&first))
        } else if first.as_rule() == Rule::k_unknown {
            BandHead::Unknown(self.span(&first))
        } else {
            BandHead::Range(self.range(first)?)
        };
        c.next()?;
        Some(BandLine { head, outcome: self.outcome(&mut c, span)? })
    }

    /// A match of its head alone.
    pub(in crate::syntax) fn match_head(&mut self, pair: Pair<'_, Rule>) -> Option<MatchItem> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let subject = if c.skip(Rule::k_each) { self.match_each(&mut c)? } else { MatchSubject::Value(self.expr(c.next()?)?) };
        Some(MatchItem { subject, lines: Vec::new(), close: self.span(&c.next()?) })
    }

    /// `S`, or `E.f [within D] [where C]`.
    fn match_each(&mut self, c: &mut Cursor<'_>) -> Option<MatchSubject> {
        let EventPath { event, field } = self.event_path(c.next()?)?;
        let (within, filter) = self.event_clauses(c)?;
        let Some(field) = field else {
            if let Some(span) = within.as_ref().map(|w| w.span).or_else(|| filter.as_ref().map(|f| f.span)) {
                let problem = Diagnostic::new(Code::Syntax, event.span, format!("`match each {}` names no field", event.name))
                    .also(span, "this goes with events")
                    .help(format!("name the field that the lines go by: `match each {}.FIELD ..`", event.name));
                self.problems.push(problem);
            }
            let span = event.span;
            return Some(MatchSubject::Members(Expr { kind: ExprKind::Name(event), span }));
        };
        Some(MatchSubject::Events { event, field, within, filter })
    }

    /// `[within D] [where C]` of events.
    fn event_clauses(&mut self, c: &mut Cursor<'_>) -> Option<(Option<Box<Window>>, Option<Expr>)> {
        let within = match c.take(Rule::within_span) {
            Some(pair) => Some(Box::new(self.within(pair)?)),
            None => None,
        };
        let filter = match c.take(Rule::where_clause) {
            Some(pair) => Some(self.filter(pair)?),
            None => None,
        };
        Some((within, filter))
    }

    /// A line of a match.
    pub(in crate::syntax) fn match_line(&mut self, pair: Pair<'_, Rule>) -> Option<MatchLine> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let first = c.next()?;
        let head = if first.as_rule() == Rule::k_else {
            MatchHead::Else(self.span(&first))
        } else if first.as_rule() == Rule::k_unknown {
            MatchHead::Unknown(self.span(&first))
        } else {
            let keys = first.into_inner().filter(|p| p.as_rule() != Rule::comma);
            MatchHead::Keys(keys.map(|key| self.match_key(key)).collect::<Option<_>>()?)
        };
        c.next()?;
        let points = self.points(c.next()?)?;
        let tail = self.each_clauses(&mut c)?;
        Some(MatchLine { head, outcome: Outcome { points, because: self.because(&mut c)?, span }, tail })
    }

    fn match_key(&mut self, pair: Pair<'_, Rule>) -> Option<MatchKey> {
        let rule = pair.as_rule();
        Some(if rule == Rule::k_true || rule == Rule::k_false {
            MatchKey::Boolean(rule == Rule::k_true, self.span(&pair))
        } else if rule == Rule::whole {
            MatchKey::Number(self.literal(pair)?)
        } else {
            MatchKey::Option(self.option_name(&pair))
        })
    }

    fn each_item(&mut self, c: &mut Cursor<'_>) -> Option<EachItem> {
        c.next()?;
        let event = self.ident(&c.next()?);
        let (within, filter) = self.event_clauses(c)?;
        c.next()?;
        let points = self.points(c.next()?)?;
        let tail = self.each_clauses(c)?;
        Some(EachItem { event, within, filter, points, tail, because: self.because(c)? })
    }

    fn each_clauses(&mut self, c: &mut Cursor<'_>) -> Option<Vec<EachClause>> {
        let mut tail = Vec::new();
        while let Some(clause) = c.take(Rule::each_clause) {
            tail.push(self.each_clause(clause.into_inner().next()?)?);
        }
        Some(tail)
    }

    fn each_clause(&mut self, pair: Pair<'_, Rule>) -> Option<EachClause> {
        let rule = pair.as_rule();
        if rule == Rule::bound {
            return Some(EachClause::Bound(self.bound(pair)?));
        }
        if rule == Rule::decay {
            return Some(EachClause::Decay(self.decay(pair)?));
        }
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        let count = self.number(&c.next()?);
        c.next()?;
        let per = match c.take(Rule::times_per) {
            Some(per) => Some(self.times_per(per)?),
            None => None,
        };
        Some(EachClause::Times { count, per, span })
    }

    fn times_per(&self, pair: Pair<'_, Rule>) -> Option<TimesPer> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let what = c.next()?;
        #[expect(clippy::wildcard_enum_match_arm, reason = "anything else is the name of a field")]
        Some(match what.as_rule() {
            Rule::k_day => TimesPer::Day,
            Rule::k_week => TimesPer::Week,
            Rule::k_month => TimesPer::Month,
            _ => TimesPer::Field(self.ident(&what)),
        })
    }

    fn per_item(&mut self, c: &mut Cursor<'_>) -> Option<PerItem> {
        c.next()?;
        let step = c.take(Rule::number).map(|pair| self.number(&pair));
        let value = self.primary(c.next()?)?;
        c.next()?;
        let points = self.points(c.next()?)?;
        Some(PerItem { step, value, points, bounds: self.bounds(c)?, because: self.because(c)? })
    }

    /// A group of its head alone.
    pub(in crate::syntax) fn group_head(&mut self, pair: Pair<'_, Rule>) -> Option<GroupItem> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let title = self.text(&c.next()?);
        let (mut best, mut bounds) = (Vec::new(), Vec::new());
        while let Some(clause) = c.take(Rule::group_clause) {
            let mut clause = Cursor::new(clause);
            match clause.take(Rule::bound) {
                Some(bound) => bounds.push(self.bound(bound)?),
                None => {
                    clause.next()?;
                    best.push(self.number(&clause.next()?));
                }
            }
        }
        let when = match c.take(Rule::group_when) {
            Some(pair) => Some(self.filter(pair)?),
            None => None,
        };
        Some(GroupItem { title, best, when, bounds, items: Vec::new(), close: self.span(&c.next()?) })
    }

    fn points(&mut self, pair: Pair<'_, Rule>) -> Option<PointsLit> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let sign = c.take(Rule::sign);
        let signed = sign.is_some();
        let negative = sign.is_some_and(|s| s.as_str() == "-");
        let value = c.next()?;
        let kind = if value.as_rule() == Rule::name {
            PointsKind::Param { negative, name: self.ident(&value) }
        } else {
            let number = self.number(&value);
            if !signed && number.value.mantissa != 0 {
                let points = Diagnostic::new(Code::BadPoints, span, format!("the points {} have no sign", number.text))
                    .label("points start with `+` or `-`")
                    .help(format!("write `+{0}` to add points, `-{0}` to take them away", number.text))
                    .fix(true, format!("write `+{}`", number.text), span, format!("+{}", number.text));
                self.problems.push(points);
            }
            PointsKind::Number { negative, signed, number }
        };
        Some(PointsLit { kind, span })
    }

    fn decay(&mut self, pair: Pair<'_, Rule>) -> Option<DecayClause> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        c.next()?;
        if c.skip(Rule::k_all) {
            c.next()?;
            let over = self.duration(c.next()?)?;
            return Some(DecayClause { kind: DecayKind::All { over }, since: None, span });
        }
        let number = self.number(&c.next()?);
        let of_points = c.skip(Rule::of_points);
        let of_rest = c.skip(Rule::of_rest);
        c.next()?;
        let every = self.duration(c.next()?)?;
        let kind = if of_points {
            DecayKind::Linear { percent: number, every }
        } else if of_rest {
            DecayKind::Compound { percent: number, every }
        } else {
            DecayKind::Fixed { amount: number, every }
        };
        Some(DecayClause { kind, since: None, span })
    }
}
