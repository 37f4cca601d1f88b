//! Reachable ranges: each file of `tests/cases/bounds/` is a program; a line `# range: NAME MIN..MAX exact|outer` says what is wanted of a
//! score, with `-` at an end without bound. The witness of an exact end is confirmed by the evaluator in the engine itself.

use std::fs;
use std::path::Path;

use lsrc::{check, program};

#[test]
fn cases_give_their_ranges() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/bounds");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut failures = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let wanted: Vec<String> = text.lines().filter_map(|l| l.strip_prefix("# range: ")).map(|l| l.trim().to_owned()).collect();
        let program = check::load_text("main.lsr", &text);
        let checked = check::check(&program, &[]);
        let errors: Vec<_> = checked.diagnostics.iter().map(|d| &d.message).collect();
        let model = checked.model.as_ref().unwrap_or_else(|| panic!("{}: {errors:?}", path.display()));
        let found: Vec<String> = program::ranges(model)
            .iter()
            .map(|r| {
                let end = |p: Option<lsrc::value::Points>| p.map_or_else(|| "-".to_owned(), |p| p.to_string());
                format!("{} {}..{} {}", r.name, end(r.min), end(r.max), if r.exact { "exact" } else { "outer" })
            })
            .collect();
        if wanted != found {
            failures.push(format!("{}\n  wanted {wanted:?}\n  found  {found:?}", path.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
