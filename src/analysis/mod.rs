//! What is to be said of rules before any data are read: findings, ranges, names and repairs, of one file or of many.
//!
//! [`analyse`] takes where texts come from ([`Disk`], or [`Texts`](crate::check::Texts) in memory), the files to look at, and how
//! severe findings are; it gives an [`Analysis`]. The command, an editor and a library program all ask here. Nothing is printed.

mod config;
mod disk;
mod merge;
mod ranges;
mod repair;
mod series;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::check::{self, LoadOptions, Loader, Names, Program, Symbol};
use crate::diag::render::Summary;
use crate::diag::{Code, Diagnostic, Severity};
use crate::failure::Failure;
use crate::hir::Model;
use crate::lint;
use crate::program::RuleSet;
use crate::schema::Schema;
use crate::source::{FileId, Sources, Span};
use merge::Merged;

pub use config::{CheckDefaults, Config, Configs, FILE_NAME, FailLevel, ServeTable};
pub use disk::Disk;
pub use ranges::Ranges;
pub use repair::{Changes, repaired};

/// How an analysis is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether `use` and `list from` may leave the project's folder.
    pub allow_outside: bool,
    /// Whether the reachable range of every score is worked out, which takes time.
    pub ranges: bool,
    /// Whether nothing but errors is looked for: warnings rest on proofs, which take most of the time of a check.
    pub errors_only: bool,
}

/// What was found out of a set of files.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The texts of all programs, each file once; spans of findings and names are in these.
    pub sources: Sources,
    /// Everything that is to be reported, after `allow` comments and configured severities, by file name and place.
    pub findings: Vec<Diagnostic>,
    /// The programs, each with all that it uses.
    pub programs: Vec<Analysed>,
    /// The reachable ranges, where they were asked for.
    pub ranges: Ranges,
    /// Further facts for whoever wants more, a line each: the points that fade, and the ranges.
    pub details: Vec<String>,
    rule_files: BTreeSet<FileId>,
}

/// One program of an analysis.
#[derive(Debug)]
pub struct Analysed {
    /// Its first file, as it was named.
    pub entry: PathBuf,
    /// Model and texts, where nothing is wrong; its spans are in texts of its own.
    pub rules: Option<RuleSet>,
    /// The schema, as far as it could be read.
    pub schema: Schema,
    /// The names that could be resolved, whether or not anything is wrong; their spans are in [`Analysis::sources`].
    pub names: Names,
    files: BTreeSet<FileId>,
}

impl Analysed {
    /// Its files, lists among them, in [`Analysis::sources`].
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.files.iter().copied()
    }
}

impl Analysis {
    /// How many findings there are, and of how many rule files.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |severity| self.findings.iter().filter(|d| d.severity == severity).count();
        Summary { errors: count(Severity::Error), warnings: count(Severity::Warning), files: self.rule_files.len() }
    }

    /// The rule files that were looked at.
    pub fn rule_files(&self) -> impl Iterator<Item = FileId> {
        self.rule_files.iter().copied()
    }

    /// The file that was read from this path.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<FileId> {
        self.sources.iter().find(|(_, file)| file.path() == Some(path)).map(|(id, _)| id)
    }

    /// The programs that a file is part of.
    pub fn programs_of(&self, file: FileId) -> impl Iterator<Item = &Analysed> {
        self.programs.iter().filter(move |program| program.files.contains(&file))
    }

    /// The rules of the program that begins with `entry`; `None` where it has errors, or was skipped.
    #[must_use]
    pub fn sound(&self, entry: &Path) -> Option<&RuleSet> {
        self.programs.iter().find(|program| program.entry == entry)?.rules.as_ref()
    }

    /// What the name at a byte of a file stands for, and where that name is used; of the first program that knows it.
    #[must_use]
    pub fn name_at(&self, file: FileId, offset: u32) -> Option<Mention<'_>> {
        self.programs_of(file).find_map(|program| {
            let (symbol, span) = program.names.at(file, offset)?;
            Some(Mention { program, symbol, span })
        })
    }
}

/// A name at its place.
#[derive(Debug, Clone, Copy)]
pub struct Mention<'a> {
    /// The program in which it has its meaning.
    pub program: &'a Analysed,
    /// What it stands for.
    pub symbol: &'a Symbol,
    /// Where it stands.
    pub span: Span,
}

/// Reads and parses `entry` and all that it uses, within the project's folder as the loader knows it.
#[must_use]
pub fn load(loader: &dyn Loader, entry: &Path, allow_outside: bool) -> Program {
    check::load(loader, entry, &LoadOptions { root: loader.root(entry), allow_outside })
}

