//! Rules that a command needs to be right.

use std::path::{Path, PathBuf};

use miette::Report;

use super::{Failure, Terminal, files};
use crate::analysis::{self, Disk};
use crate::bytecode::{Image, ImageError, SourceText};
use crate::check::{self, LoadOptions, Loader, Program, Texts};
use crate::diag::render::{self, Format, Style, Summary, View};
use crate::diag::{Diagnostic, Severity};
use crate::hir::Model;
use crate::source::Span;

/// The compiled program that a file holds, if it is one; it has been verified.
pub(super) fn image(path: &Path) -> Result<Option<Image>, Report> {
    if path.as_os_str() == "-" || path.extension().is_none_or(|ending| ending != "lsrb") {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| Failure::reading(path, e))?;
    let shown = path.display();
    let refused =
        |error: ImageError| Failure::new(format!("{shown}: {error}")).help("compile the rules again with `lsrc compile`");
    Ok(Some(Image::from_bytes(&bytes).map_err(refused)?))
}

/// The program of a file with what it sets: a compiled one from the sources that it carries.
fn loaded(path: &Path, set: &[(String, String)], terminal: &Terminal) -> Result<(Program, Vec<(String, String)>), Report> {
    if let Some(image) = image(path)? {
        let place = |source: &SourceText| source.path.clone().unwrap_or_else(|| source.name.clone());
        let entry = image.sources.first().map_or_else(String::new, place);
        let texts = image.sources.iter().fold(Texts::new(), |texts, source| texts.with(place(source), source.text.as_bytes()));
        let program = check::load(&texts, Path::new(&entry), &LoadOptions { root: None, allow_outside: true });
        // What is set now comes later, and the later value holds.
        let kept = image.set.iter().filter(|(name, _)| !set.iter().any(|(now, _)| now == name));
        return Ok((program, kept.chain(set).cloned().collect()));
    }
    let disk = Disk::default();
    let entry = if path.as_os_str() == "-" {
        let (name, bytes) = files::standard_input(terminal)?;
        let entry = PathBuf::from(name);
        disk.put(&entry, bytes);
        entry
    } else {
        disk.read(path).map_err(|e| Failure::reading(path, e))?;
        path.to_owned()
    };
    let program = analysis::load(&disk, &entry, terminal.global.allow_outside);
    Ok((program, set.to_vec()))
}

/// Refuses data where rules are wanted, with the rules among the data.
pub(super) fn in_order(command: &str, rules: &Path, data: &[PathBuf]) -> Result<(), Report> {
    let ends = |path: &Path, of: &[&str]| {
        path.extension().and_then(|e| e.to_str()).is_some_and(|e| of.contains(&e.to_lowercase().as_str()))
    };
    let is_data = ends(rules, &["csv", "tsv", "xlsx", "xls", "json", "jsonl", "ndjson", "parquet", "arrow", "gz"]);
    let Some(swapped) = data.iter().find(|path| ends(path, &["lsr", "lsrb"])).filter(|_| is_data) else { return Ok(()) };
    let others = data.iter().filter(|path| *path != swapped).map(|path| format!(" {}", path.display()));
    let line = format!("lsrc {command} {} {}{}", swapped.display(), rules.display(), others.collect::<String>());
    Err(Failure::new(format!("the rules come before the data, and `{}` is data", rules.display()))
        .help(format!("write `{line}`"))
        .into())
}

/// Loads and checks `path` (`-` is standard input); rules with errors are told on standard error and stop the command.
pub(super) fn right(path: &Path, set: &[(String, String)], terminal: &Terminal) -> Result<(Program, Model), Report> {
    let (program, set) = loaded(path, set, terminal)?;
    judged(program, &set, path, terminal)
}

/// Checks a program that came from `path`; errors are told on standard error and stop the command.
pub(super) fn judged(
    program: Program,
    set: &[(String, String)],
    path: &Path,
    terminal: &Terminal,
) -> Result<(Program, Model), Report> {
    let checked = check::check(&program, set);
    if let Some(model) = checked.model {
        return Ok((program, model));
    }
    let mut errors: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
    errors.sort_by_key(|d| (d.span.file, d.span.start));
    if let [fault] = errors.as_slice()
        && fault.span == Span::default()
    {
        // A fault of what is set, not of a place in the rules.
        let failure = Failure::new(fault.message.clone());
        return Err(match &fault.help {
            Some(help) => failure.help(help.clone()).into(),
            None => failure.into(),
        });
    }
    let count = errors.len();
    let view = View {
        sources: &program.sources,
        findings: &errors,
        summary: Summary { errors: count, warnings: 0, files: program.files.len() },
        scores: &[],
        files: &[],
        paths: &[],
    };
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    let mut text = Vec::new();
    render::write(&mut text, Format::Text, &view, style)
        .map_err(|e| Failure::new("the findings cannot be written").because(e))?;
    let noun = if count == 1 { "an error".to_owned() } else { format!("{count} errors") };
    let first = errors.first().map_or_else(String::new, |d| {
        let place = program.sources.place(d.span);
        format!("; the first at {}:{}:{}", program.sources.name(d.span), place.line, place.column)
    });
    terminal.fail(
        &Failure::new(format!("the rules in `{}` have {noun}{first}", path.display()))
            .help("fix them, then run this again")
            .into(),
    );
    terminal.insist(String::from_utf8_lossy(&text).trim_end());
    Err(super::failure::Reported.into())
}
