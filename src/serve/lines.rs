//! Records by line, scored as they come, and their results in the same order, without end.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::app::App;
use super::headers::{AS_OF, NDJSON, said};
use super::live::Loaded;
use super::problem::Problem;
use super::scoring::{self, Asked, Counts, failed};
use crate::input::InputError;
use crate::invariant::SureAt as _;
use crate::time::AsOf;

/// So many pieces of the answer wait for the client; then nothing more is read from it.
const WAITING: usize = 4;

/// So many bytes are enough to be scored together.
const ENOUGH: usize = 256 << 10;

/// So many records are scored at once: what waits for the client is bounded by this.
const AT_ONCE: usize = 1024;

/// Fewer bytes are scored on the thread that serves.
const SMALL: usize = 16 << 10;

/// What has been scored, on its way to the client.
struct Results(Receiver<Bytes>);

impl HttpBody for Results {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The answer to records by line; a task reads them as long as they come and are taken.
pub(super) fn answer(app: Arc<App>, loaded: Arc<Loaded>, as_of: AsOf, reasons: bool, body: Body) -> Response {
    let (send, results) = channel(WAITING);
    let mut response = Body::new(Results(results)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, NDJSON);
    if let Ok(moment) = HeaderValue::from_str(&loaded.shown(as_of)) {
        response.headers_mut().insert(AS_OF, moment);
    }
    said(&loaded, &mut response);
    let pump = Pump { app, loaded, as_of, reasons, send, line: 1 };
    tokio::spawn(pump.run(body));
    response
}

struct Pump {
    app: Arc<App>,
    loaded: Arc<Loaded>,
    as_of: AsOf,
    reasons: bool,
    send: Sender<Bytes>,
    /// The number of the next line.
    line: u64,
}

/// What is to be done next.
enum Step {
    Read(Bytes),
    /// All there is now has been read.
    Pause,
    End,
    /// The client sends nothing, or breaks off.
    Broken(String),
}

impl Pump {
    async fn run(mut self, mut body: Body) {
        let mut held: Vec<u8> = Vec::new();
        // Up to here lines are complete.
        let mut complete = 0;
        loop {
            let step = self.step(&mut body, complete > 0).await;
            let (process, ended) = match step {
                Step::Read(bytes) => {
                    if let Some(end) = memchr::memrchr(b'\n', &bytes) {
                        complete = held.len() + end + 1;
                    }
                    held.extend_from_slice(&bytes);
                    if complete == 0 && held.len() > self.app.options.limits.body {
                        let limit = self.app.options.limits.body >> 10;
                        let _closed =
                            self.fail(&format!("line {} is longer than {limit} KiB; --max-body sets the limit", self.line)).await;
                        return;
                    }
                    (complete >= ENOUGH, false)
                }
                Step::Pause => (complete > 0, false),
                Step::End => {
                    complete = held.len();
                    (true, true)
                }
                Step::Broken(why) => {
                    let _closed = self.fail(&why).await;
                    return;
                }
            };
            if process && complete > 0 {
                let rest = held.split_off(complete);
                let chunk = std::mem::replace(&mut held, rest);
                complete = 0;
                if self.scored(chunk).await.is_none() {
                    return;
                }
            }
            if ended {
                return;
            }
        }
    }

    /// The next piece of the body. Where lines wait to be scored, nothing is waited for.
    async fn step(&self, body: &mut Body, has_lines: bool) -> Step {
        let frame = async {
            let patience = self.app.options.limits.timeout;
            match timeout(patience, body.frame()).await {
                Ok(Some(Ok(frame))) => Step::Read(frame.into_data().unwrap_or_else(|_| Bytes::new())),
                Ok(Some(Err(error))) => Step::Broken(format!("the body could not be read on: {error}")),
                Ok(None) => Step::End,
                Err(_) => Step::Broken(format!("no line came for {} s", patience.as_secs())),
            }
        };
        tokio::select! {
            biased;
            step = frame => step,
            () = std::future::ready(()), if has_lines => Step::Pause,
        }
    }

