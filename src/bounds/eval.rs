//! What a scalar expression over one property comes to for one value: used to cut a property's values into cells.
//!
//! Every range that rests on this is confirmed by the evaluator itself before it is called exact.

use std::borrow::Cow;
use std::sync::Arc;

use super::dates::Age;
use super::subject::Subject;
use super::truth::Truth;
use crate::hir::{
    AggregateFunction, ArithmeticOp, CompareOp, Expr, ExprKind, LabelBody, LabelId, Model, PickFunction, Range, RangeEnd,
    TextTest, Texts,
};
use crate::schema::PropId;
use crate::text::{fold, is_word};
use crate::time::{AsOf, day_of};
use crate::value::{Points, Value};

/// The surroundings of an evaluation: one subject with its value, everything else left out.
pub struct Scope<'a> {
    /// The program.
    pub model: &'a Model,
    /// The subject, the only one that the expressions look at.
    pub subject: &'a Subject,
    /// Its value.
    pub value: Option<&'a Value>,
    /// The moment of the run.
    pub as_of: AsOf,
    /// The age of a date that is not that of its value.
    pub age: Option<Age>,
}

/// The surroundings of an event's condition: the event's fields and a record.
pub struct EventScope<'a> {
    /// The program.
    pub model: &'a Model,
    /// By field of the event's list.
    pub fields: &'a [Option<Value>],
    /// The record's values.
    pub record: &'a [(PropId, Value)],
    /// The moment of the run.
    pub as_of: AsOf,
}

impl EventScope<'_> {
    /// The truth of the condition: every test is taken by itself, over the one field or property that it looks at.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the connectives are taken apart; every other form has a value")]
    pub fn truth(&self, expr: &Expr) -> Truth {
        match &expr.kind {
            ExprKind::Not(x) => self.truth(x).not(),
            ExprKind::And(xs) => xs.iter().fold(Truth::True, |t, x| t.and(self.truth(x))),
            ExprKind::Or(xs) => xs.iter().fold(Truth::False, |t, x| t.or(self.truth(x))),
            ExprKind::Unless(x, y) => self.truth(x).unless(self.truth(y)),
            ExprKind::AtLeast(count, xs) => Truth::at_least(*count as usize, xs.iter().map(|x| self.truth(x))),
            _ => {
                let expr = self.ground(expr);
                let subject = &Subject::Property(PropId(u32::MAX));
                Scope { model: self.model, subject, value: None, as_of: self.as_of, age: None }.truth(&expr)
            }
        }
    }

    /// The expression with fields and properties replaced by their values.
    fn ground(&self, expr: &Expr) -> Expr {
        let mut out = expr.clone();
        self.replace(&mut out);
        out
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are replaced; everything else holds them")]
    fn replace(&self, expr: &mut Expr) {
        let value = match &mut expr.kind {
            ExprKind::Field(_, field) => self.fields.get(field.0 as usize).cloned().flatten(),
            ExprKind::Property(p) => self.record.iter().find(|(id, _)| id == p).map(|(_, v)| v.clone()),
            ExprKind::Aggregate(_) => return,
            _ => return expr.operands_mut().for_each(|x| self.replace(x)),
        };
        expr.kind = value.map_or(ExprKind::NoStage, ExprKind::Literal);
    }
}

