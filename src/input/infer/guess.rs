//! From what has been seen of a column to its type, with the reason.

use rustc_hash::FxHashMap;

use super::naming::{count, options, quoted};
use super::seen::Seen;
use crate::input::cell::{moment, number};
use crate::text::fold;

/// A type as the schema writes it, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) ty: String,
    /// Behind `from`: `split by ","`, `like "31/12/2026"`.
    pub(crate) modifiers: String,
    pub(crate) evidence: String,
}

/// At most so many options make a list that people read.
const OPTIONS: usize = 60;

/// The type of a column. `header` helps where values alone leave a doubt; a key is one value, whatever stands in it.
pub(crate) fn guess(header: &str, seen: &Seen, is_key: bool) -> Guess {
    let f = &seen.fits;
    let said = |ty: &str, modifiers: String, evidence: String| Guess {
        ty: ty.to_owned(),
        modifiers,
        evidence: with_empty(seen, evidence),
    };
    if seen.lists > 0 {
        return of_list(seen);
    }
    if seen.known == 0 {
        return said("text", String::new(), if seen.objects > 0 { "objects".to_owned() } else { "always empty".to_owned() });
    }
    let n = count(seen.known);
    let few = !seen.many && seen.values.len() <= 3;
    let zero_one = seen.values.keys().all(|v| matches!(v.as_str(), "0" | "1"));
    if f.boolean && few && (!zero_one || (seen.values.len() == 2 && seen.known >= 20)) {
        return said("boolean", String::new(), listing(seen));
    }
    if f.epoch && named_like_time(header) {
        let ty = if f.midnights { "date" } else { "datetime" };
        return said(ty, String::new(), format!("{n} times in milliseconds since 1970"));
    }
    if f.number && !f.leading_zero && !named_like_code(header) {
        let ty = if f.whole { "integer" } else { "number" };
        let what = if f.whole { "whole numbers" } else { "numbers" };
        let evidence = if f.lowest == f.highest {
            format!("{n} values, always {}", f.lowest)
        } else {
            format!("{n} {what} from {} to {}", f.lowest, f.highest)
        };
        return said(ty, String::new(), evidence);
    }
    if f.iso {
        let ty = if f.time { "datetime" } else { "date" };
        return said(ty, String::new(), format!("{n} {ty}s{}", range_of_dates(seen)));
    }
    if let Some((ty, modifiers, evidence)) = formed_date(seen).or_else(|| formed_number(header, seen)) {
        return said(ty, modifiers, evidence);
    }
    if let Some(guess) = of_set(seen).filter(|_| !is_key) {
        return guess;
    }
    let distinct = folded(&seen.values);
    if !seen.many
        && distinct.len() <= OPTIONS
        && distinct.len() as u64 * 3 <= seen.known
        && seen.longest <= 80
        && !named_like_text(header)
    {
        let evidence = format!("{} options in {n} values", distinct.len());
        return said(&format!("one of {}", options(in_order(distinct))), String::new(), evidence);
    }
    let different =
        if seen.many { format!("more than {}", count(seen.values.len() as u64)) } else { count(seen.values.len() as u64) };
    let evidence = match seen.values.len() as u64 {
        1 if seen.known == 1 => "one value".to_owned(),
        distinct if distinct == seen.known => format!("{n} values, all different"),
        _ => format!("{n} values, {different} different"),
    };
    said("text", String::new(), evidence)
}

/// Adds how many cells are empty.
fn with_empty(seen: &Seen, evidence: String) -> String {
    let empty = seen.empty();
    if empty == 0 || empty == seen.rows { evidence } else { format!("{evidence}; {} empty", count(empty)) }
}

/// A date in one of the forms that can be declared.
fn formed_date(seen: &Seen) -> Option<(&'static str, String, String)> {
    let forms: Vec<_> =
        moment::forms().enumerate().filter(|(at, _)| seen.fits.date_forms >> at & 1 == 1).map(|(_, f)| f).collect();
    // Forms differ by order, separator and clock. Where times stand, the form with one is meant.
    let (_, example) = forms.iter().find(|(f, _)| f.has_time == seen.fits.time).or_else(|| forms.first())?;
    let ty = if seen.fits.time { "datetime" } else { "date" };
    let other = forms.iter().find(|(f, e)| f.has_time == seen.fits.time && e != example);
    let doubt = other.map(|(_, e)| format!("; could also be {e}: no value tells")).unwrap_or_default();
    let n = count(seen.known);
    Some((ty, format!("like {}", quoted(example)), format!("{n} {ty}s such as {example}{doubt}")))
}

/// A number in one of the forms that can be declared.
fn formed_number(header: &str, seen: &Seen) -> Option<(&'static str, String, String)> {
    if seen.fits.leading_zero || named_like_code(header) || seen.fits.number {
        return None;
    }
    let (_, (form, example)) = number::FORMS.iter().enumerate().find(|(at, _)| seen.fits.number_forms >> at & 1 == 1)?;
    let whole = seen.values.keys().all(|v| number::integer(v, Some(*form)).is_ok()) && !seen.many;
    let ty = if whole { "integer" } else { "number" };
    let n = count(seen.known);
    Some((ty, format!("like {}", quoted(example)), format!("{n} numbers such as {example}")))
}

