//! Where points come from: the comment `# lsrc: measured ..` above a line.

use std::fmt;

use crate::source::{Sources, Span};

/// What a comment says that a line was measured from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Records that converted.
    pub converted: f64,
    /// Records.
    pub records: f64,
    /// The share in percent.
    pub rate: f64,
    /// The lower end of its 95 % interval, in percent.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The share of all records, in percent.
    pub overall: f64,
    /// The data.
    pub data: String,
    /// The first eight digits of their SHA-256.
    pub hash: String,
    /// The day: `2026-03-02`.
    pub date: String,
}

/// How the comment begins, behind the `#`.
const HEAD: &str = "lsrc: measured";

impl fmt::Display for Provenance {
    /// As the comment has it, without the `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { converted, records, rate, low, high, overall, data, hash, date } = self;
        write!(
            f,
            "{HEAD} {converted} of {records} converted, {rate:.1} % ({low:.1}..{high:.1}), overall {overall:.1} %, {data} {hash}, {date}"
        )
    }
}

impl Provenance {
    /// Reads a comment with its `#`: `None` for a comment that does not begin as one.
    ///
    /// # Errors
    /// What is broken.
    pub fn parse(comment: &str) -> Option<Result<Self, String>> {
        let body = comment.trim_start_matches('#').trim();
        let rest = body.strip_prefix(HEAD)?;
        Some(read(rest.trim()))
    }

    /// What the line above says about the line that begins here; `None` where something stands before it on its line.
    #[must_use]
    pub fn above(sources: &Sources, span: Span) -> Option<Self> {
        let file = sources.get(span.file)?;
        let line = file.line_index(span.start);
        let before = file.text().get(file.line_range(line).start..span.start as usize)?;
        if !before.trim().is_empty() {
            return None;
        }
        let above = file.text().get(file.line_range(line.checked_sub(1)?))?;
        Self::parse(above.trim())?.ok()
    }

    /// The same as people read it: `664 of 718 converted, 92.5 % (90.3..94.2), overall 38.5 %`.
    #[must_use]
    pub fn words(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("lsrc: ").unwrap_or(&text).to_owned()
    }
}

fn read(text: &str) -> Result<Provenance, String> {
    let shape = "it is not written as `measured 664 of 718 converted, 92.5 % (90.3..94.2), overall 38.5 %, leads.csv 4031a254, 2026-03-02`";
    let wrong = || shape.to_owned();
    let parts: Vec<&str> = text.split(", ").map(str::trim).collect();
    let &[counts, rate, overall, data, date] = parts.as_slice() else { return Err(wrong()) };
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(wrong);
    let counts = counts.strip_suffix("converted").ok_or_else(wrong)?;
    let (converted, records) = counts.split_once(" of ").ok_or_else(wrong)?;
    let (rate, interval) = rate.split_once('%').ok_or_else(wrong)?;
    let interval = interval.trim().strip_prefix('(').and_then(|i| i.strip_suffix(')')).ok_or_else(wrong)?;
    let (low, high) = interval.split_once("..").ok_or_else(wrong)?;
    let overall = overall.strip_prefix("overall").and_then(|o| o.trim().strip_suffix('%')).ok_or_else(wrong)?;
    let (data, hash) = data.split_once(' ').ok_or_else(wrong)?;
    let it = Provenance {
        converted: number(converted)?,
        records: number(records)?,
        rate: number(rate)?,
        low: number(low)?,
        high: number(high)?,
        overall: number(overall)?,
        data: data.to_owned(),
        hash: hash.trim().to_owned(),
        date: date.to_owned(),
    };
    if it.converted > it.records {
        return Err(format!("{} of {} cannot have converted", it.converted, it.records));
    }
    if it.records > 0.0 && (it.converted / it.records * 100.0 - it.rate).abs() > 0.051 {
        return Err(format!(
            "{} of {} are {:.1} %, not {:.1} %",
            it.converted,
            it.records,
            it.converted / it.records * 100.0,
            it.rate
        ));
    }
    if !(it.low <= it.rate && it.rate <= it.high && it.high <= 100.0 && it.overall <= 100.0) {
        return Err(format!("the interval {:.1}..{:.1} does not hold {:.1} %", it.low, it.high, it.rate));
    }
    if it.hash.len() != 8 || !it.hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("`{}` is not the first eight digits of a SHA-256", it.hash));
    }
    crate::time::parse_date(&it.date)?;
    Ok(it)
}
