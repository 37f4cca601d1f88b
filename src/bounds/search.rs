//! The least and the greatest that a score can come to: components of variables one by one, then put together.
//!
//! Rules that share variables form a component, which is gone through value by value. Sums fall into regions, one for each
//! group or score with bounds. A component that touches one region counts with its best; components that touch several are
//! combined. Bounds never turn a greater sum into a lesser one, so the best of each part is the best of the whole.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::abstraction::{Abstraction, Choice, Cond, Node, Var, clamp};
use super::formula::{self, Direction};
use super::outermost::greatest;
use super::rests::bases_of;
use super::truth::Truth;
use crate::hir::{Bounds, ScoreId};
use crate::invariant::{Sure as _, SureAt as _};

/// How many points of items are worked out for one component, over all assignments.
const COMPONENT_BUDGET: usize = 1_000_000;
/// How many combinations of components that touch several regions are gone through.
const COMBINATION_BUDGET: usize = 200_000;
/// How many different sums are followed to know every value of a score.
pub(super) const SUMS_BUDGET: usize = 20_000;

/// A value for every variable; those that nothing looks at have 0.
pub type Assignment = Vec<usize>;

/// An end of a score's range.
#[derive(Debug, Clone)]
pub struct End {
    /// In hundredths; `None` where points have no bound.
    pub points: Option<i64>,
    /// What gives it; `None` where it is an outer bound only.
    pub assignment: Option<Assignment>,
}

/// A region: a score, a group with bounds, or an item of a group of which the best count.
pub(super) struct Region {
    parent: Option<usize>,
    bounds: Bounds,
    /// What of its sum within bounds is left out: what the bounds make of 0, where the group may be shut.
    left_out: i64,
    /// How many of the regions inside it count.
    best: Option<usize>,
}

/// The parts of a goal: some scores whose pieces and exclusions matter.
pub struct Objective<'p, 'm> {
    pub(super) picture: &'p Abstraction<'m>,
    pub(super) regions: Vec<Region>,
    pub(super) roots: BTreeMap<ScoreId, usize>,
    pieces: Vec<(usize, usize)>,
    constraints: Vec<&'p Cond>,
    pub(super) components: Vec<Component>,
    /// Whether the bounds of a formula itself are left out.
    pub(super) before_bounds: bool,
    /// Whether only what a record could be made for is looked at.
    made: bool,
}

/// Variables that hang together, with the pieces and constraints over them.
#[derive(Default)]
pub(super) struct Component {
    vars: Vec<Var>,
    pieces: Vec<(usize, usize)>,
    constraints: Vec<usize>,
    pub(super) regions: Vec<usize>,
    sums: OnceCell<Option<Sums>>,
}

pub(super) type Sums = HashMap<Vec<i64>, Vec<usize>>;
/// Sums by region, and the values of the variables that give them.
type Reached = (Vec<i64>, Vec<usize>);

impl<'p, 'm> Objective<'p, 'm> {
    /// The goal of a score: itself, or for a formula every score that it rests on.
    #[must_use]
    pub fn of(picture: &'p Abstraction<'m>, score: ScoreId) -> Self {
        let mut bases = BTreeSet::new();
        bases_of(picture.model, score, &mut bases);
        let mut goal = Self {
            picture,
            regions: Vec::new(),
            roots: BTreeMap::new(),
            pieces: Vec::new(),
            constraints: Vec::new(),
            components: Vec::new(),
            before_bounds: false,
            made: false,
        };
        picture.exclusions.iter().for_each(|c| goal.constrain(c));
        for base in bases {
            let Some(Some(tree)) = picture.trees.get(base.index()) else { continue };
            let root = goal.region(None, tree.bounds);
            goal.roots.insert(base, root);
            tree.exclusions.iter().for_each(|c| goal.constrain(c));
            goal.nodes(&tree.nodes, root);
        }
        goal.components = goal.split();
        goal
    }

