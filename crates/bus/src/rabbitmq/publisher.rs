//! Publishing with confirm.
//!
//! Events go out over one channel, as many as the window allows before the first is confirmed. What goes to
//! one queue of ours (a retry, a suspect, a dead letter) goes over a lane: a channel with one message on its
//! way, because only there is it certain which message the broker returned as undeliverable.
//!
//! A nack or a lost connection means "publish again": with pauses, for as long as the bus has patience, and
//! over another channel. RabbitMQ 3.10 looks a quorum queue's leader up when a channel first publishes to it;
//! one that was told of a node that has just died nacks whatever it is given, long after there is a new
//! leader. A nack does not say whether that is so or the queue is full.

use super::link::{Link, jittered, while_open};
use super::names::EXCHANGE;
use super::wire;
use crate::BusError;
use baogao_model::Message;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ExchangeKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

/// How many messages may be on their way to single queues at a time.
const LANES: usize = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Publisher {
    link: Arc<Link>,
    patience: Duration,
    /// One permit for each message that may be unconfirmed.
    window: Arc<Semaphore>,
    window_size: u32,
    events: tokio::sync::Mutex<Option<Channel>>,
    lanes: Semaphore,
    /// Open lanes that nobody uses.
    idle: Mutex<Vec<Channel>>,
}

/// Waits for the confirm of one event.
type Confirming = JoinHandle<Result<(), Failure>>;

/// Why a message is not known to be where it should.
enum Failure {
    Refused,
    Other(BusError),
}

impl From<lapin::Error> for Failure {
    fn from(error: lapin::Error) -> Self {
        Self::Other(BusError::unavailable(error))
    }
}

impl From<BusError> for Failure {
    fn from(error: BusError) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    fn timeout() -> Self {
        Self::Other(BusError::unavailable("the broker does not confirm"))
    }

    fn into_error(self) -> BusError {
        match self {
            Self::Refused => BusError::QueueFull,
            Self::Other(error) => error,
        }
    }
}

impl Publisher {
    pub(super) fn new(link: Arc<Link>, window: usize, patience: Duration) -> Self {
        let window_size = u32::try_from(window).unwrap_or(u32::MAX).clamp(1, 65_536);
        Self {
            link,
            patience,
            window: Arc::new(Semaphore::new(window_size as usize)),
            window_size,
            events: tokio::sync::Mutex::default(),
            lanes: Semaphore::new(LANES),
            idle: Mutex::default(),
        }
    }

