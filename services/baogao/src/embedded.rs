//! The embedded mode: every role in one process, over three SQLite files and a directory.

use crate::config::Config;
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveConfig};
use baogao_bus::Bus;
use baogao_crawler::{Crawler, Scope};
use baogao_extract::Extractor;
use baogao_fetch::Fetcher;
use baogao_frontier::{Frontier, FrontierStats};
use baogao_parse::Parser;
use baogao_parser::ParserRole;
use baogao_publisher::{Publisher, RECORDS_QUEUE};
use baogao_runtime::{DataDir, Shutdown};
use baogao_scraper::Scraper;
use baogao_store::Records;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// The stores of a data directory, open for writing.
pub struct Embedded {
    /// Which URL next, and when.
    pub frontier: Frontier,
    /// What is under way between the stages.
    pub bus: Bus,
    /// What was made.
    pub records: Records,
    archive: Archive,
    dir: DataDir,
}

/// A crawl at work.
pub struct Running {
    roles: JoinSet<()>,
    begun: Arc<AtomicU64>,
    filter: baogao_frontier::Scope,
    max_pages: Option<u64>,
    shutdown: Shutdown,
}

/// What is under way at one moment.
#[derive(Debug, Clone)]
pub struct Load {
    /// The frontier's side.
    pub frontier: FrontierStats,
    /// Messages in the outbox.
    pub unsent: u64,
    /// Messages ready or being handled.
    pub queued: u64,
    /// Messages waiting for another attempt.
    pub waiting: u64,
}

impl Embedded {
    /// Opens the data directory, makes what is missing, and mends what a killed process left.
    ///
    /// # Errors
    ///
    /// When the directory is in use, cannot be written to, or holds something else.
    pub async fn open(root: &Path, config: &Config) -> anyhow::Result<Self> {
        let dir = DataDir::open(root)?;
        let paths = dir.paths();
        let shown = |what: &str, path: &Path| format!("cannot open the {what} {}", path.display());
        let bus =
            Bus::sqlite(&paths.bus, baogao_bus::Options::default()).await.with_context(|| shown("bus", &paths.bus))?;
        let queues: Vec<_> =
            [baogao_crawler::queues(), baogao_scraper::queues(), baogao_parser::queues(), baogao_publisher::queues()]
                .concat();
        bus.declare(&queues).await.with_context(|| shown("bus", &paths.bus))?;
        Ok(Self {
            frontier: Frontier::sqlite(&paths.frontier, config.frontier_config(), Timestamp::now())
                .await
                .with_context(|| shown("frontier", &paths.frontier))?,
            records: Records::sqlite(&paths.records).await.with_context(|| shown("records", &paths.records))?,
            archive: Archive::local(&paths.archive, ArchiveConfig::default())
                .await
                .with_context(|| shown("archive", &paths.archive))?,
            bus,
            dir,
        })
    }

    /// Starts every role.
    ///
    /// # Errors
    ///
    /// When the fetcher's settings make no sense.
    pub fn start(&self, config: &Config, scope: Scope, shutdown: &Shutdown) -> anyhow::Result<Running> {
        let fetcher = Arc::new(Fetcher::new(config.fetch_config()?)?);
        let begun = Arc::new(AtomicU64::new(0));
        let filter = baogao_frontier::Scope { sites: scope.sites(), max_depth: config.crawler.max_depth };
        let crawler = Crawler {
            frontier: self.frontier.clone(),
            fetcher,
            archive: self.archive.clone(),
            bus: self.bus.clone(),
            config: config.crawler.clone(),
            longest_request: Duration::from_millis(config.fetch.total_timeout_ms),
            scope: Arc::new(scope),
            disk: Some(self.dir.root().to_owned()),
            begun: Arc::clone(&begun),
            shutdown: shutdown.clone(),
        };
        let scraper = Scraper {
            bus: self.bus.clone(),
            archive: self.archive.clone(),
            extractor: Arc::new(Extractor::new()),
            concurrency: or_cores(config.stages.scraper_concurrency),
            shutdown: shutdown.clone(),
        };
        let parser = ParserRole {
            bus: self.bus.clone(),
            parser: Arc::new(Parser::new()),
            concurrency: or_cores(config.stages.parser_concurrency),
            shutdown: shutdown.clone(),
        };
        let publisher = Publisher {
            bus: self.bus.clone(),
            queue: RECORDS_QUEUE,
            sink: Arc::new(self.records.clone()),
            concurrency: config.stages.publisher_concurrency.max(1),
            shutdown: shutdown.clone(),
        };
        let mut roles = JoinSet::new();
        roles.spawn(crawler.run());
        roles.spawn(scraper.run());
        roles.spawn(parser.run());
        roles.spawn(publisher.run());
        Ok(Running { roles, begun, filter, max_pages: config.crawler.max_pages, shutdown: shutdown.clone() })
    }

