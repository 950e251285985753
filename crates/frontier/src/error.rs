//! What can go wrong with the frontier's own storage.

use std::path::PathBuf;
use std::sync::Arc;

/// The error below, shared because one failed commit is told to every caller in its batch.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why the frontier could not do what it was asked. Nothing of the request has happened then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FrontierError {
    /// The database file could not be opened.
    #[error("cannot open the frontier {}; its folder must exist and be writable", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// A later version of this program has written the database, in a way that this one cannot
    /// work with.
    #[error("the frontier {place} has schema {found}, newer than {known}, which this program knows; upgrade it")]
    NewerSchema {
        /// The file, or the schema and database.
        place: String,
        /// The version found there.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The disk is full. The same request succeeds once there is room.
    #[error("no room left to {action} in the frontier; free disk space, nothing stored is lost")]
    Full {
        /// What was asked.
        action: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The frontier was opened for reading, or its file may not be written.
    #[error("cannot {action}: the frontier is read-only; open it for writing or make its file writable")]
    ReadOnly {
        /// What was asked.
        action: &'static str,
    },
    /// Anything else the database says.
    #[error("cannot {action} in the frontier's database")]
    Database {
        /// What was asked.
        action: &'static str,
        /// Whether the same request may succeed later.
        transient: bool,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// [`crate::Frontier::close`] was called, or the writer has died.
    #[error("cannot {action}: the frontier is closed")]
    Closed {
        /// What was asked.
        action: &'static str,
    },
}

impl FrontierError {
    /// Whether the same request may succeed later without anybody changing it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Database { transient, .. } => *transient,
            Self::Open { .. } | Self::NewerSchema { .. } | Self::ReadOnly { .. } | Self::Closed { .. } => false,
        }
    }
}
