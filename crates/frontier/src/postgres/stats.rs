//! Counting. Per state from the lanes' counters, which cost a row per lane, not per URL.

use super::claim::{ScopeArgs, read_url};
use super::load::small;
use super::outbox::{self, count};
use crate::claim::Scope;
use crate::micros;
use crate::rules::{Visit, digest};
use crate::stats::{Failure, FrontierStats, PendingRetry, Unfetched};
use baogao_model::CanonicalUrl;
use jiff::Timestamp;
use sqlx::{Connection, PgConnection, Row};

/// The lanes of a scope, with the hosts and keys they belong to; `$1` to `$3` are the scope.
macro_rules! of_lanes {
    ($select:literal, $more:literal) => {
        concat!(
            "SELECT ",
            $select,
            " FROM host JOIN lane ON lane.host = host.id JOIN pace_key ON pace_key.id = host.pace_key ",
            $more,
            " WHERE lane.depth <= $3 AND ($1::text[] IS NULL OR host.site = ANY($1))
                    AND ($2::text[] IS NULL OR host.name = ANY($2))"
        )
    };
}

/// All numbers are of one moment.
pub(super) async fn stats(conn: &mut PgConnection, now: Timestamp, scope: &Scope) -> sqlx::Result<FrontierStats> {
    let mut tx = conn.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let args = ScopeArgs::new(scope);
    let mut stats = FrontierStats::default();
    count_visits(&mut tx, &args, &mut stats).await?;
    stats.due_now = due_now(&mut tx, &args, now).await?;
    stats.next_due = next_due(&mut tx, scope, &args).await?.map(micros::to_timestamp);
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM pace_key WHERE lease_until > $3),
                (SELECT count(*) FROM doc_group
                 WHERE open_since IS NOT NULL AND ($1::text[] IS NULL OR site = ANY($1))),
                (SELECT count(*) FROM host WHERE ($1::text[] IS NULL OR site = ANY($1))
                                                 AND ($2::text[] IS NULL OR name = ANY($2)))",
    )
    .bind(args.sites)
    .bind(args.hosts.as_deref())
    .bind(micros::of(now))
    .fetch_one(&mut *tx)
    .await?;
    (stats.leased_keys, stats.open_groups, stats.hosts) = (count(&row, 0)?, count(&row, 1)?, count(&row, 2)?);
    let outbox = outbox::depth(&mut tx).await?;
    (stats.outbox_rows, stats.outbox_bytes) = (outbox.rows, outbox.bytes);
    tx.commit().await?;
    Ok(stats)
}

/// Fills the numbers of URLs by state.
async fn count_visits(conn: &mut PgConnection, args: &ScopeArgs<'_>, stats: &mut FrontierStats) -> sqlx::Result<()> {
    let row = sqlx::query(of_lanes!(
        "coalesce(sum(unvisited), 0)::bigint, coalesce(sum(lane.fetched), 0)::bigint,
         coalesce(sum(redirected), 0)::bigint, coalesce(sum(retry), 0)::bigint,
         coalesce(sum(lane.failed), 0)::bigint, coalesce(sum(excluded), 0)::bigint",
        ""
    ))
    .bind(args.sites)
    .bind(args.hosts.as_deref())
    .bind(args.max_depth)
    .fetch_one(conn)
    .await?;
    stats.unvisited = count(&row, 0)?;
    stats.fetched = count(&row, 1)?;
    stats.redirected = count(&row, 2)?;
    stats.pending_retries = count(&row, 3)?;
    stats.failed = count(&row, 4)?;
    stats.excluded = count(&row, 5)?;
    stats.known =
        stats.unvisited + stats.fetched + stats.redirected + stats.pending_retries + stats.failed + stats.excluded;
    Ok(())
}

async fn due_now(conn: &mut PgConnection, args: &ScopeArgs<'_>, now: Timestamp) -> sqlx::Result<u64> {
    // Most keys have nothing due, and say so without a look at their queues.
    let row = sqlx::query(concat!(
        of_lanes!(
            "coalesce(sum(due.n), 0)::bigint",
            "CROSS JOIN LATERAL (
             SELECT count(*) AS n FROM url
             WHERE url.bucket = host.bucket AND url.host = lane.host AND url.priority = lane.priority
                   AND url.depth = lane.depth AND url.due_at <= $4
                   AND ($5::text[] IS NULL OR admits($5, url.url))) AS due"
        ),
        " AND pace_key.due_at <= $4"
    ))
    .bind(args.sites)
    .bind(args.hosts.as_deref())
    .bind(args.max_depth)
    .bind(micros::of(now))
    .bind(args.prefixes)
    .fetch_one(conn)
    .await?;
    count(&row, 0)
}

