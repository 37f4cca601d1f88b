//! Results that a database computed, read back from the rows of its query: what the evaluator would have given, as far as rows tell it.

use std::sync::Arc;

use super::layout::{Cell, Layout, MOVES, cause_of};
use super::tally::Tally;
use crate::column::{Batch, BooleanColumn, Column, TextColumn, UNKNOWN_CODE, Values};
use crate::hir::Model;
use crate::schema::PropId;
use crate::value::Type;
use crate::vm::scores::{Cause, Move, NONE, Scores, Stages};

/// Reads the rows of a query whose columns are those of a layout, points as whole hundredths.
pub struct Returned<'a> {
    model: &'a Model,
    layout: &'a Layout,
    key: Option<PropId>,
    batch: Batch,
    scores: Scores,
    before: u64,
}

/// A text that is none of the model's: whoever wrote the row did not run its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The column.
    pub column: String,
    /// The text.
    pub text: String,
}

type Read<T> = Result<T, Foreign>;

impl<'a> Returned<'a> {
    /// For rows of this layout.
    #[must_use]
    pub fn new(model: &'a Model, layout: &'a Layout) -> Self {
        let mut it = Self { model, layout, key: model.schema.key, batch: Batch::default(), scores: Scores::default(), before: 0 };
        it.begin();
        it
    }

    fn begin(&mut self) {
        let model = self.model;
        let carried = self.layout.columns.iter().filter(|c| matches!(c.cell, Cell::Carried(_))).count();
        let mut columns = vec![None; model.schema.properties.len()];
        if let Some((id, property)) = self.key.and_then(|id| Some((id, model.schema.property(id)?)))
            && let Some(place) = columns.get_mut(id.0 as usize)
        {
            *place = Some(empty(&property.ty));
        }
        self.batch =
            Batch { first_row: self.before + 1, columns, carried: vec![TextColumn::default(); carried], ..Batch::default() };
        self.scores = Scores {
            scores: vec![Values::default(); model.scores.len()],
            labels: vec![Vec::new(); model.labels.len()],
            lifecycles: vec![Stages::default(); model.lifecycles.len()],
            ..Scores::default()
        };
    }

    /// How many rows wait to be taken.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batch.rows
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A cell that no row of the model's query has.
    pub fn push(&mut self, row: &[Option<&str>]) -> Read<()> {
        for (column, cell) in self.layout.columns.iter().zip(row) {
            let foreign = || Foreign { column: column.name.to_string(), text: cell.unwrap_or("nothing").to_owned() };
            self.cell(column.cell, *cell).ok_or_else(foreign)?;
        }
        self.batch.rows += 1;
        self.scores.rows += 1;
        Ok(())
    }

    fn cell(&mut self, cell: Cell, text: Option<&str>) -> Option<()> {
        match cell {
            Cell::Key(id) => {
                let options = self.model.schema.property(id)?.ty.options().cloned();
                let column = self.batch.columns.get_mut(id.0 as usize)?.as_mut()?;
                push(column, text, |text| options.as_ref()?.items.iter().position(|o| &*o.name == text))?;
            }
            Cell::Score(at) => {
                let points = text.map(|text| text.parse().ok());
                self.scores.scores.get_mut(at)?.push(match points {
                    Some(points) => Some(points?),
                    None => None,
                });
            }
            Cell::Label(at) => {
                let code = self.code(cell, text)?;
                self.scores.labels.get_mut(at)?.push(code);
            }
            Cell::Stage(at) => {
                let code = self.code(cell, text)?;
                self.scores.lifecycles.get_mut(at)?.after.push(code);
            }
            Cell::Before(at) => {
                let code = self.code(cell, text)?;
                self.scores.lifecycles.get_mut(at)?.before.push(code);
            }
            Cell::Move(at) => self.scores.lifecycles.get_mut(at)?.moves.push(moved(text?)?),
            Cell::StageReason(at) => {
                let cause = self.cause(at, text?)?;
                self.scores.lifecycles.get_mut(at)?.causes.push(cause);
            }
            Cell::Excluded => self.scores.excluded.push(self.code(cell, text)?),
            Cell::Carried(at) => self.batch.carried.get_mut(at)?.push(text),
            Cell::Row | Cell::Extra(..) | Cell::Reasons => return None,
        }
        Some(())
    }

    /// The number of a text of the model; [`NONE`] for nothing.
    fn code(&self, cell: Cell, text: Option<&str>) -> Option<u32> {
        let Some(text) = text else { return Some(NONE) };
        let texts = &self.layout.texts;
        let find = |texts: &[Arc<str>]| texts.iter().position(|t| &**t == text);
        let at = match cell {
            Cell::Label(at) => find(texts.labels.get(at)?)?,
            Cell::Stage(at) | Cell::Before(at) => find(&self.model.lifecycles.get(at)?.stages)?,
            Cell::Excluded => {
                let reasons = &texts.exclusions;
                let named = reasons.iter().position(|reason| reason.as_deref() == Some(text));
                named.or_else(|| reasons.iter().position(|reason| reason.is_none() && text == "true"))?
            }
            Cell::Row
            | Cell::Key(_)
            | Cell::Score(_)
            | Cell::Move(_)
            | Cell::StageReason(_)
            | Cell::Carried(_)
            | Cell::Extra(..)
            | Cell::Reasons => {
                return None;
            }
        };
        u32::try_from(at).ok()
    }

