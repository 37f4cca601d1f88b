//! Rows as SQL: what the tests of a dbt project give.

use super::DialectName;
use super::dialect::Dialect;
use crate::schema::Property;
use crate::value::{Type, Value};

/// A text of which no two braces stand side by side, which a template could take for its own.
fn text(dialect: &dyn Dialect, text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut part = String::new();
    for c in text.chars() {
        if part.ends_with(['{', '}', '%', '#']) && matches!(c, '{' | '}' | '%' | '#') {
            parts.push(dialect.text(&part));
            part.clear();
        }
        part.push(c);
    }
    parts.push(dialect.text(&part));
    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" || ")) }
}

/// A property's value as a table holds it; `None` for one that cannot be written.
fn value(dialect: &dyn Dialect, property: &Property, value: Option<&Value>) -> Option<String> {
    let names = |codes: &[u32]| -> Vec<String> {
        let options = property.ty.options();
        codes.iter().filter_map(|code| options.and_then(|o| o.name(*code))).map(ToString::to_string).collect()
    };
    let list = |texts: &[String]| match &property.split {
        // A member that holds the separator would be split again.
        Some(split) if texts.iter().any(|member| member.contains(&**split)) => None,
        Some(split) => Some(text(dialect, &texts.join(split))),
        None => Some(dialect.array(&texts.iter().map(|member| text(dialect, member)).collect::<Vec<_>>())),
    };
    Some(match value {
        None => match &property.ty {
            Type::SetOf(_) | Type::SetOfText if property.split.is_none() => dialect.array(&[]),
            Type::DateTime => format!("CASE WHEN 1 = 0 THEN {} END", dialect.datetime(0)?),
            Type::Date => format!("CASE WHEN 1 = 0 THEN {} END", dialect.date(0)?),
            Type::Integer | Type::Score => format!("CAST(NULL AS {})", dialect.bigint()),
            Type::Number => format!("CAST(NULL AS {})", dialect.double()),
            Type::Boolean => "CASE WHEN 1 = 0 THEN TRUE END".to_owned(),
            Type::Text | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Label => {
                format!("CAST(NULL AS {})", dialect.varchar())
            }
        },
        Some(Value::Text(t)) => text(dialect, t),
        Some(Value::Integer(n)) => super::expr::whole(*n),
        Some(Value::Number(x)) => dialect.number(*x),
        Some(Value::Boolean(b)) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        Some(Value::Date(day)) => dialect.date(*day)?,
        Some(Value::DateTime(micros)) => dialect.datetime(*micros)?,
        Some(Value::Option(code)) => text(dialect, names(&[*code]).first()?),
        Some(Value::Set(codes)) => list(&names(codes))?,
        Some(Value::TextSet(texts)) => list(&texts.iter().map(ToString::to_string).collect::<Vec<_>>())?,
        Some(Value::Decimal(_)) => return None,
    })
}

/// Rows of a table: `SELECT .. UNION ALL SELECT ..`; without rows, a query that gives none.
#[must_use]
pub fn rows(dialect: DialectName, columns: &[(String, Property)], rows: &[Vec<Option<Value>>]) -> Option<String> {
    let dialect = dialect.dialect();
    let line = |row: &[Option<Value>]| -> Option<String> {
        let cells = columns.iter().zip(row).map(|((name, property), cell)| {
            Some(format!("{} AS {}", value(dialect, property, cell.as_ref())?, dialect.column(name)))
        });
        Some(format!("SELECT {}", cells.collect::<Option<Vec<_>>>()?.join(", ")))
    };
    if rows.is_empty() {
        return Some(format!("{} WHERE 1 = 0", line(&vec![None; columns.len()])?));
    }
    Some(rows.iter().map(|row| line(row)).collect::<Option<Vec<_>>>()?.join("\nUNION ALL\n"))
}
