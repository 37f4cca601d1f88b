//! The account of an item: what decided, what it would have taken, and how its points were worked out.

use super::cause::{Context, distance, gap_to, less, nearer_end};
use super::record::{Record, bound, condition_check};
use super::{Check, ItemAccount, Outcome, events};
use crate::hir::words;
use crate::hir::{Arm, BandLine, Bounds, Branch, Expr, Item, ItemKind, MatchLine};
use crate::invariant::{SureAt as _, fits};
use crate::syntax::Provenance;
use crate::value::{Points, Value};

pub(super) fn account(context: &Context<'_>, record: Record<'_>, item: &Item) -> ItemAccount {
    let mut out = ItemAccount {
        line: context.sources.place(item.span).line,
        rule: words::head(context.sources, item),
        ..ItemAccount::default()
    };
    if let ItemKind::Group { when, bounds, items, .. } = &item.kind {
        if let Some(when) = when.as_ref().filter(|when| context.seen.truth(when) != Some(true)) {
            let unknown = context.seen.truth(when).is_none();
            out.outcome = if unknown { Outcome::Unknown } else { Outcome::NotFired };
            out.seen = context.seen_values(&[when]);
            out.why = context.causes(when);
            return out;
        }
        group(context, record, item, bounds, items, &mut out);
        return out;
    }
    let arms = words::arms(item);
    let fired: Vec<&Arm> = arms.iter().copied().filter(|a| hits(record, a) > 0).collect();
    let sum: i128 = fired.iter().filter_map(|a| record.scores.points.get(a.id.index())).sum();
    out.points = Points(fits(sum));
    let unknown = record.scores.unknowns.get(item.id.index()).is_some_and(|&n| n > 0);
    out.outcome = match (fired.is_empty(), unknown) {
        (false, _) => Outcome::Fired,
        (true, true) => Outcome::Unknown,
        (true, false) => Outcome::NotFired,
    };
    out.because = fired.iter().find_map(|a| a.because.as_ref()).map(|b| b.text.to_string());
    if arms.len() > 1 && !fired.is_empty() {
        let lines: Vec<String> = fired.iter().map(|a| words::arm(context.sources, a)).collect();
        out.chosen = Some(lines.join(", "));
    }
    match &item.kind {
        ItemKind::If { branches, .. } => branch(context, record, branches, &arms, &mut out),
        ItemKind::Band { value, lines, .. } => band(context, value, lines, &mut out),
        ItemKind::Match { value, lines, .. } => matched(context, value, lines, &mut out),
        ItemKind::MatchEach { set, .. } => {
            out.seen = context.seen_values(&[set]);
            out.why.push(format!("{} is {}", context.words(set), context.value(set)));
            members(context, record, &fired, sum, &mut out);
        }
        ItemKind::MatchEvents { field, lines, .. } => {
            for line in lines.iter().filter(|line| hits(record, &line.each.arm) > 0) {
                let mut of = ItemAccount { bound: None, ..out.clone() };
                (of.why, of.arithmetic) = (Vec::new(), Vec::new());
                events::each(context, record, &line.each, &mut of);
                let words = words::arm(context.sources, &line.each.arm);
                out.why.extend(of.why.into_iter().map(|why| format!("{words}: {why}")));
                out.arithmetic.extend(of.arithmetic.into_iter().map(|part| format!("{words}: {part}")));
                out.arithmetic.extend(of.bound.map(|b| format!("{words}: {} makes {} of {}", b.rule, b.to, b.from)));
            }
            if out.why.is_empty() {
                let list = context.model.schema.event(lines.first().map_or(crate::schema::EventId(0), |l| l.each.event));
                let list = list.map_or("event", |list| &list.name);
                out.why.push(format!("no {list} has a line for its {}", context.words(field)));
            }
        }
        ItemKind::Each(each) => events::each(context, record, each, &mut out),
        ItemKind::Per { step, value, arm, bounds } => per(context, *step, value, arm, bounds, &mut out),
        ItemKind::Group { .. } => {}
    }
    out.why.extend(fired.iter().filter_map(|arm| Provenance::above(context.sources, arm.span)).map(|p| p.words()));
    out
}

/// The lines of a `match each` that fired: each on a line of its own, with its reason and points.
fn members(context: &Context<'_>, record: Record<'_>, fired: &[&Arm], sum: i128, out: &mut ItemAccount) {
    let unlimited = Bounds::default();
    out.bound = bound(context, &unlimited, sum);
    out.points = unlimited.clamp(sum);
    if fired.len() < 2 {
        return;
    }
    out.chosen = None;
    out.because = None;
    let line = |arm: &&Arm| {
        let points = *record.scores.points.sure_at(arm.id.index());
        ItemAccount {
            line: context.sources.place(arm.span).line,
            rule: words::arm(context.sources, arm),
            because: arm.because.as_ref().map(|b| b.text.to_string()),
            outcome: Outcome::Fired,
            points: Points(fits(points)),
            ..ItemAccount::default()
        }
    };
    out.items = fired.iter().map(line).collect();
}

fn hits(record: Record<'_>, arm: &Arm) -> u64 {
    *record.scores.hits.sure_at(arm.id.index())
}

