//! Numbers in text, plainly or in a form declared by example.

use super::Raw;
use crate::schema::{Group, NumberForm, without_currency};

/// Why a number could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// The text is no number.
    Unreadable,
    /// It has a part behind the point, or does not fit in 64 bits.
    NotWhole,
    /// It is NaN or infinite.
    NotFinite,
}

/// Every way in which thousands and decimals are separated, with the example that declares it.
pub(crate) static FORMS: [(NumberForm, &str); 6] = [
    (plain_form(Group::Comma, '.'), "1,234.56"),
    (plain_form(Group::Point, ','), "1.234,56"),
    (plain_form(Group::Space, ','), "1 234,56"),
    (plain_form(Group::Apostrophe, '.'), "1'234.56"),
    (plain_form(Group::Space, '.'), "1 234.56"),
    (plain_form(Group::Apostrophe, ','), "1'234,56"),
];

const fn plain_form(group: Group, decimal: char) -> NumberForm {
    NumberForm { group, decimal: Some(decimal), currency: None, percent: false }
}

/// Reads a trimmed text as a whole number, plainly or by the form that fits; `3.0` is one.
pub(crate) fn integer(text: &str, forms: &[NumberForm]) -> Result<i64, NotANumber> {
    if let Some(n) = digits(text.as_bytes()) {
        return Ok(n);
    }
    by_form(text, forms, plain_integer)
}

fn plain_integer(text: &str) -> Result<i64, NotANumber> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.bytes().all(|b| b == b'0')
        && !whole.is_empty()
        && let Ok(n) = whole.parse::<i64>()
    {
        return Ok(n);
    }
    let value = plain_number(text)?;
    // Beyond 2^53 a float no longer tells neighbouring whole numbers apart.
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 { Ok(value as i64) } else { Err(NotANumber::NotWhole) }
}

/// Reads a trimmed text as a finite number, plainly or by the form that fits.
pub(crate) fn number(text: &str, forms: &[NumberForm]) -> Result<f64, NotANumber> {
    by_form(text, forms, plain_number)
}

/// What the first form that fits makes of a text; without forms the text itself.
fn by_form<T>(text: &str, forms: &[NumberForm], read: fn(&str) -> Result<T, NotANumber>) -> Result<T, NotANumber> {
    if forms.is_empty() {
        return read(text);
    }
    let mut outcome = Err(if is_not_finite(text) { NotANumber::NotFinite } else { NotANumber::Unreadable });
    for plain in forms.iter().filter_map(|form| normalize(text, form)) {
        outcome = read(&plain);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Whether a text is a number in scientific notation, as spreadsheets shorten long ones: `1.23457E+15`.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, part) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(part) && exponent.strip_prefix(['+', '-']).is_some_and(digits)
}

/// At most 18 digits with an optional minus: the usual case, without looking at it twice.
#[inline]
pub(crate) fn digits(bytes: &[u8]) -> Option<i64> {
    let (negative, bytes) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if bytes.is_empty() || bytes.len() > 18 {
        return None;
    }
    let mut n = 0_i64;
    for &b in bytes {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + i64::from(digit);
    }
    Some(if negative { -n } else { n })
}

const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// At most eight digits, all at once.
#[inline(always)]
pub(crate) fn short(cell: Raw<'_>) -> Option<i64> {
    let missing = 8_usize.checked_sub(cell.bytes.len()).filter(|&missing| missing < 8)?;
    // What stands before the cell becomes leading noughts.
    let n = (u64::from_le_bytes(*cell.tail()?) ^ repeat(b'0') as u64) & (u64::MAX << (missing * 8));
    are_digits(n).then(|| eight(n))
}

