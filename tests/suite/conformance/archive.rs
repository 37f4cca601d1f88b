//! Cases: one file each, prose first, then the files of the case under `-- NAME --` lines.

use std::path::{Path, PathBuf};

/// A case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `05-unknown/kleene`
    pub(crate) name: String,
    /// What stands above the first file.
    pub(crate) prose: String,
    /// The files, by name.
    pub(crate) files: Vec<(String, String)>,
}

impl Case {
    /// Reads a case.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut case = Self { name: name.to_owned(), prose: String::new(), files: Vec::new() };
        for line in text.split_inclusive('\n') {
            let head = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
            match (head, case.files.last_mut()) {
                (Some(head), _) => case.files.push((head.to_owned(), String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => case.prose.push_str(line),
            }
        }
        case
    }

    /// The text of a file of the case.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_str())
    }

    /// Writes the files of the case into a folder.
    pub(crate) fn write_to(&self, folder: &Path) {
        for (name, text) in &self.files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// The moment of the run.
    pub(crate) fn as_of(&self) -> &str {
        self.file("as-of").map_or("2026-01-01", str::trim)
    }
}

/// Where the cases are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// All cases, by name.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for area in std::fs::read_dir(folder()).unwrap() {
        let area = area.unwrap().path();
        if !area.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&area).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{}/{}", area.file_name().unwrap().display(), path.file_stem().unwrap().display());
            cases.push(Case::parse(&name, &std::fs::read_to_string(&path).unwrap()));
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty(), "no conformance case in {}", folder().display());
    cases
}
