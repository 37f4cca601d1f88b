//! The bodies of messages: Standard Webhooks with their signature, and texts for Slack and Teams.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use super::{Claimed, Fault};
use crate::store::{Format, Message};

impl Format {
    /// The format that an address is known for; the standard one elsewhere.
    #[must_use]
    pub fn of_address(url: &str) -> Self {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':', '?']).next().map(str::to_lowercase);
        match host.as_deref() {
            Some("hooks.slack.com") => Self::Slack,
            Some(host) if host.ends_with(".webhook.office.com") || host.ends_with(".logic.azure.com") => Self::Teams,
            Some(host) if host.ends_with(".powerplatform.com") => Self::Teams,
            Some(_) | None => Self::Standard,
        }
    }

    /// How many moves one message may have.
    pub(super) const fn together(self) -> u32 {
        match self {
            Self::Standard => 1,
            Self::Slack | Self::Teams => 20,
        }
    }
}

/// What signs messages.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A secret has at least so many bytes, as Standard Webhooks asks.
const LEAST: usize = 24;

impl Secret {
    /// Reads `whsec_` and base64, as Standard Webhooks writes secrets; the mark may be left out.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it is repeated.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| {
            Fault::new(format!("LSRC_NOTIFY_SECRET {why}")).help("write whsec_ and the output of `openssl rand -base64 32`")
        };
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| wrong("is not base64"))?;
        if bytes.len() < LEAST { Err(wrong("is too short: it must have 24 bytes")) } else { Ok(Self(bytes)) }
    }

    /// The signature of a message: `v1,` and base64.
    #[must_use]
    pub fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mut mac) => {
                mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            }
            Err(_) => crate::invariant::broken("a key of any length signs"),
        }
    }
}

/// What is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The text.
    pub text: String,
}

pub(super) fn body(format: Format, secret: Option<&Secret>, claimed: &[Claimed], now: i64) -> Body {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    let messages: Vec<&Message> = claimed.iter().map(|it| &it.message).collect();
    let text = match format {
        Format::Standard => {
            let message = messages.first();
            let text = message.map_or(Json::Null, |message| standard(message)).to_string();
            let timestamp = now.div_euclid(1_000_000);
            if let Some(message) = message {
                headers.push(("webhook-id", message.id.clone()));
                headers.push(("webhook-timestamp", timestamp.to_string()));
                headers.extend(secret.map(|it| ("webhook-signature", it.signature(&message.id, timestamp, &text))));
            }
            text
        }
        Format::Slack => {
            let lines: Vec<String> = messages.iter().map(|message| slack(message)).collect();
            json!({ "text": lines.join("\n") }).to_string()
        }
        Format::Teams => teams(&messages).to_string(),
    };
    Body { headers, text }
}

fn standard(message: &Message) -> Json {
    let mut data = serde_json::to_value(message).unwrap_or(Json::Null);
    if let Json::Object(data) = &mut data {
        data.shift_remove("change");
    }
    json!({ "type": "lead.moved", "timestamp": message.as_of, "data": data })
}

/// `ann@a.example: mql -> sql`, `asked for a demo (+40)`, `lead 65, fit 40`
fn parts(message: &Message) -> (String, String, String) {
    let stage = |stage: &Option<String>| stage.as_deref().map_or_else(|| "unknown".to_owned(), plain);
    let step = match &message.from {
        None => stage(&message.to),
        from => format!("{} -> {}", stage(from), stage(&message.to)),
    };
    let head = format!("{step} ({})", plain(&message.lifecycle));
    let why = if message.because.is_empty() { message.cause_words().to_owned() } else { plain(&message.because) };
    let scores = message.scores.iter().filter(|(_, points)| !points.is_null());
    let scores: Vec<String> = scores.map(|(name, points)| format!("{} {}", plain(name), plain(&points.to_string()))).collect();
    (head, why, scores.join(", "))
}

/// A text on one line, without control characters and marks that turn the direction of writing.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&c| !turns(c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn slack(message: &Message) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (head, why, scores) = parts(message);
    let mut text = format!("*{}*: {}\n{}", escaped(&plain(&message.key)), escaped(&head), escaped(&why));
    if !scores.is_empty() {
        text.push_str(&format!(" | {}", escaped(&scores)));
    }
    text
}

fn teams(messages: &[&Message]) -> Json {
    let escaped = |text: &str| -> String {
        text.chars().flat_map(|c| "\\`*_[]()#<>!|~".contains(c).then_some('\\').into_iter().chain(std::iter::once(c))).collect()
    };
    let block = |message: &&Message| {
        let (head, why, scores) = parts(message);
        let mut items = vec![
            json!({ "type": "TextBlock", "wrap": true, "weight": "Bolder", "text": format!("{}: {}", escaped(&plain(&message.key)), escaped(&head)) }),
            json!({ "type": "TextBlock", "wrap": true, "spacing": "None", "text": escaped(&why) }),
        ];
        if !scores.is_empty() {
            items.push(
                json!({ "type": "TextBlock", "wrap": true, "isSubtle": true, "spacing": "None", "text": escaped(&scores) }),
            );
        }
        json!({ "type": "Container", "items": items })
    };
    let body: Vec<Json> = messages.iter().map(block).collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(Secret::read("whsec_c2hvcnQ=").is_err() && Secret::read("not base64").is_err());
    }

    #[test]
    fn formats_are_known_by_their_addresses() {
        for (url, format) in [
            ("https://hooks.slack.com/services/T/B/x", Format::Slack),
            ("https://acme.webhook.office.com/webhookb2/x", Format::Teams),
            ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", Format::Teams),
            ("https://crm.example/hooks.slack.com", Format::Standard),
        ] {
            assert_eq!(Format::of_address(url), format, "{url}");
        }
    }
}
