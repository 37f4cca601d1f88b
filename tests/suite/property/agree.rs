//! One program over some records: the oracle against the evaluator in all its ways.

use std::path::Path;
use std::sync::Arc;

use lsrc::bytecode::{Chunk, Image};
use lsrc::check::{self, LoadOptions, Program, Texts};
use lsrc::column::{Batch, Column};
use lsrc::hir::{AsOf, Model, Rollup};
use lsrc::lower::{self, LowerOptions};
use lsrc::rollup::{Accounts, Places, asked};
use lsrc::schema::EventId;
use lsrc::vm::scores::Scores;
use lsrc::vm::{EventSums, Vm};

use crate::oracle::{self, Outcome, Record, Source, columns, results};

/// The model of a program that ought to be well typed.
pub(crate) fn checked(source: &str) -> Result<(Program, Model), String> {
    let texts = Texts::new().with("rules.lsr", source);
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    if let Some(model) = checked.model {
        return Ok((program, model));
    }
    let said = checked.diagnostics.iter().map(|finding| {
        let place = program.sources.place(finding.span);
        let line = source.lines().nth(place.line - 1).unwrap_or_default();
        format!("{}:{} {}: {}\n    {line}", place.line, place.column, finding.code.name(), finding.message)
    });
    Err(format!("a generated program does not check:\n{}", said.collect::<Vec<_>>().join("\n")))
}

/// The layout of a program, which must stand a second time and mean the same.
fn laid_out(source: &str) -> Result<Model, String> {
    let parse = |text: &str| lsrc::syntax::parse(lsrc::source::FileId(0), text);
    let once = lsrc::format::format(&parse(source), source);
    let twice = lsrc::format::format(&parse(&once), &once);
    if once != twice {
        return Err(format!("laid out twice, it differs from once:\n{once}\n----\n{twice}"));
    }
    if !lsrc::format::same_tree((&parse(source), source), (&parse(&once), &once)) {
        return Err(format!("the layout has another tree:\n{once}"));
    }
    checked(&once).map(|(_, model)| model)
}

/// A chunk written to a file and read again.
fn stored(program: &Program, chunk: &Chunk) -> Result<Chunk, String> {
    let sources = program.sources.iter().map(|(_, file)| lsrc::bytecode::SourceText {
        name: file.name().to_owned(),
        path: file.path().map(|path| path.display().to_string()),
        text: file.text().clone(),
    });
    let image = Image { chunk: chunk.clone(), sources: sources.collect(), set: Vec::new() };
    let bytes = image.to_bytes().map_err(|error| format!("cannot be stored: {error}"))?;
    let read = Image::from_bytes(&bytes).map_err(|error| format!("cannot be read again: {error}"))?;
    Ok(read.chunk)
}

/// A way to evaluate.
struct Way<'a> {
    name: &'static str,
    chunk: &'a Arc<Chunk>,
    batch: usize,
    dictionaries: bool,
    backwards: bool,
}

/// How many times the records are repeated to fill the largest batch.
pub(crate) const LARGE: usize = 4096;

