//! What is kept for a time only: old rows of the fetch log, and dead letters that nobody wanted.
//!
//! Every crawler does it, in small steps between which others get their turn. Several at once get in
//! nobody's way: what one has deleted, another does not find.

use crate::FRONTIER;
use baogao_bus::{Bus, BusError, DeadLetterFilter};
use baogao_frontier::{Frontier, FrontierError, LogPlace};
use baogao_runtime::work::{BUS, chain};
use baogao_runtime::{Context, Shutdown};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Rows of the fetch log looked at in one transaction.
const STEP: usize = 500;

/// The time between two rounds, less up to a tenth.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// The same after a round that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(600);

/// The longest time that can be set: about a thousand years.
const MAX_DAYS: u32 = 365_000;

/// The section `retention`: how long is kept what is needed for a time only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetentionConfig {
    /// Days for which the fetch log keeps a visit that was followed by another; 0 keeps all. The
    /// fetch that brought what is stored of a URL is always kept.
    pub fetch_log_days: u32,
    /// Days for which a dead letter is kept; 0 keeps all.
    pub dead_letter_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { fetch_log_days: 90, dead_letter_days: 90 }
    }
}

impl RetentionConfig {
    /// What makes no sense, as pairs of key and message.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let days =
            [("retention.fetch_log_days", self.fetch_log_days), ("retention.dead_letter_days", self.dead_letter_days)];
        let too_long = days.into_iter().filter(|(_, days)| *days > MAX_DAYS);
        too_long.map(|(key, days)| (key, format!("{days} is more than {MAX_DAYS}; 0 keeps all"))).collect()
    }
}

/// The moment before which something is too old, `days` before `now`; none where all is kept.
fn limit(now: Timestamp, days: u32) -> Option<Timestamp> {
    let age = SignedDuration::from_hours(24 * i64::from(days));
    (days > 0).then(|| now.checked_sub(age).unwrap_or(Timestamp::MIN))
}

/// What one round deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Rows of the fetch log.
    pub visits: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

/// Why a round could not be finished; both mean that a store of our own is away.
#[derive(Debug, thiserror::Error)]
pub enum TidyError {
    /// The frontier.
    #[error("the fetch log is away")]
    Frontier(#[from] FrontierError),
    /// The bus.
    #[error("the dead letters are away")]
    Bus(#[from] BusError),
}

/// Deletes what is too old at `now`. A wish to stop ends it between two steps.
///
/// # Errors
///
/// When a store is away; what was deleted by then is gone, and the next round does the rest.
pub async fn tidy(
    frontier: &Frontier,
    bus: &Bus,
    config: &RetentionConfig,
    now: Timestamp,
    shutdown: &Shutdown,
) -> Result<Tidied, TidyError> {
    let mut tidied = Tidied::default();
    if let Some(before) = limit(now, config.fetch_log_days) {
        tidied.visits = prune_log(frontier, before, shutdown).await?;
    }
    if let Some(before) = limit(now, config.dead_letter_days) {
        tidied.dead_letters = discard_dead(bus, before, shutdown).await?;
    }
    Ok(tidied)
}

/// Goes through the old part of the fetch log.
async fn prune_log(frontier: &Frontier, before: Timestamp, shutdown: &Shutdown) -> Result<u64, FrontierError> {
    let (mut total, mut next) = (0, Some(LogPlace::default()));
    while let Some(from) = next.filter(|_| !shutdown.is_requested()) {
        let step = frontier.prune(before, from, STEP).await?;
        metrics::counter!("baogao_crawler_expired_total", "what" => "fetch_log").increment(step.deleted);
        total += step.deleted;
        next = step.next;
        // Visits that wait for the storage come first.
        tokio::task::yield_now().await;
    }
    if total > 0 {
        tracing::info!(rows = total, %before, "deleted {total} old visits from the fetch log");
    }
    Ok(total)
}

/// Goes through the queues that have dead letters.
async fn discard_dead(bus: &Bus, before: Timestamp, shutdown: &Shutdown) -> Result<u64, BusError> {
    let mut total = 0;
    for depth in bus.depths().await? {
        if depth.dead == 0 || shutdown.is_requested() {
            continue;
        }
        let old = DeadLetterFilter {
            queue: Some(depth.queue.clone()),
            failed_before: Some(before),
            // What the broker itself gave up does not say when: it stays for somebody to look at.
            failed_since: Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_nanos(1)).ok(),
            ..DeadLetterFilter::default()
        };
        let count = bus.discard(&old).await?;
        metrics::counter!("baogao_crawler_expired_total", "what" => "dead_letters").increment(count);
        if count > 0 {
            let queue = depth.queue;
            tracing::warn!(queue, count, %before, "discarded {count} dead letters of {queue} from before {before}");
        }
        total += count;
    }
    Ok(total)
}

/// Tidies at once and then every day, until shutdown is asked for.
pub(crate) async fn run(frontier: &Frontier, bus: &Bus, config: &RetentionConfig, context: &Context) {
    loop {
        // A stop does not wait for a bus that is away.
        let done = tokio::select! {
            done = tidy(frontier, bus, config, Timestamp::now(), &context.shutdown) => done,
            () = context.shutdown.requested() => return,
        };
        match &done {
            Ok(_) => {}
            Err(TidyError::Frontier(error)) => context.health.lost(FRONTIER, chain(error)),
            Err(TidyError::Bus(error)) => context.health.lost(BUS, chain(error)),
        }
        if !context.shutdown.sleep(shortened(if done.is_ok() { EVERY } else { AFTER_FAILURE })).await {
            return;
        }
    }
}

/// The time until the next round: not the same in processes that started together.
fn shortened(time: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish() % 1024;
    time.mul_f64(1.0 - chance as f64 / 10_240.0)
}
