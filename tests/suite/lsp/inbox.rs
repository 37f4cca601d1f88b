//! Requests that are cancelled while they wait.

use lsrc::lsp::{Inbox, Message};
use serde_json::{Value, json};

fn message(value: Value) -> Message {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_waiting_request_can_be_cancelled_and_no_other() {
    let mut inbox = Inbox::default();
    for id in 1..=2 {
        assert!(inbox.take(message(json!({"id": id, "method": "textDocument/hover", "params": {}}))).is_none());
    }
    let cancel = |id: i32| message(json!({"method": "$/cancelRequest", "params": {"id": id}}));
    let answer = serde_json::to_value(inbox.take(cancel(1)).unwrap()).unwrap();
    assert_eq!((answer["id"].clone(), answer["error"]["code"].clone()), (json!(1), json!(-32800)));
    // One that was answered, or never came.
    assert!(inbox.take(cancel(1)).is_none());
    assert!(inbox.take(cancel(7)).is_none());
    let Some(Message::Request(next)) = inbox.pop() else { panic!("the second request waits") };
    assert_eq!(next.id, 2.into());
    assert!(inbox.is_empty());
}
