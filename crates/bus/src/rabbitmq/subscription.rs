//! One consumer of one work queue and of its suspects, subscribed anew whenever the connection is.
//!
//! # Who is suspected
//!
//! A delivery that the broker marks as redelivered was out somewhere when a connection ended, so it may have
//! killed a process. It is not worked on where it was but published to the queue's suspects, of which the
//! broker lets one out at a time (single active consumer, prefetch 1). A suspect that comes redelivered has
//! been out alone when its process died: it is charged with a crash and rests; the third makes a dead letter.
//!
//! A process that lost its connection and lives knows better: what it held then, or had acknowledged lately and
//! perhaps in vain, is no suspect when it comes back to it, whichever of its consumers had it, and no suspect
//! is charged. This is a memory of this process only. What comes back to another
//! goes to the suspects, which costs an innocent message a round and no more. A suspect that comes back to
//! another is charged, unless that one was cut off just before too: then the broker was restarted, more
//! likely than not, and the suspect gets the benefit of the doubt. A message that does kill is charged all
//! the same, since processes that start were not cut off before.

use super::Inner;
use super::link::while_up;
use super::moving::Parked;
use super::names;
use super::settle::{Fate, hand_over};
use super::shelf::{Item, Shelf};
use super::wire::Parcel;
use crate::BusError;
use crate::dead_letter::crash_error;
use baogao_model::Message;
use futures::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

/// A message that killed its process this often while it was out alone is given up.
pub(super) const MAX_CRASHES: u32 = 3;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// For how long after it was cut off a process gives suspects the benefit of the doubt: what was out when the
/// broker went down is delivered again as soon as somebody consumes.
const DOUBT: Duration = Duration::from_secs(30);
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);
const LEARNING_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Subscription {
    pub(super) bus: Arc<Inner>,
    pub(super) queue: String,
    prefetch: u16,
    shelf: Mutex<Shelf>,
    /// Told when something was put on the shelf or the bus was closed.
    pub(super) arrived: Notify,
    stop: watch::Sender<bool>,
    /// The channel deliveries come over.
    way: watch::Sender<Option<Channel>>,
    /// Whether the task has ended.
    ended: watch::Sender<bool>,
}

/// The way deliveries come, from one connection to the next.
#[derive(Clone)]
struct Way {
    generation: u64,
    channel: Channel,
    /// Until when suspects are not charged.
    doubt: Option<Instant>,
}

/// The two consumers on it.
struct Live {
    way: Way,
    ordinary: Consumer,
    suspects: Consumer,
}

/// Why a channel is given up.
enum End {
    Stopped,
    Lost,
}

