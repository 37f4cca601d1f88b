//! The cells of a property: values that stand for all values that the conditions of the model cannot tell apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::eval::Scope;
use super::terms::{Cuts, TextLeaf};
use super::truth::Truth;
use crate::hir::{Expr, Model, TextTest};
use crate::schema::{PropId, Property};
use crate::text::fold;
use crate::time::{AsOf, months_back, months_on};
use crate::value::{Type, Value};

/// One value (or no value) of a property, at one moment.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The value, `None` where unknown (or empty).
    pub value: Option<Value>,
    /// The moment that the value was chosen for.
    pub as_of: AsOf,
    /// A text that was not found, with what its tests (by place in [`Cuts::texts`]) would come to.
    pub assumed: Option<Vec<Truth>>,
}

/// How many cells a property may have before its conditions are taken one by one.
const MOST_CELLS: usize = 4096;
/// How many text tests are taken together.
const MOST_TEXT_TESTS: usize = 10;
/// How many entries of a list are tried as values.
const MOST_CONSTANTS: usize = 200;

/// The cells of a property; `None` where there are too many to look at together.
pub fn cells(model: &Model, id: PropId, property: &Property, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let make = |value: Option<Value>| Cell { value, as_of: base, assumed: None };
    let mut cells: Vec<Cell> = match &property.ty {
        Type::Boolean => [false, true].map(|b| make(Some(Value::Boolean(b)))).into(),
        Type::OneOf(options) => codes(options.len()).map(|c| make(Some(Value::Option(c)))).collect(),
        Type::Integer => integers(cuts).into_iter().map(|n| make(Some(Value::Integer(n)))).collect(),
        Type::Number => numbers(cuts).into_iter().map(|n| make(Some(Value::Number(n)))).collect(),
        Type::Date | Type::DateTime => dates(model, &property.ty, cuts, base)?,
        Type::SetOf(options) => sets(options.len(), cuts)?.into_iter().map(|s| make(Some(Value::Set(s)))).collect(),
        Type::SetOfText => text_sets(cuts)?.into_iter().map(|s| make(Some(Value::TextSet(s)))).collect(),
        Type::Text => texts(model, id, cuts, base)?,
        Type::Score | Type::Label => Vec::new(),
    };
    let set = matches!(property.ty, Type::SetOf(_) | Type::SetOfText);
    if property.default.is_none() && !set {
        cells.insert(0, make(None));
    }
    (cells.len() <= MOST_CELLS).then_some(cells)
}

fn codes(len: usize) -> impl Iterator<Item = u32> {
    0..u32::try_from(len).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "cuts beyond 64 bits are held to its ends, which is what an integer can be")]
fn integers(cuts: &Cuts) -> BTreeSet<i64> {
    let mut out = BTreeSet::from([0, 1]);
    for cut in &cuts.numbers {
        let (floor, ceil) = (cut.0.floor() as i64, cut.0.ceil() as i64);
        out.extend([floor.saturating_sub(1), floor, ceil, ceil.saturating_add(1)]);
    }
    out
}

fn numbers(cuts: &Cuts) -> Vec<f64> {
    let mut out = vec![0.0, 1.0];
    for cut in &cuts.numbers {
        out.extend([cut.0 - 1.0, cut.0.next_down(), cut.0, cut.0.next_up(), cut.0 + 1.0]);
    }
    out.retain(|n| n.is_finite());
    out.sort_by(f64::total_cmp);
    out.dedup();
    out
}

