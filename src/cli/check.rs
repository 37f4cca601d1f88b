//! `lsrc check PATHS..`

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::files::{self, Named};
use super::{AtomicFile, Failure, Status, Target, Terminal, edit, watch};
use crate::analysis::{Analysis, Changes, Configs, Disk, FailLevel, Options, analyse};
use crate::check::Loader;
use crate::diag::render::{self, Style, View};
use crate::diag::{Code, Diagnostic, Severity};
use crate::invariant::Sure as _;
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
    fail_level: Option<FailOn>,
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

/// `--fail-level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Nothing
    Never,
}

impl FailOn {
    const fn level(self) -> FailLevel {
        match self {
            Self::Error => FailLevel::Error,
            Self::Warning => FailLevel::Warning,
            Self::Never => FailLevel::Never,
        }
    }
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
    let options = Options {
        allow_outside: terminal.global.allow_outside,
        ranges: args.witness || documents || terminal.global.verbose,
        ..Options::default()
    };
    let mut configs = Configs::on_disk(terminal.global.config.clone());
    let mut check = || analyse(&disk, &entries, &mut configs, options);
    let mut changes = Changes::default();
    let mut checked = check()?;
    if args.fix || args.diff {
        checked = changes.repair(&disk, checked, args.r#unsafe, &mut check)?;
    }
    let first = entries.first().cloned().unwrap_or_default();
    let general = configs.of(&first)?;
    let fail_level = args.fail_level.map(FailOn::level).or(general.check.fail_level).unwrap_or(FailLevel::Error);
    let most = args.max_diagnostics.or(general.check.max_diagnostics);
    if args.witness {
        let records = serde_json::to_string_pretty(&checked.ranges.witnesses).sure("witnesses can be written as JSON");
        terminal.print(&format!("{records}\n"))?;
    } else if args.diff {
        terminal.show(&diff(&changes, terminal.out_color))?;
    } else {
        write(&changes)?;
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

/// Writes the repaired files in their places.
fn write(changes: &Changes) -> Result<(), Report> {
    for (path, (_, after)) in &changes.files {
        if fs::metadata(path).is_err() {
            return Err(Failure::new("standard input cannot be fixed in its place")
                .help("ask for `--diff`, or name the file")
                .into());
        }
        AtomicFile::write(path, after.as_bytes()).map_err(|e| Failure::writing(path, e))?;
    }
    Ok(())
}

fn diff(changes: &Changes, color: bool) -> String {
    changes.files.iter().map(|(path, (old, new))| edit::unified(&path.display().to_string(), old, new, color)).collect()
}

/// Writes the findings in every format asked for.
fn report(args: &Check, terminal: &Terminal, checked: &Analysis, most: Option<usize>) -> Result<(), Report> {
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
    let files: Vec<_> = checked.rule_files().collect();
    let paths: Vec<String> = checked.sources.iter().map(|(_, file)| files::repository_path(file)).collect();
    let view = View {
        sources: &checked.sources,
        findings: &shown,
        summary: checked.summary(),
        scores: &checked.ranges.scores,
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
            let lines = checked.details.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat());
            text.extend(lines);
        }
        target.write(&String::from_utf8_lossy(&text), terminal)?;
    }
    Ok(())
}

/// So many findings of one kind in one file are shown, unless a number is asked for.
const OF_A_KIND: usize = 50;

/// The findings without those beyond so many of a kind in a file, and a line for each kind that has more.
fn few_of_a_kind(findings: &[Diagnostic], checked: &Analysis) -> (Vec<Diagnostic>, Vec<String>) {
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
        let name = checked.sources.get(*file).sure("a finding is in a file of the rules").name();
        let (rest, code) = (count - OF_A_KIND, code.name());
        format!("{rest} more `{code}` in {name}: `--max-diagnostics {}` shows all findings", findings.len())
    });
    (few, more.collect())
}

/// The summary on standard error.
fn conclude(terminal: &Terminal, checked: &Analysis, changes: &Changes, only_shown: bool, most: Option<usize>) {
    let summary = checked.summary();
    let mut parts = Vec::new();
    if summary.errors > 0 {
        parts.push(counted(summary.errors, "error"));
    }
    if summary.warnings > 0 {
        parts.push(counted(summary.warnings, "warning"));
    }
    let done = match (changes.repairs, only_shown) {
        (0, _) => String::new(),
        (n, true) => format!("{} can be made; ", counted(n, "fix")),
        (n, false) => format!("{} made; ", counted(n, "fix")),
    };
    let what = match parts.as_slice() {
        [] if done.is_empty() => "No problems found".to_owned(),
        [] => "no problems found".to_owned(),
        parts => parts.join(" and "),
    };
    let mut line = format!("{done}{what} in {}", counted(summary.files, "file"));
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
    let ending = match noun {
        _ if n == 1 => "",
        "fix" => "es",
        _ => "s",
    };
    format!("{n} {noun}{ending}")
}
