//! A condition in the words of the language, and what has no words there.

/// A condition in the words of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) text: String,
    /// It has to stand in brackets beside `and`.
    pub(super) loose: bool,
    /// It looks for four letters or fewer within words, as HubSpot does.
    pub(super) short: bool,
}

impl Condition {
    pub(super) const fn new(text: String) -> Self {
        Self { text, loose: false, short: false }
    }

    /// The condition, where nothing stands beside it.
    pub(super) fn alone(&self) -> &str {
        &self.text
    }

    /// The condition as an operand.
    pub(super) fn operand(&self) -> String {
        if self.loose { format!("({})", self.text) } else { self.text.clone() }
    }

    pub(super) fn joined(parts: &[Self], word: &str) -> Self {
        match parts {
            [one] => one.clone(),
            several => Self {
                text: several.iter().map(Self::operand).collect::<Vec<_>>().join(&format!(" {word} ")),
                loose: true,
                short: several.iter().any(|part| part.short),
            },
        }
    }
}

/// The message for an operator that the rules cannot say.
pub(super) fn refused(ty: &str, operator: &str) -> String {
    if operator.starts_with("HAS_") {
        format!("{operator} asks for earlier values of a property, which records do not hold")
    } else {
        format!("the operator {operator} of {ty} is not known, or cannot be said in rules")
    }
}
