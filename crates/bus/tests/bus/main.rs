//! Every back end passes the same suite, and SQLite some more.

mod sqlite;
mod suite;

use baogao_bus::Bus;
use tempfile::TempDir;

async fn memory() -> (Bus, ()) {
    (Bus::memory_with(suite::options()), ())
}

async fn sqlite() -> (Bus, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Bus::sqlite(&dir.path().join("bus.db"), suite::options()).await.unwrap(), dir)
}

bus_suite!(in_memory, crate::memory());
bus_suite!(in_sqlite, crate::sqlite());
