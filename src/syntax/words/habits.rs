//! Habits from other languages, from spreadsheets and from word processors: each with what to write instead.

use super::super::grammar::Rule;
use super::super::keywords::Level;
use super::super::keywords::is_reserved;
use super::super::scan::Kind;
use super::{Case, quote};
use crate::diag::{Code, Diagnostic, Edit, Fix};
use crate::invariant::SureAt as _;
use crate::source::Span;

/// Signs of other languages and what the language writes for them.
const SIGNS: [(&str, &str); 17] = [
    ("==", "="),
    (":=", "="),
    ("&&", "and"),
    ("&", "and"),
    ("||", "or"),
    ("!", "not"),
    ("<>", "!="),
    ("≠", "!="),
    ("=>", ">="),
    ("≥", ">="),
    ("=<", "<="),
    ("≤", "<="),
    ("\u{2212}", "-"),
    ("\u{2013}", "-"),
    ("×", "*"),
    ("÷", "/"),
    ("…", ".."),
];

/// Words of other languages, what the language writes for them, and a rule that must be possible at the place.
const WORDS: [(&str, &str, Rule); 24] = [
    ("equals", "is", Rule::comparator),
    ("equal", "is", Rule::comparator),
    ("eq", "is", Rule::comparator),
    ("has", "contains", Rule::test_contains),
    ("have", "contains", Rule::test_contains),
    ("includes", "contains", Rule::test_contains),
    ("include", "contains", Rule::test_contains),
    ("like", "contains", Rule::test_contains),
    ("startswith", "starts with", Rule::test_starts),
    ("begins", "starts", Rule::test_starts),
    ("endswith", "ends with", Rule::test_ends),
    ("above", ">", Rule::comparator),
    ("over", ">", Rule::comparator),
    ("below", "<", Rule::comparator),
    ("under", "<", Rule::comparator),
    ("null", "unknown", Rule::k_unknown),
    ("none", "unknown", Rule::k_unknown),
    ("nil", "unknown", Rule::k_unknown),
    ("missing", "unknown", Rule::k_unknown),
    ("blank", "unknown", Rule::k_unknown),
    ("elseif", "else if", Rule::k_else),
    ("elsif", "else if", Rule::k_else),
    ("elif", "else if", Rule::k_else),
    ("when", "if", Rule::score_items),
];

/// The finding, if what stands at the token `found` is such a habit.
pub(super) fn explain(case: &Case<'_>, found: usize) -> Option<Diagnostic> {
    let at = Place { case, found, word: case.word(found), span: case.span_at(found) };
    at.quotes()
        .or_else(|| at.comment())
        .or_else(|| at.numbers())
        .or_else(|| at.sign())
        .or_else(|| at.separator())
        .or_else(|| at.invisible())
        .or_else(|| at.chain())
        .or_else(|| at.spelling())
        .or_else(|| at.capitals())
        .or_else(|| at.missing())
}

struct Place<'c, 't> {
    case: &'c Case<'t>,
    found: usize,
    word: &'t str,
    span: Span,
}

fn syntax(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Syntax, span, message)
}

impl Place<'_, '_> {
    fn next(&self) -> &str {
        self.case.word(self.found + 1)
    }

    /// Whether the next token starts where this one ends.
    fn touches_next(&self) -> bool {
        let next = self.case.token(self.found + 1);
        self.case.token(self.found).zip(next).is_some_and(|(a, b)| a.end == b.start)
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.case.token(at).map(|t| t.kind)
    }

