//! The language server, in the process: a case is a file of texts with marks, and of what the client sends.

mod client;
mod inbox;
mod process;
mod random;
mod words;

use std::fs;

use crate::command::cases;

#[test]
fn the_server_answers_as_the_cases_say() {
    let mut files: Vec<_> = fs::read_dir(cases("lsp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "case"));
    files.sort();
    assert!(files.len() > 10, "there are cases of the server");
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let said = client::play(&fs::read_to_string(&path).unwrap());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_input_file(&path);
        settings.bind(|| insta::assert_snapshot!(name, said));
    }
}
