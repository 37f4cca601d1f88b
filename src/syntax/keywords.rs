//! The words of the language: one row each, with what is known of it beside its places in the grammar. Whoever needs a list of words asks
//! here, so that a new word has one place.

use super::grammar::Rule;

/// Where a piece stands: at the top, or in which kind of block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The items of a file.
    File,
    /// The members of a schema.
    Schema,
    /// The fields of an event list or a related record.
    Events,
    /// The items of a score or group.
    Score,
    /// The lines of a lifecycle.
    Lifecycle,
    /// The clauses of a test.
    Test,
    /// The lines of a band.
    Band,
    /// The lines of a match.
    Match,
    /// The lines of a label.
    Label,
    /// The items of a rollup.
    Rollup,
}

impl Level {
    pub(super) fn rule(self) -> Rule {
        match self {
            Self::File => Rule::file,
            Self::Schema => Rule::schema_members,
            Self::Events => Rule::event_fields,
            Self::Score => Rule::score_items,
            Self::Lifecycle => Rule::lifecycle_lines,
            Self::Test => Rule::test_clauses,
            Self::Band => Rule::band_lines,
            Self::Match => Rule::match_lines,
            Self::Label => Rule::label_lines,
            Self::Rollup => Rule::rollup_items,
        }
    }

    /// The level inside the block that this word starts here.
    pub(super) fn inside(self, word: &str) -> Option<Self> {
        Some(match (self, word) {
            (Self::File, "schema") => Self::Schema,
            (Self::File | Self::Rollup, "score") | (Self::Score, "group") => Self::Score,
            (Self::File | Self::Rollup, "label") => Self::Label,
            (Self::File | Self::Rollup, "lifecycle") => Self::Lifecycle,
            (Self::File, "rollup") => Self::Rollup,
            (Self::File, "test") => Self::Test,
            (Self::Score, "band") => Self::Band,
            (Self::Score, "match") => Self::Match,
            (Self::Schema, "events" | "related") => Self::Events,
            _ => return None,
        })
    }
}

/// What a word is beside its places in the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// It is never a name without backticks.
    Reserved,
    /// It is reserved, and people want it as a name; the other reserved words are the joints of sentences.
    Wanted,
    /// It starts a piece of this level.
    Starts(Level),
    /// First on a line, it still belongs to what stands above it.
    Joint,
    /// A bracket or a sign behind it starts a value, although it is not reserved.
    Opens,
    /// A value or a clause can end with it, although it is reserved or a joint.
    Ends,
}

use Is::{Ends, Joint, Opens, Reserved, Starts, Wanted};

/// A word of the language.
pub(super) struct Keyword {
    /// The word.
    pub(super) word: &'static str,
    /// Its rule in the grammar.
    pub(super) rule: Rule,
    is: &'static [Is],
}

impl Keyword {
    fn is_reserved(&self) -> bool {
        self.is.contains(&Reserved) || self.is.contains(&Wanted)
    }
}

/// The word of a rule is its name without `k_`.
macro_rules! keywords {
    ($($rule:ident: $($is:expr),*;)*) => {
        /// All words.
        pub(super) const KEYWORDS: &[Keyword] =
            &[$(Keyword { word: stringify!($rule).split_at(2).1, rule: Rule::$rule, is: &[$($is),*] },)*];
    };
}

