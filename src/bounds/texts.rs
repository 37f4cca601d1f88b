//! The cells of a text: every constant, and for every choice of tests that do not exclude one another a text that passes just these.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::cells::{Cell, pick};
use super::cuts::{Cuts, TextLeaf};
use super::eval::{Scope, text_test};
use super::pattern::Meaning;
use super::readable::{MARK, is_read, spelled};
use super::subject::Subject;
use super::terms::LONGEST_TEXT;
use super::truth::Truth;
use crate::hir::{ExprKind, Model, TextTest, Texts};
use crate::schema::Property;
use crate::text::fold;
use crate::time::AsOf;
use crate::value::Value;

/// How many text tests are taken together.
const MOST_TESTS: usize = 10;
/// How many choices of tests and domains are gone through.
const MOST_CHOICES: usize = 20_000;
/// How many text tests are held against each other.
const MOST_RELATED: usize = 200;
/// How many entries of a list are tried as values.
const MOST_CONSTANTS: usize = 200;

/// Some tests of a text that have to do with each other, and with no others.
pub(super) struct Group {
    /// By place in [`Cuts::texts`].
    pub(super) leaves: Vec<usize>,
    /// A text without any of them first, then none at all, then the others.
    pub(super) cells: Vec<Cell>,
}

/// The cells of a text; `None` where there are too many tests to look at together.
pub(super) fn cells(model: &Model, subject: &Subject, property: &Property, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let all: Vec<usize> = (0..cuts.texts.len()).collect();
    let texter = Texter::new(model, subject, cuts, base, &all);
    if texter.free.len() > MOST_TESTS || all.len() > MOST_RELATED {
        return None;
    }
    let mut out: Vec<Cell> = texter.counted.iter().map(|text| Cell::of(Some(text.clone()), base)).collect();
    if cuts.texts.iter().any(|l| !l.counts) || out.is_empty() {
        out.extend(texter.cells()?);
    }
    // What stands for an empty cell is not read from one.
    out.extend(property.default.clone().map(|value| Cell::of(Some(value), base)));
    Some(out)
}

/// Texts of every number of characters and words that the rules can tell apart.
fn counted(cuts: &Cuts) -> Vec<Value> {
    let mut counts: BTreeSet<i64> = cuts.counts.iter().flat_map(|&n| [n - 1, n, n + 1]).collect();
    if counts.is_empty() {
        return Vec::new();
    }
    // A single word may be of any length, and so many words need room, whatever the rules look at.
    counts.insert(1);
    let counted = || counts.iter().filter(|n| (1..=LONGEST_TEXT).contains(*n)).filter_map(|&n| usize::try_from(n).ok());
    let pairs = counted().flat_map(|words| {
        let mut lengths: BTreeSet<usize> = counted().collect();
        lengths.insert(2 * words - 1);
        lengths.into_iter().map(move |length| (words, length))
    });
    let text = |(words, length): (usize, usize)| {
        let last = (length + 2).checked_sub(2 * words).filter(|&last| last > 0)?;
        Some(Value::Text(Arc::from("x ".repeat(words - 1) + &"x".repeat(last))))
    };
    pairs.filter_map(text).collect()
}

