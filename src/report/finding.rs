//! The pages of findings, as `lsrc explain` shows them.

use crate::diag::Code;
use crate::diag::render::wrap;

/// For programs: all that is known of these findings.
#[must_use]
pub fn json(codes: &[Code]) -> String {
    let pages: Vec<_> = codes
        .iter()
        .map(|c| {
            serde_json::json!({
                "code": c.id(), "name": c.name(), "severity": c.severity(), "default": c.on_by_default(),
                "summary": c.summary(), "page": c.page(),
            })
        })
        .collect();
    format!("{}\n", serde_json::Value::Array(pages))
}

/// The pages without the signs of Markdown: headings bold, examples set in, paragraphs filled to the width.
#[must_use]
pub fn text(codes: &[Code], color: bool, width: usize) -> String {
    let pages: Vec<String> = codes.iter().map(|c| page(*c, color, width)).collect();
    let rule = format!("\n{}\n\n", "-".repeat(width.min(72)));
    pages.join(&rule)
}

fn page(code: Code, color: bool, width: usize) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut example = false;
    for line in code.page().lines() {
        if line.starts_with("```") {
            fill(&mut paragraph, width, &mut out);
            example = !example;
        } else if example {
            out.push_str(&if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") });
        } else if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')) {
            fill(&mut paragraph, width, &mut out);
            let (on, off) = if color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
            out.push_str(&format!("{on}{heading}{off}\n"));
        } else if line.is_empty() {
            fill(&mut paragraph, width, &mut out);
            out.push('\n');
        } else {
            if line.starts_with("- ") {
                fill(&mut paragraph, width, &mut out);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    fill(&mut paragraph, width, &mut out);
    out
}

/// Breaks a paragraph into lines and empties it.
fn fill(paragraph: &mut String, width: usize, out: &mut String) {
    if !paragraph.is_empty() {
        out.push_str(&wrap::fill(paragraph, width));
        out.push('\n');
        paragraph.clear();
    }
}
