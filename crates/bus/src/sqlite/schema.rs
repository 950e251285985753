//! Opening the database: its settings, its identity, its migrations.

use super::sqlite_error;
use crate::{BusError, Options};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// "BGbu" in the header of the file tells a bus from the frontier's or the records' database.
const APPLICATION_ID: i32 = 0x4247_6275;

/// Each entry takes the schema from its index to the next version. Entries are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema_v1.sql"), include_str!("schema_v2.sql")];

/// How long to wait for the lock of a checkpoint or a backup program.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const PAGE_BYTES: u32 = 4096;

/// Opens the database for the writer: creates or migrates it, and sets it up.
pub(super) fn open_writer(path: &Path, options: &Options) -> Result<Connection, BusError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = connect(path, flags)?;
    let in_file = |error| sqlite_error(path, error);
    // Free pages go back to the disk, so that a backlog worked off does not keep what the crawler's
    // free-disk limit then waits for. Has an effect only before the first table is made.
    conn.pragma_update(None, "page_size", PAGE_BYTES).map_err(in_file)?;
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(in_file)?;
    check_identity(path, &conn)?;
    conn.pragma_update(None, "journal_mode", "WAL").map_err(in_file)?;
    conn.pragma_update(None, "synchronous", "FULL").map_err(in_file)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024).map_err(in_file)?;
    if let Some(bytes) = options.max_file_bytes {
        let pages = i64::try_from(bytes / u64::from(PAGE_BYTES)).unwrap_or(i64::MAX).clamp(1, i64::from(u32::MAX) - 1);
        conn.pragma_update(None, "max_page_count", pages).map_err(in_file)?;
    }
    conn.set_prepared_statement_cache_capacity(64);
    migrate(path, &mut conn)?;
    Ok(conn)
}

/// The oldest schema that can be looked at: what came since are listeners, whom only writers ask for.
const OLDEST_READABLE: i32 = 1;

/// Opens the database for one short look.
pub(super) fn open_reader(path: &Path) -> Result<Connection, BusError> {
    open_existing(path, OpenFlags::SQLITE_OPEN_READ_ONLY, OLDEST_READABLE)
}

/// Opens the database for one short change beside its owner, who alone makes and migrates it.
pub(super) fn open_visitor(path: &Path) -> Result<Connection, BusError> {
    let conn = open_existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE, known_version())?;
    conn.pragma_update(None, "synchronous", "FULL").map_err(|error| sqlite_error(path, error))?;
    Ok(conn)
}

fn open_existing(path: &Path, mode: OpenFlags, oldest: i32) -> Result<Connection, BusError> {
    let conn = connect(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let version = check_identity(path, &conn)?;
    if version < oldest {
        // An older file has not the tables this program asks for; its owner migrates it.
        return Err(BusError::Open {
            path: path.to_owned(),
            source: format!(
                "its schema version {version} is older than {oldest}; run `baogao crawl` or `baogao run` on it once"
            )
            .into(),
        });
    }
    Ok(conn)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, BusError> {
    let opened = Connection::open_with_flags(path, flags).and_then(|conn| {
        conn.busy_timeout(BUSY_TIMEOUT)?;
        Ok(conn)
    });
    opened.map_err(|source| BusError::Open { path: path.to_owned(), source: source.into() })
}

fn known_version() -> i32 {
    // The list is written by hand, so its length fits.
    MIGRATIONS.len() as i32
}

/// Refuses a file of something else or of a later program; gives its schema version, 0 for an empty file.
fn check_identity(path: &Path, conn: &Connection) -> Result<i32, BusError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get(0)).map_err(|e| sqlite_error(path, e));
    let (found, version): (i32, i32) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| sqlite_error(path, error))?;
    if found != APPLICATION_ID && (found != 0 || tables > 0) {
        return Err(BusError::NotABus { path: path.to_owned(), found });
    }
    if version > known_version() {
        return Err(BusError::NewerSchema { path: path.to_owned(), found: version, known: known_version() });
    }
    Ok(version)
}

/// Brings the schema up to date, each step with its version number in one transaction.
fn migrate(path: &Path, conn: &mut Connection) -> Result<(), BusError> {
    let in_file = |error| sqlite_error(path, error);
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(in_file)?;
    for (from, script) in (0i32..).zip(MIGRATIONS).skip(usize::try_from(version).unwrap_or_default()) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(in_file)?;
        tx.execute_batch(script).map_err(in_file)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(in_file)?;
        tx.pragma_update(None, "user_version", from + 1).map_err(in_file)?;
        tx.commit().map_err(in_file)?;
    }
    Ok(())
}
