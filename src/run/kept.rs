//! `--store`: results kept with their history; `--notify`: moves sent from there; `--compare STORE`: a run that was kept.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use miette::Report;
use serde_json::{Map, Value as Json};
use tempfile::NamedTempFile;

use super::{Host, NotifyOptions, RunOptions, StoreOptions};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Expr, Model};
use crate::program::{RuleSet, Wanted};
use crate::report::summary::{Kept, Notified};
use crate::store::{Access, Beginning, Recorder, Snapshot, Store, WAIT, Writing, address, points_json};
use crate::time::civil;
use crate::warehouse::Address;

/// So many records of a store are read at once.
const PAGE: u32 = 1000;

/// Refuses what cannot be meant together.
pub(super) fn verify(options: &RunOptions) -> Result<(), Report> {
    if let Some(store) = &options.store {
        let address = address(&store.address)?;
        let output = options.output.as_deref().and_then(Path::to_str).and_then(Address::parse);
        if output.is_some_and(|output| output.is_beside(&address)) {
            return Err(Failure::new("-o and --store name the same database").help("write the scores to a file").into());
        }
    }
    Ok(())
}

/// An earlier run as messages and the summary call it, without a password.
pub(super) fn shown(path: &Path) -> String {
    let address = path.to_str().and_then(Address::parse);
    address.map_or_else(|| path.display().to_string(), |address| address.shown())
}

/// The store of a run.
pub(super) struct Keeping<'a> {
    store: Store,
    options: &'a StoreOptions,
    rules: String,
    as_of: AsOf,
    now: i64,
    /// The condition for moves that are sent.
    condition: Option<Expr>,
    recorder: Arc<Recorder>,
    sender: Option<Sender>,
}

/// The present moment, in microseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    AsOf::now(&jiff::tz::TimeZone::UTC).micros
}

impl<'a> Keeping<'a> {
    /// Opens the store of the options, which is made where it is not there.
    /// What it needs of the scoring is added to `wanted`.
    pub(super) fn open(
        options: &'a RunOptions,
        rules: &RuleSet,
        as_of: AsOf,
        host: &dyn Host,
        wanted: &mut Wanted,
    ) -> Result<Option<Self>, Report> {
        let Some(own) = &options.store else { return Ok(None) };
        if rules.model().schema.key.is_none() {
            return Err(Failure::new("--store: the schema has no key, so a store cannot keep which record is which")
                .help("write `key` before the property that identifies a record")
                .into());
        }
        let condition = own.notify.as_ref().and_then(|notify| notify.filter.as_deref());
        let condition = condition.map(|text| condition_of(rules, text)).transpose()?;
        let sender = own.notify.as_ref().map(|notify| Sender::new(notify, host)).transpose()?;
        let mut store = Store::open(&own.address, Access::Create, WAIT, &|name| host.variable(name))?;
        if let Some(last) = store.last_run()?.filter(|last| last.as_of.day > as_of.day) {
            let day = |day: i32| civil(day).map_or_else(|| day.to_string(), |day| day.to_string());
            return Err(Failure::new(format!(
                "--store: `{}` has a run as of {}, and this run is as of {}",
                store.place(),
                day(last.as_of.day),
                day(as_of.day)
            ))
            .help("run as of that day or a later one, or keep results of past days in a store of their own")
            .into());
        }
        let recorder = Arc::new(Recorder::new(rules, condition.is_some().then_some(wanted.conditions.len()))?);
        wanted.conditions.extend(condition.clone());
        let rules = options.rules.display().to_string();
        Ok(Some(Self { store, options: own, rules, as_of, now: now(), condition, recorder, sender }))
    }

    /// What makes the records that are kept.
    pub(super) fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// What the condition for moves reads.
    pub(super) fn uses(&self, model: &Model) -> Option<Uses> {
        self.condition.as_ref().map(|condition| Uses::of_expr(model, condition))
    }

    /// Begins the transaction of the run.
    pub(super) fn begin(&mut self) -> Result<Keeper<'_>, Report> {
        let beginning = Beginning {
            now: self.now,
            run: Some(self.rules.clone()),
            target: self.sender.as_ref().map(Sender::target),
            new_lifecycles: self.options.new_lifecycles,
        };
        let first_day = self.options.keep.and_then(|keep| keep.first(self.as_of.day));
        let writing = self.store.begin(self.recorder.outline(), beginning)?;
        let store = writing.place().to_owned();
        let kept = Kept { store, counts: writing.counts(), without_key: 0, forgotten: 0, notified: None };
        Ok(Keeper { writing, first_day, kept })
    }

    /// Sends what is due; what cannot be sent waits in the store.
    pub(super) fn send(&mut self, kept: Kept) -> Result<Kept, Report> {
        let Some(sender) = &self.sender else { return Ok(kept) };
        let notified = sender.send(&mut self.store).map_err(|why| {
            Failure::new(format!("the results are kept, but messages could not be sent: {why}"))
                .help("run again: they wait in the store")
        })?;
        Ok(Kept { notified: Some(notified), ..kept })
    }
}

fn condition_of(rules: &RuleSet, text: &str) -> Result<Expr, Report> {
    crate::check::condition(rules.sources(), rules.model(), text).map_err(|found| {
        let first = found.iter().next();
        let message = first.map_or_else(|| "that is not a condition".to_owned(), |it| it.message.clone());
        let failure = Failure::new(format!("--notify-where: {message}"));
        match first.and_then(|it| it.help.clone()) {
            Some(help) => failure.help(help).into(),
            None => failure.into(),
        }
    })
}

