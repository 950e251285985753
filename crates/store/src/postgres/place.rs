//! Where the database is, and what its errors mean there.

use crate::{Cause, StoreError};
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The address of a store, without credentials.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<str>);

impl Place {
    pub(super) fn new(options: &PgConnectOptions) -> Self {
        let (host, port) = (options.get_host(), options.get_port());
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        Self(format!("postgres://{host}:{port}/{database}").into())
    }

    /// What it means that the database answered `source` when we tried to do `doing`.
    pub(super) fn error(&self, doing: &'static str, source: sqlx::Error) -> StoreError {
        let place = self.to_string();
        let meaning = meaning(&source);
        let source: Cause = Arc::new(source);
        match meaning {
            Meaning::Full => StoreError::Full { place, source },
            Meaning::NotWritable => StoreError::NotWritable { place, source },
            Meaning::Damaged => StoreError::Damaged { place, doing, source },
            Meaning::OtherSchema => StoreError::OtherSchema { place, doing, source },
            Meaning::Lost | Meaning::Crossed | Meaning::Unavailable => StoreError::Unavailable { place, doing, source },
            Meaning::Refused => StoreError::Refused { place, doing, source },
        }
    }

    /// No answer in time.
    pub(super) fn late(&self, doing: &'static str, limit: Duration) -> StoreError {
        let source = std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {limit:?}"));
        StoreError::Unavailable { place: self.to_string(), doing, source: Arc::new(source) }
    }

    /// Every connection for reading is lent, and none came back in time.
    pub(super) fn busy(&self, doing: &'static str) -> StoreError {
        let why = "every connection for reading is in use; raise `max_readers` if this goes on";
        StoreError::Unavailable { place: self.to_string(), doing, source: Arc::new(std::io::Error::other(why)) }
    }

    pub(super) fn closed(&self) -> StoreError {
        StoreError::Closed { place: self.to_string() }
    }

    /// Waits for an answer of the database, `limit` at most.
    pub(super) async fn bounded<T>(
        &self,
        doing: &'static str,
        limit: Duration,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(limit, work).await {
            Ok(answer) => answer.map_err(|source| self.error(doing, source)),
            Err(_) => Err(self.late(doing, limit)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The connection is gone; another may do.
    Lost,
    /// The transaction got into another's way; the same may pass now.
    Crossed,
    /// The server answers, but cannot do it now.
    Unavailable,
    Full,
    NotWritable,
    Damaged,
    /// Tables or columns that should be there are not.
    OtherSchema,
    /// The request itself is at fault.
    Refused,
}

/// Reads the five characters of SQLSTATE (PostgreSQL manual, appendix A).
pub(super) fn meaning(error: &sqlx::Error) -> Meaning {
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                Meaning::Lost
            }
            sqlx::Error::BeginFailed => Meaning::Lost,
            _ => Meaning::Refused,
        };
    };
    let state = database.code().unwrap_or_default();
    match (state.get(..2).unwrap_or_default(), &*state) {
        (_, "40001" | "40P01") => Meaning::Crossed,
        // A statement prepared before somebody else changed a table, or lost by a pooler in between:
        // a new connection prepares it anew.
        (_, "0A000" | "26000") => Meaning::Unavailable,
        // Shut down by hand or by a crash, or cut off for idling in a transaction.
        ("08", _) | (_, "57P01" | "57P02" | "57P05" | "25P03") => Meaning::Lost,
        (_, "53100") => Meaning::Full,
        // Out of memory, locks or connections; starting; cancelled; timed out; a wrong password or
        // a database that is not there, which somebody is about to put right.
        ("53" | "57" | "55" | "28" | "3D" | "58", _) | (_, "40003") => Meaning::Unavailable,
        // A standby, or rights that are missing.
        (_, "25006" | "42501") => Meaning::NotWritable,
        ("XX", _) => Meaning::Damaged,
        (_, "3F000" | "42P01" | "42703" | "42883" | "42704") => Meaning::OtherSchema,
        _ => Meaning::Refused,
    }
}
