//! The embedded mode: every role in one process, over three SQLite files and a directory.

use crate::config::Config;
use crate::roles::{CrawlerParts, Roles, queues};
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveConfig};
use baogao_bus::Bus;
use baogao_crawler::{Desk, Forgotten, PauseReason, Scope};
use baogao_fetch::Fetcher;
use baogao_frontier::{Frontier, FrontierStats};
use baogao_runtime::{Context, DataDir, Shutdown};
use baogao_store::Records;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// The stores of a data directory, open for writing.
pub struct Embedded {
    /// Which URL next, and when.
    pub frontier: Frontier,
    /// What is under way between the stages.
    pub bus: Bus,
    /// What was made.
    pub records: Records,
    /// What was fetched.
    pub archive: Archive,
    dir: DataDir,
}

/// A crawl at work.
pub struct Running {
    roles: JoinSet<()>,
    begun: Arc<AtomicU64>,
    pause: PauseReason,
    filter: baogao_frontier::Scope,
    max_pages: Option<u64>,
    grace: Duration,
    shutdown: Shutdown,
}

/// What is under way at one moment.
#[derive(Debug, Clone)]
pub struct Load {
    /// The frontier's side, looked at before the bus.
    before: FrontierStats,
    /// The same, looked at after it.
    pub frontier: FrontierStats,
    /// Messages ready or being handled.
    pub queued: u64,
    /// Messages waiting for another attempt.
    pub waiting: u64,
    /// Requests begun so far.
    begun: u64,
    /// Why the crawler pauses, if it does.
    pub pause: Option<String>,
}

/// How waiting for the end of a crawl came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing is due and nothing under way.
    Idle,
    /// Somebody asked for a stop.
    Stopped,
}

/// The time between two looks at what is under way.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Embedded {
    /// Opens the data directory, makes what is missing, and mends what a killed process left.
    ///
    /// # Errors
    ///
    /// When the directory is in use, cannot be written to, or holds something else.
    pub async fn open(root: &Path, config: &Config) -> anyhow::Result<Self> {
        let dir = DataDir::open(root)?;
        let paths = dir.paths();
        let archive = config.archive.location(&paths.archive);
        let shown = |what: &str, path: &Path| format!("cannot open the {what} {}", path.display());
        let bus = Bus::sqlite(&paths.bus, config.bus_options()).await.with_context(|| shown("bus", &paths.bus))?;
        bus.declare(&queues()).await.with_context(|| shown("bus", &paths.bus))?;
        Ok(Self {
            frontier: Frontier::sqlite(&paths.frontier, config.frontier_config(), Timestamp::now())
                .await
                .with_context(|| shown("frontier", &paths.frontier))?,
            records: Records::sqlite(&paths.records).await.with_context(|| shown("records", &paths.records))?,
            archive: Archive::open(&archive, ArchiveConfig::default())
                .await
                .with_context(|| format!("cannot open the archive {archive}"))?,
            bus,
            dir,
        })
    }

    /// Starts every role.
    ///
    /// # Errors
    ///
    /// When the configured profiles cannot be read.
    pub fn start(
        &self,
        config: &Config,
        fetcher: Fetcher,
        scope: Scope,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Running> {
        let (begun, pause) = (Arc::new(AtomicU64::new(0)), PauseReason::default());
        let filter = scope.in_frontier(config.crawler.max_depth);
        let context = Context::new(shutdown.clone(), config.byte_budget());
        let at = Roles { config, bus: &self.bus, context: &context };
        let crawler = at.crawler(CrawlerParts {
            frontier: self.frontier.clone(),
            archive: self.archive.clone(),
            fetcher,
            scope,
            disk: Some(self.dir.root().to_owned()),
            begun: Arc::clone(&begun),
            pause: pause.clone(),
        });
        let mut roles = self.behind_the_crawler(&at)?;
        roles.spawn(crawler.run());
        let (max_pages, grace) = (config.crawler.max_pages, config.grace());
        Ok(Running { roles, begun, pause, filter, max_pages, grace, shutdown: shutdown.clone() })
    }

    /// Starts every role but for the fetching itself: for pages that come from elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`Embedded::start`].
    pub fn start_offline(&self, config: &Config, shutdown: &Shutdown) -> anyhow::Result<Running> {
        let scope = Scope::own();
        let filter = scope.in_frontier(None);
        let context = Context::new(shutdown.clone(), config.byte_budget());
        let at = Roles { config, bus: &self.bus, context: &context };
        let mut roles = self.behind_the_crawler(&at)?;
        let desk = Desk {
            frontier: self.frontier.clone(),
            bus: self.bus.clone(),
            scope: Arc::new(scope),
            forgotten: Forgotten::default(),
            context: context.clone(),
        };
        roles.spawn(desk.run());
        Ok(Running {
            roles,
            begun: Arc::default(),
            pause: PauseReason::default(),
            filter,
            // What is due is nobody's business here.
            max_pages: Some(0),
            grace: config.grace(),
            shutdown: shutdown.clone(),
        })
    }

    /// Starts what comes after a page is fetched.
    fn behind_the_crawler(&self, at: &Roles<'_>) -> anyhow::Result<JoinSet<()>> {
        let mut roles = JoinSet::new();
        roles.spawn(at.scraper(self.archive.clone())?.run());
        roles.spawn(at.parser().run());
        roles.spawn(at.publisher(self.records.clone()).run());
        Ok(roles)
    }

    /// What is under way now. Work moves between frontier and bus while it is looked for, so the
    /// frontier is looked at before and after the bus.
    async fn load(&self, running: &Running) -> anyhow::Result<Load> {
        let before = self.frontier.stats(Timestamp::now(), &running.filter).await?;
        let depths = self.bus.depths().await?;
        Ok(Load {
            before,
            queued: depths.iter().map(|queue| queue.ready + queue.unacked + queue.suspect).sum(),
            waiting: depths.iter().map(|queue| queue.waiting).sum(),
            frontier: self.frontier.stats(Timestamp::now(), &running.filter).await?,
            begun: running.begun.load(Ordering::Relaxed),
            pause: running.pause.reason(),
        })
    }

    /// Closes the stores. Everything acknowledged was durable before; this saves repairs at the next start.
    ///
    /// # Errors
    ///
    /// When a store cannot write its last bytes.
    pub async fn close(self) -> anyhow::Result<()> {
        // All of them, whatever becomes of the first.
        let (bus, frontier, records) =
            (self.bus.close().await, self.frontier.close().await, self.records.close().await);
        self.archive.close().await;
        bus?;
        frontier?;
        records?;
        Ok(())
    }
}

