//! New URLs: seeds from people, links from pages.

use baogao_model::{CanonicalUrl, LinkRole};

/// The most members a document group takes, and the most one page may name. A report in more parts
/// than this is a pager that never ends.
pub const MAX_GROUP_MEMBERS: usize = 100;

/// A URL to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The URL.
    pub url: CanonicalUrl,
    /// Higher is visited first. Use few distinct values: each is a queue of its own per host.
    pub priority: i32,
    /// Whether it is due now, with all attempts back, whatever was planned for it; if not, a URL
    /// that is known keeps its schedule.
    pub now: bool,
}

/// A link worth following.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUrl {
    /// Where it leads.
    pub url: CanonicalUrl,
    /// Higher is visited first. Use few distinct values: each is a queue of its own per host.
    pub priority: i32,
    /// What it seems to lead to. A [`LinkRole::Part`] has the depth of the page it stands on, all
    /// others are one deeper.
    pub role: LinkRole,
}

/// What the links of a page changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinksStored {
    /// URLs not known before, members of the page's group included.
    pub new: u64,
    /// URLs known before.
    pub known: u64,
    /// URLs refused because the same segments follow each other too often.
    pub refused_repetition: u64,
    /// URLs refused because their path is too deep.
    pub refused_too_deep: u64,
    /// Group members refused: of another site, no URL, or more than [`MAX_GROUP_MEMBERS`].
    pub refused_members: u64,
    /// Set where the frontier does not know the page itself; then nothing was stored.
    pub unknown_page: bool,
    /// Documents that became ready; each has its `document.ready` in the outbox.
    pub documents_ready: u64,
}
