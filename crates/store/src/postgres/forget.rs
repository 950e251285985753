//! Taking documents down, and keeping them out.
//!
//! A put reads both tables at the beginning of its transaction, which locks them against
//! `ACCESS EXCLUSIVE` to its end. Whoever adds to a table takes that lock first: puts that have read
//! are then committed, and those that come read what was added. None slips through between.

use super::ledger::Arrival;
use super::types::Instant;
use crate::forget::{Candidate, STEP};
use baogao_model::report::Kind;
use baogao_model::{Target, Tombstone};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;

/// The keys and ids among those of some arrivals for which they are not to be stored.
pub(super) async fn refused(
    connection: &mut PgConnection,
    arrivals: &[Arrival<'_>],
) -> Result<HashSet<String>, sqlx::Error> {
    let keys: HashSet<&str> = arrivals.iter().flat_map(|one| &one.row.keys).map(String::as_str).collect();
    let sql = "SELECT key FROM tombstones WHERE key = ANY($1)
               UNION ALL SELECT id FROM forgotten_records WHERE id = ANY($2)";
    let found: Vec<String> = sqlx::query_scalar(sql)
        .bind(keys.into_iter().collect::<Vec<_>>())
        .bind(arrivals.iter().map(|one| one.row.id.as_str()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    Ok(found.into_iter().collect())
}

/// Whether one of some arrivals is among what was refused.
pub(super) fn is_refused(arrival: &Arrival<'_>, refused: &HashSet<String>) -> bool {
    !refused.is_empty()
        && (refused.contains(&arrival.row.id) || arrival.row.keys.iter().any(|key| refused.contains(key)))
}

/// Keeps a tombstone, unless there is one of the same target.
pub(super) async fn bury(connection: &mut PgConnection, tombstone: &Tombstone) -> Result<(), sqlx::Error> {
    let Tombstone { target, at, reason } = tombstone;
    let mut transaction = connection.begin().await?;
    sqlx::query("LOCK TABLE tombstones IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await?;
    sqlx::query(
        "INSERT INTO tombstones (key, kind, value, at, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(target.key())
    .bind(target.kind())
    .bind(target.value())
    .bind(Instant(*at))
    .bind(reason)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// The revisions of the next documents behind `after` that may be of a site, in the order of ids.
pub(super) async fn candidates(
    connection: &mut PgConnection,
    site: &str,
    after: &str,
) -> Result<Vec<Candidate>, sqlx::Error> {
    let sql = "SELECT c.id, c.kind, c.title, (r.record->'source')::text
               FROM (SELECT document_no, id, kind, title FROM current_records
                     WHERE id > $2 AND (site = $1 OR strpos(url, $1) > 0 OR strpos(canonical_url, $1) > 0)
                     ORDER BY id LIMIT $3) AS c
                    JOIN revisions r ON r.document_no = c.document_no
               ORDER BY c.id";
    let rows: Vec<(String, String, Option<String>, String)> =
        sqlx::query_as(sql).bind(site).bind(after).bind(i64::from(STEP)).fetch_all(connection).await?;
    let read = |(id, kind, title, source): (_, String, _, _)| {
        let kind = kind.parse().unwrap_or(Kind::Other);
        Candidate { id, kind, title, source }
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Deletes documents with all their revisions, and notes that they are gone for this target.
pub(super) async fn erase(connection: &mut PgConnection, key: &str, ids: &[String]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("LOCK TABLE forgotten_records IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO forgotten_records (id, key) SELECT id, $2 FROM unnest($1::text[]) AS a (id) ON CONFLICT DO NOTHING")
        .bind(ids)
        .bind(key)
        .execute(&mut *transaction)
        .await?;
    let numbers: Vec<i64> =
        sqlx::query_scalar("SELECT document_no FROM documents WHERE id = ANY($1) ORDER BY id FOR UPDATE")
            .bind(ids)
            .fetch_all(&mut *transaction)
            .await?;
    for sql in [
        "DELETE FROM measurements WHERE document_no = ANY($1)",
        "DELETE FROM current_records WHERE document_no = ANY($1)",
        "UPDATE documents SET revision_no = NULL WHERE document_no = ANY($1)",
        "DELETE FROM revisions WHERE document_no = ANY($1)",
        "DELETE FROM documents WHERE document_no = ANY($1)",
    ] {
        sqlx::query(sql).bind(&numbers).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// The ids of the documents that were deleted for a target, in order.
pub(super) async fn erased(connection: &mut PgConnection, key: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT id FROM forgotten_records WHERE key = $1 ORDER BY id";
    sqlx::query_scalar(sql).bind(key).fetch_all(connection).await
}

/// Lets what the target covers be stored again.
pub(super) async fn lift(connection: &mut PgConnection, target: &Target) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for sql in ["DELETE FROM forgotten_records WHERE key = $1", "DELETE FROM tombstones WHERE key = $1"] {
        sqlx::query(sql).bind(target.key()).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
