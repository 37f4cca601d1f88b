//! Keys of accounts.

use std::sync::Arc;

use crate::text::fold;
use crate::value::Value;

/// The key of an account; texts as they are compared, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A text.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// An option, by its place.
    Option(u32),
}

impl Key {
    /// The key that a value is; `None` for a value of a type that makes no keys.
    #[must_use]
    pub fn of(value: &Value, ignore_accents: bool) -> Option<Self> {
        match value {
            Value::Text(text) => Some(Self::Text(match fold(text, ignore_accents) {
                std::borrow::Cow::Borrowed(_) => Arc::clone(text),
                std::borrow::Cow::Owned(folded) => Arc::from(folded),
            })),
            Value::Integer(n) => Some(Self::Integer(*n)),
            Value::Boolean(truth) => Some(Self::Boolean(*truth)),
            Value::Option(code) => Some(Self::Option(*code)),
            Value::Number(_) | Value::Decimal(_) | Value::Date(_) | Value::DateTime(_) | Value::Set(_) | Value::TextSet(_) => {
                None
            }
        }
    }

    /// The value of the account's key.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(Arc::clone(text)),
            Self::Integer(n) => Value::Integer(*n),
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::Option(code) => Value::Option(*code),
        }
    }
}
