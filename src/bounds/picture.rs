//! The picture of a model that ranges and proofs are worked out on: variables with few cells, conditions and points as tables
//! over them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::{Cell, cells, truth};
use super::eval::{Scope, in_range};
use super::terms::Terms;
use super::truth::Truth;
use crate::decay::Decay;
use crate::hir::{
    AggregateFunction, Arm, Bounds, Branch, Each, Exclusion, Expr, ExprKind, Item, ItemId, ItemKind, MatchLine, Model, Score,
    ScoreBody, StageCondition, Unit,
};
use crate::schema::PropId;
use crate::source::Span;
use crate::time::AsOf;
use crate::value::{Points, Type, Value};

/// The number of a variable.
pub type Var = usize;
/// The number of a table.
pub type TableId = usize;

/// How many tests a proof makes, over all assignments.
const WORK_BUDGET: usize = 1_000_000;
/// How many assignments a proof goes through.
const PROOF_BUDGET: usize = 20_000;
/// How many events of one item are counted one by one; then come as many as count at all.
const MOST_COUNTED: i64 = 24;

/// Points that no bound holds back, in hundredths: far beyond [`Points::LIMIT`], yet many of them still fit 64 bits.
pub const UNBOUNDED: i64 = 1_000_000_000_000_000;

/// Something that takes one of a few values.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The property, or `None` for a choice of its own.
    pub property: Option<PropId>,
    /// The cells of a property; for a choice empty.
    pub cells: Vec<Cell>,
    /// How many values it takes.
    pub len: usize,
    /// What a choice stands for.
    pub choice: Choice,
}

/// What a choice that is no property stands for.
#[derive(Debug, Clone)]
pub enum Choice {
    /// Nothing that a record could be made for.
    Other,
    /// The events of an item: none, or as many as count.
    Each(Box<Each>),
    /// A test: the truths that it takes, in order.
    Leaf(Box<Expr>, Vec<i64>),
}

/// A number for every value of a variable: a truth, points in hundredths, or the place of an arm.
#[derive(Debug, Clone)]
pub struct Table {
    /// The variable.
    pub var: Var,
    /// By its values.
    pub values: Vec<i64>,
}

/// A condition over variables.
#[derive(Debug, Clone)]
pub enum Cond {
    /// The same for all.
    Const(Truth),
    /// By the value of one variable: 0, 1, 2 for false, unknown, true.
    Test(TableId),
    /// `not`
    Not(Box<Cond>),
    /// `and`
    And(Vec<Cond>),
    /// `or`
    Or(Vec<Cond>),
    /// `unless`
    Unless(Box<Cond>, Box<Cond>),
}

impl Cond {
    /// How many tests and connectives it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Const(_) | Self::Test(_) => 1,
            Self::Not(x) => 1 + x.size(),
            Self::And(xs) | Self::Or(xs) => 1 + xs.iter().map(Self::size).sum::<usize>(),
            Self::Unless(x, y) => 1 + x.size() + y.size(),
        }
    }
}

/// The points of a branch.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// The same for all.
    Points(i64),
    /// By the value of one variable.
    Table(TableId),
}

/// What an item gives.
#[derive(Debug, Clone)]
pub enum Piece {
    /// By the value of one variable; `arms` says which arm fires: its place from 1, or 0 for none.
    Table {
        /// The points.
        points: TableId,
        /// The arms.
        arms: Option<TableId>,
    },
    /// The first branch whose condition is true.
    If {
        /// Conditions and points.
        branches: Vec<(Cond, Gives)>,
        /// `else`
        otherwise: i64,
        /// `unknown`
        unknown: i64,
    },
}

/// A score's items as pieces and groups.
#[derive(Debug, Clone)]
pub enum Node {
    /// An item.
    Piece(usize),
    /// A group.
    Group(ItemId, Bounds, Vec<Node>),
}

/// A score that is a sum of items.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Its bounds.
    pub bounds: Bounds,
    /// Its items.
    pub nodes: Vec<Node>,
    /// Its own exclusions.
    pub exclusions: Vec<Cond>,
}

