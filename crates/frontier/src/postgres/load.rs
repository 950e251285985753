//! What fills a working set: locks first, then rows, some statements for any number of them.

use super::ids::bucket_of_key;
use super::working_set::{HostRow, Loaded, Wanted};
use crate::config::FrontierConfig;
use crate::micros;
use crate::pace::pace_key;
use crate::rules::{Digest, GroupRow, KeyRow, StoredResponse, UrlRow, Visit, Word};
use baogao_model::{ContentHash, PayloadRef};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A group to be made if there is none: its id, site and document key.
pub(super) type GroupSeed = (String, String, String);

/// Locks pace keys: those of `wanted`, and the one called `name`. Hosts and keys that are not known
/// are made.
///
/// Every transaction makes what is new in the order of names, and then locks in the order of ids. So
/// none waits for another that waits for it.
pub(super) async fn lock_keys(
    conn: &mut PgConnection,
    config: &FrontierConfig,
    wanted: &Wanted,
    name: Option<&str>,
    loaded: &mut Loaded,
) -> sqlx::Result<()> {
    let mut ids = wanted.keys.clone();
    ids.extend(keys_of_hosts(conn, config, &wanted.hosts).await?);
    let ids: Vec<i64> = ids.into_iter().collect();
    let rows = sqlx::query(
        "SELECT id, name, epoch, delay, failures, polite_at, next_at, lease_until FROM pace_key
         WHERE id = ANY($1) OR name = $2 ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(&ids)
    .bind(name)
    .fetch_all(conn)
    .await?;
    for row in rows {
        let key = KeyRow {
            id: row.try_get(0)?,
            epoch: row.try_get(2)?,
            delay: row.try_get(3)?,
            failures: small(&row, 4)?,
            polite_at: row.try_get(5)?,
            next_at: row.try_get(6)?,
            lease_until: row.try_get(7)?,
        };
        loaded.locked.insert(key.id);
        loaded.keys.insert(row.try_get(1)?, key);
    }
    Ok(())
}

/// The pace keys of hosts (with their sites), made where need be; a key never asked may be asked at
/// once.
async fn keys_of_hosts(
    conn: &mut PgConnection,
    config: &FrontierConfig,
    hosts: &BTreeMap<String, String>,
) -> sqlx::Result<Vec<i64>> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&String> = hosts.keys().collect();
    let known = "SELECT name, pace_key FROM host WHERE name = ANY($1)";
    let rows: Vec<(String, i64)> = sqlx::query_as(known).bind(&names).fetch_all(&mut *conn).await?;
    if rows.len() == hosts.len() {
        return Ok(rows.into_iter().map(|(_, key)| key).collect());
    }
    let known_names: HashSet<String> = rows.into_iter().map(|(name, _)| name).collect();
    let new: Vec<(&String, &String)> = hosts.iter().filter(|(name, _)| !known_names.contains(*name)).collect();
    let keys: Vec<&str> = new.iter().map(|(name, _)| pace_key(name, &config.pace_rules)).collect();
    make_keys(conn, &keys).await?;
    sqlx::query(
        "INSERT INTO host (name, site, pace_key, bucket)
         SELECT new.name, new.site, pace_key.id, new.bucket
         FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[]) AS new (name, site, key, bucket)
              JOIN pace_key ON pace_key.name = new.key
         ORDER BY new.name COLLATE \"C\" ON CONFLICT DO NOTHING",
    )
    .bind(new.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>())
    .bind(new.iter().map(|(_, site)| site.as_str()).collect::<Vec<_>>())
    .bind(&keys)
    .bind(keys.iter().map(|key| bucket_of_key(key)).collect::<Vec<_>>())
    .execute(&mut *conn)
    .await?;
    let rows: Vec<(String, i64)> = sqlx::query_as(known).bind(&names).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(_, key)| key).collect())
}

/// Makes pace keys that are not known.
pub(super) async fn make_keys(conn: &mut PgConnection, names: &[&str]) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO pace_key (name, next_at, polite_at)
         SELECT DISTINCT name COLLATE \"C\", 0, 0 FROM unnest($1::text[]) AS new (name)
         ORDER BY 1 ON CONFLICT DO NOTHING",
    )
    .bind(names)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is read of a URL; `$from` is to end in a join of `url` and `host`.
