//! Event functions and `each`: every use of an event list is a condition over an event and a total over the events of a key.

use super::Refusal;
use super::builder::{Builder, Form, Place};
use crate::hir::{Aggregate, AggregateFunction, Decay, DecayKind, Duration, Each, Expr, ExprKind, TimesPer};
use crate::invariant::Sure as _;
use crate::schema::EventId;
use crate::source::Span;
use crate::value::{Points, Type};

type Sql = Result<String, Refusal>;

impl Builder<'_> {
    fn at(&self, event: EventId, span: Span) -> Expr {
        let list = self.model.schema.event(event);
        let at = list.map_or(crate::schema::FieldId(0), |list| list.at);
        let ty = list.and_then(|list| list.field(at)).map_or(Type::DateTime, |field| field.ty.clone());
        Expr { kind: ExprKind::Field(event, at), ty, span }
    }

    fn events_name(&self, event: EventId) -> String {
        self.model.schema.event(event).map_or_else(String::new, |list| list.name.to_string())
    }

    /// The condition under which an event counts, as a column of 1 and 0.
    fn test(&mut self, event: EventId, within: Option<Duration>, filter: Option<&Expr>, span: Span) -> Sql {
        let place = Place::Event(event);
        self.events.entry(event).or_default().span = span;
        let at = self.at(event, span);
        // Read in any case: whether an event exists at all is told by it.
        self.value(&at, place)?;
        let mut parts = Vec::new();
        if let Some(duration) = within {
            parts.push(self.within(&at, duration, false, place)?);
        }
        if let Some(filter) = filter {
            parts.push(self.value(filter, place)?);
        }
        let sql = match parts.as_slice() {
            [] => "1".to_owned(),
            parts => {
                let all: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
                format!("CASE WHEN {} THEN 1 ELSE 0 END", all.join(" AND "))
            }
        };
        let events = self.events.entry(event).or_default();
        Ok(events.test("counts", sql))
    }

    fn total(&mut self, event: EventId, span: Span, kind: u8, sql: String, none: Option<&str>) -> String {
        let prefix = self.events_name(event);
        let taken = self.events.entry(event).or_default().known.get(&(span, kind)).cloned();
        if let Some(name) = taken {
            return name;
        }
        let count = self.events.entry(event).or_default().totals.len() + 1;
        let name = self.records.fresh(&format!("{prefix} {count}"));
        let events = self.events.entry(event).or_default();
        events.totals.push((name.clone(), sql, none.map(str::to_owned)));
        events.known.insert((span, kind), name.clone());
        name
    }

    /// Refuses to look from an event at what is added up from events.
    fn at_record(&self, place: Place, span: Span) -> Result<(), Refusal> {
        match place {
            Place::Record | Place::Outcome => Ok(()),
            Place::Event(_) => self.refuse("a definition that adds up events, within a `where`,", span),
        }
    }

    /// How many events a list has.
    pub(super) fn no_filter_count(&mut self, event: EventId, expr: &Expr, place: Place) -> Sql {
        self.at_record(place, expr.span)?;
        let test = self.test(event, None, None, expr.span)?;
        let sql = format!("SUM(e.{})", self.quoted(&test));
        let name = self.total(event, expr.span, 0, sql, Some("0"));
        Ok(self.quoted(&name))
    }

    /// An event function.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, expr: &Expr, place: Place) -> Sql {
        self.at_record(place, expr.span)?;
        let event = aggregate.event;
        let place = Place::Event(event);
        let test = self.test(event, aggregate.within, aggregate.filter.as_ref(), expr.span)?;
        let test = format!("e.{}", self.quoted(&test));
        let field_type = aggregate.field.and_then(|id| self.model.schema.event(event)?.field(id)).map(|field| field.ty.clone());
        let value = match (aggregate.function, aggregate.field) {
            (AggregateFunction::First | AggregateFunction::Last, _) => {
                let at = self.at(event, expr.span);
                self.value(&at, place)?
            }
            (AggregateFunction::Distinct, Some(field)) if matches!(field_type, Some(Type::Text)) => {
                if !self.dialect.folds_all() {
                    return self.refuse("`distinct` over texts", expr.span);
                }
                self.field(event, field, Form::FoldedWhole).sure("a field of the schema is a column")
            }
            (_, Some(field)) => self.field(event, field, Form::Value).sure("a field of the schema is a column"),
            (_, None) => String::new(),
        };
        let picked = format!("CASE WHEN {test} = 1 THEN {value} END");
        let is_number = field_type == Some(Type::Number);
        let (sql, none) = match aggregate.function {
            AggregateFunction::Count => (format!("SUM({test})"), Some("0")),
            AggregateFunction::Any => (format!("MAX({test})"), Some("0")),
            AggregateFunction::First | AggregateFunction::Min => (format!("MIN({picked})"), None),
            AggregateFunction::Last | AggregateFunction::Max => (format!("MAX({picked})"), None),
            AggregateFunction::Distinct => (format!("COUNT(DISTINCT {picked})"), Some("0")),
            AggregateFunction::Sum if is_number => (self.number_sum(event, &test, &value, false), Some("0")),
            AggregateFunction::Sum => (self.dialect.sum(&picked), Some("0")),
            AggregateFunction::Average if is_number => (self.number_sum(event, &test, &value, true), None),
            AggregateFunction::Average => (format!("({}) / COUNT({picked})", self.dialect.sum_float(&picked)), None),
        };
        let none = match (none, is_number && aggregate.function == AggregateFunction::Sum) {
            (Some(_), true) => Some(self.dialect.number(0.0)),
            (none, _) => none.map(str::to_owned),
        };
        let name = self.total(event, expr.span, 1, sql, none.as_deref());
        let quoted = self.quoted(&name);
        Ok(if aggregate.function == AggregateFunction::Any { format!("{quoted} = 1") } else { quoted })
    }

    /// A column of a float in millionths, rounded half away from zero; unknown where it is too great for them.
    fn millionths(&mut self, event: EventId, x: &str) -> String {
        let d = self.dialect;
        let scaled = format!("({x} * {})", d.number(1_000_000.0));
        let whole = d.truncate(&scaled);
        let rest = d.truncate(&format!("(({scaled} - {whole}) * 2)"));
        let sql = format!("CASE WHEN ABS({x}) <= {} THEN {whole} + {rest} END", d.number(9_000_000_000.0));
        self.events.entry(event).or_default().test("millionths", sql)
    }

    /// Sum or average of floats: rounded to millionths, added exactly; unknown where a value is too great for them.
    fn number_sum(&mut self, event: EventId, test: &str, x: &str, average: bool) -> String {
        let column = self.millionths(event, x);
        let (d, zero) = (self.dialect, self.dialect.number(0.0));
        let picked = format!("CASE WHEN {test} = 1 THEN {x} END");
        let held = format!("CASE WHEN {test} = 1 THEN e.{} END", self.quoted(&column));
        // An average is divided once, so that it is rounded once.
        let parts = if average { format!("({} * COUNT({picked}))", d.number(1_000_000.0)) } else { d.number(1_000_000.0) };
        let sum = format!("({}) / {parts}", d.sum_float(&held));
        let none = if average { String::new() } else { format!("WHEN COUNT({picked}) = 0 THEN {zero} ") };
        format!("CASE {none}WHEN COUNT({picked}) = COUNT({held}) THEN {sum} END")
    }

    /// `each`: points and the greatest magnitude that they can have before the bounds.
    pub(super) fn each(&mut self, each: &Each, span: Span) -> Sql {
        let event = each.event;
        let test = self.test(event, each.within, each.filter.as_ref(), span)?;
        let mut counts = format!("e.{}", self.quoted(&test));
        if let Some(times) = each.times {
            let at = self.at(event, span);
            let newest = self.value(&at, Place::Event(event))?;
            let day = match times.per {
                None => String::new(),
                Some(TimesPer::Day) => format!(", {}", self.day(&at, Place::Event(event))?),
                Some(TimesPer::Week) => {
                    let day = self.day(&at, Place::Event(event))?;
                    // The first Monday that SQL knows.
                    let Some(monday) = self.dialect.date(-719_162) else { return self.refuse("`per week`", times.span) };
                    format!(", {}", self.dialect.divide(&self.dialect.days_between(&day, &monday), "7"))
                }
                Some(TimesPer::Month) => {
                    let day = self.day(&at, Place::Event(event))?;
                    format!(", {}, {}", self.dialect.part("YEAR", &day), self.dialect.part("MONTH", &day))
                }
                Some(TimesPer::Field(field, _)) => {
                    let Some(field) = self.field(event, field, Form::Value) else {
                        return self.refuse("a field that the model does not hold", times.span);
                    };
                    counts = format!("CASE WHEN {counts} = 1 AND {field} IS NOT NULL THEN 1 ELSE 0 END");
                    format!(", {field}")
                }
            };
            let events = self.events.entry(event).or_default();
            let name = events.reader.fresh(&format!("newest {}", events.ranks.len() + 1));
            // The columns of records by which totals are kept apart are put in when all are known.
            let sql = format!("ROW_NUMBER() OVER (PARTITION BY {KEY}, {counts}{day} ORDER BY {newest} DESC)");
            events.ranks.push((name.clone(), sql));
            counts = format!("CASE WHEN {counts} = 1 AND e.{} <= {} THEN 1 ELSE 0 END", self.quoted(&name), times.count);
        }
        let points = each.arm.points;
        let Some(decay) = each.decay else {
            let name = self.total(event, span, 2, format!("SUM({counts})"), Some("0"));
            let units = self.quoted(&name);
            return Ok(self.units(&units, points));
        };
        let at = self.at(event, span);
        let day = self.day(&at, Place::Event(event))?;
        let left = self.decayed(points, decay, &day)?;
        let left = self.events.entry(event).or_default().test("left", left);
        let sum = format!("CASE WHEN {counts} = 1 THEN e.{} ELSE 0 END", self.quoted(&left));
        let name = self.total(event, span, 3, self.dialect.sum(&sum), Some("0"));
        Ok(self.quoted(&name))
    }

    /// So many units of points each, held to the language's own bound.
    pub(super) fn units(&self, units: &str, points: Points) -> String {
        if points.0 == 0 {
            return "0".to_owned();
        }
        let most = Points::LIMIT.0 / points.0.abs().max(1) + 1;
        format!("{} * {}", self.dialect.least(units, &most.to_string()), points.0)
    }

    /// What is left of `points` since `day`, 0 where that is unknown.
    pub(super) fn decayed(&mut self, points: Points, decay: Decay, day: &str) -> Sql {
        let d = self.dialect;
        let age = d.greatest(&d.days_between(&self.today(), day), "0");
        let days = i64::from(decay.days.max(1));
        let k = if days == 1 { age.clone() } else { format!("({})", d.divide(&age, &days.to_string())) };
        let size = points.0.abs();
        let sign = if points.0 < 0 { "-" } else { "" };
        let left = match decay.kind {
            DecayKind::Linear { percent } => {
                let rest = d.greatest(&format!("100 - {percent} * {}", d.least(&k, "100")), "0");
                d.divide(&format!("({} * {rest} + 50)", size), "100")
            }
            DecayKind::All => {
                let rest = d.greatest(&format!("{days} - {age}"), "0");
                let fits = i128::from(size) * i128::from(days) * 2 < i128::from(i64::MAX) / 2;
                if !fits {
                    return self.refuse("points that fade over so long a time", decay.span);
                }
                d.divide(&format!("({} * {rest} + {days})", i128::from(size) * 2), &(days * 2).to_string())
            }
            DecayKind::Fixed { amount } => {
                let amount = amount.0.unsigned_abs();
                let most = size.unsigned_abs() / amount.max(1) + 1;
                d.greatest(&format!("{size} - {amount} * {}", d.least(&k, &most.to_string())), "0")
            }
            DecayKind::Compound { .. } => {
                let series = decay.series(Points(size), 5000);
                if series.last().is_none_or(|last| last.0 != 0) {
                    return self.refuse("points that fade over so many periods", decay.span);
                }
                let lines: Vec<String> = series
                    .iter()
                    .enumerate()
                    .filter(|(_, p)| p.0 != 0)
                    .map(|(at, p)| format!("WHEN {at} THEN {}", p.0))
                    .collect();
                if lines.is_empty() { "0".to_owned() } else { format!("CASE {k} {} ELSE 0 END", lines.join(" ")) }
            }
        };
        Ok(format!("CASE WHEN {day} IS NULL THEN 0 ELSE {sign}({left}) END"))
    }
}

/// What totals are kept apart by, until it is known.
pub(super) const KEY: &str = "\u{1}key\u{1}";
