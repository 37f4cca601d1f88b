//! The warnings, one file each.

pub(super) mod always_true;
pub(super) mod band_gap;
pub(super) mod dead_points;
pub(super) mod duplicate_rule;
pub(super) mod empty_list;
pub(super) mod formula_unknown;
pub(super) mod idle_bound;
pub(super) mod match_incomplete;
pub(super) mod mixed_and_or;
pub(super) mod never_true;
pub(super) mod no_such_reason;
pub(super) mod option_never_read;
pub(super) mod short_contains;
pub(super) mod subsumed_rule;
pub(super) mod unknown_never_fires;
pub(super) mod unreachable_branch;
pub(super) mod unreachable_threshold;
pub(super) mod unscored_option;
pub(super) mod unusable_row;
pub(super) mod unused_name;
pub(super) mod unused_property;
