//! Times, and data by name and fingerprint.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use miette::Report;

use crate::cli::Failure;
use crate::hir::{Duration, Unit};
use crate::report::plain::of;

/// Reads `90d`, `12 weeks`, `3 months`.
pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time: write one such as 90d, 12 weeks or 3 months");
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let count: u32 = number.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
    let unit = match unit.trim() {
        "h" | "hour" | "hours" => Unit::Hours,
        "d" | "day" | "days" => Unit::Days,
        "w" | "week" | "weeks" => Unit::Weeks,
        "m" | "month" | "months" => Unit::Months,
        "y" | "year" | "years" => Unit::Years,
        _ => return Err(wrong()),
    };
    Ok(Duration { count, unit })
}

/// `90 days`
pub(in crate::cli) fn duration_words(it: Duration) -> String {
    let (one, many) = match it.unit {
        Unit::Hours => ("hour", "hours"),
        Unit::Days => ("day", "days"),
        Unit::Weeks => ("week", "weeks"),
        Unit::Months => ("month", "months"),
        Unit::Years => ("year", "years"),
    };
    of(u64::from(it.count), one, many)
}

/// Data files by name with the first eight digits of their SHA-256: `leads.csv 4031a254`.
pub(in crate::cli) fn fingerprint(data: &[PathBuf]) -> Result<(String, String), Report> {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    let data = crate::input::expand(data)?;
    for path in &data {
        if path.as_os_str() == "-" {
            return Err(Failure::new("standard input cannot be named as the source of what is measured")
                .help("write the records to a file first")
                .into());
        }
        let file = std::fs::File::open(path).map_err(|e| Failure::reading(path, e))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        loop {
            let piece = file.fill_buf().map_err(|e| Failure::reading(path, e))?;
            if piece.is_empty() {
                break;
            }
            hasher.update(piece);
            let read = piece.len();
            file.consume(read);
        }
    }
    let digest = hasher.finalize();
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let name = |path: &Path| path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    // In a comment a name is one word.
    let word = |text: String| text.split_whitespace().collect::<Vec<_>>().join("_").replace(',', "_");
    let names = match data.as_slice() {
        [only] => word(name(only)),
        [first, rest @ ..] => format!("{}+{}", word(name(first)), rest.len()),
        [] => String::new(),
    };
    Ok((names, hex))
}
