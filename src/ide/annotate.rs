//! What stands beside the lines: what scores can reach, what rules hit, what params and fading points come to, and what can be run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::File;
use super::outline::tight;
use crate::analysis::{Analysed, Ranges};
use crate::check::{Loader, SymbolKind};
use crate::decay::{Decay, DecayKind};
use crate::diag::render::ScoreRange;
use crate::hir::{ArmId, Model};
use crate::hits::{self, Hits, RuleHits};
use crate::program::RuleSet;
use crate::source::{FileId, Span};
use crate::syntax::scan;
use crate::value::{Points, Value};

/// What is known of a project besides its rules.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// What scores can reach, by the first file of a program.
    pub ranges: &'a BTreeMap<PathBuf, Ranges>,
    /// What the last run counted, with the folder that its files are named from.
    pub hits: Option<(&'a Hits, &'a Path)>,
    /// What knows the real paths of files.
    pub loader: &'a dyn Loader,
}

/// A few words behind a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The byte behind which they stand.
    pub at: u32,
    /// The words.
    pub text: String,
    /// What they say in more words.
    pub more: String,
    /// What they are about.
    pub kind: HintKind,
}

/// The kinds of hints; each can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// The reachable range of a score.
    Range,
    /// The records that a rule fired for.
    Hits,
    /// The value of a param.
    Param,
    /// What is left of points as time goes by.
    Decay,
}

impl HintKind {
    /// Its name in the client's settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Hits => "hits",
            Self::Param => "param",
            Self::Decay => "decay",
        }
    }
}

/// The hints of a file whose program has no errors, by place.
#[must_use]
pub fn hints(file: &File<'_>, facts: &Facts<'_>) -> Vec<Hint> {
    let Some((program, own)) = file.sound() else { return Vec::new() };
    let Some(rules) = &program.rules else { return Vec::new() };
    let model = rules.model();
    let mut hints = Vec::new();
    for score in model.scores.iter().filter(|score| score.name_span.file == own) {
        if let Some(range) = range_of(program, facts, &score.name) {
            let more = range_words(range);
            hints.push(Hint { at: score.name_span.end, text: short(range), more, kind: HintKind::Range });
        }
    }
    let counts = Counts::of(program, facts);
    let tokens = scan::scan(file.source.text()).tokens;
    for rule in hits::counted(model).iter().filter(|rule| rule.arm.span.file == own) {
        if let Some(counts) = &counts
            && let Some(rule_hits) = counts.get(rule.arm.id)
        {
            let text = counts.short(rule_hits);
            hints.push(Hint { at: tight(&tokens, rule.arm.span).end, text, more: counts.words(rule_hits), kind: HintKind::Hits });
        }
        if let Some(decay) = rule.decay {
            let (text, more) = series(decay, rule.arm.points);
            hints.push(Hint { at: tight(&tokens, decay.span).end, text, more, kind: HintKind::Decay });
        }
    }
    hints.extend(params(file, program, model));
    hints.sort_by_key(|hint| hint.at);
    hints
}

/// The range of a program's score.
pub(super) fn range_of<'a>(program: &Analysed, facts: &Facts<'a>, score: &str) -> Option<&'a ScoreRange> {
    facts.ranges.get(&program.entry)?.scores.iter().find(|range| range.name == score)
}

/// `0 to 60`; `0 or more`, `60 or less` where one end has no limit.
fn short(range: &ScoreRange) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or less"),
        (None, None) => "any points".to_owned(),
    }
}

/// A sentence on the range of a score.
pub(super) fn range_words(range: &ScoreRange) -> String {
    let limited = range.min.is_some() && range.max.is_some();
    let outer = if limited && !range.exact { " These are outer limits: no record is known for each of them." } else { "" };
    format!("Records can reach {}.{outer}", short(range))
}

/// What the last run counted for the rules of a program.
#[derive(Debug)]
pub(super) struct Counts<'a> {
    by_arm: FxHashMap<ArmId, &'a RuleHits>,
    records: u64,
    /// Whether that run used these rules.
    fresh: bool,
}

