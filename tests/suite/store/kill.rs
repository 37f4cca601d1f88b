//! A run that is killed leaves the store as it was, or as it had to become.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use lsrc::store::{Changes, Store};

use super::store;

const RECORDS: usize = 4000;

fn data(folder: &Path, demo: &str) {
    let mut text = String::from("email,plan,demo\n");
    for at in 0..RECORDS {
        writeln!(text, "p{at}@x.example,{},{demo}", if at % 2 == 0 { "pro" } else { "free" }).unwrap();
    }
    fs::write(folder.join("all.csv"), text).unwrap();
}

/// What is kept: records, changes, and how many records are in the stage.
fn state(store: &mut Store) -> (i64, usize, i64) {
    let run = store.last_run().unwrap().map_or(0, |run| run.id);
    (store.count().unwrap(), store.changes(&Changes::default(), 1_000_000).unwrap().len(), run)
}

/// `LSRC_KILLS` says how often; ten times by default.
#[test]
fn a_run_that_is_killed_leaves_a_whole_state() {
    let rounds: u32 = std::env::var("LSRC_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.lsr"), super::RULES).unwrap();
    let run = || {
        let mut command = crate::command::lsrc(folder.path());
        let arguments = ["run", "rules.lsr", "all.csv", "--store", "scores.db", "--as-of", "2026-03-02", "-q"];
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    data(folder.path(), "");
    let begun = Instant::now();
    assert!(run().status().unwrap().success());
    let usual = begun.elapsed();
    let path = folder.path().join("scores.db");
    let (mut killed, mut turn) = (0, 0);
    for round in 0..rounds {
        let before = state(&mut store(&path));
        // Every round changes all records; a round that was killed has still to do so.
        data(folder.path(), if turn % 2 == 0 { "2026-03-02" } else { "" });
        let mut child = run().spawn().unwrap();
        // Moments spread over the time that a run takes, without a clock that could fall in step with it.
        let part = f64::from(round * 37 % rounds.max(1)) / f64::from(rounds.max(1));
        std::thread::sleep(Duration::from_secs_f64(usual.as_secs_f64() * (0.2 + part)));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        let _gone = child.wait().unwrap();
        let after = state(&mut store(&path));
        if after == before {
            continue;
        }
        // Score, label and stage of every record.
        let changes = if before.2 == after.2 - 1 { 3 * RECORDS } else { 0 };
        assert_eq!(after, (RECORDS as i64, before.1 + changes, before.2 + 1), "round {round}");
        turn += 1;
    }
    assert!(killed > 0, "no run was killed before its end");
    // What comes after works, and everything is there.
    data(folder.path(), if turn % 2 == 0 { "2026-03-02" } else { "" });
    let before = state(&mut store(&path));
    assert!(run().status().unwrap().success());
    assert_eq!(state(&mut store(&path)), (RECORDS as i64, before.1 + 3 * RECORDS, before.2 + 1));
}
