//! One change of the database, inside the transaction it shares with others.
//!
//! Applying a change twice must be harmless while the first transaction is rolled back: what is changed in
//! memory here are only hints that may be wrong in one direction, and a counter that may skip numbers.

use super::inbox::Write;
use super::listeners::Listeners;
use super::topology::Topology;
use super::{listeners, read, rows};
use crate::Options;
use crate::backend::Decision;
use baogao_model::Message;
use rusqlite::Connection;

pub(super) struct Scope<'a> {
    pub(super) conn: &'a Connection,
    pub(super) topology: &'a mut Topology,
    pub(super) listeners: &'a Listeners,
    pub(super) options: &'a Options,
    pub(super) last_position: &'a mut i64,
    /// Microseconds since 1970.
    pub(super) now: i64,
}

impl Scope<'_> {
    /// Applies one change; gives the number of dead letters it concerned, if they are what it is about.
    pub(super) fn apply(&mut self, write: &Write) -> rusqlite::Result<u64> {
        match write {
            Write::Declare(queues) => rows::declare(self.conn, queues)?,
            Write::Publish(messages) => self.publish(messages)?,
            Write::Settle { delivery, decision } => self.settle(*delivery, decision)?,
            Write::Replay(filter) => {
                let ids = read::dead_ids(self.conn, filter)?;
                for id in &ids {
                    let position = self.next_position();
                    let (queue, suspicion) = rows::replay(self.conn, *id, position)?;
                    self.topology.wake(queue, suspicion);
                }
                return Ok(ids.len() as u64);
            }
            Write::Discard(filter) => {
                let ids = read::dead_ids(self.conn, filter)?;
                for id in &ids {
                    rows::remove(self.conn, *id)?;
                }
                return Ok(ids.len() as u64);
            }
        }
        Ok(0)
    }

    fn publish(&mut self, messages: &[Message]) -> rusqlite::Result<()> {
        for message in messages {
            let queues = self.topology.route(&message.routing_key);
            let hearing = self.listeners.hearing(&message.routing_key);
            if queues.is_empty() {
                tracing::debug!(id = %message.id, routing_key = %message.routing_key, "no queue takes {}", message.id);
                if hearing.is_empty() {
                    continue;
                }
            }
            let position = self.next_position();
            let seq = rows::publish(self.conn, message, &queues, position)?;
            for listener in hearing {
                listeners::tell(self.conn, listener, seq, message.body.len() as i64)?;
            }
            for queue in queues {
                self.topology.wake(queue, 0);
            }
        }
        Ok(())
    }

    fn settle(&mut self, delivery: i64, decision: &Decision) -> rusqlite::Result<()> {
        match decision {
            Decision::Ack => rows::remove(self.conn, delivery),
            Decision::PublishThenAck(messages) => {
                self.publish(messages)?;
                rows::remove(self.conn, delivery)
            }
            Decision::RetryLater { error } => rows::retry_later(self.conn, delivery, error, self.now, self.options),
            Decision::HandBack => {
                if let Some((queue, suspicion)) = rows::hand_back(self.conn, delivery)? {
                    self.topology.wake(queue, suspicion);
                }
                Ok(())
            }
            Decision::DeadLetter { error } => rows::bury(self.conn, delivery, error, self.now),
        }
    }

    fn next_position(&mut self) -> i64 {
        *self.last_position += 1;
        *self.last_position
    }
}
