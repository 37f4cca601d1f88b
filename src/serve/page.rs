//! `--playground`: the page, and the questions that it asks.

use std::cell::RefCell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::app::App;
use super::body::read;
use super::problem::Problem;
use crate::playground::Playground;

/// The files of the page: name, media type, text.
const FILES: [(&str, &str, &str); 4] = [
    ("", "text/html; charset=utf-8", include_str!("../../bindings/page/dist/index.html")),
    ("page.css", "text/css; charset=utf-8", include_str!("../../bindings/page/dist/page.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("../../bindings/page/dist/page.js")),
    ("worker.js", "text/javascript; charset=utf-8", include_str!("../../bindings/page/dist/worker.js")),
];

/// Nothing but the page's own files runs, is shown or is asked.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

thread_local! {
    /// What a thread found out about the texts that it was asked about last.
    static KNOWN: RefCell<Playground> = RefCell::new(Playground::default());
}

pub(super) fn routes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    router.route("/", get(|| async { file("") })).route("/{file}", get(named)).route("/v1/playground/{question}", post(question))
}

fn file(name: &str) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    let (_, media, text) = found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "the page has no such file"))?;
    let mut response = Body::from(*text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

async fn named(name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let name = name.map_or_else(|_| "?".to_owned(), |Path(name)| name);
    file(&name)
}

/// The answer to a question of the page, which says itself what is wrong with it.
async fn question(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let content = read(&app, request).await?;
    let asked = content.text()?.to_owned();
    let answer = app.studies.run(move || Ok(KNOWN.with_borrow_mut(|known| known.answer(&name, &asked)))).await?;
    let mut response = Body::from(answer).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
