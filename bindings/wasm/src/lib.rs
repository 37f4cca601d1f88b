//! The engine as WebAssembly: plain exports over [`lsrc::playground`], and nothing imported.
//!
//! A caller asks `room` for the memory of a question's name followed by its request, writes both there, and calls `ask`, which takes the
//! memory back and gives the length of the answer; `answer` is where it starts. After a trap, `failure` gives what went wrong in the same way. A module
//! that has trapped is not to be asked again.

use std::cell::RefCell;

use lsrc::playground::Playground;

#[derive(Default)]
struct State {
    playground: Playground,
    answer: String,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    /// What a trap is about; apart, for the state is borrowed while a question is answered.
    static FAILURE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Memory for so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    let mut memory = vec![0_u8; bytes].into_boxed_slice();
    let start = memory.as_mut_ptr();
    std::mem::forget(memory);
    start
}

/// Answers the question at `start`, whose name takes the first `name` of `bytes` bytes; the length of the answer.
///
/// # Safety
/// `start` comes from [`room`], with the same number of bytes, and is used once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ask(start: *mut u8, name: usize, bytes: usize) -> usize {
    std::panic::set_hook(Box::new(|about| FAILURE.set(about.to_string())));
    // SAFETY: the caller says so.
    let message = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, bytes)) };
    let message = String::from_utf8_lossy(&message);
    let (question, request) = message.split_at_checked(name).unwrap_or((&message, ""));
    STATE.with_borrow_mut(|state| {
        state.answer = state.playground.answer(question, request);
        state.answer.len()
    })
}

/// Where the last answer starts.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    STATE.with_borrow(|state| state.answer.as_ptr())
}

/// What a trap was about: the length of the text, and `failure_at` where it starts.
#[unsafe(no_mangle)]
pub extern "C" fn failure() -> usize {
    FAILURE.with_borrow_mut(|text| {
        if let Some(broken) = lsrc::invariant::first() {
            *text = broken.to_string();
        }
        text.len()
    })
}

/// Where the text of [`failure`] starts.
#[unsafe(no_mangle)]
pub extern "C" fn failure_at() -> *const u8 {
    FAILURE.with_borrow(|text| text.as_ptr())
}

/// Numbers that seed the tables of keys. They are the same in each module: who writes rules for a page attacks nobody but themselves.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(start: *mut u8, bytes: usize) -> Result<(), getrandom::Error> {
    let mut state = 0x9E37_79B9_u32;
    for at in 0..bytes {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        // SAFETY: the caller gives the memory of so many bytes.
        unsafe { start.add(at).write(state.to_le_bytes()[0]) };
    }
    Ok(())
}
