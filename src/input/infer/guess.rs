//! From what has been seen of a column to its type, with the reason.

use rustc_hash::FxHashMap;

use super::naming::{count, options, plural, quoted};
use super::seen::Seen;
use crate::input::cell::{moment, number};
use crate::input::hint;
use crate::schema::{DateForm, NumberForm};
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
        let evidence = if seen.objects > 0 {
            "objects"
        } else if seen.rows == 0 {
            "no records yet"
        } else {
            "always empty"
        };
        return said("text", String::new(), evidence.to_owned());
    }
    let n = count(seen.known);
    let few = !seen.many && seen.values.len() <= 3;
    let zero_one = seen.values.keys().all(|v| matches!(v.as_str(), "0" | "1"));
    if f.boolean && few && (!zero_one || (seen.values.len() == 2 && seen.known >= 20)) {
        return said("boolean", String::new(), listing(seen));
    }
    if f.epoch && named_like_time(header) {
        let ty = if f.midnights { "date" } else { "datetime" };
        return said(ty, String::new(), format!("{} in milliseconds since 1970", plural(seen.known, "time", "times")));
    }
    if (f.seconds || f.serial) && named_like_date(header) {
        let (modifiers, what) = if f.seconds {
            ("like epoch seconds", "in seconds since 1970")
        } else {
            ("like serial", "as the day numbers of a spreadsheet")
        };
        let time = f.seconds || seen.values.keys().any(|v| v.contains('.'));
        let ty = if time { "datetime" } else { "date" };
        return said(ty, modifiers.to_owned(), format!("{} {what}", plural(seen.known, ty, &format!("{ty}s"))));
    }
    if f.number && f.scientific && is_id(header) {
        let evidence = format!(
            "{}, of which a spreadsheet has shortened some: export the column as text",
            plural(seen.known, "number", "numbers")
        );
        return said("text", String::new(), evidence);
    }
    if f.number && !f.leading_zero && !named_like_code(header) {
        let ty = if f.whole { "integer" } else { "number" };
        let what = if f.whole { "whole numbers" } else { "numbers" };
        let evidence = if f.lowest == f.highest {
            if seen.known == 1 { format!("one value, {}", f.lowest) } else { format!("{n} values, always {}", f.lowest) }
        } else {
            format!("{n} {what} from {} to {}", f.lowest, f.highest)
        };
        return said(ty, String::new(), evidence);
    }
    if f.iso {
        let ty = if f.time { "datetime" } else { "date" };
        return said(ty, String::new(), format!("{}{}", plural(seen.known, ty, &format!("{ty}s")), range_of_dates(seen)));
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
        let evidence =
            format!("{} in {}", plural(distinct.len() as u64, "option", "options"), plural(seen.known, "value", "values"));
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

/// A date in one of the forms that can be declared, or in several.
fn formed_date(seen: &Seen) -> Option<(&'static str, String, String)> {
    let ty = if seen.fits.time { "datetime" } else { "date" };
    let n = plural(seen.known, ty, &format!("{ty}s"));
    let forms: Vec<_> =
        moment::forms().enumerate().filter(|(at, _)| seen.fits.date_forms >> at & 1 == 1).map(|(_, f)| f).collect();
    let timed = |form: &DateForm| matches!(form, DateForm::Calendar(c) if c.has_time == seen.fits.time);
    // Forms differ by order, separator and clock. Where there are times, the form with one is meant.
    if let Some((form, example)) = forms.iter().find(|(f, _)| timed(f)).or_else(|| forms.first()) {
        let other = forms.iter().find(|(f, _)| timed(f) && f.conflicts(form));
        let doubt = other.map_or_else(String::new, |(_, e)| format!("; could also be {e}: no value shows which"));
        return Some((ty, format!("like {}", quoted(example)), format!("{n} such as {example}{doubt}")));
    }
    if seen.many || !seen.values.keys().all(|v| v.contains(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let texts: Vec<&str> = seen.values.keys().map(String::as_str).collect();
    let picked = hint::forms_of_dates(&texts)?;
    let examples: Vec<&str> = picked.iter().map(|p| p.first.declared.as_str()).collect();
    let doubts =
        picked.iter().filter_map(|p| p.doubt.as_ref()).map(|d| format!("; could also be {}: no value shows which", d.declared));
    let doubts: String = doubts.collect();
    Some((ty, format!("like {}", examples.join(", ")), format!("{n} in {} forms{doubts}", examples.len())))
}

/// A number in one of the forms that can be declared, perhaps with a currency or a percent sign.
fn formed_number(header: &str, seen: &Seen) -> Option<(&'static str, String, String)> {
    let f = &seen.fits;
    if f.leading_zero || named_like_code(header) || f.number || f.number_forms == 0 {
        return None;
    }
    let marked = f.percent || f.currency.is_some();
    let plain = f.number_forms >> number::FORMS.len() & 1 == 1;
    let found = number::FORMS.iter().enumerate().filter(|(at, _)| f.number_forms >> at & 1 == 1);
    let fitting: Vec<&(NumberForm, &str)> = found.map(|(_, form)| form).collect();
    let example = match fitting.first() {
        _ if marked && plain => "45",
        Some((_, example)) => example,
        None => return None,
    };
    let with_signs = |example: &str| {
        let example = match &f.currency {
            None => example.to_owned(),
            Some((sign, true)) => format!("{sign} {example}"),
            Some((sign, false)) => format!("{example} {sign}"),
        };
        if f.percent { format!("{example} %") } else { example }
    };
    let example = with_signs(example);
    // The sign of decimals is in doubt where each has it where another has that of thousands.
    let first = fitting.first().map(|(form, _)| form);
    let other = fitting.iter().find(|(form, _)| !(marked && plain) && first.is_some_and(|first| form.conflicts(first)));
    let doubt = other.map_or_else(String::new, |(_, e)| format!("; could also be {}: no value shows which", with_signs(e)));
    let form = NumberForm::by_example(&example, true).ok()?;
    let forms = [NumberForm { decimal: form.decimal.or(Some('.')), ..form }];
    let whole = !seen.many && seen.values.keys().all(|v| number::integer(v, &forms).is_ok());
    let ty = if whole { "integer" } else { "number" };
    let n = plural(seen.known, "number", "numbers");
    Some((ty, format!("like {}", quoted(&example)), format!("{n} such as {example}{doubt}")))
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
        let longest = distinct.keys().map(|m| m.chars().count()).fold(0, Ord::max);
        // Members of a set come back in other company; the parts of a sentence do not.
        let repeats =
            distinct.len() as u64 * 3 <= total && distinct.len() <= OPTIONS && distinct.len() < seen.values.len() + parted;
        if repeats && longest <= 60 && (separator == ";" || distinct.len() < seen.values.len()) {
            let evidence =
                format!("{} in {}", plural(distinct.len() as u64, "option", "options"), plural(seen.known, "list", "lists"));
            return Some(Guess {
                ty: format!("set of {}", options(in_order(distinct))),
                modifiers: modifiers.to_owned(),
                evidence: with_empty(seen, evidence),
            });
        }
        let words = members.keys().all(|m| !m.contains(char::is_whitespace));
        if words && separator == ";" {
            let evidence = lists(seen.known, members.len());
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
    let evidence = format!("{} in {}", plural(distinct.len() as u64, "option", "options"), plural(seen.lists, "list", "lists"));
    if !distinct.is_empty() && distinct.len() <= OPTIONS && distinct.len() as u64 * 3 <= total {
        return Guess { ty: format!("set of {}", options(in_order(distinct))), modifiers: String::new(), evidence };
    }
    let evidence = lists(seen.lists, seen.members.len());
    Guess { ty: "set of text".to_owned(), modifiers: String::new(), evidence }
}

/// `12 lists, 40 different members`
fn lists(lists: u64, members: usize) -> String {
    format!("{}, {}", plural(lists, "list", "lists"), plural(members as u64, "different member", "different members"))
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
        values.sort_by_key(|(v, _)| (stage(v).is_none(), stage(v), v.clone()));
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
    let days = || seen.values.keys().filter_map(|v| moment::date(v, &[]));
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

/// Whether a header says that numbers are days or moments: more than that they happen `at` some time.
fn named_like_date(header: &str) -> bool {
    has_word(header, &["date", "time", "timestamp", "created", "updated", "modified"]) || header.to_lowercase().ends_with("date")
}

/// Whether a header names what tells records apart.
pub(super) fn is_id(header: &str) -> bool {
    has_word(header, &["id", "record", "uid", "guid", "uuid", "key"]) || header.to_lowercase().ends_with("id")
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
