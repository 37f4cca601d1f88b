//! A learned model as rules that one can read, each line with what it was measured from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::block::{Block, value_text};
use super::calibration::{Cell as Point, Line};
use super::coded::{Coded, Meaning, UNKNOWN, range, written};
use super::columns::{Records, Subject};
use super::examples::{Given, examples};
use super::histogram::{Histogram, Tally, whole};
use super::math::wilson;
use super::select::{Learned, Size};
use crate::invariant::SureAt as _;
use crate::schema::{PropId, Schema};
use crate::syntax::{Provenance, written};
use crate::value::Type;

/// Whole points are written as multiples of this.
pub const STEP: i32 = 5;

/// What rules are written from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The path by which the rules use it.
    pub schema_path: &'a str,
    /// The attributes.
    pub attributes: &'a [Coded],
    /// The records.
    pub records: &'a Records,
    /// How many weights make one record.
    pub unit: f64,
    /// The model.
    pub learned: &'a Learned,
    /// The data by name, and their fingerprint.
    pub data: (&'a str, &'a str),
    /// The day of the end of the data.
    pub date: &'a str,
    /// Lines of the head comment: outcome, moments, what was left out.
    pub facts: &'a [String],
    /// How many records sales can work, if a lifecycle is wanted.
    pub capacity: Option<f64>,
}

/// Rules, and what they come to on the records that they were learned from.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text.
    pub text: String,
    /// How many lines of points it has beside zeros.
    pub lines: usize,
    /// By record: the total.
    pub totals: Vec<i32>,
    /// From points to log-odds.
    pub line: Line,
}

/// Writes the rules.
#[must_use]
pub fn rules(source: Source<'_>) -> Written {
    let (blocks, zero) = blocks(source);
    let totals = totals(&blocks, source.records.len());
    let card = source.learned.card.line;
    let line = Line { intercept: card.intercept + card.slope * f64::from(zero), slope: card.slope / f64::from(STEP) };
    let mut histogram = Histogram::new(source.unit);
    for ((total, weight), converted) in totals.iter().zip(&source.records.weights).zip(&source.records.converted) {
        histogram.add(i64::from(*total) * 100, *weight, *converted);
    }
    let names = Names::of(source.schema);
    let mut out = String::from("lsr 1\n\n");
    head(&mut out, source, line);
    let _ = writeln!(out, "use {}\n", written::quoted(source.schema_path));
    let cut = source.capacity.and_then(|capacity| histogram.capacity(capacity).0);
    if let Some(at) = cut {
        let cut = histogram.cut(at);
        let told = provenance(source, cut.rows, cut.converted);
        let _ = writeln!(out, "# {told}\nparam sql_at = {}\n", written(cut.at));
    }
    let mut body = String::new();
    let mut lines = 0;
    for item in items(&blocks) {
        lines += item_text(&mut body, source, &item);
    }
    let _ = writeln!(out, "score {} {{\n{body}}}\n", names.score);
    label(&mut out, source, &histogram, &names);
    if cut.is_some() {
        let _ = writeln!(
            out,
            "lifecycle {} {{\n  stage sql when {} >= sql_at\n  otherwise nurture\n}}\n",
            names.lifecycle, names.score
        );
    }
    for (title, given, total) in examples(source.schema, &blocks) {
        test(&mut out, source.schema, &names, (&title, &given, total));
    }
    Written { text: out, lines, totals, line }
}

/// The items alone, to be added to a score that there is.
#[must_use]
pub fn additions(source: Source<'_>) -> String {
    let (blocks, _) = blocks(source);
    let mut body = String::new();
    for item in items(&blocks) {
        item_text(&mut body, source, &item);
    }
    body
}

/// Names of outputs that no property has.
struct Names {
    score: String,
    label: String,
    lifecycle: String,
}

impl Names {
    fn of(schema: &Schema) -> Self {
        let taken = |name: &str| schema.find(name).is_some() || schema.find_event(name).is_some();
        let free = |wish: &str| {
            let mut name = wish.to_owned();
            while taken(&name) {
                name = format!("learned_{name}");
            }
            name
        };
        Self { score: free("lead"), label: free("grade"), lifecycle: free("status") }
    }
}

