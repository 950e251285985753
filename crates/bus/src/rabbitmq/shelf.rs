//! What one consumer has of its queue: on the shelf for the taking, or out with the application.
//!
//! A hand-back puts the message on the shelf again, in its place, without asking the broker: returned to
//! the broker it would come back marked as redelivered, as if a process had died over it.

use super::link::while_open;
use super::wire::Parcel;
use baogao_model::Message;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::{Acker, Channel};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;

/// How many acknowledged deliveries are remembered. An acknowledgement has no answer: one that was on its way
/// when the connection was cut never was, and the message comes again.
const MOST_ACKED: usize = 1024;

/// The number of the channel a delivery came over, in this consumer's life, and its tag there. Ordered as
/// the broker delivered.
pub(super) type Key = (u64, u64);

/// One delivery, from its arrival until it is settled.
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) parcel: Parcel,
    pub(super) is_suspect: bool,
    is_redelivered: AtomicBool,
    pub(super) arrived: Instant,
    acker: Acker,
    /// Open for as long as there is something to acknowledge on it.
    channel: Channel,
}

impl Item {
    pub(super) fn new(
        key: Key,
        parcel: Parcel,
        is_suspect: bool,
        is_redelivered: bool,
        acker: Acker,
        channel: Channel,
    ) -> Self {
        Self {
            key,
            parcel,
            is_suspect,
            is_redelivered: AtomicBool::new(is_redelivered),
            arrived: Instant::now(),
            acker,
            channel,
        }
    }

    /// Whether the channel it came over is still there, and with it the right to decide.
    pub(super) fn is_ours(&self) -> bool {
        self.acker.usable()
    }

    /// Deletes it from the queue. False where it is no longer ours and will be delivered again.
    pub(super) async fn ack(&self) -> bool {
        matches!(while_open(&self.channel, self.acker.ack(BasicAckOptions::default())).await, Some(Ok(true)))
    }

    /// Gives it back to the broker, which will call it redelivered.
    pub(super) async fn requeue(&self) {
        let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
        // An error means that the channel is gone, and then the broker has it back already.
        let _ = while_open(&self.channel, self.acker.nack(options)).await;
    }

    pub(super) fn is_redelivered(&self) -> bool {
        self.is_redelivered.load(Ordering::Relaxed)
    }

    pub(super) fn set_redelivered(&self) {
        self.is_redelivered.store(true, Ordering::Relaxed);
    }
}

/// Where a delivery is that is not on the shelf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// With the application.
    InHand,
    /// Decided about; the decision is being carried out.
    Settling,
    /// On its way to another queue by our own doing.
    Moving,
    /// Not to be had before another of its id has been moved.
    Parked,
}

#[derive(Default)]
pub(super) struct Shelf {
    ordinary: BTreeMap<Key, (Arc<Item>, Message)>,
    suspects: BTreeMap<Key, (Arc<Item>, Message)>,
    out: HashMap<Key, (Arc<Item>, Place)>,
    /// The last that were acknowledged over the present channel, with its number.
    acked: VecDeque<(u64, String)>,
    /// Nothing is put here any more: the consumer is gone.
    pub(super) is_closed: bool,
}

impl Shelf {
    /// Puts a delivery there for the taking.
    pub(super) fn put(&mut self, item: Arc<Item>, message: Message) {
        self.out.remove(&item.key);
        let shelf = if item.is_suspect { &mut self.suspects } else { &mut self.ordinary };
        shelf.insert(item.key, (item, message));
    }

    /// Takes the next: a suspect first, since it holds up all behind it.
    pub(super) fn take(&mut self) -> Option<(Arc<Item>, Message)> {
        let (key, (item, message)) = self.suspects.pop_first().or_else(|| self.ordinary.pop_first())?;
        self.out.insert(key, (Arc::clone(&item), Place::InHand));
        Some((item, message))
    }

    /// Notes that a delivery goes to another queue.
    pub(super) fn begin_move(&mut self, item: &Arc<Item>) {
        self.out.insert(item.key, (Arc::clone(item), Place::Moving));
    }

    /// Notes that a delivery is not to be had yet.
    pub(super) fn begin_parking(&mut self, item: &Arc<Item>) {
        self.out.insert(item.key, (Arc::clone(item), Place::Parked));
    }

    /// Notes that a decision is being carried out; false where the delivery is in nobody's hand.
    pub(super) fn begin_settling(&mut self, key: Key) -> bool {
        match self.out.get_mut(&key) {
            Some((_, place @ Place::InHand)) => {
                *place = Place::Settling;
                true
            }
            _ => false,
        }
    }

    /// Notes that a delivery is done with here; false where that was known.
    pub(super) fn finish(&mut self, key: Key) -> bool {
        self.out.remove(&key).is_some()
    }

    /// Notes that a delivery was acknowledged, as far as we know.
    pub(super) fn finish_acked(&mut self, item: &Item) {
        self.finish(item.key);
        if self.acked.len() == MOST_ACKED {
            self.acked.pop_front();
        }
        self.acked.push_back((item.key.0, item.parcel.id()));
    }

    /// How many deliveries the broker counts as out with this consumer.
    pub(super) fn len(&self) -> u64 {
        (self.ordinary.len() + self.suspects.len() + self.out.len()) as u64
    }

    /// Whether decisions are still being carried out.
    pub(super) fn is_settling(&self) -> bool {
        self.out.values().any(|(_, place)| *place == Place::Settling)
    }

    /// Everything on the shelf, in order.
    pub(super) fn clear(&mut self) -> Vec<Arc<Item>> {
        let suspects = std::mem::take(&mut self.suspects);
        let ordinary = std::mem::take(&mut self.ordinary);
        suspects.into_values().chain(ordinary.into_values()).map(|(item, _)| item).collect()
    }

    /// Everything the application has and has not decided about, which is taken out of its hand.
    pub(super) fn take_from_hand(&mut self) -> Vec<Arc<Item>> {
        let mut taken = Vec::new();
        for (item, place) in self.out.values_mut() {
            if *place == Place::InHand {
                *place = Place::Settling;
                taken.push(Arc::clone(item));
            }
        }
        taken.sort_by_key(|item| item.key);
        taken
    }

    /// Forgets what came over a channel that is lost. Gives the ids of those that this live process had for
    /// itself or its application: nobody died over them here.
    pub(super) fn lose(&mut self, generation: u64) -> Vec<String> {
        let mut ids = Vec::new();
        for shelf in [&mut self.ordinary, &mut self.suspects] {
            shelf.retain(|key, (item, _)| {
                let is_lost = key.0 == generation;
                if is_lost {
                    ids.push(item.parcel.id());
                }
                !is_lost
            });
        }
        self.out.retain(|key, (item, place)| {
            let is_lost = key.0 == generation;
            if is_lost && *place != Place::Moving {
                ids.push(item.parcel.id());
            }
            !is_lost
        });
        let acked = std::mem::take(&mut self.acked);
        ids.extend(acked.into_iter().filter(|(number, _)| *number == generation).map(|(_, id)| id));
        ids
    }
}