fn group(context: &Context<'_>, record: Record<'_>, of: &Item, bounds: &Bounds, items: &[Item], out: &mut ItemAccount) {
    out.items = items.iter().map(|i| account(context, record, i)).collect();
    if let ItemKind::Group { best: Some(best), .. } = of.kind {
        for (item, inner) in items.iter().zip(&mut out.items) {
            if record.scores.left_out.get(item.id.index()).is_some_and(|&n| n > 0) {
                inner.near.clear();
                inner.why.push(format!("not among the best {best}"));
                inner.points = Points(0);
            }
        }
    }
    let sum: i128 = out.items.iter().map(|i| i128::from(i.points.0)).sum();
    out.bound = bound(context, bounds, sum);
    out.points = bounds.clamp(sum);
    let any = |outcome| out.items.iter().any(|i| i.outcome == outcome);
    out.outcome = if any(Outcome::Fired) {
        Outcome::Fired
    } else if any(Outcome::Unknown) {
        Outcome::Unknown
    } else {
        Outcome::NotFired
    };
}

fn branch(context: &Context<'_>, record: Record<'_>, branches: &[Branch], arms: &[&Arm], out: &mut ItemAccount) {
    let conditions: Vec<&Expr> = branches.iter().map(|b| &b.condition).collect();
    out.seen = context.seen_values(&conditions);
    let decided = branches.iter().position(|b| hits(record, &b.arm) > 0);
    match decided.and_then(|at| branches.get(at)) {
        Some(branch) => {
            out.why = context.causes(&branch.condition);
            if let Some((decay, since)) = &branch.decay {
                for value in context.seen_values(&[since]) {
                    if !out.seen.contains(&value) {
                        out.seen.push(value);
                    }
                }
                out.arithmetic = vec![events::faded(context, &branch.arm, decay, since)];
            }
        }
        None => {
            if let [only] = branches {
                out.why = context.causes(&only.condition);
            }
        }
    }
    if arms.len() > 1 {
        let check = |(at, b): (usize, &Branch)| {
            let passed = decided.is_some_and(|d| at > d);
            condition_check(
                context,
                &b.condition,
                words::arm(context.sources, &b.arm),
                b.arm.because.as_ref(),
                b.arm.span,
                passed,
            )
        };
        out.branches = branches.iter().enumerate().map(check).collect();
        let rest = arms.iter().filter(|a| !branches.iter().any(|b| b.arm.id == a.id));
        out.branches.extend(rest.map(|a| Check {
            line: context.sources.place(a.span).line,
            rule: words::arm(context.sources, a),
            because: a.because.as_ref().map(|b| b.text.to_string()),
            outcome: if hits(record, a) > 0 { Outcome::Fired } else { Outcome::Passed },
            seen: Vec::new(),
            why: Vec::new(),
        }));
    }
}

fn band(context: &Context<'_>, value: &Expr, lines: &[BandLine], out: &mut ItemAccount) {
    out.seen = context.seen_values(&[value]);
    let words = context.words(value);
    out.why.push(format!("{words} is {}", context.value(value)));
    let Some(seen) = context.seen.value(value) else { return };
    let seen = if let Value::DateTime(micros) = seen {
        Value::Date(crate::time::day_of(micros, &context.model.schema.zone))
    } else {
        seen
    };
    // The nearest line on each side that gives more points than this one.
    let better = lines.iter().filter(|l| l.arm.points > out.points);
    let mut sides: [Option<(&BandLine, Value)>; 2] = [None, None];
    for line in better {
        let Some(end) = nearer_end(&seen, &line.range) else { continue };
        let above = less(&seen, &end) == Some(true);
        let Some(side) = sides.get_mut(usize::from(above)) else { continue };
        let nearer = side.as_ref().is_none_or(|(_, other)| less(&end, other) == Some(above));
        if nearer {
            *side = Some((line, end));
        }
    }
    for (line, end) in sides.into_iter().flatten() {
        let (verb, way) = if less(&seen, &end) == Some(true) { ("starts at", "more") } else { ("ends at", "less") };
        let end = super::values::shown(Some(&end), &value.ty, &context.model.schema.zone);
        let gap = gap_to(&seen, &line.range).map_or_else(String::new, |gap| format!(", {gap} {way}"));
        out.near.push(format!("the next band {verb} {end}{gap}: {}", line.arm.points.signed()));
    }
}

fn matched(context: &Context<'_>, value: &Expr, lines: &[MatchLine], out: &mut ItemAccount) {
    out.seen = context.seen_values(&[value]);
    out.why.push(format!("{} is {}", context.words(value), context.value(value)));
    let best = lines.iter().filter(|l| l.arm.points > out.points).max_by_key(|l| l.arm.points);
    if let Some(line) = best {
        out.near.push(format!("the best line is {}", words::arm(context.sources, &line.arm)));
    }
}

fn per(context: &Context<'_>, step: i64, value: &Expr, arm: &Arm, bounds: &Bounds, out: &mut ItemAccount) {
    out.seen = context.seen_values(&[value]);
    out.why.push(format!("{} is {}", context.words(value), context.value(value)));
    let Some(seen) = context.seen.value(value) else { return };
    let Some(n) = super::record::number(&seen) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a step of a rule")]
    let units = (n / step as f64).floor();
    if units < 1.0 {
        let gap = distance(&Value::Integer(step), &seen);
        out.near.extend(gap.map(|gap| format!("the first {} needs {gap} more", arm.points.signed())));
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float to an integer saturates")]
    let raw = (units as i128).saturating_mul(i128::from(arm.points.0));
    let raw = Points(fits(raw.clamp(-i128::from(i64::MAX), i128::from(i64::MAX))));
    out.arithmetic.push(format!("{units} times {} is {}", arm.points.signed(), raw.signed()));
    out.bound = bound(context, bounds, raw.0.into());
}
