//! Responses on their way into archive and frontier, some at a time.

use super::super::replay::page;
use crate::intake::Intake;
use baogao_archive::{ArchiveError, Exchange};
use baogao_model::CanonicalUrl;
use futures::future::join_all;
use jiff::Timestamp;

/// Responses archived at once: together they cost one wait for the disk or the store.
const BATCH: usize = 64;

/// And the bytes of them that are held for that.
const BATCH_BYTES: usize = 32 << 20;

/// What is to be archived.
pub struct Queue {
    intake: Intake,
    waiting: Vec<(CanonicalUrl, Exchange)>,
    bytes: usize,
    known: u64,
    /// Why responses could not be archived; taken by whoever tells.
    refused: Vec<ArchiveError>,
}

impl Queue {
    pub fn new(intake: Intake) -> Self {
        Self { intake, waiting: Vec::new(), bytes: 0, known: 0, refused: Vec::new() }
    }

    /// Responses left out so far, since their URL has one as new.
    pub fn known(&self) -> u64 {
        self.known
    }

    /// Why responses could not be archived, since this was last asked.
    pub fn refused(&mut self) -> Vec<ArchiveError> {
        std::mem::take(&mut self.refused)
    }

    /// Whether a response was taken down here.
    pub fn is_forgotten(&self, exchange: &Exchange) -> bool {
        CanonicalUrl::parse(&exchange.url).is_ok_and(|url| self.intake.is_forgotten(&url))
    }

    pub fn is_stopped(&self) -> bool {
        self.intake.is_stopped()
    }

    pub fn into_intake(self) -> Intake {
        self.intake
    }

    /// Takes a response.
    ///
    /// # Errors
    ///
    /// When its URL is none that could be fetched, or a store fails.
    pub async fn push(&mut self, exchange: Exchange) -> anyhow::Result<()> {
        let url = CanonicalUrl::parse(&exchange.url)?;
        // Programs write addresses as they please, and clocks go wrong: a page of tomorrow would keep out
        // what is fetched today.
        let fetched_at = exchange.fetched_at.min(Timestamp::now());
        let exchange = Exchange { url: url.to_string(), fetched_at, ..exchange };
        self.bytes += exchange.body.len();
        self.waiting.push((url, exchange));
        if self.waiting.len() >= BATCH || self.bytes >= BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Archives what waits and hands it to the frontier, oldest first. What is not newer than what the
    /// frontier has of the same URL is not archived: so the same file can be imported again.
    ///
    /// # Errors
    ///
    /// When a store fails.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        waiting.sort_by_key(|(_, exchange)| exchange.fetched_at);
        let urls: Vec<CanonicalUrl> = waiting.iter().map(|(url, _)| url.clone()).collect();
        let last = self.intake.stores.frontier.last_fetched(&urls).await?;
        let mut new = Vec::new();
        for ((_, exchange), last) in waiting.into_iter().zip(last) {
            if last.is_some_and(|last| last.as_microsecond() >= exchange.fetched_at.as_microsecond()) {
                self.known += 1;
            } else {
                new.push(exchange);
            }
        }
        let archive = self.intake.stores.archive.clone();
        let places = join_all(new.iter().map(|exchange| archive.append(exchange.clone()))).await;
        for (exchange, at) in new.iter().zip(places) {
            match at {
                Ok(at) => self.intake.take(page(exchange, at)?).await?,
                Err(error @ ArchiveError::Invalid { .. }) => self.refused.push(error),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
