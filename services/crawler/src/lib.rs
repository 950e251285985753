#![doc = include_str!("../README.md")]

mod config;
mod fetching;
mod forgotten;
mod janitor;
mod links;
mod pressure;
mod relay;
mod scope;

pub use config::CrawlerConfig;
pub use forgotten::Forgotten;
pub use janitor::{RetentionConfig, Tidied, TidyError, tidy};
pub use pressure::PauseReason;
pub use scope::{Scope, ScopeKind};

use baogao_archive::Archive;
use baogao_bus::{Bus, QueueSpec};
use baogao_fetch::Fetcher;
use baogao_frontier::Frontier;
use baogao_runtime::work::{body_bytes, chain};
use baogao_runtime::{Context, Worker};
use links::Open;
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

/// Pages whose links are stored at once; the frontier commits them in groups.
const LINKS_AT_ONCE: usize = 16;

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
        let links = Worker {
            bus: self.bus.clone(),
            queue: LINKS_QUEUE,
            concurrency: LINKS_AT_ONCE,
            store: FRONTIER,
            weigh: body_bytes,
            context: self.context.clone(),
        };
        let open = Open { scope: Arc::clone(&self.scope), forgotten: self.forgotten.clone() };
        let frontier = self.frontier.clone();
        tokio::join!(
            fetching::run(&self),
            relay::run(&self.frontier, &self.bus, &self.context),
            close_overdue_groups(&self.frontier, &self.context),
            self.forgotten.keep_looking(&self.frontier, &self.context),
            janitor::run(&self.frontier, &self.bus, &self.retention, &self.context),
            links.run(move |message| links::store(frontier.clone(), open.clone(), message)),
        );
    }
}

/// Sends split articles on their way whose last parts do not come.
async fn close_overdue_groups(frontier: &Frontier, context: &Context) {
    loop {
        if let Err(error) = frontier.expire_groups(jiff::Timestamp::now()).await {
            context.health.lost(FRONTIER, chain(&error));
        }
        if !context.shutdown.sleep(Duration::from_secs(60)).await {
            return;
        }
    }
}