    /// The goal of a formula before its own bounds.
    #[must_use]
    pub fn before_bounds(picture: &'p Abstraction<'m>, score: ScoreId) -> Self {
        Self { before_bounds: true, ..Self::of(picture, score) }
    }

    /// The goal of a score, over what a record could be made for.
    #[must_use]
    pub fn made(picture: &'p Abstraction<'m>, score: ScoreId) -> Self {
        Self { made: true, ..Self::of(picture, score) }
    }

    /// The sum of some items of a score, before the bounds around them.
    #[must_use]
    pub fn of_nodes(picture: &'p Abstraction<'m>, score: ScoreId, nodes: &[Node]) -> Self {
        let mut goal = Self {
            picture,
            regions: Vec::new(),
            roots: BTreeMap::new(),
            pieces: Vec::new(),
            constraints: Vec::new(),
            components: Vec::new(),
            before_bounds: false,
            made: false,
        };
        picture.exclusions.iter().for_each(|c| goal.constrain(c));
        let root = goal.region(None, Bounds::default());
        goal.roots.insert(score, root);
        if let Some(Some(tree)) = picture.trees.get(score.index()) {
            tree.exclusions.iter().for_each(|c| goal.constrain(c));
        }
        goal.nodes(nodes, root);
        goal.components = goal.split();
        goal
    }

    fn constrain(&mut self, cond: &'p Cond) {
        match cond {
            Cond::Or(parts) => parts.iter().for_each(|c| self.constrain(c)),
            Cond::Const(_) | Cond::Test(_) | Cond::Not(_) | Cond::And(_) => self.constraints.push(cond),
            Cond::Unless(..) | Cond::AtLeast(..) => self.constraints.push(cond),
        }
    }

    fn region(&mut self, parent: Option<usize>, bounds: Bounds) -> usize {
        self.regions.push(Region { parent, bounds, left_out: 0, best: None });
        self.regions.len() - 1
    }

    /// A region in which each node is a region of its own, of which so many count.
    fn best_of(&mut self, nodes: &[Node], count: usize, parent: usize) {
        let best = self.region(Some(parent), Bounds::default());
        if let Some(region) = self.regions.get_mut(best) {
            region.best = Some(count);
        }
        for node in nodes {
            let own = self.region(Some(best), Bounds::default());
            self.nodes(std::slice::from_ref(node), own);
        }
    }

    fn nodes(&mut self, nodes: &[Node], region: usize) {
        for node in nodes {
            match node {
                Node::Piece(piece) => self.pieces.push((*piece, region)),
                Node::Group(_, bounds, inner) => {
                    let bounded = bounds.min.is_some() || bounds.max.is_some();
                    let region = if bounded { self.region(Some(region), *bounds) } else { region };
                    self.nodes(inner, region);
                }
                Node::Best(count, inner) => self.best_of(inner, *count, region),
                Node::Gated(bounds, inner) => {
                    let gated = self.region(Some(region), *bounds);
                    if let Some(region) = self.regions.get_mut(gated) {
                        region.left_out = clamp(bounds, 0);
                    }
                    self.nodes(inner, gated);
                }
            }
        }
    }

