//! The outbox table. Sent rows are deleted; the fetch log keeps the history.

use crate::micros;
use crate::outbox::{OutboxDepth, OutboxRow};
use baogao_model::Message;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::time::Duration;

/// Writes messages down to be sent, in this order.
pub(super) async fn add(conn: &mut PgConnection, messages: &[Message]) -> sqlx::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let of = |field: fn(&Message) -> &str| messages.iter().map(|m| field(m).to_owned()).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO outbox (id, type, source, time, routing_key, traceparent, body)
         SELECT id, type, source, time, routing_key, traceparent, body
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[])
              WITH ORDINALITY AS m (id, type, source, time, routing_key, traceparent, body, place)
         ORDER BY place",
    )
    .bind(of(|m| &m.id))
    .bind(of(|m| &m.r#type))
    .bind(of(|m| &m.source))
    .bind(messages.iter().map(|m| micros::of(m.time)).collect::<Vec<_>>())
    .bind(of(|m| &m.routing_key))
    .bind(messages.iter().map(|m| m.traceparent.clone()).collect::<Vec<_>>())
    .bind(messages.iter().map(|m| m.body.clone()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// The oldest rows.
pub(super) async fn oldest(conn: &mut PgConnection, limit: usize) -> sqlx::Result<Vec<OutboxRow>> {
    let rows = sqlx::query(
        "SELECT seq, id, type, source, time, routing_key, traceparent, body FROM outbox ORDER BY seq LIMIT $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Takes the oldest rows that nobody is sending. Rows that another sender is taking at this moment
/// are passed over, not waited for.
pub(super) async fn claim(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: usize,
    hold: Duration,
) -> sqlx::Result<Vec<OutboxRow>> {
    let rows = sqlx::query(
        "WITH free AS MATERIALIZED (
             SELECT seq FROM outbox WHERE claimed_until <= $1 ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED)
         UPDATE outbox SET claimed_until = $3 FROM free WHERE outbox.seq = free.seq
         RETURNING outbox.seq, id, type, source, time, routing_key, traceparent, body",
    )
    .bind(micros::of(now))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(micros::of(micros::after(now, hold)))
    .fetch_all(conn)
    .await?;
    let mut rows = rows.iter().map(read).collect::<sqlx::Result<Vec<_>>>()?;
    // What is returned has no order.
    rows.sort_unstable_by_key(|row| row.seq);
    Ok(rows)
}

fn read(row: &PgRow) -> sqlx::Result<OutboxRow> {
    Ok(OutboxRow {
        seq: row.try_get(0)?,
        message: Message {
            id: row.try_get(1)?,
            r#type: row.try_get(2)?,
            source: row.try_get(3)?,
            time: micros::to_timestamp(row.try_get(4)?),
            routing_key: row.try_get(5)?,
            traceparent: row.try_get(6)?,
            body: row.try_get(7)?,
        },
    })
}

/// Counts the rows. PostgreSQL knows the length of a body without reading it.
pub(super) async fn depth(conn: &mut PgConnection) -> sqlx::Result<OutboxDepth> {
    let row = sqlx::query("SELECT count(*), coalesce(sum(octet_length(body)), 0)::bigint FROM outbox")
        .fetch_one(conn)
        .await?;
    Ok(OutboxDepth { rows: count(&row, 0)?, bytes: count(&row, 1)? })
}

/// A number that cannot be negative.
pub(super) fn count(row: &PgRow, column: usize) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(|n| u64::try_from(n).unwrap_or(0))
}

/// Deletes rows that are safely published.
pub(super) async fn mark_sent(conn: &mut PgConnection, seqs: &[i64]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(seqs).execute(conn).await?;
    Ok(())
}
