//! Forms by example: `numbers like "1.234,56"`, `dates like "31/12/2026 11:59 PM"`.

use super::{DateForm, DateOrder, Group, NumberForm};
use crate::text::is_apostrophe;

impl NumberForm {
    /// The form that `example` shows. A `whole` number's example needs no decimals.
    ///
    /// # Errors
    /// Says what the example lacks.
    pub fn by_example(example: &str, whole: bool) -> Result<Self, String> {
        let text = example.trim();
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let signs: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
        let no = || format!("`{example}` does not show how thousands and decimals are written");
        let (&(first, group), &(last, decimal)) = signs.first().zip(signs.last()).ok_or_else(no)?;
        let group = match group {
            '.' => Group::Point,
            ',' => Group::Comma,
            c if is_apostrophe(c) => Group::Apostrophe,
            c if c.is_whitespace() => Group::Space,
            _ => return Err(no()),
        };
        let kind = |c: char| {
            if is_apostrophe(c) {
                '\''
            } else if c.is_whitespace() {
                ' '
            } else {
                c
            }
        };
        let sign = signs.first().map(|s| kind(s.1));
        let groups = signs.iter().take_while(|s| Some(kind(s.1)) == sign).count();
        let has_decimals = groups + 1 == signs.len();
        if !has_decimals && (!whole || groups != signs.len()) {
            return Err(no());
        }
        let integer_end = if has_decimals { last } else { text.len() };
        if !grouped(text.get(..integer_end).unwrap_or(""), first) {
            return Err(format!("the thousands of `{example}` do not stand in groups of three digits"));
        }
        if !has_decimals {
            return Ok(Self { group, decimal: if group == Group::Comma || group == Group::Apostrophe { '.' } else { ',' } });
        }
        let fraction = text.get(last + decimal.len_utf8()..).unwrap_or("");
        if !matches!(decimal, '.' | ',') || fraction.is_empty() {
            return Err(no());
        }
        Ok(Self { group, decimal })
    }
}

/// Whether digits stand as one to three (up to byte `first`), then in groups of three.
fn grouped(integer: &str, first: usize) -> bool {
    let groups: Vec<&str> = integer.split(|c: char| !c.is_ascii_digit()).collect();
    (1..=3).contains(&first) && groups.len() > 1 && groups.iter().skip(1).all(|g| g.len() == 3)
}

impl DateForm {
    /// The form that `example` shows.
    ///
    /// # Errors
    /// Says what the example lacks, or that day and month cannot be told apart.
    pub fn by_example(example: &str) -> Result<Self, String> {
        let text = example.trim();
        let no = || format!("`{example}` is not a date such as 31/12/2026");
        let end = text.find(|c: char| c.is_whitespace() || c == 'T').unwrap_or(text.len());
        let (date, time) = text.split_at(end);
        let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '.' | '-')).ok_or_else(no)?;
        let parts: Vec<&str> = date.split(separator).collect();
        let &[a, b, c] = parts.as_slice() else { return Err(no()) };
        let number = |p: &str| p.parse::<u32>().ok().filter(|_| p.bytes().all(|b| b.is_ascii_digit()));
        let (x, y, z) = (number(a).ok_or_else(no)?, number(b).ok_or_else(no)?, number(c).ok_or_else(no)?);
        let order = match (a.len(), b.len(), c.len()) {
            (4, 1..=2, 1..=2) if (1..=12).contains(&y) && (1..=31).contains(&z) => DateOrder::YearMonthDay,
            (1..=2, 1..=2, 4) => match (x, y) {
                (13..=31, 1..=12) => DateOrder::DayMonthYear,
                (1..=12, 13..=31) => DateOrder::MonthDayYear,
                (1..=12, 1..=12) => {
                    return Err(format!("`{example}` does not show which is the day and which the month"));
                }
                (_, _) => return Err(no()),
            },
            (_, _, 2) => return Err(format!("`{example}` must show the year with four digits")),
            (_, _, _) => return Err(no()),
        };
        let time = time.trim_start_matches('T').trim();
        let (has_time, twelve_hours) = if time.is_empty() { (false, false) } else { (true, twelve_hours(time).ok_or_else(no)?) };
        Ok(Self { order, separator, twelve_hours, has_time })
    }
}

/// Whether a clock time such as `23:59`, `23:59:59` or `11:59 PM` has AM or PM; `None` if it is no time.
fn twelve_hours(time: &str) -> Option<bool> {
    let upper = time.to_ascii_uppercase();
    let (clock, twelve) = match upper.strip_suffix("AM").or_else(|| upper.strip_suffix("PM")) {
        Some(clock) => (clock.trim_end().to_owned(), true),
        None => (upper, false),
    };
    let parts: Vec<u32> = clock.split(':').map(|p| p.parse().ok().filter(|_| p.len() <= 2)).collect::<Option<_>>()?;
    let (hour, rest) = parts.split_first()?;
    let hours = if twelve { (1..=12).contains(hour) } else { *hour < 24 };
    ((1..=2).contains(&rest.len()) && hours && rest.iter().all(|n| *n < 60)).then_some(twelve)
}