impl Scope<'_> {
    /// The truth of a boolean expression over the property alone.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the connectives are taken apart; every other form has a value")]
    pub fn truth(&self, expr: &Expr) -> Truth {
        match &expr.kind {
            ExprKind::Not(x) => self.truth(x).not(),
            ExprKind::And(xs) => xs.iter().fold(Truth::True, |t, x| t.and(self.truth(x))),
            ExprKind::Or(xs) => xs.iter().fold(Truth::False, |t, x| t.or(self.truth(x))),
            ExprKind::Unless(x, y) => self.truth(x).unless(self.truth(y)),
            ExprKind::AtLeast(count, xs) => Truth::at_least(*count as usize, xs.iter().map(|x| self.truth(x))),
            ExprKind::IsKnown(x) => Truth::from(self.is_known(x)),
            _ => match self.value(expr) {
                Some(Value::Boolean(b)) => Truth::from(b),
                _ => Truth::Unknown,
            },
        }
    }

    fn is_known(&self, expr: &Expr) -> bool {
        matches!(expr.ty, crate::value::Type::SetOf(_) | crate::value::Type::SetOfText)
            || (expr.ty == crate::value::Type::Boolean && self.truth(expr) != Truth::Unknown)
            || (expr.ty != crate::value::Type::Boolean && self.value(expr).is_some())
    }

    /// The same as [`Self::value`], without a copy of what is there as it stands.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are there as they stand")]
    fn seen<'e>(&'e self, expr: &'e Expr) -> Option<Cow<'e, Value>> {
        let own = |subject: Subject| self.value.filter(|_| *self.subject == subject).map(Cow::Borrowed);
        match &expr.kind {
            ExprKind::Literal(v) => Some(Cow::Borrowed(v)),
            ExprKind::Property(p) => own(Subject::Property(*p)),
            ExprKind::Field(e, f) => own(Subject::Field(*e, *f)),
            ExprKind::Score(id) => own(Subject::Score(*id)),
            _ => self.value(expr).map(Cow::Owned),
        }
    }

    /// The value of an expression over the property alone; `None` where unknown.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a value that does not go with the form is unknown")]
    pub fn value(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Property(_) | ExprKind::Field(..) | ExprKind::Score(_) => {
                self.seen(expr).map(Cow::into_owned)
            }
            ExprKind::Label(id) => self.label(*id).map(Value::Text),
            ExprKind::NoEvents(_) => self.events().map(|n| Value::Boolean(n == 0)),
            ExprKind::Aggregate(a) if a.function == AggregateFunction::Any => self.events().map(|n| Value::Boolean(n > 0)),
            ExprKind::Aggregate(_) => self.events().map(Value::Integer),
            ExprKind::Definition(d) => self.value(&self.model.definition(*d)?.value),
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Unless(..) => {
                self.truth(expr).known().map(Value::Boolean)
            }
            ExprKind::AtLeast(..) | ExprKind::IsKnown(_) => self.truth(expr).known().map(Value::Boolean),
            ExprKind::Compare(op, a, b) => self.compare(*op, a, b).map(Value::Boolean),
            ExprKind::InRange(x, range) => in_range(&*self.seen(x)?, range).map(Value::Boolean),
            ExprKind::InOptions(x, codes) => match &*self.seen(x)? {
                Value::Option(code) => Some(Value::Boolean(codes.contains(code))),
                _ => None,
            },
            ExprKind::InValues(x, values) => {
                let x = self.seen(x)?;
                Some(Value::Boolean(values.iter().any(|v| compare(&x, v) == Some(std::cmp::Ordering::Equal))))
            }
            ExprKind::HasOptions { set, codes, all } => match &*self.seen(set)? {
                Value::Set(members) if *all => Some(Value::Boolean(codes.iter().all(|c| members.contains(c)))),
                Value::Set(members) => Some(Value::Boolean(codes.iter().any(|c| members.contains(c)))),
                _ => None,
            },
            ExprKind::HasTexts { set, texts, all } => {
                let seen = self.seen(set)?;
                let Value::TextSet(members) = &*seen else { return None };
                let members: Vec<_> = members.iter().map(|m| self.fold(m)).collect();
                let has = |t: &Arc<str>| members.iter().any(|m| m == &**t);
                Some(Value::Boolean(if *all { texts.items.iter().all(has) } else { texts.items.iter().any(has) }))
            }
            ExprKind::TextTest { text, test, texts } => match &*self.seen(text)? {
                Value::Text(t) => Some(Value::Boolean(text_test(*test, &self.fold(t), texts))),
                _ => None,
            },
            ExprKind::Matches(text, pattern) => match &*self.seen(text)? {
                Value::Text(t) => Some(Value::Boolean(pattern.regex.is_match(t))),
                _ => None,
            },
            ExprKind::IsEmpty(set) => Some(Value::Boolean(match self.seen(set).as_deref() {
                Some(Value::Set(m)) => m.is_empty(),
                Some(Value::TextSet(m)) => m.is_empty(),
                _ => true,
            })),
            ExprKind::Within { .. } | ExprKind::MoreThanAgo(..) | ExprKind::Elapsed { .. } => self.time(expr),
            ExprKind::Moved(d, by, later) => crate::hir::moved(&self.value(d)?, *by, *later),
            ExprKind::ToDate(d) => match self.value(d)? {
                Value::DateTime(m) => Some(Value::Date(day_of(m, &self.model.schema.zone))),
                _ => None,
            },
            _ => self.scalar(expr),
        }
    }

    /// The label that the score bears, where that is the subject.
    fn label(&self, id: LabelId) -> Option<Arc<str>> {
        let label = self.model.label(id)?;
        match &label.body {
            LabelBody::Ranges { score, lines, otherwise } => {
                let value = self.value.filter(|_| *self.subject == Subject::Score(*score))?;
                let line = lines.iter().find(|l| in_range(value, &l.range) == Some(true)).map(|l| l.value);
                let at = line.or(otherwise.as_ref().map(|o| o.value))?;
                label.values.get(at as usize).cloned()
            }
            LabelBody::Labels { label: by, lines, otherwise } => {
                let text = self.label(*by)?;
                let code = self.model.label(*by)?.values.iter().position(|value| *value == text)?;
                let line = lines.iter().find(|line| line.keys.iter().any(|key| *key as usize == code)).map(|line| line.value);
                let at = line.or(otherwise.as_ref().map(|o| o.value))?;
                label.values.get(at as usize).cloned()
            }
            LabelBody::Join(parts) => {
                let texts: Option<Vec<Arc<str>>> = parts.iter().map(|part| self.label(*part)).collect();
                Some(texts?.concat().into())
            }
        }
    }

    /// How many events there are, where these are the subject.
    fn events(&self) -> Option<i64> {
        match (self.subject, self.value) {
            (Subject::Events(_), Some(Value::Integer(n))) => Some(*n),
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a value that does not go with the form is unknown")]
    fn scalar(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::DomainOf(t) => match self.value(t)? {
                Value::Text(t) => t.rsplit_once('@').map(|(_, d)| Value::Text(Arc::from(d))),
                _ => None,
            },
            ExprKind::LengthOf(t) => match self.value(t)? {
                Value::Text(t) => i64::try_from(t.chars().count()).ok().map(Value::Integer),
                _ => None,
            },
            ExprKind::WordsOf(t) => match self.value(t)? {
                Value::Text(t) => i64::try_from(t.split_whitespace().count()).ok().map(Value::Integer),
                _ => None,
            },
            ExprKind::SizeOf(s) => match self.value(s)? {
                Value::Set(m) => i64::try_from(m.len()).ok().map(Value::Integer),
                Value::TextSet(m) => i64::try_from(m.len()).ok().map(Value::Integer),
                _ => None,
            },
            ExprKind::Negate(x) => match self.value(x)? {
                Value::Integer(n) => n.checked_neg().map(Value::Integer),
                Value::Number(n) => Some(Value::Number(-n)),
                _ => None,
            },
            ExprKind::ToNumber(x) => match self.value(x)? {
                #[expect(clippy::cast_precision_loss, reason = "an integer opposite a number is turned into one")]
                Value::Integer(n) => Some(Value::Number(n as f64)),
                Value::Number(n) => Some(Value::Number(n)),
                _ => None,
            },
            ExprKind::Arithmetic(op, a, b) => arithmetic(*op, &self.value(a)?, &self.value(b)?),
            ExprKind::Pick(function, xs) => {
                let second = |a: &Value, b: &Value| match (compare(b, a), function) {
                    (Some(order), PickFunction::Greatest) => order.is_gt(),
                    (Some(order), PickFunction::Least) => order.is_lt(),
                    (Some(_), PickFunction::First) | (None, _) => false,
                };
                xs.iter().filter_map(|x| self.value(x)).reduce(|a, b| if second(&a, &b) { b } else { a })
            }
            _ => None,
        }
    }

    fn compare(&self, op: CompareOp, a: &Expr, b: &Expr) -> Option<bool> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let (a, b) = (self.seen(a)?, self.seen(b)?);
        let order = match (&*a, &*b) {
            (Value::Text(a), Value::Text(b)) => self.fold(a).cmp(&self.fold(b)),
            _ => compare(&a, &b)?,
        };
        Some(match op {
            CompareOp::Equal => order == Equal,
            CompareOp::Less => order == Less,
            CompareOp::LessEqual => order != Greater,
            CompareOp::Greater => order == Greater,
            CompareOp::GreaterEqual => order != Less,
        })
    }

    /// The age of a date or date-time that an expression gives.
    pub fn age_of(&self, date: &Expr) -> Option<Age> {
        let value = self.value(date)?;
        self.age.or_else(|| Age::of(&value, self.as_of, &self.model.schema.zone))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "called for functions of time only")]
    fn time(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Within { date, duration, next } => self.age_of(date)?.within(*duration, *next).map(Value::Boolean),
            ExprKind::MoreThanAgo(date, duration) => self.age_of(date)?.is_beyond(*duration).map(Value::Boolean),
            ExprKind::Elapsed { unit, until, date } => {
                let since = self.age_of(date)?.units(*unit)?;
                Some(Value::Integer(if *until { -since } else { since }))
            }
            _ => None,
        }
    }

    fn fold<'t>(&self, text: &'t str) -> Cow<'t, str> {
        fold(text, self.model.schema.ignore_accents)
    }
}

