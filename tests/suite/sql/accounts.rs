//! The SQL of rollups: what SQLite makes of it, and what the other dialects' parsers say.

use std::collections::BTreeMap;

use lsrc::hir::{AsOf, Model, Rollup};
use lsrc::source::Sources;
use lsrc::sql::{self, DialectName};
use lsrc::value::Type;

use super::{Generated, PARSED, differences, engine, generated, parsed, request};
use crate::conformance::{archive, harness};
use crate::oracle::{Record, columns, rollup};

/// The rows of a rollup as the oracle has them; truths as SQLite writes them.
fn expected(model: &Model, of: &Rollup, records: &[Record], as_of: AsOf) -> Vec<Vec<String>> {
    let row = |account: &rollup::Account| {
        let mut cells = rollup::cells(of, account);
        if of.key.ty == Type::Boolean {
            cells[0] = if cells[0] == "true" { "1" } else { "0" }.to_owned();
        }
        cells
    };
    let mut rows: Vec<_> = rollup::accounts(model, of, records, as_of).iter().map(row).collect();
    rows.sort();
    rows
}

/// Whether SQLite computed a rollup, and so many rows; `None` where it is refused.
fn in_sqlite(model: &Model, of: &Rollup, sources: &Sources, records: &[Record], as_of: AsOf) -> Result<Option<usize>, String> {
    let Ok(text) = sql::write_rollup(model, of, sources, &request(model, DialectName::Sqlite, as_of)) else { return Ok(None) };
    let found = engine::run(model, records, &text).map_err(|error| format!("{error}\n{text}"))?;
    let said = differences(&expected(model, of, records, as_of), &found);
    if said.is_empty() { Ok(Some(found.len())) } else { Err(format!("{said}\n{text}")) }
}

#[test]
fn sqlite_makes_the_accounts_of_the_reference_and_every_dialect_is_parsed() {
    let (mut ran, mut refused) = (0, 0);
    let mut wrong = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in archive::all() {
        let (loaded, checked) = harness::program(&case);
        let Some(model) = checked.model.filter(|model| !model.rollups.is_empty()) else { continue };
        let as_of = harness::as_of(&case, &model);
        for of in &model.rollups {
            if let Ok(batch) = harness::batch(&case, &model) {
                match in_sqlite(&model, of, &loaded.sources, &columns::records(&model, &batch), as_of) {
                    Ok(Some(_)) => ran += 1,
                    Ok(None) => refused += 1,
                    Err(said) => wrong += &format!("== {}\n{said}\n", case.name),
                }
            }
            for dialect in PARSED {
                let Ok(text) = sql::write_rollup(&model, of, &loaded.sources, &request(&model, dialect, as_of)) else { continue };
                *counts.entry(dialect.name()).or_default() += 1;
                match parsed(dialect, &text) {
                    Ok(1) => {}
                    other => wrong += &format!("== {} {}: {other:?}\n{text}\n", case.name, dialect.name()),
                }
            }
        }
    }
    eprintln!("sqlite: {ran} rollups, {refused} refused; parsed {counts:?}");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(ran >= 3 && counts.values().all(|n| *n >= 10), "{ran} {counts:?}");
}

#[test]
fn sqlite_makes_the_accounts_that_the_oracle_makes_of_generated_models() {
    let (mut ran, mut rows) = (0, 0);
    for seed in 0..80 {
        let Some(Generated { source, sources, model, as_of, records }) = generated(seed) else { continue };
        for of in &model.rollups {
            match in_sqlite(&model, of, &sources, &records, as_of) {
                Ok(found) => {
                    ran += usize::from(found.is_some());
                    rows += found.unwrap_or_default();
                }
                Err(said) => panic!("seed {seed}\n{source}\n{said}"),
            }
        }
    }
    eprintln!("sqlite: {ran} generated rollups, {rows} accounts");
    assert!(ran > 0 && rows > 0, "{ran} rollups, {rows} accounts");
}

/// A text is grouped as it is compared, or not at all.
#[test]
fn a_dialect_that_cannot_fold_all_texts_refuses_to_group_by_one() {
    let rules = "lsr 1\nschema c { key id: integer\n company: text }\nscore s { if id > 1 then +1 }\n\
                 rollup account by company { score most = max(s) }\n";
    let (loaded, model) = super::hostile(rules);
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    let write = |dialect| sql::write_rollup(&model, &model.rollups[0], &loaded.sources, &request(&model, dialect, as_of));
    assert_eq!(write(DialectName::Sqlite).unwrap_err().construct, "a rollup by a text");
    let text = write(DialectName::Postgres).unwrap();
    assert_eq!(text.matches("GROUP BY").count(), 1, "{text}");
}
