//! What roles count and measure, for the progress display ([`Counts`]) or for Prometheus ([`Exposition`]).
//!
//! Roles use the `metrics` facade (`metrics::counter!("baogao_crawler_pages_total", "outcome" => "fetched")`);
//! names are `baogao_<part>_<what>_<unit>[_total]`, labels few and bounded, never a URL.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::registry::{AtomicStorage, Registry};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Keeps what the process has counted so far.
#[derive(Clone)]
pub struct Counts {
    registry: Arc<Registry<Key, AtomicStorage>>,
}

/// Somebody else has installed a recorder in this process.
#[derive(Debug, thiserror::Error)]
#[error("the process already has a metrics recorder")]
pub struct AlreadyInstalled;

impl Counts {
    /// Makes this process count, from now on and for as long as it lives.
    ///
    /// # Errors
    ///
    /// When the process counts already.
    pub fn install() -> Result<Self, AlreadyInstalled> {
        let counts = Self { registry: Arc::new(Registry::atomic()) };
        metrics::set_global_recorder(counts.clone()).map_err(|_| AlreadyInstalled)?;
        Ok(counts)
    }

    /// The sum of a counter over all its labels.
    pub fn total(&self, name: &str) -> u64 {
        self.by_label(name, "").values().sum()
    }

    /// A counter's values by the value of one of its labels; counters without it stand under `""`.
    pub fn by_label(&self, name: &str, label: &str) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        self.registry.visit_counters(|key, value| {
            if key.name() != name {
                return;
            }
            let value_of = key.labels().find(|l| l.key() == label).map(|l| l.value().to_owned()).unwrap_or_default();
            *sums.entry(value_of).or_insert(0) += value.load(Ordering::Relaxed);
        });
        sums
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.registry.get_or_create_counter(key, |counter| Counter::from_arc(Arc::clone(counter)))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.registry.get_or_create_gauge(key, |gauge| Gauge::from_arc(Arc::clone(gauge)))
    }

    /// Nothing here reads durations, and kept ones would pile up.
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Bounds of the buckets that durations fall into, in seconds: from an acknowledgement to a slow host.
const BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// What the process counts and measures, as Prometheus reads it.
#[derive(Debug, Clone)]
pub struct Exposition {
    handle: PrometheusHandle,
}

impl Exposition {
    /// Makes this process measure, from now on and for as long as it lives.
    ///
    /// # Errors
    ///
    /// When the process counts already.
    pub fn install() -> Result<Self, AlreadyInstalled> {
        // The buckets are written above, and there are some.
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(|_| AlreadyInstalled)?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| AlreadyInstalled)?;
        Ok(Self { handle })
    }

    /// Everything in the text format of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds single measurements into their buckets. Called now and then, it bounds what they take.
    pub fn fold(&self) {
        self.handle.run_upkeep();
    }
}
