//! The conditions that rules ask first, so that two of one score can be held against each other.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use crate::bounds::Table;
use crate::bounds::abstraction::{Abstraction, Cond, Var};
use crate::bounds::truth::Truth;
use crate::hir::{Branch, ItemKind, Model, ScoreBody};

/// The first branch of an `if`: it fires whenever its condition is true.
pub(crate) struct Asked<'m> {
    pub(crate) branch: &'m Branch,
    /// Whether it is the only branch, without `else`.
    pub(crate) alone: bool,
    pub(crate) cond: Cond,
    pub(crate) vars: BTreeSet<Var>,
    /// Where the condition is an `and` of tests of single variables: the values of each that it leaves.
    pub(crate) parts: Option<BTreeMap<Var, Vec<u64>>>,
    /// Equal for conditions that say the same.
    pub(crate) key: u64,
}

/// By score, the rules whose condition some records meet and others do not.
pub(crate) fn all<'m>(model: &'m Model, picture: &Abstraction<'m>) -> Vec<Vec<Asked<'m>>> {
    let of = |score: &'m crate::hir::Score| {
        let mut out = Vec::new();
        if let ScoreBody::Items { items, .. } = &score.body {
            gather(picture, items, &[], &mut out);
        }
        out
    };
    model.scores.iter().map(of).collect()
}

/// Of a group's rules those of which all that fire count; with `when` they fire only where that is true too.
fn gather<'m>(picture: &Abstraction<'m>, items: &'m [crate::hir::Item], gates: &[Cond], out: &mut Vec<Asked<'m>>) {
    for item in items {
        if let ItemKind::Group { best: None, when, items, .. } = &item.kind {
            let own =
                when.as_ref().map(|when| picture.conditions.get(&when.span).cloned().unwrap_or(Cond::Const(Truth::Unknown)));
            let gates: Vec<Cond> = gates.iter().cloned().chain(own).collect();
            gather(picture, items, &gates, out);
        }
        let ItemKind::If { branches, otherwise, unknown } = &item.kind else { continue };
        let Some(branch) = branches.first() else { continue };
        let Some(cond) = picture.conditions.get(&branch.condition.span) else { continue };
        let cond = &match gates {
            [] => cond.clone(),
            gates => Cond::And(gates.iter().cloned().chain([cond.clone()]).collect()),
        };
        let parts = parts(picture, cond);
        if !varies(picture, cond, parts.as_ref()) {
            continue;
        }
        let mut vars = BTreeSet::new();
        picture.vars_of(cond, &mut vars);
        let key = parts.as_ref().map_or_else(|| key(picture, cond), hash);
        let alone = branches.len() == 1 && otherwise.is_none() && unknown.is_none();
        out.push(Asked { branch, alone, cond: cond.clone(), vars, parts, key });
    }
}

/// Whether some records meet the condition and others do not; taken for granted where there is too much to go through.
fn varies(picture: &Abstraction<'_>, cond: &Cond, parts: Option<&BTreeMap<Var, Vec<u64>>>) -> bool {
    let Some(parts) = parts else { return picture.truths(cond).is_none_or(|[f, u, t]| t && (f || u)) };
    let met = parts.values().all(|bits| bits.iter().any(|b| *b != 0));
    let left_out = parts.iter().any(|(var, bits)| {
        let met: usize = bits.iter().map(|b| b.count_ones() as usize).sum();
        picture.vars.get(*var).is_some_and(|v| met < v.len)
    });
    met && left_out
}

/// The values of each variable for which a condition is true, where it is an `and` of tests of single variables.
fn parts(picture: &Abstraction<'_>, cond: &Cond) -> Option<BTreeMap<Var, Vec<u64>>> {
    let mut out: BTreeMap<Var, Vec<u64>> = BTreeMap::new();
    let list: Vec<&Cond> = match cond {
        Cond::And(parts) => parts.iter().collect(),
        Cond::Const(_) | Cond::Test(_) | Cond::Not(_) | Cond::Or(_) => vec![cond],
        Cond::Unless(..) | Cond::AtLeast(..) => vec![cond],
    };
    for part in list {
        let (var, bits) = picture.bits(part)?;
        match out.get_mut(&var) {
            Some(have) => have.iter_mut().zip(bits).for_each(|(h, b)| *h &= b),
            None => {
                out.insert(var, bits);
            }
        }
    }
    Some(out)
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The condition whatever the order of its parts.
fn key(picture: &Abstraction<'_>, cond: &Cond) -> u64 {
    let all = |conds: &[Cond]| {
        let mut keys: Vec<u64> = conds.iter().map(|c| key(picture, c)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    match cond {
        Cond::Const(truth) => hash(&(0, *truth)),
        Cond::Test(table) => hash(&(1, picture.tables.get(*table).map(Table::content))),
        Cond::Not(x) => hash(&(2, key(picture, x))),
        Cond::And(xs) => hash(&(3, all(xs))),
        Cond::Or(xs) => hash(&(4, all(xs))),
        Cond::AtLeast(count, xs) => {
            let mut keys: Vec<u64> = xs.iter().map(|c| key(picture, c)).collect();
            keys.sort_unstable();
            hash(&(6, count, keys))
        }
        Cond::Unless(x, y) => hash(&(5, key(picture, x), key(picture, y))),
    }
}
