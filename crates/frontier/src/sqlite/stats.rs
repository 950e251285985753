//! Counting. Per state from the tallies, which cost a row per lane, not per URL.

use super::claim::read_url;
use super::outbox;
use super::scope::ScopeArgs;
use crate::claim::Scope;
use crate::micros;
use crate::rules::{Visit, digest};
use crate::stats::{Failure, FrontierStats, PendingRetry, Unfetched};
use baogao_model::CanonicalUrl;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

/// The lanes of a scope.
const LANES: &str = "
    SELECT lane.id, host.pace_key FROM lane JOIN host ON host.id = lane.host
    WHERE lane.depth <= :max_depth
      AND (:sites IS NULL OR host.site IN (SELECT value FROM json_each(:sites)))
      AND (:hosts IS NULL OR host.name IN (SELECT value FROM json_each(:hosts)))";

pub(super) fn stats(conn: &Connection, now: Timestamp, scope: &Scope) -> rusqlite::Result<FrontierStats> {
    let args = ScopeArgs::new(scope);
    let mut stats = FrontierStats::default();
    count_visits(conn, &args, &mut stats)?;
    stats.due_now = due_now(conn, &args, now)?;
    stats.next_due = next_due(conn, scope, &args)?;
    stats.leased_keys = conn
        .prepare_cached("SELECT count(*) FROM pace_key WHERE lease_until > ?1")?
        .query_row([micros::of(now)], |row| row.get(0))?;
    let outbox = outbox::depth(conn)?;
    (stats.outbox_rows, stats.outbox_bytes) = (outbox.rows, outbox.bytes);
    stats.open_groups = conn
        .prepare_cached(
            "SELECT count(*) FROM doc_group WHERE open_since IS NOT NULL
             AND (?1 IS NULL OR site IN (SELECT value FROM json_each(?1)))",
        )?
        .query_row([&args.sites], |row| row.get(0))?;
    stats.hosts = conn
        .prepare_cached(
            "SELECT count(*) FROM host WHERE (?1 IS NULL OR site IN (SELECT value FROM json_each(?1)))
             AND (?2 IS NULL OR name IN (SELECT value FROM json_each(?2)))",
        )?
        .query_row([&args.sites, &args.hosts], |row| row.get(0))?;
    Ok(stats)
}

/// Fills the numbers of URLs by state.
fn count_visits(conn: &Connection, args: &ScopeArgs<'_>, stats: &mut FrontierStats) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT visit, sum(n) FROM ({LANES}) AS scoped JOIN tally ON tally.lane = scoped.id GROUP BY visit"
    ))?;
    let mut rows =
        statement.query(named_params! { ":max_depth": args.max_depth, ":sites": args.sites, ":hosts": args.hosts })?;
    while let Some(row) = rows.next()? {
        let n: u64 = row.get(1)?;
        stats.known += n;
        match row.get(0)? {
            Visit::None => stats.unvisited = n,
            Visit::Fetched => stats.fetched = n,
            Visit::Redirected => stats.redirected = n,
            Visit::Retry => stats.pending_retries = n,
            Visit::Failed => stats.failed = n,
            Visit::Excluded => stats.excluded = n,
        }
    }
    Ok(())
}

fn due_now(conn: &Connection, args: &ScopeArgs<'_>, now: Timestamp) -> rusqlite::Result<u64> {
    if args.has_prefixes() {
        let mut due = 0;
        for (lane, _) in lanes(conn, args)? {
            due += args.count_due(conn, lane, micros::of(now))?;
        }
        return Ok(due);
    }
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum((SELECT count(*) FROM url WHERE url.lane = scoped.id AND url.due_at <= :now)), 0)
         FROM ({LANES}) AS scoped"
    ))?
    .query_row(
        named_params! {
            ":max_depth": args.max_depth, ":sites": args.sites, ":hosts": args.hosts, ":now": micros::of(now),
        },
        |row| row.get(0),
    )
}

/// When the first key of the scope could be claimed.
fn next_due(conn: &Connection, scope: &Scope, args: &ScopeArgs<'_>) -> rusqlite::Result<Option<Timestamp>> {
    let next: Option<i64> = if *scope == Scope::default() {
        conn.prepare_cached("SELECT min(max(next_at, due_at)) FROM pace_key WHERE due_at IS NOT NULL")?
            .query_row([], |row| row.get(0))?
    } else if args.has_prefixes() {
        next_due_by_prefix(conn, args)?
    } else {
        conn.prepare_cached(&format!(
            "SELECT min(max(pace_key.next_at, (SELECT min(url.due_at) FROM url WHERE url.lane = scoped.id)))
             FROM ({LANES}) AS scoped JOIN pace_key ON pace_key.id = scoped.pace_key"
        ))?
        .query_row(
            named_params! { ":max_depth": args.max_depth, ":sites": args.sites, ":hosts": args.hosts },
            |row| row.get(0),
        )?
    };
    Ok(next.map(micros::to_timestamp))
}

