//! Properties over generated programs and records.

mod contact;
mod pool;
mod program;
mod tape;
