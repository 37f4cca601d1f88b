//! What a server is to do, read from flags and from `lsrc.toml`.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::analysis::ServeTable;
use crate::failure::Failure;
use crate::run::{NotifyOptions, StoreOptions};
use crate::store::Format;

/// What a server is to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules.
    pub rules: PathBuf,
    /// Params with other values.
    pub set: Vec<(String, String)>,
    /// Whether `use` and `list from` may leave the project's folder.
    pub allow_outside: bool,
    /// Where it listens.
    pub listen: Listen,
    /// The file of tokens; without one everybody may do everything.
    pub token_file: Option<PathBuf>,
    /// Certificate chain and key, both PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether rules are loaded again when a file changes.
    pub watch: bool,
    /// Whether `/` is the playground.
    pub playground: bool,
    /// What is logged.
    pub log: Log,
    /// The address that others know the server by.
    pub public_url: Option<String>,
    /// Where records are kept, and moves sent.
    pub store: Option<StoreOptions>,
    /// Reads a variable of the environment, such as a password of a database.
    pub variable: Variable,
    /// What it takes at most.
    pub limits: Limits,
}

/// Reads a variable of the environment.
pub type Variable = fn(&str) -> Option<String>;

/// What a server takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Records of a batch in one document.
    pub records: usize,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Requests a second of one token.
    pub rate: Option<u32>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long a client may take for the head of a request.
    pub head: Duration,
    /// How long requests may go on after the server was asked to stop.
    pub grace: Duration,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Errors.
    Error,
    /// Also what needs a look: failed reloads, refused requests.
    Warn,
    /// Also starts, reloads, and every request but health checks.
    Info,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            records: 1000,
            connections: 1024,
            rate: None,
            timeout: Duration::from_secs(30),
            head: Duration::from_secs(15),
            grace: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// A server of these rules with what flags and `lsrc.toml` say; flags hold where both say something. Paths of the file start at
    /// `folder`.
    ///
    /// # Errors
    /// What is wrong with a setting.
    pub fn of(rules: &Path, flags: ServeTable, file: &ServeTable, folder: &Path) -> Result<Self, Failure> {
        let placed = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
        let cert = flags.tls_cert.or_else(|| placed(&file.tls_cert));
        let key = flags.tls_key.or_else(|| placed(&file.tls_key));
        let tls = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::new("--tls-cert needs a key").help("name the key file with --tls-key")),
            (None, Some(_)) => {
                return Err(Failure::new("--tls-key needs a certificate").help("name the certificate file with --tls-cert"));
            }
        };
        let text = |flag: &Option<String>, file: &Option<String>| flag.clone().or_else(|| file.clone());
        let format = text(&flags.notify_format, &file.notify_format).map(|text| message_format(&text)).transpose()?;
        let filter = text(&flags.notify_where, &file.notify_where);
        let notify = text(&flags.notify, &file.notify).map(|url| NotifyOptions { url, format, filter });
        let store = match text(&flags.store, &file.store) {
            Some(address) => Some(StoreOptions { address, notify, ..StoreOptions::default() }),
            None if notify.is_some() => {
                return Err(
                    Failure::new("--notify sends moves of stored records, and there is no store").help("add --store FILE.db")
                );
            }
            None => None,
        };
        let listen = flags.listen.or_else(|| file.listen.clone());
        let usual = Limits::default();
        let limits = Limits {
            body: sized(flags.max_body.or_else(|| file.max_body.clone()), usual.body)?,
            records: positive("--max-records", flags.max_records.or(file.max_records), usual.records)?,
            connections: positive("--max-connections", flags.max_connections.or(file.max_connections), usual.connections)?,
            rate: flags.rate.or_else(|| file.rate.clone()).map(|text| rate(&text)).transpose()?,
            timeout: period("--timeout", flags.timeout.or_else(|| file.timeout.clone()), usual.timeout)?,
            head: usual.head,
            grace: period("--grace", flags.grace.or_else(|| file.grace.clone()), usual.grace)?,
        };
        let options = Self {
            rules: rules.to_owned(),
            set: Vec::new(),
            allow_outside: false,
            listen: listen.map_or_else(|| Ok(Listen::usual()), |text| Listen::parse(&text))?,
            token_file: flags.token_file.or_else(|| placed(&file.token_file)),
            tls,
            watch: flags.watch.or(file.watch) == Some(true),
            playground: flags.playground.or(file.playground) == Some(true),
            log: flags.log.or_else(|| file.log.clone()).map_or(Ok(Log::Info), |text| Log::parse(&text))?,
            public_url: text(&flags.public_url, &file.public_url),
            store,
            variable: |_| None,
            limits,
        };
        options.guarded()?;
        Ok(options)
    }

    /// Refuses a server that anybody in a network could ask, and a page that could not ask it.
    fn guarded(&self) -> Result<(), Failure> {
        if self.playground && self.token_file.is_some() {
            return Err(Failure::new("--playground: a page in a browser has no token")
                .help("serve the playground without --token-file, on this machine alone"));
        }
        match &self.listen {
            Listen::Tcp(address) if !address.ip().is_loopback() && self.token_file.is_none() => {
                Err(Failure::new(format!("`{address}` can be reached from other machines, and there are no tokens"))
                    .help("name a file of tokens with --token-file, or listen on 127.0.0.1"))
            }
            Listen::Tcp(_) | Listen::Unix(_) => Ok(()),
        }
    }
}

