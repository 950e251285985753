//! What was taken down, as the crawler knows it: neither asked for nor followed.

use crate::FRONTIER;
use baogao_frontier::{Frontier, FrontierError};
use baogao_model::Tombstones;
use baogao_runtime::Context;
use baogao_runtime::work::chain;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The time between two looks. What is taken down meanwhile may still be asked for once.
const EVERY: Duration = Duration::from_secs(60);

/// The time between two tries for the first look.
const FIRST: Duration = Duration::from_secs(1);

/// The tombstones of the frontier, as last seen. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Forgotten(Arc<RwLock<Arc<Tombstones>>>);

impl Forgotten {
    /// The tombstones known now.
    pub fn known(&self) -> Arc<Tombstones> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks them up.
    ///
    /// # Errors
    ///
    /// When the frontier is away; what was known stays.
    pub async fn look(&self, frontier: &Frontier) -> Result<(), FrontierError> {
        let found: Tombstones = frontier.forgotten().await?.into_iter().collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        Ok(())
    }

    /// Looks until it has succeeded once: before that nothing may be asked for. False where a stop was
    /// asked for before.
    pub(crate) async fn first_look(&self, frontier: &Frontier, context: &Context) -> bool {
        while let Err(error) = self.look(frontier).await {
            context.health.lost(FRONTIER, chain(&error));
            if !context.shutdown.sleep(FIRST).await {
                return false;
            }
        }
        true
    }

    /// Looks again each minute until shutdown is asked for.
    pub(crate) async fn keep_looking(&self, frontier: &Frontier, context: &Context) {
        while context.shutdown.sleep(EVERY).await {
            if let Err(error) = self.look(frontier).await {
                context.health.lost(FRONTIER, chain(&error));
            }
        }
    }
}
