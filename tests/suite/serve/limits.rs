//! What hostile and unlucky clients send: too much, too slowly, too often, or not HTTP at all.

use std::fs;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use lsrc::analysis::ServeTable;
use lsrc::serve::{Listen, Options, Server};

use super::client::{ask, connect, exchange, get, post, request};
use super::{options, rules};

fn started(table: ServeTable) -> Server {
    Server::start(options(&rules(), table)).unwrap()
}

#[test]
fn a_body_beyond_the_limit_is_refused_before_it_is_read() {
    let server = started(ServeTable { max_body: Some("4KiB".to_owned()), ..ServeTable::default() });
    let address = server.address();
    let large = format!("{{\"record\": {{\"email\": \"{}\"}}}}", "x".repeat(5000));
    let answer = post(address, "/v1/score", &large);
    assert_eq!(answer.status, 413);
    assert!(answer.json()["detail"].as_str().unwrap().contains("4 KiB"), "{}", answer.text());

    // One that only claims to be of a gigabyte is refused although nothing of it comes.
    let claims = request(address, "POST /v1/score", &["Content-Type: application/json", "Content-Length: 1073741824"], b"");
    assert_eq!(exchange(address, &claims).unwrap().status, 413);

    // Chunks without a length are counted as they come.
    let head = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
    let mut chunked = request(address, "POST /v1/score", &head, b"");
    for _ in 0..6 {
        chunked.extend_from_slice(format!("400\r\n{}\r\n", "y".repeat(1024)).as_bytes());
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(exchange(address, &chunked).unwrap().status, 413);

    // A line without an end is not waited for.
    let endless = request(address, "POST /v1/batch", &["Content-Type: application/x-ndjson"], "z".repeat(70_000).as_bytes());
    let answer = exchange(address, &endless).unwrap();
    assert!(answer.text().contains("line 1 is longer than 4 KiB"), "{}", answer.text());
    assert_eq!(post(address, "/v1/score", "{\"record\": {}}").status, 200);
    server.stop();
}

#[test]
fn what_is_not_http_is_refused_and_the_server_goes_on() {
    let server = started(ServeTable::default());
    let address = server.address();
    let odd: [&[u8]; 10] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
    ];
    for bytes in odd {
        let mut stream = connect(address);
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = Vec::new();
        let _closed = stream.read_to_end(&mut said);
        let status = String::from_utf8_lossy(&said).split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        assert!(
            status == 0 || (400..500).contains(&status),
            "{:?}: {}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&said)
        );
    }
    // A head without an end, and one with more lines than anybody needs.
    let long = format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "a".repeat(200_000));
    assert_eq!(exchange(address, long.as_bytes()).map_or(431, |answer| answer.status), 431);
    let many = format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: 1\r\n".repeat(500));
    assert_eq!(exchange(address, many.as_bytes()).map_or(431, |answer| answer.status), 431);
    // JSON that is deep, and numbers that are long.
    let deep = format!("{{\"record\": {}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(matches!(post(address, "/v1/score", &deep).status, 400 | 422));
    let nested = format!("{{\"record\": {{\"email\": {}{}}}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(post(address, "/v1/score", &nested).status, 200);
    let long = format!("{{\"record\": {{\"visits\": {}}}}}", "9".repeat(10_000));
    assert_eq!(post(address, "/v1/score", &long).status, 200);
    let answer = ask(address, "POST /v1/score", &["Content-Type: application/json"], "{\"record\": {\"email\": \"\\ud800\"}}");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let not_text =
        request(address, "POST /v1/score", &["Content-Type: application/json"], b"{\"record\": {\"email\": \"\xff\"}}");
    assert_eq!(exchange(address, &not_text).unwrap().status, 400);
    let not_text = request(
        address,
        "POST /v1/batch",
        &["Content-Type: application/x-ndjson"],
        b"{\"visits\": 1}\n{\"email\": \"\xff\"}\n{\"visits\": 2}\n",
    );
    let answer = exchange(address, &not_text).unwrap().text();
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines.len(), 3, "{answer}");
    assert!(lines[1].contains("not UTF-8") && lines[1].contains("\"line\":2"), "{answer}");
    assert_eq!(get(address, "/health/ready").status, 200);
    server.stop();
}

#[test]
fn a_client_that_sends_nothing_more_is_given_up() {
    let server = started(ServeTable { timeout: Some("300ms".to_owned()), ..ServeTable::default() });
    let address = server.address();
    let half = request(address, "POST /v1/score", &["Content-Type: application/json", "Content-Length: 100"], b"{\"record\"");
    let answer = exchange(address, &half).unwrap();
    assert_eq!((answer.status, answer.json()["title"].as_str()), (408, Some("Request Timeout")));
    let mut lines = request(address, "POST /v1/batch", &["Content-Type: application/x-ndjson", "Content-Length: 100"], b"");
    lines.extend_from_slice(b"{\"visits\": 1}\n");
    let answer = exchange(address, &lines).unwrap().text();
    assert!(answer.contains("\"scores\"") && answer.contains("no line came"), "{answer}");
    server.stop();
}

