//! Old rows leave the fetch log.
//!
//! Without the locks of pace keys: a URL's current fetch only ever moves on to a row that is made in
//! the same transaction, so an old row that is nobody's stays nobody's.

use crate::micros;
use crate::prune::{LogPlace, Pruned, Step};
use jiff::Timestamp;
use sqlx::PgConnection;

pub(super) async fn prune(
    conn: &mut PgConnection,
    before: Timestamp,
    from: LogPlace,
    limit: usize,
) -> sqlx::Result<Pruned> {
    let rows: Vec<(i64, i64, bool)> = sqlx::query_as(
        "SELECT log.at, log.id, url.id IS NOT NULL
         FROM (SELECT id, url, at FROM fetch_log WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4) AS log
              LEFT JOIN url ON url.bucket = (log.url & 15)::smallint AND url.id = log.url AND url.fetch_no = log.id
         ORDER BY log.at, log.id",
    )
    .bind(from.at)
    .bind(from.id)
    .bind(micros::of(before))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(&mut *conn)
    .await?;
    let rows: Vec<_> = rows.into_iter().map(|(at, id, is_current)| (LogPlace { at, id }, is_current)).collect();
    let step = Step::of(&rows, limit);
    if step.superseded.is_empty() {
        return Ok(step.done(0));
    }
    // Rows that another crawler is deleting at this moment are left to it.
    let deleted = sqlx::query(
        "DELETE FROM fetch_log WHERE id IN (SELECT id FROM fetch_log WHERE id = ANY($1) FOR UPDATE SKIP LOCKED)",
    )
    .bind(&step.superseded)
    .execute(conn)
    .await?;
    Ok(step.done(deleted.rows_affected()))
}
