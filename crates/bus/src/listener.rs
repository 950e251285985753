//! Looking on: what passes on the bus, for whoever wants to see it and owes nothing for it.
//!
//! A listener is no consumer. Nothing waits for it, and nothing is kept for it but the newest of what it has
//! not taken: what is older is dropped and counted. So whoever listens slows nobody down, whatever becomes
//! of it. Each back end fills an [`Ear`]; [`Listener`] empties it.

use crate::BusError;
use crate::topic::MAX_NAME_BYTES;
use baogao_model::Message;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How many messages are kept for a listener that does not take them.
pub(crate) const MOST_KEPT: usize = 1000;

/// The same in bytes of their bodies. The newest is kept whatever its size.
pub(crate) const MOST_BYTES_KEPT: u64 = 16 * 1024 * 1024;

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// From here on all that is published is heard. Comes again when it has been otherwise meanwhile.
    Began,
    /// A message that was published; its copy in the queues is nothing to the listener, and the other way round.
    Message(Message),
    /// So many messages were dropped here since they were not taken in time; none where nobody could count.
    Missed(Option<u64>),
    /// No process works with the bus just now. As soon as one does, all that it publishes is heard.
    NobodyAtWork,
    /// The bus is out of reach, for this reason. What is published before [`Heard::Began`] comes again is missed.
    Away(String),
}

/// Hears what is published and matches one of its patterns. Made by [`crate::Bus::listen`].
#[derive(Debug)]
pub struct Listener {
    ear: Arc<Ear>,
    /// Fills the ear; ends when everything is cleared away.
    task: Option<JoinHandle<()>>,
}

impl Listener {
    pub(crate) fn new(ear: Arc<Ear>, task: Option<JoinHandle<()>>) -> Self {
        Self { ear, task }
    }

    /// Waits for the next to be heard. Cancel-safe.
    ///
    /// # Errors
    ///
    /// [`BusError::Closed`], or what makes it impossible to hear any more.
    pub async fn next(&mut self) -> Result<Heard, BusError> {
        self.ear.next().await
    }

    /// Stops listening and clears away what was kept for it. A listener that is dropped does so in the background.
    pub async fn close(mut self) {
        self.ear.end(None);
        if let Some(task) = self.task.take() {
            // It fails only with the runtime.
            let _ = task.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ear.end(None);
    }
}

/// Refuses what AMQP could not bind.
pub(crate) fn check_patterns(patterns: &[String]) -> Result<(), BusError> {
    let refuse = |reason: String| Err(BusError::InvalidPattern { reason });
    if patterns.is_empty() {
        return refuse("there is none".to_owned());
    }
    match patterns.iter().find(|pattern| pattern.len() > MAX_NAME_BYTES) {
        Some(long) => refuse(format!("it has {} bytes, at most {MAX_NAME_BYTES} may be", long.len())),
        None => Ok(()),
    }
}

/// What a listener has heard and not taken yet.
#[derive(Debug)]
pub(crate) struct Ear {
    kept: Mutex<Kept>,
    changed: Notify,
    ended: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Kept {
    heard: VecDeque<Heard>,
    messages: usize,
    bytes: u64,
    /// What was dropped before all of it.
    missed: Missed,
    /// Why there is no more, for whoever asks first.
    failure: Option<BusError>,
}

#[derive(Debug, Default)]
struct Missed {
    count: u64,
    /// Some were dropped that nobody counted.
    is_unknown: bool,
}

impl Missed {
    fn add(&mut self, count: Option<u64>) {
        match count {
            Some(count) => self.count = self.count.saturating_add(count),
            None => self.is_unknown = true,
        }
    }

    fn take(&mut self) -> Option<Heard> {
        let Self { count, is_unknown } = std::mem::take(self);
        (count > 0 || is_unknown).then_some(Heard::Missed((!is_unknown).then_some(count)))
    }
}

impl Ear {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { kept: Mutex::default(), changed: Notify::new(), ended: watch::Sender::new(false) })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // No code under the lock panics halfway through a change.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what there is to hear; what is oldest makes room.
    pub(crate) fn hear(&self, heard: Heard) {
        self.kept().push(heard);
        self.changed.notify_one();
    }

    /// Ends it, with a reason if it was a failure. The reason of the first end counts.
    pub(crate) fn end(&self, failure: Option<BusError>) {
        if !self.ended.send_replace(true) {
            self.kept().failure = failure;
        }
        self.changed.notify_one();
    }

