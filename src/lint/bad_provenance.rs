//! `bad-provenance`: a comment `# lsrc: measured ..` that contradicts itself, or is about no line.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Parsed, Provenance};

pub(super) fn find(parsed: &Parsed, found: &mut Diagnostics) {
    for measured in parsed.trivia.measured() {
        let message = match (Provenance::parse(&measured.text), measured.line) {
            (Some(Err(why)), _) => format!("this comment cannot be read as where points come from: {why}"),
            (_, None) => "this comment says where points come from, and no line follows it".to_owned(),
            (Some(Ok(_)) | None, Some(_)) => continue,
        };
        let finding = Diagnostic::new(Code::BadProvenance, measured.span, message);
        found.push(finding.help("measure again with `lsrc calibrate --write`, or take the comment away"));
    }
}
