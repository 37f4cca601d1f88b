//! Panics of libraries over damaged files, turned into errors.
//!
//! The Arrow, Parquet and workbook libraries trust lengths and offsets inside a file and panic where these lead nowhere. This is the
//! one place that stops such a panic; our own code runs outside.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::error::InputError;

thread_local! {
    /// Whether a panic of this thread is about to be an error, so that nothing is printed.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a library's code over a file; a panic is the failure that `damaged` says.
///
/// # Errors
/// What the code says, or that the file is damaged.
pub(crate) fn guarded<T>(
    damaged: impl FnOnce() -> InputError,
    read: impl FnOnce() -> Result<T, InputError>,
) -> Result<T, InputError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let told = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                told(panic);
            }
        }));
    });
    let within = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(within);
    result.unwrap_or_else(|_| Err(damaged()))
}
