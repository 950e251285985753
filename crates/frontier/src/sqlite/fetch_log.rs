//! The fetch log: every completion, the late ones too. Its ids are the fetch numbers.

use super::urls::UrlRow;
use crate::micros;
use baogao_model::PayloadRef;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// A response that was archived.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) payload: PayloadRef,
    pub(super) bytes: u64,
}

/// What every row says of its visit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// When it ended.
    pub(super) at: Timestamp,
    /// The epoch of the claim it was made under.
    pub(super) epoch: i64,
    /// Whether that claim had been lost.
    pub(super) stale: bool,
}

/// Whether this very response was handed in before.
pub(super) fn is_known(conn: &Connection, row: &UrlRow, at: Timestamp, payload: &PayloadRef) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM fetch_log WHERE url = ?1 AND at = ?2 AND segment = ?3 AND position = ?4")?
        .exists(params![row.id, micros::of(at), payload.segment, payload.offset])
}

/// The digest of the response that is stored for a URL.
pub(super) fn stored_hash(conn: &Connection, row: &UrlRow) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT blake3 FROM fetch_log WHERE id = ?1")?
        .query_row([row.fetch_no], |row| row.get(0))
        .optional()
}

/// Logs a response and gives it its fetch number.
pub(super) fn add_fetch(conn: &Connection, row: &UrlRow, entry: Entry, response: &Response) -> rusqlite::Result<i64> {
    let payload = &response.payload;
    conn.prepare_cached(
        "INSERT INTO fetch_log (url, at, epoch, stale, outcome, status, content_type, bytes,
                                segment, position, length, blake3)
         VALUES (?1, ?2, ?3, ?4, 'fetched', ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        row.id,
        micros::of(entry.at),
        entry.epoch,
        entry.stale,
        response.status,
        response.content_type,
        response.bytes,
        payload.segment,
        payload.offset,
        payload.length,
        payload.blake3.as_str(),
    ])?;
    Ok(conn.last_insert_rowid())
}

/// Logs a visit without a response worth keeping.
pub(super) fn add(
    conn: &Connection,
    row: &UrlRow,
    entry: Entry,
    outcome: &str,
    status: Option<u16>,
    reason: Option<&str>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO fetch_log (url, at, epoch, stale, outcome, status, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![row.id, micros::of(entry.at), entry.epoch, entry.stale, outcome, status, reason])?;
    Ok(())
}
