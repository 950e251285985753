//! The frontier in PostgreSQL: the distributed mode's back end, shared by any number of crawlers.
//!
//! The rules are [`crate::rules`]; here are the rows, the transactions and the locks. How a change
//! is made, and why nothing is lost between two crawlers, stands in [`change`].

mod change;
mod claim;
mod connect;
mod error;
mod flush;
mod forgotten;
mod ids;
mod load;
mod migrate;
mod outbox;
mod prune;
mod robots;
mod rules_of_pace;
mod stats;
mod working_set;

pub use connect::PostgresOptions;

use crate::rules::{complete, digest, groups, links, restore};
use crate::{
    ArchivedPage, Backend, Claim, ClaimRequest, ClaimToken, Completed, Completion, Failure, FrontierConfig,
    FrontierError, FrontierStats, LinksStored, LogPlace, NewUrl, OutboxDepth, OutboxRow, Outcome, Pace, PendingRetry,
    Pruned, Restored, Scope, Seed, StoredRobots, Unfetched,
};
use async_trait::async_trait;
use baogao_model::event::LinksFound;
use baogao_model::{CanonicalUrl, Target, Tombstone};
use change::{Work, change};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Groups looked for at once when they are overdue.
const EXPIRED_AT_ONCE: usize = 100;

/// The back end over one schema of a PostgreSQL database.
pub(crate) struct Postgres {
    pool: PgPool,
    config: Arc<FrontierConfig>,
    options: PostgresOptions,
    numbers: ids::Numbers,
    /// Told of outbox rows that this handle has committed.
    news: Arc<Notify>,
}

/// Borrows a connection for the statements of a block and gives its answer as the frontier's.
macro_rules! ask {
    ($self:ident, $action:literal, |$conn:ident| $work:expr) => {{
        let mut lent = $self.lend($action).await?;
        let result = {
            let $conn: &mut PgConnection = &mut lent;
            $self.in_time($action, $work).await?
        };
        lent.note(&result);
        result.map_err(|error| error::classify($action, error))
    }};
}

#[async_trait]
impl Backend for Postgres {
    async fn schedule(&self, now: Timestamp, seeds: Vec<Seed>) -> Result<(), FrontierError> {
        let mut work = Work::default();
        for seed in &seeds {
            work.touch(&seed.url);
        }
        change(self, "schedule seeds", &work, |rows| links::schedule(rows, &self.config, now, &seeds)).await
    }

    async fn claim(&self, now: Timestamp, request: ClaimRequest) -> Result<Vec<Claim>, FrontierError> {
        ask!(self, "claim URLs", |conn| claim::claim(conn, &self.config, now, &request))
    }

    async fn complete(
        &self,
        now: Timestamp,
        claim: ClaimToken,
        completions: Vec<Completion>,
        pace: Pace,
    ) -> Result<Completed, FrontierError> {
        let mut work = Work { key: Some(&claim.pace_key), visits: completions.len(), ..Work::default() };
        for completion in &completions {
            work.touch(&completion.url);
            if let Outcome::Redirected { to, .. } = &completion.outcome {
                work.hold(to);
            }
            if let Some(payload) = complete::fetched_payload(completion) {
                work.responses.push((digest(&completion.url), completion.at, payload));
            }
        }
        change(self, "store completions", &work, |rows| {
            complete::complete(rows, &self.config, now, &claim, &completions, &pace)
        })
        .await
    }

    async fn store_links(
        &self,
        now: Timestamp,
        found: LinksFound,
        new: Vec<NewUrl>,
    ) -> Result<LinksStored, FrontierError> {
        let mut work = Work::default();
        if let Ok(page) = CanonicalUrl::parse(&found.page_url) {
            work.touch(&page);
            work.page = Some(digest(&page));
            let group = links::group_of_page(&found, &page).zip(found.group.as_ref());
            work.seed = group.map(|(id, hint)| (id.to_string(), page.site(), hint.document_key.clone()));
            let members = found.group.iter().flat_map(|hint| &hint.members);
            for member in members.filter_map(|member| CanonicalUrl::parse(&member.url).ok()) {
                // Others are refused.
                if member.site() == page.site() {
                    work.mention(&member);
                }
            }
        }
        for link in &new {
            work.mention(&link.url);
        }
        change(self, "store links", &work, |rows| links::store_links(rows, &self.config, now, &found, &new)).await
    }

    async fn restore(&self, now: Timestamp, pages: Vec<ArchivedPage>) -> Result<Restored, FrontierError> {
        let mut work = Work { visits: pages.len(), ..Work::default() };
        for page in &pages {
            work.touch(&page.url);
            work.places.push((digest(&page.url), &page.payload));
        }
        change(self, "restore archived pages", &work, |rows| restore::restore(rows, &self.config, now, &pages)).await
    }

