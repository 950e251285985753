//! Document groups: which ones an event concerns, and what it makes of them.
//!
//! The verdict is [`crate::group::judge`]'s; here its members are read and its result written.

use super::outbox;
use super::urls::{Touched, UrlRow, Visit, refresh_due};
use crate::config::FrontierConfig;
use crate::group::{Member, OwnWord, Ready, Standing, Verdict, judge};
use crate::links::MAX_GROUP_MEMBERS;
use crate::micros;
use baogao_model::event::DocumentReady;
use baogao_model::{ContentHash, GroupId, PayloadRef};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

/// Groups expired in one transaction.
const EXPIRED_AT_ONCE: usize = 100;

/// Draws the consequences of a transaction: due times of pace keys, and documents that became
/// ready. Returns the number of the latter. Must run after all other changes of the transaction.
pub(super) fn settle(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    touched: &Touched,
) -> rusqlite::Result<u64> {
    let mut keys = touched.keys.clone();
    let mut groups = touched.groups.clone();
    for url in &touched.urls {
        keys.insert(key_of(conn, *url)?);
        groups.extend(groups_of(conn, *url)?);
    }
    for key in keys {
        refresh_due(conn, key)?;
    }
    let mut ready = 0;
    for group in groups {
        ready += u64::from(evaluate(conn, config, now, &group, false)?);
    }
    Ok(ready)
}

/// Sends out groups that have waited too long; at most [`EXPIRED_AT_ONCE`]. Returns how many.
pub(super) fn expire(conn: &Connection, config: &FrontierConfig, now: Timestamp) -> rusqlite::Result<usize> {
    let oldest = micros::of(now).saturating_sub(micros::length(config.group_patience));
    let groups: Vec<String> = conn
        .prepare_cached("SELECT id FROM doc_group WHERE open_since <= ?1 ORDER BY open_since LIMIT ?2")?
        .query_map(params![oldest, EXPIRED_AT_ONCE], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for group in &groups {
        evaluate(conn, config, now, group, true)?;
        // Until something new happens to it.
        conn.prepare_cached("UPDATE doc_group SET open_since = NULL WHERE id = ?1")?.execute([group])?;
    }
    Ok(groups.len())
}

/// Whether `expire` may have left some behind.
pub(super) fn may_be_more(expired: usize) -> bool {
    expired == EXPIRED_AT_ONCE
}

/// Marks a URL, and what it redirects to, as named by a group's page.
pub(super) fn mark(conn: &Connection, url: i64) -> rusqlite::Result<()> {
    let mut next = Some(url);
    while let Some(id) = next {
        // One that is marked already has marked what it redirects to; so this ends even in a loop.
        next = conn
            .prepare_cached("UPDATE url SET grouped = 1 WHERE id = ?1 AND grouped = 0 RETURNING redirect_to")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten();
    }
    Ok(())
}

/// Makes the siblings of a part that has changed due now, and the document wait for them: text moves
/// between the parts of an article that was edited, and a mixture of old and new was never published.
pub(super) fn recall(
    conn: &Connection,
    config: &FrontierConfig,
    at: Timestamp,
    part: &UrlRow,
    touched: &mut Touched,
) -> rusqlite::Result<()> {
    for group in groups_of(conn, part.id)? {
        let waits_for_it: bool = conn
            .prepare_cached(
                "SELECT open_since IS NOT NULL AND changed_at IS NOT NULL AND (?2 IS NULL OR ?2 < changed_at OR ?3)
                 FROM doc_group WHERE id = ?1",
            )?
            .query_row(params![group, part.visited_at, part.visit == Visit::Retry], |row| row.get(0))?;
        if waits_for_it {
            continue; // This visit is itself due to such a recall.
        }
        conn.prepare_cached("UPDATE doc_group SET changed_at = ?2 WHERE id = ?1")?
            .execute(params![group, micros::of(at)])?;
        let members: Vec<i64> = conn
            .prepare_cached("SELECT DISTINCT member FROM group_word WHERE group_id = ?1")?
            .query_map([&group], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for member in members {
            let sibling = follow(conn, config, member)?;
            if sibling != part.id {
                conn.prepare_cached("UPDATE url SET due_at = min(due_at, ?2) WHERE id = ?1 AND fetch_no IS NOT NULL")?
                    .execute(params![sibling, micros::of(at)])?;
                touched.urls.insert(sibling);
            }
        }
    }
    Ok(())
}

/// Whether a group takes no further member than those it has.
pub(super) fn is_full(conn: &Connection, group: &str, member: i64) -> rusqlite::Result<bool> {
    let (others, is_member): (usize, bool) = conn
        .prepare_cached(
            "SELECT count(DISTINCT member), coalesce(max(member = ?2), 0) FROM group_word WHERE group_id = ?1",
        )?
        .query_row(params![group, member], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(!is_member && others >= MAX_GROUP_MEMBERS)
}

fn key_of(conn: &Connection, url: i64) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT host.pace_key FROM url JOIN lane ON lane.id = url.lane JOIN host ON host.id = lane.host
         WHERE url.id = ?1",
    )?
    .query_row([url], |row| row.get(0))
}

/// The groups in which a URL, or one that redirects to it, is named.
fn groups_of(conn: &Connection, url: i64) -> rusqlite::Result<Vec<String>> {
    // `UNION` drops what it has met, so a loop of redirects ends. Only redirects of grouped URLs
    // are followed back: a home page that thousands of lost pages lead to concerns no group.
    conn.prepare_cached(
        "WITH RECURSIVE source (id) AS (
             SELECT ?1 UNION SELECT url.id FROM source JOIN url ON url.redirect_to = source.id WHERE url.grouped = 1)
         SELECT DISTINCT group_id FROM source JOIN group_word ON group_word.member = source.id",
    )?
    .query_map([url], |row| row.get(0))?
    .collect()
}

