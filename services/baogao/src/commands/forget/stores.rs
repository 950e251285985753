//! Everything that a take-down changes, in one process or on servers.

use super::super::Session;
use crate::cli::ForgetArgs;
use crate::config::{Config, Need};
use crate::distributed;
use crate::embedded::Embedded;
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveConfig};
use baogao_bus::Bus;
use baogao_frontier::Frontier;
use baogao_runtime::data_dir::Paths;
use baogao_runtime::{ByteBudget, Context, Shutdown};
use baogao_store::Records;
use std::time::Duration;

/// How long a broker that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stores, open for writing.
pub struct Stores {
    /// Which URL next: not these.
    pub frontier: Frontier,
    /// What was fetched.
    pub archive: Archive,
    /// What was made of it.
    pub records: Records,
    /// What could not be processed, and the way to subscribers.
    pub bus: Bus,
    /// Holds the lock of the data directory, where there is one.
    embedded: Option<Embedded>,
}

impl Stores {
    /// Opens those that the command line means; none where a stop was asked for while servers were
    /// waited for.
    ///
    /// # Errors
    ///
    /// When there is no data directory or another process works with it, when a server refuses, or the
    /// configuration makes no sense.
    pub async fn open(session: &Session, args: &ForgetArgs) -> anyhow::Result<Option<Self>> {
        let mut config = match (&args.config, &args.data) {
            (Some(path), None) => Config::load_for(path, &[])?,
            (path, _) => Config::load(path.as_deref())?,
        };
        session.start_log(&config, Some("warn"))?;
        let is_distributed = args.data.is_none() && (config.bus.url.is_some() || config.database.url.is_some());
        if is_distributed && let Some(path) = &args.config {
            return Self::on_servers(&Config::load_for(path, &[Need::Bus, Need::Database])?).await;
        }
        if let Some(data) = &args.data {
            config.data.dir.clone_from(data);
        }
        // Nothing is made where there is nothing to forget.
        Paths::of_existing(&config.data.dir)?;
        let embedded = Embedded::open(&config.data.dir, &config).await?;
        Ok(Some(Self {
            frontier: embedded.frontier.clone(),
            archive: embedded.archive.clone(),
            records: embedded.records.clone(),
            bus: embedded.bus.clone(),
            embedded: Some(embedded),
        }))
    }

    async fn on_servers(config: &Config) -> anyhow::Result<Option<Self>> {
        let context = Context::new(Shutdown::on_signals()?, ByteBudget::default());
        let Some(frontier) = distributed::open_frontier(config, &context).await? else { return Ok(None) };
        let Some(records) = distributed::open_records(config, &context).await? else { return Ok(None) };
        let location = config.archive_location();
        let archive = Archive::open(&location, ArchiveConfig::default()).await;
        let archive = archive.with_context(|| format!("cannot open the archive {location}"))?;
        let bus = distributed::connect(config, "forget", PATIENCE).await?;
        Ok(Some(Self { frontier, archive, records, bus, embedded: None }))
    }

    /// Closes them.
    ///
    /// # Errors
    ///
    /// When one cannot write its last bytes.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(embedded) = self.embedded {
            return embedded.close().await;
        }
        self.archive.close().await;
        self.bus.close().await?;
        self.frontier.close().await?;
        self.records.close().await?;
        Ok(())
    }
}
