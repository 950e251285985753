//! The table of stored robots.txt files.

use crate::micros;
use crate::robots::StoredRobots;
use sqlx::{PgConnection, Row};

pub(super) async fn get(conn: &mut PgConnection, origin: &str) -> sqlx::Result<Option<StoredRobots>> {
    let row = sqlx::query("SELECT body, state, fetched_at, expires_at FROM robots WHERE origin = $1")
        .bind(origin)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredRobots {
        body: row.try_get(0)?,
        state: row.try_get(1)?,
        fetched_at: micros::to_timestamp(row.try_get(2)?),
        expires_at: micros::to_timestamp(row.try_get(3)?),
    }))
}

pub(super) async fn put(conn: &mut PgConnection, origin: &str, robots: &StoredRobots) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO robots (origin, body, state, fetched_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (origin) DO UPDATE SET body = excluded.body, state = excluded.state,
             fetched_at = excluded.fetched_at, expires_at = excluded.expires_at",
    )
    .bind(origin)
    .bind(&robots.body)
    .bind(&robots.state)
    .bind(micros::of(robots.fetched_at))
    .bind(micros::of(robots.expires_at))
    .execute(conn)
    .await?;
    Ok(())
}
