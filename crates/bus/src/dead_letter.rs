//! Messages that could not be processed: what is kept of them, and how some are chosen.

use baogao_model::Message;
use jiff::Timestamp;

/// A message that was given up, with everything needed to judge it or to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name on this bus. Opaque, never used again for another; not the message's own id, under
    /// which several queues may each have given it up.
    pub id: String,
    /// The queue in which it failed, which names the stage.
    pub queue: String,
    /// What the last failure said.
    pub error: String,
    /// How often it was tried: 1 for a message given up at once.
    pub attempts: u32,
    /// How often the process died while this message was being processed alone.
    pub crashes: u32,
    /// When it failed for the first time.
    pub first_failed_at: Timestamp,
    /// When it was given up.
    pub last_failed_at: Timestamp,
    /// The message as it was published.
    pub message: Message,
}

/// Chooses dead letters. The default chooses all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetterFilter {
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those with one of these ids; empty for any.
    pub ids: Vec<String>,
    /// Only those listed behind this id: where the next page begins.
    pub after: Option<String>,
    /// At most this many, oldest first. They come with their bodies, so a listing should have a limit.
    pub limit: Option<usize>,
}

/// What a dead letter says when it has brought its process down too often.
pub(crate) fn crash_error(crashes: u32) -> String {
    format!("the process died {crashes} times while it was handling this message alone")
}
