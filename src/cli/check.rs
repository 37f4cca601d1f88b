//! `lsrc check PATHS..`

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::{Args, ValueEnum};
use miette::Report;

use super::config::{Config, FailLevel};
use super::disk::{self, Disk};
use super::files::{self, Named};
use super::merge::Merged;
use super::ranges::Ranges;
use super::{AtomicFile, Failure, Status, Target, Terminal, edit, series, watch};
use crate::check::{self, Loader, Program};
use crate::diag::render::{self, Style, Summary, View};
use crate::diag::{Code, Diagnostic, Severity};
use crate::lint;
use crate::source::FileId;

/// Check rules for mistakes: syntax, types, and what can be proved without data
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc check .\n  lsrc check score.lsr --fail-level warning\n  lsrc check . --fix\n  lsrc check . --format text --format sarif=findings.sarif"
)]
pub(super) struct Check {
    /// Rule files, folders to search for *.lsr, or - for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The lowest severity that gives exit status 1 [default: error]
    #[arg(long, value_enum, value_name = "error|warning|never", hide_possible_values = true)]
    fail_level: Option<FailLevel>,
    /// Apply the fixes that do not change what the rules compute
    #[arg(long)]
    fix: bool,
    /// With --fix: apply the other fixes too; review what they change
    #[arg(long, requires = "fix")]
    r#unsafe: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Check again when a file changes
    #[arg(long, conflicts_with_all = ["fix", "diff"])]
    watch: bool,
    /// Print records that reach the lowest and highest value of every score, as JSON for `run` and `why`
    #[arg(long, conflicts_with_all = ["fix", "diff", "watch", "format"])]
    witness: bool,
    /// Show at most N findings; all are counted
    #[arg(long, value_name = "N")]
    max_diagnostics: Option<usize>,
    /// text, short, plain, json, github, gitlab, sarif, junit or html; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With excerpts of the source
    Text,
    /// One line each
    Short,
    /// Without any drawing, for screen readers
    Plain,
    /// One document for programs
    Json,
    /// Annotations for GitHub
    Github,
    /// A code quality report for GitLab
    Gitlab,
    /// For code scanning
    Sarif,
    /// A test report
    Junit,
    /// One page
    Html,
}

impl Format {
    const fn render(self) -> render::Format {
        match self {
            Self::Text => render::Format::Text,
            Self::Short => render::Format::Short,
            Self::Plain => render::Format::Plain,
            Self::Json => render::Format::Json,
            Self::Github => render::Format::Github,
            Self::Gitlab => render::Format::Gitlab,
            Self::Sarif => render::Format::Sarif,
            Self::Junit => render::Format::Junit,
            Self::Html => render::Format::Html,
        }
    }
}

pub(super) fn run(args: &Check, terminal: &Terminal) -> Result<Status, Report> {
    if args.watch {
        return watch::run(&args.paths, terminal, || round(args, terminal).map(drop));
    }
    round(args, terminal)
}

/// One check of everything.
fn round(args: &Check, terminal: &Terminal) -> Result<Status, Report> {
    let disk = Disk::default();
    let entries = entries(&args.paths, &disk, terminal)?;
    let documents = args.format.iter().any(|t| matches!(t.format, Format::Json));
    let mut work =
        Work { entries, disk, terminal, configs: HashMap::new(), ranges: args.witness || documents || terminal.global.verbose };
    let mut changes = Changes::default();
    let mut checked = work.check()?;
    if args.fix || args.diff {
        checked = changes.repair(&mut work, checked, args.r#unsafe)?;
    }
    let first = work.entries.first().cloned().unwrap_or_default();
    let general = work.config(&first)?;
    let fail_level = args.fail_level.or(general.check.fail_level).unwrap_or(FailLevel::Error);
    let most = args.max_diagnostics.or(general.check.max_diagnostics);
    if args.witness {
        let records = serde_json::to_string_pretty(&checked.merged.ranges.witnesses).unwrap_or_default();
        terminal.print(&format!("{records}\n"))?;
    } else if args.diff {
        terminal.show(&changes.diff(terminal.out_color))?;
    } else {
        changes.write()?;
        report(args, terminal, &checked, most)?;
    }
    conclude(terminal, &checked, &changes, args.diff, most);
    let failing = |d: &&Diagnostic| match fail_level {
        FailLevel::Error => d.severity == Severity::Error,
        FailLevel::Warning => true,
        FailLevel::Never => false,
    };
    let no = checked.findings.iter().any(|d| failing(&d)) || (args.diff && !changes.is_empty());
    Ok(if no { Status::No } else { Status::Fine })
}

/// What a check of everything came to.
struct Checked {
    merged: Merged,
    findings: Vec<Diagnostic>,
}

impl Checked {
    fn summary(&self) -> Summary {
        let count = |severity| self.findings.iter().filter(|d| d.severity == severity).count();
        Summary { errors: count(Severity::Error), warnings: count(Severity::Warning), files: self.merged.file_count() }
    }
}

/// What is checked, and what that needs.
struct Work<'a> {
    entries: Vec<PathBuf>,
    disk: Disk,
    terminal: &'a Terminal,
    /// The configurations by the folder that they are nearest to.
    configs: HashMap<PathBuf, Rc<Config>>,
    /// Whether the reachable ranges are asked for.
    ranges: bool,
}

