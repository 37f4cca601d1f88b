//! Messages of moves on their way to a receiver: their bodies, their signature, and one pass over those that are due.

mod body;
mod post;

use miette::Report;

use super::{Claimed, Fault, Format, Store, target};

pub use body::{Body, Secret};
pub use post::Web;

/// So long a sender has a message for itself, in microseconds: longer than a receiver may take to answer.
const LEASE: i64 = 120 * 1_000_000;

/// After so many failures in a row a pass ends: the receiver is not well.
const FAILURES: u32 = 3;

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status, and how long it asks to wait, in seconds.
    Status(u16, Option<i64>),
    /// None; why.
    None(String),
}

/// What posts bodies.
pub trait Post {
    /// Posts a body; what the receiver answers.
    fn post(&mut self, url: &str, headers: &[(&'static str, String)], body: &str) -> Answer;
}

/// Where moves are sent, and how.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    format: Format,
    secret: Option<Secret>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("host", &self.host()).field("format", &self.format).finish_non_exhaustive()
    }
}

impl Receiver {
    /// A receiver; without a format, that which the address is known for. `secret` signs what is sent in the standard format.
    ///
    /// # Errors
    /// An address that is none, and the standard format without a secret.
    pub fn new(url: &str, format: Option<Format>, secret: Option<&str>) -> Result<Self, Fault> {
        if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
            return Err(Fault::new("--notify: that is not the address of a webhook").help("write https://HOST/PATH"));
        }
        let format = format.unwrap_or_else(|| Format::of_address(url));
        let secret = secret.map(Secret::read).transpose()?;
        if format == Format::Standard && secret.is_none() {
            return Err(Fault::new("--notify: messages in the standard format are signed, and LSRC_NOTIFY_SECRET is not set")
                .help("set it to a secret that the receiver knows too, such as whsec_ and the output of `openssl rand -base64 32`; for Slack or Teams add --notify-format"));
        }
        Ok(Self { url: url.to_owned(), format, secret })
    }

    /// The name under which its messages wait.
    #[must_use]
    pub fn target(&self) -> String {
        target(&self.url)
    }

    /// Its host, as messages name it: the rest of the address may be a secret.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        host.rsplit_once('@').map_or(host, |(_, behind)| behind)
    }

    /// What is posted for messages at a moment.
    fn request(&self, claimed: &[Claimed], now: i64) -> Body {
        body::body(self.format, self.secret.as_ref(), claimed, now)
    }
}

/// What a pass came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// Messages that arrived.
    pub sent: u64,
    /// Messages that did not, and will be tried again.
    pub failed: u64,
    /// Messages that were given up.
    pub parked: u64,
    /// What went wrong last.
    pub said: Option<String>,
}

/// Sends what is due, the oldest first. `by` names this sender among others, `clock` gives the present moment in microseconds since 1970.
/// A pass ends when nothing is due, when the receiver asks for time, and after some failures in a row.
///
/// # Errors
/// Those of the store; what was sent by then is noted.
pub fn deliver(
    store: &mut Store,
    receiver: &Receiver,
    by: &str,
    post: &mut dyn Post,
    clock: &dyn Fn() -> i64,
) -> Result<Delivered, Report> {
    let (target, mut delivered, mut failures) = (receiver.target(), Delivered::default(), 0);
    while failures < FAILURES {
        let claimed = store.claim(&target, by, clock(), LEASE, receiver.format.together())?;
        if claimed.is_empty() {
            break;
        }
        let request = receiver.request(&claimed, clock());
        let (said, retry_after, gone) = match post.post(&receiver.url, &request.headers, &request.text) {
            Answer::Status(200..=299, _) => {
                claimed.iter().try_for_each(|it| store.sent(it, clock()))?;
                delivered.sent += claimed.len() as u64;
                failures = 0;
                continue;
            }
            Answer::Status(status, retry_after) => (format!("{} answered {status}", receiver.host()), retry_after, status == 410),
            Answer::None(why) => (format!("{} did not answer: {why}", receiver.host()), None, false),
        };
        for it in &claimed {
            match store.failed(it, clock(), &said, retry_after, gone)? {
                Some(_) => delivered.failed += 1,
                None => delivered.parked += 1,
            }
        }
        delivered.said = Some(said);
        failures = if retry_after.is_some() { FAILURES } else { failures + 1 };
    }
    Ok(delivered)
}
