//! The tables of a backtest as cells, the same for every format.

use crate::learn::backtest::{Backtest, CapacityTest, Class, ScoreTest, Unit};
use crate::learn::histogram::Cut;
use crate::report::plain::{number, of};

/// A table: what it shows, its columns (title, whether they hold numbers), and its rows.
pub(super) struct Table {
    pub(super) title: String,
    pub(super) columns: Vec<(&'static str, bool)>,
    pub(super) rows: Vec<Vec<String>>,
}

/// `41.0%`
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn some(share: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    share.map_or_else(String::new, shown)
}

fn figure(x: f64) -> String {
    format!("{x:.3}")
}

fn times(x: f64) -> String {
    format!("{x:.2}")
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{:.1}..{:.1}", low * 100.0, high * 100.0),
        (_, _) => String::new(),
    }
}

/// `2,310 records, of which 385 (16.7%) converted`
pub(super) fn whole(it: &Backtest) -> String {
    let rate = it.rate.map_or_else(String::new, |rate| format!(" ({})", percent(rate)));
    format!("{} records, of which {}{rate} converted", number(it.records), number(it.converted))
}

/// `AUC 0.826 (0.818..0.835), Gini 0.653, KS 0.574 at 10 points`
pub(super) fn headline(it: &ScoreTest) -> String {
    let (Some(auc), Some(low), Some(high), Some(gini), Some(ks), Some(at)) =
        (it.auc, it.auc_low, it.auc_high, it.gini, it.ks, it.ks_at)
    else {
        return "It cannot be measured: all its records belong to one class.".to_owned();
    };
    format!("AUC {auc:.3} ({low:.3}..{high:.3}), Gini {gini:.3}, KS {ks:.3} at {} points", number(at))
}

/// What the figures mean, in a sentence or two.
pub(super) fn meaning(it: &ScoreTest) -> String {
    let Some(auc) = it.auc else { return String::new() };
    let mut out =
        format!("Of 100 pairs of a convert and another record, the convert has the higher score in {:.0}.", auc * 100.0);
    match it.points_to_double_odds {
        Some(points) if points > 0.0 => out.push_str(&format!(" Every {} points double the odds.", number(points))),
        Some(_) => out.push_str(" Higher scores convert less: the points are the wrong way round."),
        None => {}
    }
    if it.unknown > 0 {
        out.push_str(&format!(" It is unknown for {}, which are left out.", of(it.unknown, "record", "records")));
    }
    out
}

/// `A: 41.0% convert, 5.2 times the average, 14.0% of records, 57.0% of conversions`
pub(super) fn promise(it: &Class, records: f64) -> String {
    let value = it.value.as_deref().unwrap_or("unknown");
    let (Some(rate), Some(lift), Some(captured)) = (it.rate, it.lift, it.captured) else {
        return format!("{value}: no record");
    };
    let share = if records > 0.0 { it.rows / records } else { 0.0 };
    format!(
        "{value}: {} convert, {lift:.1} times the average, {} of records, {} of conversions",
        percent(rate),
        percent(share),
        percent(captured)
    )
}

pub(super) fn deciles(it: &ScoreTest) -> Table {
    let row = |d: &crate::learn::histogram::Decile| {
        let points = if d.from < d.to { format!("{}..{}", number(d.from), number(d.to)) } else { number(d.from) };
        vec![
            d.decile.to_string(),
            points,
            number(d.rows),
            number(d.converted),
            percent(d.rate),
            times(d.lift),
            percent(d.captured),
        ]
    };
    let columns = [
        ("tenth", true),
        ("points", true),
        ("records", true),
        ("converted", true),
        ("rate", true),
        ("lift", true),
        ("captured so far", true),
    ];
    Table {
        title: format!("Tenths by {}, highest first", it.name),
        columns: columns.to_vec(),
        rows: it.deciles.iter().map(row).collect(),
    }
}

fn cut_cells(cut: &Cut) -> Vec<String> {
    vec![
        number(cut.rows),
        number(cut.converted),
        some(cut.precision, percent),
        interval(cut.precision_low, cut.precision_high),
        percent(cut.recall),
        some(cut.f1, figure),
        some(cut.lift, times),
    ]
}

const CUT: [(&str, bool); 7] = [
    ("records", true),
    ("converted", true),
    ("precision", true),
    ("95% interval", true),
    ("recall", true),
    ("F1", true),
    ("lift", true),
];

pub(super) fn thresholds(it: &ScoreTest) -> Option<Table> {
    if it.thresholds.is_empty() {
        return None;
    }
    let weekly = it.thresholds.iter().any(|t| t.per_week.is_some());
    let worth = it.thresholds.iter().any(|t| t.net_benefit.is_some());
    let mut columns = vec![("from", true), ("begins", false)];
    columns.extend(CUT);
    if weekly {
        columns.push(("a week", true));
    }
    if worth {
        columns.push(("net benefit", true));
    }
    let row = |t: &crate::learn::backtest::ThresholdTest| {
        let mut cells = vec![number(t.cut.at), t.begins.join(", ")];
        cells.extend(cut_cells(&t.cut));
        if weekly {
            cells.push(some(t.per_week, |n| format!("{n:.1}")));
        }
        if worth {
            cells.push(some(t.net_benefit, number));
        }
        cells
    };
    Some(Table { title: format!("Cut-offs of {}", it.name), columns, rows: it.thresholds.iter().map(row).collect() })
}

