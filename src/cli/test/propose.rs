//! `lsrc test --suggest`: tests for what none has seen at work.

use std::sync::Arc;

use miette::Report;

use super::Ran;
use crate::check;
use crate::cli::{Status, Terminal};
use crate::diag::Severity;
use crate::hir::AsOf;
use crate::program::{Code, RuleSet, Wanted};
use crate::record::{self, Record};
use crate::report::as_test;
use crate::source::SourceFile;
use crate::syntax;
use crate::syntax::written::quoted;
use crate::trial::{Runner, coverage, score, suggest};

/// Prints a test for every part that none has seen at work. Each was read again as it is written, and passed.
pub(super) fn propose(all: &[Ran], set: &[(String, String)], terminal: &Terminal) -> Result<Status, Report> {
    let (mut written, mut open) = (0, Vec::new());
    for ran in all {
        let missing: Vec<_> = ran.coverage.missing().collect();
        let code = Code::of(&ran.model, &Wanted { reasons: true, ..Wanted::default() });
        let found = suggest::suggestions(&ran.model, &code, &missing);
        let texts: Vec<String> = found.iter().map(|s| test_text(ran, &s.part.title, &s.record, s.as_of)).collect();
        let passed = passed(ran, set, &texts);
        let kept: Vec<_> = found.iter().zip(&texts).zip(&passed).filter(|(_, passed)| **passed).map(|(it, _)| it).collect();
        for part in &missing {
            let shown = kept.iter().any(|(s, _)| {
                s.part == **part
                    || part.rollup.is_none() && {
                        let batch = record::batch(&ran.model.schema, std::slice::from_ref(&s.record));
                        coverage::at_work(part.kind, &score(&code, s.as_of, &batch))
                    }
            });
            if !shown {
                open.push(format!("{}:{}: {}", ran.sources.name(part.span), ran.sources.place(part.span).line, part.title));
            }
        }
        for (_, text) in kept {
            terminal.print(text)?;
            written += 1;
        }
    }
    let noun = if written == 1 { "test" } else { "tests" };
    terminal.say(&format!("{written} {noun} proposed: read them, and keep those that say what you mean"));
    for line in open {
        terminal.say(&format!("no record was found for {line}"));
    }
    Ok(Status::Fine)
}

fn test_text(ran: &Ran, title: &str, record: &Record, as_of: AsOf) -> String {
    let rules = RuleSet::of(ran.sources.clone(), ran.model.clone());
    let batch = record::batch(&ran.model.schema, std::slice::from_ref(record));
    let explanation = rules.explainer(as_of).explain(&batch, title);
    let text = as_test::test(&ran.model, &batch, &explanation, as_of);
    let name = quoted(&format!("record {title}"));
    // Behind other tests, as `>> tests.lsr` puts it, with the empty line that stands between two.
    format!("\n{}", text.replacen(&name, &quoted(title), 1))
}

/// Which of these tests can be read behind the program, and pass.
fn passed(ran: &Ran, set: &[(String, String)], texts: &[String]) -> Vec<bool> {
    let mut kept = vec![true; texts.len()];
    loop {
        let mut starts = Vec::new();
        let mut all = String::new();
        for (at, text) in texts.iter().enumerate().filter(|(at, _)| kept.get(*at) == Some(&true)) {
            starts.push((all.len(), at));
            all.push_str(text);
        }
        let whose = |offset: u32| {
            let before = starts.partition_point(|(start, _)| *start <= offset as usize);
            before.checked_sub(1).and_then(|last| starts.get(last)).map(|(_, at)| *at)
        };
        let mut program = ran.program.clone();
        let id = program.sources.add(SourceFile::new("proposed tests", None, all.as_str()));
        let parsed = syntax::parse(id, &all);
        let mut faults: Vec<u32> = parsed.diagnostics.iter().map(|d| d.span.start).collect();
        program.files.push(Arc::new(parsed));
        let checked = check::check(&program, set);
        faults.extend(
            checked.diagnostics.iter().filter(|d| d.severity == Severity::Error && d.span.file == id).map(|d| d.span.start),
        );
        let model = checked.model.filter(|_| faults.is_empty());
        let mut wrong: Vec<usize> = faults.into_iter().filter_map(whose).collect();
        if let Some(model) = &model {
            let runner = Runner::new(model, &program.sources);
            let own = model.tests.iter().enumerate().filter(|(_, test)| test.span.file == id);
            for (at, test) in own {
                if runner.run(at, None).is_none_or(|(verdict, _)| !verdict.failures.is_empty()) {
                    wrong.extend(whose(test.span.start));
                }
            }
        }
        for at in &wrong {
            if let Some(slot) = kept.get_mut(*at) {
                *slot = false;
            }
        }
        if model.is_some() || wrong.is_empty() {
            return if model.is_some() { kept } else { vec![false; texts.len()] };
        }
    }
}
