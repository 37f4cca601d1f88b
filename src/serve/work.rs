//! Work that takes longer than a moment: on threads of its own, so many at once, so many waiting, and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::problem::Problem;

/// Threads for work, and a queue before them that ends.
pub(super) struct Work {
    threads: Arc<Semaphore>,
    waiting: AtomicUsize,
    most: usize,
    timeout: Duration,
}

impl Work {
    /// So many at once, and at most `most` that wait, each no longer than `timeout`.
    pub(super) fn new(threads: usize, most: usize, timeout: Duration) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads)), waiting: AtomicUsize::new(0), most, timeout }
    }

    /// Does work that blocks its thread.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, Problem> + Send + 'static,
    ) -> Result<R, Problem> {
        let permit = match Arc::clone(&self.threads).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = Waiting::new(self).ok_or_else(|| Problem::busy("too many requests are waiting"))?;
                let acquired = timeout(self.timeout, Arc::clone(&self.threads).acquire_owned()).await;
                match acquired {
                    Ok(Ok(permit)) => permit,
                    Ok(Err(_)) | Err(_) => return Err(Problem::busy("the request waited too long for its turn")),
                }
            }
        };
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it any more.
            let _permit = permit;
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Problem::internal()))
        });
        match timeout(self.timeout, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Problem::internal()),
            Err(_) => Err(Problem::busy("the request took too long")),
        }
    }
}

/// A place in the queue.
struct Waiting<'w>(&'w Work);

impl<'w> Waiting<'w> {
    fn new(work: &'w Work) -> Option<Self> {
        let before = work.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(work);
        (before < work.most).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
