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
mod open;
mod place;
mod read;
mod readers;
mod revise;
mod row;
mod writer;

use self::export::Export;
use self::filter::Filter;
use self::place::Place;
use self::readers::Readers;
use self::row::Row;
use self::writer::Writer;
use crate::{Counts, DEFAULT_LIMIT, Format, MAX_LIMIT, Put, Query, Record, Sink, StoreError, Stored, Summary};
use async_trait::async_trait;
use baogao_model::ReportId;
use jiff::Timestamp;
use rusqlite::Connection;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What tells the time at which records are seen.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many candidates an ambiguous prefix names.
const MAX_CANDIDATES: u32 = 10;

/// How a store works. The defaults are meant for use.
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

/// A store of records: the sink of the embedded mode, and its queries.
///
/// Clones share the store. Dropping the last one is safe; [`Records::close`] also waits.
#[derive(Clone)]
pub struct Records {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    clock: Clock,
    readers: Readers,
    /// None if opened for reading.
    writer: Option<Writer>,
}

impl Records {
    /// Opens the SQLite file at `path` for reading and writing; makes it if it is not there, in a
    /// folder that is.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is not ours, or has a newer schema.
    pub async fn sqlite(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::sqlite_with(path, Options::default()).await
    }

    /// [`Records::sqlite`] with other options than the default.
    ///
    /// # Errors
    ///
    /// As for [`Records::sqlite`].
    pub async fn sqlite_with(path: impl Into<PathBuf>, options: Options) -> Result<Self, StoreError> {
        let place = Place::new(path.into());
        blocking(place.clone(), move || {
            let connection = open::for_writing(&place, options.busy_timeout, options.max_bytes)?;
            let writer = Writer::start(connection, place.clone())?;
            Ok(Self::new(place, options, Some(writer)))
        })
        .await
    }

    /// Opens the SQLite file at `path` for reading only, beside a process that may be writing it.
    ///
    /// # Errors
    ///
    /// When there is no such file, it is not ours, or its schema is not the one of this program.
    pub async fn sqlite_read_only(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let records = Self::new(Place::new(path.into()), Options::default(), None);
        // Opens a connection, and so finds out now what a query would find out.
        records.read(|_, _| Ok(())).await?;
        Ok(records)
    }

    fn new(place: Place, options: Options, writer: Option<Writer>) -> Self {
        let readers = Readers::new(place.clone(), options.busy_timeout);
        Self { shared: Arc::new(Shared { place, clock: options.clock, readers, writer }) }
    }

    /// Lists the current records that `query` means: latest year first, then by code and id.
    ///
    /// # Errors
    ///
    /// When the cursor is not one of ours, or the store is at fault.
    pub async fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        let filter = Filter::new(query)?;
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
        self.read(move |connection, place| {
            read::list(connection, &filter, limit).map_err(|source| place.error("list records", source))
        })
        .await
    }

    /// Finds the document with this id, or the only one whose id begins so; case does not matter.
    ///
    /// # Errors
    ///
    /// When several ids begin so, the record is unreadable, or the store is at fault.
    pub async fn get(&self, id_or_unique_prefix: &str) -> Result<Option<Stored>, StoreError> {
        let prefix = id_or_unique_prefix.trim().to_ascii_lowercase();
        if prefix.is_empty() {
            return Ok(None);
        }
        self.read(move |connection, place| {
            let Some(id) = resolve(connection, place, prefix)? else { return Ok(None) };
            let raw = read::get(connection, &id).map_err(|source| place.error("get a record", source))?;
            raw.map(|raw| stored(raw, id, place)).transpose()
        })
        .await
    }

    /// Writes the current records that `query` means to `destination`, in the order of lists, and
    /// flushes it. Gives the number of lines or rows written, header apart.
    ///
    /// Runs on a thread of its own, where `destination` may block. One record is held in memory at a
    /// time, and 8 bytes of each that is meant.
    ///
    /// # Errors
    ///
    /// When the destination fails, the cursor is not one of ours, or the store is at fault.
    pub async fn export(
        &self,
        query: &Query,
        format: Format,
        destination: impl Write + Send + 'static,
    ) -> Result<u64, StoreError> {
        let query = query.clone();
        self.read(move |connection, place| Export { connection, place, query: &query }.run(format, destination)).await
    }

    /// Counts what is there.
    ///
    /// # Errors
    ///
    /// When the store is at fault.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|connection, place| read::counts(connection).map_err(|source| place.error("count records", source)))
            .await
    }

    /// Finishes the puts under way, folds the write-ahead log into the file and closes it, for all
    /// clones. Whatever is asked afterwards fails.
    ///
    /// # Errors
    ///
    /// When the log could not be folded in. Nothing is lost: the next opening does it.
    pub async fn close(&self) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        blocking(self.shared.place.clone(), move || {
            shared.readers.close();
            shared.writer.as_ref().map_or(Ok(()), Writer::close)
        })
        .await
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
impl Sink for Records {
    fn name(&self) -> &str {
        "sqlite"
    }

    async fn put(&self, records: &[Record]) -> Result<Vec<Put>, StoreError> {
        let Some(writer) = &self.shared.writer else {
            return Err(StoreError::OpenedForReading { place: self.shared.place.to_string() });
        };
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let rows = records.iter().map(Row::new).collect::<Result<Vec<_>, _>>()?;
        writer.put(rows, (self.shared.clock)().as_microsecond()).await
    }
}

/// The id that `prefix` means, if there is one.
fn resolve(connection: &Connection, place: &Place, prefix: String) -> Result<Option<String>, StoreError> {
    let mut ids = read::ids_with_prefix(connection, &prefix, MAX_CANDIDATES + 1)
        .map_err(|source| place.error("look up an id", source))?;
    // They come in order, so a whole id stands before longer ones that begin with it.
    if ids.len() == 1 || ids.first() == Some(&prefix) {
        return Ok(Some(ids.swap_remove(0)));
    }
    if ids.is_empty() {
        return Ok(None);
    }
    let more = ids.len() > MAX_CANDIDATES as usize;
    ids.truncate(MAX_CANDIDATES as usize);
    Err(StoreError::AmbiguousId { prefix, candidates: ids.into_iter().map(ReportId::from_stored).collect(), more })
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
