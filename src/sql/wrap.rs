//! What stands around the query: nothing, a view, a table, or a dbt model.

use super::{Refusal, Request};
use crate::hir::Model;

/// What the SQL is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The query alone.
    Select,
    /// `CREATE VIEW`
    View,
    /// `CREATE TABLE`
    Table,
    /// A dbt model.
    Dbt,
}

pub(super) fn wrap(query: &str, model: &Model, request: &Request) -> Result<String, Refusal> {
    let name = request.dialect.dialect().name(&request.name);
    Ok(match request.shape {
        Shape::Select => format!("{};\n", query.trim_end()),
        Shape::View => format!("CREATE VIEW {name} AS\n{};\n", query.trim_end()),
        Shape::Table => format!("CREATE TABLE {name} AS\n{};\n", query.trim_end()),
        Shape::Dbt => {
            // Between these marks braces of the rules' own words mean nothing to dbt; only its end mark could end it.
            if query.contains("endraw") {
                return Err(Refusal {
                    construct: "a text that holds `endraw` in a dbt model".to_owned(),
                    span: model.schema.span.unwrap_or_default(),
                });
            }
            format!("{{{{ config(materialized='table') }}}}\n{{% raw %}}\n{}{{% endraw %}}\n", query)
        }
    })
}
