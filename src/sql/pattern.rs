//! A pattern of the rules in the words of an engine: every class is written out by its characters, cases included, so that nothing
//! depends on what an engine takes `\w`, `.` or "ignore case" to be. What is left (characters, classes, repetition, alternatives,
//! ends) has one meaning everywhere.

use std::fmt::Write as _;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

/// How an engine writes what engines write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// RE2 and Rust's own: linear time.
    Linear,
    /// Java and its kin, which go back over a text.
    Java,
    /// PostgreSQL's advanced patterns.
    Postgres,
    /// POSIX extended patterns with `\b`.
    Posix,
}

/// The most that an engine's counted repetition takes.
const fn most(flavour: Flavour) -> u32 {
    match flavour {
        Flavour::Linear | Flavour::Java => 1000,
        Flavour::Postgres | Flavour::Posix => 255,
    }
}

/// The pattern as a tree; `source` is what the checker compiled, with ASCII classes.
pub(super) fn parse(source: &str) -> Option<Hir> {
    ParserBuilder::new().case_insensitive(true).nest_limit(100).build().parse(source).ok()
}

/// The pattern in a flavour.
///
/// # Errors
/// What of it the engine reads in another way, in words that finish "`matches` with ..".
pub(super) fn write(pattern: &Hir, flavour: Flavour) -> Result<String, String> {
    let mut out = String::new();
    put(pattern, flavour, &mut out)?;
    Ok(out)
}

fn put(pattern: &Hir, flavour: Flavour, out: &mut String) -> Result<(), String> {
    match pattern.kind() {
        HirKind::Empty => {
            out.push_str(if flavour == Flavour::Posix { "()" } else { "(?:)" });
            Ok(())
        }
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "bytes that are not characters".to_owned())?;
            for c in text.chars() {
                character(c, flavour, false, out)?;
            }
            Ok(())
        }
        HirKind::Class(Class::Unicode(class)) => put_class(class, flavour, out),
        HirKind::Class(Class::Bytes(class)) => match class.to_unicode_class() {
            Some(class) => put_class(&class, flavour, out),
            None => Err("bytes that are not characters".to_owned()),
        },
        HirKind::Look(look) => {
            out.push_str(place(*look, flavour)?);
            Ok(())
        }
        HirKind::Repetition(repetition) => {
            let backtracks = flavour == Flavour::Java;
            if backtracks && repetition.max.is_none() && repeats(&repetition.sub) {
                return Err("a repetition within a repetition, over which this engine can go back without end,".to_owned());
            }
            if repetition.max.unwrap_or(repetition.min) > most(flavour) {
                return Err(format!("more than {} repetitions", most(flavour)));
            }
            group(&repetition.sub, flavour, out)?;
            let _always = match (repetition.min, repetition.max) {
                (0, Some(1)) => write!(out, "?"),
                (0, None) => write!(out, "*"),
                (1, None) => write!(out, "+"),
                (min, None) => write!(out, "{{{min},}}"),
                (min, Some(max)) if min == max => write!(out, "{{{min}}}"),
                (min, Some(max)) => write!(out, "{{{min},{max}}}"),
            };
            Ok(())
        }
        HirKind::Capture(capture) => group(&capture.sub, flavour, out),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| match part.kind() {
            HirKind::Alternation(_) => group(part, flavour, out),
            HirKind::Empty
            | HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Look(_)
            | HirKind::Repetition(_)
            | HirKind::Capture(_)
            | HirKind::Concat(_) => put(part, flavour, out),
        }),
        HirKind::Alternation(parts) => {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                put(part, flavour, out)?;
            }
            Ok(())
        }
    }
}

fn group(pattern: &Hir, flavour: Flavour, out: &mut String) -> Result<(), String> {
    let alone = match pattern.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().count() == 1),
        HirKind::Empty
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => false,
    };
    if alone {
        return put(pattern, flavour, out);
    }
    out.push_str(if flavour == Flavour::Posix { "(" } else { "(?:" });
    put(pattern, flavour, out)?;
    out.push(')');
    Ok(())
}

