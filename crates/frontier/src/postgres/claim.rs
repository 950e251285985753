//! Claims: which pace keys are due, and their best URLs. Writes rows of `pace_key` only.
//!
//! Keys are looked at without locks, then the best are locked; those that somebody else holds at this
//! moment are passed over, so any number of crawlers claim at once without waiting for each other.

use super::load::{small, unreadable};
use crate::claim::{Claim, ClaimRequest, DueUrl, Front, Scope, window_size};
use crate::config::FrontierConfig;
use crate::micros;
use crate::rules::complete::delay_of;
use baogao_model::CanonicalUrl;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use std::collections::HashMap;

/// A scope in the form the statements take.
pub(super) struct ScopeArgs<'a> {
    pub(super) sites: Option<&'a [String]>,
    pub(super) hosts: Option<Vec<&'a str>>,
    pub(super) prefixes: Option<&'a [String]>,
    pub(super) max_depth: i64,
}

impl<'a> ScopeArgs<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self {
            sites: scope.sites.as_deref(),
            hosts: scope.possible_hosts(),
            prefixes: scope.prefixes.as_deref(),
            max_depth: scope.max_depth.map_or(i64::MAX, i64::from),
        }
    }
}

/// A window of pace keys that are due and not leased, longest waiting first, after a place in that
/// order, each with the front of its best lane.
///
/// Plan: a range of `pace_key_wake` (or the keys of some hosts); for each key its hosts, their lanes,
/// and one look at the front of each lane in `url_due` of the one partition where it lies.
/// While a key is leased its `next_at` lies behind the end of the lease, so one comparison tells all.
macro_rules! due_keys {
    ($which:literal) => {
        concat!(
            "SELECT key.id, key.wake, best.priority, best.depth, best.due_at
             FROM (SELECT id, GREATEST(next_at, due_at) AS wake FROM pace_key
                   WHERE due_at IS NOT NULL AND GREATEST(next_at, due_at) <= $1
                         AND (GREATEST(next_at, due_at), id) > ($2, $3) ",
            $which,
            "      ORDER BY GREATEST(next_at, due_at), id LIMIT $4) AS key
                  LEFT JOIN LATERAL (
                      SELECT lane.priority, lane.depth, front.due_at
                      FROM host JOIN lane ON lane.host = host.id
                           CROSS JOIN LATERAL (
                               SELECT url.due_at FROM url
                               WHERE url.bucket = host.bucket AND url.host = lane.host
                                     AND url.priority = lane.priority AND url.depth = lane.depth
                                     AND url.due_at <= $1 AND ($8::text[] IS NULL OR admits($8, url.url))
                               ORDER BY url.due_at LIMIT 1) AS front
                      WHERE host.pace_key = key.id AND lane.depth <= $7
                            AND ($5::text[] IS NULL OR host.site = ANY($5))
                            AND ($6::text[] IS NULL OR host.name = ANY($6))
                      ORDER BY lane.priority DESC, lane.depth, front.due_at LIMIT 1) AS best ON true
             ORDER BY key.wake, key.id"
        )
    };
}

const DUE_KEYS: &str = due_keys!("");
const DUE_KEYS_OF_SITES: &str = due_keys!("AND id IN (SELECT pace_key FROM host WHERE site = ANY($5))");
const DUE_KEYS_OF_HOSTS: &str = due_keys!("AND id IN (SELECT pace_key FROM host WHERE name = ANY($6))");

/// The best due URLs of some keys.
const DUE_URLS: &str = "
    SELECT key.id, due.url, due.depth, due.attempts, due.redirects, due.etag, due.last_modified
    FROM unnest($1::bigint[]) WITH ORDINALITY AS key (id, place)
         CROSS JOIN LATERAL (
             SELECT front.*, lane.priority, lane.depth FROM host JOIN lane ON lane.host = host.id
                    CROSS JOIN LATERAL (
                        SELECT url.id, url.url, url.due_at, url.attempts, url.redirects, url.etag, url.last_modified
                        FROM url
                        WHERE url.bucket = host.bucket AND url.host = lane.host
                              AND url.priority = lane.priority AND url.depth = lane.depth
                              AND url.due_at <= $2 AND ($6::text[] IS NULL OR admits($6, url.url))
                        ORDER BY url.due_at, url.id LIMIT $7) AS front
             WHERE host.pace_key = key.id AND lane.depth <= $5
                   AND ($3::text[] IS NULL OR host.site = ANY($3))
                   AND ($4::text[] IS NULL OR host.name = ANY($4))
             ORDER BY lane.priority DESC, lane.depth, front.due_at, front.id LIMIT $7) AS due
    ORDER BY key.place, due.priority DESC, due.depth, due.due_at, due.id";

/// Leases the keys with the best URLs.
pub(super) async fn claim(
    conn: &mut PgConnection,
    config: &FrontierConfig,
    now: Timestamp,
    request: &ClaimRequest,
) -> sqlx::Result<Vec<Claim>> {
    if request.max_keys == 0 || request.urls_per_key == 0 {
        return Ok(Vec::new());
    }
    let scope = ScopeArgs::new(&request.scope);
    let ranked = ranked_keys(conn, now, &scope, request.max_keys).await?;
    if ranked.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = conn.begin().await?;
    let keys = lock(&mut tx, now, &ranked, request.max_keys).await?;
    let mut urls = due_urls(&mut tx, now, &scope, &keys, request.urls_per_key).await?;
    let mut claims = Vec::new();
    for key in keys {
        // None are left if somebody else was quicker between the look and the lock.
        if let Some(urls) = urls.remove(&key.id) {
            let delay = delay_of(config, key.delay);
            let leased_until = micros::after(now, config.lease);
            claims.push((key.id, Claim { pace_key: key.name, epoch: 0, leased_until, delay, urls }));
        }
    }
    lease(&mut tx, &request.owner, &mut claims).await?;
    tx.commit().await?;
    Ok(claims.into_iter().map(|(_, claim)| claim).collect())
}

/// Claimable keys with URLs in scope, best first: at least `wanted`, if there are as many.
async fn ranked_keys(
    conn: &mut PgConnection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    wanted: usize,
) -> sqlx::Result<Vec<i64>> {
    let mut found: Vec<(Front, i64)> = Vec::new();
    let mut after = (i64::MIN, i64::MIN);
    let size = window_size(wanted);
    let statement = match (&scope.hosts, scope.sites) {
        (Some(_), _) => DUE_KEYS_OF_HOSTS,
        (None, Some(_)) => DUE_KEYS_OF_SITES,
        (None, None) => DUE_KEYS,
    };
    // One window is enough unless the scope leaves out what the keys have due.
    while found.len() < wanted {
        let window = sqlx::query(statement)
            .bind(micros::of(now))
            .bind(after.0)
            .bind(after.1)
            .bind(i64::try_from(size).unwrap_or(i64::MAX))
            .bind(scope.sites)
            .bind(scope.hosts.as_deref())
            .bind(scope.max_depth)
            .bind(scope.prefixes)
            .fetch_all(&mut *conn)
            .await?;
        let Some(last) = window.last() else { break };
        after = (last.try_get(1)?, last.try_get(0)?);
        for row in &window {
            if let Some(priority) = row.try_get(2)? {
                found.push((Front { priority, depth: small(row, 3)?, due_at: row.try_get(4)? }, row.try_get(0)?));
            }
        }
        if window.len() < size {
            break;
        }
    }
    found.sort_by_key(|(front, key)| (front.rank(), *key));
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

/// A locked key.
struct Locked {
    id: i64,
    name: String,
    delay: Option<i64>,
}

/// Locks the first `wanted` of `ranked` that nobody else holds and that are still claimable.
async fn lock(conn: &mut PgConnection, now: Timestamp, ranked: &[i64], wanted: usize) -> sqlx::Result<Vec<Locked>> {
    let rows: Vec<(i64, String, Option<i64>)> = sqlx::query_as(
        "SELECT pace_key.id, pace_key.name, pace_key.delay
         FROM unnest($1::bigint[]) WITH ORDINALITY AS ranked (id, place) JOIN pace_key ON pace_key.id = ranked.id
         WHERE pace_key.due_at IS NOT NULL AND GREATEST(pace_key.next_at, pace_key.due_at) <= $2
         ORDER BY ranked.place LIMIT $3 FOR NO KEY UPDATE OF pace_key SKIP LOCKED",
    )
    .bind(ranked)
    .bind(micros::of(now))
    .bind(i64::try_from(wanted).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id, name, delay)| Locked { id, name, delay }).collect())
}

