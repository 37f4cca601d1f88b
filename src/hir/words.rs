//! The words of rules as people see them in accounts, tables and reasons: the source itself on one line, comments and
//! `because` left out.

use super::{Arm, Because, Exclusion, Hold, Item, ItemKind, Lifecycle, Model, Score, StageCondition, StageRule};
use crate::source::{Sources, Span};

/// The source under `span` on one line: comments dropped, white space outside quotes squeezed to one blank.
#[must_use]
pub fn squeezed(sources: &Sources, span: Span) -> String {
    squeeze(sources.text(span))
}

/// `text` on one line: comments dropped, white space outside quotes squeezed to one blank. Inside round and square brackets none stands
/// next to them, so that the words are the same however the lines of a long rule are broken.
#[must_use]
pub fn squeeze(text: &str) -> String {
    let usual = text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'#');
    let loose = ["  ", "( ", "[ ", " )", " ]"].iter().any(|blank| text.contains(blank));
    if usual && !text.starts_with(' ') && !text.ends_with(' ') && !loose {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        if let Some(end) = quote {
            out.push(c);
            if c == '\\' {
                out.extend(chars.next());
            } else if c == end {
                quote = None;
            }
        } else if c == '#' {
            while chars.next_if(|&c| c != '\n').is_some() {}
        } else if c.is_whitespace() {
            if !out.ends_with([' ', '(', '[']) && !out.is_empty() {
                out.push(' ');
            }
        } else {
            if matches!(c, ')' | ']') && out.ends_with(' ') {
                out.pop();
            }
            if matches!(c, '"' | '`') || (c == '/' && (out.ends_with("matches ") || out.ends_with("match "))) {
                quote = Some(c);
            }
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The source from `span`'s start to its reason, on one line.
fn without_reason(sources: &Sources, span: Span, because: Option<&Because>) -> String {
    let Some(because) = because.filter(|b| span.contains(b.span)) else { return squeezed(sources, span) };
    let words = squeezed(sources, Span::new(span.file, span.start, because.span.start));
    words.strip_suffix("because").unwrap_or(&words).trim_end().to_owned()
}

/// `if C then P`, `50..499: +10`, `else -5`: an arm without its reason.
#[must_use]
pub fn arm(sources: &Sources, arm: &Arm) -> String {
    without_reason(sources, arm.span, arm.because.as_ref())
}

/// What stands before an item's lines: `band employees`, `match each form`, `group "Forms" max 70`; for an `if`, `each` or `per`
/// the whole first branch without its reason.
#[must_use]
pub fn head(sources: &Sources, item: &Item) -> String {
    let arms = arms(item);
    let first_line = match (item.inner().first(), arms.first()) {
        (Some(inner), _) => Some(inner.span.start),
        (None, Some(first)) if !item.has_lines() => return arm(sources, first),
        (None, first) => first.map(|first| first.span.start),
    };
    let end = first_line.unwrap_or(item.span.end);
    let words = squeezed(sources, Span::new(item.span.file, item.span.start, end));
    // The last brace opens the lines; a title may hold one too, and stands before it.
    words.rsplit_once('{').map_or(words.as_str(), |(head, _)| head).trim_end().to_owned()
}

/// An arm with what it needs to be understood alone: `band employees 50..499: +10`.
#[must_use]
pub fn rule(sources: &Sources, item: &Item, of: &Arm) -> String {
    if item.has_lines() { format!("{} {}", head(sources, item), arm(sources, of)) } else { arm(sources, of) }
}

/// `if C then F`, `else F` or `unknown F` of a formula, without its reason.
#[must_use]
pub fn formula_arm(sources: &Sources, arm: &super::FormulaArm) -> String {
    self::arm(sources, &arm.arm)
}

/// `score fit max 60`
#[must_use]
pub fn score(sources: &Sources, score: &Score) -> String {
    let bounds = [score.bounds.min, score.bounds.max].into_iter().flatten().map(|(_, span)| span);
    let end = bounds.map(|s| s.end).max().unwrap_or(score.name_span.end);
    squeezed(sources, Span::new(score.span.file, score.span.start, end))
}

/// `exclude if C` without its reason.
#[must_use]
pub fn exclusion(sources: &Sources, exclusion: &Exclusion) -> String {
    without_reason(sources, exclusion.span, exclusion.because.as_ref())
}

/// `hold when C` without its reason.
#[must_use]
pub fn hold(sources: &Sources, hold: &Hold) -> String {
    without_reason(sources, hold.span, hold.because.as_ref())
}

/// `stage S when C` without its reason.
#[must_use]
pub fn stage_rule(sources: &Sources, rule: &StageRule) -> String {
    without_reason(sources, rule.span, rule.because.as_ref())
}

/// All arms of an item in source order; a group has none of its own.
#[must_use]
pub fn arms(item: &Item) -> Vec<&Arm> {
    item.arms().into_iter().map(|(arm, _)| arm).collect()
}

/// What `NAME_reason` says where a lifecycle's stage has no rule with a reason of its own.
pub mod stage_reasons {
    /// `otherwise` was chosen.
    pub const OTHERWISE: &str = "otherwise";
    /// No condition was true and not all were false: unknown values leave the stage as it is.
    pub const UNDECIDED: &str = "undecided";
    /// All conditions were false and there is no `otherwise`.
    pub const NO_STAGE: &str = "no stage applies";
    /// The record is excluded and no line is for that.
    pub const EXCLUDED: &str = "excluded";
    /// `forward only` refused the stage chosen.
    pub const REFUSED: &str = "forward only";
}

impl Lifecycle {
    /// What `NAME_reason` says for a hold: its reason, or the hold in its own words.
    #[must_use]
    pub fn hold_reason(&self, at: usize, sources: &Sources) -> Option<String> {
        let it = self.holds.get(at)?;
        Some(it.because.as_ref().map_or_else(|| hold(sources, it), |b| b.text.to_string()))
    }

    /// What `NAME_reason` says for a `stage` line: its reason, or the line in its own words.
    #[must_use]
    pub fn rule_reason(&self, at: usize, sources: &Sources) -> Option<String> {
        let it = self.rules.get(at)?;
        Some(it.because.as_ref().map_or_else(|| stage_rule(sources, it), |b| b.text.to_string()))
    }
}

impl Model {
    /// An item and every item inside it, groups before what they hold.
    pub fn each_item<'m>(item: &'m Item, visit: &mut impl FnMut(&'m Item)) {
        visit(item);
        if let ItemKind::Group { items, .. } = &item.kind {
            items.iter().for_each(|item| Self::each_item(item, visit));
        }
    }

    /// Every item of a score's tree, groups before what they hold, in source order, with its depth.
    pub fn items_of<'m>(score: &'m Score, visit: &mut impl FnMut(&'m Item, usize)) {
        fn walk<'m>(items: &'m [Item], depth: usize, visit: &mut impl FnMut(&'m Item, usize)) {
            for item in items {
                visit(item, depth);
                if let ItemKind::Group { items, .. } = &item.kind {
                    walk(items, depth + 1, visit);
                }
            }
        }
        if let super::ScoreBody::Items { items, .. } = &score.body {
            walk(items, 0, visit);
        }
    }
}

/// Whether a stage line is for excluded records.
#[must_use]
pub fn is_for_excluded(rule: &StageRule) -> bool {
    matches!(rule.when, StageCondition::Excluded)
}
