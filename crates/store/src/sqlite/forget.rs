//! Taking documents down, and keeping them out.

use crate::forget::{Candidate, STEP};
use crate::row::Row;
use baogao_model::report::Kind;
use baogao_model::{Target, Tombstone};
use rusqlite::{Connection, params};

/// Whether a record is not to be stored: its document was deleted, or one of its pages is covered.
pub(super) fn refuses(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    if connection.prepare_cached("SELECT 1 FROM forgotten_records WHERE id = ?1")?.exists([&row.id])? {
        return Ok(true);
    }
    let mut look = connection.prepare_cached("SELECT 1 FROM tombstones WHERE key = ?1")?;
    for key in &row.keys {
        if look.exists([key])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps a tombstone, unless there is one of the same target.
pub(super) fn bury(connection: &Connection, tombstone: &Tombstone) -> rusqlite::Result<()> {
    let Tombstone { target, at, reason } = tombstone;
    let sql = "INSERT INTO tombstones (key, kind, value, at_us, reason) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO NOTHING";
    connection.execute(sql, params![target.key(), target.kind(), target.value(), at.as_microsecond(), reason])?;
    Ok(())
}

/// The revisions of the next documents behind `after` that may be of a site, in the order of ids.
pub(super) fn candidates(connection: &Connection, site: &str, after: &str) -> rusqlite::Result<Vec<Candidate>> {
    let sql = "SELECT c.id, c.kind, c.title, json_extract(r.record, '$.source')
               FROM current_records c JOIN revisions r ON r.id = c.id
               WHERE c.id IN (SELECT id FROM current_records
                              WHERE id > ?2 AND (site = ?1 OR instr(url, ?1) > 0 OR instr(canonical_url, ?1) > 0)
                              ORDER BY id LIMIT ?3)
               ORDER BY c.id";
    connection
        .prepare(sql)?
        .query_map(params![site, after, STEP], |row| {
            let kind: String = row.get(1)?;
            let kind = kind.parse().unwrap_or(Kind::Other);
            Ok(Candidate { id: row.get(0)?, kind, title: row.get(2)?, source: row.get(3)? })
        })?
        .collect()
}

/// Deletes documents with all their revisions, and notes that they are gone for this target.
pub(super) fn erase(connection: &Connection, key: &str, ids: &[String]) -> rusqlite::Result<()> {
    // What is deleted is overwritten, not only given free.
    connection.pragma_update(None, "secure_delete", true)?;
    let erased = erase_all(connection, key, ids);
    connection.pragma_update(None, "secure_delete", false)?;
    erased
}

fn erase_all(connection: &Connection, key: &str, ids: &[String]) -> rusqlite::Result<()> {
    for id in ids {
        for sql in [
            "DELETE FROM measurements WHERE record_no = (SELECT record_no FROM current_records WHERE id = ?1)",
            "DELETE FROM current_records WHERE id = ?1",
            "DELETE FROM revisions WHERE id = ?1",
        ] {
            connection.prepare_cached(sql)?.execute([id])?;
        }
        let sql = "INSERT INTO forgotten_records (id, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        connection.prepare_cached(sql)?.execute([id.as_str(), key])?;
    }
    Ok(())
}

/// The ids of the documents that were deleted for a target, in order.
pub(super) fn erased(connection: &Connection, key: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT id FROM forgotten_records WHERE key = ?1 ORDER BY id";
    connection.prepare_cached(sql)?.query_map([key], |row| row.get(0))?.collect()
}

/// Lets what the target covers be stored again.
pub(super) fn lift(connection: &Connection, target: &Target) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM forgotten_records WHERE key = ?1", [target.key()])?;
    connection.execute("DELETE FROM tombstones WHERE key = ?1", [target.key()])?;
    Ok(())
}
