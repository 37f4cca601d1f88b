//! Long constants that texts are read and compared by: a query holds each once, in a step of one row.

use super::classes;
use super::dialect::{Dialect, Replaced};
use super::fold::Alphabet;
use crate::schema::Schema;

/// A column of the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letter {
    /// What the ends of a cell lose.
    White,
    /// White space between words.
    Blank,
    /// What belongs to a word, as the inside of a class of characters.
    Word,
    /// Combining marks, as the inside of a class of characters.
    Marks,
    /// The characters that are replaced, and behind them those that vanish, where texts are compared with constants.
    Capitals,
    /// What stands in for each of the first of them.
    Small,
    /// The same where any text may stand.
    AllCapitals,
    /// The same where any text may stand.
    AllSmall,
}

impl Letter {
    pub(super) const ALL: [Self; 8] =
        [Self::White, Self::Blank, Self::Word, Self::Marks, Self::Capitals, Self::Small, Self::AllCapitals, Self::AllSmall];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::White => "white space",
            Self::Blank => "blanks",
            Self::Word => "word characters",
            Self::Marks => "marks",
            Self::Capitals => "letters",
            Self::Small => "letters compared",
            Self::AllCapitals => "all letters",
            Self::AllSmall => "all letters compared",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::White => "what the ends of a cell lose",
            Self::Blank => "what separates words",
            Self::Word => "letters, digits and marks, which belong to a word",
            Self::Marks => "combining marks",
            Self::Capitals => "letters that are replaced where a text is compared with one of the rules' own",
            Self::Small => "by these, in the same order; what has no partner vanishes",
            Self::AllCapitals => "letters that are replaced where two texts are compared",
            Self::AllSmall => "by these, in the same order; what has no partner vanishes",
        }
    }

    /// How a step that joins the letters reads this one.
    pub(super) fn sql(self, dialect: &dyn Dialect) -> String {
        format!("l.{}", dialect.name(self.name()))
    }

    fn text(self, alphabet: &Alphabet, schema: &Schema, dialect: &dyn Dialect) -> String {
        let whole = || {
            let mut whole = Alphabet::default();
            whole.add_all();
            whole
        };
        match self {
            Self::White => classes::white().to_owned(),
            Self::Blank => classes::blank().to_owned(),
            Self::Word => classes::word_class().to_owned(),
            Self::Marks => classes::mark_class().to_owned(),
            Self::Capitals => alphabet.texts(schema, dialect).0,
            Self::Small => alphabet.texts(schema, dialect).1,
            Self::AllCapitals => whole().texts(schema, dialect).0,
            Self::AllSmall => whole().texts(schema, dialect).1,
        }
    }
}

/// Whether a text reads one of the letters.
pub(super) fn reads_letters(sql: &str, dialect: &dyn Dialect) -> bool {
    Letter::ALL.iter().any(|letter| sql.contains(&letter.sql(dialect)))
}

/// The body of the step with the letters that these texts read; `None` where they read none.
pub(super) fn step<'a>(
    texts: impl Iterator<Item = &'a String> + Clone,
    alphabet: &Alphabet,
    schema: &Schema,
    dialect: &dyn Dialect,
) -> Option<String> {
    let read = Letter::ALL.into_iter().filter(|letter| texts.clone().any(|text| text.contains(&letter.sql(dialect))));
    let lines: Vec<String> = read
        .map(|letter| {
            let text = dialect.text(&letter.text(alphabet, schema, dialect));
            format!("    -- {}\n    {text} AS {}", letter.words(), dialect.name(letter.name()))
        })
        .collect();
    (!lines.is_empty()).then(|| format!("SELECT\n{}", lines.join(",\n")))
}

/// Whether a character is one of those that a syllable of Hangul is made of.
const fn in_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}')
}

impl Alphabet {
    /// `x` as texts are compared; `None` where the dialect cannot leave accents out.
    pub(super) fn fold(&self, x: &str, schema: &Schema, dialect: &dyn Dialect) -> Option<String> {
        let (from, to) = if self.whole { (Letter::AllCapitals, Letter::AllSmall) } else { (Letter::Capitals, Letter::Small) };
        let decomposed =
            if schema.ignore_accents { dialect.without_accents(x, &Letter::Marks.sql(dialect)) } else { Some(x.to_owned()) };
        // Without decomposition each character is replaced by what is left of it. Only syllables of Hangul become several, which
        // matters where a constant holds some or any text may stand.
        let hangul = self.whole || self.used.iter().any(|c| in_hangul(*c));
        if decomposed.is_none() && hangul {
            return None;
        }
        let (pairs, removed) = self.pairs(schema, dialect);
        let replaced = Replaced { pairs: &pairs, removes: !removed.is_empty(), from: from.sql(dialect), to: to.sql(dialect) };
        dialect.lower(decomposed.as_deref().unwrap_or(x), &replaced)
    }
}
