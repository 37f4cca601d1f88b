//! What would read the cells that could not be read: one hint for each kind of failure, given only where following it is right.

use std::collections::BTreeMap;

use super::cell::{moment, number, trim};
use super::report::Fault;
use crate::schema::{DateForm, Group, NumberForm, Property, without_currency};
use crate::value::Type;

/// At most so many hints for one column.
const HINTS: usize = 3;

/// Different values that could not be read, with how often each occurs.
type Values<'a> = Vec<(&'a str, u64)>;

/// What to do about the values of one kind of fault in a column.
pub(crate) fn hints(fault: Fault, property: &Property, values: &BTreeMap<String, u64>) -> Vec<String> {
    let values: Values<'_> = values.iter().map(|(value, &count)| (trim(value), count)).collect();
    match fault {
        Fault::Unreadable => match property.ty {
            Type::Integer => numbers(property, values, true),
            Type::Number => numbers(property, values, false),
            Type::Date | Type::DateTime => dates(property, values),
            Type::Text | Type::Boolean | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {
                Vec::new()
            }
        },
        Fault::Shortened => vec![
            "a spreadsheet has shortened these, so their last digits are lost: format the column as text, and export it again"
                .to_owned(),
        ],
        Fault::Unlisted => {
            vec!["list these values in the schema, as options or as further forms of one: `name = \"data value\"`".to_owned()]
        }
        Fault::Several => {
            vec!["keep the primary company of each record alone, the one of the type `contact_to_company`".to_owned()]
        }
        Fault::NotFinite | Fault::Required | Fault::NoKey | Fault::DuplicateKey | Fault::Ragged => Vec::new(),
    }
}

/// A form that would read some values, and what they would be.
pub(super) struct Candidate<F> {
    form: F,
    /// The form as the schema declares it: `"31/12/2026"`, `serial`.
    pub(super) declared: String,
    /// "dates such as 31/12/2026"
    like: String,
    /// By value: what it is, where the form reads it.
    reads: Vec<Option<u64>>,
}

/// A form that was picked, and one that reads the same cells as something else.
pub(super) struct Picked<F> {
    pub(super) first: Candidate<F>,
    pub(super) doubt: Option<Candidate<F>>,
}

/// Picks form after form, each time the one that reads most of what is left; forms that read one cell differently from one that was
/// picked, or from one that the schema has, are left out. Says also which values no form reads.
fn cover<F: Clone>(
    mut candidates: Vec<Candidate<F>>,
    counts: &[u64],
    declared: &[F],
    conflicts: impl Fn(&F, &F) -> bool,
) -> (Vec<Picked<F>>, Vec<bool>) {
    candidates.retain(|c| !declared.iter().any(|form| conflicts(&c.form, form)));
    let mut left: Vec<bool> = vec![true; counts.len()];
    let mut picked = Vec::new();
    while picked.len() < HINTS {
        let weight = |c: &Candidate<F>| -> u64 {
            let each = counts.iter().zip(&left).zip(&c.reads);
            each.filter(|((_, left), read)| **left && read.is_some()).map(|((count, _), _)| count).sum()
        };
        let weights: Vec<u64> = candidates.iter().map(&weight).collect();
        let most = weights.iter().copied().fold(0, Ord::max);
        let Some(at) = weights.iter().position(|&w| w == most && most > 0) else { break };
        let first = candidates.remove(at);
        let rest = weights.iter().enumerate().filter(|(other, w)| *other > at && **w == most).map(|(other, _)| other - 1);
        // What no value tells apart is not for us to choose.
        let doubt = rest.filter(|&other| candidates.get(other).is_some_and(|c| differs(c, &first, &left))).min();
        let doubt = doubt.map(|other| candidates.remove(other));
        for (left, read) in left.iter_mut().zip(&first.reads) {
            *left &= read.is_none();
        }
        candidates.retain(|c| !conflicts(&c.form, &first.form));
        picked.push(Picked { first, doubt });
    }
    (picked, left)
}

/// What is said of the forms that were picked.
fn say<F>(kind: &str, picked: &[Picked<F>], has_form: bool) -> Vec<String> {
    let mut hints = Vec::new();
    for Picked { first, doubt } in picked {
        let add = if has_form || !hints.is_empty() { "say also" } else { "say" };
        hints.push(match doubt {
            Some(other) => format!(
                "these look like {} or {}, and no value shows which: {add} `{kind} like {}` or `{kind} like {}`",
                first.like,
                other.like.rsplit(" such as ").next().unwrap_or(&other.like),
                first.declared,
                other.declared
            ),
            None => format!("these look like {}: {add} `{kind} like {}`", first.like, first.declared),
        });
    }
    hints
}

/// Whether two forms read a value differently that is still to be read.
fn differs<F>(a: &Candidate<F>, b: &Candidate<F>, left: &[bool]) -> bool {
    a.reads.iter().zip(&b.reads).zip(left).any(|((a, b), left)| *left && a.is_some() && b.is_some() && a != b)
}

