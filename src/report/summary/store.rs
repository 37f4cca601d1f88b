//! What was kept in a store, for people.

use std::fmt::Write as _;

use super::{Kept, Notified};
use crate::report::plain::{Style, count, harmless, of, section};

pub(super) fn text(out: &mut String, kept: &Kept, style: Style) {
    let counts = &kept.counts;
    section(out, &format!("Kept in {}", harmless(&kept.store)), style);
    let mut line =
        format!("  {}, {} new, {} changed, ", of(counts.records, "record", "records"), count(counts.new), count(counts.changed));
    line.push_str(&of(counts.moves, "move", "moves"));
    let _ = writeln!(out, "{line}");
    let mut note = |n: u64, one: &str, many: &str| {
        if n > 0 {
            let _ = writeln!(out, "  {}", of(n, one, many));
        }
    };
    note(kept.without_key, "record without a key is not kept", "records without a key are not kept");
    note(counts.twice, "record repeats a key: the first is kept", "records repeat a key: the first of each key is kept");
    let later = "have results of a later day in the store, which stay as they are";
    note(counts.later, "record has results of a later day in the store, which stay as they are", &format!("records {later}"));
    note(kept.forgotten, "older change removed", "older changes removed");
    if let Some(notified) = &kept.notified {
        sent(out, notified);
    }
}

fn sent(out: &mut String, notified: &Notified) {
    let to = harmless(&notified.to);
    let _ = writeln!(out, "  {} sent to {to}", of(notified.sent, "message", "messages"));
    if notified.waiting > 0 {
        let waiting = of(notified.waiting, "message waits", "messages wait");
        let _ = writeln!(out, "  {waiting} for the next run with --notify");
    }
    if notified.parked > 0 {
        let parked = of(notified.parked, "message was", "messages were");
        let _ = writeln!(out, "  {parked} given up after seven attempts");
    }
    if let Some(said) = notified.said.as_ref().filter(|_| notified.waiting + notified.parked > 0) {
        let _ = writeln!(out, "  Last problem: {}", harmless(said));
    }
}
