//! Stored robots.txt files. What they mean is the fetcher's matter.

use jiff::Timestamp;

/// The robots.txt of one origin, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRobots {
    /// The file as it came, empty where there is none.
    pub body: Vec<u8>,
    /// What the fetcher made of the answer, in its own word: `found`, `missing`, `unreachable`…
    pub state: String,
    /// When it was asked for.
    pub fetched_at: Timestamp,
    /// When it must be asked for again (RFC 9309 §2.4: 24 hours at most, unless unreachable).
    pub expires_at: Timestamp,
}
