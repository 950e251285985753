//! How much memory a process holds.

use std::time::{Duration, Instant};

/// The time between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// The resident memory of a process over a while, in KiB.
pub struct Resident {
    /// At the first look.
    pub start: u64,
    /// The median of all looks.
    pub median: u64,
    /// The most it has ever been, as the kernel noted it.
    pub peak: u64,
}

/// Looks at the process `pid` for `time`, or until it is done.
pub fn watch(pid: u32, time: Duration, mut is_done: impl FnMut() -> bool) -> Resident {
    let begun = Instant::now();
    let mut seen = vec![field(pid, "VmRSS:")];
    let start = seen[0];
    while begun.elapsed() < time && !is_done() {
        std::thread::sleep(EVERY);
        seen.push(field(pid, "VmRSS:"));
    }
    seen.sort_unstable();
    Resident { start, median: seen[seen.len() / 2], peak: field(pid, "VmHWM:") }
}

/// A line of what the kernel says of a process, in KiB.
fn field(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says so");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
