//! Pictures as SVG, and tables with the figures behind them.

use std::fmt::Write as _;

use crate::report::html::escaped;

/// The width of a picture in its own units; a unit is about a pixel where there is room.
pub(in crate::report) const WIDTH: f64 = 480.0;

/// About how wide a character of a picture's text is.
pub(in crate::report) const CHARACTER: f64 = 6.6;

/// A picture with what it shows in words and a table behind it.
pub(in crate::report) struct Figure<'a> {
    /// Unique on the page.
    pub(in crate::report) id: String,
    /// What it shows, in a few words.
    pub(in crate::report) title: &'a str,
    /// The same in a sentence, for those who cannot see it.
    pub(in crate::report) words: &'a str,
    /// Its height in its own units.
    pub(in crate::report) height: f64,
    /// What is drawn.
    pub(in crate::report) drawing: &'a str,
    /// The figures.
    pub(in crate::report) table: &'a str,
}

/// Appends a picture.
pub(in crate::report) fn figure(out: &mut String, it: &Figure<'_>) {
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
pub(in crate::report) type Column<'a> = (&'a str, bool);

/// A table; its cells are HTML.
pub(in crate::report) fn table(caption: &str, columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
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
pub(in crate::report) fn short(text: &str, most: usize) -> String {
    escaped(&crate::report::plain::cut(text, most, true)).into_owned()
}

/// A count as a length.
#[expect(clippy::cast_precision_loss, reason = "a length in a picture")]
pub(in crate::report) fn length(n: u64) -> f64 {
    n as f64
}

/// The step of an axis over `span` with about `steps` marks: 1, 2 or 5 times a power of ten.
pub(in crate::report) fn step(span: f64, steps: f64) -> f64 {
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
pub(in crate::report) fn share_bar(part: u64, whole: u64, class: &str) -> String {
    let percent = if whole == 0 { 0.0 } else { length(part) * 100.0 / length(whole) };
    format!(
        "<svg class=\"cell\" aria-hidden=\"true\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\">\
         <rect class=\"track\" width=\"100\" height=\"10\"/><rect class=\"{class}\" width=\"{percent:.2}\" height=\"10\"/></svg>"
    )
}

/// Bars of which each starts where the one before it ends, on one axis.
pub(in crate::report) struct Waterfall {
    low: f64,
    high: f64,
    at: f64,
}

impl Waterfall {
    /// Room for these steps, the first of which starts at 0.
    pub(in crate::report) fn new(steps: &[f64]) -> Self {
        let (mut low, mut high, mut at) = (0.0_f64, 0.0_f64, 0.0);
        for step in steps {
            at += step;
            low = low.min(at);
            high = high.max(at);
        }
        Self { low, high: high.max(low + 0.01), at: 0.0 }
    }

    fn x(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low) * 100.0
    }

    /// A bar of its own.
    pub(in crate::report) fn bar(&self, from: f64, to: f64, class: &str) -> String {
        let (left, right) = (self.x(from.min(to)), self.x(from.max(to)));
        format!(
            "<svg class=\"cell\" aria-hidden=\"true\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\">\
             <rect class=\"zero\" x=\"{:.2}\" width=\"0.3\" height=\"10\"/><rect class=\"{class}\" x=\"{left:.2}\" width=\"{:.2}\" height=\"10\"/></svg>",
            self.x(0.0).min(99.7),
            (right - left).max(0.3)
        )
    }

    /// The next step.
    pub(in crate::report) fn step(&mut self, by: f64) -> String {
        let from = self.at;
        self.at += by;
        self.bar(from, self.at, if by < 0.0 { "minus" } else { "plus" })
    }
}
