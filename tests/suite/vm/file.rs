//! Compiled programs as files.

use std::sync::Arc;

use lsrc::bytecode::{Image, ImageError, SourceText, listing, verify};
use lsrc::check::{check, load_text};
use lsrc::hir::Model;
use lsrc::lower::{LowerOptions, lower};
use lsrc::vm::Vm;

use crate::oracle::columns;

const RULES: &str = include_str!("../../cases/vm/whole.lsr");

fn model() -> (lsrc::check::Program, Model) {
    let program = load_text("whole.lsr", RULES);
    let checked = check(&program, &[]);
    let findings: Vec<_> = checked.diagnostics.iter().map(|d| d.message.clone()).collect();
    (program, checked.model.unwrap_or_else(|| panic!("{findings:?}")))
}

fn image() -> Vec<u8> {
    let (_, model) = model();
    let chunk = lower(&model, LowerOptions { fuse: true, reasons: true });
    let source = SourceText { name: "whole.lsr".to_owned(), path: None, text: Arc::from(RULES) };
    Image { chunk, sources: vec![source], set: Vec::new() }.to_bytes().unwrap()
}

#[test]
fn a_program_runs_the_same_from_its_file() {
    let (_, model) = model();
    let image = Image::from_bytes(&image()).unwrap();
    assert_eq!(image.sources[0].text.as_ref(), RULES);
    let as_of = model.tests[0].as_of;
    let record = crate::oracle::Record {
        values: vec![None; model.schema.properties.len()],
        events: vec![Vec::new(); model.schema.events.len()],
    };
    let batch = columns::batch(&model, &[record], true);
    let source = Arc::new(lower(&model, LowerOptions { fuse: true, reasons: true }));
    let from_source = Vm::new(&source, as_of).run(&batch);
    let from_file = Vm::new(&Arc::new(image.chunk), as_of).run(&batch);
    assert_eq!(format!("{from_source:?}"), format!("{from_file:?}"));
}

#[test]
fn the_listing_stands_beside_the_rules() {
    let (program, model) = model();
    let chunk = lower(&model, LowerOptions { fuse: true, reasons: false });
    insta::assert_snapshot!(listing(&chunk, &program.sources));
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    let good = image();
    assert!(matches!(Image::from_bytes(b"lsr 1"), Err(ImageError::NoMagic)));
    assert!(matches!(Image::from_bytes(&good[..good.len() - 1]), Err(ImageError::Length)));
    let mut other = good.clone();
    other[4] = 99;
    assert!(matches!(Image::from_bytes(&other), Err(ImageError::Version(99))));
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(matches!(Image::from_bytes(&damaged), Err(ImageError::Checksum)));
}

/// Files whose checksum is right and whose contents are not: an error, or a program that runs without a panic.
#[test]
fn no_bytes_make_a_program_panic() {
    let good = image();
    let (_, model) = model();
    let record = crate::oracle::Record {
        values: vec![None; model.schema.properties.len()],
        events: vec![Vec::new(); model.schema.events.len()],
    };
    let batch = columns::batch(&model, &[record], true);
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut sound, mut unsound) = (0, 0);
    for _ in 0..3000 {
        let mut payload = good[20..].to_vec();
        // The instructions come first; the sources behind them may hold anything.
        for _ in 0..=next(3) {
            let at = next(payload.len() * 3 / 4);
            payload[at] = u8::try_from(next(256)).unwrap();
        }
        let mut bytes = good[..8].to_vec();
        bytes.extend(crc32fast::hash(&payload).to_le_bytes());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
        match Image::from_bytes(&bytes) {
            Ok(image) => {
                sound += 1;
                let chunk = Arc::new(image.chunk);
                verify(&chunk).unwrap();
                Vm::new(&chunk, model.tests[0].as_of).run(&batch);
            }
            Err(_) => unsound += 1,
        }
    }
    assert!(sound > 100 && unsound > 100, "{sound} sound, {unsound} unsound");
}
