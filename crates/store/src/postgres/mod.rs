//! Records in a PostgreSQL schema: the sink and the queries of the distributed mode.
//!
//! # Promises
//!
//! - A put that was answered is committed, and durable as the server's `synchronous_commit` says:
//!   leave it on.
//! - Any number of processes put and read at the same time; the rules of revision hold among them.
//! - Nothing is waited for without a limit; a server that is away makes a transient error, and the
//!   next call connects anew.

mod connections;
mod export;
mod filter;
mod forget;
mod ledger;
mod migrate;
mod place;
mod read;
mod types;
mod write;
mod writer;

use self::connections::{Connector, Readers};
use self::export::Export;
use self::filter::Filter;
use self::writer::Writer;
use crate::backend::{Backend, Destination};
use crate::forget::Candidate;
use crate::row::Row;
use crate::{Clock, Counts, Format, Put, Query, StoreError, Stored, Summary};
use async_trait::async_trait;
use baogao_model::{Target, Tombstone};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How a store in PostgreSQL works. The defaults are meant for use.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The schema that holds the tables; made if it is not there. Lower-case letters, digits and `_`.
    pub schema: String,
    /// The most connections for reading; one more is for putting, one for checking.
    pub max_readers: usize,
    /// How long connecting may take, and waiting for a connection for reading to be free.
    pub connect_timeout: Duration,
    /// How long one statement may take before it is given up.
    pub statement_timeout: Duration,
    /// The clock for the times of seeing and changing.
    pub clock: Clock,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "records".to_owned(),
            max_readers: 8,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(60),
            clock: Arc::new(Timestamp::now),
        }
    }
}

/// A store in one schema of a PostgreSQL database.
pub(crate) struct PostgresRecords {
    connector: Connector,
    readers: Readers,
    /// A connection for [`Backend::check`] alone: that all others are busy is no bad sign.
    prober: Readers,
    writer: Writer,
    clock: Clock,
}

impl PostgresRecords {
    /// See [`crate::Records::postgres`].
    pub(crate) async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let connector = Connector::new(url, &options)?;
        migrate::migrate(&connector, &options.schema).await?;
        Ok(Self {
            readers: Readers::new(connector.clone(), options.max_readers),
            prober: Readers::new(connector.clone(), 1),
            writer: Writer::start(connector.clone()),
            connector,
            clock: options.clock,
        })
    }
}

#[async_trait]
impl Backend for PostgresRecords {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn put(&self, rows: Vec<Row>) -> Result<Vec<Put>, StoreError> {
        self.writer.put(rows, (self.clock)()).await
    }

    async fn list(&self, query: Query, limit: u32) -> Result<Vec<Summary>, StoreError> {
        const LIST: &str = "list records";
        let filter = Filter::new(&query)?;
        let mut connection = self.readers.lend(LIST).await?;
        let list = self.connector.bounded(LIST, read::list(&mut connection, &filter, limit)).await?;
        connection.keep();
        Ok(list)
    }

    async fn ids_with_prefix(&self, prefix: String, limit: u32) -> Result<Vec<String>, StoreError> {
        const LOOK_UP: &str = "look up an id";
        let mut connection = self.readers.lend(LOOK_UP).await?;
        let ids = read::ids_with_prefix(&mut connection, &prefix, limit);
        let ids = self.connector.bounded(LOOK_UP, ids).await?;
        connection.keep();
        Ok(ids)
    }

    async fn get(&self, id: String) -> Result<Option<Stored>, StoreError> {
        const GET: &str = "get a record";
        let mut connection = self.readers.lend(GET).await?;
        let raw = self.connector.bounded(GET, read::get(&mut connection, &id)).await?;
        connection.keep();
        let Some(raw) = raw else { return Ok(None) };
        let record = serde_json::from_str(&raw.json).map_err(|source| StoreError::Unreadable {
            place: self.connector.place.to_string(),
            id,
            source: Arc::new(source),
        })?;
        let (first_seen_at, last_seen_at) = (raw.first_seen_at, raw.last_seen_at);
        Ok(Some(Stored { record, revisions: raw.revisions, first_seen_at, last_seen_at }))
    }

    async fn export(&self, query: Query, format: Format, destination: Destination) -> Result<u64, StoreError> {
        Export { connector: &self.connector, readers: &self.readers }.run(&query, format, destination).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        const COUNT: &str = "count records";
        let mut connection = self.readers.lend(COUNT).await?;
        let counts = self.connector.bounded(COUNT, read::counts(&mut connection)).await?;
        connection.keep();
        Ok(counts)
    }

    async fn bury(&self, tombstone: Tombstone) -> Result<(), StoreError> {
        const BURY: &str = "keep a tombstone";
        let mut connection = self.readers.lend(BURY).await?;
        self.connector.bounded(BURY, forget::bury(&mut connection, &tombstone)).await?;
        connection.keep();
        Ok(())
    }

    async fn candidates(&self, site: String, after: String) -> Result<Vec<Candidate>, StoreError> {
        const LOOK: &str = "look for documents";
        let mut connection = self.readers.lend(LOOK).await?;
        let found = self.connector.bounded(LOOK, forget::candidates(&mut connection, &site, &after)).await?;
        connection.keep();
        Ok(found)
    }

    async fn erase(&self, target: Target, ids: Vec<String>) -> Result<(), StoreError> {
        const ERASE: &str = "delete documents";
        let mut connection = self.readers.lend(ERASE).await?;
        self.connector.bounded(ERASE, forget::erase(&mut connection, &target.key(), &ids)).await?;
        connection.keep();
        Ok(())
    }

    async fn erased(&self, target: Target) -> Result<Vec<String>, StoreError> {
        const LOOK_UP: &str = "look up what was deleted";
        let mut connection = self.readers.lend(LOOK_UP).await?;
        let ids = self.connector.bounded(LOOK_UP, forget::erased(&mut connection, &target.key())).await?;
        connection.keep();
        Ok(ids)
    }

    async fn lift(&self, target: Target) -> Result<(), StoreError> {
        const LIFT: &str = "remove a tombstone";
        let mut connection = self.readers.lend(LIFT).await?;
        self.connector.bounded(LIFT, forget::lift(&mut connection, &target)).await?;
        connection.keep();
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.prober.lend("check the store").await?;
        migrate::check(&self.connector, &mut connection).await?;
        connection.keep();
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.writer.close().await;
        self.readers.close().await;
        self.prober.close().await;
        Ok(())
    }
}
