//! `POST /hooks/hubspot`: changes of properties, as HubSpot sends them, into stored records.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::app::App;
use super::body::read;
use super::gate::RequestId;
use super::keeper::Given;
use super::problem::Problem;
use super::refused::Refused;

/// A change that HubSpot reports; of other kinds of changes only the number is looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HubspotEvent {
    /// The number of the contact, which is the key of its record.
    object_id: i64,
    /// `contact.propertyChange`.
    #[serde(default)]
    subscription_type: Option<String>,
    /// The property.
    #[serde(default)]
    property_name: Option<String>,
    /// Its new value.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    property_value: Option<Value>,
}

/// What became of changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HubspotAnswer {
    /// Records that were stored.
    records: usize,
    /// Changes of other kinds.
    passed_over: usize,
}

/// Changes of properties from HubSpot
///
/// For a private app's webhook: `contact.propertyChange`. The request is signed by HubSpot, and needs no token.
#[utoipa::path(
    post,
    path = "/hooks/hubspot",
    tag = "store",
    request_body = Vec<HubspotEvent>,
    responses((status = 200, description = "The changes are stored", body = HubspotAnswer), Refused, (status = 404, description = "The server has no store, or no secret"))
)]
pub(super) async fn hubspot(
    State(app): State<Arc<App>>,
    Extension(_): Extension<RequestId>,
    request: Request,
) -> Result<Json<HubspotAnswer>, Problem> {
    let none = || {
        Problem::new(StatusCode::NOT_FOUND, "this server takes nothing from HubSpot")
            .help("start it with --store and --public-url, and set LSRC_HUBSPOT_SECRET")
    };
    let (hook, keeper) = (app.hook.as_ref().ok_or_else(none)?, app.keeper.as_ref().ok_or_else(none)?);
    let headers = request.headers().clone();
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let content = read(&app, request).await?;
    let now = app.live.current().rules.now().micros / 1000;
    hook.verify(&headers, &path, content.text()?, now)?;
    let events: Vec<HubspotEvent> = content.json()?;
    let mut changed: Vec<(i64, Map<String, Value>)> = Vec::new();
    let mut passed_over = 0;
    for event in events {
        let is_change = event.subscription_type.as_deref().is_none_or(|kind| kind == "contact.propertyChange");
        let Some(name) = event.property_name.filter(|_| is_change) else {
            passed_over += 1;
            continue;
        };
        let value = event.property_value.map_or(Value::Null, |value| value);
        match changed.iter_mut().find(|(id, _)| *id == event.object_id) {
            Some((_, properties)) => drop(properties.insert(name, value)),
            None => changed.push((event.object_id, std::iter::once((name, value)).collect())),
        }
    }
    let records = changed.len();
    for (id, properties) in changed {
        keeper.keep(id.to_string(), Given::Properties(properties)).await?;
    }
    Ok(Json(HubspotAnswer { records, passed_over }))
}
