//! The loop that works a queue.
//!
//! # Invariants
//!
//! - A delivery is acknowledged only after everything made from it is out, so a crash at any line
//!   repeats work and never loses it; message ids made from the input make repeats harmless.
//! - A store of our own that is away costs no attempt: the stage pauses, hands back, and takes
//!   nothing more until the store is back.
//! - What is in hand is bounded twice: by count, and by bytes over all stages of the process.

use crate::context::Context;
use crate::trace::trace_id;
use baogao_bus::{Bus, BusError, Delivery};
use baogao_model::Message;
use baogao_model::message::DecodeError;
use futures::FutureExt;
use std::any::Any;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument;

/// What a handler made of a message: the messages to publish before it is acknowledged.
pub type Handled = Result<Vec<Message>, Failure>;

/// The name of the bus among the parts that [`crate::Health`] tells of.
pub const BUS: &str = "bus";

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
    pub fn text(&self) -> String {
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
    /// The store of our own that handlers work with, as [`crate::Health`] names it.
    pub store: &'static str,
    /// The bytes of the budget that a message takes while it is handled.
    pub weigh: fn(&Message) -> u64,
    /// What the process shares.
    pub context: Context,
}

/// The pause after our own archive, database or bus failed, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between two looks whether our own parts are back.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A message weighs what its body does.
pub fn body_bytes(message: &Message) -> u64 {
    message.body.len() as u64
}

