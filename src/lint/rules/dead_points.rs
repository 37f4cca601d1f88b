//! `dead-points`: points that a bound makes worthless.

use super::super::context::Context;
use crate::bounds::picture::Node;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Bounds, ItemId, ItemKind};
use crate::source::Span;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for tree in context.picture.trees.iter().flatten() {
        region(context, &tree.nodes, &tree.bounds, out);
    }
    context.items(&mut |_, item| {
        let (points, bounds, span) = match &item.kind {
            ItemKind::Each(e) => (e.arm.points.0, e.bounds, e.arm.points_span),
            ItemKind::Per { arm, bounds, .. } => (arm.points.0, *bounds, arm.points_span),
            ItemKind::If { .. }
            | ItemKind::Band { .. }
            | ItemKind::Match { .. }
            | ItemKind::MatchEach { .. }
            | ItemKind::Group { .. } => {
                return;
            }
        };
        match (bounds.max, bounds.min) {
            (Some((max, place)), _) if points > 0 && max.0 == 0 => dead(span, place, out),
            (_, Some((min, place))) if points < 0 && min.0 == 0 => dead(span, place, out),
            _ => {}
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
        if let Node::Group(_, own, inner) = node {
            region(context, inner, own, out);
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
        if let Some((_, bound)) = over.or(under)
            && let Some(span) = place(context, node)
        {
            dead(span, bound, out);
        }
    }
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
    }
}
