//! The room for work in progress, in bytes: one budget for all stages of a process.
//!
//! RabbitMQ refuses to prefetch by bytes, so a count bounds what is fetched and this budget bounds
//! what is worked on. Each message takes its share before its handler starts and gives it back
//! when it is settled. Nobody holds a share while waiting for another, so nobody waits for ever.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one permit stands for: coarse enough that a budget of terabytes can be counted.
const GRAIN: u64 = 1024;

/// The default budget.
const DEFAULT_BYTES: u64 = 64 << 20;

/// Room for work in progress. Clones share it.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    room: Arc<Semaphore>,
    grains: u32,
}

impl Default for ByteBudget {
    /// 64 MiB.
    fn default() -> Self {
        Self::new(DEFAULT_BYTES)
    }
}

impl ByteBudget {
    /// A budget of `bytes`, rounded to whole KiB, at least one.
    pub fn new(bytes: u64) -> Self {
        let grains = u32::try_from(bytes / GRAIN).unwrap_or(u32::MAX).max(1);
        // A semaphore of a 32-bit machine counts less far.
        let grains = grains.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { room: Arc::new(Semaphore::new(grains as usize)), grains }
    }

    /// Waits for room for `bytes`. What is larger than the whole budget waits until nothing else is
    /// under way, and is then worked on alone. First come, first served, so a large one is not
    /// overtaken for ever. Cancel-safe.
    pub async fn take(&self, bytes: u64) -> Share {
        let grains = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX).clamp(1, self.grains);
        // The semaphore is never closed.
        let permit = Arc::clone(&self.room).acquire_many_owned(grains).await.expect("the budget is open");
        let share = Share { _permit: permit, bytes: f64::from(grains) * GRAIN as f64 };
        metrics::gauge!("baogao_stage_in_hand_bytes").increment(share.bytes);
        share
    }

    /// The bytes that are free just now.
    pub fn free(&self) -> u64 {
        self.room.available_permits() as u64 * GRAIN
    }
}

/// A part of a budget, given back when dropped.
#[derive(Debug)]
pub struct Share {
    _permit: OwnedSemaphorePermit,
    bytes: f64,
}

impl Drop for Share {
    fn drop(&mut self) {
        metrics::gauge!("baogao_stage_in_hand_bytes").decrement(self.bytes);
    }
}
