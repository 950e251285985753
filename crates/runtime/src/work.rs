//! The loop that works a queue.
//!
//! Invariant: a delivery is acknowledged only after everything made from it is out, so a crash at
//! any line repeats work and never loses it; message ids made from the input make repeats harmless.

use crate::shutdown::Shutdown;
use baogao_bus::{Bus, BusError, Delivery};
use baogao_model::Message;
use baogao_model::message::DecodeError;
use futures::FutureExt;
use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What a handler made of a message: the messages to publish before it is acknowledged.
pub type Handled = Result<Vec<Message>, Failure>;

/// Why a handler could not do its work, and thereby what becomes of the message.
#[derive(Debug)]
pub enum Failure {
    /// Our own archive or database is away: pause, hand back, count nothing.
    Ours(anyhow::Error),
    /// Another attempt may succeed: retry later.
    Transient(anyhow::Error),
    /// It never will: a dead letter.
    Permanent(anyhow::Error),
}

impl From<DecodeError> for Failure {
    /// A message of a newer version waits for the upgrade; any other that cannot be read is dead.
    fn from(error: DecodeError) -> Self {
        match error.is_transient() {
            true => Self::Transient(error.into()),
            false => Self::Permanent(error.into()),
        }
    }
}

impl Failure {
    /// An error of a store of our own: ours while it may pass by itself, else permanent.
    pub fn of_store(error: impl Into<anyhow::Error>, is_transient: bool) -> Self {
        match is_transient {
            true => Self::Ours(error.into()),
            false => Self::Permanent(error.into()),
        }
    }

    /// The error, causes included, in one line.
    fn text(&self) -> String {
        match self {
            Self::Ours(error) | Self::Transient(error) | Self::Permanent(error) => format!("{error:#}"),
        }
    }
}

/// One stage at work on one queue.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The bus.
    pub bus: Bus,
    /// The queue, named as its stage.
    pub queue: &'static str,
    /// How many messages are handled at once; twice as many are fetched ahead.
    pub concurrency: usize,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// The pause after our own archive, database or bus failed, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between two looks whether our own parts are back.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Worker {
    /// Hands every delivery of the queue to `handle` until shutdown is asked for, then lets the
    /// handlers in hand finish. Failures of the bus itself are waited out.
    pub async fn run<H, F>(self, handle: H)
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let mut pause = FIRST_PAUSE;
        while !self.shutdown.is_requested() {
            match self.consume(&handle, &mut pause).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(queue = self.queue, error = ?error, "the bus is away, {} waits {pause:?}", self.queue);
                    self.shutdown.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Consumes until shutdown; an error means that the bus is away.
    async fn consume<H, F>(&self, handle: &Arc<H>, pause: &mut Duration) -> Result<(), BusError>
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        let permits = Arc::new(Semaphore::new(self.concurrency));
        let mut deliveries = self.bus.consume(self.queue, self.concurrency * 2).await?;
        let result = loop {
            // The semaphore is never closed, so a permit always comes.
            let permit = tokio::select! {
                () = self.shutdown.requested() => break Ok(()),
                permit = Arc::clone(&permits).acquire_owned() => permit.expect("the semaphore is open"),
            };
            let delivery = tokio::select! {
                () = self.shutdown.requested() => break Ok(()),
                next = deliveries.next() => match next {
                    Ok(delivery) => delivery,
                    Err(error) => break Err(error),
                },
            };
            *pause = FIRST_PAUSE;
            let (handle, queue, shutdown) = (Arc::clone(handle), self.queue, self.shutdown.clone());
            tokio::spawn(async move {
                if let Err(error) = settle(delivery, &*handle, queue, &shutdown).await {
                    tracing::warn!(queue, error = ?error, "the bus is away, the message comes again");
                }
                drop(permit);
            });
        };
        // Every permit back means that no handler is at work any more.
        let _all = permits.acquire_many(u32::try_from(self.concurrency).unwrap_or(u32::MAX)).await;
        result
    }
}

/// Handles one delivery and tells the bus what became of it.
async fn settle<H, F>(delivery: Delivery, handle: &H, queue: &'static str, shutdown: &Shutdown) -> Result<(), BusError>
where
    H: Fn(Message) -> F,
    F: Future<Output = Handled>,
{
    let message = delivery.message().clone();
    // A panic is a fault of ours that the same message would meet again: it must not come round for ever.
    let handled = std::panic::AssertUnwindSafe(handle(message)).catch_unwind().await;
    let failure = match handled.unwrap_or_else(|panic| Err(Failure::Permanent(panicked(&*panic)))) {
        Ok(made) => return settle_good(delivery, made, queue).await,
        Err(failure) => failure,
    };
    let text = failure.text();
    match failure {
        Failure::Ours(_) => {
            tracing::warn!(queue, error = text, "{queue} waits for our own archive or database");
            shutdown.sleep(FIRST_PAUSE * 5).await;
            delivery.hand_back().await
        }
        Failure::Transient(_) => {
            metrics::counter!("baogao_stage_messages_total", "queue" => queue, "outcome" => "retried").increment(1);
            tracing::info!(queue, error = text, "{queue} tries the message again later");
            delivery.retry_later(&text).await
        }
        Failure::Permanent(_) => {
            metrics::counter!("baogao_stage_messages_total", "queue" => queue, "outcome" => "dead").increment(1);
            tracing::warn!(queue, error = text, "{queue} cannot process a message; it is kept as a dead letter");
            delivery.dead_letter(&text).await
        }
    }
}

/// Publishes what was made and acknowledges. A message that cannot travel makes its input a dead
/// letter: handled again, it would be made again.
async fn settle_good(delivery: Delivery, made: Vec<Message>, queue: &'static str) -> Result<(), BusError> {
    let outcome = match delivery.publish_then_ack(made).await {
        Ok(()) => "handled",
        Err(error @ BusError::InvalidMessage { .. }) => {
            tracing::warn!(queue, error = ?error, "what {queue} made of a message cannot be published; it is kept as a dead letter");
            "dead"
        }
        Err(error) => return Err(error),
    };
    metrics::counter!("baogao_stage_messages_total", "queue" => queue, "outcome" => outcome).increment(1);
    Ok(())
}

/// What a panic said, as an error.
fn panicked(panic: &(dyn Any + Send)) -> anyhow::Error {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    anyhow::anyhow!("the handler panicked: {}", said.unwrap_or("no message"))
}
