//! From a model's items and conditions to the tables of a picture.

use super::abstraction::{Abstraction, Choice, Cond, Gives, Node, Piece, Tree, UNBOUNDED, Var, clamp};
use super::breakpoints::{breakpoints, is_as_it_stands};
use super::cells::{Cell, truth};
use super::cuts::Cuts;
use super::eval::{Scope, in_range};
use super::subject::{Events, Subject, filters};
use super::table::Table;
use super::tally::{MOST_COUNTED, least, most_counted};
use super::terms::{Lens, Terms};
use super::truth::Truth;
use crate::hir::{
    AggregateFunction, Arm, Bounds, Branch, Each, Exclusion, Expr, ExprKind, Item, ItemKind, MatchLine, Model, Score, ScoreBody,
    TextTest,
};
use crate::invariant::{SureAt as _, fits};
use crate::value::{Type, Value};

/// So many conditions of one `at least N of` are taken together; longer lists are unrelated to their parts.
pub(super) const MOST_TOGETHER: usize = 8;

impl Abstraction<'_> {
    pub(super) fn exclusion(&mut self, exclusion: &Exclusion) -> Cond {
        let cond = self.condition(&exclusion.condition);
        self.conditions.insert(exclusion.condition.span, cond.clone());
        cond
    }

    pub(super) fn score(&mut self, score: &Score) -> Option<Tree> {
        if let ScoreBody::Conditional(formula) = &score.body {
            for (condition, _) in &formula.branches {
                let cond = self.condition(condition);
                self.conditions.insert(condition.span, cond);
            }
        }
        let ScoreBody::Items { exclusions, items } = &score.body else { return None };
        let exclusions = exclusions.iter().map(|e| self.exclusion(e)).collect();
        let nodes = items.iter().map(|item| self.node(item, None)).collect();
        Some(Tree { bounds: score.bounds, nodes, exclusions })
    }

    /// An item that counts where the gate, the conditions of the groups around it, is true.
    fn node(&mut self, item: &Item, gate: Option<&Cond>) -> Node {
        let stepped = match &item.kind {
            ItemKind::Group { best, when, bounds, items, .. } => {
                return self.group(item, (*best, when.as_ref(), bounds), items, gate);
            }
            ItemKind::MatchEvents { filter, lines, .. } => {
                filter.iter().for_each(|f| self.filter(f));
                let mut nodes = Vec::with_capacity(lines.len());
                for line in lines {
                    let piece = self.each(&line.each);
                    nodes.push(self.add(piece, item, true, gate));
                }
                return Node::Group(item.id, Bounds::default(), nodes);
            }
            ItemKind::Each(_) | ItemKind::Per { .. } => true,
            ItemKind::If { branches, .. } => branches.iter().any(|b| b.decay.is_some()),
            ItemKind::Band { .. } | ItemKind::Match { .. } | ItemKind::MatchEach { .. } => false,
        };
        let piece = self.piece(item);
        self.add(piece, item, stepped, gate)
    }

    fn add(&mut self, piece: Piece, item: &Item, stepped: bool, gate: Option<&Cond>) -> Node {
        if stepped {
            self.stepped.insert(self.pieces.len());
        }
        let piece = match gate {
            Some(gate) => Piece::Gated(gate.clone(), Box::new(piece)),
            None => piece,
        };
        self.pieces.push((piece, item.id, item.span));
        Node::Piece(self.pieces.len() - 1)
    }

    fn group(
        &mut self,
        group: &Item,
        (best, when, bounds): (Option<u32>, Option<&Expr>, &Bounds),
        items: &[Item],
        gate: Option<&Cond>,
    ) -> Node {
        let own = when.map(|when| {
            let cond = self.condition(when);
            self.conditions.insert(when.span, cond.clone());
            cond
        });
        let gate = match (gate, own) {
            (Some(gate), Some(own)) => Some(Cond::And(vec![gate.clone(), own])),
            (gate, own) => own.or_else(|| gate.cloned()),
        };
        let mut nodes: Vec<Node> = items.iter().map(|i| self.node(i, gate.as_ref())).collect();
        if let Some(best) = best {
            nodes = vec![Node::Best(best as usize, nodes)];
        }
        // Where the gate is shut not even the bounds give anything.
        let of_nothing = clamp(bounds, 0);
        match gate {
            Some(gate) if of_nothing != 0 => {
                let constant = Piece::If { branches: Vec::new(), otherwise: of_nothing, unknown: of_nothing };
                let least = self.add(constant, group, false, Some(&gate));
                Node::Group(group.id, Bounds::default(), vec![Node::Gated(*bounds, nodes), least])
            }
            _ => Node::Group(group.id, *bounds, nodes),
        }
    }

    fn piece(&mut self, item: &Item) -> Piece {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => self.branches(branches, otherwise.as_ref(), unknown.as_ref()),
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let lines: Vec<_> = lines.iter().map(|l| (&l.arm, Some(&l.range), None)).collect();
                self.lines(value, &lines, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                let lines: Vec<_> = lines.iter().map(|l| (&l.arm, None, Some(&*l.keys))).collect();
                self.lines(value, &lines, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::MatchEach { set, lines, otherwise } => self.members(set, lines, otherwise.as_ref()),
            ItemKind::Each(each) => self.each(each),
            ItemKind::Per { step, value, arm, bounds } => self.per(*step, value, arm, bounds),
            // Those are several pieces each.
            ItemKind::MatchEvents { .. } | ItemKind::Group { .. } => Piece::If { branches: Vec::new(), otherwise: 0, unknown: 0 },
        }
    }

    fn branches(&mut self, branches: &[Branch], otherwise: Option<&Arm>, unknown: Option<&Arm>) -> Piece {
        let branches = branches
            .iter()
            .map(|branch| {
                let cond = self.condition(&branch.condition);
                self.conditions.insert(branch.condition.span, cond.clone());
                (cond, self.gives(branch))
            })
            .collect();
        Piece::If { branches, otherwise: otherwise.map_or(0, |a| a.points.0), unknown: unknown.map_or(0, |a| a.points.0) }
    }

    fn gives(&mut self, branch: &Branch) -> Gives {
        let points = branch.arm.points.0;
        let Some((decay, since)) = &branch.decay else { return Gives::Points(points) };
        let single = Terms::new(self.model)
            .decay(since, decay, branch.arm.points)
            .filter(|subject| self.terms.get(subject).is_none_or(|cuts| !cuts.apart))
            .and_then(|subject| Some((*self.by_subject.get(&subject)?, subject)));
        let Some((var, subject)) = single else { return Gives::Table(self.choice(vec![0, points])) };
        let left = |scope: &Scope<'_>| scope.age_of(since).map_or(0, |age| decay.at(branch.arm.points, age.days()).0);
        let values = self.over(&subject, var, left);
        Gives::Table(self.table(Table::new(var, values)))
    }

    /// A table of what an expression, with these cuts of its own, makes of every cell: asked once between two of them, for nothing changes there.
    fn turning(&self, subject: &Subject, var: Var, expr: &Expr, cuts: Option<&Cuts>, value: impl Fn(&Scope<'_>) -> i64) -> Table {
        let cells = self.vars.get(var).map_or(&[][..], |v| &v.cells);
        let breakpoints =
            cuts.filter(|_| is_as_it_stands(self.model, expr)).and_then(|c| breakpoints(cells, c, &self.model.schema.zone));
        let Some(breakpoints) = breakpoints else { return Table::new(var, self.over(subject, var, value)) };
        let at = |at: usize| {
            let cell = cells.get(at)?;
            Some((at, value(&Scope { model: self.model, subject, value: cell.value.as_ref(), as_of: cell.as_of, age: cell.age })))
        };
        Table::of_runs(var, breakpoints.into_iter().filter_map(at))
    }

    fn over(&self, subject: &Subject, var: Var, value: impl Fn(&Scope<'_>) -> i64) -> Vec<i64> {
        let place = self.place(subject, var);
        let cells = self.vars.get(var).map_or(&[][..], |v| &v.cells);
        let scope = |c| Scope { model: self.model, subject, value: look(c, place), as_of: c.as_of, age: c.age };
        cells.iter().map(|c| value(&scope(c))).collect()
    }

    /// The variable that decides a test of a subject: its own, or where there are many text tests that of the test's group.
    fn variable(&self, subject: &Subject, test: Option<usize>) -> Option<Var> {
        let own = self.by_subject.get(subject);
        own.or_else(|| self.by_test.get(&(subject.clone(), test?))).copied()
    }

    /// The place of a kind of events among those of its list.
    fn place(&self, subject: &Subject, var: Var) -> Option<usize> {
        match (subject, self.vars.get(var).map(|v| &v.choice)) {
            (Subject::Events(events), Some(Choice::Events(counts))) => counts.place(events),
            _ => None,
        }
    }

    fn single(&self, expr: &Expr) -> Option<(Subject, Var)> {
        let (subject, lens) = Terms::new(self.model).term(expr)?;
        let var = *self.by_subject.get(&subject)?;
        let told = |cuts: &Cuts| lens != Lens::Count || cuts.texts.iter().all(|l| l.counts || l.test == Some(TextTest::Is));
        let plain = self.vars.get(var)?.cells.iter().all(|c| c.assumed.is_none());
        (plain && self.terms.get(&subject).is_none_or(told)).then_some((subject, var))
    }

    #[expect(clippy::type_complexity, reason = "a line is a range or keys")]
    fn lines(
        &mut self,
        value: &Expr,
        lines: &[(&Arm, Option<&crate::hir::Range>, Option<&[Value]>)],
        otherwise: Option<&Arm>,
        unknown: Option<&Arm>,
    ) -> Piece {
        let points = |arm: Option<&Arm>| arm.map_or(0, |a| a.points.0);
        let mut gives: Vec<i64> = vec![0];
        gives.extend(lines.iter().map(|(arm, ..)| arm.points.0));
        gives.extend([points(otherwise), points(unknown)]);
        let count = lines.len();
        let mut own = Terms::new(self.model);
        let decided = if value.ty == Type::Integer && lines.iter().any(|(_, _, keys)| keys.is_some()) {
            own.match_lines(value, lines.iter().filter_map(|(_, _, keys)| *keys))
        } else {
            own.band(value, lines.iter().filter_map(|(_, range, _)| *range))
        };
        let cuts = decided.as_ref().and_then(|subject| own.cuts.get(subject));
        let Some((subject, var)) = self.single(value).filter(|_| decided.is_some()) else {
            let mut samples: Vec<Option<i64>> = vec![None];
            samples.extend(lines.iter().map(|(_, range, keys)| range.and_then(sample).or_else(|| keys.and_then(whole_key))));
            samples.extend([None, None]);
            let places = (0..fits(gives.len())).collect();
            let arms = self.choice_of(places, Choice::Band(Box::new(value.clone()), samples));
            let var = self.tables.sure_at(arms).var;
            return Piece::Table { points: self.table(Table::new(var, gives)), arms: Some(arms) };
        };
        let arms = self.turning(&subject, var, value, cuts, |scope| {
            let place = |at: usize| fits::<i64, _>(at);
            let v = match scope.value(value) {
                Some(Value::Text(t)) => Value::Text(crate::text::fold(&t, scope.model.schema.ignore_accents).into()),
                Some(v) => v,
                None => return if unknown.is_some() { place(count + 2) } else { 0 },
            };
            let hit = lines.iter().position(|(_, range, keys)| {
                range.is_some_and(|r| in_range(&v, r) == Some(true)) || keys.is_some_and(|k| k.contains(&v))
            });
            hit.map_or(if otherwise.is_some() { place(count + 1) } else { 0 }, |at| place(at + 1))
        });
        let points = arms.map(|arm| *gives.sure_at(fits::<usize, _>(arm)));
        let arms = self.table(arms);
        Piece::Table { points: self.table(points), arms: Some(arms) }
    }

    fn members(&mut self, set: &Expr, lines: &[MatchLine], otherwise: Option<&Arm>) -> Piece {
        let of = |code: u32| {
            let line = lines.iter().find(|l| l.keys.contains(&Value::Option(code)));
            line.map(|l| &l.arm).or(otherwise).map_or(0, |a| a.points.0)
        };
        if let (Some((subject, var)), Type::SetOf(_)) = (self.single(set), &set.ty) {
            let values = self.over(&subject, var, |scope| match scope.value(set) {
                Some(Value::Set(members)) => members.iter().map(|&c| of(c)).sum(),
                _ => 0,
            });
            return Piece::Table { points: self.table(Table::new(var, values)), arms: None };
        }
        let each: Vec<i64> = if let Type::SetOf(options) = &set.ty {
            (0..crate::invariant::number(options.len())).map(of).collect()
        } else {
            let rest = otherwise.map_or(0, |a| a.points.0).saturating_mul(self.endless);
            lines.iter().flat_map(|l| l.keys.iter().map(|_| l.arm.points.0)).chain([rest]).collect()
        };
        let (less, more): (Vec<i64>, Vec<i64>) = each.into_iter().partition(|p| *p < 0);
        let points = self.choice(vec![less.iter().sum(), 0, more.iter().sum()]);
        Piece::Table { points, arms: None }
    }

    fn each(&mut self, each: &Each) -> Piece {
        if let Some(filter) = &each.filter {
            self.filter(filter);
        }
        let p = each.arm.points.0;
        // More than that are as good as endless.
        let most = most_counted(each).map(|most| most.min(self.endless));
        let held = |points: i64| clamp(&each.bounds, points);
        let far = p.saturating_mul(most.unwrap_or(self.endless));
        let events = Events::of(each);
        if let Some(&var) = self.by_subject.get(&Subject::Events(events.clone()))
            && let Some(variable) = self.vars.get(var)
            && let Choice::Events(counts) = &variable.choice
        {
            let values = variable.cells.iter().map(|cell| {
                let n = counts.count(cell, &events).min(self.endless);
                held(if counts.gives_least(cell, each) {
                    least(each, n)
                } else if n >= counts.many.min(self.endless) {
                    far
                } else {
                    p.saturating_mul(most.map_or(n, |most| most.min(n)))
                })
            });
            let values: Vec<i64> = values.collect();
            return Piece::Table { points: self.table(Table::new(var, values)), arms: None };
        }
        let count = most.unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
        let mut values: Vec<i64> = (0..count).map(|n| held(p.saturating_mul(n))).collect();
        values.push(held(far));
        let points = self.choice_of(values, Choice::Each(Box::new(each.clone())));
        Piece::Table { points, arms: None }
    }

    /// Draws a condition over events for its own sake.
    pub(super) fn filter(&mut self, expr: &Expr) {
        if !self.conditions.contains_key(&expr.span) {
            let cond = self.condition(expr);
            self.conditions.insert(expr.span, cond);
        }
    }

    fn filters(&mut self, expr: &Expr) {
        let mut found = Vec::new();
        filters(self.model, expr, &mut |f| found.push(f.clone()));
        found.iter().for_each(|f| self.filter(f));
    }

    fn per(&mut self, step: i64, value: &Expr, arm: &Arm, bounds: &Bounds) -> Piece {
        let decided = Terms::new(self.model).per(value, step, arm, bounds).is_some();
        let together = |subject: &Subject| self.terms.get(subject).is_none_or(|cuts| !cuts.apart);
        let Some((subject, var)) = self.single(value).filter(|(subject, _)| decided && together(subject)) else {
            let far = arm.points.0.saturating_mul(self.endless);
            let points = self.choice(vec![clamp(bounds, 0), clamp(bounds, far)]);
            return Piece::Table { points, arms: None };
        };
        let values = self.over(&subject, var, |scope| {
            let units = match scope.value(value) {
                Some(Value::Integer(n)) if n >= 0 => n / step,
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    reason = "a float to whole units, saturating"
                )]
                Some(Value::Number(n)) if n >= 0.0 => (n / step as f64).floor() as i64,
                _ => 0,
            };
            clamp(bounds, arm.points.0.saturating_mul(units).clamp(-UNBOUNDED, UNBOUNDED))
        });
        Piece::Table { points: self.table(Table::new(var, values)), arms: None }
    }

    /// The condition as tables; what cells cannot decide becomes a choice of its own, the same for the same words.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the connectives are taken apart; every other form is one test")]
    pub(super) fn condition(&mut self, expr: &Expr) -> Cond {
        match &expr.kind {
            ExprKind::Literal(Value::Boolean(b)) => Cond::Const(Truth::from(*b)),
            ExprKind::Not(x) => Cond::Not(Box::new(self.condition(x))),
            ExprKind::And(xs) => Cond::And(xs.iter().map(|x| self.condition(x)).collect()),
            ExprKind::Or(xs) => Cond::Or(xs.iter().map(|x| self.condition(x)).collect()),
            ExprKind::AtLeast(count, xs) if xs.len() <= MOST_TOGETHER => {
                Cond::AtLeast(*count as usize, xs.iter().map(|x| self.condition(x)).collect())
            }
            ExprKind::Unless(x, y) => Cond::Unless(Box::new(self.condition(x)), Box::new(self.condition(y))),
            ExprKind::Definition(d) => {
                let model = self.model;
                match model.definition(*d) {
                    Some(definition) => self.condition(&definition.value),
                    None => Cond::Const(Truth::Unknown),
                }
            }
            ExprKind::NoStage => Cond::Const(Truth::Unknown),
            _ => self.leaf(expr),
        }
    }

    fn leaf(&mut self, expr: &Expr) -> Cond {
        self.filters(expr);
        if let Some((subject, test)) = self.looks_at(expr)
            && let Some(var) = self.variable(&subject, test)
            && let Some(variable) = self.vars.get(var)
        {
            let place = self.place(&subject, var);
            let table = if test.is_none() && place.is_none() {
                let mut own = Terms::new(self.model);
                own.leaf(expr);
                self.turning(&subject, var, expr, own.cuts.get(&subject), |scope| scope.truth(expr) as i64)
            } else {
                let truth = |c: &Cell| truth(self.model, &subject, look(c, place), test, c, expr) as i64;
                Table::new(var, variable.cells.iter().map(truth))
            };
            return Cond::Test(self.table(table));
        }
        let shape = crate::hir::walk::shape(expr);
        let truths: Vec<i64> = if never_unknown(self.model, expr) { vec![0, 2] } else { vec![0, 1, 2] };
        if let Some(&var) = self.by_shape.get(&shape) {
            return Cond::Test(self.table(Table::new(var, truths)));
        }
        let table = self.choice_of(truths.clone(), Choice::Leaf(Box::new(expr.clone()), truths));
        let var = self.tables.sure_at(table).var;
        self.by_shape.insert(shape, var);
        Cond::Test(table)
    }
}

