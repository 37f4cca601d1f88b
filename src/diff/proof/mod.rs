//! What has to be gone through to prove that two models give every record the same.
//!
//! Rules that both models have cancel out: a sum of the same items plus others is the same for all records if the others' sums are.
//! [`reduced`] leaves both models with what is not the same, and [`domain`] lists for every property that it reads one value for each
//! set of values that it cannot tell apart, or says why there is no such list.

mod closed;
mod domain;

use std::collections::BTreeMap;

use crate::hir::walk::shape;
use crate::hir::{
    Arm, Bounds, Branch, Each, Exclusion, Expr, Formula, Item, ItemKind, Label, LabelBody, Lifecycle, Model, Range,
};
use crate::hir::{Score, ScoreBody, StageCondition};
use crate::invariant::SureAt as _;

pub(super) use closed::closed;
pub(super) use domain::domains;

/// Two models, definitions put in, without the rules that both have; `None` where nothing can be left out because what rests on whole
/// scores is not the same. A group that both have within the same bounds becomes a score of its own, behind the others. If these models
/// give every record the same exclusion and the same scores, number by number, so do the whole ones, and the same labels and stages
/// with them.
#[must_use]
pub(super) fn reduced(old: &Model, new: &Model) -> Option<[Model; 2]> {
    let conditional = |model: &Model| model.scores.iter().any(|s| matches!(s.body, ScoreBody::Conditional(_)));
    if above(old) != above(new) || conditional(old) || conditional(new) {
        return None;
    }
    let [mut old, mut new] = [old.clone(), new.clone()];
    for model in [&mut old, &mut new] {
        model.labels.clear();
        model.lifecycles.clear();
        model.outputs.clear();
    }
    cancel(&mut old.exclusions, &mut new.exclusions, |e| shape(&e.condition));
    let mut groups: Vec<[Score; 2]> = Vec::new();
    for (score, other) in old.scores.iter_mut().zip(&mut new.scores) {
        reduce(score, other, &mut groups);
    }
    for [of_old, of_new] in groups {
        old.scores.push(of_old);
        new.scores.push(of_new);
    }
    Some([old, new])
}

/// What rests on whole scores: formulas, labels, lifecycles, the scores' bounds, and that the scores are the same by name.
fn above(model: &Model) -> Vec<String> {
    let name = |id: crate::id::ScoreId| model.score(id).map_or(String::new(), |s| s.name.to_string());
    let mut out: Vec<String> = Vec::new();
    for score in &model.scores {
        let body = match &score.body {
            ScoreBody::Items { .. } | ScoreBody::Given(_) => String::new(),
            ScoreBody::Formula(formula) => self::formula(formula, &name),
            // Such models are compared as they are.
            ScoreBody::Conditional(_) => String::new(),
        };
        out.push(format!("{} {} {body}", score.name, bounds(&score.bounds)));
    }
    out.extend(model.labels.iter().map(|l| label(l, model, &name)));
    out.extend(model.lifecycles.iter().map(|l| lifecycle(l, model)));
    out
}

fn reduce(old: &mut Score, new: &mut Score, groups: &mut Vec<[Score; 2]>) {
    // What the bounds make of equal sums is equal, so they can go.
    old.bounds = Bounds::default();
    new.bounds = Bounds::default();
    let bare =
        |items: Vec<Item>, score: &Score| Score { body: ScoreBody::Items { exclusions: Vec::new(), items }, ..score.clone() };
    let heads = [old.clone(), new.clone()];
    let (ScoreBody::Items { exclusions: a, items: b }, ScoreBody::Items { exclusions: c, items: d }) =
        (&mut old.body, &mut new.body)
    else {
        return;
    };
    cancel(a, c, |e: &Exclusion| shape(&e.condition));
    let mut inner = Vec::new();
    sums(b, d, &mut inner);
    let [head, other] = &heads;
    groups.extend(inner.into_iter().map(|[a, b]| [bare(a, head), bare(b, other)]));
}

