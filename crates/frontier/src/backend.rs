//! The trait every back end fills, and the handle that services hold.
//!
//! The rules (pace keys, back-off, revisits, traps, what makes a document ready) are functions of
//! this crate that every back end calls; a back end adds storage and transactions. Methods take
//! batches, since a round trip per URL is what makes frontiers slow.

use crate::{
    ArchivedPage, Claim, ClaimRequest, ClaimToken, Completed, Completion, Failure, FrontierConfig, FrontierError,
    FrontierStats, LinksStored, LogPlace, NewUrl, OutboxDepth, OutboxRow, Pace, PendingRetry, PostgresOptions, Pruned,
    Restored, Scope, Seed, StoredRobots, Unfetched, postgres, sqlite,
};
use async_trait::async_trait;
use baogao_model::event::LinksFound;
use baogao_model::{CanonicalUrl, Target, Tombstone};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a frontier's storage does; see [`Frontier`] for the promises of each method.
#[async_trait]
#[allow(missing_docs, reason = "the methods are documented once, on `Frontier`")]
pub trait Backend: Send + Sync + 'static {
    async fn schedule(&self, now: Timestamp, seeds: Vec<Seed>) -> Result<(), FrontierError>;
    async fn claim(&self, now: Timestamp, request: ClaimRequest) -> Result<Vec<Claim>, FrontierError>;
    async fn complete(
        &self,
        now: Timestamp,
        claim: ClaimToken,
        completions: Vec<Completion>,
        pace: Pace,
    ) -> Result<Completed, FrontierError>;
    async fn store_links(
        &self,
        now: Timestamp,
        found: LinksFound,
        new: Vec<NewUrl>,
    ) -> Result<LinksStored, FrontierError>;
    async fn restore(&self, now: Timestamp, pages: Vec<ArchivedPage>) -> Result<Restored, FrontierError>;
    async fn last_fetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Option<Timestamp>>, FrontierError>;
    async fn expire_groups(&self, now: Timestamp, since: Option<Timestamp>) -> Result<u64, FrontierError>;
    async fn robots(&self, origin: String) -> Result<Option<StoredRobots>, FrontierError>;
    async fn put_robots(&self, origin: String, robots: StoredRobots) -> Result<(), FrontierError>;
    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, FrontierError>;
    async fn outbox_depth(&self) -> Result<OutboxDepth, FrontierError>;
    async fn claim_outbox(&self, now: Timestamp, limit: usize, hold: Duration)
    -> Result<Vec<OutboxRow>, FrontierError>;
    async fn mark_sent(&self, seqs: Vec<i64>) -> Result<(), FrontierError>;
    async fn wait_outbox(&self);
    async fn stats(&self, now: Timestamp, scope: Scope) -> Result<FrontierStats, FrontierError>;
    async fn pending_retries(&self, limit: usize) -> Result<Vec<PendingRetry>, FrontierError>;
    async fn failures(&self, limit: usize) -> Result<Vec<Failure>, FrontierError>;
    async fn unfetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Unfetched>, FrontierError>;
    async fn prune(&self, before: Timestamp, from: LogPlace, limit: usize) -> Result<Pruned, FrontierError>;
    async fn forget(&self, tombstones: Vec<Tombstone>) -> Result<(), FrontierError>;
    async fn lift(&self, target: Target) -> Result<bool, FrontierError>;
    async fn forgotten(&self) -> Result<Vec<Tombstone>, FrontierError>;
    async fn end_leases(&self, now: Timestamp) -> Result<(), FrontierError>;
    async fn check(&self) -> Result<(), FrontierError>;
    async fn close(&self) -> Result<(), FrontierError>;
}

/// Which URL is fetched next, and when. Cheap to clone; all clones share one storage.
///
/// Time comes in as `now`; the frontier reads no clock. When a method returns, what it did is
/// durable; when it fails or is dropped, the whole of it happened or nothing did.
#[derive(Clone)]
pub struct Frontier {
    backend: Arc<dyn Backend>,
}

impl std::fmt::Debug for Frontier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Frontier")
    }
}

impl Frontier {
    /// A frontier over any back end.
    pub fn new(backend: impl Backend) -> Self {
        Self { backend: Arc::new(backend) }
    }

    /// Opens the frontier in the SQLite file `path`, which is made or migrated where needed.
    ///
    /// The caller holds the lock of the data directory: leases found in the file belong to a dead
    /// process and end at once, but its politeness stays: their keys wait one delay from `now`.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or was written by a later version.
    pub async fn sqlite(path: &Path, config: FrontierConfig, now: Timestamp) -> Result<Self, FrontierError> {
        Ok(Self::new(sqlite::Sqlite::open(path, config, now).await?))
    }

