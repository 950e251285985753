//! The bus in memory: for tests and trials. Nothing outlives the process, so nothing is ever a suspect.
//!
//! One lock guards all queues and is held only for map operations. Waits run on tokio's clock, so a test
//! with a paused clock need not wait for a retry.

use crate::backend::{Backend, Decision, Receipt, Received, Source};
use crate::listener::{Ear, Heard};
use crate::topic::Pattern;
use crate::{BusError, DeadLetter, DeadLetterFilter, Options, QueueDepth, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The back end.
pub(crate) struct MemoryBus {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    state: Mutex<State>,
    /// Told whenever a message becomes ready or the bus is closed.
    changed: Notify,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<String, Queue>,
    dead: BTreeMap<u64, DeadItem>,
    listeners: Vec<(Vec<Pattern>, Weak<Ear>)>,
    /// Rises with every place taken in a queue and every dead letter.
    counter: u64,
    closed: bool,
}

#[derive(Default)]
struct Queue {
    bindings: Vec<Pattern>,
    /// By place in the queue.
    ready: BTreeMap<u64, Item>,
    /// By due time, then place.
    waiting: BTreeMap<(Instant, u64), Item>,
    out: u64,
    out_bytes: u64,
}

#[derive(Clone)]
struct Item {
    message: Arc<Message>,
    place: u64,
    attempt: u32,
    is_redelivered: bool,
    first_failed_at: Option<Timestamp>,
}

struct DeadItem {
    queue: String,
    error: String,
    first_failed_at: Timestamp,
    last_failed_at: Timestamp,
    item: Item,
}

impl DeadItem {
    /// What people see of it under its number.
    fn letter(&self, id: u64) -> DeadLetter {
        DeadLetter {
            id: id.to_string(),
            queue: self.queue.clone(),
            error: self.error.clone(),
            attempts: self.item.attempt,
            crashes: 0,
            first_failed_at: self.first_failed_at,
            last_failed_at: self.last_failed_at,
            message: Message::clone(&self.item.message),
        }
    }
}

impl MemoryBus {
    pub(crate) fn new(options: Options) -> Self {
        Self { shared: Arc::new(Shared { options, state: Mutex::default(), changed: Notify::new() }) }
    }
}

impl Shared {
    /// The state, or [`BusError::Closed`].
    fn open_state(&self) -> Result<MutexGuard<'_, State>, BusError> {
        let state = self.state();
        if state.closed { Err(BusError::Closed) } else { Ok(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under the lock panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a decision about `item`, which is out of `queue`.
    fn settle(&self, queue: &str, item: Item, decision: Decision) -> Result<(), BusError> {
        let mut state = self.open_state()?;
        if let Some(queue) = state.queues.get_mut(queue) {
            queue.out -= 1;
            queue.out_bytes -= item.message.body.len() as u64;
        }
        match decision {
            Decision::Ack => {}
            Decision::PublishThenAck(messages) => state.publish(messages),
            Decision::HandBack => state.put_back(queue, item),
            Decision::DeadLetter { error } => state.bury(queue, item, error),
            Decision::RetryLater { error } if !self.options.allows_retry_after(item.attempt) => {
                state.bury(queue, item, error);
            }
            Decision::RetryLater { .. } => {
                let due = Instant::now() + self.options.retry_delay(item.attempt, item.place);
                state.wait_until(due, queue, item);
            }
        }
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }
}

impl State {
    fn next_counter(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn publish(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.let_hear(&message);
            let message = Arc::new(message);
            let mut routed = false;
            for queue in self.queues.values_mut() {
                if queue.bindings.iter().any(|pattern| pattern.matches(&message.routing_key)) {
                    routed = true;
                    self.counter += 1;
                    let place = self.counter;
                    let message = Arc::clone(&message);
                    let item = Item { message, place, attempt: 1, is_redelivered: false, first_failed_at: None };
                    queue.ready.insert(place, item);
                }
            }
            if !routed {
                tracing::debug!(id = %message.id, routing_key = %message.routing_key, "no queue takes {}", message.id);
            }
        }
    }

    fn let_hear(&mut self, message: &Message) {
        self.listeners.retain(|(_, ear)| ear.strong_count() > 0);
        for (patterns, ear) in &self.listeners {
            if patterns.iter().any(|pattern| pattern.matches(&message.routing_key))
                && let Some(ear) = ear.upgrade()
            {
                ear.hear(Heard::Message(message.clone()));
            }
        }
    }

    /// Returns `item` to its old place.
    fn put_back(&mut self, queue: &str, mut item: Item) {
        item.is_redelivered = true;
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.ready.insert(item.place, item);
        }
    }

    fn wait_until(&mut self, due: Instant, queue: &str, mut item: Item) {
        item.attempt += 1;
        item.is_redelivered = false;
        item.first_failed_at.get_or_insert_with(Timestamp::now);
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.waiting.insert((due, item.place), item);
        }
    }

    fn bury(&mut self, queue: &str, item: Item, error: String) {
        let last_failed_at = Timestamp::now();
        let first_failed_at = item.first_failed_at.unwrap_or(last_failed_at);
        let id = self.next_counter();
        self.dead.insert(id, DeadItem { queue: queue.to_owned(), error, first_failed_at, last_failed_at, item });
    }

    /// Takes the first ready message of `queue`, or says when the next one is due.
    fn take(&mut self, queue: &str, now: Instant) -> Result<Item, Option<Instant>> {
        let Some(queue) = self.queues.get_mut(queue) else { return Err(None) };
        while let Some(entry) = queue.waiting.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let mut item = entry.remove();
            self.counter += 1;
            item.place = self.counter;
            queue.ready.insert(item.place, item);
        }
        match queue.ready.pop_first() {
            Some((_, item)) => {
                queue.out += 1;
                queue.out_bytes += item.message.body.len() as u64;
                Ok(item)
            }
            None => Err(queue.waiting.first_key_value().map(|((due, _), _)| *due)),
        }
    }

    /// The numbers of the dead letters that pass the filter, oldest first.
    fn chosen(&self, filter: &DeadLetterFilter) -> Vec<u64> {
        let after = filter.after.as_ref().map(|id| id.parse::<u64>().unwrap_or(u64::MAX));
        self.dead
            .iter()
            .filter(|(id, _)| after.is_none_or(|after| **id > after))
            .filter(|(id, dead)| filter.matches(&dead.letter(**id)))
            .map(|(id, _)| *id)
            .take(filter.limit.unwrap_or(usize::MAX))
            .collect()
    }
}

