//! The section `crawler`.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How fast, how far and how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CrawlerConfig {
    /// The least time between the end of one request to a host and the start of the next, in
    /// milliseconds. A longer `Crawl-delay` in robots.txt is obeyed.
    pub host_delay_ms: u64,
    /// Hosts that are asked at the same time.
    pub max_hosts: usize,
    /// Links followed from a seed; unlimited where missing. Parts of one article do not count.
    pub max_depth: Option<u32>,
    /// Pages requested in one run; unlimited where missing.
    pub max_pages: Option<u64>,
    /// Unsent messages, in bytes, above which no further URL is claimed.
    pub max_outbox_bytes: u64,
    /// Messages waiting on the bus above which no further URL is claimed.
    pub max_queued: u64,
    /// Free disk space, in bytes, below which no further URL is claimed.
    pub min_free_bytes: u64,
}

impl Default for CrawlerConfig {
    fn default() -> Self {
        Self {
            host_delay_ms: 5_000,
            max_hosts: 32,
            max_depth: None,
            max_pages: None,
            max_outbox_bytes: 64 << 20,
            max_queued: 10_000,
            min_free_bytes: 512 << 20,
        }
    }
}

impl CrawlerConfig {
    /// [`CrawlerConfig::host_delay_ms`] as a duration.
    pub fn host_delay(&self) -> Duration {
        Duration::from_millis(self.host_delay_ms)
    }

    /// What makes no sense, as pairs of key and message.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.max_hosts == 0 {
            problems.push(("crawler.max_hosts", "must be at least 1, or nothing is ever fetched".to_owned()));
        }
        if self.host_delay_ms > 24 * 3_600_000 {
            problems.push(("crawler.host_delay_ms", format!("{} is longer than a day", self.host_delay_ms)));
        }
        problems
    }
}