/// Takes items out of two sums that both have; groups that both hold within the same bounds go into `groups`, with the items that only
/// one of them has.
fn sums(old: &mut Vec<Item>, new: &mut Vec<Item>, groups: &mut Vec<[Vec<Item>; 2]>) {
    cancel(old, new, item);
    for at in (0..old.len()).rev() {
        let head = |it: &Item| {
            // Of others the points are not the sum of their items'.
            let ItemKind::Group { title, best: None, when: None, bounds: held, .. } = &it.kind else { return None };
            Some(format!("{title} {}", bounds(held)))
        };
        let Some(wanted) = old.get(at).and_then(head) else { continue };
        let Some(other) = new.iter().position(|it| head(it).as_ref() == Some(&wanted)) else { continue };
        if let (ItemKind::Group { items: mut a, .. }, ItemKind::Group { items: mut b, .. }) =
            (old.remove(at).kind, new.remove(other).kind)
        {
            sums(&mut a, &mut b, groups);
            groups.push([a, b]);
        }
    }
}

/// Takes out of two lists what both have, each as often as both have it.
fn cancel<T>(old: &mut Vec<T>, new: &mut Vec<T>, shape: impl Fn(&T) -> String) {
    let count = |list: &[T]| {
        list.iter().fold(BTreeMap::new(), |mut n: BTreeMap<String, usize>, it| {
            *n.entry(shape(it)).or_default() += 1;
            n
        })
    };
    let (in_old, in_new) = (count(old), count(new));
    let both = |it: &String| in_old.get(it).zip(in_new.get(it)).map_or(0, |(old, new)| *old.min(new));
    for list in [old, new] {
        let mut gone: BTreeMap<String, usize> = BTreeMap::new();
        list.retain(|it| {
            let shape = shape(it);
            let most = both(&shape);
            let gone = gone.entry(shape).or_default();
            *gone += 1;
            *gone > most
        });
    }
}

fn bounds(it: &Bounds) -> String {
    format!("{:?}..{:?}", it.min.map(|(p, _)| p), it.max.map(|(p, _)| p))
}

fn range(it: &Range) -> String {
    format!("{:?}..{:?}{}", it.lo, it.hi, if it.hi_included { "" } else { "<" })
}

fn arm(it: Option<&Arm>) -> String {
    it.map_or_else(|| "none".to_owned(), |arm| arm.points.to_string())
}

/// An item without places and reasons: equal for items that give the same.
fn item(it: &Item) -> String {
    let lines = |head: &str, value: &Expr, lines: Vec<String>, rest: [Option<&Arm>; 2]| {
        format!("{head} {} {lines:?} else {} unknown {}", shape(value), arm(rest[0]), arm(rest[1]))
    };
    let keys = |lines: &[crate::hir::MatchLine]| -> Vec<String> {
        lines.iter().map(|l| format!("{:?}: {}", l.keys, l.arm.points)).collect()
    };
    match &it.kind {
        ItemKind::If { branches, otherwise, unknown } => {
            let branches: Vec<String> = branches.iter().map(branch).collect();
            format!("if {branches:?} else {} unknown {}", arm(otherwise.as_ref()), arm(unknown.as_ref()))
        }
        ItemKind::Band { value, lines: all, otherwise, unknown } => {
            let all = all.iter().map(|l| format!("{}: {}", range(&l.range), l.arm.points)).collect();
            lines("band", value, all, [otherwise.as_ref(), unknown.as_ref()])
        }
        ItemKind::Match { value, lines: all, otherwise, unknown } => {
            lines("match", value, keys(all), [otherwise.as_ref(), unknown.as_ref()])
        }
        ItemKind::MatchEach { set, lines: all, otherwise } => lines("match each", set, keys(all), [otherwise.as_ref(), None]),
        ItemKind::MatchEvents { lines, .. } => {
            let lines: Vec<String> = lines.iter().map(|line| each(&line.each)).collect();
            format!("match events {lines:?}")
        }
        ItemKind::Each(it) => each(it),
        ItemKind::Per { step, value, arm, bounds: held } => {
            format!("per {step} {} {} {}", shape(value), arm.points, bounds(held))
        }
        ItemKind::Group { best, when, bounds: held, items, .. } => {
            let items: Vec<String> = items.iter().map(item).collect();
            format!("group {best:?} {:?} {} {items:?}", when.as_ref().map(shape), bounds(held))
        }
    }
}

