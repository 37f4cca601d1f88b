//! How values are written in data, by example: `dates like "31/12/2026", serial`.

use std::sync::Arc;

use super::schema::Building;
use crate::diag::{Code, Diagnostic};
use crate::schema::{DateForm, NumberForm, Property};
use crate::source::Span;
use crate::syntax::ast::{ExampleKind, ExampleLit, NumberLit};
use crate::value::Type;

/// The forms of numbers and dates.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms {
    pub(super) numbers: Arc<[NumberForm]>,
    pub(super) dates: Arc<[DateForm]>,
}

/// So many columns the widest sheet of a spreadsheet has.
const COLUMNS: i64 = 16_384;

impl Building {
    /// The forms of numbers that examples show.
    pub(super) fn number_forms(&mut self, examples: &[ExampleLit], whole: bool) -> Arc<[NumberForm]> {
        let mut forms: Vec<(NumberForm, Span)> = Vec::new();
        for example in examples {
            let help = "write one of \"1 234,56\", \"1.234,56\", \"1'234.56\" and \"1,234.56\", perhaps with a currency or `%`";
            let ExampleKind::Text(text) = &example.kind else {
                self.bad(example.span, "`serial` and `epoch seconds` are forms of dates", help);
                continue;
            };
            match NumberForm::by_example(&text.value, whole) {
                Ok(form) => self.distinct(&mut forms, form, example.span, NumberForm::conflicts, "number"),
                Err(message) => self.bad(example.span, message, help),
            }
        }
        // An example without a sign of decimals, alone, leaves them as they are written plainly.
        if let [(form, _)] = forms.as_mut_slice() {
            form.decimal = form.decimal.or(Some('.'));
        }
        forms.into_iter().map(|(form, _)| form).collect()
    }

    /// The forms of dates that examples show.
    pub(super) fn date_forms(&mut self, examples: &[ExampleLit]) -> Arc<[DateForm]> {
        let mut forms: Vec<(DateForm, Span)> = Vec::new();
        for example in examples {
            let form = match &example.kind {
                ExampleKind::Serial => Ok(DateForm::Serial),
                ExampleKind::EpochSeconds => Ok(DateForm::EpochSeconds),
                ExampleKind::Text(text) => DateForm::by_example(&text.value),
            };
            match form {
                Ok(form) => self.distinct(&mut forms, form, example.span, DateForm::conflicts, "date"),
                Err(message) => {
                    let help =
                        "write the last day of 2026: \"31/12/2026\", \"12/31/2026 11:59 PM\", \"31-Dec-2026\" or \"31.12.26\"";
                    self.bad(example.span, message, help);
                }
            }
        }
        forms.into_iter().map(|(form, _)| form).collect()
    }

    /// Adds a form, unless a cell could mean one thing by it and another by one before.
    fn distinct<F>(&mut self, forms: &mut Vec<(F, Span)>, form: F, span: Span, conflicts: fn(&F, &F) -> bool, kind: &str) {
        if let Some((_, first)) = forms.iter().find(|(known, _)| conflicts(known, &form)) {
            let message = format!("one cell could be a different {kind} by each of these examples");
            let problem = Diagnostic::new(Code::BadSchema, span, message);
            self.diagnostics.push(
                problem
                    .also(*first, "the other example")
                    .help("keep the one that the data are written in; a property may have its own `like`"),
            );
            return;
        }
        forms.push((form, span));
    }

    /// `like` of a property.
    pub(super) fn like(&mut self, property: &mut Property, examples: &[ExampleLit], span: Span, whole: bool) {
        match property.ty {
            Type::Integer => property.number_forms = self.number_forms(examples, true),
            Type::Number => property.number_forms = self.number_forms(examples, false),
            Type::Date | Type::DateTime => property.date_forms = self.date_forms(examples),
            Type::Text | Type::Boolean | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {
                if whole {
                    let span = examples.first().map_or(span, |example| example.span);
                    let help = "leave out `like`, or make the property a number or a date";
                    self.bad(span, format!("`{}` is neither a number nor a date, so it has no form", property.name), help);
                }
            }
        }
    }

    /// `from column N`.
    pub(super) fn column(&mut self, property: &mut Property, number: &NumberLit) {
        match number.value.as_integer().filter(|n| (1..=COLUMNS).contains(n)).and_then(|n| u32::try_from(n).ok()) {
            Some(column) => property.from_column = Some(column),
            None => self.bad(
                number.span,
                format!("{} is not the position of a column", number.text),
                format!("columns are counted from 1 to {COLUMNS}"),
            ),
        }
    }
}