/// The attributes that have points, in the order in which they were found, and the points of their commonest cells in all.
fn blocks(source: Source<'_>) -> (Vec<Block<'_>>, i32) {
    let mut order: Vec<usize> = Vec::new();
    let mut points: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
    let learned = source.learned;
    for (term, p) in learned.stop.terms.iter().zip(&learned.card.points) {
        let Some(it) = source.attributes.get(term.attribute) else { continue };
        if !order.contains(&term.attribute) {
            order.push(term.attribute);
        }
        let own = points.entry(term.attribute).or_insert_with(|| vec![0; it.levels.len()]);
        for (code, slot) in (0_u8..=255).zip(own) {
            if term.codes.has(code) {
                *slot += p;
            }
        }
    }
    let mut all = 0;
    let mut out = Vec::new();
    for attribute in order {
        let (Some(it), Some(mut own)) = (source.attributes.get(attribute), points.remove(&attribute)) else { continue };
        let tallies = it.tallies(source.records);
        let mut sizes: BTreeMap<i32, u64> = BTreeMap::new();
        for (p, tally) in own.iter().zip(&tallies) {
            *sizes.entry(*p).or_default() += tally.rows;
        }
        let alone = matches!(it.levels.first(), Some(Meaning::HasNot));
        // A member or word that is not there gives nothing; elsewhere the commonest case gives nothing.
        let zero = if alone { 0 } else { sizes.iter().max_by_key(|(_, n)| **n).map_or(0, |(p, _)| *p) };
        all += zero;
        own.iter_mut().for_each(|p| *p = (*p - zero) * STEP);
        // Nobody knows what a case is worth that was never seen.
        for (p, tally) in own.iter_mut().zip(&tallies) {
            if tally.rows == 0 {
                *p = 0;
            }
        }
        if own.iter().zip(&tallies).any(|(p, t)| *p != 0 && t.rows > 0) {
            out.push(Block { it, points: own, tallies });
        }
    }
    (out, all)
}

fn totals(blocks: &[Block<'_>], records: usize) -> Vec<i32> {
    let mut totals = vec![0; records];
    for block in blocks {
        for (total, code) in totals.iter_mut().zip(&block.it.codes) {
            *total += block.points.sure_at(usize::from(*code));
        }
    }
    totals
}

fn provenance(source: Source<'_>, n: f64, events: f64) -> Provenance {
    let total = source.records.total();
    let (low, high) = wilson(events, n);
    Provenance {
        converted: events,
        records: n,
        rate: if n > 0.0 { events / n * 100.0 } else { 0.0 },
        low: low * 100.0,
        high: high * 100.0,
        overall: total.rate().map_or(0.0, |rate| rate * 100.0),
        data: source.data.0.to_owned(),
        hash: source.data.1.to_owned(),
        date: source.date.to_owned(),
    }
}

/// One item of the score: a block, or the members of one set.
enum Item<'b, 'a> {
    Block(&'b Block<'a>),
    Members(PropId, Vec<&'b Block<'a>>),
}

fn items<'b, 'a>(blocks: &'b [Block<'a>]) -> Vec<Item<'b, 'a>> {
    let mut out: Vec<Item<'b, 'a>> = Vec::new();
    for block in blocks {
        let Subject::Member(id, _) = &block.it.subject else {
            out.push(Item::Block(block));
            continue;
        };
        let there = out.iter_mut().find_map(|item| match item {
            Item::Members(of, members) if of == id => Some(members),
            Item::Members(..) | Item::Block(_) => None,
        });
        match there {
            Some(members) => members.push(block),
            None => out.push(Item::Members(*id, vec![block])),
        }
    }
    out
}