/// The tests of a text in groups, where they are too many to look at together. Unlike [`cells`], what is true of one group is not held
/// against another: more is taken to be possible than is.
pub(super) fn groups(model: &Model, subject: &Subject, cuts: &Cuts, base: AsOf) -> Vec<Group> {
    if cuts.texts.len() > MOST_RELATED {
        return Vec::new();
    }
    let default = subject.declared(&model.schema).and_then(|property| property.default.clone());
    let all: Vec<usize> = (0..cuts.texts.len()).collect();
    let (free, fixed): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&at| is_free(cuts, at));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in free {
        let related = |group: &Vec<usize>| {
            group.iter().any(|&other| match (cuts.texts.get(at), cuts.texts.get(other)) {
                (Some(a), Some(b)) => {
                    let domains = fixes_domain(a, b) || fixes_domain(b, a);
                    implies(a, b) || implies(b, a) || excludes(a, b) || domains || (a.counts && b.counts)
                }
                _ => false,
            })
        };
        let (near, far): (Vec<_>, Vec<_>) = groups.into_iter().partition(related);
        groups = far;
        groups.push(near.into_iter().flatten().chain([at]).collect());
    }
    groups.push(fixed);
    let mut out = Vec::new();
    for leaves in groups {
        let texter = Texter::new(model, subject, cuts, base, &leaves);
        if leaves.is_empty() || texter.free.len() > MOST_TESTS {
            continue;
        }
        let Some(mut cells) = texter.cells() else { continue };
        if let Some(Value::Text(text)) = &default {
            cells.extend(texter.told(text));
        }
        for cell in &mut cells {
            // A text stands for what its tests come to, as in every other group.
            cell.assumed = cell.assumed.take().or(cell.told.take());
        }
        let none = |c: &Cell| c.assumed.iter().flatten().enumerate().all(|(at, t)| !leaves.contains(&at) || *t != Truth::True);
        cells.sort_by_key(|c| !none(c));
        cells.insert(1.min(cells.len()), Cell::of(None, base));
        out.push(Group { leaves, cells });
    }
    out
}

/// A text for which the tests come to what is asked; `None` where none is found.
pub(super) fn text(model: &Model, subject: &Subject, cuts: &Cuts, base: AsOf, wanted: &[(usize, Truth)]) -> Option<Value> {
    let asked: Vec<usize> = wanted.iter().map(|(at, _)| *at).collect();
    let leaves: Vec<&TextLeaf> =
        wanted.iter().filter(|(_, t)| *t == Truth::True).filter_map(|(at, _)| cuts.texts.get(*at)).collect();
    let constants = leaves.iter().flat_map(|l| l.texts.items.iter()).map(ToString::to_string);
    let others = ["something else", "someone@elsewhere.example"].map(str::to_owned);
    let domain = leaves.iter().find(|l| l.domain && l.test == Some(TextTest::Is)).and_then(|l| l.texts.items.first());
    let texts = compose(&leaves, domain.map(|d| &**d)).into_iter().chain(constants).chain(others);
    texts.filter(|text| is_read(&model.schema, text)).map(|t| Value::Text(Arc::from(t))).find(|value| {
        let truths = truths(model, subject, cuts, base, Some(value), &asked);
        wanted.iter().all(|(at, wanted)| truths.get(*at) == Some(wanted))
    })
}

/// By place, what the asked of all tests come to; unknown for the others.
fn truths(model: &Model, subject: &Subject, cuts: &Cuts, base: AsOf, value: Option<&Value>, asked: &[usize]) -> Vec<Truth> {
    let scope = Scope { model, subject, value, as_of: base, age: None };
    let mut all = vec![Truth::Unknown; cuts.texts.len()];
    for &at in asked {
        if let (Some(slot), Some(leaf)) = (all.get_mut(at), cuts.texts.get(at)) {
            *slot = scope.truth(&leaf.expr);
        }
    }
    all
}

fn is_free(cuts: &Cuts, at: usize) -> bool {
    cuts.texts.get(at).is_some_and(|l| l.test != Some(TextTest::Is))
}

/// A text as tests look at it.
struct Read {
    value: Value,
    folded: String,
    /// Its domain, folded.
    domain: Option<String>,
}

impl Read {
    fn of(text: &str, model: &Model) -> Self {
        let folded = |text: &str| fold(text, model.schema.ignore_accents).into_owned();
        let domain = text.rsplit_once('@').map(|(_, domain)| folded(domain));
        Self { value: Value::Text(Arc::from(text)), folded: folded(text), domain }
    }
}

/// What makes the cells of some tests.
struct Texter<'a> {
    model: &'a Model,
    subject: &'a Subject,
    cuts: &'a Cuts,
    base: AsOf,
    leaves: &'a [usize],
    /// The tests that are not decided by naming a constant.
    free: Vec<usize>,
    /// Domains that tests name, one for all that the tests cannot tell apart.
    domains: Vec<Arc<str>>,
    counted: Vec<Value>,
}

