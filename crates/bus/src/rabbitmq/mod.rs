//! The bus on RabbitMQ.
//!
//! Two connections: what we publish goes out over one and what we consume comes in over the other, since a
//! broker short of memory or disk stops reading from those that publish, and acknowledgements must get
//! through then more than ever. Each is made again when it is lost (`link.rs`). Every work queue has others
//! behind it: its suspects, one for each wait, its dead letters (`names.rs`).
//!
//! A decision about a delivery is a publish with confirm, then an acknowledgement; a process that dies in
//! between leaves the message in both places, and equal ids tell.

mod dead;
mod depths;
mod link;
mod listening;
mod moving;
mod names;
mod options;
mod publisher;
mod settle;
mod shelf;
mod subscription;
mod survivors;
mod topology;
mod wire;

pub use options::RabbitOptions;

use crate::backend::{Backend, Received, Source};
use crate::listener::Ear;
use crate::topic::MAX_NAME_BYTES;
use crate::{BusError, DeadLetter, DeadLetterFilter, Options, QueueDepth, QueueSpec};
use async_trait::async_trait;
use baogao_model::Message;
use dead::Action;
use futures::FutureExt;
use link::{Dial, Link};
use moving::Moving;
use names::Waits;
use publisher::Publisher;
use settle::{RabbitReceipt, hand_over};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use subscription::{MAX_CRASHES, Subscription};
use survivors::Survivors;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use topology::Topology;

/// How long `close` goes on handing back and waiting for confirms.
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);
/// How often `close` looks whether the last decisions are carried out.
const LOOK: Duration = Duration::from_millis(5);

/// The back end.
pub(crate) struct RabbitBus {
    inner: Arc<Inner>,
}

/// What the bus shares with its consumers and their deliveries.
struct Inner {
    options: Options,
    patience: Duration,
    waits: Waits,
    /// For what we consume and ask.
    incoming: Link,
    /// For what we publish and declare.
    outgoing: Arc<Link>,
    publisher: Publisher,
    topology: Arc<Topology>,
    survivors: Mutex<Survivors>,
    moving: Mutex<Moving>,
    subscriptions: Mutex<Vec<Weak<Subscription>>>,
    /// The broker's lock on the dead letters is the connection's, so within one process this comes on top.
    dead_turn: Arc<tokio::sync::Mutex<()>>,
    is_closed: AtomicBool,
    /// For what is begun in a `drop`.
    runtime: Handle,
}

impl RabbitBus {
    /// Begins to connect. The broker need not be there yet.
    pub(crate) fn open(url: &str, options: RabbitOptions) -> Result<Self, BusError> {
        let waits = Waits::new(&options.bus, MAX_CRASHES);
        let (incoming, outgoing) = (Dial::new(url, &options, "in")?, Dial::new(url, &options, "out")?);
        let topology = Arc::new(Topology::new(waits.clone(), (options.max_queue_length, options.max_queue_bytes)));
        let patience = options.patience;
        // Nothing is published on a new connection before the queues are known to be there: what matches
        // no queue is dropped.
        let restored = Arc::clone(&topology);
        let restore = move |connection| {
            let topology = Arc::clone(&restored);
            async move { topology.restore(connection, Instant::now() + patience).await }.boxed()
        };
        let outgoing = Arc::new(Link::start(outgoing, Arc::new(restore)));
        let inner = Inner {
            patience,
            waits,
            incoming: Link::start(incoming, Arc::new(|_| async { Ok(()) }.boxed())),
            publisher: Publisher::new(Arc::clone(&outgoing), options.confirm_window, patience),
            outgoing,
            topology,
            survivors: Mutex::default(),
            moving: Mutex::default(),
            subscriptions: Mutex::default(),
            dead_turn: Arc::default(),
            is_closed: AtomicBool::new(false),
            runtime: Handle::current(),
            options: options.bus,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn check_open(&self) -> Result<(), BusError> {
        if self.inner.is_closed() { Err(BusError::Closed) } else { Ok(()) }
    }
}

impl Inner {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Until when a call that begins now goes on trying.
    fn deadline(&self) -> Instant {
        Instant::now() + self.patience.min(Duration::from_secs(24 * 3600))
    }

    fn survivors(&self) -> MutexGuard<'_, Survivors> {
        self.survivors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moving(&self) -> MutexGuard<'_, Moving> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The consumers that are still there.
    fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        subscriptions.retain(|subscription| subscription.strong_count() > 0);
        subscriptions.iter().filter_map(Weak::upgrade).collect()
    }
}

#[async_trait]
impl Backend for RabbitBus {
    async fn declare(&self, queues: &[QueueSpec]) -> Result<(), BusError> {
        self.check_open()?;
        self.inner.topology.declare(&self.inner.outgoing, queues, self.inner.deadline()).await
    }

