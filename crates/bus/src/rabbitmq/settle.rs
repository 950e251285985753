//! What becomes of a delivery: the queue it goes to next, and the decision of whoever had it.

use super::Inner;
use super::names;
use super::shelf::Item;
use super::subscription::Subscription;
use super::wire::{Burial, Travel};
use crate::BusError;
use crate::backend::{Decision, Receipt};
use async_trait::async_trait;
use jiff::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A delivery handed back stays with this process at most this long: the broker closes the channel of one
/// that keeps a delivery for half an hour.
const LONGEST_STAY: Duration = Duration::from_secs(300);

/// Where a message goes that leaves its place in a queue.
pub(super) enum Fate {
    /// To the suspects; with a number of crashes where it is charged with one, after a rest.
    Suspect { crashes: Option<u32> },
    /// Back to where it was, marked as redelivered if somebody may have seen it.
    Back,
    /// To wait for its next attempt.
    Retry,
    /// To the dead letters, charged with this many crashes.
    Dead { error: String, crashes: u32 },
}

impl Fate {
    /// Publishes the message to where it goes. It still has to be acknowledged where it was.
    pub(super) async fn carry_out(&self, bus: &Inner, queue: &str, item: &Item) -> Result<(), BusError> {
        let parcel = &item.parcel;
        let now = Timestamp::now();
        let travel = Travel { is_redelivered: item.is_redelivered(), ..parcel.travel.clone() };
        let (target, properties) = match self {
            Self::Back if item.is_suspect => (names::suspect(queue), parcel.properties(&travel)),
            Self::Back => (queue.to_owned(), parcel.properties(&travel)),
            Self::Suspect { crashes: None } => {
                (names::suspect(queue), parcel.properties(&Travel { is_redelivered: true, ..travel }))
            }
            Self::Suspect { crashes: Some(crashes) } => {
                let first_failed_at = travel.first_failed_at.or(Some(now));
                let travel = Travel { crashes: *crashes, is_redelivered: true, first_failed_at, ..travel };
                let target = match bus.waits.after_crash(*crashes) {
                    Some(rest) => names::rest(queue, rest),
                    None => names::suspect(queue),
                };
                (target, parcel.properties(&travel))
            }
            Self::Retry => {
                // It has not killed its process, so it is no suspect any more.
                let attempt = travel.attempt.saturating_add(1);
                let first_failed_at = travel.first_failed_at.or(Some(now));
                let wait = bus.waits.after_attempt(&bus.options, travel.attempt, seed(&parcel.id()));
                let travel = Travel { attempt, is_redelivered: false, first_failed_at, ..travel };
                (names::wait(queue, wait), parcel.properties(&travel))
            }
            Self::Dead { error, crashes } => {
                let travel =
                    Travel { crashes: *crashes, first_failed_at: travel.first_failed_at.or(Some(now)), ..travel };
                let burial =
                    Burial { id: burial_id(now, queue, &parcel.id()), error: error.clone(), last_failed_at: now };
                (names::dead(queue), parcel.buried(&travel, &burial))
            }
        };
        bus.publisher.put(&target, &properties, &parcel.body).await
    }
}

/// Gives a delivery back to its queue by publishing it anew, which keeps it from being taken for a suspect;
/// where that fails, by returning it to the broker, which costs it a round there.
pub(super) async fn hand_over(bus: &Inner, queue: &str, item: &Item) {
    if !item.is_ours() {
        return;
    }
    match Fate::Back.carry_out(bus, queue, item).await {
        Ok(()) => {
            item.ack().await;
        }
        Err(_) => item.requeue().await,
    }
}

/// Names a dead letter, so that names sort as they were given.
pub(super) fn burial_id(at: Timestamp, queue: &str, id: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = DefaultHasher::new();
    (queue, id, std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)).hash(&mut hasher);
    format!("{:014x}-{:08x}", at.as_microsecond().max(0), hasher.finish() as u32)
}

