//! Claims: which pace keys are due, and their best URLs.

use super::scope::ScopeArgs;
use crate::claim::{Claim, ClaimRequest, DueUrl, Front, window_size};
use crate::config::FrontierConfig;
use crate::micros;
use crate::rules::complete::delay_of;
use baogao_model::CanonicalUrl;
use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};

/// Pace keys that are due and not leased, longest waiting first, after a place in that order.
///
/// Plan: a range of the expression index `pace_key_wake`, already in order.
/// While a key is leased its `next_at` lies behind the end of the lease, so one comparison tells all.
const DUE_KEYS: &str = "
    SELECT id, max(next_at, due_at) FROM pace_key
    WHERE due_at IS NOT NULL AND max(next_at, due_at) BETWEEN :after_wake AND :now
      AND (max(next_at, due_at), id) > (:after_wake, :after_id)
    ORDER BY max(next_at, due_at), id LIMIT :limit";

/// The same for some sites only. Plan: from the sites by `host_site` to their few keys.
const DUE_KEYS_OF_SITES: &str = "
    SELECT id, max(next_at, due_at) FROM pace_key
    WHERE id IN (SELECT pace_key FROM host WHERE site IN (SELECT value FROM json_each(:sites)))
      AND due_at IS NOT NULL AND max(next_at, due_at) BETWEEN :after_wake AND :now
      AND (max(next_at, due_at), id) > (:after_wake, :after_id)
    ORDER BY max(next_at, due_at), id LIMIT :limit";

/// The same for some hosts only. Plan: from the hosts by their names to their few keys.
const DUE_KEYS_OF_HOSTS: &str = "
    SELECT id, max(next_at, due_at) FROM pace_key
    WHERE id IN (SELECT pace_key FROM host WHERE name IN (SELECT value FROM json_each(:hosts))
                 AND (:sites IS NULL OR site IN (SELECT value FROM json_each(:sites))))
      AND due_at IS NOT NULL AND max(next_at, due_at) BETWEEN :after_wake AND :now
      AND (max(next_at, due_at), id) > (:after_wake, :after_id)
    ORDER BY max(next_at, due_at), id LIMIT :limit";

/// The lanes of a key with due URLs, best first.
///
/// Plan: `host_pace_key`, then the unique index of `lane`, then one look at the front of each lane
/// in `url_due`; no URL but the front ones is read.
const DUE_LANES: &str = "
    SELECT id, priority, depth, due_at FROM (
        SELECT lane.id, lane.priority, lane.depth,
               (SELECT min(url.due_at) FROM url WHERE url.lane = lane.id) AS due_at
        FROM host JOIN lane ON lane.host = host.id
        WHERE host.pace_key = :key AND lane.depth <= :max_depth
          AND (:sites IS NULL OR host.site IN (SELECT value FROM json_each(:sites)))
          AND (:hosts IS NULL OR host.name IN (SELECT value FROM json_each(:hosts))))
    WHERE due_at <= :now
    ORDER BY priority DESC, depth, due_at";

/// The due URLs of a lane, longest due first. Plan: a range of `url_due`, already in order.
const DUE_URLS: &str = "
    SELECT url, attempts, redirects, etag, last_modified FROM url
    WHERE lane = :lane AND due_at <= :now ORDER BY due_at LIMIT :limit";

/// A lane with due URLs.
#[derive(Debug, Clone, Copy)]
struct Lane {
    id: i64,
    front: Front,
}

/// Leases the keys with the best URLs. Writes rows of `pace_key` only.
pub(super) fn claim(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    request: &ClaimRequest,
) -> rusqlite::Result<Vec<Claim>> {
    if request.max_keys == 0 || request.urls_per_key == 0 {
        return Ok(Vec::new());
    }
    let scope = ScopeArgs::new(&request.scope);
    let mut claims = Vec::new();
    for key in best_keys(conn, now, &scope, request.max_keys)? {
        let urls = due_urls(conn, now, &scope, key, request.urls_per_key)?;
        claims.push(lease(conn, config, now, &request.owner, key, urls)?);
    }
    Ok(claims)
}

