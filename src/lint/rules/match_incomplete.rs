//! `match-incomplete`: an option of the schema without line or `else`.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Expr, Item, ItemKind};
use crate::source::Span;
use crate::value::{Type, Value};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    context.items(&mut |_, item| match &item.kind {
        ItemKind::Match { value, lines, otherwise: None, .. } | ItemKind::MatchEach { set: value, lines, otherwise: None } => {
            let keys: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
            lines_of(context, item, value, &keys, out);
        }
        ItemKind::MatchEvents { field, lines, .. } if lines.iter().all(|line| !line.keys.is_empty()) => {
            let keys: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
            lines_of(context, item, field, &keys, out);
        }
        ItemKind::MatchEvents { .. } => {}
        ItemKind::Match { .. } | ItemKind::MatchEach { .. } | ItemKind::If { .. } | ItemKind::Band { .. } => {}
        ItemKind::Each(_) | ItemKind::Per { .. } | ItemKind::Group { .. } => {}
    });
}

fn lines_of(context: &Context<'_>, item: &Item, value: &Expr, keys: &[&Value], out: &mut Diagnostics) {
    let named = |key: &Value| keys.contains(&key);
    let missing: Vec<String> = match &value.ty {
        Type::OneOf(options) | Type::SetOf(options) => (0..u32::try_from(options.len()).unwrap_or(0))
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
    if missing.is_empty() {
        return;
    }
    let shown = missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    let close = Span::new(item.span.file, item.span.end.saturating_sub(1), item.span.end);
    let before = Span::new(close.file, close.start, close.start);
    let pad = if context.sources.text(Span::new(close.file, close.start.saturating_sub(1), close.start)).trim().is_empty() {
        ""
    } else {
        " "
    };
    out.push(
        Diagnostic::new(
            Code::MatchIncomplete,
            value.span,
            format!("no line of this match names {shown}{more} of `{}`", context.words(value.span)),
        )
        .label("not all options have a line")
        .note("an option without a line gives 0")
        .help("give them lines, or say that they are worth nothing with `else: 0`")
        .fix(true, "add `else: 0`", before, format!("{pad}else: 0 ")),
    );
}