fn numbers(property: &Property, values: Values<'_>, whole: bool) -> Vec<String> {
    // By what goes with the number: its currency and where it is, and whether there is a percent sign.
    let mut marks: Vec<(Option<(String, bool)>, bool)> = vec![(None, false)];
    for (value, _) in &values {
        let bare = value.trim_start_matches(['-', '+']).trim_end_matches('%').trim();
        let currency = without_currency(bare).map(|(_, sign)| (sign.to_owned(), bare.starts_with(sign)));
        let mark = (currency, value.ends_with('%'));
        if !marks.contains(&mark) && marks.len() < 8 {
            marks.push(mark);
        }
    }
    let plain = (NumberForm { group: Group::None, decimal: Some('.'), currency: None, percent: false }, "45");
    let mut candidates = Vec::new();
    for (currency, percent) in marks {
        let marked = percent || currency.is_some();
        for (form, example) in marked.then_some(&plain).into_iter().chain(&number::FORMS) {
            let form = NumberForm { currency: currency.as_ref().map(|(sign, _)| sign.as_str().into()), percent, ..form.clone() };
            let example = match &currency {
                None => (*example).to_owned(),
                Some((sign, true)) => format!("{sign} {example}"),
                Some((sign, false)) => format!("{example} {sign}"),
            };
            let example = if percent { format!("{example} %") } else { example };
            let forms = std::slice::from_ref(&form);
            let read = |text: &str| {
                if whole {
                    number::integer(text, forms).ok().map(|n| n as u64)
                } else {
                    number::number(text, forms).ok().map(f64::to_bits)
                }
            };
            let reads = values.iter().map(|(value, _)| read(value)).collect();
            candidates.push(Candidate {
                declared: format!("\"{example}\""),
                like: format!("numbers such as {example}"),
                form,
                reads,
            });
        }
    }
    let counts: Vec<u64> = values.iter().map(|(_, count)| *count).collect();
    let (picked, left) = cover(candidates, &counts, &property.number_forms, NumberForm::conflicts);
    let mut hints = say("numbers", &picked, !property.number_forms.is_empty());
    let rest: Values<'_> = values.into_iter().zip(left).filter(|(_, left)| *left).map(|(value, _)| value).collect();
    if whole {
        let digits = |text: &str| text.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit());
        let is_number = |text: &str| number::number(text, &property.number_forms).is_ok();
        if rest.iter().any(|(value, _)| !digits(value) && is_number(value)) {
            hints.push("these have decimals: say `number` instead of `integer`".to_owned());
        }
        if rest.iter().any(|(value, _)| digits(value) && is_number(value)) {
            hints.push("these have more digits than a whole number can have: say `text` instead of `integer`".to_owned());
        }
    }
    hints
}

fn dates(property: &Property, values: Values<'_>) -> Vec<String> {
    let texts: Vec<&str> = values.iter().map(|(value, _)| *value).collect();
    let counts: Vec<u64> = values.iter().map(|(_, count)| *count).collect();
    let (picked, left) = cover(date_candidates(&texts), &counts, &property.date_forms, DateForm::conflicts);
    let mut hints = say("dates", &picked, !property.date_forms.is_empty());
    let zone = texts.iter().zip(left).filter(|(_, left)| *left).find_map(|(value, _)| unknown_zone(value));
    if let Some(zone) = zone {
        hints.push(format!(
            "`{zone}` is not a zone of the zone database, for it can mean several: export an offset such as +02:00, or a name such as \
             Europe/Paris"
        ));
    }
    hints
}

/// The forms of dates that together read all of some different texts.
pub(super) fn forms_of_dates(texts: &[&str]) -> Option<Vec<Picked<DateForm>>> {
    let (picked, left) = cover(date_candidates(texts), &vec![1; texts.len()], &[], DateForm::conflicts);
    left.iter().all(|left| !left).then_some(picked)
}

fn date_candidates(values: &[&str]) -> Vec<Candidate<DateForm>> {
    let utc = moment::Zone::new(&jiff::tz::TimeZone::UTC);
    let mut candidates = Vec::new();
    for (form, example) in moment::forms() {
        let forms = std::slice::from_ref(&form);
        let reads = values.iter().map(|value| moment::datetime(value, forms, &utc).map(|t| t as u64)).collect();
        candidates.push(Candidate { declared: format!("\"{example}\""), like: format!("dates such as {example}"), form, reads });
    }
    // Only numbers that are times of our days: any number could be one of some day.
    let within = |form: DateForm, days: std::ops::Range<i32>| {
        let read = |value: &&str| {
            moment::datetime(value, &[form], &utc).filter(|_| moment::date(value, &[form]).is_some_and(|day| days.contains(&day)))
        };
        values.iter().map(|value| read(value).map(|t| t as u64)).collect::<Vec<_>>()
    };
    candidates.push(Candidate {
        form: DateForm::EpochSeconds,
        declared: "epoch seconds".to_owned(),
        like: "seconds since 1970".to_owned(),
        // 1980 to 2099.
        reads: within(DateForm::EpochSeconds, 3652..47_482),
    });
    candidates.push(Candidate {
        form: DateForm::Serial,
        declared: "serial".to_owned(),
        like: "the day numbers of a spreadsheet".to_owned(),
        // 1950 to 2099.
        reads: within(DateForm::Serial, -7305..47_482),
    });
    candidates
}

/// The letters of a zone behind a time that could be read without them.
fn unknown_zone(value: &str) -> Option<&str> {
    let bare = value.trim_end_matches(')');
    let start = bare.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let zone = bare.get(start.len()..).filter(|zone| (2..=5).contains(&zone.len()) && !matches!(*zone, "AM" | "PM"))?;
    let time = start.trim_end_matches('(').trim_end();
    let utc = moment::Zone::new(&jiff::tz::TimeZone::UTC);
    let reads = |form| moment::datetime(time, &[form], &utc).is_some();
    let known = moment::datetime(time, &[], &utc).is_some() || moment::forms().any(|(form, _)| reads(form));
    (known && time.contains(':')).then_some(zone)
}
