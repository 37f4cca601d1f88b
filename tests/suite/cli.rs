//! The command as its users meet it: what it prints, where, and how it ends.

mod check;
mod everywhere;
mod export;
mod fmt;
mod import;
mod init;
mod show;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A program without fault.
const SOUND: &str =
    "lsr 1\n\nschema contact {\n  key email: text\n  visits: integer\n}\n\nscore fit {\n  if visits >= 3 then +10\n}\n";
/// A program with one misspelt keyword at 9:18.
const FAULTY: &str =
    "lsr 1\n\nschema contact {\n  key email: text\n  visits: integer\n}\n\nscore fit {\n  if visits >= 3 than +10\n}\n";

/// A folder of its own with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// `lsrc` in a folder, on a terminal of 80 columns that speaks UTF-8, without colours.
fn lsrc(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lsrc").unwrap();
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE"] {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8").env("COLUMNS", "80").current_dir(folder).args(args);
    command
}

/// What a command came to, for a snapshot.
fn told(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let Output { status, stdout, stderr } = &output;
    let status = status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string());
    format!("status {status}\n--- stdout\n{}--- stderr\n{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

/// The exit status, standard output and standard error.
fn ran(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
