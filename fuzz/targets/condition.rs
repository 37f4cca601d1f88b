//! Any text as `--where`: a condition or an error.

use std::path::Path;
use std::sync::LazyLock;

use lsrc::check::{self, LoadOptions, Program, Texts};
use lsrc::hir::Model;

static RULES: LazyLock<(Program, Model)> = LazyLock::new(|| {
    let texts = Texts::new().with(
        "rules.lsr",
        "lsr 1\nschema contact { key id: integer  t: text  n: integer  x: number  b: boolean  d: date  m: datetime  o: one of [red, blue]  \
         s: set of [red, blue]  events view { url: text  at: datetime } }\nlist l = [\"a\"]\nparam p = 5\ndefine c = n > 3\n\
         score z { per n then +1 }\nlabel y by z { 5..: high  ..<5: low }\nlifecycle w { stage go when z > 3 otherwise wait }\n",
    );
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let model = check::check(&program, &[]).model.unwrap();
    (program, model)
});

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (program, model) = &*RULES;
    if let Err(findings) = check::condition(&program.sources, model, text) {
        assert!(findings.has_errors(), "no error and no condition");
    }
}
