//! Expressions. SQL's own three-valued logic is Kleene's, so that `and`, `or` and `not` stand for themselves.

use super::Refusal;
use super::builder::{Builder, Form, Place};
use super::clock::HOUR;
use super::letters::Letter;
use super::pattern;
use crate::hir::words;
use crate::hir::{CompareOp, Expr, ExprKind, PickFunction, Range, RangeEnd, Unit};
use crate::invariant::Sure as _;
use crate::value::{Decimal, Type, Value};

type Sql = Result<String, Refusal>;

/// The longest chain of `or` before it is folded into a balanced tree, because engines bound the depth of expressions.
pub(super) fn joined(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        few if few.len() <= 20 => format!("({})", few.join(&format!(" {word} "))),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            format!("({} {word} {})", joined(left, word), joined(right, word))
        }
    }
}

impl Builder<'_> {
    pub(super) fn lost<T>(&self, expr: &Expr) -> Result<T, Refusal> {
        self.refuse("a reference that the model does not hold", expr.span)
    }

    /// The value of an expression, a condition included.
    pub(super) fn value(&mut self, expr: &Expr, place: Place) -> Sql {
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(value, &expr.ty, expr),
            ExprKind::Property(id) => match self.property(*id, Form::Value, place) {
                Some(sql) => Ok(sql),
                None => self.lost(expr),
            },
            ExprKind::Field(event, field) => match self.field(*event, *field, Form::Value) {
                Some(sql) => Ok(sql),
                None => self.lost(expr),
            },
            ExprKind::Definition(id) => self.definition(*id, expr, place),
            ExprKind::Score(id) => match self.model.score(*id) {
                Some(score) => Ok(self.quoted(&format!("score {}", score.name))),
                None => self.lost(expr),
            },
            ExprKind::Label(id) => match self.model.label(*id) {
                Some(label) => Ok(self.quoted(&format!("label {}", label.name))),
                None => self.lost(expr),
            },
            ExprKind::NoStage => Ok(self.unknown(&expr.ty)),
            ExprKind::DomainOf(text) => self.worked_out(expr.span, "", place, |b| {
                let text = b.value(text, place)?;
                Ok(b.domain(&text))
            }),
            ExprKind::LengthOf(text) => {
                let text = self.value(text, place)?;
                Ok(self.dialect.length(&text))
            }
            ExprKind::WordsOf(text) => {
                let blanks = Letter::Blank.sql(self.dialect);
                let text = self.worked_out(text.span, " trimmed", place, |b| {
                    let text = b.value(text, place)?;
                    Ok(b.dialect.trim(&text, &blanks))
                })?;
                Ok(self.dialect.words(&text, &blanks))
            }
            ExprKind::SizeOf(set) => self.size(set, place),
            ExprKind::Elapsed { unit, until, date } => {
                let since = self.elapsed(*unit, date, place)?;
                Ok(if *until { format!("-({since})") } else { since })
            }
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, expr, place),
            ExprKind::Negate(_) | ExprKind::Arithmetic(..) if expr.ty == Type::Score => self.exact_number(expr),
            ExprKind::Negate(x) => {
                let sql = self.as_column(x, place)?;
                if x.ty == Type::Integer { Ok(self.dialect.whole("0", '-', &sql)) } else { Ok(format!("-({sql})")) }
            }
            ExprKind::Arithmetic(op, a, b) => {
                let (left, right) = (self.as_column(a, place)?, self.as_column(b, place)?);
                let sign = op.sign();
                Ok(if a.ty == Type::Integer {
                    self.dialect.whole(&left, sign, &right)
                } else {
                    self.dialect.float(&left, sign, &right)
                })
            }
            ExprKind::ToNumber(x) => {
                let sql = self.value(x, place)?;
                Ok(format!("CAST({sql} AS {})", self.dialect.double()))
            }
            ExprKind::ScoreToNumber(x) => {
                let sql = self.value(x, place)?;
                if self.model.computed(x).is_some() {
                    return Ok(sql);
                }
                Ok(format!("(CAST({sql} AS {}) / {})", self.dialect.double(), self.dialect.number(100.0)))
            }
            ExprKind::ToDate(x) => self.day(x, place),
            ExprKind::Moved(x, by, later) if by.unit == Unit::Hours => {
                let micros = self.as_column(x, place)?;
                Ok(format!("({micros} {} {})", if *later { '+' } else { '-' }, i64::from(by.count) * HOUR))
            }
            ExprKind::Moved(..) => self.refuse("a window of months or years beside a date", expr.span),
            ExprKind::Pick(function, values) => self.picked(*function, values, place),
            ExprKind::Stage(id) => self.lifecycle_column(*id, "", expr),
            ExprKind::Move(id) => self.lifecycle_column(*id, "_move", expr),
            ExprKind::Excluded => Ok(format!("({} IS NOT NULL)", self.quoted("excluded"))),
            ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Unless(..)
            | ExprKind::AtLeast(..)
            | ExprKind::Compare(..)
            | ExprKind::InRange(..)
            | ExprKind::InOptions(..)
            | ExprKind::InValues(..)
            | ExprKind::HasOptions { .. }
            | ExprKind::HasTexts { .. }
            | ExprKind::TextTest { .. }
            | ExprKind::Matches(..)
            | ExprKind::IsKnown(_)
            | ExprKind::IsEmpty(_)
            | ExprKind::NoEvents(_)
            | ExprKind::Within { .. }
            | ExprKind::MoreThanAgo(..) => self.condition(expr, place),
        }
    }

    /// A condition; for an engine that takes few of them inside one another, one that is some levels high is a column.
    fn condition(&mut self, expr: &Expr, place: Place) -> Sql {
        if self.dialect.is_shallow() && height(expr) % LEVELS == LEVELS - 1 {
            return self.worked_out(expr.span, "", place, |b| b.plain_condition(expr, place));
        }
        self.plain_condition(expr, place)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`value` names every form, and sends only conditions here")]
    fn plain_condition(&mut self, expr: &Expr, place: Place) -> Sql {
        match &expr.kind {
            ExprKind::Not(x) => Ok(format!("NOT {}", self.in_brackets(x, place)?)),
            ExprKind::And(all) | ExprKind::Or(all) => {
                let parts = all.iter().map(|part| self.in_brackets(part, place)).collect::<Result<Vec<_>, _>>()?;
                Ok(joined(&parts, if matches!(expr.kind, ExprKind::And(_)) { "AND" } else { "OR" }))
            }
            ExprKind::Unless(c, d) => {
                let (c, d) = (self.value(c, place)?, self.value(d, place)?);
                Ok(format!("CASE WHEN {d} THEN FALSE ELSE {c} END"))
            }
            ExprKind::AtLeast(count, all) => {
                let mut columns = Vec::with_capacity(all.len());
                for part in all {
                    columns.push(self.as_column(part, place)?);
                }
                let sum = |of: &dyn Fn(&str) -> String| columns.iter().map(|c| of(c)).collect::<Vec<_>>().join(" + ");
                let known = sum(&|c| format!("CASE WHEN {c} THEN 1 ELSE 0 END"));
                let possible = sum(&|c| format!("CASE WHEN NOT {c} THEN 0 ELSE 1 END"));
                Ok(format!("CASE WHEN {known} >= {count} THEN TRUE WHEN {possible} < {count} THEN FALSE END"))
            }
            ExprKind::Compare(op, a, b) => self.compare(*op, a, b, place),
            ExprKind::InRange(x, range) => self.in_range(x, range, place),
            ExprKind::InOptions(x, codes) => {
                let sql = self.as_column(x, place)?;
                let names = codes.iter().map(|code| self.option(*code, x)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.any_of(&sql, &names))
            }
            ExprKind::InValues(x, values) => self.in_values(x, values, place),
            ExprKind::HasOptions { set, codes, all } => {
                let tests = codes.iter().map(|code| self.has_option(set, *code, place)).collect::<Result<Vec<_>, _>>()?;
                Ok(quantified(&tests, *all))
            }
            ExprKind::HasTexts { set, texts, all } => {
                let mut tests = Vec::new();
                for text in &texts.items {
                    tests.push(self.has(set, vec![text.to_string()], place)?);
                }
                Ok(quantified(&tests, *all))
            }
            ExprKind::TextTest { text, test, texts } => self.text_test(text, *test, texts, place),
            ExprKind::Matches(text, pattern) => {
                let text = self.value(text, place)?;
                let sql = pattern::parse(pattern.regex.as_str()).map(|tree| self.dialect.matches(&text, &tree));
                match sql {
                    Some(Ok(sql)) => Ok(sql),
                    Some(Err(why)) => self.refuse(format!("`matches` with {why}"), expr.span),
                    None => self.refuse("the pattern of `matches`", expr.span),
                }
            }
            ExprKind::IsKnown(x) => {
                if matches!(x.ty, Type::SetOf(_) | Type::SetOfText) {
                    return Ok("TRUE".to_owned());
                }
                Ok(format!("{} IS NOT NULL", self.in_brackets(x, place)?))
            }
            ExprKind::IsEmpty(set) => self.set_column(set, Form::Empty, place),
            ExprKind::NoEvents(event) => {
                let count = self.no_filter_count(*event, expr, place)?;
                Ok(format!("{count} = 0"))
            }
            ExprKind::Within { date, duration, next } => self.within(date, *duration, *next, place),
            ExprKind::MoreThanAgo(date, duration) => {
                if duration.unit == Unit::Hours {
                    let micros = self.value(date, place)?;
                    return Ok(format!("{micros} < {} - {}", self.moment(), i64::from(duration.count) * HOUR));
                }
                let day = self.day(date, place)?;
                let bound = self.moved(*duration, true);
                Ok(bound.map_or_else(|| format!("{day} <> {day}"), |bound| format!("{day} < {bound}")))
            }
            _ => self.lost(expr),
        }
    }

    /// One of several values: an unknown one gives way to the first that is known, so that only what has none is unknown.
    fn picked(&mut self, function: PickFunction, values: &[Expr], place: Place) -> Sql {
        let mut columns = Vec::with_capacity(values.len());
        for value in values {
            columns.push(self.as_column(value, place)?);
        }
        let others = columns.join(", ");
        if function == PickFunction::First && columns.len() > 1 {
            return Ok(format!("COALESCE({others})"));
        }
        let known = |column: &String| if columns.len() == 1 { column.clone() } else { format!("COALESCE({column}, {others})") };
        let picked = columns.iter().map(known).reduce(|a, b| match function {
            PickFunction::Greatest => self.dialect.greatest(&a, &b),
            PickFunction::Least => self.dialect.least(&a, &b),
            PickFunction::First => a,
        });
        Ok(picked.sure("one of several values has some to pick from"))
    }

    fn in_brackets(&mut self, expr: &Expr, place: Place) -> Sql {
        let sql = self.value(expr, place)?;
        let simple = sql.starts_with('"') && !sql.contains(' ');
        Ok(if simple { sql } else { format!("({sql})") })
    }

    fn unknown(&self, ty: &Type) -> String {
        let name = match ty {
            Type::Integer | Type::Score | Type::DateTime => self.dialect.bigint(),
            Type::Number => self.dialect.double(),
            Type::Boolean => "BOOLEAN",
            Type::Date => "DATE",
            Type::Text | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Label => self.dialect.varchar(),
        };
        format!("CAST(NULL AS {name})")
    }

    /// A constant.
    pub(super) fn literal(&mut self, value: &Value, ty: &Type, expr: &Expr) -> Sql {
        Ok(match value {
            Value::Text(text) => self.dialect.text(text),
            Value::Integer(n) => whole(*n),
            Value::Number(x) => self.dialect.number(*x),
            Value::Boolean(true) => "TRUE".to_owned(),
            Value::Boolean(false) => "FALSE".to_owned(),
            Value::Date(day) => match self.dialect.date(*day) {
                Some(sql) => sql,
                None => return self.refuse("this date", expr.span),
            },
            Value::DateTime(micros) => whole(*micros),
            Value::Option(code) => match ty.options().and_then(|options| options.name(*code)) {
                Some(name) => self.dialect.text(name),
                None => return self.lost(expr),
            },
            Value::Decimal(d) => match d.as_points() {
                Some(points) => whole(points.0),
                None => return self.refuse("this number", expr.span),
            },
            Value::Set(_) | Value::TextSet(_) => return self.refuse("a set as a constant", expr.span),
        })
    }

    fn option(&self, code: u32, of: &Expr) -> Sql {
        match of.ty.options().and_then(|options| options.name(code)) {
            Some(name) => Ok(self.dialect.text(name)),
            None => self.lost(of),
        }
    }

    /// `x IN (..)`; of nothing false, where x is known.
    pub(super) fn any_of(&self, x: &str, values: &[String]) -> String {
        match values {
            [] => format!("{x} <> {x}"),
            [one] => format!("{x} = {one}"),
            many => format!("{x} IN ({})", many.join(", ")),
        }
    }

    fn definition(&mut self, id: crate::hir::DefId, expr: &Expr, place: Place) -> Sql {
        let Some(definition) = self.model.definition(id) else { return self.lost(expr) };
        let place = if place == Place::Outcome && !definition.over_outputs { Place::Record } else { place };
        if let Some((column, level)) = self.definitions.get(&(id, place)).cloned() {
            self.chain(place).read(level);
            return Ok(self.named_at(&column, place));
        }
        let words = format!("{}  ({})", words::squeezed(self.sources, definition.span), self.line(definition.span));
        let (column, level) = self.put(&definition.name, words, place, |b| b.value(&definition.value, place))?;
        let named = self.named_at(&column, place);
        self.definitions.insert((id, place), (column, level));
        Ok(named)
    }

    // ---- comparisons ----------------------------------------------------------------------

    fn compare(&mut self, op: CompareOp, a: &Expr, b: &Expr, place: Place) -> Sql {
        if a.ty == Type::Score || b.ty == Type::Score {
            if let Some(sql) = self.exact_compare(op, a, b)? {
                return Ok(sql);
            }
            if let ExprKind::Literal(Value::Decimal(d)) = b.kind {
                let score = self.value(a, place)?;
                return Ok(against(&score, op, d, 2));
            }
            if let ExprKind::Literal(Value::Decimal(d)) = a.kind {
                let score = self.value(b, place)?;
                return Ok(against(&score, op.mirrored(), d, 2));
            }
        }
        if let ExprKind::Moved(from, by, later) = &b.kind
            && let Some(days) = match by.unit {
                Unit::Days => Some(i64::from(by.count)),
                Unit::Weeks => Some(7 * i64::from(by.count)),
                Unit::Hours | Unit::Months | Unit::Years => None,
            }
        {
            let (day, from) = (self.day(a, place)?, self.day(from, place)?);
            let days = if *later { days } else { -days };
            return Ok(format!("{} {} {days}", self.dialect.days_between(&day, &from), op.sign()));
        }
        let (left, right) = if matches!(a.ty, Type::Text | Type::Label) {
            let whole = !is_constant(a) && !is_constant(b);
            if whole && !self.dialect.folds_all() && a.ty == Type::Text {
                return self.refuse("a comparison of two texts, neither of them a constant", a.span.to(b.span));
            }
            (self.folded(a, place, whole)?, self.folded(b, place, whole)?)
        } else {
            (self.in_brackets(a, place)?, self.in_brackets(b, place)?)
        };
        Ok(format!("{left} {} {right}", op.sign()))
    }

    /// Whether a value lies in a range.
    pub(super) fn in_range(&mut self, x: &Expr, range: &Range, place: Place) -> Sql {
        if let Some(sql) = self.exact_in_range(x, range, place)? {
            return Ok(sql);
        }
        let days = [range.lo, range.hi].into_iter().flatten().any(|end| matches!(end, RangeEnd::Date(_)));
        let sql = if days { self.day(x, place)? } else { self.as_column(x, place)? };
        self.within_ends(&sql, &x.ty, range)
    }

    /// Whether `sql`, of type `ty`, lies in a range.
    pub(super) fn within_ends(&mut self, sql: &str, ty: &Type, range: &Range) -> Sql {
        let mut parts = Vec::new();
        let upper = if range.hi_included { CompareOp::LessEqual } else { CompareOp::Less };
        for (end, op) in [(range.lo, CompareOp::GreaterEqual), (range.hi, upper)] {
            let Some(end) = end else { continue };
            parts.push(match end {
                RangeEnd::Decimal(d) if *ty == Type::Number => format!("{sql} {} {}", op.sign(), self.dialect.number(d.to_f64())),
                RangeEnd::Decimal(d) => against(sql, op, d, if *ty == Type::Score { 2 } else { 0 }),
                RangeEnd::Date(day) => match self.dialect.date(day) {
                    Some(date) => format!("{sql} {} {date}", op.sign()),
                    None => return self.refuse("this date", range.span),
                },
                RangeEnd::DateTime(micros) => format!("{sql} {} {}", op.sign(), whole(micros)),
            });
        }
        Ok(joined(&parts, "AND"))
    }

    fn in_values(&mut self, x: &Expr, values: &[Value], place: Place) -> Sql {
        if let Some(sql) = self.exact_in_values(x, values, place)? {
            return Ok(sql);
        }
        let sql = self.as_column(x, place)?;
        let mut constants = Vec::new();
        for value in values {
            // A score of hundredths never equals a number with more decimals.
            if !matches!(value, Value::Decimal(d) if d.as_points().is_none()) {
                constants.push(self.literal(value, &x.ty, x)?);
            }
        }
        Ok(self.any_of(&sql, &constants))
    }
}

