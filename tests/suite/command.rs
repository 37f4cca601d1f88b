//! Cases that are a folder: its files, and in `cmd` the commands to run there; the snapshot holds what each printed, its exit status
//! and every file that it wrote. The statements of `tables.sql` make a SQLite file, `crm.db`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary, speaking to no terminal.
pub(crate) fn lsrc(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lsrc"));
    command.current_dir(folder).env("COLUMNS", "110").env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// The folder of the cases of an area.
pub(crate) fn cases(area: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(area)
}

/// Runs every folder of `tests/cases/AREA` and compares with its `expected.snap`.
pub(crate) fn check_area(area: &str) {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cases(area)).unwrap().map(|e| e.unwrap().path()).filter(|p| p.join("cmd").is_file()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "there are cases of {area}");
    for folder in folders {
        let told = run_case(&folder);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file(folder.join("cmd"));
        settings.add_filter(r"(?m)^\d[\d,]* records? in .* a second\)$", "[time]");
        settings.bind(|| insta::assert_snapshot!("expected", told));
    }
}

fn run_case(folder: &Path) -> String {
    let temp = tempfile::tempdir().unwrap();
    copy(folder, temp.path());
    if let Ok(tables) = fs::read_to_string(temp.path().join("tables.sql")) {
        rusqlite::Connection::open(temp.path().join("crm.db")).unwrap().execute_batch(&tables).unwrap();
    }
    let mut told = String::new();
    for line in fs::read_to_string(folder.join("cmd")).unwrap().lines().filter(|l| !l.trim().is_empty()) {
        let before = files(temp.path());
        let output = lsrc(temp.path()).args(words(line)).output().unwrap();
        told.push_str(&format!("$ lsrc {line}\n{}", said(&output)));
        for (name, bytes) in files(temp.path()) {
            if before.get(&name) != Some(&bytes) {
                match String::from_utf8(bytes) {
                    Ok(text) if !text.contains('\0') => told.push_str(&format!("--- {name}\n{text}")),
                    Ok(_) | Err(_) => told.push_str(&format!("--- {name} (binary)\n")),
                }
            }
        }
        told.push('\n');
    }
    told
}

fn said(output: &Output) -> String {
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.stderr.is_empty() {
        told.push_str("--- standard error\n");
        told.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    match output.status.code() {
        Some(0) => {}
        code => told.push_str(&format!("--- exit status {code:?}\n")),
    }
    told
}

/// The words of a line; single quotes hold one together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut open = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                open = true;
            }
            ' ' if !quoted => {
                if open {
                    out.push(String::new());
                    open = false;
                }
            }
            c => {
                out.last_mut().unwrap().push(c);
                open = true;
            }
        }
    }
    if !open {
        out.pop();
    }
    out
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&place).unwrap();
            copy(&path, &place);
        } else if path.extension().is_none_or(|e| e != "snap") {
            fs::copy(&path, &place).unwrap();
        }
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            out.insert(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
        }
    }
    out
}
