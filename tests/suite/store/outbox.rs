//! Messages of moves: when they are sent, how often, by whom, and what they say.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use lsrc::store::notify::{Answer, Post, Receiver, deliver};
use lsrc::store::{DELAYS, Format, Store, target};

use super::{put, recorder, store};

const URL: &str = "https://receiver.example/hook";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECOND: i64 = 1_000_000;

const DEMO: &str = r#"{"email": "ann@a.example", "demo": "2026-03-02"}"#;

/// What was posted, and what is answered.
struct Fake {
    answers: Vec<Answer>,
    posted: Vec<(Vec<(&'static str, String)>, String)>,
}

impl Fake {
    fn new(answers: &[Answer]) -> Self {
        Self { answers: answers.to_vec(), posted: Vec::new() }
    }
}

impl Post for Fake {
    fn post(&mut self, url: &str, headers: &[(&'static str, String)], body: &str) -> Answer {
        assert_eq!(url, URL);
        self.posted.push((headers.to_vec(), body.to_owned()));
        if self.answers.is_empty() { Answer::Status(200, None) } else { self.answers.remove(0) }
    }
}

fn receiver(format: Format) -> Receiver {
    Receiver::new(URL, Some(format), Some(SECRET)).unwrap()
}

fn filled(folder: &std::path::Path) -> Store {
    let mut store = store(&folder.join("scores.db"));
    put(&mut store, &mut recorder(0), "2026-03-02", &[DEMO]);
    store
}

fn start() -> i64 {
    super::rules().as_of("2026-03-02").unwrap().micros
}

#[test]
fn a_receiver_that_fails_is_tried_again_at_its_times_and_then_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path());
    let (clock, receiver) = (Cell::new(start()), receiver(Format::Standard));
    let mut fake = Fake::new(&vec![Answer::Status(500, None); 20]);
    for (attempt, delay) in DELAYS.into_iter().enumerate() {
        let done = deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
        assert_eq!((done.failed, fake.posted.len()), (1, attempt + 1));
        clock.set(clock.get() + delay * SECOND - 1);
        deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
        assert_eq!(fake.posted.len(), attempt + 1, "not before its time");
        clock.set(clock.get() + 1);
    }
    let done = deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
    assert_eq!((done.parked, done.said.as_deref()), (1, Some("receiver.example answered 500")));
    clock.set(clock.get() + 100 * super::DAY);
    deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
    assert_eq!(fake.posted.len(), 7, "what is parked is left alone");
    let standing = store.standing(&target(URL)).unwrap();
    assert_eq!((standing.waiting, standing.parked, standing.sent), (0, 1, 0));
    // Every attempt had one id, and a signature of its own time.
    let header = |at: usize, name: &str| fake.posted[at].0.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    assert!((0..7).all(|at| header(at, "webhook-id") == header(0, "webhook-id") && fake.posted[at].1 == fake.posted[0].1));
    assert_ne!(header(0, "webhook-signature"), header(1, "webhook-signature"));
    assert_eq!(store.unpark(&target(URL), clock.get()).unwrap(), 1);
    assert_eq!(deliver(&mut store, &receiver, "a", &mut Fake::new(&[]), &|| clock.get()).unwrap().sent, 1);
    assert_eq!(store.standing(&target(URL)).unwrap().sent, 1);
}

#[test]
fn a_receiver_says_when_it_wants_to_be_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path());
    let (clock, receiver) = (Cell::new(start()), receiver(Format::Standard));
    let mut fake = Fake::new(&[Answer::Status(429, Some(3600)), Answer::Status(204, None)]);
    deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
    clock.set(clock.get() + 3599 * SECOND);
    deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap();
    assert_eq!(fake.posted.len(), 1);
    clock.set(clock.get() + SECOND);
    assert_eq!(deliver(&mut store, &receiver, "a", &mut fake, &|| clock.get()).unwrap().sent, 1);
    // A receiver that is gone is not asked again.
    put(&mut store, &mut recorder(0), "2026-03-03", &[r#"{"email": "b", "demo": "2026-03-03"}"#]);
    clock.set(start() + super::DAY);
    let done = deliver(&mut store, &receiver, "a", &mut Fake::new(&[Answer::Status(410, None)]), &|| clock.get()).unwrap();
    assert_eq!(done.parked, 1);
}

#[test]
fn one_message_is_claimed_by_one_sender_and_moves_of_a_record_stay_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = filled(folder.path());
    put(&mut one, &mut recorder(0), "2026-03-10", &[DEMO, r#"{"email": "bob@b.example", "demo": "2026-03-10"}"#]);
    let mut two = store(&folder.path().join("scores.db"));
    let now = start() + 20 * super::DAY;
    let lease = 60 * SECOND;
    let keys = |claimed: &[lsrc::store::Claimed]| {
        claimed.iter().map(|it| (it.message.key.clone(), it.message.to.clone().unwrap())).collect::<Vec<_>>()
    };
    let pair = |key: &str, stage: &str| (key.to_owned(), stage.to_owned());
    let first = one.claim(&target(URL), "one", now, lease, 10).unwrap();
    assert_eq!(keys(&first), [pair("ann@a.example", "sql"), pair("bob@b.example", "sql")]);
    // Ann's second move waits for her first.
    assert!(two.claim(&target(URL), "two", now, lease, 10).unwrap().is_empty());
    one.sent(&first[0], now).unwrap();
    assert_eq!(keys(&two.claim(&target(URL), "two", now, lease, 10).unwrap()), [pair("ann@a.example", "mql")]);
    // A sender that died gives up its claim with time; what it says later of it does not count.
    let late = two.claim(&target(URL), "two", now + lease, lease, 10).unwrap();
    assert_eq!(keys(&late), [pair("ann@a.example", "mql"), pair("bob@b.example", "sql")]);
    one.failed(&first[1], now + lease, "too late", None, false).unwrap();
    assert!(one.claim(&target(URL), "one", now + lease, lease, 10).unwrap().is_empty());
    // Another address has its own messages: none.
    assert!(one.claim(&target("https://other.example"), "one", now, lease, 10).unwrap().is_empty());
}

#[test]
fn bodies_say_who_moved_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = r#"{"email": "<!channel> *x* [a](http://b)\u202e", "plan": "pro", "demo": "2026-03-02"}"#;
    let mut said = Vec::new();
    for (name, format) in [("standard", Format::Standard), ("slack", Format::Slack), ("teams", Format::Teams)] {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        let mut store = filled(&path);
        put(&mut store, &mut recorder(0), "2026-03-10", &[DEMO, hostile]);
        let mut fake = Fake::new(&[]);
        let now = start() + 20 * super::DAY;
        let done = deliver(&mut store, &receiver(format), "a", &mut fake, &|| now).unwrap();
        assert_eq!(done.sent, 3);
        for (headers, body) in fake.posted {
            let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            said.push(format!("{name}\n{}\n{body:#}\n", headers.join("\n")));
        }
    }
    insta::assert_snapshot!("bodies", said.join("\n"));
}

/// A receiver on this machine: answers as it is told, and gives what it got.
fn listen(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=secret", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let got = RefCell::new(Vec::new());
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = Vec::new();
            let mut part = [0; 4096];
            loop {
                let n = stream.read(&mut part).unwrap();
                text.extend_from_slice(&part[..n]);
                let all = String::from_utf8_lossy(&text).into_owned();
                let length =
                    all.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
                if n == 0 || all.split_once("\r\n\r\n").is_some_and(|(_, body)| length.is_some_and(|length| body.len() >= length))
                {
                    got.borrow_mut().push(all);
                    break;
                }
            }
            stream.write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
        }
        got.into_inner()
    });
    (url, thread)
}

