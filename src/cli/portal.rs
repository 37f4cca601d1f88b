//! What `pull` and `push` share: the flags of the connection, and time.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::progress::Progress;
use super::{Failure, Terminal};
use crate::portal::{Host, Settings, Token};

/// The variable with the key.
const TOKEN: &str = "LSRC_HUBSPOT_TOKEN";

/// How HubSpot is reached.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    /// The account that the key must be for, by its number
    #[arg(long, value_name = "ID", help_heading = "HubSpot")]
    pub(super) portal: Option<u64>,
    /// A file with the key [default: the variable LSRC_HUBSPOT_TOKEN]
    #[arg(long, value_name = "FILE", help_heading = "HubSpot")]
    token_file: Option<PathBuf>,
    /// The address of the API [default: `https://api.hubapi.com`]
    #[arg(long, value_name = "URL", help_heading = "HubSpot")]
    base_url: Option<String>,
}

impl Connection {
    /// The settings, with the key from the environment or a file.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let text = match &self.token_file {
            Some(path) => fs::read_to_string(path).map_err(|e| Failure::reading(path, e))?,
            None => std::env::var(TOKEN).map_err(|_| {
                Failure::new(format!("there is no HubSpot key: the variable {TOKEN} is not set"))
                    .help("make a service key in HubSpot's settings, and set the variable or name a file with --token-file")
            })?,
        };
        Settings::new(self.base_url.as_deref().unwrap_or(Settings::BASE), Token::new(&text)?)
    }
}

/// The clock, and the terminal to say what is waited for.
pub(super) struct Around<'a> {
    terminal: &'a Terminal,
    begun: Instant,
    progress: OnceCell<Progress>,
}

impl<'a> Around<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, begun: Instant::now(), progress: OnceCell::new() }
    }

    /// Wipes the progress.
    pub(super) fn finish(&self) {
        if let Some(progress) = self.progress.get() {
            progress.finish();
        }
    }
}

impl Host for Around<'_> {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn wait(&self, time: Duration, why: Option<&str>) {
        if let Some(why) = why {
            self.terminal.say_more(&format!("{why}: {} s", time.as_secs().max(1)));
        }
        std::thread::sleep(time);
    }

    fn advance(&self, records: u64, share: Option<f64>) {
        self.progress.get_or_init(|| Progress::new(self.terminal)).advance(records, share);
    }
}
