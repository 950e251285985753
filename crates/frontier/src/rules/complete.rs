//! Completions: what became of claimed URLs, and how their pace key goes on.

use super::urls::{self, Place};
use super::{KeyRow, LogEntry, Rows, StoredResponse, Touched, UrlRow, Visit, digest, groups, message, spread};
use crate::claim::ClaimToken;
use crate::completion::{Completed, Completion, FORGOTTEN, Outcome, Pace};
use crate::config::FrontierConfig;
use crate::{micros, retry};
use baogao_model::event::PageFetched;
use baogao_model::{CanonicalUrl, PayloadRef};
use jiff::Timestamp;
use std::time::Duration;

/// Redirects followed when looking for a loop among stored ones; longer chains are loops enough.
const LOOP_SEARCH: u32 = 32;

/// What the transaction works on.
pub(super) struct Batch<'a, R> {
    pub(super) rows: &'a mut R,
    pub(super) config: &'a FrontierConfig,
    pub(super) now: Timestamp,
    pub(super) epoch: i64,
    pub(super) stale: bool,
    pub(super) completed: Completed,
    pub(super) touched: Touched,
    /// Requests in a row that got no answer.
    pub(super) silent: u32,
    /// Until when a server asked to be left alone.
    pub(super) blocked_until: Option<Timestamp>,
}

/// Takes a batch of completions; the caller's transaction makes it one step.
pub(crate) fn complete<R: Rows>(
    rows: &mut R,
    config: &FrontierConfig,
    now: Timestamp,
    token: &ClaimToken,
    completions: &[Completion],
    pace: &Pace,
) -> Result<Completed, R::Error> {
    let key = rows.key(&token.pace_key)?;
    let epoch = i64::try_from(token.epoch).unwrap_or(i64::MAX);
    let mut batch = Batch::new(rows, config, now);
    batch.epoch = epoch;
    batch.stale = key.as_ref().is_none_or(|key| key.epoch != epoch);
    batch.silent = key.as_ref().map_or(0, |key| key.failures);
    for completion in completions {
        batch.take(completion)?;
    }
    batch.completed.stale = batch.stale;
    if let Some(key) = key.filter(|_| !batch.stale) {
        batch.completed.leased_until = batch.pace(key, pace)?;
    }
    batch.completed.documents_ready = groups::settle(batch.rows, config, now, &batch.touched)?;
    Ok(batch.completed)
}

/// Whether a status brings a page.
fn is_page(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The archived response of a completion that counts as a fetch.
pub(crate) fn fetched_payload(completion: &Completion) -> Option<&PayloadRef> {
    match &completion.outcome {
        Outcome::Fetched { status, payload, .. } if is_page(*status) => Some(payload),
        _ => None,
    }
}

/// A failure in the frontier's own terms.
struct Failed {
    reason: String,
    transient: bool,
    retry_after: Option<Duration>,
}

/// A response with what the next request may say of it.
pub(super) struct Response<'a> {
    pub(super) status: u16,
    pub(super) content_type: &'a Option<String>,
    pub(super) etag: &'a Option<String>,
    pub(super) last_modified: &'a Option<String>,
    pub(super) payload: &'a PayloadRef,
    pub(super) bytes: u64,
}

impl<'a, R: Rows> Batch<'a, R> {
    /// A batch that belongs to no claim.
    pub(super) fn new(rows: &'a mut R, config: &'a FrontierConfig, now: Timestamp) -> Self {
        let (completed, touched) = (Completed::default(), Touched::default());
        Self { rows, config, now, epoch: 0, stale: false, completed, touched, silent: 0, blocked_until: None }
    }

    fn take(&mut self, completion: &Completion) -> Result<(), R::Error> {
        let (url, at) = (&completion.url, completion.at);
        let Some(row) = self.rows.find(url)? else {
            tracing::warn!(url = %url, "a completion names a URL that was never stored");
            self.completed.unknown += 1;
            return Ok(());
        };
        match &completion.outcome {
            Outcome::Fetched { status, content_type, etag, last_modified, payload, bytes } => {
                if is_page(*status) {
                    let response =
                        Response { status: *status, content_type, etag, last_modified, payload, bytes: *bytes };
                    self.fetched(url, row, at, &response)
                } else {
                    let transient = matches!(status, 408 | 429 | 500..);
                    self.failed(url, row, at, Failed { reason: format!("http_{status}"), transient, retry_after: None })
                }
            }
            Outcome::NotModified => self.not_modified(url, row, at),
            Outcome::Redirected { to, status } => self.redirected(url, row, at, to, *status),
            Outcome::Failed { reason, transient, retry_after } => {
                let failed = Failed { reason: reason.clone(), transient: *transient, retry_after: *retry_after };
                self.failed(url, row, at, failed)
            }
            Outcome::Excluded { reason } => self.excluded(row, at, reason),
        }
    }

