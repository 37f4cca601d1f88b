//! Kleene's three values.

/// False, unknown or true, in this order: `and` is the least, `or` the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Known to be false.
    False,
    /// Neither.
    Unknown,
    /// Known to be true.
    True,
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}

impl Truth {
    /// All three.
    pub const ALL: [Self; 3] = [Self::False, Self::Unknown, Self::True];

    /// The truth of this number: 0, 1, 2 for false, unknown, true.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        match number {
            0 => Self::False,
            1 => Self::Unknown,
            _ => Self::True,
        }
    }

    /// `not`
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// `and`
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// `or`
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// `unless`: false where `other` is known to be true.
    #[must_use]
    pub const fn unless(self, other: Self) -> Self {
        match other {
            Self::True => Self::False,
            Self::False | Self::Unknown => self,
        }
    }

    /// Whether at least so many of these are true.
    #[must_use]
    pub fn at_least(count: usize, truths: impl Iterator<Item = Self>) -> Self {
        let (mut trues, mut open) = (0, 0);
        for truth in truths {
            match truth {
                Self::True => trues += 1,
                Self::Unknown => open += 1,
                Self::False => {}
            }
        }
        if trues >= count {
            Self::True
        } else if trues + open < count {
            Self::False
        } else {
            Self::Unknown
        }
    }

    /// The truth value, where there is one.
    #[must_use]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::False => Some(false),
            Self::Unknown => None,
            Self::True => Some(true),
        }
    }
}
