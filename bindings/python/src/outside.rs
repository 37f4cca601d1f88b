//! Work without the interpreter: other Python threads go on, a panic is an exception, and the interpreter waits before it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors;

/// Enough for 200 levels of nesting in every stage of the compiler, as in the command.
const STACK_BYTES: usize = 256 << 20;

/// How many calls are at work.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// Whether the interpreter ends.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// A call that is at work, from its begin to its end. Python may take the interpreter away from it at any place where it runs Python or
/// lets go; when the interpreter ends it would never come back, and the stack of Rust cannot be left that way.
pub struct Inside(());

/// Begins a call; refused when the interpreter ends.
pub fn enter() -> PyResult<Inside> {
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    let inside = Inside(());
    if CLOSED.load(Ordering::SeqCst) {
        return Err(PyRuntimeError::new_err("lsrc: the interpreter is shutting down"));
    }
    Ok(inside)
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A process that was forked within a call counts from none.
        let _none = AT_WORK.try_update(Ordering::SeqCst, Ordering::SeqCst, |calls| calls.checked_sub(1));
    }
}

/// Refuses new calls, and waits for those at work. Called when the interpreter ends; Ctrl-C ends the wait.
#[pyfunction]
pub fn close(py: Python<'_>) -> PyResult<()> {
    CLOSED.store(true, Ordering::SeqCst);
    while AT_WORK.load(Ordering::SeqCst) > 0 {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
        py.check_signals()?;
    }
    Ok(())
}

/// Counts no call: the threads that were at work are not in a process that was forked.
#[pyfunction]
pub fn forked() {
    AT_WORK.store(0, Ordering::SeqCst);
}

/// Works without the interpreter, on this thread.
pub fn here<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|_| errors::internal(py))
}

/// Works without the interpreter, on a stack that is deep enough for any rules.
pub fn deep<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
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
