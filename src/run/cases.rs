//! `test T from "cases.csv"`: a record in each row, and `expect_NAME` columns beside.

use std::collections::BTreeSet;
use std::path::Path;

use miette::Report;

use crate::column::TextColumn;
use crate::failure::Failure;
use crate::hir::Model;
use crate::input::{self, Needs, ReadOptions, RejectedRow, Spec};
use crate::record::Record;
use crate::schema::{EventId, PropId, RelatedId};
use crate::source::Sources;
use crate::text::nearest;
use crate::trial::Case;
use crate::why::values::value_at;

/// The cases of a test's table; `None` for a test without one.
pub(super) fn cases(model: &Model, sources: &Sources, at: usize) -> Result<Option<Vec<Case>>, Report> {
    let Some(test) = model.tests.get(at) else { return Ok(None) };
    let Some((name, span)) = &test.table else { return Ok(None) };
    let folder = sources.get(span.file).and_then(|f| f.path()).and_then(Path::parent).unwrap_or(Path::new("."));
    let path = folder.join(&**name);
    let place = sources.place(*span);
    let told = |why: String| {
        Failure::new(format!("{}:{}:{}: the cases in `{name}` cannot be read", sources.name(*span), place.line, place.column))
            .because(std::io::Error::other(why))
    };
    let outputs = outputs(model);
    let properties = (0..crate::invariant::number(model.schema.properties.len())).map(PropId).collect();
    let fields = vec![BTreeSet::new(); model.schema.events.len()];
    let mut needs = Needs { properties, fields, carried: Vec::new(), batch_rows: 0 };
    let options = ReadOptions {
        allow_missing: (0..crate::invariant::number(model.schema.properties.len())).map(PropId).collect(),
        allow_missing_events: (0..crate::invariant::number(model.schema.events.len())).map(EventId).collect(),
        allow_missing_related: (0..crate::invariant::number(model.schema.related.len())).map(RelatedId).collect(),
        assume_unique: true,
        keep_rejects: true,
        // What a case does not say of a related record is looked up when it runs.
        within_records: true,
        ..ReadOptions::default()
    };
    let spec = Spec { paths: vec![path], ..Spec::default() };
    let open =
        |needs: &Needs| input::open(&spec, &[], &model.schema, needs, test.as_of, &options).map_err(|e| told(e.to_string()));
    for header in open(&needs)?.reject_headers() {
        if let Some(output) = header.strip_prefix("expect_") {
            if !outputs.iter().any(|o| o == output) {
                let help = format!("the outputs are {}", outputs.join(", "));
                return Err(told(format!("its column `{header}` names no output")).help(help).into());
            }
            needs.carried.push(header.clone());
        }
    }
    let mut reader = open(&needs)?;
    if let Some(unknown) = reader.unread_columns().first() {
        let properties = || model.schema.properties.iter().map(|p| &*p.name);
        let problem = told(format!("its column `{unknown}` is not a property"));
        return Err(match nearest(unknown, properties()) {
            Some(near) => problem.help(format!("did you mean `{near}`? An expected output is a column `expect_NAME`")),
            None => problem.help("a column is a property of the schema, or `expect_NAME` with an output's name"),
        }
        .into());
    }
    let mut bad: Option<String> = None;
    let carried = &needs.carried;
    let mut out = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|e| told(e.to_string()))? {
        bad = bad.or_else(|| first_fault(&reader.rejected_rows()));
        for row in 0..batch.rows {
            let properties = batch
                .columns
                .iter()
                .enumerate()
                .filter_map(|(id, column)| Some((PropId(u32::try_from(id).ok()?), value_at(column.as_ref()?, row)?)))
                .collect();
            let expect = carried
                .iter()
                .zip(&batch.carried)
                .filter_map(|(name, column)| Some((name.strip_prefix("expect_")?.to_owned(), text(column, row)?)))
                .collect();
            out.push(Case { record: Record { properties, events: Vec::new() }, expect });
        }
    }
    let errors = reader.report().errors();
    if errors > 0 {
        bad = bad.or_else(|| first_fault(&reader.rejected_rows()));
        let first = bad.unwrap_or_else(|| "a row cannot be read".to_owned());
        let why = match errors - 1 {
            0 => first,
            1 => format!("{first}; 1 more error follows"),
            more => format!("{first}; {more} more errors follow"),
        };
        return Err(told(why).help("`lsrc run` with this file as data shows all of them").into());
    }
    Ok(Some(out))
}

/// The first cell that the schema cannot read, with its row.
fn first_fault(rejected: &[RejectedRow]) -> Option<String> {
    let row = rejected.first()?;
    let fault = row.faults.first()?;
    Some(row.row.map_or_else(|| fault.clone(), |n| format!("row {n}, {fault}")))
}

fn text(column: &TextColumn, row: usize) -> Option<String> {
    column.get(row).map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned)
}

/// The names that an `expect_` column can have.
fn outputs(model: &Model) -> Vec<String> {
    let mut out: Vec<String> = model.scores.iter().map(|s| s.name.to_string()).collect();
    out.extend(model.labels.iter().map(|l| l.name.to_string()));
    for lifecycle in &model.lifecycles {
        out.extend(["", "_before", "_move"].map(|end| format!("{}{end}", lifecycle.name)));
    }
    out.push("excluded".to_owned());
    out
}