impl<'a> Texter<'a> {
    fn new(model: &'a Model, subject: &'a Subject, cuts: &'a Cuts, base: AsOf, leaves: &'a [usize]) -> Self {
        let free = leaves.iter().copied().filter(|&at| is_free(cuts, at)).collect();
        let mut out = Self { model, subject, cuts, base, leaves, free, domains: Vec::new(), counted: counted(cuts) };
        let named = out.all().filter(|l| l.domain && l.test == Some(TextTest::Is)).flat_map(|l| l.texts.items.iter().cloned());
        let mut seen = HashSet::new();
        out.domains = named.filter(|domain| seen.insert(out.told_by(domain))).collect();
        out
    }

    fn all(&self) -> impl Iterator<Item = &'a TextLeaf> {
        self.leaves.iter().filter_map(|&at| self.cuts.texts.get(at))
    }

    /// What the tests come to for a text with a domain, as far as that decides them.
    fn told_by(&self, domain: &str) -> Vec<Option<Truth>> {
        let read = Read::of(&format!("someone@{domain}"), self.model);
        let end = format!("@{domain}");
        let told = |leaf: &TextLeaf| {
            if leaf.domain {
                return self.is_decided(leaf, domain).then(|| self.truth(leaf, &read));
            }
            let test = leaf.test.filter(|_| !leaf.counts)?;
            let items = &leaf.texts.items;
            if items.iter().any(|y| one_implies(TextTest::EndsWith, &end, test, y)) {
                return Some(Truth::True);
            }
            let apart = test == TextTest::EndsWith && items.iter().all(|y| !y.ends_with(&end) && !end.ends_with(&**y));
            apart.then_some(Truth::False)
        };
        self.all().map(told).collect()
    }

    fn truth(&self, leaf: &TextLeaf, read: &Read) -> Truth {
        if let Some(test) = leaf.test.filter(|_| leaf.pattern.is_none()) {
            let text = if leaf.domain { read.domain.as_deref() } else { Some(&*read.folded) };
            return text.map_or(Truth::Unknown, |text| Truth::from(text_test(test, text, &leaf.texts)));
        }
        self.truth_of(leaf, &read.value)
    }

    fn truth_of(&self, leaf: &TextLeaf, value: &Value) -> Truth {
        Scope { model: self.model, subject: self.subject, value: Some(value), as_of: self.base, age: None }.truth(&leaf.expr)
    }

    /// Whether a test comes to the same for all texts that are compared as this one. A pattern looks at the text as it is written, and so
    /// does a number of characters or words.
    fn is_decided(&self, leaf: &TextLeaf, text: &str) -> bool {
        let accents = self.model.schema.ignore_accents;
        if leaf.counts {
            return !accents;
        }
        let ExprKind::Matches(_, pattern) = &leaf.expr.kind else { return true };
        // Signs that are compared as a plain letter and are no case of it: that of kelvin, a capital i with a dot.
        let plain = text.is_ascii() && !text.contains(['k', 'i']);
        leaf.test.is_some() || (plain && !accents && !pattern.source.contains('-'))
    }

    /// Texts that are compared as a constant: in capitals, with accents, and of several lengths.
    fn spellings(&self, constant: &str) -> Vec<String> {
        let mut out = vec![constant.to_owned()];
        if self.all().any(|l| l.pattern.is_some()) {
            out.push(constant.to_uppercase());
        }
        if self.model.schema.ignore_accents {
            let composed: String = constant.nfc().collect();
            out.push(format!("{MARK}{constant}{MARK}"));
            let more = self.cuts.counts.iter().flat_map(|&n| [n - 1, n, n + 1]);
            out.extend(more.filter_map(|n| {
                let marks = usize::try_from(n).ok()?.checked_sub(composed.chars().count())?;
                (n <= LONGEST_TEXT).then(|| composed.clone() + &String::from(MARK).repeat(marks))
            }));
        }
        out
    }

    /// A text made longer to every number of characters and words that the rules can tell apart, before it and behind it.
    fn padded(&self, text: &str) -> Vec<String> {
        let (have, words) = (text.chars().count(), text.split_whitespace().count());
        let counts = || self.cuts.counts.iter().flat_map(|&n| [n - 1, n, n + 1]).filter(|n| (1..=LONGEST_TEXT).contains(n));
        let more = counts().filter_map(|n| usize::try_from(n).ok());
        let mut out = Vec::new();
        for n in more {
            if let Some(missing) = n.checked_sub(have).filter(|&missing| missing > 0) {
                let pad = "x".repeat(missing);
                out.extend([format!("{pad}{text}"), format!("{text}{pad}")]);
            }
            if let Some(missing) = n.checked_sub(words).filter(|&missing| missing > 0) {
                out.extend([format!("{}{text}", "x ".repeat(missing)), format!("{text}{}", " x".repeat(missing))]);
            }
        }
        out
    }

    /// The cell of a text that was found.
    fn told(&self, text: &str) -> Option<Cell> {
        let read = Read::of(text, self.model);
        let truths: Vec<Truth> = self.all().map(|l| self.truth(l, &read)).collect();
        Some(Cell { told: Some(self.by_place(&truths)), ..Cell::of(Some(read.value), self.base) })
    }

    /// What these tests come to, by the places of all; unknown for the others.
    fn by_place(&self, truths: &[Truth]) -> Vec<Truth> {
        let mut all = vec![Truth::Unknown; self.cuts.texts.len()];
        for (&at, &truth) in self.leaves.iter().zip(truths) {
            if let Some(slot) = all.get_mut(at) {
                *slot = truth;
            }
        }
        all
    }

    /// `None` where there is too much to go through.
    fn cells(&self) -> Option<Vec<Cell>> {
        if (self.domains.len() + 2) << self.free.len() > MOST_CHOICES {
            return None;
        }
        let mut seen: HashSet<Vec<Truth>> = HashSet::new();
        let mut out = Vec::new();
        let mut add = |text: String| {
            if !is_read(&self.model.schema, &text) {
                return;
            }
            let read = Read::of(&text, self.model);
            let truths: Vec<Truth> = self.all().map(|l| self.truth(l, &read)).collect();
            if !seen.contains(&truths) {
                out.push(Cell { told: Some(self.by_place(&truths)), ..Cell::of(Some(read.value), self.base) });
                seen.insert(truths);
            }
        };
        add("something else".into());
        add("someone@elsewhere.example".into());
        for leaf in self.all() {
            for text in leaf.texts.items.iter().take(MOST_CONSTANTS) {
                let whole = match (leaf.domain, leaf.test) {
                    (true, Some(TextTest::Is)) => format!("someone@{text}"),
                    (true, _) => format!("someone@{text}.example"),
                    (false, _) => text.to_string(),
                };
                self.spellings(&whole).into_iter().for_each(&mut add);
                if leaf.domain && leaf.test == Some(TextTest::EndsWith) {
                    add(format!("someone@{text}"));
                }
            }
        }
        for bits in 0_u32..1 << self.free.len() {
            let chosen = pick(&self.free, bits);
            let leaves: Vec<&TextLeaf> = chosen.iter().filter_map(|&at| self.cuts.texts.get(at)).collect();
            for domain in [None].into_iter().chain(self.domains.iter().map(Some)) {
                for text in compose(&leaves, domain.map(|d| &**d)) {
                    self.padded(&text).into_iter().for_each(&mut add);
                    add(text);
                }
            }
        }
        out.extend(self.assumed(&mut seen)?);
        Some(out)
    }

    /// What the tests of a text may come to although no text was found for it: every choice that nothing rules out.
    fn assumed(&self, seen: &mut HashSet<Vec<Truth>>) -> Option<Vec<Cell>> {
        let mut out = Vec::new();
        let relations = Relations::of(self);
        // No domain, one that no test names, or one that some test names.
        let mut domains = vec![None];
        if self.all().any(|l| l.domain) {
            domains.push(Some(None));
            domains.extend(self.domains.iter().map(|d| Some(Some(self.told_by(d)))));
        }
        out.extend(self.respelled(seen, &relations)?);
        for bits in 0_u32..1 << self.free.len() {
            for domain in &domains {
                let Some(truths) = self.outcome(bits, domain.as_ref().map(Option::as_deref)) else { continue };
                if !seen.contains(&truths) && relations.allow(self, &truths) {
                    let all = self.by_place(&truths);
                    seen.insert(truths);
                    out.push(Cell { assumed: Some(all), ..Cell::of(Some(Value::Text(Arc::from(""))), self.base) });
                }
            }
        }
        Some(out)
    }

    /// What the tests may come to for a text that is compared as a constant, where they look at how it is written.
    fn respelled(&self, seen: &mut HashSet<Vec<Truth>>, relations: &Relations) -> Option<Vec<Cell>> {
        let mut out = Vec::new();
        let constants = self.all().filter(|l| l.test == Some(TextTest::Is) && !l.domain).flat_map(|l| l.texts.items.iter());
        for constant in constants {
            let open: Vec<usize> = (0..self.leaves.len())
                .filter(|&at| self.all().nth(at).is_some_and(|leaf| !self.is_decided(leaf, constant)))
                .collect();
            if open.is_empty() || spelled(&self.model.schema, constant).is_none() {
                continue;
            }
            if open.len() > MOST_TESTS || seen.len() > MOST_CHOICES {
                return None;
            }
            let read = Read::of(constant, self.model);
            let truths: Vec<Truth> = self.all().map(|l| self.truth(l, &read)).collect();
            for bits in 0_u32..1 << open.len() {
                let mut truths = truths.clone();
                for (bit, at) in open.iter().enumerate() {
                    if let Some(slot) = truths.get_mut(*at).filter(|t| **t != Truth::Unknown) {
                        *slot = Truth::from(bits >> bit & 1 == 1);
                    }
                }
                if !seen.contains(&truths) && relations.allow(self, &truths) {
                    let all = self.by_place(&truths);
                    seen.insert(truths);
                    out.push(Cell { assumed: Some(all), ..Cell::of(Some(Value::Text(Arc::from(""))), self.base) });
                }
            }
        }
        Some(out)
    }

    /// What the tests come to for a choice of the free ones, and a domain: none, one that no test names, or one that decides some tests;
    /// `None` where the two do not go together.
    fn outcome(&self, bits: u32, domain: Option<Option<&[Option<Truth>]>>) -> Option<Vec<Truth>> {
        let mut truths = Vec::with_capacity(self.leaves.len());
        for (place, (leaf, at)) in self.all().zip(self.leaves).enumerate() {
            let bit = self.free.iter().position(|f| f == at).map(|f| bits >> f & 1 == 1);
            let told = domain.flatten().and_then(|told| told.get(place).copied().flatten());
            let truth = match told {
                Some(told) => told,
                None if leaf.domain && leaf.asks_known => Truth::from(domain.is_some()),
                None if leaf.domain && domain.is_none() => Truth::Unknown,
                None => Truth::from(bit == Some(true)),
            };
            let against = bit.is_some_and(|bit| Truth::from(bit) != truth && truth != Truth::Unknown);
            let without = domain.is_none() && self.all().any(|l| l.domain) && has_at(leaf);
            if against || (truth == Truth::True && (without || self.is_dropped(leaf))) {
                return None;
            }
            truths.push(truth);
        }
        Some(truths)
    }
}

