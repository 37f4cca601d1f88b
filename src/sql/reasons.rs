//! The account of a record: who gave how many points, by falling size, as `lsrc run --explain` writes it in CSV.

use super::builder::Builder;
use super::dialect::AccountLine;
use super::items::{Column, Entry, Tally, Worth};
use crate::hir::words;
use crate::hir::{Arm, Item, Score};
use crate::source::Span;

impl Builder<'_> {
    fn entry_words(&self, because: Option<&str>, rule: &str, span: Span) -> String {
        let line = self.sources.place(span).line;
        self.dialect.text(&format!("{} (line {line})", because.unwrap_or(rule)))
    }

    fn arm_words(&self, item: &Item, arm: &Arm) -> String {
        let because = arm.because.as_ref().map(|because| &*because.text);
        self.entry_words(because, &words::rule(self.sources, item, arm), arm.span)
    }

    /// An arm alone gives the points.
    pub(super) fn arm_entry(&self, score: &str, item: &Item, arm: &Arm, points: &str, tally: &mut Tally) {
        let words = self.arm_words(item, arm);
        tally.entries.push(Entry { score: score.to_owned(), points: points.to_owned(), words, rank: (0, 0) });
    }

    /// One of several arms gives the points, by the number in the column `number`.
    pub(super) fn arms_entry(
        &self,
        score: &str,
        item: &Item,
        number: &str,
        arms: &[(usize, &Arm)],
        points: &str,
        tally: &mut Tally,
    ) {
        let lines: Vec<String> = arms.iter().map(|(at, arm)| format!("WHEN {at} THEN {}", self.arm_words(item, arm))).collect();
        let words = format!("CASE {number} {} END", lines.join(" "));
        tally.entries.push(Entry { score: score.to_owned(), points: points.to_owned(), words, rank: (0, 0) });
    }

    /// What the bounds of a group take or add.
    pub(super) fn bound_entry(&self, score: &str, sum: &Worth, clamped: &Worth, words: &str, span: Span, tally: &mut Tally) {
        let words = self.entry_words(None, words, span);
        let points = format!("{} - {}", clamped.sql, sum.sql);
        tally.entries.push(Entry { score: score.to_owned(), points, words, rank: (1, span.start) });
    }

    /// A score's sum within its bounds, and what they take or add.
    pub(super) fn held_score(&mut self, score: &Score, before: usize, sum: Worth, tally: &mut Tally) -> Worth {
        let entries = tally.entries.len();
        let words = words::score(self.sources, score);
        let clamped = self.clamped_sum(&score.name, before, sum, &score.bounds, &words, score.span, tally);
        tally.entries.iter_mut().skip(entries).for_each(|entry| entry.rank = (2, 0));
        clamped
    }

    /// Hundredths with their sign, as people read them: `+50`, `-0.25`.
    fn signed(&self, x: &str) -> String {
        let d = self.dialect;
        let text = |x: &str| format!("CAST({x} AS {})", d.varchar());
        let size = format!("ABS({x})");
        let units = format!("({})", d.divide(&size, "100"));
        let rest = format!("({size} - {units} * 100)");
        let tenths = format!("({})", d.divide(&rest, "10"));
        format!(
            "CASE WHEN {x} > 0 THEN '+' ELSE '-' END || {} || CASE WHEN {rest} = 0 THEN '' WHEN {rest} = {tenths} * 10 THEN '.' || {} ELSE '.' || {} || {} END",
            text(&units),
            text(&tenths),
            text(&tenths),
            text(&format!("({rest} - {tenths} * 10)")),
        )
    }

    /// The points of every line that may stand in the account, and the column `reasons`, which reads them often.
    pub(super) fn account(&mut self, tally: &mut Tally) -> (Vec<Column>, Column) {
        let place = |entry: &Entry| self.model.scores.iter().position(|score| *score.name == *entry.score);
        tally.entries.sort_by_key(|entry| (place(entry), entry.rank));
        let (mut given, mut lines) = (Vec::new(), Vec::new());
        for entry in &tally.entries {
            // A record that a score leaves out has no account of it.
            let score = self.quoted(&format!("score {}", entry.score));
            let sql = format!("CASE WHEN {score} IS NOT NULL THEN {} END", entry.points);
            let name = self.records.fresh(&format!("given {}", given.len() + 1));
            let score = self.dialect.text(&format!("{} ", entry.score));
            lines.push(AccountLine { points: self.quoted(&name), score, words: entry.words.clone() });
            given.push(Column { name, sql, words: String::new() });
        }
        let sql = if lines.is_empty() {
            self.dialect.text("")
        } else {
            let account = self
                .dialect
                .account(&lines, &|points, score, words| format!("{score} || {} || ' ' || {words}", self.signed(points)));
            format!("COALESCE({account}, '')")
        };
        (given, Column { name: "out reasons".to_owned(), sql, words: String::new() })
    }
}
