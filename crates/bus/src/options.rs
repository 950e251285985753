//! What an operator may turn: attempts, waiting times, sizes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How a bus treats what fails and how much it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How often a message is delivered before a transient failure becomes final. The last of these
    /// attempts asking for another makes a dead letter. 0 counts as 1.
    pub max_attempts: u32,
    /// The wait after the first failed attempt. It doubles with each further one.
    pub retry_base: Duration,
    /// Where the doubling ends.
    pub retry_max: Duration,
    /// How long a message rests after a crash it is charged with, times its crashes so far. Whoever
    /// kills a process from outside, say in a restart loop, then no longer hits the same innocent
    /// suspect each time.
    pub crash_rest: Duration,
    /// The longest body in bytes that `publish` takes.
    pub max_body_bytes: usize,
    /// Where the database file stops growing, in bytes: from there on publishers get
    /// [`crate::BusError::Full`], while deliveries and acknowledgements go on. `None` for no limit but
    /// the disk. The write-ahead log beside the file comes on top, some 64 MiB after a burst.
    pub max_file_bytes: Option<u64>,
}

impl Default for Options {
    /// Ten attempts over one and a half hours: longer than a rolling upgrade, since a message of a
    /// newer version than this process reads waits here until the process has been replaced.
    fn default() -> Self {
        Self {
            max_attempts: 10,
            retry_base: Duration::from_secs(10),
            retry_max: Duration::from_secs(3600),
            crash_rest: Duration::from_secs(2),
            max_body_bytes: 16 * 1024 * 1024,
            max_file_bytes: None,
        }
    }
}

impl Options {
    /// Whether a message that failed in its `attempt`-th delivery (from 1) gets another.
    pub(crate) fn allows_retry_after(&self, attempt: u32) -> bool {
        attempt < self.max_attempts.max(1)
    }

    /// How long a message waits after its `attempt`-th delivery (from 1) failed.
    ///
    /// The step is `retry_base` doubled for each attempt before, `retry_max` at most, and varied by a
    /// quarter up or down so that what failed together does not come back together. `seed` decides
    /// where in that range: the same delivery gets the same wait, so no random source is needed.
    pub(crate) fn retry_delay(&self, attempt: u32, seed: u64) -> Duration {
        // A year is beyond any use and keeps the arithmetic far from overflow.
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
        let doublings = attempt.saturating_sub(1).min(31);
        let step = self.retry_base.saturating_mul(1 << doublings).min(self.retry_max).min(LONGEST);
        let mut hasher = DefaultHasher::new();
        (seed, attempt).hash(&mut hasher);
        let fraction = (hasher.finish() % 1024) as f64 / 1024.0;
        step.mul_f64(0.75 + 0.5 * fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_double_up_to_the_longest() {
        let options =
            Options { retry_base: Duration::from_secs(10), retry_max: Duration::from_secs(60), ..Options::default() };
        for (attempt, step) in [(1, 10.0), (2, 20.0), (3, 40.0), (4, 60.0), (5, 60.0), (u32::MAX, 60.0)] {
            for seed in 0..50 {
                let delay = options.retry_delay(attempt, seed).as_secs_f64();
                assert!((step * 0.75..=step * 1.25).contains(&delay), "attempt {attempt}: {delay} s");
            }
        }
    }

    #[test]
    fn messages_that_failed_together_come_back_apart() {
        let options = Options::default();
        let mut delays: Vec<_> = (0..100).map(|seed| options.retry_delay(1, seed)).collect();
        delays.sort();
        delays.dedup();
        assert!(delays.len() > 80, "only {} different waits for 100 messages", delays.len());
    }

    #[test]
    fn the_last_attempt_is_the_one_that_was_asked_for() {
        let options = Options { max_attempts: 3, ..Options::default() };
        assert_eq!([1, 2, 3, 4].map(|n| options.allows_retry_after(n)), [true, true, false, false]);
        let never = Options { max_attempts: 0, ..Options::default() };
        assert!(!never.allows_retry_after(1));
    }

    proptest! {
        #[test]
        fn no_setting_overflows(base in any::<u64>(), max in any::<u64>(), attempt in any::<u32>(), seed in any::<u64>()) {
            let options = Options {
                retry_base: Duration::from_secs(base),
                retry_max: Duration::from_secs(max),
                ..Options::default()
            };
            options.retry_delay(attempt, seed);
        }
    }
}