    async fn last_fetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Option<Timestamp>>, FrontierError> {
        ask!(self, "look up the last fetches", |conn| stats::last_fetched(conn, &urls))
    }

    async fn expire_groups(&self, now: Timestamp, since: Option<Timestamp>) -> Result<u64, FrontierError> {
        let mut total = 0;
        loop {
            let opened = groups::overdue(&self.config, now, since);
            let overdue = ask!(self, "look for overdue document groups", |conn| overdue_groups(conn, &opened))?;
            let mut expired = 0;
            for group in &overdue {
                let work = Work { groups: BTreeSet::from([group.clone()]), ..Work::default() };
                let rules = |rows: &mut _| groups::expire(rows, &self.config, now, &opened, group);
                expired += u64::from(change(self, "expire a document group", &work, rules).await?);
            }
            total += expired;
            // Another crawler may be at it; then the rest is left to it.
            if overdue.len() < EXPIRED_AT_ONCE || expired == 0 {
                return Ok(total);
            }
        }
    }

    async fn robots(&self, origin: String) -> Result<Option<StoredRobots>, FrontierError> {
        ask!(self, "read robots.txt", |conn| robots::get(conn, &origin))
    }

    async fn put_robots(&self, origin: String, robots: StoredRobots) -> Result<(), FrontierError> {
        ask!(self, "store robots.txt", |conn| robots::put(conn, &origin, &robots))
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, FrontierError> {
        ask!(self, "read the outbox", |conn| outbox::oldest(conn, limit))
    }

    async fn claim_outbox(
        &self,
        now: Timestamp,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<OutboxRow>, FrontierError> {
        ask!(self, "take messages to send", |conn| outbox::claim(conn, now, limit, hold))
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, FrontierError> {
        ask!(self, "count the outbox", |conn| outbox::depth(conn))
    }

    async fn mark_sent(&self, seqs: Vec<i64>) -> Result<(), FrontierError> {
        ask!(self, "mark messages as sent", |conn| outbox::mark_sent(conn, &seqs))
    }

    async fn wait_outbox(&self) {
        self.news.notified().await;
    }

    async fn stats(&self, now: Timestamp, scope: Scope) -> Result<FrontierStats, FrontierError> {
        ask!(self, "count", |conn| stats::stats(conn, now, &scope))
    }

    async fn pending_retries(&self, limit: usize) -> Result<Vec<PendingRetry>, FrontierError> {
        ask!(self, "list retries", |conn| stats::pending_retries(conn, limit))
    }

    async fn failures(&self, limit: usize) -> Result<Vec<Failure>, FrontierError> {
        ask!(self, "list failures", |conn| stats::failures(conn, limit))
    }

    async fn unfetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Unfetched>, FrontierError> {
        ask!(self, "look up what was not fetched", |conn| stats::unfetched(conn, &urls))
    }

    async fn prune(&self, before: Timestamp, from: LogPlace, limit: usize) -> Result<Pruned, FrontierError> {
        ask!(self, "prune the fetch log", |conn| prune::prune(conn, before, from, limit))
    }

    async fn forget(&self, tombstones: Vec<Tombstone>) -> Result<(), FrontierError> {
        ask!(self, "keep tombstones", |conn| forgotten::add(conn, &tombstones))
    }

    async fn lift(&self, target: Target) -> Result<bool, FrontierError> {
        ask!(self, "remove a tombstone", |conn| forgotten::lift(conn, &target))
    }

    async fn forgotten(&self) -> Result<Vec<Tombstone>, FrontierError> {
        ask!(self, "read the tombstones", |conn| forgotten::all(conn))
    }

    async fn end_leases(&self, now: Timestamp) -> Result<(), FrontierError> {
        ask!(self, "end leases", |conn| rules_of_pace::end_leases(conn, &self.config, now))
    }

    async fn check(&self) -> Result<(), FrontierError> {
        let version = ask!(self, "reach", |conn| migrate::version(conn))?;
        migrate::check(version, &self.options.schema, migrate::MIGRATIONS)
    }

    async fn close(&self) -> Result<(), FrontierError> {
        // Waits for the work in hand, and for no server that does not answer.
        let _ = tokio::time::timeout(self.options.timeout, self.pool.close()).await;
        Ok(())
    }
}

/// Groups that were opened in this time and are open still, the longest open first.
async fn overdue_groups(conn: &mut PgConnection, opened: &RangeInclusive<i64>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM doc_group WHERE open_since BETWEEN $1 AND $2 ORDER BY open_since LIMIT $3")
        .bind(opened.start())
        .bind(opened.end())
        .bind(i64::try_from(EXPIRED_AT_ONCE).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
}
