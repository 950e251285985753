//! The rows that URLs hang on: lanes, hosts, pace keys.

use crate::config::FrontierConfig;
use crate::pace::pace_key;
use baogao_model::CanonicalUrl;
use rusqlite::{Connection, OptionalExtension, params};

/// The lane of a host for that priority and depth, made if need be.
pub(super) fn lane(conn: &Connection, host: i64, priority: i32, depth: u32) -> rusqlite::Result<i64> {
    let found = conn
        .prepare_cached("SELECT id FROM lane WHERE host = ?1 AND priority = ?2 AND depth = ?3")?
        .query_row(params![host, priority, depth], |row| row.get(0))
        .optional()?;
    if let Some(lane) = found {
        return Ok(lane);
    }
    conn.prepare_cached("INSERT INTO lane (host, priority, depth) VALUES (?1, ?2, ?3)")?
        .execute(params![host, priority, depth])?;
    Ok(conn.last_insert_rowid())
}

/// The row of a URL's host, made if need be together with its pace key.
pub(super) fn host(conn: &Connection, config: &FrontierConfig, url: &CanonicalUrl) -> rusqlite::Result<i64> {
    let found = conn
        .prepare_cached("SELECT id FROM host WHERE name = ?1")?
        .query_row([url.host()], |row| row.get(0))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let key = key(conn, pace_key(url.host(), &config.pace_rules))?;
    conn.prepare_cached("INSERT INTO host (name, site, pace_key) VALUES (?1, ?2, ?3)")?.execute(params![
        url.host(),
        url.site(),
        key
    ])?;
    Ok(conn.last_insert_rowid())
}

/// The row of a pace key, made if need be; a key never asked may be asked at once.
pub(super) fn key(conn: &Connection, name: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached("INSERT INTO pace_key (name, next_at, polite_at) VALUES (?1, 0, 0) ON CONFLICT DO NOTHING")?
        .execute([name])?;
    conn.prepare_cached("SELECT id FROM pace_key WHERE name = ?1")?.query_row([name], |row| row.get(0))
}

/// Sets a key's earliest due time: the least of the fronts of its lanes.
pub(super) fn refresh_due(conn: &Connection, key: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE pace_key SET due_at = (
             SELECT min((SELECT min(url.due_at) FROM url WHERE url.lane = lane.id))
             FROM host JOIN lane ON lane.host = host.id WHERE host.pace_key = ?1)
         WHERE id = ?1",
    )?
    .execute([key])?;
    Ok(())
}