    fn fetched(
        &mut self,
        url: &CanonicalUrl,
        mut row: UrlRow,
        at: Timestamp,
        response: &Response<'_>,
    ) -> Result<(), R::Error> {
        if self.rows.is_logged(row.id, at, response.payload)? {
            self.completed.duplicates += 1;
            return Ok(());
        }
        let before = row.clone();
        let stored = match row.fetch_no {
            Some(fetch_no) => self.rows.response(fetch_no)?,
            None => None,
        };
        let changed = stored.is_none_or(|stored| stored.payload.blake3 != response.payload.blake3);
        let fetch_no = self.log_fetch(row.id, at, response)?;
        self.announce(url, &row, at, fetch_no, response)?;
        self.completed.fetched += 1;
        self.touched.urls.insert(row.id);
        row.fetch_no = Some(fetch_no);
        if self.stale {
            // Its new owner keeps the schedule; what was fetched is true all the same.
            return self.rows.save(&row);
        }
        self.silent = 0;
        let previous = before.fetch_no.and(row.revisit).map(micros::to_duration);
        let interval = self.config.revisit.interval(row.page_kind(), previous, changed);
        row.etag.clone_from(response.etag);
        row.last_modified.clone_from(response.last_modified);
        row.redirect_to = None;
        self.visited(url, row, at, interval)?;
        if changed && before.grouped && before.fetch_no.is_some() {
            groups::recall(self.rows, self.config, at, &before, &mut self.touched)?;
        }
        Ok(())
    }

    fn not_modified(&mut self, url: &CanonicalUrl, row: UrlRow, at: Timestamp) -> Result<(), R::Error> {
        if row.fetch_no.is_none() {
            // Nothing is stored that could be unmodified: the next request must not be conditional.
            let failed = Failed { reason: "unexpected_304".to_owned(), transient: true, retry_after: None };
            return self.failed(url, row, at, failed);
        }
        if self.is_repeated(&row, at, &[Visit::Fetched], None) {
            return Ok(());
        }
        self.log(&row, at, "not_modified", Some(304), None)?;
        self.completed.not_modified += 1;
        if self.stale {
            return Ok(());
        }
        self.silent = 0;
        let previous = row.revisit.map(micros::to_duration);
        let interval = self.config.revisit.interval(row.page_kind(), previous, false);
        self.visited(url, row, at, interval)
    }

    /// Whether the last visit of a row ended at this very moment in this very way: a completion
    /// that is handed in again, since its answer was lost on the way. Counts it then.
    fn is_repeated(&mut self, row: &UrlRow, at: Timestamp, visits: &[Visit], reason: Option<&str>) -> bool {
        let is_repeated =
            row.visited_at == Some(micros::of(at)) && visits.contains(&row.visit) && row.reason.as_deref() == reason;
        self.completed.duplicates += u64::from(is_repeated);
        is_repeated
    }

    /// Plans the next visit after one that found the page.
    pub(super) fn visited(
        &mut self,
        url: &CanonicalUrl,
        mut row: UrlRow,
        at: Timestamp,
        interval: Duration,
    ) -> Result<(), R::Error> {
        let due = self.config.revisit.next_visit(row.page_kind(), at, interval, spread(&digest(url)));
        row.visit = Visit::Fetched;
        row.due_at = micros::of(due);
        row.visited_at = Some(micros::of(at));
        row.revisit = Some(micros::length(interval));
        row.attempts = 0;
        row.reason = None;
        self.rows.save(&row)?;
        // Its siblings may have waited for this visit.
        self.touched.urls.insert(row.id);
        Ok(())
    }