    /// Texts in other quotes, or without one of theirs.
    fn quotes(&self) -> Option<Diagnostic> {
        if self.kind(self.found) == Some(Kind::OpenText) {
            if let Some(start) = self.unopened() {
                let word = self.case.word(start);
                return Some(
                    syntax(self.case.span_at(start), format!("a text without its opening quote: {}", quote(word)))
                        .help("write text in double quotes: `\"text\"`"),
                );
            }
            return Some(
                syntax(self.span, "this text is never closed")
                    .label("no `\"` on this line ends it")
                    .help("write `\"` where the text ends; a text ends on its own line"),
            );
        }
        if self.word == "`" {
            return Some(
                syntax(self.span, "this name is never closed")
                    .help("write a second backtick where the name ends, on the same line"),
            );
        }
        if !matches!(self.word, "'" | "‘" | "’" | "“" | "”" | "„" | "«" | "»" | "‹" | "›" | "＂") {
            return None;
        }
        let line = self.case.text.get(self.span.end as usize..)?.lines().next()?;
        let diagnostic = syntax(self.span, format!("write text in straight double quotes, not in {}", self.word))
            .help("write `\"text\"`; word processors change the quotes, editors for code do not");
        let marks = ['\'', '‘', '’', '“', '”', '«', '»', '‹', '›', '"', '＂'];
        let Some((length, mark)) = line.char_indices().find(|(_, c)| marks.contains(c)) else { return Some(diagnostic) };
        let body = line.get(..length)?;
        let end = self.span.end as usize + length + mark.len_utf8();
        let whole = self.case.span(self.span.start as usize, end);
        Some(diagnostic.fix(true, "write straight double quotes", whole, format!("\"{}\"", body.trim())))
    }

    /// The first of the words before an open text that stand right against it: `gmail.com"`.
    fn unopened(&self) -> Option<usize> {
        let mut start = self.found;
        while let Some(before) = start.checked_sub(1) {
            let touches = self.case.token(before)?.end == self.case.token(start)?.start;
            if !touches || self.kind(before) == Some(Kind::Open) {
                break;
            }
            start = before;
        }
        (start < self.found).then_some(start)
    }

    fn comment(&self) -> Option<Diagnostic> {
        let slashes = matches!((self.word, self.next()), ("/", "/" | "*") | ("-", "-")) && self.touches_next();
        if !slashes {
            return None;
        }
        let both = self.span.to(self.case.span_at(self.found + 1));
        Some(
            syntax(both, format!("expected an item or a comment; found `{}{}`", self.word, self.next()))
                .help("a comment starts with `#`")
                .fix(true, "write `#`", both, "#"),
        )
    }

    /// `2,5`, `1,000`, `€ 500`
    fn numbers(&self) -> Option<Diagnostic> {
        if matches!(self.word, "$" | "€" | "£" | "¥") {
            return Some(
                syntax(self.span, format!("an amount is written as a number alone, without `{}`", self.word))
                    .help("leave the sign out, as in `50k`")
                    .fix(true, "leave it out", self.span, ""),
            );
        }
        let before = self.found.checked_sub(1)?;
        let between = self.kind(before) == Some(Kind::Number) && self.kind(self.found + 1) == Some(Kind::Number);
        let together = self.case.token(before)?.end == self.span.start as usize && self.touches_next();
        if self.word != "," || !between || !together {
            return None;
        }
        let (whole, part) = (self.case.word(before), self.next());
        let span = self.case.span_at(before).to(self.case.span_at(self.found + 1));
        let diagnostic = syntax(span, format!("a number is written with a point, not with a comma: `{whole},{part}`"));
        Some(if part.len() == 3 {
            diagnostic.help(format!("write `{whole}{part}` or `{whole}_{part}` for thousands, `{whole}.{part}` for a fraction"))
        } else {
            diagnostic.help(format!("write `{whole}.{part}`")).fix(
                true,
                format!("write `{whole}.{part}`"),
                span,
                format!("{whole}.{part}"),
            )
        })
    }

    fn sign(&self) -> Option<Diagnostic> {
        if self.word == "->" {
            return Some(syntax(self.span, "expected `then`; found `->`").help("write `then`").fix(
                true,
                "write `then`",
                self.span,
                "then",
            ));
        }
        let ends = (self.found.checked_sub(1).and_then(|at| self.kind(at)), self.kind(self.found + 1));
        if self.word == "-" && ends == (Some(Kind::Number), Some(Kind::Number)) && self.case.has(Rule::dots) {
            return Some(
                syntax(self.span, "a range is written with two dots, not with `-`")
                    .help(format!("write `{}..{}`", self.case.before(), self.next()))
                    .fix(true, "write `..`", self.span, ".."),
            );
        }
        let (_, instead) = SIGNS.iter().find(|(sign, _)| *sign == self.word)?;
        let spaced = if *instead == "not" && self.touches_next() { "not " } else { instead };
        Some(syntax(self.span, format!("`{}` is written `{instead}` here", self.word)).help(format!("write `{instead}`")).fix(
            true,
            format!("replace with `{instead}`"),
            self.span,
            spaced,
        ))
    }

