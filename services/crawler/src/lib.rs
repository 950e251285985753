#![doc = include_str!("../README.md")]

mod config;
mod desk;
mod fetching;
mod forgotten;
mod janitor;
mod links;
mod pressure;
mod relay;
mod scope;

pub use config::CrawlerConfig;
pub use desk::Desk;
pub use forgotten::Forgotten;
pub use janitor::{RetentionConfig, Tidied, TidyError, tidy};
pub use pressure::PauseReason;
pub use scope::{Scope, ScopeKind};

use baogao_archive::Archive;
use baogao_bus::{Bus, QueueSpec};
use baogao_fetch::Fetcher;
use baogao_frontier::Frontier;
use baogao_runtime::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The name of the frontier among the parts that `/ready` tells of.
pub const FRONTIER: &str = "frontier";

/// The name of the archive among the parts that `/ready` tells of.
pub const ARCHIVE: &str = "archive";

/// The queue of links on their way into the frontier.
pub const LINKS_QUEUE: &str = "links";

/// The queues this role consumes.
pub fn queues() -> Vec<QueueSpec> {
    vec![QueueSpec { name: LINKS_QUEUE.to_owned(), bindings: vec!["links.found.#".to_owned()] }]
}

/// What a crawler works with.
#[derive(Clone)]
pub struct Crawler {
    /// Which URL next, and when.
    pub frontier: Frontier,
    /// Gets one URL.
    pub fetcher: Arc<Fetcher>,
    /// Keeps the responses.
    pub archive: Archive,
    /// Carries the messages.
    pub bus: Bus,
    /// Its settings.
    pub config: CrawlerConfig,
    /// How long is kept what is needed for a time only.
    pub retention: RetentionConfig,
    /// The longest time one request can take: no request begins when the lease ends before.
    pub longest_request: Duration,
    /// What must be left of the lease on top of that: for writes that are slow, and for the clocks
    /// of crawlers, which may differ by less than this.
    pub lease_margin: Duration,
    /// What was taken down; looked up when it starts and then each minute.
    pub forgotten: Forgotten,
    /// What may be crawled.
    pub scope: Arc<Scope>,
    /// Where to watch the room on the disk.
    pub disk: Option<PathBuf>,
    /// Requests for pages begun in this run; compared with [`CrawlerConfig::max_pages`].
    pub begun: Arc<AtomicU64>,
    /// Where the crawler says why it pauses.
    pub pause: PauseReason,
    /// What the process shares.
    pub context: Context,
}

impl Crawler {
    /// Crawls until shutdown is asked for.
    pub async fn run(self) {
        if !self.forgotten.first_look(&self.frontier, &self.context).await {
            return;
        }
        let desk = Desk {
            frontier: self.frontier.clone(),
            bus: self.bus.clone(),
            scope: Arc::clone(&self.scope),
            forgotten: self.forgotten.clone(),
            context: self.context.clone(),
        };
        tokio::join!(
            fetching::run(&self),
            desk.run(),
            janitor::run(&self.frontier, &self.bus, &self.retention, &self.context),
        );
    }
}
