//! Requests and answers: limits kept, faults waited for, and outcomes that nobody knows told from answers.
//!
//! What only reads may be sent again whatever happened. What writes is sent again only after an answer that says that nothing was done
//! (429, 423, 477), or when it never left; after a lost connection or a 5xx nobody knows, and whoever asked has to read back.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::Host;
use super::pace::Pace;
use super::settings::Settings;
use crate::failure::Failure;

/// How often one request is sent at most where waiting may help.
const TRIES: u32 = 8;

/// How often one request is sent at most where HubSpot says to wait.
const PATIENT_TRIES: u32 = 40;

/// The largest answer that is read.
const ANSWER_BYTES: u64 = 256 << 20;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    /// The path with its query; `{v}` stands for the version.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

impl Request {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: None }
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Post, path: path.into(), body: Some(body) }
    }

    fn is_search(&self) -> bool {
        self.path.ends_with("/search")
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// What became of a request that writes.
#[derive(Debug)]
pub(super) enum Outcome {
    Answer(Answer),
    /// It may have been done or not; why nobody knows.
    Unknown(String),
}

/// What became of sending once.
enum Sent {
    Answer(Answer, Option<Duration>),
    /// It may have arrived.
    Lost(String),
    /// It never left.
    Unsent(String),
}

/// What sends requests to one account.
pub(super) struct Client<'h> {
    agent: Agent,
    settings: Settings,
    host: &'h dyn Host,
    pace: RefCell<Pace>,
    /// What is left of the day, as the last answer said.
    day_left: Cell<Option<u64>>,
    /// The server's time in milliseconds since 1970, as the last answer said, and our own time then.
    clock: Cell<Option<(i64, Duration)>>,
    requests: Cell<u64>,
}

impl<'h> Client<'h> {
    pub(super) fn new(settings: Settings, host: &'h dyn Host) -> Result<Self, Failure> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // The key goes nowhere but to the address that it is for.
            .max_redirects(0)
            .timeout_global(Some(settings.timeout))
            .timeout_connect(Some(Duration::from_secs(10)))
            .user_agent(concat!("lsrc/", env!("CARGO_PKG_VERSION")));
        config = if settings.is_local() { config.proxy(None) } else { config.tls_config(encryption()?) };
        Ok(Self {
            agent: config.build().new_agent(),
            settings,
            host,
            pace: RefCell::new(Pace::new()),
            day_left: Cell::new(None),
            clock: Cell::new(None),
            requests: Cell::new(0),
        })
    }

    pub(super) fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// What is left of the account's requests for today, where HubSpot says it.
    pub(super) fn day_left(&self) -> Option<u64> {
        self.day_left.get()
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// HubSpot's time now, in milliseconds since 1970; `None` before an answer told it.
    pub(super) fn server_time(&self) -> Option<i64> {
        let (time, then) = self.clock.get()?;
        let since = self.host.now().saturating_sub(then).as_millis();
        time.checked_add(i64::try_from(since).ok()?)
    }

    /// Sends what only reads, again and again where that may help.
    ///
    /// # Errors
    /// That HubSpot cannot be reached, refuses the key, or does not answer.
    pub(super) fn read(&self, request: &Request) -> Result<Answer, Failure> {
        match self.persist(request, true)? {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Unknown(why) => Err(Failure::new(format!("HubSpot does not answer: {why}"))
                .help("run the command again later; it goes on where it stopped")),
        }
    }

    /// Sends what writes; again only after an answer that says that nothing was done.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub(super) fn write(&self, request: &Request) -> Result<Outcome, Failure> {
        self.persist(request, false)
    }

