//! Points, bounds and decay.

use super::checker::{Checker, value_words};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Arm, Because, Bounds, Decay, DecayKind};
use crate::source::Span;
use crate::syntax::ast::{self, BoundClause, DecayClause, DurationLit, NumberLit, PointsKind, PointsLit, Unit};
use crate::value::{Decimal, Points};

/// What a number of points can be wrong in.
enum Wrong {
    Decimals,
    Limit,
}

fn points_of(number: Decimal) -> Result<Points, Wrong> {
    match number.as_points() {
        Some(points) if points.0.abs() <= Points::LIMIT.0 => Ok(points),
        Some(_) => Err(Wrong::Limit),
        None if number.normalized().scale > 2 => Err(Wrong::Decimals),
        None => Err(Wrong::Limit),
    }
}

/// A reason.
pub(super) fn because(because: Option<&ast::Because>) -> Option<Because> {
    because.map(|b| Because { text: b.text.value.clone(), span: b.text.span })
}

impl Checker<'_> {
    /// Points with a sign, at most two decimals and within the limit.
    pub(super) fn points(&mut self, points: &PointsLit) -> Option<Points> {
        match &points.kind {
            PointsKind::Number { negative, signed, number } => {
                if let Some(count) = number.text.strip_suffix('%') {
                    let sign = if *negative { "-" } else { "+" };
                    let message = format!("`{sign}{}` is a percentage, and points are a number", number.text);
                    self.push(percentage(points.span, message, &format!("{sign}{count}")));
                    return None;
                }
                let value = signed_number(number.value, *negative);
                let read = self.read_points(value, points.span, Code::BadPoints, None)?;
                // Points without a sign have been told by the parser.
                (*signed || read.0 == 0).then_some(read)
            }
            PointsKind::Param { negative, name } => {
                let declared = self.env.entities.get(&name.name).map(|e| e.1);
                let value = self.param_value(name, "points")?;
                if self.is_percent(&name.name) {
                    let message = format!("`{}` is a percentage, and points are a number", name.name);
                    let help = "write the points without a percent sign: `param NAME = 30` is 30 points";
                    let mut problem = Diagnostic::new(Code::BadPoints, points.span, message).help(help);
                    if let Some(declared) = declared {
                        problem = problem.also(declared, "declared here");
                    }
                    self.push_once(declared.unwrap_or(points.span), problem);
                    return None;
                }
                if let Some(number) = value.as_decimal() {
                    return self.read_points(signed_number(number, *negative), points.span, Code::BadPoints, declared);
                }
                let message = format!("`{}` is {}, and points are a number", name.name, value_words(&value));
                let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
                    .help("name a param that is a number, or write the points");
                if let Some(declared) = declared {
                    problem = problem.also(declared, "declared here");
                }
                self.push(problem);
                None
            }
        }
    }

    fn is_percent(&self, param: &str) -> bool {
        self.env.params.iter().any(|p| &*p.name == param && p.percent)
    }

    /// A number as points. A param's own fault is told once, however often it is used.
    fn read_points(&mut self, number: Decimal, span: Span, code: Code, declared: Option<Span>) -> Option<Points> {
        let wrong = match points_of(number) {
            Ok(points) => return Some(points),
            Err(wrong) => wrong,
        };
        let what = if code == Code::BadBounds { "a bound has" } else { "points have" };
        let message = match wrong {
            Wrong::Decimals => format!("`{number}`: {what} at most two decimals"),
            Wrong::Limit => format!("`{number}` is beyond the limit of 1,000,000,000 points"),
        };
        let help = match wrong {
            Wrong::Decimals => format!("write `{}`", rounded(number)),
            Wrong::Limit => "write a smaller number".to_owned(),
        };
        // A bound with a third decimal is no other mistake than points with one.
        let code = if matches!(wrong, Wrong::Decimals) { Code::BadPoints } else { code };
        let mut problem = Diagnostic::new(code, span, message).help(help);
        if let Some(declared) = declared {
            problem = problem.also(declared, "declared here");
        }
        self.push_once(declared.unwrap_or(span), problem);
        None
    }

    /// `min B` and `max B`; with `zero` they must allow 0.
    pub(super) fn bounds<'b>(
        &mut self,
        clauses: impl IntoIterator<Item = &'b BoundClause>,
        zero: Option<&str>,
    ) -> Option<Bounds> {
        let mut bounds = Bounds::default();
        let mut whole = true;
        for clause in clauses {
            let word = if clause.is_max { "max" } else { "min" };
            let Some(points) = self.bound(clause, word) else {
                whole = false;
                continue;
            };
            let slot = if clause.is_max { &mut bounds.max } else { &mut bounds.min };
            if let Some((_, first)) = *slot {
                whole = false;
                self.push(
                    Diagnostic::new(Code::BadBounds, clause.span, format!("`{word}` is written twice"))
                        .also(first, "it is written here already")
                        .help("keep one of them"),
                );
                continue;
            }
            *slot = Some((points, clause.span));
        }
        if let (Some((min, low)), Some((max, high))) = (bounds.min, bounds.max)
            && min > max
        {
            self.push(
                Diagnostic::new(Code::BadBounds, high, format!("the least, {min}, is more than the most, {max}"))
                    .also(low, "the least")
                    .help("write the smaller number after `min`"),
            );
            return None;
        }
        if let Some(what) = zero {
            let wrong = [bounds.min.filter(|b| b.0.0 > 0), bounds.max.filter(|b| b.0.0 < 0)].into_iter().flatten().next();
            if let Some((_, span)) = wrong {
                let message = format!("the bounds of `{what}` must allow 0, which it gives where nothing counts");
                self.error(Code::BadBounds, span, message, "put it into a `group` with these bounds, or leave them out");
                return None;
            }
        }
        whole.then_some(bounds)
    }

    fn bound(&mut self, clause: &BoundClause, word: &str) -> Option<Points> {
        let declared = self.param_place(&clause.value).map(|p| p.1);
        let (value, span) = (self.constant(&clause.value, "a bound")?, clause.value.span);
        if let Some(number) = value.as_decimal() {
            return self.read_points(number, span, Code::BadBounds, declared);
        }
        let message = format!("`{}` is {}, and `{word}` needs a number", self.words(span), value_words(&value));
        let mut problem = Diagnostic::new(Code::TypeMismatch, span, message).help("write a number or name a param that is one");
        if let Some(declared) = declared {
            problem = problem.also(declared, "declared here");
        }
        self.push(problem);
        None
    }

    /// A place where points are given.
    pub(super) fn arm(&mut self, points: &PointsLit, because: Option<&ast::Because>, span: Span) -> Option<Arm> {
        let id = self.arm_id();
        let read = self.points(points)?;
        Some(Arm { id, points: read, because: self::because(because), span, points_span: points.span })
    }

    /// How points fade, without the date since which.
    pub(super) fn decay(&mut self, clause: &DecayClause) -> Option<Decay> {
        let (kind, days) = match &clause.kind {
            ast::DecayKind::Linear { percent, every } => {
                let percent = self.percent(percent, "of its points");
                let days = self.period(every);
                let (percent, days) = percent.zip(days)?;
                (DecayKind::Linear { percent }, days)
            }
            ast::DecayKind::Compound { percent, every } => {
                let percent = self.percent(percent, "of what is left");
                let days = self.period(every);
                let (percent, days) = percent.zip(days)?;
                (DecayKind::Compound { percent }, days)
            }
            ast::DecayKind::Fixed { amount, every } => {
                let amount = self.lost(amount);
                let days = self.period(every);
                let (amount, days) = amount.zip(days)?;
                (DecayKind::Fixed { amount }, days)
            }
            ast::DecayKind::All { over } => (DecayKind::All, self.period(over)?),
        };
        Some(Decay { kind, days, span: clause.span })
    }

    fn percent(&mut self, number: &NumberLit, of: &str) -> Option<u32> {
        let hundredfold = Decimal { mantissa: number.value.mantissa.saturating_mul(100), scale: number.value.scale };
        let percent = hundredfold.as_integer().and_then(|n| u32::try_from(n).ok());
        if !number.text.ends_with('%') {
            let text = format!("{}%", number.text);
            let problem = Diagnostic::new(Code::BadDecay, number.span, format!("`{of}` needs a percentage"));
            self.push(problem.help(format!("did you mean `{text}`?")).fix(
                true,
                format!("replace with `{text}`"),
                number.span,
                text.clone(),
            ));
            return None;
        }
        match percent {
            Some(percent @ 1..=100) => Some(percent),
            Some(_) | None => {
                let message = format!("`{}` is not a whole percentage from 1 to 100", number.text);
                self.error(Code::BadDecay, number.span, message, "write a whole number of percent, as in `50%`");
                None
            }
        }
    }

    fn lost(&mut self, amount: &NumberLit) -> Option<Points> {
        if amount.text.ends_with('%') {
            let message = format!("`{}` of what?", amount.text);
            let help = format!("write `losing {0} of its points` (a straight line) or `losing {0} of what is left`", amount.text);
            self.error(Code::BadDecay, amount.span, message, help);
            return None;
        }
        match points_of(amount.value) {
            Ok(points) if points.0 > 0 => Some(points),
            Ok(_) | Err(_) => {
                let message = format!("`{}` points cannot be lost", amount.text);
                self.error(Code::BadDecay, amount.span, message, "write a number above zero with at most two decimals");
                None
            }
        }
    }

    /// A period of decay in days.
    fn period(&mut self, duration: &DurationLit) -> Option<u32> {
        let count = duration.count.value.as_integer().filter(|n| *n > 0);
        let unit = match duration.unit {
            Unit::Days => 1,
            Unit::Weeks => 7,
            Unit::Hours | Unit::Months | Unit::Years => {
                let word = self.words(duration.span);
                let message = format!("`{word}`: points fade by whole days or weeks");
                let help = match (duration.unit, count) {
                    (Unit::Months, Some(n)) if n < 1_000 => format!("write `{} days`", n * 30),
                    (Unit::Years, Some(n)) if n < 1_000 => format!("write `{} days`", n * 365),
                    (_, _) => "write days or weeks, as in `every 30 days`".to_owned(),
                };
                self.error(Code::BadDecay, duration.span, message, help);
                return None;
            }
        };
        let days = count.and_then(|n| n.checked_mul(unit)).filter(|n| *n <= 365_250).and_then(|n| u32::try_from(n).ok());
        if days.is_none() {
            let message = format!("`{}` is not a period in which points can fade", self.words(duration.span));
            self.error(
                Code::BadDecay,
                duration.span,
                message,
                "write a whole number of days or weeks above zero, at most a thousand years",
            );
        }
        days
    }
}

fn percentage(span: Span, message: String, points: &str) -> Diagnostic {
    Diagnostic::new(Code::BadPoints, span, message).help(format!("write `{points}` without a percent sign")).fix(
        false,
        format!("write `{points}`"),
        span,
        points,
    )
}

fn signed_number(number: Decimal, negative: bool) -> Decimal {
    if negative { Decimal { mantissa: -number.mantissa, scale: number.scale } } else { number }
}

/// A number with its decimals after the second left out.
fn rounded(number: Decimal) -> Decimal {
    let n = number.normalized();
    if n.scale <= 2 {
        return n;
    }
    Decimal { mantissa: n.mantissa / 10_i128.pow((n.scale - 2).min(38)), scale: 2 }.normalized()
}