/// When the first key of the scope could be claimed.
async fn next_due(conn: &mut PgConnection, scope: &Scope, args: &ScopeArgs<'_>) -> sqlx::Result<Option<i64>> {
    if *scope == Scope::default() {
        return sqlx::query_scalar("SELECT min(GREATEST(next_at, due_at)) FROM pace_key WHERE due_at IS NOT NULL")
            .fetch_one(conn)
            .await;
    }
    sqlx::query_scalar(of_lanes!(
        "min(GREATEST(pace_key.next_at, front.due_at))",
        "CROSS JOIN LATERAL (
             SELECT url.due_at FROM url
             WHERE url.bucket = host.bucket AND url.host = lane.host AND url.priority = lane.priority
                   AND url.depth = lane.depth AND ($4::text[] IS NULL OR admits($4, url.url))
             ORDER BY url.due_at LIMIT 1) AS front"
    ))
    .bind(args.sites)
    .bind(args.hosts.as_deref())
    .bind(args.max_depth)
    .bind(args.prefixes)
    .fetch_one(conn)
    .await
}

pub(super) async fn pending_retries(conn: &mut PgConnection, limit: usize) -> sqlx::Result<Vec<PendingRetry>> {
    // The state is written out, as a bound one would hide from the planner that `url_retry` fits.
    let rows = sqlx::query("SELECT url, reason, attempts, due_at FROM url WHERE visit = 3 ORDER BY due_at LIMIT $1")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?;
    let read = |row| {
        Ok(PendingRetry {
            url: read_url(row, 0)?,
            reason: row.try_get::<Option<String>, _>(1)?.unwrap_or_default(),
            attempts: small(row, 2)?,
            next_at: micros::to_timestamp(row.try_get(3)?),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn failures(conn: &mut PgConnection, limit: usize) -> sqlx::Result<Vec<Failure>> {
    let rows = sqlx::query(
        "SELECT url, reason, visit = 5, visited_at, due_at FROM url WHERE visit IN (4, 5)
         ORDER BY visited_at DESC, id DESC LIMIT $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    let read = |row| {
        Ok(Failure {
            url: read_url(row, 0)?,
            reason: row.try_get::<Option<String>, _>(1)?.unwrap_or_default(),
            excluded: row.try_get(2)?,
            at: micros::to_timestamp(row.try_get::<Option<i64>, _>(3)?.unwrap_or(0)),
            next_at: micros::to_timestamp(row.try_get(4)?),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn unfetched(conn: &mut PgConnection, urls: &[CanonicalUrl]) -> sqlx::Result<Vec<Unfetched>> {
    // UNION drops rows seen before, so redirects in a circle end; only the end of a chain is no
    // redirect, so there is one row for a URL at most.
    let rows = sqlx::query(
        "WITH RECURSIVE chain (place, id) AS (
             SELECT given.place, url.id
             FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS given (digest, host, place)
                  JOIN host ON host.name = given.host
                  JOIN url ON url.bucket = host.bucket AND url.digest = given.digest
             UNION SELECT chain.place, url.redirect_to
             FROM chain JOIN url ON url.bucket = (chain.id & 15)::smallint AND url.id = chain.id
             WHERE url.visit = 2 AND url.redirect_to IS NOT NULL)
         SELECT chain.place, url.visit, url.reason, GREATEST(url.due_at, pace_key.next_at)
         FROM chain JOIN url ON url.bucket = (chain.id & 15)::smallint AND url.id = chain.id
              JOIN host ON host.id = url.host JOIN pace_key ON pace_key.id = host.pace_key
         WHERE url.visit IN (0, 3, 4, 5) ORDER BY chain.place",
    )
    .bind(urls.iter().map(|url| digest(url).to_vec()).collect::<Vec<_>>())
    .bind(urls.iter().map(CanonicalUrl::host).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let mut unfetched = Vec::with_capacity(rows.len());
    for row in &rows {
        let place: i64 = row.try_get(0)?;
        let Some(url) = usize::try_from(place - 1).ok().and_then(|place| urls.get(place)) else { continue };
        let visit: i16 = row.try_get(1)?;
        let visit = Visit::of(i64::from(visit));
        // A URL that is asked for again may still bear the reason of an earlier visit.
        let reason: Option<String> = if visit == Some(Visit::None) { None } else { row.try_get(2)? };
        unfetched.push(Unfetched {
            url: url.clone(),
            reason,
            excluded: visit == Some(Visit::Excluded),
            given_up: visit == Some(Visit::Failed),
            next_at: micros::to_timestamp(row.try_get(3)?),
        });
    }
    Ok(unfetched)
}

/// When the current response of each URL was fetched, or a later visit ended.
pub(super) async fn last_fetched(
    conn: &mut PgConnection,
    urls: &[CanonicalUrl],
) -> sqlx::Result<Vec<Option<Timestamp>>> {
    let rows: Vec<Option<i64>> = sqlx::query_scalar(
        "SELECT CASE WHEN log.at IS NOT NULL THEN GREATEST(log.at, url.visited_at) END
         FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS given (digest, host, place)
              LEFT JOIN host ON host.name = given.host
              LEFT JOIN url ON url.bucket = host.bucket AND url.digest = given.digest
              LEFT JOIN fetch_log AS log ON log.id = url.fetch_no
         ORDER BY given.place",
    )
    .bind(urls.iter().map(|url| digest(url).to_vec()).collect::<Vec<_>>())
    .bind(urls.iter().map(CanonicalUrl::host).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|at| at.map(micros::to_timestamp)).collect())
}