impl Running {
    /// Waits until no URL is due within `patience` and nothing is under way, or until shutdown is
    /// asked for. `watch` is shown the load about five times a second.
    ///
    /// # Errors
    ///
    /// When a role has ended although nobody asked, which only a panic can bring about; or when the
    /// crawler has paused for `patience` with nothing under way, so that the pause will not end by itself.
    pub async fn until_idle(
        &mut self,
        stores: &Embedded,
        patience: Duration,
        mut watch: impl FnMut(&Load),
    ) -> anyhow::Result<End> {
        let (mut idle, mut stuck) = (Since::default(), Since::default());
        loop {
            match stores.load(self).await {
                Ok(load) => {
                    watch(&load);
                    // Twice with no request in between: then nothing was on its way past the look.
                    // A message that waits for another attempt is worth the patience, not more.
                    let needed = if load.waiting > 0 { patience } else { LOOK_EVERY };
                    if idle.lasts(self.is_idle(&load, patience).then_some(load.begun)) >= Some(needed) {
                        return Ok(End::Idle);
                    }
                    let is_stuck = load.pause.is_some() && load.queued == 0 && load.frontier.leased_keys == 0;
                    if stuck.lasts(is_stuck.then_some(load.begun)) >= Some(patience.max(LOOK_EVERY)) {
                        anyhow::bail!("the crawl cannot go on: {}", load.pause.unwrap_or_default());
                    }
                }
                Err(error) => tracing::warn!(error = ?error, "a store is away, waiting"),
            }
            tokio::select! {
                () = self.shutdown.requested() => return Ok(End::Stopped),
                ended = self.roles.join_next() => {
                    self.judge_end(ended)?;
                    return Ok(End::Stopped);
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
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
            () = self.shutdown.requested() => Ok(()),
            ended = self.roles.join_next() => self.judge_end(ended),
        }
    }

    /// An error for the end of a role, unless that was asked for: a role may see the wish first.
    fn judge_end(&self, ended: Option<Result<(), JoinError>>) -> anyhow::Result<()> {
        let was_asked = self.shutdown.is_requested();
        self.shutdown.request();
        ended.context("no role is at work")?.context("a role has died")?;
        anyhow::ensure!(was_asked, "a role has ended before it was asked to");
        Ok(())
    }

    /// Asks the roles to stop and waits until they have finished what they had in hand, but not longer
    /// than the time of grace: what is still in hand then goes back and is done again.
    pub async fn stop(mut self) {
        self.shutdown.request();
        let finished = async { while self.roles.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, finished).await.is_err() {
            tracing::warn!("still busy after {:?}; what is in hand goes back", self.grace);
            self.roles.shutdown().await;
        }
    }

    /// Whether nothing is under way and nothing comes soon.
    fn is_idle(&self, load: &Load, patience: Duration) -> bool {
        let is_spent = self.max_pages.is_some_and(|most| load.begun >= most);
        let horizon = SignedDuration::try_from(patience)
            .ok()
            .and_then(|patience| Timestamp::now().checked_add(patience).ok())
            .unwrap_or(Timestamp::MAX);
        let is_quiet = |frontier: &FrontierStats| {
            let is_due = frontier.next_due.is_some_and(|due| due <= horizon);
            frontier.outbox_rows == 0 && frontier.leased_keys == 0 && (is_spent || !is_due)
        };
        load.queued == 0 && is_quiet(&load.before) && is_quiet(&load.frontier)
    }
}

/// For how long a state has lasted without a change of its mark.
#[derive(Default)]
struct Since(Option<(u64, tokio::time::Instant)>);

impl Since {
    /// Takes the state's mark, none where it does not hold, and says for how long it has lasted.
    fn lasts(&mut self, mark: Option<u64>) -> Option<Duration> {
        let Some(mark) = mark else {
            self.0 = None;
            return None;
        };
        let now = tokio::time::Instant::now();
        let began = self.0.filter(|(same, _)| *same == mark).map_or(now, |(_, began)| began);
        self.0 = Some((mark, began));
        Some(now - began)
    }
}
