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
    /// The first.
    First,
}

impl PickFunction {
    /// Of two values the one that is taken.
    pub fn of<T: PartialOrd>(self, a: T, b: T) -> T {
        let second = match self {
            Self::Greatest => b > a,
            Self::Least => b < a,
            Self::First => false,
        };
        if second { b } else { a }
    }
}

impl CompareOp {
    /// Its sign, which rules, SQL and listings write alike.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// The comparison that holds of `b` and `a` where this one holds of `a` and `b`.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Equal => Self::Equal,
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
        }
    }
}

/// What is known of an operation beside its meaning.
struct Arithmetic {
    sign: char,
    name: &'static str,
}

impl ArithmeticOp {
    const fn row(self) -> Arithmetic {
        match self {
            Self::Add => Arithmetic { sign: '+', name: "add" },
            Self::Subtract => Arithmetic { sign: '-', name: "subtract" },
            Self::Multiply => Arithmetic { sign: '*', name: "multiply" },
            Self::Divide => Arithmetic { sign: '/', name: "divide" },
        }
    }

    /// Its sign, which rules and SQL write alike.
    #[must_use]
    pub const fn sign(self) -> char {
        self.row().sign
    }

    /// Its name in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The operation as a formula has it; `None` for a division, which is a form of its own there.
    #[must_use]
    pub const fn in_formula(self) -> Option<FormulaOp> {
        match self {
            Self::Add => Some(FormulaOp::Add),
            Self::Subtract => Some(FormulaOp::Subtract),
            Self::Multiply => Some(FormulaOp::Multiply),
            Self::Divide => None,
        }
    }
}

/// The operations that join two parts of a formula over scores; a formula divides by constants alone, which is a form of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormulaOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

impl FormulaOp {
    /// The operation on numbers that it is.
    #[must_use]
    pub const fn arithmetic(self) -> ArithmeticOp {
        match self {
            Self::Add => ArithmeticOp::Add,
            Self::Subtract => ArithmeticOp::Subtract,
            Self::Multiply => ArithmeticOp::Multiply,
        }
    }

    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> char {
        self.arithmetic().sign()
    }

    /// How tightly it binds: 0 for sums, 1 for products.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 0,
            Self::Multiply => 1,
        }
    }

    /// Whether its right side needs brackets where it binds no tighter than this does: `a - (b + c)`.
    #[must_use]
    pub const fn splits_right(self) -> bool {
        matches!(self, Self::Subtract)
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
