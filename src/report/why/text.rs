//! The account for a terminal: one column of points that adds up.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{
    bound_points, check_notes, headline, item_notes, item_words, made_of, member_words, outcome_words, place_words,
    selected_words, stage_words, title,
};
use crate::diag::render::wrap;
use crate::report::plain::harmless;
use crate::report::summary::Style;
use crate::value::Points;
use crate::why::{Check, Explanation, ItemAccount, Outcome, ScoreAccount, StageAccount};

/// Columns of the points.
const POINTS: usize = 10;

/// The account as text; without `all` only what counted, and how much is left out.
#[must_use]
pub fn text(it: &Explanation, all: bool, style: Style) -> String {
    let width = style.width.clamp(50, 110);
    let mut page = Page { out: String::new(), style, width, all, left_out: 0, unknown: 0 };
    let headline = headline(it).map_or_else(String::new, |line| format!(": {line}"));
    page.headline(&format!("{}{headline}", title(it)));
    page.line(&place_words(it));
    if let Some(selected) = selected_words(it) {
        page.line(&selected);
    }
    if let Some(account) = &it.account {
        page.gap();
        page.heading(&made_of(account));
        for member in &account.records {
            page.row(' ', 0, 0, &member.key, None);
            page.note(0, &member_words(member));
        }
    }
    if all && !it.exclusions.is_empty() || it.excluded {
        page.gap();
        page.heading(if it.excluded { "Excluded: no score, no label" } else { "Not excluded" });
    }
    it.exclusions.iter().for_each(|check| page.check(check, 0));
    it.scores.iter().for_each(|score| page.score(score));
    if !it.labels.is_empty() {
        page.gap();
        page.heading("Labels");
        for label in &it.labels {
            let value = label.value.as_deref().unwrap_or("unknown");
            page.row(' ', label.line, 0, &format!("{} = {value}", label.name), None);
            page.note(0, &label.why);
            label.near.iter().for_each(|near| page.note(0, near));
        }
    }
    it.lifecycles.iter().for_each(|stage| page.stage(stage));
    page.close();
    page.out
}

struct Page {
    out: String,
    style: Style,
    width: usize,
    /// Whether what did not count is shown too.
    all: bool,
    /// How many lines are left out.
    left_out: usize,
    /// Those of them that a value was unknown for.
    unknown: usize,
}