/// Up to `wanted` claimable keys with URLs in scope, best first.
fn best_keys(conn: &Connection, now: Timestamp, scope: &ScopeArgs<'_>, wanted: usize) -> rusqlite::Result<Vec<i64>> {
    let mut found: Vec<(i64, Lane)> = Vec::new();
    let mut after = (i64::MIN, i64::MIN);
    let size = window_size(wanted);
    // One window is enough unless the scope leaves out what the keys have due.
    while found.len() < wanted {
        let window = due_keys(conn, now, scope, after, size)?;
        let Some(last) = window.last() else { break };
        after = (last.1, last.0);
        for (key, _) in &window {
            if let Some(best) = due_lanes(conn, now, scope, *key, 1)?.first() {
                found.push((*key, *best));
            }
        }
        if window.len() < size {
            break;
        }
    }
    found.sort_by_key(|(key, lane)| (lane.front.rank(), *key));
    found.truncate(wanted);
    Ok(found.into_iter().map(|(key, _)| key).collect())
}

/// The next window of claimable keys, each with when it became so.
fn due_keys(
    conn: &Connection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    after: (i64, i64),
    limit: usize,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let now = micros::of(now);
    match (&scope.hosts, &scope.sites) {
        (None, None) => conn
            .prepare_cached(DUE_KEYS)?
            .query_map(
                named_params! { ":now": now, ":after_wake": after.0, ":after_id": after.1, ":limit": limit },
                read,
            )?
            .collect(),
        (None, Some(sites)) => conn
            .prepare_cached(DUE_KEYS_OF_SITES)?
            .query_map(
                named_params! {
                    ":sites": sites, ":now": now, ":after_wake": after.0, ":after_id": after.1, ":limit": limit,
                },
                read,
            )?
            .collect(),
        (Some(hosts), sites) => conn
            .prepare_cached(DUE_KEYS_OF_HOSTS)?
            .query_map(
                named_params! {
                    ":hosts": hosts, ":sites": sites, ":now": now,
                    ":after_wake": after.0, ":after_id": after.1, ":limit": limit,
                },
                read,
            )?
            .collect(),
    }
}