impl Texter<'_> {
    /// Whether a test asks for outer white space, which readers drop.
    fn is_dropped(&self, leaf: &TextLeaf) -> bool {
        let white = |text: &str| text.starts_with(char::is_whitespace);
        let outer = |text: &str| match leaf.test {
            Some(TextTest::StartsWith) => !leaf.domain && white(text),
            Some(TextTest::EndsWith) => text.ends_with(char::is_whitespace),
            Some(TextTest::Is | TextTest::Contains | TextTest::ContainsWord) | None => false,
        };
        let given = self.subject.declared(&self.model.schema).is_some_and(|property| property.default.is_some());
        let plain = leaf.pattern.is_none() && !self.model.schema.ignore_accents && !given;
        plain && !leaf.texts.items.is_empty() && leaf.texts.items.iter().all(|text| outer(text))
    }
}

/// Whether a text that passes the test has an `@`, and so a domain.
fn has_at(leaf: &TextLeaf) -> bool {
    let ways = leaf.means();
    !leaf.domain && !ways.is_empty() && ways.iter().all(|facts| facts.iter().any(|(_, text)| text.contains('@')))
}

/// What is provable of every two tests.
struct Relations {
    implied: Vec<Vec<bool>>,
    excluded: Vec<Vec<bool>>,
    /// One of the two is true.
    either: Vec<Vec<bool>>,
}

