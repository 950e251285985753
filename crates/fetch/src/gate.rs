//! One exchange at a time with each host, and the pause since its last one.
//!
//! The crawler asks only hosts whose lease it holds, but a robots.txt may redirect to a host that
//! another visit is asking at that moment. So every exchange takes its host's turn first, whoever
//! asks for it and why.
//!
//! # Invariants
//!
//! - A host has at most one turn under way. Whoever waits is served in the order of asking; a waiter's
//!   pause runs while it is first in line, so nobody can starve it.
//! - A pause counts from the end of the last turn, however that ended. Ends are forgotten after
//!   [`KEPT`]: longer pauses hold only until then.
//! - Dropping a waiter gives its place up, dropping a [`Turn`] ends it.
//! - Memory is bounded by the hosts that are held or waited for, or whose turn ended within [`KEPT`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep};

/// How long the end of a host's last turn is remembered at least.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// Below this many hosts nothing is swept.
const FEW: usize = 1024;

/// The end of a host's last turn, none before the first; locked for as long as a turn lasts.
type Slot = Arc<tokio::sync::Mutex<Option<Instant>>>;

/// The turns of all hosts.
pub(crate) struct Gate {
    slots: Mutex<Slots>,
}

struct Slots {
    by_host: HashMap<Box<str>, Slot>,
    /// The number of hosts from which on the next new one causes a sweep.
    sweep_at: usize,
}

/// Leave to have one exchange with a host. Ends when dropped.
#[must_use]
pub(crate) struct Turn(OwnedMutexGuard<Option<Instant>>);

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0 = Some(Instant::now());
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new(Slots { by_host: HashMap::new(), sweep_at: FEW }) }
    }

    /// Waits until nobody else asks `host` and `pause` has passed since the end of its last turn.
    pub(crate) async fn turn(&self, host: &str, pause: Duration) -> Turn {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).slot(host, Instant::now());
        let last_end = slot.lock_owned().await;
        if let Some(end) = *last_end {
            sleep(pause.saturating_sub(end.elapsed())).await;
        }
        Turn(last_end)
    }
}

impl Slots {
    fn slot(&mut self, host: &str, now: Instant) -> Slot {
        if let Some(slot) = self.by_host.get(host) {
            return slot.clone();
        }
        if self.by_host.len() >= self.sweep_at {
            self.sweep(now);
        }
        self.by_host.entry(host.into()).or_default().clone()
    }

    /// Drops what nobody holds, waits for or needs to know.
    fn sweep(&mut self, now: Instant) {
        self.by_host.retain(|_, slot| is_needed(slot, now));
        // Twice what is left, so that sweeping costs each new host a constant share.
        self.sweep_at = FEW.max(2 * self.by_host.len());
    }
}

/// Whether a host's slot is in use, or its last end may still matter.
fn is_needed(slot: &Slot, now: Instant) -> bool {
    // Holders and waiters have a reference of their own, and new ones come only through the map,
    // which is locked here.
    if Arc::strong_count(slot) > 1 {
        return true;
    }
    let Ok(last_end) = slot.try_lock() else { return true };
    last_end.is_some_and(|end| now.saturating_duration_since(end) < KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(gate: &Gate) -> usize {
        gate.slots.lock().unwrap().by_host.len()
    }

    #[tokio::test]
    async fn only_what_may_matter_outlives_a_sweep() {
        let gate = Gate::new();
        let held = gate.turn("held.example", Duration::ZERO).await;
        drop(gate.turn("ended.example", Duration::ZERO).await);
        let now = Instant::now();
        gate.slots.lock().unwrap().sweep(now);
        assert_eq!(count(&gate), 2);
        gate.slots.lock().unwrap().sweep(now + KEPT);
        assert_eq!(count(&gate), 1);
        drop(held);
        gate.slots.lock().unwrap().sweep(Instant::now() + KEPT);
        assert_eq!(count(&gate), 0);
    }

    #[test]
    fn many_hosts_do_not_pile_up() {
        let gate = Gate::new();
        let mut slots = gate.slots.lock().unwrap();
        let (start, mut most) = (Instant::now(), 0);
        for second in 0..20_000 {
            let now = start + Duration::from_secs(second);
            let slot = slots.slot(&format!("www{second}.qinglan.example"), now);
            *slot.try_lock().unwrap() = Some(now);
            most = most.max(slots.by_host.len());
        }
        // One host a second leaves those of the last five minutes after each sweep.
        assert_eq!(most, FEW);
    }

    #[tokio::test]
    async fn a_pause_without_end_is_waited_for() {
        let gate = Gate::new();
        drop(gate.turn("www.qinglan.example", Duration::MAX).await);
        let endless = tokio::time::timeout(Duration::ZERO, gate.turn("www.qinglan.example", Duration::MAX));
        assert!(endless.await.is_err());
    }
}
