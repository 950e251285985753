//! Pages that come from elsewhere than the web, on their way through the pipeline.
//!
//! In a data directory the roles behind the crawler run here and are waited for. Over servers only the
//! frontier is written to: the services that run there do the rest.

use crate::config::Config;
use crate::embedded::{Embedded, End, Load, Running};
use crate::stores::Stores;
use crate::takedown::{self, Done};
use baogao_frontier::{ArchivedPage, Restored};
use baogao_model::{CanonicalUrl, Tombstone, Tombstones};
use baogao_runtime::Shutdown;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Pages taken in one transaction.
const BATCH: usize = 64;

/// Messages that may lie in the outbox before the next pages are taken.
const UNSENT: u64 = 2000;

/// Between two looks at an outbox that is full.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a full outbox is waited for without a word.
const PATIENCE_UNTOLD: Duration = Duration::from_secs(20);

/// How long a message that waits for another attempt is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// The way in.
pub struct Intake {
    /// Where the pages go.
    pub stores: Stores,
    shutdown: Shutdown,
    /// When it was opened: groups that wait from before are not its own.
    began: Timestamp,
    /// The roles at work in the data directory; none over servers.
    running: Option<Running>,
    /// What was taken down here.
    forgotten: Tombstones,
    batch: Vec<ArchivedPage>,
    taken: Restored,
}

/// What came of it.
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// What became of the pages.
    pub taken: Restored,
    /// Reports in the data directory by now; none over servers.
    pub reports: Option<u64>,
}

impl Intake {
    /// Opens the data directory and starts the roles in it, or reaches for the servers that the
    /// configuration names; none where a stop was asked for meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`Stores::open`].
    pub async fn open(config: &Config, shutdown: &Shutdown) -> anyhow::Result<Option<Self>> {
        let began = Timestamp::now();
        let Some(stores) = Stores::open(config, shutdown).await? else { return Ok(None) };
        let running = stores.embedded.as_ref().map(|embedded| embedded.start_offline(config, shutdown)).transpose()?;
        let forgotten = stores.frontier.forgotten().await?.into_iter().collect();
        let (shutdown, taken) = (shutdown.clone(), Restored::default());
        Ok(Some(Self { stores, shutdown, began, running, forgotten, batch: Vec::with_capacity(BATCH), taken }))
    }

    /// Takes down here what was taken down elsewhere, as [`takedown::carry_out`] does it.
    ///
    /// # Errors
    ///
    /// When a store cannot be written to.
    pub async fn forget(&mut self, tombstone: &Tombstone) -> anyhow::Result<Done> {
        let plan = takedown::plan(&self.stores, tombstone.clone(), &self.forgotten).await?;
        let done = takedown::carry_out(&self.stores, &plan).await?;
        self.forgotten = self.stores.frontier.forgotten().await?.into_iter().collect();
        Ok(done)
    }

    /// Whether a page was taken down here, and so may not be taken.
    pub fn is_forgotten(&self, url: &CanonicalUrl) -> bool {
        self.forgotten.cover(url.as_str())
    }

    /// Whether somebody has asked for a stop.
    pub fn is_stopped(&self) -> bool {
        self.shutdown.is_requested()
    }

    /// Takes a page whose response is in the archive. Waits while too much is on its way.
    ///
    /// # Errors
    ///
    /// When the frontier cannot be written to.
    pub async fn take(&mut self, page: ArchivedPage) -> anyhow::Result<()> {
        self.batch.push(page);
        if self.batch.len() >= BATCH { self.hand_in().await } else { Ok(()) }
    }

    /// Hands in what has been taken so far.
    async fn hand_in(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let pages = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        let taken = self.stores.frontier.restore(Timestamp::now(), pages).await?;
        self.taken.again += taken.again;
        self.taken.new += taken.new;
        self.taken.older += taken.older;
        let (waits_since, mut is_told) = (Instant::now(), false);
        while self.stores.frontier.outbox_depth().await?.rows > UNSENT {
            if self.running.is_none() && !is_told && waits_since.elapsed() > PATIENCE_UNTOLD {
                tracing::warn!("pages are not sent on; does a crawler of these servers run?");
                is_told = true;
            }
            if !self.shutdown.sleep(LOOK_EVERY).await {
                break;
            }
        }
        Ok(())
    }

    /// Hands in the rest, waits in a data directory until all of it is done, and closes everything.
    ///
    /// # Errors
    ///
    /// When a store fails or a role has died.
    pub async fn finish(mut self, watch: impl FnMut(&Load)) -> anyhow::Result<Outcome> {
        let handed_in = if self.is_stopped() { Ok(()) } else { self.hand_in().await };
        let (mut end, mut reports) = (if self.is_stopped() { End::Stopped } else { End::Idle }, None);
        match (self.running, &self.stores.embedded) {
            (Some(mut running), Some(embedded)) => {
                let done = match handed_in {
                    Ok(()) if end == End::Idle => see_through(embedded, &mut running, self.began, watch).await,
                    Ok(()) => Ok(End::Stopped),
                    Err(error) => Err(error),
                };
                running.stop().await;
                reports = Some(self.stores.records.counts().await?.reports);
                self.stores.close().await?;
                end = done?;
            }
            _ => {
                self.stores.close().await?;
                handed_in?;
            }
        }
        Ok(Outcome { end, taken: self.taken, reports })
    }
}

/// Waits until nothing is under way. Documents then go out without the parts that nobody fetches.
async fn see_through(
    stores: &Embedded,
    running: &mut Running,
    began: Timestamp,
    mut watch: impl FnMut(&Load),
) -> anyhow::Result<End> {
    loop {
        let end = running.until_idle(stores, PATIENCE, &mut watch).await?;
        if end == End::Stopped || stores.frontier.close_groups(Timestamp::now(), began).await? == 0 {
            return Ok(end);
        }
    }
}