/// Says where the oracle and the evaluator differ.
pub(crate) fn disagreement(source: &str, as_of: AsOf, records: &[Record], large: bool) -> Result<(), String> {
    let (program, model) = checked(source)?;
    let outcomes: Vec<Outcome> = records.iter().map(|record| oracle::evaluate(&model, record, as_of)).collect();
    let lower = |model: &Model, fuse| Arc::new(lower::lower(model, LowerOptions { fuse, reasons: true }));
    let (fused, plain) = (lower(&model, true), lower(&model, false));
    let laid_out = lower(&laid_out(source)?, true);
    let stored = Arc::new(stored(&program, &fused)?);
    let way = |name, chunk, batch, dictionaries, backwards| Way { name, chunk, batch, dictionaries, backwards };
    let mut ways = vec![
        way("fused, batches of 64", &fused, 64, true, false),
        way("fused, batches of 7, backwards", &fused, 7, false, true),
        way("fused, one by one", &fused, 1, true, false),
        way("not fused, batches of 64", &plain, 64, false, false),
        way("not fused, batches of 7, backwards", &plain, 7, true, true),
        way("stored and read again", &stored, 64, false, false),
        way("laid out anew", &laid_out, 64, true, false),
    ];
    if large {
        ways.push(way("fused, one batch of 4096", &fused, LARGE, true, false));
        ways.push(way("not fused, one batch of 4096", &plain, LARGE, false, false));
    }
    for way in &ways {
        let mut rows: Vec<usize> = (0..records.len()).collect();
        if way.batch == LARGE {
            rows = (0..LARGE).map(|row| row % records.len()).collect();
        }
        if way.backwards {
            rows.reverse();
        }
        let mut vm = Vm::new(way.chunk, as_of);
        for rows in rows.chunks(way.batch) {
            let some: Vec<Record> = rows.iter().map(|row| records[*row].clone()).collect();
            let scores = vm.run(&columns::batch(&model, &some, way.dictionaries));
            for (at, row) in rows.iter().enumerate() {
                let found = results::outcome(&model, &scores, at);
                let differences = results::differences(&model, &outcomes[*row], &found);
                if !differences.is_empty() {
                    return Err(format!("{}, record {row}:\n{differences}", way.name));
                }
            }
            let expected: Vec<&Outcome> = rows.iter().map(|row| &outcomes[*row]).collect();
            totals(&model, &expected, &scores).map_err(|said| format!("{}: {said}", way.name))?;
        }
    }
    for of in &model.rollups {
        accounts(&model, of, as_of, records).map_err(|said| format!("rollup {}, {said}", of.name))?;
    }
    for (chunk, dictionaries) in [(&fused, true), (&plain, false)] {
        let (program, batch) = summed_up(chunk, columns::batch(&model, records, dictionaries), as_of);
        compared(&model, &outcomes, &Vm::new(&program, as_of).run(&batch)).map_err(|said| format!("events summed up, {said}"))?;
    }
    Ok(())
}

/// The accounts of all records against those of the oracle: in one batch, and in several whose accounts are put together.
fn accounts(model: &Model, of: &Rollup, as_of: AsOf, records: &[Record]) -> Result<(), String> {
    let expected = oracle::rollup::accounts(model, of, records, as_of);
    let (conditions, key) = asked(of);
    let conditions: Vec<&lsrc::hir::Expr> = conditions.iter().collect();
    for (fuse, size) in [(true, 64), (false, 64), (true, 3), (false, 1)] {
        let chunk = Arc::new(lower::lower_with(model, LowerOptions { fuse, reasons: false }, &conditions, &[&key]));
        let mut found = Accounts::new(model, of, Places::default());
        // The last first: no order matters.
        for some in records.chunks(size).rev() {
            let mut part = Accounts::new(model, of, Places::default());
            part.add(&Vm::new(&chunk, as_of).run(&columns::batch(model, some, fuse)));
            found.merge(part);
        }
        let way = format!("fused: {fuse}, batches of {size}");
        let chunk = Arc::new(lower::lower(&of.accounts, LowerOptions { fuse, reasons: false }));
        let mut at = 0;
        for batch in found.batches(of) {
            let scores = Vm::new(&chunk, as_of).run(&batch);
            for row in 0..batch.rows {
                let Some(account) = expected.get(at) else { return Err(format!("{way}: more accounts than the oracle has")) };
                at += 1;
                let key = lsrc::report::cells::shown(batch.columns[0].as_ref().unwrap(), Some(&of.key.ty), row);
                let Some(Column::Integer(number)) = &batch.columns[1] else { panic!("no number of records") };
                let head = (key, number.get(row));
                let wanted = (Some(account.key.clone()), i64::try_from(account.records).ok());
                if head != wanted {
                    return Err(format!("{way}: {head:?}, and by the oracle {wanted:?}"));
                }
                // What fires has no account of its own there, and is not compared.
                let outcome =
                    Outcome { account: account.outcome.account.clone(), ..results::outcome(&of.accounts, &scores, row) };
                let differences = results::differences(&of.accounts, &account.outcome, &outcome);
                if !differences.is_empty() {
                    return Err(format!("{way}, account {}:\n{differences}", account.key));
                }
            }
        }
        if at != expected.len() {
            return Err(format!("{way}: {at} accounts, and by the oracle {}", expected.len()));
        }
    }
    Ok(())
}

