//! Tests that the program writes, read behind the rules: they pass.

use std::fs;
use std::path::Path;

use lsrc::hir::AsOf;
use lsrc::value::Value;

use super::{agree, contact};
use crate::command::lsrc;
use crate::oracle::Record;

/// Records of each program that `why` writes as tests.
const RECORDS: usize = 3;

/// Says which test does not pass; gives how many were proposed.
pub(crate) fn wrong(source: &str, as_of: AsOf, records: &[Record]) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("rules.lsr", source);
    let suggested = output(folder.path(), &["test", "rules.lsr", "--suggest"])?;
    passes(folder.path(), source, &suggested)?;
    let model = agree::checked(source)?.1;
    let numbered = records.iter().filter(|record| is_writable(record)).take(RECORDS).zip(1..).map(|(record, id)| {
        let mut record = record.clone();
        record.values[0] = Some(Value::Integer(id));
        contact::json(&record, &model)
    });
    let lines: Vec<String> = numbered.collect();
    write("data.jsonl", &format!("{}\n", lines.join("\n")));
    let moment = jiff::Timestamp::from_microsecond(as_of.micros).unwrap().to_string();
    for id in 1..=lines.len() {
        let id = id.to_string();
        let test = output(
            folder.path(),
            &["why", "rules.lsr", "data.jsonl", &id, "--as-test", "--as-of", &moment, "--allow-missing", "all"],
        )?;
        passes(folder.path(), source, &test).map_err(|said| format!("{}\n{said}", lines.join("\n")))?;
    }
    Ok(suggested.matches("test \"").count())
}

/// Whether rules can write every number of a record: they have twelve decimals and thirty digits at most.
fn is_writable(record: &Record) -> bool {
    let values = record.values.iter().chain(record.events.iter().flatten().flatten()).flatten();
    values.into_iter().all(|value| {
        let Value::Number(n) = value else { return true };
        n.abs() < 1e18 && n.to_string().split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 12)
    })
}

fn output(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = lsrc(folder).args(args).output().unwrap();
    if !output.status.success() {
        return Err(format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8(output.stdout).unwrap())
}

fn passes(folder: &Path, source: &str, tests: &str) -> Result<(), String> {
    if tests.trim().is_empty() {
        return Ok(());
    }
    fs::write(folder.join("tested.lsr"), format!("{source}{tests}")).unwrap();
    let output = lsrc(folder).args(["test", "tested.lsr"]).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{out}{err}\n{tests}"))
}
