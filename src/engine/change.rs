//! What a change of rules does, and what scores can reach.

use crate::diff::same::{self, Models};
use crate::diff::unit::units;
use crate::diff::{Difference, Matching, Plan, range_changes};
use crate::program::{RuleSet, all_ranges, ranges};
use crate::value::Points;

/// What a score can come to over all records that the schema allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRange {
    /// The score.
    pub score: String,
    /// The least; `None` where points have no bound, or no record gets the score.
    pub min: Option<Points>,
    /// The greatest; likewise.
    pub max: Option<Points>,
    /// Whether records are known that reach both ends; otherwise no record lies outside, and none may lie at an end.
    pub exact: bool,
}

impl RuleSet {
    /// The names of the scores, in the order of the source.
    pub fn score_names(&self) -> impl Iterator<Item = &str> {
        self.model().scores.iter().map(|score| &*score.name)
    }

    /// What every score can come to.
    ///
    /// ```
    /// let rules = lsrc::RuleSet::from_text("a.lsr", "lsr 1\nschema c { n: integer }\nscore s { per n then +1 max 5 }")?;
    /// assert_eq!(rules.ranges()[0].max.map(|points| points.whole()), Some(5));
    /// # Ok::<(), lsrc::RulesError>(())
    /// ```
    #[must_use]
    pub fn ranges(&self) -> Vec<ScoreRange> {
        let range =
            |it: crate::bounds::Reach| ScoreRange { score: it.name.to_string(), min: it.min, max: it.max, exact: it.exact };
        ranges(self.model()).into_iter().map(range).collect()
    }

    /// What it would change to use `new` instead: rule by rule, range by range, and whether any record can come out differently.
    ///
    /// ```
    /// use lsrc::{Answer, RuleSet};
    /// let rules = |points: &str| {
    ///     RuleSet::from_text("a.lsr", &format!("lsr 1\nschema c {{ n: integer }}\nscore s {{ if n > 3 then {points} }}"))
    /// };
    /// let difference = rules("+1")?.difference(&rules("+2")?);
    /// assert_eq!((difference.changes.len(), difference.equivalence.verdict), (1, Answer::Different));
    /// # Ok::<(), lsrc::RulesError>(())
    /// ```
    #[must_use]
    pub fn difference(&self, new: &Self) -> Difference {
        let parts = |rules: &Self| units(rules.model(), rules.sources());
        let matching = Matching::of(parts(self), parts(new));
        let plan = Plan::new(self.model(), new.model(), &matching);
        let (before, after) = (ranges(self.model()), ranges(new.model()));
        let models =
            Models { old: self.model(), new: new.model(), one_schema: self.has_schema_of(new), reaches: [&before, &after] };
        let name = |rules: &Self| rules.sources().iter().next().map_or_else(String::new, |(_, file)| file.name().to_owned());
        Difference {
            version: 1,
            old: name(self),
            new: name(new),
            equivalence: same::compare(&models, &matching, &plan),
            changes: matching.changes(),
            scores: range_changes(&all_ranges(self.model(), before), &all_ranges(new.model(), after)),
            people: None,
            accounts: Vec::new(),
            gates: Vec::new(),
        }
    }
}
