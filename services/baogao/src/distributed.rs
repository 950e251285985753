//! The distributed mode: one role in a process, over RabbitMQ, PostgreSQL and a shared archive.
//!
//! A server that is away, at the start or later, is waited for: the process stays alive, `/ready`
//! says what it waits for, and the log has a line when it goes and one when it is back. Only what
//! waiting cannot mend ends the process: a wrong setting, a schema of a later program.

use crate::config::Config;
use crate::roles::{CrawlerParts, Roles, queues};
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveConfig, ArchiveError, Location};
use baogao_bus::{Bus, BusError, RabbitOptions};
use baogao_crawler::{ARCHIVE, FRONTIER, PauseReason, Scope};
use baogao_fetch::Fetcher;
use baogao_frontier::{Frontier, FrontierError, Seed};
use baogao_model::CanonicalUrl;
use baogao_publisher::RECORDS;
use baogao_runtime::work::BUS;
use baogao_runtime::{Context, Failure, ServerUrl, reach};
use baogao_store::{Records, StoreError};
use jiff::Timestamp;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// How long closing the connections may take. Everything acknowledged is safe before.
const CLOSING: Duration = Duration::from_secs(3);

/// The time between two looks at the queues, for metrics.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Seeds are list pages: they go before what is found on them.
const SEED_PRIORITY: i32 = 100;

/// A part of the pipeline that runs as a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// URL to page.
    Crawler,
    /// Page to article.
    Scraper,
    /// Article to record.
    Parser,
    /// Record to store.
    Publisher,
}

impl Role {
    /// The name in commands, logs and connections.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crawler => "crawler",
            Self::Scraper => "scraper",
            Self::Parser => "parser",
            Self::Publisher => "publisher",
        }
    }

    /// What it cannot work without, as `/ready` names it.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Crawler => &[BUS, FRONTIER, ARCHIVE],
            Self::Scraper => &[BUS, ARCHIVE],
            Self::Parser => &[BUS],
            Self::Publisher => &[BUS, RECORDS],
        }
    }
}

/// The broker that the configuration names, under `name`. Calls try for `patience` while it is away.
///
/// # Errors
///
/// When the configuration names none, or not rightly.
pub async fn connect(config: &Config, name: &str, patience: Duration) -> anyhow::Result<Bus> {
    let url = address(config.bus.url.as_ref())?;
    let options = RabbitOptions {
        bus: config.bus_options(),
        connection_name: format!("baogao {name}"),
        ca_certificates: config.bus_ca()?,
        patience,
        ..RabbitOptions::default()
    };
    Ok(Bus::rabbitmq(url.expose(), options).await?)
}

/// One service.
pub struct Service<'a> {
    /// Its part of the pipeline.
    pub role: Role,
    /// Its settings.
    pub config: &'a Config,
    /// What the process shares.
    pub context: &'a Context,
}

