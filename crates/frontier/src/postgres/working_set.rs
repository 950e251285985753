//! The rows of the rules, out of what a transaction has loaded; see `change.rs`.
//!
//! Reading a row that was not loaded fails with a [`Miss`]: it is loaded and the rules run anew.
//! Writing below a pace key that is not locked is noted and goes on: the whole transaction is begun
//! anew with all locks that were found wanting. So what the rules see at last is what they change.

use super::ids;
use crate::micros;
use crate::rules::{Digest, GroupRow, KeyRow, LogEntry, NewRow, Rows, StoredResponse, UrlRow, Visit, Word, digest};
use baogao_model::{CanonicalUrl, Message, PayloadRef};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the rules asked for and was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Miss {
    /// A URL row and what it redirects to.
    Url(i64),
    /// The groups that concern a URL.
    GroupsOf(i64),
    /// A group, which is to be locked too.
    Group(String),
    /// Something that the caller was to name beforehand; a fault of this program.
    Unforeseen(&'static str),
}

/// A host as loaded.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostRow {
    pub(super) id: i64,
    pub(super) key: i64,
    pub(super) bucket: i16,
}

/// What names a response: its URL, when the visit ended, and its place in the archive.
pub(super) type ResponseId = (i64, i64, String, u64);

/// What was read, under the locks that stand with it.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The locked pace keys by name.
    pub(super) keys: HashMap<String, KeyRow>,
    /// Their ids.
    pub(super) locked: HashSet<i64>,
    pub(super) hosts: HashMap<String, HostRow>,
    /// What was looked up, known or not.
    pub(super) looked_up: HashMap<Digest, Option<i64>>,
    pub(super) urls: HashMap<i64, UrlRow>,
    pub(super) responses: HashMap<i64, StoredResponse>,
    pub(super) logged: HashSet<ResponseId>,
    /// Fetches by their URL and the place of their response.
    pub(super) places: HashMap<(i64, String, u64), (i64, StoredResponse)>,
    pub(super) groups_of: HashMap<i64, Vec<String>>,
    /// The locked groups.
    pub(super) groups: BTreeMap<String, Option<GroupRow>>,
    pub(super) words: HashMap<String, Vec<Word>>,
    /// Fetch numbers not given out yet, ascending.
    pub(super) fetch_nos: Vec<i64>,
    /// Numbers for new URL rows.
    pub(super) numbers: Vec<i64>,
}

/// What the rules have written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) keys: BTreeMap<i64, KeyRow>,
    pub(super) due_keys: BTreeSet<i64>,
    pub(super) urls: BTreeMap<i64, UrlRow>,
    /// The rows among them that are new.
    pub(super) new: BTreeMap<i64, Digest>,
    pub(super) log: Vec<(i64, LogEntry)>,
    pub(super) messages: Vec<Message>,
    pub(super) groups: BTreeMap<String, GroupRow>,
    pub(super) forgotten: BTreeSet<i64>,
    pub(super) words: Vec<(String, Word)>,
    by_digest: HashMap<Digest, i64>,
}

/// Pace keys to be locked: known ones by id, those of hosts that may be new by host and site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) keys: BTreeSet<i64>,
    pub(super) hosts: BTreeMap<String, String>,
}

/// The state of one run of the rules.
#[derive(Debug, Default)]
pub(super) struct WorkingSet {
    pub(super) loaded: Loaded,
    pub(super) changes: Changes,
    /// Locks that this run would have needed.
    pub(super) wanting: Wanted,
}

impl WorkingSet {
    /// Forgets what was written, for another run.
    pub(super) fn rewind(&mut self) {
        self.changes = Changes::default();
        self.wanting = Wanted::default();
    }

    fn need_lock(&mut self, key: i64) {
        if !self.loaded.locked.contains(&key) {
            self.wanting.keys.insert(key);
        }
    }

