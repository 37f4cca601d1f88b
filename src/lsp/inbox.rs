//! Messages that wait, so that requests can be cancelled before they are answered.

use std::collections::VecDeque;

use lsp_server::{ErrorCode, Message, RequestId, Response};

/// The messages of a client that have not been handled, in their order.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Message>,
}

impl Inbox {
    /// Takes a message in. The answer to a waiting request that it cancels is given back.
    pub fn take(&mut self, message: Message) -> Option<Message> {
        let Message::Notification(note) = &message else {
            self.waiting.push_back(message);
            return None;
        };
        if note.method != "$/cancelRequest" {
            self.waiting.push_back(message);
            return None;
        }
        let id: RequestId = serde_json::from_value(note.params.get("id")?.clone()).ok()?;
        let at = self.waiting.iter().position(|waiting| matches!(waiting, Message::Request(request) if request.id == id))?;
        self.waiting.remove(at)?;
        // The code of the protocol fits.
        Some(Response::new_err(id, ErrorCode::RequestCanceled as i32, "the request was cancelled".to_owned()).into())
    }

    /// The next message to handle.
    pub fn pop(&mut self) -> Option<Message> {
        self.waiting.pop_front()
    }

    /// Whether no message waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
