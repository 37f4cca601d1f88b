//! The server, in the process, on a port of this machine: a case is a file of requests, its snapshot what came back.

mod client;
mod limits;
mod process;
mod reload;
mod store;

use std::fs;
use std::path::{Path, PathBuf};

use lsrc::analysis::ServeTable;
use lsrc::serve::{Options, Server};

use crate::command::cases;

/// Options for a server of these rules on a free port.
pub(crate) fn options(rules: &Path, table: ServeTable) -> Options {
    let table = ServeTable { listen: Some("127.0.0.1:0".to_owned()), ..table };
    Options::of(rules, table, &ServeTable::default(), Path::new("")).unwrap()
}

fn rules() -> PathBuf {
    cases("serve").join("score.lsr")
}

/// The requests of a case: each begins with `### ` and a title, then as HTTP writes it.
struct Request {
    title: String,
    first: String,
    headers: Vec<String>,
    body: String,
}

fn requests(text: &str) -> Vec<Request> {
    text.split("### ")
        .skip(1)
        .map(|part| {
            let (title, rest) = part.split_once('\n').unwrap();
            let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
            let mut lines = head.trim_end().lines().map(str::to_owned);
            let first = lines.next().unwrap();
            Request { title: title.to_owned(), first, headers: lines.collect(), body: body.trim_end_matches('\n').to_owned() }
        })
        .collect()
}

/// The headers of answers that a case shows.
const SHOWN: [&str; 7] = ["content-type", "allow", "retry-after", "www-authenticate", "lsrc-as-of", "cache-control", "location"];

fn shown(answer: &client::Answer) -> String {
    let mut told = format!("{}\n", answer.status);
    for name in SHOWN.iter().filter(|name| **name != "cache-control" || answer.header(name) != Some("no-store")) {
        if let Some(value) = answer.header(name) {
            told.push_str(&format!("{name}: {value}\n"));
        }
    }
    assert!(answer.header("x-request-id").is_some(), "{told}");
    assert!(answer.header("lsrc-revision").is_some(), "{told}");
    let body = match answer.header("content-type") {
        _ if answer.body.is_empty() => String::new(),
        Some(media) if media.contains("json") && !media.contains("ndjson") => {
            serde_json::to_string_pretty(&answer.json()).unwrap()
        }
        _ => answer.text(),
    };
    told + "\n" + &body
}

#[test]
fn the_server_answers_as_the_cases_say() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "# name scopes token\ncrm score,read crm-0123456789abcdef\nscorer score score-0123456789abcdef\nops admin ops-0123456789abcdef\n")
        .unwrap();
    let open = Server::start(options(&rules(), ServeTable { max_records: Some(3), ..ServeTable::default() })).unwrap();
    let page = Server::start(options(&rules(), ServeTable { playground: Some(true), ..ServeTable::default() })).unwrap();
    let guarded = Server::start(options(&rules(), ServeTable { token_file: Some(tokens), ..ServeTable::default() })).unwrap();
    let mut files: Vec<_> = fs::read_dir(cases("serve")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "http"));
    files.sort();
    assert!(files.len() >= 6, "there are cases of the server");
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let address = match name.as_str() {
            "tokens" => guarded.address(),
            "page" => page.address(),
            _ => open.address(),
        };
        let mut told = String::new();
        for request in requests(&fs::read_to_string(&path).unwrap()) {
            let headers: Vec<&str> = request.headers.iter().map(String::as_str).collect();
            let answer = client::ask(address, &request.first, &headers, &request.body);
            told.push_str(&format!("### {}\n{}\n\n", request.title, shown(&answer).trim_end()));
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file(&path);
        settings.add_filter(r#""revision": "[0-9a-f]+""#, r#""revision": "[revision]""#);
        settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]+\b", "[request]");
        settings.add_filter(r#""(since|as_of)": "20(2[6-9]|[3-9]\d)-[^"]*""#, r#""$1": "[moment]""#);
        settings.add_filter(r"(?m)^lsrc-as-of: 20(2[6-9]|[3-9]\d)-.*$", "lsrc-as-of: [moment]");
        settings.bind(|| insta::assert_snapshot!(name, told));
    }
    let index = client::get(page.address(), "/");
    assert_eq!(index.status, 200);
    assert!(index.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert!(index.text().contains("<script src=\"page.js\""));
    for server in [open, page, guarded] {
        server.stop();
    }
}

/// The committed document is the one that the program gives, and names every route.
#[test]
fn the_openapi_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/openapi.json");
    let now = lsrc::serve::openapi();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), now, "run this with UPDATE_DOCS=1");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/api.md");
    let written = api_page(&serde_json::from_str(&now).unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &written).unwrap();
    }
    assert_eq!(fs::read_to_string(&page).unwrap(), written, "run this with UPDATE_DOCS=1");
}