macro_rules! select_urls {
    ($with:literal, $first:literal, $from:literal) => {
        concat!(
            $with,
            " SELECT ",
            $first,
            ", url.id, url.url, host.pace_key, host.id, url.depth, url.priority, url.visit, url.due_at,
                url.attempts, url.redirects, url.redirect_to, url.etag, url.last_modified, url.reason,
                url.visited_at, url.revisit, url.kind, url.fetch_no, url.linked_no, url.linked_version,
                url.own_group, url.own_part, url.grouped,
                log.at, log.content_type, log.segment, log.position, log.length, log.blake3, host.bucket
             FROM ",
            $from,
            " LEFT JOIN fetch_log AS log ON log.id = url.fetch_no AND log.segment IS NOT NULL"
        )
    };
}

/// Looks URLs up, and their hosts with them: pairs of host and digest.
pub(super) async fn find(
    conn: &mut PgConnection,
    wanted: &BTreeMap<Digest, String>,
    loaded: &mut Loaded,
) -> sqlx::Result<()> {
    loaded.looked_up.extend(wanted.keys().map(|digest| (*digest, None)));
    let (digests, hosts): (Vec<&[u8]>, Vec<&str>) =
        wanted.iter().map(|(digest, host)| (digest.as_slice(), host.as_str())).unzip();
    let rows = sqlx::query(select_urls!(
        "",
        "wanted.digest, host.name",
        "unnest($1::bytea[], $2::text[]) AS wanted (digest, host) JOIN host ON host.name = wanted.host
         LEFT JOIN url ON url.bucket = host.bucket AND url.digest = wanted.digest"
    ))
    .bind(&digests)
    .bind(&hosts)
    .fetch_all(conn)
    .await?;
    for row in &rows {
        let host = HostRow { id: row.try_get(5)?, key: row.try_get(4)?, bucket: row.try_get(31)? };
        loaded.hosts.insert(row.try_get(1)?, host);
        if row.try_get::<Option<i64>, _>(2)?.is_some() {
            let digest: &[u8] = row.try_get(0)?;
            let id = take_url(row, 2, loaded)?;
            if let Ok(digest) = Digest::try_from(digest) {
                loaded.looked_up.insert(digest, Some(id));
            }
        }
    }
    Ok(())
}

/// Loads URLs and everything they redirect to.
pub(super) async fn chains(conn: &mut PgConnection, ids: &[i64], loaded: &mut Loaded) -> sqlx::Result<()> {
    // `UNION` drops what it has met, so a loop of redirects ends.
    let rows = sqlx::query(select_urls!(
        "WITH RECURSIVE chain (id) AS (
             SELECT id FROM unnest($1::bigint[]) AS start (id)
             UNION SELECT url.redirect_to FROM chain
                   JOIN url ON url.bucket = (chain.id & 15)::smallint AND url.id = chain.id
                   WHERE url.redirect_to IS NOT NULL)",
        "chain.id",
        "chain JOIN url ON url.bucket = (chain.id & 15)::smallint AND url.id = chain.id
         JOIN host ON host.id = url.host"
    ))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    for row in &rows {
        take_url(row, 1, loaded)?;
    }
    Ok(())
}