#[async_trait]
impl Backend for MemoryBus {
    async fn declare(&self, queues: &[QueueSpec]) -> Result<(), BusError> {
        let mut state = self.shared.open_state()?;
        for spec in queues {
            let queue = state.queues.entry(spec.name.clone()).or_default();
            queue.bindings = spec.bindings.iter().map(|pattern| Pattern::new(pattern)).collect();
        }
        Ok(())
    }

    async fn publish(&self, messages: Vec<Message>) -> Result<(), BusError> {
        self.shared.open_state()?.publish(messages);
        self.shared.changed.notify_waiters();
        Ok(())
    }

    async fn consume(&self, queue: &str, _prefetch: usize) -> Result<Box<dyn Source>, BusError> {
        if !self.shared.open_state()?.queues.contains_key(queue) {
            return Err(BusError::UnknownQueue { queue: queue.to_owned() });
        }
        // Nothing is prefetched: the next message is as near here as in a buffer.
        Ok(Box::new(MemorySource { shared: Arc::clone(&self.shared), queue: queue.to_owned() }))
    }

    async fn listen(&self, patterns: Vec<String>, ear: Arc<Ear>) -> Result<Option<JoinHandle<()>>, BusError> {
        let patterns = patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
        let mut state = self.shared.open_state()?;
        ear.hear(Heard::Began);
        state.listeners.push((patterns, Arc::downgrade(&ear)));
        Ok(None)
    }