impl<'a> Counts<'a> {
    /// Rules that have changed since the run are known by their reasons, if they have any.
    pub(super) fn of(program: &Analysed, facts: &Facts<'a>) -> Option<Self> {
        let (hits, root) = facts.hits?;
        let rules = program.rules.as_ref()?;
        let sources = rules.sources();
        let fresh = hits.rules_digest == hits::digest(sources);
        let names: BTreeMap<FileId, String> =
            sources.iter().map(|(id, file)| (id, hits::relative(file, root, facts.loader))).collect();
        let mut on_line: FxHashMap<(FileId, usize), usize> = FxHashMap::default();
        let mut by_arm = FxHashMap::default();
        let lines = hits.by_line();
        for rule in hits::counted(rules.model()) {
            let Some(file) = names.get(&rule.arm.span.file) else { continue };
            let line = sources.place(rule.arm.span).line;
            let nth = on_line.entry((rule.arm.span.file, line)).or_default();
            let found = if fresh {
                lines.get(&(file.as_str(), line)).and_then(|rules| rules.get(*nth)).copied()
            } else {
                rule.arm.because.as_ref().and_then(|because| hits.because(file, &because.text))
            };
            *nth += 1;
            by_arm.extend(found.map(|found| (rule.arm.id, found)));
        }
        Some(Self { by_arm, records: hits.records, fresh })
    }

    /// The counts of one rule.
    pub(super) fn get(&self, arm: ArmId) -> Option<&'a RuleHits> {
        self.by_arm.get(&arm).copied()
    }

    /// `53 hits (4.4 %)`
    fn short(&self, counts: &RuleHits) -> String {
        let noun = if counts.hits == 1 { "hit" } else { "hits" };
        let before = if self.fresh { "" } else { " before the last change" };
        format!("{} {noun} ({}){before}", counts.hits, share(counts.hits, self.records))
    }

    /// Sentences on what the run counted for a rule.
    pub(super) fn words(&self, counts: &RuleHits) -> String {
        let RuleHits { hits, unknown, points, .. } = counts;
        let share = share(*hits, self.records);
        let mut words = format!("Hit {hits} of {} records ({share}), {points} points in all.", self.records);
        if *unknown > 0 {
            words.push_str(&format!(" Unknown for {unknown}."));
        }
        if !self.fresh {
            words.push_str(" The rules have changed since that run.");
        }
        words
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "0 %".to_owned() } else { format!("{:.1} %", part as f64 / whole as f64 * 100.0) }
}

/// So many values of a series are shown behind a line.
const FEW: usize = 6;

/// What is left of points, in short and in words.
fn series(decay: &Decay, points: Points) -> (String, String) {
    let values = decay.series(points, FEW + 1);
    let mut shown: Vec<String> = values.iter().take(FEW).map(Points::to_string).collect();
    if values.len() > FEW {
        shown.push("..".to_owned());
    }
    let each = match decay.kind {
        DecayKind::All => "each day",
        DecayKind::Linear { .. } | DecayKind::Compound { .. } | DecayKind::Fixed { .. } => "each period",
    };
    (shown.join(", "), format!("What is left of the points, {each}."))
}

/// The values of params where rules name them.
fn params(file: &File<'_>, program: &Analysed, model: &Model) -> Vec<Hint> {
    let mut hints = Vec::new();
    for param in &model.params {
        let declared =
            program.names.symbols().iter().find(|symbol| symbol.kind == SymbolKind::Param && symbol.name == param.name);
        let Some(symbol) = declared else { continue };
        let value = match &param.value {
            Value::Text(text) => crate::syntax::written::quoted(text),
            Value::Decimal(number) => number.to_string(),
            Value::Date(day) => crate::time::civil(*day).map(|day| day.to_string()).unwrap_or_default(),
            Value::DateTime(moment) => crate::time::moment_text(*moment),
            Value::Integer(_) | Value::Number(_) | Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => {
                continue;
            }
        };
        let uses = program.names.mentions(symbol).filter(|span| span.file == file.id && symbol.definition != Some(*span));
        hints.extend(uses.map(|span| Hint {
            at: span.end,
            text: format!("= {value}"),
            more: format!("The value of the param `{}`.", param.name),
            kind: HintKind::Param,
        }));
    }
    hints
}