/// Puts the URL of a row, whose columns begin at `first`, among what is loaded; gives its id.
fn take_url(row: &PgRow, first: usize, loaded: &mut Loaded) -> sqlx::Result<i64> {
    let at = |offset: usize| first + offset;
    let visit: i16 = row.try_get(at(6))?;
    let linked_no: Option<i64> = row.try_get(at(18))?;
    let linked_version: Option<i64> = row.try_get(at(19))?;
    let own_part: Option<i64> = row.try_get(at(21))?;
    let url = UrlRow {
        id: row.try_get(at(0))?,
        url: row.try_get(at(1))?,
        key: row.try_get(at(2))?,
        queue: row.try_get(at(3))?,
        depth: small(row, at(4))?,
        priority: row.try_get(at(5))?,
        visit: Visit::of(i64::from(visit)).ok_or_else(|| unreadable(at(6), "no state of a URL"))?,
        due_at: row.try_get(at(7))?,
        attempts: small(row, at(8))?,
        redirects: small(row, at(9))?,
        redirect_to: row.try_get(at(10))?,
        etag: row.try_get(at(11))?,
        last_modified: row.try_get(at(12))?,
        reason: row.try_get(at(13))?,
        visited_at: row.try_get(at(14))?,
        revisit: row.try_get(at(15))?,
        kind: row.try_get(at(16))?,
        fetch_no: row.try_get(at(17))?,
        linked: linked_no.zip(linked_version),
        own_group: row.try_get(at(20))?,
        own_part: own_part.map(|part| u32::try_from(part).unwrap_or(u32::MAX)),
        grouped: row.try_get(at(22))?,
    };
    if let (Some(fetch_no), Some(segment)) = (url.fetch_no, row.try_get::<Option<String>, _>(at(25))?) {
        let payload = PayloadRef {
            segment,
            offset: row.try_get::<i64, _>(at(26))?.unsigned_abs(),
            length: row.try_get::<i64, _>(at(27))?.unsigned_abs(),
            blake3: ContentHash::from_stored(row.try_get::<String, _>(at(28))?),
        };
        let fetched = micros::to_timestamp(row.try_get(at(23))?);
        let response = StoredResponse { at: fetched, content_type: row.try_get(at(24))?, payload };
        loaded.responses.insert(fetch_no, response);
    }
    let id = url.id;
    loaded.urls.insert(id, url);
    Ok(id)
}

/// A number that is never negative and fits.
pub(super) fn small(row: &PgRow, column: usize) -> sqlx::Result<u32> {
    row.try_get::<i32, _>(column).map(|n| u32::try_from(n).unwrap_or(0))
}

pub(super) fn unreadable(column: usize, message: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_string(), source: message.into() }
}

/// Looks up which of some responses were logged before.
pub(super) async fn logged(
    conn: &mut PgConnection,
    responses: &[(Digest, Timestamp, &PayloadRef)],
    loaded: &mut Loaded,
) -> sqlx::Result<()> {
    let known: Vec<(i64, i64, &str, i64)> = responses
        .iter()
        .filter_map(|(digest, at, payload)| {
            let id = (*loaded.looked_up.get(digest)?)?;
            Some((id, micros::of(*at), payload.segment.as_str(), payload.offset.cast_signed()))
        })
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64, String, i64)> = sqlx::query_as(
        "SELECT log.url, log.at, log.segment, log.position
         FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) AS r (url, at, segment, position)
              JOIN fetch_log AS log USING (url, at, segment, position)
         WHERE log.segment IS NOT NULL",
    )
    .bind(known.iter().map(|r| r.0).collect::<Vec<_>>())
    .bind(known.iter().map(|r| r.1).collect::<Vec<_>>())
    .bind(known.iter().map(|r| r.2).collect::<Vec<_>>())
    .bind(known.iter().map(|r| r.3).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    loaded.logged.extend(rows.into_iter().map(|(url, at, segment, offset)| (url, at, segment, offset.cast_unsigned())));
    Ok(())
}

