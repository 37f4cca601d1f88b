//! `mixed-and-or`: `and` and `or` together without brackets.

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for parsed in context.files {
        tree::file(&parsed.file, &mut Walk { context, out });
    }
}

struct Walk<'a, 'c> {
    context: &'a Context<'c>,
    out: &'a mut Diagnostics,
}

impl<'t> Visit<'t> for Walk<'_, '_> {
    fn expr(&mut self, expr: &'t Expr) {
        let ExprKind::Binary { op: BinaryOp::Or, left, right, .. } = &expr.kind else { return };
        for side in [left, right] {
            if let ExprKind::Binary { op: BinaryOp::And, .. } = &side.kind {
                let (start, end) = (side.span.start, side.span.end);
                let words = self.context.words(side.span);
                let finding = Diagnostic::new(Code::MixedAndOr, side.span, "`and` and `or` stand together without brackets")
                    .label("`and` binds tighter: this is taken together")
                    .help("say with brackets what belongs together");
                let mut finding = finding.fix(true, format!("write `({words})`"), Span::new(side.span.file, start, start), "(");
                if let Some(edits) = finding.fixes.last_mut() {
                    edits.edits.push(crate::diag::Edit { span: Span::new(side.span.file, end, end), text: ")".into() });
                }
                self.out.push(finding);
            }
        }
    }
}
