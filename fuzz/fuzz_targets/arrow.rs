//! Any bytes as an Arrow IPC file or stream: batches that hold together, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lsrc::input::Format;

mod reading;

fuzz_target!(|bytes: &[u8]| {
    reading::read(bytes, Format::Arrow);
});
