//! Scores, their items, points, bounds and formulas.

use std::sync::Arc;

use super::{ArmId, Because, Decay, Duration, Exclusion, Expr, FormulaOp, ItemId, Range, ScoreId};
use crate::invariant::Sure as _;
use crate::schema::{EventId, PropId};
use crate::source::Span;
use crate::value::{Decimal, Points, Value};

/// A score.
#[derive(Debug, Clone)]
pub struct Score {
    /// Its name.
    pub name: Arc<str>,
    /// Its bounds as written; [`Points::LIMIT`] holds besides.
    pub bounds: Bounds,
    /// Items or a formula.
    pub body: ScoreBody,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

impl Score {
    /// Whether it is what an account gathers of its records, and no score of its own.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        matches!(self.body, ScoreBody::Given(_))
    }
}

/// The kinds of score.
#[derive(Debug, Clone)]
pub enum ScoreBody {
    /// The sum of items.
    Items {
        /// `exclude if` inside the score, in order.
        exclusions: Vec<Exclusion>,
        /// The items in order, exclusions left out.
        items: Vec<Item>,
    },
    /// A formula over scores further up.
    Formula(Formula),
    /// One of several formulas, by conditions.
    Conditional(Box<Conditional>),
    /// Points in hundredths that an account gathers of its records: a property of type `Score`.
    Given(PropId),
}

/// The formula of the first branch whose condition is true; `otherwise` when all are false; `unknown` when none is true and not all are
/// false, and without it the score is unknown then.
#[derive(Debug, Clone)]
pub struct Conditional {
    /// Its number among the items.
    pub item: ItemId,
    /// Conditions and formulas, in order. The conditions see scores and labels further up.
    pub branches: Vec<(Expr, FormulaArm)>,
    /// `else F`
    pub otherwise: FormulaArm,
    /// `unknown F`
    pub unknown: Option<FormulaArm>,
}

/// A formula that conditions choose.
#[derive(Debug, Clone)]
pub struct FormulaArm {
    /// The formula.
    pub formula: Formula,
    /// Its number, reason and places; it gives no points of its own.
    pub arm: Arm,
}

impl Conditional {
    /// All its formulas in source order.
    pub fn arms(&self) -> impl Iterator<Item = &FormulaArm> {
        self.branches.iter().map(|(_, arm)| arm).chain([&self.otherwise]).chain(&self.unknown)
    }
}

/// `min B` and `max B`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least that may come out, with where it is written.
    pub min: Option<(Points, Span)>,
    /// The most that may come out, with where it is written.
    pub max: Option<(Points, Span)>,
}

impl Bounds {
    /// `points` held within these bounds and within [`Points::LIMIT`].
    #[must_use]
    pub fn clamp(&self, points: i128) -> Points {
        let limit = i128::from(Points::LIMIT.0);
        let mut p = points;
        if let Some((max, _)) = self.max {
            p = p.min(i128::from(max.0));
        }
        if let Some((min, _)) = self.min {
            p = p.max(i128::from(min.0));
        }
        Points(i64::try_from(p.clamp(-limit, limit)).sure("the limit of points fits 64 bits"))
    }
}

/// An item of a score or group.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of items.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// The first branch whose condition is true; `otherwise` when all are false; `unknown` when none is true and not all are false.
    If {
        /// In order.
        branches: Vec<Branch>,
        /// `else P`
        otherwise: Option<Arm>,
        /// `unknown P`
        unknown: Option<Arm>,
    },
    /// Exactly one line: a range, `otherwise` for a known value that no range holds, `unknown` for none.
    Band {
        /// An integer, number, date or date-time (a date-time is compared by its calendar date).
        value: Expr,
        /// The ranges, none overlapping another, in source order.
        lines: Vec<BandLine>,
        /// `else: P`
        otherwise: Option<Arm>,
        /// `unknown: P`
        unknown: Option<Arm>,
    },
    /// Exactly one line by option, boolean or text.
    Match {
        /// A `one of`, boolean or text.
        value: Expr,
        /// The lines in source order, no key twice.
        lines: Vec<MatchLine>,
        /// `else: P`
        otherwise: Option<Arm>,
        /// `unknown: P`
        unknown: Option<Arm>,
    },
    /// The points of the line of each member; `otherwise` for each member that no line names.
    MatchEach {
        /// A set.
        set: Expr,
        /// The lines in source order, no key twice.
        lines: Vec<MatchLine>,
        /// `else: P`
        otherwise: Option<Arm>,
    },
    /// Points for each event by the value of a field.
    MatchEvents {
        /// The field, as the filters of the lines look at it.
        field: Expr,
        /// `where C`, as written; it stands in the filter of every line.
        filter: Option<Expr>,
        /// The lines in source order, no key twice; the `else` line last.
        lines: Vec<EventLine>,
    },
    /// Points for each event.
    Each(Each),
    /// Points for each whole `step` of a number.
    Per {
        /// A positive whole number.
        step: i64,
        /// An integer or number.
        value: Expr,
        /// The points and reason.
        arm: Arm,
        /// They allow 0.
        bounds: Bounds,
    },
    /// The sum of its items, or of the greatest of them, within its bounds; nothing unless its condition is true.
    Group {
        /// Its title.
        title: Arc<str>,
        /// How many of its items count: those that give the most, none of which gives less than 0.
        best: Option<u32>,
        /// `when C`
        when: Option<Expr>,
        /// Its bounds.
        bounds: Bounds,
        /// Its items in order.
        items: Vec<Item>,
    },
}

