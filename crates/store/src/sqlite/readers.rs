//! Connections for reading, kept for the next reader.

use super::open;
use super::place::Place;
use crate::StoreError;
use rusqlite::Connection;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// More connections than these are closed after use.
const MAX_IDLE: usize = 4;

/// A pool that opens what it needs. Readers never wait for each other, nor for the writer.
pub(super) struct Readers {
    place: Place,
    busy_timeout: Duration,
    /// None after closing.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(place: Place, busy_timeout: Duration) -> Self {
        Self { place, busy_timeout, idle: Mutex::new(Some(Vec::new())) }
    }

    /// Runs `work` on a connection. Blocks.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle().as_mut().ok_or_else(|| self.place.closed())?.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::for_reading(&self.place, self.busy_timeout)?,
        };
        let answer = work(&connection);
        // After a failure the connection may be what is broken.
        if answer.is_ok()
            && let Some(idle) = self.idle().as_mut()
            && idle.len() < MAX_IDLE
        {
            idle.push(connection);
        }
        answer
    }

    /// Closes what is idle and hands out nothing more.
    pub(super) fn close(&self) {
        self.idle().take();
    }

    /// A list of connections is whole whatever panicked.
    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
