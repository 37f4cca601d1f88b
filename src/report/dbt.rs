//! The rules as a part of a dbt project: the model, and beside it what dbt documents and tests: sources with the schema's words, the
//! columns of the output, and the `test` items as unit tests.

use std::fmt::Write as _;

use crate::hir::words::{self, squeezed};
use crate::hir::{LabelBody, Model, Output, Rollup, Test};
use crate::invariant::Sure as _;
use crate::kernel::texts::domain;
use crate::schema::{EventId, PropId, Property, RelatedId};
use crate::source::{Sources, Span};
use crate::sql::{self, Refusal, Request, Source, fixture, moment_variable};
use crate::trial::{Runner, given};
use crate::value::{Type, Value};

/// Records of one key are scored each for itself, so that a key that comes twice is worth a word and no error.
const UNIQUE: &str = "unique: {config: {severity: warn}}";

/// The files of a model.
#[derive(Debug, Clone)]
pub struct Files {
    /// `models/NAME.sql`
    pub model: String,
    /// `models/NAME.yml`
    pub properties: String,
    /// `models/NAME_ROLLUP.sql` for each rollup of the rules: its name, and the model of its accounts.
    pub rollups: Vec<(String, String)>,
}

/// The files of the model `request.name`.
///
/// # Errors
/// The first construct that the dialect cannot compute equally, or a name that dbt would take for a template.
pub fn files(model: &Model, sources: &Sources, request: &Request) -> Result<Files, Refusal> {
    let text = sql::write(model, sources, request)?;
    let writer = Writer { model, sources, request };
    writer.plain_names()?;
    let accounts = |rollup: &Rollup| Ok((writer.rollup_name(rollup), sql::write_rollup(model, rollup, sources, request)?));
    let rollups = model.rollups.iter().map(accounts).collect::<Result<_, _>>()?;
    Ok(Files { model: text, properties: writer.properties(), rollups })
}

/// A text in YAML's double quotes; braces that a template could begin or end with are parted by a blank.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut last = ' ';
    for c in text.chars() {
        if matches!((last, c), ('{', '{' | '%' | '#') | ('}' | '%' | '#', '}')) {
            out.push(' ');
        }
        last = c;
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                let _always = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a template could take a part of a text for its own.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#", "}}", "%}", "#}"].iter().any(|mark| text.contains(mark))
}

/// A name of small letters, digits and underscores.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// Columns with their words, and tests of what they can hold.
fn columns(columns: Vec<(String, String, Vec<String>)>, out: &mut String) {
    for (column, words, values) in columns {
        let _always = writeln!(out, "      - name: {}\n        description: {}", quoted(&column), quoted(&words));
        // Values that a template could begin in are no test: dbt would read them as its own.
        if !values.is_empty() && !values.iter().any(|value| is_template(value)) {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            let _always = writeln!(
                out,
                "        data_tests:\n          - accepted_values:\n              arguments:\n                values: [{}]",
                values.join(", ")
            );
        }
    }
}

struct Writer<'m> {
    model: &'m Model,
    sources: &'m Sources,
    request: &'m Request,
}

/// A table of the user's: its source, its words, its columns.
struct Table {
    source: Source,
    docs: String,
    columns: Vec<(String, Property)>,
    key: Option<String>,
}