    fn split(&self) -> Vec<Component> {
        let mut owner: Vec<usize> = (0..self.picture.vars.len()).collect();
        fn root(owner: &mut [usize], mut at: usize) -> usize {
            while let Some(&up) = owner.get(at) {
                if up == at {
                    break;
                }
                at = up;
            }
            at
        }
        let piece_vars: Vec<BTreeSet<Var>> = self.pieces.iter().map(|(p, _)| self.vars_of_piece(*p)).collect();
        let constraint_vars: Vec<BTreeSet<Var>> = self
            .constraints
            .iter()
            .map(|c| {
                let mut vars = BTreeSet::new();
                self.picture.vars_of(c, &mut vars);
                vars
            })
            .collect();
        for vars in piece_vars.iter().chain(&constraint_vars) {
            let mut vars = vars.iter();
            let Some(&first) = vars.next() else { continue };
            for &var in vars {
                let (a, b) = (root(&mut owner, first), root(&mut owner, var));
                if let Some(slot) = owner.get_mut(b) {
                    *slot = a;
                }
            }
        }
        let mut by_root: BTreeMap<usize, Component> = BTreeMap::new();
        for (at, vars) in piece_vars.iter().enumerate() {
            let Some(&piece) = self.pieces.get(at) else { continue };
            let key = vars.first().map_or(usize::MAX, |&v| root(&mut owner, v));
            let component = by_root.entry(key).or_default();
            component.vars.extend(vars);
            component.pieces.push(piece);
            component.regions.push(piece.1);
        }
        for (at, vars) in constraint_vars.iter().enumerate() {
            let key = vars.first().map_or(usize::MAX, |&v| root(&mut owner, v));
            let component = by_root.entry(key).or_default();
            component.vars.extend(vars);
            component.constraints.push(at);
        }
        let mut components: Vec<Component> = by_root.into_values().collect();
        for component in &mut components {
            component.vars.sort_unstable();
            component.vars.dedup();
            component.regions.sort_unstable();
            component.regions.dedup();
        }
        components
    }

    fn vars_of_piece(&self, piece: usize) -> BTreeSet<Var> {
        let mut vars = BTreeSet::new();
        if let Some((piece, ..)) = self.picture.pieces.get(piece) {
            self.picture.vars_of_piece(piece, &mut vars);
        }
        vars
    }

    fn give(&self, piece: usize, assignment: &[usize]) -> i64 {
        self.picture.pieces.get(piece).map_or(0, |(piece, ..)| self.picture.points(piece, assignment))
    }

