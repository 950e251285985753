//! Messages that cannot be processed, each to end as a dead letter with its reason.

use crate::schedule::Poison;
use baogao_archive::{Archive, ArchiveConfig, Exchange};
use baogao_bus::{Bus, DeadLetter};
use baogao_model::event::{ArticleCleaned, LinksFound, PageFetched, ReportParsed};
use baogao_model::message::Origin;
use baogao_model::{Article, ContentHash, Message, PayloadRef};
use baogao_testkit::sample;
use std::path::Path;

/// What an article says that brings the parser down.
pub const DEADLY: &str = "读到此句即止";

/// A poison message that was published, and what it has to become.
#[derive(Debug, Clone)]
pub struct Swallowed {
    /// The message's id.
    id: String,
    /// The queue in which it fails.
    queue: &'static str,
    /// What its reason says.
    reason: &'static str,
}

/// Publishes a poison message, the `number`-th of the run; `archive` is the folder that the services share.
///
/// # Errors
///
/// When bus or archive do not take it.
pub async fn publish(poison: Poison, number: usize, bus: &Bus, archive: &Path) -> anyhow::Result<Swallowed> {
    let input = format!("oracle-poison-{number}");
    let origin =
        Origin { stage: "oracle", stage_version: 1, input_id: &input, time: jiff::Timestamp::now(), traceparent: None };
    let url = format!("{}?poison={number}", sample::URL);
    let fetched = |payload| PageFetched { payload, ..sample::page_fetched(&url, 1 << 40) };
    let (message, queue, reason) = match poison {
        Poison::WrongChecksum => {
            let kept = keep(archive, &url).await?;
            let payload = PayloadRef { blake3: ContentHash::of(b"something else"), ..kept };
            (Message::new(&fetched(payload), origin, 0), "scrape", "BLAKE3")
        }
        Poison::NoRecord => {
            let kept = keep(archive, &url).await?;
            let payload = PayloadRef { offset: kept.offset + 1, length: kept.length - 1, ..kept };
            (Message::new(&fetched(payload), origin, 0), "scrape", "no whole record")
        }
        Poison::UnreadablePage => {
            let whole = Message::new(&fetched(sample::payload(1)), origin, 0);
            (Message { body: b"{\"url\":".to_vec(), ..whole }, "scrape", "unreadable")
        }
        Poison::UnreadableRecord => {
            let event = ReportParsed { report: sample::report(), revision: sample::revision() };
            (Message { body: b"[1, 2".to_vec(), ..Message::new(&event, origin, 0) }, "publish.records", "unreadable")
        }
        Poison::UnknownType => {
            let event: LinksFound = sample::links_found(1, 1, 1);
            let key = ArticleCleaned { article: sample::article() };
            let routing_key = Message::new(&key, origin, 0).routing_key;
            let r#type = "baogao.oracle.riddle.v1".to_owned();
            (Message { r#type, routing_key, ..Message::new(&event, origin, 0) }, "parse", "is not")
        }
        Poison::Deadly => {
            let text = format!("{}{DEADLY}", sample::TEXT);
            let content_hash = ContentHash::of(text.as_bytes());
            let document_key = format!("oracle/{number}");
            let article = Article { text, content_hash, document_key, url, ..sample::article() };
            (Message::new(&ArticleCleaned { article }, origin, 0), "parse", "the process died 3 times")
        }
    };
    let id = message.id.clone();
    bus.publish(vec![message]).await?;
    Ok(Swallowed { id, queue, reason })
}

/// Puts a page into the archive, in a segment of its own.
async fn keep(archive: &Path, url: &str) -> anyhow::Result<PayloadRef> {
    let archive = Archive::local(archive, ArchiveConfig::default()).await?;
    let exchange = Exchange {
        url: url.to_owned(),
        fetched_at: sample::now(),
        peer: None,
        status: 200,
        reason: "OK".to_owned(),
        http_version: "HTTP/1.1".to_owned(),
        headers: vec![("Content-Type".to_owned(), b"text/html".to_vec())],
        body: "<html><body><p>本页无恙。</p></body></html>".into(),
    };
    let kept = archive.append(exchange).await?;
    archive.close().await;
    Ok(kept)
}

/// What is wrong with the dead letters when each of `swallowed` should be one of them, for its reason,
/// and nothing else: one line a fault. A dead letter may be there twice, as everything on the bus may.
pub fn faults(swallowed: &[Swallowed], dead: &[DeadLetter]) -> Vec<String> {
    let mut faults = Vec::new();
    for poison in swallowed {
        let mut letters = dead.iter().filter(|letter| letter.message.id == poison.id).peekable();
        if letters.peek().is_none() {
            faults.push(format!("{poison:?} is no dead letter"));
        }
        for letter in letters.filter(|letter| letter.queue != poison.queue || !letter.error.contains(poison.reason)) {
            faults.push(format!("{poison:?} is a dead letter of {}: {}", letter.queue, letter.error));
        }
    }
    for letter in dead.iter().filter(|letter| swallowed.iter().all(|poison| poison.id != letter.message.id)) {
        faults.push(format!(
            "nobody poisoned {} of {}, yet it is dead after {} attempts and {} crashes: {}",
            letter.message.id, letter.queue, letter.attempts, letter.crashes, letter.error
        ));
    }
    faults
}