/// All records of a batch against what the oracle says of them.
fn compared(model: &Model, outcomes: &[Outcome], scores: &Scores) -> Result<(), String> {
    for (row, outcome) in outcomes.iter().enumerate() {
        let differences = results::differences(model, outcome, &results::outcome(model, scores, row));
        if !differences.is_empty() {
            return Err(format!("record {row}:\n{differences}"));
        }
    }
    totals(model, &outcomes.iter().collect::<Vec<_>>(), scores)
}

/// The program and the batch where events are not looked at one by one, but summed up before: a few at a time, the last first, under
/// other numbers than those of their records.
pub(crate) fn summed_up(chunk: &Arc<Chunk>, mut batch: Batch, as_of: AsOf) -> (Arc<Chunk>, Batch) {
    let number = |row: usize| (batch.rows - 1 - row) as u32;
    let numbers: Vec<u32> = (0..batch.rows).map(number).collect();
    let mut lists = Vec::new();
    for (id, place) in (0..).map(EventId).zip(&mut batch.events) {
        let (Some(events), Some(mut sums)) = (place.as_ref(), EventSums::new(chunk, id, as_of)) else { continue };
        let all = events.offsets.windows(2).zip(&numbers);
        let owners: Vec<u32> = all.flat_map(|(ends, owner)| vec![*owner; (ends[1] - ends[0]) as usize]).collect();
        let backwards: Vec<usize> = (0..owners.len()).rev().collect();
        for some in backwards.chunks(5) {
            let owners: Vec<u32> = some.iter().map(|event| owners[*event]).collect();
            let fields: Vec<Option<Column>> = events.fields.iter().map(|f| f.as_ref().map(|f| f.gather(some))).collect();
            sums.add(&owners, batch.rows, fields);
        }
        for (number, column) in sums.columns(&numbers) {
            batch.summed.resize(batch.summed.len().max(number as usize + 1), None);
            batch.summed[number as usize] = Some(column);
        }
        *place = None;
        lists.push(id);
    }
    (Arc::new(chunk.without_events(&lists)), batch)
}

/// Hits, points and unknowns of a batch.
fn totals(model: &Model, outcomes: &[&Outcome], scores: &Scores) -> Result<(), String> {
    let mut hits = vec![0_u64; model.arm_count as usize];
    let mut points = vec![0_i128; model.arm_count as usize];
    let mut unknowns = vec![0_u64; model.item_count as usize];
    for outcome in outcomes {
        for entry in &outcome.account {
            if let Source::Arm(arm) = entry.source {
                hits[arm.index()] += 1;
                points[arm.index()] += i128::from(entry.points);
            }
        }
        for (arm, more) in &outcome.more_hits {
            hits[arm.index()] += more;
        }
        for item in &outcome.unknown_items {
            unknowns[item.index()] += 1;
        }
    }
    let same = |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
        let (a, b) = (format!("{a:?}"), format!("{b:?}"));
        if a == b { Ok(()) } else { Err(format!("{what}:\n  oracle    {a}\n  evaluator {b}")) }
    };
    same("hits by arm", &hits, &scores.hits)?;
    same("points by arm", &points, &scores.points)?;
    same("unknowns by item", &unknowns, &scores.unknowns)
}
