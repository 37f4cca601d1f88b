//! One test of one property, as an operation of HubSpot.

#![expect(clippy::wildcard_enum_match_arm, reason = "HubSpot knows a few of the forms of expressions")]

use serde_json::{Map, Value, json};

use super::shapes::Single;
use super::{Context, Done, Refusal};
use crate::hir::{CompareOp, Duration, Expr, ExprKind, Range, RangeEnd, TextTest, Unit};
use crate::hubspot::names::{self, is_option, options_of};
use crate::schema::Property;
use crate::time::civil;
use crate::value::{Decimal, OptionItem, Type, Value as Constant};

/// How a test is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct How {
    /// It matches where the condition is false.
    pub(super) negated: bool,
    /// It matches a record without a value too.
    pub(super) unknown: bool,
}

/// The property of a record, or the field of an event, that a test looks at.
pub(super) struct Subject<'a> {
    pub(super) property: &'a Property,
    /// HubSpot's name of it.
    pub(super) name: String,
}

/// An operation without its `includeObjectsWithNoValueSet`.
type Operation = Done<Map<String, Value>>;

fn operation(ty: &str, operator: &str, more: Value) -> Map<String, Value> {
    let mut made = Map::new();
    made.insert("operationType".to_owned(), json!(ty));
    made.insert("operator".to_owned(), json!(operator));
    if let Value::Object(more) = more {
        made.extend(more);
    }
    made
}

/// A number of the rules as JSON has it.
fn number(decimal: Decimal) -> Value {
    serde_json::from_str(&decimal.to_string()).unwrap_or(Value::Null)
}

fn constant(expr: &Expr) -> Option<Decimal> {
    match &expr.kind {
        ExprKind::Literal(Constant::Integer(n)) => Some(Decimal::whole(*n)),
        ExprKind::Literal(Constant::Decimal(n)) => Some(*n),
        ExprKind::Literal(Constant::Number(n)) => {
            let written = n.to_string();
            let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
            let mantissa = format!("{whole}{part}").parse().ok()?;
            Some(Decimal { mantissa, scale: u32::try_from(part.len()).ok()? })
        }
        ExprKind::Negate(inner) => constant(inner).map(|n| Decimal { mantissa: -n.mantissa, scale: n.scale }),
        ExprKind::ToNumber(inner) => constant(inner),
        _ => None,
    }
}

fn negated(op: CompareOp) -> Option<CompareOp> {
    match op {
        CompareOp::Equal => None,
        CompareOp::Less => Some(CompareOp::GreaterEqual),
        CompareOp::LessEqual => Some(CompareOp::Greater),
        CompareOp::Greater => Some(CompareOp::LessEqual),
        CompareOp::GreaterEqual => Some(CompareOp::Less),
    }
}

fn days(duration: Duration) -> Option<u32> {
    match duration.unit {
        Unit::Days => Some(duration.count),
        Unit::Weeks => duration.count.checked_mul(7),
        Unit::Hours | Unit::Months | Unit::Years => None,
    }
}

/// A day as a point in time of HubSpot.
fn day(day: i32) -> Value {
    civil(day).map_or(Value::Null, |d| json!({ "timeType": "DATE", "year": d.year(), "month": d.month(), "day": d.day() }))
}

/// So many days before today.
fn days_ago(days: i64) -> Value {
    json!({ "timeType": "INDEXED", "indexReference": { "referenceType": "TODAY" }, "offset": { "days": -days } })
}

fn point(before: bool, inclusive: bool, at: Value) -> Map<String, Value> {
    let ends = if inclusive { "INCLUSIVE" } else { "EXCLUSIVE" };
    operation("TIME_POINT", if before { "IS_BEFORE" } else { "IS_AFTER" }, json!({ "timePoint": at, "endpointBehavior": ends }))
}

