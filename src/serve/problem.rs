//! What went wrong, as RFC 9457 writes it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

use crate::failure::Failure;
use crate::input::InputError;

/// A request that was not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// What is wrong, in the user's words.
    pub(super) detail: String,
    /// The way out.
    help: Option<String>,
    /// Seconds until it may be tried again.
    pub(super) retry_after: Option<u64>,
}

/// What was wrong with a request (RFC 9457).
#[derive(Debug, serde::Serialize, ToSchema)]
pub(super) struct ProblemDocument<'a> {
    /// The kind of problem: `urn:lsrc:problem:unprocessable-entity`.
    r#type: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong.
    detail: &'a str,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// The request, as the log names it.
    request_id: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), help: None, retry_after: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// That it may be tried again after so many seconds.
    pub(super) const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A body that is not what it should be.
    pub(super) fn content(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// A failure as the command would tell it.
    pub(super) fn of(failure: &Failure) -> Self {
        let problem = Self::content(failure.to_string());
        match miette::Diagnostic::help(failure) {
            Some(help) => problem.help(help.to_string()),
            None => problem,
        }
    }

    /// A record that could not be read.
    pub(super) fn of_record(error: &InputError) -> Self {
        let problem = Self::content(error.to_string());
        match error.advice() {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    /// A defect of the program.
    pub(super) fn internal() -> Self {
        let text = crate::invariant::first().map_or_else(|| "the request failed".to_owned(), ToString::to_string);
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text).help("this is a defect of lsrc: please report it with the rules")
    }

    /// More work than there is room for.
    pub(super) fn busy(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).help("try again later").after(1)
    }

    /// The answer, for the request of this id.
    pub(super) fn answer(&self, request_id: &str) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let kind = title.to_lowercase().replace(' ', "-");
        let document = ProblemDocument {
            r#type: format!("urn:lsrc:problem:{kind}"),
            title,
            status: self.status.as_u16(),
            detail: &self.detail,
            help: self.help.as_deref(),
            request_id,
        };
        let body = serde_json::to_vec(&document).unwrap_or_else(|_| b"{}".to_vec());
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// The status alone; the gate, which knows the request, writes the document.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