/// The first `limit` lanes of a key that have due URLs in scope, best first.
fn due_lanes(
    conn: &Connection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    key: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Lane>> {
    if !scope.has_prefixes() {
        return front_lanes(conn, now, scope, key, limit);
    }
    // The front URL of a lane may be one that the prefixes leave out.
    let mut lanes = Vec::new();
    for lane in front_lanes(conn, now, scope, key, usize::MAX)? {
        if let Some(due_at) = scope.first_due(conn, lane.id, micros::of(now))? {
            lanes.push(Lane { front: Front { due_at, ..lane.front }, ..lane });
        }
    }
    lanes.sort_by_key(|lane| lane.front.rank());
    lanes.truncate(limit);
    Ok(lanes)
}

/// The same with prefixes left aside.
fn front_lanes(
    conn: &Connection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    key: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Lane>> {
    let mut statement = conn.prepare_cached(DUE_LANES)?;
    let rows = statement.query_map(
        named_params! {
            ":key": key, ":max_depth": scope.max_depth, ":sites": scope.sites, ":hosts": scope.hosts,
            ":now": micros::of(now),
        },
        |row| {
            Ok(Lane {
                id: row.get(0)?,
                front: Front { priority: row.get(1)?, depth: row.get(2)?, due_at: row.get(3)? },
            })
        },
    )?;
    rows.take(limit).collect()
}

/// The best due URLs of a key.
fn due_urls(
    conn: &Connection,
    now: Timestamp,
    scope: &ScopeArgs<'_>,
    key: i64,
    wanted: usize,
) -> rusqlite::Result<Vec<DueUrl>> {
    let mut urls = Vec::new();
    for lane in due_lanes(conn, now, scope, key, usize::MAX)? {
        let left = wanted - urls.len();
        if left == 0 {
            break;
        }
        let limit = if scope.has_prefixes() { i64::MAX } else { i64::try_from(left).unwrap_or(i64::MAX) };
        let mut statement = conn.prepare_cached(DUE_URLS)?;
        let mut rows = statement.query(named_params! { ":lane": lane.id, ":now": micros::of(now), ":limit": limit })?;
        while urls.len() < wanted
            && let Some(row) = rows.next()?
        {
            if !scope.admits(row.get_ref(0)?.as_str()?) {
                continue;
            }
            urls.push(DueUrl {
                url: read_url(row, 0)?,
                depth: lane.front.depth,
                attempts: row.get(1)?,
                redirects: row.get(2)?,
                etag: row.get(3)?,
                last_modified: row.get(4)?,
            });
        }
    }
    Ok(urls)
}

/// A stored URL. It was canonical when it was stored.
pub(super) fn read_url(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<CanonicalUrl> {
    let text: String = row.get(column)?;
    CanonicalUrl::parse(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Gives the key to `owner`. A new owner after a lost lease waits for its end and one delay more:
/// the old one may still be in the middle of a request.
fn lease(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    owner: &str,
    key: i64,
    urls: Vec<DueUrl>,
) -> rusqlite::Result<Claim> {
    let (pace_key, delay): (String, Option<i64>) = conn
        .prepare_cached("SELECT name, delay FROM pace_key WHERE id = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let delay = delay_of(config, delay);
    let leased_until = micros::after(now, config.lease);
    let epoch = conn
        .prepare_cached(
            "UPDATE pace_key SET epoch = epoch + 1, lease_owner = ?2, lease_until = ?3, next_at = ?4
             WHERE id = ?1 RETURNING epoch",
        )?
        .query_row(
            params![key, owner, micros::of(leased_until), micros::of(micros::after(leased_until, delay))],
            |row| row.get(0),
        )?;
    Ok(Claim { pace_key, epoch, leased_until, delay, urls })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::schema;
    use crate::sqlite::scope::DUE_IN_LANE;

    /// A file with 100 000 URLs of 1 000 hosts, as the planner will meet it.
    fn full() -> Connection {
        let mut conn = Connection::open_in_memory().expect("memory");
        schema::migrate(&mut conn, 0).expect("migrates");
        conn.execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO pace_key (id, name, next_at, polite_at, due_at) SELECT i, 'h' || i, i, i, i FROM n;
             INSERT INTO host SELECT id, name, name, id FROM pace_key;
             INSERT INTO lane SELECT id, id, 0, 0 FROM pace_key;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             INSERT INTO url (id, digest, url, lane, visit, due_at)
                 SELECT i, CAST(i AS BLOB), 'http://h/' || i, 1 + i % 1000, 0, i FROM n;",
        )
        .expect("fills");
        conn
    }

    /// The lines of the query plan that touch a table.
    fn plan(conn: &Connection, sql: &str) -> Vec<String> {
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
        // The parameters stay unbound: a plan does not depend on them.
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().expect("explains") {
            lines.push(row.get(3).expect("a line"));
        }
        lines
    }

    #[test]
    fn no_statement_of_a_claim_scans_a_table() {
        let conn = full();
        for analysed in [false, true] {
            if analysed {
                conn.execute_batch("ANALYZE").expect("analyses");
            }
            for (sql, indexes) in [
                (DUE_KEYS, &["pace_key_wake"] as &[&str]),
                (DUE_KEYS_OF_SITES, &["host_site"]),
                (DUE_KEYS_OF_HOSTS, &["sqlite_autoindex_host_1"]),
                (DUE_LANES, &["host_pace_key", "sqlite_autoindex_lane_1", "url_due"]),
                (DUE_URLS, &["url_due"]),
                (DUE_IN_LANE, &["url_due"]),
            ] {
                let plan = plan(&conn, sql);
                for index in indexes {
                    assert!(plan.iter().any(|line| line.contains(index)), "{index} is not used: {plan:#?}");
                }
                let scans = plan
                    .iter()
                    .find(|line| line.starts_with("SCAN") && !line.contains("json_each") && !line.contains("subquery"));
                assert_eq!(scans, None, "{sql}: {plan:#?}");
            }
            for sql in [DUE_KEYS, DUE_URLS, DUE_IN_LANE] {
                let plan = plan(&conn, sql);
                assert!(plan.iter().all(|line| !line.contains("TEMP B-TREE")), "{sql} sorts: {plan:#?}");
            }
        }
    }
}
