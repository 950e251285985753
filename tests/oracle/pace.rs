//! Whether a web was crawled politely, by its own log.

use baogao_testkit::Hit;
use std::collections::BTreeMap;
use std::time::Duration;

/// How late the server may note the end of a response, at most, on a machine with too much to do. An
/// overlap of two requests below it proves nothing.
const LATE: Duration = Duration::from_millis(500);

/// The requests that came too early, described: sooner after the one before to the same host than
/// `delay`, or while that was still being answered.
///
/// Measured from arrival to arrival. A client that waits `delay` after each response never comes sooner
/// than that by this measure, however late the server is in looking at its clock.
pub fn too_early(hits: &[Hit], delay: Duration) -> Vec<String> {
    let mut last: BTreeMap<&str, &Hit> = BTreeMap::new();
    let mut early = Vec::new();
    for hit in hits {
        if let Some(before) = last.insert(&hit.host, hit) {
            let gap = hit.at.saturating_sub(before.at);
            let overlap = before.ended.unwrap_or(Duration::MAX).saturating_sub(hit.at);
            if gap < delay || overlap > LATE {
                early.push(format!(
                    "{}: {} at {:?}, {gap:?} after {} (ended {:?}), on connections {} and {}",
                    hit.host, hit.path, hit.at, before.path, before.ended, hit.connection, before.connection
                ));
            }
        }
    }
    early
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(host: &str, at: u64, ended: Option<u64>) -> Hit {
        let millis = Duration::from_millis;
        let (path, user_agent) = ("/".to_owned(), String::new());
        Hit {
            at: millis(at),
            ended: ended.map(millis),
            host: host.to_owned(),
            path,
            status: 200,
            user_agent,
            connection: 0,
        }
    }

    #[test]
    fn only_what_comes_too_soon_to_the_same_host_is_early() {
        let delay = Duration::from_millis(20);
        let polite = [hit("a", 0, Some(5)), hit("b", 1, Some(2)), hit("a", 20, Some(21)), hit("b", 30, None)];
        assert_eq!(too_early(&polite, delay), Vec::<String>::new());
        assert_eq!(too_early(&[hit("a", 0, Some(5)), hit("a", 19, Some(25))], delay).len(), 1);
        // While the first was still being answered.
        assert_eq!(too_early(&[hit("a", 0, Some(3000)), hit("a", 1000, Some(1001))], delay).len(), 1);
        assert_eq!(too_early(&[hit("a", 0, None), hit("a", 1000, Some(1001))], delay).len(), 1);
    }
}