/// The files to check, standard input under its name; one that cannot be read stops the command.
fn entries(paths: &[PathBuf], disk: &Disk, terminal: &Terminal) -> Result<Vec<PathBuf>, Report> {
    let mut entries = Vec::new();
    for named in files::gather(paths)? {
        match named {
            Named::File(path) => {
                disk.read(&path).map_err(|e| Failure::reading(&path, e))?;
                entries.push(path);
            }
            Named::Standard => {
                let (name, bytes) = files::standard_input(terminal)?;
                let path = PathBuf::from(name);
                disk.put(&path, bytes);
                entries.push(path);
            }
        }
    }
    Ok(entries)
}

impl Work<'_> {
    /// The configuration nearest to a file.
    fn config(&mut self, file: &Path) -> Result<Rc<Config>, Report> {
        let folder = if file.is_dir() { file } else { file.parent().unwrap_or(Path::new("")) }.to_owned();
        if let Some(config) = self.configs.get(&folder) {
            return Ok(config.clone());
        }
        let config = Rc::new(Config::find(self.terminal, &folder)?);
        self.configs.insert(folder, config.clone());
        Ok(config)
    }

    /// Checks every file, one that others use through them.
    fn check(&mut self) -> Result<Checked, Report> {
        let real = |path: &Path| self.disk.real(path).unwrap_or_else(|_| path.to_owned());
        let mut programs: Vec<(PathBuf, Program)> = Vec::new();
        let mut covered: BTreeSet<PathBuf> = BTreeSet::new();
        for entry in &self.entries {
            let own = real(entry);
            if covered.contains(&own) {
                continue;
            }
            let program = check::load(&self.disk, entry, &disk::options(entry, self.terminal.global.allow_outside));
            let used = program.sources.iter().filter_map(|(_, file)| file.path()).map(real).filter(|path| *path != own);
            covered.extend(used);
            programs.push((own, program));
        }
        // A file loaded before one that uses it is checked through that one, unless they use each other.
        let mut merged = Merged::default();
        let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
        let (users, used): (Vec<_>, Vec<_>) = programs.into_iter().partition(|(own, _)| !covered.contains(own));
        for (own, program) in users.into_iter().chain(used) {
            if reached.contains(&own) {
                continue;
            }
            reached.extend(program.sources.iter().filter_map(|(_, file)| file.path()).map(real));
            check_one(program, &mut merged, self.ranges);
        }
        let mut findings = Vec::new();
        let mut configs: HashMap<FileId, (PathBuf, Rc<Config>)> = HashMap::new();
        for mut finding in merged.findings() {
            let (file, config) = match configs.entry(finding.span.file) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let file = merged.sources.get(finding.span.file).and_then(|f| f.path()).unwrap_or(Path::new("")).to_owned();
                    let config = self.config(&file)?;
                    entry.insert((file, config))
                }
            };
            if let Some(severity) = config.severity(finding.code, file) {
                finding.severity = severity;
                findings.push(finding);
            }
        }
        Ok(Checked { merged, findings })
    }
}

