//! What a change may do at most.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::people::People;

/// A limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// Records that change stage: a number, or a share of all in percent.
    Moved(Amount),
    /// The records of a stage.
    Stage {
        /// The stage.
        stage: String,
        /// Whether more than the limit is too much; else less.
        above: bool,
        /// Whether the limit is of the change (`+20%`, `-5`) and not of the number itself.
        change: bool,
        /// The limit; of a change with its sign.
        limit: Amount,
    },
}

/// A number of records, or a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// So many.
    Count(f64),
    /// So many of a hundred.
    Percent(f64),
}

/// Whether a gate holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateResult {
    /// As it was asked for.
    pub gate: String,
    /// Whether it holds.
    pub holds: bool,
    /// What there is, in words.
    pub found: String,
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a number of records: write one such as 100, or a share such as 5%");
        let number = |t: &str| t.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        match text.strip_suffix('%') {
            Some(share) => number(share).map(Self::Percent).ok_or_else(wrong),
            None => number(text).map(Self::Count).ok_or_else(wrong),
        }
    }
}

impl Amount {
    /// Whether so many of a whole are not more.
    #[must_use]
    pub fn allows(&self, n: u64, whole: u64) -> bool {
        match self {
            Self::Count(most) => number(n) <= *most,
            Self::Percent(most) => number(n) * 100.0 <= most * number(whole),
        }
    }
}

impl Gate {
    /// Reads the limit of `--fail-if-moved`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn moved(text: &str) -> Result<Self, String> {
        match text.parse()? {
            Amount::Count(n) | Amount::Percent(n) if n < 0.0 => Err("the limit must not be below zero".to_owned()),
            limit @ (Amount::Count(_) | Amount::Percent(_)) => Ok(Self::Moved(limit)),
        }
    }

    /// Reads `stage=sql>+20%`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn stage(text: &str) -> Result<Self, String> {
        let wrong = || format!("write `{text}` as stage=NAME>+20%, stage=NAME<-20%, or with a number as stage=NAME>500");
        let rest = text.trim().strip_prefix("stage=").ok_or_else(wrong)?;
        let at = rest.find(['>', '<']).ok_or_else(wrong)?;
        let (stage, limit) = rest.split_at(at);
        let above = limit.starts_with('>');
        let limit = limit.trim_start_matches(['>', '<']).trim();
        if stage.trim().is_empty() || rest.get(at + 1..).is_some_and(|r| r.starts_with(['>', '<', '='])) {
            return Err(wrong());
        }
        let change = limit.starts_with(['+', '-']);
        Ok(Self::Stage { stage: stage.trim().to_owned(), above, change, limit: limit.parse()? })
    }

    /// Whether a limit of records that change stage holds; `None` for another gate.
    #[must_use]
    pub fn judge_moved(&self, moved: u64, records: u64) -> Option<GateResult> {
        let Self::Moved(limit) = self else { return None };
        let found = format!("{moved} of {records} records change stage{}", percent(moved, records));
        Some(GateResult { gate: self.to_string(), holds: limit.allows(moved, records), found })
    }

    /// Whether it holds for these people.
    #[must_use]
    pub fn judge(&self, people: &People) -> GateResult {
        match self {
            Self::Moved(limit) => {
                let found = format!(
                    "{} of {} records change stage{}",
                    people.moved,
                    people.records,
                    percent(people.moved, people.records)
                );
                GateResult { gate: self.to_string(), holds: limit.allows(people.moved, people.records), found }
            }
            Self::Stage { stage, above, change, limit } => {
                let found = people.lifecycles.iter().flat_map(|l| &l.stages).filter(|s| s.stage.as_deref() == Some(stage));
                let counts: Vec<(u64, u64)> = found.map(|s| (s.old, s.new)).collect();
                let exceeded = |&(old, new): &(u64, u64)| {
                    // Both sides times a hundred, or times the whole: no division, so no rounding.
                    let (value, limit) = match (change, limit) {
                        (true, Amount::Count(limit)) => (number(new) - number(old), *limit),
                        (true, Amount::Percent(limit)) => ((number(new) - number(old)) * 100.0, limit * number(old)),
                        (false, Amount::Count(limit)) => (number(new), *limit),
                        (false, Amount::Percent(limit)) => (number(new) * 100.0, limit * number(people.records)),
                    };
                    if *above { value > limit } else { value < limit }
                };
                let told = |&(old, new): &(u64, u64)| format!("{stage} has {new} records after {old} before");
                let holds = !counts.iter().any(exceeded);
                GateResult { gate: self.to_string(), holds, found: counts.iter().map(told).collect::<Vec<_>>().join("; ") }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of records")]
fn number(n: u64) -> f64 {
    n as f64
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!(" ({:.1}%)", number(part) * 100.0 / number(whole)) }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n}"),
            Self::Percent(n) => write!(f, "{n}%"),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved(limit) => write!(f, "--fail-if-moved {limit}"),
            Self::Stage { stage, above, change, limit } => {
                let plus = match limit {
                    Amount::Count(n) | Amount::Percent(n) if *change && *n >= 0.0 => "+",
                    Amount::Count(_) | Amount::Percent(_) => "",
                };
                write!(f, "--fail-if stage={stage}{}{plus}{limit}", if *above { ">" } else { "<" })
            }
        }
    }
}