    /// What is under way now. Work moves from the outbox to the bus and from the bus back into the
    /// frontier while it is looked for, so the outbox is read before the bus and the rest after it:
    /// nothing can slip past.
    async fn load(&self, running: &Running) -> anyhow::Result<Load> {
        let unsent = self.frontier.stats(Timestamp::now(), &running.filter).await?.outbox_rows;
        let depths = self.bus.depths().await?;
        let frontier = self.frontier.stats(Timestamp::now(), &running.filter).await?;
        Ok(Load {
            unsent: unsent.max(frontier.outbox_rows),
            queued: depths.iter().map(|queue| queue.ready + queue.unacked + queue.suspect).sum(),
            waiting: depths.iter().map(|queue| queue.waiting).sum(),
            frontier,
        })
    }

    /// Closes the stores. Everything acknowledged was durable before; this saves repairs at the next start.
    ///
    /// # Errors
    ///
    /// When a store cannot write its last bytes.
    pub async fn close(self) -> anyhow::Result<()> {
        self.bus.close().await?;
        self.archive.close().await;
        self.frontier.close().await?;
        self.records.close().await?;
        Ok(())
    }
}

impl Running {
    /// Waits until no URL is due within `patience` and nothing is under way, or until shutdown is
    /// asked for; true in the first case. `watch` is shown the load about five times a second.
    ///
    /// # Errors
    ///
    /// When a role has ended although nobody asked, which only a panic can bring about.
    pub async fn until_idle(
        &mut self,
        stores: &Embedded,
        patience: Duration,
        mut watch: impl FnMut(&Load),
    ) -> anyhow::Result<bool> {
        let mut idle_since: Option<tokio::time::Instant> = None;
        loop {
            match stores.load(self).await {
                Ok(load) => {
                    watch(&load);
                    idle_since = match self.is_idle(&load, patience) {
                        true => idle_since.or_else(|| Some(tokio::time::Instant::now())),
                        false => None,
                    };
                    // A message that waits for another attempt is worth the patience, not more.
                    let needed = if load.waiting > 0 { patience } else { Duration::ZERO };
                    if idle_since.is_some_and(|since| since.elapsed() >= needed) {
                        return Ok(true);
                    }
                }
                Err(error) => tracing::warn!(error = ?error, "a store is away, waiting"),
            }
            tokio::select! {
                biased; // After the wish to stop, roles may end.
                () = self.shutdown.requested() => return Ok(false),
                ended = self.roles.join_next() => {
                    self.shutdown.request();
                    ended.context("no role is at work")?.context("a role has died")?;
                    anyhow::bail!("a role has ended before it was asked to");
                }
                () = tokio::time::sleep(Duration::from_millis(200)) => {}
            }
        }
    }

    /// Waits until shutdown is asked for, as [`Running::until_idle`] but without an end of its own.
    ///
    /// # Errors
    ///
    /// As for [`Running::until_idle`].
    pub async fn until_stopped(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            biased; // After the wish to stop, roles may end.
            () = self.shutdown.requested() => Ok(()),
            ended = self.roles.join_next() => {
                self.shutdown.request();
                ended.context("no role is at work")?.context("a role has died")?;
                anyhow::bail!("a role has ended before it was asked to")
            }
        }
    }

    /// Asks the roles to stop and waits until they have finished what they had in hand.
    pub async fn stop(mut self) {
        self.shutdown.request();
        while self.roles.join_next().await.is_some() {}
    }

    /// Whether nothing is under way and nothing comes soon.
    fn is_idle(&self, load: &Load, patience: Duration) -> bool {
        let frontier = &load.frontier;
        let is_spent = self.max_pages.is_some_and(|most| self.begun.load(Ordering::Relaxed) >= most);
        let horizon = Timestamp::now() + SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        let is_due = frontier.next_due.is_some_and(|due| due <= horizon);
        load.queued == 0 && load.unsent == 0 && frontier.leased_keys == 0 && (is_spent || !is_due)
    }
}

/// A number of workers: one for each core where none is set.
fn or_cores(wish: usize) -> usize {
    match wish {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        wish => wish,
    }
}
