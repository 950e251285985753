//! What concerns all pace keys at once: the end of all leases, and rules that have changed.

use super::flush::refresh_due;
use super::load::make_keys;
use crate::config::FrontierConfig;
use crate::micros;
use crate::pace::pace_key;
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;

/// Ends all leases and holds. Politeness stays: a request may have left just before its sender died.
pub(super) async fn end_leases(conn: &mut PgConnection, config: &FrontierConfig, now: Timestamp) -> sqlx::Result<()> {
    let mut tx = conn.begin().await?;
    sqlx::query("UPDATE outbox SET claimed_until = 0 WHERE claimed_until <> 0").execute(&mut *tx).await?;
    sqlx::query(
        "WITH leased AS MATERIALIZED (
             SELECT id FROM pace_key WHERE lease_until IS NOT NULL ORDER BY id FOR NO KEY UPDATE)
         UPDATE pace_key SET epoch = epoch + 1, lease_owner = NULL, lease_until = NULL,
                next_at = GREATEST(polite_at, $1 + GREATEST(coalesce(delay, 0), $2))
         FROM leased WHERE pace_key.id = leased.id",
    )
    .bind(micros::of(now))
    .bind(micros::length(config.default_delay))
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// A host that another key is to hold.
struct Moved {
    host: i64,
    old: i64,
    new: String,
}

/// Moves hosts to the pace keys that today's rules give them, with the stricter politeness of both.
///
/// A crawler may be visiting such a host under its old key. That claim is lost to it, which it sees
/// at its next completion, and the new key rests until the old lease would have ended.
pub(super) async fn apply(conn: &mut PgConnection, config: &FrontierConfig) -> sqlx::Result<()> {
    if find_moved(conn, config).await?.is_empty() {
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    // One process at a time; the others then find nothing left to do.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('baogao moves ' || current_schema(), 0))")
        .execute(&mut *tx)
        .await?;
    let moved = find_moved(&mut tx, config).await?;
    let names: Vec<&str> = moved.iter().map(|moved| moved.new.as_str()).collect();
    make_keys(&mut tx, &names).await?;
    let old: Vec<i64> = moved.iter().map(|moved| moved.old).collect();
    let locked: Vec<(i64, String)> = sqlx::query_as(
        "SELECT id, name FROM pace_key WHERE id = ANY($1) OR name = ANY($2) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(&old)
    .bind(&names)
    .fetch_all(&mut *tx)
    .await?;
    for Moved { host, old, new } in &moved {
        let Some((new, _)) = locked.iter().find(|(_, name)| name == new) else { continue };
        sqlx::query("UPDATE host SET pace_key = $2 WHERE id = $1").bind(host).bind(new).execute(&mut *tx).await?;
        sqlx::query(
            "UPDATE pace_key AS new SET next_at = GREATEST(new.next_at, old.next_at),
                    polite_at = GREATEST(new.polite_at, old.polite_at),
                    lease_until = GREATEST(new.lease_until, old.lease_until)
             FROM pace_key AS old WHERE new.id = $2 AND old.id = $1",
        )
        .bind(old)
        .bind(new)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query("UPDATE pace_key SET epoch = epoch + 1 WHERE id = ANY($1)").bind(&old).execute(&mut *tx).await?;
    let keys: BTreeSet<i64> = locked.iter().map(|(id, _)| *id).collect();
    refresh_due(&mut tx, &keys.into_iter().collect::<Vec<_>>()).await?;
    tx.commit().await
}

/// Hosts whose key is not what today's rules say.
async fn find_moved(conn: &mut PgConnection, config: &FrontierConfig) -> sqlx::Result<Vec<Moved>> {
    let hosts: Vec<(i64, String, i64, String)> = sqlx::query_as(
        "SELECT host.id, host.name, pace_key.id, pace_key.name
         FROM host JOIN pace_key ON pace_key.id = host.pace_key ORDER BY host.id",
    )
    .fetch_all(conn)
    .await?;
    let mut moved = Vec::new();
    for (host, name, old, key) in hosts {
        let wanted = pace_key(&name, &config.pace_rules);
        if wanted != key {
            moved.push(Moved { host, old, new: wanted.to_owned() });
        }
    }
    Ok(moved)
}