impl Subscription {
    pub(super) fn start(bus: Arc<Inner>, queue: &str, prefetch: usize) -> Arc<Self> {
        let subscription = Arc::new(Self {
            bus,
            queue: queue.to_owned(),
            prefetch: u16::try_from(prefetch).unwrap_or(u16::MAX),
            shelf: Mutex::default(),
            arrived: Notify::new(),
            stop: watch::Sender::new(false),
            way: watch::Sender::new(None),
            ended: watch::Sender::new(false),
        });
        tokio::spawn(Arc::clone(&subscription).run());
        subscription
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // No code under the lock panics halfway through a change.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes no more from the broker and gives back what nobody has taken.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Resolves when everything on the shelf has been given back.
    pub(super) async fn ended(&self) {
        // The sender is `self`'s, so it is there.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    async fn run(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        let mut generation = 0;
        let mut was_cut_off = false;
        let mut pause = FIRST_PAUSE;
        let mut said: Option<String> = None;
        loop {
            generation += 1;
            let subscribed = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                subscribed = self.subscribe(generation, was_cut_off) => subscribed,
            };
            match subscribed {
                Ok(mut live) => {
                    self.way.send_replace(Some(live.way.channel.clone()));
                    pause = FIRST_PAUSE;
                    said = None;
                    let end = tokio::select! {
                        _ = stop.wait_for(|stop| *stop) => End::Stopped,
                        () = self.pump(&mut live) => End::Lost,
                    };
                    if matches!(end, End::Stopped) {
                        self.unsubscribe(live).await;
                        self.way.send_replace(None);
                        break;
                    }
                    was_cut_off = true;
                    self.lose(live);
                }
                // The link says when the broker is away, and when it is back.
                Err(BusError::Closed) => break,
                Err(error) => {
                    let text = super::link::described(&error);
                    if said.as_ref() != Some(&text) {
                        tracing::warn!(
                            queue = self.queue,
                            error = text,
                            "cannot consume from {}, trying again",
                            self.queue
                        );
                        said = Some(text);
                    }
                }
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = sleep(super::link::jittered(pause)) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let left = {
            let mut shelf = self.shelf();
            shelf.is_closed = true;
            shelf.clear()
        };
        for item in left {
            hand_over(&self.bus, &self.queue, &item).await;
        }
        self.ended.send_replace(true);
    }

    /// Waits for the connection and subscribes to the queue and its suspects.
    async fn subscribe(&self, generation: u64, was_cut_off: bool) -> Result<Live, BusError> {
        // As long as it takes: `next` waits with us.
        let day = Instant::now() + Duration::from_secs(24 * 3600);
        let connection = self.bus.incoming.connection(day).await?;
        let subscribing = async {
            let channel = connection.create_channel().await?;
            // Not global, so each holds for the consumers that follow: one suspect, `prefetch` others.
            let suspects = consume(&channel, &names::suspect(&self.queue), 1).await?;
            let ordinary = consume(&channel, &self.queue, self.prefetch).await?;
            let doubt = was_cut_off.then(|| Instant::now() + DOUBT);
            Ok(Live { way: Way { generation, channel, doubt }, ordinary, suspects })
        };
        match while_up(&connection, async { Ok(subscribing.await) }).await? {
            Ok(live) => Ok(live),
            Err(error) => {
                if super::topology::reply_code(&error) == Some(super::topology::NOT_FOUND) {
                    self.bus.topology.restore(self.bus.outgoing.check()?, self.bus.deadline()).await?;
                }
                Err(BusError::unavailable(error))
            }
        }
    }

    /// Receives until the broker ends it.
    async fn pump(self: &Arc<Self>, live: &mut Live) {
        loop {
            let (received, is_suspect) = tokio::select! {
                received = live.suspects.next() => (received, true),
                received = live.ordinary.next() => (received, false),
            };
            match received {
                Some(Ok(delivery)) => self.receive(delivery, &live.way, is_suspect),
                Some(Err(_)) | None => return,
            }
        }
    }

    /// Remembers what came over a channel that is lost, be it that nobody had looked at it yet.
    fn lose(&self, mut live: Live) {
        let mut ids = self.shelf().lose(live.way.generation);
        for consumer in [&mut live.ordinary, &mut live.suspects] {
            while let Some(Some(received)) = consumer.next().now_or_never() {
                if let Ok(Delivery { routing_key, properties, data, .. }) = received {
                    ids.push(Parcel::open(routing_key.as_str(), &properties, data).id());
                }
            }
        }
        self.bus.survivors().remember(&self.queue, ids);
        self.way.send_replace(None);
    }

    /// Whether no channel was lost of which this consumer has not remembered what it had. The broker may
    /// deliver that to another consumer of this process before.
    fn knows_its_losses(&self) -> bool {
        is_up(&self.way.borrow())
    }

    /// Resolves when it does.
    async fn learn_its_losses(&self) {
        // lapin ends the consumers of a channel that it has ended; the limit is against its forgetting to.
        let _ = timeout(LEARNING_TIMEOUT, self.way.subscribe().wait_for(is_up)).await;
    }

    /// Cancels, and takes in what was on its way.
    async fn unsubscribe(self: &Arc<Self>, mut live: Live) {
        let cancelling = async {
            for consumer in [&mut live.ordinary, &mut live.suspects] {
                live.way.channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await?;
            }
            for (consumer, is_suspect) in [(&mut live.ordinary, false), (&mut live.suspects, true)] {
                while let Some(Ok(delivery)) = consumer.next().await {
                    self.receive(delivery, &live.way, is_suspect);
                }
            }
            Ok::<_, lapin::Error>(())
        };
        // What cannot be taken in goes back to the broker with the channel.
        let _ = timeout(CANCEL_TIMEOUT, cancelling).await;
    }

    fn receive(self: &Arc<Self>, delivery: Delivery, way: &Way, is_suspect: bool) {
        let Delivery { delivery_tag, routing_key, redelivered, properties, data, acker, .. } = delivery;
        let parcel = Parcel::open(routing_key.as_str(), &properties, data);
        let is_redelivered = redelivered || parcel.travel.is_redelivered;
        let key = (way.generation, delivery_tag);
        let item = Arc::new(Item::new(key, parcel, is_suspect, is_redelivered, acker, way.channel.clone()));
        let message = match item.parcel.message() {
            Ok(message) => message,
            Err(reason) => {
                let (error, crashes) = (format!("no message of ours: {reason}"), item.parcel.travel.crashes);
                return self.move_away(item, Fate::Dead { error, crashes });
            }
        };
        if !redelivered || self.bus.survivors().forgive(&self.queue, &message.id) {
            return self.welcome(item, message);
        }
        let unaware: Vec<_> = self.siblings().filter(|sibling| !sibling.knows_its_losses()).collect();
        if unaware.is_empty() {
            return self.suspect(item, &message.id, way.doubt);
        }
        self.shelf().begin_move(&item);
        let (subscription, doubt) = (Arc::clone(self), way.doubt);
        tokio::spawn(async move {
            for sibling in unaware {
                sibling.learn_its_losses().await;
            }
            if !subscription.shelf().finish(item.key) {
                // Its connection was lost meanwhile.
                return;
            }
            let is_forgiven = subscription.bus.survivors().forgive(&subscription.queue, &message.id);
            match is_forgiven {
                true if subscription.shelf().is_closed => {
                    hand_over(&subscription.bus, &subscription.queue, &item).await;
                }
                true => subscription.welcome(item, message),
                false => subscription.suspect(item, &message.id, doubt),
            }
        });
    }

    /// The other consumers of this process at the same queue.
    fn siblings(self: &Arc<Self>) -> impl Iterator<Item = Arc<Self>> {
        let all = self.bus.subscriptions();
        all.into_iter().filter(|other| other.queue == self.queue && !Arc::ptr_eq(other, self))
    }

    /// Takes in a delivery over which nobody died, as far as anybody knows.
    fn welcome(self: &Arc<Self>, item: Arc<Item>, message: Message) {
        match item.is_suspect {
            false => self.put(item, message),
            true => self.put_or_park(item, message),
        }
    }

    /// Takes in a delivery that was out with another process when a connection ended.
    fn suspect(self: &Arc<Self>, item: Arc<Item>, id: &str, doubt: Option<Instant>) {
        match item.is_suspect {
            false => self.move_away(item, Fate::Suspect { crashes: None }),
            // Published anew, it is again one that nobody died over.
            true if doubt.is_some_and(|until| Instant::now() < until) => {
                self.move_away(item, Fate::Suspect { crashes: None });
            }
            true => self.charge(item, id),
        }
    }

    /// Counts a crash of a suspect: it rests, or is buried when that was the last allowed.
    fn charge(self: &Arc<Self>, item: Arc<Item>, id: &str) {
        let crashes = item.parcel.travel.crashes.saturating_add(1);
        tracing::warn!(
            queue = self.queue,
            id,
            crashes,
            "a process died over message {id} alone, {crashes} times so far"
        );
        let fate = match crashes >= MAX_CRASHES {
            true => Fate::Dead { error: crash_error(crashes), crashes },
            false => Fate::Suspect { crashes: Some(crashes) },
        };
        self.move_away(item, fate);
    }

    /// Puts a suspect on the shelf, unless its original is not acknowledged yet; see `moving.rs`.
    fn put_or_park(self: &Arc<Self>, item: Arc<Item>, message: Message) {
        self.shelf().begin_parking(&item);
        let copy = Parked { subscription: Arc::clone(self), item, message };
        let copy = self.bus.moving().park(copy);
        if let Some(Parked { item, message, .. }) = copy {
            self.put(item, message);
        }
    }

    fn put(&self, item: Arc<Item>, message: Message) {
        self.shelf().put(item, message);
        self.arrived.notify_one();
    }

    /// Sends a delivery where it belongs, however long the broker takes. It stays ours meanwhile, so no more
    /// than the prefetch are on such a way.
    fn move_away(self: &Arc<Self>, item: Arc<Item>, fate: Fate) {
        let id = item.parcel.id();
        self.shelf().begin_move(&item);
        self.bus.moving().begin(&self.queue, &id);
        let subscription = Arc::clone(self);
        tokio::spawn(async move {
            let mut pause = FIRST_PAUSE;
            while item.is_ours() {
                match fate.carry_out(&subscription.bus, &subscription.queue, &item).await {
                    Ok(()) => {
                        item.ack().await;
                        break;
                    }
                    Err(BusError::Closed) => break,
                    Err(_) => sleep(super::link::jittered(pause)).await,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            subscription.shelf().finish(item.key);
            let parked = subscription.bus.moving().end(&subscription.queue, &id);
            for copy in parked {
                copy.unpark().await;
            }
        });
    }
}

impl Parked {
    /// Puts a copy on its shelf now that it may be had.
    async fn unpark(self) {
        let Self { subscription, item, message } = self;
        {
            let mut shelf = subscription.shelf();
            if !shelf.finish(item.key) {
                // Its connection was lost meanwhile.
                return;
            }
            if !shelf.is_closed {
                shelf.put(item, message);
                drop(shelf);
                subscription.arrived.notify_one();
                return;
            }
        }
        hand_over(&subscription.bus, &subscription.queue, &item).await;
    }
}

/// Whether a way is open, or known to be none.
fn is_up(way: &Option<Channel>) -> bool {
    way.as_ref().is_none_or(|channel| channel.status().connected())
}

async fn consume(channel: &Channel, queue: &str, prefetch: u16) -> lapin::Result<Consumer> {
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default()).await
}
