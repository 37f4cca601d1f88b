//! Where HubSpot is, and the key to it.

use std::fmt;
use std::time::Duration;

use crate::failure::Failure;

/// The version of HubSpot's API that is in the path of every request.
const API_VERSION: &str = "2026-09";

/// A service key, or the token of a private app. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as a file or a variable holds it.
    ///
    /// # Errors
    /// A text that is not a token.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Failure::new("the HubSpot key is empty, or has spaces or line ends in it")
                .help("put the key alone into LSRC_HUBSPOT_TOKEN, or into the file of --token-file"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// A text of the server without the token, should it repeat it.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Where HubSpot is, and how patient a request is.
#[derive(Debug, Clone)]
pub struct Settings {
    base: String,
    version: String,
    pub(super) token: Token,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Settings {
    /// HubSpot's address.
    pub const BASE: &str = "https://api.hubapi.com";

    /// Settings for an address; encrypted, unless it is this machine.
    ///
    /// # Errors
    /// An address that is not one, or that would send the key in the open.
    pub fn new(base: &str, token: Token) -> Result<Self, Failure> {
        let base = base.trim_end_matches('/');
        let host = base.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or(""));
        match host {
            None if base.starts_with("https://") && base.len() > "https://".len() => {}
            Some("127.0.0.1" | "localhost") => {}
            Some(_) => {
                return Err(Failure::new(format!("`{base}` is not encrypted, so the key would be readable on the way"))
                    .help("use an address that starts with https://"));
            }
            None => {
                return Err(Failure::new(format!("`{base}` is not an address of HubSpot's API"))
                    .help(format!("leave --base-url out for {}", Self::BASE)));
            }
        }
        Ok(Self { base: base.to_owned(), version: API_VERSION.to_owned(), token, timeout: Duration::from_secs(60) })
    }

    /// The address of a path in which `{v}` stands for the version.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{}", self.base, path.replace("{v}", &self.version))
    }

    /// The address of the API.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether the API is on this machine.
    pub(super) fn is_local(&self) -> bool {
        self.base.starts_with("http://")
    }
}