/// As [`decimal`], all at once.
#[inline(always)]
pub(crate) fn short_decimal(cell: Raw<'_>) -> Option<f64> {
    let missing = 16_usize.checked_sub(cell.bytes.len()).filter(|&missing| missing < 16)?;
    let n = (u128::from_le_bytes(*cell.tail()?) ^ repeat(b'0')) & (u128::MAX << (missing * 8));
    // A byte is 0 where the point is; the lowest such byte is found without fail.
    let points = n ^ repeat(b'.' ^ b'0');
    let found = points.wrapping_sub(repeat(1)) & !points & repeat(0x80);
    let at = found.trailing_zeros() as usize / 8;
    let (n, part) = if at == 16 && missing > 0 {
        (n, 0)
    } else if at > missing && at < 15 {
        // The digits before the point move up to those behind it.
        ((n & ((1 << (at * 8)) - 1)) << 8 | n >> (at * 8 + 8) << (at * 8 + 8), 15 - at)
    } else {
        return None;
    };
    let (first, last) = (n as u64, (n >> 64) as u64);
    let power = POWERS.get(part)?;
    (are_digits(first) && are_digits(last)).then(|| (eight(first) * 100_000_000 + eight(last)) as f64 / power)
}

/// Sixteen times a byte.
const fn repeat(byte: u8) -> u128 {
    u128::from_le_bytes([byte; 16])
}

/// Whether every byte is one of 0 to 9.
#[inline(always)]
fn are_digits(n: u64) -> bool {
    (n.wrapping_add(repeat(0x76) as u64) | n) & repeat(0x80) as u64 == 0
}

/// The number whose digits the bytes are, the first in the lowest, after Lemire, "Number Parsing at a Gigabyte per Second".
#[inline(always)]
fn eight(digits: u64) -> i64 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32) as i64
}

/// At most 15 digits, perhaps with a point among them: the usual case. Both parts are exact floats, so that their quotient is the float
/// nearest to the number, after Clinger, "How to Read Floating Point Numbers Accurately".
#[inline]
pub(crate) fn decimal(bytes: &[u8]) -> Option<f64> {
    if bytes.len() > 16 || !bytes.first()?.is_ascii_digit() || !bytes.last()?.is_ascii_digit() {
        return None;
    }
    let (mut n, mut count, mut part) = (0_i64, 0_usize, None);
    for &b in bytes {
        let digit = b.wrapping_sub(b'0');
        if digit <= 9 {
            n = n * 10 + i64::from(digit);
            count += 1;
        } else if b == b'.' && part.is_none() {
            part = Some(count);
        } else {
            return None;
        }
    }
    let power = POWERS.get(part.map_or(0, |before| count - before)).filter(|_| count <= 15)?;
    Some(n as f64 / power)
}

fn plain_number(text: &str) -> Result<f64, NotANumber> {
    let shaped = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    if !shaped {
        return Err(if is_not_finite(text) { NotANumber::NotFinite } else { NotANumber::Unreadable });
    }
    let value: f64 = text.parse().map_err(|_| NotANumber::Unreadable)?;
    if value.is_finite() { Ok(value) } else { Err(NotANumber::NotFinite) }
}

fn is_not_finite(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    ["nan", "inf", "infinity"].iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// The sign of a number, and what follows it.
fn signed(text: &str) -> (&str, &str) {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.split_at_checked(text.len() - rest.len()).unwrap_or(("", text))
}

/// The number as Rust writes it, if the text keeps to the form: groups of three digits, none before a group of fewer.
fn normalize(text: &str, form: &NumberForm) -> Option<String> {
    let (sign, bare) = signed(text);
    let (bare, hundredths) = match bare.strip_suffix('%').filter(|_| form.percent) {
        Some(rest) => (rest.trim_end(), true),
        None => (bare, false),
    };
    let bare = match form.currency.as_deref().map(|ours| without(bare, ours)) {
        Some(Some(rest)) => rest,
        Some(None) if without_currency(bare).is_some() => return None,
        Some(None) | None => bare,
    };
    let (sign, bare) = if sign.is_empty() { signed(bare) } else { (sign, bare) };
    // What was between a sign and the number is gone with the currency.
    let bare = if form.currency.is_some() || hundredths { bare.trim_start() } else { bare };
    let mut plain = String::from(sign);
    plain.push_str(&ungrouped(bare, form)?);
    if hundredths {
        if plain.contains(['e', 'E']) {
            return None;
        }
        plain.push_str("e-2");
    }
    Some(plain)
}

/// Takes the form's own currency off one end of a number, in capitals or not.
fn without<'a>(text: &'a str, currency: &str) -> Option<&'a str> {
    let ours = |part: &&str| part.eq_ignore_ascii_case(currency);
    let before = text.split_at_checked(currency.len()).filter(|(first, _)| ours(first)).map(|(_, rest)| rest);
    let behind = || {
        let at = text.len().checked_sub(currency.len())?;
        text.split_at_checked(at).filter(|(_, last)| ours(last)).map(|(rest, _)| rest)
    };
    before.or_else(behind).map(str::trim)
}

