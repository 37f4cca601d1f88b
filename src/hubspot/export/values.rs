//! Points by the value of a property.

#![expect(clippy::wildcard_enum_match_arm, reason = "HubSpot knows a few of the forms of expressions")]

use serde_json::{Value, json};

use super::operation::elapsed;
use super::shapes::{Rule, Single, conditional, is_known, matched, with_unknown};
use super::{Context, Done, Refusal};
use crate::hir::{BandLine, CompareOp, Expr, ExprKind, Item, MatchLine, Range, RangeEnd, TextTest, Unit};
use crate::schema::Property;
use crate::value::{Decimal, Points, Type, Value as Constant};

fn excluding_unknown(mut operation: serde_json::Map<String, Value>) -> Value {
    operation.insert("includeObjectsWithNoValueSet".to_owned(), json!(false));
    Value::Object(operation)
}

fn lower(range: &Range) -> Option<Decimal> {
    match range.lo {
        Some(RangeEnd::Decimal(lo)) => Some(lo),
        _ => None,
    }
}

/// The end of a range that has both and leaves its last number out.
fn open_end(range: &Range, whole: bool) -> Option<Decimal> {
    match (range.lo, range.hi) {
        (Some(_), Some(RangeEnd::Decimal(hi))) if !(range.hi_included || whole && hi.as_integer().is_some()) => Some(hi),
        _ => None,
    }
}

