//! The trait every back end fills, and the handle that services hold.
//!
//! What a record looks like as rows (`row`), which revision is current (`rule`), and what leaves in
//! an export (`export`) is decided once for all of them; a back end adds storage and transactions.

use crate::forget::{Candidate, Covered, covered};
use crate::postgres::{PostgresOptions, PostgresRecords};
use crate::row::Row;
use crate::sqlite::SqliteRecords;
use crate::{Counts, DEFAULT_LIMIT, Format, MAX_LIMIT, Options, Put, Query, Record, Sink, StoreError, Stored, Summary};
use async_trait::async_trait;
use baogao_model::{ReportId, Target, Tombstone};
use jiff::Timestamp;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// What tells the time at which records are seen.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many candidates an ambiguous prefix names.
const MAX_CANDIDATES: u32 = 10;

/// Where an export goes.
pub(crate) type Destination = Box<dyn Write + Send>;

/// What a back end's storage does; see [`Records`] for the promises of each method.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// The name of the sink.
    fn name(&self) -> &'static str;
    /// Puts `rows`, which are not none, in one transaction.
    async fn put(&self, rows: Vec<Row>) -> Result<Vec<Put>, StoreError>;
    /// The summaries that `query` means, `limit` at most.
    async fn list(&self, query: Query, limit: u32) -> Result<Vec<Summary>, StoreError>;
    /// The ids that begin with `prefix`, in order, `limit` at most.
    async fn ids_with_prefix(&self, prefix: String, limit: u32) -> Result<Vec<String>, StoreError>;
    /// The document with exactly this id.
    async fn get(&self, id: String) -> Result<Option<Stored>, StoreError>;
    async fn export(&self, query: Query, format: Format, destination: Destination) -> Result<u64, StoreError>;
    async fn counts(&self) -> Result<Counts, StoreError>;
    /// Keeps a tombstone: from now on nothing that it covers is put.
    async fn bury(&self, tombstone: Tombstone) -> Result<(), StoreError>;
    /// The revisions of the next documents behind the id `after` that may be of a site, those of one
    /// document together; none at the end.
    async fn candidates(&self, site: String, after: String) -> Result<Vec<Candidate>, StoreError>;
    /// Deletes documents for a target.
    async fn erase(&self, target: Target, ids: Vec<String>) -> Result<(), StoreError>;
    /// The ids of what was ever deleted for a target, in order.
    async fn erased(&self, target: Target) -> Result<Vec<String>, StoreError>;
    /// Takes back what was done for a target.
    async fn lift(&self, target: Target) -> Result<(), StoreError>;
    async fn check(&self) -> Result<(), StoreError>;
    async fn close(&self) -> Result<(), StoreError>;
}

