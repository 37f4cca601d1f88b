//! The numbers of a model's parts: dense, in the order of the source, shared by the model, the bytecode and the results.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// The place of a definition in `Model::definitions`.
    DefId;
    /// The place of a score in `Model::scores`.
    ScoreId;
    /// The place of a label in `Model::labels`.
    LabelId;
    /// The place of a lifecycle in `Model::lifecycles`.
    LifecycleId;
    /// The number of an item, group or exclusion: dense over the whole model, in source order within a score.
    ItemId;
    /// The number of an arm (a branch, line, `else`, `unknown`, or the one outcome of `each` and `per`): dense over the whole model.
    ArmId;
}
