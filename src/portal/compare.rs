//! Whether two values of a property are the same to HubSpot.

/// Whether two values mean the same; an empty text is no value.
pub(super) fn same(a: Option<&str>, b: Option<&str>) -> bool {
    let (a, b) = (a.filter(|t| !t.is_empty()), b.filter(|t| !t.is_empty()));
    match (a, b) {
        (Some(a), Some(b)) => a == b || same_number(a, b) || same_moment(a, b),
        (a, b) => a == b,
    }
}

/// `65` and `65.0`; a long number is compared by its digits.
fn same_number(a: &str, b: &str) -> bool {
    let number = |text: &str| {
        let (sign, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let fits = !whole.is_empty() && plain(whole) && plain(part);
        fits.then(|| (sign, whole.trim_start_matches('0').to_owned(), part.trim_end_matches('0').to_owned()))
    };
    let zero = |(sign, whole, part): (bool, String, String)| (sign && !(whole.is_empty() && part.is_empty()), whole, part);
    number(a).map(zero).zip(number(b).map(zero)).is_some_and(|(a, b)| a == b)
}

/// `2026-03-02T00:00:00Z` and `2026-03-02T00:00:00.000Z`.
fn same_moment(a: &str, b: &str) -> bool {
    let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
    moment(a).zip(moment(b)).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn values_are_the_same_however_they_are_written() {
        for (a, b) in [("65", "65.0"), ("0", "-0"), ("12.50", "12.5"), ("a", "a"), ("", "")] {
            assert!(same(Some(a), Some(b)), "{a} {b}");
        }
        assert!(same(None, Some("")));
        assert!(same(Some("2026-03-02T00:00:00Z"), Some("2026-03-02T00:00:00.000Z")));
        for (a, b) in [("65", "66"), ("1", "-1"), ("a", "A"), ("a", ""), ("1.", "x")] {
            assert!(!same(Some(a), Some(b)), "{a} {b}");
        }
    }
}
