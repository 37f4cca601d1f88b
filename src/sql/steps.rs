//! The steps of a query: named parts, each with a comment.

use std::fmt::Write as _;

use super::builder::{Builder, Chain, Named};
use super::dialect::Dialect;
use super::items::Column;
use super::letters::reads_letters;
use super::read::Columns;

/// The steps in order.
pub(super) struct Steps<'b> {
    dialect: &'b dyn Dialect,
    /// The name of the step with the letters.
    pub(super) letters: String,
    /// Name, comment and text.
    pub(super) out: Vec<(String, String, String)>,
}

/// A line of words that cannot end a comment.
pub(super) fn comment(words: &str) -> String {
    words.chars().map(|c| if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

impl<'b> Steps<'b> {
    pub(super) fn new(b: &mut Builder<'b>) -> Self {
        Self { dialect: b.dialect, letters: b.steps.fresh("letters"), out: Vec::new() }
    }

    pub(super) fn push(&mut self, name: &str, words: &str, body: String) {
        self.out.push((name.to_owned(), comment(words), body));
    }

    /// The join with the letters, where one of these texts reads them.
    pub(super) fn letters<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> String {
        if texts.any(|text| reads_letters(text, self.dialect)) {
            format!("\nCROSS JOIN {} AS l", self.dialect.name(&self.letters))
        } else {
            String::new()
        }
    }

    /// A step that adds columns to the one named `last`, which its expressions know as `alias`.
    pub(super) fn add_to(&mut self, last: &str, alias: &str, name: &str, words: &str, columns: &[Column]) {
        let mut body = format!("SELECT\n    {alias}.*");
        for column in columns {
            body.push(',');
            if !column.words.is_empty() {
                let _always = write!(body, "\n    -- {}", comment(&column.words));
            }
            let _always = write!(body, "\n    {} AS {}", column.sql, self.dialect.name(&column.name));
        }
        let letters = self.letters(columns.iter().map(|column| column.sql.as_str()));
        let _always = write!(body, "\nFROM {} AS {alias}{letters}{}", self.dialect.name(last), self.dialect.fence());
        self.push(name, words, body);
    }

    /// A step that adds columns to the one before.
    pub(super) fn add(&mut self, name: &str, words: &str, columns: &[Column]) {
        let Some((last, _, _)) = self.out.last() else { return };
        let last = last.clone();
        self.add_to(&last, "s", name, words, columns);
    }

    /// The step that reads a table.
    pub(super) fn read(&mut self, name: &str, words: &str, columns: &Columns, table: &str) {
        let lines: Vec<String> = columns.iter().map(|(name, sql)| format!("    {sql} AS {}", self.dialect.name(name))).collect();
        let letters = self.letters(columns.iter().map(|(_, sql)| sql.as_str()));
        self.push(name, words, format!("SELECT\n{}\nFROM {table} AS t{letters}", lines.join(",\n")));
    }
}

pub(super) fn plain(columns: Columns) -> Vec<Column> {
    columns.into_iter().map(|(name, sql)| Column { name, sql, words: String::new() }).collect()
}

/// The columns of each step of a chain.
pub(super) fn chained(chain: &Chain) -> Vec<Vec<Column>> {
    let column = |named: &&Named| Column { name: named.column.clone(), sql: named.sql.clone(), words: named.words.clone() };
    chain.levels().map(|level| level.iter().map(column).collect()).collect()
}
