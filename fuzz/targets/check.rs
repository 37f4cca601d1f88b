//! Any text as a program: it has a model or an error; a model runs over an empty record, fused and not, and its warnings are found.

use std::path::Path;
use std::sync::Arc;

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::column::Batch;
use lsrc::hir::AsOf;
use lsrc::lower::{self, LowerOptions};
use lsrc::vm::Vm;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let texts = Texts::new().with("rules.lsr", text);
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    assert_eq!(checked.model.is_none(), checked.diagnostics.has_errors(), "neither model nor error");
    let Some(model) = checked.model else { return };
    let _ = lsrc::lint::run(&program.sources, &program.files, &model);
    let batch = Batch { rows: 2, ..Batch::default() };
    let scores = [true, false].map(|fuse| {
        let chunk = Arc::new(lower::lower(&model, LowerOptions { fuse, reasons: true }));
        let scores = Vm::new(&chunk, AsOf { micros: 1_768_521_599_999_999, day: 20_468 }).run(&batch);
        format!("{:?} {:?} {:?}", scores.scores, scores.labels, scores.lifecycles)
    });
    assert_eq!(scores[0], scores[1], "fused and not");
}
