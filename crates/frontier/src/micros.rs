//! Time as the back ends store it: microseconds since the Unix epoch in an `i64`.
//!
//! Sums saturate, so that a date far outside the calendar (a server's `Retry-After` of a million
//! years) is a late date and never a panic.

use jiff::Timestamp;
use std::time::Duration;

/// A moment as microseconds since the Unix epoch.
pub(crate) fn of(moment: Timestamp) -> i64 {
    moment.as_microsecond()
}

/// A stored moment; the nearest end of the calendar where it lies outside.
pub(crate) fn to_timestamp(micros: i64) -> Timestamp {
    let end = if micros < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(micros).unwrap_or(end)
}

/// A length of time in microseconds.
pub(crate) fn length(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A stored length of time; negative ones are none.
pub(crate) fn to_duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// `duration` after `moment`.
pub(crate) fn after(moment: Timestamp, duration: Duration) -> Timestamp {
    to_timestamp(of(moment).saturating_add(length(duration)))
}
