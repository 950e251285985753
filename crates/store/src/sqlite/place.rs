//! Where the file lies, and what SQLite's errors mean there.

use crate::StoreError;
use rusqlite::ErrorCode;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The path of a store's file.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<Path>);

impl Place {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What it means that SQLite answered `source` when we tried to do `doing`.
    pub(super) fn error(&self, doing: &'static str, source: rusqlite::Error) -> StoreError {
        let place = self.to_string();
        let code = source.sqlite_error_code();
        let source = Arc::new(source);
        match code {
            Some(ErrorCode::DiskFull) => StoreError::Full { place, source },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::NotWritable { place, source },
            Some(ErrorCode::NotADatabase) => StoreError::Foreign { place },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { place, doing, source },
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::FileLockingProtocolFailed,
            ) => StoreError::Unavailable { place, doing, source },
            _ => StoreError::Refused { place, doing, source },
        }
    }

    pub(super) fn closed(&self) -> StoreError {
        StoreError::Closed { place: self.to_string() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}
