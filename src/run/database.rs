//! Records of a database: the query of `lsrc sql` is run where they are, and its rows are read or written there as a table.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use miette::Report;

use super::DataOptions;
use super::data::{event, related};
use super::missing::{MissingReport, Words};
use super::output::{self, Destination, Output, Piece};
use super::{Host, Outcome, RunOptions};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{BATCH_ROWS, ColumnErrors, DataReport, Fault, KeyReport};
use crate::invariant::Sure as _;
use crate::program::{Also, RuleSet, needs};
use crate::report::layout::{Cell, Column, CrmNames, Layout, LayoutOptions};
use crate::report::returned::{Foreign, Returned};
use crate::report::summary::{self, Unknown};
use crate::report::tally::Tally;
use crate::report::{Encoder, Format, ranking};
use crate::schema::{EventId, RelatedId};
use crate::sql::{self, Request, Shape};
use crate::text::nearest;
use crate::value::Type;
use crate::warehouse::{self, Address, Client, Kind, Needed, OutputColumn, Tables, Trouble};

/// The table that the records are in; `None` where they are in files.
pub(super) fn addressed(options: &RunOptions) -> Result<Option<Address>, Report> {
    let addresses: Vec<Address> = options.records.iter().filter_map(|path| Address::parse(path.to_str()?)).collect();
    match (addresses.as_slice(), target(options)) {
        ([], None) => Ok(None),
        ([], Some(to)) => {
            Err(Failure::new(format!("-o {}: the records are in files, and the scores would be in a database", to.shown()))
                .help("write a file and import it, or import the records and name their table in place of the files")
                .into())
        }
        ([one], _) if options.records.len() == 1 => Ok(Some(one.clone())),
        _several => Err(Failure::new("a table of a database cannot be scored together with other data")
            .help("name one table, or a view that joins several with UNION ALL")
            .into()),
    }
}

fn target(options: &RunOptions) -> Option<Address> {
    options.output.as_deref().and_then(Path::to_str).and_then(Address::parse)
}

/// Flags that mean nothing, or cannot be done, where a database scores.
fn verify(options: &RunOptions, to: Option<&Address>) -> Result<(), Report> {
    const EXPORT: &str = "export the table to CSV and score that";
    let data = &options.data;
    let errors = "the database reads the cells, and does not report which it could not read";
    let refused = [
        (!options.select.is_empty(), "--select", "the other columns are in the table: join them by the key"),
        (options.filter.is_some(), "--where", "write the scores to a table, and select from it"),
        (!options.rollups.is_empty(), "--rollup", "run the query of `lsrc sql --rollup` there"),
        (options.moves.is_some(), "--moves", "its reasons are not part of the query; the column of the move is in the scores"),
        (options.hits.is_some(), "--hits", "the query does not count the hits of every rule"),
        (options.report.is_some(), "--report", "the page needs the hits of every rule, which the query does not count"),
        (options.changed_only, "--changed-since", "select the rows that differ from those of a table you kept"),
        (options.compare.is_some(), "--compare", "compare two files of scores"),
        (options.store.is_some(), "--store", "the query does not give the reasons that a store keeps"),
        (options.forecast.is_some(), "--forecast", "the query knows one moment alone"),
        (options.max_bad_rows.is_some(), "--max-bad-rows", errors),
        (options.rejects.is_some(), "--rejects", errors),
        (data.strict, "--strict", errors),
        (options.threads.is_some(), "--threads", "the database decides how it works"),
        (data.input_format.is_some(), "--input-format", "a table has types of its own"),
        (data.encoding.is_some(), "--encoding", "a database has an encoding of its own"),
        (data.sheet.is_some(), "--sheet", "a database has tables"),
        (data.header_row.is_some(), "--header-row", "a table has no header"),
        (data.max_decoded.is_some(), "--max-decoded", "a table is not a compressed file"),
    ];
    let in_table = [
        (options.sort.is_some(), "--sort", "a table has no order: sort where you select from it"),
        (options.top.is_some(), "--top", "the whole table is scored: take the first where you select from it"),
        (options.crm_names, "--crm-names", "a table has the names of the rules: write a file for an import into the CRM"),
        (options.output_format.is_some(), "--output-format", "a table is not a file"),
        (options.csv_for.is_some(), "--csv-for", "a table is not CSV"),
    ];
    let wrong = refused.iter().chain(in_table.iter().filter(|_| to.is_some())).find(|(asked, ..)| *asked);
    match wrong {
        Some((_, flag, why)) => Err(Failure::new(format!("{flag} does not go with a database: {why}"))
            .help(format!("leave the flag out, or {EXPORT}"))
            .into()),
        None => Ok(()),
    }
}

