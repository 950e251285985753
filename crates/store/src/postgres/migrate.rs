//! The schema, step by step, while programs of several versions run side by side.
//!
//! Steps are taken under a lock, so that of many programs that start together one migrates and the
//! others find it done. A step normally only adds: tables, indexes, and columns that are null or
//! have a default, since an older program goes on inserting without them. So an older program
//! accepts a newer schema, unless a step in between `breaks` it; that step waits until no older
//! program runs any more.

use super::connections::Connector;
use crate::StoreError;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use std::sync::Arc;
use std::time::Duration;

/// One step. Once released it is never edited.
struct Step {
    name: &'static str,
    sql: &'static str,
    /// Whether a program that does not know this step cannot work with the schema behind it.
    breaks: bool,
}

const STEPS: &[Step] = &[
    Step { name: "records", sql: include_str!("migrations/0001_records.sql"), breaks: true },
    Step { name: "forgotten", sql: include_str!("migrations/0002_forgotten.sql"), breaks: false },
];

/// The most that all missing steps together may take, waiting for another program's included.
const LONGEST: Duration = Duration::from_secs(15 * 60);

const MIGRATE: &str = "migrate the schema";

/// What the database says of its schema.
struct State {
    /// How many steps were taken.
    found: i64,
    /// How many of them a program must know.
    needed: i64,
}

/// The schema version of this program.
fn known() -> i64 {
    STEPS.len() as i64
}

/// Takes the missing steps, if any.
pub(super) async fn migrate(connector: &Connector, schema: &str) -> Result<(), StoreError> {
    let mut connection = connector.connect("open the store").await?;
    check_encoding(connector, &mut connection).await?;
    let state = connector.bounded("read the schema version", state(&mut connection)).await?;
    if state.as_ref().is_none_or(|state| state.found < known()) {
        let place = &connector.place;
        if !place.bounded(MIGRATE, LONGEST, take_steps(&mut connection, schema)).await? {
            return Err(StoreError::Foreign { place: format!("{place}, schema {schema},") });
        }
    }
    check(connector, &mut connection).await?;
    // It is gone one way or the other.
    let _ = tokio::time::timeout(connector.connect_timeout, connection.close()).await;
    Ok(())
}

/// Makes sure that the database can hold every text.
async fn check_encoding(connector: &Connector, connection: &mut PgConnection) -> Result<(), StoreError> {
    let encoding = sqlx::query_scalar::<_, String>("SHOW server_encoding").fetch_one(connection);
    let encoding = connector.bounded("read the database's encoding", encoding).await?;
    if encoding != "UTF8" {
        let place = &connector.place;
        let reason = format!("the encoding of {place} is {encoding}; make a database with ENCODING 'UTF8'");
        return Err(StoreError::InvalidAddress { reason });
    }
    Ok(())
}

/// Makes sure that this program can work with the schema.
pub(super) async fn check(connector: &Connector, connection: &mut PgConnection) -> Result<(), StoreError> {
    let doing = "read the schema version";
    let place = connector.place.to_string();
    let Some(State { found, needed }) = connector.bounded(doing, state(connection)).await? else {
        let source = Arc::new(std::io::Error::other("there is no schema"));
        return Err(StoreError::OtherSchema { place, doing, source });
    };
    if found < known() || needed > known() {
        return Err(StoreError::SchemaVersion { place, found, known: known() });
    }
    Ok(())
}

/// None if no step was ever taken.
async fn state(connection: &mut PgConnection) -> Result<Option<State>, sqlx::Error> {
    let exists = "SELECT to_regclass('migrations') IS NOT NULL AND current_schema() IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(exists).fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    let sql = "SELECT coalesce(max(version), 0)::bigint AS found, coalesce(max(needed), 0)::bigint AS needed
               FROM migrations";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok(Some(State { found: row.try_get("found")?, needed: row.try_get("needed")? }))
}

/// Takes what is missing in one transaction. False if the schema is another program's.
///
/// The connection is of no use for anything else afterwards: it waits long, and keeps the lock.
async fn take_steps(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = '60s'").execute(&mut *connection).await?;
    // Before the transaction begins, not in it: only a beginning makes the server forget which
    // tables it has found missing, and another program may be making them right now.
    sqlx::query("SELECT pg_advisory_lock(hashtextextended('baogao.store ' || $1, 0))")
        .bind(schema)
        .execute(&mut *connection)
        .await?;
    let mut transaction = connection.begin().await?;
    // Asked again under the lock: another program may have migrated meanwhile.
    let found = match state(&mut transaction).await? {
        Some(state) => state.found,
        None if !found_schema(&mut transaction, schema).await? => return Ok(false),
        None => 0,
    };
    for (number, step) in (1_i64..).zip(STEPS) {
        if number > found {
            sqlx::raw_sql(step.sql).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO migrations (version, name, needed) VALUES ($1, $2, $3)")
                .bind(number)
                .bind(step.name)
                .bind(if step.breaks { number } else { 0 })
                .execute(&mut *transaction)
                .await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// Makes the schema and its list of steps. False if there is something in it already.
async fn found_schema(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    let exists: bool =
        sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(schema).fetch_one(&mut *connection).await?;
    let is_taken: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1)",
    )
    .bind(schema)
    .fetch_one(&mut *connection)
    .await?;
    if is_taken {
        return Ok(false);
    }
    if !exists {
        // Its name was checked to need no quotes.
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&mut *connection).await?;
    }
    let table = "CREATE TABLE migrations (
        version    bigint      PRIMARY KEY,
        name       text        NOT NULL,
        -- The version that a program must know to work with the schema behind this step; 0 for any.
        needed     bigint      NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )";
    sqlx::raw_sql(table).execute(connection).await?;
    Ok(true)
}