impl Context<'_> {
    /// `band x { .. }` over a number.
    pub(super) fn band(&self, item: &Item, value: &Expr, lines: &[BandLine], others: (Points, Points)) -> Done<Vec<Rule>> {
        if let ExprKind::Elapsed { unit: Unit::Days, until: false, date } = &self.resolved(value).kind {
            return self.band_of_days(item, date, lines, others);
        }
        let subject = self.subject(value)?;
        let property = subject.property;
        if !matches!(property.ty, Type::Integer | Type::Number) {
            return Err(Refusal::new(value.span, "HubSpot has ranges of numbers, not of dates").instead("`band days since x`"));
        }
        no_default(property, item)?;
        let whole = property.ty == Type::Integer;
        let mut ordered: Vec<&BandLine> = lines.iter().collect();
        if lines.iter().any(|line| open_end(&line.range, whole).is_some()) {
            // From the top: the last number of a range is taken by the range above before it could count here.
            ordered.sort_by(|a, b| compare(lower(&b.range), lower(&a.range)));
        }
        let (otherwise, unknown) = others;
        let mut rules: Vec<(Value, Points)> = Vec::new();
        for line in ordered {
            let mut range = line.range.clone();
            if let Some(end) = open_end(&range, whole) {
                if !lines.iter().any(|above| lower(&above.range) == Some(end)) {
                    let only = Range { lo: range.hi, hi: range.hi, hi_included: true, span: range.span };
                    rules.push((excluding_unknown(self.ranged(property, &only, value, false)?), otherwise));
                }
                range.hi_included = true;
            }
            rules.push((excluding_unknown(self.ranged(property, &range, value, false)?), line.arm.points));
        }
        with_unknown(&mut rules, unknown, otherwise);
        Ok(vec![Rule::new(matched(&subject.name, &rules, otherwise))])
    }

    /// `band days since x { .. }`: from the shortest time to the longest, each range up to its last day.
    fn band_of_days(&self, item: &Item, date: &Expr, lines: &[BandLine], others: (Points, Points)) -> Done<Vec<Rule>> {
        let subject = self.subject(date)?;
        no_default(subject.property, item)?;
        let (otherwise, unknown) = others;
        let mut spans: Vec<(Option<i64>, Option<i64>, Points)> = Vec::new();
        for line in lines {
            let whole = |end: Option<RangeEnd>| match end {
                None => Ok(None),
                Some(RangeEnd::Decimal(n)) => n.as_integer().map(Some).ok_or(()),
                Some(RangeEnd::Date(_) | RangeEnd::DateTime(_)) => Err(()),
            };
            let refused = |()| Refusal::new(line.arm.span, "HubSpot counts whole days");
            let hi = whole(line.range.hi).map_err(refused)?.map(|hi| if line.range.hi_included { hi } else { hi - 1 });
            spans.push((whole(line.range.lo).map_err(refused)?, hi, line.arm.points));
        }
        spans.sort_by_key(|(lo, ..)| lo.unwrap_or(i64::MIN));
        let upto = |days: i64| elapsed(CompareOp::LessEqual, false, days, false).map_or(Value::Null, excluding_unknown);
        let mut rules: Vec<(Value, Points)> = Vec::new();
        let mut covered: Option<i64> = None;
        for (lo, hi, points) in spans {
            if let Some(lo) = lo.filter(|lo| covered.is_none_or(|covered| covered + 1 < *lo)) {
                rules.push((upto(lo - 1), otherwise));
            }
            rules.push((hi.map_or_else(is_known, upto), points));
            covered = hi;
        }
        with_unknown(&mut rules, unknown, otherwise);
        Ok(vec![Rule::new(matched(&subject.name, &rules, otherwise))])
    }

    /// `match x { .. }` over options, texts, truth values or whole numbers.
    pub(super) fn by_value(&self, item: &Item, value: &Expr, lines: &[MatchLine], others: (Points, Points)) -> Done<Vec<Rule>> {
        let subject = self.subject(value)?;
        let (otherwise, unknown) = others;
        let mut rules: Vec<(Value, Points)> = Vec::new();
        for line in lines {
            for operation in self.keys(value, &line.keys)? {
                rules.push((operation, line.arm.points));
            }
        }
        let unknown = match &subject.property.default {
            None => unknown,
            Some(default) => lines.iter().find(|line| line.keys.contains(default)).map_or(otherwise, |line| line.arm.points),
        };
        if subject.property.default.as_ref().is_some_and(|default| matches!(default, Constant::Text(_))) {
            no_default(subject.property, item)?;
        }
        with_unknown(&mut rules, unknown, otherwise);
        Ok(vec![Rule::new(matched(&subject.name, &rules, otherwise))])
    }

    /// The operations that match these values: one for all of them, where HubSpot has lists of them.
    fn keys(&self, value: &Expr, keys: &[Constant]) -> Done<Vec<Value>> {
        let subject = self.subject(value)?;
        let operation = |ty: &str, operator: &str, more: Value| {
            let mut made = json!({ "operationType": ty, "operator": operator, "includeObjectsWithNoValueSet": false });
            if let (Some(made), Value::Object(more)) = (made.as_object_mut(), more) {
                made.extend(more);
            }
            made
        };
        match &subject.property.ty {
            Type::OneOf(_) => {
                let codes = keys.iter().filter_map(|key| if let Constant::Option(code) = key { Some(*code) } else { None });
                Ok(vec![operation("ENUMERATION", "IS_ANY_OF", json!({ "values": self.values(&subject, codes, value)? }))])
            }
            Type::Text => {
                let texts: Vec<&str> = keys.iter().filter_map(Constant::as_text).map(|text| &**text).collect();
                Ok(vec![excluding_unknown(self.text(value, TextTest::Is, &json!(texts), false)?)])
            }
            Type::Boolean => {
                let truths = keys.iter().filter_map(|key| if let Constant::Boolean(truth) = key { Some(truth) } else { None });
                Ok(truths.map(|truth| operation("BOOL", "IS_EQUAL_TO", json!({ "value": truth }))).collect())
            }
            Type::Integer | Type::Number => {
                let numbers = keys.iter().filter_map(|key| if let Constant::Integer(n) = key { Some(n) } else { None });
                Ok(numbers.map(|n| operation("NUMBER", "IS_EQUAL_TO", json!({ "value": n }))).collect())
            }
            Type::Date | Type::DateTime | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {
                Err(Refusal::new(value.span, "HubSpot gives no points by the value of such a property"))
            }
        }
    }

    /// `match each x { .. }`: a rule for every member, for each gives its points.
    pub(super) fn by_member(&self, item: &Item, set: &Expr, lines: &[MatchLine], otherwise: Points) -> Done<Vec<Rule>> {
        if otherwise != Points(0) {
            return Err(Refusal::new(item.span, "HubSpot gives no points for members of a set that no rule names")
                .instead("a line for every option instead of `else`"));
        }
        let subject = self.subject(set)?;
        let mut rules = Vec::new();
        for line in lines.iter().filter(|line| line.arm.points != Points(0)) {
            for key in &line.keys {
                let value = match key {
                    Constant::Option(code) => json!(self.values(&subject, std::iter::once(*code), set)?),
                    Constant::Text(text) => json!([text]),
                    _ => return Err(Refusal::new(line.arm.span, "HubSpot has no such member of a set")),
                };
                let operation = json!({ "operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": value,
                                        "includeObjectsWithNoValueSet": false });
                let test = Single { property: subject.name.clone(), operation };
                rules.push(Rule::new(conditional(&[test], line.arm.points)));
            }
        }
        Ok(rules)
    }
}

fn no_default(property: &Property, item: &Item) -> Done<()> {
    if property.default.is_none() {
        return Ok(());
    }
    Err(Refusal::new(item.span, format!("HubSpot does not know the `default` of `{}`", property.name))
        .instead("take `default` out of the schema, and give the points in the line `unknown`"))
}

/// Lower ends of ranges in order; a range without one starts below all others.
fn compare(a: Option<Decimal>, b: Option<Decimal>) -> std::cmp::Ordering {
    let key = |end: Option<Decimal>| end.map_or(f64::NEG_INFINITY, Decimal::to_f64);
    key(a).total_cmp(&key(b))
}
