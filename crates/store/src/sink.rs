//! What every sink promises.

use crate::{Record, StoreError};
use async_trait::async_trait;

/// A place where records end up.
///
/// # Promises of every sink
///
/// - A document stands there once, however often and in whatever order its revisions arrive, from
///   however many callers at the same time: its current revision is the one with the highest order.
/// - [`Sink::put`] is idempotent. Who does not know whether it came through puts again.
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
}

impl Put {
    /// The name for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revised => "revised",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
        }
    }
}
