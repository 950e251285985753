//! Messages that this process is moving to another queue: published there and not yet acknowledged here.
//!
//! The copy may come to this very process before the original is acknowledged. Were it handed out and its
//! process to die over it, both would come back, and the message would have to kill twice as often to be
//! buried twice. So the copy is parked until the original is gone.

use super::shelf::Item;
use super::subscription::Subscription;
use baogao_model::Message;
use std::collections::HashMap;
use std::sync::Arc;

/// A copy that came too early.
pub(super) struct Parked {
    pub(super) subscription: Arc<Subscription>,
    pub(super) item: Arc<Item>,
    pub(super) message: Message,
}

/// By queue and message id, what waits for the move to end. No more than the prefetch of all consumers.
#[derive(Default)]
pub(super) struct Moving {
    parked: HashMap<(String, String), Vec<Parked>>,
}

impl Moving {
    pub(super) fn begin(&mut self, queue: &str, id: &str) {
        self.parked.entry((queue.to_owned(), id.to_owned())).or_default();
    }

    /// Parks a copy, or gives it back where nothing of its id is being moved.
    pub(super) fn park(&mut self, copy: Parked) -> Option<Parked> {
        if self.parked.is_empty() {
            return Some(copy);
        }
        match self.parked.get_mut(&(copy.subscription.queue.clone(), copy.message.id.clone())) {
            Some(parked) => {
                parked.push(copy);
                None
            }
            None => Some(copy),
        }
    }

    /// Gives what waited.
    pub(super) fn end(&mut self, queue: &str, id: &str) -> Vec<Parked> {
        self.parked.remove(&(queue.to_owned(), id.to_owned())).unwrap_or_default()
    }
}
