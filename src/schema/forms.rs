//! Forms by example: `numbers like "€ 1.234,56"`, `dates like "31-Dec-2026", serial`.

use std::sync::Arc;

use super::month;
use crate::invariant::SureAt as _;
use crate::text::is_apostrophe;

/// How numbers are written in data, declared by example: `numbers like "1.234,56"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberForm {
    /// What separates thousands.
    pub group: Group,
    /// The decimal sign, `.` or `,`; `None` where the example shows none.
    pub decimal: Option<char>,
    /// The currency sign or code that a cell may have, before or behind the number.
    pub currency: Option<Arc<str>>,
    /// Whether a cell may have `%`, which divides by a hundred.
    pub percent: bool,
}

/// What separates thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Nothing.
    None,
    /// Any space.
    Space,
    /// `.`
    Point,
    /// `,`
    Comma,
    /// Any apostrophe.
    Apostrophe,
}

/// How dates are written in data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateForm {
    /// A day of the calendar, by example: `dates like "31/12/2026 11:59 PM"`.
    Calendar(CalendarForm),
    /// `dates like serial`: a spreadsheet's number of days in the system of 1900.
    Serial,
    /// `dates like epoch seconds`: seconds since 1970-01-01T00:00Z.
    EpochSeconds,
}

/// How days of the calendar are written in data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarForm {
    /// The order of day, month and year.
    pub order: DateOrder,
    /// What is between them: `/`, `.` or `-`; ` ` with a month's name, which any of these may go with.
    pub separator: char,
    /// Whether the month is a name, such as `Dec` or `dezembro`.
    pub month_name: bool,
    /// Whether the year has two digits: 2000 to 2068, 1969 to 1999.
    pub short_year: bool,
    /// Whether times have AM and PM.
    pub twelve_hours: bool,
    /// Whether the example has a time.
    pub has_time: bool,
}

/// The order of day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2026
    DayMonthYear,
    /// 12/31/2026
    MonthDayYear,
    /// 2026/12/31
    YearMonthDay,
}

/// What stands for a currency beside its sign or the three letters of ISO 4217.
const CURRENCIES: [&str; 13] = ["kr", "Kr", "zł", "Kč", "Ft", "lei", "Fr", "Rs", "лв", "руб", "din", "DM", "Fr."];

/// Three letters that say how large a number is.
const MAGNITUDES: [&str; 5] = ["MIO", "MRD", "MLN", "TSD", "BIO"];

/// Takes a currency sign or code off one end of a number: the number, and the sign.
pub(crate) fn without_currency(text: &str) -> Option<(&str, &str)> {
    let is_sign = |c: char| c.is_alphabetic() || is_currency_sign(c);
    let (sign, rest) = match text.find(|c| !is_sign(c)) {
        None => return None,
        Some(0) => {
            let rest = text.trim_end_matches(is_sign);
            (text.get(rest.len()..)?, rest)
        }
        Some(end) => text.split_at_checked(end)?,
    };
    is_currency(sign).then(|| (rest.trim_matches(char::is_whitespace), sign))
}

/// `€`, `US$`, `EUR`, `kr`: not `k`, `M` or `Mio`, which would change the number.
fn is_currency(sign: &str) -> bool {
    let code = sign.len() == 3 && sign.bytes().all(|b| b.is_ascii_uppercase()) && !MAGNITUDES.contains(&sign);
    let marked = sign.contains(is_currency_sign) && sign.chars().count() <= 4;
    code || marked || CURRENCIES.contains(&sign)
}

/// Whether a character is a sign of money.
fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '฿' | '৳' | '﷼' | '＄' | '￡' | '￥' | '\u{20A0}'..='\u{20CF}')
}