    async fn publish(&self, messages: Vec<Message>) -> Result<(), BusError> {
        self.check_open()?;
        self.inner.publisher.publish(&messages).await
    }

    async fn consume(&self, queue: &str, prefetch: usize) -> Result<Box<dyn Source>, BusError> {
        self.check_open()?;
        let inner = &self.inner;
        // What we declared is there, or will be when the broker is.
        if !inner.topology.has(queue) {
            let unknown = || BusError::UnknownQueue { queue: queue.to_owned() };
            if queue.is_empty() || queue.len() > MAX_NAME_BYTES {
                return Err(unknown());
            }
            let connection = inner.incoming.connection(inner.deadline()).await?;
            if !topology::exists(&connection, queue).await? {
                return Err(unknown());
            }
        }
        let subscription = Subscription::start(Arc::clone(inner), queue, prefetch);
        let mut subscriptions = inner.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        subscriptions.retain(|subscription| subscription.strong_count() > 0);
        subscriptions.push(Arc::downgrade(&subscription));
        Ok(Box::new(RabbitSource { subscription }))
    }

    async fn listen(&self, patterns: Vec<String>, ear: Arc<Ear>) -> Result<Option<JoinHandle<()>>, BusError> {
        self.check_open()?;
        Ok(Some(tokio::spawn(listening::listen(Arc::clone(&self.inner), patterns, ear))))
    }

    async fn depths(&self) -> Result<Vec<QueueDepth>, BusError> {
        self.check_open()?;
        depths::depths(&self.inner).await
    }

    async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, BusError> {
        self.check_open()?;
        Ok(dead::visit(&self.inner, filter, Action::List).await?.letters)
    }

    async fn replay(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.check_open()?;
        Ok(dead::visit(&self.inner, filter, Action::Replay).await?.count)
    }

    async fn discard(&self, filter: &DeadLetterFilter) -> Result<u64, BusError> {
        self.check_open()?;
        Ok(dead::visit(&self.inner, filter, Action::Discard).await?.count)
    }

    async fn check(&self) -> Result<(), BusError> {
        self.check_open()?;
        self.inner.outgoing.check()?;
        self.inner.incoming.check().map(drop)
    }

    async fn close(&self) -> Result<(), BusError> {
        if self.inner.is_closed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let deadline = Instant::now() + CLOSE_PATIENCE;
        // What is not back by then comes back from the broker, as redelivered.
        let _ = timeout_at(deadline, hand_back_everything(&self.inner)).await;
        self.inner.publisher.flush(deadline).await;
        self.inner.incoming.close().await;
        self.inner.outgoing.close().await;
        Ok(())
    }
}

async fn hand_back_everything(inner: &Inner) {
    let subscriptions = inner.subscriptions();
    for subscription in &subscriptions {
        subscription.stop();
        // Its `next` answers that the bus is closed.
        subscription.arrived.notify_one();
    }
    for subscription in &subscriptions {
        subscription.ended().await;
        let taken = subscription.shelf().take_from_hand();
        for item in taken {
            item.set_redelivered();
            hand_over(inner, &subscription.queue, &item).await;
            subscription.shelf().finish(item.key);
        }
        while subscription.shelf().is_settling() {
            sleep(LOOK).await;
        }
    }
}

/// One consumer's end.
struct RabbitSource {
    subscription: Arc<Subscription>,
}

#[async_trait]
impl Source for RabbitSource {
    async fn next(&mut self) -> Result<Received, BusError> {
        loop {
            if self.subscription.bus.is_closed() {
                return Err(BusError::Closed);
            }
            let taken = self.subscription.shelf().take();
            if let Some((item, message)) = taken {
                return Ok(Received {
                    message,
                    attempt: item.parcel.travel.attempt,
                    is_redelivered: item.is_redelivered(),
                    is_suspect: item.is_suspect,
                    receipt: Box::new(RabbitReceipt::new(Arc::clone(&self.subscription), item)),
                });
            }
            // Notified before we wait, it returns at once; there is one waiter.
            self.subscription.arrived.notified().await;
        }
    }
}

impl Drop for RabbitSource {
    fn drop(&mut self) {
        self.subscription.stop();
    }
}