    /// A comma or semicolon between lines, a brace too many.
    fn separator(&self) -> Option<Diagnostic> {
        if matches!(self.word, "," | ";") && self.case.has(Rule::EOI) {
            return Some(
                syntax(self.span, format!("nothing can be between lines; found `{}`", self.word))
                    .help("white space alone separates them: leave it out")
                    .fix(true, "leave it out", self.span, ""),
            );
        }
        if self.case.level == Level::File && self.word == "}" && self.found == 0 {
            return Some(
                syntax(self.span, "this `}` closes nothing")
                    .help("take it away, or look for a block above that is closed too early"),
            );
        }
        if self.word == ":" && (self.case.has(Rule::open) || self.case.has(Rule::k_then)) {
            let instead = if self.case.has(Rule::open) { "{" } else { "then" };
            return Some(syntax(self.span, format!("expected `{instead}`; found `:`")).help(format!("write `{instead}`")).fix(
                self.case.has(Rule::k_then),
                format!("replace with `{instead}`"),
                self.span,
                instead,
            ));
        }
        None
    }

    fn invisible(&self) -> Option<Diagnostic> {
        let c = self.word.chars().next()?;
        if c == '\0' {
            return Some(syntax(self.span, "a zero byte, which no text has").help("save the file as plain UTF-8 text"));
        }
        let invisible = c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{AD}' | '\u{202A}'..='\u{202E}');
        invisible.then(|| {
            syntax(self.span, format!("an invisible character (U+{:04X})", u32::from(c)))
                .help("take it away; it often comes with text copied from a web page")
                .fix(true, "take it away", self.span, "")
        })
    }

    /// A second comparison or a second `unless`.
    fn chain(&self) -> Option<Diagnostic> {
        let comparing = matches!(self.word, "<" | "<=" | ">" | ">=" | "=" | "!=" | "is" | "in" | "contains" | "within");
        let after_condition = self.case.has(Rule::k_and) || self.case.has(Rule::k_or);
        if comparing && after_condition && !self.case.has(Rule::comparator) {
            return Some(
                syntax(self.span, format!("a comparison cannot be compared again: found a second one, `{}`", self.word))
                    .help("join two comparisons with `and`, or write a range, such as `x in 10..50`"),
            );
        }
        let twice = self.word == "unless" && !self.case.has(Rule::k_unless) && self.case.has(Rule::k_or);
        twice.then(|| {
            syntax(self.span, "a condition has one `unless` at most")
                .help("join the exceptions: `a unless b or c`, or use brackets")
        })
    }

    /// Words of other languages, and the language's own in the wrong order.
    fn spelling(&self) -> Option<Diagnostic> {
        let case = self.case;
        let small = self.word.to_lowercase();
        if let Some((_, instead, _)) = WORDS.iter().find(|(word, _, rule)| *word == small && case.has(*rule)) {
            return Some(
                syntax(self.span, format!("{} is written `{instead}` here", quote(self.word)))
                    .help(format!("write `{instead}`"))
                    .fix(true, format!("replace with `{instead}`"), self.span, *instead),
            );
        }
        let before = self.found.checked_sub(1);
        let is_in = self.word == "in" && case.has(Rule::k_known);
        if is_in && let Some(is) = before {
            let instead = if case.before() == "not" { "not in" } else { "in" };
            let from = if instead == "in" { is } else { is.saturating_sub(1) };
            let span = case.span_at(from).to(self.span);
            return Some(
                syntax(self.span, format!("write `in` without `is`: `x {instead} [a, b]`"))
                    .help(format!("write `{instead}`"))
                    .fix(true, format!("write `{instead}`"), span, instead),
            );
        }
        let verb = match self.word {
            "contains" | "contain" => "contain",
            "starts" | "start" => "start",
            "ends" | "end" => "end",
            "matches" | "match" => "match",
            _ => "",
        };
        if let Some(not) = before.filter(|_| case.before() == "not" && !verb.is_empty() && case.has(Rule::k_in)) {
            let span = case.span_at(not).to(self.span);
            return Some(
                syntax(span, format!("`not {}` is written `does not {verb}`", self.word))
                    .help(format!("write `does not {verb}`"))
                    .fix(true, format!("write `does not {verb}`"), span, format!("does not {verb}")),
            );
        }
        if matches!(&*small, "points" | "point" | "pts") && case.has(Rule::EOI) && case.level == Level::Score {
            return Some(
                syntax(self.span, format!("points are a number alone; found {}", quote(self.word)))
                    .help("leave the word out")
                    .fix(true, "leave it out", self.span, ""),
            );
        }
        None
    }

