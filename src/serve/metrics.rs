//! What is counted, for Prometheus.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::live::Reload;
use super::scoring::Counts;

/// Ends of the buckets of times, in seconds.
const BUCKETS: [f64; 12] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// How a request was answered.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What is counted.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    records: Family<Outcome, Counter>,
    reloads: Family<Outcome, Counter>,
    /// 1 while the rules in force are those on disk.
    rules: Gauge,
    connections: Gauge,
    pub(super) outbox: Outbox,
}

/// The messages of moves that are to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    pub(super) waiting: Gauge,
    pub(super) parked: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        let it = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            records: Family::default(),
            reloads: Family::default(),
            rules: Gauge::default(),
            connections: Gauge::default(),
            outbox: Outbox::default(),
            registry: Registry::default(),
        };
        registry.register("lsrc_requests", "Requests by route and status", it.requests.clone());
        registry.register("lsrc_request_seconds", "Seconds from the head of a request to its answer", it.seconds.clone());
        registry.register("lsrc_records", "Records by what came of them", it.records.clone());
        registry.register("lsrc_reloads", "Times that rules were loaded again, by what came of it", it.reloads.clone());
        registry.register("lsrc_rules_current", "1 while the rules in force are those on disk, else 0", it.rules.clone());
        registry.register("lsrc_connections", "Open connections", it.connections.clone());
        registry.register("lsrc_outbox_waiting", "Moves that are still to be sent", it.outbox.waiting.clone());
        registry.register("lsrc_outbox_parked", "Moves that were given up after the last attempt", it.outbox.parked.clone());
        it.rules.set(1);
        Self { registry, ..it }
    }

    /// A request was answered.
    pub(super) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { route, status }).inc();
        self.seconds.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// Records were scored, or could not be read.
    pub(super) fn records(&self, counts: Counts) {
        self.records.get_or_create(&Outcome { outcome: "scored" }).inc_by(counts.scored);
        if counts.broken > 0 {
            self.records.get_or_create(&Outcome { outcome: "unreadable" }).inc_by(counts.broken);
        }
    }

    /// Rules were loaded again.
    pub(super) fn reloaded(&self, reload: &Reload) {
        let (outcome, current) = match reload {
            Reload::Changed => ("changed", 1),
            Reload::Same => ("same", 1),
            Reload::Kept(_) => ("failed", 0),
        };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
        self.rules.set(current);
    }

    /// A connection, which counts as open until this is dropped.
    pub(super) fn connection(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// Everything, as Prometheus reads it.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// An open connection.
pub(super) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}
