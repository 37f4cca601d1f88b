//! The accounts of conformance cases: those of the reference, of the oracle, of the evaluator and of the command.

use std::fmt::Write as _;

use lsrc::hir::{Model, Rollup};
use lsrc::program::{Code, Wanted};
use lsrc::rollup::{Accounts, Places, asked};

use super::archive::Case;
use super::harness;
use crate::oracle::{columns, results, rollup};

/// The cases that say what the accounts of a rollup are, with the rollup's name and the file.
fn cases() -> Vec<(Case, String, String)> {
    let mut out = Vec::new();
    for case in super::archive::all() {
        let expected: Vec<(String, String)> = case
            .files
            .iter()
            .filter_map(|(file, text)| {
                let name = file.strip_prefix("expected.")?.strip_suffix(".csv")?;
                Some((name.to_owned(), text.clone()))
            })
            .collect();
        out.extend(expected.into_iter().map(|(name, text)| (case.clone(), name, text)));
    }
    out
}

fn all(run: impl Fn(&Case, &Model, &Rollup) -> Result<Vec<Vec<String>>, String>) {
    let cases = cases();
    let mut wrong = String::new();
    for (case, name, expected) in &cases {
        let found = super::model(case).and_then(|model| {
            let rollup = model.rollup(name).ok_or("there is no such rollup")?;
            super::compare(expected, &run(case, &model, rollup)?)
        });
        if let Err(said) = found {
            let _ = writeln!(wrong, "== {} {name}\n{said}", case.name);
        }
    }
    super::conclude(&wrong, cases.len());
}

#[test]
fn the_oracle_makes_the_accounts_of_the_reference() {
    all(|case, model, rollup| {
        let records = columns::records(model, &harness::batch(case, model)?);
        let accounts = rollup::accounts(model, rollup, &records, harness::as_of(case, model));
        Ok(accounts.iter().map(|account| rollup::cells(rollup, account)).collect())
    });
}

#[test]
fn the_evaluator_makes_the_accounts_of_the_reference() {
    all(|case, model, rollup| {
        let as_of = harness::as_of(case, model);
        let (conditions, key) = asked(rollup);
        let code = Code::of(model, &Wanted { conditions, values: vec![key], ..Wanted::default() });
        let mut accounts = Accounts::new(model, rollup, Places::default());
        accounts.add(&code.run(&harness::batch(case, model)?, as_of));
        let mut rows = Vec::new();
        for batch in accounts.batches(rollup) {
            let scores = Code::plain(&rollup.accounts).run(&batch, as_of);
            for (row, record) in columns::records(&rollup.accounts, &batch).iter().enumerate() {
                let outcome = results::outcome(&rollup.accounts, &scores, row);
                let key = lsrc::report::cells::shown(batch.columns[0].as_ref().unwrap(), Some(&rollup.key.ty), row).unwrap();
                let Some(lsrc::value::Value::Integer(records)) = record.values[1] else { panic!("no records") };
                let account = rollup::Account { key, records: usize::try_from(records).unwrap(), outcome };
                rows.push(rollup::cells(rollup, &account));
            }
        }
        Ok(rows)
    });
}

/// The command itself, on one thread and on several.
#[test]
fn the_command_writes_the_accounts_of_the_reference() {
    for threads in ["1", "3"] {
        all(|case, _, rollup| {
            let folder = tempfile::tempdir().unwrap();
            case.write_to(folder.path());
            let mut command = assert_cmd::Command::cargo_bin("lsrc").unwrap();
            command.current_dir(folder.path()).args(["run", "rules.lsr", harness::records_file(case), "--as-of", case.as_of()]);
            for (list, _) in case.files.iter().filter_map(|(name, text)| Some((name.strip_suffix(".csv")?, text))) {
                if list != "records" && !list.starts_with("expected") {
                    command.args(["--events", &format!("{list}={list}.csv")]);
                }
            }
            command.args(["--rollup", &format!("{}=written.csv", rollup.name), "--threads", threads]);
            let output = command.args(harness::arguments(case)).output().unwrap();
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
            let written = std::fs::read_to_string(folder.path().join("written.csv")).unwrap();
            let expected = case.file(&format!("expected.{}.csv", rollup.name)).unwrap();
            let (found, wanted) = (written.lines().next().unwrap(), expected.lines().next().unwrap());
            if found != wanted {
                return Err(format!("the header is `{found}`"));
            }
            Ok(written.lines().skip(1).map(harness::cells).collect())
        });
    }
}