/// Days (or moments) around every cut; where absolute and relative cuts, or days and months, meet on one property, at several moments.
fn dates(model: &Model, ty: &Type, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let zone = &model.schema.zone;
    let relative = !(cuts.ages.is_empty() && cuts.months.is_empty() && cuts.hours.is_empty());
    let mut moments = vec![base];
    let mut absolute: BTreeSet<i32> = cuts.days.clone();
    absolute.extend(cuts.moments.iter().map(|&m| crate::time::day_of(m, zone)));
    if relative {
        for &day in &absolute {
            for age in cuts.ages.iter().copied().chain(cuts.months.iter().map(|m| m * 31)).chain([-36_500, 0, 36_500]) {
                for near in [-1, 0, 1] {
                    moments.push(AsOf::end_of(i32::try_from(i64::from(day) + age + near).ok()?, zone));
                }
            }
        }
        if !cuts.months.is_empty() && !cuts.ages.is_empty() {
            moments.extend([19_812, 20_148, 20_512].map(|day| AsOf::end_of(day, zone)));
        }
    }
    moments.sort_by_key(|m| m.day);
    moments.dedup_by_key(|m| m.day);
    let mut out = Vec::new();
    for as_of in moments {
        let mut days: BTreeSet<i32> = BTreeSet::from([as_of.day]);
        for &day in &absolute {
            days.extend([day - 1, day, day + 1]);
        }
        for &age in &cuts.ages {
            let day = i32::try_from(i64::from(as_of.day) - age).ok()?;
            days.extend([day - 1, day, day + 1]);
        }
        for &months in &cuts.months {
            let day = if months < 0 { months_on(as_of.day, -months)? } else { months_back(as_of.day, months)? };
            days.extend([day - 1, day, day + 1]);
        }
        if *ty == Type::Date {
            out.extend(days.into_iter().map(|d| Cell { value: Some(Value::Date(d)), as_of, assumed: None }));
        } else {
            let mut micros: BTreeSet<i64> = days.iter().map(|&d| AsOf::end_of(d, zone).micros).collect();
            for &hours in &cuts.hours {
                let at = as_of.micros - hours * 3_600_000_000;
                micros.extend([at - 3_600_000_000, at - 1, at, at + 1, at + 3_600_000_000]);
            }
            micros.extend(cuts.moments.iter().flat_map(|&m| [m - 1, m, m + 1]));
            micros.insert(as_of.micros);
            out.extend(micros.into_iter().map(|m| Cell { value: Some(Value::DateTime(m)), as_of, assumed: None }));
        }
        if out.len() > MOST_CELLS {
            return None;
        }
    }
    Some(out)
}

/// Every choice of members, options that no condition tells apart being taken by their number alone.
fn sets(len: usize, cuts: &Cuts) -> Option<Vec<Vec<u32>>> {
    let mut classes: Vec<(Vec<bool>, Vec<u32>)> = Vec::new();
    for code in codes(len) {
        let signature: Vec<bool> = cuts.option_groups.iter().map(|g| g.contains(&code)).collect();
        match classes.iter_mut().find(|(s, _)| *s == signature) {
            Some((_, members)) => members.push(code),
            None => classes.push((signature, vec![code])),
        }
    }
    let mut out: Vec<Vec<u32>> = vec![Vec::new()];
    for (_, members) in &classes {
        let mut next = Vec::new();
        for set in &out {
            for n in 0..=members.len() {
                let mut with = set.clone();
                with.extend(members.iter().take(n));
                next.push(with);
            }
        }
        if next.len() > MOST_CELLS {
            return None;
        }
        out = next;
    }
    out.iter_mut().for_each(|s| s.sort_unstable());
    Some(out)
}

fn text_sets(cuts: &Cuts) -> Option<Vec<Vec<Arc<str>>>> {
    if cuts.set_texts.len() > MOST_TEXT_TESTS {
        return None;
    }
    let mut all: Vec<Arc<str>> = cuts.set_texts.iter().cloned().collect();
    let most = cuts.counts.last().copied().unwrap_or(0).clamp(0, 8);
    all.extend((0..=most).map(|n| Arc::from(format!("other {}", n + 1))));
    if all.len() > 12 {
        return None;
    }
    Some((0_u32..1 << all.len()).map(|bits| pick(&all, bits)).collect())
}

fn pick<T: Clone>(all: &[T], bits: u32) -> Vec<T> {
    all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, t)| t.clone()).collect()
}