async fn due_urls(
    conn: &mut PgConnection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    keys: &[Locked],
    limit: usize,
) -> sqlx::Result<HashMap<i64, Vec<DueUrl>>> {
    let rows = sqlx::query(DUE_URLS)
        .bind(keys.iter().map(|key| key.id).collect::<Vec<_>>())
        .bind(micros::of(now))
        .bind(scope.sites)
        .bind(scope.hosts.as_deref())
        .bind(scope.max_depth)
        .bind(scope.prefixes)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?;
    let mut urls: HashMap<i64, Vec<DueUrl>> = HashMap::new();
    for row in &rows {
        let due = DueUrl {
            url: read_url(row, 1)?,
            depth: small(row, 2)?,
            attempts: small(row, 3)?,
            redirects: small(row, 4)?,
            etag: row.try_get(5)?,
            last_modified: row.try_get(6)?,
        };
        urls.entry(row.try_get(0)?).or_default().push(due);
    }
    Ok(urls)
}

/// A stored URL. It was canonical when it was stored.
pub(super) fn read_url(row: &PgRow, column: usize) -> sqlx::Result<CanonicalUrl> {
    let text: &str = row.try_get(column)?;
    CanonicalUrl::parse(text).map_err(|error| unreadable(column, &error.to_string()))
}

/// Gives locked keys to `owner` and fills in the epochs. A new owner after a lost lease waits for its
/// end and one delay more: the old one may still be in the middle of a request.
async fn lease(conn: &mut PgConnection, owner: &str, claims: &mut [(i64, Claim)]) -> sqlx::Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let next_at = |claim: &Claim| micros::of(micros::after(claim.leased_until, claim.delay));
    let epochs: Vec<(i64, i64)> = sqlx::query_as(
        "UPDATE pace_key SET epoch = epoch + 1, lease_owner = $4, lease_until = v.lease_until, next_at = v.next_at
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS v (id, lease_until, next_at)
         WHERE pace_key.id = v.id RETURNING pace_key.id, pace_key.epoch",
    )
    .bind(claims.iter().map(|(key, _)| *key).collect::<Vec<_>>())
    .bind(claims.iter().map(|(_, claim)| micros::of(claim.leased_until)).collect::<Vec<_>>())
    .bind(claims.iter().map(|(_, claim)| next_at(claim)).collect::<Vec<_>>())
    .bind(owner)
    .fetch_all(conn)
    .await?;
    let epochs: HashMap<i64, i64> = epochs.into_iter().collect();
    for (key, claim) in claims {
        claim.epoch = epochs.get(key).map_or(0, |epoch| epoch.unsigned_abs());
    }
    Ok(())
}
