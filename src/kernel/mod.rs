//! Pure loops over columns.

pub mod calendar;
pub mod events;
pub mod masks;
pub mod numbers;
pub mod points;
pub mod sums;
pub mod texts;
