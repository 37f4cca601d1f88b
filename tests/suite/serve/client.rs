//! A client that sends what a case says, byte for byte, and reads what comes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// The host and port of `http://127.0.0.1:8080`.
fn host(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, host)| host)
}

pub(super) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(host(address)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// A request with these headers; length, host and end of the connection are added where they are not given.
pub(super) fn request(address: &str, first: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let given = |name: &str| headers.iter().any(|header| header.to_lowercase().starts_with(&format!("{name}:")));
    let mut text = format!("{first} HTTP/1.1\r\n");
    let own = [
        (!given("host"), format!("Host: {}", host(address))),
        (!given("connection"), "Connection: close".to_owned()),
        (!given("content-length") && !given("transfer-encoding"), format!("Content-Length: {}", body.len())),
    ];
    for header in headers.iter().copied().chain(own.iter().filter(|(add, _)| *add).map(|(_, header)| header.as_str())) {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// The same where the server may be gone: an answer that is whole, or none.
pub(super) fn try_exchange(address: &str, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(host(address)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    stream.write_all(bytes).ok()?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).ok()?;
    let end = all.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
    let length: usize = head.split("content-length: ").nth(1)?.lines().next()?.trim().parse().ok()?;
    (all.len() == end + 4 + length).then(|| parse(&all))
}

/// What comes back for bytes, until the server closes; `None` where it closes without an answer.
pub(super) fn exchange(address: &str, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(address);
    // A server that refuses early may have closed before everything is sent.
    let _early = stream.write_all(bytes);
    let mut all = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut part) {
        all.extend_from_slice(&part[..read]);
    }
    (!all.is_empty()).then(|| parse(&all))
}

pub(super) fn ask(address: &str, first: &str, headers: &[&str], body: &str) -> Answer {
    exchange(address, &request(address, first, headers, body.as_bytes())).expect("an answer")
}

/// A JSON document to an address.
pub(super) fn post(address: &str, path: &str, body: &str) -> Answer {
    ask(address, &format!("POST {path}"), &["Content-Type: application/json"], body)
}

pub(super) fn get(address: &str, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), &[], "")
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").expect("the end of the head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        })
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &bytes[end + 4..];
    Answer { status, headers, body: if chunked { unchunked(body) } else { body.to_vec() } }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|part| part == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        bytes = &bytes[end + 2..];
        body.extend_from_slice(&bytes[..length]);
        bytes = &bytes[length + 2..];
        if length == 0 {
            break;
        }
    }
    body
}