/// The first of the whole numbers that a line names.
fn whole_key(keys: &[Value]) -> Option<i64> {
    keys.iter().find_map(|key| if let Value::Integer(n) = key { Some(*n) } else { None })
}

/// The value of a cell: its own, or for events how many there are of one kind.
fn look(cell: &Cell, place: Option<usize>) -> Option<&Value> {
    place.map_or(cell.value.as_ref(), |at| cell.counts.get(at))
}

/// A whole number from zero that lies in a range of numbers.
#[expect(clippy::cast_possible_truncation, reason = "a value to try")]
fn sample(range: &crate::hir::Range) -> Option<i64> {
    let number = |end: crate::hir::RangeEnd| match end {
        crate::hir::RangeEnd::Decimal(d) => Some(d.to_f64()),
        crate::hir::RangeEnd::Date(_) | crate::hir::RangeEnd::DateTime(_) => None,
    };
    let lowest = match range.lo {
        Some(lo) => number(lo)?.ceil().max(0.0),
        None => 0.0,
    };
    let value = Value::Integer(lowest as i64);
    (in_range(&value, range) == Some(true)).then_some(lowest as i64)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are never unknown; of anything else it is not taken for granted")]
fn never_unknown(model: &Model, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::NoEvents(_) | ExprKind::Excluded | ExprKind::IsKnown(_) | ExprKind::IsEmpty(_) | ExprKind::Literal(_) => true,
        ExprKind::Aggregate(a) => {
            matches!(a.function, AggregateFunction::Any | AggregateFunction::Count | AggregateFunction::Distinct)
        }
        ExprKind::Compare(_, a, b) => never_unknown(model, a) && never_unknown(model, b),
        ExprKind::InRange(x, _) | ExprKind::InValues(x, _) | ExprKind::ToNumber(x) => never_unknown(model, x),
        ExprKind::Property(p) => model.schema.property(*p).is_some_and(|p| p.default.is_some()),
        ExprKind::Definition(d) => model.definition(*d).is_some_and(|d| never_unknown(model, &d.value)),
        _ => false,
    }
}
