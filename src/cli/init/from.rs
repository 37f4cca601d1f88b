//! A project from data: the schema inferred, and first rules over what is known to say something about a contact.

use std::path::Path;

use miette::Report;

use crate::check::{self, LoadOptions, Texts};
use crate::cli::data::ReadArgs;
use crate::cli::{Failure, Terminal, learn};
use crate::format;
use crate::input;
use crate::learn::first;
use crate::source::FileId;
use crate::syntax;

/// `contact.lsr`, `score.lsr` and `tests.lsr` for the data at `path`.
pub(super) fn project(path: &Path, read: &ReadArgs) -> Result<[(&'static str, String); 3], Report> {
    crate::run::files_alone(&[path.to_owned()])?;
    let schema_text = input::infer(&read.spec(&[path.to_owned()]), "contact")?;
    let schema_text = if schema_text.starts_with("lsr ") { schema_text } else { format!("lsr 1\n\n{schema_text}") };
    let schema = check::check(&check::load_text("contact.lsr", &schema_text), &[]).model.map(|model| model.schema);
    let Some(schema) = schema else { return Err(broken(path)) };
    let rules = first::rules(&schema);
    let files = [("contact.lsr", schema_text), ("score.lsr", rules.score), ("tests.lsr", rules.tests)];
    let laid_out = files.map(|(name, text)| (name, format::format(&syntax::parse(FileId(0), &text), &text)));
    let texts = laid_out.iter().fold(Texts::new(), |texts, (name, text)| texts.with(name, text.as_str()));
    let whole = check::load(&texts, Path::new("tests.lsr"), &LoadOptions::default());
    if check::check(&whole, &[]).model.is_none() {
        return Err(broken(path));
    }
    Ok(laid_out)
}

/// The same with rules that are learned from what became of the records.
pub(super) fn learned(
    path: &Path,
    read: &ReadArgs,
    outcome: &str,
    terminal: &Terminal,
) -> Result<[(&'static str, String); 3], Report> {
    let [(schema_name, schema), ..] = project(path, read)?;
    let folder = tempfile::tempdir().map_err(|e| Failure::writing(&std::env::temp_dir(), e))?;
    let place = folder.path().join(schema_name);
    std::fs::write(&place, &schema).map_err(|e| Failure::writing(&place, e))?;
    let rules = learn::for_project(path, read, &place, outcome, &folder.path().join("score.lsr"), terminal)?;
    let tests =
        "lsr 1\n\nuse \"score.lsr\"\n\ntest \"a record of which nothing is known is not excluded\" {\n  expect not excluded\n}\n";
    Ok([(schema_name, schema), ("score.lsr", rules), ("tests.lsr", tests.to_owned())])
}

fn broken(path: &Path) -> Report {
    Failure::new(format!("no sound rules come from `{}`", path.display()))
        .help("begin with `lsrc init` alone, and write its schema with `lsrc schema infer`")
        .into()
}
