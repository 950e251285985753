//! Queues from the outside: how one is declared and what lies in it.

use crate::BusError;
use crate::topic::MAX_NAME_BYTES;

/// A queue and what it subscribes to.
///
/// Binding patterns are those of a topic exchange: words joined by `.`, `*` for one word, `#` for zero
/// or more, as in `report.parsed.county.#`. A message that several bindings of a queue match comes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// The name, unique on the bus; at most 200 bytes. Names that begin with `amq.` or `baogao.`, or end
    /// like those of the queues that stand behind another on a broker (`.suspect`, `.dead`, `.wait.<n>`,
    /// `.rest.<n>`), are refused.
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
        if self.name.len() > MAX_QUEUE_NAME_BYTES {
            return reject(format!("its name has {} bytes, at most {MAX_QUEUE_NAME_BYTES} may be", self.name.len()));
        }
        if is_reserved(&self.name) {
            return reject("its name is kept for queues that the bus makes itself".to_owned());
        }
        for pattern in &self.bindings {
            if pattern.len() > MAX_NAME_BYTES {
                return reject(format!("a binding has {} bytes, at most {MAX_NAME_BYTES} may be", pattern.len()));
            }
        }
        Ok(())
    }
}

/// Leaves room in AMQP's 255 bytes for the names of the queues behind it.
const MAX_QUEUE_NAME_BYTES: usize = 200;

/// Whether the name could be that of a queue which a back end makes for itself.
fn is_reserved(name: &str) -> bool {
    let mut words = name.rsplit('.');
    let (last, before) = (words.next().unwrap_or_default(), words.next());
    let is_number = last.bytes().all(|b| b.is_ascii_digit());
    match before {
        None => false,
        Some("wait" | "rest") if is_number => true,
        Some(_) => matches!(last, "suspect" | "dead") || name.starts_with("amq.") || name.starts_with("baogao."),
    }
}

/// What lies in one queue. Every message of the queue is counted in exactly one of `ready`, `unacked`,
/// `waiting`, `suspect` and `dead`; but on RabbitMQ, where the counts are taken one after the other, a
/// message that moves meanwhile may be missed, and what other processes have out is not known.
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
    /// queues counts in each, though it is stored once. None where the back end does not tell: RabbitMQ.
    pub bytes: Option<u64>,
}

impl QueueDepth {
    /// Messages still owed to the queue's consumers: all but the dead letters.
    pub fn pending(&self) -> u64 {
        self.ready + self.unacked + self.waiting + self.suspect
    }
}
