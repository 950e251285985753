//! The file in the hands of a process that does not own it: looking, listening, and judging dead letters.
//!
//! SQLite lets a second process write between two transactions of the owner, and the two never want the
//! same rows: a dead letter is nobody's delivery, and only the owner makes dead letters. What the owner
//! keeps in memory are hints about what is ready; it drops them when `PRAGMA data_version` says that
//! somebody else has written (see `writer`). So nothing needs to be said between the processes.
//!
//! Each call opens the file anew and checks what it is: an owner of a later version may have come meanwhile.

use super::{blocking, listening, look, read, rows, schema, sqlite_error};
use crate::backend::{Backend, Source};
use crate::listener::Ear;
use crate::{BusError, DeadLetter, DeadLetterFilter, QueueDepth, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// What a visitor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Only look.
    Look,
    /// Also listen, and replay and discard dead letters.
    Judge,
}

/// The back end of a visitor.
pub(crate) struct VisitorBus {
    path: PathBuf,
    visit: Visit,
}

impl VisitorBus {
    pub(crate) async fn open(path: &Path, visit: Visit) -> Result<Self, BusError> {
        let bus = Self { path: path.to_owned(), visit };
        // Shows a missing or foreign file at once rather than at the first question.
        look(&bus.path, |_| Ok(())).await?;
        Ok(bus)
    }

    fn refuse<T>(&self) -> Result<T, BusError> {
        Err(BusError::ReadOnly { path: self.path.clone() })
    }

    /// Does something to each dead letter that passes the filter, in one transaction; gives their number.
    async fn judge(
        &self,
        filter: &DeadLetterFilter,
        act: fn(&Connection, i64) -> rusqlite::Result<()>,
    ) -> Result<u64, BusError> {
        if self.visit != Visit::Judge {
            return self.refuse();
        }
        let (path, filter) = (self.path.clone(), filter.clone());
        blocking(move || {
            let mut conn = schema::open_visitor(&path)?;
            judge(&mut conn, &filter, act).map_err(|error| sqlite_error(&path, error))
        })
        .await
    }
}

fn judge(
    conn: &mut Connection,
    filter: &DeadLetterFilter,
    act: fn(&Connection, i64) -> rusqlite::Result<()>,
) -> rusqlite::Result<u64> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ids = read::dead_ids(&tx, filter)?;
    for id in &ids {
        act(&tx, *id)?;
    }
    tx.commit()?;
    Ok(ids.len() as u64)
}

fn replay(conn: &Connection, id: i64) -> rusqlite::Result<()> {
    let position = rows::place_behind_ready(conn, id)?;
    rows::replay(conn, id, position).map(drop)
}

#[async_trait]
impl Backend for VisitorBus {
    async fn declare(&self, _: &[QueueSpec]) -> Result<(), BusError> {
        self.refuse()
    }

    async fn publish(&self, _: Vec<Message>) -> Result<(), BusError> {
        self.refuse()
    }

    async fn consume(&self, _: &str, _: usize) -> Result<Box<dyn Source>, BusError> {
        self.refuse()
    }

    async fn listen(&self, patterns: Vec<String>, ear: Arc<Ear>) -> Result<Option<JoinHandle<()>>, BusError> {
        if self.visit != Visit::Judge {
            return self.refuse();
        }
        listening::listen(&self.path, patterns, ear).await.map(Some)
    }

    async fn depths(&self) -> Result<Vec<QueueDepth>, BusError> {
        look(&self.path, read::depths).await
    }

    async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError> {
        let filter = filter.clone();
        look(&self.path, move |conn| read::dead_letters(conn, &filter)).await
    }

    async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.judge(filter, replay).await
    }

    async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.judge(filter, rows::remove).await
    }

    async fn check(&self) -> Result<(), BusError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), BusError> {
        Ok(())
    }
}