/// A number without sign, currency and percent, without its groups.
fn ungrouped(text: &str, form: &NumberForm) -> Option<String> {
    let (whole, part) = match form.decimal.and_then(|decimal| text.split_once(decimal)) {
        Some((whole, part)) => (whole, Some(part)),
        None => (text, None),
    };
    // An exponent stands behind the last digit group or behind the part.
    let (whole, part, exponent) = match part {
        Some(part) => match part.find(['e', 'E']) {
            Some(at) => (whole, Some(part.get(..at)?), part.get(at..)?),
            None => (whole, Some(part), ""),
        },
        None => match whole.find(['e', 'E']) {
            Some(at) => (whole.get(..at)?, None, whole.get(at..)?),
            None => (whole, None, ""),
        },
    };
    let mut out = String::with_capacity(text.len());
    let mut groups = whole.split(|c| separates(form.group, c));
    let first = groups.next()?;
    let mut grouped = false;
    out.push_str(first);
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
        out.push_str(group);
    }
    let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if grouped && !(1..=3).contains(&first.len()) || !digits_only(&out) {
        return None;
    }
    if let Some(part) = part {
        if !digits_only(part) || part.is_empty() && whole.is_empty() {
            return None;
        }
        out.push('.');
        out.push_str(part);
    } else if whole.is_empty() {
        return None;
    }
    out.push_str(exponent);
    Some(out)
}

