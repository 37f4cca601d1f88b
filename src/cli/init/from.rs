//! A project from data: the schema inferred, and first rules over the properties that it found.

use std::fmt::Write as _;
use std::path::Path;

use miette::Report;

use crate::check::{self, LoadOptions, Texts};
use crate::cli::Failure;
use crate::format;
use crate::input::{self, Spec};
use crate::schema::{Property, Schema};
use crate::source::FileId;
use crate::syntax;
use crate::value::{Options, Type};

/// So many properties of one kind get a first rule.
const MOST: usize = 2;

/// `contact.lsr`, `score.lsr` and `tests.lsr` for the data at `path`.
pub(super) fn project(path: &Path) -> Result<[(&'static str, String); 3], Report> {
    crate::cli::data::files_alone(&[path.to_owned()])?;
    let schema_text = input::infer(&Spec::file(path), "contact")?;
    let schema_text = if schema_text.starts_with("lsr ") { schema_text } else { format!("lsr 1\n\n{schema_text}") };
    let schema = check::check(&check::load_text("contact.lsr", &schema_text), &[]).model.map(|model| model.schema);
    let Some(schema) = schema else { return Err(broken(path)) };
    let rules = rules(&schema);
    let tests = "lsr 1\n\nuse \"score.lsr\"\n\ntest \"of whom nothing is known, nothing is scored\" {\n  expect points = 0, grade is C\n}\n";
    let files = [("contact.lsr", schema_text), ("score.lsr", rules), ("tests.lsr", tests.to_owned())];
    let laid_out = files.map(|(name, text)| (name, format::format(&syntax::parse(FileId(0), &text), &text)));
    let texts = laid_out.iter().fold(Texts::new(), |texts, (name, text)| texts.with(name, text.as_str()));
    let whole = check::load(&texts, Path::new("tests.lsr"), &LoadOptions::default());
    if check::check(&whole, &[]).model.is_none() {
        return Err(broken(path));
    }
    Ok(laid_out)
}

fn broken(path: &Path) -> Report {
    Failure::new(format!("no sound rules come from `{}`", path.display()))
        .help("begin with `lsrc init` alone, and write its schema with `lsrc schema infer`")
        .into()
}

/// A first score: each rule is meant to be replaced by what the team knows.
fn rules(schema: &Schema) -> String {
    let mut items = String::new();
    let mut most = 0;
    let mut counts = [0_usize; 5];
    for (at, property) in schema.properties.iter().enumerate() {
        if schema.key.is_some_and(|key| key.0 as usize == at) || property.default.is_some() {
            continue;
        }
        if let Some((kind, points, text)) = item(property)
            && let Some(count) = counts.get_mut(kind).filter(|count| **count < MOST)
        {
            *count += 1;
            most += points;
            items.push_str(&text);
        }
    }
    let (a, b) = ((most * 2 / 3).max(2), (most / 3).max(1));
    format!(
        "lsr 1\n\nuse \"contact.lsr\"\n\n## First rules, to be replaced by what your team knows about good contacts.\nscore points {{\n{items}}}\n\n\
         label grade by points {{\n  {a}..: A\n  {b}..<{a}: B\n  ..<{b}: C\n}}\n"
    )
}

/// The kind of a property, the points of its rule, and the rule.
fn item(property: &Property) -> Option<(usize, u32, String)> {
    let name = &property.name;
    let mut text = String::new();
    let (kind, points) = match &property.ty {
        Type::OneOf(options) => {
            let _ = write!(text, "  match {name} {{\n    {}: +10\n    else: 0\n  }}\n", first_option(options)?);
            (0, 10)
        }
        Type::Boolean => {
            let _ = writeln!(text, "  if {name} then +10");
            (1, 10)
        }
        Type::Integer | Type::Number => {
            let _ = writeln!(text, "  if {name} > 0 then +5");
            (2, 5)
        }
        Type::Date | Type::DateTime => {
            let _ = writeln!(text, "  if {name} within 30 days then +5");
            (3, 5)
        }
        Type::Text => {
            let _ = writeln!(text, "  if {name} is known then +5");
            (4, 5)
        }
        Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => return None,
    };
    Some((kind, points, text))
}

/// An option as quoted text, which every option can be written as.
fn first_option(options: &Options) -> Option<String> {
    let name = &options.items.first()?.name;
    Some(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
}
