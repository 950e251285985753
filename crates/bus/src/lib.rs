#![doc = include_str!("../README.md")]

mod about;
mod backend;
mod consumer;
mod dead_letter;
mod error;
mod listener;
mod memory;
mod options;
mod queue;
mod rabbitmq;
mod sqlite;
mod topic;

pub use consumer::{Consumer, Delivery};
pub use dead_letter::{DeadLetter, DeadLetterFilter};
pub use error::BusError;
pub use listener::{Heard, Listener};
pub use options::Options;
pub use queue::{QueueDepth, QueueSpec};
pub use rabbitmq::RabbitOptions;

use backend::Backend;
use baogao_model::Message;
use listener::Ear;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A connection to the bus. Clones share it.
#[derive(Clone)]
pub struct Bus {
    backend: Arc<dyn Backend>,
    max_body_bytes: usize,
    /// Of all listeners of this bus in this process, so that closing ends them.
    ears: Arc<Mutex<Vec<Weak<Ear>>>>,
}

impl Bus {
    fn on(backend: impl Backend, max_body_bytes: usize) -> Self {
        Self { backend: Arc::new(backend), max_body_bytes, ears: Arc::default() }
    }

    /// A bus that lives in this process's memory and ends with it: for tests and trials.
    pub fn memory() -> Self {
        Self::memory_with(Options::default())
    }

    /// A bus in memory with other waits, attempts or sizes than the default.
    pub fn memory_with(options: Options) -> Self {
        let max_body_bytes = options.max_body_bytes;
        Self::on(memory::MemoryBus::new(options), max_body_bytes)
    }

    /// Opens the bus in the SQLite database at `path`, made if it is not there, and starts its writer.
    ///
    /// Deliveries that a process left unacknowledged when it died come back as redelivered; see
    /// "Crashes" above. So at most one process may have a file open this way: the caller holds the
    /// lock of the data directory.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or written, is no bus, or was written by a later program.
    pub async fn sqlite(path: &Path, options: Options) -> Result<Self, BusError> {
        let max_body_bytes = options.max_body_bytes;
        Ok(Self::on(sqlite::SqliteBus::open(path, options).await?, max_body_bytes))
    }

    /// Opens the database at `path` for [`Bus::depths`] and [`Bus::dead_letters`], beside the process
    /// that works with it or without one. Everything else answers [`BusError::ReadOnly`].
    ///
    /// # Errors
    ///
    /// When the file is not there, cannot be read, is no bus, or was written by a later program.
    pub async fn sqlite_read_only(path: &Path) -> Result<Self, BusError> {
        Ok(Self::on(sqlite::VisitorBus::open(path, sqlite::Visit::Look).await?, 0))
    }

    /// Opens the database at `path` to look at it, to listen, and to replay or discard dead letters, beside the
    /// process that works with it or without one. That process notices within a second. Nothing is made, migrated
    /// or taken back from a dead process: that is its owner's. Everything else answers
    /// [`BusError::ReadOnly`].
    ///
    /// # Errors
    ///
    /// As for [`Bus::sqlite_read_only`].
    pub async fn sqlite_beside(path: &Path) -> Result<Self, BusError> {
        Ok(Self::on(sqlite::VisitorBus::open(path, sqlite::Visit::Judge).await?, 0))
    }

