//! What a study came to: who takes part, who does not and why, and what to bear in mind.

use miette::Report;

use super::Study;
use crate::cli::Failure;
use crate::hir::AsOf;
use crate::learn::histogram::Tally;
use crate::learn::moment::Intake;
use crate::learn::{FEW, FEWEST};
use crate::report::plain::{count, of};

/// What a study came to.
#[derive(Debug, Default)]
pub(in crate::cli) struct Taken {
    pub(in crate::cli) intake: Intake,
    /// Records by class, without weights.
    pub(in crate::cli) total: Tally,
    /// The same of the last 90 days, and of those before.
    young: Tally,
    old: Tally,
    /// The first and last day of the records' moments.
    pub(in crate::cli) days: Option<(i32, i32)>,
    /// What the data are wrong about.
    pub(in crate::cli) report: crate::input::DataReport,
}

/// Records this young are compared with the older ones where no window is given.
const YOUNG: i32 = 90;

impl Taken {
    pub(super) fn see(&mut self, as_of: AsOf, study: &Study, converted: bool) {
        self.total.add(1, converted);
        if study.at.is_some() {
            let (first, last) = self.days.unwrap_or((as_of.day, as_of.day));
            self.days = Some((first.min(as_of.day), last.max(as_of.day)));
            let young = as_of.day > study.as_of.day.saturating_sub(YOUNG);
            if young { &mut self.young } else { &mut self.old }.add(1, converted);
        }
    }

    /// Over how many weeks the records came.
    pub(in crate::cli) fn weeks(&self) -> Option<f64> {
        self.days.map(|(first, last)| f64::from(last - first + 1) / 7.0)
    }

    /// Refuses too few records of a class, with what there is.
    pub(in crate::cli) fn enough(&self, outcome: &str) -> Result<(), Report> {
        let (converted, lost) = (self.total.events, self.total.rows - self.total.events);
        if converted >= FEWEST && lost >= FEWEST {
            return Ok(());
        }
        let rest = self.left_out();
        let rest = if rest.is_empty() { String::new() } else { format!("; of {} read, {rest}", count(self.intake.read)) };
        let message = match (converted, lost) {
            (0, 0) => format!("no record takes part{rest}"),
            (0, _) => format!("none of {} converted by `{outcome}`{rest}", of(lost, "record", "records")),
            (_, 0) => format!("all {} converted by `{outcome}`{rest}", of(converted, "record", "records")),
            (_, _) => format!(
                "{} by `{outcome}` and {} did not; at least {FEWEST} of each are needed{rest}",
                of(converted, "record converted", "records converted"),
                count(lost)
            ),
        };
        Err(Failure::new(message).help("check the outcome, or measure over more records").into())
    }

    /// Why records take no part: `12 have no known outcome, 40 are too young`.
    pub(in crate::cli) fn left_out(&self) -> String {
        let it = &self.intake;
        let mut parts = Vec::new();
        let mut part = |n: u64, one: &str, many: &str| {
            if n > 0 {
                parts.push(format!("{} {}", count(n), if n == 1 { one } else { many }));
            }
        };
        part(it.unknown, "has no known outcome", "have no known outcome");
        part(it.without_moment, "has no date of its own", "have no date of their own");
        part(it.future, "is dated after the end of the data", "are dated after the end of the data");
        part(it.immature, "is too young", "are too young");
        part(it.before, "had converted before its own date", "had converted before their own date");
        part(it.without_weight, "has no weight above zero", "have no weight above zero");
        part(it.filtered, "is not matched by --where", "are not matched by --where");
        part(it.excluded(), "is excluded by the rules", "are excluded by the rules");
        parts.join(", ")
    }

    /// What to bear in mind when reading the figures.
    pub(in crate::cli) fn notes(&self, study: &Study) -> Vec<String> {
        let mut notes = Vec::new();
        let (converted, lost) = (self.total.events, self.total.rows - self.total.events);
        if converted < FEW || lost < FEW {
            notes.push(format!(
                "Only {} and {} that did not: below {FEW} of either, figures are uncertain; look at the intervals.",
                of(converted, "record that converted", "records that converted"),
                count(lost)
            ));
        }
        if study.at.is_none() {
            notes.push(
                "Properties are as the data have them now; a field that sales fills in later can make a score look better than it is. \
                 With --at each record is looked at as of its own date."
                    .to_owned(),
            );
        } else if study.within.is_none()
            && let (Some(young), Some(old)) = (self.young.rate(), self.old.rate())
            && young < old
        {
            notes.push(format!(
                "The {} of the last {YOUNG} days convert at {:.1} %, the older ones at {:.1} %: they may be too young. \
                 --within leaves out records whose time is not over.",
                of(self.young.rows, "record", "records"),
                young * 100.0,
                old * 100.0
            ));
        }
        if self.report.keys.duplicates > 0 {
            notes.push(format!(
                "{} more than once; each row counts as a record.",
                of(self.report.keys.duplicates, "row has a key that occurs", "rows have keys that occur")
            ));
        }
        if self.report.bad_rows > 0 {
            notes.push(format!(
                "{} data errors; what cannot be read counts as unknown.",
                of(self.report.bad_rows, "row has", "rows have")
            ));
        }
        notes
    }
}
