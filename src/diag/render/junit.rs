//! `junit`: a test report; every finding is a failed case of its file, a file without findings a passed one.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::View;
use crate::diag::Diagnostic;
use crate::source::FileId;

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let mut by_file: BTreeMap<FileId, Vec<&Diagnostic>> = view.files.iter().map(|id| (*id, Vec::new())).collect();
    for finding in view.findings {
        by_file.entry(finding.span.file).or_default().push(finding);
    }
    let mut report = Report::new("lsrc check");
    for (file, findings) in by_file {
        let path = view.path(file);
        let mut suite = TestSuite::new(path);
        if findings.is_empty() {
            let mut case = TestCase::new("check", TestCaseStatus::success());
            case.set_classname(path);
            suite.add_test_case(case);
        }
        for finding in findings {
            suite.add_test_case(case(finding, view, path));
        }
        report.add_test_suite(suite);
    }
    out.write_all(text(&report)?.as_bytes())
}

/// The text of a report, without what the schema of Jenkins (junit-10.xsd) does not know.
pub(crate) fn text(report: &Report) -> io::Result<String> {
    let text = report.to_string().map_err(io::Error::other)?;
    Ok(without_skipped(&super::for_xml(&text)))
}

/// The report without the number of skipped cases of all suites together; that of each suite stays.
fn without_skipped(text: &str) -> String {
    let Some((before, rest)) = text.split_once("<testsuites ") else { return text.to_owned() };
    let Some((root, suites)) = rest.split_once('>') else { return text.to_owned() };
    let kept: Vec<&str> = root.split(' ').filter(|attribute| !attribute.starts_with("skipped=")).collect();
    format!("{before}<testsuites {}>{suites}", kept.join(" "))
}

fn case(d: &Diagnostic, view: &View<'_>, path: &str) -> TestCase {
    let place = view.sources.place(d.span);
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(d.severity.word()).set_message(&*d.message);
    let mut lines =
        vec![format!("{path}:{}:{}: {}[{}]: {}", place.line, place.column, d.severity.word(), d.code.name(), d.message)];
    lines.extend(d.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(d.help.iter().map(|help| format!("help: {help}")));
    status.set_description(lines.join("\n"));
    let mut case = TestCase::new(format!("{} at {}:{}", d.code.name(), place.line, place.column), status);
    case.set_classname(path);
    case
}
