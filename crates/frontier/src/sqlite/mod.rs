//! The frontier in one SQLite file: the embedded mode's back end.
//!
//! WAL with `synchronous = FULL`: what was answered survives a loss of power. One thread writes,
//! several operations per commit ([`writer`]); readers have connections of their own ([`reader`]).
//! Since there is one writer, every operation sees the file as if it were alone.

mod claim;
mod forgotten;
mod hosts;
mod outbox;
mod prune;
mod reader;
mod robots;
mod rows;
mod schema;
mod scope;
mod stats;
mod writer;

use crate::rules::{complete, groups, links, restore};
use crate::{
    ArchivedPage, Backend, Claim, ClaimRequest, ClaimToken, Completed, Completion, Failure, FrontierConfig,
    FrontierError, FrontierStats, LinksStored, LogPlace, NewUrl, OutboxDepth, OutboxRow, Pace, PendingRetry, Pruned,
    Restored, Scope, Seed, StoredRobots, Unfetched, micros, pace,
};
use async_trait::async_trait;
use baogao_model::event::LinksFound;
use baogao_model::{CanonicalUrl, Target, Tombstone};
use jiff::Timestamp;
use rows::FileRows;
use rusqlite::{Connection, params};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Groups expired in one transaction.
const EXPIRED_AT_ONCE: usize = 100;

/// The back end over one SQLite file.
pub(crate) struct Sqlite {
    config: Arc<FrontierConfig>,
    /// None in a file opened for reading.
    writer: Option<writer::Writer>,
    readers: reader::Readers,
    /// Told of new outbox rows.
    news: Arc<Notify>,
}

impl Sqlite {
    /// Opens the file for reading and writing; see [`crate::Frontier::sqlite`].
    pub(crate) async fn open(path: &Path, config: FrontierConfig, now: Timestamp) -> Result<Self, FrontierError> {
        let (owned, config) = (path.to_owned(), Arc::new(config));
        let rules = Arc::clone(&config);
        let conn = blocking(move || open(&owned, &rules, now)).await?;
        let news = Arc::new(Notify::new());
        let writer = writer::Writer::start(conn, Arc::clone(&news))
            .map_err(|error| FrontierError::Open { path: path.to_owned(), source: Arc::new(error) })?;
        Ok(Self { config, writer: Some(writer), readers: reader::Readers::new(path), news })
    }

    /// Opens the file for reading; see [`crate::Frontier::sqlite_read_only`].
    pub(crate) async fn open_read_only(path: &Path) -> Result<Self, FrontierError> {
        let owned = path.to_owned();
        blocking(move || {
            let version = reader::open(&owned).and_then(|conn| schema::version(&conn));
            let version = version.map_err(|error| open_error(&owned, error))?;
            if version < schema::VERSION {
                // Reading cannot migrate.
                return Err(FrontierError::ReadOnly { action: "migrate an older file" });
            }
            check_version(&owned, version)
        })
        .await?;
        Ok(Self {
            config: Arc::default(),
            writer: None,
            readers: reader::Readers::new(path),
            news: Arc::new(Notify::new()),
        })
    }

