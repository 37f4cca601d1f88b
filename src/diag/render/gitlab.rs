//! `gitlab`: a code quality report, which GitLab shows in merge requests.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::{View, for_xml, shown_places};
use crate::diag::Severity;

#[derive(Serialize)]
struct Issue<'a> {
    description: Cow<'a, str>,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: Cow<'a, str>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let issues: Vec<Issue<'_>> = view
        .findings
        .iter()
        .map(|d| {
            let (start, end) = shown_places(view.sources, d.span);
            Issue {
                description: for_xml(&d.message),
                check_name: d.code.name(),
                fingerprint: fingerprints.of(d, view),
                severity: match d.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "minor",
                },
                location: Location { path: for_xml(view.path(d.span.file)), lines: Lines { begin: start.line, end: end.line } },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
