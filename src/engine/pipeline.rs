//! Reading and scoring side by side, results in the order of the input.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Jobs that wait for a worker, and results that wait to be taken, at most, for each worker.
const WAITING: usize = 2;

/// Takes jobs from `next`, works on them on `threads - 1` threads (with one thread: right here), and hands the results to `sink`
/// in the order of the jobs. `next` and `sink` are called on this thread alone; every worker is made by `worker`.
///
/// # Errors
/// The first that `next` or `sink` gives.
pub(super) fn run<J: Send, R: Send, E, W: FnMut(J) -> R>(
    threads: usize,
    mut next: impl FnMut() -> Result<Option<J>, E>,
    worker: impl Fn() -> W + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 {
        let mut work = worker();
        while let Some(job) = next()? {
            sink(work(job))?;
        }
        return Ok(());
    }
    std::thread::scope(|scope| {
        let worker = &worker;
        let lanes: Vec<(SyncSender<J>, Receiver<R>)> = (1..threads)
            .map(|_| {
                let (jobs, job) = sync_channel::<J>(WAITING);
                let (result, results) = sync_channel::<R>(WAITING);
                scope.spawn(move || {
                    let mut work = worker();
                    // The channels close when this run ends early; then nobody waits for the rest.
                    job.into_iter().map(&mut work).try_for_each(|r| result.send(r)).ok();
                });
                (jobs, results)
            })
            .collect();
        let (mut sent, mut taken) = (0, 0);
        // What was read before a failure is still written, with any number of threads.
        let end = loop {
            let job = match next() {
                Ok(Some(job)) => job,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if let Some((jobs, _)) = lanes.get(sent % lanes.len()) {
                jobs.send(job).ok();
            }
            sent += 1;
            while let Some((_, results)) = lanes.get(taken % lanes.len()).filter(|_| taken < sent) {
                let full = sent - taken >= lanes.len() * WAITING;
                let result = if full { results.recv().ok() } else { results.try_recv().ok() };
                let Some(result) = result else { break };
                taken += 1;
                sink(result)?;
            }
        };
        while let Some((_, results)) = lanes.get(taken % lanes.len()).filter(|_| taken < sent) {
            let Ok(result) = results.recv() else { break };
            taken += 1;
            sink(result)?;
        }
        end
    })
}
