//! Values that are read more than once, as columns of steps of their own. So the text of a query grows with the rules and not by copies
//! of copies, and neither do the plans of engines that copy the operands of `NULLIF`, `BETWEEN` and `IN`.

use super::Refusal;
use super::builder::{Builder, Chain, Place};
use crate::hir::words;
use crate::hir::{Expr, ExprKind};
use crate::source::Span;

type Sql = Result<String, Refusal>;

/// Whether the SQL of a value is a column, a constant, or one of them in another type.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are computed")]
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Property(_)
        | ExprKind::Field(..)
        | ExprKind::Definition(_)
        | ExprKind::Score(_)
        | ExprKind::Label(_)
        | ExprKind::NoStage
        | ExprKind::Aggregate(_)
        | ExprKind::DomainOf(_) => true,
        ExprKind::ToNumber(x) | ExprKind::ScoreToNumber(x) => is_plain(x),
        _ => false,
    }
}

/// The words of an expression as a name: signs are said, and what else is no letter, digit or blank is left out.
fn said(words: &str) -> String {
    let said = words.replace(" * ", " times ").replace(" / ", " over ").replace(" + ", " plus ").replace(" - ", " minus ");
    said.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '_')).collect()
}

impl Builder<'_> {
    pub(super) fn chain(&mut self, place: Place) -> &mut Chain {
        match place {
            Place::Record => &mut self.records_chain,
            Place::Outcome => &mut self.outcomes_chain,
            Place::Event(event) => &mut self.events.entry(event).or_default().chain,
        }
    }

    /// A column as it is named at `place`.
    pub(super) fn named_at(&self, column: &str, place: Place) -> String {
        let quoted = self.quoted(column);
        match place {
            Place::Record | Place::Outcome => quoted,
            Place::Event(_) => format!("e.{quoted}"),
        }
    }

    /// What `write` gives as a column: its name, and its level.
    pub(super) fn put(
        &mut self,
        wanted: &str,
        words: String,
        place: Place,
        write: impl FnOnce(&mut Self) -> Sql,
    ) -> Result<(String, usize), Refusal> {
        let before = self.chain(place).begin();
        let sql = write(self)?;
        Ok(match place {
            Place::Record => self.records_chain.end(before, sql, words, || self.records.fresh(wanted)),
            Place::Outcome => self.outcomes_chain.end(before, sql, words, || self.records.fresh(wanted)),
            Place::Event(event) => {
                let events = self.events.entry(event).or_default();
                events.chain.end(before, sql, words, || events.reader.fresh(wanted))
            }
        })
    }

    /// What `write` makes of the expression at `span`, as a column named by its words and `of`.
    pub(super) fn worked_out(&mut self, span: Span, of: &str, place: Place, write: impl FnOnce(&mut Self) -> Sql) -> Sql {
        let wanted = format!("{}{of}", said(&words::squeezed(self.sources, span)));
        let (column, _) = self.put(&wanted, self.line(span), place, write)?;
        Ok(self.named_at(&column, place))
    }

    /// The value of an expression where it is read more than once.
    pub(super) fn as_column(&mut self, expr: &Expr, place: Place) -> Sql {
        if is_plain(expr) {
            return self.value(expr, place);
        }
        self.worked_out(expr.span, "", place, |b| b.value(expr, place))
    }
}
