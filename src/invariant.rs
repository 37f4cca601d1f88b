//! What the program relies on of itself. Where that does not hold, the program has a defect: it ends with an error that names the place, and
//! never goes on with a value that is made up.
//!
//! In tests and fuzzing that is a panic. In a release the stack is unwound without one; the command shows the error and exits with status 2.

use std::fmt;
use std::panic::Location;
use std::slice::SliceIndex;
use std::sync::OnceLock;

/// Something that the program relied on and that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    what: &'static str,
    place: &'static Location<'static>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error at {}:{}: {}", self.place.file(), self.place.line(), self.what)
    }
}

impl std::error::Error for Broken {}

static FIRST: OnceLock<Broken> = OnceLock::new();

/// Ends the work, because `what` does not hold.
#[track_caller]
pub fn broken(what: &'static str) -> ! {
    let broken = Broken { what, place: Location::caller() };
    let broken = FIRST.get_or_init(|| broken).clone();
    #[cfg(debug_assertions)]
    #[expect(clippy::panic, reason = "tests and fuzzing are to notice it")]
    {
        panic!("{broken}");
    }
    #[cfg(not(debug_assertions))]
    std::panic::resume_unwind(Box::new(broken))
}

/// The first thing that did not hold, if there was any.
#[must_use]
pub fn first() -> Option<&'static Broken> {
    FIRST.get()
}

/// Makes sure of a condition that the code around it establishes.
macro_rules! invariant {
    ($condition:expr, $what:literal) => {
        if !$condition {
            $crate::invariant::broken($what)
        }
    };
}
pub(crate) use invariant;

/// A value that is always there, or a conversion that always succeeds.
pub(crate) trait Sure<T> {
    /// The value; the program has a defect where there is none.
    fn sure(self, what: &'static str) -> T;
}

impl<T> Sure<T> for Option<T> {
    #[track_caller]
    fn sure(self, what: &'static str) -> T {
        match self {
            Some(value) => value,
            None => broken(what),
        }
    }
}

impl<T, E> Sure<T> for Result<T, E> {
    #[track_caller]
    fn sure(self, what: &'static str) -> T {
        match self {
            Ok(value) => value,
            Err(_) => broken(what),
        }
    }
}

/// Elements, ranges and pieces of text that are always there.
pub(crate) trait SureAt {
    /// The element at a place, or those of a range; the program has a defect where the list or the text is shorter.
    fn sure_at<I: SliceIndex<Self>>(&self, at: I) -> &I::Output;
}

impl<T> SureAt for [T] {
    #[inline]
    #[track_caller]
    fn sure_at<I: SliceIndex<Self>>(&self, at: I) -> &I::Output {
        self.get(at).sure("a place lies within its list")
    }
}

impl SureAt for str {
    #[inline]
    #[track_caller]
    fn sure_at<I: SliceIndex<Self>>(&self, at: I) -> &I::Output {
        self.get(at).sure("a place lies within its text, between two characters")
    }
}

/// [`SureAt`] to write to.
pub(crate) trait SureAtMut<T> {
    /// The element at a place, or those of a range; the program has a defect where the list is shorter.
    fn sure_at_mut<I: SliceIndex<[T]>>(&mut self, at: I) -> &mut I::Output;
}

impl<T> SureAtMut<T> for [T] {
    #[inline]
    #[track_caller]
    fn sure_at_mut<I: SliceIndex<Self>>(&mut self, at: I) -> &mut I::Output {
        self.get_mut(at).sure("a place lies within its list")
    }
}

/// A number in a type that is known to hold it.
#[inline]
#[track_caller]
pub(crate) fn fits<T: TryFrom<N>, N>(n: N) -> T {
    T::try_from(n).sure("a number fits its type")
}

/// A count or place as a number of 32 bits: sources have at most 16 MiB, batches and dictionaries stay far below 2^32 entries.
#[track_caller]
pub(crate) fn number(n: usize) -> u32 {
    u32::try_from(n).sure("a count fits 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_costs_nothing_and_what_does_not_names_its_place() {
        invariant!(1 + 1 == 2, "one and one are two");
        assert_eq!(Some(3).sure("there is one"), 3);
        assert_eq!(([1, 2, 3].sure_at(1..), "aé".sure_at(1..), fits::<u8, _>(7_i64)), (&[2, 3][..], "é", 7));
        let ended = std::panic::catch_unwind(|| None::<u8>.sure("there is one"));
        let message = ended.unwrap_err().downcast_ref::<String>().cloned().unwrap();
        assert!(message.contains("src/invariant.rs") && message.contains("there is one"), "{message}");
    }
}