#[test]
fn too_many_requests_are_refused_with_the_time_to_wait() {
    let server = started(ServeTable { rate: Some("2/s".to_owned()), ..ServeTable::default() });
    let answers: Vec<_> = (0..20).map(|_| get(server.address(), "/v1/schema")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a refused request");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(answers[0].status, 200);
    server.stop();
}

#[test]
fn more_connections_than_allowed_wait_for_their_turn() {
    let server = started(ServeTable { max_connections: Some(2), ..ServeTable::default() });
    let (first, second) = (connect(server.address()), connect(server.address()));
    let address = server.address().to_owned();
    let third = std::thread::spawn(move || get(&address, "/health/live").status);
    std::thread::sleep(Duration::from_millis(100));
    assert!(!third.is_finished(), "the third connection waits");
    drop((first, second));
    assert_eq!(third.join().unwrap(), 200);
    server.stop();
}

#[test]
fn lines_are_answered_while_more_are_to_come() {
    let server = started(ServeTable::default());
    let mut stream = connect(server.address());
    let head = ["Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"];
    stream.write_all(&request(server.address(), "POST /v1/batch?as_of=2025-01-15", &head, b"")).unwrap();
    let mut said = String::new();
    for n in 1..=3 {
        let line = format!("{{\"visits\": {n}}}\n");
        stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).unwrap();
        let mut part = [0; 4096];
        while said.matches("\"interest\"").count() < n {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "{said}");
            said.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        assert!(said.contains(&format!("\"interest\":{n}")), "{said}");
    }
    server.stop();
}

/// The message of a refused setting.
fn refused(table: ServeTable) -> String {
    let error = Options::of(&rules(), table, &ServeTable::default(), std::path::Path::new("")).unwrap_err();
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
    format!("{error}; {help}")
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let text = |text: &str| Some(text.to_owned());
    let usual = ServeTable::default;
    let cases = [
        ("--listen", ServeTable { listen: text("8080"), ..usual() }),
        ("there are no tokens", ServeTable { listen: text("0.0.0.0:8080"), ..usual() }),
        ("there are no tokens", ServeTable { listen: text("[::]:8080"), ..usual() }),
        ("--tls-cert needs a key", ServeTable { tls_cert: Some("a.pem".into()), ..usual() }),
        ("--tls-key needs a certificate", ServeTable { tls_key: Some("a.pem".into()), ..usual() }),
        ("--max-body", ServeTable { max_body: text("16 TiB"), ..usual() }),
        ("--max-body", ServeTable { max_body: text("-1"), ..usual() }),
        ("--max-records", ServeTable { max_records: Some(0), ..usual() }),
        ("--rate", ServeTable { rate: text("100"), ..usual() }),
        ("--rate", ServeTable { rate: text("0/s"), ..usual() }),
        ("--timeout", ServeTable { timeout: text("0s"), ..usual() }),
        ("--grace", ServeTable { grace: text("-5s"), ..usual() }),
        ("--playground", ServeTable { playground: Some(true), token_file: Some("tokens".into()), ..usual() }),
        ("--log", ServeTable { log: text("loud"), ..usual() }),
    ];
    for (expected, table) in cases {
        let said = refused(table);
        assert!(said.contains(expected) && said.len() > expected.len() + 10, "{expected}: {said}");
    }
    let unix = ServeTable { listen: text("unix:/run/lsrc.sock"), ..usual() };
    let options = Options::of(&rules(), unix, &usual(), std::path::Path::new("")).unwrap();
    assert_eq!(options.listen, Listen::Unix("/run/lsrc.sock".into()));
    // What a flag says counts more than the file; paths of the file begin at its folder.
    let file = ServeTable { rate: text("5/s"), timeout: text("2m"), token_file: Some("tokens".into()), ..usual() };
    let flags = ServeTable { rate: text("7/s"), ..usual() };
    let options = Options::of(&rules(), flags, &file, std::path::Path::new("project")).unwrap();
    assert_eq!((options.limits.rate, options.limits.timeout), (Some(7), Duration::from_secs(120)));
    assert_eq!(options.token_file, Some("project/tokens".into()));
}

#[test]
fn token_files_that_guard_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    let cases = [
        ("", "has no token"),
        ("# only a comment\n", "has no token"),
        ("crm score\n", "three words"),
        ("crm score short\n", "shorter than 20 characters"),
        ("crm scores 0123456789abcdef0123\n", "a scope that does not exist"),
        ("a score 0123456789abcdef0123\nb score 0123456789abcdef0123\n", "listed twice"),
        ("a score 0123456789abcdef0123\na read 0123456789abcdef0124\n", "listed twice"),
    ];
    for (text, expected) in cases {
        fs::write(&file, text).unwrap();
        let table = ServeTable { token_file: Some(file.clone()), ..ServeTable::default() };
        let error = Server::start(options(&rules(), table)).err().expect("a refusal").to_string();
        assert!(error.contains(expected) && !error.contains("0123456789abcdef"), "{text:?}: {error}");
    }
}
