//! Text for a terminal: numbers as people read them, columns that stand in line, and foreign text made harmless.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::invariant::SureAt as _;

/// Foreign text as a terminal may show it: control characters (escape codes among them) and whatever else cannot be seen are spelled out
/// instead of obeyed.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    crate::text::visible(text)
}

/// `1,234,567`
#[must_use]
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with at most two decimals and grouped thousands: `-1,234.5`.
#[must_use]
pub fn number(n: f64) -> String {
    let text = format!("{:.2}", n.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let sign = if n < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", grouped(whole))
}

/// The same with a plus above zero.
#[must_use]
pub fn signed(n: f64) -> String {
    if n > 0.0 { format!("+{}", number(n)) } else { number(n) }
}

/// A share in percent: `13.4%`, `<0.1%`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    if part > 0 && percent < 0.05 {
        "<0.1%".to_owned()
    } else if part < whole && percent >= 99.95 {
        "99.9%".to_owned()
    } else if part == whole {
        "100%".to_owned()
    } else {
        format!("{percent:.1}%")
    }
}

/// `1 record`, `2 records`
#[must_use]
pub fn of(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `text` cut to `width` columns, with an ellipsis where something is cut off.
#[must_use]
pub fn cut(text: &str, width: usize, unicode: bool) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let dots = if unicode { "…" } else { "..." };
    let room = width.saturating_sub(dots.width());
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > room
    });
    let kept = end.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    Cow::Owned(format!("{}{dots}", kept.trim_end()))
}

/// On which side of a column its cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows whose cells stand in line, two blanks between columns; the last column is cut to what the width leaves.
#[must_use]
pub fn table(sides: &[Side], rows: &[Vec<String>], indent: usize, width: usize, unicode: bool) -> String {
    let widths: Vec<usize> =
        (0..sides.len()).map(|at| rows.iter().filter_map(|r| r.get(at)).map(|c| c.width()).fold(0, Ord::max)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                line.push_str("  ");
            }
            let column = *widths.sure_at(at);
            let last = at + 1 == sides.len();
            let shown =
                if last { cut(cell, width.saturating_sub(line.width()).max(12), unicode) } else { Cow::Borrowed(cell.as_str()) };
            let blanks = " ".repeat(column.saturating_sub(shown.width()));
            if sides.get(at) == Some(&Side::Right) {
                line.push_str(&blanks);
                line.push_str(&shown);
            } else {
                line.push_str(&shown);
                line.push_str(if last { "" } else { &blanks });
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// How a terminal shows things.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether it shows colours.
    pub color: bool,
    /// Whether it shows characters beyond ASCII.
    pub unicode: bool,
    /// How many columns it has.
    pub width: usize,
}

impl Style {
    /// A heading.
    #[must_use]
    pub fn heading(self, text: &str) -> String {
        if self.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn table(self, sides: &[Side], rows: &[Vec<String>]) -> String {
        table(sides, rows, 2, self.width, self.unicode)
    }
}

/// A heading over what follows.
pub(crate) fn section(out: &mut String, title: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.heading(title));
}
