//! The signature of HubSpot's webhooks.

use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::problem::Problem;

/// A request is taken so long after it was sent, in milliseconds; what is older may be a replay.
const FRESH: i64 = 5 * 60 * 1000;

/// What HubSpot signs with, and the address that it knows this server by.
pub(super) struct Hook {
    secret: String,
    public_url: String,
}

impl Hook {
    /// For a secret of an app, and an address such as `https://scores.example.com`.
    pub(super) fn new(secret: String, public_url: &str) -> Self {
        Self { secret, public_url: public_url.trim_end_matches('/').to_owned() }
    }

    /// Whether HubSpot sent a request: the third version of its signature, compared in constant time, and not long ago.
    pub(super) fn verify(&self, headers: &HeaderMap, path: &str, body: &str, now: i64) -> Result<(), Problem> {
        let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = text("x-hubspot-signature-v3").ok_or_else(|| refused("the request has no signature"))?;
        let sent = text("x-hubspot-request-timestamp").ok_or_else(|| refused("the request has no timestamp"))?;
        let at: i64 = sent.parse().map_err(|_| refused("the timestamp is not a number"))?;
        if now.saturating_sub(at).saturating_abs() > FRESH {
            return Err(refused("the request was sent more than 5 minutes ago").help("check the clock of this machine"));
        }
        let signature = STANDARD.decode(signature).map_err(|_| refused("the signature is not base64"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map_err(|_| Problem::internal())?;
        for part in ["POST", &self.public_url, path, body, sent] {
            mac.update(part.as_bytes());
        }
        let help = "LSRC_HUBSPOT_SECRET must be the app's client secret, and --public-url the address that HubSpot calls";
        mac.verify_slice(&signature).map_err(|_| refused("the signature is wrong").help(help))
    }
}
