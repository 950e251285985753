//! Dead letters: looked at by taking all of a queue in hand and giving back what is not chosen.
//!
//! One reader at a time, by the exclusive queue `baogao.lock.dead`; two would each see a part. They are read
//! in portions, so memory holds one portion and what was chosen, and the reader waits until the broker has
//! back what it gave back, so the next one sees it all.

use super::Inner;
use super::names::{self, DEAD_LOCK};
use super::topology::{locked, ready};
use super::wire::{Burial, Parcel, Travel};
use crate::{BusError, DeadLetter, DeadLetterFilter};
use futures::StreamExt;
use jiff::Timestamp;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How many are read at a time.
const PORTION: u16 = 32;
/// How long one visit may take, the wait for other readers included.
const LONGEST_VISIT: Duration = Duration::from_secs(3600);
/// The broker answers or is out of reach.
const ANSWER: Duration = Duration::from_secs(20);

/// What is done with the chosen ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    List,
    Replay,
    Discard,
}

/// What was done, and the letters where they were asked for.
#[derive(Default)]
pub(super) struct Done {
    pub(super) count: u64,
    pub(super) letters: Vec<DeadLetter>,
}

/// One dead letter in hand.
struct Held {
    tag: u64,
    queue: String,
    parcel: Parcel,
    letter: DeadLetter,
}

/// Does `action` with the dead letters that pass the filter.
pub(super) async fn visit(bus: &Arc<Inner>, filter: &DeadLetterFilter, action: Action) -> Result<Done, BusError> {
    let deadline = bus.deadline();
    let queues = match &filter.queue {
        Some(queue) => vec![queue.clone()],
        None => bus.topology.queues(&bus.incoming, deadline).await?,
    };
    let connection = bus.incoming.connection(deadline).await?;
    let (bus, filter) = (Arc::clone(bus), filter.clone());
    // However long the reading takes; the broker's heartbeat ends it should it not answer.
    let unhurried = Instant::now() + LONGEST_VISIT;
    let (on, of, turn) = (Arc::clone(&connection), Arc::clone(&bus), &bus.dead_turn);
    let work = async move { Visit::new(&on, &of, &filter, action).await?.run(&queues).await };
    locked(connection, turn, DEAD_LOCK, unhurried, work).await
}

struct Visit<'a> {
    connection: &'a Connection,
    bus: &'a Inner,
    filter: &'a DeadLetterFilter,
    action: Action,
    /// Holds everything that is in hand.
    channel: Channel,
    /// The oldest that passed the filter, where it limits their number or they are to be listed.
    chosen: BTreeMap<(String, u64), Held>,
    done: Done,
}

impl<'a> Visit<'a> {
    async fn new(
        connection: &'a Connection,
        bus: &'a Inner,
        filter: &'a DeadLetterFilter,
        action: Action,
    ) -> Result<Self, BusError> {
        let channel = connection.create_channel().await.map_err(BusError::unavailable)?;
        Ok(Self { connection, bus, filter, action, channel, chosen: BTreeMap::new(), done: Done::default() })
    }

    async fn run(mut self, queues: &[String]) -> Result<Done, BusError> {
        let mut read = Vec::new();
        for queue in queues {
            let removed = self.done.count;
            let seen = self.read_queue(queue).await?;
            // What was removed on the way does not come back.
            read.push((queue.clone(), seen - (self.done.count - removed)));
        }
        for (_, held) in std::mem::take(&mut self.chosen) {
            if self.action != Action::List
                && let Some((_, left)) = read.iter_mut().find(|(queue, _)| *queue == held.queue)
            {
                *left -= 1;
            }
            self.act(held).await?;
        }
        self.give_back(&read).await?;
        Ok(self.done)
    }

    /// Takes in hand all that lies in the queue now; gives their number.
    async fn read_queue(&mut self, queue: &str) -> Result<u64, BusError> {
        let name = names::dead(queue);
        let mut left = self.ready(&name).await?;
        let mut seen = 0;
        while left > 0 {
            let portion = left.min(PORTION.into()) as u16;
            let arrived = self.read_portion(queue, &name, portion).await?;
            seen += u64::from(arrived);
            if arrived < portion {
                break;
            }
            left -= u64::from(portion);
        }
        Ok(seen)
    }