/// The item's text; how many of its lines give points.
fn item_text(out: &mut String, source: Source<'_>, item: &Item<'_, '_>) -> usize {
    let mut lines = 0;
    let mut line = |out: &mut String, head: &str, points: i32, tally: Tally| {
        let (n, events) = (whole(tally.rows) / source.unit, whole(tally.events) / source.unit);
        if n > 0.0 {
            let _ = writeln!(out, "    # {}", provenance(source, n, events));
        }
        let _ = writeln!(out, "    {head}: {}", signed(points));
        lines += usize::from(points != 0);
    };
    match item {
        Item::Members(id, members) => {
            let property = source.schema.property(*id);
            let _ = writeln!(out, "  match each {} {{", property.map_or_else(String::new, written::property));
            for member in members {
                let Subject::Member(_, text) = &member.it.subject else { continue };
                let points = *member.points.sure_at(1);
                line(out, &value_text(source.schema, *id, text), points, *member.tallies.sure_at(1));
            }
            out.push_str("    else: 0\n  }\n");
        }
        Item::Block(block) => match &block.it.subject {
            Subject::Word(id, word) => {
                let property = source.schema.property(*id).map_or_else(String::new, written::property);
                let tally = *block.tallies.sure_at(1);
                let points = *block.points.sure_at(1);
                let told = provenance(source, whole(tally.rows) / source.unit, whole(tally.events) / source.unit);
                let _ =
                    writeln!(out, "  # {told}\n  if {property} contains word {} then {}", written::quoted(word), signed(points));
                lines += 1;
            }
            Subject::Property(_)
            | Subject::DaysSince(_)
            | Subject::Size(_)
            | Subject::Member(..)
            | Subject::Count(..)
            | Subject::DaysSinceLast(_)
                if block.it.ordered() =>
            {
                let _ = writeln!(out, "  band {} {{", block.it.words);
                for (low, high, points, tally) in runs(block) {
                    line(out, &range(low, high, block.it.whole), points, tally);
                }
                if can_be_unknown(source.schema, &block.it.subject) {
                    let unknown = usize::from(UNKNOWN);
                    let points = *block.points.sure_at(unknown);
                    line(out, "unknown", points, *block.tallies.sure_at(unknown));
                }
                out.push_str("  }\n");
            }
            Subject::Property(id) => {
                let _ = writeln!(out, "  match {} {{", block.it.words);
                values(out, source, *id, block, &mut line);
                out.push_str("  }\n");
            }
            Subject::DaysSince(_) | Subject::Size(_) | Subject::Member(..) | Subject::Count(..) | Subject::DaysSinceLast(_) => {}
        },
    }
    lines
}

/// The lines of a match: values with the same points together, `else`, `unknown`.
fn values(
    out: &mut String,
    source: Source<'_>,
    id: PropId,
    block: &Block<'_>,
    line: &mut impl FnMut(&mut String, &str, i32, Tally),
) {
    let rare = block.it.levels.iter().position(|l| matches!(l, Meaning::Other(_)));
    let otherwise = rare.map_or(0, |at| *block.points.sure_at(at));
    let mut groups: Vec<(i32, Vec<String>, Tally)> = Vec::new();
    let mut rest = rare.map_or_else(Tally::default, |at| *block.tallies.sure_at(at));
    let mut listed = 0;
    for ((level, points), tally) in block.it.levels.iter().zip(&block.points).zip(&block.tallies) {
        let Meaning::Value(text) = level else { continue };
        let ty = source.schema.property(id).map(|p| &p.ty);
        if *points == otherwise && ty != Some(&Type::Boolean) {
            rest.merge(*tally);
            continue;
        }
        listed += 1;
        match groups.iter_mut().find(|(p, ..)| p == points) {
            Some((_, texts, sum)) => {
                texts.push(value_text(source.schema, id, text));
                sum.merge(*tally);
            }
            None => groups.push((*points, vec![value_text(source.schema, id, text)], *tally)),
        }
    }
    groups.sort_by_key(|(points, ..)| std::cmp::Reverse(*points));
    for (points, texts, tally) in groups {
        line(out, &texts.join(", "), points, tally);
    }
    let all = match source.schema.property(id).map(|p| &p.ty) {
        Some(Type::Boolean) => listed == 2,
        Some(ty) => ty.options().is_some_and(|options| options.items.len() == listed),
        None => false,
    };
    if !all {
        line(out, "else", otherwise, rest);
    }
    if can_be_unknown(source.schema, &block.it.subject) {
        let points = *block.points.sure_at(usize::from(UNKNOWN));
        line(out, "unknown", points, *block.tallies.sure_at(usize::from(UNKNOWN)));
    }
}

/// Bands next to one another with the same points, joined.
fn runs(block: &Block<'_>) -> Vec<(Option<f64>, Option<f64>, i32, Tally)> {
    let mut out: Vec<(Option<f64>, Option<f64>, i32, Tally)> = Vec::new();
    for ((level, points), tally) in block.it.levels.iter().zip(&block.points).zip(&block.tallies) {
        let Meaning::Range(low, high) = level else { continue };
        match out.last_mut() {
            Some((_, end, last, sum)) if last == points => {
                *end = *high;
                sum.merge(*tally);
            }
            Some(_) | None => out.push((*low, *high, *points, *tally)),
        }
    }
    out
}

/// Whether a record may have no value there.
pub(super) fn can_be_unknown(schema: &Schema, subject: &Subject) -> bool {
    match subject {
        Subject::Property(id) | Subject::DaysSince(id) => schema.property(*id).is_some_and(|p| p.default.is_none()),
        Subject::DaysSinceLast(_) => true,
        Subject::Size(_) | Subject::Member(..) | Subject::Word(..) | Subject::Count(..) => false,
    }
}

