//! Queues from the outside: how one is declared and what lies in it.

use crate::BusError;
use crate::topic::MAX_NAME_BYTES;

/// A queue and what it subscribes to.
///
/// Binding patterns are those of a topic exchange: words joined by `.`, `*` for one word, `#` for zero
/// or more, as in `report.parsed.county.#`. A message that several bindings of a queue match comes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// The name, unique on the bus; at most 255 bytes.
    pub name: String,
    /// Patterns of the routing keys it takes.
    pub bindings: Vec<String>,
}

impl QueueSpec {
    /// A queue with the given bindings.
    pub fn new<B: Into<String>>(name: impl Into<String>, bindings: impl IntoIterator<Item = B>) -> Self {
        Self { name: name.into(), bindings: bindings.into_iter().map(Into::into).collect() }
    }

    /// Refuses what AMQP could not declare.
    pub(crate) fn check(&self) -> Result<(), BusError> {
        let reject = |reason: String| Err(BusError::InvalidQueue { queue: self.name.clone(), reason });
        if self.name.is_empty() {
            return reject("it has no name".to_owned());
        }
        if self.name.len() > MAX_NAME_BYTES {
            return reject(format!("its name has {} bytes, at most {MAX_NAME_BYTES} may be", self.name.len()));
        }
        for pattern in &self.bindings {
            if pattern.len() > MAX_NAME_BYTES {
                return reject(format!("a binding has {} bytes, at most {MAX_NAME_BYTES} may be", pattern.len()));
            }
        }
        Ok(())
    }
}

/// What lies in one queue. Every message of the queue is counted in exactly one of `ready`, `unacked`,
/// `waiting`, `suspect` and `dead`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// The queue's name.
    pub queue: String,
    /// Messages that any consumer may have at once.
    pub ready: u64,
    /// Messages that are with a consumer, prefetched ones included.
    pub unacked: u64,
    /// Messages whose next attempt is not due yet.
    pub waiting: u64,
    /// Messages that were out when a process died and wait to be delivered alone.
    pub suspect: u64,
    /// Dead letters of this queue.
    pub dead: u64,
    /// The bodies of all messages but the dead letters, in bytes. A message that lies in several
    /// queues counts in each, though it is stored once.
    pub bytes: u64,
}

impl QueueDepth {
    /// Messages still owed to the queue's consumers: all but the dead letters.
    pub fn pending(&self) -> u64 {
        self.ready + self.unacked + self.waiting + self.suspect
    }
}
