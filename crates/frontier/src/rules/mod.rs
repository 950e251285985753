//! What seeds, completions and links change: one set of rules for every back end.
//!
//! The rules read and write rows through [`Rows`] and never wait; a back end adds storage,
//! transactions and locks. SQLite answers from its file, PostgreSQL from a working set that it has
//! loaded and writes back in batches.

pub(crate) mod complete;
pub(crate) mod groups;
pub(crate) mod links;
pub(crate) mod restore;
mod row;
pub(crate) mod urls;

pub(crate) use row::{Digest, GroupRow, KeyRow, LogEntry, NewRow, StoredResponse, UrlRow, Visit, Word, digest};

use baogao_model::message::Origin;
use baogao_model::{CanonicalUrl, Event, Message, PayloadRef};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The stage whose messages these are, and the version of what it computes.
const STAGE: (&str, u32) = ("crawler", 1);

/// The rows of one transaction. What was written is read back by the same transaction.
pub(crate) trait Rows {
    /// Why a row could not be had.
    type Error;

    /// The pace key of that name.
    fn key(&mut self, name: &str) -> Result<Option<KeyRow>, Self::Error>;
    /// Writes a pace key but for its `due_at`.
    fn save_key(&mut self, key: &KeyRow) -> Result<(), Self::Error>;
    /// Sets a key's `due_at` to the earliest of its URLs.
    fn refresh_due(&mut self, key: i64) -> Result<(), Self::Error>;

    /// The row of a URL, if it is known.
    fn find(&mut self, url: &CanonicalUrl) -> Result<Option<UrlRow>, Self::Error>;
    /// The URL row of that id, which exists.
    fn url(&mut self, id: i64) -> Result<UrlRow, Self::Error>;
    /// Adds a URL that is not known, with its host and pace key where they are new.
    fn insert(&mut self, new: NewRow<'_>) -> Result<UrlRow, Self::Error>;
    /// Gives a row another place in the queues; [`Rows::save`] writes it.
    fn place(&mut self, row: &mut UrlRow, priority: i32, depth: u32) -> Result<(), Self::Error>;
    /// Writes a row.
    fn save(&mut self, row: &UrlRow) -> Result<(), Self::Error>;
    /// Told of a row whose state decides something without being written: nobody else may change
    /// it before this transaction ends.
    fn rely_on(&mut self, row: &UrlRow) -> Result<(), Self::Error>;

    /// Whether this very response was logged before.
    fn is_logged(&mut self, url: i64, at: Timestamp, payload: &PayloadRef) -> Result<bool, Self::Error>;
    /// The fetch whose response lies at this place of the archive, with its number.
    fn logged_at(&mut self, url: i64, payload: &PayloadRef) -> Result<Option<(i64, StoredResponse)>, Self::Error>;
    /// Logs a completion and gives it a number higher than all before.
    fn log(&mut self, entry: LogEntry) -> Result<i64, Self::Error>;
    /// The response that was logged under a number.
    fn response(&mut self, fetch_no: i64) -> Result<Option<StoredResponse>, Self::Error>;
    /// Puts a message into the outbox.
    fn send(&mut self, message: Message) -> Result<(), Self::Error>;

    /// The groups in which a URL, or one that redirects to it, is named. Names and redirects that
    /// this transaction itself brings may be missing; whoever brings them touches their URL too.
    fn groups_of(&mut self, url: i64) -> Result<Vec<String>, Self::Error>;
    /// A group, if there is one.
    fn group(&mut self, id: &str) -> Result<Option<GroupRow>, Self::Error>;
    /// Adds or writes a group.
    fn save_group(&mut self, group: &GroupRow) -> Result<(), Self::Error>;
    /// Who names which URLs as members of a group, by member, then by speaker.
    fn words(&mut self, group: &str) -> Result<Vec<Word>, Self::Error>;
    /// Takes back everything a page has said.
    fn forget_words(&mut self, said_by: i64) -> Result<(), Self::Error>;
    /// Adds a word. A page has one for each member.
    fn add_word(&mut self, group: &str, word: Word) -> Result<(), Self::Error>;
}

/// What a transaction has touched; [`groups::settle`] draws the consequences at its end.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Pace keys whose earliest due time may have changed.
    pub(crate) keys: BTreeSet<i64>,
    /// URLs whose standing in a group may have changed.
    pub(crate) urls: BTreeSet<i64>,
    /// Groups whose words have changed.
    pub(crate) groups: BTreeSet<String>,
}

/// The message that tells of `event`, made from the input `input_id`.
fn message<E: Event>(now: Timestamp, event: &E, input_id: &str) -> Message {
    let origin = Origin { stage: STAGE.0, stage_version: STAGE.1, input_id, time: now, traceparent: None };
    Message::new(event, origin, 0)
}

/// A URL's place between 0 and 1, the same every time.
fn spread(digest: &Digest) -> f64 {
    f64::from(u16::from_le_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
}
