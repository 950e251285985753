//! The task that writes.
//!
//! Puts that wait at the same time share a transaction (group commit), since what costs is the round
//! trips and making a commit durable. A group that the database refuses is put again one by one, so
//! that one put's fault is no other's. Answers go out after the commit.
//!
//! When a connection is lost during a commit nobody knows whether it came through. Since putting
//! again changes nothing then, the group is simply put again.

use super::connections::Connector;
use super::ledger::Arrival;
use super::place::{Meaning, meaning};
use super::write::put_group;
use crate::row::Row;
use crate::{Put, StoreError};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// The most puts that share one transaction, and the most that may wait for one.
const MAX_GROUP: usize = 100;

/// A group that holds this many bytes of records takes no more.
const MAX_GROUP_BYTES: usize = 16 << 20;

/// How often a group is tried that another transaction gets in the way of, or whose connection was
/// lost.
const MAX_TRIES: u32 = 5;

const PUT: &str = "put records";

/// One call of [`crate::Sink::put`] on its way.
struct Op {
    rows: Vec<Row>,
    now: Timestamp,
    reply: oneshot::Sender<Result<Vec<Put>, StoreError>>,
}

/// A handle on the writing task. The task ends when it was closed or every handle is gone, and what
/// was sent has been written.
pub(super) struct Writer {
    connector: Connector,
    sender: std::sync::Mutex<Option<mpsc::Sender<Op>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the task on the present runtime.
    pub(super) fn start(connector: Connector) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_GROUP);
        let desk = Desk { connector: connector.clone(), connection: None };
        let task = tokio::spawn(run(desk, receiver));
        Self { connector, sender: std::sync::Mutex::new(Some(sender)), task: Mutex::new(Some(task)) }
    }

    /// Has `rows` written in one transaction; returns when they are durable.
    pub(super) async fn put(&self, rows: Vec<Row>, now: Timestamp) -> Result<Vec<Put>, StoreError> {
        let closed = || self.connector.place.closed();
        let sender = self.sender().clone().ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        sender.send(Op { rows, now, reply }).await.map_err(|_| closed())?;
        // Or else the task waits for us when it is closed meanwhile.
        drop(sender);
        answer.await.map_err(|_| closed())?
    }

    /// Takes nothing more and waits until everything that was sent is written or has failed.
    pub(super) async fn close(&self) {
        drop(self.sender().take());
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }

    /// It holds no state that a panic could leave half changed.
    fn sender(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<Op>>> {
        self.sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn run(mut desk: Desk, mut ops: mpsc::Receiver<Op>) {
    while let Some(first) = ops.recv().await {
        let mut bytes = bytes(&first);
        let mut group = vec![first];
        while group.len() < MAX_GROUP && bytes < MAX_GROUP_BYTES {
            let Ok(op) = ops.try_recv() else { break };
            bytes += self::bytes(&op);
            group.push(op);
        }
        desk.write(group).await;
    }
    if let Some(connection) = desk.connection {
        // It is gone one way or the other.
        let _ = tokio::time::timeout(desk.connector.connect_timeout, connection.close()).await;
    }
}

fn bytes(op: &Op) -> usize {
    op.rows.iter().map(|row| row.json.len()).sum()
}

/// Where the writing task works: its connection, if one is open.
struct Desk {
    connector: Connector,
    connection: Option<PgConnection>,
}

impl Desk {
    /// Writes a group together; if the database refuses it, each put on its own.
    async fn write(&mut self, group: Vec<Op>) {
        match self.put(&group).await {
            Ok(puts) => answer_all(group, puts),
            Err(StoreError::Refused { .. }) if group.len() > 1 => {
                for op in group {
                    let answer = self.put(std::slice::from_ref(&op)).await;
                    answer_one(op, answer);
                }
            }
            Err(error) => {
                for op in group {
                    answer_one(op, Err(error.clone()));
                }
            }
        }
    }

    /// Puts a group in one transaction, if need be several times.
    async fn put(&mut self, group: &[Op]) -> Result<Vec<Put>, StoreError> {
        let arrivals: Vec<Arrival<'_>> =
            group.iter().flat_map(|op| op.rows.iter().map(|row| Arrival { row, now: op.now })).collect();
        let mut tries = 1;
        loop {
            // Taken out: who gives up waiting for this must not leave a broken one behind.
            let kept = self.connection.take();
            let was_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.connector.connect(PUT).await?,
            };
            let limit = self.connector.statement_timeout.saturating_mul(2);
            let error = match tokio::time::timeout(limit, put_group(&mut connection, &arrivals)).await {
                Ok(Ok(puts)) => {
                    self.connection = Some(connection);
                    return Ok(puts);
                }
                Ok(Err(error)) => error,
                Err(_) => return Err(self.connector.place.late(PUT, limit)),
            };
            match meaning(&error) {
                Meaning::Crossed if tries < MAX_TRIES => {
                    // Whoever was in the way gets some time to finish.
                    tokio::time::sleep(Duration::from_millis(5) * tries).await;
                }
                // It may have died while nothing was put. A fresh one that dies is another matter.
                Meaning::Lost if was_kept => {}
                _ => return Err(self.connector.place.error(PUT, error)),
            }
            tries += 1;
        }
    }
}

/// Gives every put of a group its share of the answers.
fn answer_all(group: Vec<Op>, puts: Vec<Put>) {
    let mut puts = puts.into_iter();
    for op in group {
        let share = puts.by_ref().take(op.rows.len()).collect();
        answer_one(op, Ok(share));
    }
}

fn answer_one(op: Op, answer: Result<Vec<Put>, StoreError>) {
    // Who stopped waiting does not want to know.
    let _ = op.reply.send(answer);
}
