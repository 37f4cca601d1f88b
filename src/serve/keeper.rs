//! The thread that writes to the store: records as they come, several in one transaction, and those whose day has come.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};
use tokio::sync::oneshot;

use super::json::json;
use super::live::{Live, Loaded};
use super::options::Variable;
use super::problem::Problem;
use crate::check;
use crate::failure::Failure;
use crate::invariant::Sure as _;
use crate::run::StoreOptions;
use crate::store::{Access, Beginning, Change, Fault, JsonRecorder, Put, Snapshot, Store, target};
use crate::time::AsOf;

/// So many requests wait for the store; more are refused.
const WAITING: usize = 1024;

/// So many records are written in one transaction.
const TOGETHER: usize = 256;

/// So many records whose day has come are scored in one transaction.
const DUE: u32 = 256;

/// How often the thread looks for records whose day has come, at least.
const TICK: Duration = Duration::from_secs(1);

/// How many days ahead the day is looked for on which a record changes by itself.
const AHEAD: u16 = 366;

/// How long another program may hold the store.
pub(super) const WAIT: Duration = Duration::from_secs(5);

/// What is to be kept.
pub(super) enum Given {
    /// A record in the place of what is known of it.
    Record(String),
    /// Values of properties, for a record that may be known.
    Properties(Map<String, Json>),
    /// Events of a list of a record that is known.
    Events { list: String, events: Vec<Json> },
}

/// A request to keep something.
struct Job {
    key: String,
    given: Given,
    answer: oneshot::Sender<Result<Kept, Problem>>,
}

/// What became of a record.
pub(super) struct Kept {
    pub(super) snapshot: Snapshot,
    /// What changed; nothing where the store has results of a later day.
    pub(super) changes: Vec<Change>,
    pub(super) revision: Arc<str>,
}

/// The way to the thread that writes.
pub(super) struct Keeper {
    /// None once the server stops.
    jobs: Mutex<Option<SyncSender<Job>>>,
}

impl Keeper {
    /// Opens the store and starts its thread, which ends when the keeper is gone.
    pub(super) fn start(keeping: &StoreOptions, live: &Arc<Live>, variable: Variable) -> Result<(Self, JoinHandle<()>), Failure> {
        let store = Store::open(&keeping.address, Access::Create, WAIT, &variable).map_err(|fault| failure(&fault))?;
        let loaded = live.current();
        let notify = keeping.notify.as_ref();
        let filter = notify.and_then(|notify| notify.filter.clone());
        let writer = Writer {
            recorder: recorder(&loaded, filter.as_deref())?,
            number: loaded.number,
            store,
            target: notify.map(|notify| target(&notify.url)),
            filter,
            live: Arc::clone(live),
            looked: None,
        };
        let (jobs, received) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&received));
        let thread = thread.map_err(|error| Failure::new("the thread of the store cannot be started").because(error))?;
        Ok((Self { jobs: Mutex::new(Some(jobs)) }, thread))
    }

    /// Takes nothing more: the thread ends when what waits is kept.
    pub(super) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Keeps something; what became of it.
    pub(super) async fn keep(&self, key: String, given: Given) -> Result<Kept, Problem> {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let jobs = jobs.ok_or_else(|| Problem::busy("the server is stopping"))?;
        jobs.try_send(Job { key, given, answer }).map_err(|_| Problem::busy("too many records wait for the store"))?;
        answered.await.map_err(|_| Problem::internal())?
    }
}

/// A fault of the store in the words of a failure.
pub(super) fn failure(fault: &Fault) -> Failure {
    let failure = Failure::new(fault.to_string());
    match miette::Diagnostic::help(fault) {
        Some(help) => failure.help(help.to_string()),
        None => failure,
    }
}

/// A record that the store does not have.
pub(super) fn unknown(key: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("the store has no record `{key}`")).help("store it with `PUT /v1/records/{key}`")
}

/// A fault of the store as an answer: it may be gone for a moment, and the client may try again.
pub(super) fn unavailable(fault: &Fault) -> Problem {
    tracing::error!(detail = %fault, "the store failed");
    Problem::busy("the store cannot be used at the moment")
}