impl Relations {
    fn of(texter: &Texter<'_>) -> Self {
        let leaves: Vec<&TextLeaf> = texter.all().collect();
        let samples: Vec<Vec<Truth>> = leaves
            .iter()
            .map(|l| if l.counts { texter.counted.iter().map(|v| texter.truth_of(l, v)).collect() } else { Vec::new() })
            .collect();
        let every = |holds: &dyn Fn(&TextLeaf, &TextLeaf) -> bool, against: (Truth, Truth)| -> Vec<Vec<bool>> {
            let pair = |(a, own): (&&TextLeaf, &Vec<Truth>), (b, other): (&&TextLeaf, &Vec<Truth>)| {
                let shown = || own.iter().zip(other).any(|(x, y)| (*x, *y) == against);
                if a.counts && b.counts { !shown() } else { holds(a, b) }
            };
            let row = |a| leaves.iter().zip(&samples).map(|b| pair(a, b)).collect();
            leaves.iter().zip(&samples).map(row).collect()
        };
        Self {
            implied: every(&implies, (Truth::True, Truth::False)),
            excluded: every(&excludes, (Truth::True, Truth::True)),
            either: every(&|_, _| false, (Truth::False, Truth::False)),
        }
    }

    /// Whether nothing provable stands against these outcomes.
    fn allow(&self, texter: &Texter<'_>, truths: &[Truth]) -> bool {
        let fits = |relation: &[Vec<bool>], at: usize, against: Truth| {
            let Some(row) = relation.get(at) else { return true };
            row.iter().zip(truths).enumerate().all(|(other, (related, t))| other == at || !(*related && *t == against))
        };
        texter.all().zip(truths).enumerate().all(|(at, (leaf, truth))| match truth {
            Truth::True => {
                fits(&self.implied, at, Truth::False)
                    && fits(&self.excluded, at, Truth::True)
                    && fixed_domain(texter, leaf, truths)
            }
            Truth::False => fits(&self.either, at, Truth::False),
            Truth::Unknown => true,
        })
    }
}

