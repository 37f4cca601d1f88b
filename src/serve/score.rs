//! `POST /v1/score`, `/v1/batch`, `/v1/explain`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::app::App;
use super::body::{Content, is_lines, read, read_any};
use super::gate::RequestId;
use super::headers::answer;
use super::lines;
use super::live::Loaded;
use super::problem::Problem;
use super::refused::Refused;
use super::scoring::{self, Asked, Explain};
use super::types::{BatchAnswer, ExplainAnswer, ScoreAnswer};
use crate::invariant::Sure as _;
use crate::report::jsonl::string;
use crate::time::AsOf;

/// A record to score.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreRequest<'a> {
    /// The record: an object with the names of the schema.
    #[serde(borrow)]
    #[schema(value_type = Object, example = json!({"email": "ann@example.com"}))]
    record: &'a RawValue,
    /// The moment: `2026-01-15` for its end, or `2026-01-15T10:30`. The present moment otherwise.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, example = "2026-01-15")]
    as_of: Option<Cow<'a, str>>,
    /// Whether the account of the record is wanted.
    #[serde(default)]
    #[schema(value_type = Option<Explain>)]
    explain: Option<Explain>,
}

/// A record to explain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainRequest<'a> {
    /// The record: an object with the names of the schema.
    #[serde(borrow)]
    #[schema(value_type = Object, example = json!({"email": "ann@example.com"}))]
    record: &'a RawValue,
    /// The moment, as for `/v1/score`.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, example = "2026-01-15")]
    as_of: Option<Cow<'a, str>>,
}

/// Records to score.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchRequest<'a> {
    /// The records. One that is not an object gets an error in its place, and the others their results.
    #[serde(borrow)]
    #[schema(value_type = Vec<Object>, example = json!([{"email": "ann@example.com"}, {"email": "bob@example.com"}]))]
    records: Records<'a>,
    /// The moment, as for `/v1/score`.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, example = "2026-01-15")]
    as_of: Option<Cow<'a, str>>,
    /// `none` or `reasons`.
    #[serde(default)]
    #[schema(value_type = Option<Explain>)]
    explain: Option<Explain>,
}

/// How the lines of a batch are scored.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchQuery {
    /// For records by line: the moment, as for `/v1/score`.
    as_of: Option<String>,
    /// For records by line: `none` or `reasons`.
    explain: Option<Explain>,
}

/// The texts of records. However many there are, only so many are kept.
#[derive(Debug)]
pub(super) struct Records<'a> {
    kept: Vec<&'a RawValue>,
    count: usize,
}

/// No batch in one document has more.
const MOST: usize = 100_000;

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Records<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut records = Records { kept: Vec::new(), count: 0 };
                while let Some(record) = list.next_element::<&RawValue>()? {
                    records.count += 1;
                    if records.count <= MOST {
                        records.kept.push(record);
                    }
                }
                Ok(records)
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

/// The moment that is asked for, or the present one.
pub(super) fn moment(loaded: &Loaded, asked: Option<&str>) -> Result<AsOf, Problem> {
    let Some(text) = asked else { return Ok(loaded.now()) };
    loaded.rules.as_of(text).map_err(|error| Problem::content(format!("as_of: {error}")))
}

/// Appends what every answer begins with.
pub(super) fn head(loaded: &Loaded, as_of: AsOf, id: &RequestId, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"revision\":");
    string(out, &loaded.revision);
    out.extend_from_slice(b",\"as_of\":");
    string(out, &loaded.shown(as_of));
    out.extend_from_slice(b",\"request_id\":");
    string(out, &id.0);
}

/// Score one record
#[utoipa::path(
    post,
    path = "/v1/score",
    tag = "scoring",
    request_body = ScoreRequest,
    responses((status = 200, description = "The scores, labels and stages of the record", body = ScoreAnswer), Refused)
)]
pub(super) async fn score(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let content = read(&app, request).await?;
    let asked: ScoreRequest<'_> = content.object()?;
    let loaded = app.live.current();
    let as_of = moment(&loaded, asked.as_of.as_deref())?;
    let explain = asked.explain.unwrap_or(Explain::None);
    let mut out = Vec::with_capacity(1024);
    head(&loaded, as_of, &id, &mut out);
    out.extend_from_slice(b",\"result\":");
    scoring::one(&loaded, as_of, asked.record.get(), explain == Explain::Reasons, &mut out)?;
    if explain == Explain::Full {
        let record = asked.record.get().to_owned();
        let of = Arc::clone(&loaded);
        let account = app.work.run(move || explained(&of, as_of, &record)).await?;
        out.extend_from_slice(b",\"explanation\":");
        out.extend_from_slice(&account);
    }
    out.push(b'}');
    app.metrics.records(scoring::Counts { scored: 1, broken: 0 });
    Ok(answer(&loaded, out))
}

