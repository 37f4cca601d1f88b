//! Calendar days, months and hours.

use super::Refusal;
use super::builder::{Builder, Form, Place};
use super::dialect::ZONE;
use crate::hir::{Duration, Expr, ExprKind, Unit};
use crate::time;
use crate::value::{Type, Value};

type Sql = Result<String, Refusal>;

/// Microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;

impl Builder<'_> {
    /// The calendar day of a date or date-time.
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other form has a moment, whose day is taken")]
    pub(super) fn day(&mut self, expr: &Expr, place: Place) -> Sql {
        if expr.ty == Type::Date {
            return self.as_column(expr, place);
        }
        let sql = match &expr.kind {
            ExprKind::Property(id) => self.property(*id, Form::Day, place),
            ExprKind::Field(event, field) => self.field(*event, *field, Form::Day),
            ExprKind::Literal(Value::DateTime(micros)) => self.dialect.date(time::day_of(*micros, &self.model.schema.zone)),
            ExprKind::Definition(id) => match self.model.definition(*id) {
                Some(definition) => return self.day(&definition.value, place),
                None => None,
            },
            _ => {
                return self.worked_out(expr.span, " day", place, |b| {
                    let micros = b.as_column(expr, place)?;
                    match b.day_of(&micros) {
                        Some(sql) => Ok(sql),
                        None => b.refuse(b.zone_words(), expr.span),
                    }
                });
            }
        };
        match sql {
            Some(sql) => Ok(sql),
            None => self.lost(expr),
        }
    }

    /// The calendar day of a moment in the model's zone.
    pub(super) fn day_of(&self, micros: &str) -> Option<String> {
        let day = self.dialect.day(micros, &self.model.schema.zone_name);
        let asked = day.as_ref().is_some_and(|day| day.contains(ZONE));
        self.zoned.set(self.zoned.get() || asked);
        day
    }

    pub(super) fn zone_words(&self) -> String {
        format!("the calendar day of a date-time in the time zone {}", self.model.schema.zone_name)
    }

    /// The calendar day of the run.
    pub(super) fn today(&self) -> String {
        let literal = self.as_of().and_then(|as_of| self.dialect.date(as_of.day));
        literal.or_else(|| self.day_of(&self.moment())).unwrap_or_else(|| "NULL".to_owned())
    }

    /// The calendar day of the run moved back or on; `None` beyond the calendar.
    pub(super) fn moved(&self, duration: Duration, back: bool) -> Option<String> {
        let count = if back { -i64::from(duration.count) } else { i64::from(duration.count) };
        let Some(as_of) = self.as_of() else { return Some(self.dialect.moved(&self.today(), count, duration.unit)) };
        let day = match duration.unit {
            Unit::Hours | Unit::Days => i32::try_from(i64::from(as_of.day) + count).ok(),
            Unit::Weeks => i32::try_from(i64::from(as_of.day) + 7 * count).ok(),
            Unit::Months => time::months_on(as_of.day, count),
            Unit::Years => time::months_on(as_of.day, 12 * count),
        };
        day.and_then(|day| self.dialect.date(day))
    }

    pub(super) fn within(&mut self, date: &Expr, duration: Duration, next: bool, place: Place) -> Sql {
        if duration.unit == Unit::Hours {
            let micros = self.as_column(date, place)?;
            let (now, span) = (self.moment(), i64::from(duration.count) * HOUR);
            return Ok(if next {
                format!("{micros} BETWEEN {now} AND {now} + {span}")
            } else {
                format!("{micros} BETWEEN {now} - {span} AND {now}")
            });
        }
        let day = self.day(date, place)?;
        let (today, bound) = (self.today(), self.moved(duration, !next));
        Ok(match (bound, next) {
            (Some(bound), false) => format!("{day} BETWEEN {bound} AND {today}"),
            (Some(bound), true) => format!("{day} BETWEEN {today} AND {bound}"),
            (None, false) => format!("{day} <= {today}"),
            (None, true) => format!("{day} >= {today}"),
        })
    }

    pub(super) fn elapsed(&mut self, unit: Unit, date: &Expr, place: Place) -> Sql {
        if unit == Unit::Hours {
            let micros = self.value(date, place)?;
            let elapsed = format!("({} - {micros})", self.moment());
            return Ok(format!("({})", self.dialect.divide(&elapsed, &HOUR.to_string())));
        }
        let day = self.day(date, place)?;
        let days = self.dialect.days_between(&self.today(), &day);
        Ok(match unit {
            Unit::Hours | Unit::Days => days,
            Unit::Weeks => format!("({})", self.dialect.divide(&days, "7")),
            Unit::Months => self.months(&day),
            Unit::Years => format!("({})", self.dialect.divide(&self.months(&day), "12")),
        })
    }

    /// Whole months since `day`: in its month, the run's day moved back stands at the run's day of the month or at the month's end.
    fn months(&self, day: &str) -> String {
        let d = self.dialect;
        let today = self.today();
        let all = |date: &str| format!("({} * 12 + {})", d.part("YEAR", date), d.part("MONTH", date));
        let (this, that) = match self.as_of().and_then(|as_of| time::civil(as_of.day)) {
            Some(date) => ((i64::from(date.year()) * 12 + i64::from(date.month())).to_string(), date.day().to_string()),
            None => (all(&today), d.part("DAY", &today)),
        };
        let of_month = d.part("DAY", day);
        let ends = d.ends_month(day);
        format!(
            "({this} - {months} - CASE WHEN {day} <= {today} AND {of_month} > {that} THEN 1 WHEN {day} > {today} AND {of_month} < {that} AND NOT {ends} THEN -1 ELSE 0 END)",
            months = all(day)
        )
    }
}
