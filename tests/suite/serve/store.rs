//! Records that the server keeps: what changed, once and in order, whatever ends the process.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use lsrc::analysis::ServeTable;
use lsrc::serve::{Options, Server};
use serde_json::{Value, json};

use super::client::{Answer, ask, get};
use super::options;

const RULES: &str = "lsr 1

schema contact {
  key email: text
  visits: integer

  events click {
    key id: text
    at: datetime
  }
}

score heat {
  per visits then +1 max 50
  per count(click) then +10 max 50
}

lifecycle stage_of {
  stage hot when heat >= 20 because \"clicks a lot\"
  otherwise cold
}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("score.lsr"), RULES).unwrap();
    folder
}

fn kept(folder: &Path, table: ServeTable) -> Options {
    let store = Some(folder.join("scores.db").display().to_string());
    options(&folder.join("score.lsr"), ServeTable { store, ..table })
}

fn put(address: &str, key: &str, record: &Value) -> Answer {
    ask(address, &format!("PUT /v1/records/{key}"), &["Content-Type: application/json"], &record.to_string())
}

fn click(address: &str, key: &str, id: &str) -> Answer {
    let body = json!({"key": key, "events": [{"id": id, "at": "2026-01-10T10:00:00Z"}]});
    ask(address, "POST /v1/events/click", &["Content-Type: application/json"], &body.to_string())
}

/// The stages of changes: `cold -> hot`.
fn moves(answer: &Value) -> Vec<String> {
    let changes = answer["changes"].as_array().unwrap().iter().filter(|change| change["kind"] == "stage");
    changes.map(|it| format!("{} -> {}", it["before"].as_str().unwrap_or("-"), it["after"].as_str().unwrap_or("-"))).collect()
}

#[test]
fn records_and_events_are_kept_once() {
    let folder = folder();
    let server = Server::start(kept(folder.path(), ServeTable::default())).unwrap();
    let address = server.address();
    let ann = json!({"email": "ann@a.example", "visits": 3});
    let first = put(address, "ann@a.example", &ann);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.json()["results"]["scores"]["heat"], 3);
    // The same again, and with its key escaped as addresses have it, changes nothing.
    let again = put(address, "ann%40a.example", &ann).json();
    assert_eq!(again["changes"], json!([]));

    assert_eq!(click(address, "ann@a.example", "c1").json()["results"]["scores"]["heat"], 13);
    assert_eq!(click(address, "ann@a.example", "c1").json()["results"]["scores"]["heat"], 13, "an event counts once");
    let hot = click(address, "ann@a.example", "c2").json();
    assert_eq!(moves(&hot), ["cold -> hot"]);
    let because = hot["changes"].as_array().unwrap().iter().find(|it| it["kind"] == "stage").unwrap()["because"].clone();
    assert!(because.as_str().unwrap().starts_with("clicks a lot: "), "{because}");

    let stored = get(address, "/v1/records/ann@a.example").json();
    assert_eq!((&stored["results"]["scores"]["heat"], &stored["results"]["stages"]["stage_of"]), (&json!(23), &json!("hot")));
    let history = get(address, "/v1/records/ann@a.example/history").json();
    assert!(moves(&history).ends_with(&["cold -> hot".to_owned()]), "{history}");
    let page = get(address, "/v1/moves?limit=1").json();
    let next = get(address, &format!("/v1/moves?after={}", page["after"])).json();
    assert_eq!(moves(&next).last().map(String::as_str), Some("cold -> hot"));
    let end = get(address, &format!("/v1/moves?after={}", next["after"])).json();
    assert_eq!((&end["changes"], &end["after"]), (&json!([]), &next["after"]));

    // The address names the key where the record leaves it out.
    let eve = put(address, "eve@a.example", &json!({"visits": 1}));
    assert_eq!(eve.status, 200, "{}", eve.text());
    assert_eq!(get(address, "/v1/records/eve@a.example").json()["key"], json!("eve@a.example"));
    assert_eq!(put(address, "eve@a.example", &json!({"email": null, "visits": 1})).json()["changes"], json!([]));

    // What cannot be kept.
    let refused = [
        (put(address, "bob@a.example", &ann), 422, "the address names the key `bob@a.example`"),
        (put(address, "x", &json!([1])), 422, "is not a JSON object"),
        (click(address, "nobody", "c1"), 404, "no record `nobody`"),
        (get(address, "/v1/records/nobody"), 404, "no record `nobody`"),
        (get(address, "/v1/records/nobody/history"), 404, "no record `nobody`"),
        (get(address, "/v1/moves?after=x"), 400, "after"),
        (get(address, "/v1/moves?limit=0"), 400, "limit"),
        (get(address, "/v1/moves?since=1"), 400, "since"),
    ];
    for (answer, status, detail) in refused {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(detail), "{detail}: {}", answer.text());
    }
    let unknown =
        ask(address, "POST /v1/events/clck", &["Content-Type: application/json"], "{\"key\": \"ann@a.example\", \"events\": []}");
    assert_eq!(unknown.status, 422);
    server.stop();

    // A server that starts later goes on where this one stopped.
    let server = Server::start(kept(folder.path(), ServeTable::default())).unwrap();
    assert_eq!(click(server.address(), "ann@a.example", "c2").json()["changes"], json!([]));
    server.stop();
    let server = Server::start(options(&folder.path().join("score.lsr"), ServeTable::default())).unwrap();
    assert_eq!(put(server.address(), "ann@a.example", &ann).status, 404, "without a store");
    server.stop();
}

