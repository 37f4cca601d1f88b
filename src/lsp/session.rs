//! A session: its life, its texts and projects, and where each message goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::Host;
use super::capabilities::{Client, offer, watched};
use super::documents::Documents;
use super::project::{Project, Tier};
use super::types::{Diagnostic, Uri};
use super::uri;
use crate::analysis::Disk;
use crate::check::Loader as _;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    New,
    /// Between `initialize` and `shutdown`.
    Running,
    /// After `shutdown`.
    Down,
    /// After `exit`, with the exit status.
    Over(u8),
}

/// One client's session.
pub struct Session {
    phase: Phase,
    /// What the client can do.
    pub(super) client: Client,
    /// What the session needs of the program around it.
    pub(super) host: Box<dyn Host>,
    /// The files, with the open texts in their places.
    pub(super) disk: Disk,
    /// The open texts.
    pub(super) documents: Documents,
    /// The folders that are open in the client.
    pub(super) folders: Vec<PathBuf>,
    /// By their folder, or by their one file.
    pub(super) projects: BTreeMap<PathBuf, Project>,
    /// What was last said of a document, by the project that said it.
    pub(super) published: BTreeMap<PathBuf, BTreeMap<Uri, Vec<Diagnostic>>>,
    /// Documents whose state the client waits to hear of.
    pub(super) awaited: Vec<PathBuf>,
    /// The projects of which more is to be said.
    pub(super) unpublished: Vec<PathBuf>,
    /// A document that the client is to show.
    pub(super) opening: Option<Uri>,
    /// The number of the next request to the client.
    next_request: i32,
}

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Refusal {
    code: ErrorCode,
    /// Why, in the user's words.
    pub(super) message: String,
}

impl Refusal {
    /// What is asked for cannot be done, in the user's words.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::RequestFailed, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParams, message: message.into() }
    }
}

impl Session {
    /// A session that waits for `initialize`.
    #[must_use]
    pub fn new(host: Box<dyn Host>) -> Self {
        Self {
            phase: Phase::New,
            client: Client::default(),
            host,
            disk: Disk::default(),
            documents: Documents::default(),
            folders: Vec::new(),
            projects: BTreeMap::new(),
            published: BTreeMap::new(),
            awaited: Vec::new(),
            unpublished: Vec::new(),
            opening: None,
            next_request: 0,
        }
    }

    /// The exit status, once the client has asked to exit: 0 after `shutdown`, else 1.
    #[must_use]
    pub fn exit_status(&self) -> Option<u8> {
        if let Phase::Over(status) = self.phase { Some(status) } else { None }
    }

