//! `lsrc run` on tables: cases under `tests/cases/database`, and a project in SQLite against a run over its files, and
//! what PostgreSQL is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::hir::{AsOf, Model};
use lsrc::input::{self, EventSource, Needs, ReadOptions, Spec};
use lsrc::schema::{FieldId, PropId};
use lsrc::sql::{self, DialectName, Request, Shape};
use lsrc::warehouse::{self, Address, Client, Fault, Kind, Needed, Output, OutputColumn, Storage, TableColumn, Trouble};

use crate::command::{check_area, lsrc};
use crate::oracle::{Record, columns};
use crate::sql::engine;

#[test]
fn every_case_prints_what_it_should() {
    check_area("database");
}

/// A project with events: its files of records and events, and the day of its first run.
const PROJECT: &str = "product-led";
const DATA: &str = "accounts.csv";
const EVENTS: (&str, &str) = ("action", "actions.csv");
const AS_OF: &str = "2026-04-20";

fn folder(project: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(project)
}

/// The rules of a project, and its records as the program reads them.
fn project(folder: &Path) -> (Model, Vec<Record>) {
    let mut texts = Texts::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let name = entry.path().strip_prefix(folder).unwrap();
        texts = texts.with(Path::new("project").join(name), fs::read(entry.path()).unwrap());
    }
    let program = check::load(&texts, Path::new("project/score.lsr"), &LoadOptions::default());
    let model = check::check(&program, &[]).model.unwrap();
    let schema = &model.schema;
    let needs = Needs {
        properties: (0..).map(PropId).take(schema.properties.len()).collect(),
        fields: schema.events.iter().map(|list| (0..).map(FieldId).take(list.fields.len()).collect()).collect(),
        batch_rows: 100_000,
        ..Needs::default()
    };
    let source = EventSource { event: schema.find_event(EVENTS.0).unwrap().0, spec: Spec::file(folder.join(EVENTS.1)) };
    let options = ReadOptions { allow_missing: needs.properties.clone(), ..ReadOptions::default() };
    let as_of = AsOf::parse(AS_OF, &schema.zone).unwrap();
    let mut reader =
        input::open(&Spec::file(folder.join(DATA)), &[source], schema, &needs, as_of, &options).unwrap_or_else(|e| panic!("{e}"));
    let mut records = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        records.extend(columns::records(&model, &batch));
    }
    (model, records)
}

/// The rows of a CSV, sorted.
fn sorted(text: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = String::from_utf8_lossy(text).lines().map(str::to_owned).collect();
    lines.get_mut(1..).unwrap_or_default().sort();
    lines
}

