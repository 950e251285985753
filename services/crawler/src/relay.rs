//! The outbox relay: what the frontier has written down to be said is said.

use crate::FRONTIER;
use baogao_bus::{Bus, BusError};
use baogao_frontier::{Frontier, FrontierError};
use baogao_runtime::Context;
use baogao_runtime::work::{BUS, chain};
use std::time::Duration;

/// Rows sent in one go.
const BATCH: usize = 128;

/// Why a batch could not be sent; both mean that a store of our own is away.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the outbox is away")]
    Outbox(#[from] FrontierError),
    #[error("the bus is away")]
    Bus(#[from] BusError),
}

/// Sends outbox rows, oldest first, until shutdown is asked for. A row is marked sent after the bus
/// has confirmed it; a crash in between sends it twice under one id.
pub async fn run(frontier: &Frontier, bus: &Bus, context: &Context) {
    let shutdown = &context.shutdown;
    while !shutdown.is_requested() {
        match send_batch(frontier, bus).await {
            Ok(0) => {
                tokio::select! {
                    () = frontier.wait_outbox() => {}
                    // Rows of another process announce themselves to nobody here.
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    () = shutdown.requested() => {}
                }
            }
            Ok(_) => {
                context.health.back(FRONTIER);
                context.health.back(BUS);
            }
            Err(error) => {
                match &error {
                    RelayError::Outbox(cause) => context.health.lost(FRONTIER, chain(cause)),
                    RelayError::Bus(cause) => context.health.lost(BUS, chain(cause)),
                }
                shutdown.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Sends one batch and says how many rows it held.
async fn send_batch(frontier: &Frontier, bus: &Bus) -> Result<usize, RelayError> {
    let rows = frontier.outbox(BATCH).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (seqs, messages): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.seq, row.message)).unzip();
    bus.publish(messages).await?;
    frontier.mark_sent(&seqs).await?;
    Ok(seqs.len())
}
