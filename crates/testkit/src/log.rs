//! Who asked what and when: the evidence a test of politeness stands on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// One request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// When its head had been read, since the server's start.
    pub at: Duration,
    /// When the response was handed to the socket or given up; none while it is under way.
    pub ended: Option<Duration>,
    /// The `Host` header, without port, in lower case.
    pub host: String,
    /// Path and query as asked for.
    pub path: String,
    /// The status answered.
    pub status: u16,
    /// The `User-Agent` header; empty where there was none.
    pub user_agent: String,
    /// The number of the client's connection, from 0, in the order of their opening.
    pub connection: u64,
}

/// The requests of a server, in the order of their arrival.
#[derive(Debug)]
pub(crate) struct Log {
    start: Instant,
    hits: Mutex<Vec<Hit>>,
}

impl Log {
    /// An empty log that counts time from now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), hits: Mutex::new(Vec::new()) }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Writes a hit down and gives its place, for [`Log::end`].
    pub(crate) fn begin(&self, hit: Hit) -> usize {
        let mut hits = self.lock();
        hits.push(hit);
        hits.len() - 1
    }

    /// Notes that the response to the hit at `place` is over.
    pub(crate) fn end(&self, place: usize) {
        let now = self.now();
        if let Some(hit) = self.lock().get_mut(place) {
            hit.ended.get_or_insert(now);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// A copy of all hits.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Hit>> {
        // A panic while the lock is held could only come from lack of memory.
        self.hits.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The shortest time between the arrivals of two requests to `host`, one after the other; none
/// where there were fewer than two.
pub fn min_interval(hits: &[Hit], host: &str) -> Option<Duration> {
    pairs(hits, host).map(|(earlier, later)| later.at.saturating_sub(earlier.at)).min()
}

/// The shortest time between the end of a response of `host` and the next request to it; zero where
/// they overlap, none where there were fewer than two.
///
/// The client sees an end a little later than the server, so a client that waits `delay` after each
/// response never shows a gap below it; save where the client itself breaks off, since the server
/// learns that late.
pub fn min_gap(hits: &[Hit], host: &str) -> Option<Duration> {
    pairs(hits, host).map(|(earlier, later)| later.at.saturating_sub(earlier.ended.unwrap_or(Duration::MAX))).min()
}

/// The highest number of requests that `host` was answering at one time.
pub fn max_in_flight(hits: &[Hit], host: &str) -> usize {
    let mut changes = BTreeMap::<(Duration, bool), usize>::new();
    for hit in hits.iter().filter(|hit| hit.host == host) {
        // At one instant an end counts before a beginning: false sorts first.
        *changes.entry((hit.at, true)).or_default() += 1;
        *changes.entry((hit.ended.unwrap_or(Duration::MAX), false)).or_default() += 1;
    }
    let (mut now, mut most) = (0_usize, 0);
    for ((_, begins), count) in changes {
        now = if begins { now + count } else { now.saturating_sub(count) };
        most = most.max(now);
    }
    most
}

/// Neighbouring hits of one host.
fn pairs<'a>(hits: &'a [Hit], host: &'a str) -> impl Iterator<Item = (&'a Hit, &'a Hit)> {
    let own = || hits.iter().filter(move |hit| hit.host == host);
    own().zip(own().skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(host: &str, at: u64, ended: Option<u64>) -> Hit {
        Hit {
            at: Duration::from_millis(at),
            ended: ended.map(Duration::from_millis),
            host: host.to_owned(),
            path: "/".to_owned(),
            status: 200,
            user_agent: String::new(),
            connection: 0,
        }
    }

    #[test]
    fn gaps_are_measured_per_host() {
        let hits = [hit("a", 0, Some(30)), hit("b", 10, Some(20)), hit("a", 100, Some(110)), hit("a", 250, Some(260))];
        assert_eq!(min_interval(&hits, "a"), Some(Duration::from_millis(100)));
        assert_eq!(min_gap(&hits, "a"), Some(Duration::from_millis(70)));
        assert_eq!(min_gap(&hits, "b"), None);
    }

    #[test]
    fn overlap_shows_in_gap_and_in_flight() {
        let hits = [hit("a", 0, Some(50)), hit("a", 40, None), hit("a", 60, Some(70)), hit("b", 0, None)];
        assert_eq!(min_gap(&hits, "a"), Some(Duration::ZERO));
        assert_eq!(max_in_flight(&hits, "a"), 2);
        assert_eq!(max_in_flight(&hits, "b"), 1);
    }
}
