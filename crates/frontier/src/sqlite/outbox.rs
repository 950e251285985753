//! The outbox table. Sent rows are deleted; the fetch log keeps the history.

use crate::micros;
use crate::outbox::{OutboxDepth, OutboxRow};
use baogao_model::Message;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::time::Duration;

/// Writes a message down to be sent.
pub(super) fn add(conn: &Connection, message: &Message) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO outbox (id, type, source, time, routing_key, traceparent, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        message.id,
        message.r#type,
        message.source,
        micros::of(message.time),
        message.routing_key,
        message.traceparent,
        message.body,
    ])?;
    Ok(())
}

/// The oldest rows.
pub(super) fn oldest(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<OutboxRow>> {
    conn.prepare_cached(
        "SELECT seq, id, type, source, time, routing_key, traceparent, body FROM outbox ORDER BY seq LIMIT ?1",
    )?
    .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], read)?
    .collect()
}

/// Whether nobody could take a row to send.
pub(super) fn is_idle(conn: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let found =
        conn.prepare_cached("SELECT 1 FROM outbox WHERE claimed_until <= ?1 LIMIT 1")?.exists([micros::of(now)])?;
    Ok(!found)
}

/// Takes the oldest rows that nobody is sending.
pub(super) fn claim(
    conn: &Connection,
    now: Timestamp,
    limit: usize,
    hold: Duration,
) -> rusqlite::Result<Vec<OutboxRow>> {
    let until = micros::of(micros::after(now, hold));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows: Vec<OutboxRow> = conn
        .prepare_cached(
            "UPDATE outbox SET claimed_until = ?1
             WHERE seq IN (SELECT seq FROM outbox WHERE claimed_until <= ?2 ORDER BY seq LIMIT ?3)
             RETURNING seq, id, type, source, time, routing_key, traceparent, body",
        )?
        .query_map(params![until, micros::of(now), limit], read)?
        .collect::<rusqlite::Result<_>>()?;
    // What is returned has no order.
    rows.sort_unstable_by_key(|row| row.seq);
    Ok(rows)
}

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        seq: row.get(0)?,
        message: Message {
            id: row.get(1)?,
            r#type: row.get(2)?,
            source: row.get(3)?,
            time: micros::to_timestamp(row.get(4)?),
            routing_key: row.get(5)?,
            traceparent: row.get(6)?,
            body: row.get(7)?,
        },
    })
}

/// Counts the rows. SQLite knows the length of a body without reading it.
pub(super) fn depth(conn: &Connection) -> rusqlite::Result<OutboxDepth> {
    conn.prepare_cached("SELECT count(*), coalesce(sum(length(body)), 0) FROM outbox")?
        .query_row([], |row| Ok(OutboxDepth { rows: row.get(0)?, bytes: row.get(1)? }))
}

/// Deletes rows that are safely published.
pub(super) fn mark_sent(conn: &Connection, seqs: &[i64]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM outbox WHERE seq = ?1")?;
    for seq in seqs {
        statement.execute([seq])?;
    }
    Ok(())
}
