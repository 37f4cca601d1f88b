//! What the warnings look at, gathered once.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::asked::{self, Asked};
use crate::bounds::abstraction::{Abstraction, Cond};
use crate::bounds::accounts;
use crate::bounds::formula::{Direction, Interval};
use crate::bounds::search::Objective;
use crate::bounds::subject::filters;
use crate::bounds::witness::witness;
use crate::bytecode::Chunk;
use crate::hir::visit::{Role, Site, Visit};
use crate::hir::{Expr, Item, Model, Rollup, Score, ScoreId};
use crate::lower::{LowerOptions, lower, lower_with};
use crate::record;
use crate::rollup;
use crate::source::{Sources, Span};
use crate::syntax::Parsed;
use crate::value::Points;
use crate::vm::Vm;

/// How many records are tried for a value of a score.
const MOST_RECORDS: usize = 50;

/// The outer bounds of a score in hundredths; `None` at an end without bound.
pub(crate) type Ends = (Option<Points>, Option<Points>);

/// What a score comes to.
struct Reached {
    ends: Option<Ends>,
    possible: Option<BTreeSet<i64>>,
}

/// A program as the warnings see it.
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The trees.
    pub files: &'a [Arc<Parsed>],
    /// The model.
    pub model: &'a Model,
    /// Its conditions and points as tables.
    pub picture: Abstraction<'a>,
    /// Every condition.
    pub sites: Vec<Site<'a>>,
    /// By score.
    reached: Vec<OnceCell<Reached>>,
    /// By score.
    asked: OnceCell<Vec<Vec<Asked<'a>>>>,
    /// What the evaluator runs.
    chunk: OnceCell<Arc<Chunk>>,
    /// What was found out of accounts, where the model is that of a rollup.
    accounts: Option<OfAccounts>,
}

/// What the scores of accounts come to.
struct OfAccounts {
    /// By score.
    intervals: Vec<Option<Interval>>,
    /// By score, before its own bounds.
    before: Vec<Option<Interval>>,
    /// By account that was tried: its scores, in hundredths.
    tried: Vec<Vec<Option<i64>>>,
}

impl<'a> Context<'a> {
    /// Gathers.
    #[must_use]
    pub fn new(sources: &'a Sources, files: &'a [Arc<Parsed>], model: &'a Model) -> Self {
        let picture = Abstraction::of(model);
        let reached = model.scores.iter().map(|_| OnceCell::new()).collect();
        Self {
            sources,
            files,
            model,
            picture,
            sites: sites(model),
            reached,
            asked: OnceCell::new(),
            chunk: OnceCell::new(),
            accounts: None,
        }
    }

    /// The accounts of a rollup; `self` is about the records.
    #[must_use]
    pub fn of_accounts(&self, rollup: &'a Rollup) -> Self {
        let ends = |id: ScoreId| self.ends(id).map(|(lo, hi)| (lo.map(|p| p.0), hi.map(|p| p.0)));
        let intervals = accounts::intervals(rollup, &ends);
        let ids = (0..).map(ScoreId).take(intervals.len());
        let before = ids.map(|id| accounts::before_bounds(rollup, id, &intervals)).collect();
        let of_accounts = OfAccounts { intervals, before, tried: self.tried(rollup) };
        Self { accounts: Some(of_accounts), ..Self::new(self.sources, self.files, &rollup.accounts) }
    }

    /// The scores of some accounts.
    fn tried(&self, rollup: &Rollup) -> Vec<Vec<Option<i64>>> {
        let records = accounts::records(&self.picture, rollup);
        let (conditions, key) = rollup::asked(rollup);
        let conditions: Vec<&Expr> = conditions.iter().collect();
        let chunk = Arc::new(lower_with(self.model, LowerOptions::default(), &conditions, &[&key]));
        let moment = self.picture.base;
        let scores = Vm::new(&chunk, moment).run(&record::batch(&self.model.schema, &records));
        let mut tried = rollup::Accounts::new(self.model, rollup, rollup::Places::default());
        for (group, rows) in (0..).zip(accounts::groups(records.len())) {
            rows.iter().for_each(|row| tried.add_as(rollup::Key::Integer(group), &scores, *row));
        }
        let mut vm = Vm::new(&Arc::new(lower(&rollup.accounts, LowerOptions::default())), moment);
        let mut out = Vec::new();
        for batch in tried.batches(rollup) {
            let scores = vm.run(&batch);
            out.extend((0..scores.rows).map(|row| scores.scores.iter().map(|column| column.get(row)).collect()));
        }
        out
    }

