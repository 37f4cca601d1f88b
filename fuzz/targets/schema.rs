//! Any bytes as data to infer a schema from, and as a CRM's list of properties: a schema that checks, or an error.

use std::io::Write;
use std::path::Path;

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::input::{self, Spec};

pub(crate) fn run(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let spec = Spec { max_decoded: Some(1 << 20), ..Spec::file(file.path()) };
    for schema in [input::infer(&spec, "contact"), input::import(file.path(), "contact")].into_iter().flatten() {
        let texts = Texts::new().with("contact.lsr", schema.as_str());
        let program = check::load(&texts, Path::new("contact.lsr"), &LoadOptions::default());
        let checked = check::check(&program, &[]);
        assert!(!checked.diagnostics.has_errors(), "{:?}\n{schema}", checked.diagnostics.iter().next());
    }
}