    /// Publishes to the exchange; resolves when all are confirmed.
    pub(super) async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        let mut tries = Tries::new(self.patience);
        let mut todo: Vec<&Message> = messages.iter().collect();
        loop {
            let (rest, failure) = self.round(&todo, tries.deadline).await;
            let Some(failure) = failure else { return Ok(()) };
            todo = rest;
            tries.pause_after(failure).await?;
        }
    }

    /// Publishes each message once and gives those that are not confirmed, in order, with a reason.
    async fn round<'a>(&self, messages: &[&'a Message], deadline: Instant) -> (Vec<&'a Message>, Option<Failure>) {
        let mut failed = Vec::new();
        let mut failure = None;
        let mut sent = Vec::with_capacity(messages.len());
        for (n, message) in messages.iter().enumerate() {
            match self.send(message, deadline).await {
                Ok(confirm) => sent.push((*message, confirm)),
                Err(error) => {
                    failed.extend_from_slice(&messages[n..]);
                    failure = Some(error);
                    break;
                }
            }
        }
        let mut unconfirmed = Vec::new();
        for (message, (channel, confirm)) in sent {
            match confirmed(confirm, deadline).await {
                Some(Ok(())) => continue,
                Some(Err(error)) => {
                    // What others still have on it is confirmed there; with the last of them it is closed.
                    self.retire(&channel).await;
                    failure = Some(error);
                }
                None => {
                    self.forsake(&channel).await;
                    failure = Some(Failure::timeout());
                }
            }
            unconfirmed.push(message);
        }
        unconfirmed.append(&mut failed);
        (unconfirmed, failure)
    }

    /// Sends one event as soon as the window has room. The confirm is waited for in a task of its own, so
    /// that it gives its place back whatever becomes of the caller.
    async fn send(&self, message: &Message, deadline: Instant) -> Result<(Channel, Confirming), Failure> {
        let permit = self.place(deadline).await?;
        let channel = self.events_channel(deadline).await?;
        let properties = wire::outgoing(message);
        let options = BasicPublishOptions::default();
        let sending = channel.basic_publish(
            EXCHANGE.into(),
            message.routing_key.as_str().into(),
            options,
            &message.body,
            properties,
        );
        let confirm = timeout_at(deadline, sending).await.map_err(|_| Failure::timeout())??;
        let on = channel.clone();
        let confirming = tokio::spawn(async move {
            let confirmation = while_open(&on, confirm).await;
            drop(permit);
            let Some(confirmation) = confirmation else { return Err(Failure::timeout()) };
            match confirmation? {
                Confirmation::Nack(_) => Err(Failure::Refused),
                // Nobody asked for the return of what matches no queue.
                Confirmation::Ack(_) | Confirmation::NotRequested => Ok(()),
            }
        });
        Ok((channel, confirming))
    }

    /// Makes the next event open another channel.
    async fn retire(&self, channel: &Channel) {
        drop(self.events.lock().await.take_if(|current| current.id() == channel.id()));
    }

    /// Closes a channel on which a confirm did not come in time: one that is lost for good would keep its
    /// place in the window, and in the end nothing could be published.
    async fn forsake(&self, channel: &Channel) {
        self.retire(channel).await;
        let channel = channel.clone();
        // What it still owes fails, and so gives its places back, when the broker agrees.
        tokio::spawn(async move { channel.close(200, "no confirm".into()).await });
    }

    /// Publishes to one queue of ours; resolves when it is confirmed to be there.
    pub(super) async fn put(&self, queue: &str, properties: &BasicProperties, body: &[u8]) -> Result<(), BusError> {
        let mut tries = Tries::new(self.patience);
        loop {
            match self.try_put(queue, properties, body, tries.deadline).await {
                Ok(()) => return Ok(()),
                Err(failure) => tries.pause_after(failure).await?,
            }
        }
    }

    async fn try_put(
        &self,
        queue: &str,
        properties: &BasicProperties,
        body: &[u8],
        deadline: Instant,
    ) -> Result<(), Failure> {
        let lane = timeout_at(deadline, self.lanes.acquire()).await.map_err(|_| Failure::timeout())?;
        let _lane = lane.map_err(|_| BusError::Closed)?;
        let _permit = self.place(deadline).await?;
        // A channel that is not given back is closed by its drop, with whatever was on its way.
        let channel = self.lane_channel(deadline).await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sending =
            async { channel.basic_publish("".into(), queue.into(), options, body, properties.clone()).await?.await };
        match timeout_at(deadline, sending).await.map_err(|_| Failure::timeout())?? {
            Confirmation::Ack(None) => {
                self.idle().push(channel);
                Ok(())
            }
            Confirmation::Nack(_) => Err(Failure::Refused),
            Confirmation::Ack(Some(_)) | Confirmation::NotRequested => {
                Err(Failure::Other(BusError::unavailable(format!("queue {queue:?} is not on the broker"))))
            }
        }
    }

    /// Waits until nothing is unconfirmed, until `deadline`.
    pub(super) async fn flush(&self, deadline: Instant) {
        // Only the deadline can end it early; then the rest is given up.
        let _ = timeout_at(deadline, self.window.acquire_many(self.window_size)).await;
    }

    async fn place(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = timeout_at(deadline, Arc::clone(&self.window).acquire_owned()).await;
        Ok(permit.map_err(|_| Failure::timeout())?.map_err(|_| BusError::Closed)?)
    }

    async fn events_channel(&self, deadline: Instant) -> Result<Channel, Failure> {
        let mut slot = self.events.lock().await;
        if let Some(channel) = slot.as_ref().filter(|channel| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let connection = self.link.connection(deadline).await?;
        let opening = async {
            let channel = confirming(&connection).await?;
            declare_exchange(&channel).await?;
            Ok::<_, lapin::Error>(channel)
        };
        let channel = timeout_at(deadline, opening).await.map_err(|_| Failure::timeout())??;
        *slot = Some(channel.clone());
        Ok(channel)
    }

    async fn lane_channel(&self, deadline: Instant) -> Result<Channel, Failure> {
        while let Some(channel) = { self.idle().pop() } {
            if channel.status().connected() {
                return Ok(channel);
            }
        }
        let connection = self.link.connection(deadline).await?;
        Ok(timeout_at(deadline, confirming(&connection)).await.map_err(|_| Failure::timeout())??)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a message; none where the broker has not said by `deadline`.
async fn confirmed(confirm: Confirming, deadline: Instant) -> Option<Result<(), Failure>> {
    match timeout_at(deadline, confirm).await {
        Ok(Ok(outcome)) => Some(outcome),
        // The runtime is shutting down.
        Ok(Err(_)) => Some(Err(BusError::Closed.into())),
        Err(_) => None,
    }
}

/// A channel on which the broker confirms.
pub(super) async fn confirming(connection: &Connection) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

pub(super) async fn declare_exchange(channel: &Channel) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, options, FieldTable::default()).await
}

/// One call's patience.
struct Tries {
    deadline: Instant,
    pause: Duration,
}

impl Tries {
    fn new(patience: Duration) -> Self {
        // A patience beyond the clock's range is one without end; a day is enough of it.
        let deadline = Instant::now() + patience.min(Duration::from_secs(24 * 3600));
        Self { deadline, pause: FIRST_PAUSE }
    }

    /// Waits before the next try, or gives the failure back where there is no time for one.
    async fn pause_after(&mut self, failure: Failure) -> Result<(), BusError> {
        let is_final = matches!(&failure, Failure::Other(error) if !error.is_transient());
        if is_final || Instant::now() + self.pause >= self.deadline {
            return Err(failure.into_error());
        }
        sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}
