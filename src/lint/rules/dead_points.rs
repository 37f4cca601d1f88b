//! `dead-points`: points that a bound makes worthless.

use std::collections::BTreeSet;

use super::super::context::Context;
use crate::bounds::abstraction::{Gives, Node, Piece};
use crate::bounds::truth::Truth;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Bounds, ItemId};
use crate::source::Span;
use crate::value::Points;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for tree in context.picture.trees.iter().flatten() {
        region(context, &tree.nodes, &tree.bounds, out);
    }
    context.items(&mut |_, item| {
        for (arm, bounds, _) in item.bounded() {
            match (bounds.max, bounds.min) {
                (Some((max, place)), _) if arm.points.0 > 0 && max.0 == 0 => dead(arm.points_span, place, out),
                (_, Some((min, place))) if arm.points.0 < 0 && min.0 == 0 => dead(arm.points_span, place, out),
                _ => {}
            }
        }
    });
}

fn dead(points: Span, bound: Span, out: &mut Diagnostics) {
    out.push(
        Diagnostic::new(Code::DeadPoints, points, "these points change nothing: a bound takes them all away")
            .label("worth nothing")
            .also(bound, "because of this bound")
            .help("move the bound, or take the rule out"),
    );
}

/// Looks at every item of a score or group with bounds: without it the sum is already at the bound, and it can only push further.
fn region(context: &Context<'_>, nodes: &[Node], bounds: &Bounds, out: &mut Diagnostics) {
    let (least, most) = context.picture.outermost_sum(nodes);
    for node in nodes {
        match node {
            Node::Group(_, own, inner) => region(context, inner, own, out),
            Node::Best(_, inner) | Node::Gated(_, inner) => region(context, inner, &Bounds::default(), out),
            Node::Piece(_) => {}
        }
        if bounds.min.is_none() && bounds.max.is_none() {
            continue;
        }
        let (lo, hi) = context.picture.outermost(node);
        if lo == 0 && hi == 0 {
            continue;
        }
        let over = bounds.max.filter(|(max, _)| lo >= 0 && least - lo >= max.0);
        let under = bounds.min.filter(|(min, _)| hi <= 0 && most - hi <= min.0);
        if let Some((_, bound)) = over.or(under).or_else(|| beside(context, nodes, node, bounds))
            && let Some(span) = place(context, node)
        {
            dead(span, bound, out);
        }
    }
}

/// How many items of one sum are held against each other.
const MOST_TOGETHER: usize = 60;

/// The bound that takes the points of a rule away because wherever it fires, rules that look at the same have got there already.
fn beside(context: &Context<'_>, nodes: &[Node], node: &Node, bounds: &Bounds) -> Option<(Points, Span)> {
    let picture = &context.picture;
    let Node::Piece(own) = node else { return None };
    let (Piece::If { branches, otherwise: 0, unknown: 0 }, ..) = picture.pieces.get(*own)? else { return None };
    let [(cond, Gives::Points(points))] = branches.as_slice() else { return None };
    let bound = if *points > 0 { bounds.max? } else { bounds.min? };
    if nodes.len() > MOST_TOGETHER {
        return None;
    }
    let mut vars = BTreeSet::new();
    picture.vars_of(cond, &mut vars);
    let (mut known, mut rest) = (Vec::new(), 0_i64);
    for other in nodes {
        let Node::Piece(at) = other else {
            let (lo, hi) = picture.outermost(other);
            rest = rest.saturating_add(if *points > 0 { lo } else { hi });
            continue;
        };
        let Some((piece, ..)) = picture.pieces.get(*at).filter(|_| at != own) else { continue };
        let mut looks = BTreeSet::new();
        picture.vars_of_piece(piece, &mut looks);
        if looks.is_subset(&vars) && !picture.stepped.contains(at) {
            known.push(piece);
        } else {
            let (lo, hi) = picture.outermost(other);
            rest = rest.saturating_add(if *points > 0 { lo } else { hi });
        }
    }
    let (mut fires, mut dead) = (false, true);
    picture.each_value(&vars, known.len() + cond.size(), &mut |assignment| {
        if picture.eval(cond, assignment) == Truth::True {
            let sum = known.iter().fold(rest, |sum, piece| sum.saturating_add(picture.points(piece, assignment)));
            fires = true;
            dead &= if *points > 0 { sum >= bound.0.0 } else { sum <= bound.0.0 };
        }
    })?;
    (fires && dead).then_some(bound)
}

fn place(context: &Context<'_>, node: &Node) -> Option<Span> {
    let find = |wanted: ItemId| {
        let mut span = None;
        context.items(&mut |_, item| {
            if item.id == wanted {
                span = Some(item.span);
            }
        });
        span
    };
    match node {
        Node::Piece(at) => context.picture.pieces.get(*at).map(|(_, _, span)| *span),
        Node::Group(id, ..) => find(*id),
        Node::Best(..) | Node::Gated(..) => None,
    }
}
