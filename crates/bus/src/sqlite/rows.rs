//! The statements of the writer. Each works inside the caller's transaction.
//!
//! States are written as numbers so that SQLite can see that a partial index applies:
//! 0 ready, 1 waiting, 2 out, 3 dead.

use crate::{Options, QueueSpec};
use baogao_model::Message;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use std::time::Duration;

/// A message on its way to a consumer.
pub(super) struct Outgoing {
    pub(super) delivery: i64,
    pub(super) attempt: u32,
    pub(super) is_redelivered: bool,
    pub(super) suspicion: u8,
    pub(super) message: Message,
}

/// Makes the queues exist with exactly these bindings.
pub(super) fn declare(conn: &Connection, queues: &[QueueSpec]) -> rusqlite::Result<()> {
    for spec in queues {
        conn.execute("INSERT INTO queue (name) VALUES (?1) ON CONFLICT DO NOTHING", [&spec.name])?;
        let id: i64 = conn.query_row("SELECT id FROM queue WHERE name = ?1", [&spec.name], |row| row.get(0))?;
        conn.execute("DELETE FROM binding WHERE queue_id = ?1", [id])?;
        for pattern in &spec.bindings {
            conn.execute("INSERT OR IGNORE INTO binding (queue_id, pattern) VALUES (?1, ?2)", params![id, pattern])?;
        }
    }
    Ok(())
}

/// The queues: id, name.
pub(super) fn queues(conn: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    conn.prepare_cached("SELECT id, name FROM queue")?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The bindings: queue id, pattern.
pub(super) fn bindings(conn: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    conn.prepare_cached("SELECT queue_id, pattern FROM binding")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The highest position given so far.
pub(super) fn last_position(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT ifnull(max(position), 0) FROM delivery", [], |row| row.get(0))
}

/// Stores the body once and a delivery for each queue; gives the number of the message.
pub(super) fn publish(conn: &Connection, message: &Message, queues: &[i64], position: i64) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO message (message_id, type, source, time, routing_key, traceparent, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        message.id,
        message.r#type,
        message.source,
        message.time.to_string(),
        message.routing_key,
        message.traceparent,
        message.body
    ])?;
    let seq = conn.last_insert_rowid();
    let mut insert =
        conn.prepare_cached("INSERT INTO delivery (queue_id, message_seq, bytes, position) VALUES (?1, ?2, ?3, ?4)")?;
    for queue in queues {
        insert.execute(params![queue, seq, message.body.len() as i64, position])?;
    }
    Ok(seq)
}

/// Deletes a delivery, and the message if nobody else needs it.
pub(super) fn remove(conn: &Connection, delivery: i64) -> rusqlite::Result<()> {
    let seq: Option<i64> = conn
        .prepare_cached("DELETE FROM delivery WHERE id = ?1 RETURNING message_seq")?
        .query_row([delivery], |row| row.get(0))
        .optional()?;
    match seq {
        Some(seq) => remove_unneeded(conn, seq),
        None => Ok(()),
    }
}

/// Deletes a message that lies in no queue and is to be read by no listener.
pub(super) fn remove_unneeded(conn: &Connection, seq: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "DELETE FROM message WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE message_seq = ?1)
             AND NOT EXISTS (SELECT 1 FROM heard WHERE message_seq = ?1)",
    )?
    .execute([seq])?;
    Ok(())
}

/// Returns a delivery that was out to its place; gives its queue and suspicion.
pub(super) fn hand_back(conn: &Connection, delivery: i64) -> rusqlite::Result<Option<(i64, u8)>> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 0, redelivered = 1 WHERE id = ?1 AND state = 2 RETURNING queue_id, suspicion",
    )?
    .query_row([delivery], |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()
}

/// Lets a failed delivery wait for its next attempt, or makes it a dead letter after its last.
///
/// A suspect that got as far as failing did not kill its process: it is no suspect any more.
pub(super) fn retry_later(
    conn: &Connection,
    delivery: i64,
    error: &str,
    now: i64,
    options: &Options,
) -> rusqlite::Result<()> {
    let attempt: u32 =
        conn.prepare_cached("SELECT attempt FROM delivery WHERE id = ?1")?.query_row([delivery], |row| row.get(0))?;
    if !options.allows_retry_after(attempt) {
        return bury(conn, delivery, error, now);
    }
    let due = now.saturating_add(micros(options.retry_delay(attempt, delivery as u64)));
    conn.prepare_cached(
        "UPDATE delivery SET state = 1, attempt = attempt + 1, redelivered = 0, suspicion = 0, due_at = ?2,
             error = ?3, first_failed_at = ifnull(first_failed_at, ?4), last_failed_at = ?4
         WHERE id = ?1",
    )?
    .execute(params![delivery, due, error, now])?;
    Ok(())
}