fn check_one(program: Program, merged: &mut Merged, ranges: bool) {
    let checked = check::check(&program, &[]);
    let mut found = checked.diagnostics;
    let complete = checked.model.is_some();
    if let Some(model) = &checked.model {
        found.append(lint::run(&program.sources, &program.files, model));
        merged.tell(series::lines(model, &program.sources));
        if ranges {
            let found = Ranges::of(model);
            merged.tell(found.lines.clone());
            merged.ranges.append(found);
        }
    }
    let found = lint::allow::apply(&program.sources, &program.files, found, complete);
    // A file that is no text has been looked at too.
    let unreadable = found.iter().filter(|d| d.code == Code::Syntax).map(|d| d.span.file);
    let rule_files: Vec<_> = program.files.iter().map(|parsed| parsed.file.id).chain(unreadable).collect();
    merged.add(&program.sources, &rule_files, found, complete);
}

/// The files that repairs change, with the text before and after.
#[derive(Default)]
struct Changes {
    files: std::collections::BTreeMap<PathBuf, (String, String)>,
    repairs: usize,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Repairs in memory until nothing is left to repair; one repair can make the next possible. A file that was laid out stays so.
    fn repair(&mut self, work: &mut Work<'_>, mut checked: Checked, unsafe_too: bool) -> Result<Checked, Report> {
        for _ in 0..20 {
            let (texts, count) = edit::repaired(&checked.findings, &checked.merged.sources, unsafe_too);
            if count == 0 {
                break;
            }
            match self.made(work, &checked, texts, unsafe_too)? {
                Some(better) => {
                    self.repairs += count;
                    checked = better;
                }
                // Together they make new errors: one by one those are made that do not.
                None => match self.one_by_one(work, &checked)? {
                    Some(better) => checked = better,
                    None => break,
                },
            }
        }
        Ok(checked)
    }

    /// Writes new texts in memory and checks them; `None`, and nothing written, where safe repairs make an error that was not there.
    fn made(
        &mut self,
        work: &mut Work<'_>,
        checked: &Checked,
        texts: std::collections::BTreeMap<FileId, String>,
        unsafe_too: bool,
    ) -> Result<Option<Checked>, Report> {
        let mut written: Vec<(PathBuf, String, String)> = Vec::new();
        for (id, text) in texts {
            let Some(file) = checked.merged.sources.get(id) else { continue };
            let Some(path) = file.path().map(Path::to_owned) else { continue };
            let before = file.text().to_string();
            let text = edit::as_laid_out_as(&before, text);
            work.disk.put(&path, text.clone().into_bytes());
            written.push((path, before, text));
        }
        let now = work.check()?;
        if !unsafe_too && now.summary().errors > checked.summary().errors {
            for (path, before, _) in written {
                work.disk.put(&path, before.into_bytes());
            }
            return Ok(None);
        }
        for (path, before, text) in written {
            self.files.entry(path).or_insert_with(|| (before, String::new())).1 = text;
        }
        Ok(Some(now))
    }

    /// Makes the first safe repair that makes no new error.
    fn one_by_one(&mut self, work: &mut Work<'_>, checked: &Checked) -> Result<Option<Checked>, Report> {
        for finding in &checked.findings {
            let (texts, count) = edit::repaired(std::slice::from_ref(finding), &checked.merged.sources, false);
            if count == 0 {
                continue;
            }
            if let Some(better) = self.made(work, checked, texts, false)? {
                self.repairs += count;
                return Ok(Some(better));
            }
        }
        Ok(None)
    }

    fn write(&self) -> Result<(), Report> {
        for (path, (_, after)) in &self.files {
            if fs::metadata(path).is_err() {
                return Err(Failure::new("standard input cannot be repaired in its place")
                    .help("ask for `--diff`, or name the file")
                    .into());
            }
            AtomicFile::write(path, after.as_bytes()).map_err(|e| Failure::writing(path, e))?;
        }
        Ok(())
    }

    fn diff(&self, color: bool) -> String {
        self.files.iter().map(|(path, (old, new))| edit::unified(&path.display().to_string(), old, new, color)).collect()
    }
}

