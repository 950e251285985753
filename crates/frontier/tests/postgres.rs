//! The PostgreSQL back end: the suite, and what only a shared database can show.

mod suite;

use baogao_frontier::{Frontier, FrontierConfig, PostgresOptions};
use baogao_testkit::servers::PostgresDatabase;
use jiff::Timestamp;
use suite::Bed;

/// A database of its own.
struct PostgresBed {
    database: PostgresDatabase,
}

impl PostgresBed {
    async fn join(&self) -> Frontier {
        self.join_as(suite::config()).await
    }

    /// Opens the frontier beside those who have it open.
    async fn join_as(&self, config: FrontierConfig) -> Frontier {
        Frontier::postgres(self.database.url(), config, options()).await.expect("opens")
    }
}

/// Few connections, as many tests share a server.
fn options() -> PostgresOptions {
    PostgresOptions { max_connections: 3, ..PostgresOptions::default() }
}

impl Bed for PostgresBed {
    fn new() -> Self {
        Self { database: PostgresDatabase::create() }
    }

    async fn open(&self, config: FrontierConfig, now: Timestamp) -> Frontier {
        let frontier = self.join_as(config).await;
        // An earlier one is dead, which no database can know.
        frontier.end_leases(now).await.expect("ends leases");
        frontier
    }
}

frontier_suite!(on_postgres, crate::PostgresBed);
