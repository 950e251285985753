//! The rows of the rules, straight from the file: the one writer needs no locks.

use super::{hosts, outbox};
use crate::config::FrontierConfig;
use crate::links::MAX_GROUP_MEMBERS;
use crate::micros;
use crate::rules::{GroupRow, KeyRow, LogEntry, NewRow, Rows, StoredResponse, UrlRow, Visit, Word, digest};
use baogao_model::{CanonicalUrl, ContentHash, Message, PayloadRef};
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

impl ToSql for Visit {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Visit {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Self::of(number).ok_or(FromSqlError::OutOfRange(number))
    }
}

/// The file in a transaction.
pub(super) struct FileRows<'a> {
    conn: &'a Connection,
    config: &'a FrontierConfig,
}

impl<'a> FileRows<'a> {
    pub(super) fn new(conn: &'a Connection, config: &'a FrontierConfig) -> Self {
        Self { conn, config }
    }
}

/// What is read of a URL, up to its condition.
macro_rules! select_url {
    ($condition:literal) => {
        concat!(
            "SELECT url.id, url.url, host.pace_key, lane.id, lane.depth, lane.priority, visit, due_at, attempts,
                    redirects, redirect_to, etag, last_modified, reason, visited_at, revisit, kind, fetch_no,
                    linked_no, linked_version, own_group, own_part, grouped
             FROM url JOIN lane ON lane.id = url.lane JOIN host ON host.id = lane.host WHERE ",
            $condition
        )
    };
}

fn read_url(row: &Row<'_>) -> rusqlite::Result<UrlRow> {
    let linked_no: Option<i64> = row.get(18)?;
    let linked_version: Option<i64> = row.get(19)?;
    Ok(UrlRow {
        id: row.get(0)?,
        url: row.get(1)?,
        key: row.get(2)?,
        queue: row.get(3)?,
        depth: row.get(4)?,
        priority: row.get(5)?,
        visit: row.get(6)?,
        due_at: row.get(7)?,
        attempts: row.get(8)?,
        redirects: row.get(9)?,
        redirect_to: row.get(10)?,
        etag: row.get(11)?,
        last_modified: row.get(12)?,
        reason: row.get(13)?,
        visited_at: row.get(14)?,
        revisit: row.get(15)?,
        kind: row.get(16)?,
        fetch_no: row.get(17)?,
        linked: linked_no.zip(linked_version),
        own_group: row.get(20)?,
        own_part: row.get(21)?,
        grouped: row.get(22)?,
    })
}

