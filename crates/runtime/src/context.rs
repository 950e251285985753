//! What all parts of one process share.

use crate::budget::ByteBudget;
use crate::health::Health;
use crate::shutdown::Shutdown;
use crate::sites::SiteLabels;

/// What all parts of one process share: the wish to stop, what is within reach, the room for work in
/// progress, and the names in its metrics. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// When to stop.
    pub shutdown: Shutdown,
    /// What is within reach and what is waited for.
    pub health: Health,
    /// The room for work in progress.
    pub budget: ByteBudget,
    /// The sites that have a series of their own.
    pub sites: SiteLabels,
}

impl Context {
    /// A context that stops on `shutdown` and has `budget` bytes of room.
    pub fn new(shutdown: Shutdown, budget: ByteBudget) -> Self {
        Self { shutdown, budget, ..Self::default() }
    }
}
