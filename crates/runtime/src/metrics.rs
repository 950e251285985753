//! Counters that roles raise and the progress display reads.
//!
//! Roles use the `metrics` facade (`metrics::counter!("baogao_crawler_pages_total", "outcome" => "fetched")`);
//! names are `baogao_<part>_<what>_<unit>[_total]`, labels few and bounded, never a URL.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
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

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.registry.get_or_create_histogram(key, |histogram| Histogram::from_arc(Arc::clone(histogram)))
    }
}