fn signed(points: i32) -> String {
    if points > 0 { format!("+{points}") } else { points.to_string() }
}

fn head(out: &mut String, source: Source<'_>, line: Line) {
    let total = source.records.total();
    let (n, events) = (whole(total.rows) / source.unit, whole(total.events) / source.unit);
    let mut say = |text: &str| {
        let _ = writeln!(out, "# {}", text.replace(['\n', '\r'], " "));
    };
    say(&format!("Learned by lsrc from {} {}, {}.", source.data.0, source.data.1, source.date));
    say(&format!("{n} records, of which {events} ({:.1} %) converted.", total.rate().map_or(0.0, |rate| rate * 100.0)));
    source.facts.iter().for_each(|fact| say(fact));
    let taken = source.learned.stop.terms.len();
    if let Some(size) = source.learned.sizes.get(taken.saturating_sub(1)) {
        say(&format!(
            "AUC {:.3}, give or take {:.3}, on records left out of the learning (5-fold cross-validation).",
            size.auc, size.auc_error
        ));
    }
    say(&format!(
        "Log-odds = {:.4} + {:.5} x points: every {:.1} points double the odds.",
        line.intercept,
        line.slope,
        if line.slope > 0.0 { std::f64::consts::LN_2 / line.slope } else { 0.0 }
    ));
    if !source.learned.sizes.is_empty() {
        say("");
        say("lines   AUC     log loss");
    }
    for size in source.learned.sizes.iter().filter(|s| shown(s.terms, taken)) {
        let mark = if size.terms == taken { "  <- these rules" } else { "" };
        say(&row(size, mark));
    }
    out.push('\n');
}

/// The sizes that the head shows.
fn shown(terms: usize, taken: usize) -> bool {
    terms == taken || matches!(terms, 1 | 2 | 3 | 5 | 8 | 10 | 15 | 20 | 30 | 40)
}

fn row(size: &Size, mark: &str) -> String {
    format!("{:>5}   {:.4}  {:.4}{mark}", size.terms, size.auc, size.log_loss)
}

/// Where labels begin: the highest tenth, three tenths, six tenths.
fn label(out: &mut String, source: Source<'_>, histogram: &Histogram, names: &Names) {
    let letters = ["A", "B", "C", "D"];
    let (n, _) = histogram.total();
    let mut ends: Vec<f64> = Vec::new();
    for share in [0.1, 0.3, 0.6] {
        // The cut-off that holds most nearly this share.
        let mut above = 0.0;
        let mut best: Option<(f64, f64)> = None;
        for (score, rows, _) in histogram.cells().rev() {
            above += rows;
            let distance = (above / n - share).abs();
            if best.is_none_or(|(d, _)| distance < d) && above < n {
                best = Some((distance, super::math::number(score)));
            }
        }
        if let Some((_, at)) = best
            && ends.last().is_none_or(|last| at < *last)
        {
            ends.push(at);
        }
    }
    let _ = writeln!(out, "label {} by {} {{", names.label, names.score);
    let mut above = f64::INFINITY;
    for (at, letter) in letters.iter().take(ends.len() + 1).enumerate() {
        let low = ends.get(at).copied();
        let cells = histogram.cells().map(|(s, n, e)| (super::math::number(s), n, e));
        let inside = cells.filter(|(s, ..)| low.is_none_or(|low| *s >= low) && *s < above);
        let (rows, events) = inside.fold((0.0, 0.0), |(n, e), (_, rows, events): Point| (n + rows, e + events));
        let words = match (low, above.is_finite()) {
            (Some(low), true) => format!("{}..<{}", written(low), written(above)),
            (Some(low), false) => format!("{}..", written(low)),
            (None, _) => format!("..<{}", written(above)),
        };
        if ends.is_empty() {
            break;
        }
        let _ = writeln!(out, "  # {}\n  {words}: {letter}", provenance(source, rows, events));
        above = low.unwrap_or(above);
    }
    if ends.is_empty() {
        out.push_str("  0..: A\n  ..<0: B\n");
    }
    out.push_str("}\n\n");
}

fn test(out: &mut String, schema: &Schema, names: &Names, (title, given, total): (&str, &BTreeMap<u32, Given>, i32)) {
    let _ = writeln!(out, "test \"{title}\" {{");
    let values: Vec<String> = given.iter().filter_map(|(id, value)| value.words(schema, PropId(*id))).collect();
    if !values.is_empty() {
        let _ = writeln!(out, "  given {}", values.join(", "));
    }
    let _ = writeln!(out, "  expect {} = {total}\n}}\n", names.score);
}
