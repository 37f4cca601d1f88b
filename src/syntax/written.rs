//! Texts, options and names as rules write them.

use std::fmt::Write as _;

use crate::diag::render::turns;
use crate::schema::Property;

/// A text in double quotes, as rules write it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || turns(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// An option as rules write it: a name that is plain, any other as a text.
#[must_use]
pub fn choice(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { quoted(name) }
}

/// A name as rules write it: in backticks where it is no plain name or a reserved word.
#[must_use]
pub fn name(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("`{name}`") }
}

/// The name of a property as rules ask for it: `company.industry` for one of a related record.
#[must_use]
pub fn property(property: &Property) -> String {
    match property.name.split_once('.').filter(|_| property.related.is_some()) {
        Some((record, rest)) => format!("{}.{}", name(record), name(rest)),
        None => name(&property.name),
    }
}

fn is_plain(name: &str) -> bool {
    let allowed = name.chars().enumerate().all(|(at, c)| c == '_' || c.is_alphabetic() || (at > 0 && c.is_alphanumeric()));
    allowed && !name.is_empty() && !super::is_reserved(name)
}
