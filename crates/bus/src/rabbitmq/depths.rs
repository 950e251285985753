//! How much lies in each queue, as far as the broker tells over AMQP.

use super::link::while_up;
use super::{Inner, names, topology};
use crate::{BusError, QueueDepth};
use futures::future::join_all;
use lapin::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) async fn depths(bus: &Arc<Inner>) -> Result<Vec<QueueDepth>, BusError> {
    let deadline = bus.deadline();
    let queues = bus.topology.queues(&bus.incoming, deadline).await?;
    let connection = bus.incoming.connection(deadline).await?;
    let out = out(bus);
    let mut depths = Vec::new();
    for queue in queues {
        let mut asked = vec![queue.clone(), names::suspect(&queue), names::dead(&queue)];
        asked.extend(bus.waits.queues(&queue));
        let counting = async { counts(&connection, &asked).await.map_err(BusError::unavailable) };
        let counts = while_up(&connection, counting).await?;
        // An operator may have removed it; the registry does not hear of that.
        let Some(ready) = counts[0] else { continue };
        depths.push(QueueDepth {
            ready,
            unacked: out.get(&queue).copied().unwrap_or(0),
            waiting: counts[3..].iter().flatten().sum(),
            suspect: counts[1].unwrap_or(0),
            dead: counts[2].unwrap_or(0),
            bytes: None,
            queue,
        });
    }
    Ok(depths)
}

/// What the consumers of this process have out, by queue.
fn out(bus: &Inner) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for subscription in bus.subscriptions() {
        *out.entry(subscription.queue.clone()).or_default() += subscription.shelf().len();
    }
    out
}

/// How many messages lie ready in each of the queues; none for one that is not there.
async fn counts(connection: &Connection, queues: &[String]) -> lapin::Result<Vec<Option<u64>>> {
    let channel = connection.create_channel().await?;
    let all = join_all(queues.iter().map(|queue| topology::ready(&channel, queue))).await;
    if let Ok(counts) = all.into_iter().collect::<lapin::Result<Vec<_>>>()
        && counts.iter().all(Option::is_some)
    {
        return Ok(counts);
    }
    // A queue that is not there closes the channel, so now each is asked on its own.
    let mut counts = Vec::with_capacity(queues.len());
    for queue in queues {
        counts.push(topology::ready(&connection.create_channel().await?, queue).await?);
    }
    Ok(counts)
}
