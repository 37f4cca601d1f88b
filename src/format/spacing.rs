//! White space between tokens on one line, and where a line that is too long breaks.

use unicode_width::UnicodeWidthStr as _;

use super::rows::WIDTH;
use crate::invariant::SureAt as _;
use crate::syntax::keywords;
use crate::syntax::scan::{Kind, Token};

/// The tokens of a text with their spacing.
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
}

impl Tokens<'_> {
    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| t.text(self.text))
    }

    pub(super) fn get(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    /// Whether the token is an opening bracket.
    pub(super) fn is_open(&self, at: usize) -> bool {
        self.get(at).is_some_and(|t| t.kind == Kind::Open)
    }

    /// Whether the token is a closing bracket.
    pub(super) fn is_close(&self, at: usize) -> bool {
        self.get(at).is_some_and(|t| t.kind == Kind::Close)
    }

    /// Whether a blank line separates the token from the one before it.
    pub(super) fn is_apart(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.get(at)).map_or(0, |t| t.end);
        let start = self.get(at).filter(|t| t.first).map_or(before, |t| t.start);
        crate::syntax::trivia::count_lines(self.text.sure_at(before..start)) > 1
    }

    /// The first token at or behind this byte.
    pub(super) fn at(&self, offset: u32) -> usize {
        self.tokens.partition_point(|t| t.start < offset as usize)
    }

    /// The first token in `from..to` that is this word or sign, outside brackets.
    pub(super) fn find(&self, from: usize, to: usize, word: &str) -> Option<usize> {
        let mut depth = 0_usize;
        (from..to).find(|&at| {
            match self.get(at).map(|t| t.kind) {
                Some(Kind::Open) if self.word(at) != word => depth += 1,
                Some(Kind::Close) => depth = depth.saturating_sub(1),
                Some(_) | None => {}
            }
            depth == 0 && self.word(at) == word
        })
    }

    /// Tokens `from..to` on one line.
    pub(super) fn join(&self, from: usize, to: usize) -> String {
        let mut line = String::new();
        for at in from..to {
            if at > from && self.is_spaced(from, at) {
                line.push(' ');
            }
            line.push_str(self.word(at));
        }
        line
    }

    /// Whether a blank comes before the token on a line that starts with the token `from`.
    fn is_spaced(&self, from: usize, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let (left, right) = (self.word(before), self.word(at));
        if matches!(left, "(" | "[" | ".") || matches!(right, ")" | "]" | "," | ":" | ".") {
            return false;
        }
        if matches!(left, "{") || matches!(right, "{" | "}") {
            return true;
        }
        if right == "(" {
            return !self.is_name(before);
        }
        if matches!(right, ".." | "..<") {
            return !self.is_end(before);
        }
        if matches!(left, ".." | "..<") {
            return !(self.is_end(at) || right == "-");
        }
        if matches!(left, "+" | "-") {
            return !(before == from || self.is_prefix(before));
        }
        true
    }

    fn is_name(&self, at: usize) -> bool {
        let word = self.word(at);
        match self.get(at).map(|t| t.kind) {
            Some(Kind::Word) => !keywords::is_reserved(word) && !keywords::opens(word) || matches!(word, "min" | "max"),
            Some(Kind::Backticked) => true,
            Some(_) | None => false,
        }
    }

    /// Whether the token can be the end of a range.
    fn is_end(&self, at: usize) -> bool {
        self.get(at).is_some_and(|t| t.kind == Kind::Number) || self.is_name(at)
    }

    /// Whether a `+` or `-` belongs to what follows it alone.
    fn is_prefix(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        let word = self.word(before);
        match self.get(before).map(|t| t.kind) {
            Some(Kind::Sign | Kind::Open) | None => true,
            Some(Kind::Word) => {
                keywords::is_reserved(word) && !matches!(word, "known" | "unknown" | "empty" | "true" | "false" | "text")
                    || keywords::opens(word)
                    || word == "unknown"
            }
            Some(Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Close) => false,
        }
    }

    /// Tokens `from..to` on as many lines as they need: broken before `unless`, `or` and `and`, then inside brackets. Later lines stand
    /// `step` further right.
    pub(super) fn wrap(&self, from: usize, to: usize, indent: usize, step: usize) -> Vec<(usize, String)> {
        let line = self.join(from, to);
        if indent + line.width() <= WIDTH {
            return vec![(indent, line)];
        }
        let mut starts = vec![from];
        let mut depth = 0_usize;
        for at in from..to {
            match self.get(at).map(|t| t.kind) {
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth = depth.saturating_sub(1),
                Some(_) | None => {}
            }
            if depth == 0 && at > from && matches!(self.word(at), "and" | "or" | "unless") {
                starts.push(at);
            }
        }
        if starts.len() == 1 {
            return self.wrap_brackets(from, to, indent);
        }
        let ends = starts.iter().copied().skip(1).chain([to]);
        let parts = starts.iter().zip(ends).enumerate();
        parts.flat_map(|(n, (&start, end))| self.wrap_brackets(start, end, if n == 0 { indent } else { indent + step })).collect()
    }

    /// A row whose longest bracket is opened: its entries on lines of their own between the bracket and its partner.
    fn wrap_brackets(&self, from: usize, to: usize, indent: usize) -> Vec<(usize, String)> {
        let line = self.join(from, to);
        let whole = vec![(indent, line.clone())];
        if indent + line.width() <= WIDTH {
            return whole;
        }
        let Some((open, close)) = self.longest_bracket(from, to) else { return whole };
        if close == open + 1 {
            return whole;
        }
        let mut lines = vec![(indent, self.join(from, open + 1))];
        if self.word(open + 1) == "{" {
            // Events, each on a line of its own.
            let entries = self.entries(open + 1, close);
            lines.extend(entries.into_iter().flat_map(|(start, end)| self.wrap_brackets(start, end, indent + 2)));
        } else {
            lines.extend(self.fill(open + 1, close, indent + 2, indent + 2));
        }
        let mut rest = self.wrap_brackets(close, to, indent);
        lines.append(&mut rest);
        lines
    }

    /// The bracket that closes the one at `open`.
    pub(super) fn partner(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.tokens.len()).find(|&at| {
            match self.get(at).map(|t| t.kind) {
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth = depth.saturating_sub(1),
                Some(_) | None => {}
            }
            depth == 0
        })
    }

    /// The outermost bracket pair of `from..to` with the most tokens, its partner inside the range and not first.
    fn longest_bracket(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let mut stack = Vec::new();
        let mut longest: Option<(usize, usize)> = None;
        for at in from..to {
            match self.get(at)?.kind {
                Kind::Open => stack.push(at),
                Kind::Close => {
                    if let Some(open) = stack.pop()
                        && stack.is_empty()
                        && longest.is_none_or(|(start, end)| at - open > end - start)
                    {
                        longest = Some((open, at));
                    }
                }
                Kind::Word | Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Sign => {}
            }
        }
        longest
    }

    /// Entries that commas separate, as many on a line as fit.
    pub(super) fn fill(&self, from: usize, to: usize, first: usize, later: usize) -> Vec<(usize, String)> {
        let entries = self.entries(from, to);
        if entries.len() == 1 {
            return self.wrap(from, to, first, later - first);
        }
        let mut lines: Vec<(usize, String)> = Vec::new();
        for (start, end) in entries {
            let entry = self.join(start, end);
            match lines.last_mut() {
                Some((indent, line)) if *indent + line.width() + 1 + entry.width() <= WIDTH => {
                    line.push(' ');
                    line.push_str(&entry);
                }
                Some(_) => lines.extend(self.wrap_brackets(start, end, later)),
                None => lines.extend(self.wrap_brackets(start, end, first)),
            }
        }
        lines
    }

    /// The ranges between commas outside brackets, each with its comma.
    pub(super) fn entries(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut entries = Vec::new();
        let mut start = from;
        while let Some(comma) = self.find(start, to, ",") {
            entries.push((start, comma + 1));
            start = comma + 1;
        }
        if start < to {
            entries.push((start, to));
        }
        entries
    }
}
