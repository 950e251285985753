//! Completions: what became of claimed URLs, and how their pace key goes on.

use super::fetch_log::{self, Entry, Response};
use super::groups;
use super::outbox;
use super::urls::{self, Place, Touched, UrlRow, Visit};
use crate::claim::ClaimToken;
use crate::completion::{Completed, Completion, Outcome, Pace};
use crate::config::FrontierConfig;
use crate::{micros, retry};
use baogao_model::CanonicalUrl;
use baogao_model::event::PageFetched;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// Redirects followed when looking for a loop among stored ones; longer chains are loops enough.
const LOOP_SEARCH: u32 = 32;

/// The row of the claimed pace key.
struct KeyRow {
    id: i64,
    epoch: i64,
    delay: Option<i64>,
    failures: u32,
    polite_at: i64,
}

/// What the transaction works on.
struct Batch<'a> {
    conn: &'a Connection,
    config: &'a FrontierConfig,
    now: Timestamp,
    epoch: i64,
    stale: bool,
    completed: Completed,
    touched: Touched,
    /// Requests in a row that got no answer.
    silent: u32,
    /// Until when a server asked to be left alone.
    blocked_until: Option<Timestamp>,
}

/// Takes a batch of completions; the caller's transaction makes it one step.
pub(super) fn complete(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    token: &ClaimToken,
    completions: Vec<Completion>,
    pace: &Pace,
) -> rusqlite::Result<Completed> {
    let key = find_key(conn, &token.pace_key)?;
    let epoch = i64::try_from(token.epoch).unwrap_or(i64::MAX);
    let mut batch = Batch {
        conn,
        config,
        now,
        epoch,
        stale: key.as_ref().is_none_or(|key| key.epoch != epoch),
        completed: Completed::default(),
        touched: Touched::default(),
        silent: key.as_ref().map_or(0, |key| key.failures),
        blocked_until: None,
    };
    for completion in completions {
        batch.take(completion)?;
    }
    batch.completed.stale = batch.stale;
    if let Some(key) = key.filter(|_| !batch.stale) {
        batch.completed.leased_until = batch.pace(&key, pace)?;
    }
    batch.completed.documents_ready = groups::settle(conn, config, now, &batch.touched)?;
    Ok(batch.completed)
}

fn find_key(conn: &Connection, name: &str) -> rusqlite::Result<Option<KeyRow>> {
    conn.prepare_cached("SELECT id, epoch, delay, failures, polite_at FROM pace_key WHERE name = ?1")?
        .query_row([name], |row| {
            Ok(KeyRow {
                id: row.get(0)?,
                epoch: row.get(1)?,
                delay: row.get(2)?,
                failures: row.get(3)?,
                polite_at: row.get(4)?,
            })
        })
        .optional()
}

/// A failure in the frontier's own terms.
struct Failed {
    reason: String,
    transient: bool,
    retry_after: Option<Duration>,
}

