//! What is counted, for Prometheus.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _, SharedString};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use rustc_hash::FxHashMap;

use super::live::Reload;
use super::scoring::Counts;

const META: Metadata<'static> = Metadata::new("lsrc", Level::INFO, None);

const REQUESTS: &str = "lsrc_requests_total";
const SECONDS: &str = "lsrc_request_seconds";
const RECORDS: &str = "lsrc_records_total";
const RELOADS: &str = "lsrc_reloads_total";
const RULES: &str = "lsrc_rules_current";
const CONNECTIONS: &str = "lsrc_connections";

/// Ends of the buckets of times, in seconds.
const BUCKETS: [f64; 12] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What is counted.
pub(super) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// By route and status.
    requests: RwLock<FxHashMap<(&'static str, u16), (Counter, Histogram)>>,
    scored: Counter,
    broken: Counter,
    reloads: [Counter; 3],
    /// 1 while the rules in force are those on disk.
    rules: Gauge,
    connections: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), &BUCKETS);
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let described = |name: &'static str| (metrics::KeyName::from(name), None);
        let say = |text: &'static str| SharedString::from(text);
        let ((requests, unit), records, reloads) = (described(REQUESTS), described(RECORDS), described(RELOADS));
        recorder.describe_counter(requests, unit, say("Requests by route and status."));
        recorder.describe_counter(records.0, records.1, say("Records by what came of them."));
        recorder.describe_counter(reloads.0, reloads.1, say("Times that rules were loaded again, by what came of it."));
        recorder.describe_histogram(described(SECONDS).0, None, say("Seconds from the head of a request to its answer."));
        recorder.describe_gauge(described(RULES).0, None, say("1 while the rules in force are those on disk, else 0."));
        recorder.describe_gauge(described(CONNECTIONS).0, None, say("Open connections."));
        let counter = |name: &'static str, label: &'static str, value: &'static str| {
            recorder.register_counter(&Key::from_parts(name, vec![Label::new(label, value)]), &META)
        };
        let it = Self {
            scored: counter(RECORDS, "outcome", "scored"),
            broken: counter(RECORDS, "outcome", "unreadable"),
            reloads: ["changed", "same", "failed"].map(|outcome| counter(RELOADS, "outcome", outcome)),
            rules: recorder.register_gauge(&Key::from_name(RULES), &META),
            connections: recorder.register_gauge(&Key::from_name(CONNECTIONS), &META),
            requests: RwLock::default(),
            handle: recorder.handle(),
            recorder,
        };
        it.rules.set(1.0);
        it.connections.set(0.0);
        it
    }

    /// A request was answered.
    pub(super) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        if let Some((count, times)) = self.requests.read().unwrap_or_else(PoisonError::into_inner).get(&(route, status)) {
            count.increment(1);
            times.record(took.as_secs_f64());
            return;
        }
        let labels = vec![Label::new("route", route), Label::new("status", status.to_string())];
        let count = self.recorder.register_counter(&Key::from_parts(REQUESTS, labels), &META);
        let times = self.recorder.register_histogram(&Key::from_parts(SECONDS, vec![Label::new("route", route)]), &META);
        count.increment(1);
        times.record(took.as_secs_f64());
        self.requests.write().unwrap_or_else(PoisonError::into_inner).insert((route, status), (count, times));
    }

    /// Records were scored, or could not be read.
    pub(super) fn records(&self, counts: Counts) {
        self.scored.increment(counts.scored);
        if counts.broken > 0 {
            self.broken.increment(counts.broken);
        }
    }

    /// Rules were loaded again.
    pub(super) fn reloaded(&self, reload: &Reload) {
        let [changed, same, failed] = &self.reloads;
        let (counter, current) = match reload {
            Reload::Changed => (changed, 1.0),
            Reload::Same => (same, 1.0),
            Reload::Kept(_) => (failed, 0.0),
        };
        counter.increment(1);
        self.rules.set(current);
    }

    /// A connection that counts as open until this is dropped.
    pub(super) fn connection(&self) -> Connected {
        Connected::new(self)
    }

    /// Everything, as Prometheus reads it.
    pub(super) fn render(&self) -> String {
        self.handle.render()
    }

    /// Brings what was measured into the buckets, so that it takes no more memory; to be called now and then.
    pub(super) fn settle(&self) {
        self.handle.run_upkeep();
    }
}

/// An open connection.
pub(super) struct Connected(Gauge);

impl Connected {
    fn new(metrics: &Metrics) -> Self {
        metrics.connections.increment(1.0);
        Self(metrics.connections.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
