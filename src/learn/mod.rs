//! Scores against outcomes: tables of counts, their statistics, and points from them.
//!
//! Everything here is pure. Counts are whole numbers, and floating-point numbers are summed only over sorted tables, so that figures
//! do not depend on the order of records.

pub mod backtest;
pub mod binning;
mod block;
pub mod calibrate;
pub mod calibration;
pub mod coded;
pub mod columns;
pub mod emit;
pub mod examples;
pub mod first;
pub mod gate;
pub mod guard;
pub mod histogram;
pub mod integers;
pub mod level;
pub mod math;
pub mod moment;
pub mod ridge;
pub mod search;
pub mod select;

/// Below so many records of either class nothing is measured.
pub const FEWEST: u64 = 50;

/// Below so many of either class figures are uncertain.
pub const FEW: u64 = 200;

/// A figure as JSON has it: a whole number without a point.
pub(crate) fn short<S: serde::Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers far below 2^63")]
    if x.fract() == 0.0 && x.abs() < 9e15 { serializer.serialize_i64(*x as i64) } else { serializer.serialize_f64(*x) }
}