/// The transaction of a run.
pub(super) struct Keeper<'s> {
    writing: Writing<'s>,
    first_day: Option<i32>,
    kept: Kept,
}

impl Keeper<'_> {
    /// Keeps the records of a batch.
    pub(super) fn take(&mut self, records: Vec<Option<Snapshot>>) -> Result<(), Report> {
        let all = records.len();
        let records: Vec<Snapshot> = records.into_iter().flatten().collect();
        self.kept.without_key += (all - records.len()) as u64;
        self.writing.put(&records)?;
        Ok(())
    }

    /// Removes what is too old, and makes everything stay.
    pub(super) fn finish(mut self) -> Result<Kept, Report> {
        const DAY: i64 = 86_400_000_000;
        if let Some(day) = self.first_day {
            self.kept.forgotten = self.writing.forget_before(day, i64::from(day).saturating_mul(DAY))?;
        }
        let counts = self.writing.commit()?;
        Ok(Kept { counts, ..self.kept })
    }
}

/// The results that a store keeps of the last run, as the file that a run would have written; `None` where the earlier run is a file.
pub(super) fn previous(options: &RunOptions, rules: &RuleSet, host: &dyn Host) -> Result<Option<NamedTempFile>, Report> {
    let text = options.compare.as_deref().and_then(Path::to_str);
    let Some(text) = text.filter(|text| Address::parse(text).is_some()) else { return Ok(None) };
    let mut store = Store::open(text, Access::Read, WAIT, &|name| host.variable(name))?;
    if store.count()? == 0 {
        return Err(Failure::new(format!("{}: the store `{}` has no records yet", options.compare_flag(), store.place()))
            .help(format!("run once with --store and without {}", options.compare_flag()))
            .into());
    }
    let key = rules.model().schema.key.and_then(|id| rules.model().schema.property(id));
    let key = key.map_or_else(|| "key".to_owned(), |property| property.name.to_string());
    let failed = |error: std::io::Error| Report::new(Failure::new("the earlier run cannot be put aside").because(error));
    let file = tempfile::Builder::new().prefix("lsrc-").suffix(".jsonl").tempfile().map_err(failed)?;
    let mut out = BufWriter::new(file);
    let mut last: Option<String> = None;
    loop {
        let page = store.records_of_last_run(last.as_deref(), PAGE)?;
        let Some(end) = page.last().map(|record| record.key.clone()) else { break };
        last = Some(end);
        for record in page {
            let results = record.results;
            let mut row = Map::new();
            row.insert(key.clone(), record.key.into());
            row.extend(results.scores.iter().map(|(name, points)| (name.clone(), points_json(*points))));
            row.extend(results.labels.into_iter().chain(results.stages).map(|(name, text)| (name, text.into())));
            row.insert("excluded".to_owned(), results.excluded.into());
            writeln!(out, "{}", Json::from(row)).map_err(failed)?;
        }
    }
    out.into_inner().map(Some).map_err(|error| failed(error.into_error()))
}

/// Sends the messages of a store that are due, without a run.
///
/// # Errors
/// Those of the store, and an address that is none.
pub fn send(options: &StoreOptions, host: &dyn Host) -> Result<Option<Notified>, Report> {
    let Some(notify) = &options.notify else { return Ok(None) };
    let sender = Sender::new(notify, host)?;
    let mut store = Store::open(&options.address, Access::Write, WAIT, &|name| host.variable(name))?;
    sender.send(&mut store).map(Some)
}

#[cfg(feature = "notify")]
struct Sender {
    receiver: crate::store::notify::Receiver,
}

#[cfg(feature = "notify")]
impl Sender {
    fn new(notify: &NotifyOptions, host: &dyn Host) -> Result<Self, Report> {
        let secret = host.variable("LSRC_NOTIFY_SECRET");
        let receiver = crate::store::notify::Receiver::new(&notify.url, notify.format, secret.as_deref())?;
        Ok(Self { receiver })
    }

    fn target(&self) -> String {
        self.receiver.target()
    }

    fn send(&self, store: &mut Store) -> Result<Notified, Report> {
        use crate::store::notify::{Web, deliver};
        let mut web = Web::new(|| now().div_euclid(1_000_000));
        let delivered = deliver(store, &self.receiver, &format!("run-{}", now()), &mut web, &now)?;
        let standing = store.standing(&self.receiver.target())?;
        let count = |n: i64| crate::invariant::fits(n.max(0));
        Ok(Notified {
            to: self.receiver.host().to_owned(),
            sent: delivered.sent,
            waiting: count(standing.waiting),
            parked: count(standing.parked),
            said: delivered.said.or(standing.said),
        })
    }
}

#[cfg(not(feature = "notify"))]
struct Sender;

#[cfg(not(feature = "notify"))]
impl Sender {
    fn new(_: &NotifyOptions, _: &dyn Host) -> Result<Self, Report> {
        Err(Failure::new("--notify: this lsrc was built without webhooks")
            .help("build it with `cargo install lsrc --features notify`")
            .into())
    }

    fn target(&self) -> String {
        String::new()
    }

    fn send(&self, _: &mut Store) -> Result<Notified, Report> {
        Err(Failure::new("--notify: this lsrc was built without webhooks").into())
    }
}