    /// `IF a AND b`: every reserved word of the piece that is written in capitals.
    fn capitals(&self) -> Option<Diagnostic> {
        let capital = |word: &str| is_reserved(&word.to_lowercase()) && !is_reserved(word);
        if self.kind(self.found) != Some(Kind::Word) || !capital(self.word) {
            return None;
        }
        let words = self.case.tokens.iter().filter(|t| t.kind == Kind::Word && capital(t.text(self.case.text)));
        let edits = words.map(|t| Edit { span: self.case.span(t.start, t.end), text: t.text(self.case.text).to_lowercase() });
        let small = self.word.to_lowercase();
        let mut diagnostic = syntax(self.span, format!("expected `{small}`; found {}", quote(self.word)))
            .help(format!("the words of the language are written in small letters: `{small}`"));
        diagnostic.fixes.push(Fix { message: "write them in small letters".to_owned(), safe: true, edits: edits.collect() });
        Some(diagnostic)
    }

    /// A text that stands without quotes: `use contact.lsr`, `because pricing`.
    fn unquoted(&self) -> Option<Diagnostic> {
        let case = self.case;
        let only_text = case.has(Rule::text) && !case.has(Rule::name) && !case.has(Rule::expr) && !case.has(Rule::primary);
        if !only_text || !matches!(self.kind(self.found)?, Kind::Word | Kind::Backticked | Kind::Number) || is_reserved(self.word)
        {
            return None;
        }
        let mut last = self.found;
        while case.token(last + 1).is_some_and(|next| case.token(last).is_some_and(|t| t.end == next.start)) {
            last += 1;
        }
        let span = self.span.to(case.span_at(last));
        let written = case.text.sure_at(span.start as usize..span.end as usize).replace('"', "");
        Some(
            syntax(span, format!("expected a text in double quotes; found {}", quote(&written)))
                .help(format!("write `\"{written}\"`"))
                .fix(true, "put it in double quotes", span, format!("\"{written}\"")),
        )
    }

    /// Signs and quotes that were left out.
    fn missing(&self) -> Option<Diagnostic> {
        let case = self.case;
        let kind = self.kind(self.found)?;
        if matches!(kind, Kind::Word | Kind::Backticked) && case.has(Rule::points) && !is_reserved(self.word) {
            return Some(
                Diagnostic::new(Code::BadPoints, self.span, format!("the points {} have no sign", quote(self.word)))
                    .label("points start with `+` or `-`")
                    .help(format!("write `+{0}` to add points, `-{0}` to take them away", self.word.trim_matches('`')))
                    .fix(false, "add `+`", self.span, format!("+{}", self.word)),
            );
        }
        if kind == Kind::Text && case.has(Rule::range) && case.has(Rule::list) | case.has(Rule::open_bracket) {
            return Some(
                syntax(self.span, format!("expected a list; found {}", quote(self.word)))
                    .help(format!("write `is {0}`, or a list: `in [{0}]`", self.word))
                    .fix(true, "put it in brackets", self.span, format!("[{}]", self.word)),
            );
        }
        if let Some(diagnostic) = self.unquoted() {
            return Some(diagnostic);
        }
        let property = matches!(case.level, Level::Schema | Level::Events) && self.found == 0;
        let next = case.token(1)?;
        if property && kind == Kind::Word && next.kind == Kind::Word && !matches!(self.word, "events" | "key") {
            let after = case.span(self.span.end as usize, self.span.end as usize);
            let type_names = ["text", "integer", "number", "boolean", "date", "datetime", "one", "set"];
            if type_names.contains(&next.text(case.text)) {
                return Some(
                    syntax(case.span_at(1), format!("expected `:` after {}; found {}", quote(self.word), quote(self.next())))
                        .help(format!("write `{}: {}`", self.word, self.next()))
                        .fix(true, "add `:`", after, ":"),
                );
            }
        }
        None
    }
}