    /// A host to put a URL under; one that is not known is to be made before the next run.
    fn host(&mut self, url: &CanonicalUrl) -> Option<HostRow> {
        let host = self.loaded.hosts.get(url.host()).copied();
        match host {
            Some(host) => self.need_lock(host.key),
            None => {
                self.wanting.hosts.insert(url.host().to_owned(), url.site());
            }
        }
        host
    }

    fn known(&self, id: i64) -> Option<&UrlRow> {
        self.changes.urls.get(&id).or_else(|| self.loaded.urls.get(&id))
    }
}

impl Rows for WorkingSet {
    type Error = Miss;

    fn key(&mut self, name: &str) -> Result<Option<KeyRow>, Miss> {
        let Some(key) = self.loaded.keys.get(name) else { return Ok(None) };
        Ok(Some(self.changes.keys.get(&key.id).unwrap_or(key).clone()))
    }

    fn save_key(&mut self, key: &KeyRow) -> Result<(), Miss> {
        self.need_lock(key.id);
        self.changes.keys.insert(key.id, key.clone());
        Ok(())
    }

    fn refresh_due(&mut self, key: i64) -> Result<(), Miss> {
        self.need_lock(key);
        self.changes.due_keys.insert(key);
        Ok(())
    }

    fn find(&mut self, url: &CanonicalUrl) -> Result<Option<UrlRow>, Miss> {
        let digest = digest(url);
        let id = match self.changes.by_digest.get(&digest) {
            Some(id) => Some(*id),
            None => *self.loaded.looked_up.get(&digest).ok_or(Miss::Unforeseen("a URL was not looked up"))?,
        };
        id.map(|id| self.url(id)).transpose()
    }

    fn url(&mut self, id: i64) -> Result<UrlRow, Miss> {
        self.known(id).cloned().ok_or(Miss::Url(id))
    }

    fn insert(&mut self, new: NewRow<'_>) -> Result<UrlRow, Miss> {
        let number = self.loaded.numbers.get(self.changes.new.len()).copied();
        let number = number.ok_or(Miss::Unforeseen("more URLs are new than were looked up"))?;
        // Without its host, the row only serves until the end of this run.
        let host = self.host(new.url).unwrap_or(HostRow { id: 0, key: 0, bucket: 0 });
        let digest = digest(new.url);
        let row = UrlRow {
            id: ids::id_in(host.bucket, number),
            url: new.url.as_str().to_owned(),
            key: host.key,
            queue: host.id,
            depth: new.depth,
            priority: new.priority,
            visit: Visit::None,
            due_at: new.due_at,
            attempts: 0,
            redirects: new.redirects,
            redirect_to: None,
            etag: None,
            last_modified: None,
            reason: None,
            visited_at: None,
            revisit: None,
            kind: None,
            fetch_no: None,
            linked: None,
            own_group: None,
            own_part: None,
            grouped: false,
        };
        self.changes.by_digest.insert(digest, row.id);
        self.changes.new.insert(row.id, digest);
        self.changes.urls.insert(row.id, row.clone());
        Ok(row)
    }

    fn place(&mut self, row: &mut UrlRow, priority: i32, depth: u32) -> Result<(), Miss> {
        (row.priority, row.depth) = (priority, depth);
        Ok(())
    }

    fn save(&mut self, row: &UrlRow) -> Result<(), Miss> {
        self.rely_on(row)?;
        self.changes.urls.insert(row.id, row.clone());
        Ok(())
    }

    fn rely_on(&mut self, row: &UrlRow) -> Result<(), Miss> {
        // New rows have asked for their lock already.
        if !self.changes.new.contains_key(&row.id) {
            self.need_lock(row.key);
        }
        Ok(())
    }