impl Worker {
    /// Works the queue until shutdown is asked for, then lets the handlers in hand finish. While the
    /// bus is away it waits.
    ///
    /// Who does not want to wait for the handlers drops the future: they end where they stand, and
    /// their messages go back.
    pub async fn run<H, F>(self, handle: H)
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        let stage = Arc::new(Stage {
            queue: self.queue,
            store: self.store,
            context: self.context.clone(),
            rest: Rest::default(),
            handle,
        });
        let (context, mut pause) = (&self.context, FIRST_PAUSE);
        while !context.shutdown.is_requested() {
            if let Err(error) = self.consume(&stage, &mut pause).await {
                context.health.lost(BUS, chain(&error));
                context.shutdown.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Consumes until shutdown; an error means that the bus is away.
    async fn consume<H, F>(&self, stage: &Arc<Stage<H>>, pause: &mut Duration) -> Result<(), BusError>
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Handled> + Send + 'static,
    {
        let shutdown = &self.context.shutdown;
        let permits = Arc::new(Semaphore::new(self.concurrency));
        let mut at_work = JoinSet::new();
        let mut deliveries = tokio::select! {
            () = shutdown.requested() => return Ok(()),
            deliveries = self.bus.consume(self.queue, self.concurrency * 2) => deliveries?,
        };
        let result = loop {
            while at_work.try_join_next().is_some() {}
            // The semaphore is never closed, so a permit always comes.
            let permit = tokio::select! {
                () = shutdown.requested() => break Ok(()),
                permit = Arc::clone(&permits).acquire_owned() => permit.expect("the semaphore is open"),
            };
            if !stage.is_rested().await {
                break Ok(());
            }
            let delivery = tokio::select! {
                () = shutdown.requested() => break Ok(()),
                next = deliveries.next() => match next {
                    Ok(delivery) => delivery,
                    Err(error) => break Err(error),
                },
            };
            *pause = FIRST_PAUSE;
            // A delivery that finds no room before the end goes back as it came.
            let share = tokio::select! {
                () = shutdown.requested() => break Ok(()),
                share = self.context.budget.take((self.weigh)(delivery.message())) => share,
            };
            let stage = Arc::clone(stage);
            at_work.spawn(async move {
                stage.work_off(delivery).await;
                drop((share, permit));
            });
        };
        while at_work.join_next().await.is_some() {}
        result
    }
}

/// What the handlers of one queue share.
struct Stage<H> {
    queue: &'static str,
    store: &'static str,
    context: Context,
    rest: Rest,
    handle: H,
}

impl<H, F> Stage<H>
where
    H: Fn(Message) -> F,
    F: Future<Output = Handled>,
{
    /// Handles one delivery in a span that names its trace, and settles it.
    async fn work_off(&self, delivery: Delivery) {
        let (message, began) = (delivery.message(), Instant::now());
        let trace = message.traceparent.as_deref().and_then(trace_id).unwrap_or_default();
        let span = tracing::info_span!("message", queue = self.queue, id = message.id, trace);
        let in_hand = metrics::gauge!("baogao_stage_in_hand_messages", "queue" => self.queue);
        in_hand.increment(1.0);
        let settled = self.settle(delivery).instrument(span).await;
        in_hand.decrement(1.0);
        metrics::histogram!("baogao_stage_handling_seconds", "queue" => self.queue).record(began.elapsed());
        match settled {
            Ok(()) => self.context.health.back(BUS),
            // The message comes again.
            Err(error) => self.context.health.lost(BUS, chain(&error)),
        }
    }

    /// Handles one delivery and tells the bus what became of it.
    async fn settle(&self, delivery: Delivery) -> Result<(), BusError> {
        let queue = self.queue;
        let message = delivery.message().clone();
        // A panic is a fault of ours that the same message would meet again: it must not come round for ever.
        let handled = std::panic::AssertUnwindSafe((self.handle)(message)).catch_unwind().await;
        let failure = match handled.unwrap_or_else(|panic| Err(Failure::Permanent(panicked(&*panic)))) {
            Ok(made) => {
                self.rest.end();
                self.context.health.back(self.store);
                return settle_good(delivery, made, queue).await;
            }
            Err(failure) => failure,
        };
        let text = failure.text();
        match failure {
            Failure::Ours(_) => {
                count(queue, "handed_back");
                self.context.health.lost(self.store, text);
                let until = self.rest.begin();
                self.context.shutdown.sleep(until.saturating_duration_since(Instant::now())).await;
                delivery.hand_back().await
            }
            Failure::Transient(_) => {
                count(queue, "retried");
                tracing::info!(queue, error = text, "{queue} tries the message again later");
                delivery.retry_later(&text).await
            }
            Failure::Permanent(_) => {
                count(queue, "dead");
                tracing::warn!(queue, error = text, "{queue} cannot process a message; it is kept as a dead letter");
                delivery.dead_letter(&text).await
            }
        }
    }
}

impl<H> Stage<H> {
    /// Waits while our own store is away, so that the same messages are not taken and handed back all
    /// the time; false where shutdown was asked for meanwhile.
    async fn is_rested(&self) -> bool {
        let shutdown = &self.context.shutdown;
        while !shutdown.is_requested() {
            match self.rest.left() {
                Some(left) => shutdown.sleep(left).await,
                None if self.context.health.is_awaited(self.store) => shutdown.sleep(FIRST_PAUSE).await,
                None => return true,
            };
        }
        false
    }
}

/// The rest of a stage whose store is away, longer each time.
#[derive(Default)]
struct Rest(Mutex<Option<(Instant, Duration)>>);

impl Rest {
    /// Begins a rest, or joins the one that has begun, and says when it ends.
    fn begin(&self) -> Instant {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (until, pause) = match *rest {
            Some((until, pause)) if until > now => (until, pause),
            Some((_, pause)) => (now + (pause * 2).min(LONGEST_PAUSE), (pause * 2).min(LONGEST_PAUSE)),
            None => (now + FIRST_PAUSE, FIRST_PAUSE),
        };
        *rest = Some((until, pause));
        until
    }

    /// The store answers.
    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is left of it; none where it is over.
    fn left(&self) -> Option<Duration> {
        let (until, _) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
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
    count(queue, outcome);
    Ok(())
}

/// Counts a message by what became of it.
fn count(queue: &'static str, outcome: &'static str) {
    metrics::counter!("baogao_stage_messages_total", "queue" => queue, "outcome" => outcome).increment(1);
}

/// An error with its causes in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What a panic said, as an error.
fn panicked(panic: &(dyn Any + Send)) -> anyhow::Error {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    anyhow::anyhow!("the handler panicked: {}", said.unwrap_or("no message"))
}
