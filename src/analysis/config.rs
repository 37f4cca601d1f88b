//! `lsrc.toml`: levels by name and by path, and defaults of `check`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;

use crate::diag::{Code, Severity};
use crate::failure::Failure;
use crate::invariant::{Sure as _, SureAt as _};
use crate::text::nearest;

/// The name of the file.
pub const FILE_NAME: &str = "lsrc.toml";

/// What a configuration says; the default says nothing.
#[derive(Debug, Default)]
pub struct Config {
    /// Defaults of `check`.
    pub check: CheckDefaults,
    /// What editors show beside rules.
    pub editor: Editor,
    /// Settings of the server.
    pub serve: ServeTable,
    levels: Vec<(Code, Level)>,
    paths: Vec<(glob::Pattern, Vec<(Code, Level)>)>,
    folder: PathBuf,
}

/// The `[check]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckDefaults {
    /// As `--fail-level`.
    pub fail_level: Option<FailLevel>,
    /// As `--max-diagnostics`.
    pub max_diagnostics: Option<usize>,
}

/// The `[editor]` table.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editor {
    /// The records whose hits are counted.
    pub data: Option<EditorData>,
}

/// One file, or several of one data set; paths start at the folder of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum EditorData {
    /// One file.
    One(PathBuf),
    /// Several files.
    Several(Vec<PathBuf>),
}

impl EditorData {
    /// The files, from the folder `root`.
    #[must_use]
    pub fn paths(&self, root: &Path) -> Vec<PathBuf> {
        match self {
            Self::One(path) => vec![root.join(path)],
            Self::Several(paths) => paths.iter().map(|path| root.join(path)).collect(),
        }
    }
}

/// The `[serve]` table: the flags of `lsrc serve`, as they are written there.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeTable {
    /// As `--listen`.
    pub listen: Option<String>,
    /// As `--token-file`.
    pub token_file: Option<PathBuf>,
    /// As `--tls-cert`.
    pub tls_cert: Option<PathBuf>,
    /// As `--tls-key`.
    pub tls_key: Option<PathBuf>,
    /// As `--store`.
    pub store: Option<String>,
    /// As `--public-url`.
    pub public_url: Option<String>,
    /// As `--notify`.
    pub notify: Option<String>,
    /// As `--notify-format`.
    pub notify_format: Option<String>,
    /// As `--notify-where`.
    pub notify_where: Option<String>,
    /// As `--watch`.
    pub watch: Option<bool>,
    /// As `--max-body`.
    pub max_body: Option<String>,
    /// As `--max-records`.
    pub max_records: Option<usize>,
    /// As `--max-connections`.
    pub max_connections: Option<usize>,
    /// As `--rate`.
    pub rate: Option<String>,
    /// As `--timeout`.
    pub timeout: Option<String>,
    /// As `--grace`.
    pub grace: Option<String>,
    /// As `--log`.
    pub log: Option<String>,
    /// As `--playground`.
    pub playground: Option<bool>,
}

/// The severity from which on findings make the answer no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailLevel {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Nothing
    Never,
}

/// What a warning is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// An error
    Error,
    /// A warning
    Warning,
    /// Not reported
    Off,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    check: CheckDefaults,
    #[serde(default)]
    editor: Editor,
    #[serde(default)]
    serve: ServeTable,
    #[serde(default)]
    levels: BTreeMap<String, Level>,
    #[serde(default)]
    paths: Vec<WrittenPath>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPath {
    #[serde(rename = "match")]
    pattern: String,
    levels: BTreeMap<String, Level>,
}

