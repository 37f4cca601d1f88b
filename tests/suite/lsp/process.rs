//! The command `lsrc lsp` as a client starts it: frames on its pipes, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::command::lsrc;

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child =
            lsrc(folder).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output };
        server.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}));
        assert!(server.receive()["result"]["capabilities"].is_object());
        server.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        server
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input.as_mut().unwrap(), "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.as_mut().unwrap().flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server says nothing more");
            if line.trim().is_empty() {
                break;
            }
            if let Some(number) = line.strip_prefix("Content-Length: ") {
                length = number.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The answer to a request; what is said before it is passed over.
    fn answer(&mut self, id: i32) -> Value {
        loop {
            let message = self.receive();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn open(&mut self, path: &Path) -> String {
        let uri = format!("file://{}", fs::canonicalize(path).unwrap().display());
        let document = json!({"uri": uri, "languageId": "lsr", "version": 1, "text": fs::read_to_string(path).unwrap()});
        self.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}));
        uri
    }

    /// The exit status, and what was said on standard error.
    fn end(mut self) -> (i32, String) {
        drop(self.input.take());
        let output = self.child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rules =
        "lsr 1\nschema contact { key email: text  visits: integer }\nscore fit { if visits >= 3 then +5 because \"often\" }\n";
    fs::write(folder.path().join("lsrc.toml"), "[editor]\ndata = \"contacts.csv\"\n").unwrap();
    fs::write(folder.path().join("score.lsr"), rules).unwrap();
    fs::write(folder.path().join("contacts.csv"), "email,visits\na@x.fr,1\nb@x.fr,5\nc@x.fr,\n").unwrap();
    folder
}

#[test]
fn a_client_that_says_goodbye_gets_status_0_and_one_that_does_not_1() {
    let folder = project();
    let mut server = Server::start(folder.path());
    server.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "shutdown"}));
    assert_eq!(server.answer(1)["result"], Value::Null);
    server.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
    assert_eq!(server.end(), (0, String::new()));
    let mut server = Server::start(folder.path());
    server.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
    assert_eq!(server.end().0, 1);
}

#[test]
fn the_server_ends_when_its_client_is_gone_or_sends_no_message() {
    let folder = project();
    let (status, said) = Server::start(folder.path()).end();
    assert_eq!(status, 2);
    assert!(said.contains("without `exit`"), "{said}");
    let mut server = Server::start(folder.path());
    server.input.as_mut().unwrap().write_all(b"Content-Length: 5\r\n\r\n{\"a\":").unwrap();
    let (status, said) = server.end();
    assert_eq!(status, 2);
    assert!(said.contains("not a message"), "{said}");
}

#[test]
fn two_clients_at_once_have_texts_of_their_own() {
    let folder = project();
    let path = folder.path().join("score.lsr");
    let (mut one, mut two) = (Server::start(folder.path()), Server::start(folder.path()));
    let uri = one.open(&path);
    two.open(&path);
    let change = json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "lsr 1\nscore x = y\n"}]});
    one.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change}));
    for (server, name) in [(&mut one, "x"), (&mut two, "contact")] {
        let params = json!({"textDocument": {"uri": uri}});
        server.send(&json!({"jsonrpc": "2.0", "id": 5, "method": "textDocument/documentSymbol", "params": params}));
        assert_eq!(server.answer(5)["result"][0]["name"], name);
    }
}

#[test]
fn a_run_of_the_configured_data_writes_their_hits() {
    let folder = project();
    let hits = folder.path().join(".lsrc/hits.json");
    let run = |arguments: &[&str]| {
        let output = lsrc(folder.path()).args(["run", "score.lsr", "-q"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    fs::copy(folder.path().join("contacts.csv"), folder.path().join("other.csv")).unwrap();
    run(&["other.csv"]);
    assert!(!hits.exists(), "the hits of other data are not the configured ones");
    run(&["./contacts.csv"]);
    let written: Value = serde_json::from_str(&fs::read_to_string(&hits).unwrap()).unwrap();
    assert_eq!((written["records"].as_u64(), written["rules"][0]["hits"].as_u64()), (Some(3), Some(1)));
    assert_eq!(fs::read_to_string(folder.path().join(".lsrc/.gitignore")).unwrap(), "*\n");
}

#[test]
fn the_lens_scores_the_data_and_the_hints_show_the_hits() {
    let folder = project();
    let mut server = Server::start(folder.path());
    let uri = server.open(&folder.path().join("score.lsr"));
    let params = json!({"command": "lsrc.refreshHits", "arguments": [uri]});
    server.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "workspace/executeCommand", "params": params}));
    assert_eq!(server.answer(2)["result"], "the data were scored");
    let params = json!({"command": "lsrc.showContacts", "arguments": [uri, 3, "often"]});
    server.send(&json!({"jsonrpc": "2.0", "id": 200, "method": "workspace/executeCommand", "params": params}));
    assert!(server.answer(200)["result"].as_str().unwrap().starts_with("the contacts are in"));
    let rows = fs::read_to_string(folder.path().join(".lsrc/contacts.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 1);
    assert!(rows.contains("b@x.fr"), "{rows}");
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    // Ranges and hits come a moment later, once no message waits.
    let hints = (3..200).find_map(|id| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let params = json!({"textDocument": {"uri": uri}, "range": range});
        server.send(&json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/inlayHint", "params": params}));
        let hints = server.answer(id)["result"].clone();
        hints.to_string().contains("hit").then_some(hints)
    });
    let hints = hints.expect("hints with hits");
    assert_eq!(hints[0]["label"], "0 to 5");
    assert_eq!(hints[1]["label"], "1 hit (33.3 %)");
    assert_eq!(hints[1]["tooltip"], "Hit 1 of 3 records (33.3 %), 5 points in all. Unknown for 1.");
}