/// A place where points are given.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its number.
    pub id: ArmId,
    /// The points before decay.
    pub points: Points,
    /// The reason.
    pub because: Option<Because>,
    /// The whole branch or line.
    pub span: Span,
    /// Where the points are written.
    pub points_span: Span,
}

/// A branch of an `if`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Its condition.
    pub condition: Expr,
    /// Its points.
    pub arm: Arm,
    /// How they fade, and the date or date-time since which.
    pub decay: Option<(Decay, Expr)>,
}

/// A line of a band.
#[derive(Debug, Clone)]
pub struct BandLine {
    /// Its range.
    pub range: Range,
    /// Its points.
    pub arm: Arm,
}

/// A line of a match.
#[derive(Debug, Clone)]
pub struct MatchLine {
    /// Options ([`Value::Option`]), booleans, whole numbers, or texts ([`Value::Text`], folded as the schema says).
    pub keys: Vec<Value>,
    /// Its points.
    pub arm: Arm,
}

/// A line of a `match each E.f`: an `each` of its own, whose filter asks for the keys besides.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// As those of a [`MatchLine`]; none for `else`, which is for every other known value.
    pub keys: Vec<Value>,
    /// Events, points and what limits them.
    pub each: Each,
}

/// `each E [within D] [where C] then P ..`, worked out in this order: `within`, `filter`, `times`, decay, rounding of each event's points, sum, bounds.
#[derive(Debug, Clone)]
pub struct Each {
    /// The event list.
    pub event: EventId,
    /// Only events this recent.
    pub within: Option<Duration>,
    /// Only events for which this is true.
    pub filter: Option<Expr>,
    /// The points for each event, and the reason.
    pub arm: Arm,
    /// How each event's points fade with its age.
    pub decay: Option<Decay>,
    /// Only the newest.
    pub times: Option<Times>,
    /// They allow 0.
    pub bounds: Bounds,
}

/// `max N times [per day]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many.
    pub count: u32,
    /// Whether for each calendar day of the model's zone.
    pub per_day: bool,
    /// Where it is written.
    pub span: Span,
}

/// A formula over scores; computed as an exact fraction and rounded once, half away from zero.
///
/// `check` has shown that, with the least common denominators, no numerator and no denominator of it has more than 36 digits.
#[derive(Debug, Clone)]
pub enum Formula {
    /// A score further up.
    Score(ScoreId, Span),
    /// A number or param.
    Number(Decimal, Span),
    /// `-x`
    Negate(Box<Formula>),
    /// `a + b`, `a - b`, `a * b`
    Binary(FormulaOp, Box<Formula>, Box<Formula>),
    /// `a / n`, n a number or param that is not zero
    Divide(Box<Formula>, Decimal),
    /// `min(a, b, ..)`
    Min(Vec<Formula>),
    /// `max(a, b, ..)`
    Max(Vec<Formula>),
}

impl Formula {
    /// Calls `visit` with every score that it names, as often as it does, in the order of the source.
    pub fn scores(&self, visit: &mut impl FnMut(ScoreId)) {
        match self {
            Self::Score(id, _) => visit(*id),
            Self::Number(..) => {}
            Self::Negate(x) | Self::Divide(x, _) => x.scores(visit),
            Self::Binary(_, a, b) => {
                a.scores(visit);
                b.scores(visit);
            }
            Self::Min(parts) | Self::Max(parts) => parts.iter().for_each(|part| part.scores(visit)),
        }
    }
}