/// Whether anything in a pattern is repeated a number of times that is not fixed.
fn repeats(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Repetition(repetition) => repetition.max != Some(repetition.min) || repeats(&repetition.sub),
        HirKind::Capture(capture) => repeats(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(repeats),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

fn place(look: Look, flavour: Flavour) -> Result<&'static str, String> {
    Ok(match (look, flavour) {
        (Look::Start, Flavour::Posix) => "^",
        (Look::Start, _) => r"\A",
        (Look::End, Flavour::Posix) => "$",
        (Look::End, Flavour::Postgres) => r"\Z",
        (Look::End, _) => r"\z",
        (Look::WordAscii, Flavour::Posix | Flavour::Linear) => r"\b",
        (Look::WordAscii, Flavour::Java | Flavour::Postgres) => {
            "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
        }
        _ => return Err(r"the ends of lines, `\B` or Unicode's ends of words".to_owned()),
    })
}

/// A character that stands for itself.
fn character(c: char, flavour: Flavour, in_class: bool, out: &mut String) -> Result<(), String> {
    if c == '\0' && matches!(flavour, Flavour::Postgres | Flavour::Posix) {
        return Err("the character U+0000".to_owned());
    }
    if c.is_ascii_alphanumeric() || c == ' ' || c == '_' || c == '@' {
        out.push(c);
        return Ok(());
    }
    let code = u32::from(c);
    let _always = match flavour {
        Flavour::Linear | Flavour::Java => write!(out, "\\x{{{code:x}}}"),
        Flavour::Postgres if code > 0xFFFF => write!(out, "\\U{code:08x}"),
        Flavour::Postgres => write!(out, "\\u{code:04x}"),
        Flavour::Posix if in_class && matches!(c, ']' | '[' | '^' | '-' | '\\') => {
            return Err(format!("`{c}` in a class"));
        }
        Flavour::Posix if !in_class && c.is_ascii_punctuation() => write!(out, "\\{c}"),
        Flavour::Posix => write!(out, "{c}"),
    };
    Ok(())
}

fn put_class(class: &ClassUnicode, flavour: Flavour, out: &mut String) -> Result<(), String> {
    let mut ranges: Vec<(char, char)> = class.ranges().iter().map(|range| (range.start(), range.end())).collect();
    if ranges.is_empty() {
        return Err("a class without characters".to_owned());
    }
    // A class up to the last character is all but a few: those are written.
    let all_but = ranges.last().is_some_and(|(_, last)| *last == char::MAX);
    if all_but {
        let mut others = class.clone();
        others.negate();
        ranges = others.ranges().iter().map(|range| (range.start(), range.end())).collect();
    }
    if ranges.is_empty() {
        // Every character. No engine's text holds U+0000 in PostgreSQL, and everywhere else it is a character like others.
        out.push_str(match flavour {
            Flavour::Linear => "(?s:.)",
            Flavour::Java => r"[\x{0}-\x{10ffff}]",
            Flavour::Postgres => r"[\s\S]",
            Flavour::Posix => "(.|\n)",
        });
        return Ok(());
    }
    if let ([(first, last)], false) = (ranges.as_slice(), all_but)
        && first == last
    {
        return character(*first, flavour, false, out);
    }
    out.push_str(if all_but { "[^" } else { "[" });
    for (first, last) in ranges {
        // Where U+0000 cannot be written, no text holds it.
        let none = first == '\0' && matches!(flavour, Flavour::Postgres | Flavour::Posix);
        let first = if none { '\u{1}' } else { first };
        if first > last {
            return Err("the character U+0000".to_owned());
        }
        character(first, flavour, true, out)?;
        if first != last {
            if u32::from(last) - u32::from(first) > 1 {
                out.push('-');
            }
            character(last, flavour, true, out)?;
        }
    }
    out.push(']');
    Ok(())
}
