//! What an item holds and gives, for whoever need not know every kind of item.

use super::{Arm, Decay, Item, ItemKind};

impl Item {
    /// The items of a group; none of any other item.
    #[must_use]
    pub fn inner(&self) -> &[Self] {
        if let ItemKind::Group { items, .. } = &self.kind { items } else { &[] }
    }

    /// Whether it has lines below a head: `band`, `match`, `match each` and their like.
    #[must_use]
    pub const fn has_lines(&self) -> bool {
        matches!(
            self.kind,
            ItemKind::Band { .. } | ItemKind::Match { .. } | ItemKind::MatchEach { .. } | ItemKind::MatchEvents { .. }
        )
    }

    /// Its arms, each with how its points fade, in the order of the source.
    pub fn arms(&self) -> Vec<(&Arm, Option<&Decay>)> {
        let mut arms: Vec<(&Arm, Option<&Decay>)> = match &self.kind {
            ItemKind::If { branches, otherwise, unknown } => {
                let branches = branches.iter().map(|b| (&b.arm, b.decay.as_ref().map(|(decay, _)| decay)));
                branches.chain(otherwise.iter().chain(unknown).map(|arm| (arm, None))).collect()
            }
            ItemKind::Band { lines, otherwise, unknown, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).chain(unknown).map(|arm| (arm, None)).collect()
            }
            ItemKind::Match { lines, otherwise, unknown, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).chain(unknown).map(|arm| (arm, None)).collect()
            }
            ItemKind::MatchEach { lines, otherwise, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).map(|arm| (arm, None)).collect()
            }
            ItemKind::MatchEvents { lines, .. } => lines.iter().map(|l| (&l.each.arm, l.each.decay.as_ref())).collect(),
            ItemKind::Each(each) => vec![(&each.arm, each.decay.as_ref())],
            ItemKind::Per { arm, .. } => vec![(arm, None)],
            ItemKind::Group { .. } => Vec::new(),
        };
        arms.sort_by_key(|(arm, _)| arm.span.start);
        arms
    }
}
