//! The OpenAPI document, made of the types and the functions that answer.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, SecurityRequirement};
use utoipa::{Modify, OpenApi};

use super::gate::{ROUTES, needed};
use super::{about, hubspot, records, score, studies};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "lsrc serve",
        description = "Scores leads as they happen. Every answer has the header `Lsrc-Revision`, the digest of the rules that gave it, \
                       and `X-Request-Id`. What goes wrong is a problem document (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        score::score,
        score::batch,
        score::explain,
        studies::check,
        studies::diff,
        records::put,
        records::events,
        records::get,
        records::history,
        records::moves,
        hubspot::hubspot,
        about::rules,
        about::schema,
        about::reload,
        about::live,
        about::ready,
        about::metrics,
        openapi_json,
    ),
    tags(
        (name = "scoring", description = "Records in, scores out"),
        (name = "rules", description = "The rules in force, and rules to come"),
        (name = "store", description = "Records that the server keeps, where it has a store"),
        (name = "operation", description = "For operation")
    ),
    modifiers(&Bearer)
)]
struct Api;

/// Tokens: each route that needs a scope says so.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        for (path, item) in &mut document.paths.paths {
            let scope = ROUTES.iter().find(|(route, _)| route == path).and_then(|(_, scope)| *scope);
            let operations = [(&mut item.get, false), (&mut item.post, false), (&mut item.put, true)];
            for (operation, writes) in operations {
                let (Some(operation), Some(scope)) = (operation, needed(writes, scope).filter(|_| scope.is_some())) else {
                    continue;
                };
                let none: [&str; 0] = [];
                operation.security = Some(vec![SecurityRequirement::new("token", none), SecurityRequirement::default()]);
                let needs = format!("Needs the scope `{}` where the server has tokens.", scope.name());
                let before = operation.description.take().filter(|text| !text.is_empty());
                operation.description = Some(before.map_or(needs.clone(), |text| format!("{text}\n\n{needs}")));
            }
        }
    }
}

/// The document as JSON, the same for every build.
#[must_use]
pub fn document() -> String {
    let mut document = Api::openapi();
    // Which build answers is no part of the interface.
    "1".clone_into(&mut document.info.version);
    document.to_pretty_json().unwrap_or_else(|_| "{}".to_owned()) + "\n"
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", content((Object = "application/json"))))
)]
pub(super) async fn openapi_json() -> Response {
    let mut response = Body::from(document()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