impl Rows for FileRows<'_> {
    type Error = rusqlite::Error;

    fn key(&mut self, name: &str) -> rusqlite::Result<Option<KeyRow>> {
        self.conn
            .prepare_cached(
                "SELECT id, epoch, delay, failures, polite_at, next_at, lease_until FROM pace_key WHERE name = ?1",
            )?
            .query_row([name], |row| {
                Ok(KeyRow {
                    id: row.get(0)?,
                    epoch: row.get(1)?,
                    delay: row.get(2)?,
                    failures: row.get(3)?,
                    polite_at: row.get(4)?,
                    next_at: row.get(5)?,
                    lease_until: row.get(6)?,
                })
            })
            .optional()
    }

    fn save_key(&mut self, key: &KeyRow) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE pace_key SET epoch = ?2, delay = ?3, failures = ?4, polite_at = ?5, next_at = ?6,
                        lease_until = ?7, lease_owner = CASE WHEN ?7 IS NULL THEN NULL ELSE lease_owner END
                 WHERE id = ?1",
            )?
            .execute(params![
                key.id,
                key.epoch,
                key.delay,
                key.failures,
                key.polite_at,
                key.next_at,
                key.lease_until
            ])?;
        Ok(())
    }

    fn refresh_due(&mut self, key: i64) -> rusqlite::Result<()> {
        hosts::refresh_due(self.conn, key)
    }

    fn find(&mut self, url: &CanonicalUrl) -> rusqlite::Result<Option<UrlRow>> {
        self.conn
            .prepare_cached(select_url!("url.digest = ?1"))?
            .query_row([digest(url).as_slice()], read_url)
            .optional()
    }

    fn url(&mut self, id: i64) -> rusqlite::Result<UrlRow> {
        self.conn.prepare_cached(select_url!("url.id = ?1"))?.query_row([id], read_url)
    }

    fn insert(&mut self, new: NewRow<'_>) -> rusqlite::Result<UrlRow> {
        let host = hosts::host(self.conn, self.config, new.url)?;
        let lane = hosts::lane(self.conn, host, new.priority, new.depth)?;
        self.conn
            .prepare_cached(
                "INSERT INTO url (digest, url, lane, visit, due_at, redirects) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                digest(new.url).as_slice(),
                new.url.as_str(),
                lane,
                Visit::None,
                new.due_at,
                new.redirects
            ])?;
        self.url(self.conn.last_insert_rowid())
    }

    fn place(&mut self, row: &mut UrlRow, priority: i32, depth: u32) -> rusqlite::Result<()> {
        let host = self
            .conn
            .prepare_cached("SELECT host FROM lane WHERE id = ?1")?
            .query_row([row.queue], |lane| lane.get(0))?;
        row.queue = hosts::lane(self.conn, host, priority, depth)?;
        (row.priority, row.depth) = (priority, depth);
        Ok(())
    }

    fn save(&mut self, row: &UrlRow) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE url SET lane = :lane, visit = :visit, due_at = :due_at, attempts = :attempts,
                        redirects = :redirects, redirect_to = :redirect_to, etag = :etag,
                        last_modified = :last_modified, reason = :reason, visited_at = :visited_at,
                        revisit = :revisit, kind = :kind, fetch_no = :fetch_no, linked_no = :linked_no,
                        linked_version = :linked_version, own_group = :own_group, own_part = :own_part,
                        grouped = :grouped
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": row.id,
                ":lane": row.queue,
                ":visit": row.visit,
                ":due_at": row.due_at,
                ":attempts": row.attempts,
                ":redirects": row.redirects,
                ":redirect_to": row.redirect_to,
                ":etag": row.etag,
                ":last_modified": row.last_modified,
                ":reason": row.reason,
                ":visited_at": row.visited_at,
                ":revisit": row.revisit,
                ":kind": row.kind,
                ":fetch_no": row.fetch_no,
                ":linked_no": row.linked.map(|(fetch_no, _)| fetch_no),
                ":linked_version": row.linked.map(|(_, version)| version),
                ":own_group": row.own_group,
                ":own_part": row.own_part,
                ":grouped": row.grouped,
            })?;
        Ok(())
    }

    fn rely_on(&mut self, _: &UrlRow) -> rusqlite::Result<()> {
        Ok(())
    }

    fn is_logged(&mut self, url: i64, at: Timestamp, payload: &PayloadRef) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached("SELECT 1 FROM fetch_log WHERE url = ?1 AND at = ?2 AND segment = ?3 AND position = ?4")?
            .exists(params![url, micros::of(at), payload.segment, payload.offset])
    }

    fn logged_at(&mut self, url: i64, payload: &PayloadRef) -> rusqlite::Result<Option<(i64, StoredResponse)>> {
        let fetch_no: Option<i64> = self
            .conn
            .prepare_cached("SELECT id FROM fetch_log WHERE url = ?1 AND segment = ?2 AND position = ?3")?
            .query_row(params![url, payload.segment, payload.offset], |row| row.get(0))
            .optional()?;
        let Some(fetch_no) = fetch_no else { return Ok(None) };
        Ok(self.response(fetch_no)?.map(|response| (fetch_no, response)))
    }

    fn log(&mut self, entry: LogEntry) -> rusqlite::Result<i64> {
        let (response, bytes) = entry.response.unzip();
        let payload = response.as_ref().map(|response| &response.payload);
        self.conn
            .prepare_cached(
                "INSERT INTO fetch_log (url, at, epoch, stale, outcome, status, reason, content_type, bytes,
                                        segment, position, length, blake3)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                entry.url,
                micros::of(entry.at),
                entry.epoch,
                entry.stale,
                entry.outcome,
                entry.status,
                entry.reason,
                response.as_ref().map(|response| &response.content_type),
                bytes,
                payload.map(|payload| &payload.segment),
                payload.map(|payload| payload.offset),
                payload.map(|payload| payload.length),
                payload.map(|payload| payload.blake3.as_str()),
            ])?;
        Ok(self.conn.last_insert_rowid())
    }

    fn response(&mut self, fetch_no: i64) -> rusqlite::Result<Option<StoredResponse>> {
        self.conn
            .prepare_cached(
                "SELECT at, content_type, segment, position, length, blake3 FROM fetch_log
                 WHERE id = ?1 AND segment IS NOT NULL",
            )?
            .query_row([fetch_no], |row| {
                Ok(StoredResponse {
                    at: micros::to_timestamp(row.get(0)?),
                    content_type: row.get(1)?,
                    payload: PayloadRef {
                        segment: row.get(2)?,
                        offset: row.get(3)?,
                        length: row.get(4)?,
                        blake3: ContentHash::from_stored(row.get::<_, String>(5)?),
                    },
                })
            })
            .optional()
    }

    fn send(&mut self, message: Message) -> rusqlite::Result<()> {
        outbox::add(self.conn, &message)
    }

    fn groups_of(&mut self, url: i64) -> rusqlite::Result<Vec<String>> {
        // `UNION` drops what it has met, so a loop of redirects ends. Only redirects of grouped URLs
        // are followed back: a home page that thousands of lost pages lead to concerns no group.
        self.conn
            .prepare_cached(
                "WITH RECURSIVE source (id) AS (
                     SELECT ?1
                     UNION SELECT url.id FROM source JOIN url ON url.redirect_to = source.id WHERE url.grouped = 1)
                 SELECT DISTINCT group_id FROM source JOIN group_word ON group_word.member = source.id",
            )?
            .query_map([url], |row| row.get(0))?
            .collect()
    }

    fn group(&mut self, id: &str) -> rusqlite::Result<Option<GroupRow>> {
        self.conn
            .prepare_cached(
                "SELECT id, site, document_key, open_since, fingerprint, changed_at FROM doc_group WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok(GroupRow {
                    id: row.get(0)?,
                    site: row.get(1)?,
                    document_key: row.get(2)?,
                    open_since: row.get(3)?,
                    fingerprint: row.get(4)?,
                    changed_at: row.get(5)?,
                })
            })
            .optional()
    }

    fn save_group(&mut self, group: &GroupRow) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO doc_group (id, site, document_key, open_since, fingerprint, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET open_since = excluded.open_since,
                     fingerprint = excluded.fingerprint, changed_at = excluded.changed_at",
            )?
            .execute(params![
                group.id,
                group.site,
                group.document_key,
                group.open_since,
                group.fingerprint,
                group.changed_at
            ])?;
        Ok(())
    }

    fn words(&mut self, group: &str) -> rusqlite::Result<Vec<Word>> {
        let mut words = Vec::with_capacity(MAX_GROUP_MEMBERS);
        let mut statement = self.conn.prepare_cached(
            "SELECT member, said_by, part FROM group_word WHERE group_id = ?1 ORDER BY member, said_by",
        )?;
        let mut rows = statement.query([group])?;
        while let Some(row) = rows.next()? {
            words.push(Word { member: row.get(0)?, said_by: row.get(1)?, part: row.get(2)? });
        }
        Ok(words)
    }

    fn forget_words(&mut self, said_by: i64) -> rusqlite::Result<()> {
        self.conn.prepare_cached("DELETE FROM group_word WHERE said_by = ?1")?.execute([said_by])?;
        Ok(())
    }

    fn add_word(&mut self, group: &str, word: Word) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT INTO group_word (group_id, said_by, member, part) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![group, word.said_by, word.member, word.part])?;
        Ok(())
    }
}
