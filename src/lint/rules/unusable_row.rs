//! `unusable-row`: rows of a file of related records that no record can have, and cells of them that are not read.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::input::RelatedRows;
use crate::schema::RelatedId;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let schema = &context.model.schema;
    for (id, related) in (0..).map(RelatedId).zip(&schema.related) {
        let (Some(file), Some(Ok(rows))) = (&related.file, RelatedRows::of_rules(schema, id)) else { continue };
        for fault in rows.faults() {
            let message = format!("{}: {fault}", file.path);
            out.push(
                Diagnostic::new(Code::UnusableRow, file.span, message).help("fix the file: every row needs a key of its own"),
            );
        }
    }
}
