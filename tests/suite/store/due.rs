//! Days on which records change by themselves.

use lsrc::store::{Beginning, Changes, Due, JsonRecorder, Put, Store};
use lsrc::time::AsOf;

use super::{put, recorder, rules, store};

/// Scores again whatever is due, as a server does; the days and keys in their order.
fn catch_up(store: &mut Store, recorder: &mut JsonRecorder, today: i32) -> Vec<(i32, String)> {
    let mut done = Vec::new();
    loop {
        let due = store.due(today, 2).unwrap();
        if due.is_empty() {
            return done;
        }
        for Due { day, key, data } in due {
            let as_of = AsOf::end_of(day, &rules().model().schema.zone);
            let record = recorder.record(&data, as_of).unwrap().unwrap();
            let mut writing = store.begin(recorder.outline(), Beginning { now: as_of.micros, ..Beginning::default() }).unwrap();
            assert!(matches!(&writing.put(&[record]).unwrap()[..], [Put::Kept(_)]));
            writing.commit().unwrap();
            done.push((day, key));
        }
    }
}

/// The moves of a store: key, stage, day.
fn moves(store: &mut Store) -> Vec<(String, Option<String>, i32)> {
    let asked = Changes { moves: true, ..Changes::default() };
    store.changes(&asked, 1000).unwrap().into_iter().map(|it| (it.key, it.after, it.as_of.day)).collect()
}

const RECORDS: [&str; 3] = [
    r#"{"email": "a", "demo": "2026-03-02"}"#,
    r#"{"email": "b", "demo": "2026-03-01", "plan": "pro"}"#,
    r#"{"email": "c", "plan": "pro"}"#,
];

#[test]
fn time_moves_records_on_their_day_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut slow, mut daily) = (store(&folder.path().join("slow.db")), store(&folder.path().join("daily.db")));
    let mut recorder = recorder(60);
    put(&mut slow, &mut recorder, "2026-03-02", &RECORDS);
    put(&mut daily, &mut recorder, "2026-03-02", &RECORDS);
    let first = rules().as_of("2026-03-02").unwrap().day;
    assert!(slow.due(first, 10).unwrap().is_empty(), "nothing is due on the first day");
    assert!(slow.next_due().unwrap().is_some_and(|day| day > first));
    // One store is looked after every day, the other after a pause of twenty.
    for day in first + 1..=first + 20 {
        catch_up(&mut daily, &mut recorder, day);
    }
    let done = catch_up(&mut slow, &mut recorder, first + 20);
    assert!(done.is_sorted_by_key(|(day, _)| *day), "{done:?}");
    assert!(catch_up(&mut slow, &mut recorder, first + 20).is_empty(), "what was done is not due again");
    let told = moves(&mut slow);
    assert_eq!(told, moves(&mut daily));
    // Both lost stages as their points faded, and none of them came twice.
    let of = |key: &str| told.iter().filter(|it| it.0 == key).map(|it| it.1.as_deref()).collect::<Vec<_>>();
    assert_eq!(of("a"), [Some("sql"), Some("mql"), Some("lead")]);
    assert_eq!(of("b"), [Some("sql"), Some("mql"), Some("lead")]);
    assert_eq!(of("c"), [Some("lead")]);
    // It is what runs as of every single day would have told.
    let mut every = store(&folder.path().join("every.db"));
    for day in first..=first + 20 {
        let as_of = AsOf::end_of(day, &rules().model().schema.zone);
        let records: Vec<_> = RECORDS.iter().map(|json| recorder.record(json, as_of).unwrap().unwrap()).collect();
        let mut writing = every.begin(recorder.outline(), Beginning::default()).unwrap();
        writing.put(&records).unwrap();
        writing.commit().unwrap();
    }
    let sorted = |mut moves: Vec<(String, Option<String>, i32)>| {
        moves.sort_by(|a, b| (a.2, &a.0).cmp(&(b.2, &b.0)));
        moves
    };
    assert_eq!(sorted(told), sorted(moves(&mut every)));
}

#[test]
fn what_a_run_finds_unchanged_keeps_its_day_and_what_changed_loses_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    std::fs::write(folder.path().join("rules.lsr"), super::RULES).unwrap();
    let (mut store, mut recorder) = (store(&path), recorder(60));
    put(&mut store, &mut recorder, "2026-03-02", &RECORDS);
    let due = |store: &mut Store, key: &str| store.record(key).unwrap().unwrap().due;
    let before = due(&mut store, "a");
    assert!(before.is_some());
    std::fs::write(folder.path().join("all.csv"), "email,plan,demo\na,,2026-03-02\nb,free,2026-03-01\n").unwrap();
    let arguments = ["run", "rules.lsr", "all.csv", "--store", "scores.db", "--as-of", "2026-03-02", "-q"];
    let output = crate::command::lsrc(folder.path()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A file and a JSON record that say the same have one digest.
    assert_eq!(due(&mut store, "a"), before);
    assert_eq!(due(&mut store, "b"), None);
    assert!(store.record("b").unwrap().unwrap().data.is_some(), "the record itself is kept");
}