impl NumberForm {
    /// The form that `example` shows. A `whole` number's example needs no decimals, nor does one with a currency or `%`.
    ///
    /// # Errors
    /// Says what the example lacks.
    pub fn by_example(example: &str, whole: bool) -> Result<Self, String> {
        let no = || format!("`{example}` does not show how thousands and decimals are written");
        let text = example.trim();
        let text = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start();
        let (text, percent) = match text.strip_suffix('%') {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        let (text, currency) = without_currency(text).map_or((text, None), |(rest, sign)| (rest, Some(Arc::from(sign))));
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let marked = percent || currency.is_some();
        let shown = separators(text, whole || marked, marked);
        let (group, decimal) = shown.map_err(|why| why.map_or_else(no, |why| why.replace("{}", example)))?;
        Ok(Self { group, decimal, currency, percent })
    }

    /// Whether one cell can be a different number by each of two forms: `1.234` by `1.234,56` and by `1,234.56`.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let sign = |group| match group {
            Group::Point => Some('.'),
            Group::Comma => Some(','),
            Group::None | Group::Space | Group::Apostrophe => None,
        };
        let between = |group: Group, decimal: Option<char>| sign(group).is_some_and(|group| Some(group) == decimal);
        between(self.group, other.decimal) || between(other.group, self.decimal)
    }
}

/// What separates the thousands and the decimals of `text`. `None` as the error says that it does not show that.
fn separators(text: &str, whole: bool, marked: bool) -> Result<(Group, Option<char>), Option<String>> {
    let signs: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let (Some(&(first, group)), Some(&(last, decimal))) = (signs.first(), signs.last()) else {
        return if marked && !text.is_empty() { Ok((Group::None, None)) } else { Err(None) };
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
    // One sign alone, and behind it no group of three: decimals.
    let behind = text.sure_at(last + decimal.len_utf8()..);
    if marked && signs.len() == 1 && matches!(decimal, '.' | ',') && behind.len() != 3 {
        let group = if decimal == ',' { Group::Point } else { Group::Comma };
        return if first > 0 && !behind.is_empty() { Ok((group, Some(decimal))) } else { Err(None) };
    }
    let group = match group {
        '.' => Group::Point,
        ',' => Group::Comma,
        c if is_apostrophe(c) => Group::Apostrophe,
        c if c.is_whitespace() => Group::Space,
        _ => return Err(None),
    };
    let has_decimals = groups + 1 == signs.len();
    if !has_decimals && (!whole || groups != signs.len()) {
        return Err(None);
    }
    let integer_end = if has_decimals { last } else { text.len() };
    if !grouped(text.sure_at(..integer_end), first) {
        return Err(Some("the thousands of `{}` are not in groups of three digits".to_owned()));
    }
    if !has_decimals {
        return Ok((group, Some(if group == Group::Comma || group == Group::Apostrophe { '.' } else { ',' })));
    }
    if !matches!(decimal, '.' | ',') || behind.is_empty() {
        return Err(None);
    }
    Ok((group, Some(decimal)))
}

/// Whether digits are written as one to three (up to byte `first`), then in groups of three.
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
        let no = || format!("`{example}` is not a date such as 31/12/2026 or 31-Dec-2026");
        let parsed = split_date(text).ok_or_else(no)?;
        let time = parsed.rest.trim_start_matches([',', 'T']).trim();
        let (has_time, twelve_hours) = if time.is_empty() { (false, false) } else { (true, twelve_hours(time).ok_or_else(no)?) };
        let form = CalendarForm {
            order: DateOrder::DayMonthYear,
            separator: parsed.separator,
            month_name: parsed.month.is_some(),
            short_year: false,
            twelve_hours,
            has_time,
        };
        let [a, b, c] = parsed.parts;
        let (order, year) = if let Some(place) = parsed.month {
            // The year is the number with four digits, else the last one.
            match place {
                0 => (DateOrder::MonthDayYear, c),
                _ if a.len() == 4 => (DateOrder::YearMonthDay, a),
                _ => (DateOrder::DayMonthYear, c),
            }
        } else {
            by_numbers([a, b, c], example)?.ok_or_else(no)?
        };
        let days: Vec<u32> =
            parsed.parts.iter().enumerate().filter(|(at, _)| Some(*at) != parsed.month).map(|(_, p)| number(p)).collect();
        let short_year = match year.len() {
            4 => false,
            2 => true,
            _ => return Err(no()),
        };
        if parsed.month.is_some() && !days.iter().any(|day| (1..=31).contains(day)) {
            return Err(no());
        }
        Ok(Self::Calendar(CalendarForm { order, short_year, ..form }))
    }

    /// Whether one cell can be a different date by each of two forms: `01/02/2026` by `31/12/2026` and by `12/31/2026`.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let (Self::Calendar(a), Self::Calendar(b)) = (self, other) else { return false };
        let alike = (a.month_name, a.short_year, a.separator) == (b.month_name, b.short_year, b.separator);
        let year_first = a.order == DateOrder::YearMonthDay || b.order == DateOrder::YearMonthDay;
        // A year of four digits is known where it is; the name of a month too, and of two numbers around it either may be the year.
        alike
            && a.order != b.order
            && if a.month_name {
                a.short_year && year_first && [a.order, b.order].contains(&DateOrder::DayMonthYear)
            } else {
                a.short_year || !year_first
            }
    }
}

