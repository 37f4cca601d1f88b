//! Answers in JSON, and the headers that say what they are of.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::live::Loaded;

pub(super) const REVISION: HeaderName = HeaderName::from_static("lsrc-revision");
pub(super) const AS_OF: HeaderName = HeaderName::from_static("lsrc-as-of");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// An answer in JSON, of the rules that it was worked out with.
pub(super) fn answer(loaded: &Loaded, body: Vec<u8>) -> Response {
    let mut response = Body::from(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    said(loaded, &mut response);
    response
}

/// Says which rules an answer is of.
pub(super) fn said(loaded: &Loaded, response: &mut Response) {
    if let Ok(revision) = HeaderValue::from_str(&loaded.revision) {
        response.headers_mut().insert(REVISION, revision);
    }
}
