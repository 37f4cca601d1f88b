//! Addresses of documents and paths of files.

use std::path::{Path, PathBuf};

use super::types::Uri;

/// The path of a document. One that is no file, such as an untitled text, is called by its address.
pub(super) fn path(uri: &Uri) -> PathBuf {
    if uri.scheme() == "file"
        && let Ok(path) = uri.to_file_path()
    {
        return path;
    }
    PathBuf::from(uri.as_str())
}

/// The address of a path.
pub(super) fn of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path).ok().or_else(|| Uri::parse(&path.to_string_lossy()).ok())
}