/// Scores the records of a table, where they are.
pub(super) fn run(options: &RunOptions, from: &Address, rules: &RuleSet, host: &dyn Host) -> Result<Outcome, Report> {
    let to = target(options);
    verify(options, to.as_ref())?;
    let (model, sources) = (rules.model(), rules.sources());
    let as_of = options.data.moment(model)?;
    options.spare_inputs(std::iter::once(sources), from.file())?;
    let begun = Instant::now();
    let work = Work { options, model, rules, from, to: to.as_ref(), host };
    let mut client = warehouse::connect(from, to.is_some(), &|name| host.variable(name))?;
    let tables = work.tables(&mut *client)?;
    let layout = work.layout(false);
    let output = work.output(&mut *client, &tables, &layout, as_of)?;
    let errors = work.errors(&mut *client, &tables)?;
    let (tally, written) = match work.to {
        Some(to) => work.to_table(&mut *client, to, &output, &layout)?,
        None => work.to_file(&mut *client, &output, &layout)?,
    };
    client.commit()?;
    let run = summary::Run {
        rules: options.rules.display().to_string(),
        data: vec![from.shown()],
        as_of: crate::why::values::instant(as_of.micros, &model.schema.zone),
        as_of_words: super::moment_words(as_of, model),
        as_of_past: options.data.as_of.is_some() && as_of.micros < AsOf::now(&model.schema.zone).micros,
        missing: tables.lacking.clone(),
        written,
        seconds: begun.elapsed().as_secs_f64(),
        since: None,
        forecast: None,
        rollups: Vec::new(),
        unknown: Unknown::OF_A_DATABASE.to_vec(),
    };
    let errors = DataReport { rows: tally.records, ..errors };
    super::conclude(options, summary::build(model, sources, &tally, errors, run))
}

struct Work<'a> {
    options: &'a RunOptions,
    model: &'a Model,
    rules: &'a RuleSet,
    from: &'a Address,
    to: Option<&'a Address>,
    host: &'a dyn Host,
}

