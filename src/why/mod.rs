//! A trace to an explanation.
