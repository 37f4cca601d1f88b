//! The contacts and their events as files.

use std::fmt::Write as _;

use super::contacts::{AS_OF, COLUMNS, Value, contact};
use super::rng::Rng;

/// The first row of the CSV file.
pub(crate) fn csv_header() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    names.join(",") + "\n"
}

/// Contacts `from..to` as rows of CSV, without a header. A contact depends on its number alone.
pub(crate) fn csv_rows(from: i64, to: i64) -> String {
    let mut out = String::new();
    for number in from..to {
        for (at, value) in contact(number, &mut Rng(number as u64)).iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let mut cell = String::new();
            plain(&mut cell, value);
            if cell.contains([',', '"', '\n']) {
                let _ = write!(out, "\"{}\"", cell.replace('"', "\"\""));
            } else {
                out.push_str(&cell);
            }
        }
        out.push('\n');
    }
    out
}

/// Contacts `from..to` as JSON Lines.
pub(crate) fn json_rows(from: i64, to: i64) -> String {
    let mut out = String::new();
    for number in from..to {
        let values = contact(number, &mut Rng(number as u64));
        for (at, ((name, _), value)) in COLUMNS.iter().zip(&values).enumerate() {
            let _ = write!(out, "{}\"{name}\":", if at == 0 { '{' } else { ',' });
            let mut cell = String::new();
            plain(&mut cell, value);
            match value {
                Value::Null => out.push_str("null"),
                Value::Whole(_) | Value::Number(_) | Value::Boolean(_) => out.push_str(&cell),
                Value::Text(_) | Value::Date(_) | Value::Moment(_) => {
                    let _ = write!(out, "\"{}\"", cell.replace('\\', "\\\\").replace('"', "\\\""));
                }
            }
        }
        out.push_str("}\n");
    }
    out
}

/// What contacts do, the first most often.
const ACTIONS: [&str; 6] = ["page_view", "email_open", "email_click", "form_fill", "webinar", "demo"];

/// The first row of the file of events.
pub(crate) const EVENT_HEADER: &str = "event_id,contact_id,action,url,seconds,occurred_at\n";

/// Events `from..to` of `contacts` contacts as rows of CSV, without a header. An event depends on its number alone.
pub(crate) fn event_rows(from: i64, to: i64, contacts: i64) -> String {
    let mut out = String::new();
    for number in from..to {
        let mut r = Rng(!number as u64);
        let contact = 1 + r.below(contacts as u64);
        let action = r.lean(&ACTIONS);
        let url = r.below(5000);
        let seconds = r.size(900.0);
        let age = r.size(700.0);
        let at = (i64::from(AS_OF) - age) * 86_400 + r.below(86_400) as i64;
        let at = jiff::Timestamp::from_second(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let _ = writeln!(out, "{number},{contact},{action},https://www.example.com/page/{url},{seconds},{at}");
    }
    out
}

/// The first row of the file of contacts that name their companies.
pub(crate) const NAMED_HEADER: &str = "id,company_domain\n";

/// Contacts `from..to` with the domains of `companies` companies, as rows of CSV, without a header; one in ten names none.
pub(crate) fn named_rows(from: i64, to: i64, companies: i64) -> String {
    let mut out = String::new();
    for number in from..to {
        let mut r = Rng(number as u64);
        let company = r.below(companies as u64 * 10 / 9 + 1);
        let _ = if company < companies as u64 {
            writeln!(out, "{number},Company-{company}.example")
        } else {
            writeln!(out, "{number},")
        };
    }
    out
}

/// The first row of the file of companies.
pub(crate) const COMPANY_HEADER: &str = "Company Domain Name,Industry,Number of Employees,Country,Founded\n";

/// Companies `from..to` as rows of CSV, without a header; the first has the number 0.
pub(crate) fn company_rows(from: i64, to: i64) -> String {
    let mut out = String::new();
    for number in from - 1..to - 1 {
        let mut r = Rng(!number as u64);
        let industry = r.lean(&["software", "retail", "logistics", "finance", ""]);
        let (employees, year) = (r.size(900.0), 1950 + r.below(75));
        let country = r.lean(&["France", "Germany", "Spain", "Italy"]);
        let _ = writeln!(out, "company-{number}.example,{industry},{employees},{country},{year}-06-01");
    }
    out
}

fn plain(out: &mut String, value: &Value) {
    let _ = match value {
        Value::Null => Ok(()),
        Value::Whole(n) => write!(out, "{n}"),
        Value::Number(n) => write!(out, "{n}"),
        Value::Text(text) => write!(out, "{text}"),
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Date(day) => {
            let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(*day));
            write!(out, "{date}")
        }
        Value::Moment(seconds) => {
            let moment = jiff::Timestamp::from_second(*seconds).unwrap_or_default();
            write!(out, "{}", moment.to_zoned(jiff::tz::TimeZone::UTC).datetime())
        }
    };
}
