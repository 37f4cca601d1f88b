//! The command `lsrc serve` as a process: signals, the log, sockets, and how it refuses to start.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};

use super::client::{get, post};
use crate::command::lsrc;

const RULES: &str = "lsr 1\n\nschema contact { key email: text  visits: integer }\n\nscore s { if visits > 3 then +1 }\n";

pub(super) struct Process {
    child: Child,
    error: BufReader<ChildStderr>,
    pub(super) address: String,
    /// What it has said so far.
    said: String,
}

impl Process {
    pub(super) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = lsrc(folder);
        command.args(["serve", "score.lsr"]).args(arguments).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let error = BufReader::new(child.stderr.take().unwrap());
        let mut process = Self { child, error, address: String::new(), said: String::new() };
        process.until("listening on ");
        let said = process.said.lines().last().unwrap();
        process.address = said.split("listening on ").nth(1).unwrap().split(';').next().unwrap().to_owned();
        process
    }

    /// Reads what it says until this is part of it.
    fn until(&mut self, wanted: &str) {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            assert!(self.error.read_line(&mut line).unwrap() > 0, "it ended before it said `{wanted}`:\n{}", self.said);
            self.said.push_str(&line);
        }
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it from a thread of its own after a while.
    pub(super) fn killer(&self, after: std::time::Duration) -> std::thread::JoinHandle<()> {
        let id = self.child.id().to_string();
        std::thread::spawn(move || {
            std::thread::sleep(after);
            assert!(std::process::Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
        })
    }

    /// Waits until it has ended.
    pub(super) fn wait(&mut self) {
        self.child.wait().unwrap();
    }

    /// What it said until it ended, and its status.
    fn end(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        self.error.read_to_string(&mut rest).unwrap();
        self.said.push_str(&rest);
        (std::mem::take(&mut self.said), self.child.wait().unwrap().code())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that fails leaves no server behind.
        let _ended = self.child.kill();
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("score.lsr"), RULES).unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn signals_load_rules_again_and_stop() {
    let folder = folder();
    let mut process = Process::start(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(post(&process.address, "/v1/score", "{\"record\": {\"email\": \"ann@a.example\", \"visits\": 4}}").status, 200);
    assert_eq!(post(&process.address, "/v1/score", "{\"record\": {\"email\": \"secret@a.example\", \"visits\": ").status, 400);
    fs::write(folder.path().join("score.lsr"), RULES.replace("+1", "+2")).unwrap();
    process.signal("HUP");
    process.until("rules loaded");
    fs::write(folder.path().join("score.lsr"), "lsr 1\nscore").unwrap();
    process.signal("HUP");
    process.until("the rules have errors");
    assert_eq!(get(&process.address, "/health/ready").json()["status"], "degraded");
    process.signal("TERM");
    let (said, status) = process.end();
    assert_eq!(status, Some(0), "{said}");
    let log: Vec<serde_json::Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let messages: Vec<&str> = log.iter().filter_map(|line| line["message"].as_str()).collect();
    assert!(messages.ends_with(&["stopping", "stopped"]), "{said}");
    let answered: Vec<_> = log.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 2, "health checks are not logged: {said}");
    assert_eq!((&answered[1]["route"], &answered[1]["status"]), (&"/v1/score".into(), &400.into()));
    // What a record holds never gets into the log.
    assert!(!said.contains("a.example") && !said.contains("secret"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_socket_of_the_file_system_is_served_and_one_left_behind_is_replaced() {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;
    let folder = folder();
    let path = folder.path().join("lsrc.sock");
    let listen = format!("unix:{}", path.display());
    let ask = || {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: any.name\r\nConnection: close\r\n\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
    };
    let process = Process::start(folder.path(), &["--listen", &listen]);
    ask();
    process.signal("KILL");
    assert_eq!(process.end().1, None);
    assert!(path.exists(), "a killed server leaves its socket");
    let process = Process::start(folder.path(), &["--listen", &listen]);
    ask();
    process.signal("INT");
    assert_eq!(process.end().1, Some(0));
    assert!(!path.exists(), "a server that stops removes its socket");
}

#[test]
fn what_cannot_be_served_is_refused_in_words() {
    let folder = folder();
    fs::write(folder.path().join("wrong.lsr"), "lsr 1\n\nscore s { if visit > 3 then +1 }\n").unwrap();
    fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let said = |arguments: &[&str]| {
        let output = lsrc(folder.path()).arg("serve").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let mut told = String::new();
    for arguments in [
        &["missing.lsr"][..],
        &["wrong.lsr"],
        &["score.lsr", "--listen", &taken],
        &["score.lsr", "--listen", "0.0.0.0:8080"],
        &["score.lsr", "--listen", "127.0.0.1:0", "--token-file", "none"],
        &["score.lsr", "--listen", "127.0.0.1:0", "--tls-cert", "key.pem", "--tls-key", "key.pem"],
    ] {
        let shown = arguments.join(" ").replace(&taken, "TAKEN");
        told.push_str(&format!("$ lsrc serve {shown}\n{}\n", said(arguments).replace(&taken, "TAKEN")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn settings_come_from_the_configuration_file_too() {
    let folder = folder();
    fs::write(folder.path().join("lsrc.toml"), "[serve]\nlisten = \"127.0.0.1:0\"\nmax-records = 1\nlog = \"error\"\n").unwrap();
    let mut process = Process::start(folder.path(), &[]);
    let answer = super::client::post(&process.address, "/v1/batch", "{\"records\": [{}, {}]}");
    assert_eq!(answer.status, 413);
    process.child.kill().unwrap();
    let (said, _) = process.end();
    assert_eq!(said.lines().count(), 1, "nothing but errors is logged: {said}");
    fs::write(folder.path().join("lsrc.toml"), "[serve]\nlistn = \"127.0.0.1:0\"\n").unwrap();
    let output = lsrc(folder.path()).args(["serve", "score.lsr"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("listn") && said.contains("[serve]"), "{said}");
}
