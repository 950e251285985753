//! The table of what was taken down.

use crate::micros;
use baogao_model::{Target, Tombstone};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Keeps tombstones; the older of two with one target stands.
pub(super) fn add(conn: &Connection, tombstones: &[Tombstone]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO forgotten (key, kind, value, at, reason) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    let mut insert = conn.prepare_cached(sql)?;
    for Tombstone { target, at, reason } in tombstones {
        insert.execute(params![target.key(), target.kind(), target.value(), micros::of(*at), reason])?;
    }
    Ok(())
}

/// Removes the tombstone of a target; false if there was none.
pub(super) fn lift(conn: &Connection, target: &Target) -> rusqlite::Result<bool> {
    Ok(conn.prepare_cached("DELETE FROM forgotten WHERE key = ?1")?.execute([target.key()])? > 0)
}

/// All of them, the oldest first.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Tombstone>> {
    let rows: Vec<(String, String, Timestamp, Option<String>)> = conn
        .prepare_cached("SELECT kind, value, at, reason FROM forgotten ORDER BY at, key")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, micros::to_timestamp(row.get(2)?), row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let read = |(kind, value, at, reason): (String, String, _, _)| {
        Some(Tombstone { target: Target::from_stored(&kind, &value)?, at, reason })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
