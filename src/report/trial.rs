//! What tests came to, in every format.

use std::fmt::Write as _;

use miette::Report;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value as Json, json};

use crate::diag::render::junit;
use crate::failure::Failure;
use crate::invariant::{Sure as _, SureAt as _};
use crate::trial::coverage::{Part, Seen};
use crate::trial::{Ran, Verdict};

fn name(ran: &Ran, verdict: &Verdict) -> String {
    let test = &ran.model.tests.sure_at(verdict.test).name;
    verdict.case.map_or_else(|| test.to_string(), |case| format!("{test}, case {case}"))
}

fn place(ran: &Ran, span: crate::source::Span) -> String {
    format!("{}:{}", ran.sources.name(span), ran.sources.place(span).line)
}

/// For the terminal.
#[must_use]
pub fn text(all: &[Ran], coverage: bool, mutate: bool, color: bool) -> String {
    let (red, green, bold, plain) = if color { ("\u{1b}[31m", "\u{1b}[32m", "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "", "") };
    let mut out = String::new();
    for ran in all {
        for verdict in &ran.verdicts {
            let name = name(ran, verdict);
            if verdict.failures.is_empty() {
                let _ = writeln!(out, "{green}ok{plain}    {name}");
                continue;
            }
            let span = ran.model.tests.sure_at(verdict.test).span;
            let _ = writeln!(out, "{red}FAIL{plain}  {bold}{name}{plain}  {}", place(ran, span));
            for failure in &verdict.failures {
                let _ = writeln!(out, "      {}: expected {}", place(ran, failure.span), failure.expected);
                for (at, line) in failure.got.iter().enumerate() {
                    let head = if at == 0 { "got" } else { "   " };
                    let _ = writeln!(out, "        {head} {line}");
                }
            }
        }
        if coverage {
            marks(ran, &mut out);
        }
        if mutate {
            for mutant in &ran.survivors {
                let _ = writeln!(out, "no test notices that {}: {}", place(ran, mutant.span), mutant.what);
            }
            let caught = ran.mutants - ran.survivors.len();
            let _ = writeln!(out, "{caught} of {} changes noticed", ran.mutants);
        }
    }
    out
}

/// The source of every file that has parts, with marks: how many tests saw the line's parts at work.
fn marks(ran: &Ran, out: &mut String) {
    for (id, file) in ran.sources.iter() {
        let parts: Vec<&(Part, Seen)> = ran.coverage.parts.iter().filter(|(p, _)| p.span.file == id).collect();
        if parts.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", file.name());
        for line in 0..file.line_count() {
            let here: Vec<&&(Part, Seen)> = parts.iter().filter(|(p, _)| file.line_index(p.span.start) == line).collect();
            let mark = if here.is_empty() {
                "      ".to_owned()
            } else if here.iter().any(|(_, s)| s.active == 0) {
                "  none".to_owned()
            } else {
                format!("{:>6}", here.iter().map(|(_, s)| s.active).min().sure("a line with parts has some"))
            };
            let source = file.text().sure_at(file.line_range(line));
            let _ = writeln!(out, "{}", format!("{mark} | {source}").trim_end());
        }
    }
    for part in ran.coverage.missing() {
        let _ = writeln!(out, "no test shows the {} at {}: {}", part.kind.noun(), place(ran, part.span), part.title);
    }
    for part in ran.coverage.never_idle() {
        let _ = writeln!(out, "every test meets the {} at {}: {}", part.kind.noun(), place(ran, part.span), part.title);
    }
}

/// The percentage of parts seen at work over all programs.
#[expect(clippy::cast_precision_loss, reason = "a percentage of small numbers")]
pub fn percent(all: &[Ran]) -> f64 {
    let parts: usize = all.iter().map(|r| r.coverage.parts.len()).sum();
    let covered: usize = all.iter().map(|r| r.coverage.covered()).sum();
    if parts == 0 { 100.0 } else { covered as f64 * 100.0 / parts as f64 }
}

/// One line for standard error.
#[must_use]
pub fn summary(all: &[Ran], tests: usize, failed: usize, coverage: bool) -> String {
    let noun = if tests == 1 { "test" } else { "tests" };
    let mut line = if failed == 0 { format!("{tests} {noun} passed") } else { format!("{failed} of {tests} {noun} failed") };
    if coverage {
        let parts: usize = all.iter().map(|r| r.coverage.parts.len()).sum();
        let covered: usize = all.iter().map(|r| r.coverage.covered()).sum();
        let _ = write!(line, "; {covered} of {parts} parts of the rules seen at work ({:.1}%)", percent(all));
    }
    line
}

/// One document for programs.
#[must_use]
pub fn json(all: &[Ran], coverage: bool) -> String {
    let tests: Vec<Json> = all
        .iter()
        .flat_map(|ran| {
            ran.verdicts.iter().map(move |verdict| {
                let span = ran.model.tests.sure_at(verdict.test).span;
                let failures: Vec<Json> = verdict
                    .failures
                    .iter()
                    .map(|f| {
                        let at = ran.sources.place(f.span);
                        json!({"file": ran.sources.name(f.span), "line": at.line, "column": at.column, "expected": f.expected, "got": f.got})
                    })
                    .collect();
                json!({
                    "name": name(ran, verdict),
                    "file": ran.sources.name(span),
                    "line": ran.sources.place(span).line,
                    "passed": failures.is_empty(),
                    "failures": failures,
                })
            })
        })
        .collect();
    let failed = tests.iter().filter(|t| t.get("passed") == Some(&Json::Bool(false))).count();
    let mut document = json!({
        "version": 1,
        "tests": tests,
        "summary": {"tests": tests.len(), "failed": failed, "passed": tests.len() - failed},
    });
    if let (true, Some(object)) = (coverage, document.as_object_mut()) {
        let parts: Vec<Json> = all
            .iter()
            .flat_map(|ran| {
                ran.coverage.parts.iter().map(move |(part, seen)| {
                    json!({
                        "kind": part.kind.noun(),
                        "title": part.title,
                        "file": ran.sources.name(part.span),
                        "line": ran.sources.place(part.span).line,
                        "active": seen.active,
                        "idle": seen.idle,
                    })
                })
            })
            .collect();
        let covered: usize = all.iter().map(|r| r.coverage.covered()).sum();
        object.insert("coverage".into(), json!({"percent": percent(all), "covered": covered, "parts": parts}));
    }
    format!("{}\n", serde_json::to_string_pretty(&document).sure("a report can be written as JSON"))
}

/// A test report.
///
/// # Errors
/// It cannot be written.
pub fn junit(all: &[Ran]) -> Result<String, Report> {
    let mut report = Junit::new("lsrc test");
    for ran in all {
        let mut suite = TestSuite::new(ran.sources.iter().last().map_or("rules", |(_, f)| f.name()));
        for verdict in &ran.verdicts {
            let status = if verdict.failures.is_empty() {
                TestCaseStatus::success()
            } else {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let lines: Vec<String> = verdict
                    .failures
                    .iter()
                    .map(|f| format!("{}: expected {}\n  got {}", place(ran, f.span), f.expected, f.got.join("\n      ")))
                    .collect();
                status.set_message(lines.first().and_then(|l| l.lines().next()).map_or_else(String::new, str::to_owned));
                status.set_description(lines.join("\n"));
                status
            };
            suite.add_test_case(TestCase::new(name(ran, verdict), status));
        }
        report.add_test_suite(suite);
    }
    junit::text(&report).map_err(|e| Failure::new("the report cannot be written").because(e).into())
}

/// Annotations for GitHub.
#[must_use]
pub fn github(all: &[Ran]) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for ran in all {
        for verdict in &ran.verdicts {
            for failure in &verdict.failures {
                let at = ran.sources.place(failure.span);
                let message = format!("expected {}\ngot {}", failure.expected, failure.got.join("\n"));
                let _ = writeln!(
                    out,
                    "::error file={},line={},col={},title={}::{}",
                    property(ran.sources.name(failure.span)),
                    at.line,
                    at.column,
                    property(&name(ran, verdict)),
                    escape(&message)
                );
            }
        }
    }
    out
}

/// Coverage by line.
#[must_use]
pub fn lcov(all: &[Ran]) -> String {
    let mut out = String::new();
    for ran in all {
        for (id, file) in ran.sources.iter() {
            let mut lines: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
            for (part, seen) in ran.coverage.parts.iter().filter(|(p, _)| p.span.file == id) {
                let line = ran.sources.place(part.span).line;
                let least = lines.entry(line).or_insert(seen.active);
                *least = (*least).min(seen.active);
            }
            if lines.is_empty() {
                continue;
            }
            let _ = writeln!(out, "TN:\nSF:{}", file.name());
            for (line, hits) in &lines {
                let _ = writeln!(out, "DA:{line},{hits}");
            }
            let hit = lines.values().filter(|&&n| n > 0).count();
            let _ = writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
        }
    }
    out
}
