//! `option-never-read`: a form of an option that holds the separator of its set, so that it is split in two before it is compared.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{ItemKind, Modifier, OptionDecl, PropertyDecl, SchemaMemberKind, TypeExprKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for parsed in context.files {
        for item in &parsed.file.items {
            let ItemKind::Schema(schema) = &item.kind else { continue };
            for member in &schema.members {
                if let SchemaMemberKind::Property(property) = &member.kind {
                    one(property, out);
                } else if let SchemaMemberKind::Events(events) = &member.kind {
                    events.fields.iter().for_each(|field| one(&field.property, out));
                } else if let SchemaMemberKind::Related(related) = &member.kind {
                    related.fields.iter().for_each(|field| one(&field.property, out));
                }
            }
        }
    }
}

fn one(property: &PropertyDecl, out: &mut Diagnostics) {
    let TypeExprKind::SetOf(options) = &property.ty.kind else { return };
    let declared = property.modifiers.iter().find_map(|m| if let Modifier::Split(text, _) = m { Some(text) } else { None });
    let separator = declared.map_or(";", |text| &*text.value);
    if separator.trim().is_empty() {
        // White space around a member is dropped, so nothing is proven.
        return;
    }
    for (option, form, span) in options.iter().flat_map(forms).filter(|(_, form, _)| form.contains(separator)) {
        let name = option.name.name();
        let message =
            format!("\"{form}\" holds the separator `{separator}` of its set, so a cell of text with it is split in two");
        let mut finding = Diagnostic::new(Code::OptionNeverRead, span, message)
            .label(format!("`{name}` is never read by this form"))
            .help("write a separator that no option holds, as in `split by \"|\"`, or have such members in double quotes in the data");
        if let Some(text) = declared {
            finding = finding.also(text.span, "the separator");
        }
        out.push(finding);
    }
}

/// The texts that an option is found by, with their places.
fn forms(option: &OptionDecl) -> impl Iterator<Item = (&OptionDecl, &str, Span)> {
    let name = (option, &**option.name.name(), option.name.span());
    std::iter::once(name).chain(option.forms.iter().map(move |form| (option, &*form.value, form.span)))
}