impl Service<'_> {
    /// Works until shutdown is asked for.
    ///
    /// # Errors
    ///
    /// When a server refuses for good, or a setting makes no sense.
    pub async fn run(&self) -> anyhow::Result<()> {
        // All at once, so that it is not ready as soon as the first of them is reached.
        for part in self.role.parts() {
            self.context.health.watch(part);
        }
        let Some(bus) = self.bus().await? else { return Ok(()) };
        tokio::spawn(count_messages(bus.clone(), self.context.clone()));
        let worked = match self.role {
            Role::Crawler => self.crawl(&bus).await,
            Role::Scraper => self.scrape(&bus).await,
            Role::Parser => self.finish(self.roles(&bus).parser().run()).await,
            Role::Publisher => self.publish(&bus).await,
        };
        close("bus", bus.close()).await;
        worked
    }

    async fn crawl(&self, bus: &Bus) -> anyhow::Result<()> {
        let fetcher = Fetcher::new(self.config.fetch_config()?)?;
        let (seeds, scope) = seeds(self.config)?;
        let location = self.config.archive_location();
        let archive = || async { Archive::open(&location, ArchiveConfig::default()).await.map_err(of_archive) };
        let Some(archive) = reach::open(self.context, ARCHIVE, archive).await? else { return Ok(()) };
        let Some(frontier) = self.frontier().await? else { return Ok(()) };
        let schedule = || async { frontier.schedule(Timestamp::now(), seeds.clone()).await.map_err(of_frontier) };
        if reach::open(self.context, FRONTIER, schedule).await?.is_none() {
            return Ok(());
        }
        self.look(FRONTIER, &frontier, async |frontier| frontier.check().await.map_err(of_frontier));
        self.look_at_archive(&archive);
        tracing::info!(scope = %scope, "crawling {scope}");
        let crawler = self.roles(bus).crawler(CrawlerParts {
            frontier: frontier.clone(),
            archive: archive.clone(),
            fetcher,
            scope,
            disk: match location {
                Location::Folder(folder) => Some(folder),
                Location::Bucket(_) => None,
            },
            begun: Default::default(),
            pause: PauseReason::default(),
        });
        let worked = self.finish(crawler.run()).await;
        let archived = async {
            archive.close().await;
            Ok::<_, ArchiveError>(())
        };
        tokio::join!(close("archive", archived), close("frontier", frontier.close()));
        worked
    }

    async fn scrape(&self, bus: &Bus) -> anyhow::Result<()> {
        let location = self.config.archive_location();
        let archive = || async { Archive::open_read_only(&location).await.map_err(of_archive) };
        let Some(archive) = reach::open(self.context, ARCHIVE, archive).await? else { return Ok(()) };
        self.look_at_archive(&archive);
        self.finish(self.roles(bus).scraper(archive)?.run()).await
    }

    async fn publish(&self, bus: &Bus) -> anyhow::Result<()> {
        let Some(records) = self.records().await? else { return Ok(()) };
        self.look(RECORDS, &records, async |records| records.check().await.map_err(of_store));
        let worked = self.finish(self.roles(bus).publisher(records.clone()).run()).await;
        close("records", records.close()).await;
        worked
    }

    fn roles<'b>(&'b self, bus: &'b Bus) -> Roles<'b> {
        Roles { config: self.config, bus, context: self.context }
    }

    /// Runs a role until shutdown is asked for, then as long as what it has in hand needs, within the
    /// time of grace. What is still in hand then goes back to the bus.
    async fn finish(&self, role: impl Future<Output = ()>) -> anyhow::Result<()> {
        let (name, grace) = (self.role.as_str(), self.config.grace());
        let stop = &self.context.shutdown;
        tokio::pin!(role);
        tokio::select! {
            () = stop.requested() => {}
            // It may see the wish to stop first.
            () = &mut role => {
                anyhow::ensure!(stop.is_requested(), "the {name} has ended before it was asked to");
                return Ok(());
            }
        }
        tracing::info!("the {name} stops");
        if timeout(grace, role).await.is_err() {
            tracing::warn!("the {name} is still busy after {grace:?}; what is in hand goes back");
        }
        Ok(())
    }

    /// The bus with every queue declared; none where shutdown was asked for before it was reached.
    async fn bus(&self) -> anyhow::Result<Option<Bus>> {
        // It connects by itself from now on, and the looks tell how that goes.
        let bus = connect(self.config, self.role.as_str(), RabbitOptions::default().patience).await?;
        self.look(BUS, &bus, async |bus| bus.check().await.map_err(of_bus));
        let declare = || async { bus.declare(&queues()).await.map_err(of_bus) };
        Ok(reach::open(self.context, BUS, declare).await?.map(|()| bus))
    }

    async fn frontier(&self) -> anyhow::Result<Option<Frontier>> {
        open_frontier(self.config, self.context).await
    }

    async fn records(&self) -> anyhow::Result<Option<Records>> {
        open_records(self.config, self.context).await
    }

    /// Looks at a part from now on, for `/ready` and for those who wait for it.
    fn look<T, F>(&self, name: &'static str, part: &T, check: impl Fn(T) -> F + Send + Sync + 'static)
    where
        T: Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), Failure>> + Send,
    {
        let (context, part) = (self.context.clone(), part.clone());
        tokio::spawn(async move { reach::keep_looking(&context, name, || check(part.clone())).await });
    }

    fn look_at_archive(&self, archive: &Archive) {
        self.look(ARCHIVE, archive, async |archive| archive.check().await.map_err(of_archive));
    }
}

