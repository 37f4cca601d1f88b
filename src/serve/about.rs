//! What the server says of itself: rules, schema, health, metrics, and the OpenAPI document; and loading rules again.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, body::Body};

use super::app::App;
use super::gate::RequestId;
use super::headers::said;
use super::live::{Loaded, Reload};
use super::problem::Problem;
use super::record_schema;
use super::refused::Refused;
use super::types::{HealthAnswer, HealthStatus, LabelShape, LifecycleShape, ReloadAnswer, RulesAnswer, ScoreShape};
use crate::value::Points;

/// What rules are in force
#[utoipa::path(
    get,
    path = "/v1/rules",
    tag = "rules",
    responses((status = 200, description = "Revision, scores, labels and stages", body = RulesAnswer), Refused)
)]
pub(super) async fn rules(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let loaded = app.live.current();
    let of = Arc::clone(&loaded);
    // Ranges rest on proofs, which take a while; they are worked out once for the rules.
    app.studies.run(move || Ok(of.ranges.get_or_init(|| of.rules.ranges()).len())).await?;
    let mut response = Json(shape(&loaded, app.live.fault().map(|fault| fault.to_string()))).into_response();
    said(&loaded, &mut response);
    Ok(response)
}

fn shape(loaded: &Loaded, fault: Option<String>) -> RulesAnswer {
    let model = loaded.rules.model();
    let number = |points: Option<Points>| {
        #[expect(clippy::cast_precision_loss, reason = "JSON numbers are floats to most readers")]
        points.map(|points| points.0 as f64 / 100.0)
    };
    let texts = |names: &[Arc<str>]| names.iter().map(ToString::to_string).collect();
    let ranges = loaded.ranges.get().into_iter().flatten();
    let file = |name: &str| std::path::Path::new(name).file_name().map_or(name.to_owned(), |n| n.to_string_lossy().into_owned());
    RulesAnswer {
        revision: loaded.revision.to_string(),
        since: loaded.shown(loaded.since),
        fault,
        files: loaded.rules.sources().iter().map(|(_, source)| file(source.name())).collect(),
        key: model.schema.key.and_then(|id| model.schema.property(id)).map(|property| property.name.to_string()),
        zone: model.schema.zone_name.to_string(),
        scores: ranges
            .map(|range| ScoreShape {
                name: range.score.clone(),
                min: number(range.min),
                max: number(range.max),
                exact: range.exact,
            })
            .collect(),
        labels: model.labels.iter().map(|l| LabelShape { name: l.name.to_string(), values: texts(&l.values) }).collect(),
        lifecycles: model
            .lifecycles
            .iter()
            .map(|l| LifecycleShape { name: l.name.to_string(), stages: texts(&l.stages) })
            .collect(),
    }
}

/// JSON Schema of a record
///
/// What the rules read of a record. Data may have more, and values may be written as the schema of the rules allows.
#[utoipa::path(
    get,
    path = "/v1/schema",
    tag = "rules",
    responses((status = 200, description = "JSON Schema 2020-12", content((Object = "application/schema+json"))), Refused)
)]
pub(super) async fn schema(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let loaded = app.live.current();
    let text = serde_json::to_vec(&record_schema::of(&loaded.rules.model().schema)).map_err(|_| Problem::internal())?;
    let mut response = Body::from(text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    said(&loaded, &mut response);
    Ok(response)
}

/// Load the rules again
///
/// Rules with errors change nothing: the answer says what is wrong, and those before stay in force.
#[utoipa::path(
    post,
    path = "/v1/reload",
    tag = "operation",
    responses((status = 200, description = "The rules on disk are in force", body = ReloadAnswer), Refused)
)]
pub(super) async fn reload(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
) -> Result<Json<ReloadAnswer>, Problem> {
    let of = Arc::clone(&app);
    let reload = app.studies.run(move || Ok(of.reload("request"))).await?;
    match reload {
        Reload::Kept(why) => {
            Err(Problem::content(why).help("fix the rules; `lsrc check` shows every error. The rules before stay in force"))
        }
        Reload::Changed | Reload::Same => Ok(Json(ReloadAnswer {
            revision: app.live.current().revision.to_string(),
            request_id: id.0.to_string(),
            changed: reload == Reload::Changed,
        })),
    }
}

/// Whether the process runs
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, description = "It does", body = HealthAnswer)))]
pub(super) async fn live() -> Json<HealthAnswer> {
    Json(HealthAnswer { status: HealthStatus::Live, revision: None, detail: None })
}

/// Whether requests are answered
///
/// `degraded` with status 200 means that the rules on disk have errors and those before answer; `GET /v1/rules` says what is wrong.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    responses(
        (status = 200, description = "They are", body = HealthAnswer),
        (status = 503, description = "The server is about to stop", body = HealthAnswer)
    )
)]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let revision = Some(app.live.current().revision.to_string());
    if app.is_stopping() {
        let answer = HealthAnswer { status: HealthStatus::Stopping, revision, detail: None };
        return (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response();
    }
    let degraded = app.live.fault().is_some();
    let status = if degraded { HealthStatus::Degraded } else { HealthStatus::Ready };
    let detail = degraded.then(|| "the rules on disk have errors; those before answer".to_owned());
    Json(HealthAnswer { status, revision, detail }).into_response()
}

/// Counts and times for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, description = "The text format of OpenMetrics", content((String = "application/openmetrics-text"))), Refused)
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut response = Body::from(app.metrics.render()).into_response();
    let media = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response
}
