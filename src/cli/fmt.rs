//! `lsrc fmt PATHS..`

use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;

use super::files::{self, Named};
use super::{AtomicFile, Failure, Status, Terminal, edit};
use crate::analysis::Disk;
use crate::check::{Loader, MAX_SOURCE};
use crate::diag::render::{self, Format, Style, Summary, View};
use crate::diag::{Diagnostic, Severity};
use crate::format;
use crate::invariant::SureAt as _;
use crate::source::{SourceFile, Sources};
use crate::syntax::{self, Parsed};

/// Format rules; comments stay, and what the rules compute cannot change
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc fmt .\n  lsrc fmt . --check\n  lsrc fmt - < score.lsr")]
pub(super) struct Fmt {
    /// Rule files, folders to search for *.lsr, or - for standard input to standard output
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Change nothing; list the files that would change (exit status 1)
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change (exit status 1)
    #[arg(long)]
    diff: bool,
}

/// How many files came to what.
#[derive(Default)]
struct Count {
    changed: usize,
    same: usize,
    /// The files that do not parse.
    broken: Vec<String>,
}

pub(super) fn run(args: &Fmt, terminal: &Terminal) -> Result<Status, Report> {
    let mut count = Count::default();
    let disk = Disk::default();
    for named in files::gather(&args.paths)? {
        let (name, bytes, path) = match named {
            Named::Standard => {
                let (name, bytes) = files::standard_input(terminal)?;
                (name, bytes, None)
            }
            Named::File(path) => {
                let bytes = disk.read(&path).map_err(|e| Failure::reading(&path, e))?;
                (path.display().to_string(), bytes, Some(path))
            }
        };
        let old = text(&name, bytes)?;
        match laid_out(&name, &old)? {
            Ok(new) => settle(args, terminal, &name, path.as_deref(), &old, &new, &mut count)?,
            Err((sources, errors)) => {
                tell(terminal, &sources, &errors)?;
                count.broken.push(name);
            }
        }
    }
    conclude(args, terminal, &count);
    if let Some(first) = count.broken.first() {
        let more = count.broken.len() - 1;
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        return Err(Failure::new(format!("`{first}`{more} has syntax errors and is unchanged"))
            .help("fix the errors above first")
            .into());
    }
    Ok(if count.changed > 0 && (args.check || args.diff) { Status::No } else { Status::Fine })
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, Report> {
    if bytes.len() > MAX_SOURCE {
        return Err(Failure::new(format!("`{name}` is larger than 16 MiB")).help("split it with `use`").into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = error.as_bytes().sure_at(..at);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(format!("`{name}` has a byte in line {line} that is not UTF-8")).help("save the file as UTF-8").into()
    })
}

/// The canonical text; or what is wrong with it, with its sources.
fn laid_out(name: &str, old: &str) -> Result<Result<String, (Sources, Vec<Diagnostic>)>, Report> {
    let parse = |text: &str| -> (Sources, Parsed) {
        let mut sources = Sources::new();
        let id = sources.add(SourceFile::new(name, None, text));
        let parsed = syntax::parse(id, text);
        (sources, parsed)
    };
    let (sources, before) = parse(old);
    if before.diagnostics.has_errors() {
        return Ok(Err((sources, before.diagnostics.into_iter().collect())));
    }
    let new = format::format(&before, old);
    if new == old {
        return Ok(Ok(new));
    }
    let (_, after) = parse(&new);
    if after.diagnostics.has_errors() || !format::same_tree((&before, old), (&after, &new)) {
        return Err(Failure::new(format!("formatting `{name}` would change its rules, so nothing was written"))
            .help("this is a defect of lsrc; please report it with the file")
            .into());
    }
    Ok(Ok(new))
}

/// Writes, shows or names the change of one file.
fn settle(
    args: &Fmt,
    terminal: &Terminal,
    name: &str,
    path: Option<&Path>,
    old: &str,
    new: &str,
    count: &mut Count,
) -> Result<(), Report> {
    let same = old == new;
    *(if same { &mut count.same } else { &mut count.changed }) += 1;
    if args.diff {
        return if same { Ok(()) } else { terminal.show(&edit::unified(name, old, new, terminal.out_color)) };
    }
    if args.check {
        return if same { Ok(()) } else { terminal.print(&format!("{name}\n")) };
    }
    match path {
        None => terminal.print(new),
        Some(_) if same => Ok(()),
        Some(path) => {
            AtomicFile::write(path, new.as_bytes()).map_err(|e| Failure::writing(path, e))?;
            terminal.say_more(&format!("formatted {name}"));
            Ok(())
        }
    }
}

fn tell(terminal: &Terminal, sources: &Sources, errors: &[Diagnostic]) -> Result<(), Report> {
    let errors: Vec<Diagnostic> = errors.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    let view = View { sources, findings: &errors, summary: Summary::default(), scores: &[], files: &[], paths: &[] };
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    let mut text = Vec::new();
    render::write(&mut text, Format::Text, &view, style)
        .map_err(|e| Failure::new("the findings cannot be written").because(e))?;
    terminal.insist(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

fn conclude(args: &Fmt, terminal: &Terminal, count: &Count) {
    let files = |n: usize| format!("{n} file{}", if n == 1 { "" } else { "s" });
    let changed = match (args.check || args.diff, count.changed) {
        (_, 0) => None,
        (true, n) => Some(format!("{} would change", files(n))),
        (false, n) => Some(format!("{} formatted", files(n))),
    };
    let same = format!("{} already formatted", files(count.same));
    let same = (count.same > 0 || count.changed + count.broken.len() == 0).then_some(same);
    let parts: Vec<String> = changed.into_iter().chain(same).collect();
    if !parts.is_empty() {
        terminal.say(&parts.join(", "));
    }
}
