//! What people and the crawl's own end want to know of the frontier.

use baogao_model::CanonicalUrl;
use jiff::Timestamp;

/// The state of the frontier, or of the part of it that a [`crate::Scope`] names.
///
/// `due_now` and `next_due` tell of exactly what a claim of the same scope hands out. To the other
/// numbers, a prefix means the whole of its host, and nothing if one of the prefixes ends within it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontierStats {
    /// All URLs: the sum of the six numbers that follow.
    pub known: u64,
    /// Those never visited to an end.
    pub unvisited: u64,
    /// Those whose last visit brought a page, changed or not.
    pub fetched: u64,
    /// Those that lead elsewhere.
    pub redirected: u64,
    /// Those whose last attempt failed and that are tried again soon.
    pub pending_retries: u64,
    /// Those whose last visit was given up.
    pub failed: u64,
    /// Those that may not be visited.
    pub excluded: u64,
    /// Those whose visit is due, politeness aside.
    pub due_now: u64,
    /// The earliest time at which a claim could succeed, politeness and leases that end by
    /// themselves included; none where the scope holds no URL.
    pub next_due: Option<Timestamp>,
    /// Pace keys under a lease, whatever the scope.
    pub leased_keys: u64,
    /// Messages not yet marked as sent, whatever the scope.
    pub outbox_rows: u64,
    /// The length of their bodies.
    pub outbox_bytes: u64,
    /// Document groups that wait for parts; of a scope, only its sites play a part in it.
    pub open_groups: u64,
    /// Hosts; a scope's depth plays no part in it.
    pub hosts: u64,
}

/// A URL whose last attempt failed and that is tried again soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRetry {
    /// The URL.
    pub url: CanonicalUrl,
    /// Why the last attempt failed.
    pub reason: String,
    /// Attempts in a row that have failed.
    pub attempts: u32,
    /// When it is tried again, politeness aside.
    pub next_at: Timestamp,
}

/// A URL that was asked for and whose page has not come since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfetched {
    /// The URL, as it was given; the rest tells of what it leads to.
    pub url: CanonicalUrl,
    /// Why the last visit brought no page, as a short code; none if there was no visit yet.
    pub reason: Option<String>,
    /// Whether it may not be visited, as opposed to could not.
    pub excluded: bool,
    /// Whether its attempts are used up or a further one would be of no use for a long time.
    pub given_up: bool,
    /// When it can be tried next, politeness included.
    pub next_at: Timestamp,
}

/// A URL that could not be got: given up or forbidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The URL.
    pub url: CanonicalUrl,
    /// Why, as a short code.
    pub reason: String,
    /// Whether it may not be visited, as opposed to could not.
    pub excluded: bool,
    /// When the last attempt ended.
    pub at: Timestamp,
    /// When it will be tried again.
    pub next_at: Timestamp,
}