    /// The first cause of a lifecycle that has these words.
    fn cause(&self, lifecycle: usize, text: &str) -> Option<Cause> {
        let causes = self.layout.texts.causes.get(lifecycle)?;
        let at = causes.iter().position(|cause| &**cause == text)?;
        cause_of(at, causes.len(), self.model.lifecycles.get(lifecycle)?.rules.len())
    }

    /// The rows so far as a batch with its results, and none left.
    pub fn take(&mut self) -> (Batch, Scores) {
        let taken = (std::mem::take(&mut self.batch), std::mem::take(&mut self.scores));
        self.before += taken.0.rows as u64;
        self.begin();
        taken
    }

    /// The columns whose values are counted together: each score, label and lifecycle, and the exclusions.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (at, column) in self.layout.columns.iter().enumerate() {
            match column.cell {
                Cell::Score(_) | Cell::Label(_) | Cell::Excluded | Cell::Stage(_) => groups.push(vec![at]),
                Cell::Before(_) | Cell::Move(_) | Cell::StageReason(_) => {
                    if let Some(group) = groups.last_mut() {
                        group.push(at);
                    }
                }
                Cell::Row | Cell::Key(_) | Cell::Carried(_) | Cell::Extra(..) | Cell::Reasons => {}
            }
        }
        groups
    }

    /// Counts records that have these values in the columns of a group; the last cell is how many they are.
    ///
    /// # Errors
    /// A cell that no row of the model's query has.
    pub fn count(&self, group: &[usize], row: &[Option<&str>], tally: &mut Tally) -> Read<()> {
        let cells: Vec<Cell> = group.iter().filter_map(|&at| Some(self.layout.columns.get(at)?.cell)).collect();
        self.counted(&cells, row, tally).ok_or_else(|| Foreign {
            column: group.first().and_then(|&at| self.layout.columns.get(at)).map_or_else(String::new, |c| c.name.to_string()),
            text: row.iter().map(|cell| cell.unwrap_or("nothing")).collect::<Vec<_>>().join(", "),
        })
    }

    fn counted(&self, cells: &[Cell], row: &[Option<&str>], tally: &mut Tally) -> Option<()> {
        let (records, values) = row.split_last()?;
        let records: u64 = (*records)?.parse().ok()?;
        match (cells, values) {
            ([Cell::Score(at)], [value]) => {
                if let Some(text) = value {
                    tally.scores.get_mut(*at)?.add_records(text.parse().ok()?, records);
                }
            }
            ([cell @ Cell::Label(at)], [value]) => {
                let counts = tally.labels.get_mut(*at)?;
                let code = self.code(*cell, *value)?;
                let unknown = counts.len().checked_sub(1)?;
                *counts.get_mut(if code == NONE { unknown } else { code as usize })? += records;
            }
            ([cell @ Cell::Excluded], [value]) => {
                tally.records += records;
                let code = self.code(*cell, *value)?;
                if code != NONE {
                    *tally.excluded.get_mut(code as usize)? += records;
                }
            }
            ([after @ Cell::Stage(at), before @ Cell::Before(_), Cell::Move(_), Cell::StageReason(_)], [a, b, m, reason]) => {
                let stages = (self.code(*before, *b)?, self.code(*after, *a)?);
                tally.stages.get_mut(*at)?.count(stages, moved((*m)?)?, self.cause(*at, (*reason)?)?, records);
            }
            _other => return None,
        }
        Some(())
    }
}

fn moved(text: &str) -> Option<Move> {
    let at = MOVES.iter().position(|name| *name == text)?;
    [Move::Forward, Move::Backward, Move::None, Move::Held].get(at).copied()
}

/// A column of keys.
fn empty(ty: &Type) -> Column {
    match ty {
        Type::Integer => Column::Integer(Values::default()),
        Type::Number => Column::Number(Values::default()),
        Type::Boolean => Column::Boolean(BooleanColumn::default()),
        Type::Date => Column::Date(Values::default()),
        Type::DateTime => Column::DateTime(Values::default()),
        Type::OneOf(_) => Column::Option(Vec::new()),
        Type::Text | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => Column::Text(TextColumn::default()),
    }
}

/// Adds a key; `None` where the text is none of its type.
fn push(column: &mut Column, text: Option<&str>, option: impl Fn(&str) -> Option<usize>) -> Option<()> {
    match column {
        Column::Text(texts) => texts.push(text),
        Column::Integer(values) | Column::DateTime(values) => values.push(parsed(text)?),
        Column::Number(values) => values.push(parsed(text)?),
        Column::Date(values) => {
            let day = |text: &str| text.parse().ok().map(crate::time::day_number);
            values.push(match text {
                Some(text) => Some(day(text)?),
                None => None,
            });
        }
        Column::Boolean(values) => {
            values.truth.push(matches!(text, Some("true" | "1")));
            values.known.push(text.is_some());
        }
        Column::Option(codes) => codes.push(match text {
            Some(text) => u32::try_from(option(text)?).ok()?,
            None => UNKNOWN_CODE,
        }),
        Column::Dictionary(_) | Column::Set(_) | Column::TextSet(_) => return None,
    }
    Some(())
}

fn parsed<T: std::str::FromStr>(text: Option<&str>) -> Option<Option<T>> {
    match text {
        Some(text) => text.parse().ok().map(Some),
        None => Some(None),
    }
}
