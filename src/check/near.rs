//! "Did you mean": the nearest of the names that could stand in a place.

use crate::diag::Diagnostic;
use crate::source::Span;
use crate::syntax::written;
use crate::text::slip;

/// What a misspelt word could have been.
#[derive(Debug, Default)]
pub(super) struct Near {
    names: Vec<String>,
    certain: bool,
}

/// The nearest of `candidates` to `word`: those that differ only in case, spaces, `_` and `-`, else those within a third of its length.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Near {
    let plain = squeeze(word);
    let length = plain.chars().count();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        if candidate == word || candidate.is_empty() {
            continue;
        }
        let other = squeeze(candidate);
        // Of two letters one is left: nobody can tell what was meant.
        if let Some(distance) = slip(&plain, &other).filter(|distance| *distance < length.max(1)) {
            found.push((distance, candidate));
        }
    }
    found.sort_unstable();
    found.dedup();
    let best = found.first().map_or(0, |f| f.0);
    let certain = match found.as_slice() {
        [(distance, _)] => *distance == 0 || length > 2,
        [(0, _), (next, _), ..] => *next > 0,
        _ => false,
    };
    let keep = if best == 0 { 1.max(found.iter().filter(|f| f.0 == 0).count()) } else { 3 };
    Near { names: found.into_iter().take(keep).map(|(_, name)| name.to_owned()).collect(), certain }
}

impl Near {
    /// Whether nothing is near.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// "did you mean `a` or `b`?"
    pub(super) fn question(&self) -> Option<String> {
        let quoted: Vec<String> = self.names.iter().map(|n| format!("`{n}`")).collect();
        match quoted.split_last() {
            None => None,
            Some((last, [])) => Some(format!("did you mean {last}?")),
            Some((last, others)) => Some(format!("did you mean {} or {last}?", others.join(", "))),
        }
    }

    /// Adds the question (else `otherwise`) as help, and the repair where only one name is near; `write` turns the name into source.
    pub(super) fn advise(
        &self,
        diagnostic: Diagnostic,
        span: Span,
        otherwise: impl Into<String>,
        write: impl Fn(&str) -> String,
    ) -> Diagnostic {
        let Some(question) = self.question() else { return diagnostic.help(otherwise) };
        let diagnostic = diagnostic.help(question);
        match self.names.first() {
            Some(name) if self.certain => {
                let text = write(name);
                // What somebody meant is a guess, however near it is.
                diagnostic.fix(false, format!("replace with `{text}`"), span, text.clone())
            }
            Some(_) | None => diagnostic,
        }
    }
}

/// In lower case without spaces, `_` and `-`.
pub(super) fn squeeze(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// A name as rules write it: in backticks where it must be, both parts of `company.industry` by themselves.
pub(super) fn as_name(name: &str) -> String {
    if let Some((record, property)) = name.split_once('.')
        && !record.is_empty()
        && !property.is_empty()
    {
        return format!("{}.{}", as_name(record), as_name(property));
    }
    written::name(name)
}

impl Near {
    /// Surely this one.
    pub(super) fn one(name: &str) -> Self {
        Self { names: vec![name.to_owned()], certain: true }
    }
}
