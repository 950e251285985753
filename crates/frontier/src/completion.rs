//! Completions: what became of the URLs of a claim.

use baogao_model::{CanonicalUrl, PayloadRef};
use jiff::Timestamp;
use std::time::Duration;

/// The reason for which a page is excluded that was taken down; see [`crate::Frontier::forget`].
pub const FORGOTTEN: &str = "forgotten";

/// What became of one visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The URL that was claimed.
    pub url: CanonicalUrl,
    /// When the visit ended.
    pub at: Timestamp,
    /// What it brought.
    pub outcome: Outcome,
}

/// What a visit brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A response with a body, which is in the archive. With a status other than 2xx it counts as
    /// [`Outcome::Failed`] with the reason `http_<status>`, transient for 408, 429 and 5xx.
    Fetched {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type` header as sent.
        content_type: Option<String>,
        /// The `ETag` header as sent.
        etag: Option<String>,
        /// The `Last-Modified` header as sent.
        last_modified: Option<String>,
        /// Where the response lies.
        payload: PayloadRef,
        /// The length of the payload as it came over the wire.
        bytes: u64,
    },
    /// The stored response is still the current one.
    NotModified,
    /// The server names another address.
    Redirected {
        /// That address.
        to: CanonicalUrl,
        /// The HTTP status.
        status: u16,
    },
    /// Nothing usable came.
    Failed {
        /// Why, as a short code: `http_404`, `timeout`, `too_large`…
        reason: String,
        /// Whether another attempt may help.
        transient: bool,
        /// The server's `Retry-After`; the whole pace key waits as long.
        retry_after: Option<Duration>,
    },
    /// The URL may not be visited, and was not.
    Excluded {
        /// Why, as a short code: `robots`, `private_address`…
        reason: String,
    },
}

/// How the pace key goes on after a batch of completions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The earliest time of the next request. Retry-After and silent servers may make it later.
    pub next_at: Timestamp,
    /// The `Crawl-delay` of the site's robots.txt, zero where it has none; none where nothing new
    /// is known. The longer of it and `default_delay` is kept from then on.
    pub delay: Option<Duration>,
    /// Whether the claim ends with this batch. If not, its lease is renewed.
    pub release: bool,
}

/// What a batch of completions changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completed {
    /// Responses taken; each has its `page.fetched` in the outbox.
    pub fetched: u64,
    /// Pages unchanged at their server.
    pub not_modified: u64,
    /// Redirects followed.
    pub redirected: u64,
    /// Visits to be tried again soon.
    pub retries: u64,
    /// Visits given up.
    pub failed: u64,
    /// Visits forbidden.
    pub excluded: u64,
    /// Completions handed in before, which changed nothing.
    pub duplicates: u64,
    /// Completions of URLs that the frontier does not know, which changed nothing.
    pub unknown: u64,
    /// Documents that this batch completed; each has its `document.ready` in the outbox.
    pub documents_ready: u64,
    /// Whether the claim had been lost to a later one. What was fetched is kept and published, but
    /// no schedule moved and the key's new owner is not disturbed.
    pub stale: bool,
    /// Until when the claim holds now; none if it is over.
    pub leased_until: Option<Timestamp>,
}
