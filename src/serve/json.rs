//! JSON from clients.

use axum::http::StatusCode;

use super::problem::Problem;

/// Reads JSON of a known shape: text that is not JSON is a bad request, JSON of another shape is content that cannot be processed.
pub(super) fn json<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let told = error.to_string();
        if error.is_data() {
            Problem::content(told)
        } else {
            Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {told}"))
        }
    })
}
