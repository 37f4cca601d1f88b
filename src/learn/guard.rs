//! Attributes that should not score: leaks, attributes of a period, identifiers, and what the law protects.

use super::calibration;
use super::coded::{Coded, Meaning, UNKNOWN};
use super::columns::{Records, Subject};
use super::histogram::{Histogram, Tally, stability, whole};
use super::level::{Level, information};
use crate::invariant::Sure as _;

use super::math::real;

/// What is wrong with an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// Whether it is left out unless somebody keeps it.
    pub severe: bool,
    /// A word for a table: `leak?`.
    pub note: &'static str,
    /// What was measured, in words.
    pub figures: String,
}

/// Words of names that stand for protected attributes.
const PROTECTED: [(&str, &str); 12] = [
    ("age", "age"),
    ("birth", "age"),
    ("birthday", "age"),
    ("birthdate", "age"),
    ("sex", "sex"),
    ("gender", "sex"),
    ("religion", "religion"),
    ("nationality", "nationality"),
    ("ethnicity", "origin"),
    ("race", "origin"),
    ("marital", "family status"),
    ("pregnant", "sex"),
];

/// Whether a name stands for a protected attribute; which.
#[must_use]
pub fn protected(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    PROTECTED.iter().find(|(word, _)| words.contains(word)).map(|(_, what)| *what)
}

/// What is doubtful about an attribute; `dated` says whether records have moments of their own.
#[must_use]
pub fn doubts(it: &Coded, records: &Records, unit: f64, dated: bool) -> Vec<Doubt> {
    let mut out = Vec::new();
    if let Some(what) = identifier(it, records) {
        out.push(Doubt { severe: true, note: "identifier", figures: what });
        return out;
    }
    let tallies = it.tallies(records);
    let level = |t: &Tally| Level { n: whole(t.rows) / unit, events: whole(t.events) / unit };
    let total = records.total();
    let all = level(&total);
    leak(it, records, unit, &tallies, all, &mut out);
    let levels: Vec<Level> = tallies.iter().map(level).collect();
    let iv = information(&levels, all);
    if iv >= 1.0 && out.is_empty() {
        out.push(Doubt { severe: false, note: "leak?", figures: format!("its information value is {iv:.2}") });
    }
    let sure = levels.iter().any(|l| l.n >= 0.01 * all.n && l.interval().0 >= 0.95);
    if sure && out.is_empty() {
        let figures = "nearly all records with one of its values converted".to_owned();
        out.push(Doubt { severe: false, note: "leak?", figures });
    }
    if dated && let Some(psi) = drift(it, records) {
        let figures = format!("its distribution differs between the earlier and the later half (PSI {psi:.2})");
        if psi >= 4.0 {
            out.push(Doubt { severe: true, note: "drifts", figures });
        } else if psi >= 0.25 {
            out.push(Doubt { severe: false, note: "drifts", figures });
        }
    }
    out
}

fn identifier(it: &Coded, records: &Records) -> Option<String> {
    let known = it.codes.iter().filter(|c| **c != UNKNOWN).count();
    let text = !it.ordered() && it.levels.len() > 1 && !matches!(it.levels.first(), Some(Meaning::HasNot));
    let rare = it.levels.iter().any(|l| matches!(l, Meaning::Other(_)));
    let alone = text && rare && it.distinct * 2 > known && known > 0;
    let numbered = it.ordered()
        && it.whole
        && it.distinct == records.len()
        && matches!(it.subject, Subject::Property(_))
        && it.distinct > 100;
    (alone || numbered).then(|| format!("{} records have {} different values", known, it.distinct))
}

/// The AUC of the attribute alone, each fold scored by the others; and how often it is known for converts.
fn leak(it: &Coded, records: &Records, unit: f64, tallies: &[Tally], all: Level, out: &mut Vec<Doubt>) {
    let levels = it.levels.len();
    let mut by_fold = vec![Tally::default(); levels * 5];
    for (((code, fold), converted), weight) in it.codes.iter().zip(&records.folds).zip(&records.converted).zip(&records.weights) {
        if let Some(tally) = by_fold.get_mut(usize::from(*fold) * levels + usize::from(*code)) {
            tally.add(*weight, *converted);
        }
    }
    let mut aucs = Vec::new();
    for fold in by_fold.chunks(levels.max(1)) {
        let mut histogram = Histogram::new(unit);
        let fold_total = fold.iter().fold(Tally::default(), |mut sum, t| {
            sum.merge(*t);
            sum
        });
        let others = Level { n: all.n - whole(fold_total.rows) / unit, events: all.events - whole(fold_total.events) / unit };
        for (own, every) in fold.iter().zip(tallies) {
            let rest = Level { n: whole(every.rows - own.rows) / unit, events: whole(every.events - own.events) / unit };
            #[expect(clippy::cast_possible_truncation, reason = "log-odds of shrunk rates are small")]
            let score = (rest.log_odds(others) * 1e6).round() as i64;
            histogram.add(score, own.events, true);
            histogram.add(score, own.rows - own.events, false);
        }
        aucs.extend(histogram.separation().map(|s| s.auc));
    }
    let (auc, _) = calibration::mean_error(&aucs);
    if auc >= 0.80 {
        let figures = format!("alone it separates converts from others with an AUC of {auc:.3}");
        out.push(Doubt { severe: auc >= 0.90, note: "leak?", figures });
    }
    let unknown = *tallies.first().sure("an attribute has levels");
    if matches!(it.levels.first(), Some(Meaning::Unknown)) && all.events > 0.0 && all.n > all.events {
        let known_e = 1.0 - whole(unknown.events) / unit / all.events;
        let known_o = 1.0 - whole(unknown.rows - unknown.events) / unit / (all.n - all.events);
        if known_e >= 0.05 && known_e >= 2.0 * known_o {
            let figures = format!(
                "it is known for {:.0} % of converts and {:.0} % of the others, as what is filled in afterwards is",
                known_e * 100.0,
                known_o * 100.0
            );
            out.push(Doubt { severe: true, note: "known only later?", figures });
        }
    }
}

/// The stability index between the earlier and the later half of the records, by level.
fn drift(it: &Coded, records: &Records) -> Option<f64> {
    let mut days = records.days.clone();
    days.sort_unstable();
    let middle = *days.get(days.len() / 2)?;
    let mut halves = [vec![0.0; it.levels.len()], vec![0.0; it.levels.len()]];
    for (code, day) in it.codes.iter().zip(&records.days) {
        let half = usize::from(*day >= middle);
        if let Some(n) = halves.get_mut(half).and_then(|h| h.get_mut(usize::from(*code))) {
            *n += 1.0;
        }
    }
    let [earlier, later] = halves;
    let used: Vec<(f64, f64)> = earlier.into_iter().zip(later).filter(|(a, b)| a + b > 0.0).collect();
    if real(used.len()) < 2.0 {
        return None;
    }
    let (earlier, later): (Vec<f64>, Vec<f64>) = used.into_iter().unzip();
    stability(&earlier, &later).map(|(psi, _)| psi)
}
