//! The picture of a model that ranges and proofs are worked out on: variables with few cells, conditions and points as tables
//! over them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::{Cell, cells, scores};
use super::cuts::Cuts;
use super::gather::Gather;
use super::subject::Subject;
use super::table::Table;
use super::tally::Counts;
use super::terms::{Terms, address};
use super::texts::{Group, groups};
use super::truth::Truth;
use crate::hir::{Bounds, Each, Expr, ItemId, Model, StageCondition};
use crate::schema::PropId;
use crate::source::Span;
use crate::time::AsOf;
use crate::value::{Points, Type};

/// The number of a variable.
pub type Var = usize;
/// The number of a table.
pub type TableId = usize;

/// How many tests a proof makes, over all assignments.
const WORK_BUDGET: usize = 1_000_000;
/// How many assignments a proof goes through.
const PROOF_BUDGET: usize = 20_000;
/// Points that no bound holds back, in hundredths: far beyond [`Points::LIMIT`], yet many of them still fit 64 bits.
pub const UNBOUNDED: i64 = 1_000_000_000_000_000;
/// What rules give for events, units and members without bound comes to no more than this altogether.
const ALTOGETHER: i64 = 1 << 61;

/// Something that takes one of a few values.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The property, or `None` for a choice of its own.
    pub property: Option<PropId>,
    /// The cells of a property, a field or the events of a list; for a choice empty.
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
    /// How many events of each kind a list has.
    Events(Box<Counts>),
    /// Some tests of a text that has many, by their places.
    Texts(Subject, Vec<usize>),
    /// A banded value that is no property: for every arm a value that falls on it, where one is known.
    Band(Box<Expr>, Vec<Option<i64>>),
    /// A test: the truths that it takes, in order.
    Leaf(Box<Expr>, Vec<i64>),
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
    /// `at least N of`
    AtLeast(usize, Vec<Cond>),
}

impl Cond {
    /// How many tests and connectives it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Const(_) | Self::Test(_) => 1,
            Self::Not(x) => 1 + x.size(),
            Self::And(xs) | Self::Or(xs) | Self::AtLeast(_, xs) => 1 + xs.iter().map(Self::size).sum::<usize>(),
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
    /// What another piece gives where the condition is true, and nothing else.
    Gated(Cond, Box<Piece>),
}

/// A score's items as pieces and groups.
#[derive(Debug, Clone)]
pub enum Node {
    /// An item.
    Piece(usize),
    /// A group.
    Group(ItemId, Bounds, Vec<Node>),
    /// So many of these: those that give the most, none less than 0.
    Best(usize, Vec<Node>),
    /// The sum of these within bounds, less what the bounds make of 0.
    Gated(Bounds, Vec<Node>),
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
pub struct Abstraction<'m> {
    /// The model.
    pub model: &'m Model,
    /// The moment that cells are chosen for where nothing else is needed.
    pub base: AsOf,
    /// So many events, units or members stand for more and more of them. All rules take the same number, so that what one gives and another
    /// takes for the same events is weighed up.
    pub(super) endless: i64,
    /// The variables.
    pub vars: Vec<Variable>,
    /// The tables.
    pub tables: Vec<Table>,
    /// What items give, with the item's number and place.
    pub pieces: Vec<(Piece, ItemId, Span)>,
    /// The pieces whose points come in more steps than their tables have: for each event or unit, or fading.
    pub stepped: BTreeSet<usize>,
    /// By score; `None` for a formula.
    pub trees: Vec<Option<Tree>>,
    /// The top-level exclusions.
    pub exclusions: Vec<Cond>,
    /// The conditions by place: every branch, exclusion, hold and stage.
    pub conditions: BTreeMap<Span, Cond>,
    pub(super) terms: BTreeMap<Subject, super::cuts::Cuts>,
    told: HashMap<usize, (Subject, Option<usize>)>,
    pub(super) by_subject: BTreeMap<Subject, Var>,
    /// For a text with many tests: the variable of each test, by its place.
    pub(super) by_test: BTreeMap<(Subject, usize), Var>,
    pub(super) by_shape: HashMap<String, Var>,
}