fn separates(group: Group, c: char) -> bool {
    match group {
        Group::None => false,
        Group::Space => c.is_whitespace(),
        Group::Point => c == '.',
        Group::Comma => c == ',',
        Group::Apostrophe => crate::text::is_apostrophe(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_numbers_are_read_as_any_other() {
        for text in [
            "0",
            "7",
            "12.5",
            "0.1",
            "123456789012345",
            "1234567.89",
            "0.00000000000001",
            "99999999999.9999",
            "1.",
            "12345678.12345678",
        ] {
            let short = decimal(text.as_bytes());
            assert!(short.is_none_or(|x| x.to_bits() == text.parse::<f64>().unwrap().to_bits()), "{text}: {short:?}");
            assert_eq!(short.is_some(), text.len() <= 16 && !text.ends_with('.'), "{text}");
        }
        for other in ["", ".5", "-1", "1e5", "1.2.3", "1,5", " 1"] {
            assert_eq!(decimal(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn short_numbers_are_read_as_any_other() {
        let cells = [
            "1.",
            ".5",
            ".",
            "..",
            "1.2.3",
            "0.1",
            "1040306.86",
            "99999999999.9999",
            "123456789012345",
            "1234567890123456",
            "0.00000000000001",
            "1e5",
            "0",
            "7",
            "42",
            "999",
            "1000",
            "65536",
            "123456",
            "9999999",
            "12345678",
            "00000001",
            "123456789",
            "",
            "-1",
            "1.5",
            "12a4",
            "/1",
            "1:",
            "\u{fc}1",
        ];
        for before in ["", ",", "12345678,", "\u{fc},99999999;"] {
            for cell in cells {
                let text = format!("{before}{cell},5");
                let raw = Raw::new(text.as_bytes(), before.len(), before.len() + cell.len()).unwrap();
                let room = before.len() + cell.len();
                let all = cell.bytes().all(|b| b.is_ascii_digit()) && (1..=8).contains(&cell.len()) && room >= 8;
                assert_eq!(short(raw), cell.parse().ok().filter(|_| all), "`{cell}` in `{text}`");
                let expected = decimal(cell.as_bytes()).filter(|_| room >= 16);
                assert_eq!(short_decimal(raw).map(f64::to_bits), expected.map(f64::to_bits), "`{cell}` in `{text}`");
            }
        }
    }

    #[test]
    fn a_form_never_misreads_a_number_of_another_form() {
        let french = [FORMS[2].0.clone()];
        let german = [FORMS[1].0.clone()];
        assert_eq!(number("2\u{a0}137\u{202f}510,15", &french), Ok(2_137_510.15));
        assert_eq!(number("-534,46", &french), Ok(-534.46));
        assert_eq!(number("1234.56", &german), Err(NotANumber::Unreadable));
        assert_eq!(number("1.234", &german), Ok(1234.0));
        assert_eq!(number("1.23", &german), Err(NotANumber::Unreadable));
        assert_eq!(number("1,234.56", &[]), Err(NotANumber::Unreadable));
        assert_eq!(number("1\u{2019}234.5", &[FORMS[3].0.clone()]), Ok(1234.5));
        assert_eq!(integer("1.234,0", &german), Ok(1234));
        assert_eq!(integer("9223372036854775807", &[]), Ok(i64::MAX));
        assert_eq!(integer("9223372036854775808", &[]), Err(NotANumber::NotWhole));
        assert_eq!(integer("9007199254740993.0", &[]), Ok(9_007_199_254_740_993));
        assert_eq!(integer("3.5", &[]), Err(NotANumber::NotWhole));
        assert_eq!(number("NaN", &[]), Err(NotANumber::NotFinite));
        assert_eq!(number("1e999", &[]), Err(NotANumber::NotFinite));
        assert_eq!(number("", &[]), Err(NotANumber::Unreadable));
        assert_eq!(number(",", &german), Err(NotANumber::Unreadable));
    }

    #[test]
    fn currencies_and_percent_signs_are_those_of_the_example() {
        let form = |example: &str| [NumberForm::by_example(example, false).unwrap()];
        let euros = form("€ 1.234,56");
        for (cell, value) in [
            ("€ 1.234,56", 1234.56),
            ("-1.234,56 €", -1234.56),
            ("€-5", -5.0),
            ("-€ 5,5", -5.5),
            ("1.234,56", 1234.56),
            ("7€", 7.0),
        ] {
            assert_eq!(number(cell, &euros), Ok(value), "{cell}");
        }
        for cell in ["$ 5", "5 USD", "5 k", "€", "€€5", "5 %", "1 Mio €"] {
            assert_eq!(number(cell, &euros), Err(NotANumber::Unreadable), "{cell}");
        }
        assert_eq!(number("1,234.5 usd", &form("1,234.56 USD")), Ok(1234.5));
        let shares = form("12,5 %");
        assert_eq!(number("12,3 %", &shares), Ok(0.123));
        assert_eq!(number("-45%", &shares), Ok(-0.45));
        assert_eq!(number("0,5", &shares), Ok(0.5));
        assert_eq!(integer("4.500 %", &shares), Ok(45));
        for example in ["12k", "5 M", "5 Mio", "% 5", "€", "EUR", "1,2,3 €"] {
            assert!(NumberForm::by_example(example, false).is_err(), "{example}");
        }
        assert!(is_scientific("1.23457E+15") && is_scientific("1,2e+09") && is_scientific("-1E-5"));
        assert!(!is_scientific("1E5") && !is_scientific("me+you") && !is_scientific("1.2"));
    }
}