/// Looks at every entry; one that others use is looked at through them.
///
/// # Errors
/// What is wrong with a configuration file.
///
/// ```
/// use lsrc::analysis::{Configs, Options, analyse};
/// use lsrc::check::Texts;
///
/// let texts = Texts::new().with("a.lsr", "lsr 1\nschema c { visits: integer }\nscore s { if vists > 3 then +1 }");
/// let found = analyse(&texts, &["a.lsr".into()], &mut Configs::none(), Options::default())?;
/// assert_eq!(found.findings[0].code.name(), "unknown-name");
/// // Names are known although the rules have an error.
/// let file = found.file("a.lsr".as_ref()).unwrap();
/// assert_eq!(&*found.name_at(file, 17).unwrap().symbol.name, "visits");
/// # Ok::<(), lsrc::failure::Failure>(())
/// ```
pub fn analyse(loader: &dyn Loader, entries: &[PathBuf], configs: &mut Configs, options: Options) -> Result<Analysis, Failure> {
    let mut merged = Merged::default();
    let mut programs = Vec::new();
    for (entry, program) in programs_of(loader, entries, options) {
        programs.push(one(loader, entry, program, &mut merged, options));
    }
    let mut findings = Vec::new();
    let mut known: HashMap<FileId, (PathBuf, Rc<Config>)> = HashMap::new();
    for mut finding in merged.findings() {
        let file = finding.span.file;
        let (path, config) = match known.get(&file) {
            Some(known) => known,
            None => {
                let path = merged.sources.get(file).and_then(|f| f.path()).unwrap_or(Path::new("")).to_owned();
                let config = configs.of(&path)?;
                known.entry(file).or_insert((path, config))
            }
        };
        if let Some(severity) = config.severity(finding.code, path) {
            finding.severity = severity;
            findings.push(finding);
        }
    }
    let rule_files = merged.rule_files().collect();
    let Merged { sources, details, ranges, .. } = merged;
    Ok(Analysis { sources, findings, programs, ranges, details, rule_files })
}

/// The programs of all entries. A file loaded before one that uses it is looked at through that one, unless they use each other.
fn programs_of(loader: &dyn Loader, entries: &[PathBuf], options: Options) -> Vec<(PathBuf, Program)> {
    let real = |path: &Path| loader.real(path).unwrap_or_else(|_| path.to_owned());
    let mut programs: Vec<(PathBuf, &PathBuf, Program)> = Vec::new();
    let mut covered: BTreeSet<PathBuf> = BTreeSet::new();
    for entry in entries {
        let own = real(entry);
        if covered.contains(&own) {
            continue;
        }
        let program = load(loader, entry, options.allow_outside);
        let used = program.sources.iter().filter_map(|(_, file)| file.path()).map(real).filter(|path| *path != own);
        covered.extend(used);
        programs.push((own, entry, program));
    }
    let mut kept = Vec::new();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let (users, used): (Vec<_>, Vec<_>) = programs.into_iter().partition(|(own, ..)| !covered.contains(own));
    for (own, entry, program) in users.into_iter().chain(used) {
        if reached.contains(&own) {
            continue;
        }
        reached.extend(program.sources.iter().filter_map(|(_, file)| file.path()).map(real));
        kept.push((entry.clone(), program));
    }
    kept
}

fn one(loader: &dyn Loader, entry: PathBuf, program: Program, merged: &mut Merged, options: Options) -> Analysed {
    let checked = check::check(&program, &[]);
    let mut found = checked.diagnostics;
    let complete = checked.model.is_some() && !options.errors_only;
    if let Some(model) = checked.model.as_ref().filter(|_| complete) {
        found.append(lint::run(&program.sources, &program.files, model));
        details(model, &program.sources, merged, options.ranges);
    }
    let found = lint::allow::apply(&program.sources, &program.files, found, complete);
    // A file that is not text counts as checked too.
    let unreadable = found.iter().filter(|d| d.code == Code::Syntax).map(|d| d.span.file);
    let rule_files: Vec<_> = program.files.iter().map(|parsed| parsed.file.id).chain(unreadable).collect();
    let ids = merged.add(loader, &program.sources, &rule_files, found, complete);
    Analysed {
        entry,
        schema: checked.schema,
        names: checked.names.moved(|file| ids.get(&file).copied().unwrap_or(file)),
        files: ids.into_values().collect(),
        rules: checked.model.map(|model| RuleSet::of(program.sources, model)),
    }
}

fn details(model: &Model, sources: &Sources, merged: &mut Merged, ranges: bool) {
    merged.tell(series::lines(model, sources));
    if ranges {
        let found = Ranges::of(model);
        merged.tell(found.lines.clone());
        merged.ranges.append(found);
    }
}