/// The reference of the interface as a page.
fn api_page(document: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    let mut page = String::from(
        "# The HTTP interface of `lsrc serve`\n\nWritten from [openapi.json](openapi.json), which `GET /openapi.json` gives too. \
         [serve.md](../guide/serve.md) is the guide.\n",
    );
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            page.push_str(&format!("\n## `{} {path}`\n\n{}\n", method.to_uppercase(), text(&operation["summary"])));
            if let Some(more) = operation["description"].as_str() {
                page.push_str(&format!("\n{more}\n"));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, said) = (text(&parameter["name"]), text(&parameter["description"]));
                page.push_str(&format!("\n* `{name}` in the address: {said}"));
            }
            if operation["parameters"].is_array() {
                page.push('\n');
            }
            let content = operation["requestBody"]["content"].as_object();
            for (media, body) in content.into_iter().flatten() {
                page.push_str(&format!("\nBody, `{media}`{}\n", fields(&body["schema"])));
            }
            page.push_str("\n| status | answer |\n| --- | --- |\n");
            for (status, response) in operation["responses"].as_object().unwrap() {
                page.push_str(&format!("| {status} | {} |\n", text(&response["description"])));
            }
            if let Some(content) = operation["responses"]["200"]["content"].as_object() {
                for (media, body) in content {
                    page.push_str(&format!("\nAnswer, `{media}`{}\n", fields(&body["schema"])));
                }
            }
        }
    }
    page.push_str("\n## Shapes\n");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        page.push_str(&format!("\n### {name}\n\n{}\n", text(&schema["description"])));
        page.push_str(&table(schema));
    }
    page
}

/// `: [ScoreRequest](#scorerequest)`
fn fields(schema: &serde_json::Value) -> String {
    match schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        Some(name) => format!(": [{name}](#{})", name.to_lowercase()),
        None => ".".to_owned(),
    }
}

fn type_of(schema: &serde_json::Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for any in ["oneOf", "anyOf"] {
        if let Some(of) = schema[any].as_array() {
            return of.iter().map(type_of).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        serde_json::Value::Array(types) => types.iter().filter_map(|t| t.as_str()).collect::<Vec<_>>().join(" or "),
        serde_json::Value::String(name) if name == "array" => format!("array of {}", type_of(&schema["items"])),
        serde_json::Value::String(name) => name.clone(),
        _ => "any".to_owned(),
    }
}

fn table(schema: &serde_json::Value) -> String {
    if let Some(names) = schema["enum"].as_array() {
        return format!(
            "\nOne of {}.\n",
            names.iter().map(|n| format!("`{}`", n.as_str().unwrap())).collect::<Vec<_>>().join(", ")
        );
    }
    let Some(properties) = schema["properties"].as_object() else { return String::new() };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    let mut rows = String::from("\n| field | type | |\n| --- | --- | --- |\n");
    for (name, property) in properties {
        let may = if required.contains(&name.as_str()) { "" } else { " (may be absent)" };
        let said = property["description"].as_str().unwrap_or("").replace('\n', " ").replace('|', "\\|");
        rows.push_str(&format!("| `{name}` | {}{may} | {said} |\n", type_of(property)));
    }
    rows
}