impl Config {
    /// The nearest file upwards from `start`, else nothing.
    fn find(start: &Path) -> Result<Self, Failure> {
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        let nearest = start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file());
        nearest.map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        // A page has no files, and need not load what reads them.
        if cfg!(target_family = "wasm") {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).map_err(|e| Failure::reading(path, e))?;
        let written: Written = toml::from_str(&text).map_err(|error| {
            let shown = path.display();
            let at = error.span().map_or(0, |span| span.start);
            let before = text.sure_at(..at);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().sure("a split text has a part").chars().count() + 1;
            Failure::new(format!("{shown}:{line}:{column}: {}", error.message().replace('\n', " ")))
                .help("it can have `[check]`, `[editor]`, `[serve]`, `[levels]` and `[[paths]]`")
        })?;
        let known = |levels: BTreeMap<String, Level>| -> Result<Vec<(Code, Level)>, Failure> {
            levels.into_iter().map(|(name, level)| Self::level(path, &name, level)).collect()
        };
        let levels = known(written.levels)?;
        let mut paths = Vec::new();
        for entry in written.paths {
            let pattern = glob::Pattern::new(&entry.pattern).map_err(|error| {
                Failure::new(format!("{}: `{}` is not a path pattern: {}", path.display(), entry.pattern, error.msg))
                    .help("write one such as \"archive/**\"")
            })?;
            paths.push((pattern, known(entry.levels)?));
        }
        let folder =
            std::path::absolute(path).map_err(|e| Failure::reading(path, e))?.parent().sure("a file lies in a folder").to_owned();
        Ok(Self { check: written.check, editor: written.editor, serve: written.serve, levels, paths, folder })
    }

    fn level(path: &Path, name: &str, level: Level) -> Result<(Code, Level), Failure> {
        let shown = path.display();
        let code = Code::find(name).ok_or_else(|| {
            let failure = Failure::new(format!("{shown}: there is no finding `{name}` to set a level for"));
            match nearest(name, Code::ALL.iter().map(|c| c.name())) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("`lsrc explain --all` lists them"),
            }
        })?;
        if code.severity() == Severity::Error && level != Level::Error {
            return Err(Failure::new(format!("{shown}: `{name}` is an error and stays one"))
                .help("rules with errors cannot run; levels are for warnings"));
        }
        Ok((code, level))
    }

    /// The folder that its paths start from; empty where there is no configuration file.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the configuration makes of a finding in `file`; the last path that matches wins over the general level.
    #[must_use]
    pub fn severity(&self, code: Code, file: &Path) -> Option<Severity> {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let relative = absolute.strip_prefix(&self.folder).unwrap_or(&absolute);
        let by_path = self.paths.iter().rev().filter(|(pattern, _)| pattern.matches_path(relative));
        let set = by_path
            .map(|(_, levels)| levels)
            .chain([&self.levels])
            .find_map(|levels| levels.iter().find(|(named, _)| *named == code).map(|(_, level)| *level));
        match set {
            Some(Level::Off) => None,
            Some(Level::Warning) => Some(Severity::Warning),
            Some(Level::Error) => Some(Severity::Error),
            None => code.on_by_default().then(|| code.severity()),
        }
    }
}

/// The configurations of files: the nearest to each, or one for all.
#[derive(Debug, Default)]
pub struct Configs {
    /// The one for all, if there is one.
    fixed: Option<PathBuf>,
    /// Whether files have none, because they are not on disk.
    none: bool,
    /// By the folder that they are nearest to.
    found: HashMap<PathBuf, Rc<Config>>,
}

impl Configs {
    /// For files on disk: the file `fixed`, else the nearest `lsrc.toml` upwards from each.
    #[must_use]
    pub fn on_disk(fixed: Option<PathBuf>) -> Self {
        Self { fixed, ..Self::default() }
    }

    /// For texts in memory: what holds without any configuration.
    #[must_use]
    pub fn none() -> Self {
        Self { none: true, ..Self::default() }
    }

    /// The configuration of a file or folder.
    ///
    /// # Errors
    /// What is wrong with the configuration file, with its line.
    pub fn of(&mut self, file: &Path) -> Result<Rc<Config>, Failure> {
        if self.none {
            return Ok(Rc::default());
        }
        let folder = if file.is_dir() { file } else { file.parent().unwrap_or(Path::new("")) }.to_owned();
        if let Some(config) = self.found.get(&folder) {
            return Ok(Rc::clone(config));
        }
        let config = match &self.fixed {
            Some(path) => Config::read(path)?,
            None => Config::find(&folder)?,
        };
        let config = Rc::new(config);
        self.found.insert(folder, Rc::clone(&config));
        Ok(config)
    }
}
