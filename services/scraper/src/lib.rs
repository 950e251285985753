#![doc = include_str!("../README.md")]

mod clean;
mod read;

use baogao_archive::Archive;
use baogao_bus::{Bus, QueueSpec};
use baogao_extract::Extractor;
use baogao_model::event::{DocumentReady, PageFetched};
use baogao_runtime::{Shutdown, Worker};
use std::sync::Arc;

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
    /// When to stop.
    pub shutdown: Shutdown,
}

impl Scraper {
    /// Cleans pages until shutdown is asked for.
    pub async fn run(self) {
        let worker = Worker { bus: self.bus, queue: QUEUE, concurrency: self.concurrency, shutdown: self.shutdown };
        let (archive, extractor) = (self.archive, self.extractor);
        worker
            .run(move |message| {
                let (archive, extractor) = (archive.clone(), Arc::clone(&extractor));
                async move {
                    if message.is::<PageFetched>() {
                        let page = message.decode()?;
                        clean::page(&archive, extractor, page, &message).await
                    } else {
                        let document: DocumentReady = message.decode()?;
                        clean::document(&archive, extractor, document, &message).await
                    }
                }
            })
            .await;
    }
}