fn explained(loaded: &Loaded, as_of: AsOf, record: &str) -> Result<Vec<u8>, Problem> {
    let explanation = scoring::explain(loaded, as_of, record)?;
    serde_json::to_vec(&explanation).map_err(|_| Problem::internal())
}

/// Explain one record to the last point
///
/// The document is that of `lsrc why --format json`.
#[utoipa::path(
    post,
    path = "/v1/explain",
    tag = "scoring",
    request_body = ExplainRequest,
    responses((status = 200, description = "Every rule with what it saw, and what would reach the next stage", body = ExplainAnswer), Refused)
)]
pub(super) async fn explain(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let content = read(&app, request).await?;
    let asked: ExplainRequest<'_> = content.object()?;
    let loaded = app.live.current();
    let as_of = moment(&loaded, asked.as_of.as_deref())?;
    let mut out = Vec::with_capacity(4096);
    head(&loaded, as_of, &id, &mut out);
    let (record, of) = (asked.record.get().to_owned(), Arc::clone(&loaded));
    let account = app.work.run(move || explained(&of, as_of, &record)).await?;
    out.extend_from_slice(b",\"explanation\":");
    out.extend_from_slice(&account);
    out.push(b'}');
    Ok(answer(&loaded, out))
}

/// Score many records
///
/// With `application/json` as many as the server's limit in one document; with `application/x-ndjson` a record a line without end, and
/// results as they come. The body should then be sent while the answer is read.
#[utoipa::path(
    post,
    path = "/v1/batch",
    tag = "scoring",
    params(BatchQuery),
    request_body(content(
        (BatchRequest = "application/json"),
        (String = "application/x-ndjson", example = json!("{\"email\": \"ann@example.com\"}\n"))
    )),
    responses(
        (status = 200, description = "The results in the order of the records", content(
            (BatchAnswer = "application/json"),
            (String = "application/x-ndjson")
        )),
        Refused
    )
)]
pub(super) async fn batch(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    query: Result<Query<BatchQuery>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let by_line = is_lines(request.headers())?;
    let loaded = app.live.current();
    if by_line {
        let as_of = moment(&loaded, query.as_of.as_deref())?;
        let reasons = brief(query.explain)?;
        return Ok(lines::answer(app, loaded, as_of, reasons, request.into_body()));
    }
    if query.as_of.is_some() || query.explain.is_some() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "`as_of` and `explain` in the address are for records by line")
            .help("write them into the document, beside `records`"));
    }
    let content = read_any(&app, request.into_body()).await?;
    let most = app.options.limits.records.min(MOST);
    if content.len() <= SMALL {
        return whole(&loaded, &content, most, &id, &app);
    }
    let of = Arc::clone(&app);
    app.work.run(move || whole(&loaded, &content, most, &id, &of)).await
}

/// A body of so few bytes is scored on the thread that serves: handing it on would take as long.
const SMALL: usize = 16 << 10;

/// Whether reasons are wanted of a batch.
fn brief(explain: Option<Explain>) -> Result<bool, Problem> {
    match explain.unwrap_or(Explain::None) {
        Explain::None => Ok(false),
        Explain::Reasons => Ok(true),
        Explain::Full => {
            Err(Problem::content("explain: a batch gives `reasons` at most")
                .help("ask `/v1/explain` for one record's full account"))
        }
    }
}

/// Scores the records of one document.
fn whole(loaded: &Loaded, content: &Content, most: usize, id: &RequestId, app: &App) -> Result<Response, Problem> {
    let text = content.text()?;
    let asked: BatchRequest<'_> = content.object()?;
    if asked.records.count > most {
        let detail = format!("the batch has {} records, and {most} are allowed", asked.records.count);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            .help("send fewer at once, or a record a line with `Content-Type: application/x-ndjson`"));
    }
    let reasons = brief(asked.explain)?;
    let as_of = moment(loaded, asked.as_of.as_deref())?;
    let start = text.as_ptr() as usize;
    let place = |record: &&RawValue| -> Range<usize> {
        let record = record.get();
        let from = (record.as_ptr() as usize).checked_sub(start).sure("a part of a text begins within it");
        from..from + record.len()
    };
    let records: Vec<Range<usize>> = asked.records.kept.iter().map(place).collect();
    let mut out = Vec::with_capacity(256 * records.len() + 256);
    head(loaded, as_of, id, &mut out);
    out.extend_from_slice(b",\"results\":[");
    let asked = Asked { as_of, reasons, between: b",", lines: None };
    let counts = scoring::many(loaded, &asked, text, &records, &mut out)?;
    out.extend_from_slice(b"]}");
    app.metrics.records(counts);
    Ok(answer(loaded, out))
}
