//! The registry of codes. A number that appeared in a release is never used again.
//!
//! 01xx the text itself, 02xx names, types and meaning, 03xx warnings.

use super::Severity;

/// Declares [`Code`] from one table, so that a code, its name and its page cannot part.
macro_rules! codes {
    ($($variant:ident $id:literal $name:literal $severity:ident $default:literal $summary:literal;)*) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All codes in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number: `LSR0301`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The name in kebab-case: `band-gap`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its severity unless a configuration says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Whether it is reported without being asked for in `lsrc.toml`.
            #[must_use]
            pub const fn on_by_default(self) -> bool {
                match self { $(Self::$variant => $default,)* }
            }

            /// One line on what it finds.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// Its page: what, why, a wrong and a fixed example.
            #[must_use]
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../docs/codes/", $name, ".md")),)* }
            }
        }
    };
}

codes! {
    Syntax "LSR0101" "syntax" Error true "text that does not follow the grammar";
    UnsupportedVersion "LSR0102" "unsupported-version" Error true "a language version that this program does not know";
    TooDeep "LSR0103" "too-deep" Error true "more than 200 levels of nesting";
    TooLarge "LSR0104" "too-large" Error true "a file, number or formula that exceeds a limit";
    FileNotFound "LSR0105" "file-not-found" Error true "a file that does not exist or cannot be read";
    UseCycle "LSR0106" "use-cycle" Error true "files that use each other in a circle";
    UnknownName "LSR0201" "unknown-name" Error true "a name that is not declared";
    DuplicateName "LSR0202" "duplicate-name" Error true "a name that is declared twice";
    TypeMismatch "LSR0203" "type-mismatch" Error true "values of types that do not fit together";
    UnknownOption "LSR0204" "unknown-option" Error true "an option that the schema does not list";
    DuplicateOption "LSR0205" "duplicate-option" Error true "an option that is listed twice";
    OverlappingRanges "LSR0206" "overlapping-ranges" Error true "two ranges of one band that share a value";
    EmptyRange "LSR0207" "empty-range" Error true "a range that contains no value";
    DefinitionCycle "LSR0208" "definition-cycle" Error true "definitions that refer to each other in a circle";
    BadPoints "LSR0209" "bad-points" Error true "points with more than two decimals, without a sign, in percent, below zero among the best, or beyond the limit";
    BadPattern "LSR0210" "bad-pattern" Error true "a pattern that is not a regular expression";
    BadBounds "LSR0211" "bad-bounds" Error true "limits that contradict each other";
    BadDecay "LSR0212" "bad-decay" Error true "a decay that cannot be computed";
    UnknownStage "LSR0213" "unknown-stage" Error true "a stage that is not an option of the lifecycle's property";
    BadSchema "LSR0214" "bad-schema" Error true "a schema that contradicts itself";
    BadDate "LSR0215" "bad-date" Error true "a date or time that does not exist";
    BandGap "LSR0301" "band-gap" Warning true "values between the lines of a band that no line covers";
    MatchIncomplete "LSR0302" "match-incomplete" Warning true "options of the schema that no line names";
    NeverTrue "LSR0303" "never-true" Warning true "a condition that no record can meet";
    AlwaysTrue "LSR0304" "always-true" Warning true "a condition that every record meets";
    UnreachableBranch "LSR0305" "unreachable-branch" Warning true "a branch whose records an earlier branch catches";
    DuplicateRule "LSR0306" "duplicate-rule" Warning true "the same condition twice in one score";
    SubsumedRule "LSR0307" "subsumed-rule" Warning true "a rule that fires only when another rule fires too";
    DeadPoints "LSR0308" "dead-points" Warning true "points that a limit makes ineffective";
    UnreachableThreshold "LSR0309" "unreachable-threshold" Warning true "a threshold that no score can reach";
    IdleBound "LSR0310" "idle-bound" Warning true "a limit that no score can reach";
    MixedAndOr "LSR0311" "mixed-and-or" Warning true "`and` and `or` together without brackets";
    UnknownNeverFires "LSR0312" "unknown-never-fires" Warning true "a negative test that leaves out records without a value";
    ShortContains "LSR0313" "short-contains" Warning true "a short text after `contains` that is found inside other words";
    UnusedName "LSR0314" "unused-name" Warning true "a definition, list or param that is not used";
    EmptyList "LSR0315" "empty-list" Warning true "a list without entries";
    NoSuchReason "LSR0316" "no-such-reason" Warning true "a `fired` of a test that names no rule";
    UnusedAllow "LSR0317" "unused-allow" Warning true "an `allow` that silences nothing or gives no reason";
    MissingVersion "LSR0318" "missing-version" Warning true "a file without `lsr 1`";
    UnscoredOption "LSR0319" "unscored-option" Warning false "an option of a scored property that no rule names";
    UnusedProperty "LSR0320" "unused-property" Warning false "a property that no rule reads";
    FormulaUnknown "LSR0321" "formula-unknown" Warning true "a formula whose condition may be unknown, without an `unknown` part";
    OptionNeverRead "LSR0324" "option-never-read" Warning true "an option that is split in two before it is read";
    BadProvenance "LSR0331" "bad-provenance" Warning true "a comment that says where points come from and is broken";
    StalePoints "LSR0332" "stale-points" Warning true "points that new data contradict";
    UnusableRow "LSR0341" "unusable-row" Warning true "rows of a related record that no record can have, or that are read in part";
}

impl Code {
    /// The code with this number or name.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.name() == word || c.id().eq_ignore_ascii_case(word))
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
