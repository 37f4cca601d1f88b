//! `--format NAME[=FILE]`.

use std::path::PathBuf;

use clap::ValueEnum;
use miette::Report;

use super::{AtomicFile, Failure, Terminal};

/// A format and where its text goes: a file, or standard output.
#[derive(Debug, Clone)]
pub struct Target<T> {
    /// The format.
    pub format: T,
    /// The file; `None` for standard output.
    pub file: Option<PathBuf>,
}

impl<T: ValueEnum> Target<T> {
    /// Reads `NAME` or `NAME=FILE`; a value parser for clap.
    ///
    /// # Errors
    /// Names the formats that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file name must follow the `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format =
            T::from_str(name, false).map_err(|_| format!("there is no format `{name}` here; there are {}", names::<T>()))?;
        Ok(Self { format, file })
    }
}

impl<T> Target<T> {
    /// Standard output in this format.
    pub const fn standard(format: T) -> Self {
        Self { format, file: None }
    }

    /// Writes a finished text to where it goes.
    ///
    /// # Errors
    /// That it cannot be written.
    pub fn write(&self, text: &str, terminal: &Terminal) -> Result<(), Report> {
        match &self.file {
            Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e).into()),
            None => terminal.print(text),
        }
    }
}

/// The names of all formats: `text, md and html`.
fn names<T: ValueEnum>() -> String {
    let all: Vec<String> =
        T::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(|v| v.get_name().to_owned()).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
