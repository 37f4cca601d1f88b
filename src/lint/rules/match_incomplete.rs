//! `match-incomplete`: an option of the schema without line or `else`.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Expr, Item, ItemKind, LabelBody};
use crate::source::Span;
use crate::value::{Type, Value};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for label in &context.model.labels {
        if let LabelBody::Labels { label: by, lines, otherwise: None } = &label.body
            && let Some(by) = context.model.label(*by)
        {
            let named = |code: u32| lines.iter().any(|line| line.keys.contains(&code));
            let values = (0..).zip(&by.values);
            let missing = values.filter(|(code, _)| !named(*code)).map(|(_, value)| format!("`{value}`")).collect();
            report(context, label.name_span, label.span, (&by.name, "label", "gets no label"), missing, out);
        }
    }
    context.items(&mut |_, item| {
        if let ItemKind::Match { value, lines, otherwise: None, .. }
        | ItemKind::MatchEach { set: value, lines, otherwise: None } = &item.kind
        {
            let keys: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
            lines_of(context, item, value, &keys, out);
        } else if let ItemKind::MatchEvents { field, lines, .. } = &item.kind
            && lines.iter().all(|line| !line.keys.is_empty())
        {
            let keys: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
            lines_of(context, item, field, &keys, out);
        }
    });
}

fn lines_of(context: &Context<'_>, item: &Item, value: &Expr, keys: &[&Value], out: &mut Diagnostics) {
    let named = |key: &Value| keys.contains(&key);
    let missing: Vec<String> = match &value.ty {
        Type::OneOf(options) | Type::SetOf(options) => (0..crate::invariant::number(options.len()))
            .filter(|&code| !named(&Value::Option(code)))
            .filter_map(|code| options.name(code).map(|n| format!("`{n}`")))
            .collect(),
        // `true` and `false` are no options of the schema, and no third can join them: one line is what is meant.
        Type::Boolean
        | Type::Text
        | Type::Integer
        | Type::Number
        | Type::Date
        | Type::DateTime
        | Type::SetOfText
        | Type::Score
        | Type::Label => {
            return;
        }
    };
    report(context, value.span, item.span, (&context.words(value.span), "match", "gives 0"), missing, out);
}

fn report(
    context: &Context<'_>,
    place: Span,
    block: Span,
    (of, what, then): (&str, &str, &str),
    missing: Vec<String>,
    out: &mut Diagnostics,
) {
    if missing.is_empty() {
        return;
    }
    let shown = missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    let close = Span::new(block.file, block.end.saturating_sub(1), block.end);
    let before = Span::new(close.file, close.start, close.start);
    let pad = if context.sources.text(Span::new(close.file, close.start.saturating_sub(1), close.start)).trim().is_empty() {
        ""
    } else {
        " "
    };
    let finding = Diagnostic::new(Code::MatchIncomplete, place, format!("no line of this {what} names {shown}{more} of `{of}`"))
        .label(if what == "match" { "not all options have a line" } else { "not all values have a line" })
        .note(if what == "match" {
            "an option without a line gives 0".to_owned()
        } else {
            format!("a value without a line {then}")
        })
        .help(if what == "match" {
            "give them lines, or say that they are worth nothing with `else: 0`"
        } else {
            "give them lines, or name the rest with `else: ..`"
        });
    out.push(if what == "match" { finding.fix(true, "add `else: 0`", before, format!("{pad}else: 0 ")) } else { finding });
}
