//! Who is served, how much each may still get, and what is out: the writer's memory between
//! transactions. Bounded by the consumers and their prefetch.

use super::inbox::{Inbox, SqliteReceipt};
use super::rows::Outgoing;
use crate::backend::Received;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

/// The number of a consumer in this process.
pub(super) type ConsumerId = u64;

/// What the writer sends to a consumer.
pub(super) enum Item {
    /// An ordinary message.
    Delivery(Received),
    /// A suspect can be had for the asking. It is not sent unasked: one that sat in a buffer while
    /// another message killed the process would be blamed for it.
    SuspectOffered,
}

#[derive(Default)]
pub(super) struct Consumers {
    consumers: BTreeMap<ConsumerId, Consumer>,
    out: HashMap<i64, Out>,
}

struct Consumer {
    queue: i64,
    /// How many ordinary messages it may still be sent.
    credit: usize,
    /// Holds no more than its prefetch and one offer.
    items: UnboundedSender<Item>,
    /// For its receipts.
    inbox: Inbox,
    /// Whether it has an offer of a suspect that it has not taken up yet.
    is_offered: bool,
}

struct Out {
    queue: i64,
    consumer: ConsumerId,
    suspicion: u8,
}

impl Consumers {
    pub(super) fn add(
        &mut self,
        id: ConsumerId,
        queue: i64,
        prefetch: usize,
        items: UnboundedSender<Item>,
        inbox: Inbox,
    ) {
        self.consumers.insert(id, Consumer { queue, credit: prefetch, items, inbox, is_offered: false });
    }

    pub(super) fn remove(&mut self, id: ConsumerId) {
        self.consumers.remove(&id);
    }

    /// Whether nobody is to be served.
    pub(super) fn is_empty(&self) -> bool {
        self.consumers.is_empty()
    }

    /// The queue a consumer takes from.
    pub(super) fn queue_of(&self, id: ConsumerId) -> Option<i64> {
        self.consumers.get(&id).map(|consumer| consumer.queue)
    }

    /// How many messages the consumers of each queue may be sent.
    pub(super) fn credit_by_queue(&self) -> BTreeMap<i64, usize> {
        let mut credit: BTreeMap<i64, usize> = BTreeMap::new();
        for consumer in self.consumers.values() {
            let sum = credit.entry(consumer.queue).or_default();
            *sum = sum.saturating_add(consumer.credit);
        }
        credit
    }

    /// The queues that have consumers.
    pub(super) fn queues(&self) -> BTreeSet<i64> {
        self.consumers.values().map(|consumer| consumer.queue).collect()
    }

    /// Sends an ordinary message, marked as out, to the consumer of `queue` with the most room. The
    /// caller has taken no more messages than there is room for.
    pub(super) fn deliver(&mut self, queue: i64, message: Outgoing) {
        let of_queue = self.consumers.iter_mut().filter(|(_, consumer)| consumer.queue == queue);
        let Some((id, consumer)) = of_queue.max_by_key(|(_, consumer)| consumer.credit) else { return };
        consumer.credit = consumer.credit.saturating_sub(1);
        self.out.insert(message.delivery, Out { queue, consumer: *id, suspicion: message.suspicion });
        // A consumer that has just gone drops it, and a receipt dropped is a hand-back.
        let _ = consumer.items.send(Item::Delivery(received(message, consumer.inbox.clone())));
    }

    /// Gives a suspect, marked as out, to the consumer that asked.
    pub(super) fn give_suspect(&mut self, id: ConsumerId, message: Outgoing, give: oneshot::Sender<Received>) {
        let Some(consumer) = self.consumers.get(&id) else { return };
        self.out.insert(message.delivery, Out { queue: consumer.queue, consumer: id, suspicion: message.suspicion });
        // As in `deliver`.
        let _ = give.send(received(message, consumer.inbox.clone()));
    }

    /// Notes that a message is out no more, which makes room for another.
    pub(super) fn came_back(&mut self, delivery: i64) {
        let Some(out) = self.out.remove(&delivery) else { return };
        if out.suspicion == 0
            && let Some(consumer) = self.consumers.get_mut(&out.consumer)
        {
            consumer.credit += 1;
        }
    }

    /// Everything that is out.
    pub(super) fn deliveries_out(&self) -> Vec<i64> {
        self.out.keys().copied().collect()
    }

    /// The highest level of suspicion that may go out of `queue` now: 0 for no suspect at all.
    ///
    /// One suspect of a queue at a time, and one of level 2 only with no other on the whole bus.
    pub(super) fn suspects_allowed(&self, queue: i64) -> u8 {
        let mut allowed = 2;
        for out in self.out.values() {
            match out.suspicion {
                0 => {}
                1 if out.queue != queue => allowed = allowed.min(1),
                _ => return 0,
            }
        }
        allowed
    }

    /// Tells the consumers of a queue that a suspect can be had, each once until it asks.
    pub(super) fn offer_suspect(&mut self, queue: i64) {
        for consumer in self.consumers.values_mut() {
            if consumer.queue == queue && !consumer.is_offered {
                consumer.is_offered = consumer.items.send(Item::SuspectOffered).is_ok();
            }
        }
    }

    /// Notes that a consumer took up the offer.
    pub(super) fn offer_taken(&mut self, id: ConsumerId) {
        if let Some(consumer) = self.consumers.get_mut(&id) {
            consumer.is_offered = false;
        }
    }
}

fn received(message: Outgoing, inbox: Inbox) -> Received {
    Received {
        attempt: message.attempt,
        is_redelivered: message.is_redelivered,
        is_suspect: message.suspicion > 0,
        receipt: Box::new(SqliteReceipt::new(inbox, message.delivery)),
        message: message.message,
    }
}
