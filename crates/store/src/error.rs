//! Why a store could not do what it was asked.

use baogao_model::ReportId;
use std::error::Error;
use std::sync::Arc;

/// What lies below an error. Shared, since one failed transaction answers many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store could not do what it was asked. `place` is the file or address of the store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The record would not come out as it went in.
    #[error("record {id} cannot be stored: {reason}")]
    InvalidRecord {
        /// The record.
        id: ReportId,
        /// What is wrong with it.
        reason: String,
    },
    /// A prefix that several records share.
    #[error("{prefix} is the beginning of {}{} ids: {}; write more of the one you mean",
        if *.more { "more than " } else { "" }, .candidates.len(),
        .candidates.iter().map(ReportId::as_str).collect::<Vec<_>>().join(", "))]
    AmbiguousId {
        /// The prefix.
        prefix: String,
        /// The first ids that begin with it.
        candidates: Vec<ReportId>,
        /// Whether there are others.
        more: bool,
    },
    /// A cursor that no summary gave.
    #[error("{cursor:?} is no cursor of this store; leave it out to start at the first page")]
    InvalidCursor {
        /// The cursor.
        cursor: String,
    },
    /// A stored record that this program cannot read.
    #[error("record {id} in {place} is unreadable; if a newer program wrote it, upgrade this one")]
    Unreadable {
        /// The store.
        place: String,
        /// The record.
        id: String,
        /// What the JSON reader says.
        #[source]
        source: Cause,
    },
    /// An address or a setting with which no store can be reached.
    #[error("the address of the record store is unusable: {reason}")]
    InvalidAddress {
        /// What is wrong with it.
        reason: String,
    },
    /// The export's destination takes no more.
    #[error("cannot write the export")]
    Destination {
        /// What the destination says.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A put through a handle that was opened for reading.
    #[error("{place} was opened for reading only; open it for writing to put records")]
    OpenedForReading {
        /// The store.
        place: String,
    },
    /// There is no store to read.
    #[error("there are no records at {place}; they appear with the first report that is stored")]
    Missing {
        /// The store.
        place: String,
    },
    /// The file or schema is another program's.
    #[error("{place} is not a baogao record store; choose another place")]
    Foreign {
        /// The store.
        place: String,
    },
    /// The store's schema is of another version than this program's.
    #[error("{place} has schema version {found}, this program knows {known}; {}",
        if .found > .known { "upgrade it" } else { "open it once for writing to migrate it" })]
    SchemaVersion {
        /// The store.
        place: String,
        /// The store's version.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// Tables or columns that this program needs are not there.
    #[error(
        "cannot {doing}: {place} lacks tables or columns of this program; was its schema dropped, \
        or changed by a newer program?"
    )]
    OtherSchema {
        /// The store.
        place: String,
        /// What was attempted.
        doing: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// There is no room left. Nothing of the batch was stored.
    #[error("no room left for {place}; free some disk space or raise the store's size limit")]
    Full {
        /// The store.
        place: String,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The database may not be written.
    #[error("{place} may not be written; check its permissions and those of its folder")]
    NotWritable {
        /// The store.
        place: String,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The database is busy, unreachable or fails to read or write.
    #[error("cannot {doing}: {place} is unavailable")]
    Unavailable {
        /// The store.
        place: String,
        /// What was attempted.
        doing: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The database's content is damaged.
    #[error("cannot {doing}: {place} is damaged; restore it from a backup or make it anew by replaying the archive")]
    Damaged {
        /// The store.
        place: String,
        /// What was attempted.
        doing: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The database refused what this program asked: a mistake of this program.
    #[error("cannot {doing}: {place} refused")]
    Refused {
        /// The store.
        place: String,
        /// What was attempted.
        doing: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The store was closed.
    #[error("{place} is closed")]
    Closed {
        /// The store.
        place: String,
    },
}

impl StoreError {
    /// Whether the store, and not the request, is at fault, so that the same request may succeed later.
    ///
    /// A handler hands such work back and waits; anything else would fail again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Full { .. }
            | Self::NotWritable { .. }
            | Self::Unavailable { .. }
            | Self::Damaged { .. }
            | Self::Missing { .. }
            | Self::OtherSchema { .. }
            | Self::Closed { .. } => true,
            Self::InvalidRecord { .. }
            | Self::AmbiguousId { .. }
            | Self::InvalidCursor { .. }
            | Self::Unreadable { .. }
            | Self::InvalidAddress { .. }
            | Self::Destination { .. }
            | Self::OpenedForReading { .. }
            | Self::Foreign { .. }
            | Self::SchemaVersion { .. }
            | Self::Refused { .. } => false,
        }
    }
}