impl Batch<'_> {
    fn take(&mut self, completion: Completion) -> rusqlite::Result<()> {
        let Completion { url, at, outcome } = completion;
        let digest = urls::digest(&url);
        let Some(row) = urls::find(self.conn, &digest)? else {
            tracing::warn!(url = %url, "a completion names a URL that was never stored");
            self.completed.unknown += 1;
            return Ok(());
        };
        match outcome {
            Outcome::Fetched { status, content_type, etag, last_modified, payload, bytes } => {
                let response = Response { status, content_type, etag, last_modified, payload, bytes };
                if (200..300).contains(&status) {
                    self.fetched(&url, &row, at, response)
                } else {
                    let transient = matches!(status, 408 | 429 | 500..);
                    let failed = Failed { reason: format!("http_{status}"), transient, retry_after: None };
                    self.failed(&url, &row, at, failed)
                }
            }
            Outcome::NotModified => self.not_modified(&url, &row, at),
            Outcome::Redirected { to, status } => self.redirected(&url, &row, at, &to, status),
            Outcome::Failed { reason, transient, retry_after } => {
                self.failed(&url, &row, at, Failed { reason, transient, retry_after })
            }
            Outcome::Excluded { reason } => self.excluded(&row, at, &reason),
        }
    }

    fn fetched(&mut self, url: &CanonicalUrl, row: &UrlRow, at: Timestamp, response: Response) -> rusqlite::Result<()> {
        if fetch_log::is_known(self.conn, row, at, &response.payload)? {
            self.completed.duplicates += 1;
            return Ok(());
        }
        let changed = fetch_log::stored_hash(self.conn, row)?.as_deref() != Some(response.payload.blake3.as_str());
        let fetch_no = fetch_log::add_fetch(self.conn, row, self.entry(at), &response)?;
        self.announce(url, row, at, fetch_no, &response)?;
        self.completed.fetched += 1;
        self.touched.urls.insert(row.id);
        if self.stale {
            // Its new owner keeps the schedule; what was fetched is true all the same.
            self.conn.prepare_cached("UPDATE url SET fetch_no = ?2 WHERE id = ?1")?.execute([row.id, fetch_no])?;
            return Ok(());
        }
        self.silent = 0;
        let previous = row.fetch_no.and(row.revisit).map(micros::to_duration);
        self.visited(url, row, at, self.config.revisit.interval(row.kind, previous, changed))?;
        self.conn
            .prepare_cached(
                "UPDATE url SET fetch_no = ?2, etag = ?3, last_modified = ?4, redirect_to = NULL WHERE id = ?1",
            )?
            .execute(params![row.id, fetch_no, response.etag, response.last_modified])?;
        if changed && row.grouped && row.fetch_no.is_some() {
            groups::recall(self.conn, self.config, at, row, &mut self.touched)?;
        }
        Ok(())
    }

    fn not_modified(&mut self, url: &CanonicalUrl, row: &UrlRow, at: Timestamp) -> rusqlite::Result<()> {
        if row.fetch_no.is_none() {
            // Nothing is stored that could be unmodified: the next request must not be conditional.
            let failed = Failed { reason: "unexpected_304".to_owned(), transient: true, retry_after: None };
            return self.failed(url, row, at, failed);
        }
        fetch_log::add(self.conn, row, self.entry(at), "not_modified", Some(304), None)?;
        self.completed.not_modified += 1;
        if self.stale {
            return Ok(());
        }
        self.silent = 0;
        let previous = row.revisit.map(micros::to_duration);
        self.visited(url, row, at, self.config.revisit.interval(row.kind, previous, false))
    }

    /// Plans the next visit after one that found the page.
    fn visited(&mut self, url: &CanonicalUrl, row: &UrlRow, at: Timestamp, interval: Duration) -> rusqlite::Result<()> {
        let due = self.config.revisit.next_visit(row.kind, at, interval, spread(&urls::digest(url)));
        self.conn
            .prepare_cached(
                "UPDATE url SET visit = ?2, due_at = ?3, visited_at = ?4, revisit = ?5, attempts = 0, reason = NULL
                 WHERE id = ?1",
            )?
            .execute(params![row.id, Visit::Fetched, micros::of(due), micros::of(at), micros::length(interval)])?;
        // Its siblings may have waited for this visit.
        self.touched.urls.insert(row.id);
        Ok(())
    }

    fn redirected(
        &mut self,
        url: &CanonicalUrl,
        row: &UrlRow,
        at: Timestamp,
        to: &CanonicalUrl,
        status: u16,
    ) -> rusqlite::Result<()> {
        if self.stale {
            fetch_log::add(self.conn, row, self.entry(at), "redirected", Some(status), None)?;
            self.completed.redirected += 1;
            return Ok(());
        }
        if let Some(reason) = self.refuse_redirect(url, row, to)? {
            // What an earlier redirect led to is not to be had either.
            self.conn.prepare_cached("UPDATE url SET redirect_to = NULL WHERE id = ?1")?.execute([row.id])?;
            let failed = Failed { reason: reason.to_owned(), transient: false, retry_after: None };
            return self.failed(url, row, at, failed);
        }
        fetch_log::add(self.conn, row, self.entry(at), "redirected", Some(status), None)?;
        self.completed.redirected += 1;
        self.silent = 0;
        let place = Place { depth: row.depth, priority: row.priority, redirects: row.redirects.saturating_add(1) };
        let (target, _) = urls::ensure(self.conn, self.config, self.now, to, place, &mut self.touched)?;
        let due = micros::after(at, self.config.revisit.redirected);
        self.conn
            .prepare_cached(
                "UPDATE url SET visit = ?2, due_at = ?3, visited_at = ?4, redirect_to = ?5, attempts = 0,
                        reason = NULL, etag = NULL, last_modified = NULL WHERE id = ?1",
            )?
            .execute(params![row.id, Visit::Redirected, micros::of(due), micros::of(at), target])?;
        if row.grouped {
            groups::mark(self.conn, target)?;
        }
        self.touched.urls.insert(row.id);
        Ok(())
    }

    /// Why a redirect is not followed, if it is not.
    fn refuse_redirect(
        &self,
        url: &CanonicalUrl,
        row: &UrlRow,
        to: &CanonicalUrl,
    ) -> rusqlite::Result<Option<&'static str>> {
        if row.redirects >= self.config.max_redirects {
            return Ok(Some("too_many_redirects"));
        }
        if to == url || self.leads_back(row.id, to)? {
            return Ok(Some("redirect_loop"));
        }
        Ok(self.config.traps.check(to).map(|_| "redirect_to_trap"))
    }

    /// Whether stored redirects lead from `to` to the row `origin`.
    fn leads_back(&self, origin: i64, to: &CanonicalUrl) -> rusqlite::Result<bool> {
        let Some(target) = urls::find(self.conn, &urls::digest(to))? else { return Ok(false) };
        let mut next = target.redirect_to;
        for _ in 0..LOOP_SEARCH {
            match next {
                None => return Ok(false),
                Some(id) if id == origin => return Ok(true),
                Some(id) => {
                    next = self
                        .conn
                        .prepare_cached("SELECT redirect_to FROM url WHERE id = ?1")?
                        .query_row([id], |row| row.get(0))?;
                }
            }
        }
        Ok(true)
    }

    fn failed(&mut self, url: &CanonicalUrl, row: &UrlRow, at: Timestamp, failed: Failed) -> rusqlite::Result<()> {
        fetch_log::add(self.conn, row, self.entry(at), "failed", None, Some(&failed.reason))?;
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
            None => retry::url_wait(self.config, &urls::digest(url), attempts),
        };
        let visit = if given_up { Visit::Failed } else { Visit::Retry };
        self.lost(row, at, visit, attempts, &failed.reason, wait)
    }

    fn excluded(&mut self, row: &UrlRow, at: Timestamp, reason: &str) -> rusqlite::Result<()> {
        fetch_log::add(self.conn, row, self.entry(at), "excluded", None, Some(reason))?;
        self.completed.excluded += 1;
        if self.stale {
            return Ok(());
        }
        self.lost(row, at, Visit::Excluded, 0, reason, self.config.revisit.excluded)
    }

    /// Plans the next visit after one that brought nothing.
    fn lost(
        &mut self,
        row: &UrlRow,
        at: Timestamp,
        visit: Visit,
        attempts: u32,
        reason: &str,
        wait: Duration,
    ) -> rusqlite::Result<()> {
        let due = micros::after(self.now.max(at), wait);
        self.conn
            .prepare_cached(
                "UPDATE url SET visit = ?2, due_at = ?3, visited_at = ?4, attempts = ?5, reason = ?6 WHERE id = ?1",
            )?
            .execute(params![row.id, visit, micros::of(due), micros::of(at), attempts, reason])?;
        self.touched.urls.insert(row.id);
        Ok(())
    }

    /// How a visit that ended at `at` stands in the fetch log.
    fn entry(&self, at: Timestamp) -> Entry {
        Entry { at, epoch: self.epoch, stale: self.stale }
    }

    /// Puts the `page.fetched` of a response into the outbox.
    fn announce(
        &self,
        url: &CanonicalUrl,
        row: &UrlRow,
        at: Timestamp,
        fetch_no: i64,
        response: &Response,
    ) -> rusqlite::Result<()> {
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
        outbox::add(self.conn, self.now, &event, &fetch_no.to_string())
    }

    /// Moves the pace key on and returns until when it stays leased.
    fn pace(&self, key: &KeyRow, pace: &Pace) -> rusqlite::Result<Option<Timestamp>> {
        let own_delay = match pace.delay {
            None => key.delay,
            Some(asked) if asked > self.config.default_delay => Some(micros::length(asked)),
            Some(_) => None,
        };
        let delay = own_delay.map_or(self.config.default_delay, micros::to_duration).max(self.config.default_delay);
        let mut polite_at = pace.next_at;
        if self.silent > 0 {
            polite_at = polite_at.max(micros::after(self.now, retry::key_wait(self.config, delay, self.silent)));
        }
        if let Some(blocked_until) = self.blocked_until {
            polite_at = polite_at.max(blocked_until);
        }
        // An earlier batch of the same claim may have been told to wait longer.
        let polite_at = micros::of(polite_at).max(key.polite_at);
        let lease_until = (!pace.release).then(|| micros::after(self.now, self.config.lease));
        let next_at = lease_until.map_or(polite_at, |end| polite_at.max(micros::of(micros::after(end, delay))));
        self.conn
            .prepare_cached(
                "UPDATE pace_key SET delay = ?2, failures = ?3, polite_at = ?4, next_at = ?5, lease_until = ?6,
                        lease_owner = CASE WHEN ?6 IS NULL THEN NULL ELSE lease_owner END
                 WHERE id = ?1",
            )?
            .execute(params![key.id, own_delay, self.silent, polite_at, next_at, lease_until.map(micros::of)])?;
        Ok(lease_until)
    }
}

/// A URL's place between 0 and 1, the same every time.
pub(super) fn spread(digest: &urls::Digest) -> f64 {
    f64::from(u16::from_le_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
}
