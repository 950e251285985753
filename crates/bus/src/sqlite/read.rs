//! Looking at the bus from outside its writer: short, read-only, on a connection of its own.

use super::rows;
use crate::dead_letter::Head;
use crate::{DeadLetter, DeadLetterFilter, QueueDepth};
use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, types::Type};
use std::collections::BTreeMap;

/// What lies in each queue, by name.
pub(super) fn depths(conn: &mut Connection) -> rusqlite::Result<Vec<QueueDepth>> {
    // One transaction, so that no queue appears between the two statements.
    let tx = conn.transaction()?;
    let mut by_id = BTreeMap::new();
    for (id, queue) in rows::queues(&tx)? {
        by_id.insert(id, QueueDepth { queue, bytes: Some(0), ..QueueDepth::default() });
    }
    // Summed here, since GROUP BY would sort the whole table first.
    let mut statement = tx.prepare("SELECT queue_id, state, suspicion, bytes FROM delivery")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (queue, state, suspicion, bytes): (i64, u8, u8, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let Some(depth) = by_id.get_mut(&queue) else { continue };
        match (state, suspicion) {
            (0, 0) => depth.ready += 1,
            (0, _) => depth.suspect += 1,
            (1, _) => depth.waiting += 1,
            (2, _) => depth.unacked += 1,
            _ => {
                depth.dead += 1;
                continue;
            }
        }
        // A length, so never negative.
        depth.bytes = Some(depth.bytes.unwrap_or(0) + bytes.unsigned_abs());
    }
    let mut depths: Vec<QueueDepth> = by_id.into_values().collect();
    depths.sort_by(|a, b| a.queue.cmp(&b.queue));
    Ok(depths)
}

/// The dead letters that pass the filter, oldest first.
pub(super) fn dead_letters(conn: &Connection, filter: &DeadLetterFilter) -> rusqlite::Result<Vec<DeadLetter>> {
    select_dead(conn, filter, dead_letter)
}

/// Their numbers only. Their bodies are read only if the filter asks for something in them.
pub(super) fn dead_ids(conn: &Connection, filter: &DeadLetterFilter) -> rusqlite::Result<Vec<i64>> {
    select_dead(conn, filter, |row| row.get(0))
}

/// Reads the dead letters that pass the filter: SQLite narrows them down by what it has an index or a
/// cursor for, the filter itself decides.
fn select_dead<T>(
    conn: &Connection,
    filter: &DeadLetterFilter,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    // An id that is no number is none of this bus's: it chooses nothing.
    let number = |id: &String| id.parse::<i64>().ok();
    let ids = (!filter.ids.is_empty())
        .then(|| serde_json::to_string(&filter.ids.iter().filter_map(number).collect::<Vec<_>>()).unwrap_or_default());
    let after = filter.after.as_ref().map_or(i64::MIN, |id| number(id).unwrap_or(i64::MAX));
    let limit = filter.limit.unwrap_or(usize::MAX);
    // Not one condition for both cases: that would look at every dead letter for each few ids.
    let of_ids = if ids.is_some() { "d.id IN (SELECT value FROM json_each(:ids))" } else { ":ids IS NULL" };
    let mut statement = conn.prepare(&format!(
        "SELECT d.id, q.name, d.error, d.attempt, d.crashes, d.first_failed_at, d.last_failed_at, m.*
         FROM delivery d JOIN queue q ON q.id = d.queue_id JOIN message m ON m.seq = d.message_seq
         WHERE d.state = 3 AND d.id > :after AND (:queue IS NULL OR q.name = :queue) AND {of_ids}
         ORDER BY d.id"
    ))?;
    let mut rows = statement.query(named_params! {":after": after, ":queue": filter.queue, ":ids": ids})?;
    let mut chosen = Vec::new();
    while chosen.len() < limit
        && let Some(row) = rows.next()?
    {
        if takes(filter, row)? {
            chosen.push(read(row)?);
        }
    }
    Ok(chosen)
}

fn takes(filter: &DeadLetterFilter, row: &Row<'_>) -> rusqlite::Result<bool> {
    let id = row.get::<_, i64>(0)?.to_string();
    let (queue, error): (String, String) = (row.get(1)?, row.get(2)?);
    let head = Head { id: &id, queue: &queue, error: &error, last_failed_at: timestamp(row, 6)? };
    Ok(filter.takes_head(&head) && (filter.site.is_none() || filter.takes_message(&rows::message(row)?)))
}

fn dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get::<_, i64>(0)?.to_string(),
        queue: row.get(1)?,
        error: row.get(2)?,
        attempts: row.get(3)?,
        crashes: row.get(4)?,
        first_failed_at: timestamp(row, 5)?,
        last_failed_at: timestamp(row, 6)?,
        message: rows::message(row)?,
    })
}

fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, error.into()))
}
