//! Reachable ranges: what every score can come to over all records that the schema allows, before any data is read.
//!
//! Conditions cut the values of a property into [`cells`]; an [`abstraction`] of the model holds conditions and points as tables over
//! them; [`search`] finds the ends, taking rules that share properties together; a [`witness`] is the record that shows an end,
//! and only an end that the evaluator confirms is called exact.

pub mod abstraction;
pub mod accounts;
mod breakpoints;
pub mod cells;
pub mod cuts;
pub mod dates;
mod draw;
pub mod eval;
pub mod formula;
mod gather;
mod outcome;
mod outermost;
mod pattern;
mod reaching;
pub mod readable;
mod rests;
pub mod search;
pub mod subject;
mod table;
pub mod tally;
pub mod terms;
mod texts;
pub mod truth;
pub mod witness;

use std::sync::Arc;

pub use abstraction::Abstraction;
pub use table::Table;
pub use witness::Witness;

use crate::hir::{Expr, ExprKind, Model, ScoreBody, ScoreId};
use crate::value::Points;
use formula::Direction;
use search::{End, Objective};

/// What a score can come to over all records that are not excluded.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The score's name.
    pub name: Arc<str>,
    /// The least; `None` where points have no bound.
    pub min: Option<Points>,
    /// The greatest; `None` where points have no bound.
    pub max: Option<Points>,
    /// Whether a witness reaches each end; otherwise the range is an outer bound.
    pub exact: bool,
    /// Whether any record gets this score at all.
    pub possible: bool,
    /// A record that reaches the least.
    pub at_min: Option<Witness>,
    /// A record that reaches the greatest.
    pub at_max: Option<Witness>,
}

/// Asks the evaluator whether a score of a record comes to so many points; gives the record that shows it, this one or one like it.
pub type Confirm<'c> = dyn FnMut(&Witness, ScoreId, Points) -> Option<Witness> + 'c;

/// The range of every score.
#[must_use]
pub fn ranges(picture: &Abstraction<'_>, confirm: &mut Confirm<'_>) -> Vec<Reach> {
    (0..crate::invariant::number(picture.model.scores.len())).map(|id| range(picture, ScoreId(id), confirm)).collect()
}

fn range(picture: &Abstraction<'_>, id: ScoreId, confirm: &mut Confirm<'_>) -> Reach {
    let name = picture.model.score(id).map_or_else(|| Arc::from(""), |s| s.name.clone());
    let goal = Objective::of(picture, id);
    let (Some(least), Some(most)) = (goal.extreme(id, Direction::Down), goal.extreme(id, Direction::Up)) else {
        return Reach { name, min: None, max: None, exact: false, possible: false, at_min: None, at_max: None };
    };
    let mut confirmed = |end: &End| -> Option<Witness> {
        let witness = witness::witness(picture, end.assignment.as_ref()?)?;
        confirm(&witness, id, Points(end.points?))
    };
    // What gives the end may be nothing that a record can be made for, while something else gives it too.
    let mut shown = |end: &End, way: Direction| {
        confirmed(end).or_else(|| {
            end.points?;
            let other = Objective::made(picture, id).extreme(id, way)?;
            if other.points == end.points { confirmed(&other) } else { None }
        })
    };
    let (at_min, at_max) = (shown(&least, Direction::Down), shown(&most, Direction::Up));
    let tried = if at_min.is_some() && at_max.is_some() { Vec::new() } else { candidates(picture, id) };
    let mut found = |end: &End| {
        let points = end.points.map(Points)?;
        tried.iter().find_map(|witness| confirm(witness, id, points))
    };
    let (at_min, at_max) = (at_min.or_else(|| found(&least)), at_max.or_else(|| found(&most)));
    Reach {
        name,
        min: least.points.map(Points),
        max: most.points.map(Points),
        exact: at_min.is_some() && at_max.is_some(),
        possible: true,
        at_min,
        at_max,
    }
}

/// Records that may show an end of a score whose formula goes by conditions: those that show ends of the scores in it, one by one and put
/// together, and one without values.
fn candidates(picture: &Abstraction<'_>, id: ScoreId) -> Vec<Witness> {
    let model = picture.model;
    let mut asked = std::collections::BTreeSet::new();
    let Some(ScoreBody::Conditional(formula)) = model.score(id).map(|score| &score.body) else { return Vec::new() };
    rests::bases_of(model, id, &mut asked);
    for (condition, _) in &formula.branches {
        scores_in(model, condition, &mut |score| rests::bases_of(model, score, &mut asked));
    }
    let nothing = vec![0; picture.vars.len()];
    let mut assignments = vec![nothing.clone()];
    for way in [Direction::Down, Direction::Up] {
        let mut together = nothing.clone();
        for base in &asked {
            let Some(own) = Objective::made(picture, *base).extreme(*base, way).and_then(|end| end.assignment) else { continue };
            for (slot, value) in together.iter_mut().zip(&own) {
                if *slot == 0 {
                    *slot = *value;
                }
            }
            assignments.push(own);
        }
        assignments.push(together);
    }
    assignments.iter().filter_map(|assignment| witness::witness(picture, assignment)).collect()
}

/// Calls `visit` with every score that an expression asks for, through definitions.
fn scores_in(model: &Model, expr: &Expr, visit: &mut dyn FnMut(ScoreId)) {
    if let ExprKind::Score(id) = expr.kind {
        visit(id);
    } else if let ExprKind::Definition(id) = expr.kind
        && let Some(definition) = model.definition(id)
    {
        scores_in(model, &definition.value, visit);
    }
    expr.operands().for_each(|x| scores_in(model, x, visit));
}
