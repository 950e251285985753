//! Pages that come out of an archive.

use baogao_model::{CanonicalUrl, PayloadRef};
use jiff::Timestamp;

/// A good response (2xx) as an archive has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedPage {
    /// The URL that was asked for.
    pub url: CanonicalUrl,
    /// When the response was complete.
    pub at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// The `ETag` header as sent.
    pub etag: Option<String>,
    /// The `Last-Modified` header as sent.
    pub last_modified: Option<String>,
    /// Where the response lies.
    pub payload: PayloadRef,
    /// The length of the payload as it came over the wire.
    pub bytes: u64,
}

/// What became of some archived pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Known fetches that are told of again.
    pub again: u64,
    /// Fetches that were not known.
    pub new: u64,
    /// Pages left alone, since their URLs have a newer one.
    pub older: u64,
}