/// A set written as text with a separator.
fn of_set(seen: &Seen) -> Option<Guess> {
    for (separator, modifiers) in [(";", ""), (",", "split by \",\""), ("|", "split by \"|\"")] {
        let parted = seen.values.keys().filter(|v| v.contains(separator)).count();
        if parted < 2 || seen.many {
            continue;
        }
        let mut members: FxHashMap<String, u64> = FxHashMap::default();
        for (value, n) in &seen.values {
            for member in value.split(separator).map(str::trim).filter(|m| !m.is_empty()) {
                *members.entry(member.to_owned()).or_default() += n;
            }
        }
        let total: u64 = members.values().sum();
        let distinct = folded(&members);
        let longest = distinct.keys().map(|m| m.chars().count()).max().unwrap_or_default();
        // Members of a set come back in other company; the parts of a sentence do not.
        let repeats =
            distinct.len() as u64 * 3 <= total && distinct.len() <= OPTIONS && distinct.len() < seen.values.len() + parted;
        let n = count(seen.known);
        if repeats && longest <= 60 && (separator == ";" || distinct.len() < seen.values.len()) {
            let evidence = format!("{} options in {n} lists", distinct.len());
            return Some(Guess {
                ty: format!("set of {}", options(in_order(distinct))),
                modifiers: modifiers.to_owned(),
                evidence: with_empty(seen, evidence),
            });
        }
        let words = members.keys().all(|m| !m.contains(char::is_whitespace));
        if words && separator == ";" {
            let evidence = format!("{n} lists, {} different members", count(members.len() as u64));
            return Some(Guess {
                ty: "set of text".to_owned(),
                modifiers: modifiers.to_owned(),
                evidence: with_empty(seen, evidence),
            });
        }
    }
    None
}

/// JSON and Parquet lists.
fn of_list(seen: &Seen) -> Guess {
    let distinct = folded(&seen.members);
    let total: u64 = seen.members.values().sum();
    let evidence = format!("{} options in {} lists", distinct.len(), count(seen.lists));
    if !distinct.is_empty() && distinct.len() <= OPTIONS && distinct.len() as u64 * 3 <= total {
        return Guess { ty: format!("set of {}", options(in_order(distinct))), modifiers: String::new(), evidence };
    }
    let evidence = format!("{} lists, {} different members", count(seen.lists), count(seen.members.len() as u64));
    Guess { ty: "set of text".to_owned(), modifiers: String::new(), evidence }
}

/// Values that are the same as text, together: the most frequent spelling with how often all stand.
fn folded(values: &FxHashMap<String, u64>) -> FxHashMap<String, u64> {
    let mut by_fold: FxHashMap<String, (String, u64, u64)> = FxHashMap::default();
    for (value, &n) in values {
        let entry = by_fold.entry(fold(value, false).into_owned()).or_insert_with(|| (value.clone(), n, 0));
        entry.2 += n;
        if n > entry.1 || n == entry.1 && *value < entry.0 {
            entry.0.clone_from(value);
            entry.1 = n;
        }
    }
    by_fold.into_values().map(|(value, _, n)| (value, n)).collect()
}

/// Stages of a lifecycle in their own order, ranges by their first number, others by how often they stand.
fn in_order(values: FxHashMap<String, u64>) -> Vec<Vec<String>> {
    let mut values: Vec<(String, u64)> = values.into_iter().collect();
    let stage = |v: &str| STAGES.iter().position(|s| *s == fold(v, false).replace([' ', '_', '-'], ""));
    let stages = values.iter().filter(|(v, _)| stage(v).is_some()).count();
    let first = |v: &str| v.split(|c: char| !c.is_ascii_digit()).find(|d| !d.is_empty()).and_then(|d| d.parse::<u64>().ok());
    let ranges = values.iter().all(|(v, _)| v.starts_with(|c: char| c.is_ascii_digit()));
    if stages >= 3 && stages * 2 > values.len() {
        values.sort_by_key(|(v, _)| (stage(v).unwrap_or(usize::MAX), v.clone()));
    } else if ranges {
        values.sort_by_key(|(v, _)| (first(v), v.clone()));
    } else {
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    values.into_iter().map(|(value, _)| vec![value]).collect()
}

/// The usual stages, so that a lifecycle's options stand in their order.
const STAGES: [&str; 11] = [
    "subscriber",
    "lead",
    "mql",
    "marketingqualifiedlead",
    "sql",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
    "churned",
];

fn listing(seen: &Seen) -> String {
    let mut values: Vec<_> = seen.values.iter().collect();
    values.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    values.into_iter().map(|(value, n)| format!("{value} {}", count(*n))).collect::<Vec<_>>().join(", ")
}

fn range_of_dates(seen: &Seen) -> String {
    let days = || seen.values.keys().filter_map(|v| moment::date(v, None));
    match (days().min(), days().max()) {
        (Some(first), Some(last)) if !seen.many && first != last => {
            format!(" from {} to {}", moment::day_text(first), moment::day_text(last))
        }
        _ => String::new(),
    }
}

fn has_word(header: &str, words: &[&str]) -> bool {
    let lower = fold(header, true).replace(['_', '-', '.'], " ");
    lower.split_whitespace().any(|w| words.contains(&w)) || words.iter().any(|w| w.len() > 4 && lower.contains(w))
}

fn named_like_time(header: &str) -> bool {
    has_word(header, &["date", "time", "at", "on", "last", "first", "since", "timestamp", "created", "updated", "modified"])
        || header.to_lowercase().ends_with("date")
}

fn named_like_code(header: &str) -> bool {
    has_word(header, &["phone", "telephone", "mobile", "fax", "zip", "zipcode", "postal", "postcode", "siret", "siren"])
}

fn named_like_text(header: &str) -> bool {
    has_word(
        header,
        &["email", "mail", "name", "firstname", "lastname", "phone", "url", "website", "address", "street", "message", "notes"],
    )
}
