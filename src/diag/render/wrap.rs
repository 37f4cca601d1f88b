//! Filling lines up to a width.

use unicode_width::UnicodeWidthStr;

use crate::invariant::SureAt as _;

/// Breaks `text` at blanks so that no line is wider than `width` columns, as far as its words allow; a line after the first
/// starts with as many blanks as the first has, plus two behind a `- `. Line ends in the text stay.
#[must_use]
pub fn fill(text: &str, width: usize) -> String {
    text.split('\n').map(|line| fill_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn fill_line(line: &str, width: usize) -> String {
    let body = line.trim_start();
    let lead = line.len() - body.len() + if body.starts_with("- ") { 2 } else { 0 };
    let mut out = line.sure_at(..line.len() - body.len()).to_owned();
    let mut column = out.width();
    let mut first = true;
    for word in body.split(' ') {
        let wide = word.width();
        if !first && column + 1 + wide > width {
            out.push('\n');
            out.push_str(&" ".repeat(lead));
            column = lead;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += wide;
        first = false;
    }
    out
}