impl Page {
    fn headline(&mut self, text: &str) {
        for part in wrap::fill(&harmless(text), self.width).lines() {
            let _ = writeln!(self.out, "{}", self.style.heading(part));
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", wrap::fill(&harmless(text), self.width));
    }

    /// Says what is left out.
    fn close(&mut self) {
        let of = |n: usize, one: &str, many: &str| crate::report::plain::of(n as u64, one, many);
        let unknown = match self.unknown {
            0 => String::new(),
            n => format!(", {} because a value is unknown", of(n, "of them", "of them")),
        };
        if self.left_out > 0 {
            self.gap();
            let left_out = of(self.left_out, "line that did not count is", "lines that did not count are");
            self.line(&format!("{left_out} left out{unknown}; -v shows everything."));
        }
    }

    /// Whether a line is left out because it did not count; if so it is noted.
    fn leaves_out(&mut self, outcome: Outcome, points: Points) -> bool {
        let out = !self.all && outcome != Outcome::Fired && points == Points(0);
        self.left_out += usize::from(out);
        self.unknown += usize::from(out && outcome == Outcome::Unknown);
        out
    }

    fn heading(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", self.style.heading(&harmless(text)));
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn mark(&self, outcome: Outcome) -> char {
        match (outcome, self.style.unicode) {
            (Outcome::Fired, true) => '✓',
            (Outcome::Fired, false) => '+',
            (Outcome::NotFired, true) => '·',
            (Outcome::NotFired, false) => '.',
            (Outcome::Unknown, _) => '?',
            (Outcome::Passed, _) => ' ',
        }
    }

    /// A mark, a line number, words that wrap, and points at the right.
    fn row(&mut self, mark: char, line: usize, depth: usize, words: &str, points: Option<&str>) {
        let number = if line == 0 { String::new() } else { line.to_string() };
        let lead = format!("{mark} {number:>4}  {}", "  ".repeat(depth));
        let room = self.width.saturating_sub(lead.width() + POINTS + 2).max(20);
        let words = harmless(words).into_owned();
        let wrapped = wrap::fill(&words, room);
        for (at, part) in wrapped.lines().enumerate() {
            let lead = if at == 0 { lead.clone() } else { " ".repeat(lead.width() + 2) };
            let mut text = format!("{lead}{part}");
            if let (0, Some(points)) = (at, points) {
                let blanks = self.width.saturating_sub(text.width() + points.width()).max(2);
                text.push_str(&" ".repeat(blanks));
                text.push_str(points);
            }
            let _ = writeln!(self.out, "{}", text.trim_end());
        }
    }

    fn note(&mut self, depth: usize, note: &str) {
        let lead = " ".repeat(12 + 2 * depth);
        let room = self.width.saturating_sub(lead.len() + POINTS + 2).max(20);
        let note = harmless(note).into_owned();
        for part in wrap::fill(&note, room).lines() {
            let _ = writeln!(self.out, "{lead}{part}");
        }
    }

    fn check(&mut self, check: &Check, depth: usize) {
        if self.leaves_out(check.outcome, Points(0)) {
            return;
        }
        let words = with_reason(&check.rule, check.because.as_deref());
        self.row(self.mark(check.outcome), check.line, depth, &words, Some(outcome_words(check.outcome)));
        check_notes(check).iter().for_each(|note| self.note(depth, note));
    }

    fn score(&mut self, score: &ScoreAccount) {
        self.gap();
        let value = score.value.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
        self.heading(&format!("{} = {value}", score.name));
        if let Some(because) = &score.unknown_because {
            self.note(0, because);
        }
        score.exclusions.iter().for_each(|check| self.check(check, 0));
        score.branches.iter().for_each(|check| self.check(check, 0));
        score.items.iter().for_each(|item| self.item(item, 0));
        if let Some(formula) = &score.formula {
            self.row(' ', score.line, 0, &formula.rule, Some(&value));
            self.note(0, &format!("= {}", formula.numbers));
        }
        if let Some(sum) = score.sum {
            self.rule();
            if let Some(bound) = &score.bound {
                self.total("sum", sum);
                self.total(&bound.rule, bound_points(bound));
                self.rule();
            }
            self.total(&score.name, score.value.unwrap_or(sum));
        }
    }

    fn rule(&mut self) {
        let line = if self.style.unicode { "─" } else { "-" };
        let _ = writeln!(self.out, "{}{}", " ".repeat(self.width - POINTS), line.repeat(POINTS));
    }

    fn total(&mut self, name: &str, points: Points) {
        let name = harmless(name);
        let points = points.to_string();
        let blanks = self.width.saturating_sub(name.width() + POINTS + 2);
        let _ = writeln!(self.out, "{}{name}  {points:>POINTS$}", " ".repeat(blanks));
    }

    fn item(&mut self, item: &ItemAccount, depth: usize) {
        if self.leaves_out(item.outcome, item.points) {
            return;
        }
        let points = match (item.outcome, item.items.is_empty()) {
            (Outcome::Fired, true) => item.points.signed(),
            (Outcome::Unknown | Outcome::NotFired | Outcome::Passed, true) if item.points == Points(0) => {
                outcome_words(item.outcome).to_owned()
            }
            (Outcome::Unknown | Outcome::NotFired | Outcome::Passed, true) => item.points.signed(),
            (Outcome::Fired | Outcome::Unknown | Outcome::NotFired | Outcome::Passed, false) => String::new(),
        };
        let words = with_reason(&item_words(item), item.because.as_deref());
        self.row(self.mark(item.outcome), item.line, depth, &words, Some(&points));
        if item.branches.is_empty() {
            item_notes(item).iter().for_each(|note| self.note(depth, note));
        } else {
            item.arithmetic.iter().for_each(|note| self.note(depth, note));
            item.branches.iter().for_each(|branch| self.check(branch, depth + 1));
        }
        if !item.items.is_empty() {
            item.items.iter().for_each(|inner| self.item(inner, depth + 1));
            if let Some(bound) = &item.bound {
                self.row(' ', 0, depth + 1, &bound.rule, Some(&bound_points(bound).signed()));
            }
            self.row(' ', 0, depth + 1, "subtotal", Some(&format!("= {}", item.points)));
        }
    }

    fn stage(&mut self, stage: &StageAccount) {
        self.gap();
        self.heading(&format!("{}: {}", stage.name, stage_words(stage)));
        stage.checks.iter().for_each(|check| self.check(check, 0));
        if !stage.ways.is_empty() {
            self.gap();
            self.heading("The smallest single changes that reach the next stage");
            for way in &stage.ways {
                self.row(' ', 0, 0, &format!("{}: {}", way.stage, way.change), None);
                way.effects.iter().for_each(|effect| self.note(0, effect));
            }
        }
    }
}

fn with_reason(rule: &str, because: Option<&str>) -> String {
    because.map_or_else(|| rule.to_owned(), |because| format!("{rule}  \"{because}\""))
}
