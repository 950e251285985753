//! Backpressure: no further URL is claimed while what is made of the last ones piles up.

use crate::{Crawler, CrawlerConfig, FRONTIER};
use baogao_bus::QueueDepth;
use baogao_frontier::OutboxDepth;
use baogao_runtime::work::{BUS, chain};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Why the crawler pauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// One of [`CODES`], for metrics.
    pub code: &'static str,
    /// The figures, and the setting to turn.
    pub text: String,
}

/// All reasons to pause.
const CODES: [&str; 4] = [AWAY, "outbox", "queued", "disk"];

/// A store of our own is away. Others tell of that.
const AWAY: &str = "away";

/// Why the crawler pauses just now, for whoever shows progress.
#[derive(Debug, Clone, Default)]
pub struct PauseReason(Arc<Mutex<Option<Pause>>>);

impl PauseReason {
    /// The reason; none while the crawler does not pause.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|pause| pause.text.clone())
    }

    /// Sets the reason, and tells of changes once: in the log, unless a part is away, which is told
    /// where it was met, and in the metrics.
    pub(crate) fn set(&self, reason: Option<Pause>) {
        for code in CODES {
            let is_it = reason.as_ref().is_some_and(|pause| pause.code == code);
            metrics::gauge!("baogao_crawler_paused", "reason" => code).set(f64::from(u8::from(is_it)));
        }
        let told = |pause: &Option<Pause>| pause.clone().filter(|pause| pause.code != AWAY);
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, reason);
        match (told(&before), told(&current)) {
            (None, Some(pause)) => tracing::warn!(reason = pause.code, "the crawler pauses: {}", pause.text),
            (Some(_), None) => tracing::info!("the crawler goes on"),
            _ => {}
        }
    }
}

/// Why the crawler must pause; none where it need not.
pub async fn reason_to_pause(crawler: &Crawler) -> Option<Pause> {
    let health = &crawler.context.health;
    let away = |part, error: &(dyn std::error::Error + 'static)| {
        health.lost(part, chain(error));
        Some(Pause { code: AWAY, text: format!("the {part} is away: {error}") })
    };
    let outbox = match crawler.frontier.outbox_depth().await {
        Ok(depth) => depth,
        Err(error) => return away(FRONTIER, &error),
    };
    health.back(FRONTIER);
    let queues = match crawler.bus.depths().await {
        Ok(depths) => depths,
        Err(error) => return away(BUS, &error),
    };
    health.back(BUS);
    measure(&outbox);
    let free = crawler.disk.as_deref().and_then(free_bytes);
    judge(&crawler.config, outbox.bytes, queued(&queues), free)
}

/// Messages that some stage could handle now. Those that wait for another attempt are not among
/// them: a poison message must not hold up the crawl for hours.
fn queued(queues: &[QueueDepth]) -> u64 {
    queues.iter().map(|queue| queue.ready + queue.unacked + queue.suspect).sum()
}

/// Shows what the outbox holds.
fn measure(outbox: &OutboxDepth) {
    metrics::gauge!("baogao_crawler_outbox_rows").set(outbox.rows as f64);
    metrics::gauge!("baogao_crawler_outbox_bytes").set(outbox.bytes as f64);
}

/// Compares what was measured with the limits.
fn judge(config: &CrawlerConfig, outbox_bytes: u64, queued: u64, free: Option<u64>) -> Option<Pause> {
    let pause = |code, text| Some(Pause { code, text });
    if outbox_bytes > config.max_outbox_bytes {
        let limit = config.max_outbox_bytes;
        let text = format!("{outbox_bytes} bytes wait to be sent, `crawler.max_outbox_bytes` is {limit}");
        return pause("outbox", text);
    }
    if queued > config.max_queued {
        let limit = config.max_queued;
        return pause("queued", format!("{queued} messages wait to be handled, `crawler.max_queued` is {limit}"));
    }
    match free {
        Some(free) if free < config.min_free_bytes => {
            let limit = config.min_free_bytes;
            pause("disk", format!("{free} bytes are free on the disk, `crawler.min_free_bytes` is {limit}"))
        }
        _ => None,
    }
}

/// The free bytes on the disk of `path`; none where the system does not tell.
fn free_bytes(path: &Path) -> Option<u64> {
    baogao_runtime::free_space::available(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_pauses_on_its_own() {
        let config =
            CrawlerConfig { max_outbox_bytes: 10, max_queued: 10, min_free_bytes: 10, ..CrawlerConfig::default() };
        assert_eq!(judge(&config, 10, 10, Some(10)), None);
        assert_eq!(judge(&config, 0, 0, None), None);
        for (outbox, queued, free, setting) in
            [(11, 0, 99, "max_outbox_bytes"), (0, 11, 99, "max_queued"), (0, 0, 9, "min_free_bytes")]
        {
            let reason = judge(&config, outbox, queued, Some(free)).expect("a reason");
            assert!(reason.text.contains(setting) && CODES.contains(&reason.code), "{reason:?}");
        }
    }
}
