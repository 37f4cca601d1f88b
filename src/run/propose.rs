//! Tests for what none has seen at work, each read again as it is written, and passed.

use std::sync::Arc;

use crate::check;
use crate::diag::Severity;
use crate::hir::AsOf;
use crate::program::{Code, RuleSet, Wanted};
use crate::record::{self, Record};
use crate::report::as_test;
use crate::source::SourceFile;
use crate::syntax;
use crate::syntax::written::quoted;
use crate::trial::{Ran, Runner, coverage, score, suggest};

/// What can be proposed for a program.
#[derive(Debug, Default)]
pub struct Proposals {
    /// `test` items, each with an empty line before it.
    pub tests: Vec<String>,
    /// The parts for which no record was found, each with its place.
    pub open: Vec<String>,
}

/// A test for every part that none has seen at work; `set` gives params other values.
#[must_use]
pub fn proposals(ran: &Ran, set: &[(String, String)]) -> Proposals {
    let mut out = Proposals::default();
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
            out.open.push(format!("{}:{}: {}", ran.sources.name(part.span), ran.sources.place(part.span).line, part.title));
        }
    }
    out.tests = kept.into_iter().map(|(_, text)| text.clone()).collect();
    out
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
