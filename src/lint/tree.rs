//! Walks over trees: every expression and every name that an author wrote.

use crate::syntax::ast::{
    BandHead, BoundClause, DecayClause, EachClause, ExpectationKind, Expr, ExprKind, File, Given, GivenValue, Ident, Item,
    ItemKind, LabelBody, LabelHead, LifecycleLineKind, ListLit, ListSource, MatchSubject, Modifier, PointsKind, PointsLit,
    RangeLit, SchemaMemberKind, ScoreBody, ScoreItem, ScoreItemKind, Test, TestClauseKind,
};

/// What a walk meets.
pub(crate) trait Visit<'t> {
    /// An expression, before its parts.
    fn expr(&mut self, _expr: &'t Expr) {}
    /// A name that is used, not declared.
    fn name(&mut self, _name: &'t Ident) {}
}

/// Goes through a file.
pub(crate) fn file<'t>(file: &'t File, v: &mut dyn Visit<'t>) {
    for item in &file.items {
        match &item.kind {
            ItemKind::Version(_) | ItemKind::Use(_) => {}
            ItemKind::Schema(schema) => {
                for member in &schema.members {
                    if let SchemaMemberKind::Property(p) = &member.kind {
                        for m in &p.modifiers {
                            if let Modifier::Default(x, _) = m {
                                expr(x, v);
                            }
                        }
                    }
                }
            }
            ItemKind::List(l) => match &l.source {
                ListSource::Inline(l) => list(l, v),
                ListSource::File(_) => {}
            },
            ItemKind::Param(p) => expr(&p.value, v),
            ItemKind::Define(d) => expr(&d.value, v),
            ItemKind::Exclude(e) => expr(&e.condition, v),
            ItemKind::Score(_) | ItemKind::Label(_) | ItemKind::Lifecycle(_) => output(item, v),
            ItemKind::Rollup(rollup) => {
                v.name(&rollup.key);
                rollup.filter.iter().for_each(|filter| expr(filter, v));
                rollup.items.iter().for_each(|item| output(item, v));
            }
            ItemKind::Test(t) => {
                for clause in &t.clauses {
                    match &clause.kind {
                        TestClauseKind::Given(all) => all.iter().for_each(|g| given(g, v)),
                        TestClauseKind::Expect(all) => {
                            for e in all {
                                if let ExpectationKind::Condition(x) = &e.kind {
                                    expr(x, v);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A score, a label or a lifecycle.
fn output<'t>(item: &'t Item, v: &mut dyn Visit<'t>) {
    if let ItemKind::Score(s) = &item.kind {
        bounds(&s.bounds, v);
        match &s.body {
            ScoreBody::Items { items, .. } => items.iter().for_each(|i| score_item(i, v)),
            ScoreBody::Formula(x) => expr(x, v),
            ScoreBody::Conditional(all) => {
                for branch in &all.branches {
                    expr(&branch.condition, v);
                    expr(&branch.part.formula, v);
                }
                all.otherwise.iter().chain(&all.unknown).for_each(|part| expr(&part.formula, v));
            }
        }
    } else if let ItemKind::Label(l) = &item.kind {
        match &l.body {
            LabelBody::Lines { by, lines, .. } => {
                v.name(by);
                for line in lines {
                    if let LabelHead::Range(r) = &line.head {
                        range(r, v);
                    }
                }
            }
            LabelBody::Join(parts) => parts.iter().for_each(|p| v.name(p)),
        }
    } else if let ItemKind::Lifecycle(l) = &item.kind {
        for line in &l.lines {
            match &line.kind {
                LifecycleLineKind::Hold { condition, .. } => expr(condition, v),
                LifecycleLineKind::Stage { condition, .. } => condition.iter().for_each(|c| expr(c, v)),
                LifecycleLineKind::Otherwise { .. } | LifecycleLineKind::ForwardOnly => {}
            }
        }
    }
}

fn given<'t>(g: &'t Given, v: &mut dyn Visit<'t>) {
    match &g.value {
        GivenValue::Expr(x) => expr(x, v),
        GivenValue::Ago(..) => {}
        GivenValue::Related(record) => record.fields.iter().for_each(|g| given(g, v)),
        GivenValue::Events(events, _) => events.iter().flat_map(|e| &e.fields).for_each(|g| given(g, v)),
    }
}

fn bounds<'t>(all: &'t [BoundClause], v: &mut dyn Visit<'t>) {
    all.iter().for_each(|b| expr(&b.value, v));
}

fn points<'t>(p: &'t PointsLit, v: &mut dyn Visit<'t>) {
    if let PointsKind::Param { name, .. } = &p.kind {
        v.name(name);
    }
}

fn decay<'t>(d: &'t DecayClause, v: &mut dyn Visit<'t>) {
    d.since.iter().for_each(|x| expr(x, v));
}

fn score_item<'t>(item: &'t ScoreItem, v: &mut dyn Visit<'t>) {
    match &item.kind {
        ScoreItemKind::If(i) => {
            for b in &i.branches {
                expr(&b.condition, v);
                points(&b.points, v);
                b.decay.iter().for_each(|d| decay(d, v));
            }
            i.otherwise.iter().chain(&i.unknown).for_each(|o| points(&o.points, v));
        }
        ScoreItemKind::Band(b) => {
            expr(&b.value, v);
            for line in &b.lines {
                if let BandHead::Range(r) = &line.head {
                    range(r, v);
                }
                points(&line.outcome.points, v);
            }
        }
        ScoreItemKind::Match(m) => {
            match &m.subject {
                MatchSubject::Value(value) | MatchSubject::Members(value) => expr(value, v),
                MatchSubject::Events { filter, .. } => filter.iter().for_each(|f| expr(f, v)),
            }
            for line in &m.lines {
                points(&line.outcome.points, v);
                tail(&line.tail, v);
            }
        }
        ScoreItemKind::Each(e) => {
            e.filter.iter().for_each(|f| expr(f, v));
            points(&e.points, v);
            tail(&e.tail, v);
        }
        ScoreItemKind::Per(p) => {
            expr(&p.value, v);
            points(&p.points, v);
            bounds(&p.bounds, v);
        }
        ScoreItemKind::Group(g) => {
            bounds(&g.bounds, v);
            g.when.iter().for_each(|when| expr(when, v));
            g.items.iter().for_each(|i| score_item(i, v));
        }
        ScoreItemKind::Exclude(e) => expr(&e.condition, v),
    }
}

fn tail<'t>(clauses: &'t [EachClause], v: &mut dyn Visit<'t>) {
    for clause in clauses {
        match clause {
            EachClause::Bound(b) => expr(&b.value, v),
            EachClause::Decay(d) => decay(d, v),
            EachClause::Times { .. } => {}
        }
    }
}

fn range<'t>(r: &'t RangeLit, v: &mut dyn Visit<'t>) {
    r.lo.iter().chain(&r.hi).for_each(|x| expr(x, v));
}

fn list<'t>(l: &'t ListLit, v: &mut dyn Visit<'t>) {
    l.items.iter().for_each(|x| expr(x, v));
}

