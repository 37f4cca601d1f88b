//! What passing a pattern means for the plain tests of a text.

use std::sync::Arc;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::hir::TextTest;
use crate::invariant::fits;
use crate::text::{fold, lower};

/// How many ways to pass a pattern are told apart.
const MOST_WAYS: usize = 50;
/// How often a counted repetition is written out.
const MOST_COPIES: u32 = 16;

/// What passing a pattern means.
#[derive(Debug, Clone, Default)]
pub struct Meaning {
    /// For every way to pass it, plain tests that are passed then; empty where there are too many ways.
    pub ways: Vec<Vec<(TextTest, Arc<str>)>>,
    /// A plain test that is never passed without it, with its constants.
    pub passed_by: Option<(TextTest, Vec<Arc<str>>)>,
    /// Whether it is never passed without that test either.
    pub same: bool,
    /// A text that passes it, or nearly.
    pub example: Option<String>,
    /// Whether it asks for the text's start.
    pub at_start: bool,
    /// Whether it asks for the text's end.
    pub at_end: bool,
}

/// A piece of one way to pass a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A letter, folded; whether only its cases pass, and whether all of them do.
    Letter(char, bool, bool),
    /// The text's start.
    Start,
    /// The text's end.
    End,
    /// A place that asks for something else.
    Place,
    /// Any text, or one that is not told.
    Gap,
}

impl Meaning {
    /// The meaning of a pattern that has been compiled. It looks at the text as written, the plain tests perhaps without accents.
    #[must_use]
    pub fn of(source: &str, ignore_accents: bool) -> Self {
        let Ok(hir) = ParserBuilder::new().case_insensitive(true).nest_limit(100).build().parse(source) else {
            return Self::default();
        };
        let ways = ways(&hir);
        let every = |wanted: fn(&[Piece]) -> bool| !ways.is_empty() && ways.iter().all(|w| wanted(w));
        Self {
            same: ways.iter().flatten().all(|piece| matches!(piece, Piece::Letter(_, true, true) | Piece::Start | Piece::End)),
            passed_by: plain(&ways).filter(|_| !ignore_accents),
            at_start: every(|w| w.first() == Some(&Piece::Start)),
            at_end: every(|w| w.last() == Some(&Piece::End)),
            ways: ways
                .iter()
                .map(|w| facts(w).into_iter().map(|(test, t)| (test, fold(&t, ignore_accents).into())).collect())
                .collect(),
            example: example(&hir),
        }
    }
}

/// Every way to pass; none where there are too many.
fn ways(hir: &Hir) -> Vec<Vec<Piece>> {
    let one = |piece| vec![vec![piece]];
    match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => {
            let Ok(text) = std::str::from_utf8(&literal.0) else { return one(Piece::Gap) };
            vec![text.chars().map(|c| Piece::Letter(lower(c), true, c.to_uppercase().eq(c.to_lowercase()))).collect()]
        }
        HirKind::Class(class) => one(letter(class)),
        HirKind::Look(Look::Start) => one(Piece::Start),
        HirKind::Look(Look::End) => one(Piece::End),
        HirKind::Look(_) => one(Piece::Place),
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Repetition(r) if r.max == Some(r.min) && r.min <= MOST_COPIES => {
            let sub = ways(&r.sub);
            (0..r.min).fold(vec![Vec::new()], |all, _| joined(&all, &sub))
        }
        HirKind::Repetition(r) if r.min > 0 => joined(&ways(&r.sub), &one(Piece::Gap)),
        HirKind::Repetition(_) => one(Piece::Gap),
        HirKind::Concat(parts) => parts.iter().fold(vec![Vec::new()], |all, part| joined(&all, &ways(part))),
        HirKind::Alternation(parts) => {
            let all: Vec<Vec<Vec<Piece>>> = parts.iter().map(ways).collect();
            let unknown = all.iter().any(Vec::is_empty) || all.iter().map(Vec::len).sum::<usize>() > MOST_WAYS;
            if unknown { one(Piece::Gap) } else { all.concat() }
        }
    }
}

fn joined(before: &[Vec<Piece>], after: &[Vec<Piece>]) -> Vec<Vec<Piece>> {
    let after = if before.len() * after.len() > MOST_WAYS { &[vec![Piece::Gap]][..] } else { after };
    before.iter().flat_map(|b| after.iter().map(move |a| b.iter().chain(a).cloned().collect())).collect()
}