fn next_due_by_prefix(conn: &Connection, args: &ScopeArgs<'_>) -> rusqlite::Result<Option<i64>> {
    let mut next = None;
    for (lane, next_at) in lanes(conn, args)? {
        // A URL that is due later than what was found already need not be looked at.
        let until = next.unwrap_or(i64::MAX);
        if let Some(due_at) = args.first_due(conn, lane, until)? {
            next = Some(until.min(due_at.max(next_at)));
        }
    }
    Ok(next)
}

/// The lanes of a scope, prefixes aside, each with when its pace key may be claimed.
fn lanes(conn: &Connection, args: &ScopeArgs<'_>) -> rusqlite::Result<Vec<(i64, i64)>> {
    conn.prepare_cached(&format!(
        "SELECT scoped.id, pace_key.next_at FROM ({LANES}) AS scoped JOIN pace_key ON pace_key.id = scoped.pace_key"
    ))?
    .query_map(named_params! { ":max_depth": args.max_depth, ":sites": args.sites, ":hosts": args.hosts }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

pub(super) fn pending_retries(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<PendingRetry>> {
    // The state is written out, as a bound one would hide from the planner that `url_retry` fits.
    conn.prepare_cached("SELECT url, reason, attempts, due_at FROM url WHERE visit = 3 ORDER BY due_at LIMIT ?1")?
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(PendingRetry {
                url: read_url(row, 0)?,
                reason: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                attempts: row.get(2)?,
                next_at: micros::to_timestamp(row.get(3)?),
            })
        })?
        .collect()
}

pub(super) fn failures(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<Failure>> {
    conn.prepare_cached(
        "SELECT url, reason, visit = 5, visited_at, due_at FROM url WHERE visit IN (4, 5)
         ORDER BY visited_at DESC, id DESC LIMIT ?1",
    )?
    .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(Failure {
            url: read_url(row, 0)?,
            reason: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
            excluded: row.get(2)?,
            at: micros::to_timestamp(row.get::<_, Option<i64>>(3)?.unwrap_or(0)),
            next_at: micros::to_timestamp(row.get(4)?),
        })
    })?
    .collect()
}

pub(super) fn unfetched(conn: &Connection, urls: &[CanonicalUrl]) -> rusqlite::Result<Vec<Unfetched>> {
    // UNION drops rows seen before, so redirects in a circle end.
    let mut look = conn.prepare_cached(
        "WITH RECURSIVE chain (id) AS (
             SELECT id FROM url WHERE digest = ?1
             UNION SELECT redirect_to FROM chain JOIN url USING (id) WHERE visit = 2 AND redirect_to IS NOT NULL)
         SELECT visit, reason, max(url.due_at, pace_key.next_at)
         FROM chain JOIN url USING (id) JOIN lane ON lane.id = url.lane JOIN host ON host.id = lane.host
              JOIN pace_key ON pace_key.id = host.pace_key
         WHERE visit IN (0, 3, 4, 5)",
    )?;
    let mut unfetched = Vec::new();
    for url in urls {
        let mut rows = look.query([digest(url).as_slice()])?;
        // Only the end of a chain is no redirect: one row at most.
        if let Some(row) = rows.next()? {
            let visit: Visit = row.get(0)?;
            // A URL that is asked for again may still bear the reason of an earlier visit.
            let reason: Option<String> = if visit == Visit::None { None } else { row.get(1)? };
            unfetched.push(Unfetched {
                url: url.clone(),
                reason,
                excluded: visit == Visit::Excluded,
                given_up: visit == Visit::Failed,
                next_at: micros::to_timestamp(row.get(2)?),
            });
        }
    }
    Ok(unfetched)
}

/// When the current response of each URL was fetched, or a later visit ended.
pub(super) fn last_fetched(conn: &Connection, urls: &[CanonicalUrl]) -> rusqlite::Result<Vec<Option<Timestamp>>> {
    let mut look = conn.prepare_cached(
        "SELECT max(fetch_log.at, coalesce(url.visited_at, 0)) FROM url JOIN fetch_log ON fetch_log.id = url.fetch_no WHERE url.digest = ?1",
    )?;
    let mut last = Vec::with_capacity(urls.len());
    for url in urls {
        let at: Option<i64> = look.query_row([digest(url).as_slice()], |row| row.get(0)).optional()?;
        last.push(at.map(micros::to_timestamp));
    }
    Ok(last)
}
