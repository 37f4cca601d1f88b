//! What a page asks of rules: texts, records and values of params in, documents out. No file, no network, no clock.
//!
//! A page (or a program in JavaScript) sends the name of a question and a [`Request`] as JSON. [`Playground::answer`] gives a document as
//! JSON. Offsets count UTF-16 code units, as JavaScript does. The engine for browsers and a server answer with the same function.
//!
//! ```
//! use lsrc::playground::Playground;
//!
//! let request = r#"{"files": {"score.lsr": "lsr 1\nschema c { visits: integer }\nscore s { if vists > 3 then +1 }"}, "entry": "score.lsr"}"#;
//! let answer = Playground::default().answer("check", request);
//! assert!(answer.contains("unknown-name") && answer.contains("replace with `visits`"), "{answer}");
//! ```

mod editor;
mod records;
mod request;
mod rules;
mod units;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::analysis::{Analysis, Configs, Options, analyse};
use crate::check::Texts;
use crate::engine::{RuleLoader, RulesError};
use crate::failure::Failure;
use crate::ide::keywords;
use crate::program::RuleSet;

pub use request::{Content, Request};

/// Answers questions about texts, and keeps what it found out about the last ones.
#[derive(Debug, Default)]
pub struct Playground {
    analysed: Option<Analysed>,
    rules: Option<Rules>,
}

/// What was found out about texts.
#[derive(Debug)]
struct Analysed {
    texts: request::Files,
    analysis: Analysis,
}

/// Rules without errors, and what they were loaded from.
#[derive(Debug)]
struct Rules {
    texts: request::Files,
    entry: String,
    set: request::Files,
    rules: RuleSet,
}

/// The names of the questions.
pub const QUESTIONS: [&str; 14] = [
    "check", "fix", "format", "model", "ranges", "test", "score", "explain", "hover", "complete", "actions", "hints", "words",
    "version",
];

impl Playground {
    /// The answer to a question: `{"ok": DOCUMENT}`, or `{"error": {"message": .., "help": ..}}`.
    pub fn answer(&mut self, question: &str, request: &str) -> String {
        match self.answered(question, request) {
            Ok(document) => format!("{{\"ok\":{document}}}"),
            Err(failure) => {
                let help = miette::Diagnostic::help(&failure).map(|help| help.to_string());
                json!({"error": {"message": failure.to_string(), "help": help}}).to_string()
            }
        }
    }

    fn answered(&mut self, question: &str, request: &str) -> Result<String, Failure> {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| Failure::new(format!("the request cannot be read: {error}")).help("send one JSON object"))?;
        let document = match question {
            "check" => rules::check(self.analysis(&request)?),
            "fix" => rules::fix(&request)?,
            "format" => rules::format(&request)?,
            "model" => rules::model(&self.rules(&request)?),
            "ranges" => rules::ranges(&self.rules(&request)?),
            "test" => rules::test(self.analysis(&request)?),
            "score" => return records::score(&self.rules(&request)?, &request),
            "explain" => records::explain(&self.rules(&request)?, &request)?,
            "hover" => editor::hover(self.analysis(&request)?, &request)?,
            "complete" => editor::complete(self.known(&request)?, &request)?,
            "actions" => editor::actions(self.analysis(&request)?, &request)?,
            "hints" => editor::hints(self.analysis(&request)?, &request)?,
            "words" => words(),
            "version" => json!({"version": env!("CARGO_PKG_VERSION"), "questions": QUESTIONS}),
            other => {
                let near = crate::text::nearest(other, QUESTIONS);
                let failure = Failure::new(format!("`{other}` is not a question"));
                return Err(match near {
                    Some(near) => failure.help(format!("did you mean `{near}`?")),
                    None => failure.help(format!("there are {}", QUESTIONS.join(", "))),
                });
            }
        };
        Ok(document.to_string())
    }

    /// What there is to say about the texts of a request.
    fn analysis(&mut self, request: &Request) -> Result<&Analysis, Failure> {
        request.not_too_large()?;
        if self.analysed.as_ref().is_none_or(|known| known.texts != request.files) {
            self.analysed =
                Some(Analysed { texts: request.files.clone(), analysis: analysis(&request.files, Options::default())? });
        }
        match &self.analysed {
            Some(known) => Ok(&known.analysis),
            None => Err(Failure::new("nothing was analysed")),
        }
    }

    /// What was last found out, so that nobody waits for a check while a word is being written.
    fn known(&mut self, request: &Request) -> Result<&Analysis, Failure> {
        let file = request.file()?;
        let stale = self.analysed.as_ref().is_some_and(|known| known.texts.contains_key(file));
        if stale {
            request.not_too_large()?;
            match &self.analysed {
                Some(known) => Ok(&known.analysis),
                None => Err(Failure::new("nothing was analysed")),
            }
        } else {
            self.analysis(request)
        }
    }

    /// The rules of a request, with its params.
    fn rules(&mut self, request: &Request) -> Result<RuleSet, Failure> {
        request.not_too_large()?;
        let entry = request.entry()?;
        if let Some(known) = &self.rules
            && known.texts == request.files
            && known.entry == entry
            && known.set == request.set
        {
            return Ok(known.rules.clone());
        }
        let loader = request.files.iter().fold(RuleLoader::new(), |loader, (path, text)| loader.text(path, text.as_str()));
        let loader = request.set.iter().fold(loader, |loader, (name, value)| loader.param(name, value));
        let rules = loader.load(entry).map_err(|error| with_errors(&error))?;
        let (texts, set) = (request.files.clone(), request.set.clone());
        self.rules = Some(Rules { texts, entry: entry.to_owned(), set, rules: rules.clone() });
        Ok(rules)
    }
}

/// Why rules cannot be used.
fn with_errors(error: &RulesError) -> Failure {
    let failure = Failure::new(format!("the rules have errors: {error}"));
    match error.findings().first().and_then(|finding| finding.help()) {
        Some(help) => failure.help(help),
        None => failure.help("correct them first"),
    }
}

/// All rule files in memory are looked at; nothing outside of them is.
fn analysis(files: &request::Files, options: Options) -> Result<Analysis, Failure> {
    let entries: Vec<PathBuf> = files.keys().filter(|path| request::is_rules(path)).map(PathBuf::from).collect();
    analyse(&texts(files), &entries, &mut Configs::none(), options)
}

fn texts(files: &request::Files) -> Texts {
    files.iter().fold(Texts::new(), |texts, (path, text)| texts.with(path, text.as_str()))
}

/// The words of the language, with what they mean.
fn words() -> Value {
    let meaning = |word: &str| keywords::all().iter().find(|(known, ..)| *known == word);
    let words = crate::syntax::keywords().into_iter().map(|word| match meaning(word) {
        Some((_, meaning, example)) => json!({"word": word, "meaning": meaning, "example": example}),
        None => json!({"word": word}),
    });
    json!({"words": words.collect::<Vec<_>>()})
}
