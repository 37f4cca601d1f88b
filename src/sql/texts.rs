//! Tests of texts and sets.

use super::Refusal;
use super::builder::{Builder, Form, Place};
use super::expr::joined;
use super::letters::Letter;
use crate::hir::{Expr, ExprKind, LabelBody, TextTest, Texts};
use crate::text::fold as folded;
use crate::value::{Type, Value};

type Sql = Result<String, Refusal>;

impl Builder<'_> {
    pub(super) fn domain(&self, text: &str) -> String {
        format!("CASE WHEN {} THEN {} END", self.dialect.contains(text, "@"), self.dialect.behind_at(text))
    }

    /// A text as it is compared: with constants, or (`whole`) with any text.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are texts")]
    pub(super) fn folded(&mut self, expr: &Expr, place: Place, whole: bool) -> Sql {
        let form = if whole { Form::FoldedWhole } else { Form::Folded };
        match &expr.kind {
            ExprKind::Literal(Value::Text(text)) => {
                let folded = folded(text, self.model.schema.ignore_accents).into_owned();
                self.compare_with(&folded, expr)?;
                Ok(self.dialect.text(&folded))
            }
            ExprKind::Property(id) => match self.property(*id, form, place) {
                Some(sql) => Ok(sql),
                None => self.lost(expr),
            },
            ExprKind::Field(event, field) => match self.field(*event, *field, form) {
                Some(sql) => Ok(sql),
                None => self.lost(expr),
            },
            ExprKind::Definition(id) => match self.model.definition(*id) {
                Some(definition) => self.folded(&definition.value, place, whole),
                None => self.lost(expr),
            },
            ExprKind::DomainOf(text) => self.worked_out(expr.span, if whole { " compared" } else { " folded" }, place, |b| {
                let text = b.folded(text, place, whole)?;
                Ok(b.domain(&text))
            }),
            ExprKind::Pick(_, values) => self.worked_out(expr.span, if whole { " compared" } else { " folded" }, place, |b| {
                let columns = values.iter().map(|value| b.folded(value, place, whole)).collect::<Result<Vec<_>, _>>()?;
                Ok(if columns.len() == 1 { columns.concat() } else { format!("COALESCE({})", columns.join(", ")) })
            }),
            ExprKind::Label(id) => self.worked_out(expr.span, " folded", place, |b| b.folded_label(*id, expr, place)),
            _ => self.refuse("this text", expr.span),
        }
    }

    /// A label's text as it is compared: its texts are known, and so are theirs in lower case.
    fn folded_label(&mut self, id: crate::hir::LabelId, expr: &Expr, place: Place) -> Sql {
        let Some(label) = self.model.label(id) else { return self.lost(expr) };
        let column = self.value(expr, place)?;
        if let LabelBody::Join(parts) = &label.body {
            let parts: Vec<_> = parts.clone();
            let mut folded = Vec::new();
            for part in parts {
                let part = Expr { kind: ExprKind::Label(part), ty: Type::Label, span: expr.span };
                folded.push(self.folded(&part, place, false)?);
            }
            return Ok(format!("({})", folded.join(" || ")));
        }
        let lines: Vec<String> = label
            .values
            .iter()
            .map(|value| {
                let folded = folded(value, self.model.schema.ignore_accents);
                format!("WHEN {} THEN {}", self.dialect.text(value), self.dialect.text(&folded))
            })
            .collect();
        Ok(if lines.is_empty() { column } else { format!("CASE {column} {} END", lines.join(" ")) })
    }

    /// Notes a constant that texts are compared with.
    fn compare_with(&mut self, text: &str, expr: &Expr) -> Result<(), Refusal> {
        if text.contains('\0') && !self.dialect.holds_nul() {
            return self.refuse("a text with the character U+0000", expr.span);
        }
        self.alphabet.add(text);
        Ok(())
    }

    pub(super) fn text_test(&mut self, text: &Expr, test: TextTest, texts: &Texts, place: Place) -> Sql {
        let sql = self.folded(text, place, false)?;
        for with in &texts.items {
            self.compare_with(with, text)?;
        }
        if test == TextTest::Is {
            let texts: Vec<String> = texts.items.iter().map(|text| self.dialect.text(text)).collect();
            return Ok(self.any_of(&sql, &texts));
        }
        let mut tests = Vec::new();
        for with in &texts.items {
            tests.push(self.one_text(&sql, test, with, text)?);
        }
        Ok(if tests.is_empty() { format!("{sql} <> {sql}") } else { joined(&tests, "OR") })
    }

    fn one_text(&mut self, sql: &str, test: TextTest, with: &str, expr: &Expr) -> Sql {
        let count = with.chars().count();
        Ok(match test {
            TextTest::Is => format!("{sql} = {}", self.dialect.text(with)),
            TextTest::Contains => self.dialect.contains(sql, with),
            TextTest::StartsWith => format!("SUBSTR({sql}, 1, {count}) = {}", self.dialect.text(with)),
            TextTest::EndsWith => format!("{} = {}", self.dialect.last(sql, count), self.dialect.text(with)),
            TextTest::ContainsWord => match self.dialect.contains_word(sql, with, &Letter::Word.sql(self.dialect)) {
                Some(sql) => sql,
                None => return self.refuse("`contains word`", expr.span),
            },
        })
    }

    /// Points for a text or option line: whether `value` is one of these keys.
    pub(super) fn is_key(&mut self, value: &Expr, keys: &[Value], place: Place) -> Sql {
        let mut constants = Vec::new();
        for key in keys {
            if let Value::Text(text) = key {
                self.compare_with(text, value)?;
            }
            constants.push(self.literal(key, &value.ty, value)?);
        }
        let sql = if matches!(value.ty, Type::Text | Type::Label) {
            self.folded(value, place, false)?
        } else {
            self.as_column(value, place)?
        };
        Ok(self.any_of(&sql, &constants))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are sets")]
    pub(super) fn set_column(&mut self, set: &Expr, form: Form, place: Place) -> Sql {
        match &set.kind {
            ExprKind::Property(id) => match self.property(*id, form, place) {
                Some(sql) => Ok(sql),
                None => self.lost(set),
            },
            ExprKind::Field(event, field) => match self.field(*event, *field, form) {
                Some(sql) => Ok(sql),
                None => self.lost(set),
            },
            ExprKind::Definition(id) => match self.model.definition(*id) {
                Some(definition) => self.set_column(&definition.value, form, place),
                None => self.lost(set),
            },
            _ => self.refuse("this set", set.span),
        }
    }

    /// Whether a set of options has an option, in any of its forms.
    pub(super) fn has_option(&mut self, set: &Expr, code: u32, place: Place) -> Sql {
        let Some(option) = set.ty.options().and_then(|options| options.items.get(code as usize)) else { return self.lost(set) };
        let accents = self.model.schema.ignore_accents;
        let forms: Vec<&std::sync::Arc<str>> = std::iter::once(&option.name).chain(&option.forms).collect();
        let mut texts: Vec<String> = Vec::new();
        for form in forms {
            let text = folded(form.trim(), accents).into_owned();
            // A form that an option before it has is that option's.
            let earlier = set.ty.options().and_then(|options| {
                options
                    .items
                    .iter()
                    .position(|o| std::iter::once(&o.name).chain(&o.forms).any(|f| folded(f.trim(), accents) == text))
            });
            if earlier == Some(code as usize) && !texts.contains(&text) {
                texts.push(text);
            }
        }
        self.has(set, texts, place)
    }

    /// Whether a set has one of these folded texts.
    pub(super) fn has(&mut self, set: &Expr, texts: Vec<String>, place: Place) -> Sql {
        for text in &texts {
            self.compare_with(text, set)?;
        }
        self.set_column(set, Form::Has(texts), place)
    }

    pub(super) fn size(&mut self, set: &Expr, place: Place) -> Sql {
        let Some(options) = set.ty.options().cloned() else { return self.set_column(set, Form::Count(Vec::new()), place) };
        let mut parts = Vec::new();
        for code in (0_u32..).take(options.len()) {
            let has = self.has_option(set, code, place)?;
            parts.push(format!("CASE WHEN {has} THEN 1 ELSE 0 END"));
        }
        Ok(if parts.is_empty() { "0".to_owned() } else { joined(&parts, "+") })
    }
}