/// Whether a value lies in a range; `None` where the two do not go together.
pub fn in_range(value: &Value, range: &Range) -> Option<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let end = |e: &RangeEnd| {
        compare(
            value,
            &match e {
                RangeEnd::Decimal(d) => Value::Decimal(*d),
                RangeEnd::Date(d) => Value::Date(*d),
                RangeEnd::DateTime(m) => Value::DateTime(*m),
            },
        )
    };
    let above = match &range.lo {
        Some(lo) => end(lo)? != Less,
        None => true,
    };
    let below = match &range.hi {
        Some(hi) => match end(hi)? {
            Less => true,
            Equal => range.hi_included,
            Greater => false,
        },
        None => true,
    };
    Some(above && below)
}

/// The order of two values of one kind; an exact decimal stands opposite numbers and scores (as [`Value::Decimal`] of their hundredths).
pub fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) | (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Option(a), Value::Option(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Decimal(d)) => Some(match d.as_integer() {
            Some(b) => a.cmp(&b),
            None => match a.checked_mul(100) {
                Some(p) => d.cmp_points(Points(p)).reverse(),
                None => a.cmp(&0),
            },
        }),
        (Value::Number(a), Value::Decimal(d)) => a.partial_cmp(&d.to_f64()),
        (Value::Decimal(a), Value::Decimal(b)) => Some(match (a.as_points(), b.as_points()) {
            (Some(a), _) => b.cmp_points(a).reverse(),
            (_, Some(b)) => a.cmp_points(b),
            _ => a.to_f64().partial_cmp(&b.to_f64())?,
        }),
        (Value::Decimal(_), _) => compare(b, a).map(std::cmp::Ordering::reverse),
        _ => None,
    }
}

