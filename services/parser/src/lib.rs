#![doc = include_str!("../README.md")]

#[cfg(debug_assertions)]
mod test_hook;

use anyhow::Context as _;
use baogao_bus::{Bus, QueueSpec};
use baogao_model::event::{ArticleCleaned, DocumentOther, ReportParsed, Revision};
use baogao_model::message::Origin;
use baogao_model::report::Source;
use baogao_model::{Article, Message, Report, ReportId};
use baogao_parse::{Document, PARSER_VERSION, Parser};
use baogao_runtime::work::{BUS, body_bytes};
use baogao_runtime::{Context, Failure, Handled, SiteLabels, Worker};
use jiff::Timestamp;
use std::sync::Arc;

/// The queue of articles to be parsed.
pub const QUEUE: &str = "parse";

/// The name under which this stage makes messages.
const STAGE: &str = "parser";

/// What a report takes while it is parsed, in times of its bytes (`docs/limits.md`).
const ROOM: u64 = 6;

/// The queues this role consumes.
pub fn queues() -> Vec<QueueSpec> {
    vec![QueueSpec { name: QUEUE.to_owned(), bindings: vec!["article.cleaned.#".to_owned()] }]
}

/// What a parser works with.
#[derive(Clone)]
pub struct ParserRole {
    /// Carries the messages.
    pub bus: Bus,
    /// Reads reports.
    pub parser: Arc<Parser>,
    /// Messages handled at once.
    pub concurrency: usize,
    /// What the process shares.
    pub context: Context,
}

impl ParserRole {
    /// Parses articles until shutdown is asked for.
    pub async fn run(self) {
        let sites = self.context.sites.clone();
        let worker = Worker {
            bus: self.bus,
            queue: QUEUE,
            concurrency: self.concurrency,
            // It has no store but the bus.
            store: BUS,
            weigh,
            context: self.context,
        };
        let parser = self.parser;
        worker.run(move |message| handle(Arc::clone(&parser), sites.clone(), message)).await;
    }
}

/// The room that an article takes while it is parsed.
fn weigh(message: &Message) -> u64 {
    body_bytes(message).saturating_mul(ROOM)
}

/// Handles one `article.cleaned`.
async fn handle(parser: Arc<Parser>, sites: SiteLabels, message: Message) -> Handled {
    let ArticleCleaned { article } = message.decode()?;
    #[cfg(debug_assertions)]
    test_hook::abort_on_request(&article.text);
    let site = sites.of(&article.site);
    let revision = Revision {
        content_hash: article.content_hash.clone(),
        fetch_no: article.fetch_no,
        extractor_version: article.extractor_version,
        parser_version: PARSER_VERSION,
    };
    // Parsing takes a core for some milliseconds, so it does not run where deliveries are waited for.
    // A panic is a fault of ours that the same text would meet again.
    let report = tokio::task::spawn_blocking(move || parse(&parser, article))
        .await
        .context("parsing panicked")
        .map_err(Failure::Permanent)?;
    metrics::counter!("baogao_parser_documents_total", "kind" => report.kind.as_str()).increment(1);
    // Two values for each site, whatever kinds there are: what it yields, and all it was asked for.
    let outcome = if report.kind.is_report() { "report" } else { "other" };
    metrics::counter!("baogao_parser_site_documents_total", "site" => site, "outcome" => outcome).increment(1);

    let origin = Origin {
        stage: STAGE,
        stage_version: PARSER_VERSION,
        input_id: &message.id,
        time: Timestamp::now(),
        traceparent: message.traceparent.as_deref(),
    };
    Ok(vec![match report.kind.is_report() {
        true => Message::new(&ReportParsed { report, revision }, origin, 0),
        false => Message::new(&DocumentOther { report, revision }, origin, 0),
    }])
}

/// The record of an article. What the extractor was unsure of comes first among its warnings.
fn parse(parser: &Parser, article: Article) -> Report {
    let id = ReportId::of_document(&article.site, &article.document_key);
    let source = Source {
        url: Some(article.url),
        canonical_url: Some(article.canonical_url),
        site: Some(article.site),
        family: Some(article.family),
        pages: article.pages,
        published_on: article.published_on,
        fetched_at: Some(article.fetched_at),
        content_hash: Some(article.content_hash),
        archive: article.archive,
    };
    let mut report = parser.parse(Document { id, source, title: article.title.as_deref(), text: &article.text });
    report.warnings.splice(0..0, article.warnings);
    report
}
