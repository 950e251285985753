//! Opening the file: which settings hold, and what schema it has.

use super::place::Place;
use crate::StoreError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::time::Duration;

/// "bgRC": marks the file as a baogao record store (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x6267_5243;

/// The schema, step by step. `PRAGMA user_version` counts the steps taken; a step that was
/// released is never edited.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_records.sql"), include_str!("migrations/0002_forgotten.sql")];

/// A write-ahead log that a burst has blown up is cut back to this many bytes.
const WAL_KEEP_BYTES: u64 = 64 << 20;

/// Opens the file for writing, makes it if it is not there, and brings its schema up to date.
pub(super) fn for_writing(
    place: &Place,
    busy_timeout: Duration,
    max_bytes: Option<u64>,
) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| place.error("open the store", source);
    let mut connection = Connection::open_with_flags(place.path(), flags).map_err(failed)?;
    connection.busy_timeout(busy_timeout).map_err(failed)?;
    // Before anything is changed: the file may be somebody else's.
    schema_version(&connection, place)?;
    configure(&connection, max_bytes).map_err(failed)?;
    migrate(&mut connection, place)?;
    Ok(connection)
}

/// Opens the file for reading. Nothing is made or migrated.
pub(super) fn for_reading(place: &Place, busy_timeout: Duration) -> Result<Connection, StoreError> {
    if !place.path().exists() {
        return Err(StoreError::Missing { place: place.to_string() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| place.error("open the store", source);
    let connection = Connection::open_with_flags(place.path(), flags).map_err(failed)?;
    connection.busy_timeout(busy_timeout).map_err(failed)?;
    check_version(&connection, place)?;
    Ok(connection)
}

/// Makes sure that the schema is one that this program can read.
pub(super) fn check_version(connection: &Connection, place: &Place) -> Result<(), StoreError> {
    let found = schema_version(connection, place)?;
    let known = known_version();
    if found < OLDEST_READABLE {
        return Err(StoreError::SchemaVersion { place: place.to_string(), found, known });
    }
    Ok(())
}

/// The oldest schema that can be read: what came since are the tombstones, which only writers ask for.
const OLDEST_READABLE: i64 = 1;

/// The schema version this program writes.
fn known_version() -> i64 {
    MIGRATIONS.len() as i64
}

/// How a writer works: a put that was answered survives a power cut.
fn configure(connection: &Connection, max_bytes: Option<u64>) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEEP_BYTES as i64)?;
    if let Some(max_bytes) = max_bytes {
        let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(max_bytes).unwrap_or(i64::MAX) / page_bytes.max(1);
        // Answers with the limit in force, which is never below the file's present size.
        connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?;
    }
    Ok(())
}

/// The file's schema version, 0 for an empty one; an error if it is not ours or too new.
fn schema_version(connection: &Connection, place: &Place) -> Result<i64, StoreError> {
    let read = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let failed = |source| place.error("read the schema version", source);
    let application = read("PRAGMA application_id").map_err(failed)?;
    let found = read("PRAGMA user_version").map_err(failed)?;
    let objects = read("SELECT count(*) FROM sqlite_schema").map_err(failed)?;
    if application != APPLICATION_ID && (application, found, objects) != (0, 0, 0) {
        return Err(StoreError::Foreign { place: place.to_string() });
    }
    let known = known_version();
    if found > known {
        return Err(StoreError::SchemaVersion { place: place.to_string(), found, known });
    }
    Ok(found)
}

/// Takes the steps that are missing, each in its own transaction.
fn migrate(connection: &mut Connection, place: &Place) -> Result<(), StoreError> {
    let failed = |source| place.error("migrate the schema", source);
    for (done, step) in MIGRATIONS.iter().enumerate() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Asked again under the lock: another process may have migrated meanwhile.
        if schema_version(&transaction, place)? == done as i64 {
            transaction.execute_batch(step).map_err(failed)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
            transaction.pragma_update(None, "user_version", done as i64 + 1).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}
