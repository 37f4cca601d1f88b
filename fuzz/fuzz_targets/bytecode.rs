//! Any bytes as the payload of a compiled program, its checksum and length right: refused, or it runs.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use lsrc::bytecode::{Image, listing};
use lsrc::column::Batch;
use lsrc::hir::AsOf;
use lsrc::vm::Vm;

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    // Magic, version, two bytes of nothing, checksum, length: see the reader.
    if let Some(payload) = (20..24).find(|&at| bytes.len() > at && Image::is_one(bytes) && starts(bytes, at)) {
        let sum = crc(&bytes[payload..]);
        file[payload - 12..payload - 8].copy_from_slice(&sum.to_le_bytes());
        file[payload - 8..payload].copy_from_slice(&((bytes.len() - payload) as u64).to_le_bytes());
    }
    let Ok(image) = Image::from_bytes(&file) else { return };
    let _ = listing(&image.chunk, &lsrc::source::Sources::new());
    let batch = Batch { rows: 3, ..Batch::default() };
    let scores = Vm::new(&Arc::new(image.chunk), AsOf { micros: 0, day: 0 }).run(&batch);
    assert_eq!(scores.rows, 3);
});

/// Whether the two bytes of nothing stand where they do before a payload at `at`.
fn starts(bytes: &[u8], at: usize) -> bool {
    bytes[at - 14..at - 12] == [0, 0]
}

/// CRC-32 as in zip files, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