impl Context<'_> {
    /// The property or field that an expression is, conversions aside.
    pub(super) fn subject<'e>(&'e self, expr: &'e Expr) -> Done<Subject<'e>> {
        let expr = self.resolved(expr);
        let refused = || {
            Refusal::new(expr.span, "HubSpot tests properties as they are, not what is worked out from them")
                .instead("keep the value in a property of its own, by a calculated property or by `lsrc push hubspot`")
        };
        let property = match &expr.kind {
            ExprKind::Property(id) => self.model.schema.property(*id),
            ExprKind::Field(event, field) => self.model.schema.event(*event).and_then(|list| list.field(*field)),
            ExprKind::ToDate(inner) | ExprKind::ToNumber(inner) => return self.subject(inner),
            _ => None,
        };
        let property = property.ok_or_else(refused)?;
        if property.related.is_some() {
            let reason = format!("`{}` belongs to a related record, and a score of contacts sees contacts alone", property.name);
            return Err(Refusal::new(expr.span, reason).instead("copy it to the contact, by a workflow or a calculated property"));
        }
        Ok(Subject { property, name: self.name_of(property, expr)? })
    }

    /// HubSpot's name of a property.
    fn name_of(&self, property: &Property, at: &Expr) -> Done<String> {
        let known = self.wish.fields.filter(|_| !matches!(at.kind, ExprKind::Field(..)));
        let found = match known {
            Some(fields) => names::found(property, fields).map(|(field, _)| field.name.clone()),
            None => names::guessed(property).map(str::to_owned),
        };
        found.ok_or_else(|| {
            let refusal = Refusal::new(at.span, format!("HubSpot's name of `{}` is not known", property.name));
            match known {
                Some(_) => refusal.instead("name the property as the portal does, with `from` in the schema"),
                None => {
                    refusal.instead("give the portal's properties with --properties, or add the name to `from` in the schema")
                }
            }
        })
    }

    /// HubSpot's value of an option.
    fn option(&self, subject: &Subject<'_>, option: &OptionItem, at: &Expr) -> Done<String> {
        let field = self.wish.fields.and_then(|fields| fields.iter().find(|field| field.name == subject.name));
        if let Some(options) = field.and_then(options_of) {
            let found = options.iter().find(|(value, label)| is_option(option, value) || is_option(option, label));
            return found.map(|(value, _)| value.clone()).ok_or_else(|| {
                Refusal::new(at.span, format!("HubSpot's property `{}` has no option `{}`", subject.name, option.name))
                    .instead("add the value that HubSpot has to the option's forms in the schema")
            });
        }
        match option.forms.as_slice() {
            [] => Ok(option.name.to_string()),
            [one] => Ok(one.to_string()),
            _ => Err(Refusal::new(
                at.span,
                format!("`{}` has several forms; which one is HubSpot's value is not known", option.name),
            )
            .instead("give the portal's properties with --properties")),
        }
    }

    /// A test of one property.
    pub(super) fn single(&self, expr: &Expr, how: How) -> Done<Vec<Single>> {
        let (subject, operation) = self.operation(expr, how.negated)?;
        let Subject { property, name } = subject;
        let knows = matches!(expr.kind, ExprKind::IsKnown(_) | ExprKind::IsEmpty(_));
        let unknown = match (&property.default, knows) {
            // Whether a value is there is never unknown itself.
            (_, true) => operation.get("operator").and_then(Value::as_str) == Some("IS_UNKNOWN"),
            (Some(default), false) => self.default_passes(expr, default, how.negated)?,
            // A set without members is a set, and a test that it lacks something is true of it.
            (None, false) if matches!(property.ty, Type::SetOf(_) | Type::SetOfText) => how.negated,
            (None, false) => how.unknown,
        };
        let mut operation = operation;
        operation.insert("includeObjectsWithNoValueSet".to_owned(), json!(unknown));
        Ok(vec![Single { property: name, operation: Value::Object(operation) }])
    }

    /// Whether the value that stands for unknown ones passes a test.
    fn default_passes(&self, expr: &Expr, default: &Constant, negated: bool) -> Done<bool> {
        let passes = match (&expr.kind, default) {
            (ExprKind::Property(_) | ExprKind::Field(..), Constant::Boolean(value)) => Some(*value),
            (ExprKind::Compare(CompareOp::Equal, _, other), default) => match &other.kind {
                ExprKind::Literal(value) => Some(value == default),
                _ => None,
            },
            (ExprKind::InOptions(_, codes), Constant::Option(code)) => Some(codes.contains(code)),
            _ => None,
        };
        passes.map(|passes| passes != negated).ok_or_else(|| {
            Refusal::new(expr.span, "HubSpot does not know the `default` of this property")
                .instead("take `default` out of the schema, and test `is unknown` where it matters")
        })
    }

    /// The operation that matches where a test is true, or false.
    fn operation<'e>(&'e self, expr: &'e Expr, not: bool) -> Done<(Subject<'e>, Map<String, Value>)> {
        let of = |subject: &'e Expr, write: &dyn Fn(&Subject<'_>) -> Operation| {
            let subject = self.subject(subject)?;
            let operation = write(&subject)?;
            Ok((subject, operation))
        };
        match &expr.kind {
            ExprKind::Property(_) | ExprKind::Field(..) if expr.ty == Type::Boolean => {
                of(expr, &|_| Ok(operation("BOOL", "IS_EQUAL_TO", json!({ "value": !not }))))
            }
            ExprKind::IsKnown(subject) => of(subject, &|subject| self.known(subject, expr, !not)),
            ExprKind::IsEmpty(subject) => of(subject, &|subject| self.known(subject, expr, not)),
            ExprKind::Compare(op, a, b) => self.compared(expr, *op, a, b, not),
            ExprKind::InRange(subject, range) => of(subject, &|subject| self.ranged(subject.property, range, expr, not)),
            ExprKind::InOptions(subject, codes) => of(subject, &|subject| {
                let values = self.values(subject, codes.iter().copied(), expr)?;
                let operator = if not { "IS_NONE_OF" } else { "IS_ANY_OF" };
                Ok(operation("ENUMERATION", operator, json!({ "values": values })))
            }),
            ExprKind::HasOptions { set, codes, all } => of(set, &|subject| {
                let values = self.values(subject, codes.iter().copied(), expr)?;
                Ok(operation("ENUMERATION", members(*all && codes.len() > 1, not), json!({ "values": values })))
            }),
            ExprKind::HasTexts { set, texts, all } => of(set, &|_| {
                let operator = members(*all && texts.items.len() > 1, not);
                Ok(operation("ENUMERATION", operator, json!({ "values": texts.written })))
            }),
            ExprKind::TextTest { text, test, texts } => of(text, &|_| self.text(expr, *test, &json!(texts.written), not)),
            ExprKind::Within { date, duration, next } if !not => {
                let operator = if *next { "IS_LESS_THAN_X_DAYS_FROM_NOW" } else { "IS_LESS_THAN_X_DAYS_AGO" };
                of(date, &|_| rolling(expr, *duration, operator))
            }
            ExprKind::MoreThanAgo(date, duration) if !not => of(date, &|_| rolling(expr, *duration, "IS_MORE_THAN_X_DAYS_AGO")),
            _ => Err(self.no_operation(expr)),
        }
    }

    fn no_operation(&self, expr: &Expr) -> Refusal {
        match &expr.kind {
            ExprKind::Matches(..) => {
                Refusal::new(expr.span, "HubSpot has no patterns").instead("`contains`, `starts with` or `ends with`")
            }
            ExprKind::AtLeast(..) => Refusal::new(expr.span, "HubSpot does not count conditions"),
            ExprKind::Within { .. } | ExprKind::MoreThanAgo(..) => {
                Refusal::new(expr.span, "HubSpot has no test that a date is not in a window of time")
                    .instead("`days since x > 30`")
            }
            ExprKind::Aggregate(_) => Refusal::new(expr.span, "HubSpot counts events in rules of their own")
                .instead("`each EVENTS then +5`, or `band count(EVENTS) { .. }`"),
            _ => Refusal::new(expr.span, "HubSpot has no such test of a single property"),
        }
    }

    fn known(&self, subject: &Subject<'_>, expr: &Expr, known: bool) -> Operation {
        if subject.property.default.is_some() {
            return Err(Refusal::new(expr.span, format!("`{}` has a default, so it is never unknown", subject.property.name)));
        }
        Ok(operation("ALL_PROPERTY", if known { "IS_KNOWN" } else { "IS_UNKNOWN" }, Value::Null))
    }

    /// HubSpot's values of options.
    pub(super) fn values(&self, subject: &Subject<'_>, codes: impl Iterator<Item = u32>, at: &Expr) -> Done<Vec<String>> {
        let options = subject.property.ty.options();
        let items = codes.filter_map(|code| options?.items.get(code as usize));
        items.map(|item| self.option(subject, item, at)).collect()
    }

    /// A test of a text.
    pub(super) fn text(&self, at: &Expr, test: TextTest, values: &Value, not: bool) -> Operation {
        if self.model.schema.ignore_accents {
            return Err(Refusal::new(at.span, "HubSpot distinguishes letters with accents from letters without")
                .instead("take `ignore accents` out of the schema, and list both spellings"));
        }
        let operator = match (test, not) {
            (TextTest::Is, false) => "IS_EQUAL_TO",
            (TextTest::Is, true) => "IS_NOT_EQUAL_TO",
            (TextTest::Contains, false) => "CONTAINS",
            (TextTest::Contains, true) => "DOES_NOT_CONTAIN",
            (TextTest::StartsWith, false) => "STARTS_WITH",
            (TextTest::EndsWith, false) => "ENDS_WITH",
            (TextTest::ContainsWord, _) => {
                return Err(Refusal::new(at.span, "HubSpot does not look for whole words")
                    .instead("`contains`, which looks within words too"));
            }
            (TextTest::StartsWith | TextTest::EndsWith, true) => {
                return Err(Refusal::new(at.span, "HubSpot has no test that a text does not start or end with something")
                    .instead("`does not contain`"));
            }
        };
        Ok(operation("MULTISTRING", operator, json!({ "values": values })))
    }

    fn compared<'e>(
        &'e self,
        at: &'e Expr,
        op: CompareOp,
        a: &'e Expr,
        b: &'e Expr,
        not: bool,
    ) -> Done<(Subject<'e>, Map<String, Value>)> {
        let literal = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(_)) || constant(expr).is_some();
        if literal(a) && !literal(b) {
            return self.compared(at, op.mirrored(), b, a, not);
        }
        if let ExprKind::Elapsed { unit: Unit::Days, until, date } = &a.kind {
            let days = constant(b).and_then(Decimal::as_integer).ok_or_else(|| self.no_operation(at))?;
            let subject = self.subject(date)?;
            let written = elapsed(op, *until, days, not).ok_or_else(|| self.no_operation(at))?;
            return Ok((subject, written));
        }
        let subject = self.subject(a)?;
        let written = match (&subject.property.ty, &b.kind) {
            (Type::Integer | Type::Number, _) => {
                let value = number(constant(b).ok_or_else(|| self.no_operation(at))?);
                operation("NUMBER", numeric(op, not), json!({ "value": value }))
            }
            (Type::Boolean, ExprKind::Literal(Constant::Boolean(value))) => {
                operation("BOOL", "IS_EQUAL_TO", json!({ "value": *value != not }))
            }
            (Type::Text, ExprKind::Literal(Constant::Text(text))) => self.text(at, TextTest::Is, &json!([text]), not)?,
            (Type::OneOf(_), ExprKind::Literal(Constant::Option(code))) => {
                let values = self.values(&subject, std::iter::once(*code), at)?;
                operation("ENUMERATION", if not { "IS_NONE_OF" } else { "IS_ANY_OF" }, json!({ "values": values }))
            }
            (Type::Date | Type::DateTime, ExprKind::Literal(Constant::Date(date))) => {
                on_day(op, *date, not).ok_or_else(|| self.no_operation(at))?
            }
            (Type::Date | Type::DateTime, _) if !not && matches!(op, CompareOp::Less | CompareOp::Greater) => {
                let other = self.subject(b)?;
                let operator = if op == CompareOp::Less { "IS_BEFORE" } else { "IS_AFTER" };
                operation("COMPARATIVE_DATE", operator, json!({ "comparisonPropertyName": other.name }))
            }
            _ => return Err(self.no_operation(at)),
        };
        Ok((subject, written))
    }

    /// A test that a value is in a range.
    pub(super) fn ranged(&self, property: &Property, range: &Range, at: &Expr, not: bool) -> Operation {
        let refused = || {
            Refusal::new(at.span, "HubSpot has no range that leaves its last number out")
                .instead("a range with its last number, such as 10..19, or two conditions joined by `and`")
        };
        let whole = property.ty == Type::Integer;
        let ends = (range.lo, range.hi);
        match ends {
            (Some(RangeEnd::Decimal(lo)), Some(RangeEnd::Decimal(hi))) => {
                let hi = last(hi, range.hi_included, whole).ok_or_else(refused)?;
                let operator = if not { "IS_NOT_BETWEEN" } else { "IS_BETWEEN" };
                Ok(operation("NUMBER_RANGED", operator, json!({ "lowerBound": number(lo), "upperBound": number(hi) })))
            }
            (Some(RangeEnd::Decimal(lo)), None) => {
                Ok(operation("NUMBER", numeric(CompareOp::GreaterEqual, not), json!({ "value": number(lo) })))
            }
            (None, Some(RangeEnd::Decimal(hi))) => {
                let op = if range.hi_included { CompareOp::LessEqual } else { CompareOp::Less };
                Ok(operation("NUMBER", numeric(op, not), json!({ "value": number(hi) })))
            }
            (Some(RangeEnd::Date(lo)), Some(RangeEnd::Date(hi))) => {
                let operator = if not { "IS_NOT_BETWEEN" } else { "IS_BETWEEN" };
                let last = if range.hi_included { "INCLUSIVE" } else { "EXCLUSIVE" };
                Ok(operation(
                    "TIME_RANGED",
                    operator,
                    json!({ "lowerBoundTimePoint": day(lo), "upperBoundTimePoint": day(hi),
                            "lowerBoundEndpointBehavior": "INCLUSIVE", "upperBoundEndpointBehavior": last }),
                ))
            }
            (Some(RangeEnd::Date(lo)), None) => on_day(CompareOp::GreaterEqual, lo, not).ok_or_else(refused),
            (None, Some(RangeEnd::Date(hi))) => {
                let op = if range.hi_included { CompareOp::LessEqual } else { CompareOp::Less };
                on_day(op, hi, not).ok_or_else(refused)
            }
            _ => Err(self.no_operation(at)),
        }
    }
}