/// So many connectives inside one another stand in one column.
const LEVELS: usize = 6;

/// How many connectives stand inside one another.
fn height(expr: &Expr) -> usize {
    if !matches!(expr.kind, ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Unless(..)) {
        return 0;
    }
    1 + expr.operands().map(height).fold(0, Ord::max)
}

fn quantified(tests: &[String], all: bool) -> String {
    match tests {
        [] if all => "TRUE".to_owned(),
        [] => "FALSE".to_owned(),
        tests => joined(tests, if all { "AND" } else { "OR" }),
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}

/// A whole number; the least has no positive twin to put a minus before.
pub(super) fn whole(n: i64) -> String {
    if n == i64::MIN { format!("({} - 1)", n + 1) } else { n.to_string() }
}

/// A whole number of units of ten to the `-decimals` against an exact decimal.
pub(super) fn against(x: &str, op: CompareOp, d: Decimal, decimals: u32) -> String {
    let n = d.normalized();
    let (floor, exact) = if n.scale <= decimals {
        (n.mantissa.saturating_mul(10_i128.pow(decimals - n.scale)), true)
    } else {
        (n.mantissa.div_euclid(10_i128.pow((n.scale - decimals).min(38))), false)
    };
    let never = format!("{x} <> {x}");
    let always = format!("{x} = {x}");
    let (op, bound) = match op {
        CompareOp::Equal if !exact => return never,
        CompareOp::Less | CompareOp::LessEqual if !exact => (CompareOp::LessEqual, floor),
        CompareOp::Greater | CompareOp::GreaterEqual if !exact => (CompareOp::Greater, floor),
        CompareOp::Equal | CompareOp::Less | CompareOp::LessEqual | CompareOp::Greater | CompareOp::GreaterEqual => (op, floor),
    };
    match i64::try_from(bound) {
        Ok(bound) => format!("{x} {} {}", op.sign(), whole(bound)),
        Err(_) => match (op, bound > 0) {
            (CompareOp::Less | CompareOp::LessEqual, true) | (CompareOp::Greater | CompareOp::GreaterEqual, false) => always,
            (CompareOp::Equal, _)
            | (CompareOp::Less | CompareOp::LessEqual, false)
            | (CompareOp::Greater | CompareOp::GreaterEqual, true) => never,
        },
    }
}
