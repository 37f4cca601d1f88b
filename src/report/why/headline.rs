//! The account of a record in one line: `170 = 150 asked for sales + 10 our size + 10 reads our mail`.

use super::{bound_points, item_words};
use crate::value::Points;
use crate::why::{Explanation, ItemAccount, ScoreAccount};

/// So many reasons are named; the others are added up.
const NAMED: usize = 8;

/// The last score in one line, or why there is none; `None` without scores.
#[must_use]
pub fn headline(it: &Explanation) -> Option<String> {
    let score = it.scores.last()?;
    let Some(value) = score.value else {
        let excluded = it.exclusions.iter().chain(&score.exclusions).find(|check| check.outcome == crate::why::Outcome::Fired);
        let why = match excluded {
            Some(check) => format!("excluded: {}", check.because.as_ref().unwrap_or(&check.rule)),
            None => score.unknown_because.as_ref().map_or_else(String::new, String::clone),
        };
        let why = if why.is_empty() { String::new() } else { format!(", {why}") };
        return Some(format!("{} is unknown{why}", score.name));
    };
    let sum = match entries(score, &it.scores) {
        Some(entries) if entries.is_empty() => return Some(format!("{} {value}, no rule gives points", score.name)),
        Some(entries) => added_up(entries),
        None => score.formula.as_ref().map_or_else(String::new, |formula| format!("{} ({})", formula.numbers, formula.rule)),
    };
    Some(format!("{} {value} = {sum}", score.name))
}

/// Points with who gave them.
type Entry = (Points, String);

/// What adds up to a score, the greatest first; `None` where a formula does more than add scores.
fn entries(score: &ScoreAccount, all: &[ScoreAccount]) -> Option<Vec<Entry>> {
    let mut out = Vec::new();
    collect(score, all, &mut out)?;
    out.sort_by_key(|(points, _)| std::cmp::Reverse(points.0.unsigned_abs()));
    Some(out)
}

fn collect(score: &ScoreAccount, all: &[ScoreAccount], out: &mut Vec<Entry>) -> Option<()> {
    match &score.formula {
        None => score.items.iter().for_each(|it| item(it, out)),
        Some(formula) => {
            for part in formula.rule.split(" + ") {
                let part = all.iter().take_while(|other| other.name != score.name).find(|other| other.name == part)?;
                part.value?;
                collect(part, all, out)?;
            }
        }
    }
    out.extend(
        score
            .bound
            .as_ref()
            .map(|bound| (bound_points(bound), format!("because of {}", bound.rule)))
            .filter(|(points, _)| points.0 != 0),
    );
    Some(())
}

fn item(it: &ItemAccount, out: &mut Vec<Entry>) {
    if it.items.is_empty() {
        let words = || it.because.clone().unwrap_or_else(|| condition(&item_words(it)));
        out.extend((it.points.0 != 0).then(|| (it.points, words())));
        return;
    }
    it.items.iter().for_each(|inner| item(inner, out));
    out.extend(
        it.bound
            .as_ref()
            .map(|bound| (bound_points(bound), format!("because of {}", bound.rule)))
            .filter(|(points, _)| points.0 != 0),
    );
}

/// The words of an item without its points: `industry software, finance` of `match industry  software, finance: +10`.
fn condition(words: &str) -> String {
    let kind = ["if ", "band ", "match each ", "match "].into_iter().find_map(|kind| words.strip_prefix(kind)).unwrap_or(words);
    let before = kind.split_once(" then ").map_or(kind, |(before, _)| before);
    let is_points = |text: &str| text.starts_with(['+', '-', '0']);
    let before = before.rsplit_once(": ").filter(|(_, points)| is_points(points)).map_or(before, |(before, _)| before);
    before.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `150 asked for sales + 10 our size - 5 free mail`
fn added_up(entries: Vec<Entry>) -> String {
    let mut terms = entries;
    if terms.len() > NAMED {
        let rest = terms.split_off(NAMED - 1);
        let points = rest.iter().map(|(points, _)| points.0).sum();
        terms.push((Points(points), format!("for {} smaller reasons", rest.len())));
    }
    let mut out = String::new();
    for (at, (points, words)) in terms.iter().enumerate() {
        let sign = match (at, points.0 < 0) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        };
        out.push_str(sign);
        out.push_str(&format!("{} {words}", Points(points.0.saturating_abs())));
    }
    out
}
