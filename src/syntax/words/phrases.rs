//! What people write first: phrases of other tools, each with the line as it should be.

use super::super::grammar::Rule;
use super::super::keywords::Level;
use super::super::scan::Kind;
use super::{Case, quote};
use crate::diag::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;

/// Comparisons in words, and their signs.
const COMPARISONS: [(&str, char); 9] = [
    ("greater", '>'),
    ("bigger", '>'),
    ("larger", '>'),
    ("higher", '>'),
    ("more", '>'),
    ("less", '<'),
    ("fewer", '<'),
    ("smaller", '<'),
    ("lower", '<'),
];

/// The finding, if such a phrase ends or starts at the token at which the parser could not go on; behind the last token it ends there.
pub(super) fn explain(case: &Case<'_>, found: usize) -> Option<Diagnostic> {
    let phrases = Phrases { case, found };
    phrases
        .any_of()
        .or_else(|| phrases.age())
        .or_else(|| phrases.comparison())
        .or_else(|| phrases.recent())
        .or_else(|| phrases.within_of())
        .or_else(|| phrases.between())
        .or_else(|| phrases.slashed_date())
        .or_else(|| phrases.then())
        .or_else(|| phrases.because())
        .or_else(|| phrases.otherwise())
        .or_else(|| phrases.hyphen())
        .or_else(|| phrases.records())
}

struct Phrases<'c, 't> {
    case: &'c Case<'t>,
    found: usize,
}

