//! Counters for /metrics. Nothing in them names a person, a store's takings or a secret.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub batches_accepted: Counter,
    pub batches_refused: Counter,
    pub batches_put_off: Counter,
    pub records_applied: Counter,
    pub records_quarantined: Counter,
    pub signatures_refused: Counter,
    pub sign_ins: Counter,
    pub sign_ins_refused: Counter,
    pub faults: Counter,
    pub live_pages: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("holdfast_cloud");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let batches_accepted = counter("batches_accepted", "Batches that were acknowledged");
        let batches_refused = counter("batches_refused", "Batches that were answered with a refusal");
        let batches_put_off = counter("batches_put_off", "Batches that were told to come back later");
        let records_applied = counter("records_applied", "Records that were new and stored");
        let records_quarantined = counter("records_quarantined", "Records that could not be understood");
        let signatures_refused =
            counter("signatures_refused", "Requests of hubs that were not signed as they must be");
        let sign_ins = counter("sign_ins", "Sign-ins of people");
        let sign_ins_refused = counter("sign_ins_refused", "Sign-ins that were refused");
        let faults = counter("faults", "Requests that ended in a fault of the cloud");
        let live_pages = Gauge::default();
        registry.register("live_pages", "Pages that receive hints now", live_pages.clone());
        Self {
            registry,
            batches_accepted,
            batches_refused,
            batches_put_off,
            records_applied,
            records_quarantined,
            signatures_refused,
            sign_ins,
            sign_ins_refused,
            faults,
            live_pages,
        }
    }
}

impl Metrics {
    /// In the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}