impl Work<'_> {
    /// The columns of the query; with the CRM's names if asked for.
    fn layout(&self, crm_names: bool) -> Layout {
        let crm_names = crm_names.then(|| CrmNames::declared(self.model));
        let options = LayoutOptions { crm_names, ..LayoutOptions::default() };
        let mut layout = Layout::new(self.model, self.rules.sources(), &options);
        if self.options.explain {
            // The query writes the account of a record as one text, as CSV does.
            layout.columns.push(Column { name: Arc::from("reasons"), cell: Cell::Carried(0) });
        }
        layout
    }

    /// Finds in the tables what the rules read.
    fn tables(&self, client: &mut dyn Client) -> Result<Tables, Report> {
        let (data, model) = (&self.options.data, self.model);
        if self.from.table().is_none() {
            let names = client.tables()?;
            let help = match names.first() {
                Some(first) => format!("write {}?table={first}; it has {}", self.from.database(), listed(&names)),
                None => "it has no tables".to_owned(),
            };
            return Err(Failure::new(format!("{} is a database: which table?", self.from.database())).help(help).into());
        }
        if let Some(to) = self.to {
            if !to.is_beside(self.from) {
                return Err(Failure::new(format!(
                    "-o {}: the records are in another database, {}",
                    to.shown(),
                    self.from.database()
                ))
                .help("write the scores into the database of the records, or to a file with -o FILE.csv")
                .into());
            }
            if to.table().is_none() {
                return Err(Failure::new(format!("-o {}: which table?", to.database()))
                    .help(format!("write {}?table=NAME", to.database()))
                    .into());
            }
        }
        let uses = Uses::of(model);
        // Tables are no files.
        let read = DataOptions { related: Vec::new(), ..data.clone() }.read_options(model, false)?;
        let needs = needs(model, &uses, &Also::default());
        let events = self.events()?;
        let related = self.related()?;
        let needed = Needed {
            schema: &model.schema,
            needs: &needs,
            options: &read,
            records: self.from,
            events: &events,
            related: &related,
        };
        warehouse::reading(client, needed).map_err(|trouble| match trouble {
            Trouble::Missing(missing) => {
                MissingReport { model, sources: self.rules.sources(), uses: &uses, words: Words::Flags("TABLE") }.told(&missing)
            }
            Trouble::Fault(fault) if fault.is_no_table() => no_table(client, self.from, &fault),
            Trouble::Fault(fault) => fault.into(),
        })
    }

    /// The tables of events that were named.
    fn events(&self) -> Result<Vec<(EventId, String)>, Report> {
        let mut events = Vec::new();
        for (name, value) in &self.options.data.events {
            let (event, table) = (event(self.model, name, "--events")?, self.table("--events", name, value)?);
            if events.iter().any(|(known, _)| *known == event) {
                return Err(twice("--events", name));
            }
            events.push((event, table));
        }
        Ok(events)
    }

    /// The tables of related records that were named; one that the rules have a file of may be in a table instead.
    fn related(&self) -> Result<Vec<(RelatedId, String)>, Report> {
        let mut all = Vec::new();
        for (name, value) in &self.options.data.related {
            let (id, table) = (related(self.model, name, "--related")?.0, self.table("--related", name, value)?);
            if all.iter().any(|(known, _)| *known == id) {
                return Err(twice("--related", name));
            }
            all.push((id, table));
        }
        Ok(all)
    }

    /// The table that a flag names.
    fn table(&self, flag: &str, name: &str, value: &str) -> Result<String, Report> {
        let table = match Address::parse(value) {
            None => value.to_owned(),
            Some(address) if !address.is_beside(self.from) => {
                return Err(Failure::new(format!("{flag} {name}: {} is another database", address.database()))
                    .help(format!("the records are in {}: copy the table there", self.from.database()))
                    .into());
            }
            Some(address) => address.table().unwrap_or_default().to_owned(),
        };
        if table.is_empty() {
            return Err(Failure::new(format!("{flag} {name}= names no table")).help(format!("write {flag} {name}=TABLE")).into());
        }
        Ok(table)
    }

    /// The query and its columns.
    fn output(
        &self,
        client: &mut dyn Client,
        tables: &Tables,
        layout: &Layout,
        as_of: AsOf,
    ) -> Result<warehouse::Output, Report> {
        let dialect = client.dialect();
        let request = Request {
            dialect,
            table: tables.records.clone(),
            events: tables.events.clone(),
            related: tables.related.clone(),
            as_of: Some(as_of),
            clock: None,
            explain: self.options.explain,
            shape: Shape::Select,
            name: self.options.rules.file_stem().map_or_else(|| "rules".to_owned(), |stem| stem.to_string_lossy().into_owned()),
        };
        let sources = self.rules.sources();
        let query = sql::write(self.model, sources, &request).map_err(|refusal| {
            let place = sources.place(refusal.span);
            let at = format!("{}:{}:{}", sources.name(refusal.span), place.line, place.column);
            Failure::new(format!("{at}: {} cannot compute {} as the rules mean it", dialect.name(), refusal.construct))
                .help("write the rule in a different way, or export the table to CSV and score that; docs/reference/sql.md says what each database lacks")
        })?;
        let column = |column: &Column| OutputColumn {
            name: column.name.to_string(),
            kind: if let Cell::Key(id) = column.cell {
                Kind::Key(self.model.schema.property(id).map_or(Type::Text, |p| p.ty.clone()))
            } else if matches!(column.cell, Cell::Score(_)) {
                Kind::Points
            } else {
                Kind::Text
            },
        };
        Ok(warehouse::Output { columns: layout.columns.iter().map(column).collect(), query: tables.put_before(&query) })
    }

    /// What can be known of errors in the data.
    fn errors(&self, client: &mut dyn Client, tables: &Tables) -> Result<DataReport, Report> {
        let mut report = DataReport::default();
        for (query, checks) in tables.checking() {
            client.rows(&query, &mut |row| {
                for (check, cell) in checks.iter().zip(row) {
                    let count = number(*cell);
                    if count > 0 {
                        report.columns.push(ColumnErrors {
                            event: check.event.clone(),
                            property: check.property.clone(),
                            column: check.column.clone(),
                            fault: Fault::Unreadable,
                            expected: check.expected.to_owned(),
                            count,
                            total: false,
                            samples: Vec::new(),
                            cures: Vec::new(),
                        });
                    }
                }
                Ok(())
            })?;
        }
        if let Some(query) = tables.keys().filter(|_| !self.options.data.assume_unique) {
            client.rows(&query, &mut |row| {
                let numbers: Vec<u64> = row.iter().map(|cell| number(*cell)).collect();
                if let [unknown, duplicates] = numbers.as_slice() {
                    report.keys = KeyReport { unknown: *unknown, duplicates: *duplicates, ..KeyReport::default() };
                }
                Ok(())
            })?;
        }
        Ok(report)
    }

    fn tally(&self, layout: &Layout) -> Tally {
        Tally::new(self.model, &Uses::of(self.model), layout.texts.causes.iter().map(Vec::len).collect())
    }

    fn to_table(
        &self,
        client: &mut dyn Client,
        to: &Address,
        output: &warehouse::Output,
        layout: &Layout,
    ) -> Result<(Tally, u64), Report> {
        let table = to.table().unwrap_or_default();
        let written = output.write(client, table, &format!("the table `{table}`"))?;
        let returned = Returned::new(self.model, layout);
        let mut tally = self.tally(layout);
        for group in returned.groups() {
            let query = output.counts(client.dialect(), table, &group);
            client.rows(&query, &mut |row| returned.count(&group, row, &mut tally).map_err(foreign))?;
        }
        Ok((tally, written))
    }

    fn to_file(&self, client: &mut dyn Client, output: &warehouse::Output, layout: &Layout) -> Result<(Tally, u64), Report> {
        let options = self.options;
        let format = options.format()?;
        if options.explain && format != Format::Csv {
            return Err(Failure::new(
                "--explain goes with a database only where the scores are CSV or a table: a query gives reasons as one text",
            )
            .help("write a .csv file, or export the table to CSV and score that")
            .into());
        }
        let encoder = Encoder::new(format, &self.layout(options.crm_names), self.model, options.dialect());
        let sort = super::job::sort(options, self.model, &[])?;
        let place = match &options.output {
            Some(path) if path != Path::new("-") => Destination::File(path.clone()),
            Some(_) | None => Destination::Standard,
        };
        let mut file = Output::create(place, &encoder, sort.map(|_| options.top))?;
        let mut returned = Returned::new(self.model, layout);
        let mut tally = self.tally(layout);
        let mut flush = |returned: &mut Returned<'_>| {
            let (batch, scores) = returned.take();
            self.host.advance(batch.rows as u64, None);
            tally.add(&batch, &scores);
            let rows: Vec<u32> = (0..crate::invariant::number(batch.rows)).collect();
            let piece = match sort {
                Some(by) => Piece::Ranked(ranking::rank(&encoder, &batch, &scores, &rows, by).map_err(output::failed)?),
                None => Piece::Rows(encoder.encode(&batch, &scores, &rows).map_err(output::failed)?, batch.rows as u64),
            };
            file.write(piece)
        };
        client.rows(&output.as_texts(client.dialect()), &mut |row| {
            returned.push(row).map_err(foreign)?;
            if returned.rows() >= BATCH_ROWS { flush(&mut returned) } else { Ok(()) }
        })?;
        flush(&mut returned)?;
        self.host.finish();
        let written = file.finish()?.written;
        Ok((tally, written))
    }
}

fn twice(flag: &str, name: &str) -> Report {
    Failure::new(format!("{flag} {name}: two tables for one name")).help("name a view that joins them with UNION ALL").into()
}

fn foreign(it: Foreign) -> Report {
    Failure::new(format!("the database gave \"{}\" in the column `{}`, which these rules never give", it.text, it.column))
        .help("something between lsrc and the table changes the rows: a trigger, a rule, or another column type")
        .into()
}

/// A count that a query gave: what counts no row may be empty.
fn number(cell: Option<&str>) -> u64 {
    cell.map_or(0, |text| text.parse().sure("a count is a whole number"))
}

/// Names of tables for a message.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    let more = if names.len() > shown.len() { format!(" and {} more", names.len() - shown.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn no_table(client: &mut dyn Client, place: &Address, fault: &warehouse::Fault) -> Report {
    let names = client.tables().unwrap_or_default();
    let asked = fault.to_string();
    let asked = asked.split('`').nth(1).unwrap_or("").to_owned();
    let failure = Failure::new(fault.to_string());
    match nearest(&asked, names.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None if names.is_empty() => failure.help(format!("{} has no tables", place.database())).into(),
        None => failure.help(format!("it has {}", listed(&names))).into(),
    }
}