/// Where a text ends with `@domain`, its domain is that one: the tests of the domain must come to what they come to there.
fn fixed_domain(texter: &Texter<'_>, end: &TextLeaf, truths: &[Truth]) -> bool {
    if end.domain || end.test != Some(TextTest::EndsWith) || !end.texts.items.iter().all(|t| t.contains('@')) {
        return true;
    }
    end.texts.items.iter().any(|text| {
        let domain = text.rsplit_once('@').map_or("", |(_, d)| d);
        let told = texter.told_by(domain);
        let domains = texter.all().zip(told).zip(truths).filter(|((l, _), _)| l.domain);
        domains.into_iter().all(|((_, told), truth)| told.is_none_or(|told| told == *truth))
    })
}

/// A text that passes the given tests and has the domain if one is given, as far as joining constants can make one.
fn compose(leaves: &[&TextLeaf], named: Option<&str>) -> Vec<String> {
    let first = |domain: bool, test: TextTest| {
        leaves.iter().filter(move |l| l.domain == domain && l.test == Some(test)).filter_map(|l| l.texts.items.first())
    };
    let patterns = |domain: bool, wanted: &dyn Fn(&Meaning) -> bool| -> Vec<&str> {
        let all = leaves.iter().filter(|l| l.domain == domain && l.test.is_none()).filter_map(|l| l.pattern.as_ref());
        all.filter(|m| wanted(m)).filter_map(|m| m.example.as_deref()).collect()
    };
    let part = |domain: bool| -> String {
        let longest = |texts: Vec<&str>| texts.into_iter().max_by_key(|t| t.len()).map(str::to_owned);
        let starts = first(domain, TextTest::StartsWith).map(|t| &**t).chain(patterns(domain, &|m| m.at_start)).collect();
        let ends = first(domain, TextTest::EndsWith).map(|t| &**t).chain(patterns(domain, &|m| m.at_end && !m.at_start));
        let mut words: Vec<String> = longest(starts).into_iter().collect();
        words.extend(patterns(domain, &|m| !m.at_start && !m.at_end).into_iter().map(str::to_owned));
        words.extend(first(domain, TextTest::Contains).map(ToString::to_string));
        words.extend(first(domain, TextTest::ContainsWord).map(ToString::to_string));
        let glue = if domain { "." } else { " " };
        let mut text = words.join(glue);
        if let Some(end) = longest(ends.collect()) {
            if !text.is_empty() && !end.starts_with('@') {
                text.push_str(glue);
            }
            text.push_str(&end);
        }
        text
    };
    let (local, domain) = (part(false), named.map_or_else(|| part(true), str::to_owned));
    if domain.is_empty() { vec![format!("{local} "), local] } else { vec![format!("{local}@{domain}")] }
        .into_iter()
        .map(|t| t.trim().to_owned())
        .filter(|t| !t.is_empty())
        .collect()
}

