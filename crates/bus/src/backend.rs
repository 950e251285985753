//! What a bus must be able to do: the contract between [`crate::Bus`] and what stores the messages.
//!
//! A new back end is one file or folder beside `memory.rs` that implements the three traits here, one function
//! in [`crate::Bus`] that opens it, and one `bus_suite!` line in the tests. The traits follow AMQP: a
//! source is a consumer with its prefetch, a receipt is a delivery tag, a decision is an
//! acknowledgement or a publish followed by one.
//!
//! [`crate::Bus`] checks names and sizes and bounds what an application holds, so a back end sees only
//! valid input and may prefetch up to the number it was given.

use crate::listener::Ear;
use crate::{BusError, DeadLetter, DeadLetterFilter, QueueDepth, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A store of messages.
#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    /// Makes the queues exist with exactly these bindings.
    async fn declare(&self, queues: &[QueueSpec]) -> Result<(), BusError>;

    /// Resolves when every message is durable in every queue bound to its routing key.
    async fn publish(&self, messages: Vec<Message>) -> Result<(), BusError>;

    /// Begins to deliver from `queue`, holding up to `prefetch` (at least 1) ready for the taking.
    async fn consume(&self, queue: &str, prefetch: usize) -> Result<Box<dyn Source>, BusError>;

    /// Fills `ear` with what is published and matches one of the patterns, until it is ended; gives the task
    /// that does so and clears up after itself, if there is one.
    async fn listen(&self, patterns: Vec<String>, ear: Arc<Ear>) -> Result<Option<JoinHandle<()>>, BusError>;

    /// What lies in each queue.
    async fn depths(&self) -> Result<Vec<QueueDepth>, BusError>;

    /// The dead letters that pass the filter, oldest first.
    async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError>;

    /// Returns dead letters to the queue they failed in, as new; gives their number.
    async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError>;

    /// Deletes dead letters for good; gives their number.
    async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError>;

    /// Whether it can be used now, without waiting.
    async fn check(&self) -> Result<(), BusError>;

    /// Finishes what was accepted, hands back what is out, and refuses everything after.
    async fn close(&self) -> Result<(), BusError>;
}

/// One consumer's deliveries.
#[async_trait]
pub(crate) trait Source: Send {
    /// Waits for the next delivery.
    ///
    /// Cancel-safe: a delivery that was on its way into a dropped call comes with the next call, or
    /// is handed back.
    async fn next(&mut self) -> Result<Received, BusError>;
}

/// One delivery as the back end gives it.
pub(crate) struct Received {
    pub(crate) message: Message,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) is_redelivered: bool,
    pub(crate) is_suspect: bool,
    pub(crate) receipt: Box<dyn Receipt>,
}

/// The right and duty to decide about one delivery. Dropping it hands the message back.
#[async_trait]
pub(crate) trait Receipt: Send + Sync {
    /// Resolves when the decision is durable. After an error the message will be delivered again.
    async fn settle(self: Box<Self>, decision: Decision) -> Result<(), BusError>;

    /// The same with nobody waiting for the result. Never blocks: it is called from `drop`.
    fn settle_detached(self: Box<Self>, decision: Decision);
}

/// What becomes of a delivery.
#[derive(Debug)]
pub(crate) enum Decision {
    /// It is done.
    Ack,
    /// It is done once these are durable.
    PublishThenAck(Vec<Message>),
    /// It failed; another attempt may succeed. After the last attempt it is a dead letter.
    RetryLater { error: String },
    /// It was not worked on.
    HandBack,
    /// It failed for good.
    DeadLetter { error: String },
}
