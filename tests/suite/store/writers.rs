//! Several writers at once, and what is not a store of this version.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lsrc::store::{Access, Changes, Kind, Put, Store};

use super::{put, recorder, rules, store};

/// Every writer keeps records of its own, and all keep one record in common: none loses what another wrote.
#[test]
fn two_writers_at_once_lose_nothing() {
    const WRITERS: usize = 4;
    const TIMES: usize = 25;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                let (mut store, mut recorder) = (store(path), recorder(0));
                for time in 0..TIMES {
                    let own = format!("{{\"email\": \"{writer}-{time}@x.example\", \"plan\": \"pro\"}}");
                    let plan = if (writer + time) % 2 == 0 { "pro" } else { "free" };
                    let shared = format!("{{\"email\": \"all@x.example\", \"plan\": \"{plan}\"}}");
                    put(&mut store, &mut recorder, "2026-03-02", &[&own, &shared]);
                }
            });
        }
    });
    let mut store = store(&path);
    assert_eq!(store.count().unwrap(), (WRITERS * TIMES + 1) as i64);
    let changes = store.changes(&Changes::default(), 100_000).unwrap();
    let numbers: BTreeSet<i64> = changes.iter().map(|change| change.id).collect();
    assert_eq!(numbers, (1..=changes.len() as i64).collect(), "every change has its own number, and none is missing");
    // The changes of the record that all wrote are one chain: each begins where the one before ended.
    let of_all = Changes { key: Some("all@x.example".to_owned()), ..Changes::default() };
    let chain: Vec<_> = store.changes(&of_all, 100_000).unwrap().into_iter().filter(|it| it.kind == Kind::Score).collect();
    assert!(chain.len() > 1, "the record changed");
    assert!(chain.windows(2).all(|pair| pair[0].after == pair[1].before), "{chain:#?}");
    let last = store.record("all@x.example").unwrap().unwrap().results.score("interest").map(|it| it.to_string());
    assert_eq!(chain.last().unwrap().after, last);
}

#[test]
fn a_store_that_is_locked_for_too_long_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    drop(store(&path));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let mut waiting = Store::open(path.to_str().unwrap(), Access::Write, Duration::from_millis(200), &|_| None).unwrap();
    let recorder = recorder(0);
    let fault = waiting.begin(recorder.outline(), lsrc::store::Beginning::default()).unwrap_err();
    assert!(fault.is_busy() && fault.to_string().contains("another program is writing to"), "{fault}");
    assert!(begun.elapsed() >= Duration::from_millis(200));
    // What only reads does not wait.
    assert_eq!(waiting.count().unwrap(), 0);
    other.execute_batch("COMMIT").unwrap();
    waiting.begin(recorder.outline(), lsrc::store::Beginning::default()).unwrap().commit().unwrap();
}

#[test]
fn a_store_of_a_later_version_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    drop(store(&path));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE lsrc_meta SET value = '9' WHERE name = 'version'", []).unwrap();
    drop(other);
    for access in [Access::Read, Access::Write, Access::Create] {
        let fault = Store::open(path.to_str().unwrap(), access, Duration::from_secs(1), &|_| None).unwrap_err();
        assert!(fault.to_string().contains("has version 9") && fault.way_out().unwrap().contains("update lsrc"), "{fault}");
    }
}

#[test]
fn results_of_an_earlier_day_do_not_replace_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut recorder) = (store(&folder.path().join("scores.db")), recorder(0));
    let (pro, free) = (r#"{"email": "a", "plan": "pro"}"#, r#"{"email": "a", "plan": "free"}"#);
    put(&mut store, &mut recorder, "2026-03-02", &[pro]);
    let day = rules().as_of("2026-03-02").unwrap().day;
    assert_eq!(put(&mut store, &mut recorder, "2026-03-01", &[free]), [Put::Later(day)]);
    let kept = store.record("a").unwrap().unwrap();
    assert_eq!((kept.as_of.day, kept.results.score("interest").map(|it| it.whole())), (day, Some(10)));
    // On the same day what comes later holds, and says why.
    let [Put::Kept(changes)] = &put(&mut store, &mut recorder, "2026-03-02T12:00", &[free])[..] else { panic!("it is kept") };
    let told: Vec<_> = changes.iter().map(|it| (it.what.as_str(), it.cause.name(), it.why.as_str())).collect();
    assert_eq!(told, [("interest", "data", "no longer pays for more (-10)")]);
}

#[test]
fn a_transaction_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut recorder) = (store(&folder.path().join("scores.db")), recorder(0));
    let as_of = rules().as_of("2026-03-02").unwrap();
    let record = recorder.record(r#"{"email": "a", "plan": "pro", "demo": "2026-03-02"}"#, as_of).unwrap().unwrap();
    let mut writing = store.begin(recorder.outline(), lsrc::store::Beginning::default()).unwrap();
    assert!(matches!(&writing.put(std::slice::from_ref(&record)).unwrap()[..], [Put::Kept(changes)] if changes.len() == 1));
    drop(writing);
    assert_eq!((store.count().unwrap(), store.changes(&Changes::default(), 9).unwrap().len()), (0, 0));
    // Texts that were noted and undone are noted again.
    let mut writing = store.begin(recorder.outline(), lsrc::store::Beginning::default()).unwrap();
    writing.put(&[record]).unwrap();
    assert_eq!(writing.commit().unwrap().records, 1);
    let kept = store.record("a").unwrap().unwrap();
    assert_eq!((kept.results.stage("status"), kept.since("status").unwrap().day), (Some("sql"), as_of.day));
}
