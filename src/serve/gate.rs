//! What every request goes through: its name, who asks, how often, and what is logged and counted of it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::app::App;
use super::headers::REVISION;
use super::options::Listen;
use super::problem::Problem;
use super::tokens::Scope;
use crate::invariant::fits;

/// The name of a request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) Arc<str>);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Every route, and the scope that it needs; without a scope everybody may ask.
pub(super) const ROUTES: &[(&str, Option<Scope>)] = &[
    ("/v1/score", Some(Scope::Score)),
    ("/v1/batch", Some(Scope::Score)),
    ("/v1/explain", Some(Scope::Score)),
    ("/v1/check", Some(Scope::Read)),
    ("/v1/diff", Some(Scope::Read)),
    ("/v1/rules", Some(Scope::Read)),
    ("/v1/schema", Some(Scope::Read)),
    ("/v1/reload", Some(Scope::Admin)),
    ("/v1/records/{key}", Some(Scope::Read)),
    ("/v1/records/{key}/history", Some(Scope::Read)),
    ("/v1/events/{list}", Some(Scope::Write)),
    ("/v1/moves", Some(Scope::Read)),
    ("/hooks/hubspot", None),
    ("/metrics", Some(Scope::Read)),
    ("/health/live", None),
    ("/health/ready", None),
    ("/openapi.json", None),
    ("/", None),
    ("/{file}", None),
    ("/v1/playground/{question}", None),
];

/// How a path that is no route is counted, so that what clients make up takes no room.
const NO_ROUTE: &str = "none";

fn route(request: &Request) -> (&'static str, Option<Scope>) {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let known = matched.and_then(|path| ROUTES.iter().find(|(route, _)| *route == path));
    known.map_or((NO_ROUTE, None), |(route, scope)| (route, needed(request.method() == Method::PUT, *scope)))
}

/// The scope that a route needs: what reads and what writes may have one address.
pub(super) fn needed(writes: bool, scope: Option<Scope>) -> Option<Scope> {
    if writes { Some(Scope::Write) } else { scope }
}

/// Lets a request through, or not, and tells of it.
pub(super) async fn gate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id: Arc<str> = app.next_id().into();
    let (route, scope) = route(&request);
    let method = request.method().clone();
    let (who, mut response) = match admit(&app, &request, scope) {
        Ok(who) => {
            request.extensions_mut().insert(RequestId(Arc::clone(&id)));
            (who, next.run(request).await)
        }
        Err(problem) => (None, problem.into_response()),
    };
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.answer(&id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(REVISION)
        && let Ok(value) = HeaderValue::from_str(&app.live.current().revision)
    {
        headers.insert(REVISION, value);
    }
    let took = begun.elapsed();
    app.metrics.answered(route, status.as_u16(), took);
    told(&method, route, status, took.as_micros(), &id, who.as_deref(), problem.as_ref());
    response
}

/// The line of a request in the log: never its path, which may have keys of people, nor anything of its body.
fn told(method: &Method, route: &str, status: StatusCode, micros: u128, id: &str, who: Option<&str>, problem: Option<&Problem>) {
    let micros: u64 = fits(micros);
    let (status, method) = (status.as_u16(), method.as_str());
    if status >= 500 {
        let detail = problem.map(|problem| problem.detail.as_str());
        tracing::error!(request_id = id, method, route, status, micros, token = who, detail, "failed");
    } else if matches!(status, 401 | 403 | 429) {
        tracing::warn!(request_id = id, method, route, status, micros, token = who, "refused");
    } else if !route.starts_with("/health/") {
        tracing::info!(request_id = id, method, route, status, micros, token = who, "answered");
    }
}

/// Who asks, if that is allowed.
fn admit(app: &App, request: &Request, scope: Option<Scope>) -> Result<Option<String>, Problem> {
    let Some(tokens) = app.tokens.load_full() else {
        local(app, request.headers())?;
        return Ok(None);
    };
    let Some(scope) = scope else { return Ok(None) };
    let unauthorized =
        |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail).help("send the header `Authorization: Bearer TOKEN`");
    let header = request.headers().get(header::AUTHORIZATION).ok_or_else(|| unauthorized("the request has no token"))?;
    let presented = header.to_str().ok().and_then(|text| {
        let (kind, token) = text.split_once(' ')?;
        kind.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let presented = presented.ok_or_else(|| unauthorized("the request has no bearer token"))?;
    let token = tokens.find(presented).ok_or_else(|| unauthorized("the token is not known"))?;
    if !token.allows(scope) {
        let detail = format!("the token `{}` does not have the scope `{}`", token.name, scope.name());
        return Err(
            Problem::new(StatusCode::FORBIDDEN, detail).help("use a token that has it, or add the scope to the token file")
        );
    }
    if let Some(rate) = app.options.limits.rate {
        token.bucket().take(rate).map_err(|wait| {
            let seconds = wait.ceil().max(1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some seconds")]
            let seconds = seconds as u64;
            Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("the token `{}` may ask {rate} times a second", token.name))
                .help("ask less often, or send several records at once to `/v1/batch`")
                .after(seconds)
        })?;
    }
    Ok(Some(token.name.clone()))
}

/// Without tokens, pages of other sites that a browser on this machine shows must not ask: neither under a name of their own that leads
/// here, nor from where they come from.
fn local(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(rate) = app.options.limits.rate {
        app.anybody.take(rate).map_err(|_| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("this server answers {rate} times a second")).after(1)
        })?;
    }
    if matches!(app.options.listen, Listen::Unix(_)) {
        return Ok(());
    }
    let refused = |detail: &str| {
        Problem::new(StatusCode::FORBIDDEN, detail).help("ask for http://127.0.0.1, or start the server with --token-file")
    };
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().ok());
    if text(header::HOST).is_some_and(|host| !host.is_some_and(is_local)) {
        return Err(refused("without tokens this server answers to its own machine alone, and the request names another host"));
    }
    let site = |origin: &str| is_local(origin.split_once("://").map_or(origin, |(_, host)| host));
    if text(header::ORIGIN).is_some_and(|origin| !origin.is_some_and(site)) {
        return Err(refused("without tokens this server answers to its own machine alone, and a page of another site asks"));
    }
    Ok(())
}

/// Whether a host, with or without a port, is this machine.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
