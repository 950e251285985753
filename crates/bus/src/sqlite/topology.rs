//! The queues as the writer knows them: who is bound to what, and where looking may be worth it.

use super::rows;
use crate::topic::Pattern;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// All queues by their row ids.
#[derive(Default)]
pub(super) struct Topology {
    queues: BTreeMap<i64, Queue>,
}

struct Queue {
    name: String,
    bindings: Vec<Pattern>,
    /// Whether there may be messages to take, by suspicion level 0, 1, 2. Only a hint that saves
    /// queries: set whenever a message may have become ready, also by a transaction that fails later,
    /// and cleared when a query finds nothing.
    may_have: [bool; 3],
}

impl Topology {
    /// Reads the queues and bindings.
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut queues = BTreeMap::new();
        for (id, name) in rows::queues(conn)? {
            queues.insert(id, Queue { name, bindings: Vec::new(), may_have: [true; 3] });
        }
        for (id, pattern) in rows::bindings(conn)? {
            if let Some(queue) = queues.get_mut(&id) {
                queue.bindings.push(Pattern::new(&pattern));
            }
        }
        Ok(Self { queues })
    }

    /// The row id of a declared queue.
    pub(super) fn id_of(&self, name: &str) -> Option<i64> {
        self.queues.iter().find(|(_, queue)| queue.name == name).map(|(id, _)| *id)
    }

    /// The queues that take messages with this routing key.
    pub(super) fn route(&self, routing_key: &str) -> Vec<i64> {
        let mut takers = Vec::new();
        for (id, queue) in &self.queues {
            if queue.bindings.iter().any(|pattern| pattern.matches(routing_key)) {
                takers.push(*id);
            }
        }
        takers
    }

    /// Says that `queue` may have messages of this suspicion.
    pub(super) fn wake(&mut self, queue: i64, suspicion: u8) {
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.may_have[usize::from(suspicion)] = true;
        }
    }

    /// Says that every queue may have messages of any suspicion.
    pub(super) fn wake_all(&mut self) {
        for queue in self.queues.values_mut() {
            queue.may_have = [true; 3];
        }
    }

    /// Says that a query found no messages with a suspicion from `levels` in `queue`.
    pub(super) fn found_none(&mut self, queue: i64, levels: RangeInclusive<u8>) {
        if let Some(queue) = self.queues.get_mut(&queue) {
            for level in levels {
                queue.may_have[usize::from(level)] = false;
            }
        }
    }

    /// Whether `queue` may have messages with a suspicion from `levels`.
    pub(super) fn may_have(&self, queue: i64, levels: RangeInclusive<u8>) -> bool {
        let Some(queue) = self.queues.get(&queue) else { return false };
        { levels }.any(|level| queue.may_have[usize::from(level)])
    }
}
