//! What a crawler does beside fetching: all that lies between the frontier and the bus.

use crate::forgotten::Forgotten;
use crate::links::{self, Open};
use crate::scope::Scope;
use crate::{FRONTIER, LINKS_QUEUE, relay};
use baogao_bus::Bus;
use baogao_frontier::Frontier;
use baogao_runtime::work::{body_bytes, chain};
use baogao_runtime::{Context, Worker};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Pages whose links are stored at once; the frontier commits them in groups.
const LINKS_AT_ONCE: usize = 16;

/// Sends what the frontier has written down to be said, stores the links that come back, and sends out
/// documents whose last parts do not come. Needs no web: replayed pages take the same way.
#[derive(Clone)]
pub struct Desk {
    /// Which URLs there are, and what is to be said of them.
    pub frontier: Frontier,
    /// Carries the messages.
    pub bus: Bus,
    /// Whose links are stored.
    pub scope: Arc<Scope>,
    /// What of it was taken down; looked up when it starts and then each minute.
    pub forgotten: Forgotten,
    /// What the process shares.
    pub context: Context,
}

impl Desk {
    /// Works until shutdown is asked for.
    pub async fn run(self) {
        if !self.forgotten.first_look(&self.frontier, &self.context).await {
            return;
        }
        let links = Worker {
            bus: self.bus.clone(),
            queue: LINKS_QUEUE,
            concurrency: LINKS_AT_ONCE,
            store: FRONTIER,
            weigh: body_bytes,
            context: self.context.clone(),
        };
        let open = Open { scope: self.scope, forgotten: self.forgotten.clone() };
        let frontier = self.frontier.clone();
        tokio::join!(
            relay::run(&self.frontier, &self.bus, &self.context),
            close_overdue_groups(&self.frontier, &self.context),
            self.forgotten.keep_looking(&self.frontier, &self.context),
            links.run(move |message| links::store(frontier.clone(), open.clone(), message)),
        );
    }
}

/// Sends split articles on their way whose last parts do not come.
async fn close_overdue_groups(frontier: &Frontier, context: &Context) {
    loop {
        if let Err(error) = frontier.expire_groups(Timestamp::now()).await {
            context.health.lost(FRONTIER, chain(&error));
        }
        if !context.shutdown.sleep(Duration::from_secs(60)).await {
            return;
        }
    }
}
