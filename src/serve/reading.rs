//! The store as it is read, away from the thread that writes.

use std::sync::{Mutex, PoisonError};

use super::keeper::unavailable;
use super::problem::Problem;
use crate::store::{Fault, Store};

/// A store that is only read; opened again where it failed.
pub(super) struct Reading {
    open: Box<dyn Fn() -> Result<Store, Fault> + Send + Sync>,
    store: Mutex<Option<Store>>,
}

impl Reading {
    pub(super) fn new(open: impl Fn() -> Result<Store, Fault> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), store: Mutex::new(None) }
    }

    /// Asks it something.
    pub(super) fn ask<R>(&self, ask: impl FnOnce(&mut Store) -> Result<R, Fault>) -> Result<R, Problem> {
        let mut held = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match held.take() {
            Some(store) => Ok(store),
            None => (self.open)(),
        };
        let mut store = opened.map_err(|fault| unavailable(&fault))?;
        let answer = ask(&mut store).map_err(|fault| unavailable(&fault))?;
        *held = Some(store);
        Ok(answer)
    }
}