    async fn write<T, F>(&self, action: &'static str, work: F) -> Result<T, FrontierError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &FrontierConfig) -> rusqlite::Result<T> + Send + 'static,
    {
        let Some(writer) = &self.writer else { return Err(FrontierError::ReadOnly { action }) };
        let config = Arc::clone(&self.config);
        writer.run(action, move |conn| work(conn, &config)).await
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn schedule(&self, now: Timestamp, seeds: Vec<Seed>) -> Result<(), FrontierError> {
        self.write("schedule seeds", move |conn, config| {
            links::schedule(&mut FileRows::new(conn, config), config, now, &seeds)
        })
        .await
    }

    async fn claim(&self, now: Timestamp, request: ClaimRequest) -> Result<Vec<Claim>, FrontierError> {
        self.write("claim URLs", move |conn, config| claim::claim(conn, config, now, &request)).await
    }

    async fn complete(
        &self,
        now: Timestamp,
        claim: ClaimToken,
        completions: Vec<Completion>,
        pace: Pace,
    ) -> Result<Completed, FrontierError> {
        self.write("store completions", move |conn, config| {
            complete::complete(&mut FileRows::new(conn, config), config, now, &claim, &completions, &pace)
        })
        .await
    }

    async fn store_links(
        &self,
        now: Timestamp,
        found: LinksFound,
        new: Vec<NewUrl>,
    ) -> Result<LinksStored, FrontierError> {
        self.write("store links", move |conn, config| {
            links::store_links(&mut FileRows::new(conn, config), config, now, &found, &new)
        })
        .await
    }

    async fn restore(&self, now: Timestamp, pages: Vec<ArchivedPage>) -> Result<Restored, FrontierError> {
        self.write("restore archived pages", move |conn, config| {
            restore::restore(&mut FileRows::new(conn, config), config, now, &pages)
        })
        .await
    }

    async fn last_fetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Option<Timestamp>>, FrontierError> {
        self.readers.run("look up the last fetches", move |conn| stats::last_fetched(conn, &urls)).await
    }

    async fn expire_groups(&self, now: Timestamp, since: Option<Timestamp>) -> Result<u64, FrontierError> {
        let mut total = 0;
        loop {
            let expired = self
                .write("expire document groups", move |conn, config| {
                    let opened = groups::overdue(config, now, since);
                    let overdue = overdue_groups(conn, &opened)?;
                    for group in &overdue {
                        groups::expire(&mut FileRows::new(conn, config), config, now, &opened, group)?;
                    }
                    Ok(overdue.len())
                })
                .await?;
            total += expired as u64;
            if expired < EXPIRED_AT_ONCE {
                return Ok(total);
            }
        }
    }

    async fn robots(&self, origin: String) -> Result<Option<StoredRobots>, FrontierError> {
        self.readers.run("read robots.txt", move |conn| robots::get(conn, &origin)).await
    }

    async fn put_robots(&self, origin: String, robots: StoredRobots) -> Result<(), FrontierError> {
        self.write("store robots.txt", move |conn, _| robots::put(conn, &origin, &robots)).await
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, FrontierError> {
        self.readers.run("read the outbox", move |conn| outbox::oldest(conn, limit)).await
    }

    async fn claim_outbox(
        &self,
        now: Timestamp,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<OutboxRow>, FrontierError> {
        if self.readers.run("look for messages to send", move |conn| outbox::is_idle(conn, now)).await? {
            // Most looks find nothing, and the writer need not be asked for that.
            return Ok(Vec::new());
        }
        self.write("take messages to send", move |conn, _| outbox::claim(conn, now, limit, hold)).await
    }

    async fn outbox_depth(&self) -> Result<OutboxDepth, FrontierError> {
        self.readers.run("count the outbox", outbox::depth).await
    }

    async fn mark_sent(&self, seqs: Vec<i64>) -> Result<(), FrontierError> {
        self.write("mark messages as sent", move |conn, _| outbox::mark_sent(conn, &seqs)).await
    }

    async fn wait_outbox(&self) {
        self.news.notified().await;
    }

    async fn stats(&self, now: Timestamp, scope: Scope) -> Result<FrontierStats, FrontierError> {
        self.readers.run("count", move |conn| stats::stats(conn, now, &scope)).await
    }

    async fn pending_retries(&self, limit: usize) -> Result<Vec<PendingRetry>, FrontierError> {
        self.readers.run("list retries", move |conn| stats::pending_retries(conn, limit)).await
    }

    async fn failures(&self, limit: usize) -> Result<Vec<Failure>, FrontierError> {
        self.readers.run("list failures", move |conn| stats::failures(conn, limit)).await
    }

    async fn unfetched(&self, urls: Vec<CanonicalUrl>) -> Result<Vec<Unfetched>, FrontierError> {
        self.readers.run("look up what was not fetched", move |conn| stats::unfetched(conn, &urls)).await
    }

    async fn prune(&self, before: Timestamp, from: LogPlace, limit: usize) -> Result<Pruned, FrontierError> {
        self.write("prune the fetch log", move |conn, _| prune::prune(conn, before, from, limit)).await
    }

    async fn forget(&self, tombstones: Vec<Tombstone>) -> Result<(), FrontierError> {
        self.write("keep tombstones", move |conn, _| forgotten::add(conn, &tombstones)).await
    }

    async fn lift(&self, target: Target) -> Result<bool, FrontierError> {
        self.write("remove a tombstone", move |conn, _| forgotten::lift(conn, &target)).await
    }

    async fn forgotten(&self) -> Result<Vec<Tombstone>, FrontierError> {
        self.readers.run("read the tombstones", forgotten::all).await
    }

    async fn end_leases(&self, now: Timestamp) -> Result<(), FrontierError> {
        self.write("end leases", move |conn, config| end_leases(conn, config, now)).await
    }

    async fn check(&self) -> Result<(), FrontierError> {
        self.readers.run("reach", schema::version).await?;
        // The writer too, unless the file is open for reading only.
        match &self.writer {
            Some(writer) => writer.run("reach", |_| Ok(())).await,
            None => Ok(()),
        }
    }

    async fn close(&self) -> Result<(), FrontierError> {
        // Readers first: an open one would keep the checkpoint from emptying the log.
        self.readers.close();
        match &self.writer {
            Some(writer) => writer.close().await,
            None => Ok(()),
        }
    }
}

/// Runs file work off the runtime's own threads.
async fn blocking<T, F>(work: F) -> Result<T, FrontierError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, FrontierError> + Send + 'static,
{
    // It fails only when the runtime shuts down.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(FrontierError::Closed { action: "open" }))
}

fn open_error(path: &Path, error: rusqlite::Error) -> FrontierError {
    FrontierError::Open { path: path.to_owned(), source: Arc::new(error) }
}

fn check_version(path: &Path, found: i64) -> Result<(), FrontierError> {
    if found > schema::VERSION {
        return Err(FrontierError::NewerSchema { place: path.display().to_string(), found, known: schema::VERSION });
    }
    Ok(())
}

/// Opens the file for writing, brings it up to date, and takes over from a dead predecessor.
fn open(path: &Path, config: &FrontierConfig, now: Timestamp) -> Result<Connection, FrontierError> {
    let mut conn = Connection::open(path).map_err(|error| open_error(path, error))?;
    let prepared = prepare(&conn).and_then(|()| schema::version(&conn));
    let version = prepared.map_err(|error| open_error(path, error))?;
    check_version(path, version)?;
    schema::migrate(&mut conn, version)
        .and_then(|()| take_over(&conn, config, now))
        .map_err(|error| open_error(path, error))?;
    Ok(conn)
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // After a burst the log is cut back to this many bytes.
    conn.pragma_update(None, "journal_size_limit", 64 << 20)
}

/// Ends the leases of a dead predecessor, then applies the pace rules, which may have changed.
fn take_over(conn: &Connection, config: &FrontierConfig, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = conn.unchecked_transaction()?;
    end_leases(conn, config, now)?;
    apply_pace_rules(conn, config)?;
    transaction.commit()
}

/// Ends all leases and holds. Politeness stays: a request may have left just before its sender died.
fn end_leases(conn: &Connection, config: &FrontierConfig, now: Timestamp) -> rusqlite::Result<()> {
    conn.execute("UPDATE outbox SET claimed_until = 0 WHERE claimed_until <> 0", [])?;
    conn.execute(
        "UPDATE pace_key SET epoch = epoch + 1, lease_owner = NULL, lease_until = NULL,
             next_at = max(polite_at, ?1 + max(coalesce(delay, 0), ?2))
         WHERE lease_until IS NOT NULL",
        params![micros::of(now), micros::length(config.default_delay)],
    )?;
    Ok(())
}

/// Moves hosts to the pace keys that today's rules give them, with the stricter politeness of both.
fn apply_pace_rules(conn: &Connection, config: &FrontierConfig) -> rusqlite::Result<()> {
    let mut hosts = conn.prepare(
        "SELECT host.id, host.name, pace_key.id, pace_key.name FROM host JOIN pace_key ON pace_key.id = host.pace_key",
    )?;
    let mut moved: Vec<(i64, i64, String)> = Vec::new();
    let mut rows = hosts.query([])?;
    while let Some(row) = rows.next()? {
        let (host, key): (String, String) = (row.get(1)?, row.get(3)?);
        let wanted = pace::pace_key(&host, &config.pace_rules);
        if wanted != key {
            moved.push((row.get(0)?, row.get(2)?, wanted.to_owned()));
        }
    }
    for (host, old, wanted) in moved {
        let new = hosts::key(conn, &wanted)?;
        conn.execute("UPDATE host SET pace_key = ?2 WHERE id = ?1", [host, new])?;
        conn.execute(
            "UPDATE pace_key AS new SET next_at = max(new.next_at, old.next_at), polite_at = max(new.polite_at, old.polite_at)
             FROM pace_key AS old WHERE new.id = ?2 AND old.id = ?1",
            [old, new],
        )?;
        hosts::refresh_due(conn, old)?;
        hosts::refresh_due(conn, new)?;
    }
    Ok(())
}

/// Groups that were opened in this time and are open still, the longest open first.
fn overdue_groups(conn: &Connection, opened: &RangeInclusive<i64>) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached("SELECT id FROM doc_group WHERE open_since BETWEEN ?1 AND ?2 ORDER BY open_since LIMIT ?3")?
        .query_map(params![opened.start(), opened.end(), EXPIRED_AT_ONCE], |row| row.get(0))?
        .collect()
}
