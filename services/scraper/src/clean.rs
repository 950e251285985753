//! What becomes of a page, and of a document in several parts.

use crate::STAGE;
use crate::read::{PageBytes, read};
use anyhow::{Context as _, anyhow};
use baogao_archive::Archive;
use baogao_extract::{EXTRACTOR_VERSION, Extractor, Page, PageExtract, PartInput, stitch};
use baogao_model::event::{ArticleCleaned, DocumentReady, LinksFound, PageFetched, PartState};
use baogao_model::message::Origin;
use baogao_model::{Article, CanonicalUrl, ContentHash, Message, PageKind, PayloadRef};
use baogao_runtime::{Failure, Handled, SiteLabels};
use jiff::Timestamp;
use std::sync::Arc;

/// Cleans a fetched page: its links always, its article where it stands alone.
pub async fn page(
    archive: &Archive,
    extractor: Arc<Extractor>,
    sites: &SiteLabels,
    fetched: PageFetched,
    message: &Message,
) -> Handled {
    let url = canonical(&fetched.url)?;
    let page = read(archive, &fetched.payload).await?;
    let extract = extract(extractor, page, url.clone(), fetched.content_type.clone()).await?;
    count(sites, &fetched.site, &extract);

    let links = LinksFound {
        page_url: fetched.url.clone(),
        site: fetched.site.clone(),
        fetch_no: fetched.fetch_no,
        page_kind: extract.kind,
        links: extract.links.clone(),
        group: extract.group.clone(),
        extractor_version: EXTRACTOR_VERSION,
    };
    let mut made = vec![Message::new(&links, origin(message), 0)];
    let stands_alone = extract.kind == PageKind::Article && extract.group.is_none() && !extract.text.is_empty();
    if stands_alone {
        let article = Article {
            site: fetched.site,
            pages: vec![fetched.url.clone()],
            canonical_url: extract.canonical_url.unwrap_or_else(|| url.to_string()),
            document_key: extract.document_key.unwrap_or_else(|| url.to_string()),
            url: fetched.url,
            family: extract.family,
            title: extract.title,
            published_on: extract.published_on,
            content_hash: ContentHash::of(extract.text.as_bytes()),
            text: extract.text,
            archive: vec![fetched.payload],
            fetch_no: fetched.fetch_no,
            fetched_at: fetched.fetched_at,
            extractor_version: EXTRACTOR_VERSION,
            warnings: extract.warnings,
        };
        made.push(article_message(article, message, 1));
    }
    Ok(made)
}

/// Counts a page, in all and for its site: a site that turns from articles to other kinds of pages has
/// been redesigned, or has put up a wall. A refusal is told of with what gave it away.
fn count(sites: &SiteLabels, site: &str, extract: &PageExtract) {
    let kind = extract.kind.as_str();
    metrics::counter!("baogao_scraper_pages_total", "kind" => kind).increment(1);
    metrics::counter!("baogao_scraper_site_pages_total", "site" => sites.of(site), "kind" => kind).increment(1);
    if let Some(blocked) = &extract.blocked {
        let reason = blocked.reason.as_str();
        metrics::counter!("baogao_scraper_blocked_total", "reason" => reason).increment(1);
        tracing::info!(site, reason, evidence = blocked.evidence, "{site} gave a page that is no content: {reason}");
    }
}

/// Joins the parts of a split article.
pub async fn document(
    archive: &Archive,
    extractor: Arc<Extractor>,
    ready: DocumentReady,
    message: &Message,
) -> Handled {
    let mut parts = Vec::new();
    let (mut pages, mut payloads): (Vec<String>, Vec<PayloadRef>) = (Vec::new(), Vec::new());
    for part in &ready.parts {
        let extracted = match &part.state {
            PartState::Fetched { payload, content_type, .. } => {
                let page = read(archive, payload).await?;
                pages.push(part.url.clone());
                payloads.push(payload.clone());
                Ok(extract(Arc::clone(&extractor), page, canonical(&part.url)?, content_type.clone()).await?)
            }
            PartState::Failed { reason } => Err(reason.as_str()),
            PartState::Overdue => Err("overdue"),
        };
        parts.push((part.part, extracted));
    }
    let inputs: Vec<_> = parts
        .iter()
        .map(|(number, extracted)| match extracted {
            Ok(page) => (*number, PartInput::Page(page)),
            Err(reason) => (*number, PartInput::Missing { reason }),
        })
        .collect();
    let whole = stitch(&inputs);
    let Some(url) = pages.first().cloned().filter(|_| !whole.text.is_empty()) else {
        tracing::info!(site = ready.site, document = ready.document_key, "a split document has no text");
        return Ok(Vec::new());
    };
    let article = Article {
        canonical_url: whole.canonical_url.unwrap_or_else(|| url.clone()),
        url,
        site: ready.site,
        family: whole.family,
        document_key: ready.document_key,
        pages,
        title: whole.title,
        published_on: whole.published_on,
        content_hash: ContentHash::of(whole.text.as_bytes()),
        text: whole.text,
        archive: payloads,
        fetch_no: ready.fetch_no,
        fetched_at: ready.fetched_at,
        extractor_version: EXTRACTOR_VERSION,
        warnings: whole.warnings,
    };
    Ok(vec![article_message(article, message, 0)])
}

/// Extraction takes a core for some milliseconds, so it does not run where deliveries are waited for.
async fn extract(
    extractor: Arc<Extractor>,
    page: PageBytes,
    url: CanonicalUrl,
    content_type: Option<String>,
) -> Result<PageExtract, Failure> {
    let work = move || {
        let mut extract =
            extractor.extract(&Page { bytes: &page.bytes, url: Some(&url), content_type: content_type.as_deref() });
        extract.warnings.splice(0..0, page.warnings);
        extract
    };
    // A panic is a fault of ours that the same page would meet again.
    tokio::task::spawn_blocking(work).await.context("extraction panicked").map_err(Failure::Permanent)
}

/// The message of a clean article.
fn article_message(article: Article, input: &Message, ordinal: u32) -> Message {
    metrics::counter!("baogao_scraper_articles_total").increment(1);
    Message::new(&ArticleCleaned { article }, origin(input), ordinal)
}

/// Messages made from `input` by this stage, in today's version of the extractor.
fn origin(input: &Message) -> Origin<'_> {
    Origin {
        stage: STAGE,
        stage_version: EXTRACTOR_VERSION,
        input_id: &input.id,
        time: Timestamp::now(),
        traceparent: input.traceparent.as_deref(),
    }
}

/// The frontier only ever sends canonical URLs.
fn canonical(url: &str) -> Result<CanonicalUrl, Failure> {
    CanonicalUrl::parse(url).map_err(|error| Failure::Permanent(anyhow!(error)))
}
