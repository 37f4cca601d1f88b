//! What is collected while expressions are written: the columns that they read, the events that they add up, the definitions.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::dialect::Dialect;
use super::fold::Alphabet;
use super::letters::Letter;
use super::wrap::{MOMENT, Shape, TABLE};
use super::{Refusal, Request};
use crate::hir::{AsOf, DefId, Model};
use crate::invariant::Sure as _;
use crate::schema::{EventId, FieldId, PropId, Property};
use crate::source::{Sources, Span};
use crate::value::Type;

/// In which form a column is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// Its value.
    Value,
    /// A text as it is compared.
    Folded,
    /// A text as it is compared with other texts.
    FoldedWhole,
    /// The calendar day of a date-time.
    Day,
    /// Whether a set has one of these texts, folded.
    Has(Vec<String>),
    /// Whether a set has no member.
    Empty,
    /// How many different members a set of texts has that are none of these texts, folded.
    Count(Vec<String>),
}

/// The columns of one table that the rules read.
#[derive(Debug)]
pub(super) struct Reader {
    /// The name of each form of each property or field that is read.
    pub(super) columns: BTreeMap<(u32, Form), String>,
    names: Names,
}

impl Default for Reader {
    fn default() -> Self {
        let mut names = Names::default();
        // A step that reads letters has their columns beside its own.
        for letter in Letter::ALL {
            names.fresh(letter.name());
        }
        Self { columns: BTreeMap::new(), names }
    }
}

impl Reader {
    /// The column's name for a form.
    pub(super) fn column(&mut self, id: u32, property: &Property, form: Form) -> String {
        if let Some(name) = self.columns.get(&(id, form.clone())) {
            return name.clone();
        }
        let wanted = match &form {
            Form::Value => property.name.to_string(),
            Form::Folded => format!("{} folded", property.name),
            Form::FoldedWhole => format!("{} compared", property.name),
            Form::Day => format!("{} day", property.name),
            Form::Has(texts) => format!("{} has {}", property.name, texts.first().sure("`has` names a text")),
            Form::Empty => format!("{} is empty", property.name),
            Form::Count(except) if except.is_empty() => format!("{} count", property.name),
            Form::Count(_) => format!("{} others", property.name),
        };
        let name = self.names.fresh(&wanted);
        self.columns.insert((id, form), name.clone());
        name
    }

    /// What is read, with its names.
    pub(super) fn read(&self) -> Vec<((u32, Form), String)> {
        self.columns.iter().map(|(key, name)| (key.clone(), name.clone())).collect()
    }

    /// A name for a column that is not read.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        self.names.fresh(wanted)
    }
}

/// Names that differ even where a dialect ignores case.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

/// The longest name that every dialect takes, less room for a number.
const LONGEST: usize = 55;

impl Names {
    /// `wanted`, or with a number behind it where that is taken.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let mut plain: String = wanted
            .chars()
            .map(|c| if !super::dialect::visible(c) || matches!(c, '"' | '`' | '\\' | '.') { '_' } else { c })
            .collect();
        while plain.len() > LONGEST {
            plain.pop();
        }
        let mut name = plain.clone();
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{plain} {number}");
            number += 1;
        }
        name
    }
}

/// A column of the records beside their events.
#[derive(Debug, Clone)]
pub(super) struct RecordColumn {
    /// Its name there.
    pub(super) own: String,
    pub(super) float: bool,
}

/// An event list: what is read, tested and added up.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Where a rule first reads it.
    pub(super) span: Span,
    /// The fields that are read.
    pub(super) reader: Reader,
    /// Columns of the records that its conditions look at.
    pub(super) record_columns: BTreeMap<String, RecordColumn>,
    /// What its conditions work out on the way.
    pub(super) chain: Chain,
    /// Conditions over an event: name and SQL.
    pub(super) tests: Vec<(String, String)>,
    /// Places among the newest: name and SQL.
    pub(super) ranks: Vec<(String, String)>,
    /// What is added up: name in the totals, SQL, and what stands for no event.
    pub(super) totals: Vec<(String, String, Option<String>)>,
    /// Totals by the place of the expression.
    pub(super) known: BTreeMap<(Span, u8), String>,
}

impl Events {
    /// The column of a condition or value over an event.
    pub(super) fn test(&mut self, wanted: &str, sql: String) -> String {
        if let Some((name, _)) = self.tests.iter().find(|(_, known)| *known == sql) {
            return name.clone();
        }
        let name = self.reader.fresh(&format!("{wanted} {}", self.tests.len() + 1));
        self.tests.push((name.clone(), sql));
        name
    }
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// At a record.
    Record,
    /// At a record whose scores and labels are known.
    Outcome,
    /// In the `where` of an event list.
    Event(EventId),
}

pub(super) struct Builder<'m> {
    pub(super) model: &'m Model,
    pub(super) sources: &'m Sources,
    pub(super) request: &'m Request,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) records: Reader,
    pub(super) events: BTreeMap<EventId, Events>,
    /// What rules work out on the way, before the scores and after them.
    pub(super) records_chain: Chain,
    pub(super) outcomes_chain: Chain,
    /// The column of each definition, and how deep it lies.
    pub(super) definitions: BTreeMap<(DefId, Place), (String, usize)>,
    pub(super) alphabet: Alphabet,
    /// Whether the offsets of the zone are asked for.
    pub(super) zoned: Cell<bool>,
    pub(super) steps: Names,
}

