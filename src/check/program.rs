//! Loading: from an entry file to all files that it uses and all lists that it reads.
//!
//! Nothing here opens a file; a [`Loader`] does.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::near::nearest;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::invariant::{Sure as _, SureAt as _};
use crate::schema::RelatedFile;
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::syntax::ast::{Item, ItemKind, ListSource, SchemaDecl, SchemaMemberKind, TextLit};
use crate::syntax::{self, Parsed};

/// The greatest source file: 16 MiB, so that a byte offset always fits.
pub const MAX_SOURCE: usize = 16 << 20;
/// The greatest list file: 1 GiB.
pub const MAX_LIST: usize = 1 << 30;

/// Where source and list files come from.
pub trait Loader {
    /// The bytes of a file.
    ///
    /// # Errors
    /// As the file system says.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The one path that a file has, however it is reached (symbolic links resolved).
    ///
    /// # Errors
    /// As the file system says.
    fn real(&self, path: &Path) -> io::Result<PathBuf>;

    /// The names of the files in a folder, for suggestions; empty if it cannot be read.
    fn names(&self, folder: &Path) -> Vec<String>;

    /// The project's folder, out of which no path may climb; `None` for the entry's own.
    fn root(&self, _entry: &Path) -> Option<PathBuf> {
        None
    }

    /// The tree of a file's text; a loader of many programs may keep that of a file which they share.
    fn parse(&self, _path: &Path, id: FileId, text: &str) -> Arc<Parsed> {
        Arc::new(syntax::parse(id, text))
    }
}

/// Source texts in memory, by path.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Texts {
    /// No text yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(plain(path.as_ref()), text.into());
        self
    }
}

impl Loader for Texts {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(&plain(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(plain(path))
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let folder = plain(folder);
        let here = self.files.keys().filter(|p| p.parent() == Some(&folder));
        here.filter_map(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned()).collect()
    }
}

/// How files are looked for.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The project's folder, out of which no path may climb; by default the folder of the entry file.
    pub root: Option<PathBuf>,
    /// Whether paths may climb out of it.
    pub allow_outside: bool,
}

/// A list read from a file: where each entry stands in it.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// The file.
    pub file: FileId,
    /// The entries without comments and outer white space.
    pub entries: Vec<Span>,
}

/// All files of a program, parsed.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The texts; the entry file is the first.
    pub sources: Sources,
    /// The trees; a used file stands before its user.
    pub files: Vec<Arc<Parsed>>,
    /// The lists from files, by the place of the path in `list NAME from "path"`.
    pub lists: FxHashMap<Span, ListFile>,
    /// The files of related records, by the place of the path in `related NAME from "path"`.
    pub related: FxHashMap<Span, RelatedFile>,
    /// What went wrong so far: loading and syntax.
    pub diagnostics: Diagnostics,
    /// Whether a file is missing, so that nobody can say which names there are.
    pub incomplete: bool,
}

impl Program {
    /// The items of all files in order, used files first.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.files.iter().flat_map(|f| f.file.items.iter())
    }
}

/// Reads and parses `entry` and all that it uses. Always returns; what is wrong is in the program's diagnostics.
#[must_use]
pub fn load(loader: &dyn Loader, entry: &Path, options: &LoadOptions) -> Program {
    let mut loading = Loading { loader, options, root: None, program: Program::default(), lists: BTreeMap::new() };
    loading.run(entry);
    loading.program
}

/// A program of one text, called `name` in messages, without other files.
#[must_use]
pub fn load_text(name: &str, text: &str) -> Program {
    load(&Texts::new().with(name, text), Path::new(name), &LoadOptions::default())
}

struct Loading<'a> {
    loader: &'a dyn Loader,
    options: &'a LoadOptions,
    root: Option<PathBuf>,
    program: Program,
    lists: BTreeMap<PathBuf, ListFile>,
}

/// A file whose `use` items are being followed.
struct Open {
    real: PathBuf,
    path: PathBuf,
    parsed: Arc<Parsed>,
    /// The `use` items, last first.
    uses: Vec<TextLit>,
    /// The `use` that led here.
    via: Option<Span>,
}

