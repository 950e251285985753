//! All stores of a data directory or of servers, open for writing: for commands that change what is there.

use crate::config::{Config, Wrong};
use crate::distributed;
use crate::embedded::Embedded;
use anyhow::Context as _;
use baogao_archive::{Archive, ArchiveConfig};
use baogao_bus::Bus;
use baogao_frontier::Frontier;
use baogao_runtime::{ByteBudget, Context, Shutdown};
use baogao_store::Records;
use std::time::Duration;

/// How long servers that are away are waited for: somebody waits for the command.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stores, open for writing.
pub struct Stores {
    /// Which URL next, and when.
    pub frontier: Frontier,
    /// What was fetched.
    pub archive: Archive,
    /// What was made of it.
    pub records: Records,
    /// What is under way between the stages.
    pub bus: Bus,
    /// The same of a data directory, with its lock.
    pub embedded: Option<Embedded>,
}

impl Stores {
    /// Opens those of the servers that the configuration names, or else of its data directory; none where
    /// a stop was asked for while servers were waited for.
    ///
    /// # Errors
    ///
    /// When another process works with the data directory, when a server is away for long or refuses, or
    /// when only one of the two servers is named.
    pub async fn open(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Option<Self>> {
        match (&config.bus.url, &config.database.url) {
            (None, None) => {
                let embedded = Embedded::open(&config.data.dir, config).await?;
                Ok(Some(Self {
                    frontier: embedded.frontier.clone(),
                    archive: embedded.archive.clone(),
                    records: embedded.records.clone(),
                    bus: embedded.bus.clone(),
                    embedded: Some(embedded),
                }))
            }
            (Some(_), Some(_)) => {
                let opening = Self::on_servers(config, shutdown);
                let late =
                    || format!("the servers cannot be reached within {PATIENCE:?}; see `bus.url` and `database.url`");
                tokio::time::timeout(PATIENCE, opening).await.with_context(late)?
            }
            (Some(_), None) => Err(Wrong("the configuration names a broker and no `database.url`".to_owned()).into()),
            (None, Some(_)) => Err(Wrong("the configuration names a database and no `bus.url`".to_owned()).into()),
        }
    }

    async fn on_servers(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Option<Self>> {
        let context = Context::new(shutdown.clone(), ByteBudget::default());
        let Some(frontier) = distributed::open_frontier(config, &context).await? else { return Ok(None) };
        let Some(records) = distributed::open_records(config, &context).await? else { return Ok(None) };
        let location = config.archive_location();
        let archive = Archive::open(&location, ArchiveConfig::default()).await;
        let archive = archive.with_context(|| format!("cannot open the archive {location}"))?;
        let bus = distributed::connect(config, "command", PATIENCE).await?;
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
