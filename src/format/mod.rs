//! Tree and trivia to the canonical text.