    fn redirected(
        &mut self,
        url: &CanonicalUrl,
        mut row: UrlRow,
        at: Timestamp,
        to: &CanonicalUrl,
        status: u16,
    ) -> Result<(), R::Error> {
        if self.is_repeated(&row, at, &[Visit::Redirected], None) {
            return Ok(());
        }
        if self.stale {
            self.log(&row, at, "redirected", Some(status), None)?;
            self.completed.redirected += 1;
            return Ok(());
        }
        if let Some(reason) = self.refuse_redirect(url, &row, to)? {
            // What an earlier redirect led to is not to be had either.
            row.redirect_to = None;
            return self.failed(
                url,
                row,
                at,
                Failed { reason: reason.to_owned(), transient: false, retry_after: None },
            );
        }
        self.log(&row, at, "redirected", Some(status), None)?;
        self.completed.redirected += 1;
        self.silent = 0;
        let place = Place { depth: row.depth, priority: row.priority, redirects: row.redirects.saturating_add(1) };
        let (target, _) = urls::ensure(self.rows, self.now, to, place, &mut self.touched)?;
        row.visit = Visit::Redirected;
        row.due_at = micros::of(micros::after(at, self.config.revisit.redirected));
        row.visited_at = Some(micros::of(at));
        row.redirect_to = Some(target.id);
        row.attempts = 0;
        row.reason = None;
        row.etag = None;
        row.last_modified = None;
        self.rows.save(&row)?;
        if row.grouped {
            groups::mark(self.rows, target.id)?;
        }
        self.touched.urls.insert(row.id);
        Ok(())
    }

