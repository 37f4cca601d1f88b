//! Posting over the network.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::{Answer, Post};

/// How long a receiver may take to answer.
const WAIT: Duration = Duration::from_secs(15);

/// Posts over HTTP, encrypted where the address says so.
#[derive(Debug)]
pub struct Web {
    agent: Agent,
    /// The present moment, in seconds since 1970, for receivers that name one to wait for.
    now: fn() -> i64,
}

impl Web {
    /// A client that trusts the certificates of the system.
    #[must_use]
    pub fn new(now: fn() -> i64) -> Self {
        let certificates = rustls_native_certs::load_native_certs().certs;
        let certificates: Vec<Certificate<'static>> =
            certificates.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // An address that is a secret goes nowhere but to its host.
            .max_redirects(0)
            .timeout_global(Some(WAIT))
            .user_agent(concat!("lsrc/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        Self { agent: config.build().new_agent(), now }
    }

    /// `120`, or a date.
    fn seconds(&self, text: &str) -> Option<i64> {
        let date = || jiff::fmt::rfc2822::parse(text.trim()).ok().map(|date| date.timestamp().as_second() - (self.now)());
        text.trim().parse().ok().or_else(date)
    }
}

impl Post for Web {
    fn post(&mut self, url: &str, headers: &[(&'static str, String)], body: &str) -> Answer {
        let request = headers.iter().fold(self.agent.post(url), |request, (name, value)| request.header(*name, value));
        match request.send(body) {
            Ok(response) => {
                let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                Answer::Status(response.status().as_u16(), after.and_then(|text| self.seconds(text)))
            }
            Err(error) => Answer::None(why(&error)),
        }
    }
}

/// What went wrong, without the address.
#[expect(clippy::wildcard_enum_match_arm, reason = "the client's list is open")]
fn why(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "its name is not known".to_owned(),
        ureq::Error::ConnectionFailed => "it cannot be reached".to_owned(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "its certificate is not trusted".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}
