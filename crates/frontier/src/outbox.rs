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
