//! Lines before their columns are known, and how columns are found.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use unicode_width::UnicodeWidthStr as _;

use crate::invariant::Sure as _;

/// The width that lines keep to where they can be broken.
pub(super) const WIDTH: usize = 120;
/// Code beyond this column takes no part in aligning: one long line does not push the others to the right.
const FAR: usize = 66;
/// How much longer than the shortest a condition may be for the `then` of neighbours to be aligned.
const UNEVEN: usize = 24;

/// What a line is aligned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Group {
    /// Nothing.
    Alone,
    /// The lines directly above and below of the same kind: a `param`, a `define`.
    Assignments(&'static str),
    /// Neighbouring `if` items.
    Ifs,
    /// Neighbouring labels on one line.
    Labels,
    /// The lines of one band.
    Band(usize),
    /// The lines of one match.
    Match(usize),
    /// The options of one property, the lines of one label.
    Options(usize),
    /// The properties of one schema.
    Schema(usize),
    /// The fields of one event list.
    Events(usize),
}

impl Group {
    /// Whether only neighbours belong together; else all lines of the block do.
    fn is_run(self) -> bool {
        matches!(self, Self::Assignments(_) | Self::Ifs | Self::Labels)
    }

    /// Blanks before a column.
    pub(super) fn gap(self, column: usize) -> usize {
        match self {
            Self::Alone | Self::Assignments(_) | Self::Ifs | Self::Match(_) | Self::Options(_) => 1,
            Self::Labels => {
                if column > 2 {
                    2
                } else {
                    1
                }
            }
            Self::Band(_) | Self::Schema(_) => 2,
            Self::Events(_) => {
                if column == 1 {
                    1
                } else {
                    2
                }
            }
        }
    }

    /// Whether this column ends, rather than starts, in one place.
    fn right(self, column: usize) -> bool {
        column == 1 && matches!(self, Self::Band(_) | Self::Match(_))
    }
}

/// A line.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// An empty one.
    Blank,
    /// A comment on its own.
    Comment(usize, String),
    /// Code.
    Code(Code),
}

/// A line of code in columns; an empty one is left out.
#[derive(Debug, Clone)]
pub(super) struct Code {
    /// Blanks before it.
    pub(super) indent: usize,
    /// Its columns.
    pub(super) cells: Vec<String>,
    /// `because "T"`
    pub(super) because: Option<String>,
    /// The comment at its end.
    pub(super) comment: Option<String>,
    /// What it is aligned with.
    pub(super) group: Group,
}

/// The lines as text, each with this end.
pub(super) fn write(rows: &[Row], end: &str) -> String {
    let mut lines: Vec<String> = rows.iter().map(start).collect();
    for group in groups(rows) {
        place(rows, &mut lines, &group);
    }
    let reasons: Vec<usize> = (0..rows.len()).filter(|&at| code(rows, at).is_some_and(|c| c.because.is_some())).collect();
    append(&mut lines, &reasons, FAR, |at| code(rows, at).and_then(|c| c.because.clone()));
    for run in comment_runs(rows) {
        append(&mut lines, &run, WIDTH, |at| code(rows, at).and_then(|c| c.comment.clone()));
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push_str(end);
    }
    text
}

fn code(rows: &[Row], at: usize) -> Option<&Code> {
    match rows.get(at) {
        Some(Row::Code(code)) => Some(code),
        Some(Row::Blank | Row::Comment(..)) | None => None,
    }
}

fn start(row: &Row) -> String {
    match row {
        Row::Blank => String::new(),
        Row::Comment(indent, text) => format!("{}{text}", " ".repeat(*indent)),
        Row::Code(code) => format!("{}{}", " ".repeat(code.indent), code.cells.first().sure("a row of code has a cell")),
    }
}

/// The rows that are aligned with each other, by their places; each row of code is in one group.
fn groups(rows: &[Row]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Group, Vec<usize>)> = Vec::new();
    let mut blocks: FxHashMap<Group, usize> = FxHashMap::default();
    let mut neighbour = None;
    for at in 0..rows.len() {
        let Some(code) = code(rows, at) else {
            neighbour = None;
            continue;
        };
        let known = if code.group.is_run() {
            neighbour.filter(|&place| groups.get(place).is_some_and(|(group, _)| *group == code.group))
        } else if code.group == Group::Alone {
            None
        } else {
            blocks.get(&code.group).copied()
        };
        let place = known.unwrap_or_else(|| {
            blocks.insert(code.group, groups.len());
            groups.push((code.group, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, members)) = groups.get_mut(place) {
            members.push(at);
        }
        neighbour = Some(place);
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// Sets the columns of one group, from the left: each starts behind the longest line that has something in it.
fn place(rows: &[Row], lines: &mut [String], members: &[usize]) {
    let columns = members.iter().filter_map(|&at| code(rows, at)).map(|c| c.cells.len()).fold(0, Ord::max);
    for column in 1..columns {
        let cell = |at: usize| code(rows, at).and_then(|c| c.cells.get(column)).filter(|text| !text.is_empty());
        let filled: Vec<usize> = members.iter().copied().filter(|&at| cell(at).is_some()).collect();
        let Some(group) = filled.first().and_then(|&at| code(rows, at)).map(|c| c.group) else { continue };
        let lengths = filled.iter().filter_map(|&at| lines.get(at)).map(|line| line.width()).filter(|&width| width <= FAR);
        let (least, most) = lengths.fold((usize::MAX, 0), |(least, most), width| (least.min(width), most.max(width)));
        let aligned = group != Group::Ifs || most.saturating_sub(least) <= UNEVEN;
        let widest = filled.iter().filter_map(|&at| cell(at)).map(|text| text.width()).fold(0, Ord::max);
        for &at in &filled {
            let (Some(text), Some(line)) = (cell(at), lines.get_mut(at)) else { continue };
            let width = line.width();
            let mut blanks = if aligned { most.max(width) - width } else { 0 } + group.gap(column);
            if group.right(column) {
                blanks += widest - text.width();
            }
            let _ = write!(line, "{}{text}", " ".repeat(blanks));
        }
    }
}

/// Adds a last column, two blanks behind the longest of these lines that is no longer than `far`.
fn append(lines: &mut [String], members: &[usize], far: usize, text: impl Fn(usize) -> Option<String>) {
    let widths = members.iter().filter_map(|&at| lines.get(at)).map(|line| line.width());
    let most = widths.filter(|&width| width <= far).fold(0, Ord::max);
    for &at in members {
        let (Some(text), Some(line)) = (text(at), lines.get_mut(at)) else { continue };
        let blanks = most.saturating_sub(line.width()) + 2;
        let _ = write!(line, "{}{text}", " ".repeat(blanks));
    }
}

/// Neighbouring lines with comments at their ends.
fn comment_runs(rows: &[Row]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut last = None;
    for at in 0..rows.len() {
        if code(rows, at).is_none_or(|c| c.comment.is_none()) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if last == Some(at.wrapping_sub(1)) => run.push(at),
            _ => runs.push(vec![at]),
        }
        last = Some(at);
    }
    runs
}
