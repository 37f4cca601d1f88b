//! What goes wrong outside: full disks, closed pipes, files cut off, hostile and enormous input. Nothing panics, nothing half-written
//! stays, and the first line says what is wrong.

mod bytecode;
mod data;
mod rules;
#[cfg(unix)]
mod signals;
mod terminal;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Rules that read a key, a number, a text and events.
const RULES: &str = r#"lsr 1
schema contact {
  key id: integer
  n: integer
  t: text
  events view { url: text  at: datetime }
}
score s {
  per n then +1
  if t contains "chief" then +2
}
"#;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// The command in a folder.
fn lsrc(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("lsrc"));
    command.current_dir(folder).args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    lsrc(folder, arguments).output().unwrap()
}

/// The command fails with status 2 and says this on its first line; it does not panic.
#[track_caller]
fn refuses(folder: &Path, arguments: &[&str], says: &str) {
    let output = run(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(said.lines().next().unwrap_or_default().contains(says), "{arguments:?} should say `{says}`:\n{said}");
}

/// The command ends in one of the three agreed ways, whatever it reads.
#[track_caller]
fn survives(folder: &Path, arguments: &[&str]) -> Output {
    let output = run(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code <= 2), "{arguments:?}: {:?} {said}", output.status);
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    output
}

/// Bytes without any order, always the same.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count).map(|_| next().to_le_bytes()[3]).collect()
}
