//! The receiving side: a consumer waits for deliveries, and each delivery wants one decision.

use crate::BusError;
use crate::backend::{Decision, Receipt, Received, Source};
use crate::topic::MAX_NAME_BYTES;
use baogao_model::Message;
use std::fmt;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The longest error text in bytes that is kept with a message. Chains of causes can quote whole pages.
const MAX_ERROR_BYTES: usize = 4096;

/// The longest id, type, source and trace context together in bytes: AMQP carries them in one frame.
const MAX_ATTRIBUTE_BYTES: usize = 16 * 1024;

/// Takes deliveries from one queue. Dropping it hands back what it has prefetched; deliveries already
/// taken stay valid.
pub struct Consumer {
    source: Box<dyn Source>,
    queue: String,
    /// One permit for each delivery the application may hold undecided.
    slots: Arc<Semaphore>,
    max_body_bytes: usize,
}

impl Consumer {
    pub(crate) fn new(source: Box<dyn Source>, queue: &str, prefetch: usize, max_body_bytes: usize) -> Self {
        Self { source, queue: queue.to_owned(), slots: Arc::new(Semaphore::new(prefetch)), max_body_bytes }
    }

    /// The queue it takes from.
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Waits for the next delivery, and for one in hand to be decided where `prefetch` are.
    ///
    /// Cancel-safe: a call that is dropped before it returns loses nothing and holds nothing, so it may
    /// stand in a `select!` beside a shutdown signal.
    ///
    /// # Errors
    ///
    /// [`BusError::Closed`] when the bus was closed; [`BusError::Unavailable`] when the back end is out
    /// of reach, after which another call may succeed.
    pub async fn next(&mut self) -> Result<Delivery, BusError> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| BusError::Closed)?;
        // No await may follow: a delivery that came out of the source is returned at once.
        let Received { message, attempt, is_redelivered, is_suspect, receipt } = self.source.next().await?;
        Ok(Delivery {
            message,
            attempt,
            is_redelivered,
            is_suspect,
            receipt: Some(receipt),
            max_body_bytes: self.max_body_bytes,
            _slot: slot,
        })
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// One message, out for processing until a decision is made about it.
///
/// A delivery dropped without a decision is handed back; one dropped by a panic counts as a failed
/// attempt, since a handler that panics on a message would do so for ever.
#[must_use = "a delivery dropped without a decision is handed back"]
pub struct Delivery {
    message: Message,
    attempt: u32,
    is_redelivered: bool,
    is_suspect: bool,
    /// There until a decision is made.
    receipt: Option<Box<dyn Receipt>>,
    max_body_bytes: usize,
    _slot: OwnedSemaphorePermit,
}

impl Delivery {
    /// The message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Which attempt at this message this is, from 1. Only [`Delivery::retry_later`] and panics raise it.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether somebody may have seen this attempt before: it was handed back, or its process died.
    pub fn is_redelivered(&self) -> bool {
        self.is_redelivered
    }

    /// Whether the message was out when a process died, and so is delivered without another such beside it.
    pub fn is_suspect(&self) -> bool {
        self.is_suspect
    }

    /// Done: the message is deleted from its queue. Everything made from it must be safely out before.
    ///
    /// # Errors
    ///
    /// When the decision could not be stored; the message will be delivered again. The same holds for
    /// every other decision.
    pub async fn ack(self) -> Result<(), BusError> {
        self.settle(Decision::Ack).await
    }

    /// Publishes what was made from the message and, once that is durable, acknowledges it.
    ///
    /// # Errors
    ///
    /// As for [`Delivery::ack`]; and [`BusError::InvalidMessage`] where [`crate::Bus::publish`] would
    /// refuse one of `messages`. Then nothing is published and the delivery becomes a dead letter: the
    /// next attempt would make the same messages.
    pub async fn publish_then_ack(self, messages: Vec<Message>) -> Result<(), BusError> {
        match check_messages(&messages, self.max_body_bytes) {
            Ok(()) => self.settle(Decision::PublishThenAck(messages)).await,
            Err(error) => {
                self.dead_letter(&error.to_string()).await?;
                Err(error)
            }
        }
    }

    /// Failed, but another attempt may succeed: the message comes back after a wait that grows with
    /// its attempts, behind what is ready by then, to this queue only. After the last attempt it becomes
    /// a dead letter with this `error`.
    ///
    /// # Errors
    ///
    /// As for [`Delivery::ack`].
    pub async fn retry_later(self, error: &str) -> Result<(), BusError> {
        self.settle(Decision::RetryLater { error: shorten(error) }).await
    }

    /// Not worked on, for a reason that is not the message's: something of ours is out of reach, or the
    /// process is asked to stop. Counts nothing and keeps the message's place in the queue.
    ///
    /// # Errors
    ///
    /// As for [`Delivery::ack`].
    pub async fn hand_back(self) -> Result<(), BusError> {
        self.settle(Decision::HandBack).await
    }

    /// Failed for good: the message is set aside with this `error`.
    ///
    /// # Errors
    ///
    /// As for [`Delivery::ack`].
    pub async fn dead_letter(self, error: &str) -> Result<(), BusError> {
        self.settle(Decision::DeadLetter { error: shorten(error) }).await
    }

    /// Keeps the slot until the decision is durable, so that `prefetch` bounds unsettled work.
    async fn settle(mut self, decision: Decision) -> Result<(), BusError> {
        match self.receipt.take() {
            Some(receipt) => receipt.settle(decision).await,
            // Every decision takes `self`, so there is only one; the receipt is there.
            None => Ok(()),
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let Some(receipt) = self.receipt.take() else { return };
        if std::thread::panicking() {
            receipt.settle_detached(Decision::RetryLater { error: "the handler panicked".to_owned() });
        } else {
            receipt.settle_detached(Decision::HandBack);
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.message.id)
            .field("routing_key", &self.message.routing_key)
            .field("attempt", &self.attempt)
            .field("is_redelivered", &self.is_redelivered)
            .field("is_suspect", &self.is_suspect)
            .finish_non_exhaustive()
    }
}

/// The error's beginning, at most [`MAX_ERROR_BYTES`] of it.
fn shorten(error: &str) -> String {
    if error.len() <= MAX_ERROR_BYTES {
        return error.to_owned();
    }
    let mut end = MAX_ERROR_BYTES;
    while !error.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &error[..end])
}

/// Refuses messages that AMQP could not carry or that are longer than the operator allows.
pub(crate) fn check_messages(messages: &[Message], max_body_bytes: usize) -> Result<(), BusError> {
    for message in messages {
        let reject = |reason| Err(BusError::InvalidMessage { id: message.id.clone(), reason });
        let (key, body) = (message.routing_key.len(), message.body.len());
        let attributes = [&message.id, &message.r#type, &message.source].map(String::len).iter().sum::<usize>()
            + message.traceparent.as_ref().map_or(0, String::len);
        if key > MAX_NAME_BYTES {
            return reject(format!("its routing key has {key} bytes, at most {MAX_NAME_BYTES} may be"));
        }
        if attributes > MAX_ATTRIBUTE_BYTES {
            return reject(format!("its attributes have {attributes} bytes, at most {MAX_ATTRIBUTE_BYTES} may be"));
        }
        if body > max_body_bytes {
            return reject(format!("its body of {body} bytes exceeds `bus.max_body_bytes` = {max_body_bytes}"));
        }
    }
    Ok(())
}
