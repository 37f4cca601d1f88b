//! Rules from files or from texts in memory.

use std::path::Path;

use super::{Finding, RulesError};
use crate::analysis::{self, Configs, Disk, Options, analyse};
use crate::check::{self, Loader, Texts};
use crate::failure::Failure;
use crate::program::RuleSet;

/// Where rules come from, and the params that they are to have.
///
/// ```
/// use lsrc::RuleLoader;
///
/// let loader = RuleLoader::new().param("vip", "5").text("score.lsr", r#"
///     lsr 1
///     schema contact { visits: integer }
///     param vip = 10
///     param often = 3
///     score fit { if visits > 3 then +vip because "comes often" }
/// "#);
/// let rules = loader.load("score.lsr")?;
/// let mut scorer = rules.scorer(rules.as_of("2026-01-15").unwrap());
/// assert_eq!(scorer.score_json(r#"{"visits": 4}"#).unwrap().score("fit").unwrap().whole(), 5);
///
/// // Warnings do not keep rules from being used; they are to be had besides.
/// let findings = loader.findings("score.lsr").unwrap();
/// assert_eq!(findings.iter().map(|f| f.name()).collect::<Vec<_>>(), ["unused-name"]);
/// assert!(!findings[0].is_error());
/// # Ok::<(), lsrc::RulesError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RuleLoader {
    texts: Option<Texts>,
    params: Vec<(String, String)>,
    allow_outside: bool,
}

impl RuleLoader {
    /// From files on disk, with the params that the rules give themselves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From texts in memory alone, this one among them; `use` and `list from` find it by its path.
    #[must_use]
    pub fn text(mut self, path: impl AsRef<Path>, text: impl Into<String>) -> Self {
        self.texts = Some(self.texts.unwrap_or_default().with(path, text.into()));
        self
    }

    /// Gives a param another value, written as the rules would write it.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Lets `use` and `list from` leave the project: the nearest folder upwards that holds `lsrc.toml` or `.git`, else the present folder
    /// where the rules are in it, else the folder of the rules.
    #[must_use]
    pub fn allow_outside(mut self) -> Self {
        self.allow_outside = true;
        self
    }

    /// Loads and checks rules and all files that they use.
    ///
    /// # Errors
    /// The errors of the rules, each with its place.
    pub fn load(&self, entry: impl AsRef<Path>) -> Result<RuleSet, RulesError> {
        let entry = entry.as_ref();
        if let Some(texts) = &self.texts {
            return self.checked(texts, entry);
        }
        let disk = Disk::default();
        disk.read(entry).map_err(|error| RulesError::unreadable(entry, &error))?;
        self.checked(&disk, entry)
    }

    /// Everything that is to be said of the rules, warnings among it, as `lsrc check` would: by file and place, without what `allow`
    /// comments and `lsrc.toml` silence. Params have the values that the rules give them.
    ///
    /// # Errors
    /// What is wrong with `lsrc.toml`.
    pub fn findings(&self, entry: impl AsRef<Path>) -> Result<Vec<Finding>, Failure> {
        let entries = [entry.as_ref().to_owned()];
        let options = Options { allow_outside: self.allow_outside, ..Options::default() };
        let found = match &self.texts {
            Some(texts) => analyse(texts, &entries, &mut Configs::none(), options)?,
            None => analyse(&Disk::default(), &entries, &mut Configs::on_disk(None), options)?,
        };
        Ok(found.findings.iter().map(|finding| Finding::new(&found.sources, finding)).collect())
    }

    fn checked(&self, loader: &dyn Loader, entry: &Path) -> Result<RuleSet, RulesError> {
        let program = analysis::load(loader, entry, self.allow_outside);
        let checked = check::check(&program, &self.params);
        match checked.model {
            Some(model) => Ok(RuleSet::of(program.sources, model)),
            None => Err(RulesError::new(&program.sources, &checked.diagnostics)),
        }
    }
}

impl RuleSet {
    /// Reads rules and all files that they use; [`RuleLoader`] can do more.
    ///
    /// # Errors
    /// The errors of the rules, each with its place.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        RuleLoader::new().load(path)
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
    /// assert_eq!(rules.score_names().collect::<Vec<_>>(), ["interest"]);
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
        texts.into_iter().fold(RuleLoader::new(), |loader, (path, text)| loader.text(path, text)).load(entry)
    }
}
