//! What a run counted for every rule, for editors.

use std::path::Path;

use super::summary::decimal;
use super::tally::Tally;
use crate::check::Loader;
use crate::hir::Model;
use crate::hits::{self, Hits, RuleHits};
use crate::source::Sources;

/// The counts of a run; files are named from the folder `root`.
#[must_use]
pub fn build(
    model: &Model,
    sources: &Sources,
    tally: &Tally,
    data: Vec<String>,
    as_of: String,
    (root, loader): (&Path, &dyn Loader),
) -> Hits {
    let rules = hits::counted(model).into_iter().map(|rule| {
        let (arm, item) = (rule.arm.id.index(), rule.item.index());
        let file = sources.get(rule.arm.span.file).map(|file| hits::relative(file, root, loader)).unwrap_or_default();
        let unknown = tally.unknowns.get(item).copied().filter(|_| rule.first).unwrap_or_default();
        RuleHits {
            file,
            line: sources.place(rule.arm.span).line,
            because: rule.arm.because.as_ref().map(|because| because.text.to_string()),
            hits: tally.hits.get(arm).copied().unwrap_or_default(),
            unknown,
            points: decimal(tally.points.get(arm).copied().unwrap_or_default()),
        }
    });
    Hits::new(sources, data, as_of, tally.records, rules.collect())
}
