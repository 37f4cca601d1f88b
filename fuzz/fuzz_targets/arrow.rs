#![no_main]

#[path = "../targets/reading.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    target::read(bytes, lsrc::input::Format::Arrow);
});