    /// Scores complete lines and sends their results; `None` where the client is gone.
    async fn scored(&mut self, chunk: Vec<u8>) -> Option<()> {
        let chunk = Arc::new(chunk);
        let mut lines = Lines { at: 0, number: self.line };
        loop {
            let (records, numbers) = lines.next(&chunk, AT_ONCE);
            if records.is_empty() {
                break;
            }
            let (loaded, chunk) = (Arc::clone(&self.loaded), Arc::clone(&chunk));
            let (as_of, reasons) = (self.as_of, self.reasons);
            let bytes: usize = records.iter().map(Range::len).sum();
            let work = move || results(&loaded, as_of, reasons, &chunk, &records, &numbers);
            let done = if bytes <= SMALL { work() } else { self.app.work.run(work).await };
            match done {
                Ok((out, counts)) => {
                    self.app.metrics.records(counts);
                    self.give(Bytes::from(out)).await?;
                }
                Err(problem) => {
                    self.fail(&problem.detail).await?;
                    return None;
                }
            }
        }
        self.line = lines.number;
        Some(())
    }

    /// Sends a piece of the answer; `None` where the client is gone or takes nothing.
    async fn give(&self, bytes: Bytes) -> Option<()> {
        let sent = timeout(self.app.options.limits.timeout, self.send.send(bytes)).await;
        sent.ok()?.ok()
    }

    /// Ends the answer with a line that says why.
    async fn fail(&self, why: &str) -> Option<()> {
        let mut out = Vec::new();
        failed(&InputError::new(why), None, &mut out);
        out.push(b'\n');
        self.give(Bytes::from(out)).await
    }
}

/// The results of some lines.
fn results(
    loaded: &Loaded,
    as_of: AsOf,
    reasons: bool,
    chunk: &[u8],
    records: &[Range<usize>],
    numbers: &[u64],
) -> Result<(Vec<u8>, Counts), Problem> {
    let mut out = Vec::with_capacity(256 * records.len());
    let asked = Asked { as_of, reasons, between: b"\n", lines: Some(numbers) };
    if let Ok(text) = simdutf8::basic::from_utf8(chunk) {
        let counts = scoring::many(loaded, &asked, text, records, &mut out)?;
        out.push(b'\n');
        return Ok((out, counts));
    }
    // A line that is not text fails alone.
    let mut counts = Counts::default();
    for (record, number) in records.iter().zip(numbers) {
        match std::str::from_utf8(chunk.sure_at(record.clone())) {
            Ok(text) => {
                let own = scoring::many(loaded, &Asked { lines: Some(&[*number]), ..asked }, text, &[0..text.len()], &mut out)?;
                counts.scored += own.scored;
                counts.broken += own.broken;
            }
            Err(_) => {
                failed(&InputError::new("the record is not UTF-8 text"), Some(*number), &mut out);
                counts.broken += 1;
            }
        }
        out.push(b'\n');
    }
    Ok((out, counts))
}

/// Where lines are looked for next, and the number of that line.
struct Lines {
    at: usize,
    number: u64,
}

impl Lines {
    /// At most so many lines that are not empty, and their numbers.
    fn next(&mut self, chunk: &[u8], most: usize) -> (Vec<Range<usize>>, Vec<u64>) {
        let (mut records, mut numbers) = (Vec::new(), Vec::new());
        while records.len() < most && self.at < chunk.len() {
            let rest = chunk.sure_at(self.at..);
            let end = memchr::memchr(b'\n', rest).map_or(chunk.len(), |end| self.at + end);
            let line = chunk.sure_at(self.at..end);
            if !line.trim_ascii().is_empty() {
                records.push(self.at..end);
                numbers.push(self.number);
            }
            self.at = end + 1;
            self.number += 1;
        }
        (records, numbers)
    }
}