/// Texts: every constant, and for every choice of tests that do not exclude one another a text that passes just these.
fn texts(model: &Model, id: PropId, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let truths = |value: &Value| -> Vec<Truth> {
        let scope = Scope { model, property: id, value: Some(value), as_of: base };
        cuts.texts.iter().map(|leaf| scope.truth(&leaf.expr)).collect()
    };
    let mut seen: Vec<Vec<Truth>> = Vec::new();
    let mut out = Vec::new();
    let mut counts: BTreeSet<i64> = BTreeSet::new();
    for &n in &cuts.counts {
        counts.extend([n - 1, n, n + 1]);
    }
    if !counts.is_empty() && !cuts.texts.is_empty() {
        // Which lengths go with which tests cannot be told by samples.
        return None;
    }
    let counted = || counts.iter().filter(|n| (1..=1000).contains(*n)).filter_map(|&n| usize::try_from(n).ok());
    for (words, length) in counted().flat_map(|words| counted().map(move |length| (words, length))) {
        let Some(last) = (length + 2).checked_sub(2 * words).filter(|&last| last > 0) else { continue };
        let text = "x ".repeat(words - 1) + &"x".repeat(last);
        out.push(Cell { value: Some(Value::Text(Arc::from(text))), as_of: base, assumed: None });
    }
    let free: Vec<usize> =
        (0..cuts.texts.len()).filter(|&at| cuts.texts.get(at).is_some_and(|l| l.test != Some(TextTest::Is))).collect();
    if free.len() > MOST_TEXT_TESTS || cuts.texts.len() > 200 {
        return None;
    }
    let add = |text: String, seen: &mut Vec<Vec<Truth>>, out: &mut Vec<Cell>| {
        let value = Value::Text(Arc::from(text));
        let truths = truths(&value);
        if !seen.contains(&truths) {
            seen.push(truths);
            out.push(Cell { value: Some(value), as_of: base, assumed: None });
        }
    };
    add("something else".into(), &mut seen, &mut out);
    add("someone@elsewhere.example".into(), &mut seen, &mut out);
    for leaf in &cuts.texts {
        for text in leaf.texts.items.iter().take(MOST_CONSTANTS) {
            let whole = match (leaf.domain, leaf.test) {
                (true, Some(TextTest::Is)) => format!("someone@{text}"),
                (true, _) => format!("someone@{text}.example"),
                (false, _) => text.to_string(),
            };
            add(whole, &mut seen, &mut out);
            if leaf.domain && leaf.test == Some(TextTest::EndsWith) {
                add(format!("someone@{text}"), &mut seen, &mut out);
            }
        }
    }
    for bits in 0_u32..1 << free.len() {
        let chosen = pick(&free, bits);
        let leaves: Vec<&TextLeaf> = chosen.iter().filter_map(|&at| cuts.texts.get(at)).collect();
        for text in compose(&leaves) {
            add(text, &mut seen, &mut out);
        }
    }
    out.extend(assumed(model, cuts, &free, &mut seen, base));
    Some(out)
}

/// A text that passes the given tests, as far as joining their constants can make one.
fn compose(leaves: &[&TextLeaf]) -> Vec<String> {
    let first = |domain: bool, test: TextTest| {
        leaves.iter().filter(move |l| l.domain == domain && l.test == Some(test)).filter_map(|l| l.texts.items.first())
    };
    let part = |domain: bool| -> String {
        let longest = |test| first(domain, test).max_by_key(|t| t.len());
        let mut words: Vec<&str> = Vec::new();
        words.extend(longest(TextTest::StartsWith).map(|t| &**t));
        words.extend(first(domain, TextTest::Contains).map(|t| &**t));
        words.extend(first(domain, TextTest::ContainsWord).map(|t| &**t));
        let glue = if domain { "." } else { " " };
        let mut text = words.join(glue);
        if let Some(end) = longest(TextTest::EndsWith) {
            if !text.is_empty() && !end.starts_with('@') {
                text.push_str(glue);
            }
            text.push_str(end);
        }
        text
    };
    let (local, domain) = (part(false), part(true));
    if domain.is_empty() { vec![format!("{local} "), local] } else { vec![format!("{local}@{domain}")] }
        .into_iter()
        .map(|t| t.trim().to_owned())
        .filter(|t| !t.is_empty())
        .collect()
}

/// What the tests of a text may come to although no text was found for it: every choice that nothing rules out.
fn assumed(model: &Model, cuts: &Cuts, free: &[usize], seen: &mut Vec<Vec<Truth>>, base: AsOf) -> Vec<Cell> {
    let mut out = Vec::new();
    let has_domain = cuts.texts.iter().any(|l| l.domain);
    for bits in 0_u32..1 << free.len() {
        for domain_known in [true, false].into_iter().take(if has_domain { 2 } else { 1 }) {
            let truths: Vec<Truth> = cuts
                .texts
                .iter()
                .enumerate()
                .map(|(at, leaf)| {
                    let on = free.iter().position(|&f| f == at).is_some_and(|f| bits >> f & 1 == 1);
                    if leaf.domain && !domain_known && leaf.test.is_some() { Truth::Unknown } else { Truth::from(on) }
                })
                .collect();
            if !seen.contains(&truths) && possible(model, cuts, &truths) {
                seen.push(truths.clone());
                out.push(Cell { value: Some(Value::Text(Arc::from(""))), as_of: base, assumed: Some(truths) });
            }
        }
    }
    out
}

