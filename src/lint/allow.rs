//! Suppressions: `# lsrc: allow(NAME) reason`.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::invariant::SureAt as _;
use crate::source::{SourceFile, Sources, Span};
use crate::syntax::Parsed;

/// Takes out the warnings that a suppression on their line, or on the line above, names; and tells suppressions that silence
/// nothing, name no finding, or give no reason. `complete` says whether the warnings were looked for at all: where errors
/// prevented it, nobody knows what is unused.
#[must_use]
pub fn apply(sources: &Sources, files: &[Arc<Parsed>], found: Diagnostics, complete: bool) -> Diagnostics {
    let mut rules: Vec<Rule> = files.iter().flat_map(|parsed| rules(sources, parsed)).collect();
    let mut kept = Diagnostics::new();
    for finding in found {
        let silenced = finding.code.severity() == Severity::Warning && silence(sources, &mut rules, &finding);
        if !silenced {
            kept.push(finding);
        }
    }
    let told: Vec<Diagnostic> = rules.iter().filter_map(|rule| rule.complaint(complete)).collect();
    for complaint in told {
        if !silence(sources, &mut rules, &complaint) {
            kept.push(complaint);
        }
    }
    kept
}

/// One name of one suppression.
struct Rule {
    name: String,
    code: Option<Code>,
    name_span: Span,
    comment: Span,
    /// Lines from 0: the comment's own and the one that it speaks of.
    lines: [usize; 2],
    reason: bool,
    used: bool,
    /// What goes when the comment goes: with its line where it stands alone; nothing where it names several findings.
    whole: Option<Span>,
}

fn rules(sources: &Sources, parsed: &Parsed) -> Vec<Rule> {
    let Some(file) = sources.get(parsed.file.id) else { return Vec::new() };
    let mut rules = Vec::new();
    for allow in parsed.trivia.allows() {
        let lines = [file.line_index(allow.span.start), file.line_index(allow.covers.start)];
        let whole = (allow.names.len() == 1).then(|| around(file, allow.span));
        let unnamed = allow.names.is_empty().then(|| (String::new(), allow.span));
        rules.extend(allow.names.into_iter().chain(unnamed).map(|(name, name_span)| Rule {
            code: Code::find(&name),
            name,
            name_span,
            comment: allow.span,
            lines,
            reason: !allow.reason.is_empty(),
            used: false,
            whole,
        }));
    }
    rules
}

/// A comment with the blanks before it, or with its whole line where nothing else stands there.
fn around(file: &SourceFile, comment: Span) -> Span {
    let index = file.line_index(comment.start);
    let line = file.line_range(index);
    let next = file.line_range(index + 1).start;
    let before = file.text().sure_at(line.start..comment.start as usize);
    let offset = |at: usize| crate::invariant::number(at);
    if before.trim_matches([' ', '\t']).is_empty() {
        Span::new(comment.file, offset(line.start), offset(next))
    } else {
        Span::new(comment.file, offset(line.start + before.trim_end().len()), offset(line.end))
    }
}

/// Whether a suppression with a reason covers the finding; it counts as used from then on.
fn silence(sources: &Sources, rules: &mut [Rule], finding: &Diagnostic) -> bool {
    let Some(file) = sources.get(finding.span.file) else { return false };
    let line = file.line_index(finding.span.start);
    let mut silenced = false;
    for rule in rules.iter_mut() {
        if rule.code == Some(finding.code) && rule.comment.file == finding.span.file && rule.lines.contains(&line) {
            rule.used = true;
            silenced |= rule.reason;
        }
    }
    silenced
}

impl Rule {
    fn complaint(&self, complete: bool) -> Option<Diagnostic> {
        let new = |span, text: String| Diagnostic::new(Code::UnusedAllow, span, text);
        let Some(code) = self.code else {
            let near = crate::text::nearest(&self.name, Code::ALL.iter().map(|c| c.name()));
            let finding = new(self.name_span, format!("there is no finding `{}` to allow", self.name));
            return Some(match near {
                Some(name) => finding.help(format!("did you mean `{name}`?")).fix(
                    true,
                    format!("replace with `{name}`"),
                    self.name_span,
                    name,
                ),
                None => finding.help("`lsrc explain --all` lists the findings"),
            });
        };
        if code.severity() == Severity::Error {
            return Some(
                new(self.name_span, format!("`{}` is an error and cannot be silenced", self.name))
                    .help("fix it, and remove the comment"),
            );
        }
        if !self.reason {
            return Some(
                new(self.comment, format!("this `allow({})` gives no reason", self.name))
                    .help("say behind the bracket why it is right here"),
            );
        }
        let unused = complete && !self.used && code != Code::UnusedAllow && super::FOUND.contains(&code);
        unused.then(|| {
            let finding = new(self.comment, format!("this `allow({})` silences nothing", self.name))
                .help("take it away, so that it cannot swallow a finding to come");
            match self.whole {
                Some(whole) => finding.fix(true, "take the comment away", whole, ""),
                None => finding,
            }
        })
    }
}
