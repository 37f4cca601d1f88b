//! Numbers and points of a draft, as the language writes them.

use serde_json::{Number, Value};

/// Points in hundredths; more digits than that are not points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hundredths(i64);

impl Hundredths {
    pub(super) const ZERO: Self = Self(0);

    /// The points of a JSON number.
    ///
    /// # Errors
    /// What is not a number, has a third decimal, or is beyond a thousand million.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let Value::Number(number) = value else { return Err(format!("its points are {value}, which is not a number")) };
        Self::exact(number)
            .ok_or_else(|| format!("its points are {number}; points have at most two decimals and are at most 1,000,000,000"))
    }

    fn exact(number: &Number) -> Option<Self> {
        let written = number.to_string();
        let (sign, digits) = written.strip_prefix('-').map_or((1, written.as_str()), |rest| (-1, rest));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > 2 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let hundredths: i64 = format!("{decimals:0<2}").parse().ok()?;
        let points = whole.checked_mul(100)?.checked_add(hundredths)?;
        (points <= 100_000_000_000).then_some(Self(sign * points))
    }

    /// `12.5`, `-3`: a bound or a threshold.
    pub(super) fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match part {
            0 => format!("{sign}{whole}"),
            part if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
            part => format!("{sign}{whole}.{part:02}"),
        }
    }

    /// `+12.5`, `-3`, `0`: points of a rule.
    pub(super) fn signed(self) -> String {
        if self.0 > 0 { format!("+{}", self.plain()) } else { self.plain() }
    }
}

/// A number of a condition, as the language writes it: no exponent.
///
/// # Errors
/// What is not a number, or has an exponent.
pub(super) fn number(value: Option<&Value>, what: &str) -> Result<String, String> {
    match value {
        Some(Value::Number(number)) => {
            let written = number.to_string();
            if written.contains(['e', 'E']) {
                Err(format!("the number {written} cannot be written in rules"))
            } else {
                Ok(written)
            }
        }
        Some(other) => Err(format!("`{what}` is {other}, which is not a number")),
        None => Err(format!("`{what}` is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_keep_two_decimals_and_no_more() {
        let read = |text: &str| serde_json::from_str::<Value>(text).ok().and_then(|v| Hundredths::read(&v).ok());
        let signed = |text: &str| read(text).map(Hundredths::signed);
        assert_eq!(signed("20").as_deref(), Some("+20"));
        assert_eq!(signed("-2.50").as_deref(), Some("-2.5"));
        assert_eq!(signed("0.05").as_deref(), Some("+0.05"));
        assert_eq!(signed("0").as_deref(), Some("0"));
        for refused in ["0.125", "1e10", "2000000000", "\"5\"", "null"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