    /// Every sum by region that a component can come to, with the values of its variables; `None` beyond the budget.
    pub(super) fn sums<'c>(&self, component: &'c Component) -> Option<&'c Sums> {
        component.sums.get_or_init(|| self.all_sums(component)).as_ref()
    }

    fn all_sums(&self, component: &Component) -> Option<Sums> {
        let sizes: Vec<usize> = component.vars.iter().map(|&v| self.picture.vars.get(v).map_or(1, |v| v.len.max(1))).collect();
        let most = COMPONENT_BUDGET / component.pieces.len().max(1);
        let total = sizes.iter().try_fold(1_usize, |n, &s| n.checked_mul(s).filter(|&n| n <= most))?;
        let mut assignment: Assignment = vec![0; self.picture.vars.len()];
        let mut digits = vec![0_usize; sizes.len()];
        let mut sums = Sums::new();
        for _ in 0..total {
            for (&var, &digit) in component.vars.iter().zip(&digits) {
                if let Some(slot) = assignment.get_mut(var) {
                    *slot = digit;
                }
            }
            if self.allowed(component, &assignment) {
                let mut sum = vec![0_i64; component.regions.len()];
                for &(piece, region) in &component.pieces {
                    let points = self.give(piece, &assignment);
                    if let Some(slot) = component.regions.binary_search(&region).ok().and_then(|at| sum.get_mut(at)) {
                        *slot += points;
                    }
                }
                sums.entry(sum).or_insert_with(|| digits.clone());
            }
            for (digit, &size) in digits.iter_mut().zip(&sizes) {
                *digit += 1;
                if *digit < size {
                    break;
                }
                *digit = 0;
            }
        }
        Some(sums)
    }

    /// Whether rules that give points for the same events pull the goal both ways in several regions: the best number of events may then lie
    /// between those that are looked at.
    fn is_torn(&self, component: &Component, ways: &[Direction]) -> bool {
        component.vars.iter().any(|&var| {
            let counts = self.picture.vars.get(var).map(|v| &v.choice);
            let Some(Choice::Events(counts)) = counts else { return false };
            let mut regions = BTreeSet::new();
            let mut up = BTreeSet::new();
            for &(piece, region) in component.pieces.iter().filter(|(piece, _)| self.picture.stepped.contains(piece)) {
                if !self.vars_of_piece(piece).contains(&var) {
                    continue;
                }
                regions.insert(region);
                let (least, most) = self.picture.outermost(&Node::Piece(piece));
                let way = ways.get(region).copied().unwrap_or(Direction::Up);
                up.extend((most > 0).then_some(way == Direction::Up));
                up.extend((least < 0).then_some(way == Direction::Down));
            }
            !counts.complete && regions.len() > 1 && up.len() > 1
        })
    }

    fn allowed(&self, component: &Component, assignment: &[usize]) -> bool {
        component
            .constraints
            .iter()
            .filter_map(|&at| self.constraints.get(at))
            .all(|c| self.picture.eval(c, assignment) != Truth::True)
    }

    /// The greatest (`way` up) or least of each region's share, taken apart: more than can be had together, never less.
    fn loose(&self, component: &Component, way: Direction) -> Vec<i64> {
        let mut best = vec![0_i64; component.regions.len()];
        for &(piece, region) in &component.pieces {
            let (lo, hi) = self.picture.outermost(&Node::Piece(piece));
            if let Some(slot) = component.regions.binary_search(&region).ok().and_then(|at| best.get_mut(at)) {
                *slot = slot.saturating_add(if way == Direction::Up { hi } else { lo });
            }
        }
        best
    }

    /// The values of the scores, given the sums by region.
    pub(super) fn settle(&self, sums: &[i64]) -> BTreeMap<ScoreId, i64> {
        let mut sums = sums.to_vec();
        let mut parts: HashMap<usize, Vec<i64>> = HashMap::new();
        for (at, region) in self.regions.iter().enumerate().rev() {
            let sum = match region.best {
                Some(count) => parts.remove(&at).map_or(0, |parts| greatest(parts, count)),
                None => *sums.sure_at(at),
            };
            let held = clamp(&region.bounds, sum) - region.left_out;
            if let Some(slot) = sums.get_mut(at) {
                *slot = held;
            }
            let Some(parent) = region.parent else { continue };
            if self.regions.get(parent).is_some_and(|p| p.best.is_some()) {
                parts.entry(parent).or_default().push(held);
            } else if let Some(slot) = sums.get_mut(parent) {
                *slot += held;
            }
        }
        self.roots.iter().map(|(&score, &root)| (score, *sums.sure_at(root))).collect()
    }

    /// The direction in which each region counts for the goal; `None` where a formula takes a score both ways.
    fn ways(&self, score: ScoreId, up: Direction) -> Option<Vec<Direction>> {
        let mut ways = vec![Direction::Up; self.regions.len()];
        for (&base, &root) in &self.roots {
            if let Some(slot) = ways.get_mut(root) {
                *slot = formula::way(self.picture.model, score, base)?.turned(up);
            }
        }
        for (at, region) in self.regions.iter().enumerate() {
            if let Some(way) = region.parent.and_then(|p| ways.get(p)).copied()
                && let Some(slot) = ways.get_mut(at)
            {
                *slot = way;
            }
        }
        Some(ways)
    }

    /// The greatest (`way` up) or least value of the goal's score; `None` where no record is left to be scored.
    #[must_use]
    pub fn extreme(&self, score: ScoreId, way: Direction) -> Option<End> {
        let Some(ways) = self.ways(score, way) else { return self.by_intervals(score, way) };
        let mut base = vec![0_i64; self.regions.len()];
        let mut assignment: Assignment = vec![0; self.picture.vars.len()];
        let mut exact = true;
        let mut wide: Vec<(&Component, Vec<Reached>)> = Vec::new();
        for component in &self.components {
            let Some(sums) = self.sums(component).filter(|_| !self.is_torn(component, &ways)) else {
                exact = false;
                let regions_way = component.regions.first().and_then(|&r| ways.get(r)).copied().unwrap_or(way);
                let uniform = component.regions.iter().all(|&r| ways.get(r).copied() == Some(regions_way));
                let share = if uniform { self.loose(component, regions_way) } else { self.loose_mixed(component, &ways) };
                add(&mut base, &component.regions, &share);
                continue;
            };
            let looked_at = |digits: &[usize]| !self.made || self.may_be_made(component, digits);
            let front = front(sums.iter().filter(|(_, digits)| looked_at(digits)), &component.regions, &ways);
            if front.is_empty() {
                return None;
            }
            if let [(sum, digits)] = front.as_slice() {
                add(&mut base, &component.regions, sum);
                assign(&mut assignment, component, digits);
            } else {
                wide.push((component, front));
            }
        }
        let combinations = wide.iter().try_fold(1_usize, |n, (_, f)| n.checked_mul(f.len()).filter(|&n| n <= COMBINATION_BUDGET));
        if combinations.is_none() {
            exact = false;
            for (component, front) in wide.drain(..) {
                let share: Vec<i64> = component
                    .regions
                    .iter()
                    .enumerate()
                    .map(|(at, &r)| {
                        let way = ways.get(r).copied().unwrap_or(way);
                        let sums = front.iter().map(|(sums, _)| *sums.sure_at(at));
                        sums.reduce(|a, b| way.better(a, b)).sure("a front has a point")
                    })
                    .collect();
                add(&mut base, &component.regions, &share);
            }
        }
        // Endless points may add up to more than 64 bits hold.
        let Some((points, choice)) = self.best(score, way, &base, &wide) else { return self.by_intervals(score, way) };
        for ((component, front), at) in wide.iter().zip(choice) {
            if let Some((_, digits)) = front.get(at) {
                assign(&mut assignment, component, digits);
            }
        }
        let bounded = !self.picture.is_endless(points);
        Some(End { points: bounded.then_some(points), assignment: (exact && bounded).then_some(assignment) })
    }

    fn loose_mixed(&self, component: &Component, ways: &[Direction]) -> Vec<i64> {
        let (up, down) = (self.loose(component, Direction::Up), self.loose(component, Direction::Down));
        component
            .regions
            .iter()
            .enumerate()
            .map(|(at, &r)| match ways.get(r) {
                Some(Direction::Down) => *down.sure_at(at),
                _ => *up.sure_at(at),
            })
            .collect()
    }

    /// The value of the goal's score, given those of the scores that it rests on.
    pub(super) fn value(&self, score: ScoreId, bases: &BTreeMap<ScoreId, i64>) -> Option<i64> {
        if self.before_bounds && !bases.contains_key(&score) {
            formula::before_bounds(self.picture.model, score, bases)
        } else {
            formula::value(self.picture.model, score, bases)
        }
    }

    /// The same, and an endless value where more of what is endless takes it further `way`.
    fn far_value(&self, score: ScoreId, way: Direction, bases: &BTreeMap<ScoreId, i64>) -> Option<i64> {
        let value = self.value(score, bases)?;
        if !bases.values().any(|&points| self.picture.is_endless(points)) {
            return Some(value);
        }
        let more = |points: i64| if self.picture.is_endless(points) { points.saturating_mul(2) } else { points };
        let further = self.value(score, &bases.iter().map(|(&base, &points)| (base, more(points))).collect())?;
        Some(match way {
            Direction::Up if further > value => i64::MAX / 2,
            Direction::Down if further < value => i64::MIN / 2,
            Direction::Up | Direction::Down => value,
        })
    }

    fn best(
        &self,
        score: ScoreId,
        way: Direction,
        base: &[i64],
        wide: &[(&Component, Vec<Reached>)],
    ) -> Option<(i64, Vec<usize>)> {
        let mut choice = vec![0_usize; wide.len()];
        let mut best: Option<(i64, Vec<usize>)> = None;
        loop {
            let mut sums = base.to_vec();
            for ((component, front), &at) in wide.iter().zip(&choice) {
                if let Some((sum, _)) = front.get(at) {
                    add(&mut sums, &component.regions, sum);
                }
            }
            let value = self.far_value(score, way, &self.settle(&sums))?;
            if best.as_ref().is_none_or(|(b, _)| way.better(value, *b) == value && value != *b) {
                best = Some((value, choice.clone()));
            }
            let mut carried = true;
            for (digit, (_, front)) in choice.iter_mut().zip(wide) {
                *digit += 1;
                if *digit < front.len() {
                    carried = false;
                    break;
                }
                *digit = 0;
            }
            if carried {
                return best;
            }
        }
    }

    /// Every value that the score can come to, and perhaps some that it cannot, in hundredths. `None` beyond the budget, and where points
    /// come in more steps than can be listed.
    #[must_use]
    pub fn possible_values(&self, score: ScoreId) -> Option<BTreeSet<i64>> {
        let stepped = self.pieces.iter().any(|(piece, _)| self.picture.stepped.contains(piece));
        if stepped { None } else { self.combined(score) }
    }

    /// The values of the score for all sums of its components.
    fn combined(&self, score: ScoreId) -> Option<BTreeSet<i64>> {
        let mut states: BTreeSet<Vec<i64>> = BTreeSet::from([vec![0; self.regions.len()]]);
        for component in &self.components {
            let sums: Vec<&Vec<i64>> = self.sums(component)?.keys().collect();
            let mut next = BTreeSet::new();
            for state in &states {
                for sum in &sums {
                    let mut with = state.clone();
                    add(&mut with, &component.regions, sum);
                    next.insert(with);
                    if next.len() > SUMS_BUDGET {
                        return None;
                    }
                }
            }
            states = next;
        }
        states.iter().map(|s| self.value(score, &self.settle(s))).collect()
    }

    /// Whether a record could be made, as far as can be told without making it.
    pub(super) fn may_be_made(&self, component: &Component, digits: &[usize]) -> bool {
        component.vars.iter().zip(digits).all(|(&var, &digit)| {
            self.picture.vars.get(var).is_some_and(|v| match &v.choice {
                Choice::Leaf(_, truths) => truths.get(digit) == Some(&0),
                Choice::Band(_, samples) => digit == 0 || samples.get(digit).is_some_and(Option::is_some),
                Choice::Texts(..) | Choice::Events(_) | Choice::Each(_) => true,
                Choice::Other => v.property.is_none() || v.cells.get(digit).is_some_and(|c| !c.is_assumed()),
            })
        })
    }
}

