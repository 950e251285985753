//! Claims: the right to ask one pace key for some URLs until a deadline.

use baogao_model::CanonicalUrl;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::time::Duration;

/// Keys looked at together, for `wanted` keys. Those that waited longest are looked at first, so
/// none is forgotten; looking at some more than are wanted lets good URLs overtake; and a claim stays
/// a matter of milliseconds when every host of the country is due.
pub(crate) fn window_size(wanted: usize) -> usize {
    wanted.saturating_mul(4).clamp(32, 256)
}

/// The first due URL of a queue, as far as queues are compared by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Front {
    pub(crate) priority: i32,
    pub(crate) depth: u32,
    pub(crate) due_at: i64,
}

impl Front {
    /// What the better one has less of: higher priority first, then smaller depth, then longer due.
    pub(crate) fn rank(&self) -> (Reverse<i32>, u32, i64) {
        (Reverse(self.priority), self.depth, self.due_at)
    }
}

/// Which part of the frontier a caller means: the URLs that pass every filter. The default is all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only URLs of these registrable hosts; see [`CanonicalUrl::site`].
    pub sites: Option<Vec<String>>,
    /// Only URLs of these hosts, written as [`CanonicalUrl::host`] writes them.
    pub hosts: Option<Vec<String>>,
    /// Only URLs whose text after `://` and up to its query begins with one of these: as in
    /// `www.x.example/zwgk/`, or `www.x.example:8080/` where the canonical URL names a port.
    ///
    /// This filter alone costs time: claims and `stats` may read every URL of the hosts it names, or
    /// of all hosts in the rest of the scope where one of the prefixes ends within the host.
    pub prefixes: Option<Vec<String>>,
    /// Only URLs at most so many links away from a seed.
    pub max_depth: Option<u32>,
}

impl Scope {
    /// Whether the prefixes admit the URL of this canonical text.
    pub(crate) fn admits(&self, url: &str) -> bool {
        let Some(prefixes) = &self.prefixes else { return true };
        let place = url.split_once("://").map_or(url, |(_, place)| place);
        let place = place.split_once('?').map_or(place, |(place, _)| place);
        prefixes.iter().any(|prefix| place.starts_with(prefix.as_str()))
    }

    /// The hosts outside of which nothing is in scope, as far as `hosts` and the prefixes tell.
    pub(crate) fn possible_hosts(&self) -> Option<Vec<&str>> {
        let named: Option<Vec<&str>> =
            self.prefixes.as_ref().and_then(|prefixes| prefixes.iter().map(|prefix| whole_host(prefix)).collect());
        match (&self.hosts, named) {
            (None, named) => named,
            (Some(hosts), None) => Some(hosts.iter().map(String::as_str).collect()),
            (Some(hosts), Some(mut named)) => {
                named.retain(|name| hosts.iter().any(|host| host == name));
                Some(named)
            }
        }
    }
}

/// The host that a prefix names; none where the prefix may end within it.
fn whole_host(prefix: &str) -> Option<&str> {
    let (authority, _) = prefix.split_once('/')?;
    match authority.rsplit_once(':') {
        // The colons within the brackets of an IPv6 address are not followed by digits alone.
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(host),
        _ => Some(authority),
    }
}

/// What a crawler asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Who asks; shown to people, compared with nothing.
    pub owner: String,
    /// How many pace keys it can serve at the same time.
    pub max_keys: usize,
    /// How many URLs of each it can visit within the lease.
    pub urls_per_key: usize,
    /// Which URLs it wants.
    pub scope: Scope,
}

/// The exclusive right to ask the hosts of one pace key, one request at a time, `delay` apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The pace key: a host, or a group of hosts that share a pace.
    pub pace_key: String,
    /// The fencing epoch: higher with every claim of this key.
    pub epoch: u64,
    /// When the right ends, unless completions renew it. No request may start later.
    pub leased_until: Timestamp,
    /// The time to let pass between the end of a request and the beginning of the next.
    pub delay: Duration,
    /// What to visit, best first; never empty.
    pub urls: Vec<DueUrl>,
}

impl Claim {
    /// What proves this claim when its completions are handed in.
    pub fn token(&self) -> ClaimToken {
        ClaimToken { pace_key: self.pace_key.clone(), epoch: self.epoch }
    }
}

/// What proves a claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimToken {
    /// The pace key.
    pub pace_key: String,
    /// The fencing epoch of the claim.
    pub epoch: u64,
}

/// A URL whose visit is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueUrl {
    /// The URL.
    pub url: CanonicalUrl,
    /// Links followed from a seed to here.
    pub depth: u32,
    /// Attempts in a row that have failed so far.
    pub attempts: u32,
    /// Redirects in a row that led here.
    pub redirects: u32,
    /// The `ETag` of the stored response, for a conditional request.
    pub etag: Option<String>,
    /// The `Last-Modified` of the stored response, for a conditional request.
    pub last_modified: Option<String>,
}
