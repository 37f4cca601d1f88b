//! A client of the server: plays a case, and writes down what the server says.
//!
//! A case has files, each behind a line `--- NAME`, and steps, each a line that begins with `> `. `$0` to `$9` mark places of files; they
//! are taken out. Steps:
//!
//! * `open FILE`, `close FILE`, `save FILE`
//! * `change FILE [$a..$b] "text"`: without places, the whole text
//! * `write FILE "text"`, `remove FILE`: on disk, and the client says that it watched it
//! * `METHOD FILE [$a | $a..$b] [{more params}]`: a request
//! * `raw {message}`
//!
//! The client starts with `initialize`, unless the first step is `raw`; `client {params}` before the first file gives what it says there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lsrc::lsp::{Message, Session};
use serde_json::{Value, json};

/// A file of a case: its text without marks, and the byte of each mark.
#[derive(Debug, Default)]
struct Text {
    text: String,
    marks: BTreeMap<char, usize>,
}

impl Text {
    fn of(marked: &str) -> Self {
        let mut it = Self::default();
        let mut rest = marked.chars().peekable();
        while let Some(c) = rest.next() {
            match rest.peek() {
                Some(digit) if c == '$' && digit.is_ascii_digit() => {
                    it.marks.insert(*digit, it.text.len());
                    rest.next();
                }
                _ => it.text.push(c),
            }
        }
        it
    }

    /// The position of a byte, in bytes or UTF-16 units.
    fn position(&self, at: usize, utf8: bool) -> Value {
        let before = &self.text[..at];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let character = if utf8 { at - start } else { before[start..].encode_utf16().count() };
        json!({"line": line, "character": character})
    }
}

pub(super) struct Client {
    session: Session,
    folder: tempfile::TempDir,
    texts: BTreeMap<String, Text>,
    versions: BTreeMap<String, i32>,
    utf8: bool,
    next: i32,
    said: String,
}

/// Plays a case; what was sent and answered.
pub(super) fn play(case: &str) -> String {
    let (head, body) = case.split_once("--- ").map_or((case, ""), |(head, body)| (head, body));
    let mut client = Client::new();
    let mut steps: Vec<String> = Vec::new();
    for section in body.split("\n--- ").filter(|section| !section.is_empty()) {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        let (text, own): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| !line.starts_with("> "));
        let text = text.join("\n") + "\n";
        client.add(name.trim(), &text);
        steps.extend(own.iter().map(|line| line[2..].to_owned()));
    }
    client.count();
    let own = head.lines().find_map(|line| line.strip_prefix("client "));
    let mut params: Value = own.map_or_else(|| json!({}), |own| serde_json::from_str(own).unwrap());
    if !steps.first().is_some_and(|step| step.starts_with("raw ")) {
        client.utf8 = params.pointer("/capabilities/general/positionEncodings/0").is_some_and(|first| first == "utf-8");
        if params.get("workspaceFolders").is_none() {
            params["workspaceFolders"] = json!([{"uri": client.uri(""), "name": "case"}]);
        }
        client.quietly(&json!({"id": 0, "method": "initialize", "params": params}));
        client.quietly(&json!({"method": "initialized", "params": {}}));
    }
    for step in steps {
        client.said.push_str(&format!("> {step}\n"));
        client.step(&step);
    }
    client.said
}

impl Client {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lsrc.toml"), "").unwrap();
        Self {
            session: Session::new(Box::new(())),
            folder,
            texts: BTreeMap::new(),
            versions: BTreeMap::new(),
            utf8: false,
            next: 0,
            said: String::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(name)
    }

    fn uri(&self, name: &str) -> String {
        if name.contains(':') { name.to_owned() } else { format!("file://{}", self.path(name).display()) }
    }

