//! Rules that a command needs to be right.

use std::path::{Path, PathBuf};

use miette::Report;

use super::disk::{self, Disk};
use super::{Failure, Terminal, files};
use crate::check::{self, Loader, Program};
use crate::diag::render::{self, Format, Style, Summary, View};
use crate::diag::{Diagnostic, Severity};
use crate::hir::Model;

/// Loads and checks `path` (`-` is standard input); rules with errors are told on standard error and stop the command.
pub(super) fn right(path: &Path, set: &[(String, String)], terminal: &Terminal) -> Result<(Program, Model), Report> {
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
    let program = check::load(&disk, &entry, &disk::options(&entry, terminal.global.allow_outside));
    let checked = check::check(&program, set);
    if let Some(model) = checked.model {
        return Ok((program, model));
    }
    let mut errors: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
    errors.sort_by_key(|d| (d.span.file, d.span.start));
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
            .help("mend them, then run this again")
            .into(),
    );
    terminal.insist(String::from_utf8_lossy(&text).trim_end());
    Err(super::failure::Told.into())
}
