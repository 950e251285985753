//! What a database error means to the caller.

use crate::error::FrontierError;
use sqlx::Error;
use std::sync::Arc;

/// The frontier's error for a database error met while doing `action`.
pub(super) fn classify(action: &'static str, error: Error) -> FrontierError {
    match code(&error).as_deref() {
        // disk_full
        Some("53100") => return FrontierError::Full { action, source: Arc::new(error) },
        // insufficient_privilege
        Some("42501") => return FrontierError::Database { action, transient: false, source: Arc::new(error) },
        _ => {}
    }
    if matches!(error, Error::PoolClosed) {
        return FrontierError::Closed { action };
    }
    let transient = is_transient(&error);
    FrontierError::Database { action, transient, source: Arc::new(error) }
}

/// An error of ours about how the database is set up.
pub(super) fn unusable(action: &'static str, message: String) -> FrontierError {
    FrontierError::Database { action, transient: false, source: Arc::new(std::io::Error::other(message)) }
}

/// The error for work that took longer than `PostgresOptions::timeout`.
pub(super) fn timed_out(action: &'static str) -> FrontierError {
    let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "the database does not answer");
    FrontierError::Database { action, transient: true, source: Arc::new(source) }
}

/// Whether two transactions stood in each other's way, so that the same one may succeed at once.
pub(super) fn is_conflict(error: &Error) -> bool {
    // serialization_failure, deadlock_detected
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// Whether the database or the way to it is in trouble, as opposed to the request.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolTimedOut | Error::WorkerCrashed => true,
        Error::BeginFailed => true,
        Error::Database(_) => code(error).is_some_and(|code| {
            // connection exceptions, rollbacks, insufficient resources, operator intervention, system errors
            ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
                // lock_not_available; a server that is a standby for now
                || matches!(&*code, "55P03" | "25006")
        }),
        _ => false,
    }
}

/// The SQLSTATE of an error that the database itself reported.
fn code(error: &Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}