/// What a run prints.
fn scores(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = lsrc(folder).arg("run").arg("score.lsr").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Copies the rules of a project, changed by `change`, into a folder of their own.
fn copy(from: &Path, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let place = to.path().join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(place).unwrap();
        } else if entry.path().extension().is_some_and(|e| e == "lsr") {
            fs::write(place, change(fs::read_to_string(entry.path()).unwrap())).unwrap();
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
    to
}

/// What SQLite cannot compute is taken out of the rules, for both runs.
fn for_sqlite(text: String) -> String {
    text.replace("distinct(action.member within 30 days)", "count(action within 30 days)")
}

#[cfg(feature = "sqlite")]
#[test]
fn a_project_with_events_scores_in_sqlite_as_from_its_files() {
    let copied = copy(&folder(PROJECT), for_sqlite);
    let (model, records) = project(copied.path());
    let connection = rusqlite::Connection::open(copied.path().join("crm.db")).unwrap();
    engine::load(&connection, &model, &records);
    connection.execute("ALTER TABLE contacts RENAME TO zone", []).unwrap();
    drop(connection);
    let events = format!("{}={}", EVENTS.0, EVENTS.1);
    let expected = sorted(&scores(copied.path(), &[DATA, "--events", &events, "--as-of", AS_OF]));
    // The events are in the table that bears the name of their list, which is also that of a step of the query; the records' is no step's.
    let found = sorted(&scores(copied.path(), &["crm.db?table=zone", "--as-of", AS_OF]));
    assert_eq!(expected, found);
    assert_eq!(found.len(), 502);
}

/// A table of PostgreSQL that is described and never read.
struct Described;

impl Client for Described {
    fn dialect(&self) -> DialectName {
        DialectName::Postgres
    }

    fn columns(&mut self, table: &str) -> Result<Vec<TableColumn>, Fault> {
        let column = |(name, storage): (&str, Storage)| TableColumn {
            name: name.to_owned(),
            storage,
            declared: format!("{storage:?}").to_lowercase(),
        };
        let columns: &[(&str, Storage)] = match table {
            "crm.contacts" => &[
                ("id", Storage::Whole),
                ("Company Size", Storage::Decimal),
                ("email", Storage::Other),
                ("since", Storage::Local),
                ("last_demo", Storage::Date),
                ("tags", Storage::Texts),
                ("Stage", Storage::Text),
            ],
            "views" => &[("contact", Storage::Whole), ("url", Storage::Text), ("at", Storage::Instant)],
            "wrong" => &[("id", Storage::Whole), ("employees", Storage::Text), ("stage", Storage::Text)],
            _ => return Err(Fault::new(format!("no `{table}`"))),
        };
        Ok(columns.iter().copied().map(column).collect())
    }

    fn tables(&mut self) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    fn run(&mut self, statement: &str) -> Result<u64, Fault> {
        panic!("{statement}")
    }

    fn rows(
        &mut self,
        query: &str,
        _take: &mut dyn FnMut(warehouse::Row<'_>) -> Result<(), miette::Report>,
    ) -> Result<(), miette::Report> {
        panic!("{query}")
    }

    fn commit(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

const RULES: &str = "lsr 1
schema contact {
  key id: integer
  employees: integer from \"Company Size\"
  email: text
  since: datetime
  last_demo: date
  tags: set of text
  funnel: one of [lead, sql = \"Sales qualified\"] from \"Stage\"
  region: text
  events page_view by \"contact\" { url: text  at: datetime }
}
exclude if tags contains \"test\" because \"a test\"
score lead {
  if employees >= 50 then +10.25 because \"large\"
  if since within 30 days then +5
  if last_demo within 60 days then +3
  if email ends with \"@x.example\" then +1
  if region is \"north\" then +2
  each page_view within 30 days where url contains \"pricing\" then +4 max 8 because \"looked at prices\"
}
label grade by lead { 10..: A  ..<10: B }
lifecycle funnel { stage sql when lead >= 10 because \"worth a call\"  otherwise lead }
";

/// The statement that a run on this table comes to, or why there is none.
fn statement(table: &str) -> Result<String, Trouble> {
    let program = check::load(&Texts::new().with("rules.lsr", RULES), Path::new("rules.lsr"), &LoadOptions::default());
    let model = check::check(&program, &[]).model.unwrap();
    let schema = &model.schema;
    let needs = Needs {
        properties: (0..).map(PropId).take(schema.properties.len()).collect(),
        fields: vec![(0..).map(FieldId).take(2).collect()],
        ..Needs::default()
    };
    let region = schema.find("region").unwrap().0;
    let options = ReadOptions { allow_missing: [region].into(), ..ReadOptions::default() };
    let records = Address::parse(&format!("postgres://ana:secret@h/d?table={table}")).unwrap();
    let list = schema.find_event("page_view").unwrap().0;
    let needed = Needed {
        schema,
        needs: &needs,
        options: &options,
        records: &records,
        events: &[(list, "views".to_owned())],
        related: &[],
    };
    let tables = warehouse::reading(&mut Described, needed)?;
    let request = Request {
        dialect: DialectName::Postgres,
        table: tables.records.clone(),
        events: tables.events.clone(),
        related: Vec::new(),
        as_of: Some(AsOf::parse("2026-01-15", &schema.zone).unwrap()),
        clock: None,
        explain: false,
        shape: Shape::Select,
        name: "rules".to_owned(),
    };
    let query = tables.put_before(&sql::write(&model, &program.sources, &request).unwrap());
    let column = |name: &str, kind| OutputColumn { name: name.to_owned(), kind };
    let columns = ["grade", "funnel", "funnel_before", "funnel_move", "funnel_reason", "excluded"];
    let columns = [column("id", Kind::Key(lsrc::value::Type::Integer)), column("lead", Kind::Points)]
        .into_iter()
        .chain(columns.map(|name| column(name, Kind::Text)))
        .collect();
    Ok(Output { columns, query }.as_texts(DialectName::Postgres))
}

/// Columns are cast as their types ask for, and what is missing and may be is unknown.
#[test]
fn tables_of_postgres_are_read_by_their_types() {
    let text = statement("crm.contacts").unwrap();
    for part in [
        "WITH lsrc_records AS (",
        "CASE WHEN t.\"Company Size\" = TRUNC(t.\"Company Size\")",
        "CAST(t.\"email\" AS TEXT) AS \"email\"",
        "CAST(t.\"since\" AS TIMESTAMP) AT TIME ZONE 'UTC' AS \"since\"",
        "t.\"last_demo\" AS \"last_demo\"",
        "CAST(t.\"tags\" AS TEXT[]) AS \"tags\"",
        "CAST(t.\"Stage\" AS TEXT) AS \"funnel\"",
        "CAST(NULL AS TEXT) AS \"region\" FROM crm.contacts AS t",
        "FROM views AS t",
        "CAST(CAST(ROUND(q.\"lead\" * 100) AS BIGINT) AS TEXT)",
        "ORDER BY q.\"id\" IS NULL, q.\"id\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    match statement("wrong") {
        Err(Trouble::Fault(fault)) => assert_eq!(
            fault.to_string(),
            "the column `employees` of `wrong` is of the type text, and the schema reads `employees` as a whole number"
        ),
        other => panic!("{other:?}"),
    }
}