/// A store of records: a sink, and queries.
///
/// Clones share the store. Dropping the last one is safe; [`Records::close`] also waits.
#[derive(Clone)]
pub struct Records {
    backend: Arc<dyn Backend>,
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
        Ok(Self { backend: Arc::new(SqliteRecords::open(path.into(), options).await?) })
    }

    /// Opens the SQLite file at `path` for reading only, beside a process that may be writing it.
    ///
    /// # Errors
    ///
    /// When there is no such file, it is not ours, or its schema is not the one of this program.
    pub async fn sqlite_read_only(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Ok(Self { backend: Arc::new(SqliteRecords::open_read_only(path.into()).await?) })
    }

    /// Connects to the PostgreSQL database at `url`, such as `postgres://user:password@host/database`,
    /// and brings the schema up to date; makes it if it is not there. Puts go through a task of the
    /// runtime this is called on.
    ///
    /// Programs of several versions may use one database at the same time: a newer schema is accepted
    /// unless a change that this program cannot work with was made.
    ///
    /// # Errors
    ///
    /// Transient when the server cannot be reached or refuses for the moment; otherwise the address
    /// is wrong, the schema is another program's, or it is too new.
    pub async fn postgres(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self { backend: Arc::new(PostgresRecords::connect(url, options).await?) })
    }

    /// Lists the current records that `query` means: latest year first, then by code and id.
    ///
    /// # Errors
    ///
    /// When the cursor is not one of ours, or the store is at fault.
    pub async fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
        self.backend.list(query.clone(), limit).await
    }

    /// Finds the document with this id, or the only one whose id begins so; case does not matter.
    ///
    /// # Errors
    ///
    /// When several ids begin so, the record is unreadable, or the store is at fault.
    pub async fn get(&self, id_or_unique_prefix: &str) -> Result<Option<Stored>, StoreError> {
        let prefix = id_or_unique_prefix.trim().to_ascii_lowercase();
        // No id holds U+0000, and not every database can be asked for it.
        if prefix.is_empty() || prefix.contains('\0') {
            return Ok(None);
        }
        match self.resolve(prefix).await? {
            Some(id) => self.backend.get(id).await,
            None => Ok(None),
        }
    }

    /// The id that `prefix` means, if there is one.
    async fn resolve(&self, prefix: String) -> Result<Option<String>, StoreError> {
        let mut ids = self.backend.ids_with_prefix(prefix.clone(), MAX_CANDIDATES + 1).await?;
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

    /// Writes the current records that `query` means to `destination`, in the order of lists, and
    /// flushes it. Gives the number of lines or rows written, header apart.
    ///
    /// `destination` is written to on a thread of its own, where it may block; no state of the
    /// database is held open meanwhile. A few records are held in memory at a time, and 8 bytes of
    /// each that is meant.
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
        self.backend.export(query.clone(), format, Box::new(destination)).await
    }

    /// The documents that taking `target` down would delete, in the order of ids.
    ///
    /// # Errors
    ///
    /// When the store is at fault.
    pub async fn covered(&self, target: &Target) -> Result<Vec<Covered>, StoreError> {
        let (mut all, mut after) = (Vec::new(), String::new());
        while let Some((some, last)) = self.next_covered(target, after).await? {
            all.extend(some);
            after = last;
        }
        Ok(all)
    }

    /// Of the next documents behind the id `after` those that a target covers, and the last id that was
    /// looked at; none at the end.
    async fn next_covered(&self, target: &Target, after: String) -> Result<Option<(Vec<Covered>, String)>, StoreError> {
        let candidates = self.backend.candidates(target.site(), after).await?;
        let Some(last) = candidates.last().map(|last| last.id.clone()) else { return Ok(None) };
        Ok(Some((covered(target, candidates), last)))
    }

    /// Counts what is there.
    ///
    /// # Errors
    ///
    /// When the store is at fault.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.backend.counts().await
    }

    /// Finds out whether the store can be asked now and has a schema that this program can work
    /// with. For readiness probes: cheap, and soon over whatever the answer.
    ///
    /// # Errors
    ///
    /// When it cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.backend.check().await
    }

    /// Finishes the puts under way and closes the store for all clones. Whatever is asked afterwards
    /// fails. A SQLite file then holds everything, its write-ahead log nothing.
    ///
    /// # Errors
    ///
    /// When the log could not be folded in. Nothing is lost: the next opening does it.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.backend.close().await
    }
}

#[async_trait]
impl Sink for Records {
    fn name(&self) -> &str {
        self.backend.name()
    }

    async fn put(&self, records: &[Record]) -> Result<Vec<Put>, StoreError> {
        let rows = records.iter().map(Row::new).collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.backend.put(rows).await
    }

    async fn forget(&self, tombstone: &Tombstone) -> Result<Vec<ReportId>, StoreError> {
        let target = &tombstone.target;
        self.backend.bury(tombstone.clone()).await?;
        let mut after = String::new();
        while let Some((some, last)) = self.next_covered(target, after).await? {
            let ids: Vec<String> = some.into_iter().map(|one| one.id.as_str().to_owned()).collect();
            if !ids.is_empty() {
                self.backend.erase(target.clone(), ids).await?;
            }
            after = last;
        }
        let erased = self.backend.erased(target.clone()).await?;
        Ok(erased.into_iter().map(ReportId::from_stored).collect())
    }

    async fn lift(&self, target: &Target) -> Result<(), StoreError> {
        self.backend.lift(target.clone()).await
    }
}
