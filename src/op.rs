//! The operations that trees, model and bytecode share.

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Unit {
    /// Elapsed hours.
    Hours,
    /// Calendar days.
    Days,
    /// Seven days.
    Weeks,
    /// Calendar months.
    Months,
    /// Twelve months.
    Years,
}

/// The comparisons that remain; `is not`, `!=` are `Not(Equal)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum CompareOp {
    /// `=`, `is`
    Equal,
    /// `<`, `before`
    Less,
    /// `<=`
    LessEqual,
    /// `>`, `after`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// The four operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Which of several values is taken; unknown ones are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum PickFunction {
    /// The greatest: the latest date, the highest number.
    Greatest,
    /// The least: the earliest date, the lowest number.
    Least,
}

impl PickFunction {
    /// Of two values the one that is taken.
    pub fn of<T: PartialOrd>(self, a: T, b: T) -> T {
        let second = match self {
            Self::Greatest => b > a,
            Self::Least => b < a,
        };
        if second { b } else { a }
    }
}

/// Tests of a text against constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum TextTest {
    /// Is equal.
    Is,
    /// Contains.
    Contains,
    /// Contains where neither neighbour is a letter, digit or combining mark.
    ContainsWord,
    /// Starts with.
    StartsWith,
    /// Ends with.
    EndsWith,
}

/// The event functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum AggregateFunction {
    /// How many.
    Count,
    /// Whether there is one.
    Any,
    /// The earliest `at`.
    First,
    /// The latest `at`.
    Last,
    /// The sum of a field.
    Sum,
    /// The greatest of a field.
    Max,
    /// The least of a field.
    Min,
    /// The mean of a field.
    Average,
    /// How many different values of a field (texts folded).
    Distinct,
}

/// A positive number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Duration {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}