fn recorder(loaded: &Loaded, filter: Option<&str>) -> Result<JsonRecorder, Failure> {
    let rules = &loaded.rules;
    let condition = filter.map(|text| {
        check::condition(rules.sources(), rules.model(), text).map_err(|found| {
            let first = found.iter().next();
            Failure::new(format!("--notify-where: {}", first.map_or("that is not a condition", |it| it.message.as_str())))
        })
    });
    JsonRecorder::new(rules, condition.transpose()?, AHEAD).map_err(|fault| failure(&fault))
}

/// The thread that writes.
struct Writer {
    store: Store,
    recorder: JsonRecorder,
    /// The number of the rules that the recorder is of.
    number: u64,
    target: Option<String>,
    filter: Option<String>,
    live: Arc<Live>,
    /// When it was looked last for records whose day has come.
    looked: Option<Instant>,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = match jobs.recv_timeout(TICK) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let loaded = self.live.current();
            if loaded.number != self.number {
                match recorder(&loaded, self.filter.as_deref()) {
                    Ok(recorder) => (self.recorder, self.number) = (recorder, loaded.number),
                    // Those before stay in force for the store.
                    Err(failure) => tracing::error!(detail = %failure, "the store cannot use these rules"),
                }
            }
            if let Some(first) = first {
                let more = jobs.try_iter().take(TOGETHER - 1);
                let together: Vec<Job> = std::iter::once(first).chain(more).collect();
                self.together(&loaded, together);
            }
            if self.looked.is_none_or(|looked| looked.elapsed() >= TICK) {
                if let Err(fault) = self.due(&loaded) {
                    tracing::error!(detail = %fault, "records whose day has come could not be scored");
                }
                self.looked = Some(Instant::now());
            }
        }
    }

    /// Scores again what time alone changes, day by day until today.
    fn due(&mut self, loaded: &Loaded) -> Result<(), Fault> {
        let now = loaded.rules.now();
        loop {
            let due = self.store.due(now.day, DUE)?;
            if due.is_empty() {
                return Ok(());
            }
            let zone = &loaded.rules.model().schema.zone;
            let mut snapshots = Vec::new();
            for it in &due {
                match self.recorder.record(&it.data, AsOf::end_of(it.day, zone)) {
                    Ok(Some(snapshot)) => snapshots.push(snapshot),
                    Ok(None) | Err(_) => tracing::error!("a stored record can no longer be read by the rules"),
                }
            }
            let moved = snapshots.iter().any(|it| it.due.is_none_or(|day| day > now.day));
            self.write(&snapshots, now.micros)?;
            if !moved {
                return Ok(());
            }
        }
    }

    fn write(&mut self, snapshots: &[Snapshot], now: i64) -> Result<Vec<Put>, Fault> {
        let beginning = Beginning { now, run: None, target: self.target.clone(), new_lifecycles: false };
        let mut writing = self.store.begin(self.recorder.outline(), beginning)?;
        let put = writing.put(snapshots)?;
        writing.commit()?;
        Ok(put)
    }

    /// Keeps what several requests bring, all or nothing of it, and answers them.
    fn together(&mut self, loaded: &Loaded, jobs: Vec<Job>) {
        let as_of = loaded.now();
        // What requests of this transaction say of a record counts for those after them.
        let mut known: FxHashMap<String, String> = FxHashMap::default();
        let (mut snapshots, mut waiting) = (Vec::new(), Vec::new());
        for job in jobs {
            match self.snapshot(&job.key, job.given, as_of, &known) {
                Ok(snapshot) => {
                    known.extend(snapshot.data.clone().map(|data| (job.key, data)));
                    snapshots.push(snapshot);
                    waiting.push(job.answer);
                }
                Err(problem) => drop(job.answer.send(Err(problem))),
            }
        }
        if snapshots.is_empty() {
            return;
        }
        let written = self.write(&snapshots, loaded.rules.now().micros);
        let revision: Arc<str> = Arc::clone(&loaded.revision);
        match written {
            Ok(put) => {
                for ((snapshot, put), answer) in snapshots.into_iter().zip(put).zip(waiting) {
                    let changes = match put {
                        Put::Kept(changes) => changes,
                        Put::Later(_) | Put::Twice => Vec::new(),
                    };
                    // A client that is gone has its record kept all the same.
                    drop(answer.send(Ok(Kept { snapshot, changes, revision: Arc::clone(&revision) })));
                }
            }
            Err(fault) => {
                let problem = unavailable(&fault);
                for answer in waiting {
                    drop(answer.send(Err(problem.clone())));
                }
            }
        }
    }

    fn snapshot(&mut self, key: &str, given: Given, as_of: AsOf, known: &FxHashMap<String, String>) -> Result<Snapshot, Problem> {
        let text = match given {
            Given::Record(text) => text,
            Given::Properties(properties) => {
                let before = self.before(key, known)?;
                let mut record: Map<String, Json> = match before {
                    Some(text) => json(&text)?,
                    None => self.with_key(key),
                };
                record.extend(properties);
                serde_json::to_string(&record).sure("what was JSON can be written")
            }
            Given::Events { list, events } => {
                let before = self.before(key, known)?.ok_or_else(|| unknown(key))?;
                self.with_events(&before, &list, events)?
            }
        };
        let recorded =
            |this: &mut Self, text: &str| this.recorder.record(text, as_of).map_err(|error| Problem::of_record(&error));
        let snapshot = match recorded(self, &text)? {
            Some(snapshot) => snapshot,
            // The address names it, unless the record has something in its place.
            None => {
                let mut record: Map<String, Json> = json(&text)?;
                let named = self.with_key(key);
                if named.keys().any(|name| record.get(name).is_some_and(|value| !value.is_null())) {
                    return Err(Problem::content("the key of the record cannot be read"));
                }
                record.extend(named);
                let text = serde_json::to_string(&record).sure("what was JSON can be written");
                recorded(self, &text)?.ok_or_else(|| Problem::content("the record has no key"))?
            }
        };
        if snapshot.key != key {
            let detail = format!("the address names the key `{key}`, and the record has `{}`", snapshot.key);
            return Err(Problem::content(detail).help("send the record to the address of its own key"));
        }
        Ok(snapshot)
    }

    /// What is known of a record.
    fn before(&mut self, key: &str, known: &FxHashMap<String, String>) -> Result<Option<String>, Problem> {
        match known.get(key) {
            Some(text) => Ok(Some(text.clone())),
            None => Ok(self.store.record(key).map_err(|fault| unavailable(&fault))?.and_then(|stored| stored.data)),
        }
    }

    /// A record of which nothing but its key is known.
    fn with_key(&self, key: &str) -> Map<String, Json> {
        let loaded = self.live.current();
        let schema = &loaded.rules.model().schema;
        let property = schema.key.and_then(|id| schema.property(id));
        property.map(|property| (property.name.to_string(), Json::from(key))).into_iter().collect()
    }

    /// A record with events that it did not have: an event whose key the list has already is the same event.
    fn with_events(&self, record: &str, list: &str, events: Vec<Json>) -> Result<String, Problem> {
        let loaded = self.live.current();
        let schema = &loaded.rules.model().schema;
        let (_, declared) = schema.find_event(list).ok_or_else(|| {
            let names: Vec<&str> = schema.events.iter().map(|list| &*list.name).collect();
            Problem::content(format!("the schema has no events `{list}`")).help(format!("it has {}", names.join(", ")))
        })?;
        let mut record: Map<String, Json> = json(record)?;
        let held = record.entry(list.to_owned()).or_insert_with(|| Json::Array(Vec::new()));
        if held.is_null() {
            *held = Json::Array(Vec::new());
        }
        let held = held.as_array_mut().ok_or_else(|| Problem::content(format!("`{list}` of the record is not a list")))?;
        let key = declared.key.and_then(|key| declared.field(key)).map(|field| field.name.to_string());
        for event in events {
            let same = |known: &Json| match &key {
                Some(key) => known.get(key).is_some_and(|value| Some(value) == event.get(key)),
                None => false,
            };
            if !held.iter().any(same) {
                held.push(event);
            }
        }
        Ok(serde_json::to_string(&record).sure("what was JSON can be written"))
    }
}