fn arithmetic(op: ArithmeticOp, a: &Value, b: &Value) -> Option<Value> {
    let (a, b) = match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => {
            return match op {
                ArithmeticOp::Add => a.checked_add(*b),
                ArithmeticOp::Subtract => a.checked_sub(*b),
                ArithmeticOp::Multiply => a.checked_mul(*b),
                ArithmeticOp::Divide => None,
            }
            .map(Value::Integer);
        }
        (Value::Number(a), Value::Number(b)) => (*a, *b),
        _ => return None,
    };
    let n = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide if b == 0.0 => return None,
        ArithmeticOp::Divide => a / b,
    };
    n.is_finite().then_some(Value::Number(n))
}

/// A test of a folded text against folded constants.
pub fn text_test(test: TextTest, text: &str, texts: &Texts) -> bool {
    let any = |hit: &dyn Fn(&str) -> bool| texts.items.iter().any(|t| hit(t));
    match test {
        TextTest::Is => texts.items.binary_search_by(|t| (**t).cmp(text)).is_ok(),
        TextTest::Contains => any(&|t| text.contains(t)),
        TextTest::StartsWith => any(&|t| text.starts_with(t)),
        TextTest::EndsWith => any(&|t| text.ends_with(t)),
        TextTest::ContainsWord => any(&|t| {
            text.match_indices(t).any(|(at, hit)| {
                let before = text.get(..at).and_then(|s| s.chars().next_back());
                let after = text.get(at + hit.len()..).and_then(|s| s.chars().next());
                !before.is_some_and(is_word) && !after.is_some_and(is_word)
            })
        }),
    }
}
