//! Pages out of an archive: known fetches are told of again, others are taken as fetches of their time.

use super::complete::{Batch, Response};
use super::urls::{self, Place};
use super::{Rows, groups};
use crate::config::FrontierConfig;
use crate::micros;
use crate::restore::{ArchivedPage, Restored};
use jiff::Timestamp;

/// Where a page stands that nobody has led to: like a seed, but behind all that promises more.
const PLACE: Place = Place { depth: 0, priority: 0, redirects: 0 };

/// Takes archived pages; the caller's transaction makes it one step.
pub(crate) fn restore<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    pages: &[ArchivedPage],
) -> Result<Restored, R::Error> {
    let mut batch = Batch::new(rows, config, now);
    let mut restored = Restored::default();
    for page in pages {
        batch.restore(page, &mut restored)?;
    }
    groups::settle(batch.rows, config, now, &batch.touched)?;
    Ok(restored)
}

impl<R: Rows> Batch<'_, R> {
    fn restore(&mut self, page: &ArchivedPage, restored: &mut Restored) -> Result<(), R::Error> {
        let mut row = match self.rows.find(&page.url)? {
            // Its place in the queues is its own.
            Some(row) => row,
            None => urls::ensure(self.rows, self.now, &page.url, PLACE, &mut self.touched)?.0,
        };
        let response = Response {
            status: page.status,
            content_type: &page.content_type,
            etag: &page.etag,
            last_modified: &page.last_modified,
            payload: &page.payload,
            bytes: page.bytes,
        };
        if let Some((fetch_no, stored)) = self.rows.logged_at(row.id, &page.payload)? {
            restored.again += 1;
            self.announce(&page.url, &row, stored.at, fetch_no, &response)?;
            if row.fetch_no == Some(fetch_no) {
                groups::send_again(self.rows, &row, &mut self.touched)?;
            }
            return Ok(());
        }
        let last = match row.fetch_no {
            Some(fetch_no) => self.rows.response(fetch_no)?,
            None => None,
        };
        // As exactly as times are stored. A later visit that found it unchanged, moved or gone knows better.
        let known = last.as_ref().map(|last| micros::of(last.at).max(row.visited_at.unwrap_or(i64::MIN)));
        if known.is_some_and(|known| known >= micros::of(page.at)) {
            restored.older += 1;
            return Ok(());
        }
        restored.new += 1;
        let changed = last.is_none_or(|last| last.payload.blake3 != page.payload.blake3);
        let fetch_no = self.log_fetch(row.id, page.at, &response)?;
        self.announce(&page.url, &row, page.at, fetch_no, &response)?;
        let previous = row.fetch_no.and(row.revisit).map(micros::to_duration);
        let interval = self.config.revisit.interval(row.page_kind(), previous, changed);
        row.fetch_no = Some(fetch_no);
        row.etag.clone_from(&page.etag);
        row.last_modified.clone_from(&page.last_modified);
        row.redirect_to = None;
        self.touched.keys.insert(row.key);
        self.visited(&page.url, row, page.at, interval)
    }
}