/// `at most 200 records: from 60 points, 164 records, 81.2% convert, 30.1% of conversions; from 55 it would be 230`
pub(super) fn capacity(it: &CapacityTest) -> String {
    let asked = match it.unit {
        Unit::Records => format!("At most {} records", number(it.capacity)),
        Unit::Week => format!("At most {} records a week", number(it.capacity)),
        Unit::Share => format!("At most {} of records", percent(it.capacity)),
    };
    let next = it
        .next
        .as_ref()
        .map_or_else(String::new, |next| format!("; from {} points it would be {}", number(next.at), number(next.rows)));
    match it.threshold {
        None => format!("{asked}: no cut-off is high enough{next}."),
        Some(at) => format!(
            "{asked}: from {} points, {} records, {} convert, {} of all conversions{next}.",
            number(at),
            number(it.rows),
            some(it.precision, percent),
            percent(it.recall)
        ),
    }
}

pub(super) fn classes(title: &str, of: &[Class], records: f64) -> Option<Table> {
    if of.is_empty() {
        return None;
    }
    let row = |c: &Class| {
        vec![
            c.name.clone(),
            c.value.clone().unwrap_or_else(|| "unknown".to_owned()),
            number(c.rows),
            percent(if records > 0.0 { c.rows / records } else { 0.0 }),
            number(c.converted),
            some(c.rate, percent),
            interval(c.low, c.high),
            some(c.lift, times),
            some(c.captured, percent),
        ]
    };
    let columns = [
        ("name", false),
        ("value", false),
        ("records", true),
        ("share", true),
        ("converted", true),
        ("rate", true),
        ("95% interval", true),
        ("lift", true),
        ("of conversions", true),
    ];
    Some(Table { title: title.to_owned(), columns: columns.to_vec(), rows: of.iter().map(row).collect() })
}

pub(super) fn periods(it: &Backtest) -> Option<Table> {
    if it.periods.is_empty() {
        return None;
    }
    let row = |p: &crate::learn::backtest::PeriodTest| {
        vec![
            p.period.clone(),
            number(p.rows),
            number(p.converted),
            some(p.rate, percent),
            some(p.auc, figure),
            some(p.psi, figure),
            some(p.psi_by_chance, figure),
        ]
    };
    let columns = [
        ("period", false),
        ("records", true),
        ("converted", true),
        ("rate", true),
        ("AUC", true),
        ("PSI", true),
        ("PSI by chance", true),
    ];
    Some(Table { title: format!("{} by period", it.main), columns: columns.to_vec(), rows: it.periods.iter().map(row).collect() })
}

pub(super) fn segments(it: &Backtest) -> Option<Table> {
    let by = it.by.as_ref()?;
    let row = |s: &crate::learn::backtest::SegmentTest| {
        vec![
            s.value.clone().unwrap_or_else(|| "unknown".to_owned()),
            number(s.rows),
            number(s.converted),
            some(s.rate, percent),
            some(s.auc, figure),
        ]
    };
    let columns = [("value", false), ("records", true), ("converted", true), ("rate", true), ("AUC", true)];
    Some(Table { title: format!("{} by {by}", it.main), columns: columns.to_vec(), rows: it.segments.iter().map(row).collect() })
}

/// `lead: AUC 0.812 now, 0.790 before, difference 0.022 (0.010..0.034), p 0.0004`
pub(super) fn against(it: &crate::learn::backtest::AgainstScore, other: &str) -> String {
    match &it.paired {
        None => format!("{}: it cannot be compared", it.name),
        Some(p) => format!(
            "{}: AUC {:.4}, by {other} {:.4}; difference {:+.4} ({:+.4}..{:+.4}), p = {:.4}",
            it.name, p.auc, p.against, p.difference, p.low, p.high, p.p
        ),
    }
}

/// The facts below the title: outcome, moments, what is left out.
pub(super) fn facts(it: &Backtest) -> Vec<String> {
    let mut out = vec![format!("Converted means `{}`, as of {}.", it.outcome, it.as_of)];
    match (&it.at, &it.within) {
        (Some(at), Some(within)) => {
            out.push(format!("Each record is looked at as of its {at}, and counts as converted within {within} of it."));
        }
        (Some(at), None) => out.push(format!("Each record is looked at as of its {at}.")),
        (None, _) => {}
    }
    let i = &it.intake;
    let mut left: Vec<String> = Vec::new();
    for (n, why) in [
        (i.unknown, "whose outcome is unknown"),
        (i.without_moment, "without a date of their own"),
        (i.future, "dated after the end of the data"),
        (i.immature, "that are too young"),
        (i.before, "that had converted before their own date"),
        (i.without_weight, "without a weight above zero"),
        (i.filtered, "not matched by --where"),
    ] {
        if n > 0 {
            left.push(format!("{} {why}", crate::report::plain::count(n)));
        }
    }
    left.extend(i.excluded_by.iter().map(|(reason, n)| format!("{} excluded: {reason}", crate::report::plain::count(*n))));
    if !left.is_empty() {
        out.push(format!("Left out of {}: {}.", of(i.read, "record", "records"), left.join("; ")));
    }
    out
}
