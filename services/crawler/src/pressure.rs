//! Backpressure: no further URL is claimed while what is made of the last ones piles up.

use crate::{Crawler, CrawlerConfig};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Why the crawler pauses just now, for whoever shows progress.
#[derive(Debug, Clone, Default)]
pub struct PauseReason(Arc<Mutex<Option<String>>>);

impl PauseReason {
    /// The reason; none while the crawler does not pause.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the reason and gives the one before.
    pub(crate) fn replace(&self, reason: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), reason)
    }
}

/// Why the crawler must pause; none where it need not.
pub async fn reason_to_pause(crawler: &Crawler) -> Option<String> {
    let unsent = match crawler.frontier.outbox_depth().await {
        Ok(depth) => depth.bytes,
        Err(error) => return Some(format!("the frontier is away: {error}")),
    };
    let queued = match crawler.bus.depths().await {
        Ok(depths) => depths.iter().map(|queue| queue.ready + queue.unacked + queue.suspect).sum(),
        Err(error) => return Some(format!("the bus is away: {error}")),
    };
    let free = crawler.disk.as_deref().and_then(free_bytes);
    judge(&crawler.config, unsent, queued, free)
}

/// Compares what was measured with the limits.
fn judge(config: &CrawlerConfig, outbox_bytes: u64, queued: u64, free: Option<u64>) -> Option<String> {
    if outbox_bytes > config.max_outbox_bytes {
        return Some(format!(
            "{outbox_bytes} bytes wait to be sent, `crawler.max_outbox_bytes` is {}",
            config.max_outbox_bytes
        ));
    }
    if queued > config.max_queued {
        return Some(format!("{queued} messages wait to be handled, `crawler.max_queued` is {}", config.max_queued));
    }
    match free {
        Some(free) if free < config.min_free_bytes => {
            Some(format!("{free} bytes are free on the disk, `crawler.min_free_bytes` is {}", config.min_free_bytes))
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
            assert!(reason.contains(setting), "{reason}");
        }
    }
}
