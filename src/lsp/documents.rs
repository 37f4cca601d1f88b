//! The texts that are open in the client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::position::Encoding;
use super::types::{TextDocumentContentChangeEvent, Uri};
use crate::source::SourceFile;

/// An open text.
#[derive(Debug)]
pub(super) struct Document {
    /// Its address, as the client writes it.
    pub(super) uri: Uri,
    /// The number of its state.
    pub(super) version: i32,
    /// The text with its lines.
    pub(super) source: SourceFile,
}

impl Document {
    /// Makes the changes in their order.
    pub(super) fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        for change in changes {
            let text = match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => whole.text,
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let bytes = encoding.bytes(&self.source, part.range);
                    let mut text = self.source.text().to_string();
                    text.replace_range(bytes.start as usize..bytes.end as usize, &part.text);
                    text
                }
            };
            self.source = SourceFile::new(self.source.name(), self.source.path().map(Path::to_owned), text);
        }
    }
}

/// The open texts by their paths.
#[derive(Debug, Default)]
pub(super) struct Documents {
    by_path: BTreeMap<PathBuf, Document>,
}

impl Documents {
    pub(super) fn open(&mut self, path: &Path, uri: Uri, version: i32, text: String) {
        let source = SourceFile::new(path.display().to_string(), Some(path.to_owned()), text);
        self.by_path.insert(path.to_owned(), Document { uri, version, source });
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Document> {
        self.by_path.get(path)
    }

    pub(super) fn get_mut(&mut self, path: &Path) -> Option<&mut Document> {
        self.by_path.get_mut(path)
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.by_path.remove(path);
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.by_path.keys()
    }
}