/// A whole model.
#[derive(Debug)]
pub struct Picture<'m> {
    /// The model.
    pub model: &'m Model,
    /// The moment that cells are chosen for where nothing else is needed.
    pub base: AsOf,
    /// The variables.
    pub vars: Vec<Variable>,
    /// The tables.
    pub tables: Vec<Table>,
    /// What items give, with the item's number and place.
    pub pieces: Vec<(Piece, ItemId, Span)>,
    /// By score; `None` for a formula.
    pub trees: Vec<Option<Tree>>,
    /// The top-level exclusions.
    pub exclusions: Vec<Cond>,
    /// The conditions by place: every branch, exclusion, hold and stage.
    pub conditions: BTreeMap<Span, Cond>,
    terms: BTreeMap<PropId, super::terms::Cuts>,
    by_property: BTreeMap<PropId, Var>,
    by_shape: HashMap<String, Var>,
}

impl<'m> Picture<'m> {
    /// The picture of a model.
    #[must_use]
    pub fn of(model: &'m Model) -> Self {
        let base = AsOf::end_of(20_454, &model.schema.zone); // 2026-01-01, as a test without `as of`
        let mut terms = Terms::new(model);
        Gather { model, terms: &mut terms }.model();
        let mut picture = Self {
            model,
            base,
            vars: Vec::new(),
            tables: Vec::new(),
            pieces: Vec::new(),
            trees: Vec::new(),
            exclusions: Vec::new(),
            conditions: BTreeMap::new(),
            terms: terms.cuts,
            by_property: BTreeMap::new(),
            by_shape: HashMap::new(),
        };
        picture.properties();
        picture.exclusions = model.exclusions.iter().map(|e| picture.exclusion(e)).collect();
        for score in &model.scores {
            let tree = picture.score(score);
            picture.trees.push(tree);
        }
        for lifecycle in &model.lifecycles {
            let stages = lifecycle.rules.iter().filter_map(|r| match &r.when {
                StageCondition::Condition(c) => Some(c),
                StageCondition::Excluded => None,
            });
            for expr in lifecycle.holds.iter().map(|h| &h.condition).chain(stages) {
                let cond = picture.condition(expr);
                picture.conditions.insert(expr.span, cond);
            }
        }
        picture.merge_cells();
        picture
    }

    /// Whether a condition compares the property with a day or moment of the calendar.
    #[must_use]
    pub fn is_absolute(&self, id: PropId) -> bool {
        self.terms.get(&id).is_some_and(|c| !c.days.is_empty() || !c.moments.is_empty())
    }

    fn properties(&mut self) {
        for (&id, cuts) in &self.terms {
            let Some(property) = self.model.schema.property(id) else { continue };
            if let Some(cells) = cells(self.model, id, property, cuts, self.base) {
                let len = cells.len();
                self.by_property.insert(id, self.vars.len());
                self.vars.push(Variable { property: Some(id), cells, len, choice: Choice::Other });
            }
        }
    }

    /// A table over a new choice.
    pub(super) fn choice(&mut self, values: Vec<i64>) -> TableId {
        self.choice_of(values, Choice::Other)
    }

    fn choice_of(&mut self, values: Vec<i64>, choice: Choice) -> TableId {
        let var = self.vars.len();
        self.vars.push(Variable { property: None, cells: Vec::new(), len: values.len(), choice });
        self.table(Table { var, values })
    }

    pub(super) fn table(&mut self, table: Table) -> TableId {
        self.tables.push(table);
        self.tables.len() - 1
    }

    fn exclusion(&mut self, exclusion: &Exclusion) -> Cond {
        let cond = self.condition(&exclusion.condition);
        self.conditions.insert(exclusion.condition.span, cond.clone());
        cond
    }