/// Something that can be run from a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The place that it belongs to.
    pub span: Span,
    /// What it does.
    pub kind: LensKind,
    /// What it says.
    pub title: String,
}

/// What a lens does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LensKind {
    /// Runs the test of this name.
    RunTest(String),
    /// Runs all tests of the file.
    RunTests,
    /// Scores the configured data again.
    Refresh,
    /// Shows what the rules change against the last commit.
    Diff,
    /// Lists the records that the rule of this line, from 1, hit; with its reason.
    Contacts(usize, Option<String>),
}

/// The lenses of the rules that hit somebody and are alone on their lines: those of one line cannot be told apart by it.
fn contacts(rules: &RuleSet, own: FileId, counts: &Counts<'_>) -> Vec<Lens> {
    let line = |rule: &hits::Counted<'_>| rules.sources().place(rule.arm.span).line;
    let counted: Vec<_> = hits::counted(rules.model()).into_iter().filter(|rule| rule.arm.span.file == own).collect();
    let mut on_line: BTreeMap<usize, usize> = BTreeMap::new();
    counted.iter().for_each(|rule| *on_line.entry(line(rule)).or_default() += 1);
    let alone = counted.iter().filter(|rule| on_line.get(&line(rule)) == Some(&1));
    let lenses = alone.filter_map(|rule| {
        let hits = counts.get(rule.arm.id).map(|counts| counts.hits).filter(|hits| *hits > 0)?;
        let noun = if hits == 1 { "contact" } else { "contacts" };
        let because = rule.arm.because.as_ref().map(|because| because.text.to_string());
        Some(Lens { span: rule.arm.span, kind: LensKind::Contacts(line(rule), because), title: format!("{hits} {noun} hit") })
    });
    lenses.collect()
}

/// The lenses of a file; `verdicts` has what tests came to, by name: no line where one passed.
#[must_use]
pub fn lenses(file: &File<'_>, facts: &Facts<'_>, verdict: &dyn Fn(&str) -> Option<Vec<String>>) -> Vec<Lens> {
    let Some((program, own)) = file.sound() else { return Vec::new() };
    let Some(rules) = &program.rules else { return Vec::new() };
    let model = rules.model();
    let mut lenses = Vec::new();
    let tests: Vec<_> = model.tests.iter().filter(|test| test.name_span.file == own).collect();
    if let Some(first) = tests.first().filter(|_| tests.len() > 1) {
        lenses.push(Lens { span: first.span, kind: LensKind::RunTests, title: format!("run all {} tests", tests.len()) });
    }
    for test in tests {
        let title = match verdict(&test.name).as_deref() {
            None => "run test".to_owned(),
            Some([]) => "passed, run again".to_owned(),
            Some([first, ..]) => format!("failed, run again: {first}"),
        };
        lenses.push(Lens { span: test.span, kind: LensKind::RunTest(test.name.to_string()), title });
    }
    let scores: Vec<_> = model.scores.iter().filter(|score| score.name_span.file == own).collect();
    if let Some(first) = scores.first() {
        lenses.push(Lens { span: first.span, kind: LensKind::Diff, title: "diff with HEAD".to_owned() });
        let refresh = match facts.hits {
            Some((hits, _)) if hits.rules_digest == hits::digest(rules.sources()) => {
                format!("{} contacts on {}, score again", hits.records, hits.as_of)
            }
            Some(_) => "the hits are of earlier rules, score again".to_owned(),
            None => "score the data for hits".to_owned(),
        };
        lenses.push(Lens { span: first.span, kind: LensKind::Refresh, title: refresh });
    }
    if let Some(counts) = Counts::of(program, facts).filter(|counts| counts.fresh) {
        lenses.extend(contacts(rules, own, &counts));
    }
    for lens in &mut lenses {
        lens.span.file = file.id;
    }
    lenses
}