fn seed(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

pub(super) struct RabbitReceipt {
    /// There until a decision is made.
    of: Option<(Arc<Subscription>, Arc<Item>)>,
}

impl RabbitReceipt {
    pub(super) fn new(subscription: Arc<Subscription>, item: Arc<Item>) -> Self {
        Self { of: Some((subscription, item)) }
    }
}

#[async_trait]
impl Receipt for RabbitReceipt {
    async fn settle(mut self: Box<Self>, decision: Decision) -> Result<(), BusError> {
        // Every decision takes `self`, so there is only one; the delivery is there.
        let Some((subscription, item)) = self.of.take() else { return Ok(()) };
        // In a task of its own: a caller that goes away halfway must leave it neither decided nor forgotten.
        let task = tokio::spawn(async move { subscription.settle(item, decision).await });
        task.await.unwrap_or(Err(BusError::Closed))
    }

    fn settle_detached(mut self: Box<Self>, decision: Decision) {
        let Some((subscription, item)) = self.of.take() else { return };
        subscription.settle_detached(item, decision);
    }
}

impl Drop for RabbitReceipt {
    fn drop(&mut self) {
        if let Some((subscription, item)) = self.of.take() {
            subscription.settle_detached(item, Decision::HandBack);
        }
    }
}

impl Subscription {
    fn settle_detached(self: Arc<Self>, item: Arc<Item>, decision: Decision) {
        if matches!(decision, Decision::HandBack) && self.put_back(&item) {
            return;
        }
        let runtime = self.bus.runtime.clone();
        runtime.spawn(async move {
            // After an error the message is delivered again, and nobody waits to hear of it.
            let _ = self.settle(item, decision).await;
        });
    }

    /// Puts a delivery back on the shelf; false where it cannot stay with this process.
    fn put_back(&self, item: &Arc<Item>) -> bool {
        if self.bus.is_closed() || item.arrived.elapsed() > LONGEST_STAY || !item.is_ours() {
            return false;
        }
        // It was a message when it came.
        let Ok(message) = item.parcel.message() else { return false };
        let mut shelf = self.shelf();
        if shelf.is_closed {
            return false;
        }
        item.set_redelivered();
        shelf.put(Arc::clone(item), message);
        drop(shelf);
        self.arrived.notify_one();
        true
    }

    async fn settle(&self, item: Arc<Item>, decision: Decision) -> Result<(), BusError> {
        if self.bus.is_closed() {
            // `close` has handed it back.
            return Err(BusError::Closed);
        }
        if matches!(decision, Decision::HandBack) {
            return self.hand_back(&item).await;
        }
        if !self.shelf().begin_settling(item.key) || !item.is_ours() {
            return Err(self.lost(&item));
        }
        match self.carry_out(&item, decision).await {
            Ok(()) if item.ack().await => {
                self.shelf().finish_acked(&item);
                Ok(())
            }
            Ok(()) => Err(self.lost(&item)),
            Err(error) => {
                // It is to be delivered again, and while its channel lives only we can do that.
                if !self.put_back(&item) {
                    hand_over(&self.bus, &self.queue, &item).await;
                    self.shelf().finish(item.key);
                }
                Err(error)
            }
        }
    }

    async fn hand_back(&self, item: &Arc<Item>) -> Result<(), BusError> {
        if self.put_back(item) {
            return Ok(());
        }
        self.shelf().begin_settling(item.key);
        item.set_redelivered();
        // Where the channel is lost the broker has it back already.
        hand_over(&self.bus, &self.queue, item).await;
        self.shelf().finish(item.key);
        Ok(())
    }

    /// Notes that a delivery went with its connection, although this process lives.
    fn lost(&self, item: &Item) -> BusError {
        if self.shelf().finish(item.key) {
            self.bus.survivors().remember(&self.queue, vec![item.parcel.id()]);
        }
        BusError::unavailable("the connection over which the message came was lost; it will be delivered again")
    }

    /// Publishes what the decision asks for.
    async fn carry_out(&self, item: &Item, decision: Decision) -> Result<(), BusError> {
        let Travel { attempt, crashes, .. } = item.parcel.travel;
        let fate = match decision {
            Decision::Ack | Decision::HandBack => return Ok(()),
            Decision::PublishThenAck(messages) => return self.bus.publisher.publish(&messages).await,
            Decision::RetryLater { .. } if self.bus.options.allows_retry_after(attempt) => Fate::Retry,
            Decision::RetryLater { error } | Decision::DeadLetter { error } => Fate::Dead { error, crashes },
        };
        fate.carry_out(&self.bus, &self.queue, item).await
    }
}