impl<'m> Abstraction<'m> {
    /// The picture of a model.
    #[must_use]
    pub fn of(model: &'m Model) -> Self {
        let base = AsOf::end_of(20_454, &model.schema.zone); // 2026-01-01, as a test without `as of`
        let mut terms = Terms::new(model);
        Gather { model, terms: &mut terms }.model();
        terms.cuts.values_mut().for_each(Cuts::settle);
        let mut picture = Self {
            model,
            base,
            endless: UNBOUNDED.min(ALTOGETHER / counted_points(model).max(1)),
            vars: Vec::new(),
            tables: Vec::new(),
            pieces: Vec::new(),
            stepped: BTreeSet::new(),
            trees: Vec::new(),
            exclusions: Vec::new(),
            conditions: BTreeMap::new(),
            terms: terms.cuts,
            told: terms.told,
            by_subject: BTreeMap::new(),
            by_test: BTreeMap::new(),
            by_shape: HashMap::new(),
        };
        picture.subjects();
        picture.events();
        picture.exclusions = model.exclusions.iter().map(|e| picture.exclusion(e)).collect();
        for score in &model.scores {
            let tree = picture.score(score);
            picture.trees.push(tree);
        }
        for filter in model.rollups.iter().filter_map(|rollup| rollup.filter.as_ref()) {
            let cond = picture.condition(filter);
            picture.conditions.insert(filter.span, cond);
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

    /// Whether a variable stands for the values of a score.
    #[must_use]
    pub fn is_score(&self, var: Var) -> bool {
        self.by_subject.iter().any(|(subject, own)| *own == var && matches!(subject, Subject::Score(_)))
    }

    /// Whether a condition compares the property with a day or moment of the calendar.
    #[must_use]
    pub fn is_absolute(&self, id: PropId) -> bool {
        self.terms.get(&Subject::Property(id)).is_some_and(|c| !c.days.is_empty() || !c.moments.is_empty())
    }

    /// Whether a condition asks for hours since or until the property.
    #[must_use]
    pub fn is_timed(&self, id: PropId) -> bool {
        self.terms.get(&Subject::Property(id)).is_some_and(|c| !c.hours.is_empty())
    }

    fn subjects(&mut self) {
        for (subject, cuts) in &self.terms {
            if let Subject::Score(_) = subject {
                let cells = scores(cuts, self.base);
                self.by_subject.insert(subject.clone(), self.vars.len());
                self.vars.push(Variable { property: None, len: cells.len(), cells, choice: Choice::Other });
                continue;
            }
            let Some(declared) = subject.declared(&self.model.schema) else { continue };
            if let Some(cells) = cells(self.model, subject, declared, cuts, self.base) {
                let len = cells.len();
                let property = match subject {
                    Subject::Property(id) => Some(*id),
                    Subject::Field(..) | Subject::Events(_) | Subject::Score(_) => None,
                };
                self.by_subject.insert(subject.clone(), self.vars.len());
                self.vars.push(Variable { property, cells, len, choice: Choice::Other });
            } else if declared.ty == Type::Text {
                for Group { leaves, cells } in groups(self.model, subject, cuts, self.base) {
                    let (var, len) = (self.vars.len(), cells.len());
                    self.by_test.extend(leaves.iter().map(|&at| ((subject.clone(), at), var)));
                    let choice = Choice::Texts(subject.clone(), leaves);
                    self.vars.push(Variable { property: None, cells, len, choice });
                }
            }
        }
    }

    /// What a test looks at, and its place among the tests of a text.
    pub(super) fn looks_at(&self, expr: &Expr) -> Option<(Subject, Option<usize>)> {
        if let Some(told) = self.told.get(&address(expr)) {
            return Some(told.clone());
        }
        let subject = Terms::new(self.model).leaf(expr)?;
        let place = self.terms.get(&subject)?.place(expr);
        Some((subject, place))
    }

    /// A table over a new choice.
    pub(super) fn choice(&mut self, values: Vec<i64>) -> TableId {
        self.choice_of(values, Choice::Other)
    }

    pub(super) fn choice_of(&mut self, values: Vec<i64>, choice: Choice) -> TableId {
        let var = self.vars.len();
        self.vars.push(Variable { property: None, cells: Vec::new(), len: values.len(), choice });
        self.table(Table::new(var, values))
    }

    pub(super) fn table(&mut self, table: Table) -> TableId {
        self.tables.push(table);
        self.tables.len() - 1
    }

    /// Calls `visit` with what the conditions come to, for all values of their variables; `None` where there is too much to go through.
    pub fn each_assignment(&self, conds: &[&Cond], visit: &mut dyn FnMut(&[Truth])) -> Option<()> {
        let mut vars = BTreeSet::new();
        conds.iter().for_each(|c| self.vars_of(c, &mut vars));
        let mut truths = vec![Truth::Unknown; conds.len()];
        self.each_value(&vars, conds.iter().map(|c| c.size()).sum(), &mut |assignment| {
            for (slot, cond) in truths.iter_mut().zip(conds) {
                *slot = self.eval(cond, assignment);
            }
            visit(&truths);
        })
    }

    /// How many assignments these variables have; `None` where there are too many to go through, each at the given cost.
    #[must_use]
    pub fn assignments(&self, vars: &BTreeSet<Var>, cost: usize) -> Option<usize> {
        let most = (WORK_BUDGET / cost.max(1)).min(PROOF_BUDGET);
        let mut sizes = vars.iter().map(|&v| self.vars.get(v).map_or(1, |v| v.len.max(1)));
        sizes.try_fold(1_usize, |n, size| n.checked_mul(size).filter(|&n| n <= most))
    }

    /// Calls `visit` with all values of these variables, the others staying at their first; `None` where there are too many.
    pub fn each_value(&self, vars: &BTreeSet<Var>, cost: usize, visit: &mut dyn FnMut(&[usize])) -> Option<()> {
        let total = self.assignments(vars, cost)?;
        let sizes: Vec<(Var, usize)> = vars.iter().map(|&v| (v, self.vars.get(v).map_or(1, |v| v.len.max(1)))).collect();
        let mut assignment = vec![0_usize; vars.last().map_or(0, |last| last + 1)];
        for _ in 0..total {
            visit(&assignment);
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
        if let Cond::Test(table) = cond {
            let truths = self.tables.get(*table).into_iter().flat_map(|t| t.runs(len));
            for (run, _) in truths.filter(|(_, value)| Truth::of(*value) == Truth::True) {
                set(&mut bits, run);
            }
            return Some((var, bits));
        }
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

    /// The first assignment of these variables, the others staying at their first value, that `wanted` takes and no exclusion does.
    #[must_use]
    pub fn find(&self, vars: &BTreeSet<Var>, wanted: &dyn Fn(&[usize]) -> bool) -> Option<Vec<usize>> {
        let sizes: Vec<(Var, usize)> = vars.iter().map(|&v| (v, self.vars.get(v).map_or(1, |v| v.len.max(1)))).collect();
        let mut assignment = vec![0_usize; self.vars.len()];
        for _ in 0..PROOF_BUDGET {
            if wanted(&assignment) && self.exclusions.iter().all(|e| self.eval(e, &assignment) != Truth::True) {
                return Some(assignment);
            }
            let mut carried = true;
            for (var, size) in &sizes {
                let Some(digit) = assignment.get_mut(*var) else { continue };
                *digit += 1;
                if *digit < *size {
                    carried = false;
                    break;
                }
                *digit = 0;
            }
            if carried {
                return None;
            }
        }
        None
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
        assignment.get(t.var).map_or(0, |&at| t.at(at))
    }

    /// What a condition comes to under an assignment.
    #[must_use]
    pub fn eval(&self, cond: &Cond, assignment: &[usize]) -> Truth {
        match cond {
            Cond::Const(t) => *t,
            Cond::Test(t) => Truth::of(self.look(*t, assignment)),
            Cond::Not(x) => self.eval(x, assignment).not(),
            Cond::And(xs) => xs.iter().fold(Truth::True, |t, x| t.and(self.eval(x, assignment))),
            Cond::Or(xs) => xs.iter().fold(Truth::False, |t, x| t.or(self.eval(x, assignment))),
            Cond::Unless(x, y) => self.eval(x, assignment).unless(self.eval(y, assignment)),
            Cond::AtLeast(count, xs) => Truth::at_least(*count, xs.iter().map(|x| self.eval(x, assignment))),
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
            Piece::Gated(gate, inner) => {
                if self.eval(gate, assignment) == Truth::True {
                    self.points(inner, assignment)
                } else {
                    0
                }
            }
        }
    }

    /// Adds the variables that a condition looks at.
    pub fn vars_of(&self, cond: &Cond, out: &mut BTreeSet<Var>) {
        match cond {
            Cond::Const(_) => {}
            Cond::Test(t) => out.extend(self.tables.get(*t).map(|t| t.var)),
            Cond::Not(x) => self.vars_of(x, out),
            Cond::And(xs) | Cond::Or(xs) | Cond::AtLeast(_, xs) => xs.iter().for_each(|x| self.vars_of(x, out)),
            Cond::Unless(x, y) => {
                self.vars_of(x, out);
                self.vars_of(y, out);
            }
        }
    }

    /// Whether points are those of more and more events, units or members.
    #[must_use]
    pub const fn is_endless(&self, points: i64) -> bool {
        points.saturating_abs() >= self.endless / 2
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
            Piece::Gated(gate, inner) => {
                self.vars_of(gate, out);
                self.vars_of_piece(inner, out);
            }
        }
    }
}

/// The sizes of all points that are given for each of something, in hundredths.
fn counted_points(model: &Model) -> i64 {
    let mut sum = 0_i64;
    for score in &model.scores {
        Model::items_of(score, &mut |item, _| {
            let arms = item.arms().into_iter().filter(|_| item.counts());
            sum = arms.fold(sum, |sum, (arm, _)| sum.saturating_add(arm.points.0.saturating_abs()));
        });
    }
    sum
}

/// Sets the bits of a run.
fn set(bits: &mut [u64], run: std::ops::Range<usize>) {
    for (at, word) in bits.iter_mut().enumerate().take(run.end.div_ceil(64)).skip(run.start / 64) {
        let from = run.start.saturating_sub(at * 64);
        let until = (run.end - at * 64).min(64);
        *word |= (u64::MAX << from) & (u64::MAX >> (64 - until));
    }
}

/// Points held within bounds and within [`Points::LIMIT`], as those of every item, group and score are; points without bound stay so where
/// no bound is in their way.
pub fn clamp(bounds: &Bounds, points: i64) -> i64 {
    let mut p = points;
    if let Some((max, _)) = bounds.max {
        p = p.min(max.0);
    }
    if let Some((min, _)) = bounds.min {
        p = p.max(min.0);
    }
    if p.saturating_abs() < UNBOUNDED / 100 { p.clamp(-Points::LIMIT.0, Points::LIMIT.0) } else { p }
}
