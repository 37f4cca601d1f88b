//! What a draft gives out: the score, a label by thresholds, and a matrix of both categories.

use serde_json::Value;

use super::points::Hundredths;
use crate::input::infer::naming::{name, quoted};

/// The scores of the categories that the draft has, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Categories {
    pub(super) fit: bool,
    pub(super) engagement: bool,
}

/// The outputs as scores and labels.
///
/// # Errors
/// An output that is not of a known form.
pub(super) fn outputs(draft: &Value, categories: Categories) -> Result<String, String> {
    let listed = draft.pointer("/outputConfiguration/outputs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let formula = match categories {
        Categories { fit: true, engagement: true } => "fit + engagement",
        Categories { fit: true, engagement: false } => "fit",
        Categories { engagement: true, .. } => "engagement",
        Categories { .. } => return Ok(String::new()),
    };
    let property = |output: &Value, otherwise: &str| {
        let given = output.get("internalPropertyName").and_then(Value::as_str).and_then(name);
        given.filter(|n| n != "fit" && n != "engagement").unwrap_or_else(|| otherwise.to_owned())
    };
    let of_type =
        |ty: &str| listed.iter().filter(|o| o.get("outputType").and_then(Value::as_str) == Some(ty)).collect::<Vec<_>>();
    let score = of_type("SCORE").first().map_or_else(|| "lead".to_owned(), |output| property(output, "lead"));
    let mut out = format!("score {score} = {formula}\n");
    for output in of_type("THRESHOLD") {
        let label = property(output, "lead_label");
        out.push_str(&by_threshold(&label, &score, output.get("boundaries")).map_err(|e| format!("output {label}: {e}"))?);
    }
    for output in of_type("MATRIX") {
        let label = property(output, "lead_grade");
        let side = |category: &str, score: &str| {
            let boundaries = output.get("boundaries").and_then(|b| b.get(category));
            by_threshold(&format!("{label}_{score}"), score, boundaries).map_err(|e| format!("output {label}, {category}: {e}"))
        };
        if !(categories.fit && categories.engagement) {
            return Err(format!("output {label}: a MATRIX needs both FIT and INTENT groups"));
        }
        out.push_str(&side("FIT", "fit")?);
        out.push_str(&side("INTENT", "engagement")?);
        out.push_str(&format!("label {label} = {label}_fit + {label}_engagement\n"));
    }
    let known = ["SCORE", "THRESHOLD", "MATRIX"];
    let other = listed.iter().filter_map(|o| o.get("outputType").and_then(Value::as_str)).find(|ty| !known.contains(ty));
    match other {
        Some(ty) => Err(format!("the output type {ty} is not known")),
        None => Ok(out),
    }
}

/// A label whose lines start at the thresholds; a score below the lowest has no label.
fn by_threshold(label: &str, score: &str, boundaries: Option<&Value>) -> Result<String, String> {
    let list = boundaries.and_then(Value::as_array).filter(|l| !l.is_empty()).ok_or("its boundaries are missing or empty")?;
    let mut lines: Vec<(Hundredths, &str)> = Vec::new();
    for boundary in list {
        let text = boundary.get("label").and_then(Value::as_str).filter(|t| !t.is_empty()).ok_or("a boundary has no label")?;
        lines.push((Hundredths::read(boundary.get("threshold").ok_or("a boundary has no threshold")?)?, text));
    }
    lines.sort_by_key(|(threshold, _)| std::cmp::Reverse(*threshold));
    if lines.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
        return Err("two boundaries have the same threshold".to_owned());
    }
    let mut out = format!("label {label} by {score} {{\n");
    let mut above: Option<Hundredths> = None;
    for (from, text) in lines {
        let to = above.map_or_else(String::new, |end| format!("<{}", end.plain()));
        let value = if bare(text) { text.to_owned() } else { quoted(text) };
        out.push_str(&format!("  {}..{to}: {value}\n", from.plain()));
        above = Some(from);
    }
    out.push_str("}\n");
    Ok(out)
}

/// The text is a name of the language as it stands.
fn bare(text: &str) -> bool {
    let letters =
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    letters && !crate::syntax::is_reserved(text)
}