    /// Why a redirect is not followed, if it is not.
    fn refuse_redirect(
        &mut self,
        url: &CanonicalUrl,
        row: &UrlRow,
        to: &CanonicalUrl,
    ) -> Result<Option<&'static str>, R::Error> {
        if row.redirects >= self.config.max_redirects {
            return Ok(Some("too_many_redirects"));
        }
        if to == url || self.leads_back(row.id, to)? {
            return Ok(Some("redirect_loop"));
        }
        Ok(self.config.traps.check(to).map(|_| "redirect_to_trap"))
    }

    /// Whether stored redirects lead from `to` to the row `origin`.
    fn leads_back(&mut self, origin: i64, to: &CanonicalUrl) -> Result<bool, R::Error> {
        let Some(target) = self.rows.find(to)? else { return Ok(false) };
        let mut next = target.redirect_to;
        for _ in 0..LOOP_SEARCH {
            match next {
                None => return Ok(false),
                Some(id) if id == origin => return Ok(true),
                Some(id) => next = self.rows.url(id)?.redirect_to,
            }
        }
        Ok(true)
    }

    fn failed(&mut self, url: &CanonicalUrl, row: UrlRow, at: Timestamp, failed: Failed) -> Result<(), R::Error> {
        if self.is_repeated(&row, at, &[Visit::Retry, Visit::Failed], Some(&failed.reason)) {
            return Ok(());
        }
        self.log(&row, at, "failed", None, Some(&failed.reason))?;
        // A visit given up earlier is begun anew with all its attempts.
        let attempts = if row.visit == Visit::Failed { 1 } else { row.attempts.saturating_add(1) };
        let given_up = !failed.transient || attempts >= self.config.max_attempts;
        if given_up {
            self.completed.failed += 1;
        } else {
            self.completed.retries += 1;
        }
        if self.stale {
            return Ok(());
        }
        self.silent = if failed.transient { self.silent.saturating_add(1) } else { 0 };
        let asked = failed.retry_after.map(|asked| retry::asked_wait(self.config, asked));
        if let Some(asked) = asked {
            let until = micros::after(self.now, asked);
            self.blocked_until = Some(self.blocked_until.map_or(until, |blocked| blocked.max(until)));
        }
        let wait = match asked {
            _ if given_up => self.config.revisit.failed,
            Some(asked) => asked,
            None => retry::url_wait(self.config, &digest(url), attempts),
        };
        let visit = if given_up { Visit::Failed } else { Visit::Retry };
        self.lost(row, at, visit, attempts, &failed.reason, wait)
    }

    fn excluded(&mut self, mut row: UrlRow, at: Timestamp, reason: &str) -> Result<(), R::Error> {
        if self.is_repeated(&row, at, &[Visit::Excluded], Some(reason)) {
            return Ok(());
        }
        self.log(&row, at, "excluded", None, Some(reason))?;
        self.completed.excluded += 1;
        if self.stale {
            return Ok(());
        }
        if reason == FORGOTTEN {
            // Once that is taken back, the page is to come whole.
            row.etag = None;
            row.last_modified = None;
        }
        self.lost(row, at, Visit::Excluded, 0, reason, self.config.revisit.excluded)
    }

    /// Plans the next visit after one that brought nothing.
    fn lost(
        &mut self,
        mut row: UrlRow,
        at: Timestamp,
        visit: Visit,
        attempts: u32,
        reason: &str,
        wait: Duration,
    ) -> Result<(), R::Error> {
        row.visit = visit;
        row.due_at = micros::of(micros::after(self.now.max(at), wait));
        row.visited_at = Some(micros::of(at));
        row.attempts = attempts;
        row.reason = Some(reason.to_owned());
        self.rows.save(&row)?;
        self.touched.urls.insert(row.id);
        Ok(())
    }

    /// Logs a response and gives it its fetch number.
    pub(super) fn log_fetch(&mut self, url: i64, at: Timestamp, response: &Response<'_>) -> Result<i64, R::Error> {
        let stored =
            StoredResponse { at, content_type: response.content_type.clone(), payload: response.payload.clone() };
        self.rows.log(LogEntry {
            url,
            at,
            epoch: self.epoch,
            stale: self.stale,
            outcome: "fetched",
            status: Some(response.status),
            reason: None,
            response: Some((stored, response.bytes)),
        })
    }

    /// Logs a visit without a response worth keeping.
    fn log(
        &mut self,
        row: &UrlRow,
        at: Timestamp,
        outcome: &'static str,
        status: Option<u16>,
        reason: Option<&str>,
    ) -> Result<(), R::Error> {
        let (epoch, stale, reason) = (self.epoch, self.stale, reason.map(str::to_owned));
        self.rows.log(LogEntry { url: row.id, at, epoch, stale, outcome, status, reason, response: None })?;
        Ok(())
    }

    /// Puts the `page.fetched` of a response into the outbox.
    pub(super) fn announce(
        &mut self,
        url: &CanonicalUrl,
        row: &UrlRow,
        at: Timestamp,
        fetch_no: i64,
        response: &Response<'_>,
    ) -> Result<(), R::Error> {
        let event = PageFetched {
            url: url.as_str().to_owned(),
            site: url.site(),
            fetch_no: fetch_no.unsigned_abs(),
            fetched_at: at,
            status: response.status,
            content_type: response.content_type.clone(),
            payload: response.payload.clone(),
            depth: row.depth,
        };
        self.rows.send(message(self.now, &event, &fetch_no.to_string()))
    }

    /// Moves the pace key on and returns until when it stays leased.
    fn pace(&mut self, mut key: KeyRow, pace: &Pace) -> Result<Option<Timestamp>, R::Error> {
        key.delay = match pace.delay {
            None => key.delay,
            Some(asked) if asked > self.config.default_delay => Some(micros::length(asked)),
            Some(_) => None,
        };
        let delay = delay_of(self.config, key.delay);
        let mut polite_at = pace.next_at;
        if self.silent > 0 {
            polite_at = polite_at.max(micros::after(self.now, retry::key_wait(self.config, delay, self.silent)));
        }
        if let Some(blocked_until) = self.blocked_until {
            polite_at = polite_at.max(blocked_until);
        }
        let lease_until = (!pace.release).then(|| micros::after(self.now, self.config.lease));
        key.failures = self.silent;
        // An earlier batch of the same claim may have been told to wait longer.
        key.polite_at = key.polite_at.max(micros::of(polite_at));
        key.next_at = lease_until.map_or(key.polite_at, |end| key.polite_at.max(micros::of(micros::after(end, delay))));
        key.lease_until = lease_until.map(micros::of);
        self.rows.save_key(&key)?;
        Ok(lease_until)
    }
}

/// The delay that holds for a key: ours, or the site's own where that is longer.
pub(crate) fn delay_of(config: &FrontierConfig, own: Option<i64>) -> Duration {
    own.map_or(config.default_delay, micros::to_duration).max(config.default_delay)
}
