//! Numbers in text, plainly or in a form declared by example.

use super::Raw;
use crate::schema::{Group, NumberForm};

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

/// Every form that the language can declare, with the example that declares it.
pub(crate) const FORMS: [(NumberForm, &str); 6] = [
    (NumberForm { group: Group::Comma, decimal: '.' }, "1,234.56"),
    (NumberForm { group: Group::Point, decimal: ',' }, "1.234,56"),
    (NumberForm { group: Group::Space, decimal: ',' }, "1 234,56"),
    (NumberForm { group: Group::Apostrophe, decimal: '.' }, "1'234.56"),
    (NumberForm { group: Group::Space, decimal: '.' }, "1 234.56"),
    (NumberForm { group: Group::Apostrophe, decimal: ',' }, "1'234,56"),
];

/// Reads a trimmed text as a whole number; `3.0` is one.
pub(crate) fn integer(text: &str, form: Option<NumberForm>) -> Result<i64, NotANumber> {
    if let Some(n) = digits(text.as_bytes()) {
        return Ok(n);
    }
    let plain;
    let text = match form {
        Some(form) => {
            plain = normalize(text, form).ok_or(NotANumber::Unreadable)?;
            plain.as_str()
        }
        None => text,
    };
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

/// Reads a trimmed text as a finite number.
pub(crate) fn number(text: &str, form: Option<NumberForm>) -> Result<f64, NotANumber> {
    match form {
        None => plain_number(text),
        Some(form) => match normalize(text, form) {
            Some(plain) => plain_number(&plain),
            None => Err(if is_not_finite(text) { NotANumber::NotFinite } else { NotANumber::Unreadable }),
        },
    }
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

/// The number as Rust writes it, if the text keeps to the form: groups of three digits, none before a group of fewer.
fn normalize(text: &str, form: NumberForm) -> Option<String> {
    let (whole, part) = match text.split_once(form.decimal) {
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
    let body = match whole.strip_prefix(['+', '-']) {
        Some(rest) => {
            out.push_str(whole.get(..1)?);
            rest
        }
        None => whole,
    };
    let mut groups = body.split(|c| separates(form.group, c));
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
    if grouped && !(1..=3).contains(&first.len()) || !digits_only(out.trim_start_matches(['+', '-'])) {
        return None;
    }
    if let Some(part) = part {
        if !digits_only(part) || part.is_empty() && body.is_empty() {
            return None;
        }
        out.push('.');
        out.push_str(part);
    } else if body.is_empty() {
        return None;
    }
    out.push_str(exponent);
    Some(out)
}

fn separates(group: Group, c: char) -> bool {
    match group {
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
        let french = FORMS[2].0;
        let german = FORMS[1].0;
        assert_eq!(number("2\u{a0}137\u{202f}510,15", Some(french)), Ok(2_137_510.15));
        assert_eq!(number("-534,46", Some(french)), Ok(-534.46));
        assert_eq!(number("1234.56", Some(german)), Err(NotANumber::Unreadable));
        assert_eq!(number("1.234", Some(german)), Ok(1234.0));
        assert_eq!(number("1.23", Some(german)), Err(NotANumber::Unreadable));
        assert_eq!(number("1,234.56", None), Err(NotANumber::Unreadable));
        assert_eq!(number("1\u{2019}234.5", Some(FORMS[3].0)), Ok(1234.5));
        assert_eq!(integer("1.234,0", Some(german)), Ok(1234));
        assert_eq!(integer("9223372036854775807", None), Ok(i64::MAX));
        assert_eq!(integer("9223372036854775808", None), Err(NotANumber::NotWhole));
        assert_eq!(integer("9007199254740993.0", None), Ok(9_007_199_254_740_993));
        assert_eq!(integer("3.5", None), Err(NotANumber::NotWhole));
        assert_eq!(number("NaN", None), Err(NotANumber::NotFinite));
        assert_eq!(number("1e999", None), Err(NotANumber::NotFinite));
        assert_eq!(number("", None), Err(NotANumber::Unreadable));
        assert_eq!(number(",", Some(german)), Err(NotANumber::Unreadable));
    }
}