    fn persist(&self, request: &Request, repeatable: bool) -> Result<Outcome, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (why, unknown) = match self.send(request) {
                Sent::Answer(answer, after) => match answer.status {
                    401 | 403 => return Err(self.refused(&answer)),
                    429 => {
                        self.wait_for_limit(&answer, after, tries)?;
                        continue;
                    }
                    423 | 477 if tries < PATIENT_TRIES => {
                        let usual = Duration::from_secs(if answer.status == 423 { 2 } else { 10 });
                        self.host.wait(after.unwrap_or(usual), None);
                        continue;
                    }
                    423 | 477 | 500..=599 => (self.said(&answer), answer.status >= 500),
                    300..=399 => {
                        return Err(Failure::new(format!("`{}` sends to another address", self.settings.base()))
                            .help("give HubSpot's own address with --base-url"));
                    }
                    _ => return Ok(Outcome::Answer(answer)),
                },
                Sent::Lost(why) => (why, true),
                // An address that has never answered is likely to be wrong.
                Sent::Unsent(why) if tries >= if self.clock.get().is_some() { TRIES } else { 3 } => {
                    return Err(self.unreachable(&why));
                }
                Sent::Unsent(why) => (why, false),
            };
            if (unknown && !repeatable) || tries >= TRIES {
                return Ok(Outcome::Unknown(why));
            }
            self.host.wait(backoff(tries), None);
        }
    }

    fn wait_for_limit(&self, answer: &Answer, after: Option<Duration>, tries: u32) -> Result<(), Failure> {
        let policy = answer.body.get("policyName").and_then(Value::as_str).unwrap_or("");
        if policy == "DAILY" {
            return Err(Failure::new("the account has used up its requests to HubSpot for today")
                .help("run the command again after midnight in the account's time zone; it goes on where it stopped"));
        }
        if tries >= PATIENT_TRIES {
            return Err(Failure::new("HubSpot has no room for requests: other programs use the account's limit")
                .help("run the command again later; it goes on where it stopped"));
        }
        let usual = if policy == "SECONDLY" { 1 } else { 10 };
        self.host.wait(after.unwrap_or(Duration::from_secs(usual)), Some("waiting for HubSpot's limit of requests"));
        Ok(())
    }

    fn refused(&self, answer: &Answer) -> Failure {
        let said = self.said(answer);
        let category = answer.body.get("category").and_then(Value::as_str).unwrap_or("");
        if answer.status == 401 {
            let expired = category.contains("EXPIRED");
            let what = if expired { "the HubSpot key has expired" } else { "HubSpot does not know the key" };
            return Failure::new(format!("{what}: {said}"))
                .help("make a service key in HubSpot, put it into LSRC_HUBSPOT_TOKEN, and run the command again; it goes on where it stopped");
        }
        let context = answer.body.get("errors").and_then(Value::as_array).into_iter().flatten();
        let scopes: Vec<&str> = context
            .filter_map(|error| error.get("context")?.as_object())
            .flat_map(|context| context.iter().filter(|(key, _)| key.to_lowercase().contains("scope")))
            .filter_map(|(_, names)| names.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let need = if scopes.is_empty() { "the scopes that docs/guide/hubspot.md lists".to_owned() } else { scopes.join(", ") };
        Failure::new(format!("the HubSpot key may not do this: {said}")).help(format!("give the key {need}"))
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure::new(format!("`{}` cannot be reached: {why}", self.settings.base()))
            .help("check the network and --base-url, and run the command again; it goes on where it stopped")
    }

    /// What HubSpot says in an answer, with the number that its support asks for.
    pub(super) fn said(&self, answer: &Answer) -> String {
        let text = |key: &str| answer.body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let message = text("message").map_or_else(|| format!("status {}", answer.status), |m| self.settings.token.hidden_in(m));
        let message = message.trim_end_matches('.').chars().take(300).collect::<String>();
        match text("correlationId") {
            Some(id) => format!("{message} (status {}, correlation id {})", answer.status, self.settings.token.hidden_in(id)),
            None => format!("{message} (status {})", answer.status),
        }
    }

    fn send(&self, request: &Request) -> Sent {
        let search = request.is_search();
        loop {
            let wait = self.pace.borrow_mut().wait(search, self.host.now());
            if wait.is_zero() {
                break;
            }
            self.host.wait(wait, None);
        }
        self.pace.borrow_mut().sent(search, self.host.now());
        self.requests.set(self.requests.get() + 1);
        let url = self.settings.url(&request.path);
        let token = self.settings.token.header();
        let result = match (request.method, &request.body) {
            (Method::Get, _) => self.agent.get(&url).header("Authorization", &token).call(),
            (Method::Post, body) => self
                .agent
                .post(&url)
                .header("Authorization", &token)
                .header("Content-Type", "application/json")
                .send(body.as_ref().map_or_else(String::new, Value::to_string)),
        };
        match result {
            Ok(response) => self.answer(response),
            Err(error) => unanswered(&error),
        }
    }

    fn answer(&self, mut response: ureq::http::Response<ureq::Body>) -> Sent {
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let number = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
        if let (Some(most), Some(interval)) =
            (number("X-HubSpot-RateLimit-Max"), number("X-HubSpot-RateLimit-Interval-Milliseconds"))
            && let Ok(most) = usize::try_from(most)
        {
            self.pace.borrow_mut().learn(most, Duration::from_millis(interval));
        }
        if let Some(left) = number("X-HubSpot-RateLimit-Daily-Remaining") {
            self.day_left.set(Some(left));
        }
        let date = header("Date").and_then(|text| jiff::fmt::rfc2822::parse(&text).ok());
        if let Some(date) = date {
            self.clock.set(Some((date.timestamp().as_millisecond(), self.host.now())));
        }
        let after = number("Retry-After").map(|seconds| Duration::from_secs(seconds.min(600)));
        let text = match response.body_mut().with_config().limit(ANSWER_BYTES).read_to_string() {
            Ok(text) => text,
            Err(error) => return Sent::Lost(format!("the answer broke off: {error}")),
        };
        let body = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(_) if text.is_empty() || status >= 400 => Value::Null,
            Err(_) => return Sent::Lost("the answer is not JSON".to_owned()),
        };
        Sent::Answer(Answer { status, body }, after)
    }
}

/// 0.2 s, 0.4 s, .. up to 12.8 s.
fn backoff(tries: u32) -> Duration {
    Duration::from_millis(100_u64 << tries.min(7))
}

/// A request without an answer: whether it can have arrived.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these are known to have sent nothing")]
fn unanswered(error: &ureq::Error) -> Sent {
    use ureq::Timeout;
    let why = error.to_string();
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::TlsRequired
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Sent::Unsent(why),
        ureq::Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => Sent::Unsent(why),
        _ => Sent::Lost(why),
    }
}

/// TLS with the certificates of the system, as the databases have it.
fn encryption() -> Result<TlsConfig, Failure> {
    let certificates: Vec<Certificate<'static>> =
        rustls_native_certs::load_native_certs().certs.iter().map(|c| Certificate::from_der(c).to_owned()).collect();
    if certificates.is_empty() {
        return Err(Failure::new("no certificate is trusted on this machine, so HubSpot cannot be reached safely")
            .help("install the system's certificates (ca-certificates)"));
    }
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .build())
}
