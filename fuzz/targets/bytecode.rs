//! Any bytes as the payload of a compiled program, its header right: refused, or it is listed and runs.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use lsrc::bytecode::{Image, listing};
use lsrc::check::{self, LoadOptions, Texts};
use lsrc::column::Batch;
use lsrc::hir::AsOf;
use lsrc::lower::{self, LowerOptions};
use lsrc::vm::Vm;

/// Magic and version, as a file has them now.
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let texts = Texts::new().with("rules.lsr", "lsr 1\nschema contact { n: integer }\nscore s { per n then +1 }\n");
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let model = check::check(&program, &[]).model.unwrap();
    let chunk = lower::lower(&model, LowerOptions { fuse: true, reasons: true });
    Image { chunk, sources: Vec::new(), set: Vec::new() }.to_bytes().unwrap()[..8].to_vec()
});

pub(crate) fn run(payload: &[u8]) {
    let mut file = HEADER.clone();
    file.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    file.extend_from_slice(payload);
    let Ok(image) = Image::from_bytes(&file) else { return };
    let _ = listing(&image.chunk, &lsrc::source::Sources::new());
    let batch = Batch { rows: 3, ..Batch::default() };
    let scores = Vm::new(&Arc::new(image.chunk), AsOf { micros: 0, day: 0 }).run(&batch);
    assert_eq!(scores.rows, 3);
}
