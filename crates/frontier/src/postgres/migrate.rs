//! The tables, and how an older schema becomes a current one while older programs still use it.
//!
//! Migrations run one after the other in one transaction under an advisory lock: of several
//! processes that start together, one does it and the others find it done. Each is marked
//! *compatible* (it only adds what an older program does not miss) or not. The mark is stored with
//! it, so an older program works beside a newer schema exactly as far as the newer one says it may.

use super::error::{classify, unusable};
use crate::error::FrontierError;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// Whether programs that do not know it may work with the result.
    pub(super) is_compatible: bool,
    pub(super) script: &'static str,
}

/// What leads from each version to the next; the first to version 1. Never edited, only added to.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { is_compatible: false, script: include_str!("migrations/0001.sql") },
    Migration { is_compatible: true, script: include_str!("migrations/0002.sql") },
    Migration { is_compatible: true, script: include_str!("migrations/0003.sql") },
];

/// The version this program knows.
fn known(migrations: &[Migration]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Whether `name` can stand in a statement as it is.
pub(super) fn check_name(name: &str) -> Result<(), FrontierError> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_good = name.len() <= 63
        && name.starts_with(is_letter)
        && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
        && !name.starts_with("pg_");
    if is_good {
        return Ok(());
    }
    Err(unusable(
        "use the schema",
        format!("`{name}` is no name for a schema: small letters, digits and `_`, 63 at most"),
    ))
}

/// Brings the schema up to date. `name` has passed [`check_name`].
pub(super) async fn migrate(
    conn: &mut PgConnection,
    name: &str,
    migrations: &[Migration],
) -> Result<(), FrontierError> {
    let version = apply(conn, name, migrations).await.map_err(|error| classify("migrate", error))?;
    check(version, name, migrations)
}

/// What a schema says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version {
    newest: i64,
    /// The newest step that older programs cannot work with.
    newest_breaking: i64,
}

/// Fails if this program cannot work with a schema of that version.
pub(super) fn check(version: Version, name: &str, migrations: &[Migration]) -> Result<(), FrontierError> {
    let known = known(migrations);
    if version.newest_breaking > known {
        let place = format!("schema `{name}`");
        return Err(FrontierError::NewerSchema { place, found: version.newest, known });
    }
    if version.newest < known {
        // Somebody has removed it since it was migrated.
        return Err(unusable("use the schema", format!("`{name}` has version {}, not {known}", version.newest)));
    }
    Ok(())
}

/// The version of the schema that `conn` works in.
pub(super) async fn version(conn: &mut PgConnection) -> sqlx::Result<Version> {
    let row = sqlx::query(
        "SELECT coalesce(max(version), 0), coalesce(max(version) FILTER (WHERE NOT is_compatible), 0)
         FROM schema_version",
    )
    .fetch_one(conn)
    .await?;
    Ok(Version { newest: row.try_get(0)?, newest_breaking: row.try_get(1)? })
}

async fn apply(conn: &mut PgConnection, name: &str, migrations: &[Migration]) -> sqlx::Result<Version> {
    let mut tx = conn.begin().await?;
    // Ends with the transaction, so no crash can leave it behind.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('baogao migrates ' || $1, 0))")
        .bind(name)
        .execute(&mut *tx)
        .await?;
    let schema_exists = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(name);
    if schema_exists.fetch_optional(&mut *tx).await?.is_none() {
        // Asked first: even `IF NOT EXISTS` needs the right to create, which need not be ours.
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut *tx).await?;
    }
    let table_exists = sqlx::query("SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'");
    if table_exists.bind(name).fetch_optional(&mut *tx).await?.is_none() {
        sqlx::raw_sql(
            "CREATE TABLE schema_version (
                 version bigint PRIMARY KEY,
                 -- Whether programs that do not know this version may work with it.
                 is_compatible boolean NOT NULL,
                 applied_at timestamptz NOT NULL DEFAULT now())",
        )
        .execute(&mut *tx)
        .await?;
    }
    let found = version(&mut tx).await?;
    for (version, migration) in (1_i64..).zip(migrations) {
        if version > found.newest {
            sqlx::raw_sql(migration.script).execute(&mut *tx).await?;
            sqlx::query("INSERT INTO schema_version (version, is_compatible) VALUES ($1, $2)")
                .bind(version)
                .bind(migration.is_compatible)
                .execute(&mut *tx)
                .await?;
        }
    }
    let version = version(&mut tx).await?;
    tx.commit().await?;
    Ok(version)
}
