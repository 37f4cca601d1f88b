//! Operations on dates: points and ranges of time, rolling windows, comparisons of two properties.

use serde_json::Value;

use super::clause::{Condition, refused};
use super::vocabulary::{Kind, Scope, Vocabulary, Word};

/// A moment of a draft.
enum Moment {
    /// `2026-01-15`
    Day(String),
    /// So many days before today; negative ones are days to come.
    DaysAgo(i64),
}

/// What an operation on dates asks, and whether it says that something is not so.
///
/// # Errors
/// What the language cannot say, or what this program does not know, by its name.
pub(super) fn operation(
    node: &Value,
    ty: &str,
    operator: &str,
    word: &Word,
    words: &Vocabulary,
    scope: Scope<'_>,
) -> Result<(Condition, bool), String> {
    let name = &word.name;
    if word.kind != Kind::Date {
        return Err(match ty {
            "DATE" | "DATETIME" | "TIME_POINT" | "TIME_RANGED" | "ROLLING_DATE_RANGE" | "COMPARATIVE_DATE" => {
                format!("`{name}` is used with {ty} and with operations of another type")
            }
            _ => refused(ty, operator),
        });
    }
    let test = match (ty, operator) {
        ("ROLLING_DATE_RANGE", _) => rolling(node, operator)?.of(name),
        ("TIME_POINT", "IS_BEFORE" | "IS_AFTER") => {
            let inclusive = node.get("endpointBehavior").and_then(Value::as_str) == Some("INCLUSIVE");
            point(name, operator == "IS_BEFORE", inclusive, &moment(node.get("timePoint"))?)
        }
        ("DATE", "IS_BEFORE" | "IS_AFTER") => point(name, operator == "IS_BEFORE", false, &moment(Some(node))?),
        ("DATE", "IS_EQUAL_TO") => match moment(Some(node))? {
            Moment::Day(day) => format!("{name} = {day}"),
            Moment::DaysAgo(days) => format!("days since {name} = {days}"),
        },
        ("TIME_RANGED", "IS_BETWEEN" | "IS_NOT_BETWEEN") => {
            let within = range(name, node)?;
            return Ok((
                Condition::new(if operator == "IS_BETWEEN" { within.0 } else { within.1 }),
                operator == "IS_NOT_BETWEEN",
            ));
        }
        ("COMPARATIVE_DATE", "IS_BEFORE" | "IS_AFTER") => {
            let other =
                node.get("comparisonPropertyName").and_then(Value::as_str).ok_or("`comparisonPropertyName` is missing")?;
            let other = &words.word(other, scope)?.name;
            format!("{name} {} {other}", if operator == "IS_BEFORE" { "before" } else { "after" })
        }
        _ => return Err(refused(ty, operator)),
    };
    Ok((Condition::new(test), false))
}

/// A window that moves with the day of the run.
pub(super) enum Rolling {
    /// Today and so many days before.
    Within(i64),
    More(i64),
    Next(i64),
    MoreAhead(i64),
}

impl Rolling {
    fn of(&self, name: &str) -> String {
        match self {
            Self::Within(days) => format!("{name} within {}", duration(*days)),
            Self::More(days) => format!("{name} more than {} ago", duration(*days)),
            Self::Next(days) => format!("{name} within next {}", duration(*days)),
            Self::MoreAhead(days) => format!("days until {name} > {days}"),
        }
    }
}

