//! Which records events refer to: numbers for their keys, and what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHashMap;

use super::keys::fingerprints;
use super::report::{EventReport, SAMPLES};
use crate::column::{Column, Dictionary, Interner};
use crate::invariant::Sure as _;
use crate::text::fold;

/// The number of a key among those that events refer to.
pub(crate) type KeyId = u32;

/// No key.
pub(crate) const NOWHERE: KeyId = KeyId::MAX;

/// Whole numbers below this are found by their place, others by a search.
const NEAR: u64 = 1 << 22;

/// The keys that the events of a list refer to: whole numbers as they are, texts exactly or folded.
pub(crate) struct References {
    /// By whole number, up to [`NEAR`]; [`NOWHERE`] where no event has it.
    near: Vec<KeyId>,
    numbers: FxHashMap<u64, KeyId>,
    interner: Interner,
    texts: Arc<Dictionary>,
    /// `Some` when texts are compared as text; whether accents count is in it.
    folded: Option<bool>,
    /// By key: how many events have it.
    events: Vec<u32>,
    /// By key: whether a record has it.
    matched: Vec<AtomicBool>,
    /// Events without a key, and how many keys there were before the first of them.
    nowhere: (u64, usize),
}

impl References {
    /// None yet; `folded` where texts are compared as text, and whether accents are left out then.
    pub(crate) fn new(folded: Option<bool>) -> Self {
        Self {
            near: Vec::new(),
            numbers: FxHashMap::default(),
            interner: Interner::new(),
            texts: Arc::default(),
            folded,
            events: Vec::new(),
            matched: Vec::new(),
            nowhere: (0, 0),
        }
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.events.len()
    }

    fn next(&self) -> KeyId {
        KeyId::try_from(self.events.len()).unwrap_or(NOWHERE)
    }

    fn number(&mut self, value: u64) -> KeyId {
        let next = self.next();
        if value < NEAR {
            let at = value as usize;
            if self.near.len() <= at {
                self.near.resize((at + 1).next_power_of_two(), NOWHERE);
            }
            let Some(id) = self.near.get_mut(at) else { return NOWHERE };
            if *id == NOWHERE {
                *id = next;
            }
            return *id;
        }
        *self.numbers.entry(value).or_insert(next)
    }

    fn find_number(&self, value: u64) -> Option<KeyId> {
        if value < NEAR {
            return self.near.get(value as usize).copied().filter(|&id| id != NOWHERE);
        }
        self.numbers.get(&value).copied()
    }

    fn text(&mut self, text: &str) -> KeyId {
        match self.folded {
            Some(ignore_accents) => self.interner.intern(&fold(text, ignore_accents), &mut self.texts),
            None => self.interner.intern(text, &mut self.texts),
        }
    }

    /// Counts an event.
    fn count_in(&mut self, key: KeyId) -> KeyId {
        if key == NOWHERE {
            if self.nowhere.0 == 0 {
                self.nowhere.1 = self.events.len();
            }
            self.nowhere.0 += 1;
        } else if let Some(events) = self.events.get_mut(key as usize) {
            *events = events.saturating_add(1);
        } else {
            self.events.push(1);
            self.matched.push(AtomicBool::new(false));
        }
        key
    }

    /// The number of each event's key, given one where it has none.
    pub(crate) fn add(&mut self, column: &Column, out: &mut Vec<KeyId>) {
        let texts = each_text(column, |text| {
            let key = text.map_or(NOWHERE, |t| self.text(t));
            out.push(self.count_in(key));
        });
        if texts.is_none() {
            for key in fingerprints(column) {
                let key = key.map_or(NOWHERE, |k| self.number(k));
                out.push(self.count_in(key));
            }
        }
    }

