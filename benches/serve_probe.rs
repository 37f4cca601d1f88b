//! A server of the same stack that answers every request with one fixed text: what HTTP itself costs on a machine.
//! `benches/serve.py` starts it beside `lsrc serve`, and loads both by turns.

#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a program for the bench, which fails aloud")]

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::post;

const ANSWER: &str = include_str!("serve_probe.json");

fn main() {
    // `cargo bench` starts every bench; without an address this one does nothing.
    let Some(address) = std::env::args().nth(1).filter(|address| address.contains(':')) else {
        eprintln!("usage: serve_probe ADDRESS:PORT");
        return;
    };
    let answer = |_body: Bytes| async { ([(header::CONTENT_TYPE, "application/json")], ANSWER) };
    let router = Router::new().route("/", post(answer));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
