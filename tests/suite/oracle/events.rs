//! A record's events with one key count once.

use std::cmp::Ordering;

use lsrc::schema::EventList;
use lsrc::value::Value;

use super::Event;

/// The events that count: of those with one key the one with the earliest time, and among equal times the one whose fields come first,
/// field by field, an unknown value last. Events without a key count each.
pub(crate) fn once_a_key(declared: &EventList, given: Vec<Event>) -> Vec<Event> {
    let Some(key) = declared.key else { return given };
    let (key, at) = (key.0 as usize, declared.at.0 as usize);
    let beaten = |number: usize, event: &Event| {
        given.iter().enumerate().any(|(other, rival)| {
            let same = other != number && event[key].is_some() && rival[key] == event[key];
            let order = order(rival[at].as_ref(), event[at].as_ref()).then_with(|| {
                let fields = rival.iter().zip(event).map(|(a, b)| order(a.as_ref(), b.as_ref()));
                fields.fold(Ordering::Equal, Ordering::then)
            });
            same && (order == Ordering::Less || (order == Ordering::Equal && other < number))
        })
    };
    given.iter().enumerate().filter(|(number, event)| !beaten(*number, event)).map(|(_, event)| event.clone()).collect()
}

fn order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(Value::Text(a)), Some(Value::Text(b))) => a.chars().cmp(b.chars()),
        (Some(Value::Integer(a)), Some(Value::Integer(b))) => a.cmp(b),
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.total_cmp(b),
        (Some(Value::Boolean(a)), Some(Value::Boolean(b))) => a.cmp(b),
        (Some(Value::Date(a)), Some(Value::Date(b))) => a.cmp(b),
        (Some(Value::DateTime(a)), Some(Value::DateTime(b))) => a.cmp(b),
        (Some(Value::Option(a)), Some(Value::Option(b))) => a.cmp(b),
        other => panic!("fields of one event list: {other:?}"),
    }
}
