//! Compiled programs that somebody changed.

use std::sync::Arc;

use lsrc::bytecode::{Image, SourceText};
use lsrc::check::{self, LoadOptions, Texts};
use lsrc::column::Batch;
use lsrc::hir::AsOf;
use lsrc::lower::{self, LowerOptions};
use lsrc::vm::Vm;

use super::noise;
use crate::conformance::archive;

fn images() -> Vec<Vec<u8>> {
    let cases = archive::all();
    let wanted = cases.iter().filter(|case| case.name.starts_with("02-") || case.name.ends_with("/event-functions"));
    wanted
        .map(|case| {
            let mut texts = Texts::new();
            for (name, text) in &case.files {
                texts = texts.with(name, text.as_bytes());
            }
            let program = check::load(&texts, "rules.lsr".as_ref(), &LoadOptions::default());
            let model = check::check(&program, &[]).model.unwrap();
            let chunk = lower::lower(&model, LowerOptions { fuse: true, reasons: true });
            let sources = program.sources.iter().map(|(_, file)| SourceText {
                name: file.name().to_owned(),
                path: None,
                text: file.text().clone(),
            });
            Image { chunk, sources: sources.collect(), set: Vec::new() }.to_bytes().unwrap()
        })
        .collect()
}

/// Where the payload begins: behind its length in eight bytes, which stand behind its checksum in four.
fn payload(image: &[u8]) -> usize {
    let begins = |at: &usize| image[at - 8..*at] == (image.len() as u64 - *at as u64).to_le_bytes();
    (16..64).find(begins).unwrap()
}

/// A changed file as it is, and with its checksum and length put right, as somebody with a purpose would.
fn summed_again(changed: &[u8], payload: usize) -> Vec<Vec<u8>> {
    let mut right = changed.to_vec();
    if let Some(body) = changed.get(payload..) {
        right[payload - 12..payload - 8].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
        right[payload - 8..payload].copy_from_slice(&(body.len() as u64).to_le_bytes());
    }
    vec![changed.to_vec(), right]
}

#[test]
fn changed_programs_are_refused_or_run_without_panic() {
    let mut read = 0;
    for image in images() {
        assert!(Image::from_bytes(&image).is_ok());
        let payload = payload(&image);
        for seed in 0..1500 {
            let mut changed = image.clone();
            for bytes in noise(seed, 12).chunks(3).take(1 + seed as usize % 4) {
                let at = (usize::from(bytes[0]) * 256 + usize::from(bytes[1])) % changed.len();
                changed[at] = if seed % 3 == 0 { changed[at].wrapping_add(1) } else { bytes[2] };
            }
            if seed % 10 == 0 {
                changed.truncate(image.len() * (seed as usize % 97) / 97);
            }
            for bytes in summed_again(&changed, payload) {
                if let Ok(image) = Image::from_bytes(&bytes) {
                    read += 1;
                    let as_of = AsOf { micros: 0, day: 0 };
                    let rows = 3;
                    let batch = Batch { rows, ..Batch::default() };
                    let scores = Vm::new(&Arc::new(image.chunk), as_of).run(&batch);
                    assert_eq!(scores.rows, rows);
                }
            }
        }
    }
    assert!(read > 100, "only {read} changed programs were sound enough to run");
}
