//! Rules from files or from texts in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{RuleSet, RulesError};
use crate::check::{self, LoadOptions, Loader, Texts};

/// The files of a folder, as they are on disk.
struct Disk;

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

impl RuleSet {
    /// Reads rules and all files that they use; these lie in the folder of `path` or below.
    ///
    /// # Errors
    /// The errors of the rules, each with its place.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let path = path.as_ref();
        Disk.read(path).map_err(|error| RulesError::unreadable(path, &error))?;
        Self::checked(&Disk, path, &[])
    }

    /// Rules of one text, called `name` in messages.
    ///
    /// # Errors
    /// The errors of the rules, each with its place.
    ///
    /// ```
    /// let rules = lsrc::RuleSet::from_text("score.lsr", r#"
    ///     lsr 1
    ///     schema contact { visits: integer }
    ///     score interest { band visits { ..1: 0  2..5: +3  6..: +6 } }
    /// "#)?;
    /// assert_eq!(rules.model().scores.len(), 1);
    ///
    /// let wrong = lsrc::RuleSet::from_text("score.lsr", "lsr 1\nschema c { visits: integer }\nscore s { per visit then +1 }");
    /// assert_eq!(wrong.unwrap_err().findings()[0].place(), "score.lsr:3:15");
    /// # Ok::<(), lsrc::RulesError>(())
    /// ```
    pub fn from_text(name: &str, text: &str) -> Result<Self, RulesError> {
        Self::from_texts(name, [(name, text)])
    }

    /// Rules of several texts by path, `entry` among them; `use` and `list from` find the others by these paths.
    ///
    /// # Errors
    /// The errors of the rules, each with its place.
    ///
    /// ```
    /// let rules = lsrc::RuleSet::from_texts("score.lsr", [
    ///     ("score.lsr", "lsr 1\nuse \"contact.lsr\"\nscore fit { if employees >= 50 then +10 }"),
    ///     ("contact.lsr", "lsr 1\nschema contact { key id: integer  employees: integer }"),
    /// ])?;
    /// # Ok::<(), lsrc::RulesError>(())
    /// ```
    pub fn from_texts<'t>(entry: &str, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, RulesError> {
        let texts = texts.into_iter().fold(Texts::new(), |all, (path, text)| all.with(path, text));
        Self::checked(&texts, Path::new(entry), &[])
    }

    fn checked(loader: &dyn Loader, entry: &Path, set: &[(String, String)]) -> Result<Self, RulesError> {
        let program = check::load(loader, entry, &LoadOptions::default());
        let checked = check::check(&program, set);
        match checked.model {
            Some(model) => Ok(Self::of(program.sources, model)),
            None => Err(RulesError::new(&program.sources, &checked.diagnostics)),
        }
    }
}