impl Listen {
    /// Where a server listens if nothing is said.
    #[must_use]
    pub fn usual() -> Self {
        Self::Tcp(SocketAddr::from(([127, 0, 0, 1], 8080)))
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:PATH`.
    ///
    /// # Errors
    /// A text that is neither.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(path) = text.strip_prefix("unix:") {
            if cfg!(not(unix)) {
                return Err(Failure::new("this system has no Unix sockets").help("listen on an address such as 127.0.0.1:8080"));
            }
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
        found.map(Self::Tcp).ok_or_else(|| {
            Failure::new(format!("--listen: `{text}` is not an address with a port"))
                .help("write one such as 127.0.0.1:8080 or unix:/run/lsrc.sock")
        })
    }
}

impl Log {
    fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            _ => Err(Failure::new(format!("--log: `{text}` is not a level")).help("write error, warn or info")),
        }
    }
}

/// A number of records or connections.
fn positive(flag: &str, given: Option<usize>, usual: usize) -> Result<usize, Failure> {
    const MOST: usize = 100_000;
    let n = given.map_or(usual, |n| n);
    if (1..=MOST).contains(&n) {
        return Ok(n);
    }
    Err(Failure::new(format!("{flag}: {n} is out of range")).help(format!("write a number from 1 to {MOST}")))
}

/// Reads `64KiB`, `16MiB`, `1GiB`, or bytes.
fn sized(given: Option<String>, usual: usize) -> Result<usize, Failure> {
    let Some(text) = given else { return Ok(usual) };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim() {
        "" | "B" => Some(0),
        "KiB" | "K" => Some(10),
        "MiB" | "M" => Some(20),
        "GiB" | "G" => Some(30),
        _ => None,
    };
    let bytes = number.parse::<usize>().ok().zip(shift).and_then(|(n, shift)| n.checked_mul(1 << shift));
    // A record may have 4 GiB, and bodies share memory.
    bytes.filter(|bytes| (1024..=1 << 30).contains(bytes)).ok_or_else(|| {
        Failure::new(format!("--max-body: `{text}` is not a size")).help("write one from 1KiB to 1GiB, such as 16MiB")
    })
}

/// Reads the format of messages.
fn message_format(text: &str) -> Result<Format, Failure> {
    match text {
        "slack" => Ok(Format::Slack),
        "teams" => Ok(Format::Teams),
        "standard" => Ok(Format::Standard),
        _ => Err(Failure::new(format!("--notify-format: `{text}` is not a format")).help("write slack, teams or standard")),
    }
}

/// Reads `100/s`.
fn rate(text: &str) -> Result<u32, Failure> {
    let number = text.strip_suffix("/s").and_then(|number| number.parse::<u32>().ok());
    number
        .filter(|n| *n > 0)
        .ok_or_else(|| Failure::new(format!("--rate: `{text}` is not a rate")).help("write requests a second, such as 100/s"))
}

/// Reads `10s`, `500ms`, `2m`.
fn period(flag: &str, given: Option<String>, usual: Duration) -> Result<Duration, Failure> {
    let Some(text) = given else { return Ok(usual) };
    let read = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    read.filter(|time| !time.is_zero())
        .ok_or_else(|| Failure::new(format!("{flag}: `{text}` is not a time")).help("write one such as 10s or 500ms"))
}