    fn score(&mut self, score: &Score) -> Option<Tree> {
        let ScoreBody::Items { exclusions, items } = &score.body else { return None };
        let exclusions = exclusions.iter().map(|e| self.exclusion(e)).collect();
        let nodes = items.iter().map(|item| self.node(item)).collect();
        Some(Tree { bounds: score.bounds, nodes, exclusions })
    }

    fn node(&mut self, item: &Item) -> Node {
        if let ItemKind::Group { bounds, items, .. } = &item.kind {
            return Node::Group(item.id, *bounds, items.iter().map(|i| self.node(i)).collect());
        }
        let piece = self.piece(item);
        self.pieces.push((piece, item.id, item.span));
        Node::Piece(self.pieces.len() - 1)
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
            ItemKind::Group { .. } => Piece::If { branches: Vec::new(), otherwise: 0, unknown: 0 },
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
        let single =
            Terms::new(self.model).decay(since, decay, branch.arm.points).and_then(|p| Some((p, *self.by_property.get(&p)?)));
        let Some((id, var)) = single else { return Gives::Table(self.choice(vec![0, points])) };
        let values = self.over(id, var, |scope| match scope.value(since) {
            Some(Value::Date(day)) => faded(branch.arm.points, decay, i64::from(scope.as_of.day) - i64::from(day)),
            Some(Value::DateTime(m)) => {
                let day = crate::time::day_of(m, &scope.model.schema.zone);
                faded(branch.arm.points, decay, i64::from(scope.as_of.day) - i64::from(day))
            }
            _ => 0,
        });
        Gives::Table(self.table(Table { var, values }))
    }

