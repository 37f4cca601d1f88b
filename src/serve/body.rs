//! Bodies: read up to a limit, within a time, and within the memory that all bodies share.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::app::App;
use super::json::json;
use super::problem::Problem;

/// A body of so few bytes needs no permit: connections are limited, so these are too.
const FREE: usize = 32 << 10;

/// A body, and its share of the memory of all bodies.
pub(super) struct Content {
    bytes: Bytes,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Content {
    /// The text.
    pub(super) fn text(&self) -> Result<&str, Problem> {
        simdutf8::basic::from_utf8(&self.bytes).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8 text"))
    }

    /// Reads a JSON object of a known shape. Its fields have names: a list of their values is not taken for it.
    pub(super) fn object<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        let text = self.text()?;
        let read = json(text);
        if read.is_ok() && !text.trim_ascii_start().starts_with('{') {
            return Err(Problem::content("the body is not a JSON object"));
        }
        read
    }

    /// Reads JSON of a known shape.
    pub(super) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        json(self.text()?)
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The media type of a body, without its parameters; JSON where none is given.
fn media(headers: &HeaderMap) -> Result<String, Problem> {
    let wrong = |detail: String| {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).help("send the header `Content-Type: application/json`")
    };
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is compressed").help("send it as it is"));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok("application/json".to_owned()) };
    let text = value.to_str().map_err(|_| wrong("the media type of the body is not text".to_owned()))?;
    let media = text.split(';').next().map_or(text, str::trim);
    Ok(media.to_ascii_lowercase())
}

/// Whether a body is a record a line; otherwise it is JSON, or refused.
pub(super) fn is_lines(headers: &HeaderMap) -> Result<bool, Problem> {
    let media = media(headers)?;
    match media.as_str() {
        "application/json" => Ok(false),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => Ok(true),
        json if json.starts_with("application/") && json.ends_with("+json") => Ok(false),
        // What clients such as curl and Python's urllib say of any body unless they are told. Pages of other sites are known by their
        // origin, not by this.
        "application/x-www-form-urlencoded" | "application/octet-stream" | "text/plain" | "text/json" => Ok(false),
        other => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the body is `{other}`"))
            .help("send JSON with the header `Content-Type: application/json`")),
    }
}

/// Reads a JSON body.
pub(super) async fn read(app: &App, request: Request) -> Result<Content, Problem> {
    if is_lines(request.headers())? {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "records by line are taken by `/v1/batch` alone")
            .help("send JSON with the header `Content-Type: application/json`"));
    }
    read_any(app, request.into_body()).await
}

/// Reads a body of any type.
pub(super) async fn read_any(app: &App, body: Body) -> Result<Content, Problem> {
    let most = app.options.limits.body;
    let too_large = || {
        let limit = if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{} KiB", most >> 10) };
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit}"))
            .help("send less at once; --max-body sets the limit")
    };
    let hint = body.size_hint();
    let expected = usize::try_from(hint.lower()).map_err(|_| too_large())?;
    if expected > most {
        return Err(too_large());
    }
    let permit = match hint.exact() {
        Some(_) if expected <= FREE => None,
        // Who does not say how much comes gets room for the most.
        exact => {
            let bytes = if exact.is_some() { expected } else { most };
            let room = u32::try_from(bytes.div_ceil(1024)).map_err(|_| too_large())?;
            let permit = std::sync::Arc::clone(&app.bodies).try_acquire_many_owned(room);
            Some(permit.map_err(|_| Problem::busy("too many large bodies are being read"))?)
        }
    };
    let limited = timeout(app.options.limits.timeout, gathered(body, expected, most));
    match limited.await {
        Ok(Ok(Some(bytes))) => Ok(Content { bytes, _permit: permit }),
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(error)) => Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body could not be read: {error}"))),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
    }
}

/// All bytes of a body; `None` where there are more than `most`.
async fn gathered(mut body: Body, expected: usize, most: usize) -> Result<Option<Bytes>, axum::Error> {
    let mut first: Option<Bytes> = None;
    let mut all: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if all.len() + data.len() + first.as_ref().map_or(0, Bytes::len) > most {
            return Ok(None);
        }
        // A body in one piece, as most are, is not copied.
        if first.is_none() && all.is_empty() {
            first = Some(data);
            continue;
        }
        if let Some(first) = first.take() {
            all.reserve(expected.max(first.len() + data.len()));
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&data);
    }
    Ok(Some(first.unwrap_or_else(|| Bytes::from(all))))
}
