//! The roles over whatever carries their messages and keeps their data: the same in one process as
//! in many.

use crate::config::Config;
use crate::profiles;
use baogao_archive::Archive;
use baogao_bus::{Bus, QueueSpec};
use baogao_crawler::{Crawler, Forgotten, PauseReason, Scope};
use baogao_fetch::Fetcher;
use baogao_frontier::Frontier;
use baogao_parse::Parser;
use baogao_parser::ParserRole;
use baogao_publisher::{Publisher, RECORDS_QUEUE};
use baogao_runtime::Context;
use baogao_scraper::Scraper;
use baogao_store::Records;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Every queue of every role. Each process declares all of them, so that nothing published is lost
/// because a consumer has not started yet.
pub fn queues() -> Vec<QueueSpec> {
    [baogao_crawler::queues(), baogao_scraper::queues(), baogao_parser::queues(), baogao_publisher::queues()].concat()
}

/// What the roles of one process have in common.
pub struct Roles<'a> {
    /// Their settings.
    pub config: &'a Config,
    /// What carries their messages.
    pub bus: &'a Bus,
    /// What the process shares.
    pub context: &'a Context,
}

/// What only a crawler works with.
pub struct CrawlerParts {
    /// Which URL next, and when.
    pub frontier: Frontier,
    /// Keeps the responses.
    pub archive: Archive,
    /// Gets one URL.
    pub fetcher: Fetcher,
    /// What may be crawled.
    pub scope: Scope,
    /// A folder on the disk whose free space is watched; none where nothing is kept on one.
    pub disk: Option<PathBuf>,
    /// Counts the requests begun.
    pub begun: Arc<AtomicU64>,
    /// Where the crawler says why it pauses.
    pub pause: PauseReason,
}

impl Roles<'_> {
    /// URL to page.
    pub fn crawler(&self, parts: CrawlerParts) -> Crawler {
        Crawler {
            frontier: parts.frontier,
            fetcher: Arc::new(parts.fetcher),
            archive: parts.archive,
            bus: self.bus.clone(),
            config: self.config.crawler.clone(),
            retention: self.config.retention.clone(),
            longest_request: Duration::from_millis(self.config.fetch.total_timeout_ms),
            lease_margin: Duration::from_millis(self.config.frontier.lease_margin_ms),
            forgotten: Forgotten::default(),
            scope: Arc::new(parts.scope),
            disk: parts.disk,
            begun: parts.begun,
            pause: parts.pause,
            context: self.context.clone(),
        }
    }

    /// Page to article.
    ///
    /// # Errors
    ///
    /// When the configured profiles cannot be read.
    pub fn scraper(&self, archive: Archive) -> anyhow::Result<Scraper> {
        Ok(Scraper {
            bus: self.bus.clone(),
            archive,
            extractor: Arc::new(profiles::extractor(&self.config.extract)?),
            concurrency: or_cores(self.config.stages.scraper_concurrency),
            context: self.context.clone(),
        })
    }

    /// Article to record.
    pub fn parser(&self) -> ParserRole {
        ParserRole {
            bus: self.bus.clone(),
            parser: Arc::new(Parser::new()),
            concurrency: or_cores(self.config.stages.parser_concurrency),
            context: self.context.clone(),
        }
    }

    /// Record to store.
    pub fn publisher(&self, records: Records) -> Publisher {
        Publisher {
            bus: self.bus.clone(),
            queue: RECORDS_QUEUE,
            sink: Arc::new(records),
            concurrency: self.config.stages.publisher_concurrency.max(1),
            context: self.context.clone(),
        }
    }
}

/// A number of workers: one for each core where none is set.
fn or_cores(wish: usize) -> usize {
    match wish {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        wish => wish,
    }
}
