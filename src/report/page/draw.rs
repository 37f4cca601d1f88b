//! Pictures as SVG, and tables with the figures behind them.

use std::fmt::Write as _;

use crate::report::html::escaped;

/// The width of a picture in its own units; a unit is about a pixel where there is room.
pub(super) const WIDTH: f64 = 480.0;

/// About how wide a character of a picture's text is.
pub(super) const CHARACTER: f64 = 6.6;

/// A picture with what it shows in words and a table behind it.
pub(super) struct Figure<'a> {
    /// Unique on the page.
    pub(super) id: String,
    /// What it shows, in a few words.
    pub(super) title: &'a str,
    /// The same in a sentence, for those who cannot see it.
    pub(super) words: &'a str,
    /// Its height in its own units.
    pub(super) height: f64,
    /// What is drawn.
    pub(super) drawing: &'a str,
    /// The figures.
    pub(super) table: &'a str,
}

/// Appends a picture.
pub(super) fn figure(out: &mut String, it: &Figure<'_>) {
    let _ = writeln!(
        out,
        "<figure>\n<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {WIDTH} {height:.0}\">\n\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{words}</desc>\n{drawing}</svg>\n\
         <details><summary>Figures of {title} as a table</summary>\n{table}</details>\n</figure>",
        id = it.id,
        height = it.height,
        title = escaped(it.title),
        words = escaped(it.words),
        drawing = it.drawing,
        table = it.table,
    );
}

/// A column of a table: its title (none for bars), and whether it holds numbers.
pub(super) type Column<'a> = (&'a str, bool);

/// A table; its cells are HTML.
pub(super) fn table(caption: &str, columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
    let mut out = format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table><caption>{0}</caption>\n<thead><tr>",
        escaped(caption)
    );
    for (title, number) in columns {
        let _ = match *title {
            "" => write!(out, "<td></td>"),
            title => write!(out, "<th scope=\"col\"{}>{}</th>", class(*number), escaped(title)),
        };
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (cell, (_, number)) in row.iter().zip(columns) {
            let _ = write!(out, "<td{}>{cell}</td>", class(*number));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

const fn class(number: bool) -> &'static str {
    if number { " class=\"n\"" } else { "" }
}

/// A text of a picture, cut where it is too long for its place.
pub(super) fn short(text: &str, most: usize) -> String {
    escaped(&crate::report::plain::cut(text, most, true)).into_owned()
}

/// A count as a length.
#[expect(clippy::cast_precision_loss, reason = "a length in a picture")]
pub(super) fn length(n: u64) -> f64 {
    n as f64
}

/// The step of an axis over `span` with about `steps` marks: 1, 2 or 5 times a power of ten.
pub(super) fn step(span: f64, steps: f64) -> f64 {
    let mut power = 1.0;
    loop {
        for digit in [1.0, 2.0, 5.0] {
            if digit * power * steps >= span {
                return digit * power;
            }
        }
        power *= 10.0;
    }
}

/// A bar for a share, as wide as its cell.
pub(super) fn share_bar(part: u64, whole: u64, class: &str) -> String {
    let percent = if whole == 0 { 0.0 } else { length(part) * 100.0 / length(whole) };
    format!(
        "<svg class=\"cell\" aria-hidden=\"true\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\">\
         <rect class=\"track\" width=\"100\" height=\"10\"/><rect class=\"{class}\" width=\"{percent:.2}\" height=\"10\"/></svg>"
    )
}