/// Whether the first test cannot be passed without the second.
fn implies(a: &TextLeaf, b: &TextLeaf) -> bool {
    let Some((bt, wanted)) = b.passed_by() else { return false };
    let means = a.means();
    !means.is_empty()
        && means.iter().all(|facts| {
            facts.iter().any(|(at, x)| {
                let possible = a.domain == b.domain || (a.domain && of_whole(*at, bt));
                possible && wanted.iter().any(|y| one_implies(*at, x, bt, y))
            })
        })
}

/// Whether a test of the domain tells something of the whole text.
fn of_whole(domain: TextTest, whole: TextTest) -> bool {
    match whole {
        TextTest::EndsWith => matches!(domain, TextTest::EndsWith | TextTest::Is),
        TextTest::Contains => true,
        TextTest::Is | TextTest::StartsWith | TextTest::ContainsWord => false,
    }
}

fn one_implies(at: TextTest, x: &str, bt: TextTest, y: &str) -> bool {
    let word = |text: &str| {
        let texts = Texts { items: vec![y.into()], written: Vec::new(), list: None };
        text_test(TextTest::ContainsWord, text, &texts)
    };
    match bt {
        TextTest::Is => at == TextTest::Is && x == y,
        TextTest::Contains => x.contains(y),
        TextTest::StartsWith => matches!(at, TextTest::StartsWith | TextTest::Is) && x.starts_with(y),
        TextTest::EndsWith => matches!(at, TextTest::EndsWith | TextTest::Is) && x.ends_with(y),
        // Where the text may go on, a letter there could join the word.
        TextTest::ContainsWord => match at {
            TextTest::Is | TextTest::ContainsWord => word(x),
            TextTest::StartsWith => word(&format!("{x}x")),
            TextTest::EndsWith => word(&format!("x{x}")),
            TextTest::Contains => word(&format!("x{x}x")),
        },
    }
}

/// Whether two tests cannot both be passed.
fn excludes(a: &TextLeaf, b: &TextLeaf) -> bool {
    let apart = |(at, x): &(TextTest, Arc<str>), (bt, y): &(TextTest, Arc<str>)| match (at, bt) {
        (TextTest::StartsWith, TextTest::StartsWith) => !x.starts_with(&**y) && !y.starts_with(&**x),
        (TextTest::EndsWith, TextTest::EndsWith) => !x.ends_with(&**y) && !y.ends_with(&**x),
        _ => false,
    };
    let (own, others) = (a.means(), b.means());
    a.domain == b.domain
        && !own.is_empty()
        && !others.is_empty()
        && own.iter().all(|f| others.iter().all(|g| f.iter().any(|x| g.iter().any(|y| apart(x, y)))))
}

/// Whether passing the first test decides the domain that the second looks at.
fn fixes_domain(a: &TextLeaf, b: &TextLeaf) -> bool {
    !a.domain && b.domain && a.test == Some(TextTest::EndsWith) && a.texts.items.iter().all(|t| t.contains('@'))
}
