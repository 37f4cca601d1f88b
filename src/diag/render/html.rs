//! `html`: one self-contained page with excerpts of the source.

use std::fmt::Write as _;
use std::io::{self, Write};

use codespan_reporting::diagnostic::{LabelStyle, Severity};
use codespan_reporting::term::{self, Chars, Config, WriteStyle};

use super::View;
use super::excerpt::Excerpt;
use super::text::{drawing, notes};

const STYLE: &str = "\
:root{color-scheme:light dark;--box:#f4f4f4}
@page{size:A4;margin:15mm}
body{color:#111;background:#fff;font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
article{margin:1.5rem 0;padding:.5rem 1rem;border-left:3px solid #8886;background:var(--box)}
article.error{border-color:#c33}article.warning{border-color:#b80}
h2{font-size:1rem;font-weight:normal;margin:.25rem 0}h2,p{overflow-wrap:anywhere}p{margin:.25rem 0}
pre{font:13px/1.45 ui-monospace,monospace;overflow-x:auto;margin:.5rem 0}
@media(max-width:40rem){body{margin:1rem auto;padding:0 .5rem}article{padding:.5rem}pre{font-size:11px}}
span.error{color:#b22}span.warning{color:#860}span.note{color:#076}.message{font-weight:bold}.border{opacity:.6}
@media(prefers-color-scheme:dark){:root{--box:#222}body{color:#eee;background:#121212}span.error{color:#f77}span.warning{color:#fb4}span.note{color:#4cc}}
@media print{body{margin:0}article{break-inside:avoid}pre{white-space:pre-wrap}}";

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let summary = view.summary;
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>lsrc check</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>lsrc check</h1>\n\
         <p>Errors: {}. Warnings: {}. Files: {}.</p>",
        summary.errors, summary.warnings, summary.files
    )?;
    let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
    for finding in view.findings {
        let mut page = Page::default();
        let excerpt = Excerpt::of(finding, view.sources);
        let mut drawn = drawing(finding, view.sources, &excerpt, 110);
        drawn.notes.clear();
        term::emit_to_write_style(&mut page, &config, &excerpt, &drawn).map_err(io::Error::other)?;
        page.close();
        // Only the excerpt has columns to keep: on a narrow screen it alone is shifted, what is said about it wraps.
        let (head, excerpt) = page.text.split_once('\n').unwrap_or((&page.text, ""));
        writeln!(out, "<article class=\"{}\">\n<h2>{head}</h2>", finding.severity.word())?;
        writeln!(out, "<pre tabindex=\"0\">{}</pre>", excerpt.trim_end())?;
        for note in notes(finding) {
            let mut text = Page::default();
            text.write_all(note.as_bytes())?;
            writeln!(out, "<p>{}</p>", text.text)?;
        }
        writeln!(out, "</article>")?;
    }
    writeln!(out, "</body>\n</html>")
}

/// Writes what the library draws as HTML: a style is a `span` that the next style closes.
#[derive(Default)]
struct Page {
    text: String,
    open: bool,
}

impl Page {
    fn close(&mut self) {
        if self.open {
            self.text.push_str("</span>");
            self.open = false;
        }
    }

    fn set(&mut self, class: &str) -> io::Result<()> {
        self.close();
        let _ = write!(self.text, "<span class=\"{class}\">");
        self.open = true;
        Ok(())
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for c in String::from_utf8_lossy(bytes).chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                other => self.text.push(other),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Bug | Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note | Severity::Help => "note",
    }
}

impl WriteStyle for Page {
    fn set_header(&mut self, severity: Severity) -> io::Result<()> {
        self.set(class(severity))
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.set("message")
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.set("border")
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.set("border")
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.set("border")
    }

    fn set_label(&mut self, severity: Severity, style: LabelStyle) -> io::Result<()> {
        self.set(match style {
            LabelStyle::Primary => class(severity),
            LabelStyle::Secondary => "note",
        })
    }

    fn reset(&mut self) -> io::Result<()> {
        self.close();
        Ok(())
    }
}