/// Judges a group and acts on the verdict; says whether a document went out.
fn evaluate(
    conn: &Connection,
    config: &FrontierConfig,
    now: Timestamp,
    group: &str,
    overdue: bool,
) -> rusqlite::Result<bool> {
    let (members, extractor_version) = members(conn, config, group)?;
    match judge(members, extractor_version, overdue) {
        Verdict::None => {
            conn.prepare_cached("UPDATE doc_group SET open_since = NULL, fingerprint = NULL WHERE id = ?1")?
                .execute([group])?;
            Ok(false)
        }
        Verdict::Waiting => {
            conn.prepare_cached("UPDATE doc_group SET open_since = coalesce(open_since, ?2) WHERE id = ?1")?
                .execute(params![group, micros::of(now)])?;
            Ok(false)
        }
        Verdict::Ready(ready) => send(conn, now, group, ready),
    }
}

/// Closes a group and puts its document into the outbox, unless the same went out last.
fn send(conn: &Connection, now: Timestamp, group: &str, ready: Ready) -> rusqlite::Result<bool> {
    let (site, document_key, last): (String, String, Option<String>) = conn
        .prepare_cached("SELECT site, document_key, fingerprint FROM doc_group WHERE id = ?1")?
        .query_row([group], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    conn.prepare_cached("UPDATE doc_group SET open_since = NULL, fingerprint = ?2 WHERE id = ?1")?
        .execute([group, &ready.fingerprint])?;
    if last.as_ref() == Some(&ready.fingerprint) {
        return Ok(false);
    }
    // With the fetch number: a text that goes from A to B and back to A makes three messages.
    let input_id = format!("{group}:{}:{}", ready.fingerprint, ready.fetch_no);
    let event = DocumentReady {
        group: GroupId::from_stored(group),
        site,
        document_key,
        fetch_no: ready.fetch_no,
        fetched_at: ready.fetched_at,
        parts: ready.parts,
    };
    outbox::add(conn, now, &event, &input_id)?;
    Ok(true)
}

/// Everything said and known of a group's members, redirects followed, and the newest extractor
/// version among them.
fn members(conn: &Connection, config: &FrontierConfig, group: &str) -> rusqlite::Result<(Vec<Member>, u32)> {
    let words: Vec<(i64, i64, u32)> = conn
        .prepare_cached("SELECT said_by, member, part FROM group_word WHERE group_id = ?1 ORDER BY member, said_by")?
        .query_map([group], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // By where a member leads in the end: what it says, and who named it and as which part.
    let mut ends: BTreeMap<i64, (Member, u32)> = BTreeMap::new();
    let mut voted: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut resolved: BTreeMap<i64, i64> = BTreeMap::new();
    for (said_by, member, part) in words {
        let end = match resolved.get(&member) {
            Some(end) => *end,
            None => follow(conn, config, member)?,
        };
        resolved.insert(member, end);
        let (found, _) = match ends.entry(end) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(read_member(conn, group, end)?),
        };
        // A page that names both ends of a redirect has one vote.
        if voted.insert((said_by, end)) {
            found.named.push(part);
        }
    }
    let version = ends.values().map(|(_, version)| *version).max().unwrap_or(0);
    Ok((ends.into_values().map(|(member, _)| member).collect(), version))
}

/// Where the stored redirects of a URL lead. A loop ends where it was noticed.
fn follow(conn: &Connection, config: &FrontierConfig, url: i64) -> rusqlite::Result<i64> {
    let mut at = url;
    for _ in 0..=config.max_redirects.saturating_mul(2) {
        let next: Option<i64> =
            conn.prepare_cached("SELECT redirect_to FROM url WHERE id = ?1")?.query_row([at], |row| row.get(0))?;
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(at)
}

/// A member as it stands, and the version of the extractor that looked at it (0 for none).
fn read_member(conn: &Connection, group: &str, url: i64) -> rusqlite::Result<(Member, u32)> {
    conn.prepare_cached(
        "SELECT url.url, visit, url.reason, fetch_no, linked_no, linked_version, own_group, own_part,
                log.at, log.content_type, log.segment, log.position, log.length, log.blake3,
                doc_group.changed_at IS NULL OR visited_at >= doc_group.changed_at AND visit <> ?3
         FROM doc_group, url LEFT JOIN fetch_log AS log ON log.id = url.fetch_no
         WHERE url.id = ?1 AND doc_group.id = ?2",
    )?
    .query_row(params![url, group, Visit::Retry], |row| {
        let is_current: bool = row.get(14)?;
        let fetch_no: Option<i64> = row.get(3)?;
        let linked_no: Option<i64> = row.get(4)?;
        let own_group: Option<String> = row.get(6)?;
        let own_part: Option<u32> = row.get(7)?;
        let own = match (linked_no, own_group) {
            (None, _) => OwnWord::None,
            (Some(_), None) => OwnWord::Alone,
            (Some(_), Some(own)) if own == group => own_part.map_or(OwnWord::None, OwnWord::Part),
            (Some(_), Some(_)) => OwnWord::Elsewhere,
        };
        let standing = match (fetch_no, row.get(1)?) {
            (Some(fetch_no), _) => Standing::Fetched {
                payload: PayloadRef {
                    segment: row.get(10)?,
                    offset: row.get(11)?,
                    length: row.get(12)?,
                    blake3: ContentHash::from_stored(row.get::<_, String>(13)?),
                },
                content_type: row.get(9)?,
                fetch_no: fetch_no.unsigned_abs(),
                fetched_at: micros::to_timestamp(row.get(8)?),
                linked: is_current && linked_no.is_some_and(|linked| linked >= fetch_no),
            },
            (None, Visit::Failed | Visit::Excluded) => {
                Standing::Failed { reason: row.get::<_, Option<String>>(2)?.unwrap_or_default() }
            }
            (None, _) => Standing::Pending,
        };
        let member = Member { url: row.get(0)?, named: Vec::new(), own, standing };
        Ok((member, row.get::<_, Option<u32>>(5)?.unwrap_or(0)))
    })
}