    fn over(&self, id: PropId, var: Var, value: impl Fn(&Scope<'_>) -> i64) -> Vec<i64> {
        let cells = self.vars.get(var).map_or(&[][..], |v| &v.cells);
        cells.iter().map(|c| value(&Scope { model: self.model, property: id, value: c.value.as_ref(), as_of: c.as_of })).collect()
    }

    fn single(&self, expr: &Expr) -> Option<(PropId, Var)> {
        let (id, _) = Terms::new(self.model).term(expr)?;
        let var = *self.by_property.get(&id)?;
        let plain = self.vars.get(var)?.cells.iter().all(|c| c.assumed.is_none());
        plain.then_some((id, var))
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
        let Some((id, var)) = self.single(value) else {
            let arms = self.choice((0..i64::try_from(gives.len()).unwrap_or(0)).collect());
            let var = self.tables.get(arms).map_or(0, |t| t.var);
            return Piece::Table { points: self.table(Table { var, values: gives }), arms: Some(arms) };
        };
        let arms = self.over(id, var, |scope| {
            let place = |at: usize| i64::try_from(at).unwrap_or(0);
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
        let values = arms.iter().map(|&a| usize::try_from(a).ok().and_then(|a| gives.get(a).copied()).unwrap_or(0)).collect();
        let arms = self.table(Table { var, values: arms });
        Piece::Table { points: self.table(Table { var, values }), arms: Some(arms) }
    }

    fn members(&mut self, set: &Expr, lines: &[MatchLine], otherwise: Option<&Arm>) -> Piece {
        let of = |code: u32| {
            let line = lines.iter().find(|l| l.keys.contains(&Value::Option(code)));
            line.map(|l| &l.arm).or(otherwise).map_or(0, |a| a.points.0)
        };
        if let (Some((id, var)), Type::SetOf(_)) = (self.single(set), &set.ty) {
            let values = self.over(id, var, |scope| match scope.value(set) {
                Some(Value::Set(members)) => members.iter().map(|&c| of(c)).sum(),
                _ => 0,
            });
            return Piece::Table { points: self.table(Table { var, values }), arms: None };
        }
        let each: Vec<i64> = match &set.ty {
            Type::SetOf(options) => (0..u32::try_from(options.len()).unwrap_or(0)).map(of).collect(),
            _ => {
                let rest = otherwise.map_or(0, |a| a.points.0).signum() * UNBOUNDED;
                lines.iter().flat_map(|l| l.keys.iter().map(|_| l.arm.points.0)).chain([rest]).collect()
            }
        };
        let (less, more): (Vec<i64>, Vec<i64>) = each.into_iter().partition(|p| *p < 0);
        let points = self.choice(vec![less.iter().sum(), 0, more.iter().sum()]);
        Piece::Table { points, arms: None }
    }

    fn each(&mut self, each: &Each) -> Piece {
        let p = each.arm.points.0;
        let most = match (each.times, each.within) {
            (Some(times), _) if !times.per_day => Some(i64::from(times.count)),
            (Some(times), Some(within)) => {
                let days = match within.unit {
                    Unit::Hours => i64::from(within.count) / 24 + 2,
                    Unit::Days => i64::from(within.count) + 1,
                    Unit::Weeks => i64::from(within.count) * 7 + 1,
                    Unit::Months => i64::from(within.count) * 31 + 1,
                    Unit::Years => i64::from(within.count) * 366 + 1,
                };
                Some(days * i64::from(times.count))
            }
            _ => None,
        };
        let far = most.map_or(p.signum() * UNBOUNDED, |n| p.saturating_mul(n));
        let held = |points: i64| clamp(&each.bounds, points);
        let count = most.unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
        let mut values: Vec<i64> = (0..count).map(|n| held(p.saturating_mul(n))).collect();
        values.push(held(far));
        let points = self.choice_of(values, Choice::Each(Box::new(each.clone())));
        Piece::Table { points, arms: None }
    }

    fn per(&mut self, step: i64, value: &Expr, arm: &Arm, bounds: &Bounds) -> Piece {
        let Some((id, var)) = self.single(value) else {
            let far = arm.points.0.signum() * UNBOUNDED;
            let points = self.choice(vec![clamp(bounds, 0), clamp(bounds, far)]);
            return Piece::Table { points, arms: None };
        };
        let values = self.over(id, var, |scope| {
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
        Piece::Table { points: self.table(Table { var, values }), arms: None }
    }

    /// The condition as tables; what cells cannot decide becomes a choice of its own, the same for the same words.
    fn condition(&mut self, expr: &Expr) -> Cond {
        match &expr.kind {
            ExprKind::Literal(Value::Boolean(b)) => Cond::Const(Truth::from(*b)),
            ExprKind::Not(x) => Cond::Not(Box::new(self.condition(x))),
            ExprKind::And(xs) => Cond::And(xs.iter().map(|x| self.condition(x)).collect()),
            ExprKind::Or(xs) => Cond::Or(xs.iter().map(|x| self.condition(x)).collect()),
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
        let property = Terms::new(self.model).leaf(expr);
        if let Some((id, &var)) = property.and_then(|p| Some((p, self.by_property.get(&p)?)))
            && let (Some(cuts), Some(variable)) = (self.terms.get(&id), self.vars.get(var))
        {
            let values = variable.cells.iter().map(|c| truth(self.model, id, cuts, c, expr) as i64).collect();
            return Cond::Test(self.table(Table { var, values }));
        }
        let shape = crate::hir::walk::shape(expr);
        let truths: Vec<i64> = if never_unknown(self.model, expr) { vec![0, 2] } else { vec![0, 1, 2] };
        if let Some(&var) = self.by_shape.get(&shape) {
            return Cond::Test(self.table(Table { var, values: truths }));
        }
        let table = self.choice_of(truths.clone(), Choice::Leaf(Box::new(expr.clone()), truths));
        let var = self.tables.get(table).map_or(0, |t| t.var);
        self.by_shape.insert(shape, var);
        Cond::Test(table)
    }

    /// Makes one cell of all cells that no table tells apart.
    fn merge_cells(&mut self) {
        let mut by_var: Vec<Vec<TableId>> = vec![Vec::new(); self.vars.len()];
        for (id, table) in self.tables.iter().enumerate() {
            if let Some(list) = by_var.get_mut(table.var) {
                list.push(id);
            }
        }
        for (variable, ids) in self.vars.iter_mut().zip(by_var) {
            if variable.property.is_none() {
                continue;
            }
            let mut seen: HashMap<Vec<i64>, usize> = HashMap::new();
            let mut keep: Vec<usize> = Vec::new();
            for at in 0..variable.len {
                let row: Vec<i64> =
                    ids.iter().map(|&t| self.tables.get(t).and_then(|t| t.values.get(at)).copied().unwrap_or(0)).collect();
                match seen.get(&row) {
                    None => {
                        seen.insert(row, keep.len());
                        keep.push(at);
                    }
                    Some(&class) => {
                        let real =
                            |at: usize| variable.cells.get(at).is_some_and(|c| c.assumed.is_none() && c.as_of == self.base);
                        if let Some(first) = keep.get_mut(class)
                            && !real(*first)
                            && real(at)
                        {
                            *first = at;
                        }
                    }
                }
            }
            for &t in &ids {
                if let Some(table) = self.tables.get_mut(t) {
                    table.values = keep.iter().filter_map(|&at| table.values.get(at).copied()).collect();
                }
            }
            variable.cells = keep.iter().filter_map(|&at| variable.cells.get(at).cloned()).collect();
            variable.len = keep.len();
        }
    }

    /// Which of false, unknown and true a condition can come to; `None` where there is too much to go through.
    #[must_use]
    pub fn truths(&self, cond: &Cond) -> Option<[bool; 3]> {
        let mut seen = [false; 3];
        self.each_assignment(&[cond], &mut |truths| {
            if let Some(slot) = truths.first().and_then(|&t| seen.get_mut(t as usize)) {
                *slot = true;
            }
        })?;
        Some(seen)
    }

    /// Calls `visit` with what the conditions come to, for all values of their variables; `None` where there is too much to go through.
    pub fn each_assignment(&self, conds: &[&Cond], visit: &mut dyn FnMut(&[Truth])) -> Option<()> {
        let mut vars = BTreeSet::new();
        conds.iter().for_each(|c| self.vars_of(c, &mut vars));
        let sizes: Vec<(Var, usize)> = vars.into_iter().map(|v| (v, self.vars.get(v).map_or(1, |v| v.len.max(1)))).collect();
        let most = WORK_BUDGET / conds.iter().map(|c| c.size()).sum::<usize>().max(1);
        let most = most.min(PROOF_BUDGET);
        let total = sizes.iter().try_fold(1_usize, |n, (_, s)| n.checked_mul(*s).filter(|&n| n <= most))?;
        let mut assignment = vec![0_usize; self.vars.len()];
        let mut truths = vec![Truth::Unknown; conds.len()];
        for _ in 0..total {
            for (slot, cond) in truths.iter_mut().zip(conds) {
                *slot = self.eval(cond, &assignment);
            }
            visit(&truths);
            for (var, size) in &sizes {
                let Some(digit) = assignment.get_mut(*var) else { continue };
                *digit += 1;
                if *digit < *size {
                    break;
                }
                *digit = 0;
            }
        }
        Some(())
    }

    /// For a condition over one variable: the variable, and a bit for each of its values for which the condition is true.
    #[must_use]
    pub fn bits(&self, cond: &Cond) -> Option<(Var, Vec<u64>)> {
        let mut vars = BTreeSet::new();
        self.vars_of(cond, &mut vars);
        let mut vars = vars.into_iter();
        let (Some(var), None) = (vars.next(), vars.next()) else { return None };
        let len = self.vars.get(var)?.len;
        let mut bits = vec![0_u64; len.div_ceil(64)];
        let mut assignment = vec![0; var + 1];
        for at in 0..len {
            if let Some(slot) = assignment.get_mut(var) {
                *slot = at;
            }
            if self.eval(cond, &assignment) == Truth::True
                && let Some(word) = bits.get_mut(at / 64)
            {
                *word |= 1 << (at % 64);
            }
        }
        Some((var, bits))
    }

    /// The least and the greatest that a part of a score gives, its rules taken one by one: never less than what can be had.
    #[must_use]
    pub fn outermost(&self, node: &Node) -> (i64, i64) {
        match node {
            Node::Piece(at) => match self.pieces.get(*at) {
                Some((Piece::Table { points, .. }, ..)) => {
                    let values = self.tables.get(*points).map_or(&[][..], |t| &t.values);
                    (values.iter().copied().min().unwrap_or(0), values.iter().copied().max().unwrap_or(0))
                }
                Some((Piece::If { branches, otherwise, unknown }, ..)) => {
                    let mut all = vec![*otherwise, *unknown];
                    for (_, gives) in branches {
                        match gives {
                            Gives::Points(p) => all.push(*p),
                            Gives::Table(t) => all.extend(self.tables.get(*t).into_iter().flat_map(|t| &t.values)),
                        }
                    }
                    (all.iter().copied().min().unwrap_or(0), all.iter().copied().max().unwrap_or(0))
                }
                None => (0, 0),
            },
            Node::Group(_, bounds, nodes) => {
                let (lo, hi) = self.outermost_sum(nodes);
                (clamp(bounds, lo), clamp(bounds, hi))
            }
        }
    }

    /// The same for a sum.
    #[must_use]
    pub fn outermost_sum(&self, nodes: &[Node]) -> (i64, i64) {
        nodes.iter().map(|n| self.outermost(n)).fold((0, 0), |(lo, hi), (l, h)| (lo.saturating_add(l), hi.saturating_add(h)))
    }

    /// Whether the first condition is true only where one of the others is; `None` where that cannot be gone through.
    #[must_use]
    pub fn implies(&self, cond: &Cond, others: &[&Cond]) -> Option<bool> {
        let mut all: Vec<&Cond> = vec![cond];
        all.extend(others);
        let mut holds = true;
        self.each_assignment(&all, &mut |truths| {
            if let Some((&first, rest)) = truths.split_first() {
                holds &= first != Truth::True || rest.contains(&Truth::True);
            }
        })?;
        Some(holds)
    }

    /// The number that a table has for an assignment of values to variables.
    #[must_use]
    pub fn look(&self, table: TableId, assignment: &[usize]) -> i64 {
        let Some(t) = self.tables.get(table) else { return 0 };
        assignment.get(t.var).and_then(|&at| t.values.get(at)).copied().unwrap_or(0)
    }

    /// What a condition comes to under an assignment.
    #[must_use]
    pub fn eval(&self, cond: &Cond, assignment: &[usize]) -> Truth {
        match cond {
            Cond::Const(t) => *t,
            Cond::Test(t) => match self.look(*t, assignment) {
                0 => Truth::False,
                1 => Truth::Unknown,
                _ => Truth::True,
            },
            Cond::Not(x) => self.eval(x, assignment).not(),
            Cond::And(xs) => xs.iter().fold(Truth::True, |t, x| t.and(self.eval(x, assignment))),
            Cond::Or(xs) => xs.iter().fold(Truth::False, |t, x| t.or(self.eval(x, assignment))),
            Cond::Unless(x, y) => self.eval(x, assignment).unless(self.eval(y, assignment)),
        }
    }

    /// What a piece gives under an assignment, in hundredths.
    #[must_use]
    pub fn points(&self, piece: &Piece, assignment: &[usize]) -> i64 {
        match piece {
            Piece::Table { points, .. } => self.look(*points, assignment),
            Piece::If { branches, otherwise, unknown } => {
                let mut all_false = true;
                for (cond, gives) in branches {
                    match self.eval(cond, assignment) {
                        Truth::True => {
                            return match gives {
                                Gives::Points(p) => *p,
                                Gives::Table(t) => self.look(*t, assignment),
                            };
                        }
                        Truth::Unknown => all_false = false,
                        Truth::False => {}
                    }
                }
                if all_false { *otherwise } else { *unknown }
            }
        }
    }

    /// Adds the variables that a condition looks at.
    pub fn vars_of(&self, cond: &Cond, out: &mut BTreeSet<Var>) {
        match cond {
            Cond::Const(_) => {}
            Cond::Test(t) => out.extend(self.tables.get(*t).map(|t| t.var)),
            Cond::Not(x) => self.vars_of(x, out),
            Cond::And(xs) | Cond::Or(xs) => xs.iter().for_each(|x| self.vars_of(x, out)),
            Cond::Unless(x, y) => {
                self.vars_of(x, out);
                self.vars_of(y, out);
            }
        }
    }

    /// Adds the variables that a piece looks at.
    pub fn vars_of_piece(&self, piece: &Piece, out: &mut BTreeSet<Var>) {
        match piece {
            Piece::Table { points, .. } => out.extend(self.tables.get(*points).map(|t| t.var)),
            Piece::If { branches, .. } => {
                for (cond, gives) in branches {
                    self.vars_of(cond, out);
                    if let Gives::Table(t) = gives {
                        out.extend(self.tables.get(*t).map(|t| t.var));
                    }
                }
            }
        }
    }
}

/// Points held within bounds; points without bound stay so where no bound is in their way.
pub fn clamp(bounds: &Bounds, points: i64) -> i64 {
    let mut p = points;
    if let Some((max, _)) = bounds.max {
        p = p.min(max.0);
    }
    if let Some((min, _)) = bounds.min {
        p = p.max(min.0);
    }
    p
}

fn faded(points: Points, decay: &Decay, age: i64) -> i64 {
    decay.at(points, age).0
}

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

/// Gathers the cuts of everything in a model.
struct Gather<'m, 't> {
    model: &'m Model,
    terms: &'t mut Terms<'m>,
}

impl Gather<'_, '_> {
    fn model(&mut self) {
        let model = self.model;
        for exclusion in &model.exclusions {
            self.condition(&exclusion.condition);
        }
        for score in &model.scores {
            if let ScoreBody::Items { exclusions, items } = &score.body {
                exclusions.iter().for_each(|e| self.condition(&e.condition));
                items.iter().for_each(|i| self.item(i));
            }
        }
        for lifecycle in &model.lifecycles {
            lifecycle.holds.iter().for_each(|h| self.condition(&h.condition));
            for rule in &lifecycle.rules {
                if let StageCondition::Condition(c) = &rule.when {
                    self.condition(c);
                }
            }
        }
    }

    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Not(x) => self.condition(x),
            ExprKind::And(xs) | ExprKind::Or(xs) => xs.iter().for_each(|x| self.condition(x)),
            ExprKind::Unless(x, y) => {
                self.condition(x);
                self.condition(y);
            }
            ExprKind::Definition(d) => {
                let model = self.model;
                if let Some(d) = model.definition(*d) {
                    self.condition(&d.value);
                }
            }
            _ => {
                self.terms.leaf(expr);
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::If { branches, .. } => {
                for branch in branches {
                    self.condition(&branch.condition);
                    if let Some((decay, since)) = &branch.decay {
                        self.terms.decay(since, decay, branch.arm.points);
                    }
                }
            }
            ItemKind::Band { value, lines, .. } => {
                self.terms.band(value, lines.iter().map(|l| &l.range));
            }
            ItemKind::Match { value, lines, .. } | ItemKind::MatchEach { set: value, lines, .. } => {
                self.terms.match_lines(value, lines.iter().map(|l| &*l.keys));
            }
            ItemKind::Each(_) => {}
            ItemKind::Per { step, value, arm, bounds } => {
                let bound = if arm.points.0 < 0 { bounds.min } else { bounds.max };
                let mut units: Vec<i64> = (2..6).collect();
                units.extend(match bound {
                    Some((b, _)) => b.0.abs().checked_div(arm.points.0.abs()).map(|n| n + 1),
                    None => UNBOUNDED.checked_div(arm.points.0.abs()),
                });
                self.terms.per(value, *step, &units);
            }
            ItemKind::Group { items, .. } => items.iter().for_each(|i| self.item(i)),
        }
    }
}