impl Loading<'_> {
    fn run(&mut self, entry: &Path) {
        let mut seen: BTreeMap<PathBuf, ()> = BTreeMap::new();
        let mut stack: Vec<Open> = Vec::new();
        let real = self.loader.real(entry).unwrap_or_else(|_| plain(entry));
        let folder = real.parent().map(Path::to_path_buf);
        let root = self.options.root.as_ref().map(|r| self.loader.real(r).unwrap_or_else(|_| plain(r)));
        self.root = root.or(folder);
        if let Some(open) = self.open(entry, real.clone(), None) {
            seen.insert(real, ());
            stack.push(open);
        }
        while let Some(top) = stack.last_mut() {
            let Some(text) = top.uses.pop() else {
                if let Some(done) = stack.pop() {
                    self.read_lists(&done);
                    self.read_related(&done);
                    self.program.files.push(done.parsed);
                }
                continue;
            };
            let from = top.path.clone();
            let Some((path, real)) = self.locate(&from, &text) else { continue };
            if let Some(at) = stack.iter().position(|o| o.real == real) {
                self.cycle(&text, stack.sure_at(at + 1..));
            } else if seen.insert(real.clone(), ()).is_none()
                && let Some(open) = self.open(&path, real, Some(&text))
            {
                stack.push(open);
            }
        }
    }

    fn cycle(&mut self, text: &TextLit, ring: &[Open]) {
        let mut problem = Diagnostic::new(Code::UseCycle, text.span, format!("`{}` is used in a circle", text.value))
            .label("this file is being read already")
            .help("put what both files need into a third file, and use that from both");
        for open in ring {
            if let Some(via) = open.via {
                problem = problem.also(via, "which is used here");
            }
        }
        self.program.diagnostics.push(problem);
    }

    /// Reads and parses one file.
    fn open(&mut self, path: &Path, real: PathBuf, used: Option<&TextLit>) -> Option<Open> {
        let name = path.display().to_string();
        let bytes = match self.loader.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let span = used.map_or_else(|| self.nowhere(&name), |t| t.span);
                self.unreadable(path, &name, span, &error);
                return None;
            }
        };
        if bytes.len() > MAX_SOURCE {
            let span = used.map_or_else(|| self.nowhere(&name), |t| t.span);
            let text = format!("`{name}` has {} MiB; a rule file may have 16", bytes.len() >> 20);
            self.fail(
                Diagnostic::new(Code::TooLarge, span, text)
                    .help("split it with `use`, or keep long lists in files of their own: `list NAME from \"file.txt\"`"),
            );
            return None;
        }
        let text = self.decode(&name, Some(path), bytes)?;
        let id = self.program.sources.add(SourceFile::new(name, Some(path.to_path_buf()), text.as_str()));
        let parsed = self.loader.parse(path, id, &text);
        self.program.incomplete |= parsed.incomplete;
        self.program.diagnostics.append(parsed.diagnostics.clone());
        let uses = parsed.file.items.iter().rev().filter_map(|i| match &i.kind {
            ItemKind::Use(t) => Some(t.clone()),
            ItemKind::Version(_)
            | ItemKind::Schema(_)
            | ItemKind::List(_)
            | ItemKind::Param(_)
            | ItemKind::Define(_)
            | ItemKind::Exclude(_)
            | ItemKind::Score(_)
            | ItemKind::Label(_)
            | ItemKind::Lifecycle(_)
            | ItemKind::Rollup(_)
            | ItemKind::Test(_) => None,
        });
        let uses = uses.collect();
        Some(Open { real, path: path.to_path_buf(), parsed, uses, via: used.map(|t| t.span) })
    }

    /// A place in a file that could not be read.
    fn nowhere(&mut self, name: &str) -> Span {
        let id = self.program.sources.add(SourceFile::new(name, None, ""));
        Span::new(id, 0, 0)
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.program.incomplete = true;
        self.program.diagnostics.push(diagnostic);
    }

    /// Bytes as text; a source without a path is a list's.
    fn decode(&mut self, name: &str, path: Option<&Path>, bytes: Vec<u8>) -> Option<String> {
        let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
        let (text, at, what) = match String::from_utf8(bytes) {
            Ok(text) => match text.find('\0') {
                None => return Some(text),
                Some(at) => (text, at, "a zero byte, which no text has"),
            },
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), at, "a byte that is not UTF-8")
            }
        };
        let id = self.program.sources.add(SourceFile::new(name, path.map(Path::to_path_buf), text.as_str()));
        let at = crate::invariant::number(at);
        let width = text.get(at as usize..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(id, at, at + crate::invariant::number(width));
        let encoding = if wide { " (it looks like UTF-16)" } else { "" };
        self.fail(
            Diagnostic::new(Code::Syntax, span, format!("`{name}` has {what}{encoding}"))
                .help("save the file as UTF-8; every editor can"),
        );
        None
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the kinds of failures of a file system are open")]
    fn unreadable(&mut self, path: &Path, name: &str, span: Span, error: &io::Error) {
        let new = |text: String| Diagnostic::new(Code::FileNotFound, span, text);
        let problem = match error.kind() {
            io::ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let file = path.file_name().map_or_else(String::new, |f| f.to_string_lossy().into_owned());
                let names = self.loader.names(folder);
                let near = nearest(&file, names.iter().map(String::as_str));
                let help = near.question().unwrap_or_else(|| {
                    if name.contains('\\') {
                        "write folders with `/`, as in \"lists/competitors.txt\"".to_owned()
                    } else {
                        "the path is relative to the file that says it".to_owned()
                    }
                });
                new(format!("there is no file `{name}`")).help(help)
            }
            io::ErrorKind::IsADirectory => new(format!("`{name}` is a folder, not a file")).help("name a file in it"),
            io::ErrorKind::PermissionDenied => {
                new(format!("`{name}` cannot be read: permission denied")).help("give yourself the right to read it")
            }
            _ => new(format!("`{name}` cannot be read: {error}")).help("see that it is a plain file that can be read"),
        };
        self.fail(problem);
    }

    /// The path that a text in the file `from` names, and its one real path; `None` (told) if it climbs out of the project.
    fn locate(&mut self, from: &Path, text: &TextLit) -> Option<(PathBuf, PathBuf)> {
        let path = plain(&from.parent().unwrap_or(Path::new("")).join(&*text.value));
        if text.value.trim().is_empty() {
            self.fail(
                Diagnostic::new(Code::FileNotFound, text.span, "no file is named").help("write its path between the quotes"),
            );
            return None;
        }
        let real = self.loader.real(&path).unwrap_or_else(|_| self.guess(&path));
        let inside = self.root.as_ref().is_none_or(|root| real.starts_with(root));
        if !inside && !self.options.allow_outside {
            let root = self.root.as_ref().sure("only a project has an outside").display().to_string();
            self.fail(
                Diagnostic::new(Code::FileNotFound, text.span, format!("`{}` lies outside of the project", text.value))
                    .note(format!("the project is `{}`", if root.is_empty() { "." } else { &root }))
                    .help("move the file into the project, or allow it with `--allow-outside`"),
            );
            return None;
        }
        Some((path, real))
    }

    /// The real path of a file that does not exist: its folder's, if there is that.
    fn guess(&self, path: &Path) -> PathBuf {
        let folder = path.parent().and_then(|p| self.loader.real(if p.as_os_str().is_empty() { Path::new(".") } else { p }).ok());
        match (folder, path.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            (_, name) => self.root.as_deref().into_iter().chain(name.map(Path::new)).collect(),
        }
    }

    fn read_lists(&mut self, open: &Open) {
        // A list without its file still has its name.
        let before = self.program.incomplete;
        for item in &open.parsed.file.items {
            let ItemKind::List(list) = &item.kind else { continue };
            let ListSource::File(text) = &list.source else { continue };
            let Some((path, real)) = self.locate(&open.path, text) else { continue };
            if !self.lists.contains_key(&real) {
                let Some(file) = self.read_list(&path, text) else { continue };
                self.lists.insert(real.clone(), file);
            }
            if let Some(file) = self.lists.get(&real) {
                self.program.lists.insert(text.span, file.clone());
            }
        }
        self.program.incomplete = before;
    }

    fn read_list(&mut self, path: &Path, text: &TextLit) -> Option<ListFile> {
        let (file, decoded) = self.read_entries(path, text)?;
        Some(ListFile { file, entries: list_entries(file, &decoded) })
    }

    /// The files of related records: rows that belong to the rules.
    fn read_related(&mut self, open: &Open) {
        let before = self.program.incomplete;
        for item in &open.parsed.file.items {
            let ItemKind::Schema(SchemaDecl { members, .. }) = &item.kind else { continue };
            for member in members {
                let SchemaMemberKind::Related(related) = &member.kind else { continue };
                let Some(text) = &related.from else { continue };
                let Some((path, _)) = self.locate(&open.path, text) else { continue };
                let Some((_, rows)) = self.read_entries(&path, text) else { continue };
                let path = Arc::from(path.display().to_string());
                self.program.related.insert(text.span, RelatedFile { path, text: rows, span: text.span });
            }
        }
        self.program.incomplete = before;
    }

    /// The text of a file of entries or rows, which joins the sources.
    fn read_entries(&mut self, path: &Path, text: &TextLit) -> Option<(FileId, Arc<str>)> {
        let name = path.display().to_string();
        let bytes = match self.loader.read(path) {
            Ok(bytes) if bytes.len() > MAX_LIST => {
                let size = format!("`{name}` has {} MiB; a list may have 1024", bytes.len() >> 20);
                self.program.diagnostics.push(Diagnostic::new(Code::TooLarge, text.span, size).help("make the list shorter"));
                return None;
            }
            Ok(bytes) => bytes,
            Err(error) => {
                self.unreadable(path, &name, text.span, &error);
                return None;
            }
        };
        let decoded: Arc<str> = Arc::from(self.decode(&name, None, bytes)?);
        let id = self.program.sources.add(SourceFile::new(name, Some(path.to_path_buf()), Arc::clone(&decoded)));
        Some((id, decoded))
    }
}

/// The entries of a list's file: one a line; `#` at its start or after white space begins a comment.
fn list_entries(file: FileId, text: &str) -> Vec<Span> {
    let mut entries = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches('\u{FEFF}');
        let skipped = line.len() - body.len();
        let end = comment_start(body).unwrap_or(body.len());
        let body = body.get(..end).unwrap_or(body);
        let entry = body.trim();
        if !entry.is_empty() {
            let start = at + skipped + (body.len() - body.trim_start().len());
            if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(start + entry.len())) {
                entries.push(Span::new(file, start, end));
            }
        }
        at += line.len();
    }
    entries
}

fn comment_start(line: &str) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|&at| {
        let before = line.get(..at).and_then(|b| b.chars().next_back());
        before.is_none_or(char::is_whitespace)
    })
}

/// A path without `.` and, as far as that goes, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                Some(Component::ParentDir | Component::CurDir) | None => out.push(".."),
            },
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => out.push(part),
        }
    }
    out
}
