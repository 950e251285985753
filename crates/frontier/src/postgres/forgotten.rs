//! The table of what was taken down.

use crate::micros;
use baogao_model::{Target, Tombstone};
use sqlx::PgConnection;

/// Keeps tombstones; the older of two with one target stands.
pub(super) async fn add(conn: &mut PgConnection, tombstones: &[Tombstone]) -> sqlx::Result<()> {
    let of = |field: fn(&Target) -> String| tombstones.iter().map(|one| field(&one.target)).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO forgotten (key, kind, value, at, reason)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) ON CONFLICT DO NOTHING",
    )
    .bind(of(Target::key))
    .bind(of(|target| target.kind().to_owned()))
    .bind(of(|target| target.value().to_owned()))
    .bind(tombstones.iter().map(|one| micros::of(one.at)).collect::<Vec<_>>())
    .bind(tombstones.iter().map(|one| one.reason.clone()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the tombstone of a target; false if there was none.
pub(super) async fn lift(conn: &mut PgConnection, target: &Target) -> sqlx::Result<bool> {
    let deleted = sqlx::query("DELETE FROM forgotten WHERE key = $1").bind(target.key()).execute(conn).await?;
    Ok(deleted.rows_affected() > 0)
}

/// All of them, the oldest first.
pub(super) async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<Tombstone>> {
    let rows: Vec<(String, String, i64, Option<String>)> =
        sqlx::query_as("SELECT kind, value, at, reason FROM forgotten ORDER BY at, key").fetch_all(conn).await?;
    let read = |(kind, value, at, reason): (String, String, i64, _)| {
        Some(Tombstone { target: Target::from_stored(&kind, &value)?, at: micros::to_timestamp(at), reason })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
