//! The log: a JSON object a line on standard error, or lines for people where that is a terminal. Neither values of records nor tokens
//! are ever given to it.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::options::Log;

/// So many lines wait to be written; more are left out, for requests do not wait for a log.
const WAITING: usize = 8192;

/// Begins to log; later calls change nothing.
pub(super) fn start(level: Log, for_people: bool) {
    let level = match level {
        Log::Error => LevelFilter::ERROR,
        Log::Warn => LevelFilter::WARN,
        Log::Info => LevelFilter::INFO,
    };
    let builder =
        tracing_subscriber::fmt().with_max_level(level).with_target(false).with_writer(LINES.get_or_init(Lines::start).clone());
    let set = if for_people {
        tracing::subscriber::set_global_default(builder.with_ansi(false).compact().finish())
    } else {
        tracing::subscriber::set_global_default(builder.json().flatten_event(true).with_current_span(false).finish())
    };
    // Where a program around this logs already, its log is used.
    let _ = set;
}

/// What the thread that writes is given.
#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    /// Everything before has been written when this is answered.
    Flush(SyncSender<()>),
}

static LINES: OnceLock<Lines> = OnceLock::new();

/// Waits until what was logged is written.
pub(super) fn finish() {
    if let Some(lines) = LINES.get() {
        let (answer, answered) = sync_channel(1);
        if lines.0.send(Message::Flush(answer)).is_ok() {
            let _ = answered.recv_timeout(Duration::from_secs(1));
        }
    }
}

/// Hands lines to a thread that writes them.
#[derive(Debug, Clone)]
struct Lines(SyncSender<Message>);

impl Lines {
    fn start() -> Self {
        let (send, messages) = sync_channel::<Message>(WAITING);
        let write = move || {
            let mut all: Vec<u8> = Vec::new();
            let mut flushed = None;
            while let Ok(message) = messages.recv() {
                let mut next = Some(message);
                while let Some(message) = next {
                    match message {
                        Message::Line(line) => all.extend_from_slice(&line),
                        Message::Flush(answer) => flushed = Some(answer),
                    }
                    next = if all.len() < 64 << 10 && flushed.is_none() { messages.try_recv().ok() } else { None };
                }
                // Nobody is left to tell if this fails.
                let _ = io::stderr().write_all(&all);
                all.clear();
                if let Some(answer) = flushed.take() {
                    let _ = answer.send(());
                }
            }
        };
        let _ = thread::Builder::new().name("log".to_owned()).spawn(write);
        Self(send)
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.0.try_send(Message::Line(line.to_vec())) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Ok(line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
