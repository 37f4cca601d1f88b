//! What is stored: `PUT /v1/records/{key}`, `POST /v1/events/{list}`, and what the store has of records and moves.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::body::read;
use super::gate::RequestId;
use super::keeper::{Given, Kept, unknown};
use super::problem::Problem;
use super::refused::Refused;
use crate::store::{Change, Changes, Fault, Store, Stored};
use crate::time::{civil, moment_text};

/// What a server without a store answers.
fn no_store() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "this server has no store").help("start it with --store FILE.db")
}

/// The text in an address.
fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(text) = path.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    Ok(text)
}

/// Events of a record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsRequest {
    /// The key of the record.
    key: String,
    /// The events.
    #[schema(value_type = Vec<Object>)]
    events: Vec<serde_json::Map<String, Value>>,
}

/// What became of a record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptAnswer {
    /// The rules that scored.
    revision: String,
    /// The moment, in UTC.
    as_of: String,
    /// The request, as the log names it.
    request_id: String,
    /// The key of the record.
    key: String,
    /// Its scores, labels, stages and exclusion.
    #[schema(value_type = Object)]
    results: Value,
    /// What changed of its results; nothing if it was stored as it is already.
    changes: Vec<ChangeAnswer>,
}

/// A change of a result.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeAnswer {
    /// Its number, for `after`.
    id: i64,
    /// The key of the record.
    key: String,
    /// `score`, `label`, `stage` or `excluded`.
    kind: &'static str,
    /// The score, label or lifecycle.
    what: String,
    /// What it was.
    before: Option<String>,
    /// What it is.
    after: Option<String>,
    /// What changed it: `new`, `data`, `rules`, `rules_and_data`, `time`.
    cause: &'static str,
    /// Why, in the words of the rules.
    because: String,
    /// The moment, in UTC.
    as_of: String,
    /// The rules.
    revision: String,
}

/// A record of the store.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredAnswer {
    key: String,
    /// The rules that scored it last.
    revision: String,
    /// The moment that it was scored as of last, in UTC.
    as_of: String,
    /// Its scores, labels, stages and exclusion.
    #[schema(value_type = Object)]
    results: Value,
    /// By lifecycle: the day since which it is in its stage.
    since: std::collections::BTreeMap<String, String>,
    /// The day on which it changes if nothing happens.
    due: Option<String>,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangesAnswer {
    changes: Vec<ChangeAnswer>,
    /// What to ask for next as `after`; the same as before where there was nothing.
    after: i64,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// The number of the change before the first; 0 otherwise.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// How many at most, up to 1,000; 100 otherwise.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

impl From<&Change> for ChangeAnswer {
    fn from(it: &Change) -> Self {
        Self {
            id: it.id,
            key: it.key.clone(),
            kind: it.kind.name(),
            what: it.what.clone(),
            before: it.before.clone(),
            after: it.after.clone(),
            cause: it.cause.name(),
            because: it.why.clone(),
            as_of: moment_text(it.as_of.micros),
            revision: it.revision.clone(),
        }
    }
}

fn day(day: i32) -> String {
    civil(day).map_or_else(|| day.to_string(), |day| day.to_string())
}

fn answered(app: &App, kept: &Kept, id: &RequestId) -> Json<KeptAnswer> {
    app.metrics.records(super::scoring::Counts { scored: 1, broken: 0 });
    Json(KeptAnswer {
        revision: kept.revision.to_string(),
        as_of: moment_text(kept.snapshot.as_of.micros),
        request_id: id.0.to_string(),
        key: kept.snapshot.key.clone(),
        results: kept.snapshot.results.json(),
        changes: kept.changes.iter().map(ChangeAnswer::from).collect(),
    })
}

/// Store a record and score it
///
/// The record takes the place of what was stored under its key. Storing the same record again changes nothing.
#[utoipa::path(
    put,
    path = "/v1/records/{key}",
    tag = "store",
    params(("key" = String, Path, description = "The key of the record")),
    request_body(content = Object, content_type = "application/json", description = "The record"),
    responses((status = 200, description = "Its results and what changed", body = KeptAnswer), Refused, (status = 404, description = "The server has no store"))
)]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    key: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<KeptAnswer>, Problem> {
    let keeper = app.keeper.as_ref().ok_or_else(no_store)?;
    let content = read(&app, request).await?;
    let record = content.text()?.to_owned();
    let kept = keeper.keep(named(key)?, Given::Record(record)).await?;
    Ok(answered(&app, &kept, &id))
}

