//! The `lsrc` command.

fn main() {}