#[test]
fn a_run_sends_its_moves_and_what_was_left_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.lsr"), super::RULES).unwrap();
    let (url, receiver) = listen(&["503 Busy\r\nretry-after: 0", "200 OK"]);
    let run = |data: &str, day: &str| {
        std::fs::write(folder.path().join("all.csv"), data).unwrap();
        let arguments = ["run", "rules.lsr", "all.csv", "--store", "scores.db", "--as-of", day, "--notify", &url];
        let more = ["--notify-format", "slack", "--notify-where", "status is sql"];
        let output = crate::command::lsrc(folder.path()).args(arguments).args(more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && output.stdout.is_empty(), "{said}");
        assert!(!said.contains("token=secret") && !said.contains("/hook"), "{said}");
        said
    };
    let said = run("email,plan,demo\nann,,\nbob,,\n", "2026-03-01");
    assert!(said.contains("0 messages sent to 127.0.0.1"), "{said}");
    let said = run("email,plan,demo\nann,,2026-03-02\nbob,,2026-02-20\n", "2026-03-02");
    assert!(said.contains("1 message waits") && said.contains("answered 503"), "{said}");
    // What is due again in five seconds leaves with the next run.
    std::thread::sleep(std::time::Duration::from_millis(5100));
    let said = run("email,plan,demo\nann,,2026-03-02\nbob,,2026-02-20\n", "2026-03-02");
    assert!(said.contains("1 message sent to 127.0.0.1"), "{said}");
    let got = receiver.join().unwrap();
    let body = |text: &str| text.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&got[0]), body(&got[1]));
    assert!(body(&got[1]).contains("*ann*: lead -&gt; sql (status)") && !body(&got[1]).contains("bob"), "{}", got[1]);
}

/// A sender that is killed before it noted the answer sends again when its claim has ended: with the same id, and the same body.
#[test]
fn a_sender_that_is_killed_sends_again_with_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.lsr"), super::RULES).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let request = |stream: &mut std::net::TcpStream| {
        let (mut text, mut part) = (String::new(), [0; 4096]);
        while !text.contains("}}") {
            let n = stream.read(&mut part).unwrap();
            assert!(n > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&part[..n]));
        }
        text
    };
    let run = |data: &str| {
        std::fs::write(folder.path().join("all.csv"), data).unwrap();
        let mut command = crate::command::lsrc(folder.path());
        command.args(["run", "rules.lsr", "all.csv", "--store", "scores.db", "--as-of", "2026-03-02", "--notify", &url]);
        command.env("LSRC_NOTIFY_SECRET", SECRET).stderr(std::process::Stdio::piped());
        command
    };
    assert!(run("email,plan,demo\nann,,\n").output().unwrap().status.success());
    let data = "email,plan,demo\nann,,2026-03-02\n";
    let mut child = run(data).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let first = request(&mut stream);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stream);
    let path = folder.path().join("scores.db");
    let standing = |path: &std::path::Path| store(path).standing(&target(&url)).unwrap();
    assert_eq!((standing(&path).waiting, standing(&path).sent), (1, 0), "the move is kept, and so is its message");
    // The claim ends with time; here it is ended by hand.
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE lsrc_outbox SET claimed_until = 0", []).unwrap();
    let child = run(data).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let second = request(&mut stream);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let header = |text: &str, name: &str| text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap();
    let body = |text: &str| text.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(header(&first, "webhook-id: "), header(&second, "webhook-id: "));
    assert_eq!(body(&first), body(&second));
    assert_eq!((standing(&path).waiting, standing(&path).sent), (0, 1));
}
