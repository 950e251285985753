//! Messages that could not be processed: what is kept of them, and how some are chosen.

use crate::about;
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

impl DeadLetter {
    /// The site whose pages the message is about: the registrable host that its body names. Where the
    /// body cannot be read, the site as the routing key has it, `qinglan_gov_cn`. None where neither
    /// says.
    pub fn site(&self) -> Option<String> {
        about::site(&self.message)
    }

    /// Every URL by which the message names the pages it is about, not the links on them; none where its
    /// body cannot be read.
    pub fn urls(&self) -> Vec<String> {
        about::urls(&self.message)
    }
}

/// Chooses dead letters. The default chooses all; each field set leaves fewer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetterFilter {
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those with one of these ids; empty for any.
    pub ids: Vec<String>,
    /// Only those whose error has this in it, whatever the case of ASCII letters.
    pub error: Option<String>,
    /// Only those about pages on this host, or on a host below it; see [`DeadLetter::site`]. A site whose
    /// body cannot be read is compared with every dot as an underscore.
    pub site: Option<String>,
    /// Only those given up before this moment.
    pub failed_before: Option<Timestamp>,
    /// Only those given up at this moment or later.
    pub failed_since: Option<Timestamp>,
    /// Only those listed behind this id: where the next page begins.
    pub after: Option<String>,
    /// At most this many, oldest first. They come with their bodies, so a listing should have a limit.
    pub limit: Option<usize>,
}

/// What a filter asks of a dead letter beside its message, which a back end may have to read for it.
pub(crate) struct Head<'a> {
    pub(crate) id: &'a str,
    pub(crate) queue: &'a str,
    pub(crate) error: &'a str,
    pub(crate) last_failed_at: Timestamp,
}

impl DeadLetterFilter {
    /// Whether a dead letter passes, as far as its head tells.
    ///
    /// `after` and `limit` are not looked at: the order of the dead letters is the back end's.
    pub(crate) fn takes_head(&self, head: &Head<'_>) -> bool {
        let contains = |wanted: &String| head.error.to_ascii_lowercase().contains(wanted.to_ascii_lowercase().as_str());
        (self.ids.is_empty() || self.ids.iter().any(|id| id == head.id))
            && self.queue.as_ref().is_none_or(|queue| queue == head.queue)
            && self.failed_before.is_none_or(|end| head.last_failed_at < end)
            && self.failed_since.is_none_or(|start| head.last_failed_at >= start)
            && self.error.as_ref().is_none_or(contains)
    }

    /// Whether a dead letter passes, as far as its message tells.
    pub(crate) fn takes_message(&self, message: &Message) -> bool {
        self.site.as_ref().is_none_or(|host| about::is_from(message, host))
    }

    /// Whether a dead letter passes. `after` and `limit` are not looked at.
    pub(crate) fn matches(&self, letter: &DeadLetter) -> bool {
        let DeadLetter { id, queue, error, last_failed_at, message, .. } = letter;
        self.takes_head(&Head { id, queue, error, last_failed_at: *last_failed_at }) && self.takes_message(message)
    }
}

/// What a dead letter says when it has brought its process down too often.
pub(crate) fn crash_error(crashes: u32) -> String {
    format!("the process died {crashes} times while it was handling this message alone")
}
