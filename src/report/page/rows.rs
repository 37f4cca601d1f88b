//! The records that the page ships: a bounded number, the greatest of a score first, each with its account.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::column::{Batch, ExtraKind};
use crate::hir::Model;
use crate::invariant::{Sure as _, SureAt as _};
use crate::report::cells::{self, Datum, datum};
use crate::report::layout::{Cell, Layout};
use crate::report::order::{By, Limit};
use crate::vm::scores::{Move, NONE, Scores};

/// So many records are shipped at most.
pub const SHIPPED: usize = 250;

/// So many entries of a record's account are shipped at most.
const ENTRIES: usize = 40;

/// The place of a row: its score, then its number.
type Rank = (Reverse<Option<i64>>, u64);

/// Turns rows into the texts that the page shows.
#[derive(Debug)]
pub struct Shipper {
    layout: Layout,
    options: Vec<Arc<str>>,
    by: Option<By>,
    most: usize,
    everyone: bool,
}

/// The records kept so far.
#[derive(Debug, Clone, Default)]
pub struct Top {
    rows: Vec<Row>,
    /// How many records are left out because they are excluded or held.
    pub left_out: u64,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Row {
    rank: Rank,
    /// By column of the layout.
    pub cells: Vec<String>,
    /// Who gave it points, by falling size.
    pub entries: Vec<Entry>,
    /// How many further entries there are.
    pub further: usize,
}

/// An entry of a record's account.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The score that it counts for.
    pub score: Arc<str>,
    /// Hundredths.
    pub points: i64,
    /// The reason, or the rule where it has none.
    pub words: Arc<str>,
}

impl Shipper {
    /// For these columns, in this order (without one in that of the input), at most `top` records; without `everyone` none that is
    /// excluded or held, for nobody calls them.
    #[must_use]
    pub fn new(layout: Layout, model: &Model, by: Option<By>, top: Option<Limit>, everyone: bool) -> Self {
        let key = model.schema.key.and_then(|id| model.schema.property(id)).and_then(|p| p.ty.options());
        let options = key.map_or_else(Vec::new, |o| o.items.iter().map(|o| Arc::clone(&o.name)).collect());
        let most = top.map_or(SHIPPED, |top| match top {
            Limit::Rows(rows) => rows.min(SHIPPED),
            Limit::Percent(_) => SHIPPED,
        });
        Self { layout, options, by, most, everyone }
    }

    /// The columns.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What decides who is shipped.
    #[must_use]
    pub const fn by(&self) -> Option<By> {
        self.by
    }

    /// Whether a record is of use to who calls.
    fn wanted(&self, scores: &Scores, row: u32) -> bool {
        let row = row as usize;
        let excluded = scores.excluded.get(row).is_some_and(|&code| code != NONE);
        self.everyone || !(excluded || scores.lifecycles.iter().any(|l| l.moves.get(row) == Some(&Move::Held)))
    }

    /// Keeps those of a batch's rows that are among the first.
    pub fn add(&self, batch: &Batch, scores: &Scores, rows: &[u32], top: &mut Top) {
        let rank =
            |row: u32| (Reverse(self.by.and_then(|by| by.value(batch, scores, row as usize))), batch.first_row + u64::from(row));
        let last = top.rows.last().filter(|_| top.rows.len() == self.most).map(|row| row.rank);
        let wanted: Vec<u32> = rows.iter().copied().filter(|&row| self.wanted(scores, row)).collect();
        top.left_out += (rows.len() - wanted.len()) as u64;
        let ranked = wanted.iter().map(|&row| (rank(row), row));
        let mut ranked: Vec<(Rank, u32)> = ranked.filter(|(rank, _)| last.is_none_or(|last| *rank < last)).collect();
        if ranked.len() > self.most {
            ranked.select_nth_unstable(self.most);
            ranked.truncate(self.most);
        }
        let made = ranked.into_iter().map(|(rank, row)| self.row(batch, scores, row as usize, rank));
        top.rows.extend(made);
        self.cut(top);
    }

    /// Adds what another thread kept.
    pub fn merge(&self, top: &mut Top, other: &Top) {
        top.rows.extend(other.rows.iter().cloned());
        top.left_out += other.left_out;
        self.cut(top);
    }

    fn cut(&self, top: &mut Top) {
        top.rows.sort_by_key(|row| row.rank);
        top.rows.truncate(self.most);
    }

    fn row(&self, batch: &Batch, scores: &Scores, row: usize, rank: Rank) -> Row {
        let mut all = Vec::new();
        self.layout.accounts.entries(scores, row, &mut all);
        let entry = |reason: &&crate::vm::scores::Reason| {
            let party = self.layout.accounts.party(reason)?;
            Some(Entry {
                score: self.layout.accounts.scores.sure_at(reason.score as usize).clone(),
                points: reason.points,
                words: Arc::clone(party.because.as_ref().unwrap_or(&party.rule)),
            })
        };
        Row {
            rank,
            cells: self.layout.columns.iter().map(|column| self.cell(column.cell, batch, scores, row)).collect(),
            entries: all.iter().take(ENTRIES).filter_map(entry).collect(),
            further: all.len().saturating_sub(ENTRIES),
        }
    }

    fn cell(&self, cell: Cell, batch: &Batch, scores: &Scores, row: usize) -> String {
        let mut out = Vec::new();
        match cell {
            Cell::Row => cells::unsigned(&mut out, batch.first_row + row as u64),
            Cell::Key(id) => {
                if let Some(value) = batch.columns.get(id.0 as usize).and_then(Option::as_ref).and_then(|c| datum(c, row)) {
                    self.datum(value, &mut out);
                }
            }
            Cell::Score(at) => {
                if let Some(points) = scores.scores.get(at).and_then(|s| s.get(row)) {
                    cells::points(&mut out, points);
                }
            }
            Cell::Excluded => {
                let code = scores.excluded.get(row).and_then(|&code| self.layout.texts.exclusions.get(code as usize));
                out.extend(code.into_iter().flat_map(|reason| reason.as_deref().unwrap_or("true").bytes()));
            }
            Cell::Extra(at, kind) => match (kind, batch.extras.get(at).and_then(|c| datum(c, row))) {
                (ExtraKind::Points, Some(Datum::Integer(points))) => cells::points(&mut out, points),
                (_, Some(value)) => self.datum(value, &mut out),
                (_, None) => {}
            },
            Cell::Carried(at) => {
                out.extend(batch.carried.get(at).and_then(|c| c.get(row)).into_iter().flat_map(str::bytes));
            }
            Cell::Label(_) | Cell::Stage(_) | Cell::Before(_) | Cell::Move(_) | Cell::StageReason(_) => {
                out.extend(self.layout.texts.get(cell, scores, row).into_iter().flat_map(|text| text.bytes()));
            }
            Cell::Reasons => {}
        }
        String::from_utf8(out).sure("cells are UTF-8")
    }

    fn datum(&self, value: Datum<'_>, out: &mut Vec<u8>) {
        match value {
            Datum::Text(text) => out.extend_from_slice(text.as_bytes()),
            Datum::Integer(n) => cells::integer(out, n),
            Datum::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Datum::Boolean(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Datum::Date(day) => cells::date(out, day),
            Datum::DateTime(micros) => cells::datetime(out, micros),
            Datum::Option(code) => out.extend(self.options.sure_at(code as usize).bytes()),
        }
    }
}

impl Top {
    /// Leaves out all but the first `most` records.
    pub fn truncate(&mut self, most: usize) {
        self.rows.truncate(most);
    }

    /// The records, the first first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}