fn branch(it: &Branch) -> String {
    let decay = it.decay.as_ref().map(|(decay, since)| format!("{:?} {} since {}", decay.kind, decay.days, shape(since)));
    format!("{}: {} {decay:?}", shape(&it.condition), it.arm.points)
}

fn each(it: &Each) -> String {
    format!(
        "each {:?} within {:?} where {:?} {} {:?} {:?} {}",
        it.event,
        it.within,
        it.filter.as_ref().map(shape),
        it.arm.points,
        it.decay.map(|d| (d.kind, d.days)),
        it.times.map(|t| (t.count, t.per)),
        bounds(&it.bounds)
    )
}

fn formula(it: &Formula, name: &dyn Fn(crate::id::ScoreId) -> String) -> String {
    let all = |list: &[Formula]| list.iter().map(|f| formula(f, name)).collect::<Vec<_>>().join(", ");
    match it {
        Formula::Score(id, _) => name(*id),
        Formula::Number(n, _) => n.to_string(),
        Formula::Negate(x) => format!("-({})", formula(x, name)),
        Formula::Binary(op, a, b) => format!("({} {} {})", formula(a, name), op.sign(), formula(b, name)),
        Formula::Divide(a, n) => format!("({} / {n})", formula(a, name)),
        Formula::Min(list) => format!("min({})", all(list)),
        Formula::Max(list) => format!("max({})", all(list)),
    }
}

fn label(it: &Label, model: &Model, name: &dyn Fn(crate::id::ScoreId) -> String) -> String {
    let value = |code: u32| it.values.sure_at(code as usize);
    match &it.body {
        LabelBody::Ranges { score, lines, otherwise } => {
            let lines: Vec<String> = lines.iter().map(|l| format!("{}: {}", range(&l.range), value(l.value))).collect();
            format!("{} by {} {lines:?} else {:?}", it.name, name(*score), otherwise.as_ref().map(|o| value(o.value)))
        }
        LabelBody::Labels { label: by, lines, otherwise } => {
            let by = model.sure_label(*by);
            let text = |code: u32| &**by.values.sure_at(code as usize);
            let keys = |keys: &[u32]| keys.iter().map(|key| text(*key)).collect::<Vec<_>>().join(", ");
            let lines: Vec<String> = lines.iter().map(|l| format!("{}: {}", keys(&l.keys), value(l.value))).collect();
            let by = &by.name;
            format!("{} by {by} {lines:?} else {:?}", it.name, otherwise.as_ref().map(|o| value(o.value)))
        }
        LabelBody::Join(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(|id| model.label(*id)).map(|l| &*l.name).collect();
            format!("{} = {parts:?}", it.name)
        }
    }
}

fn lifecycle(it: &Lifecycle, model: &Model) -> String {
    let stage = |code: u32| it.stages.sure_at(code as usize);
    let holds: Vec<String> = it.holds.iter().map(|h| shape(&h.condition)).collect();
    let line = |rule: &crate::hir::StageRule| match &rule.when {
        StageCondition::Condition(c) => format!("{}: {}", stage(rule.stage), shape(c)),
        StageCondition::Excluded => format!("{}: excluded", stage(rule.stage)),
    };
    let lines: Vec<String> = it.rules.iter().map(line).collect();
    // Conditions name scores and labels by number, so these must be numbered alike.
    let names: Vec<&str> = model.scores.iter().map(|s| &*s.name).chain(model.labels.iter().map(|l| &*l.name)).collect();
    format!(
        "{} {:?} {holds:?} {lines:?} {:?} {} {names:?}",
        it.name,
        it.property,
        it.otherwise.map(|(code, _)| stage(code)),
        it.forward_only.is_some()
    )
}