pub(super) fn add(sums: &mut [i64], regions: &[usize], share: &[i64]) {
    for (&region, points) in regions.iter().zip(share) {
        if let Some(slot) = sums.get_mut(region) {
            *slot += points;
        }
    }
}

pub(super) fn assign(assignment: &mut [usize], component: &Component, digits: &[usize]) {
    for (&var, &digit) in component.vars.iter().zip(digits) {
        if let Some(slot) = assignment.get_mut(var) {
            *slot = digit;
        }
    }
}

/// The sums that no other is at least as good as in every region.
fn front<'s>(sums: impl Iterator<Item = (&'s Vec<i64>, &'s Vec<usize>)>, regions: &[usize], ways: &[Direction]) -> Vec<Reached> {
    let turned = |sum: &[i64]| -> Vec<i64> {
        sum.iter().zip(regions).map(|(&s, &r)| if ways.get(r) == Some(&Direction::Down) { -s } else { s }).collect()
    };
    let mut all: Vec<(Vec<i64>, &Vec<i64>, &Vec<usize>)> = sums.map(|(s, d)| (turned(s), s, d)).collect();
    all.sort_by(|a, b| b.0.iter().sum::<i64>().cmp(&a.0.iter().sum::<i64>()).then_with(|| b.0.cmp(&a.0)));
    let mut kept: Vec<(Vec<i64>, &Vec<i64>, &Vec<usize>)> = Vec::new();
    for entry in all {
        if !kept.iter().any(|k| k.0.iter().zip(&entry.0).all(|(a, b)| a >= b)) {
            kept.push(entry);
        }
    }
    kept.into_iter().map(|(_, s, d)| (s.clone(), d.clone())).collect()
}
