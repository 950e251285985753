//! Ports for servers that are told where to listen before they start.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Where ports are looked for: below what systems take for outgoing connections, one of which could
/// otherwise sit on the port by the time the server starts, or starts again.
const RANGE: std::ops::Range<u64> = 12_000..32_000;

/// A port of 127.0.0.1 that is free at the moment.
///
/// # Panics
///
/// When none of a hundred is free.
pub(crate) fn free() -> u16 {
    for attempt in 0..100_u64 {
        // Each state is seeded by the system, so that test processes do not all try the same ports.
        let chance = RandomState::new().hash_one(attempt);
        let port = u16::try_from(RANGE.start + chance % (RANGE.end - RANGE.start)).expect("the range ends below 65536");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on 127.0.0.1");
}