/// The number of digits; more of them than 32 bits hold are no day, month or year.
fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

/// The order of three numbers, and the year among them; `None` if they are no date.
fn by_numbers<'t>([a, b, c]: [&'t str; 3], example: &str) -> Result<Option<(DateOrder, &'t str)>, String> {
    let (x, y, z) = (number(a), number(b), number(c));
    Ok(match (a.len(), b.len(), c.len()) {
        (4, 1..=2, 1..=2) if (1..=12).contains(&y) && (1..=31).contains(&z) => Some((DateOrder::YearMonthDay, a)),
        // The last day of 2026, as the examples of the language have it.
        (2, 2, 2) if (x, y, z) == (26, 12, 31) => Some((DateOrder::YearMonthDay, a)),
        (1..=2, 1..=2, 2 | 4) => match (x, y) {
            (13..=31, 1..=12) => Some((DateOrder::DayMonthYear, c)),
            (1..=12, 13..=31) => Some((DateOrder::MonthDayYear, c)),
            (1..=12, 1..=12) => return Err(format!("`{example}` does not show which is the day and which the month")),
            (_, _) => None,
        },
        (_, _, _) => None,
    })
}

/// A text that starts with a date: day, month and year in some order, and what follows them.
pub(crate) struct SplitDate<'t> {
    /// Digits, or the name of a month.
    pub(crate) parts: [&'t str; 3],
    /// Which part is the name of a month.
    pub(crate) month: Option<usize>,
    /// What is between numbers; ` ` where a month has a name.
    pub(crate) separator: char,
    pub(crate) rest: &'t str,
}

/// Splits the date off the start of a trimmed text.
pub(crate) fn split_date(text: &str) -> Option<SplitDate<'_>> {
    let numbers = split_numbers(text);
    if numbers.is_some() {
        return numbers;
    }
    let mut parts = [""; 3];
    let mut rest = text;
    let mut named = None;
    for (at, place) in parts.iter_mut().enumerate() {
        if at > 0 {
            let after = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.' | ','));
            if after.len() == rest.len() {
                return None;
            }
            // `31 de diciembre de 2026`
            rest = ["de ", "of ", "del "].iter().find_map(|word| after.strip_prefix(word)).unwrap_or(after);
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let end = if end > 0 {
            end
        } else {
            named = named.is_none().then_some(at);
            rest.find(|c: char| !c.is_alphabetic() && !crate::text::is_mark(c)).unwrap_or(rest.len())
        };
        let (part, after) = rest.split_at_checked(end)?;
        *place = part;
        rest = after;
        // `1er`, `1st`, `2nd`
        if part.starts_with(|c: char| c.is_ascii_digit()) && part.len() <= 2 {
            let tail = ["st", "nd", "rd", "th", "er", "º"].iter().find_map(|tail| rest.strip_prefix(tail));
            rest = tail.filter(|after| !after.starts_with(char::is_alphabetic)).unwrap_or(rest);
        }
    }
    let place = named?;
    month(parts.get(place)?)?;
    let digits = |at: usize| parts.get(at).is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let others = (0..3).filter(|&at| at != place).all(digits);
    (others && place < 2).then_some(SplitDate { parts, month: Some(place), separator: ' ', rest })
}

/// Three numbers with one sign between them.
fn split_numbers(text: &str) -> Option<SplitDate<'_>> {
    let separator = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '.' | '-'))?;
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == separator)).unwrap_or(text.len());
    let (date, rest) = text.split_at_checked(end)?;
    let mut split = date.split(separator);
    let parts = [split.next()?, split.next()?, split.next()?];
    let three = split.next().is_none() && parts.iter().all(|p| !p.is_empty());
    let sound = three && (rest.starts_with('T') || !rest.starts_with(char::is_alphanumeric));
    sound.then_some(SplitDate { parts, month: None, separator, rest })
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