impl<'m> Builder<'m> {
    pub(super) fn new(model: &'m Model, sources: &'m Sources, request: &'m Request) -> Self {
        let mut steps = Names::default();
        steps.fresh(super::dialect::ZONE);
        let tables = std::iter::once(&request.table).chain(request.events.iter().map(|(_, table)| table));
        let tables = tables.chain(request.related.iter().map(|(_, table)| table));
        for table in tables {
            steps.fresh(table.rsplit('.').next().unwrap_or(table));
        }
        steps.fresh(&request.name);
        Self {
            model,
            sources,
            request,
            dialect: request.dialect.dialect(),
            records: Reader::default(),
            events: BTreeMap::new(),
            records_chain: Chain::default(),
            outcomes_chain: Chain::default(),
            definitions: BTreeMap::new(),
            alphabet: Alphabet::default(),
            zoned: Cell::new(false),
            steps,
        }
    }

    pub(super) fn refuse<T>(&self, construct: impl Into<String>, span: Span) -> Result<T, Refusal> {
        Err(Refusal { construct: construct.into(), span })
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        self.dialect.name(name)
    }

    /// A record's property in a form, as it is named at `place`.
    pub(super) fn property(&mut self, id: PropId, form: Form, place: Place) -> Option<String> {
        let property = self.model.schema.property(id)?;
        let column = self.records.column(id.0, property, form);
        let quoted = self.quoted(&column);
        Some(match place {
            Place::Record | Place::Outcome => quoted,
            Place::Event(event) => {
                let events = self.events.entry(event).or_default();
                let own = match events.record_columns.get(&column) {
                    Some(known) => known.own.clone(),
                    None => {
                        let own = events.reader.fresh(&format!("of record {column}"));
                        let float = property.ty == Type::Number;
                        events.record_columns.insert(column, RecordColumn { own: own.clone(), float });
                        own
                    }
                };
                format!("e.{}", self.quoted(&own))
            }
        })
    }

    /// An event's field in a form.
    pub(super) fn field(&mut self, event: EventId, id: FieldId, form: Form) -> Option<String> {
        let field = self.model.schema.event(event)?.field(id)?;
        let column = self.events.entry(event).or_default().reader.column(id.0, field, form);
        Some(format!("e.{}", self.quoted(&column)))
    }

    /// The moment of the run in microseconds.
    pub(super) fn moment(&self) -> String {
        let clock = || match self.request.shape {
            Shape::Dbt => MOMENT.to_string(),
            Shape::Select | Shape::View | Shape::Table => self.request.clock.clone().unwrap_or_else(|| self.dialect.now()),
        };
        self.as_of().map_or_else(|| format!("({})", clock()), |as_of| as_of.micros.to_string())
    }

    /// The moment where it is known now; that of a dbt model is a variable.
    pub(super) fn as_of(&self) -> Option<AsOf> {
        self.request.as_of.filter(|_| self.request.shape != Shape::Dbt)
    }

    /// A table of the user's.
    pub(super) fn table(&self, name: &str) -> String {
        if self.request.shape == Shape::Dbt { format!("{TABLE}{name}{TABLE}") } else { self.dialect.table(name) }
    }

    /// The line where something stands: `score.lsr:12`.
    pub(super) fn line(&self, span: Span) -> String {
        format!("{}:{}", self.sources.name(span), self.sources.place(span).line)
    }
}

/// A value that has become a column.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) column: String,
    /// One more than that of the deepest column that it reads, from 1.
    pub(super) level: usize,
    pub(super) sql: String,
    /// Its comment.
    pub(super) words: String,
}

/// Columns that are worked out one behind the other.
#[derive(Debug, Default)]
pub(super) struct Chain {
    columns: Vec<Named>,
    /// The columns by their SQL.
    known: HashMap<String, (String, usize)>,
    /// How deep the deepest column lies that the expression being written reads.
    level: usize,
}

impl Chain {
    /// Begins a column; gives what [`Chain::end`] asks for.
    pub(super) fn begin(&mut self) -> usize {
        std::mem::take(&mut self.level)
    }

    /// Ends what has become no column.
    pub(super) fn keep(&mut self, before: usize) {
        self.read(before);
    }

    /// Ends the column of `sql`, which stands behind all that it reads: its name, `fresh` where no column has this SQL, and its level.
    pub(super) fn end(&mut self, before: usize, sql: String, words: String, fresh: impl FnOnce() -> String) -> (String, usize) {
        let deep = self.level + 1;
        let (column, level) = match self.known.get(&sql) {
            Some(known) => known.clone(),
            None => {
                let column = fresh();
                self.known.insert(sql.clone(), (column.clone(), deep));
                self.columns.push(Named { column: column.clone(), level: deep, sql, words });
                (column, deep)
            }
        };
        self.level = before;
        self.read(level);
        (column, level)
    }

    /// Notes that the expression being written reads a column of this level.
    pub(super) fn read(&mut self, level: usize) {
        self.level = self.level.max(level);
    }

    /// The columns of each step, in their order.
    pub(super) fn levels(&self) -> impl Iterator<Item = Vec<&Named>> {
        let deepest = self.columns.iter().map(|named| named.level).fold(0, Ord::max);
        (1..=deepest).map(|level| self.columns.iter().filter(|named| named.level == level).collect())
    }
}
