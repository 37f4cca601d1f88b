//! `POST /v1/check`, `/v1/diff`: what the commands of these names say of rules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::app::App;
use super::body::read;
use super::gate::RequestId;
use super::headers::answer;
use super::live::Loaded;
use super::problem::Problem;
use super::refused::Refused;
use super::types::{CheckAnswer, DiffAnswer};
use crate::analysis::{Analysis, Configs, Disk, Options, analyse};
use crate::check::Texts;
use crate::diag::render::{self, Format, Style, View};
use crate::engine::RuleLoader;
use crate::program::RuleSet;
use crate::report::jsonl::string;

/// Rules as texts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTexts {
    /// The text of each file, by its path from the folder of the rules.
    #[schema(example = json!({"score.lsr": "lsr 1\nschema contact { visits: integer }\nscore s { per visits then +1 max 5 }"}))]
    files: BTreeMap<String, String>,
    /// The file that uses the others; not needed for one file.
    #[serde(default)]
    entry: Option<String>,
}

/// Rules to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// The rules; those on the server's disk if none are given.
    #[serde(default)]
    rules: Option<RuleTexts>,
    /// Whether the reachable range of every score is wanted, which takes longer.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    ranges: Option<bool>,
}

/// Rules to compare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiffRequest {
    /// The rules before; those in force if none are given.
    #[serde(default)]
    old: Option<RuleTexts>,
    /// The rules after.
    new: RuleTexts,
}

impl RuleTexts {
    /// The file that uses the others.
    fn entry(&self, which: &str) -> Result<&str, Problem> {
        match (&self.entry, self.files.len()) {
            (Some(entry), _) if self.files.contains_key(entry) => Ok(entry),
            (Some(entry), _) => Err(Problem::content(format!("{which}: `{entry}` is not among the files"))),
            (None, 1) => self.files.keys().next().map(String::as_str).ok_or_else(Problem::internal),
            (None, 0) => Err(Problem::content(format!("{which}: there are no files"))),
            (None, _) => Err(Problem::content(format!("{which}: there are several files"))
                .help("name the one that uses the others as `entry`")),
        }
    }

    fn load(&self, which: &str) -> Result<RuleSet, Problem> {
        let entry = self.entry(which)?;
        let loader = self.files.iter().fold(RuleLoader::new(), |loader, (path, text)| loader.text(path, text.as_str()));
        let help = "`/v1/check` shows every error";
        loader.load(entry).map_err(|errors| Problem::content(format!("{which}: {errors}")).help(help))
    }
}

/// Check rules for mistakes
///
/// The document is that of `lsrc check --format json`.
#[utoipa::path(
    post,
    path = "/v1/check",
    tag = "rules",
    request_body = CheckRequest,
    responses((status = 200, description = "Errors and warnings with their places and fixes", body = CheckAnswer), Refused)
)]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let content = read(&app, request).await?;
    let asked: CheckRequest = content.object()?;
    drop(content);
    let (loaded, of) = (app.live.current(), Arc::clone(&app));
    let document = app.studies.run(move || checked(&of, &asked)).await?;
    Ok(written(&loaded, &id, "check", &document))
}

fn checked(app: &App, asked: &CheckRequest) -> Result<Vec<u8>, Problem> {
    let ranges = asked.ranges == Some(true);
    let found: Analysis = match &asked.rules {
        Some(rules) => {
            let entry = PathBuf::from(rules.entry("rules")?);
            let texts = rules.files.iter().fold(Texts::new(), |texts, (path, text)| texts.with(path, text.as_bytes()));
            let options = Options { ranges, ..Options::default() };
            analyse(&texts, &[entry], &mut Configs::none(), options).map_err(|failure| Problem::of(&failure))?
        }
        None => {
            let options = Options { ranges, allow_outside: app.options.allow_outside, ..Options::default() };
            let entries = [app.options.rules.clone()];
            analyse(&Disk::default(), &entries, &mut Configs::on_disk(None), options).map_err(|failure| Problem::of(&failure))?
        }
    };
    let files: Vec<_> = found.rule_files().collect();
    let scores = &found.ranges.scores;
    let view =
        View { sources: &found.sources, findings: &found.findings, summary: found.summary(), scores, files: &files, paths: &[] };
    let style = Style { color: false, unicode: true, width: 100 };
    let mut document = Vec::new();
    render::write(&mut document, Format::Json, &view, style).map_err(|_| Problem::internal())?;
    Ok(document)
}

/// Compare two versions of rules
///
/// The document is that of `lsrc diff --format json`.
#[utoipa::path(
    post,
    path = "/v1/diff",
    tag = "rules",
    request_body = DiffRequest,
    responses((status = 200, description = "What changes in rules, ranges and results", body = DiffAnswer), Refused)
)]
pub(super) async fn diff(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let content = read(&app, request).await?;
    let asked: DiffRequest = content.object()?;
    drop(content);
    let loaded = app.live.current();
    let of = Arc::clone(&loaded);
    let document = app.studies.run(move || compared(&of, &asked)).await?;
    Ok(written(&loaded, &id, "diff", &document))
}

fn compared(loaded: &Loaded, asked: &DiffRequest) -> Result<Vec<u8>, Problem> {
    let old = match &asked.old {
        Some(old) => old.load("old")?,
        None => loaded.rules.clone(),
    };
    let new = asked.new.load("new")?;
    let mut difference = old.difference(&new);
    // Where the server keeps its rules is nobody's concern.
    for name in [&mut difference.old, &mut difference.new] {
        if let Some(file) = Path::new(name.as_str()).file_name() {
            *name = file.to_string_lossy().into_owned();
        }
    }
    crate::report::diff::json(&difference).map(String::into_bytes).map_err(|_| Problem::internal())
}

fn written(loaded: &Loaded, id: &RequestId, name: &str, document: &[u8]) -> Response {
    let mut out = Vec::with_capacity(document.len() + 128);
    out.extend_from_slice(b"{\"revision\":");
    string(&mut out, &loaded.revision);
    out.extend_from_slice(b",\"request_id\":");
    string(&mut out, &id.0);
    out.push(b',');
    string(&mut out, name);
    out.push(b':');
    out.extend_from_slice(document.trim_ascii());
    out.push(b'}');
    answer(loaded, out)
}
