//! Repairs: what `check --fix` makes of a program means what the program meant, and leaves nothing to repair.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::diag::Diagnostic;
use lsrc::hir::{AsOf, Model};
use lsrc::lint;
use lsrc::source::FileId;

use crate::command::lsrc;
use crate::oracle::{self, Record};

/// The files of a program by name; `main.lsr` uses the others.
pub(crate) type Files = BTreeMap<String, String>;

/// What `check` makes of a program.
struct Looked {
    model: Option<Model>,
    findings: Vec<Diagnostic>,
}

fn look(files: &Files) -> Looked {
    let texts = files.iter().fold(Texts::new(), |texts, (name, text)| texts.with(name, text.as_str()));
    let program = check::load(&texts, Path::new("main.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    let mut found = checked.diagnostics;
    if let Some(model) = &checked.model {
        found.append(lint::run(&program.sources, &program.files, model));
    }
    let found = lint::allow::apply(&program.sources, &program.files, found, checked.model.is_some());
    Looked { model: checked.model, findings: found.into_iter().filter(|d| d.code.on_by_default()).collect() }
}

/// The text as `fmt` lays it out; nothing for one that cannot be read.
fn laid_out(text: &str) -> Option<String> {
    let parsed = lsrc::syntax::parse(FileId(0), text);
    (!parsed.diagnostics.has_errors()).then(|| lsrc::format::format(&parsed, text))
}

/// The files after `check --fix`.
fn repaired(files: &Files, more: &[&str]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output =
        lsrc(folder.path()).args(["check", "main.lsr", "--fix", "--fail-level", "never", "-q"]).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    files.keys().map(|name| (name.clone(), fs::read_to_string(folder.path().join(name)).unwrap())).collect()
}

/// Says which claim about the repairs of a program does not hold; gives whether there was anything to repair. Files that can be read
/// are laid out first.
pub(crate) fn wrong(
    files: &Files,
    as_of: Option<AsOf>,
    records: &mut dyn FnMut(&Model, AsOf) -> Vec<Record>,
) -> Result<bool, String> {
    let files: Files = files.iter().map(|(name, text)| (name.clone(), laid_out(text).unwrap_or_else(|| text.clone()))).collect();
    let before = look(&files);
    if before.findings.iter().all(|d| d.fixes.is_empty()) {
        return Ok(false);
    }
    let safe = repaired(&files, &[]);
    let after = look(&safe);
    if let Some(left) = after.findings.iter().find(|d| d.fixes.iter().any(|f| f.safe)) {
        return Err(format!("`{}` is left to repair in\n{}", left.message, shown(&safe)));
    }
    still_laid_out(&files, &safe)?;
    if let Some(model) = &before.model {
        let Some(now) = &after.model else { return Err(format!("what was right is no more:\n{}", shown(&safe))) };
        let as_of = as_of.unwrap_or_else(|| AsOf::parse("2026-03-02", &model.schema.zone).unwrap());
        for record in records(model, as_of) {
            let [old, new] = [model, now].map(|model| oracle::evaluate(model, &record, as_of));
            let outputs = |o: &oracle::Outcome| {
                let stages: Vec<_> = o.stages.iter().map(|s| (s.before, s.after)).collect();
                (o.excluded.is_some(), o.scores.clone(), o.labels.clone(), stages)
            };
            if outputs(&old) != outputs(&new) {
                let (old, new) = (outputs(&old), outputs(&new));
                return Err(format!("a record came to {old:?} and comes to {new:?} after\n{}\n{record:?}", shown(&safe)));
            }
        }
    }
    let all = repaired(&files, &["--unsafe"]);
    if let Some(left) = look(&all).findings.iter().find(|d| !d.fixes.is_empty()) {
        return Err(format!("`{}` is left to repair, unsafe repairs too, in\n{}", left.message, shown(&all)));
    }
    still_laid_out(&files, &all)?;
    Ok(true)
}

/// Whether every file that could be read can be read still, and is laid out.
fn still_laid_out(before: &Files, after: &Files) -> Result<(), String> {
    for (name, text) in before {
        let now = &after[name];
        if laid_out(text).is_some() && laid_out(now).as_ref() != Some(now) {
            return Err(format!("{name} was laid out, and is now:\n{now}"));
        }
    }
    Ok(())
}

fn shown(files: &Files) -> String {
    files.iter().map(|(name, text)| format!("--- {name}\n{text}\n")).collect()
}
