//! The frame that self-contained pages share: one style sheet, light and dark, no network.

use std::borrow::Cow;

/// Text as HTML shows it: nothing in it is obeyed, nor does it turn the direction of what follows.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    let hostile =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if !text.contains(['<', '>', '&', '"', '\'']) && !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if hostile(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6878;--line:#d9dee6;--paper:#fff;--band:#f4f6f9;--good:#1a7f4b;--warn:#a25a00;--bad:#b3373b;--accent:#2f5fd0}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b5;--line:#333c49;--paper:#14181e;--band:#1c222b;--good:#5cc98d;--warn:#e5a656;--bad:#f08a8a;--accent:#8fb0ff}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 4rem}h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p{margin:.25rem 0 .75rem}.soft,td small{color:var(--soft)}code{font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:.85rem}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.total td{font-weight:600;border-top:2px solid var(--line)}.fired{color:var(--good)}.unknown{color:var(--warn)}.not-fired,.passed{color:var(--soft)}
tr.deep td:nth-child(2){padding-left:2rem}small{display:block}svg{max-width:100%}
@media print{body{font-size:11px}main{max-width:none;padding:0}h2{break-after:avoid}tr{break-inside:avoid}}";

/// What a page has besides its body.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Its title.
    pub title: &'a str,
    /// Style of its own, behind the style that all pages share.
    pub style: &'a str,
    /// A script with the hash by which the browser knows it: `sha256-..`.
    pub script: Option<(&'a str, &'a str)>,
}

/// A whole page around a body.
#[must_use]
pub fn page(title: &str, body: &str) -> String {
    framed(&Frame { title, style: "", script: None }, body)
}

/// A whole page with a style or script of its own. Nothing is loaded from anywhere, and no other script runs.
#[must_use]
pub fn framed(frame: &Frame<'_>, body: &str) -> String {
    let title = escaped(frame.title);
    let allowed = frame.script.map_or_else(String::new, |(_, hash)| format!("; script-src '{hash}'"));
    let script = frame.script.map_or_else(String::new, |(text, _)| format!("<script>{text}</script>\n"));
    let own = frame.style;
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'{allowed}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n{own}</style>\n</head>\n<body>\n<main>\n{body}</main>\n{script}</body>\n</html>\n"
    )
}
