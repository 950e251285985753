//! A listener on the broker: an exclusive queue that goes with its connection, made anew on the next one.
//!
//! What comes is taken at once and kept in this process, so that what is dropped for want of time is counted. The
//! queue's own limits are for a process that is held up, or slower than all publishers together; the broker does
//! not tell what it drops by them.

use super::Inner;
use super::link::{described, jittered, random, while_up};
use super::names::EXCHANGE;
use super::publisher::declare_exchange;
use super::wire::Parcel;
use crate::BusError;
use crate::listener::{Ear, Heard};
use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, Consumer};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// What the queue holds; the oldest make room. A process that is not held up keeps it next to empty.
const MOST_MESSAGES: i64 = 10_000;
const MOST_BYTES: i64 = 64 * 1024 * 1024;

/// How many messages are under way to this process at a time.
const PREFETCH: u16 = 32;

/// A broker that has not been reached after this long is told of.
const AWAY_AFTER: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Listens until the ear or the bus is ended.
pub(super) async fn listen(bus: Arc<Inner>, patterns: Vec<String>, ear: Arc<Ear>) {
    let mut pause = FIRST_PAUSE;
    loop {
        if ear.is_ended() {
            return;
        }
        match attend(&bus, &patterns, &ear).await {
            Ok(()) => pause = FIRST_PAUSE,
            Err(BusError::Closed) => return ear.end(None),
            Err(error) => ear.hear(Heard::Away(described(&error))),
        }
        tokio::select! {
            () = ear.ended() => return,
            () = sleep(jittered(pause)) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens on one connection, until it is lost or the ear is ended.
async fn attend(bus: &Inner, patterns: &[String], ear: &Ear) -> Result<(), BusError> {
    let connection = connected(bus, ear).await?;
    let subscribing = async { subscribe(&connection, patterns).await.map_err(BusError::unavailable) };
    let (channel, mut consumer) = while_up(&connection, subscribing).await?;
    ear.hear(Heard::Began);
    tokio::select! {
        () = ear.ended() => {
            // The queue goes with its consumer, or at the latest with the connection.
            let _ = timeout(CLOSE_TIMEOUT, channel.close(200, "OK".into())).await;
        }
        () = receive(&mut consumer, ear) => ear.hear(Heard::Away("the connection to the broker was lost".to_owned())),
    }
    Ok(())
}

/// Receives until the broker ends it.
async fn receive(consumer: &mut Consumer, ear: &Ear) {
    while let Some(Ok(delivery)) = consumer.next().await {
        let Delivery { routing_key, properties, data, acker, .. } = delivery;
        // Fails with the connection, which ends the queue too.
        if acker.ack(BasicAckOptions::default()).await.is_err() {
            return;
        }
        let parcel = Parcel::open(routing_key.as_str(), &properties, data);
        // Whoever looks on wants to see a stranger's message too.
        ear.hear(Heard::Message(parcel.message().unwrap_or_else(|_| parcel.message_with_gaps())));
    }
}

/// Makes the queue, binds it, and begins to consume from it.
async fn subscribe(connection: &Connection, patterns: &[String]) -> lapin::Result<(Channel, Consumer)> {
    let channel = connection.create_channel().await?;
    declare_exchange(&channel).await?;
    let name = format!("sub.tail.{:016x}", random());
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MOST_MESSAGES));
    arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(MOST_BYTES));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("drop-head".into()));
    channel.queue_declare(name.as_str().into(), options, arguments).await?;
    for pattern in patterns {
        let options = QueueBindOptions::default();
        let bound = channel.queue_bind(name.as_str().into(), EXCHANGE.into(), pattern.as_str().into(), options, none());
        bound.await?;
    }
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
    let consumer = channel.basic_consume(name.as_str().into(), "".into(), options, none()).await?;
    Ok((channel, consumer))
}

fn none() -> FieldTable {
    FieldTable::default()
}

/// The connection, as long as it takes; says so when it takes long.
async fn connected(bus: &Inner, ear: &Ear) -> Result<Arc<Connection>, BusError> {
    loop {
        let connected = tokio::select! {
            () = ear.ended() => return Err(BusError::Closed),
            connected = bus.incoming.connection(Instant::now() + AWAY_AFTER) => connected,
        };
        match connected {
            Err(error @ BusError::Unavailable { .. }) => ear.hear(Heard::Away(described(&error))),
            other => return other,
        }
    }
}
