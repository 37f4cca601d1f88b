//! The steps of an event table: read, counted for the rules, and added up once by record.

use super::Refusal;
use super::builder::{Builder, Events, Form, Place, Reader};
use super::events::KEY;
use super::fold::Alphabet;
use super::items::Column;
use super::query::complete;
use super::read::Columns;
use super::steps::{Steps, chained, plain};
use crate::invariant::Sure as _;
use crate::schema::{EventId, EventList, PropId, Property};
use crate::value::Type;

/// What ties events to records.
struct Tie {
    /// The column of the events.
    event: String,
    /// That of the records.
    record: String,
    /// Whether they are floats.
    float: bool,
}

impl Builder<'_> {
    /// Reads an event table, counts and adds it up by key, and joins the totals to the records in `last`.
    pub(super) fn event_steps(
        &mut self,
        event: EventId,
        key: PropId,
        mut taken: Events,
        last: &str,
        steps: &mut Steps<'_>,
    ) -> Result<String, Refusal> {
        let Some(list) = self.model.schema.event(event) else { return Ok(last.to_owned()) };
        let Some((_, table)) = self.request.events.iter().find(|(id, _)| *id == event) else {
            let construct = format!("events `{}` without a table (name it with --events {}=TABLE)", list.name, list.name);
            return self.refuse(construct, taken.span);
        };
        let table = self.table(table);
        let of = |id: u32| list.fields.get(id as usize).cloned();
        complete(&mut taken.reader, &of);
        let (mut first, mut second) = self.columns(&taken.reader.read(), &of)?;
        let tie = self.tie(list, key, &mut taken, &mut first, &mut second)?;
        let mut at = self.steps.fresh(&list.name);
        let words = format!("The events {}, read and typed as the schema says.", list.name);
        steps.read(&at, &words, &first, &table);
        if !second.is_empty() {
            let name = self.steps.fresh(&format!("{} prepared", list.name));
            steps.add(&name, "What is made of them: texts in lower case, calendar days.", &plain(second));
            at = name;
        }
        let totals = self.totals(list, &tie, &taken, &at, last, steps);
        Ok(self.with_totals(list, &tie, &taken, &totals, last, steps))
    }

    /// The column that refers to the record, read and folded like the one that it refers to.
    fn tie(
        &mut self,
        list: &EventList,
        key: PropId,
        taken: &mut Events,
        first: &mut Columns,
        second: &mut Columns,
    ) -> Result<Tie, Refusal> {
        let to = list.to.first().copied().unwrap_or(key);
        let Some(target) = self.model.schema.property(to).cloned() else {
            return self.refuse("events without a property that they refer to", list.span);
        };
        let reference =
            Property { default: None, name: list.by.clone().unwrap_or_else(|| target.name.clone()), ..target.clone() };
        let name = taken.reader.fresh("record");
        let folded = to != key && target.ty == Type::Text;
        let mut reader = Reader::default();
        reader.column(0, &reference, Form::Value);
        let (read, _) = self.columns(&reader.read(), &|_| Some(reference.clone()))?;
        first.push((name.clone(), read.into_iter().next().sure("the column was asked for").1));
        let form = if folded { Form::FoldedWhole } else { Form::Value };
        let record = self.property(to, form, Place::Record).sure("a list belongs to a property of the schema");
        if !folded {
            return Ok(Tie { event: self.quoted(&name), record, float: reference.ty == Type::Number });
        }
        let mut whole = Alphabet::default();
        whole.add_all();
        let Some(sql) = whole.fold(&self.quoted(&name), &self.model.schema, self.dialect) else {
            return self.refuse("texts with `ignore accents`", list.span);
        };
        let compared = taken.reader.fresh("record compared");
        second.push((compared.clone(), sql));
        Ok(Tie { event: self.quoted(&compared), record, float: false })
    }

    /// The steps from the events in `at` to their totals; the name of the last.
    fn totals(&mut self, list: &EventList, tie: &Tie, taken: &Events, at: &str, last: &str, steps: &mut Steps<'_>) -> String {
        let ty = list.field(list.at).map_or(Type::DateTime, |field| field.ty.clone());
        let moment = taken.reader.columns.get(&(list.at.0, Form::Value)).map_or_else(String::new, |name| self.quoted(name));
        let now = if ty == Type::Date { self.today() } else { self.moment() };
        let until = format!("\nWHERE e.{moment} <= {now}");
        let chain = chained(&taken.chain);
        let mut from = at.to_owned();
        let mut until_here = until.as_str();
        if !taken.record_columns.is_empty() || !chain.is_empty() {
            let name = self.steps.fresh(&format!("{} so far", list.name));
            steps.push(
                &name,
                "Those up to the moment, with what rules look at of their records.",
                self.so_far(tie, taken, &from, &until, last),
            );
            from = name;
            until_here = "";
        }
        for columns in chain {
            let name = self.steps.fresh(&format!("{} looked at", list.name));
            steps.add_to(&from, "e", &name, "What their conditions work out on the way.", &columns);
            from = name;
        }
        let counted = self.steps.fresh(&format!("{} counted", list.name));
        let mut lines = vec!["e.*".to_owned()];
        lines.extend(taken.tests.iter().map(|(name, sql)| format!("{sql} AS {}", self.quoted(name))));
        let letters = steps.letters(taken.tests.iter().map(|(_, sql)| sql.as_str()));
        let body = format!("SELECT\n    {}\nFROM {} AS e{letters}{until_here}", lines.join(",\n    "), self.quoted(&from));
        steps.push(&counted, "Which of them count for which rule.", body);
        let apart = self.apart(tie, taken);
        let parts: Vec<String> = apart.iter().map(|(part, _)| part.clone()).collect();
        let mut source = counted;
        if !taken.ranks.is_empty() {
            let ranked = self.steps.fresh(&format!("{} ranked", list.name));
            let partition =
                |(part, float): &(String, bool)| if *float { self.dialect.partition_float(part) } else { part.clone() };
            let partition: Vec<String> = apart.iter().map(partition).collect();
            let column = |(name, sql): &(String, String)| Column {
                name: name.clone(),
                sql: sql.replace(KEY, &partition.join(", ")),
                words: String::new(),
            };
            let columns: Vec<Column> = taken.ranks.iter().map(column).collect();
            steps.add_to(&source, "e", &ranked, "Their places from the newest on.", &columns);
            source = ranked;
        }
        let totals = self.steps.fresh(&format!("{} totals", list.name));
        let mut lines = parts.clone();
        lines.extend(taken.totals.iter().map(|(name, sql, _)| format!("{sql} AS {}", self.quoted(name))));
        let body =
            format!("SELECT\n    {}\nFROM {} AS e\nGROUP BY {}", lines.join(",\n    "), self.quoted(&source), parts.join(", "));
        steps.push(&totals, "Added up by record.", body);
        totals
    }

    /// What totals are kept apart by, and whether it is a float.
    fn apart(&self, tie: &Tie, taken: &Events) -> Vec<(String, bool)> {
        let own = taken.record_columns.values().map(|column| (self.quoted(&column.own), column.float));
        std::iter::once((tie.event.clone(), tie.float)).chain(own).map(|(name, float)| (format!("e.{name}"), float)).collect()
    }

    /// The events up to the moment, each with the columns of its records that conditions look at.
    fn so_far(&self, tie: &Tie, taken: &Events, from: &str, until: &str, last: &str) -> String {
        let from = self.quoted(from);
        if taken.record_columns.is_empty() {
            return format!("SELECT\n    e.*\nFROM {from} AS e{until}");
        }
        let key = self.quoted("record key");
        let (mut kept, mut lines) = (Vec::new(), vec!["e.*".to_owned()]);
        for (column, beside) in &taken.record_columns {
            let column = self.quoted(column);
            lines.push(format!("r.{column} AS {}", self.quoted(&beside.own)));
            kept.push(column);
        }
        format!(
            "SELECT\n    {}\nFROM {from} AS e\nJOIN (SELECT DISTINCT {} AS {key}, {} FROM {}) AS r ON r.{key} = e.{}{until}",
            lines.join(",\n    "),
            tie.record,
            kept.join(", "),
            self.quoted(last),
            tie.event
        )
    }

    /// The step that joins the totals to the records; its name.
    fn with_totals(
        &mut self,
        list: &EventList,
        tie: &Tie,
        taken: &Events,
        totals: &str,
        last: &str,
        steps: &mut Steps<'_>,
    ) -> String {
        let with = self.steps.fresh(&format!("with {}", list.name));
        let mut lines = vec!["s.*".to_owned()];
        lines.extend(taken.totals.iter().map(|(name, _, none)| {
            let name = self.quoted(name);
            match none {
                Some(none) => format!("CASE WHEN e.{} IS NULL THEN {none} ELSE e.{name} END AS {name}", tie.event),
                None => format!("e.{name} AS {name}"),
            }
        }));
        let mut on = vec![format!("e.{} = s.{}", tie.event, tie.record)];
        on.extend(taken.record_columns.iter().map(|(column, beside)| {
            let (event, record) = (format!("e.{}", self.quoted(&beside.own)), format!("s.{}", self.quoted(column)));
            format!("({})", self.dialect.same(&event, &record))
        }));
        let body = format!(
            "SELECT\n    {}\nFROM {} AS s\nLEFT JOIN {} AS e ON {}",
            lines.join(",\n    "),
            self.quoted(last),
            self.quoted(totals),
            on.join(" AND ")
        );
        steps.push(&with, "The records with their totals.", body);
        with
    }
}
