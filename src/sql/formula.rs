//! Formulas as exact fractions: a whole numerator over a denominator that is known beforehand, rounded once.

use super::Refusal;
use super::builder::{Builder, Place};
use super::items::{Column, Worth};
use crate::hir::words;
use crate::hir::{Conditional, Formula, FormulaArm, FormulaOp, Score};
use crate::invariant::Sure as _;
use crate::source::Span;
use crate::value::{Decimal, Points};

/// A fraction whose denominator is a constant.
pub(super) struct Fraction {
    pub(super) top: String,
    /// The greatest magnitude of `top`.
    pub(super) most: i128,
    pub(super) bottom: i128,
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { gcd(b, a % b) }
}

impl Builder<'_> {
    /// The hundredths of a formula before its score's bounds, and the numerator that they are rounded from, which is read more than once.
    pub(super) fn formula(&mut self, score: &Score, formula: &Formula) -> Result<(Worth, Option<Column>), Refusal> {
        let span = score.name_span;
        let x = self.fraction(formula, span)?;
        let common = gcd(100, x.bottom);
        let (factor, bottom) = (100 / common, x.bottom / common);
        let most = self.held(x.most.checked_mul(factor), span)?;
        let top = times(&x.top, factor);
        if bottom == 1 {
            return Ok((Worth { sql: top, most }, None));
        }
        let name = self.records.fresh(&format!("score {} exact", score.name));
        let words = format!("the formula, exactly, times {}", bottom.saturating_mul(100));
        let numerator = Column { name, sql: top, words };
        let top = self.quoted(&numerator.name);
        self.held(most.checked_mul(2).and_then(|n| n.checked_add(bottom)), span)?;
        let half = |top: &str| self.dialect.divide(&format!("({top} * 2 + {bottom})"), &(bottom * 2).to_string());
        let sql = format!("CASE WHEN {top} < 0 THEN -({}) ELSE {} END", half(&format!("(-{top})")), half(&top));
        Ok((Worth { sql, most: most / bottom + 1 }, Some(numerator)))
    }

    /// One of several formulas, by conditions: each that is a column of its own is read where its branch decides.
    pub(super) fn conditional(&mut self, score: &Score, formula: &Conditional) -> Result<(Worth, Vec<Column>), Refusal> {
        let mut columns = Vec::new();
        let (mut parts, mut all_false, mut most) = (Vec::new(), Vec::new(), 0_i128);
        for (at, (condition, arm)) in (1..).zip(&formula.branches) {
            let words = format!("{}  ({})", words::formula_arm(self.sources, arm), self.line(arm.arm.span));
            let sql = self.value(condition, Place::Outcome)?;
            let name = self.records.fresh(&format!("score {} condition {at}", score.name));
            let condition = self.quoted(&name);
            columns.push(Column { name, sql, words });
            all_false.push(format!("NOT {condition}"));
            parts.push((condition, arm));
        }
        parts.push((all_false.join(" AND "), &formula.otherwise));
        let mut sql = String::from("CASE");
        for (when, arm) in
            parts.into_iter().map(|(when, arm)| (Some(when), arm)).chain(formula.unknown.iter().map(|arm| (None, arm)))
        {
            let worth = self.chosen_formula(score, arm, &mut columns)?;
            most = most.max(worth.most);
            match when {
                Some(when) => sql += &format!(" WHEN {when} THEN {}", worth.sql),
                None => sql += &format!(" ELSE {}", worth.sql),
            }
        }
        Ok((Worth { sql: sql + " END", most }, columns))
    }

    /// A formula that a branch chooses; unknown where one of its scores is.
    fn chosen_formula(&mut self, score: &Score, arm: &FormulaArm, columns: &mut Vec<Column>) -> Result<Worth, Refusal> {
        let (worth, numerator) = self.formula(score, &arm.formula)?;
        columns.extend(numerator);
        let worth = self.bounded(&worth, &score.bounds);
        let mut parts = Vec::new();
        arm.formula.scores(&mut |id| parts.push(id));
        parts.sort_unstable();
        parts.dedup();
        let names = parts.iter().filter_map(|id| self.model.score(*id));
        let known: Vec<String> =
            names.map(|part| format!("{} IS NOT NULL", self.quoted(&format!("score {}", part.name)))).collect();
        let sql = if known.is_empty() { worth.sql } else { format!("CASE WHEN {} THEN {} END", known.join(" AND "), worth.sql) };
        Ok(Worth { sql, most: worth.most })
    }

    /// A magnitude that 64 bits hold.
    fn held(&self, most: Option<i128>, span: Span) -> Result<i128, Refusal> {
        match most.filter(|most| *most < i128::from(i64::MAX)) {
            Some(most) => Ok(most),
            None => self
                .refuse("this formula, whose exact fraction can leave 64 bits; bounds on its scores would keep it within,", span),
        }
    }

    pub(super) fn fraction(&mut self, formula: &Formula, span: Span) -> Result<Fraction, Refusal> {
        Ok(match formula {
            Formula::Score(id, _) => {
                let score = self.model.score(*id);
                let name = score.map_or_else(String::new, |score| format!("score {}", score.name));
                let end = |end: Option<(Points, Span)>| end.map_or(Points::LIMIT.0, |(points, _)| points.0.abs());
                let most = score.map_or(Points::LIMIT.0, |score| end(score.bounds.min).max(end(score.bounds.max)));
                Fraction { top: self.quoted(&name), most: i128::from(most), bottom: 100 }
            }
            Formula::Number(number, _) => self.number(*number, span)?,
            Formula::Negate(x) => {
                let x = self.fraction(x, span)?;
                Fraction { top: format!("(-{})", x.top), ..x }
            }
            Formula::Binary(op @ (FormulaOp::Add | FormulaOp::Subtract), a, b) => self.sum(a, op.sign(), b, span)?,
            Formula::Binary(FormulaOp::Multiply, a, b) => {
                let (a, b) = (self.fraction(a, span)?, self.fraction(b, span)?);
                self.product(&a, &b, span)?
            }
            Formula::Divide(a, number) => {
                let a = self.fraction(a, span)?;
                let by = self.number(*number, span)?;
                let n = number.normalized();
                let (top, bottom) = (by.bottom * n.mantissa.signum(), n.mantissa.abs().max(1));
                let by = Fraction { top: top.to_string(), most: top.abs(), bottom };
                self.product(&a, &by, span)?
            }
            Formula::Min(parts) => self.pick(parts, true, span)?,
            Formula::Max(parts) => self.pick(parts, false, span)?,
        })
    }

    fn number(&self, number: Decimal, span: Span) -> Result<Fraction, Refusal> {
        let n = number.normalized();
        let bottom = self.held(10_i128.checked_pow(n.scale), span)?;
        Ok(Fraction { top: format!("({})", n.mantissa), most: self.held(Some(n.mantissa.abs()), span)?, bottom })
    }

    fn product(&self, a: &Fraction, b: &Fraction, span: Span) -> Result<Fraction, Refusal> {
        let most = self.held(a.most.checked_mul(b.most), span)?;
        let bottom = self.held(a.bottom.checked_mul(b.bottom), span)?;
        Ok(Fraction { top: format!("({} * {})", a.top, b.top), most, bottom })
    }

    /// Both over one denominator.
    pub(super) fn level(&self, parts: Vec<Fraction>, span: Span) -> Result<(Vec<Fraction>, i128), Refusal> {
        let mut bottom = 1_i128;
        for part in &parts {
            bottom = self.held((part.bottom / gcd(bottom, part.bottom)).checked_mul(bottom), span)?;
        }
        let mut out = Vec::new();
        for part in parts {
            let factor = bottom / part.bottom;
            let most = self.held(part.most.checked_mul(factor), span)?;
            out.push(Fraction { top: times(&part.top, factor), most, bottom });
        }
        Ok((out, bottom))
    }

    fn sum(&mut self, a: &Formula, sign: char, b: &Formula, span: Span) -> Result<Fraction, Refusal> {
        let parts = vec![self.fraction(a, span)?, self.fraction(b, span)?];
        let (parts, bottom) = self.level(parts, span)?;
        let tops: Vec<&str> = parts.iter().map(|part| part.top.as_str()).collect();
        let most = self.held(Some(parts.iter().map(|part| part.most).sum()), span)?;
        Ok(Fraction { top: format!("({})", tops.join(&format!(" {sign} "))), most, bottom })
    }

    fn pick(&mut self, parts: &[Formula], least: bool, span: Span) -> Result<Fraction, Refusal> {
        let parts = parts.iter().map(|part| self.fraction(part, span)).collect::<Result<Vec<_>, _>>()?;
        let (parts, bottom) = self.level(parts, span)?;
        let most = parts.iter().map(|part| part.most).fold(0, Ord::max);
        let tops = parts.into_iter().map(|part| part.top);
        let top = tops.reduce(|a, b| if least { self.dialect.least(&a, &b) } else { self.dialect.greatest(&a, &b) });
        Ok(Fraction { top: top.sure("`min` and `max` have parts"), most, bottom })
    }
}

fn times(x: &str, factor: i128) -> String {
    if factor == 1 { x.to_owned() } else { format!("({x} * {factor})") }
}