fn members(all: bool, not: bool) -> &'static str {
    match (all, not) {
        (false, false) => "IS_ANY_OF",
        (false, true) => "IS_NONE_OF",
        (true, false) => "CONTAINS_ALL",
        (true, true) => "DOES_NOT_CONTAIN_ALL",
    }
}

fn numeric(op: CompareOp, not: bool) -> &'static str {
    match if not { negated(op) } else { Some(op) } {
        None => "IS_NOT_EQUAL_TO",
        Some(CompareOp::Equal) => "IS_EQUAL_TO",
        Some(CompareOp::Less) => "IS_LESS_THAN",
        Some(CompareOp::LessEqual) => "IS_LESS_THAN_OR_EQUAL_TO",
        Some(CompareOp::Greater) => "IS_GREATER_THAN",
        Some(CompareOp::GreaterEqual) => "IS_GREATER_THAN_OR_EQUAL_TO",
    }
}

/// The last number of a range.
pub(super) fn last(hi: Decimal, included: bool, whole: bool) -> Option<Decimal> {
    if included {
        return Some(hi);
    }
    hi.as_integer().filter(|_| whole).and_then(|n| n.checked_sub(1)).map(Decimal::whole)
}

fn on_day(op: CompareOp, date: i32, not: bool) -> Option<Map<String, Value>> {
    Some(match if not { negated(op)? } else { op } {
        CompareOp::Equal => {
            let Value::Object(mut at) = day(date) else { return None };
            at.remove("timeType");
            operation("DATE", "IS_EQUAL_TO", Value::Object(at))
        }
        CompareOp::Less => point(true, false, day(date)),
        CompareOp::LessEqual => point(true, true, day(date)),
        CompareOp::Greater => point(false, false, day(date)),
        CompareOp::GreaterEqual => point(false, true, day(date)),
    })
}

/// `days since d >= 30`, as a point in time so many days before today.
pub(super) fn elapsed(op: CompareOp, until: bool, days: i64, not: bool) -> Option<Map<String, Value>> {
    let op = if not { negated(op)? } else { op };
    // The days until a date are the days since it with the other sign.
    let (op, days) = if until { (op.mirrored(), -days) } else { (op, days) };
    Some(match op {
        CompareOp::Equal => {
            let Value::Object(at) = days_ago(days) else { return None };
            operation("DATE", "IS_EQUAL_TO", Value::Object(at))
        }
        CompareOp::Less => point(false, false, days_ago(days)),
        CompareOp::LessEqual => point(false, true, days_ago(days)),
        CompareOp::Greater => point(true, false, days_ago(days)),
        CompareOp::GreaterEqual => point(true, true, days_ago(days)),
    })
}

fn rolling(at: &Expr, duration: Duration, operator: &str) -> Operation {
    let days = days(duration).ok_or_else(|| {
        Refusal::new(at.span, "HubSpot measures windows of time in days").instead("the same window in days, such as `90 days`")
    })?;
    Ok(operation("ROLLING_DATE_RANGE", operator, json!({ "numberOfDays": days, "requiresTimeZoneConversion": false })))
}