/// Looks up the fetches whose responses lie at some places of the archive.
pub(super) async fn places(
    conn: &mut PgConnection,
    places: &[(Digest, &PayloadRef)],
    loaded: &mut Loaded,
) -> sqlx::Result<()> {
    let known: Vec<(i64, &PayloadRef)> =
        places.iter().filter_map(|(digest, payload)| Some(((*loaded.looked_up.get(digest)?)?, *payload))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query(
        "SELECT log.url, log.id, log.at, log.content_type, log.segment, log.position, log.length, log.blake3
         FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS r (url, segment, position)
              JOIN fetch_log AS log USING (url, segment, position)",
    )
    .bind(known.iter().map(|(url, _)| *url).collect::<Vec<_>>())
    .bind(known.iter().map(|(_, payload)| payload.segment.as_str()).collect::<Vec<_>>())
    .bind(known.iter().map(|(_, payload)| payload.offset.cast_signed()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    for row in rows {
        let payload = PayloadRef {
            segment: row.try_get(4)?,
            offset: row.try_get::<i64, _>(5)?.unsigned_abs(),
            length: row.try_get::<i64, _>(6)?.unsigned_abs(),
            blake3: ContentHash::from_stored(row.try_get::<String, _>(7)?),
        };
        let place = (row.try_get(0)?, payload.segment.clone(), payload.offset);
        let response =
            StoredResponse { at: micros::to_timestamp(row.try_get(2)?), content_type: row.try_get(3)?, payload };
        loaded.places.insert(place, (row.try_get(1)?, response));
    }
    Ok(())
}

/// Takes fetch numbers for as many visits.
pub(super) async fn fetch_nos(conn: &mut PgConnection, count: usize) -> sqlx::Result<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<i64> = sqlx::query_scalar("SELECT nextval('fetch_no') FROM generate_series(1, $1)")
        .bind(i64::try_from(count).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?;
    numbers.sort_unstable();
    Ok(numbers)
}

/// Looks up the groups that concern some URLs.
pub(super) async fn groups_of(conn: &mut PgConnection, urls: &[i64], loaded: &mut Loaded) -> sqlx::Result<()> {
    if urls.is_empty() {
        return Ok(());
    }
    // Only redirects of grouped URLs are followed back: a home page that thousands of lost pages
    // lead to concerns no group.
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "WITH RECURSIVE source (origin, id) AS (
             SELECT id, id FROM unnest($1::bigint[]) AS start (id)
             UNION SELECT source.origin, url.id FROM source JOIN url ON url.redirect_to = source.id AND url.grouped)
         SELECT DISTINCT source.origin, group_word.group_id
         FROM source JOIN group_word ON group_word.member = source.id",
    )
    .bind(urls)
    .fetch_all(conn)
    .await?;
    for url in urls {
        loaded.groups_of.insert(*url, Vec::new());
    }
    for (url, group) in rows {
        loaded.groups_of.entry(url).or_default().push(group);
    }
    Ok(())
}

/// Locks groups, the one of `seed` made if need be, and loads their words and members. Only groups
/// that come after all that are locked already, or the order of locks is lost.
pub(super) async fn lock_groups(
    conn: &mut PgConnection,
    groups: &BTreeSet<String>,
    seed: Option<&GroupSeed>,
    loaded: &mut Loaded,
) -> sqlx::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    if let Some((id, site, document_key)) = seed {
        // So that there is a row to lock.
        sqlx::query("INSERT INTO doc_group (id, site, document_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(id)
            .bind(site)
            .bind(document_key)
            .execute(&mut *conn)
            .await?;
    }
    let ids: Vec<&String> = groups.iter().collect();
    let rows = sqlx::query(
        "SELECT id, site, document_key, open_since, fingerprint, changed_at FROM doc_group
         WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    )
    .bind(&ids)
    .fetch_all(&mut *conn)
    .await?;
    for group in groups {
        loaded.groups.insert(group.clone(), None);
        loaded.words.insert(group.clone(), Vec::new());
    }
    for row in rows {
        let group = GroupRow {
            id: row.try_get(0)?,
            site: row.try_get(1)?,
            document_key: row.try_get(2)?,
            open_since: row.try_get(3)?,
            fingerprint: row.try_get(4)?,
            changed_at: row.try_get(5)?,
        };
        loaded.groups.insert(group.id.clone(), Some(group));
    }
    load_words(conn, &ids, loaded).await
}

/// Loads who says what in some locked groups, and the members as they are now.
async fn load_words(conn: &mut PgConnection, groups: &[&String], loaded: &mut Loaded) -> sqlx::Result<()> {
    let rows: Vec<(String, i64, i64, i64)> =
        sqlx::query_as("SELECT group_id, member, said_by, part FROM group_word WHERE group_id = ANY($1)")
            .bind(groups)
            .fetch_all(&mut *conn)
            .await?;
    let mut members = BTreeSet::new();
    for (group, member, said_by, part) in rows {
        members.insert(member);
        let word = Word { member, said_by, part: u32::try_from(part).unwrap_or(u32::MAX) };
        loaded.words.entry(group).or_default().push(word);
    }
    let members: Vec<i64> = members.into_iter().collect();
    chains(conn, &members, loaded).await
}
