//! `idle-bound`: a bound that no reachable sum gets as far as.

use super::super::context::Context;
use crate::bounds::abstraction::Node;
use crate::bounds::formula::Direction;
use crate::bounds::search::Objective;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Arm, Bounds, Score, ScoreId, Times};
use crate::value::Points;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for (at, tree) in context.picture.trees.iter().enumerate() {
        let Ok(id) = u32::try_from(at).map(ScoreId) else { continue };
        let Some(score) = context.model.score(id) else { continue };
        let name = &score.name;
        let Some(tree) = tree else {
            formula(context, id, score, out);
            continue;
        };
        bounds(context, id, &tree.nodes, &tree.bounds, &format!("the score `{name}`"), out);
        groups(context, id, &tree.nodes, out);
    }
    context.items(&mut |_, item| {
        item.bounded().into_iter().for_each(|(arm, bounds, times)| own(arm, bounds, times, out));
    });
}

/// The bounds of points for each of something, held against what so many as count give.
fn own(arm: &Arm, bounds: &Bounds, times: Option<Times>, out: &mut Diagnostics) {
    let p = arm.points.0;
    let most = times.filter(|t| t.per.is_none()).map(|t| p.saturating_mul(i64::from(t.count)));
    let (lo, hi) = if p < 0 { (most, Some(0)) } else { (Some(0), most) };
    ends(bounds, lo, hi, "this rule", out);
}

/// The bounds of a formula, held against what it comes to without them.
fn formula(context: &Context<'_>, id: ScoreId, score: &Score, out: &mut Diagnostics) {
    if score.bounds.min.is_none() && score.bounds.max.is_none() {
        return;
    }
    if let Some((lo, hi)) = context.before_bounds(id) {
        ends(&score.bounds, lo, hi, &format!("the score `{}`", score.name), out);
    }
}

/// How many items of one sum are taken together; the bounds of longer ones are looked at item by item.
const MOST_TOGETHER: usize = 200;

fn groups(context: &Context<'_>, id: ScoreId, nodes: &[Node], out: &mut Diagnostics) {
    for node in nodes {
        match node {
            Node::Group(_, own, inner) => {
                bounds(context, id, inner, own, "this group", out);
                groups(context, id, inner, out);
            }
            Node::Best(_, inner) | Node::Gated(_, inner) => groups(context, id, inner, out),
            Node::Piece(_) => {}
        }
    }
}

fn bounds(context: &Context<'_>, id: ScoreId, nodes: &[Node], bounds: &Bounds, what: &str, out: &mut Diagnostics) {
    if bounds.min.is_none() && bounds.max.is_none() {
        return;
    }
    let (lo, hi) = context.picture.outermost_sum(nodes);
    let certain = bounds.max.is_some_and(|(max, _)| hi < max.0) || bounds.min.is_some_and(|(min, _)| lo > min.0);
    if certain || nodes.len() > MOST_TOGETHER {
        let open = |p: i64| (!context.picture.is_endless(p)).then_some(p);
        return ends(bounds, open(lo), open(hi), what, out);
    }
    let goal = Objective::of_nodes(&context.picture, id, nodes);
    let end = |way| goal.extreme(id, way).map(|e| e.points);
    if let (Some(lo), Some(hi)) = (end(Direction::Down), end(Direction::Up)) {
        ends(bounds, lo, hi, what, out);
    }
}

/// Reports bounds that lie beyond what is reached; `None` at an end without bound.
fn ends(bounds: &Bounds, lo: Option<i64>, hi: Option<i64>, what: &str, out: &mut Diagnostics) {
    if let (Some((max, span)), Some(hi)) = (bounds.max, hi)
        && hi < max.0
    {
        out.push(idle(format!("`max {max}` never acts: {what} comes to {} at most", Points(hi)), span));
    }
    if let (Some((min, span)), Some(lo)) = (bounds.min, lo)
        && lo > min.0
    {
        out.push(idle(format!("`min {min}` never acts: {what} comes to {} at least", Points(lo)), span));
    }
}

fn idle(message: String, span: crate::source::Span) -> Diagnostic {
    Diagnostic::new(Code::IdleBound, span, message).label("never acts").help("take the bound out, or set it to what you meant")
}