/// A receiver that answers 200 and hands on what it gets.
fn receiver() -> (String, std::sync::mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            let (head, body) = loop {
                let read = stream.read(&mut part).unwrap_or(0);
                bytes.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.trim().parse().ok());
                if let (Some((head, body)), Some(length)) = (text.split_once("\r\n\r\n"), length)
                    && body.len() >= length
                {
                    break (head.to_owned(), body.to_owned());
                }
                assert!(read > 0, "a whole request");
            };
            let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if send.send((head, serde_json::from_str(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, received)
}

#[test]
fn moves_are_sent_to_the_receiver() {
    let folder = folder();
    let (url, received) = receiver();
    let table = ServeTable {
        notify: Some(url),
        notify_format: Some("slack".to_owned()),
        notify_where: Some("stage_of is hot".to_owned()),
        ..ServeTable::default()
    };
    let server = Server::start(kept(folder.path(), table)).unwrap();
    assert_eq!(put(server.address(), "cold@a.example", &json!({"email": "cold@a.example", "visits": 3})).status, 200);
    assert_eq!(put(server.address(), "hot@a.example", &json!({"email": "hot@a.example", "visits": 30})).status, 200);
    let (_, body) = received.recv_timeout(Duration::from_secs(60)).expect("a message");
    let text = body["text"].as_str().unwrap();
    assert!(text.contains("hot@a.example") && !text.contains("cold@a.example"), "{text}");
    server.stop();
}

#[test]
fn a_server_that_is_killed_loses_nothing_that_it_answered() {
    let rounds = std::env::var("LSRC_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let folder = folder();
    // By key: the visits of the last answer, and of the last request, which may have been kept without an answer.
    let mut ledger: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut wait = 7_u64;
    for round in 0..rounds {
        let mut process =
            super::process::Process::start(folder.path(), &["--listen", "127.0.0.1:0", "--store", "scores.db", "--log", "error"]);
        for (key, (answered, sent)) in &ledger {
            let answer = get(&process.address, &format!("/v1/records/{key}"));
            let has = if answer.status == 404 { 0 } else { answer.json()["results"]["scores"]["heat"].as_i64().unwrap() };
            assert!(has == *answered || has == *sent, "round {round}: {key} has {has}, answered {answered}, sent {sent}");
        }
        wait = wait.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let killer = process.killer(Duration::from_millis(20 + (wait >> 33) % 300));
        for n in 0.. {
            let key = format!("k{}", n % 40);
            let visits = i64::from(n % 45) + 1;
            let entry = ledger.entry(key.clone()).or_insert((0, 0));
            entry.1 = visits;
            let request = super::client::request(
                &process.address,
                &format!("PUT /v1/records/{key}"),
                &["Content-Type: application/json"],
                json!({"email": key, "visits": visits}).to_string().as_bytes(),
            );
            match super::client::try_exchange(&process.address, &request) {
                Some(answer) if answer.status == 200 => entry.0 = visits,
                Some(answer) => panic!("{}", answer.text()),
                None => break,
            }
        }
        killer.join().unwrap();
        process.wait();
    }
    assert!(!ledger.is_empty());
}

/// The signature that HubSpot makes.
fn signed(secret: &str, url: &str, body: &str, at: &str) -> String {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("POST{url}{body}{at}").as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn hubspot_is_known_by_its_signature() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("score.lsr"),
        "lsr 1\n\nschema contact { key hs_id: text  visits: integer }\n\nscore s { per visits then +1 max 9 }\n",
    )
    .unwrap();
    let table = ServeTable { public_url: Some("https://scores.example/".to_owned()), ..ServeTable::default() };
    let variable = |name: &str| (name == "LSRC_HUBSPOT_SECRET").then(|| "the app's secret".to_owned());
    let server = Server::start(Options { variable, ..kept(folder.path(), table) }).unwrap();
    let address = server.address();
    let body = json!([
        {"objectId": 4711, "subscriptionType": "contact.propertyChange", "propertyName": "visits", "propertyValue": "7", "eventId": 1},
        {"objectId": 4711, "subscriptionType": "contact.deletion", "eventId": 2},
    ])
    .to_string();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let (now, old) = (now.to_string(), (now - 301_000).to_string());
    let url = "https://scores.example/hooks/hubspot";
    let send = |signature: &str, at: &str, body: &str| {
        let headers = [
            "Content-Type: application/json".to_owned(),
            format!("X-HubSpot-Signature-v3: {signature}"),
            format!("X-HubSpot-Request-Timestamp: {at}"),
        ];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        ask(address, "POST /hooks/hubspot", &headers, body)
    };
    let good = signed("the app's secret", url, &body, &now);
    let answer = send(&good, &now, &body);
    assert_eq!((answer.status, answer.json()), (200, json!({"records": 1, "passed_over": 1})));
    assert_eq!(get(address, "/v1/records/4711").json()["results"]["scores"]["s"], 7);
    let changed = body.replace("\"7\"", "\"9\"");
    let once = signed("the app's secret", url, &changed, &now);
    // A delivery that is repeated changes nothing.
    for _ in 0..2 {
        assert_eq!(send(&once, &now, &changed).status, 200);
        assert_eq!(get(address, "/v1/records/4711/history").json()["changes"].as_array().unwrap().len(), 1);
    }
    let wrong = [
        (signed("another secret", url, &body, &now), now.as_str(), body.as_str()),
        (signed("the app's secret", "https://other.example/hooks/hubspot", &body, &now), now.as_str(), body.as_str()),
        (good.clone(), now.as_str(), "[]"),
        // A replay: signed well, long ago.
        (signed("the app's secret", url, &body, &old), old.as_str(), body.as_str()),
        ("not base64".to_owned(), now.as_str(), body.as_str()),
        (good.clone(), "soon", body.as_str()),
    ];
    for (signature, at, body) in wrong {
        assert_eq!(send(&signature, at, body).status, 401);
    }
    assert_eq!(ask(address, "POST /hooks/hubspot", &["Content-Type: application/json"], &body).status, 401);
    server.stop();
}
