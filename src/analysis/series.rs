//! What `check -v` tells about points that fade: the whole series.

use crate::decay::{Decay, DecayKind};
use crate::hir::words::squeezed;
use crate::hir::{Arm, Item, Model};
use crate::source::Sources;

/// So many values of a series are told.
const MOST: usize = 12;

/// One line for each place where points fade: `score.lsr:12: +5 losing 50% of its points every 30 days: 5, 2.5, 0`.
pub(super) fn lines(model: &Model, sources: &Sources) -> Vec<String> {
    let mut lines = Vec::new();
    let mut visit = |item: &Item, _depth: usize| {
        lines.extend(item.arms().into_iter().filter_map(|(arm, decay)| Some(line(sources, arm, decay?))));
    };
    for score in &model.scores {
        Model::items_of(score, &mut visit);
    }
    lines
}

fn line(sources: &Sources, arm: &Arm, decay: &Decay) -> String {
    let place = sources.place(decay.span);
    let series = decay.series(arm.points, MOST + 1);
    let mut values: Vec<String> = series.iter().take(MOST).map(ToString::to_string).collect();
    if series.len() > MOST {
        values.push("..".to_owned());
    }
    let period = match decay.kind {
        DecayKind::All => "each day",
        DecayKind::Linear { .. } | DecayKind::Compound { .. } | DecayKind::Fixed { .. } => "each period",
    };
    let points = arm.points.signed();
    let words = squeezed(sources, decay.span);
    format!("{}:{}: {points} {words}: {} ({period})", sources.name(decay.span), place.line, values.join(", "))
}