/// Goes through an expression.
pub(crate) fn expr<'t>(x: &'t Expr, v: &mut dyn Visit<'t>) {
    v.expr(x);
    match &x.kind {
        ExprKind::Name(name) => v.name(name),
        ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Date(_) | ExprKind::Boolean(_) => {}
        ExprKind::List(l) => list(l, v),
        ExprKind::Paren(a) | ExprKind::Negate(a) | ExprKind::Not(a) => expr(a, v),
        ExprKind::Binary { left, right, .. } | ExprKind::Compare { left, right, .. } => {
            expr(left, v);
            expr(right, v);
        }
        ExprKind::Test { operand, test, .. } => {
            expr(operand, v);
            match test {
                Test::InRange(r) => range(r, v),
                Test::In(a) | Test::Contains(a) | Test::ContainsAll(a) | Test::ContainsWord(a) => expr(a, v),
                Test::StartsWith(a) | Test::EndsWith(a) | Test::Before(a) | Test::After(a) => expr(a, v),
                Test::Matches(_) | Test::Known | Test::Unknown | Test::Empty | Test::Within { .. } | Test::MoreThanAgo(_) => {}
            }
        }
        ExprKind::Elapsed { date, .. } => expr(date, v),
        ExprKind::Of { operand, .. } => expr(operand, v),
        ExprKind::AtLeast { of, .. } | ExprKind::Pick { of, .. } => of.iter().for_each(|x| expr(x, v)),
        ExprKind::Call(call) => {
            call.filter.iter().for_each(|f| expr(f, v));
            call.args.iter().for_each(|a| expr(a, v));
        }
    }
}