/// The frontier of the distributed mode, migrated; none where shutdown was asked for before.
pub async fn open_frontier(config: &Config, context: &Context) -> anyhow::Result<Option<Frontier>> {
    let url = address(config.database.url.as_ref())?;
    let options = baogao_frontier::PostgresOptions::default;
    let connect =
        || async { Frontier::postgres(url.expose(), config.frontier_config(), options()).await.map_err(of_frontier) };
    reach::open(context, FRONTIER, connect).await
}

/// The records of the distributed mode, migrated; none where shutdown was asked for before.
pub async fn open_records(config: &Config, context: &Context) -> anyhow::Result<Option<Records>> {
    let url = address(config.database.url.as_ref())?;
    let options = baogao_store::PostgresOptions::default;
    let connect = || async { Records::postgres(url.expose(), options()).await.map_err(of_store) };
    reach::open(context, RECORDS, connect).await
}

/// An address that the configuration was asked to have.
fn address(url: Option<&ServerUrl>) -> anyhow::Result<&ServerUrl> {
    url.context("the configuration names no server")
}

/// The configured seeds and what may be crawled from them.
fn seeds(config: &Config) -> anyhow::Result<(Vec<Seed>, Scope)> {
    let mut urls = Vec::new();
    for url in &config.seeds.urls {
        urls.push(CanonicalUrl::parse(url)?);
    }
    let kind = crate::commands::scope_kind(&config.seeds.scope).map_err(crate::config::Wrong)?;
    let scope = Scope::around(kind, &urls);
    Ok((urls.into_iter().map(|url| Seed { url, priority: SEED_PRIORITY, now: false }).collect(), scope))
}

/// Shows what lies in the queues until shutdown is asked for.
async fn count_messages(bus: Bus, context: Context) {
    loop {
        // Whoever works with the bus tells where it is away.
        for depth in bus.depths().await.unwrap_or_default() {
            let states = [
                ("ready", depth.ready),
                ("unacked", depth.unacked),
                ("waiting", depth.waiting),
                ("suspect", depth.suspect),
                ("dead", depth.dead),
            ];
            for (state, count) in states {
                metrics::gauge!("baogao_bus_messages", "queue" => depth.queue.clone(), "state" => state)
                    .set(count as f64);
            }
        }
        if !context.shutdown.sleep(COUNT_EVERY).await {
            return;
        }
    }
}

/// Closes a part; one that does not close in time is left as it is.
async fn close<E: std::error::Error>(part: &str, closing: impl Future<Output = Result<(), E>>) {
    match timeout(CLOSING, closing).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(part, error = %error, "{part} was not closed in order"),
        Err(_) => tracing::debug!(part, "{part} was not closed in time"),
    }
}

fn of_bus(error: BusError) -> Failure {
    let is_transient = error.is_transient();
    Failure::of_store(error, is_transient)
}

fn of_frontier(error: FrontierError) -> Failure {
    let is_transient = error.is_transient();
    Failure::of_store(error, is_transient)
}

fn of_store(error: StoreError) -> Failure {
    let is_transient = error.is_transient();
    Failure::of_store(error, is_transient)
}

fn of_archive(error: ArchiveError) -> Failure {
    let is_transient = error.is_transient();
    Failure::of_store(error, is_transient)
}
