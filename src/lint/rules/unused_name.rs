//! `unused-name`: a definition, list or param that nothing uses, in a file that has a score, label or lifecycle.

use std::collections::HashSet;

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::ast::{Ident, ItemKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let mut used = Used::default();
    for parsed in context.files {
        tree::file(&parsed.file, &mut used);
    }
    for parsed in context.files {
        let scores =
            parsed.file.items.iter().any(|i| matches!(i.kind, ItemKind::Score(_) | ItemKind::Label(_) | ItemKind::Lifecycle(_)));
        if !scores {
            continue;
        }
        for item in &parsed.file.items {
            let (name, what) = match &item.kind {
                ItemKind::Define(d) => (&d.name, "definition"),
                ItemKind::List(l) => (&l.name, "list"),
                ItemKind::Param(p) => (&p.name, "param"),
                ItemKind::Version(_) | ItemKind::Use(_) | ItemKind::Schema(_) | ItemKind::Exclude(_) | ItemKind::Score(_) => {
                    continue;
                }
                ItemKind::Label(_) | ItemKind::Lifecycle(_) | ItemKind::Rollup(_) | ItemKind::Test(_) => continue,
            };
            if !used.names.contains(&*name.name) {
                out.push(
                    Diagnostic::new(Code::UnusedName, name.span, format!("nothing uses the {what} `{}`", name.name))
                        .label("not used")
                        .help(format!("use it, or take the {what} out"))
                        .fix(true, format!("take the {what} out"), item.span, ""),
                );
            }
        }
    }
}

#[derive(Default)]
struct Used<'t> {
    names: HashSet<&'t str>,
}

impl<'t> Visit<'t> for Used<'t> {
    fn name(&mut self, name: &'t Ident) {
        self.names.insert(&name.name);
    }
}
