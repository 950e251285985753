//! What every sink promises.

use crate::{Record, StoreError};
use async_trait::async_trait;
use baogao_model::{ReportId, Target, Tombstone};

/// A place where records end up.
///
/// # Promises of every sink
///
/// - A document stands there once, however often and in whatever order its revisions arrive, from
///   however many callers at the same time: its current revision is the one with the highest order.
/// - [`Sink::put`] is idempotent. Who does not know whether it came through puts again.
/// - What was taken down does not come back: not with messages that were under way, not by another
///   page of the same document.
#[async_trait]
pub trait Sink: Send + Sync {
    /// The sink's short name, for queues, logs and metrics.
    fn name(&self) -> &str;

    /// Takes a batch: all of it in one transaction, or nothing. Returns when it is durable, with one
    /// answer per record in the order given.
    ///
    /// The batch may hold several revisions of a document, and the same one twice. A caller that
    /// stops waiting does not know whether the batch came through.
    ///
    /// # Errors
    ///
    /// When a record cannot be stored as it is, or the store is at fault;
    /// [`StoreError::is_transient`] tells which.
    async fn put(&self, records: &[Record]) -> Result<Vec<Put>, StoreError>;

    /// Takes down what a tombstone covers: first nothing of it can be put any more, then every revision
    /// of its documents is deleted, in steps. Returns when that is durable, with the ids of all
    /// documents that were ever deleted for this target. Again, it finishes what was broken off.
    ///
    /// A document is covered by any of its pages, in any of its revisions, and by the address that it
    /// declares for itself.
    ///
    /// # Errors
    ///
    /// When the store is at fault.
    async fn forget(&self, tombstone: &Tombstone) -> Result<Vec<ReportId>, StoreError>;

    /// Lets what exactly this target covered be put again. Nothing comes back by itself.
    ///
    /// # Errors
    ///
    /// When the store is at fault.
    async fn lift(&self, target: &Target) -> Result<(), StoreError>;
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Put {
    /// The document was not known.
    New,
    /// The document was known; this revision is now the current one in place of another.
    Revised,
    /// This revision was the current one already.
    Unchanged,
    /// A revision of a higher order is there: this one is history.
    Superseded,
    /// The document was taken down: it was not stored.
    Forgotten,
}

impl Put {
    /// The name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revised => "revised",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Forgotten => "forgotten",
        }
    }
}
