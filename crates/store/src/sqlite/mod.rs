//! Records in one SQLite file: the sink and the queries of the embedded mode.
//!
//! # Promises
//!
//! - A put that was answered is on the disk (write-ahead log, `synchronous=FULL`).
//! - Readers see whole puts only, never wait for the writer, and may be in other processes.
//! - A full disk stores nothing by halves; when there is room again, puts go through again.

mod columns;
mod export;
mod filter;
mod forget;
mod open;
mod place;
mod read;
mod readers;
mod revise;
mod writer;

use self::export::Export;
use self::filter::Filter;
use self::place::Place;
use self::readers::Readers;
use self::writer::Writer;
use crate::backend::{Backend, Destination};
use crate::forget::Candidate;
use crate::row::Row;
use crate::{Clock, Counts, Format, Put, Query, StoreError, Stored, Summary};
use async_trait::async_trait;
use baogao_model::{Target, Tombstone};
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How a store in a SQLite file works. The defaults are meant for use.
#[derive(Clone)]
pub struct Options {
    /// How long a transaction waits for another process that is writing before it fails.
    pub busy_timeout: Duration,
    /// The size in bytes beyond which the file does not grow: puts fail as if the disk were full.
    /// None means no limit. A file that is larger already keeps its size.
    pub max_bytes: Option<u64>,
    /// The clock for the times of seeing and changing.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), max_bytes: None, clock: Arc::new(Timestamp::now) }
    }
}

/// A store in one SQLite file.
pub(crate) struct SqliteRecords {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    clock: Clock,
    readers: Readers,
    /// None if opened for reading.
    writer: Option<Writer>,
}

impl SqliteRecords {
    /// See [`crate::Records::sqlite`].
    pub(crate) async fn open(path: PathBuf, options: Options) -> Result<Self, StoreError> {
        let place = Place::new(path);
        blocking(place.clone(), move || {
            let connection = open::for_writing(&place, options.busy_timeout, options.max_bytes)?;
            let writer = Writer::start(connection, place.clone())?;
            Ok(Self::new(place, options, Some(writer)))
        })
        .await
    }

    /// See [`crate::Records::sqlite_read_only`].
    pub(crate) async fn open_read_only(path: PathBuf) -> Result<Self, StoreError> {
        let records = Self::new(Place::new(path), Options::default(), None);
        // Opens a connection, and so finds out now what a query would find out.
        records.read(|_, _| Ok(())).await?;
        Ok(records)
    }

    fn new(place: Place, options: Options, writer: Option<Writer>) -> Self {
        let readers = Readers::new(place.clone(), options.busy_timeout);
        Self { shared: Arc::new(Shared { place, clock: options.clock, readers, writer }) }
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        let place = || self.shared.place.to_string();
        self.shared.writer.as_ref().ok_or_else(|| StoreError::OpenedForReading { place: place() })
    }

    /// Runs `work` where it may block, on a connection for reading.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Place) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.shared.clone();
        blocking(self.shared.place.clone(), move || shared.readers.with(|connection| work(connection, &shared.place)))
            .await
    }
}

#[async_trait]
impl Backend for SqliteRecords {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn put(&self, rows: Vec<Row>) -> Result<Vec<Put>, StoreError> {
        let writer = self.writer()?;
        writer.put(rows, (self.shared.clock)().as_microsecond()).await
    }

    async fn list(&self, query: Query, limit: u32) -> Result<Vec<Summary>, StoreError> {
        let filter = Filter::new(&query)?;
        self.read(move |connection, place| {
            read::list(connection, &filter, limit).map_err(|source| place.error("list records", source))
        })
        .await
    }

    async fn ids_with_prefix(&self, prefix: String, limit: u32) -> Result<Vec<String>, StoreError> {
        self.read(move |connection, place| {
            read::ids_with_prefix(connection, &prefix, limit).map_err(|source| place.error("look up an id", source))
        })
        .await
    }

    async fn get(&self, id: String) -> Result<Option<Stored>, StoreError> {
        self.read(move |connection, place| {
            let raw = read::get(connection, &id).map_err(|source| place.error("get a record", source))?;
            raw.map(|raw| stored(raw, id, place)).transpose()
        })
        .await
    }

    async fn export(&self, query: Query, format: Format, destination: Destination) -> Result<u64, StoreError> {
        self.read(move |connection, place| Export { connection, place, query: &query }.run(format, destination)).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|connection, place| read::counts(connection).map_err(|source| place.error("count records", source)))
            .await
    }

    async fn bury(&self, tombstone: Tombstone) -> Result<(), StoreError> {
        self.writer()?.change(move |connection| forget::bury(connection, &tombstone)).await
    }

    async fn candidates(&self, site: String, after: String) -> Result<Vec<Candidate>, StoreError> {
        self.read(move |connection, place| {
            forget::candidates(connection, &site, &after).map_err(|source| place.error("look for documents", source))
        })
        .await
    }

    async fn erase(&self, target: Target, ids: Vec<String>) -> Result<(), StoreError> {
        self.writer()?.change(move |connection| forget::erase(connection, &target.key(), &ids)).await
    }

    async fn erased(&self, target: Target) -> Result<Vec<String>, StoreError> {
        self.read(move |connection, place| {
            forget::erased(connection, &target.key()).map_err(|source| place.error("look up what was deleted", source))
        })
        .await
    }

    async fn lift(&self, target: Target) -> Result<(), StoreError> {
        self.writer()?.change(move |connection| forget::lift(connection, &target)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.read(open::check_version).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        blocking(self.shared.place.clone(), move || {
            shared.readers.close();
            shared.writer.as_ref().map_or(Ok(()), Writer::close)
        })
        .await
    }
}

fn stored(raw: read::RawStored, id: String, place: &Place) -> Result<Stored, StoreError> {
    let record = serde_json::from_str(&raw.json).map_err(|source| StoreError::Unreadable {
        place: place.to_string(),
        id,
        source: Arc::new(source),
    })?;
    Ok(Stored { record, revisions: raw.revisions, first_seen_at: raw.first_seen_at, last_seen_at: raw.last_seen_at })
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    place: Place,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Err(_) => Err(place.closed()),
    }
}
