//! When a failed visit is tried again.

use crate::config::FrontierConfig;
use std::time::Duration;

/// The wait before the next attempt at a URL whose `failures`-th attempt in a row (from 1) has failed.
///
/// `retry_base` doubled for every further failure, at most `retry_max`, times 0.75 to 1.25. The
/// spread comes from the URL's digest, so that the URLs of a host that was away for a minute do not
/// all return in the same second, and a test can say what to expect.
pub(crate) fn url_wait(config: &FrontierConfig, digest: &[u8; 16], failures: u32) -> Duration {
    let wait = doubled(config.retry_base, failures.saturating_sub(1)).min(config.retry_max);
    let byte = digest[failures as usize % digest.len()];
    wait.mul_f64(0.75 + 0.5 * f64::from(byte) / 255.0)
}

/// The wait before the next request to a pace key after `failures` requests in a row got no answer.
///
/// The delay doubles with every failure, at most `retry_max`: a server in trouble is left alone,
/// whatever the number of its URLs that wait.
pub(crate) fn key_wait(config: &FrontierConfig, delay: Duration, failures: u32) -> Duration {
    doubled(delay, failures).min(config.retry_max.max(delay))
}

/// What a server asked for with `Retry-After`, at most `retry_after_max`.
pub(crate) fn asked_wait(config: &FrontierConfig, asked: Duration) -> Duration {
    asked.min(config.retry_after_max)
}

/// `base` × 2^`times`, saturating.
fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(times.min(31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_stay_in_their_spread_and_below_the_limit() {
        let config = FrontierConfig {
            retry_base: Duration::from_secs(60),
            retry_max: Duration::from_secs(3600),
            ..FrontierConfig::default()
        };
        for byte in [0_u8, 100, 255] {
            for (failures, middle) in [(1, 60.0), (2, 120.0), (3, 240.0), (9, 3600.0), (u32::MAX, 3600.0)] {
                let wait = url_wait(&config, &[byte; 16], failures).as_secs_f64();
                assert!((0.75 * middle..=1.25 * middle).contains(&wait), "{failures} failures wait {wait} s");
            }
        }
        assert!(url_wait(&config, &[0; 16], 1) < url_wait(&config, &[255; 16], 1));
    }

    #[test]
    fn a_silent_host_is_left_alone_ever_longer() {
        let config = FrontierConfig { retry_max: Duration::from_secs(100), ..FrontierConfig::default() };
        let delay = Duration::from_secs(5);
        assert_eq!(key_wait(&config, delay, 1), Duration::from_secs(10));
        assert_eq!(key_wait(&config, delay, 3), Duration::from_secs(40));
        assert_eq!(key_wait(&config, delay, 40), Duration::from_secs(100));
        assert_eq!(key_wait(&config, Duration::from_secs(200), 5), Duration::from_secs(200));
    }
}
