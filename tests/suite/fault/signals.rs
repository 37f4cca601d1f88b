//! A run that is stopped half-way: the output of yesterday stands, and nothing lies beside it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{RULES, folder, lsrc};

/// What stands in a folder beside the rules and yesterday's output.
fn parts(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !["r.lsr", "o.csv"].contains(&name.as_str())).collect()
}

/// A run that has begun to write and waits for more data; stopped by this signal.
fn stopped(folder: &Path, signal: &str) -> std::process::ExitStatus {
    let arguments = ["run", "r.lsr", "-", "--input-format", "csv", "-q", "-o", "o.csv"];
    let mut child: Child = lsrc(folder, &arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"id,n,t\n").unwrap();
    // More than one batch, so that results are on their way.
    let rows: String = (0..60_000).map(|id| format!("{id},1,chief\n")).collect();
    input.write_all(rows.as_bytes()).unwrap();
    let began = Instant::now();
    while parts(folder).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is written");
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    drop(input);
    status
}

#[test]
fn a_run_that_is_told_to_stop_leaves_nothing_half_written() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let dir = folder(&[("r.lsr", RULES.as_bytes()), ("o.csv", b"yesterday\n")]);
        let status = stopped(dir.path(), signal);
        assert_eq!(status.code(), Some(130), "{signal}");
        assert_eq!(std::fs::read(dir.path().join("o.csv")).unwrap(), b"yesterday\n", "{signal}");
        assert_eq!(parts(dir.path()), Vec::<String>::new(), "{signal}");
    }
}

/// Nobody can tidy up after `kill -9`, but the output is whole: that of yesterday.
#[test]
fn a_run_that_is_killed_leaves_the_old_output() {
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("o.csv", b"yesterday\n")]);
    assert!(!stopped(dir.path(), "-KILL").success());
    assert_eq!(std::fs::read(dir.path().join("o.csv")).unwrap(), b"yesterday\n");
}
