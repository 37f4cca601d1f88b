//! The reachable range of every score, with records that the evaluator confirms.

use super::Code;
use crate::bounds::{self, Picture, Reach, Witness};
use crate::hir::{Model, ScoreId};
use crate::input::RelatedRows;
use crate::invariant::Sure as _;
use crate::record::{self, Record};
use crate::schema::{PropId, RelatedId};
use crate::value::{Points, Value};

/// At most so many rows of files of the rules are tried for one end of a range.
const MOST_ROWS: usize = 1000;

/// What every score of a model can come to over all records that the schema allows and no exclusion takes.
#[must_use]
pub fn ranges(model: &Model) -> Vec<Reach> {
    let schema = &model.schema;
    let rows = (0..).map(RelatedId).take(schema.related.len()).filter_map(|id| RelatedRows::of_rules(schema, id));
    let rows = rows.map(|rows| rows.sure("a file of related records that was checked can be read")).collect();
    let confirming = Confirming { model, code: Code::plain(model), rows };
    bounds::ranges(&Picture::of(model), &mut |witness, id, points| confirming.confirm(witness, id, points))
}

/// Runs records that may show something.
struct Confirming<'m> {
    model: &'m Model,
    code: Code,
    /// The related records of which the rules have a file: a record has no others.
    rows: Vec<RelatedRows>,
}

impl Confirming<'_> {
    /// The record, or one that names rows of the files in place of what it has of them, if a score of it comes to so many points.
    fn confirm(&self, witness: &Witness, id: ScoreId, points: Points) -> Option<Witness> {
        let records = self.real(&witness.record);
        let mut batch = record::batch(&self.model.schema, &records);
        for rows in &self.rows {
            let _without = rows.fill(&mut batch);
        }
        let scores = self.code.run(&batch, witness.as_of);
        let column = scores.scores.get(id.index())?;
        let record = records.into_iter().enumerate().find(|(row, _)| column.get(*row) == Some(points.0))?.1;
        Some(Witness { record, as_of: witness.as_of })
    }

    /// A record that says that a related record is not there and has something of it all the same: without it, and with it.
    fn there_or_not(&self, record: Record) -> Vec<Record> {
        let mut out = vec![record];
        for related in &self.model.schema.related {
            let torn = |record: &Record| {
                let denied = record.value(related.known) == Some(&Value::Boolean(false));
                denied && record.properties.iter().any(|(id, _)| related.properties.contains(id))
            };
            let mut with: Vec<Record> = out.iter().filter(|record| torn(record)).cloned().collect();
            with.iter_mut().for_each(|record| record.properties.retain(|(id, _)| *id != related.known));
            out.append(&mut with);
        }
        out
    }

    /// Records that data can hold and that are as this one, but for what they have of rows of files: every row that they could name.
    fn real(&self, record: &Record) -> Vec<Record> {
        let mut own = record.clone();
        let mut names: Vec<(PropId, Vec<Value>)> = Vec::new();
        for rows in &self.rows {
            let Some(related) = self.model.schema.related(rows.related()) else { continue };
            own.properties.retain(|(id, _)| !related.filled().any(|filled| filled == *id));
            if record.has(related) && !names.iter().any(|(to, _)| *to == related.to) {
                names.push((related.to, rows.names().take(MOST_ROWS).collect()));
            }
        }
        let mut out = self.there_or_not(own);
        for (to, names) in names {
            let named = |record: &Record, name: &Value| {
                let mut named = record.clone();
                named.properties.retain(|(id, _)| *id != to);
                named.properties.push((to, name.clone()));
                named
            };
            let all = out.iter().flat_map(|record| names.iter().map(move |name| named(record, name)));
            out = all.take(MOST_ROWS).collect();
        }
        out
    }
}
