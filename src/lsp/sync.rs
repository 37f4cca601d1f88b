//! Notifications: texts that are opened, changed and closed, files and folders that change.

use std::path::{Path, PathBuf};

use lsp_server::Notification;
use serde::de::DeserializeOwned;

use super::session::Session;
use super::types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, FileChangeType,
};
use crate::analysis::FILE_NAME;
use crate::hits;

/// The params of a notification; one that does not have their form is ignored, as the protocol has no answer to it.
fn read<P: DeserializeOwned>(note: Notification) -> Option<P> {
    serde_json::from_value(note.params).ok()
}

impl Session {
    pub(super) fn sync(&mut self, note: Notification) {
        let _read = match note.method.as_str() {
            "textDocument/didOpen" => read(note).map(|params| self.opened(params)),
            "textDocument/didChange" => read(note).map(|params| self.changed(params)),
            "textDocument/didClose" => read(note).map(|params| self.closed(&params)),
            "textDocument/didSave" => read(note).map(|params| self.saved(&params)),
            "workspace/didChangeWatchedFiles" => read(note).map(|params| self.files_changed(&params)),
            "workspace/didChangeWorkspaceFolders" => read(note).map(|params| self.folders_changed(params)),
            "workspace/didChangeConfiguration" => {
                let settings = note.params.get("settings");
                settings.map(|settings| self.client.configure(settings.get("lsrc").unwrap_or(settings)))
            }
            // What a notification of another version of the protocol says need not be known.
            _ => None,
        };
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let path = self.path(&document.uri);
        self.disk.put(&path, document.text.clone().into_bytes());
        self.documents.open(&path, document.uri, document.version, document.text);
        self.project_of(&path);
        self.touch(&path);
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let path = self.path(&params.text_document.text_document_identifier.uri);
        let Some(document) = self.documents.get_mut(&path) else { return };
        document.version = params.text_document.version;
        document.change(params.content_changes, self.client.encoding);
        self.disk.put(&path, document.source.text().as_bytes().to_vec());
        self.touch(&path);
    }

    fn closed(&mut self, params: &DidCloseTextDocumentParams) {
        let path = self.path(&params.text_document.uri);
        self.documents.close(&path);
        self.disk.forget(&path);
        self.touch(&path);
        // A file outside of every project is forgotten with its text.
        if let Some(alone) = self.projects.get_mut(&path).filter(|project| project.root.is_none()) {
            alone.close();
        }
    }

    fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let path = self.path(&params.text_document.uri);
        if !self.client.watches {
            self.disk.forget_files();
            self.projects.values_mut().for_each(|project| project.search(&self.disk));
        }
        self.touch(&path);
    }

    fn files_changed(&mut self, params: &DidChangeWatchedFilesParams) {
        let mut folders = false;
        for change in &params.changes {
            let path = self.path(&change.uri);
            if self.documents.get(&path).is_none() {
                self.disk.forget(&path);
            }
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            folders |= name == FILE_NAME || change.kind == FileChangeType::Deleted;
            let counted = hits::FILE.ends_with(&name);
            for project in self.projects.values_mut().filter(|project| project.has(&path)) {
                if counted { project.count_again() } else { project.search(&self.disk) }
            }
        }
        if folders {
            self.forget_projects();
        }
    }

    fn folders_changed(&mut self, params: DidChangeWorkspaceFoldersParams) {
        for removed in params.event.removed {
            let path = self.path(&removed.uri);
            self.folders.retain(|folder| *folder != path);
        }
        for added in params.event.added {
            let path = self.path(&added.uri);
            self.folders.push(path);
        }
        self.forget_projects();
    }

    /// Groups the open texts anew; what was said of projects that are no more is taken back.
    fn forget_projects(&mut self) {
        self.disk.forget_files();
        self.projects.clear();
        let open: Vec<PathBuf> = self.documents.paths().cloned().collect();
        for path in open {
            self.project_of(&path);
            self.touch(&path);
        }
        let gone: Vec<PathBuf> = self.published.keys().filter(|key| !self.projects.contains_key(*key)).cloned().collect();
        self.unpublished.extend(gone);
    }

    /// A text has changed: all that was found out of it is old.
    fn touch(&mut self, path: &Path) {
        for (key, project) in &mut self.projects {
            if key == path || project.has(path) {
                project.touch();
            }
        }
        if self.documents.get(path).is_some() && !self.awaited.iter().any(|known| known == path) {
            self.awaited.push(path.to_owned());
        }
    }
}