    async fn depths(&self) -> Result<Vec<QueueDepth>, BusError> {
        let state = self.shared.open_state()?;
        let mut depths = Vec::new();
        for (name, queue) in &state.queues {
            let stored: usize = queue.ready.values().chain(queue.waiting.values()).map(|i| i.message.body.len()).sum();
            depths.push(QueueDepth {
                queue: name.clone(),
                ready: queue.ready.len() as u64,
                unacked: queue.out,
                waiting: queue.waiting.len() as u64,
                suspect: 0,
                dead: state.dead.values().filter(|dead| dead.queue == *name).count() as u64,
                bytes: Some(stored as u64 + queue.out_bytes),
            });
        }
        Ok(depths)
    }

    async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError> {
        let state = self.shared.open_state()?;
        Ok(state.chosen(filter).iter().map(|id| state.dead[id].letter(*id)).collect())
    }

    async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        let mut state = self.shared.open_state()?;
        let ids = state.chosen(filter);
        for id in &ids {
            // `chosen` gives ids that are there.
            let Some(DeadItem { queue, item, .. }) = state.dead.remove(id) else { continue };
            let place = state.next_counter();
            state.put_back(&queue, Item { place, attempt: 1, first_failed_at: None, ..item });
        }
        drop(state);
        self.shared.changed.notify_waiters();
        Ok(ids.len() as u64)
    }

    async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        let mut state = self.shared.open_state()?;
        let ids = state.chosen(filter);
        for id in &ids {
            state.dead.remove(id);
        }
        Ok(ids.len() as u64)
    }

    async fn check(&self) -> Result<(), BusError> {
        self.shared.open_state().map(drop)
    }

    async fn close(&self) -> Result<(), BusError> {
        self.shared.state().closed = true;
        self.shared.changed.notify_waiters();
        Ok(())
    }
}

struct MemorySource {
    shared: Arc<Shared>,
    queue: String,
}

#[async_trait]
impl Source for MemorySource {
    async fn next(&mut self) -> Result<Received, BusError> {
        loop {
            // Listening begins before looking, so that no change falls between the two.
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let due = match self.shared.open_state()?.take(&self.queue, Instant::now()) {
                Ok(item) => return Ok(self.received(item)),
                Err(due) => due,
            };
            match due {
                None => changed.await,
                Some(due) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(due) => {}
                },
            }
        }
    }
}

impl MemorySource {
    fn received(&self, item: Item) -> Received {
        Received {
            message: Message::clone(&item.message),
            attempt: item.attempt,
            is_redelivered: item.is_redelivered,
            is_suspect: false,
            receipt: Box::new(MemoryReceipt {
                shared: Arc::clone(&self.shared),
                queue: self.queue.clone(),
                item: Some(item),
            }),
        }
    }
}

struct MemoryReceipt {
    shared: Arc<Shared>,
    queue: String,
    /// There until a decision is made.
    item: Option<Item>,
}

impl MemoryReceipt {
    fn decide(&mut self, decision: Decision) -> Result<(), BusError> {
        match self.item.take() {
            Some(item) => self.shared.settle(&self.queue, item, decision),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Receipt for MemoryReceipt {
    async fn settle(mut self: Box<Self>, decision: Decision) -> Result<(), BusError> {
        self.decide(decision)
    }

    fn settle_detached(mut self: Box<Self>, decision: Decision) {
        // Fails only on a closed bus, which keeps nothing.
        let _ = self.decide(decision);
    }
}

impl Drop for MemoryReceipt {
    fn drop(&mut self) {
        // As above.
        let _ = self.decide(Decision::HandBack);
    }
}
