//! Rows as the rules see them. Times and lengths of time are microseconds.

use baogao_model::{CanonicalUrl, PageKind, PayloadRef};
use jiff::Timestamp;

/// Bytes of the digest under which a URL is known.
pub(crate) type Digest = [u8; 16];

/// The key of a URL: the first bytes of its BLAKE3 digest.
pub(crate) fn digest(url: &CanonicalUrl) -> Digest {
    let hash = blake3::hash(url.as_str().as_bytes());
    let mut digest = Digest::default();
    let length = digest.len();
    digest.copy_from_slice(&hash.as_bytes()[..length]);
    digest
}

/// What the last visit of a URL came to. The numbers stand in the tables and in their indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Visit {
    /// Not visited yet, or asked for again by a person.
    None = 0,
    Fetched = 1,
    Redirected = 2,
    Retry = 3,
    Failed = 4,
    Excluded = 5,
}

impl Visit {
    /// All of them, each at the place of its number.
    pub(crate) const ALL: [Self; 6] =
        [Self::None, Self::Fetched, Self::Redirected, Self::Retry, Self::Failed, Self::Excluded];

    /// The visit of a stored number.
    pub(crate) fn of(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number)).copied()
    }
}

/// A URL row with the place it has in the queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UrlRow {
    pub(crate) id: i64,
    pub(crate) url: String,
    /// Its pace key.
    pub(crate) key: i64,
    /// Where the back end keeps it; the rules leave it alone.
    pub(crate) queue: i64,
    pub(crate) depth: u32,
    pub(crate) priority: i32,
    pub(crate) visit: Visit,
    pub(crate) due_at: i64,
    pub(crate) attempts: u32,
    pub(crate) redirects: u32,
    pub(crate) redirect_to: Option<i64>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) visited_at: Option<i64>,
    pub(crate) revisit: Option<i64>,
    /// The page kind as stored, which may be a word of a later version.
    pub(crate) kind: Option<String>,
    /// The fetch that brought the stored response.
    pub(crate) fetch_no: Option<i64>,
    /// The fetch and the extractor's version whose word is stored.
    pub(crate) linked: Option<(i64, i64)>,
    pub(crate) own_group: Option<String>,
    pub(crate) own_part: Option<u32>,
    /// Whether a group's page names it or redirects to it. It stays so.
    pub(crate) grouped: bool,
}

impl UrlRow {
    /// The page kind; a word of a later version is taken for no word.
    pub(crate) fn page_kind(&self) -> Option<PageKind> {
        [PageKind::Article, PageKind::List, PageKind::Blocked, PageKind::Other]
            .into_iter()
            .find(|kind| Some(kind.as_str()) == self.kind.as_deref())
    }
}

/// A URL that is to be known from now on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewRow<'a> {
    pub(crate) url: &'a CanonicalUrl,
    pub(crate) priority: i32,
    pub(crate) depth: u32,
    pub(crate) redirects: u32,
    pub(crate) due_at: i64,
}

/// A pace key, but for its `due_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRow {
    pub(crate) id: i64,
    pub(crate) epoch: i64,
    /// The site's own Crawl-delay where it is longer than ours.
    pub(crate) delay: Option<i64>,
    /// Requests in a row that got no answer.
    pub(crate) failures: u32,
    /// When the next request may start, as told by completions.
    pub(crate) polite_at: i64,
    /// When the key may be claimed: `polite_at`, or a delay after the end of the lease.
    pub(crate) next_at: i64,
    pub(crate) lease_until: Option<i64>,
}

/// A line of the fetch log.
#[derive(Debug, Clone)]
pub(crate) struct LogEntry {
    pub(crate) url: i64,
    /// When the visit ended.
    pub(crate) at: Timestamp,
    /// The epoch of the claim it was made under.
    pub(crate) epoch: i64,
    /// Whether that claim had been lost.
    pub(crate) stale: bool,
    pub(crate) outcome: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) reason: Option<String>,
    /// What was archived, and its length on the wire.
    pub(crate) response: Option<(StoredResponse, u64)>,
}

/// A response that is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredResponse {
    pub(crate) at: Timestamp,
    pub(crate) content_type: Option<String>,
    pub(crate) payload: PayloadRef,
}

/// A document group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupRow {
    pub(crate) id: String,
    pub(crate) site: String,
    pub(crate) document_key: String,
    /// Since when it waits for parts.
    pub(crate) open_since: Option<i64>,
    /// What went out last.
    pub(crate) fingerprint: Option<String>,
    /// When a part was last seen to have changed: its siblings are taken as they are only if they
    /// were visited since.
    pub(crate) changed_at: Option<i64>,
}

/// A page's word that a URL is this part of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word {
    pub(crate) member: i64,
    pub(crate) said_by: i64,
    pub(crate) part: u32,
}
