//! `empty-list`: a list without entries.

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::ast::{Expr, ExprKind, ItemKind, ListSource, Test};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for list in context.model.lists.iter().filter(|l| l.len == 0) {
        let from_file = context.files.iter().flat_map(|f| &f.file.items).any(
            |i| matches!(&i.kind, ItemKind::List(l) if l.name.span == list.name_span && matches!(l.source, ListSource::File(_))),
        );
        let finding = Diagnostic::new(Code::EmptyList, list.name_span, format!("the list `{}` has no entries", list.name))
            .label("no test against it can be met");
        out.push(if from_file {
            finding.help("put entries into its file, one a line; lines that start with `#` are comments")
        } else {
            finding.help("put entries into it, or take it out")
        });
    }
    for parsed in context.files {
        tree::file(&parsed.file, &mut Walk { out });
    }
}

struct Walk<'a> {
    out: &'a mut Diagnostics,
}

impl<'t> Visit<'t> for Walk<'_> {
    fn expr(&mut self, expr: &'t Expr) {
        let ExprKind::Test {
            test: Test::In(list) | Test::Contains(list) | Test::ContainsAll(list) | Test::ContainsWord(list),
            ..
        } = &expr.kind
        else {
            return;
        };
        if let ExprKind::List(l) = &list.kind
            && l.items.is_empty()
        {
            self.out.push(
                Diagnostic::new(Code::EmptyList, l.span, "this list has no entries")
                    .label("no test against it can be met")
                    .help("put entries into it"),
            );
        }
    }
}