    /// What the model scores.
    #[must_use]
    pub fn who(&self) -> &'static str {
        if self.accounts.is_some() { "account" } else { "record" }
    }

    /// The same with its article.
    #[must_use]
    pub fn one(&self) -> &'static str {
        if self.accounts.is_some() { "an account" } else { "a record" }
    }

    /// The outer bounds of a formula in hundredths before its own bounds.
    #[must_use]
    pub fn before_bounds(&self, score: ScoreId) -> Option<Interval> {
        if let Some(accounts) = &self.accounts {
            return accounts.before.get(score.index()).copied().flatten();
        }
        let goal = Objective::before_bounds(&self.picture, score);
        let end = |way| goal.extreme(score, way).map(|e| e.points);
        end(Direction::Down).zip(end(Direction::Up))
    }

    /// The condition as tables.
    #[must_use]
    pub fn cond(&self, expr: &Expr) -> Option<&Cond> {
        self.picture.conditions.get(&expr.span)
    }

    /// By score, the rules whose condition some records meet and others do not.
    pub(crate) fn asked(&self) -> &[Vec<Asked<'a>>] {
        self.asked.get_or_init(|| asked::all(self.model, &self.picture))
    }

    /// The outer bounds of a score over all records that are scored; `None` where there is no such record.
    #[must_use]
    pub fn ends(&self, score: ScoreId) -> Option<Ends> {
        if let Some(accounts) = &self.accounts {
            let (lo, hi) = (*accounts.intervals.get(score.index())?)?;
            return Some((lo.map(Points), hi.map(Points)));
        }
        self.reached(score)?.ends
    }

    /// In hundredths, all values that a score can come to, where they can be listed.
    #[must_use]
    pub fn possible(&self, score: ScoreId) -> Option<&BTreeSet<i64>> {
        if self.accounts.is_some() {
            return None;
        }
        self.reached(score)?.possible.as_ref()
    }

    /// A wanted value of a score, in hundredths, that the evaluator gives to a record.
    #[must_use]
    pub fn reaches(&self, score: ScoreId, wanted: &dyn Fn(i64) -> bool) -> Option<i64> {
        if let Some(accounts) = &self.accounts {
            let mut values = accounts.tried.iter().filter_map(|scores| *scores.get(score.index())?);
            return values.find(|&points| wanted(points));
        }
        let found = Objective::of(&self.picture, score).reaching(score, wanted, MOST_RECORDS);
        found.into_iter().find_map(|(_, assignment)| {
            let witness = witness(&self.picture, &assignment)?;
            // Rows of a file of the rules are what they are: no record has any other.
            if self.model.schema.related.iter().any(|related| related.file.is_some() && witness.record.has(related)) {
                return None;
            }
            let batch = record::batch(&self.model.schema, std::slice::from_ref(&witness.record));
            let scores = Vm::new(self.chunk.get_or_init(|| Arc::new(lower(self.model, LowerOptions::default()))), witness.as_of)
                .run(&batch);
            scores.scores.get(score.index()).and_then(|column| column.get(0)).filter(|&points| wanted(points))
        })
    }

    fn reached(&self, score: ScoreId) -> Option<&Reached> {
        let reach = || {
            let goal = Objective::of(&self.picture, score);
            let end = |way| goal.extreme(score, way).map(|e| e.points.map(Points));
            Reached { ends: end(Direction::Down).zip(end(Direction::Up)), possible: goal.possible_values(score) }
        };
        Some(self.reached.get(score.index())?.get_or_init(reach))
    }

    /// The source of a place on one line.
    #[must_use]
    pub fn words(&self, span: Span) -> String {
        crate::hir::words::squeezed(self.sources, span)
    }

    /// Calls `visit` with every item of every score, groups included.
    pub fn items(&self, visit: &mut dyn FnMut(&'a Score, &'a Item)) {
        for score in &self.model.scores {
            Model::items_of(score, &mut |item, _| visit(score, item));
        }
    }
}

/// The conditions of a model, and those of the event functions in them.
struct Gathered<'m> {
    model: &'m Model,
    sites: Vec<Site<'m>>,
}

impl<'m> Gathered<'m> {
    /// Adds the conditions of the event functions in an expression.
    fn wheres(&mut self, of: Site<'m>) {
        let sites = &mut self.sites;
        filters(self.model, of.expr, &mut |expr| sites.push(Site { expr, role: Role::Where, ..of }));
    }
}

impl<'m> Visit<'m> for Gathered<'m> {
    fn site(&mut self, site: Site<'m>) {
        match site.role {
            Role::Amount => self.wheres(site),
            Role::Choice | Role::Line | Role::Since => {}
            Role::Branch { .. } | Role::Exclusion | Role::Hold | Role::Stage | Role::When | Role::Where | Role::Filter => {
                self.sites.push(site)
            }
        }
    }
}

fn sites(model: &Model) -> Vec<Site<'_>> {
    let mut gathered = Gathered { model, sites: Vec::new() };
    model.visit(&mut gathered);
    let filters = model.rollups.iter().filter_map(|it| it.filter.as_ref());
    gathered.sites.extend(filters.map(|expr| Site { expr, role: Role::Filter, item: None, rule: expr.span }));
    gathered.sites.clone().into_iter().for_each(|site| gathered.wheres(site));
    // A definition's are met with every use of it.
    let mut seen = BTreeSet::new();
    gathered.sites.retain(|site| site.role != Role::Where || seen.insert(site.expr.span));
    gathered.sites
}
