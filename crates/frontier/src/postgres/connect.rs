//! The way to the database: settings, the pool, and connections on loan.

use super::error::{classify, timed_out};
use super::{Postgres, ids, migrate, rules_of_pace};
use crate::config::FrontierConfig;
use crate::error::FrontierError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection};
use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Every statement here is meant to walk an index, whatever the planner thinks of tables that were
/// empty a minute ago or of lists whose length it cannot know; and a plan for a table in 16
/// partitions costs more to make than to run, so it is made once.
const PLANS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
                     SET plan_cache_mode = force_generic_plan; SET default_transaction_isolation = 'read committed'";

/// How to use a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// The schema that holds all tables; made if there is none.
    pub schema: String,
    /// Connections at most. Work beyond them waits.
    pub max_connections: u32,
    /// How long to wait for a connection. After it the database counts as away.
    pub acquire_timeout: Duration,
    /// How long one request may take. After it the database counts as away, and what was asked may
    /// or may not have happened.
    pub timeout: Duration,
}

impl Default for PostgresOptions {
    /// The schema `frontier`, 8 connections, 5 s for one, 30 s for a request.
    fn default() -> Self {
        Self {
            schema: "frontier".to_owned(),
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Postgres {
    /// Connects and migrates; see [`crate::Frontier::postgres`].
    pub(crate) async fn open(
        url: &str,
        config: FrontierConfig,
        options: PostgresOptions,
    ) -> Result<Self, FrontierError> {
        const ACTION: &str = "connect";
        migrate::check_name(&options.schema)?;
        let server = PgConnectOptions::from_str(url).map_err(|error| classify(ACTION, error))?;
        let setup: Arc<str> = format!("SET search_path = {}; {PLANS}", options.schema).into();
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .after_connect(move |conn, _| {
                let setup = Arc::clone(&setup);
                Box::pin(async move { sqlx::raw_sql(AssertSqlSafe(setup)).execute(conn).await.map(drop) })
            })
            .connect_lazy_with(server.application_name("baogao-frontier"));
        let postgres = Self {
            pool,
            config: Arc::new(config),
            options,
            numbers: ids::Numbers::default(),
            news: Arc::new(Notify::new()),
        };
        let mut lent = postgres.lend(ACTION).await?;
        let schema = &postgres.options.schema;
        let migrated = postgres.in_time(ACTION, migrate::migrate(&mut lent, schema, migrate::MIGRATIONS)).await?;
        migrated?;
        let moved = postgres.in_time(ACTION, rules_of_pace::apply(&mut lent, &postgres.config)).await?;
        lent.note(&moved);
        moved.map_err(|error| classify("apply pace rules", error))?;
        drop(lent);
        Ok(postgres)
    }

    /// A connection.
    pub(super) async fn lend(&self, action: &'static str) -> Result<Lent, FrontierError> {
        let conn = self.pool.acquire().await.map_err(|error| classify(action, error))?;
        Ok(Lent { conn, is_sound: false })
    }

    /// The answer of some work, unless it takes too long.
    pub(super) async fn in_time<T>(
        &self,
        action: &'static str,
        work: impl Future<Output = T>,
    ) -> Result<T, FrontierError> {
        tokio::time::timeout(self.options.timeout, work).await.map_err(|_| timed_out(action))
    }
}

/// A connection on loan. Unless its work is seen to have ended, it is closed when it comes back: one
/// that was left in the middle of something may be cut off, or busy for long.
pub(super) struct Lent {
    conn: PoolConnection<sqlx::Postgres>,
    is_sound: bool,
}

impl Lent {
    /// Takes notice of how the work ended.
    pub(super) fn note<T>(&mut self, result: &sqlx::Result<T>) {
        // When the database itself has answered, it waits for the next statement.
        self.is_sound = matches!(result, Ok(_) | Err(sqlx::Error::Database(_)));
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_sound {
            self.conn.close_on_drop();
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}
