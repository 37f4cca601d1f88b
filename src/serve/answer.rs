//! Results as JSON: the texts that stand around values are made once for the rules, so that a record costs little.

use std::sync::Arc;

use crate::column::Batch;
use crate::hir::Model;
use crate::program::RuleSet;
use crate::report::cells::{points, shown, unsigned};
use crate::report::jsonl::string;
use crate::report::layout::{Accounts, Cell, Layout, LayoutOptions, Texts};
use crate::schema::PropId;
use crate::value::Type;
use crate::vm::scores::{NONE, Reason, Scores};

/// Writes the results of records of one model.
#[derive(Debug)]
pub(super) struct Answers {
    key: Option<(PropId, Type)>,
    /// What stands before the value of each score, label and lifecycle.
    scores: Vec<Vec<u8>>,
    labels: Vec<Vec<u8>>,
    lifecycles: Vec<Vec<u8>>,
    texts: Texts<Vec<u8>>,
    accounts: Accounts,
}

/// What stands before each value of an object with these names.
fn leads<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Vec<u8>> {
    let lead = |(at, name): (usize, &Arc<str>)| {
        let mut bytes = if at == 0 { Vec::new() } else { vec![b','] };
        string(&mut bytes, name);
        bytes.push(b':');
        bytes
    };
    names.enumerate().map(lead).collect()
}

impl Answers {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let model: &Model = rules.model();
        let options = LayoutOptions { reasons: true, ..LayoutOptions::default() };
        let layout = Layout::new(model, rules.sources(), &options);
        let quoted = |text: &Arc<str>| {
            let mut bytes = Vec::new();
            string(&mut bytes, text);
            bytes
        };
        Self {
            key: model.schema.key.and_then(|id| Some((id, model.schema.property(id)?.ty.clone()))),
            scores: leads(model.scores.iter().map(|score| &score.name)),
            labels: leads(model.labels.iter().map(|label| &label.name)),
            lifecycles: leads(model.lifecycles.iter().map(|lifecycle| &lifecycle.name)),
            texts: layout.texts.map(quoted),
            accounts: layout.accounts,
        }
    }

    /// The key of a record of a batch.
    pub(super) fn key(&self, batch: &Batch, row: usize) -> Option<String> {
        let (id, ty) = self.key.as_ref()?;
        shown(batch.columns.get(id.0 as usize)?.as_ref()?, Some(ty), row)
    }

    /// Appends the result of a record; `faults` are what is wrong with its cells, and reasons are there where the run kept them.
    pub(super) fn record<'f>(
        &self,
        batch: &Batch,
        scores: &Scores,
        row: usize,
        faults: impl Iterator<Item = &'f str>,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"{\"key\":");
        match self.key(batch, row) {
            Some(key) => string(out, &key),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"scores\":{");
        for (lead, column) in self.scores.iter().zip(&scores.scores) {
            out.extend_from_slice(lead);
            match column.get(row) {
                Some(hundredths) => points(out, hundredths),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.extend_from_slice(b"},\"labels\":{");
        for (at, lead) in self.labels.iter().enumerate() {
            out.extend_from_slice(lead);
            self.text(Cell::Label(at), scores, row, out);
        }
        out.extend_from_slice(b"},\"stages\":{");
        for (at, lead) in self.lifecycles.iter().enumerate() {
            out.extend_from_slice(lead);
            out.extend_from_slice(b"{\"before\":");
            self.text(Cell::Before(at), scores, row, out);
            out.extend_from_slice(b",\"after\":");
            self.text(Cell::Stage(at), scores, row, out);
            out.extend_from_slice(b",\"move\":");
            self.text(Cell::Move(at), scores, row, out);
            out.extend_from_slice(b",\"reason\":");
            self.text(Cell::StageReason(at), scores, row, out);
            out.push(b'}');
        }
        let excluded = scores.excluded.get(row).copied().filter(|&code| code != NONE);
        out.extend_from_slice(b"},\"excluded\":");
        out.extend_from_slice(if excluded.is_some() { b"true" } else { b"false" });
        out.extend_from_slice(b",\"excluded_because\":");
        match excluded.and_then(|code| self.texts.exclusions.get(code as usize)) {
            Some(Some(reason)) => out.extend_from_slice(reason),
            Some(None) | None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"data_errors\":[");
        for (at, fault) in faults.enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(out, fault);
        }
        out.push(b']');
        if scores.reasons.is_some() {
            self.reasons(scores, row, out);
        }
        out.push(b'}');
    }

    fn text(&self, cell: Cell, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.texts.get(cell, scores, row).map_or(b"null", Vec::as_slice));
    }

    fn reasons(&self, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        let mut entries: Vec<&Reason> = Vec::new();
        self.accounts.entries(scores, row, &mut entries);
        out.extend_from_slice(b",\"reasons\":[");
        let mut first = true;
        for entry in entries {
            let Some(party) = self.accounts.party(entry) else { continue };
            out.extend_from_slice(if first { b"{\"score\":" } else { b",{\"score\":" });
            first = false;
            string(out, self.accounts.score(entry));
            out.extend_from_slice(b",\"because\":");
            match &party.because {
                Some(because) => string(out, because),
                None => out.extend_from_slice(b"null"),
            }
            out.extend_from_slice(b",\"rule\":");
            string(out, &party.rule);
            out.extend_from_slice(b",\"points\":");
            points(out, entry.points);
            out.extend_from_slice(b",\"line\":");
            unsigned(out, party.line as u64);
            out.push(b'}');
        }
        out.push(b']');
    }
}
