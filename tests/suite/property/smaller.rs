//! Makes a failure small: fewer records, fewer values, fewer lines of the program, as long as it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lsrc::hir::AsOf;

use super::{agree, contact};
use crate::oracle::Record;

/// A claim about a program and records.
pub(crate) type Claim<'c> = dyn Fn(&str, AsOf, &[Record]) -> Result<(), String> + 'c;

/// What is wrong, if the program checks at all; a panic is wrong too.
fn wrong(claim: &Claim<'_>, source: &str, as_of: AsOf, records: &[Record]) -> Option<String> {
    agree::checked(source).ok()?;
    let run = || claim(source, as_of, records);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.err(),
        Err(panic) => Some(panic.downcast_ref::<String>().map_or_else(|| "a panic".to_owned(), Clone::clone)),
    }
}

/// The smallest failure that dropping pieces leads to, as a case file.
pub(crate) fn case(source: &str, (as_of, written): (AsOf, &str), records: &[Record], claim: &Claim<'_>) -> String {
    let mut source = source.to_owned();
    let mut records = records.to_vec();
    if let Some(one) = records.iter().find(|record| wrong(claim, &source, as_of, std::slice::from_ref(*record)).is_some()) {
        records = vec![one.clone()];
    }
    loop {
        let before = source.len();
        source = fewer_lines(claim, &source, as_of, &records);
        for at in 0..records.len() {
            fewer_values(claim, &source, as_of, &mut records, at);
        }
        if source.len() == before {
            break;
        }
    }
    let said = wrong(claim, &source, as_of, &records).unwrap_or_else(|| "it does not fail again".to_owned());
    let model = agree::checked(&source).unwrap().1;
    let lines: Vec<String> = records.iter().map(|record| contact::json(record, &model)).collect();
    format!("{said}\n\n-- rules.lsr --\n{source}-- as-of --\n{written}\n-- records.jsonl --\n{}\n", lines.join("\n"))
}

/// Leaves out runs of lines, long ones first. The schema stays, so that records keep their meaning.
fn fewer_lines(claim: &Claim<'_>, source: &str, as_of: AsOf, records: &[Record]) -> String {
    let (schema, rest) = source.split_once("\n}\n").unwrap();
    let mut lines: Vec<&str> = rest.lines().collect();
    let whole = |lines: &[&str]| format!("{schema}\n}}\n{}\n", lines.join("\n"));
    for run in [40, 20, 10, 5, 3, 2, 1] {
        let mut at = 0;
        while at < lines.len() {
            let mut fewer = lines.clone();
            fewer.drain(at..(at + run).min(lines.len()));
            if wrong(claim, &whole(&fewer), as_of, records).is_some() {
                lines = fewer;
            } else {
                at += 1;
            }
        }
    }
    whole(&lines)
}

/// Takes values and events away from a record.
fn fewer_values(claim: &Claim<'_>, source: &str, as_of: AsOf, records: &mut [Record], at: usize) {
    let attempt = |records: &mut [Record], change: &dyn Fn(&mut Record)| {
        let kept = records[at].clone();
        change(&mut records[at]);
        if records[at] == kept || wrong(claim, source, as_of, records).is_none() {
            records[at] = kept;
        }
    };
    for value in 0..records[at].values.len() {
        attempt(records, &|record| record.values[value] = None);
    }
    for list in 0..records[at].events.len() {
        for event in (0..records[at].events[list].len()).rev() {
            attempt(records, &|record| drop(record.events[list].remove(event)));
        }
    }
}
