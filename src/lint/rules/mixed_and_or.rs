//! `mixed-and-or`: `and` and `or` together without brackets.

use std::collections::HashSet;

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics, Edit};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for parsed in context.files {
        tree::file(&parsed.file, &mut Walk { context, out, seen: HashSet::new() });
    }
}

struct Walk<'a, 'c> {
    context: &'a Context<'c>,
    out: &'a mut Diagnostics,
    /// Alternatives of an `or` that has been looked at.
    seen: HashSet<Span>,
}

impl<'t> Visit<'t> for Walk<'_, '_> {
    fn expr(&mut self, expr: &'t Expr) {
        if !matches!(&expr.kind, ExprKind::Binary { op: BinaryOp::Or, .. }) || self.seen.contains(&expr.span) {
            return;
        }
        let mut ands = Vec::new();
        self.alternatives(expr, &mut ands);
        let Some(first) = ands.first() else { return };
        let words: Vec<String> = ands.iter().map(|side| format!("`({})`", self.context.words(side.span))).collect();
        let mut finding = Diagnostic::new(Code::MixedAndOr, first.span, "`and` and `or` are mixed without brackets")
            .label("`and` binds tighter: this is taken together")
            .help("say with brackets what belongs together");
        for other in ands.iter().skip(1) {
            finding = finding.also(other.span, "and this");
        }
        let (start, end) = (first.span.start, first.span.end);
        finding = finding.fix(true, format!("write {}", words.join(" and ")), Span::new(first.span.file, start, start), "(");
        if let Some(fix) = finding.fixes.last_mut() {
            fix.edits.push(Edit { span: Span::new(first.span.file, end, end), text: ")".into() });
            for side in ands.iter().skip(1) {
                let Span { file, start, end, .. } = side.span;
                fix.edits.push(Edit { span: Span::new(file, start, start), text: "(".into() });
                fix.edits.push(Edit { span: Span::new(file, end, end), text: ")".into() });
            }
        }
        self.out.push(finding);
    }
}

impl Walk<'_, '_> {
    /// Gathers the alternatives of one `or` that are an `and` without brackets.
    fn alternatives<'t>(&mut self, expr: &'t Expr, ands: &mut Vec<&'t Expr>) {
        let ExprKind::Binary { op, left, right, .. } = &expr.kind else { return };
        match op {
            BinaryOp::Or => {
                self.seen.insert(expr.span);
                self.alternatives(left, ands);
                self.alternatives(right, ands);
            }
            BinaryOp::And => ands.push(expr),
            BinaryOp::Unless | BinaryOp::Arithmetic(_) => {}
        }
    }
}