    pub(crate) fn is_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Resolves when nobody listens any more.
    pub(crate) async fn ended(&self) {
        // The sender is `self`'s, so it is there.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    async fn next(&self) -> Result<Heard, BusError> {
        loop {
            if self.is_ended() {
                return Err(self.kept().failure.take().unwrap_or(BusError::Closed));
            }
            let next = self.kept().pop();
            if let Some(heard) = next {
                return Ok(heard);
            }
            // Notified before we wait, it returns at once; there is one waiter.
            self.changed.notified().await;
        }
    }
}

impl Kept {
    fn push(&mut self, heard: Heard) {
        if let Heard::Message(message) = &heard {
            self.messages += 1;
            self.bytes += message.body.len() as u64;
        } else if self.heard.back() == Some(&heard) {
            return;
        }
        self.heard.push_back(heard);
        let is_too_much = |kept: &Self| {
            kept.messages > 1 && (kept.messages > MOST_KEPT || kept.bytes > MOST_BYTES_KEPT)
                || kept.heard.len() > 2 * MOST_KEPT
        };
        while is_too_much(self)
            && let Some(oldest) = self.take_first()
        {
            match oldest {
                Heard::Message(_) => self.missed.add(Some(1)),
                Heard::Missed(count) => self.missed.add(count),
                // How it stands is told by what comes after, too.
                Heard::Began | Heard::NobodyAtWork | Heard::Away(_) => {}
            }
        }
    }

    fn pop(&mut self) -> Option<Heard> {
        self.missed.take().or_else(|| self.take_first())
    }

    fn take_first(&mut self) -> Option<Heard> {
        let first = self.heard.pop_front()?;
        if let Heard::Message(message) = &first {
            self.messages -= 1;
            self.bytes -= message.body.len() as u64;
        }
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baogao_testkit::sample;

    fn message(n: usize, bytes: usize) -> Heard {
        Heard::Message(Message {
            id: n.to_string(),
            r#type: "t".to_owned(),
            source: "/s".to_owned(),
            time: sample::now(),
            routing_key: "k".to_owned(),
            traceparent: None,
            body: vec![b' '; bytes],
        })
    }

    fn all(ear: &Ear) -> Vec<Heard> {
        std::iter::from_fn(|| ear.kept().pop()).collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let ear = Ear::new();
        ear.hear(Heard::Began);
        ear.hear(Heard::Missed(Some(3)));
        for n in 0..MOST_KEPT + 5 {
            ear.hear(message(n, 0));
        }
        let heard = all(&ear);
        assert_eq!(heard[0], Heard::Missed(Some(8)));
        assert_eq!((heard.len(), &heard[1]), (1 + MOST_KEPT, &message(5, 0)));
    }

    #[test]
    fn bytes_are_bounded_but_one_message_always_fits() {
        let (ear, half) = (Ear::new(), MOST_BYTES_KEPT as usize / 2);
        for n in 0..3 {
            ear.hear(message(n, half));
        }
        assert_eq!(all(&ear), [Heard::Missed(Some(1)), message(1, half), message(2, half)]);
        ear.hear(message(3, 1));
        ear.hear(message(4, 3 * half));
        assert_eq!(all(&ear), [Heard::Missed(Some(1)), message(4, 3 * half)]);
    }

    #[test]
    fn a_bus_that_comes_and_goes_fills_no_memory() {
        let ear = Ear::new();
        for n in 0..10 * MOST_KEPT {
            ear.hear(Heard::Away(n.to_string()));
            ear.hear(Heard::Began);
        }
        ear.hear(Heard::Missed(None));
        let heard = all(&ear);
        assert!(heard.len() <= 2 * MOST_KEPT, "{}", heard.len());
        assert_eq!(heard[heard.len() - 2..], [Heard::Began, Heard::Missed(None)]);
    }

    #[tokio::test]
    async fn an_end_says_why_once() {
        let ear = Ear::new();
        ear.hear(Heard::Began);
        ear.end(Some(BusError::unavailable("gone")));
        ear.end(None);
        assert!(matches!(ear.next().await, Err(BusError::Unavailable { .. })));
        assert!(matches!(ear.next().await, Err(BusError::Closed)));
    }
}