#[rustfmt::skip]
keywords! {
    k_lsr: Wanted, Starts(Level::File);
    k_use: Wanted, Starts(Level::File);
    k_schema: Wanted, Starts(Level::File);
    k_list: Wanted, Starts(Level::File);
    k_param: Wanted, Starts(Level::File);
    k_define: Wanted, Starts(Level::File);
    k_exclude: Wanted, Starts(Level::File), Starts(Level::Score);
    k_score: Wanted, Starts(Level::File), Starts(Level::Rollup);
    k_label: Wanted, Starts(Level::File), Starts(Level::Rollup);
    k_lifecycle: Wanted, Starts(Level::File), Starts(Level::Rollup);
    k_rollup: Wanted, Starts(Level::File);
    k_test: Wanted, Starts(Level::File);
    k_if: Reserved, Starts(Level::Score);
    k_band: Wanted, Starts(Level::Score);
    k_match: Wanted, Starts(Level::Score);
    k_each: Reserved, Starts(Level::Score);
    k_per: Reserved, Starts(Level::Score);
    k_group: Wanted, Starts(Level::Score);
    k_unknown: Reserved, Starts(Level::Schema), Ends;
    k_time: Starts(Level::Schema);
    k_ignore: Starts(Level::Schema);
    k_numbers: Starts(Level::Schema);
    k_dates: Starts(Level::Schema);
    k_events: Wanted, Starts(Level::Schema);
    k_related: Starts(Level::Schema);
    k_key: Starts(Level::Schema), Starts(Level::Events);
    k_hold: Wanted, Starts(Level::Lifecycle);
    k_stage: Wanted, Starts(Level::Lifecycle);
    k_otherwise: Reserved, Starts(Level::Lifecycle);
    k_forward: Starts(Level::Lifecycle);
    k_given: Wanted, Starts(Level::Test);
    k_expect: Wanted, Starts(Level::Test);
    k_because: Reserved, Joint;
    k_like: Joint;
    k_by: Joint, Opens;
    k_to: Joint, Opens;
    k_of: Joint, Opens;
    k_text: Ends;
    k_required: Joint, Ends;
    k_default: Joint, Opens;
    k_from: Joint, Opens;
    k_split: Joint;
    k_min: Joint, Opens;
    k_max: Joint, Opens;
    k_then: Reserved, Joint;
    k_else: Reserved, Joint, Ends;
    k_within: Reserved, Joint;
    k_where: Reserved, Joint;
    k_times: Joint, Ends;
    k_since: Joint, Opens;
    k_losing: Joint, Opens;
    k_all: Opens;
    k_over: Joint, Opens;
    k_every: Joint, Opens;
    k_is: Reserved, Joint;
    k_when: Joint, Opens;
    k_as: Joint;
    k_ago: Joint, Ends;
    k_not: Reserved, Joint;
    k_unless: Reserved, Joint;
    k_or: Reserved, Joint;
    k_and: Reserved, Joint;
    k_true: Reserved, Joint, Ends;
    k_false: Reserved, Joint, Ends;
    k_until: Joint, Opens;
    k_known: Reserved, Joint, Ends;
    k_empty: Wanted, Joint, Ends;
    k_in: Reserved, Joint;
    k_contains: Reserved, Joint;
    k_does: Joint;
    k_word: Opens;
    k_starts: Joint;
    k_with: Opens;
    k_ends: Joint;
    k_matches: Joint;
    k_next: Opens;
    k_more: Joint;
    k_than: Opens;
    k_before: Joint, Opens;
    k_after: Joint, Opens;
    k_values: ; k_zone: ; k_accents: ; k_serial: ; k_epoch: ; k_seconds: ; k_one: ; k_set: ;
    k_column: ; k_day: ; k_week: ; k_month: ; k_first: ; k_best: ; k_its: ; k_points: ; k_what: ; k_left: ; k_excluded: ; k_only: ;
    k_fired: ; k_domain: ; k_length: ; k_words: ; k_size: ; k_at: ; k_least: ; k_latest: ;
    k_earliest: ; k_highest: ; k_lowest: ; k_contain: ; k_start: ; k_end: ;
}

/// The units of time, which are words behind numbers and before `since`.
const UNITS: [&str; 5] = ["hour", "day", "week", "month", "year"];

fn find(word: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.word == word)
}

fn is(word: &str, what: Is) -> bool {
    find(word).is_some_and(|keyword| keyword.is.contains(&what))
}

/// Whether a word is one of the language's: reserved, special in its place, or a unit of time.
///
/// ```
/// use lsrc::syntax::is_keyword;
/// assert!(is_keyword("because") && is_keyword("losing") && is_keyword("days") && !is_keyword("visits"));
/// ```
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    UNITS.contains(&word.strip_suffix('s').unwrap_or(word)) || find(word).is_some()
}

/// Whether a word cannot be a name without backticks.
///
/// ```
/// use lsrc::syntax::is_reserved;
/// assert!(is_reserved("because") && !is_reserved("losing"));
/// ```
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    find(word).is_some_and(Keyword::is_reserved)
}

/// All words of the language, units of time included, in the order of the alphabet.
#[must_use]
pub fn keywords() -> Vec<&'static str> {
    const UNITS: [&str; 9] = ["hour", "hours", "days", "week", "weeks", "month", "months", "year", "years"];
    let mut words: Vec<&'static str> = KEYWORDS.iter().map(|keyword| keyword.word).chain(UNITS).collect();
    words.sort_unstable();
    words
}

/// All words of the language but the units of time, each with whether it is reserved.
pub fn keyword_table() -> impl Iterator<Item = (&'static str, bool)> {
    KEYWORDS.iter().map(|keyword| (keyword.word, keyword.is_reserved()))
}

/// Whether a reserved word is one that people want as a name.
pub(super) fn is_wanted(word: &str) -> bool {
    is(word, Wanted)
}

/// Whether a word that is first on a line still belongs to what stands above it.
pub(super) fn is_joint(word: &str) -> bool {
    is(word, Joint)
}

/// Whether a bracket or a sign behind a word that is not reserved starts a value.
pub(crate) fn opens(word: &str) -> bool {
    is(word, Opens)
}

/// Whether a value or a clause can end with a word, although it is reserved or a joint.
pub(super) fn can_end(word: &str) -> bool {
    is(word, Ends)
}

/// Whether a word starts a piece of a level.
pub(super) fn starts(level: Level, word: &str) -> bool {
    is(word, Starts(level))
}

/// The words that start a piece of a level.
pub(super) fn starting(level: Level) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |keyword| keyword.is.contains(&Starts(level))).map(|keyword| keyword.word)
}