    fn add(&mut self, name: &str, marked: &str) {
        let text = Text::of(marked);
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &text.text).unwrap();
        self.texts.insert(name.to_owned(), text);
    }

    /// Counts of a run of the rules as they are have their digest.
    fn count(&self) {
        let path = self.path(".lsrc/hits.json");
        if let Ok(text) = fs::read_to_string(&path) {
            let program = lsrc::analysis::load(&lsrc::analysis::Disk::default(), &self.path("score.lsr"), false);
            fs::write(path, text.replace("$DIGEST", &lsrc::hits::digest(&program.sources))).unwrap();
        }
    }

    fn send(&mut self, message: &Value) -> Vec<Value> {
        let message: Message = serde_json::from_value(message.clone()).unwrap();
        let answers = self.session.handle(message);
        answers.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
    }

    fn quietly(&mut self, message: &Value) {
        self.send(message);
    }

    fn work(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(messages) = self.session.work() {
            all.extend(messages.iter().map(|message| serde_json::to_value(message).unwrap()));
        }
        all
    }

    fn step(&mut self, step: &str) {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (file, rest) = if verb == "raw" { ("", rest) } else { rest.split_once(' ').unwrap_or((rest, "")) };
        let message = match verb {
            "raw" => serde_json::from_str(&rest.replace("$ROOT", &self.path("").display().to_string())).unwrap(),
            "open" => {
                let text = self.texts.get(file).map(|text| text.text.clone()).unwrap_or_default();
                let document = json!({"uri": self.uri(file), "languageId": "lsr", "version": 1, "text": text});
                json!({"method": "textDocument/didOpen", "params": {"textDocument": document}})
            }
            "close" => json!({"method": "textDocument/didClose", "params": {"textDocument": {"uri": self.uri(file)}}}),
            "save" => json!({"method": "textDocument/didSave", "params": {"textDocument": {"uri": self.uri(file)}}}),
            "change" => self.change(file, rest),
            "write" | "remove" => self.on_disk(verb, file, rest),
            _ => self.request(verb, file, rest),
        };
        let mut messages = self.send(&message);
        messages.extend(self.work());
        for message in messages {
            match (verb, message.get("result")) {
                ("textDocument/completion", Some(result)) => self.said.push_str(&completions(result)),
                ("textDocument/semanticTokens/full", Some(result)) => {
                    let text = colours(result, &self.texts[file].text);
                    self.said.push_str(&text);
                }
                _ => self.write(&message),
            }
        }
        if let Some(status) = self.session.exit_status() {
            self.said.push_str(&format!("exit status {status}\n"));
        }
        self.said.push('\n');
    }

    fn change(&mut self, file: &str, rest: &str) -> Value {
        let version = self.versions.entry(file.to_owned()).or_insert(1);
        *version += 1;
        let version = *version;
        let (places, quoted) = match rest.strip_prefix('$') {
            Some(_) => rest.split_once(' ').map(|(places, quoted)| (Some(places), quoted)).unwrap(),
            None => (None, rest),
        };
        let new: String = serde_json::from_str(quoted).unwrap();
        let change = match places.map(|places| self.places(file, places)) {
            Some((start, end)) => {
                let range = json!({"start": self.position(file, start), "end": self.position(file, end)});
                let text = self.texts.get_mut(file).unwrap();
                text.text.replace_range(start..end, &new);
                for mark in text.marks.values_mut().filter(|mark| **mark >= end) {
                    *mark = *mark + new.len() - (end - start);
                }
                json!({"range": range, "text": new})
            }
            None => {
                self.texts.insert(file.to_owned(), Text::of(&new));
                json!({"text": Text::of(&new).text})
            }
        };
        let document = json!({"uri": self.uri(file), "version": version});
        json!({"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [change]}})
    }

    fn on_disk(&mut self, verb: &str, file: &str, rest: &str) -> Value {
        let path = self.path(file);
        let kind = if verb == "write" {
            let text: String = serde_json::from_str(rest).unwrap();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            2
        } else {
            if path.is_dir() {
                fs::remove_dir_all(&path).unwrap()
            } else {
                fs::remove_file(&path).unwrap()
            }
            3
        };
        json!({"method": "workspace/didChangeWatchedFiles", "params": {"changes": [{"uri": self.uri(file), "type": kind}]}})
    }

    fn request(&mut self, method: &str, file: &str, rest: &str) -> Value {
        self.next += 1;
        let (places, more) = match rest.strip_prefix('$') {
            Some(_) => rest.split_once(' ').unwrap_or((rest, "{}")),
            None => ("", if rest.is_empty() { "{}" } else { rest }),
        };
        let mut params: Value = serde_json::from_str(&more.replace("$ROOT", &self.path("").display().to_string())).unwrap();
        if file != "-" {
            params["textDocument"] = json!({"uri": self.uri(file)});
        }
        if !places.is_empty() {
            let (start, end) = self.places(file, places);
            let (start, end) = (self.position(file, start), self.position(file, end));
            if places.contains("..") {
                params["range"] = json!({"start": start, "end": end});
            } else {
                params["position"] = start.clone();
                params["positions"] = json!([start]);
            }
        }
        json!({"id": self.next, "method": method, "params": params})
    }

    /// `$a` or `$a..$b`
    fn places(&self, file: &str, places: &str) -> (usize, usize) {
        let mark = |place: &str| {
            let name = place.chars().nth(1).unwrap();
            *self.texts[file].marks.get(&name).unwrap_or_else(|| panic!("{file} has no mark {place}"))
        };
        match places.split_once("..") {
            Some((start, end)) => (mark(start), mark(end)),
            None => (mark(places), mark(places)),
        }
    }

    fn position(&self, file: &str, at: usize) -> Value {
        self.texts[file].position(at, self.utf8)
    }

    /// Writes a message down as a reader would want it: ranges in one word, files by their names, diagnostics a line each.
    fn write(&mut self, message: &Value) {
        let root = format!("file://{}", self.path("").display());
        let method = message.get("method").and_then(Value::as_str);
        let text = match method {
            Some("textDocument/publishDiagnostics") => published(&message["params"]),
            Some(method) => format!("{method} {}\n", pretty(&short(&message["params"]))),
            None => match message.get("error") {
                Some(error) => format!("error {}: {}\n", error["code"], error["message"].as_str().unwrap()),
                None => format!("{}\n", pretty(&short(&message["result"]))),
            },
        };
        let folder = self.path("").display().to_string();
        self.said.push_str(&text.replace(&root, "").replace(&folder, "ROOT/"));
    }
}

/// Completions, a line each, in the order in which a client shows them.
fn completions(result: &Value) -> String {
    let mut items: Vec<&Value> = result["items"].as_array().unwrap().iter().collect();
    items.sort_by_key(|item| item["sortText"].as_str().unwrap());
    let range = items.first().map(|item| range(&item["textEdit"]["range"]).unwrap()).unwrap_or_default();
    let lines = items.iter().map(|item| {
        let (label, text) = (item["label"].as_str().unwrap(), item["textEdit"]["newText"].as_str().unwrap());
        let written = if label == text { String::new() } else { format!(" writes {}", item["textEdit"]["newText"]) };
        let detail = item.get("detail").map_or_else(String::new, |detail| format!(": {}", detail.as_str().unwrap()));
        let docs = item.pointer("/documentation/value").map_or("", |docs| docs.as_str().unwrap().lines().next().unwrap());
        let docs = if docs.is_empty() { String::new() } else { format!(" # {docs}") };
        format!("  {} {label}{detail}{written}{docs}\n", item["kind"])
    });
    format!("replaces {range}\n{}", lines.collect::<String>())
}

/// What every word is, a line for each line of the text.
fn colours(result: &Value, text: &str) -> String {
    const KINDS: [&str; 9] = ["keyword", "property", "option", "output", "variable", "text", "number", "pattern", "comment"];
    let data: Vec<usize> = result["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let lines: Vec<Vec<u16>> = text.lines().map(|line| line.encode_utf16().collect()).collect();
    let (mut line, mut character) = (0, 0);
    let mut out = String::new();
    for token in data.chunks(5) {
        if token[0] > 0 {
            character = 0;
            out.push('\n');
        }
        line += token[0];
        character += token[1];
        let word = String::from_utf16(&lines[line][character..character + token[2]]).unwrap();
        let declared = if token[4] == 1 { "!" } else { "" };
        out.push_str(&format!("{word}<{}{declared}> ", KINDS[token[3]]));
    }
    out.replace(" \n", "\n").trim_end().to_owned() + "\n"
}

fn published(params: &Value) -> String {
    let version = params.get("version").map_or_else(String::new, |version| format!(" version {version}"));
    let mut out = format!("diagnostics of {}{version}\n", params["uri"].as_str().unwrap());
    for it in params["diagnostics"].as_array().unwrap() {
        let severity = if it["severity"] == 1 { "error" } else { "warning" };
        let code = it.get("code").and_then(Value::as_str).unwrap_or("-");
        let tags = it.get("tags").map_or("", |_| " (unnecessary)");
        let page = it.pointer("/codeDescription/href").map_or_else(String::new, |page| format!(" {}", page.as_str().unwrap()));
        out.push_str(&format!("  {} {severity} {code}{tags}{page}\n", range(&it["range"]).unwrap()));
        for line in it["message"].as_str().unwrap().lines() {
            out.push_str(&format!("    {line}\n"));
        }
        for related in it.get("relatedInformation").and_then(Value::as_array).into_iter().flatten() {
            let place = range(&related["location"]["range"]).unwrap();
            let uri = related["location"]["uri"].as_str().unwrap();
            out.push_str(&format!("    at {uri} {place}: {}\n", related["message"].as_str().unwrap()));
        }
    }
    out
}

/// `1:2-3:4`
fn range(value: &Value) -> Option<String> {
    let position = |end: &str| {
        let at = value.get(end)?;
        Some(format!("{}:{}", at.get("line")?, at.get("character")?))
    };
    Some(format!("{}-{}", position("start")?, position("end")?))
}

fn short(value: &Value) -> Value {
    if let Some(range) = range(value) {
        return Value::String(range);
    }
    match value {
        Value::Object(members) => match (members.get("line"), members.get("character")) {
            (Some(line), Some(character)) if members.len() == 2 => Value::String(format!("{line}:{character}")),
            _ => Value::Object(members.iter().map(|(name, value)| (name.clone(), short(value))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(short).collect()),
        other => other.clone(),
    }
}

/// JSON with the innermost objects on one line each.
fn pretty(value: &Value) -> String {
    fn write(value: &Value, indent: usize, out: &mut String) {
        let compact = value.to_string();
        let nested = match value {
            Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
            Value::Object(members) => members.values().any(|item| item.is_object() || item.is_array()),
            _ => false,
        };
        if compact.chars().count() <= 110 && !nested || compact.chars().count() <= 60 {
            out.push_str(&compact);
            return;
        }
        let pad = "  ".repeat(indent + 1);
        match value {
            Value::Array(items) => {
                out.push_str("[\n");
                for item in items {
                    out.push_str(&pad);
                    write(item, indent + 1, out);
                    out.push('\n');
                }
                out.push_str(&format!("{}]", "  ".repeat(indent)));
            }
            Value::Object(members) => {
                out.push_str("{\n");
                for (name, item) in members {
                    out.push_str(&format!("{pad}{name}: "));
                    write(item, indent + 1, out);
                    out.push('\n');
                }
                out.push_str(&format!("{}}}", "  ".repeat(indent)));
            }
            Value::String(text) if text.contains('\n') => {
                out.push_str("\"\"\"\n");
                for line in text.lines() {
                    out.push_str(&format!("{pad}{line}\n"));
                }
                out.push_str(&format!("{pad}\"\"\""));
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

/// The client's folder, for tests that send messages of their own.
impl Client {
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens a text, lets the server work, and gives all messages.
    pub(super) fn tell(&mut self, message: &Value) -> Vec<Value> {
        let mut messages = self.send(message);
        messages.extend(self.work());
        messages
    }
}