    /// The number of each record's key, if an event refers to it.
    pub(crate) fn find(&self, column: &Column, out: &mut Vec<KeyId>) {
        let from = out.len();
        each_text(column, |text| {
            let found = text.and_then(|t| match self.folded {
                Some(ignore_accents) => self.interner.find(&fold(t, ignore_accents), &self.texts),
                None => self.interner.find(t, &self.texts),
            });
            out.push(found.unwrap_or(NOWHERE));
        })
        .unwrap_or_else(|| {
            out.extend(fingerprints(column).map(|key| key.and_then(|k| self.find_number(k)).unwrap_or(NOWHERE)));
        });
        for &key in out.iter().skip(from) {
            if let Some(matched) = self.matched.get(key as usize) {
                matched.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The numbers of each record's keys that an event refers to, each once, by the values of several properties or members of sets.
    pub(crate) fn find_any(&self, columns: &[Column], rows: usize, out: &mut Vec<Vec<KeyId>>) {
        for row in 0..rows {
            let mut found: Vec<KeyId> = Vec::new();
            let mut add = |text: &str| {
                let folded = fold(text, self.folded == Some(true));
                if let Some(key) = self.interner.find(&folded, &self.texts).filter(|key| !found.contains(key)) {
                    found.push(key);
                }
            };
            for column in columns {
                match column {
                    Column::Text(texts) => texts.get(row).into_iter().for_each(&mut add),
                    Column::Dictionary(d) => {
                        d.codes.get(row).and_then(|&code| d.dictionary.get(code)).into_iter().for_each(&mut add);
                    }
                    Column::Integer(values) => {
                        if let Some(n) = values.get(row) {
                            add(&n.to_string());
                        }
                    }
                    Column::TextSet(set) => {
                        set.members(row).iter().filter_map(|&code| set.dictionary.get(code)).for_each(&mut add);
                    }
                    Column::Number(_)
                    | Column::Boolean(_)
                    | Column::Date(_)
                    | Column::DateTime(_)
                    | Column::Option(_)
                    | Column::Set(_) => {}
                }
            }
            for &key in &found {
                if let Some(matched) = self.matched.get(key as usize) {
                    matched.store(true, Ordering::Relaxed);
                }
            }
            out.push(found);
        }
    }

    /// Says which events belong to no record, when every record has been read.
    pub(crate) fn tell(&self, report: &mut EventReport) {
        let lost = |key: usize| !self.matched.get(key).is_some_and(|matched| matched.load(Ordering::Relaxed));
        let (nowhere, before) = self.nowhere;
        let sample = |report: &mut EventReport, text: &dyn Fn() -> String| {
            if report.without_record_samples.len() < SAMPLES {
                report.without_record_samples.push(text());
            }
        };
        for key in 0..=self.events.len() {
            if key == before && nowhere > 0 {
                report.without_record += nowhere;
                sample(report, &|| "(empty)".to_owned());
            }
            if let Some(&events) = self.events.get(key).filter(|_| lost(key)) {
                report.without_record += u64::from(events);
                sample(report, &|| self.shown(key as KeyId));
            }
        }
    }

    /// A key as messages show it.
    pub(crate) fn shown(&self, key: KeyId) -> String {
        if let Some(text) = self.texts.get(key) {
            return text.to_owned();
        }
        let near = self.near.iter().position(|&id| id == key).map(|value| value as i64);
        let number = near.or_else(|| self.numbers.iter().find(|(_, id)| **id == key).map(|(value, _)| *value as i64));
        number.sure("a key is a text or a number").to_string()
    }
}

/// Calls `then` for each row of a text column; `None` if it is none.
fn each_text(column: &Column, mut then: impl FnMut(Option<&str>)) -> Option<()> {
    match column {
        Column::Text(texts) => (0..texts.len()).for_each(|row| then(texts.get(row))),
        Column::Dictionary(d) => d.codes.iter().for_each(|&code| then(d.dictionary.get(code))),
        Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Date(_)
        | Column::DateTime(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => return None,
    }
    Some(())
}
