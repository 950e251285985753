//! URL rows and the rows they hang on: lanes, hosts, pace keys.

use crate::config::FrontierConfig;
use crate::micros;
use crate::pace::pace_key;
use baogao_model::{CanonicalUrl, PageKind};
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// Priorities are cut to this range, so that the queues of a host stay few.
const PRIORITY: std::ops::RangeInclusive<i32> = -100..=100;

/// Bytes of the digest under which a URL is known.
pub(super) type Digest = [u8; 16];

/// The key of a URL.
pub(super) fn digest(url: &CanonicalUrl) -> Digest {
    let hash = blake3::hash(url.as_str().as_bytes());
    let mut digest = Digest::default();
    let length = digest.len();
    digest.copy_from_slice(&hash.as_bytes()[..length]);
    digest
}

/// What the last visit of a URL came to. The numbers stand in the file and in its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// Not visited yet, or asked for again by a person.
    None = 0,
    Fetched = 1,
    Redirected = 2,
    Retry = 3,
    Failed = 4,
    Excluded = 5,
}

impl ToSql for Visit {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Visit {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        [Self::None, Self::Fetched, Self::Redirected, Self::Retry, Self::Failed, Self::Excluded]
            .into_iter()
            .find(|visit| *visit as i64 == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

/// A page kind as stored; a word of a later version is taken for no word.
pub(super) fn kind_of(stored: Option<&str>) -> Option<PageKind> {
    [PageKind::Article, PageKind::List, PageKind::Blocked, PageKind::Other]
        .into_iter()
        .find(|kind| Some(kind.as_str()) == stored)
}

/// A URL row with the place it has in the queues.
#[derive(Debug, Clone)]
pub(super) struct UrlRow {
    pub(super) id: i64,
    pub(super) key: i64,
    pub(super) depth: u32,
    pub(super) priority: i32,
    pub(super) visit: Visit,
    pub(super) attempts: u32,
    pub(super) redirects: u32,
    pub(super) redirect_to: Option<i64>,
    pub(super) kind: Option<PageKind>,
    pub(super) revisit: Option<i64>,
    pub(super) visited_at: Option<i64>,
    pub(super) fetch_no: Option<i64>,
    /// The fetch and the extractor's version whose word is stored.
    pub(super) linked: Option<(i64, i64)>,
    pub(super) own_group: Option<String>,
    pub(super) grouped: bool,
}

/// The row of a URL, if it is known.
pub(super) fn find(conn: &Connection, digest: &Digest) -> rusqlite::Result<Option<UrlRow>> {
    conn.prepare_cached(
        "SELECT url.id, host.pace_key, lane.depth, lane.priority, visit, attempts, redirects, redirect_to, kind,
                revisit, visited_at, fetch_no, linked_no, linked_version, own_group, grouped
         FROM url JOIN lane ON lane.id = url.lane JOIN host ON host.id = lane.host WHERE url.digest = ?1",
    )?
    .query_row([digest.as_slice()], read_row)
    .optional()
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<UrlRow> {
    let linked_no: Option<i64> = row.get(12)?;
    let linked_version: Option<i64> = row.get(13)?;
    Ok(UrlRow {
        id: row.get(0)?,
        key: row.get(1)?,
        depth: row.get(2)?,
        priority: row.get(3)?,
        visit: row.get(4)?,
        attempts: row.get(5)?,
        redirects: row.get(6)?,
        redirect_to: row.get(7)?,
        kind: kind_of(row.get_ref(8)?.as_str_or_null()?),
        revisit: row.get(9)?,
        visited_at: row.get(10)?,
        fetch_no: row.get(11)?,
        linked: linked_no.zip(linked_version),
        own_group: row.get(14)?,
        grouped: row.get(15)?,
    })
}

/// Where a URL comes to stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) depth: u32,
    pub(super) priority: i32,
    pub(super) redirects: u32,
}

/// What a transaction has touched; [`super::groups::settle`] draws the consequences at its end.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Pace keys whose earliest due time may have changed.
    pub(super) keys: BTreeSet<i64>,
    /// URLs whose standing in a group may have changed.
    pub(super) urls: BTreeSet<i64>,
    /// Groups whose words have changed.
    pub(super) groups: BTreeSet<String>,
}

/// Makes sure a URL is known, due at `now` if it is new. A known one may move up to a smaller depth
/// or a higher priority and keeps its schedule. Returns its row's id and whether it is new.
pub(super) fn ensure(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    url: &CanonicalUrl,
    place: Place,
    touched: &mut Touched,
) -> rusqlite::Result<(i64, bool)> {
    let digest = digest(url);
    let priority = clamp(place.priority);
    if let Some(row) = find(conn, &digest)? {
        if place.depth < row.depth || priority > row.priority {
            let (lane, _) = lane(conn, config, url, priority.max(row.priority), place.depth.min(row.depth))?;
            conn.prepare_cached("UPDATE url SET lane = ?2 WHERE id = ?1")?.execute([row.id, lane])?;
        }
        return Ok((row.id, false));
    }
    let (lane, key) = lane(conn, config, url, priority, place.depth)?;
    conn.prepare_cached(
        "INSERT INTO url (digest, url, lane, visit, due_at, redirects) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![digest.as_slice(), url.as_str(), lane, Visit::None, micros::of(now), place.redirects])?;
    touched.keys.insert(key);
    Ok((conn.last_insert_rowid(), true))
}

/// Makes a URL due now at depth 0, with all attempts back, whatever was planned for it.
pub(super) fn force(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    url: &CanonicalUrl,
    priority: i32,
    touched: &mut Touched,
) -> rusqlite::Result<()> {
    let (id, _) = ensure(conn, config, now, url, Place { depth: 0, priority, redirects: 0 }, touched)?;
    let (lane, key) = lane(conn, config, url, clamp(priority), 0)?;
    conn.prepare_cached(
        "UPDATE url SET lane = ?2, visit = ?3, due_at = ?4, attempts = 0, redirects = 0 WHERE id = ?1",
    )?
    .execute(params![id, lane, Visit::None, micros::of(now)])?;
    touched.keys.insert(key);
    touched.urls.insert(id);
    Ok(())
}

fn clamp(priority: i32) -> i32 {
    priority.clamp(*PRIORITY.start(), *PRIORITY.end())
}

/// The lane for a URL of that priority and depth, made if need be, and its pace key.
fn lane(
    conn: &Connection,
    config: &FrontierConfig,
    url: &CanonicalUrl,
    priority: i32,
    depth: u32,
) -> rusqlite::Result<(i64, i64)> {
    let (host, key) = host(conn, config, url)?;
    let found = conn
        .prepare_cached("SELECT id FROM lane WHERE host = ?1 AND priority = ?2 AND depth = ?3")?
        .query_row(params![host, priority, depth], |row| row.get(0))
        .optional()?;
    if let Some(lane) = found {
        return Ok((lane, key));
    }
    conn.prepare_cached("INSERT INTO lane (host, priority, depth) VALUES (?1, ?2, ?3)")?
        .execute(params![host, priority, depth])?;
    Ok((conn.last_insert_rowid(), key))
}

/// The row of a URL's host, made if need be, and its pace key.
fn host(conn: &Connection, config: &FrontierConfig, url: &CanonicalUrl) -> rusqlite::Result<(i64, i64)> {
    let found = conn
        .prepare_cached("SELECT id, pace_key FROM host WHERE name = ?1")?
        .query_row([url.host()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let key = key(conn, pace_key(url.host(), &config.pace_rules))?;
    conn.prepare_cached("INSERT INTO host (name, site, pace_key) VALUES (?1, ?2, ?3)")?.execute(params![
        url.host(),
        url.site(),
        key
    ])?;
    Ok((conn.last_insert_rowid(), key))
}

/// The row of a pace key, made if need be; a key never asked may be asked at once.
pub(super) fn key(conn: &Connection, name: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached("INSERT INTO pace_key (name, next_at, polite_at) VALUES (?1, 0, 0) ON CONFLICT DO NOTHING")?
        .execute([name])?;
    conn.prepare_cached("SELECT id FROM pace_key WHERE name = ?1")?.query_row([name], |row| row.get(0))
}

/// Sets a key's earliest due time: the least of the fronts of its lanes.
pub(super) fn refresh_due(conn: &Connection, key: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE pace_key SET due_at = (
             SELECT min((SELECT min(url.due_at) FROM url WHERE url.lane = lane.id))
             FROM host JOIN lane ON lane.host = host.id WHERE host.pace_key = ?1)
         WHERE id = ?1",
    )?
    .execute([key])?;
    Ok(())
}