impl Writer<'_> {
    fn plain_names(&self) -> Result<(), Refusal> {
        let span = self.model.schema.place();
        let models = std::iter::once(self.model).chain(self.model.rollups.iter().map(|rollup| &rollup.accounts));
        let mut names: Vec<String> = models.flat_map(|model| self.outputs_of(model)).map(|(name, _, _)| name).collect();
        names.extend(self.request.events.iter().map(|(_, table)| table.clone()));
        names.extend(self.request.related.iter().map(|(_, table)| table.clone()));
        names.push(self.request.table.clone());
        names.extend(self.tables().into_iter().flat_map(|table| table.columns.into_iter().map(|(name, _)| name)));
        match names.into_iter().find(|name| is_template(name) || name.contains(['\'', '"', '\\', '`'])) {
            Some(name) => Err(Refusal { construct: format!("the name {name:?} in a dbt project"), span }),
            None => Ok(()),
        }
    }

    fn line(&self, span: Span) -> String {
        format!("{}:{}", self.sources.name(span), self.sources.place(span).line)
    }

    /// The tables that the model can read: the records, every event list and every related record.
    fn tables(&self) -> Vec<Table> {
        let schema = &self.model.schema;
        let key = schema.key.and_then(|id| schema.property(id)).map(|property| property.name.to_string());
        let columns = self.own().map(|(_, p)| (p.name.to_string(), p.clone())).collect();
        let source = Source::of(&self.request.table, &self.request.name);
        let mut tables = vec![Table { source, docs: "The records that are scored.".to_owned(), columns, key }];
        for (id, table) in &self.request.events {
            let Some(list) = schema.event(*id) else { continue };
            let Some(target) = schema.referred(list).first().and_then(|id| schema.property(*id)) else { continue };
            let by = list.by.as_ref().unwrap_or(&target.name).to_string();
            let reference = Property { default: None, required: false, docs: Vec::new(), ..target.clone() };
            let mut columns = vec![(by, reference)];
            columns.extend(list.fields.iter().map(|f| (f.name.to_string(), f.clone())));
            let docs = format!("The events {}.", list.name);
            tables.push(Table { source: Source::of(table, &self.request.name), docs, columns, key: None });
        }
        for (id, table) in &self.request.related {
            let Some(related) = schema.related(*id) else { continue };
            let Some(target) = schema.property(related.to) else { continue };
            let key = Property { default: None, required: false, docs: Vec::new(), ..target.clone() };
            let mut columns = vec![(related.by.to_string(), key)];
            let properties = related.properties.iter().filter_map(|id| schema.property(*id));
            columns.extend(properties.map(|p| (related.short(p).to_owned(), p.clone())));
            let docs = format!("The related records {}.", related.name);
            tables.push(Table { source: Source::of(table, &self.request.name), docs, columns, key: None });
        }
        tables
    }

    /// The properties of the records themselves.
    fn own(&self) -> impl Iterator<Item = (PropId, &Property)> {
        let all = (0..).map(PropId).zip(&self.model.schema.properties);
        all.filter(|(_, property)| property.related.is_none())
    }

    /// The name of the dbt model of a rollup's accounts.
    fn rollup_name(&self, rollup: &Rollup) -> String {
        format!("{}_{}", self.request.name, rollup.name)
    }

    /// The columns of the output: name, words, and the texts that it can hold.
    fn outputs(&self) -> Vec<(String, String, Vec<String>)> {
        let mut out = self.outputs_of(self.model);
        out.push(("excluded".to_owned(), "Why the record is left out of scoring; empty for the others.".to_owned(), Vec::new()));
        if self.request.explain {
            out.push(("reasons".to_owned(), "Who gave how many points, the greatest first.".to_owned(), Vec::new()));
        }
        out
    }

    /// The scores, labels and lifecycles of records, or of accounts.
    fn outputs_of(&self, model: &Model) -> Vec<(String, String, Vec<String>)> {
        let mut out = Vec::new();
        for output in &model.outputs {
            match output {
                Output::Score(id) => {
                    let Some(score) = model.score(*id) else { continue };
                    let head = format!("{} ({}).", words::score(self.sources, score), self.line(score.name_span));
                    out.push((score.name.to_string(), [score.docs.join(" "), head].join(" ").trim().to_owned(), Vec::new()));
                }
                Output::Label(id) => {
                    let Some(label) = model.label(*id) else { continue };
                    let of = match &label.body {
                        LabelBody::Ranges { score, .. } => {
                            format!("by {}", model.sure_score(*score).name)
                        }
                        LabelBody::Labels { label, .. } => {
                            format!("by {}", model.sure_label(*label).name)
                        }
                        LabelBody::Join(_) => "of other labels".to_owned(),
                    };
                    let head = format!("label {} {of} ({}).", label.name, self.line(label.name_span));
                    let values = label.values.iter().map(ToString::to_string).collect();
                    out.push((label.name.to_string(), [label.docs.join(" "), head].join(" ").trim().to_owned(), values));
                }
            }
        }
        for lifecycle in &model.lifecycles {
            let stages: Vec<String> = lifecycle.stages.iter().map(ToString::to_string).collect();
            let name = &lifecycle.name;
            let docs = lifecycle.docs.join(" ");
            let head = format!("{docs} The stage after this run ({}).", self.line(lifecycle.name_span));
            out.push((name.to_string(), head.trim().to_owned(), stages.clone()));
            out.push((format!("{name}_before"), "The stage before this run.".to_owned(), stages));
            let moves = ["forward", "backward", "none", "held"].map(str::to_owned).to_vec();
            out.push((format!("{name}_move"), "How the stage moves.".to_owned(), moves));
            out.push((format!("{name}_reason"), "What decided the stage.".to_owned(), Vec::new()));
        }
        out
    }

    fn properties(&self) -> String {
        let name = &self.request.name;
        let mut out = String::from("# Written by lsrc; change the rules, not this file.\nversion: 2\n\nsources:\n");
        let tables = self.tables();
        let mut done: Vec<&Source> = Vec::new();
        for table in &tables {
            let same = |other: &&Source| other.name == table.source.name && other.database == table.source.database;
            if done.iter().any(same) {
                continue;
            }
            done.push(&table.source);
            let _always = writeln!(out, "  - name: {}", quoted(&table.source.name));
            if let Some(database) = &table.source.database {
                let _always = writeln!(out, "    database: {}", quoted(database));
            }
            let own = || "\"{{ target.schema }}\"".to_owned();
            let _always = writeln!(out, "    schema: {}", table.source.schema.as_deref().map_or_else(own, quoted));
            out.push_str("    tables:\n");
            let of_source = tables.iter().filter(|other| same(&&other.source));
            of_source.for_each(|table| self.table(table, &mut out));
        }
        let docs = format!("Lead scoring rules of {}.", self.sources.iter().next().sure("rules have a source").1.name());
        let _always = writeln!(out, "\nmodels:\n  - name: {}\n    description: {}\n    columns:", quoted(name), quoted(&docs));
        if let Some(key) = self.model.schema.key.and_then(|id| self.model.schema.property(id)) {
            let _always = writeln!(out, "      - name: {}\n        data_tests: [{UNIQUE}, not_null]", quoted(&key.name));
        }
        columns(self.outputs(), &mut out);
        for rollup in &self.model.rollups {
            let name = quoted(&self.rollup_name(rollup));
            let docs = format!(
                "{} The accounts of the rollup {} ({}).",
                rollup.docs.join(" "),
                rollup.name,
                self.line(rollup.name_span)
            );
            let _always = writeln!(out, "  - name: {name}\n    description: {}\n    columns:", quoted(docs.trim()));
            if let Some(key) = rollup.accounts.schema.property(Rollup::KEY) {
                let _always = writeln!(out, "      - name: {}\n        data_tests: [unique, not_null]", quoted(&key.name));
            }
            let records = quoted("How many records count.");
            let _always = writeln!(out, "      - name: {}\n        description: {records}", quoted(Rollup::RECORDS_NAME));
            columns(self.outputs_of(&rollup.accounts), &mut out);
        }
        self.unit_tests(&tables, &mut out);
        out
    }

    fn table(&self, table: &Table, out: &mut String) {
        let _always = writeln!(out, "      - name: {}", quoted(&table.source.table));
        if !table.docs.is_empty() {
            let _always = writeln!(out, "        description: {}", quoted(&table.docs));
        }
        out.push_str("        columns:\n");
        for (name, property) in &table.columns {
            let mut words = property.docs.clone();
            words.push(format!("{}.", squeezed(self.sources, property.span).trim_end_matches(',')));
            let _always =
                writeln!(out, "          - name: {}\n            description: {}", quoted(name), quoted(&words.join(" ")));
            if table.key.as_ref() == Some(name) {
                let _always = writeln!(out, "            data_tests: [{UNIQUE}, not_null]");
            } else if property.required {
                out.push_str("            data_tests:\n              - not_null:\n                  config: {severity: warn}\n");
            }
        }
    }

    fn unit_tests(&self, tables: &[Table], out: &mut String) {
        if self.model.tests.is_empty() {
            return;
        }
        out.push_str("\nunit_tests:\n");
        let runner = Runner::new(self.model, self.sources);
        let mut names: Vec<String> = Vec::new();
        let start = out.len();
        let mut left_out = String::new();
        for (at, test) in self.model.tests.iter().enumerate().filter(|(_, test)| test.account.is_none()) {
            let mut name = format!("{}_{}", self.request.name, slug(&test.name));
            if names.contains(&name) {
                name = format!("{name}_{}", at + 1);
            }
            names.push(name.clone());
            match self.unit_test(&runner, at, test, &name, tables) {
                Ok(text) => out.push_str(&text),
                Err(why) => {
                    let _always =
                        writeln!(left_out, "  # left out: test {} ({}): {why}", quoted(&test.name), self.line(test.span));
                }
            }
        }
        if out.len() == start {
            out.truncate(start - "\nunit_tests:\n".len());
            out.push('\n');
        }
        out.push_str(&left_out);
    }

    /// A test item as a unit test: its record, and what the rules make of it.
    fn unit_test(&self, runner: &Runner<'_>, at: usize, test: &Test, name: &str, tables: &[Table]) -> Result<String, String> {
        if test.table.is_some() {
            return Err("its cases are in a file".to_owned());
        }
        let (verdict, fired) = runner.run(at, None).ok_or("it does not run")?;
        if !verdict.failures.is_empty() {
            return Err("what it expects does not hold, see `lsrc test`".to_owned());
        }
        let mut out = String::new();
        let _always = writeln!(out, "  - name: {}\n    description: {}", quoted(name), quoted(&test.name));
        let _always = writeln!(out, "    model: {}\n    overrides:\n      vars:", quoted(&self.request.name));
        let _always = writeln!(out, "        {}: {}\n    given:", moment_variable(&self.request.name), test.as_of.micros);
        for (at, table) in tables.iter().enumerate() {
            let related = at.checked_sub(1 + self.request.events.len());
            let rows = match related.and_then(|at| self.request.related.get(at)) {
                Some((id, _)) => self.related(test, *id)?,
                None if at == 0 => vec![self.record(test)],
                None => self.events(test, at)?,
            };
            let sql = fixture::rows(self.request.dialect, &table.columns, &rows).ok_or("a value cannot be written")?;
            let input = format!("source('{}', '{}')", table.source.name, table.source.table);
            let _always = writeln!(out, "      - input: {}\n        format: sql\n        rows: |", quoted(&input));
            sql.lines().for_each(|line| out.push_str(&format!("          {line}\n")));
        }
        let mut cells = Vec::new();
        for (column, _, _) in self.outputs().into_iter().filter(|(column, _, _)| column != "reasons") {
            let Some(text) = fired.first().and_then(|fired| runner.output(&column, fired)) else { continue };
            if is_template(&text) {
                return Err("a text holds braces that dbt would read as its own".to_owned());
            }
            let is_score = self.model.scores.iter().any(|score| *score.name == column);
            let value = match (text.is_empty(), is_score) {
                (true, _) => "null".to_owned(),
                (false, true) => text,
                (false, false) => quoted(&text),
            };
            cells.push(format!("{}: {value}", quoted(&column)));
        }
        let _always = writeln!(out, "    expect:\n      rows:\n        - {{{}}}", cells.join(", "));
        Ok(out)
    }

    /// The key of a test's record, which few tests give.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a key is a whole number or a text")]
    fn key(&self, test: &Test) -> Option<Value> {
        let key = self.model.schema.key?;
        let given = given(test).properties.into_iter().rev().find(|(id, _)| *id == key).map(|(_, value)| value);
        given.or_else(|| match self.model.schema.property(key)?.ty {
            Type::Integer => Some(Value::Integer(1)),
            Type::Text => Some(Value::Text("test".into())),
            _ => None,
        })
    }

    fn record(&self, test: &Test) -> Vec<Option<Value>> {
        let given = given(test).properties;
        let value = |id: PropId| {
            let found = given.iter().rev().find(|(given, _)| *given == id).map(|(_, value)| value.clone());
            found.or_else(|| self.key(test).filter(|_| self.model.schema.key == Some(id)))
        };
        self.own().map(|(id, _)| value(id)).collect()
    }

    /// The row of a related record that a test gives.
    fn related(&self, test: &Test, id: RelatedId) -> Result<Vec<Vec<Option<Value>>>, String> {
        let given = given(test);
        let Some(related) = self.model.schema.related(id).filter(|related| given.has(related)) else { return Ok(Vec::new()) };
        let named = match given.value(related.to) {
            Some(Value::Text(text)) if related.domain => domain(text, 1).map(|text| Value::Text(text.into())),
            named => named.cloned(),
        };
        let named = named.ok_or_else(|| format!("it gives `{}`, and not what names it", related.name))?;
        let values = related.properties.iter().map(|id| given.value(*id).cloned());
        Ok(vec![std::iter::once(Some(named)).chain(values).collect()])
    }

    /// The events that a test gives for the table numbered `at`, of which the first holds the records.
    fn events(&self, test: &Test, at: usize) -> Result<Vec<Vec<Option<Value>>>, String> {
        let Some((list, _)) = at.checked_sub(1).and_then(|at| self.request.events.get(at)) else { return Ok(Vec::new()) };
        let events: Vec<_> = given(test).events.into_iter().filter(|(id, _)| id == list).collect();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let schema = &self.model.schema;
        let to = schema.event(EventId(list.0)).and_then(|list| schema.referred(list).first().copied());
        let reference = to.and_then(|to: PropId| self.record(test).get(to.0 as usize).cloned().flatten());
        let reference = reference.ok_or("it gives events, and not what they refer to")?;
        Ok(events.into_iter().map(|(_, fields)| std::iter::once(Some(reference.clone())).chain(fields).collect()).collect())
    }
}