    /// Opens an existing SQLite file for reading, beside the process that writes it. Every method
    /// that would write fails with [`FrontierError::ReadOnly`].
    ///
    /// # Errors
    ///
    /// When there is no such file, or it was written by another version.
    pub async fn sqlite_read_only(path: &Path) -> Result<Self, FrontierError> {
        Ok(Self::new(sqlite::Sqlite::open_read_only(path).await?))
    }

    /// Opens the frontier in a PostgreSQL database, whose schema is made or migrated where needed.
    /// Any number of processes may do so at once, programs of different versions among them. What
    /// others have leased stays theirs; see [`Frontier::end_leases`].
    ///
    /// `url` is `postgres://user:password@host:port/database`, with `?sslmode=verify-full` and the
    /// like where needed; what it leaves out comes from the `PG…` variables of the environment.
    ///
    /// The clocks of all callers must agree to within the time that a crawler leaves unused at the
    /// end of its leases, since each tells the time of its own calls.
    ///
    /// # Errors
    ///
    /// A transient one when the server cannot be reached or is starting: try again later. A lasting
    /// one when it refuses us, or when a later version has changed the schema in a way that this
    /// program cannot work with.
    pub async fn postgres(url: &str, config: FrontierConfig, options: PostgresOptions) -> Result<Self, FrontierError> {
        Ok(Self::new(postgres::Postgres::open(url, config, options).await?))
    }

