//! The answers that every route may give instead of its own.

use utoipa::IntoResponses;

use super::problem::ProblemDocument;

/// The answers that every route may give instead of its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(super) enum Refused {
    /// The request cannot be read
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[to_schema] ProblemDocument<'static>),
    /// There is no token, or not a known one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[to_schema] ProblemDocument<'static>),
    /// The token lacks the scope, or the request comes from another site
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] ProblemDocument<'static>),
    /// The body took too long to arrive
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(#[to_schema] ProblemDocument<'static>),
    /// The body is too large, or has too many records
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] ProblemDocument<'static>),
    /// The body is not of a type that is read
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(#[to_schema] ProblemDocument<'static>),
    /// The body is JSON, but not what is asked for
    #[response(status = 422, content_type = "application/problem+json")]
    Content(#[to_schema] ProblemDocument<'static>),
    /// The token asked too often; `Retry-After` says when to try again
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(#[to_schema] ProblemDocument<'static>),
    /// The server has no room for more; `Retry-After` says when to try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(#[to_schema] ProblemDocument<'static>),
}