    /// Handles a message, and gives the messages to send for it.
    pub fn handle(&mut self, message: Message) -> Vec<Message> {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(note) => self.notified(note),
            // The answers to what the client is asked for change nothing.
            Message::Response(_) => Vec::new(),
        }
    }

    /// Does the next piece of what waits, and gives the messages to send for it; `None` where nothing waits.
    pub fn work(&mut self) -> Option<Vec<Message>> {
        if self.phase != Phase::Running {
            return None;
        }
        if let Some(key) = self.unpublished.pop() {
            return Some(self.publish(&key));
        }
        let unfinished = |(_, project): &(&PathBuf, &Project)| project.tier < Tier::Linted || !project.said;
        if let Some(key) = self.projects.iter().find(unfinished).map(|(key, _)| key.clone()) {
            return Some(self.advance(&key));
        }
        let (_, shallow) = self.projects.iter_mut().find(|(_, project)| project.is_shallow())?;
        shallow.deepen(&self.disk);
        if shallow.is_shallow() {
            return Some(Vec::new());
        }
        let methods = ["workspace/inlayHint/refresh", "workspace/codeLens/refresh"];
        let wanted: Vec<_> = methods.into_iter().zip(self.client.refreshes).filter(|(_, wanted)| *wanted).collect();
        Some(wanted.into_iter().map(|(method, _)| self.ask(method, Value::Null)).collect())
    }

    /// Finds out more of a project, and says it. Errors are said before warnings are looked for, which takes longer.
    fn advance(&mut self, key: &Path) -> Vec<Message> {
        let Some(project) = self.projects.get(key) else { return Vec::new() };
        let warnings = project.tier == Tier::Checked && project.said;
        self.check(key, warnings);
        if let Some(project) = self.projects.get_mut(key) {
            project.said = true;
        }
        self.publish(key)
    }

    /// Finds out the errors of a project, and with `warnings` the warnings, if they are not known.
    pub(super) fn check(&mut self, key: &Path, warnings: bool) {
        if let Some(project) = self.projects.get_mut(key) {
            let own = self.documents.paths().filter(|path| path.as_path() == key || path.starts_with(key));
            project.check(&self.disk, own, warnings);
        }
    }

    /// The project that a file belongs to: the nearest marked folder, else a folder of the client, else the file alone.
    pub(super) fn project_of(&mut self, path: &Path) -> PathBuf {
        let folder =
            || self.folders.iter().filter(|folder| path.starts_with(folder)).max_by_key(|folder| folder.as_os_str().len());
        let root = self.disk.project(path).or_else(|| folder().cloned());
        let key = root.clone().unwrap_or_else(|| path.to_owned());
        if !self.projects.contains_key(&key) {
            self.projects.insert(key.clone(), Project::new(&self.disk, root));
        }
        key
    }

    /// The path of a document, by which it is known.
    pub(super) fn path(&self, uri: &Uri) -> PathBuf {
        let path = uri::path(uri);
        self.disk.real(&path).unwrap_or(path)
    }

    /// A request to the client.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Message {
        self.next_request += 1;
        Request::new(RequestId::from(self.next_request), method.to_owned(), params).into()
    }

    fn request(&mut self, request: Request) -> Vec<Message> {
        let refuse =
            |id: RequestId, code: ErrorCode, message: &str| vec![Response::new_err(id, code as i32, message.to_owned()).into()];
        match (self.phase, request.method.as_str()) {
            (Phase::New, "initialize") => self.initialize(request),
            (Phase::New, _) => refuse(request.id, ErrorCode::ServerNotInitialized, "the first request is `initialize`"),
            (Phase::Down | Phase::Over(_), _) => refuse(request.id, ErrorCode::InvalidRequest, "the server has been shut down"),
            (Phase::Running, "initialize") => refuse(request.id, ErrorCode::InvalidRequest, "`initialize` is sent once"),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::Down;
                vec![Response::new_ok(request.id, Value::Null).into()]
            }
            (Phase::Running, _) => {
                let (id, method) = (request.id.clone(), request.method.clone());
                match self.answer(request) {
                    Some(messages) => messages,
                    None => refuse(id, ErrorCode::MethodNotFound, &format!("`{method}` is not a request of this server")),
                }
            }
        }
    }

    fn initialize(&mut self, request: Request) -> Vec<Message> {
        self.phase = Phase::Running;
        self.client = Client::of(&request.params);
        let folders = request.params.get("workspaceFolders").and_then(Value::as_array);
        let named = folders.into_iter().flatten().filter_map(|folder| folder.get("uri")?.as_str());
        let single = request.params.get("rootUri").and_then(Value::as_str).filter(|_| folders.is_none());
        let uris = named.chain(single).filter_map(|uri| Uri::parse(uri).ok());
        self.folders = uris.map(|uri| self.path(&uri)).collect();
        vec![Response::new_ok(request.id, offer(self.client.encoding)).into()]
    }

    fn notified(&mut self, note: Notification) -> Vec<Message> {
        match (self.phase, note.method.as_str()) {
            (Phase::Down, "exit") => self.phase = Phase::Over(0),
            (Phase::New | Phase::Running, "exit") => self.phase = Phase::Over(1),
            (Phase::Running, "initialized") => {
                if self.client.watches {
                    return vec![self.ask("client/registerCapability", watched())];
                }
            }
            (Phase::Running, _) => self.sync(note),
            (Phase::New | Phase::Down | Phase::Over(_), _) => {}
        }
        Vec::new()
    }

    /// Answers a request whose params are of one type.
    pub(super) fn with<P: serde::de::DeserializeOwned, R: Serialize>(
        &mut self,
        request: Request,
        answer: impl FnOnce(&mut Self, P) -> Result<R, Refusal>,
    ) -> Vec<Message> {
        let Request { id, params, method } = request;
        let params = serde_json::from_value(params).map_err(|error| Refusal::invalid(format!("{method}: {error}")));
        let result = params.and_then(|params| answer(self, params));
        let result = result.and_then(|result| serde_json::to_value(result).map_err(|error| Refusal::failed(error.to_string())));
        vec![match result {
            Ok(result) => Response::new_ok(id, result).into(),
            Err(Refusal { code, message }) => Response::new_err(id, code as i32, message).into(),
        }]
    }

    /// A message that the client shows to the user.
    pub(super) fn show(kind: ShowKind, message: &str) -> Message {
        let kind = match kind {
            ShowKind::Error => 1,
            ShowKind::Info => 3,
        };
        Notification::new("window/showMessage".to_owned(), json!({"type": kind, "message": message})).into()
    }
}

/// How important a message to the user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShowKind {
    /// Something could not be done.
    Error,
    /// Something was done.
    Info,
}
