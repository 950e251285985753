//! The bus in a SQLite database: the embedded default.
//!
//! All writing is done by one thread (`writer`), which also decides who gets what, so that no two
//! consumers ever compete for a row. Readers open the file for a moment and see the last commit.

mod apply;
mod consumers;
mod inbox;
mod listeners;
mod listening;
mod read;
mod recovery;
mod rows;
mod schema;
mod topology;
mod visitor;
mod writer;

pub(crate) use visitor::{Visit, VisitorBus};

use crate::backend::{Backend, Received, Source};
use crate::listener::Ear;
use crate::{BusError, DeadLetter, DeadLetterFilter, Options, QueueDepth, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use consumers::{ConsumerId, Item};
use inbox::{Command, Inbox, Write};
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// How many publishers' calls may wait for the writer; the others wait before handing over their bodies.
const MAX_WAITING_PUBLISHES: usize = 256;

/// The back end of the process that works with the file.
pub(crate) struct SqliteBus {
    path: PathBuf,
    inbox: Inbox,
    next_consumer: AtomicU64,
    publishes: Arc<Semaphore>,
    is_closed: AtomicBool,
}

impl SqliteBus {
    pub(crate) async fn open(path: &Path, options: Options) -> Result<Self, BusError> {
        let file = path.to_owned();
        let inbox = blocking(move || writer::start(&file, options)).await?;
        Ok(Self {
            path: path.to_owned(),
            inbox,
            next_consumer: AtomicU64::new(0),
            publishes: Arc::new(Semaphore::new(MAX_WAITING_PUBLISHES)),
            is_closed: AtomicBool::new(false),
        })
    }

    fn check_open(&self) -> Result<(), BusError> {
        if self.is_closed.load(Ordering::SeqCst) { Err(BusError::Closed) } else { Ok(()) }
    }
}

#[async_trait]
impl Backend for SqliteBus {
    async fn declare(&self, queues: &[QueueSpec]) -> Result<(), BusError> {
        self.inbox.write(Write::Declare(queues.to_vec()), None).await.map(drop)
    }

    async fn publish(&self, messages: Vec<Message>) -> Result<(), BusError> {
        let permit = Arc::clone(&self.publishes).acquire_owned().await.map_err(|_| BusError::Closed)?;
        self.inbox.write(Write::Publish(messages), Some(permit)).await.map(drop)
    }

    async fn consume(&self, queue: &str, prefetch: usize) -> Result<Box<dyn Source>, BusError> {
        let consumer = self.next_consumer.fetch_add(1, Ordering::SeqCst);
        let (sender, items) = unbounded_channel();
        // Made first, so that a call dropped halfway unsubscribes.
        let source = SqliteSource { consumer, items, asked: None, inbox: self.inbox.clone() };
        let (queue, inbox) = (queue.to_owned(), self.inbox.clone());
        self.inbox.ask(|reply| Command::Subscribe { consumer, queue, prefetch, items: sender, inbox, reply }).await?;
        Ok(Box::new(source))
    }

    async fn listen(&self, patterns: Vec<String>, ear: Arc<Ear>) -> Result<Option<JoinHandle<()>>, BusError> {
        self.check_open()?;
        let task = listening::listen(&self.path, patterns, ear).await?;
        self.inbox.post(Command::LookAround);
        Ok(Some(task))
    }

    async fn depths(&self) -> Result<Vec<QueueDepth>, BusError> {
        self.check_open()?;
        look(&self.path, read::depths).await
    }

    async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError> {
        self.check_open()?;
        let filter = filter.clone();
        look(&self.path, move |conn| read::dead_letters(conn, &filter)).await
    }

    async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.inbox.write(Write::Replay(filter.clone()), None).await
    }

    async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.inbox.write(Write::Discard(filter.clone()), None).await
    }

    async fn check(&self) -> Result<(), BusError> {
        self.check_open()
    }

    async fn close(&self) -> Result<(), BusError> {
        self.is_closed.store(true, Ordering::SeqCst);
        match self.inbox.ask(|reply| Command::Close { reply }).await {
            // Somebody else has closed it.
            Ok(_) | Err(BusError::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// One consumer's end of the way from the writer.
struct SqliteSource {
    consumer: ConsumerId,
    items: UnboundedReceiver<Item>,
    /// The answer to an offer taken up. Kept over calls of `next`, so that a dropped one loses nothing.
    asked: Option<oneshot::Receiver<Received>>,
    inbox: Inbox,
}

#[async_trait]
impl Source for SqliteSource {
    async fn next(&mut self) -> Result<Received, BusError> {
        loop {
            if let Some(asked) = &mut self.asked {
                let answer = asked.await;
                self.asked = None;
                // A hang-up: another consumer was faster.
                if let Ok(received) = answer {
                    return Ok(received);
                }
            }
            match self.items.recv().await {
                None => return Err(BusError::Closed),
                Some(Item::Delivery(received)) => return Ok(received),
                Some(Item::SuspectOffered) => {
                    let (give, asked) = oneshot::channel();
                    self.inbox.post(Command::AskForSuspect { consumer: self.consumer, give });
                    self.asked = Some(asked);
                }
            }
        }
    }
}

impl Drop for SqliteSource {
    /// Stops further deliveries. What lies in `items` is dropped after this, and so handed back.
    fn drop(&mut self) {
        self.inbox.post(Command::Unsubscribe { consumer: self.consumer });
    }
}

/// Opens the file for one question.
async fn look<T: Send + 'static>(
    path: &Path,
    ask: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, BusError> {
    let path = path.to_owned();
    blocking(move || {
        let mut conn = schema::open_reader(&path)?;
        ask(&mut conn).map_err(|error| sqlite_error(&path, error))
    })
    .await
}

/// Runs work that waits for the disk where it holds up no other task.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(BusError::Broken { source: error.into() }),
    }
}

/// What an error of SQLite means for the bus at `path`.
fn sqlite_error(path: &Path, error: rusqlite::Error) -> BusError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => BusError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => BusError::ReadOnly { path },
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed,
        ) => BusError::Unavailable { source: error.into() },
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase) => BusError::Open { path, source: error.into() },
        _ => BusError::Broken { source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn what_passes_by_itself_is_transient() {
        for (code, name, is_transient) in [
            (ffi::SQLITE_FULL, "Full", true),
            (ffi::SQLITE_BUSY, "Unavailable", true),
            (ffi::SQLITE_IOERR, "Unavailable", true),
            (ffi::SQLITE_NOMEM, "Unavailable", true),
            (ffi::SQLITE_READONLY, "ReadOnly", false),
            (ffi::SQLITE_PERM, "ReadOnly", false),
            (ffi::SQLITE_CANTOPEN, "Open", false),
            (ffi::SQLITE_NOTADB, "Open", false),
            (ffi::SQLITE_CORRUPT, "Broken", false),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = sqlite_error(Path::new("bus.db"), error);
            assert!(format!("{error:?}").starts_with(name), "{code}: {error:?}");
            assert_eq!(error.is_transient(), is_transient, "{code}: {error:?}");
        }
    }
}