    async fn read_portion(&mut self, queue: &str, name: &str, portion: u16) -> Result<u16, BusError> {
        let subscribing = async {
            self.channel.basic_qos(portion, BasicQosOptions::default()).await?;
            let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            self.channel.basic_consume(name.into(), "".into(), options, arguments).await
        };
        let mut consumer = subscribing.await.map_err(BusError::unavailable)?;
        let mut arrived = 0;
        while arrived < portion {
            let delivery = match timeout(ANSWER, consumer.next()).await {
                Ok(Some(Ok(delivery))) => delivery,
                Ok(Some(Err(error))) => return Err(BusError::unavailable(error)),
                Ok(None) | Err(_) => break,
            };
            arrived += 1;
            let parcel = Parcel::open(delivery.routing_key.as_str(), &delivery.properties, delivery.data);
            let letter = letter(queue, &parcel);
            self.consider(Held { tag: delivery.delivery_tag, queue: queue.to_owned(), parcel, letter }).await?;
        }
        let cancelled = self.channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await;
        cancelled.map_err(BusError::unavailable)?;
        Ok(arrived)
    }

    async fn consider(&mut self, held: Held) -> Result<(), BusError> {
        let is_behind = self.filter.after.as_ref().is_none_or(|after| held.letter.id > *after);
        if !is_behind || !self.filter.matches(&held.letter) {
            return Ok(());
        }
        if self.filter.limit.is_none() && self.action != Action::List {
            return self.act(held).await;
        }
        self.chosen.insert((held.letter.id.clone(), held.tag), held);
        if self.chosen.len() > self.filter.limit.unwrap_or(usize::MAX) {
            self.chosen.pop_last();
        }
        Ok(())
    }

    async fn act(&mut self, held: Held) -> Result<(), BusError> {
        match self.action {
            Action::List => {
                self.done.letters.push(held.letter);
                return Ok(());
            }
            Action::Replay => replay(self.bus, &held).await?,
            Action::Discard => {}
        }
        let acked = self.channel.basic_ack(held.tag, BasicAckOptions::default()).await;
        acked.map_err(BusError::unavailable)?;
        self.done.count += 1;
        Ok(())
    }

    /// Gives back everything that is still in hand and waits until it lies in its queue again.
    async fn give_back(&self, left: &[(String, u64)]) -> Result<(), BusError> {
        if left.iter().all(|(_, left)| *left == 0) {
            return Ok(());
        }
        let all = BasicNackOptions { multiple: true, requeue: true };
        self.channel.basic_nack(0, all).await.map_err(BusError::unavailable)?;
        let deadline = Instant::now() + ANSWER;
        for (queue, left) in left {
            while self.ready(&names::dead(queue)).await? < *left && Instant::now() < deadline {
                sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    async fn ready(&self, queue: &str) -> Result<u64, BusError> {
        let channel = self.connection.create_channel().await.map_err(BusError::unavailable)?;
        Ok(ready(&channel, queue).await.map_err(BusError::unavailable)?.unwrap_or(0))
    }
}

/// Puts a dead letter back as new; one that brought processes down comes as a suspect.
async fn replay(bus: &Inner, held: &Held) -> Result<(), BusError> {
    let target = match held.parcel.travel.crashes {
        0 => held.queue.clone(),
        _ => names::suspect(&held.queue),
    };
    let travel =
        Travel { attempt: 1, crashes: 0, is_redelivered: true, first_failed_at: None, ..held.parcel.travel.clone() };
    bus.publisher.put(&target, &held.parcel.properties(&travel), &held.parcel.body).await
}

fn letter(queue: &str, parcel: &Parcel) -> DeadLetter {
    let message = parcel.message_with_gaps();
    let Burial { id, error, last_failed_at } = parcel.burial.clone().unwrap_or_else(|| foreign(queue, parcel));
    DeadLetter {
        id,
        queue: queue.to_owned(),
        error,
        attempts: parcel.travel.attempt,
        crashes: parcel.travel.crashes,
        first_failed_at: parcel.travel.first_failed_at.unwrap_or(last_failed_at),
        last_failed_at,
        message,
    }
}

/// What is said of a letter that the broker moved here, or somebody else: always the same of the same.
fn foreign(queue: &str, parcel: &Parcel) -> Burial {
    let error = match &parcel.broker_reason {
        Some(reason) => format!("the broker gave it up: {reason}"),
        None => "put here by somebody else".to_owned(),
    };
    let mut hasher = DefaultHasher::new();
    (queue, parcel.id(), &parcel.body).hash(&mut hasher);
    let id = format!("{:014x}-{:08x}", 0, hasher.finish() as u32);
    Burial { id, error, last_failed_at: Timestamp::UNIX_EPOCH }
}

#[cfg(test)]
mod tests {
    use super::super::settle::burial_id;

    #[test]
    fn ids_sort_as_the_letters_were_buried() {
        let at = |text: &str| burial_id(text.parse().unwrap(), "q", "m");
        let (a, b, c) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00.000001Z"), at("2031-01-01T00:00:00Z"));
        assert!(a < b && b < c);
        assert_ne!(a, at("2026-01-01T00:00:00Z"), "two burials at once have two names");
    }
}
