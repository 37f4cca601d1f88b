//! What stands around the query: nothing, a view, a table, or a dbt model.

use super::{Refusal, Request};
use crate::hir::Model;
use crate::invariant::Sure as _;

/// What the SQL is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The query alone.
    Select,
    /// `CREATE VIEW`
    View,
    /// `CREATE TABLE`
    Table,
    /// A dbt model: its tables are sources, and the moment is the variable `NAME_as_of`.
    Dbt,
}

/// Where a dbt model reads a table from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The database in front of the schema, where the table's name has one.
    pub database: Option<String>,
    /// The schema, where the table's name has one; else it is the target's own.
    pub schema: Option<String>,
    /// The source's name.
    pub name: String,
    /// The table's.
    pub table: String,
}

impl Source {
    /// The source of a table such as `crm.contacts`, for the model `name`.
    #[must_use]
    pub fn of(table: &str, name: &str) -> Self {
        let mut parts = table.rsplitn(3, '.').map(str::to_owned);
        let (table, schema, database) = (parts.next().sure("a split text has a part"), parts.next(), parts.next());
        Self { database, name: schema.clone().unwrap_or_else(|| format!("{name}_input")), schema, table }
    }
}

/// The variable that holds the moment of a dbt model, in microseconds since 1970.
#[must_use]
pub fn moment_variable(name: &str) -> String {
    format!("{name}_as_of")
}

/// Stands for the moment until the model is wrapped.
pub(super) const MOMENT: char = '\u{3}';

/// Stands around a table's name until the model is wrapped.
pub(super) const TABLE: char = '\u{2}';

/// A text in a template's quotes.
fn templated(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn wrap(query: &str, model: &Model, request: &Request) -> Result<String, Refusal> {
    let dialect = request.dialect.dialect();
    let name = dialect.name(&request.name);
    Ok(match request.shape {
        Shape::Select => format!("{};\n", query.trim_end()),
        Shape::View => format!("CREATE VIEW {name} AS\n{};\n", query.trim_end()),
        Shape::Table => format!("CREATE TABLE {name} AS\n{};\n", query.trim_end()),
        Shape::Dbt => {
            // Between raw marks braces of the rules' own words mean nothing to dbt; only its end mark could end it.
            let raw = ["{{", "{%", "{#"].iter().any(|mark| query.contains(mark));
            if raw && query.contains("endraw") {
                return Err(Refusal {
                    construct: "a text that holds `endraw` in a dbt model".to_owned(),
                    span: model.schema.place(),
                });
            }
            let (open, close) = if raw { ("{% raw %}", "{% endraw %}") } else { ("", "") };
            let default = request.as_of.map_or_else(|| dialect.now(), |as_of| as_of.micros.to_string());
            let moment = format!("var({}, {})", templated(&moment_variable(&request.name)), templated(&default));
            let mut text = String::new();
            for (at, part) in query.replace(MOMENT, &format!("{close}{{{{ {moment} }}}}{open}")).split(TABLE).enumerate() {
                if at % 2 == 0 {
                    text.push_str(part);
                } else {
                    let source = Source::of(part, &request.name);
                    let call = format!("source({}, {})", templated(&source.name), templated(&source.table));
                    text.push_str(&format!("{close}{{{{ {call} }}}}{open}"));
                }
            }
            format!("{{{{ config(materialized='table') }}}}\n\n{open}{}{close}\n", text.trim_end())
        }
    })
}
