//! Warnings: each file of `tests/cases/lint/` is a program; `#~ NAME, ..` at a line's end says which warnings start on that line, and
//! any other warning fails the case. Files whose name starts with `asked-` look at the warnings that are off by default too.

use std::fs;
use std::path::Path;

use lsrc::check;
use lsrc::diag::Code;
use lsrc::lint;

fn warnings(path: &Path) -> (Vec<String>, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    let asked = path.file_name().unwrap().to_string_lossy().starts_with("asked-");
    let mut wanted = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some((_, names)) = line.split_once("#~ ") {
            for name in names.split(',') {
                let name = name.trim();
                assert!(Code::find(name).is_some(), "{}: there is no code `{name}`", path.display());
                wanted.push(format!("{}: {name}", at + 1));
            }
        }
    }
    wanted.sort();
    let program = check::load_text("main.lsr", &text);
    let checked = check::check(&program, &[]);
    let errors: Vec<_> = checked.diagnostics.iter().map(|d| &d.message).collect();
    let model = checked.model.as_ref().unwrap_or_else(|| panic!("{}: {errors:?}", path.display()));
    let mut found: Vec<String> = lint::run(&program.sources, &program.files, model)
        .iter()
        .filter(|d| d.code.on_by_default() || asked)
        .map(|d| format!("{}: {}", program.sources.place(d.span).line, d.code.name()))
        .collect();
    found.sort();
    (wanted, found)
}

#[test]
fn cases_give_their_warnings_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lint");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut failures = Vec::new();
    for path in paths {
        let (wanted, found) = warnings(&path);
        if wanted != found {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let lost: Vec<_> = wanted.iter().filter(|w| !found.contains(w)).collect();
            let extra: Vec<_> = found.iter().filter(|f| !wanted.contains(f)).collect();
            failures.push(format!("{name}\n  wanted and not found: {lost:?}\n  found and not wanted: {extra:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
