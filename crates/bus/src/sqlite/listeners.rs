//! Listeners as the owner of the file serves them: who hears what, how much is kept, who has gone.
//!
//! A listener costs the others nothing but the rows written for it in transactions that are under way anyway:
//! what is kept for it is bounded, and one that has not renewed its row in time is dropped with all of it.

use super::rows;
use crate::listener::{MOST_BYTES_KEPT, MOST_KEPT};
use crate::topic::Pattern;
use rusqlite::{Connection, OptionalExtension, params};

/// The listeners that the writer knows of.
#[derive(Default)]
pub(super) struct Listeners {
    listeners: Vec<Listener>,
}

struct Listener {
    id: i64,
    patterns: Vec<Pattern>,
    expires_at: i64,
}

/// A row of `listener`.
struct Row {
    id: i64,
    patterns: String,
    expires_at: i64,
    is_served: bool,
    read_to: i64,
}

impl Listeners {
    /// Reads who listens, says that they are served, and deletes what they have read and those that have gone. The
    /// caller has a transaction; `now` in microseconds.
    pub(super) fn serve(conn: &Connection, now: i64) -> rusqlite::Result<Self> {
        let mut listeners = Vec::new();
        for row in read(conn)? {
            if row.expires_at <= now {
                forget(conn, row.id, i64::MAX)?;
                conn.prepare_cached("DELETE FROM listener WHERE id = ?1")?.execute([row.id])?;
                continue;
            }
            forget(conn, row.id, row.read_to)?;
            if !row.is_served {
                conn.prepare_cached("UPDATE listener SET is_served = 1 WHERE id = ?1")?.execute([row.id])?;
            }
            let patterns: Vec<String> = serde_json::from_str(&row.patterns).unwrap_or_default();
            let patterns = patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
            listeners.push(Listener { id: row.id, patterns, expires_at: row.expires_at });
        }
        Ok(Self { listeners })
    }

    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Whether one has not renewed its row in time, as far as is known here.
    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.listeners.iter().any(|listener| listener.expires_at <= now)
    }

    /// Those that hear messages with this routing key.
    pub(super) fn hearing(&self, routing_key: &str) -> Vec<i64> {
        let hears = |listener: &&Listener| listener.patterns.iter().any(|pattern| pattern.matches(routing_key));
        self.listeners.iter().filter(hears).map(|listener| listener.id).collect()
    }
}

/// Whether there are listeners in the file.
pub(super) fn are_any(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM listener)")?.query_row([], |row| row.get(0))
}

/// Notes that nobody serves the listeners any more.
pub(super) fn leave(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("UPDATE listener SET is_served = 0 WHERE is_served", []).map(drop)
}

/// Lets a listener hear a stored message. What is oldest of its own makes room.
pub(super) fn tell(conn: &Connection, listener: i64, message_seq: i64, bytes: i64) -> rusqlite::Result<()> {
    let last = conn
        .prepare_cached("SELECT n, bytes_to FROM heard WHERE listener_id = ?1 ORDER BY n DESC LIMIT 1")?
        .query_row([listener], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last, bytes_to): (i64, i64) = match last {
        Some(last) => last,
        None => {
            let mut read_to = conn.prepare_cached("SELECT read_to FROM listener WHERE id = ?1")?;
            (read_to.query_row([listener], |row| row.get(0))?, 0)
        }
    };
    let (n, bytes_to) = (last + 1, bytes_to + bytes);
    conn.prepare_cached(
        "INSERT INTO heard (listener_id, n, message_seq, bytes_to, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![listener, n, message_seq, bytes_to, bytes])?;
    let mut oldest =
        conn.prepare_cached("SELECT n, bytes_to - bytes FROM heard WHERE listener_id = ?1 ORDER BY n LIMIT 1")?;
    loop {
        let (first, bytes_before): (i64, i64) = oldest.query_row([listener], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let is_too_much = n - first >= MOST_KEPT as i64 || bytes_to - bytes_before > MOST_BYTES_KEPT as i64;
        if first == n || !is_too_much {
            return Ok(());
        }
        forget(conn, listener, first)?;
    }
}

/// Deletes what a listener has heard up to `n`, and the messages that nobody else needs.
fn forget(conn: &Connection, listener: i64, n: i64) -> rusqlite::Result<()> {
    let seqs: Vec<i64> = conn
        .prepare_cached("DELETE FROM heard WHERE listener_id = ?1 AND n <= ?2 RETURNING message_seq")?
        .query_map([listener, n], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for seq in seqs {
        rows::remove_unneeded(conn, seq)?;
    }
    Ok(())
}

fn read(conn: &Connection) -> rusqlite::Result<Vec<Row>> {
    conn.prepare_cached("SELECT id, patterns, expires_at, is_served, read_to FROM listener")?
        .query_map([], |row| {
            Ok(Row {
                id: row.get(0)?,
                patterns: row.get(1)?,
                expires_at: row.get(2)?,
                is_served: row.get(3)?,
                read_to: row.get(4)?,
            })
        })?
        .collect()
}