/// A class of the cases of one letter is that letter. An `s` or a `k` passes for more than its cases: for a long s, and for the sign of kelvin.
fn letter(class: &Class) -> Piece {
    let Class::Unicode(class) = class else { return Piece::Gap };
    let size: u32 = class.iter().map(|r| u32::from(r.end()) - u32::from(r.start()) + 1).sum();
    let mut chars = class.iter().flat_map(|r| r.start()..=r.end());
    let Some(first) = chars.next().filter(|_| size <= 4) else { return Piece::Gap };
    let folded = lower(first);
    let same = class.iter().flat_map(|r| r.start()..=r.end()).all(|c| lower(c) == folded);
    let has = |wanted: char| class.iter().any(|r| (r.start()..=r.end()).contains(&wanted));
    let both = has(folded) && folded.to_uppercase().all(has);
    if same || both { Piece::Letter(folded, same, both) } else { Piece::Gap }
}

/// The plain tests that are passed this way.
fn facts(way: &[Piece]) -> Vec<(TextTest, Arc<str>)> {
    let mut out = Vec::new();
    let mut run = String::new();
    let mut from_start = false;
    for piece in way.iter().chain([&Piece::Gap]) {
        match piece {
            Piece::Letter(c, true, _) => run.push(*c),
            Piece::Place => {}
            Piece::Letter(_, false, _) | Piece::Start | Piece::End | Piece::Gap => {
                if !run.is_empty() {
                    let text: Arc<str> = run.as_str().into();
                    let whole = from_start && *piece == Piece::End;
                    out.push((if whole { TextTest::Is } else { TextTest::Contains }, text.clone()));
                    if from_start {
                        out.push((TextTest::StartsWith, text.clone()));
                    }
                    if *piece == Piece::End {
                        out.push((TextTest::EndsWith, text));
                    }
                    run.clear();
                }
                from_start = *piece == Piece::Start;
            }
        }
    }
    out
}

/// The one plain test that is passed by none but these ways, if its letters stand for their cases alone.
fn plain(ways: &[Vec<Piece>]) -> Option<(TextTest, Vec<Arc<str>>)> {
    let mut found: Option<(TextTest, Vec<Arc<str>>)> = None;
    for way in ways {
        let (start, rest) = match way.split_first() {
            Some((Piece::Start, rest)) => (true, rest),
            _ => (false, way.as_slice()),
        };
        let (end, middle) = match rest.split_last() {
            Some((Piece::End, middle)) => (true, middle),
            _ => (false, rest),
        };
        let mut text = String::new();
        for piece in middle {
            match piece {
                Piece::Letter(c, _, true) => text.push(*c),
                Piece::Letter(_, _, false) | Piece::Start | Piece::End | Piece::Place | Piece::Gap => return None,
            }
        }
        let test = match (start, end) {
            (true, true) => TextTest::Is,
            (true, false) => TextTest::StartsWith,
            (false, true) => TextTest::EndsWith,
            (false, false) => TextTest::Contains,
        };
        if text.is_empty() || found.as_ref().is_some_and(|(t, _)| *t != test) {
            return None;
        }
        found.get_or_insert_with(|| (test, Vec::new())).1.push(text.into());
    }
    let (test, mut texts) = found?;
    texts.sort();
    texts.dedup();
    Some((test, texts))
}

/// A text that passes, as far as places are not looked at.
fn example(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(String::new()),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(str::to_owned),
        HirKind::Class(Class::Unicode(class)) => {
            let mut chars = class.iter().flat_map(|r| [r.end(), r.start()]).collect::<Vec<_>>();
            chars.sort_by_key(|c| (!c.is_ascii_lowercase(), !c.is_ascii_alphanumeric(), !c.is_ascii_graphic()));
            chars.first().map(ToString::to_string)
        }
        HirKind::Class(Class::Bytes(_)) => None,
        HirKind::Repetition(r) => {
            let sub = example(&r.sub)?;
            (r.min <= 1000).then(|| sub.repeat(fits(r.min)))
        }
        HirKind::Capture(capture) => example(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(example).collect(),
        HirKind::Alternation(parts) => parts.iter().find_map(example),
    }
}
