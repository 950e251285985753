//! The table of stored robots.txt files.

use crate::micros;
use crate::robots::StoredRobots;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) fn get(conn: &Connection, origin: &str) -> rusqlite::Result<Option<StoredRobots>> {
    conn.prepare_cached("SELECT body, state, fetched_at, expires_at FROM robots WHERE origin = ?1")?
        .query_row([origin], |row| {
            Ok(StoredRobots {
                body: row.get(0)?,
                state: row.get(1)?,
                fetched_at: micros::to_timestamp(row.get(2)?),
                expires_at: micros::to_timestamp(row.get(3)?),
            })
        })
        .optional()
}

pub(super) fn put(conn: &Connection, origin: &str, robots: &StoredRobots) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO robots (origin, body, state, fetched_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        origin,
        robots.body,
        robots.state,
        micros::of(robots.fetched_at),
        micros::of(robots.expires_at),
    ])?;
    Ok(())
}
