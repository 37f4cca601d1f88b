//! Reading and scoring side by side, results in the order of the input.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::program::Compiled;
use crate::time::AsOf;
use crate::vm::Vm;

/// Jobs that a thread has been given and whose results have not been taken, at most.
const WAITING: usize = 3;

/// A thread that works on jobs in the order in which it is given them.
struct Lane<J, R> {
    jobs: SyncSender<J>,
    results: Receiver<R>,
    /// Jobs given less results taken.
    waiting: usize,
}

/// Where the result of a job is.
enum Place<R> {
    /// Here.
    Here(R),
    /// With a lane.
    Lane(usize),
}

/// Takes jobs from `next`, works on them on `threads` threads with what `worker` gives each, which is called with a job and what scores
/// batches, and hands the results to `sink` in the order of the jobs. `next` and `sink` are called on this thread alone.
///
/// # Errors
/// The first that `next` or `sink` gives.
pub(super) fn stream<J: Send, R: Send, E, F: FnMut(J, &mut Vm) -> R>(
    compiled: &Compiled,
    as_of: AsOf,
    threads: usize,
    next: impl FnMut() -> Result<Option<J>, E>,
    worker: impl Fn() -> F + Sync,
    sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let worker = || {
        let mut vm = compiled.vm(as_of);
        let mut work = worker();
        move |job: J| work(job, &mut vm)
    };
    run(threads, next, worker, sink)
}

/// Takes jobs from `next`, works on them on `threads` threads, and hands the results to `sink` in the order of the jobs. `next` and
/// `sink` are called on this thread alone, which works on jobs itself whenever the others have enough; every worker is made by
/// `worker`.
///
/// # Errors
/// The first that `next` or `sink` gives.
fn run<J: Send, R: Send, E, W: FnMut(J) -> R>(
    threads: usize,
    mut next: impl FnMut() -> Result<Option<J>, E>,
    worker: impl Fn() -> W + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut work = worker();
    if threads <= 1 {
        while let Some(job) = next()? {
            sink(work(job))?;
        }
        return Ok(());
    }
    // For a single job, as small files are, no thread is started.
    let Some(first_job) = next()? else { return Ok(()) };
    let second_job = next();
    if matches!(second_job, Ok(None)) {
        return sink(work(first_job));
    }
    let mut ahead = [Ok(Some(first_job)), second_job].into_iter();
    std::thread::scope(|scope| {
        let worker = &worker;
        let mut threads_of = Vec::new();
        let mut lanes: Vec<Lane<J, R>> = (1..threads)
            .map(|_| {
                let (jobs, job) = sync_channel::<J>(WAITING);
                let (result, results) = sync_channel::<R>(WAITING);
                threads_of.push(scope.spawn(move || {
                    let mut work = worker();
                    // The channels close when this run ends early; then nobody waits for the rest.
                    job.into_iter().map(&mut work).try_for_each(|r| result.send(r)).ok();
                }));
                Lane { jobs, results, waiting: 0 }
            })
            .collect();
        let mut places: VecDeque<Place<R>> = VecDeque::new();
        // What was read before a failure is still written, with any number of threads.
        let end = loop {
            let job = match ahead.next().unwrap_or_else(&mut next) {
                Ok(Some(job)) => job,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            places.push_back(match give(&mut lanes, job) {
                Ok(lane) => Place::Lane(lane),
                Err(job) => Place::Here(work(job)),
            });
            let most = lanes.len() * WAITING * 2;
            loop {
                let wait = places.len() > most;
                let Some(result) = first(&mut places, &mut lanes, wait) else { break };
                sink(result)?;
            }
        };
        while let Some(result) = first(&mut places, &mut lanes, true) {
            sink(result)?;
        }
        // A thread that has no job left ends; one that failed hands its failure on as it is.
        drop(lanes);
        for thread in threads_of {
            if let Err(failed) = thread.join() {
                std::panic::resume_unwind(failed);
            }
        }
        end
    })
}

/// Gives a job to the thread that waits for most; gives it back where all have enough.
fn give<J, R>(lanes: &mut [Lane<J, R>], job: J) -> Result<usize, J> {
    let idle = lanes.iter_mut().enumerate().min_by_key(|(_, lane)| lane.waiting);
    let Some((at, lane)) = idle.filter(|(_, lane)| lane.waiting < WAITING) else { return Err(job) };
    lane.jobs.send(job).map_err(|lost| lost.0)?;
    lane.waiting += 1;
    Ok(at)
}

/// The result of the first job that has not been taken, if it is there or may be waited for.
fn first<J, R>(places: &mut VecDeque<Place<R>>, lanes: &mut [Lane<J, R>], wait: bool) -> Option<R> {
    match places.pop_front()? {
        Place::Here(result) => Some(result),
        Place::Lane(at) => {
            let lane = lanes.get_mut(at)?;
            let result = if wait { lane.results.recv().ok() } else { lane.results.try_recv().ok() };
            match result {
                Some(_) => lane.waiting -= 1,
                None => places.push_front(Place::Lane(at)),
            }
            result
        }
    }
}
