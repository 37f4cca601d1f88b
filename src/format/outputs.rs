//! The lines of what a model gives: scores, labels, lifecycles, and rollups, which hold all three.

use super::rows::{Group, WIDTH};
use super::walk::{STEP, Walk};
use crate::source::Span;
use crate::syntax::ast::{
    ConditionalFormula, Item, ItemKind, LabelBody, LabelDecl, LifecycleDecl, RollupDecl, ScoreBody, ScoreDecl,
};

impl Walk<'_> {
    pub(super) fn rollup(&mut self, rollup: &RollupDecl, from: usize, to: usize) {
        let open = self.code.find(from, to, "{").map_or(to, |at| at + 1);
        self.statement(from, open, 0, Group::Alone, None, None);
        for item in &rollup.items {
            self.lead(item.span.start as usize, STEP, false);
            let (from, to) = self.tokens(item.span);
            self.output(item, from, to);
        }
        self.close(rollup.close, 0);
    }

    fn output(&mut self, item: &Item, from: usize, to: usize) {
        match &item.kind {
            ItemKind::Score(score) => self.score(score, from, to, STEP),
            ItemKind::Label(label) => self.label(label, from, to, STEP),
            ItemKind::Lifecycle(lifecycle) => self.lifecycle(lifecycle, from, to, STEP),
            ItemKind::Version(_)
            | ItemKind::Use(_)
            | ItemKind::List(_)
            | ItemKind::Param(_)
            | ItemKind::Define(_)
            | ItemKind::Exclude(_)
            | ItemKind::Rollup(_)
            | ItemKind::Schema(_)
            | ItemKind::Test(_) => self.plain(from, to, STEP),
        }
    }

    pub(super) fn label(&mut self, label: &LabelDecl, from: usize, to: usize, indent: usize) {
        let LabelBody::Lines { lines, close, .. } = &label.body else {
            self.plain(from, to, indent);
            return;
        };
        let open = self.code.find(from, to, "{").unwrap_or(to);
        if self.on_one_line(open, to) && !self.has_comment(to) {
            let mut cells = vec![self.code.join(from, open), "{".to_owned()];
            for line in lines {
                let (start, end) = self.tokens(line.span);
                cells.push(self.code.join(start, end));
            }
            if let Some(last) = cells.last_mut() {
                last.push_str(" }");
            }
            if cells.iter().map(|cell| cell.chars().count() + 2).sum::<usize>() + indent <= WIDTH {
                let line = self.line(indent, cells, Group::Labels);
                self.push(to, vec![line]);
                return;
            }
        }
        self.head(from, to, indent);
        let group = Group::Options(self.block());
        for line in lines {
            self.lead(line.span.start as usize, indent + STEP, false);
            let (start, end) = self.tokens(line.span);
            let text = self.code.at(line.text.span().start);
            self.statement(start, end, indent + STEP, group, Some(text), None);
        }
        self.close(*close, indent);
    }

    pub(super) fn lifecycle(&mut self, lifecycle: &LifecycleDecl, from: usize, to: usize, indent: usize) {
        self.head(from, to, indent);
        for line in &lifecycle.lines {
            self.lead(line.span.start as usize, indent + STEP, false);
            let (from, to) = self.tokens(line.span);
            self.statement(from, to, indent + STEP, Group::Alone, None, self.because(from, to));
        }
        self.close(lifecycle.close, indent);
    }

    pub(super) fn score(&mut self, score: &ScoreDecl, from: usize, to: usize, indent: usize) {
        match &score.body {
            ScoreBody::Formula(_) => self.plain(from, to, indent),
            ScoreBody::Conditional(formula) => self.conditional(formula, from, to, indent),
            ScoreBody::Items { items, close } => {
                self.head(from, to, indent);
                self.score_items(items, indent + STEP);
                self.close(*close, indent);
            }
        }
    }

    /// Each part on a line of its own, unless the score was written on one line and gives one reason at most, at its end.
    fn conditional(&mut self, formula: &ConditionalFormula, from: usize, to: usize, indent: usize) {
        let mut parts: Vec<Span> = formula.branches.iter().map(|b| b.part.span).collect();
        parts.extend(formula.otherwise.iter().chain(&formula.unknown).map(|part| part.span));
        let because = self.because(from, to);
        let one_reason = because.is_none_or(|at| at + 2 == to);
        if one_reason && indent + self.code.join(from, to).chars().count() < WIDTH && self.on_one_line(from, to) {
            self.statement(from, to, indent, Group::Alone, None, because);
            return;
        }
        let first = self.code.at(formula.span.start);
        self.plain(from, first, indent);
        for span in &parts {
            let (start, to) = self.tokens(*span);
            // The span of a later branch starts at its `if`, its line at the `else` before it.
            let from = if start > first && self.code.word(start) == "if" { start - 1 } else { start };
            self.lead_tight(self.code.get(from).map_or(0, |t| t.start), indent + STEP);
            let then = self.code.find(from, to, "then");
            self.statement(from, to, indent + STEP, Group::Alone, then, self.because(from, to));
        }
    }
}
