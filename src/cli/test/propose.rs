//! `lsrc test --suggest`: tests for what none has seen at work.

use miette::Report;

use crate::cli::{Status, Terminal};
use crate::run::proposals;
use crate::trial::Ran;

/// Prints a test for every part that none has seen at work.
pub(super) fn propose(all: &[Ran], set: &[(String, String)], terminal: &Terminal) -> Result<Status, Report> {
    let (mut written, mut open) = (0, Vec::new());
    for ran in all {
        let proposals = proposals(ran, set);
        for text in &proposals.tests {
            terminal.print(text)?;
            written += 1;
        }
        open.extend(proposals.open);
    }
    let noun = if written == 1 { "test" } else { "tests" };
    terminal.say(&format!("{written} {noun} proposed: read them, and keep those that say what you mean"));
    for line in open {
        terminal.say(&format!("no record was found for {line}"));
    }
    Ok(Status::Fine)
}
