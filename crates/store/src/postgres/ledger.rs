//! What a group of puts does to its documents, worked out in memory: pure.
//!
//! The documents are locked and what the database knows of them is read; then the arrivals are gone
//! through one by one by the rule that every back end follows, and only what comes of it in the end
//! is written, in a handful of statements whatever the size of the group.

use crate::Put;
use crate::row::Row;
use crate::rule::{decide, is_same};
use baogao_model::event::Revision;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One record on its way, and when it came.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) row: &'a Row,
    pub(super) now: Timestamp,
}

/// One revision of a document.
pub(super) struct Entry<'a> {
    /// None until it is inserted.
    pub(super) revision_no: Option<i64>,
    /// With the highest fetch number it was seen with.
    pub(super) revision: Revision,
    /// When it was first and last seen by this group, if it was.
    pub(super) seen: Option<(Timestamp, Timestamp)>,
    /// The arrival its content is to be taken from, if from any.
    pub(super) content: Option<&'a Row>,
}

/// One document, locked.
pub(super) struct Document<'a> {
    pub(super) document_no: i64,
    /// What is known of it, as far as this group is concerned: its current revision and those that arrive.
    pub(super) entries: Vec<Entry<'a>>,
    /// The current one of `entries`; none for a new document.
    pub(super) current: Option<usize>,
    /// When its current revision became current, if that is in this group.
    pub(super) changed_at: Option<Timestamp>,
    /// What its current record is to be written from, if it is to be written.
    pub(super) spread: Option<&'a Row>,
    /// Whether it was not known before.
    pub(super) is_new: bool,
}

impl<'a> Document<'a> {
    /// A locked document of which nothing was read yet.
    pub(super) fn new(document_no: i64, is_new: bool) -> Self {
        Self { document_no, entries: Vec::new(), current: None, changed_at: None, spread: None, is_new }
    }

    /// Takes note of a revision that the database knows.
    pub(super) fn know(&mut self, revision_no: i64, revision: Revision, is_current: bool) {
        if is_current {
            self.current = Some(self.entries.len());
        }
        self.entries.push(Entry { revision_no: Some(revision_no), revision, seen: None, content: None });
    }

    /// Puts one arrival.
    fn put(&mut self, arrival: Arrival<'a>) -> Put {
        let Arrival { row, now } = arrival;
        let known = self.entries.iter().position(|entry| is_same(&entry.revision, &row.revision));
        let verdict = decide(
            self.current.map(|current| &self.entries[current].revision),
            known.map(|known| self.entries[known].revision.fetch_no),
            &row.revision,
        );
        let number = known.unwrap_or_else(|| {
            let revision = row.revision.clone();
            self.entries.push(Entry { revision_no: None, revision, seen: None, content: None });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[number];
        entry.seen = Some(entry.seen.map_or((now, now), |(first, last)| (first, last.max(now))));
        if verdict.has_risen {
            entry.revision.fetch_no = row.revision.fetch_no;
            entry.content = Some(row);
        }
        if verdict.changes() {
            self.current = Some(number);
            self.changed_at = Some(now);
        }
        if verdict.spreads() {
            self.spread = Some(row);
        }
        verdict.put
    }
}

/// The documents of one group by id.
pub(super) type Documents<'a> = BTreeMap<&'a str, Document<'a>>;

/// Puts every arrival in turn; gives one answer each.
///
/// Every arrival's document is among `documents`.
pub(super) fn put_all<'a>(documents: &mut Documents<'a>, arrivals: &[Arrival<'a>]) -> Vec<Put> {
    let mut puts = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        if let Some(document) = documents.get_mut(arrival.row.id.as_str()) {
            puts.push(document.put(*arrival));
        }
    }
    puts
}
