#![doc = include_str!("../README.md")]

mod clean;
mod read;

pub use read::MAX_PAGE_BYTES;

use baogao_archive::{Archive, ArchiveError};
use baogao_bus::{Bus, QueueSpec};
use baogao_extract::Extractor;
use baogao_model::event::PartState;
use baogao_model::event::{DocumentReady, PageFetched};
use baogao_model::{Message, PayloadRef};
use baogao_runtime::{Context, Failure, Handled, SiteLabels, Worker};
use std::sync::Arc;

/// The name of the archive among the parts that `/ready` tells of.
pub const ARCHIVE: &str = "archive";

/// How many times longer a page is than its record in the archive, which is compressed: on the safe
/// side for HTML.
const INFLATION: u64 = 10;

/// The queue of pages and documents to be cleaned.
pub const QUEUE: &str = "scrape";

/// The name under which this stage makes messages.
const STAGE: &str = "scraper";

/// The queues this role consumes.
pub fn queues() -> Vec<QueueSpec> {
    vec![QueueSpec {
        name: QUEUE.to_owned(),
        bindings: vec!["page.fetched.#".to_owned(), "document.ready.#".to_owned()],
    }]
}

/// What a scraper works with.
#[derive(Clone)]
pub struct Scraper {
    /// Carries the messages.
    pub bus: Bus,
    /// Holds the responses.
    pub archive: Archive,
    /// Knows the sites' markup.
    pub extractor: Arc<Extractor>,
    /// Messages handled at once.
    pub concurrency: usize,
    /// What the process shares.
    pub context: Context,
}

impl Scraper {
    /// Cleans pages until shutdown is asked for.
    pub async fn run(self) {
        let sites = self.context.sites.clone();
        let worker = Worker {
            bus: self.bus,
            queue: QUEUE,
            concurrency: self.concurrency,
            store: ARCHIVE,
            weigh,
            context: self.context,
        };
        let (archive, extractor) = (self.archive, self.extractor);
        worker
            .run(move |message| {
                let (archive, extractor, sites) = (archive.clone(), Arc::clone(&extractor), sites.clone());
                async move { unless_forgotten(handle(&archive, extractor, &sites, &message).await) }
            })
            .await;
    }
}

/// Cleans what a message is about, unless it was taken down.
async fn handle(archive: &Archive, extractor: Arc<Extractor>, sites: &SiteLabels, message: &Message) -> Handled {
    let tombstones = archive.tombstones().await.map_err(|error| {
        let is_transient = error.is_transient();
        Failure::of_store(error, is_transient)
    })?;
    if message.is::<PageFetched>() {
        let page: PageFetched = message.decode()?;
        if tombstones.cover(&page.url) {
            return Err(forgotten(page.url));
        }
        return clean::page(archive, extractor, sites, page, message).await;
    }
    let document: DocumentReady = message.decode()?;
    // Without that part the rest is no document that could be known again.
    if let Some(part) = document.parts.iter().find(|part| tombstones.cover(&part.url)) {
        return Err(forgotten(part.url.clone()));
    }
    clean::document(archive, extractor, document, message).await
}

fn forgotten(url: String) -> Failure {
    Failure::Permanent(ArchiveError::Forgotten { url }.into())
}

/// What was taken down, perhaps while it was being read, is done with: no dead letter keeps it.
fn unless_forgotten(handled: Handled) -> Handled {
    match &handled {
        Err(Failure::Permanent(error)) => match error.downcast_ref() {
            Some(ArchiveError::Forgotten { url }) => {
                metrics::counter!("baogao_scraper_pages_total", "kind" => "forgotten").increment(1);
                tracing::debug!(url, "{url} was taken down");
                Ok(Vec::new())
            }
            _ => handled,
        },
        _ => handled,
    }
}

/// The room that a message takes while it is handled: that of its pages, which do not travel with it.
fn weigh(message: &Message) -> u64 {
    let page = |payload: &PayloadRef| payload.length.saturating_mul(INFLATION).min(read::MAX_PAGE_BYTES);
    let pages = if message.is::<PageFetched>() {
        message.decode().map_or(0, |fetched: PageFetched| page(&fetched.payload))
    } else {
        let part = |state: &PartState| match state {
            PartState::Fetched { payload, .. } => page(payload),
            PartState::Failed { .. } | PartState::Overdue => 0,
        };
        message.decode().map_or(0, |ready: DocumentReady| ready.parts.iter().map(|one| part(&one.state)).sum())
    };
    pages.saturating_add(message.body.len() as u64)
}
