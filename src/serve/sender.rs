//! The thread that sends moves: what is due in the store's outbox goes to the receiver, again and again until it arrives or is parked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::keeper::failure;
use super::metrics::Outbox;
use super::options::Variable;
use crate::failure::Failure;
use crate::run::{StoreOptions, present};
use crate::store::notify::{Receiver, Web, deliver};
use crate::store::{Access, Store};

/// How often it looks for messages that are due.
const PAUSE: Duration = Duration::from_secs(1);

/// How long another program may hold the store.
const WAIT: Duration = Duration::from_secs(10);

/// Starts the thread, if moves are to be sent; it ends soon after `stop` is set.
pub(super) fn start(
    keeping: &StoreOptions,
    variable: Variable,
    outbox: Outbox,
    stop: Arc<AtomicBool>,
) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(notify) = &keeping.notify else { return Ok(None) };
    let secret = variable("LSRC_NOTIFY_SECRET");
    let receiver = Receiver::new(&notify.url, notify.format, secret.as_deref()).map_err(|fault| failure(&fault))?;
    let store = Store::open(&keeping.address, Access::Write, WAIT, &variable).map_err(|fault| failure(&fault))?;
    // Which server has a message for itself is known by when it started.
    let by = format!("serve-{}", present());
    let thread = std::thread::Builder::new().name("notify".to_owned());
    let thread = thread.spawn(move || run(store, &receiver, &by, &outbox, &stop));
    thread.map(Some).map_err(|error| Failure::new("the thread that sends moves cannot be started").because(error))
}

fn run(mut store: Store, receiver: &Receiver, by: &str, outbox: &Outbox, stop: &AtomicBool) {
    let mut web = Web::new(|| present() / 1_000_000);
    let mut looked: Option<Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        match deliver(&mut store, receiver, by, &mut web, &present) {
            Ok(delivered) if delivered.sent + delivered.failed + delivered.parked > 0 => {
                let (sent, failed, parked) = (delivered.sent, delivered.failed, delivered.parked);
                tracing::info!(sent, failed, parked, detail = delivered.said, host = receiver.host(), "moves sent");
            }
            Ok(_) => {}
            Err(report) => tracing::error!(detail = %report, "moves could not be sent"),
        }
        if looked.is_none_or(|looked| looked.elapsed() > 5 * PAUSE) {
            if let Ok(standing) = store.standing(&receiver.target()) {
                outbox.waiting.set(standing.waiting);
                outbox.parked.set(standing.parked);
            }
            looked = Some(Instant::now());
        }
        std::thread::sleep(PAUSE);
    }
}
