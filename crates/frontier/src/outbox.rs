//! The outbox: messages committed with the change they tell of, sent afterwards.

use baogao_model::Message;

/// A message that waits to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its place in the order of writing.
    pub seq: i64,
    /// The message.
    pub message: Message,
}

/// What the outbox holds: the messages not yet marked as sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// How many there are.
    pub rows: u64,
    /// The length of their bodies.
    pub bytes: u64,
}