    /// Takes the seeds at depth 0: new ones are due now, known ones where [`Seed::now`] says so.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn schedule(&self, now: Timestamp, seeds: Vec<Seed>) -> Result<(), FrontierError> {
        self.backend.schedule(now, seeds).await
    }

    /// Leases up to `max_keys` pace keys that have due URLs and whose politeness delay is over.
    ///
    /// Of the keys that have waited longest (a few times as many as asked for), those with the best URLs come first;
    /// within a key, higher priority first, then smaller depth, then longer due. A key has one
    /// owner at a time. No URL is written: one that is not completed is simply still due.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn claim(&self, now: Timestamp, request: &ClaimRequest) -> Result<Vec<Claim>, FrontierError> {
        self.backend.claim(now, request.clone()).await
    }

    /// Takes what became of claimed URLs: their state, their next visits, the fetch log, document
    /// groups and the messages that tell of it, in one transaction.
    ///
    /// A response is a *new* fetch once: handed in again (same URL, time and archive place) it
    /// changes nothing. With a stale token the fetches are kept and published, and nothing else
    /// moves; see [`Completed::stale`].
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn complete(
        &self,
        now: Timestamp,
        claim: &ClaimToken,
        completions: Vec<Completion>,
        pace: Pace,
    ) -> Result<Completed, FrontierError> {
        self.backend.complete(now, claim.clone(), completions, pace).await
    }

    /// Stores the links of a page and the group it belongs to, in one transaction. `new` are the
    /// links worth following, already judged; the members of the page's group need not be among
    /// them. Again with the same page, it changes nothing.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn store_links(
        &self,
        now: Timestamp,
        found: &LinksFound,
        new: Vec<NewUrl>,
    ) -> Result<LinksStored, FrontierError> {
        self.backend.store_links(now, found.clone(), new).await
    }

    /// Takes pages out of an archive, oldest first, as though they had just been fetched at their times.
    ///
    /// A response that was fetched into this very place is told of again under its own number, and so
    /// are the documents that it is now part of: everything behind the frontier is made anew. One that
    /// is not known, and is newer than what its URL has, becomes a fetch of its own. An older one is
    /// left alone, since its number would put it before what is newer.
    ///
    /// # Errors
    ///
    /// When the storage fails; then none of them was taken.
    pub async fn restore(&self, now: Timestamp, pages: Vec<ArchivedPage>) -> Result<Restored, FrontierError> {
        self.backend.restore(now, pages).await
    }

    /// When the current response of each URL was fetched, or a later visit ended, to the microsecond; none for
    /// a URL that has no response.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn last_fetched(&self, urls: &[CanonicalUrl]) -> Result<Vec<Option<Timestamp>>, FrontierError> {
        self.backend.last_fetched(urls.to_vec()).await
    }

    /// Sends out the document groups that have waited longer than `group_patience`, with what is
    /// missing marked overdue, and says how many there were.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn expire_groups(&self, now: Timestamp) -> Result<u64, FrontierError> {
        self.backend.expire_groups(now, None).await
    }

    /// The same for the groups that were opened since then, however long they have waited: when nobody is
    /// there to fetch what is missing. What a crawl waits for from before waits on.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn close_groups(&self, now: Timestamp, since: Timestamp) -> Result<u64, FrontierError> {
        self.backend.expire_groups(now, Some(since)).await
    }

    /// The stored robots.txt of an origin such as `https://www.qinglan.example:8443`, expired or not.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn robots(&self, origin: &str) -> Result<Option<StoredRobots>, FrontierError> {
        self.backend.robots(origin.to_owned()).await
    }

    /// Stores the robots.txt of an origin in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn put_robots(&self, origin: &str, robots: &StoredRobots) -> Result<(), FrontierError> {
        self.backend.put_robots(origin.to_owned(), robots.clone()).await
    }

    /// The oldest messages not yet marked as sent, in the order they were written, whoever is
    /// about to send them. For people and tests; a sender takes [`Frontier::claim_outbox`].
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, FrontierError> {
        self.backend.outbox(limit).await
    }

    /// The oldest messages that are not being sent already, in the order they were written, for the
    /// caller alone to send: nobody else gets them before `hold` is over. Those that are not marked
    /// as sent by then are handed out again, so what a dead sender held leaves with another one.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn claim_outbox(
        &self,
        now: Timestamp,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<OutboxRow>, FrontierError> {
        self.backend.claim_outbox(now, limit, hold).await
    }

    /// What [`Frontier::stats`] says of the outbox, in time that depends on nothing but its rows.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn outbox_depth(&self) -> Result<OutboxDepth, FrontierError> {
        self.backend.outbox_depth().await
    }

    /// Forgets messages that are safely published.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn mark_sent(&self, seqs: &[i64]) -> Result<(), FrontierError> {
        self.backend.mark_sent(seqs.to_vec()).await
    }

    /// Returns when this handle or a clone of it has committed messages since the last return.
    ///
    /// For one waiter: look into the outbox, wait if it is empty, look again. Cancel-safe: a
    /// dropped wait leaves its wake-up to the next. It may return with nothing new. What other
    /// handles have committed, or dead senders have left, it does not tell: look again each second.
    pub async fn wait_outbox(&self) {
        self.backend.wait_outbox().await;
    }

    /// Counts what there is. `due_now` takes time in proportion to itself, the rest to the number
    /// of hosts at most; but see [`Scope::prefixes`].
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn stats(&self, now: Timestamp, scope: &Scope) -> Result<FrontierStats, FrontierError> {
        self.backend.stats(now, scope.clone()).await
    }

    /// URLs that are tried again soon, the earliest first.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn pending_retries(&self, limit: usize) -> Result<Vec<PendingRetry>, FrontierError> {
        self.backend.pending_retries(limit).await
    }

    /// URLs that could not be got, the latest first.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn failures(&self, limit: usize) -> Result<Vec<Failure>, FrontierError> {
        self.backend.failures(limit).await
    }

    /// Those of `urls` whose last visit brought no page, or that were not visited since they were
    /// last asked for, in the order given. A URL that leads elsewhere counts as what it leads to;
    /// one that was never stored is left out.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn unfetched(&self, urls: &[CanonicalUrl]) -> Result<Vec<Unfetched>, FrontierError> {
        self.backend.unfetched(urls.to_vec()).await
    }

    /// Takes the next step of a pass over the fetch log: of the `limit` rows behind `from` whose visits
    /// were before `before`, it deletes those that are not the fetch that brought their URL's stored
    /// response. Any number of processes may do so at once.
    ///
    /// What is deleted is not recognised any more: a response that is handed in again then is a new
    /// fetch; see [`Frontier::complete`].
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn prune(&self, before: Timestamp, from: LogPlace, limit: usize) -> Result<Pruned, FrontierError> {
        self.backend.prune(before, from, limit.max(1)).await
    }

    /// Keeps tombstones, the older where there are two of one target. Whoever asks for pages looks at
    /// them: what they cover is to be settled as excluded for [`FORGOTTEN`](crate::FORGOTTEN) unasked.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn forget(&self, tombstones: Vec<Tombstone>) -> Result<(), FrontierError> {
        self.backend.forget(tombstones).await
    }

    /// Removes the tombstone of exactly this target; false if there was none. URLs that were excluded
    /// for it stay so until they are due again.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn lift(&self, target: &Target) -> Result<bool, FrontierError> {
        self.backend.lift(target.clone()).await
    }

    /// All tombstones, the oldest first.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn forgotten(&self) -> Result<Vec<Tombstone>, FrontierError> {
        self.backend.forgotten().await
    }

    /// Ends every lease and every hold on messages, whoever has them, and keeps the politeness:
    /// the keys wait one delay from `now`. Only for a caller who knows that no other crawler lives;
    /// one that does may still have a request under way.
    ///
    /// # Errors
    ///
    /// When the storage fails.
    pub async fn end_leases(&self, now: Timestamp) -> Result<(), FrontierError> {
        self.backend.end_leases(now).await
    }

    /// Whether the storage answers and has a schema that this program can work with: what a
    /// readiness probe wants to know.
    ///
    /// # Errors
    ///
    /// What stands in the way; see [`FrontierError::is_transient`].
    pub async fn check(&self) -> Result<(), FrontierError> {
        self.backend.check().await
    }

    /// Finishes what was begun and closes the storage. Every later call fails.
    ///
    /// # Errors
    ///
    /// When the storage fails; it is closed all the same.
    pub async fn close(&self) -> Result<(), FrontierError> {
        self.backend.close().await
    }
}
