//! Points for events.

#![expect(clippy::wildcard_enum_match_arm, reason = "HubSpot knows a few of the forms of expressions")]

use serde_json::{Map, Value, json};

use super::bounds::Limits;
use super::shapes::{Rule, conditional};
use super::{Context, Done, Refusal, points};
use crate::hir::{Aggregate, AggregateFunction, BandLine, DecayKind, Duration, Each, Expr, ExprKind, Item, RangeEnd, Unit};
use crate::schema::EventId;
use crate::source::Span;
use crate::value::Points;

/// `count(EVENTS ..)`
pub(super) fn counted(value: &Expr) -> Option<&Aggregate> {
    match &value.kind {
        ExprKind::Aggregate(aggregate) if aggregate.function == AggregateFunction::Count => Some(aggregate),
        ExprKind::ToNumber(inner) => counted(inner),
        _ => None,
    }
}

impl Context<'_> {
    /// `each EVENTS .. then P`
    pub(super) fn each(&self, each: &Each) -> Done<Rule> {
        if let Some(times) = &each.times {
            return Err(Refusal::new(times.span, "HubSpot limits points, not the number of events that count")
                .instead(format!("`max {}`", Points(each.arm.points.0.saturating_mul(i64::from(times.count))))));
        }
        let decay = match &each.decay {
            None => None,
            Some(decay) => Some(match decay.kind {
                DecayKind::Linear { percent } => (decay.days, percent),
                DecayKind::All if decay.days > 0 && 100 % decay.days == 0 => (1, 100 / decay.days),
                DecayKind::All | DecayKind::Compound { .. } | DecayKind::Fixed { .. } => {
                    return Err(Refusal::new(
                        decay.span,
                        "points fade in a straight line in HubSpot, by so many percent every so many days",
                    )
                    .instead("`losing 50% of its points every 30 days`"));
                }
            }),
        };
        let tests = each.filter.as_ref().map_or(Ok(Vec::new()), |filter| self.holds(filter))?;
        let calculator = self.calculator(each.event, each.within, conditional(&tests, each.arm.points), each.arm.span)?;
        Ok(Rule { calculation: together(calculator), limits: Limits::of(&each.bounds), decay })
    }

    fn calculator(&self, event: EventId, within: Option<Duration>, calculation: Value, span: Span) -> Done<Map<String, Value>> {
        let mut made = Map::new();
        made.insert("eventTypeId".to_owned(), json!(self.event_type(event, span)?));
        if let Some(within) = within {
            let days = match within.unit {
                Unit::Days => Some(within.count),
                Unit::Weeks => within.count.checked_mul(7),
                Unit::Hours | Unit::Months | Unit::Years => None,
            };
            let days = days.ok_or_else(|| {
                Refusal::new(span, "HubSpot measures windows of time in days")
                    .instead("the same window in days, such as `90 days`")
            })?;
            let operation = json!({ "operationType": "ROLLING_DATE_RANGE", "operator": "IS_LESS_THAN_X_DAYS_AGO", "numberOfDays": days,
                                    "requiresTimeZoneConversion": false, "includeObjectsWithNoValueSet": false });
            made.insert("eventTimeframe".to_owned(), json!({ "eventFilterOperation": operation }));
        }
        made.insert("recordCalculation".to_owned(), calculation);
        Ok(made)
    }

    /// `band count(EVENTS ..) { .. }`
    pub(super) fn by_count(&self, item: &Item, counted: &Aggregate, lines: &[BandLine], otherwise: Points) -> Done<Vec<Rule>> {
        if otherwise != Points(0) {
            return Err(Refusal::new(item.span, "HubSpot gives no points for a number of events that no range holds")
                .instead("`else: 0`, and a range for every number that counts"));
        }
        let mut ranges = Vec::new();
        for line in lines.iter().filter(|line| line.arm.points != Points(0)) {
            let end = |end: Option<RangeEnd>| match end {
                None => Ok(None),
                Some(RangeEnd::Decimal(n)) => n.as_integer().map(Some).ok_or(()),
                Some(RangeEnd::Date(_) | RangeEnd::DateTime(_)) => Err(()),
            };
            let whole = || Refusal::new(line.arm.span, "HubSpot counts events in whole numbers");
            let lo = end(line.range.lo).map_err(|()| whole())?.unwrap_or(0);
            let hi = end(line.range.hi).map_err(|()| whole())?.map(|hi| if line.range.hi_included { hi } else { hi - 1 });
            if lo < 1 {
                return Err(
                    Refusal::new(line.arm.span, "HubSpot gives no points where there is no event").instead("a range from 1")
                );
            }
            let value = points(line.arm.points);
            ranges.push(match hi {
                None => json!({ "type": "AT_LEAST", "from": lo, "value": value }),
                Some(hi) if hi == lo => json!({ "type": "EXACTLY", "from": lo, "value": value }),
                Some(hi) => json!({ "type": "BETWEEN", "from": lo, "to": hi, "value": value }),
            });
        }
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        let tests = counted.filter.as_ref().map_or(Ok(Vec::new()), |filter| self.holds(filter))?;
        let one = conditional(&tests, Points(100));
        let mut calculator = self.calculator(counted.event, counted.within, one, item.span)?;
        calculator.insert("eventFrequencyCriteria".to_owned(), json!({ "type": "BETWEEN", "ranges": ranges }));
        Ok(vec![Rule::new(together(calculator))])
    }
}

fn together(calculator: Map<String, Value>) -> Value {
    json!({ "type": "MULTI_UE", "eventCalculators": [Value::Object(calculator)] })
}