/// Whether nothing provable stands against these outcomes of the tests.
fn possible(model: &Model, cuts: &Cuts, truths: &[Truth]) -> bool {
    let pairs: Vec<(&TextLeaf, Truth)> = cuts.texts.iter().zip(truths.iter().copied()).collect();
    pairs.iter().filter(|(_, t)| *t == Truth::True).all(|(a, _)| {
        pairs.iter().filter(|(_, t)| *t == Truth::False).all(|(b, _)| !implies(a, b))
            && pairs.iter().filter(|(_, t)| *t == Truth::True).all(|(b, _)| !excludes(a, b))
            && fixed_domain(model, a, &pairs)
    })
}

/// Whether the first test cannot be passed without the second.
fn implies(a: &TextLeaf, b: &TextLeaf) -> bool {
    let (Some(at), Some(bt)) = (a.test, b.test) else { return false };
    if a.domain && !b.domain {
        let at_end = matches!((at, bt), (TextTest::EndsWith | TextTest::Is, TextTest::EndsWith | TextTest::Contains))
            || (at == TextTest::Contains && bt == TextTest::Contains);
        return at_end && every(a, b, |x, y| one_implies(at, x, bt, y));
    }
    a.domain == b.domain && every(a, b, |x, y| one_implies(at, x, bt, y))
}

fn every(a: &TextLeaf, b: &TextLeaf, holds: impl Fn(&str, &str) -> bool) -> bool {
    !a.texts.items.is_empty() && a.texts.items.iter().all(|x| b.texts.items.iter().any(|y| holds(x, y)))
}

fn one_implies(at: TextTest, x: &str, bt: TextTest, y: &str) -> bool {
    match bt {
        TextTest::Is => at == TextTest::Is && x == y,
        TextTest::Contains => x.contains(y),
        TextTest::StartsWith => matches!(at, TextTest::StartsWith | TextTest::Is) && x.starts_with(y),
        TextTest::EndsWith => matches!(at, TextTest::EndsWith | TextTest::Is) && x.ends_with(y),
        TextTest::ContainsWord => at == TextTest::ContainsWord && x == y,
    }
}

/// Whether two tests cannot both be passed.
fn excludes(a: &TextLeaf, b: &TextLeaf) -> bool {
    let (Some(at), Some(bt)) = (a.test, b.test) else { return false };
    let none = |apart: &dyn Fn(&str, &str) -> bool| {
        !a.texts.items.is_empty()
            && !b.texts.items.is_empty()
            && a.texts.items.iter().all(|x| b.texts.items.iter().all(|y| apart(x, y)))
    };
    a.domain == b.domain
        && match (at, bt) {
            (TextTest::StartsWith, TextTest::StartsWith) => none(&|x, y| !x.starts_with(y) && !y.starts_with(x)),
            (TextTest::EndsWith, TextTest::EndsWith) => none(&|x, y| !x.ends_with(y) && !y.ends_with(x)),
            _ => false,
        }
}

/// Where a text ends with `@domain`, its domain is that one: the tests of the domain must come to what they come to there.
fn fixed_domain(model: &Model, end: &TextLeaf, pairs: &[(&TextLeaf, Truth)]) -> bool {
    if end.domain || end.test != Some(TextTest::EndsWith) || !end.texts.items.iter().all(|t| t.contains('@')) {
        return true;
    }
    end.texts.items.iter().any(|text| {
        let domain = text.rsplit_once('@').map_or("", |(_, d)| d);
        let folded = fold(domain, model.schema.ignore_accents);
        pairs
            .iter()
            .filter(|(l, _)| l.domain)
            .all(|(l, truth)| l.test.is_none_or(|test| Truth::from(super::eval::text_test(test, &folded, &l.texts)) == *truth))
    })
}

/// The truth of a test in a cell.
pub fn truth(model: &Model, id: PropId, cuts: &Cuts, cell: &Cell, expr: &Expr) -> Truth {
    if let Some(assumed) = &cell.assumed
        && let Some(at) = cuts.texts.iter().position(|l| l.expr.span == expr.span && same(&l.expr, expr))
    {
        return assumed.get(at).copied().unwrap_or(Truth::Unknown);
    }
    Scope { model, property: id, value: cell.value.as_ref(), as_of: cell.as_of }.truth(expr)
}

fn same(a: &Expr, b: &Expr) -> bool {
    std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)
}