/// Makes a delivery a dead letter.
pub(super) fn bury(conn: &Connection, delivery: i64, error: &str, now: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 3, error = ?2, first_failed_at = ifnull(first_failed_at, ?3), last_failed_at = ?3
         WHERE id = ?1",
    )?
    .execute(params![delivery, error, now])?;
    Ok(())
}

/// When the next waiting delivery is due, in microseconds since 1970.
pub(super) fn next_due(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT min(due_at) FROM delivery WHERE state = 1")?.query_row([], |row| row.get(0))
}

/// Puts what is due at the end of its queue.
pub(super) fn release_due(conn: &Connection, now: i64, position: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 0, due_at = NULL, position = ?2 WHERE state = 1 AND due_at <= ?1",
    )?
    .execute([now, position])?;
    Ok(())
}

/// Marks the first ordinary messages of a queue as out and gives them in order.
pub(super) fn take_ready(conn: &Connection, queue: i64, limit: usize) -> rusqlite::Result<Vec<Outgoing>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let taken: Vec<Outgoing> = conn
        .prepare_cached(
            "SELECT d.id, d.attempt, d.redelivered, d.suspicion, m.*
             FROM delivery d JOIN message m ON m.seq = d.message_seq
             WHERE d.queue_id = ?1 AND d.state = 0 AND d.suspicion = 0
             ORDER BY d.position, d.id LIMIT ?2",
        )?
        .query_map([queue, limit], outgoing)?
        .collect::<rusqlite::Result<_>>()?;
    for row in &taken {
        mark_out(conn, row.delivery)?;
    }
    Ok(taken)
}

/// Marks one suspect of a queue as out: one that has crashed least, among those up to the given level.
pub(super) fn take_suspect(conn: &Connection, queue: i64, max_suspicion: u8) -> rusqlite::Result<Option<Outgoing>> {
    let taken = conn
        .prepare_cached(
            "SELECT d.id, d.attempt, d.redelivered, d.suspicion, m.*
             FROM delivery d JOIN message m ON m.seq = d.message_seq
             WHERE d.queue_id = ?1 AND d.state = 0 AND d.suspicion BETWEEN 1 AND ?2
             ORDER BY d.crashes, d.position, d.id LIMIT 1",
        )?
        .query_row(params![queue, max_suspicion], outgoing)
        .optional()?;
    if let Some(row) = &taken {
        mark_out(conn, row.delivery)?;
    }
    Ok(taken)
}

fn mark_out(conn: &Connection, delivery: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE delivery SET state = 2 WHERE id = ?1")?.execute([delivery])?;
    Ok(())
}

/// Returns a dead letter to its queue, as new, but as a suspect if it has brought processes down; gives
/// its queue and suspicion.
pub(super) fn replay(conn: &Connection, delivery: i64, position: i64) -> rusqlite::Result<(i64, u8)> {
    conn.prepare_cached(
        "UPDATE delivery SET state = 0, position = ?2, attempt = 1, redelivered = 1, suspicion = min(crashes, 1),
             crashes = 0, due_at = NULL, error = NULL, first_failed_at = NULL, last_failed_at = NULL
         WHERE id = ?1 RETURNING queue_id, suspicion",
    )?
    .query_row([delivery, position], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The place behind what is ready in the queue that a dead letter returns to.
///
/// Found by an index, so that whoever replays beside the owner holds it up no longer than a look.
pub(super) fn place_behind_ready(conn: &Connection, delivery: i64) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT ifnull(max(r.position), 0) + 1 FROM delivery d
         JOIN delivery r ON r.queue_id = d.queue_id AND r.suspicion = min(d.crashes, 1) AND r.state = 0
         WHERE d.id = ?1",
    )?
    .query_row([delivery], |row| row.get(0))
}

fn outgoing(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    Ok(Outgoing {
        delivery: row.get(0)?,
        attempt: row.get(1)?,
        is_redelivered: row.get(2)?,
        suspicion: row.get(3)?,
        message: message(row)?,
    })
}

/// Reads the columns of `message` by their names.
pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let time: String = row.get("time")?;
    let time = time
        .parse()
        .map_err(|error: jiff::Error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))?;
    Ok(Message {
        id: row.get("message_id")?,
        r#type: row.get("type")?,
        source: row.get("source")?,
        time,
        routing_key: row.get("routing_key")?,
        traceparent: row.get("traceparent")?,
        body: row.get("body")?,
    })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