impl Phrases<'_, '_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.case.token(at).map(|token| token.kind)
    }

    fn is_number(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Number)
    }

    /// The tokens `from` to `to`, as they are written.
    fn text(&self, from: usize, to: usize) -> &str {
        let span = self.case.span_at(from).to(self.case.span_at(to));
        self.case.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The line of a span with some text instead of it.
    fn line(&self, span: Span, instead: &str) -> String {
        let (start, end) = (span.start as usize, span.end as usize);
        let before = self.case.text.get(..start).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        let behind = self.case.text.get(end..).unwrap_or_default();
        let behind = behind.split('\n').next().unwrap_or_default();
        format!("{before}{instead}{behind}").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The finding for the tokens `from` to `to`, which are written otherwise.
    fn written(&self, from: usize, to: usize, instead: &str) -> Diagnostic {
        let span = self.case.span_at(from).to(self.case.span_at(to));
        let message = format!("{} is written `{instead}` here", quote(self.text(from, to)));
        Diagnostic::new(Code::Syntax, span, message).help(format!("write `{}`", self.line(span, instead))).fix(
            false,
            format!("replace with `{instead}`"),
            span,
            instead,
        )
    }

    /// The first of the last few tokens that is one of these words.
    fn back(&self, words: &[&str], most: usize) -> Option<usize> {
        (0..=most).filter_map(|back| self.found.checked_sub(back)).find(|at| words.contains(&self.case.word(*at)))
    }

    /// A number and a unit of time from a token on.
    fn duration(&self, at: usize) -> Option<String> {
        let unit = self.case.word(at + 1).trim_end_matches('s');
        let is_unit = matches!(unit, "hour" | "day" | "week" | "month" | "year");
        (self.is_number(at) && is_unit).then(|| self.text(at, at + 1).to_owned())
    }

    /// `contains any of [..]`
    fn any_of(&self) -> Option<Diagnostic> {
        let any = self.back(&["any", "one", "either"], 1)?;
        let contains = matches!(self.case.word(any.checked_sub(1)?), "contains" | "contain");
        if !contains || self.case.word(any + 1) != "of" || self.case.word(any + 2) != "[" {
            return None;
        }
        let span = self.case.span_at(any).to(self.case.span_at(any + 1));
        let message = format!("a list is enough here, without `{} of`", self.case.word(any));
        Some(Diagnostic::new(Code::Syntax, span, message).help(format!("write `{}`", self.line(span, ""))).fix(
            false,
            "leave it out",
            span,
            "",
        ))
    }

    /// `older than 30 days`
    fn age(&self) -> Option<Diagnostic> {
        let at = self.back(&["older", "newer", "younger"], 2)?;
        if self.case.word(at + 1) != "than" {
            return None;
        }
        let from = self.with_is(at);
        let is_older = self.case.word(at) == "older";
        let Some(duration) = self.duration(at + 2) else {
            return self.is_number(at + 2).then(|| self.written(from, at + 1, if is_older { ">" } else { "<" }));
        };
        let instead = if is_older { format!("more than {duration} ago") } else { format!("within {duration}") };
        Some(self.written(from, at + 3, &instead))
    }

    /// The place of `is` before a token, or the token itself.
    fn with_is(&self, at: usize) -> usize {
        at.checked_sub(1).filter(|before| self.case.word(*before) == "is").unwrap_or(at)
    }

    /// `greater than 5`, `is less than or equal to 5`
    fn comparison(&self) -> Option<Diagnostic> {
        let words: Vec<&str> = COMPARISONS.iter().map(|(word, _)| *word).collect();
        let at = self.back(&words, 3)?;
        let (_, sign) = COMPARISONS.iter().find(|(word, _)| *word == self.case.word(at))?;
        // `more than 90 days ago` is the language's own.
        if self.case.word(at + 1) != "than" || self.duration(at + 2).is_some() {
            return None;
        }
        let equal = ["or", "equal", "to"].iter().enumerate().all(|(place, word)| self.case.word(at + 2 + place) == *word);
        let last = if equal { at + 4 } else { at + 1 };
        Some(self.written(self.with_is(at), last, &if equal { format!("{sign}=") } else { sign.to_string() }))
    }

    /// `in the last 30 days`, `within the next 14 days`
    fn recent(&self) -> Option<Diagnostic> {
        let from = self.back(&["in", "within", "during", "over"], 2)?;
        let mut at = from + 1;
        if self.case.word(at) == "the" {
            at += 1;
        }
        let next = match self.case.word(at) {
            "last" | "past" | "previous" => "",
            "next" | "coming" | "following" => "next ",
            _ => return None,
        };
        let duration = self.duration(at + 1)?;
        Some(self.written(self.with_is(from), at + 2, &format!("within {next}{duration}")))
    }

    /// `within 30 days of X`
    fn within_of(&self) -> Option<Diagnostic> {
        let within = self.found.checked_sub(3)?;
        if self.case.word(within) != "within" || self.case.word(self.found) != "of" {
            return None;
        }
        self.duration(within + 1)?;
        let span = self.case.span_at(self.found);
        let (after, before) = (self.line(span, "after"), self.line(span, "before"));
        Some(
            Diagnostic::new(Code::Syntax, span, "`of` does not say on which side of the date; write `after` or `before`")
                .help(format!("write `{after}` or `{before}`")),
        )
    }

    /// `between 50 and 499`
    fn between(&self) -> Option<Diagnostic> {
        let between = self.back(&["between"], 1)?;
        let end = |at: usize| match self.case.word(at) {
            "-" if self.is_number(at + 1) => Some(at + 1),
            _ => matches!(self.kind(at), Some(Kind::Number | Kind::Word)).then_some(at),
        };
        let low = end(between + 1)?;
        if self.case.word(low + 1) != "and" {
            return None;
        }
        let high = end(low + 2)?;
        let instead = format!("in {}..{}", self.text(between + 1, low), self.text(low + 2, high));
        Some(self.written(self.with_is(between), high, &instead))
    }

    /// `after 31/12/2025`
    fn slashed_date(&self) -> Option<Diagnostic> {
        let first = self.found.checked_sub(1)?;
        let sign = self.case.word(self.found);
        if !matches!(sign, "/" | ".") || self.case.word(first + 3) != sign {
            return None;
        }
        let part = |at: usize| self.case.word(at).parse::<u32>().ok().filter(|_| self.is_number(at));
        let (a, b, year) = (part(first)?, part(first + 2)?, part(first + 4).filter(|year| *year >= 1000)?);
        let span = self.case.span_at(first).to(self.case.span_at(first + 4));
        let problem = Diagnostic::new(
            Code::Syntax,
            span,
            format!("a date is written as `{year}-12-31`, not as {}", quote(self.text(first, first + 4))),
        );
        let (day_first, month_first) = (format!("{year}-{b:02}-{a:02}"), format!("{year}-{a:02}-{b:02}"));
        Some(match (a > 12 && b <= 12, b > 12 && a <= 12 || a == b) {
            (false, false) => problem.help(format!("write `{day_first}` or `{month_first}`")),
            (is_day_first, _) => {
                let date = if is_day_first { day_first } else { month_first };
                problem.help(format!("write `{}`", self.line(span, &date))).fix(false, format!("write `{date}`"), span, date)
            }
        })
    }

    /// `if visits > 5 +10`
    fn then(&self) -> Option<Diagnostic> {
        let sign = self.found.checked_sub(2)?;
        let number = self.case.token(sign + 1).filter(|token| token.kind == Kind::Number)?;
        let token = self.case.token(sign)?;
        let before = self.case.token(sign.checked_sub(1)?)?;
        let apart = matches!(self.case.word(sign), "+" | "-") && token.end == number.start && before.end < token.start;
        if !apart || !self.case.has(Rule::k_then) {
            return None;
        }
        let span = self.case.span(token.start, token.start);
        let points = self.case.span_at(sign).to(self.case.span_at(sign + 1));
        Some(
            Diagnostic::new(
                Code::Syntax,
                points,
                format!("expected `then` before the points {}", quote(self.text(sign, sign + 1))),
            )
            .help(format!("write `{}`", self.line(span, "then ")))
            .fix(false, "add `then`", span, "then "),
        )
    }

    /// `then +5 because "x" losing ..`
    fn because(&self) -> Option<Diagnostic> {
        let because = self.found.checked_sub(2)?;
        let late = matches!(self.case.word(self.found), "losing" | "max" | "min");
        if !late || self.case.word(because) != "because" || self.kind(because + 1) != Some(Kind::Text) {
            return None;
        }
        let reason = self.text(because, because + 1).to_owned();
        let start = self.case.token(self.found)?.start;
        let rest = self.case.text.get(start..)?.split('\n').next()?;
        let rest = rest.split('#').next().unwrap_or(rest).trim_end().trim_end_matches('}').trim_end();
        let whole = self.case.span(self.case.token(because)?.start, start + rest.len());
        let instead = format!("{rest} {reason}");
        let word = self.case.word(self.found);
        let problem =
            Diagnostic::new(Code::Syntax, self.case.span_at(self.found), format!("`because` is written last, after `{word}`"));
        let mut problem = problem.help(format!("write `{}`", self.line(whole, &instead)));
        let edits = vec![Edit { span: whole, text: instead }];
        problem.fixes.push(Fix { message: "write `because` last".to_owned(), safe: false, edits });
        Some(problem)
    }

    /// `else` among the lines of a lifecycle.
    fn otherwise(&self) -> Option<Diagnostic> {
        let here = self.case.level == Level::Lifecycle && self.case.word(self.found) == "else";
        here.then(|| self.written(self.found, self.found, "otherwise"))
    }

    /// `first-name: text`
    fn hyphen(&self) -> Option<Diagnostic> {
        let here = matches!(self.case.level, Level::Schema | Level::Events);
        let first = usize::from(self.case.word(0) == "key");
        // The piece ends before what looks like a property of its own.
        let start = self.case.token(first).filter(|token| here && token.kind == Kind::Word)?.start;
        let rest = self.case.text.get(start..)?;
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?;
        let (written, behind) = rest.split_at(length);
        if !written.contains('-') || written.ends_with('-') || !behind.trim_start().starts_with(':') {
            return None;
        }
        let span = self.case.span(start, start + length);
        let name = written.replace('-', "_");
        Some(
            Diagnostic::new(Code::Syntax, span, format!("a name has no hyphen: {}", quote(written)))
                .help(format!("write `{}`; the column may have the hyphen", self.line(span, &name)))
                .fix(false, format!("write `{name}`"), span, name),
        )
    }

    /// `records contact by "company_id" { .. }` in a schema
    fn records(&self) -> Option<Diagnostic> {
        let here =
            self.case.level == Level::Schema && self.found == 0 && matches!(self.case.word(0), "records" | "table" | "related");
        let named = self.kind(1) == Some(Kind::Word) && matches!(self.case.word(2), "by" | "{");
        (here && named).then(|| {
            let help = format!(
                "write `events {0} by \"..\" {{ .. at: date }}`, with the field `at` that says when each happened",
                self.case.word(1)
            );
            Diagnostic::new(Code::Syntax, self.case.span_at(0), "what belongs to a record is declared as events").help(help)
        })
    }
}
