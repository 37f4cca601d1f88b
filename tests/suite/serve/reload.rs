//! Rules that change, break and come back while they are used.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lsrc::analysis::ServeTable;
use lsrc::serve::Server;

use super::client::{get, post};
use super::options;

fn rules(points: u32) -> String {
    format!("lsr 1\n\nschema contact {{ visits: integer }}\n\nscore s {{ if visits > 3 then +{points} }}\n")
}

fn points(address: &str) -> (f64, String) {
    let answer = post(address, "/v1/score", "{\"record\": {\"visits\": 4}}").json();
    (answer["result"]["scores"]["s"].as_f64().unwrap(), answer["revision"].as_str().unwrap().to_owned())
}

fn write(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn rules_with_errors_change_nothing_and_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("score.lsr");
    write(&file, &rules(1));
    let server = Server::start(options(&file, ServeTable::default())).unwrap();
    let address = server.address();
    let (one, first) = points(address);
    assert_eq!(one, 1.0);

    write(&file, &rules(2));
    assert_eq!(points(address), (1.0, first.clone()), "nothing changes before it is asked for");
    let answer = post(address, "/v1/reload", "");
    assert_eq!((answer.status, answer.json()["changed"].as_bool()), (200, Some(true)));
    let (two, second) = points(address);
    assert_eq!(two, 2.0);
    assert_ne!(first, second);

    write(&file, "lsr 1\n\nscore s { if visit > 3 then +3 }\n");
    let answer = post(address, "/v1/reload", "");
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.json()["detail"].as_str().unwrap().contains("score.lsr:3:"), "{}", answer.text());
    assert_eq!(points(address), (2.0, second.clone()), "the rules before stay in force");
    let ready = get(address, "/health/ready");
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("degraded")));
    assert!(get(address, "/v1/rules").json()["fault"].as_str().unwrap().contains("score.lsr:3:"));
    let metrics = get(address, "/metrics").text();
    assert!(metrics.contains("lsrc_rules_current 0\n"), "{metrics}");
    assert!(metrics.contains("lsrc_reloads_total{outcome=\"failed\"} 1\n"), "{metrics}");
    fs::remove_file(&file).unwrap();
    assert_eq!(post(address, "/v1/reload", "").status, 422);

    write(&file, &rules(2));
    assert_eq!(post(address, "/v1/reload", "").json()["changed"].as_bool(), Some(false));
    assert_eq!(get(address, "/health/ready").json()["status"].as_str(), Some("ready"));
    assert!(get(address, "/metrics").text().contains("lsrc_rules_current 1\n"));
    server.stop();
}

#[test]
fn no_request_fails_while_rules_change_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("score.lsr");
    write(&file, &rules(1));
    let server = Server::start(options(&file, ServeTable { watch: Some(true), ..ServeTable::default() })).unwrap();
    let address = server.address();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ask = || {
            let mut seen: Vec<(String, f64)> = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let (points, revision) = points(address);
                match seen.iter().find(|(known, _)| *known == revision) {
                    // A revision is one set of rules, whatever happens meanwhile.
                    Some((_, before)) => assert_eq!(*before, points),
                    None => seen.push((revision, points)),
                }
            }
            seen.len()
        };
        let askers = [scope.spawn(ask), scope.spawn(ask)];
        let changed = |wanted: u32| {
            let begun = Instant::now();
            write(&file, &rules(wanted));
            while points(address).0 != f64::from(wanted) {
                assert!(begun.elapsed() < Duration::from_secs(60), "a change is noticed");
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        for wanted in 2..6 {
            write(&file, "lsr 1\nscore s {");
            changed(wanted);
        }
        done.store(true, Ordering::Relaxed);
        for asker in askers {
            assert!(asker.join().unwrap() >= 2, "rules changed while they were asked");
        }
    });
    server.stop();
}
