//! Ranges, bounds, decay and durations in words.

use crate::hir::{Bounds, Decay, DecayKind, Duration, Range, RangeEnd, Unit};
use crate::value::Decimal;

/// `up to 9`, `10 to 49`, `20 to below 50`, `500 or more`, `exactly 5`.
pub(super) fn range(range: &Range) -> String {
    match (range.lo, range.hi) {
        (Some(lo), Some(hi)) if range.hi_included && lo == hi => end(lo),
        (Some(lo), Some(hi)) if range.hi_included => format!("{} to {}", end(lo), end(hi)),
        (Some(lo), Some(hi)) => format!("{} to below {}", end(lo), end(hi)),
        (Some(lo @ RangeEnd::Decimal(_)), None) => format!("{} or more", end(lo)),
        (Some(lo), None) => format!("{} or later", end(lo)),
        (None, Some(hi)) if range.hi_included => format!("up to {}", end(hi)),
        (None, Some(hi @ RangeEnd::Decimal(_))) => format!("below {}", end(hi)),
        (None, Some(hi)) => format!("before {}", end(hi)),
        (None, None) => "any".to_owned(),
    }
}

fn end(end: RangeEnd) -> String {
    match end {
        RangeEnd::Decimal(n) => number(n),
        RangeEnd::Date(day) => crate::time::civil(day).map_or_else(|| day.to_string(), |date| date.to_string()),
        RangeEnd::DateTime(micros) => crate::time::moment_text(micros),
    }
}

/// With its thousands marked: `1,000,000`.
pub(super) fn number(n: Decimal) -> String {
    let text = n.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').map_or((digits, String::new()), |(w, p)| (w, format!(".{p}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{part}")
}

/// `at least 0, at most 70`: empty where nothing is bounded.
pub(super) fn bounds(bounds: &Bounds) -> String {
    let min = bounds.min.map(|(points, _)| format!("at least {points}"));
    let max = bounds.max.map(|(points, _)| format!("at most {points}"));
    min.into_iter().chain(max).collect::<Vec<_>>().join(", ")
}

/// `losing 50% of its points every 30 days`
pub(super) fn decay(decay: &Decay) -> String {
    let days = days(decay.days);
    match decay.kind {
        DecayKind::Linear { percent } => format!("losing {percent}% of them every {days}"),
        DecayKind::Compound { percent } => format!("losing {percent}% of what is left every {days}"),
        DecayKind::Fixed { amount } => format!("losing {amount} every {days}"),
        DecayKind::All => format!("losing all over {days}"),
    }
}

fn days(n: u32) -> String {
    if n == 1 { "day".to_owned() } else { format!("{n} days") }
}

/// `90 days`, `1 month`
pub(super) fn duration(duration: Duration) -> String {
    let unit = match duration.unit {
        Unit::Hours => "hour",
        Unit::Days => "day",
        Unit::Weeks => "week",
        Unit::Months => "month",
        Unit::Years => "year",
    };
    format!("{} {unit}{}", duration.count, if duration.count == 1 { "" } else { "s" })
}