    /// A bus on the RabbitMQ broker at `url`, `amqp://user:password@host:5672/vhost` or `amqps://…`; several
    /// nodes of one broker joined by commas.
    ///
    /// Returns without waiting for the broker, begins to connect, and goes on whenever the connection is
    /// lost. While the broker is away, or refuses the credentials, calls wait for as long as
    /// [`RabbitOptions::patience`] and then answer [`BusError::Unavailable`]; a consumer's `next` waits on.
    /// [`Bus::check`] tells how it stands.
    ///
    /// # Errors
    ///
    /// [`BusError::InvalidUrl`], the one thing that waiting does not help.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn rabbitmq(url: &str, options: RabbitOptions) -> Result<Self, BusError> {
        let max_body_bytes = options.bus.max_body_bytes;
        Ok(Self::on(rabbitmq::RabbitBus::open(url, options)?, max_body_bytes))
    }

    /// Whether the bus can be used now: for a readiness probe. Asks nobody and waits for nothing.
    ///
    /// # Errors
    ///
    /// [`BusError::Unavailable`] with the reason, or [`BusError::Closed`].
    pub async fn check(&self) -> Result<(), BusError> {
        self.backend.check().await
    }

    /// Makes the queues exist with exactly the given bindings. Declaring a queue again keeps its
    /// messages; its bindings become those of the new declaration.
    ///
    /// # Errors
    ///
    /// [`BusError::InvalidQueue`] for names and patterns beyond AMQP's limits; else what storing meets.
    pub async fn declare(&self, queues: &[QueueSpec]) -> Result<(), BusError> {
        for queue in queues {
            queue.check()?;
        }
        self.backend.declare(queues).await
    }

    /// Publishes to every queue whose bindings match, and returns when all of it is durable there: the
    /// confirm. Either all messages are published or, after an error, none that a back end with
    /// transactions could withhold.
    ///
    /// A message that matches no queue is dropped, as by a topic exchange. Publishing an id twice is
    /// allowed and makes two deliveries. A dropped call may or may not have published.
    ///
    /// # Errors
    ///
    /// [`BusError::InvalidMessage`], [`BusError::Full`], [`BusError::QueueFull`], or what else storing meets.
    pub async fn publish(&self, messages: Vec<Message>) -> Result<(), BusError> {
        consumer::check_messages(&messages, self.max_body_bytes)?;
        if messages.is_empty() {
            return Ok(());
        }
        self.backend.publish(messages).await
    }

    /// Begins to take from a declared queue. Consumers of one queue compete for its messages.
    ///
    /// `prefetch` (0 counts as 1) bounds the deliveries in hand without a decision; the back end holds
    /// as many at most, and one suspect, so the memory bound is (`prefetch` + 1) × body size.
    ///
    /// # Errors
    ///
    /// [`BusError::UnknownQueue`], or when the back end is out of reach.
    pub async fn consume(&self, queue: &str, prefetch: usize) -> Result<Consumer, BusError> {
        // The semaphore's own limit lies above any count of deliveries that fits a machine.
        let prefetch = prefetch.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        let source = self.backend.consume(queue, prefetch).await?;
        Ok(Consumer::new(source, queue, prefetch, self.max_body_bytes))
    }

    /// Listens to what is published with a routing key that matches one of `patterns`, from now on, by whichever
    /// process: for looking on. See "Listeners" above for what may be missed. Returns before it has begun;
    /// [`Heard::Began`] says so.
    ///
    /// # Errors
    ///
    /// [`BusError::InvalidPattern`], [`BusError::TooManyListeners`], [`BusError::ReadOnly`] where the bus is open
    /// for reading only, or when the back end is out of reach and it is not one that is waited for.
    pub async fn listen<P: Into<String>>(&self, patterns: impl IntoIterator<Item = P>) -> Result<Listener, BusError> {
        let patterns: Vec<String> = patterns.into_iter().map(Into::into).collect();
        listener::check_patterns(&patterns)?;
        let ear = Ear::new();
        {
            let mut ears = self.ears.lock().unwrap_or_else(PoisonError::into_inner);
            ears.retain(|ear| ear.strong_count() > 0);
            ears.push(Arc::downgrade(&ear));
        }
        let task = self.backend.listen(patterns, Arc::clone(&ear)).await?;
        Ok(Listener::new(ear, task))
    }

    /// What lies in each queue, by name. Takes one pass over the rows of all messages, or one question to
    /// the broker for each queue: fit for every second, not for every message.
    ///
    /// On RabbitMQ these are all queues that any process declared; `unacked` is what this process alone has
    /// out, and `bytes` is not known.
    ///
    /// # Errors
    ///
    /// When the back end is out of reach.
    pub async fn depths(&self) -> Result<Vec<QueueDepth>, BusError> {
        self.backend.depths().await
    }

    /// The dead letters that pass `filter`, oldest first.
    ///
    /// # Errors
    ///
    /// When the back end is out of reach.
    pub async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError> {
        self.backend.dead_letters(filter).await
    }

    /// Returns dead letters to the queue they failed in, and no other, with their attempts counted
    /// anew; gives their number. Those that brought processes down come back as suspects.
    ///
    /// # Errors
    ///
    /// When storing fails; then none has moved, or on RabbitMQ some have.
    pub async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.backend.replay(filter).await
    }

    /// Deletes dead letters for good; gives their number.
    ///
    /// # Errors
    ///
    /// When storing fails; then none is gone, or on RabbitMQ some are.
    pub async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.backend.discard(filter).await
    }

    /// Finishes what was accepted, hands back what is out, flushes, and closes for all clones:
    /// everything after answers [`BusError::Closed`]. Closing again does nothing.
    ///
    /// Deliveries out at this moment do not count as victims of a crash. A process that ends without
    /// `close` loses nothing either, but what was out then comes back as suspect.
    ///
    /// # Errors
    ///
    /// When the last writes fail.
    pub async fn close(&self) -> Result<(), BusError> {
        let ears = std::mem::take(&mut *self.ears.lock().unwrap_or_else(PoisonError::into_inner));
        for ear in ears.iter().filter_map(Weak::upgrade) {
            ear.end(None);
        }
        self.backend.close().await
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}