fn duration(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// A rolling window of a property or of events.
///
/// # Errors
/// An operator that is not known, or a number of days that is not positive.
pub(super) fn rolling(node: &Value, operator: &str) -> Result<Rolling, String> {
    let days = node.get("numberOfDays").and_then(Value::as_i64).filter(|&days| days > 0);
    let days = days.ok_or("`numberOfDays` is missing or is not positive")?;
    match operator {
        "IS_LESS_THAN_X_DAYS_AGO" => Ok(Rolling::Within(days)),
        "IS_MORE_THAN_X_DAYS_AGO" => Ok(Rolling::More(days)),
        "IS_LESS_THAN_X_DAYS_FROM_NOW" => Ok(Rolling::Next(days)),
        "IS_MORE_THAN_X_DAYS_FROM_NOW" => Ok(Rolling::MoreAhead(days)),
        _ => Err(refused("ROLLING_DATE_RANGE", operator)),
    }
}

/// The window of an event list, as it stands behind the list's name: ` within 90 days`.
///
/// # Errors
/// A window that `within` does not say.
pub(super) fn window(timeframe: Option<&Value>) -> Result<String, String> {
    let Some(timeframe) = timeframe.filter(|t| !t.is_null()) else { return Ok(String::new()) };
    let operation = timeframe.get("eventFilterOperation").unwrap_or(timeframe);
    let field = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or("(none)");
    let (ty, operator) = (field("operationType"), field("operator"));
    if ty != "ROLLING_DATE_RANGE" {
        return Err(format!("the time frame {ty} of events is not known, or cannot be said in rules"));
    }
    match rolling(operation, operator)? {
        Rolling::Within(days) => Ok(format!(" within {}", duration(days))),
        Rolling::More(_) | Rolling::Next(_) | Rolling::MoreAhead(_) => Err(refused(ty, operator)),
    }
}

fn moment(point: Option<&Value>) -> Result<Moment, String> {
    let point = point.ok_or("`timePoint` is missing")?;
    let part = |key: &str| point.get(key).and_then(Value::as_i64);
    if let (Some(year), Some(month), Some(day)) = (part("year"), part("month"), part("day")) {
        return Ok(Moment::Day(format!("{year:04}-{month:02}-{day:02}")));
    }
    let today = point.pointer("/indexReference/referenceType").and_then(Value::as_str) == Some("TODAY");
    let offset = point.get("offset").map_or(Some(0), |offset| offset.get("days").and_then(Value::as_i64));
    match offset {
        Some(days) if today => Ok(Moment::DaysAgo(-days)),
        _ => Err("its point in time is not a day, nor days from today".to_owned()),
    }
}

fn point(name: &str, before: bool, inclusive: bool, moment: &Moment) -> String {
    match (moment, before, inclusive) {
        (Moment::Day(day), true, false) => format!("{name} before {day}"),
        (Moment::Day(day), true, true) => format!("{name} <= {day}"),
        (Moment::Day(day), false, false) => format!("{name} after {day}"),
        (Moment::Day(day), false, true) => format!("{name} >= {day}"),
        (Moment::DaysAgo(days), true, inclusive) => format!("days since {name} {} {days}", if inclusive { ">=" } else { ">" }),
        (Moment::DaysAgo(days), false, inclusive) => format!("days since {name} {} {days}", if inclusive { "<=" } else { "<" }),
    }
}

/// The test that a date is in a range, and the test that it is not.
fn range(name: &str, node: &Value) -> Result<(String, String), String> {
    let exclusive = |key: &str| node.get(key).and_then(Value::as_str) == Some("EXCLUSIVE");
    if exclusive("lowerBoundEndpointBehavior") {
        return Err("a range without its first day cannot be said in rules".to_owned());
    }
    let dots = if exclusive("upperBoundEndpointBehavior") { "..<" } else { ".." };
    let ends = (moment(node.get("lowerBoundTimePoint"))?, moment(node.get("upperBoundTimePoint"))?);
    let (subject, low, high, dots) = match ends {
        (Moment::Day(low), Moment::Day(high)) => (name.to_owned(), low, high, dots),
        (Moment::DaysAgo(first), Moment::DaysAgo(last)) if dots == ".." => {
            (format!("days since {name}"), last.to_string(), first.to_string(), dots)
        }
        _ => return Err("its range mixes days and days from today".to_owned()),
    };
    Ok((format!("{subject} in {low}{dots}{high}"), format!("{subject} not in {low}{dots}{high}")))
}