/// Add events to a stored record and score it
///
/// An event whose key is stored already is not added again, so a delivery may be repeated.
#[utoipa::path(
    post,
    path = "/v1/events/{list}",
    tag = "store",
    params(("list" = String, Path, description = "The list of events in the schema")),
    request_body = EventsRequest,
    responses((status = 200, description = "The results of the record and what changed", body = KeptAnswer), Refused, (status = 404, description = "The server has no store, or not this record"))
)]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    list: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<KeptAnswer>, Problem> {
    let keeper = app.keeper.as_ref().ok_or_else(no_store)?;
    let content = read(&app, request).await?;
    let asked: EventsRequest = content.object()?;
    let events = asked.events.into_iter().map(Value::Object).collect();
    let kept = keeper.keep(asked.key, Given::Events { list: named(list)?, events }).await?;
    Ok(answered(&app, &kept, &id))
}

/// Asks the store, away from the threads that serve.
async fn asked<R: Send + 'static>(
    app: &Arc<App>,
    ask: impl FnOnce(&mut Store) -> Result<R, Fault> + Send + 'static,
) -> Result<R, Problem> {
    let of = Arc::clone(app);
    app.work.run(move || of.reading.as_ref().ok_or_else(no_store)?.ask(ask)).await
}

/// A stored record
#[utoipa::path(
    get,
    path = "/v1/records/{key}",
    tag = "store",
    params(("key" = String, Path, description = "The key of the record")),
    responses((status = 200, description = "Its results, and since when", body = StoredAnswer), Refused, (status = 404, description = "The server has no store, or not this record"))
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<StoredAnswer>, Problem> {
    let key = named(key)?;
    let asked_for = key.clone();
    let stored: Option<Stored> = asked(&app, move |store| store.record(&asked_for)).await?;
    let stored = stored.ok_or_else(|| unknown(&key))?;
    Ok(Json(StoredAnswer {
        key: stored.key.clone(),
        revision: stored.revision.clone(),
        as_of: moment_text(stored.as_of.micros),
        results: stored.results.json(),
        since: stored.since.iter().map(|(name, since)| (name.clone(), day(since.day))).collect(),
        due: stored.due.map(day),
    }))
}

async fn page(app: &Arc<App>, query: PageQuery, key: Option<String>, moves: bool) -> Result<Response, Problem> {
    let after = query.after.map_or(0, |after| after);
    let limit = query.limit.map_or(100, |limit| limit);
    if !(1..=1000).contains(&limit) || after < 0 {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "`limit` is a number from 1 to 1000, `after` one from 0"));
    }
    let changes = asked(app, move |store| {
        if let Some(key) = &key
            && store.record(key)?.is_none()
        {
            return Ok(Err(unknown(key)));
        }
        let asked = Changes { key, moves, since: None, after };
        store.changes(&asked, limit).map(Ok)
    });
    let changes: Vec<Change> = changes.await??;
    let last = changes.last().map_or(after, |change| change.id);
    Ok(Json(ChangesAnswer { changes: changes.iter().map(ChangeAnswer::from).collect(), after: last }).into_response())
}

/// What changed of a stored record, the oldest first
#[utoipa::path(
    get,
    path = "/v1/records/{key}/history",
    tag = "store",
    params(("key" = String, Path, description = "The key of the record"), PageQuery),
    responses((status = 200, description = "A page of changes", body = ChangesAnswer), Refused, (status = 404, description = "The server has no store, or not this record"))
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    key: Result<Path<String>, PathRejection>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    page(&app, query, Some(named(key)?), false).await
}

/// Moves of all stored records, the oldest first
///
/// Ask again with `after` of the answer: what moved in between comes once and in order.
#[utoipa::path(
    get,
    path = "/v1/moves",
    tag = "store",
    params(PageQuery),
    responses((status = 200, description = "A page of moves", body = ChangesAnswer), Refused, (status = 404, description = "The server has no store"))
)]
pub(super) async fn moves(
    State(app): State<Arc<App>>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    page(&app, query, None, true).await
}