/// Writes the findings in every format asked for.
fn report(args: &Check, terminal: &Terminal, checked: &Checked, most: Option<usize>) -> Result<(), Report> {
    let mut shown: Vec<Diagnostic> = checked.findings.clone();
    if let Some(most) = most
        && shown.len() > most
    {
        // Errors first where not all can be shown.
        shown.sort_by_key(|d| std::cmp::Reverse(d.severity));
        shown.truncate(most);
    }
    // People read the first of many that are alike; programs are given all.
    let (few, more) = if most.is_some() { (shown.clone(), Vec::new()) } else { few_of_a_kind(&shown, checked) };
    let files: Vec<_> = checked.merged.rule_files().collect();
    let paths: Vec<String> = checked.merged.sources.iter().map(|(_, file)| files::repository_path(file)).collect();
    let view = View {
        sources: &checked.merged.sources,
        findings: &shown,
        summary: checked.summary(),
        scores: &checked.merged.ranges.scores,
        files: &files,
        paths: &paths,
    };
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let style = Style {
            color: target.file.is_none() && terminal.out_color,
            unicode: terminal.unicode || target.file.is_some(),
            width: if target.file.is_none() { terminal.width } else { 100 },
        };
        let mut text = Vec::new();
        let for_people = matches!(target.format, Format::Text | Format::Plain);
        let view = if for_people { View { findings: &few, ..view } } else { view };
        render::write(&mut text, target.format.render(), &view, style)
            .map_err(|e| Failure::new("the findings cannot be written").because(e))?;
        if for_people {
            text.extend(more.iter().flat_map(|line| [b"\n", line.as_bytes(), b"\n"].concat()));
        }
        if terminal.global.verbose && matches!(target.format, Format::Text | Format::Plain) {
            let lines = checked.merged.details.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat());
            text.extend(lines);
        }
        target.write(&String::from_utf8_lossy(&text), terminal)?;
    }
    Ok(())
}

/// So many findings of one kind in one file are shown, unless a number is asked for.
const OF_A_KIND: usize = 50;

/// The findings without those beyond so many of a kind in a file, and a line for each kind that has more.
fn few_of_a_kind(findings: &[Diagnostic], checked: &Checked) -> (Vec<Diagnostic>, Vec<String>) {
    let mut counts: std::collections::BTreeMap<(FileId, Code), usize> = std::collections::BTreeMap::new();
    let mut few = Vec::new();
    for finding in findings {
        let count = counts.entry((finding.span.file, finding.code)).or_default();
        *count += 1;
        if *count <= OF_A_KIND {
            few.push(finding.clone());
        }
    }
    let more = counts.iter().filter(|(_, count)| **count > OF_A_KIND).map(|((file, code), count)| {
        let name = checked.merged.sources.get(*file).map_or("", |file| file.name());
        let (rest, code) = (count - OF_A_KIND, code.name());
        format!("{rest} more `{code}` in {name}: `--max-diagnostics {}` shows all findings", findings.len())
    });
    (few, more.collect())
}

/// The summary on standard error.
fn conclude(terminal: &Terminal, checked: &Checked, changes: &Changes, only_shown: bool, most: Option<usize>) {
    let summary = checked.summary();
    let mut parts = Vec::new();
    if summary.errors > 0 {
        parts.push(counted(summary.errors, "error"));
    }
    if summary.warnings > 0 {
        parts.push(counted(summary.warnings, "warning"));
    }
    let what = if parts.is_empty() { "nothing to complain of".to_owned() } else { parts.join(" and ") };
    let mut line = format!("{what} in {}", counted(summary.files, "file"));
    if changes.repairs > 0 {
        let done = if only_shown { "could be made" } else { "made" };
        line = format!("{} {done}; {line}", counted(changes.repairs, "repair"));
    }
    if let Some(most) = most
        && checked.findings.len() > most
    {
        line.push_str(&format!("; the first {most} are shown"));
    }
    terminal.say(&line);
    if let Some(first) = checked.findings.first() {
        terminal.say(&format!("`lsrc explain {}` explains the first", first.code.name()));
    }
}

/// `1 error`, `2 errors`
fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
