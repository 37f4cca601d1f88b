//! Work without the interpreter: other Python threads go on, a panic is an exception, and the interpreter waits before it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors;

/// Enough for 200 levels of nesting in every stage of the compiler, as in the command.
const STACK_BYTES: usize = 256 << 20;

/// How many threads are at work.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// Whether the interpreter ends.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Counts a thread that is at work, from before it lets go of the interpreter until it has it again.
struct Counted;

impl Counted {
    fn new() -> PyResult<Self> {
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        let counted = Self;
        if CLOSED.load(Ordering::SeqCst) {
            return Err(PyRuntimeError::new_err("lsrc: the interpreter is shutting down"));
        }
        Ok(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Refuses new work, and waits for what is at work. Called when the interpreter ends: a thread that came back later could not go on.
#[pyfunction]
pub fn close(py: Python<'_>) {
    CLOSED.store(true, Ordering::SeqCst);
    while AT_WORK.load(Ordering::SeqCst) > 0 {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
    }
}

/// Works without the interpreter, on this thread.
pub fn here<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let _counted = Counted::new()?;
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|_| errors::internal(py))
}

/// Works without the interpreter, on a stack that is deep enough for any rules.
pub fn deep<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let _counted = Counted::new()?;
    let done = py.detach(|| {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("lsrc".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
            thread.map(std::thread::ScopedJoinHandle::join)
        })
    });
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_panic)) => Err(errors::internal(py)),
        Err(error) => Err(PyRuntimeError::new_err(format!("lsrc: no thread can be started: {error}"))),
    }
}
