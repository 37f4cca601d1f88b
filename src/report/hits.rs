//! What a run counted for every rule, for editors.

use std::path::Path;

use super::summary::decimal;
use super::tally::Tally;
use crate::check::Loader;
use crate::hir::Model;
use crate::hits::{self, Hits, RuleHits};
use crate::invariant::SureAt as _;
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
        let unknown = if rule.first { *tally.unknowns.sure_at(item) } else { 0 };
        RuleHits {
            file,
            line: sources.place(rule.arm.span).line,
            because: rule.arm.because.as_ref().map(|because| because.text.to_string()),
            hits: *tally.hits.sure_at(arm),
            unknown,
            points: decimal(*tally.points.sure_at(arm)),
        }
    });
    Hits::new(sources, data, as_of, tally.records, rules.collect())
}
