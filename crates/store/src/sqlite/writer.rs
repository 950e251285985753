//! The one thread that writes.
//!
//! Puts that wait at the same time share a transaction (group commit), since what costs is making
//! a commit durable and not what is in it. Each put has its own savepoint, so one that fails takes
//! no neighbour with it. Answers go out after the commit.
//!
//! The rules of revision hold inside the transaction, so a second process may write the same file;
//! it only has to wait its turn.

use super::place::Place;
use super::{forget, revise};
use crate::row::Row;
use crate::{Put, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The most puts that share one transaction, and the most that may wait for one.
const MAX_GROUP: usize = 100;

/// A change of its own; done again where its transaction was lost.
type Change = Box<dyn Fn(&Connection) -> rusqlite::Result<()> + Send>;

/// What is to be done in a transaction, if need be again after one that was lost.
enum Work {
    Put { rows: Vec<Row>, now_us: i64 },
    Change(Change),
}

/// One call on its way.
struct Op {
    work: Work,
    reply: oneshot::Sender<Result<Vec<Put>, StoreError>>,
}

/// A handle on the writing thread. The thread ends when it was closed or every handle is gone, and
/// what was sent has been written.
pub(super) struct Writer {
    place: Place,
    sender: Mutex<Option<mpsc::Sender<Op>>>,
    thread: Mutex<Option<JoinHandle<rusqlite::Result<()>>>>,
}

impl Writer {
    /// Starts the thread on a connection that is open for writing.
    pub(super) fn start(connection: Connection, place: Place) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(MAX_GROUP);
        let here = place.clone();
        let thread = std::thread::Builder::new()
            .name("baogao-store".to_owned())
            .spawn(move || run(connection, receiver, &here))
            .map_err(|source| StoreError::Unavailable {
                place: place.to_string(),
                doing: "start the writing thread",
                source: std::sync::Arc::new(source),
            })?;
        Ok(Self { place, sender: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Has `rows` written in one transaction; returns when they are durable.
    pub(super) async fn put(&self, rows: Vec<Row>, now_us: i64) -> Result<Vec<Put>, StoreError> {
        self.send(Work::Put { rows, now_us }).await
    }

    /// Has something else changed in one transaction; returns when that is durable.
    pub(super) async fn change(
        &self,
        change: impl Fn(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.send(Work::Change(Box::new(change))).await.map(drop)
    }

    async fn send(&self, work: Work) -> Result<Vec<Put>, StoreError> {
        let sender = locked(&self.sender).clone().ok_or_else(|| self.place.closed())?;
        let (reply, answer) = oneshot::channel();
        sender.send(Op { work, reply }).await.map_err(|_| self.place.closed())?;
        // Or else the thread waits for us when it is closed meanwhile.
        drop(sender);
        answer.await.map_err(|_| self.place.closed())?
    }

    /// Takes nothing more and waits until everything that was sent is written and the file closed.
    /// Blocks.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        drop(locked(&self.sender).take());
        let Some(thread) = locked(&self.thread).take() else { return Ok(()) };
        match thread.join() {
            Ok(result) => result.map_err(|source| self.place.error("close the store", source)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The content of a lock. It holds no state that a panic could leave half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(mut connection: Connection, mut ops: mpsc::Receiver<Op>, place: &Place) -> rusqlite::Result<()> {
    while let Some(first) = ops.blocking_recv() {
        let mut group = vec![first];
        while group.len() < MAX_GROUP {
            let Ok(op) = ops.try_recv() else { break };
            group.push(op);
        }
        write(&mut connection, group, place);
    }
    // So that the file alone is a whole backup. Readers that are still open make it wait for another time.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, source)| source)
}

/// Writes a group together; if its transaction is lost, each on its own, so that what fits is kept.
fn write(connection: &mut Connection, group: Vec<Op>, place: &Place) {
    match commit(connection, &group) {
        Ok(results) => {
            for (op, result) in group.into_iter().zip(results) {
                answer(op, result.map_err(|source| place.error(PUT, source)));
            }
        }
        Err(Lost::AtBegin(source)) => answer_all(group, &place.error(PUT, source)),
        Err(Lost::Later(_)) if group.len() > 1 => {
            for op in group {
                write(connection, vec![op], place);
            }
        }
        Err(Lost::Later(source)) => answer_all(group, &place.error(PUT, source)),
    }
}

const PUT: &str = "put records";

/// Why a transaction came to nothing.
enum Lost {
    /// It could not begin: trying each put alone would only wait as many times.
    AtBegin(rusqlite::Error),
    /// A put or the commit brought it down.
    Later(rusqlite::Error),
}

/// Runs a group in one transaction and commits it.
fn commit(connection: &mut Connection, group: &[Op]) -> Result<Vec<rusqlite::Result<Vec<Put>>>, Lost> {
    let mut transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Lost::AtBegin)?;
    let mut results = Vec::with_capacity(group.len());
    for op in group {
        let result = apply(&mut transaction, op);
        match result {
            // A full disk makes SQLite roll back everything, not just the savepoint.
            Err(source) if transaction.is_autocommit() => return Err(Lost::Later(source)),
            result => results.push(result),
        }
    }
    transaction.commit().map_err(Lost::Later)?;
    Ok(results)
}

/// Does all that one call is about, or nothing.
fn apply(transaction: &mut Transaction<'_>, op: &Op) -> rusqlite::Result<Vec<Put>> {
    // Dropped without a commit it rolls back.
    let savepoint = transaction.savepoint()?;
    let mut puts = Vec::new();
    match &op.work {
        Work::Put { rows, now_us } => {
            for row in rows {
                let is_refused = forget::refuses(&savepoint, row)?;
                puts.push(if is_refused { Put::Forgotten } else { revise::put(&savepoint, row, *now_us)? });
            }
        }
        Work::Change(change) => change(&savepoint)?,
    }
    savepoint.commit()?;
    Ok(puts)
}

fn answer_all(group: Vec<Op>, error: &StoreError) {
    for op in group {
        answer(op, Err(error.clone()));
    }
}

fn answer(op: Op, result: Result<Vec<Put>, StoreError>) {
    // Who stopped waiting does not want to know.
    let _ = op.reply.send(result);
}