    fn is_logged(&mut self, url: i64, at: Timestamp, payload: &PayloadRef) -> Result<bool, Miss> {
        let id = (url, micros::of(at), payload.segment.clone(), payload.offset);
        let is_this = |(_, entry): &(i64, LogEntry)| {
            let payload = entry.response.as_ref().map(|(response, _)| &response.payload);
            payload
                .is_some_and(|p| (entry.url, micros::of(entry.at), &p.segment, p.offset) == (id.0, id.1, &id.2, id.3))
        };
        Ok(self.loaded.logged.contains(&id) || self.changes.log.iter().any(is_this))
    }

    fn logged_at(&mut self, url: i64, payload: &PayloadRef) -> Result<Option<(i64, StoredResponse)>, Miss> {
        let new = self.changes.log.iter().filter(|(_, entry)| entry.url == url).find_map(|(number, entry)| {
            let (response, _) = entry.response.as_ref()?;
            let is_here = response.payload.segment == payload.segment && response.payload.offset == payload.offset;
            is_here.then(|| (*number, response.clone()))
        });
        let place = (url, payload.segment.clone(), payload.offset);
        Ok(new.or_else(|| self.loaded.places.get(&place).cloned()))
    }

    fn log(&mut self, entry: LogEntry) -> Result<i64, Miss> {
        let number = self.loaded.fetch_nos.get(self.changes.log.len()).copied();
        let number = number.ok_or(Miss::Unforeseen("more visits are logged than were announced"))?;
        self.changes.log.push((number, entry));
        Ok(number)
    }

    fn response(&mut self, fetch_no: i64) -> Result<Option<StoredResponse>, Miss> {
        let new = self.changes.log.iter().find(|(number, _)| *number == fetch_no);
        let new = new.and_then(|(_, entry)| entry.response.as_ref()).map(|(response, _)| response);
        // It is loaded together with every row that names it.
        Ok(new.or_else(|| self.loaded.responses.get(&fetch_no)).cloned())
    }

    fn send(&mut self, message: Message) -> Result<(), Miss> {
        self.changes.messages.push(message);
        Ok(())
    }

    fn groups_of(&mut self, url: i64) -> Result<Vec<String>, Miss> {
        if let Some(groups) = self.loaded.groups_of.get(&url) {
            return Ok(groups.clone());
        }
        match self.loaded.urls.get(&url) {
            // No page has named it before this transaction.
            Some(row) if !row.grouped => Ok(Vec::new()),
            None if self.changes.new.contains_key(&url) => Ok(Vec::new()),
            _ => Err(Miss::GroupsOf(url)),
        }
    }

    fn group(&mut self, id: &str) -> Result<Option<GroupRow>, Miss> {
        if let Some(group) = self.changes.groups.get(id) {
            return Ok(Some(group.clone()));
        }
        self.loaded.groups.get(id).cloned().ok_or_else(|| Miss::Group(id.to_owned()))
    }

    fn save_group(&mut self, group: &GroupRow) -> Result<(), Miss> {
        if !self.loaded.groups.contains_key(&group.id) {
            return Err(Miss::Group(group.id.clone()));
        }
        self.changes.groups.insert(group.id.clone(), group.clone());
        Ok(())
    }

    fn words(&mut self, group: &str) -> Result<Vec<Word>, Miss> {
        let loaded = self.loaded.words.get(group).ok_or_else(|| Miss::Group(group.to_owned()))?;
        let kept = loaded.iter().filter(|word| !self.changes.forgotten.contains(&word.said_by)).copied();
        let new = self.changes.words.iter().filter(|(of, _)| of == group).map(|(_, word)| *word);
        let mut words: Vec<Word> = kept.chain(new).collect();
        words.sort_unstable();
        Ok(words)
    }

    fn forget_words(&mut self, said_by: i64) -> Result<(), Miss> {
        self.changes.forgotten.insert(said_by);
        self.changes.words.retain(|(_, word)| word.said_by != said_by);
        Ok(())
    }

    fn add_word(&mut self, group: &str, word: Word) -> Result<(), Miss> {
        self.changes.words.push((group.to_owned(), word));
        Ok(())
    }
}
