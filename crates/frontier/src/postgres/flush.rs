//! What writes a working set back: one statement for each table, any number of rows.

use super::ids::bucket_of;
use super::outbox;
use super::working_set::{Changes, Loaded};
use crate::micros;
use crate::rules::{GroupRow, LogEntry, UrlRow, Visit, Word};
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Writes everything that the rules have changed. Consumes the changes but for the messages' number,
/// which is returned.
pub(super) async fn flush(conn: &mut PgConnection, loaded: &Loaded, changes: &Changes) -> sqlx::Result<usize> {
    let changed = |row: &&UrlRow| loaded.urls.get(&row.id) != Some(*row);
    let (new, old): (Vec<&UrlRow>, Vec<&UrlRow>) =
        changes.urls.values().filter(changed).partition(|row| changes.new.contains_key(&row.id));
    insert_urls(conn, &new, changes).await?;
    update_urls(conn, &old).await?;
    count(conn, loaded, &new, &old).await?;
    log(conn, &changes.log).await?;
    save_groups(conn, changes.groups.values().collect()).await?;
    save_words(conn, changes).await?;
    outbox::add(conn, &changes.messages).await?;
    save_keys(conn, changes).await?;
    Ok(changes.messages.len())
}

/// One list for each column of some rows.
macro_rules! columns {
    ($query:expr, $rows:expr; $($row:ident => $value:expr),+ $(,)?) => {
        $query$(.bind($rows.iter().map(|$row| $value).collect::<Vec<_>>()))+
    };
}

async fn insert_urls(conn: &mut PgConnection, rows: &[&UrlRow], changes: &Changes) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // All that a URL can be when it is new: its page has not been seen.
    let query = sqlx::query(
        "INSERT INTO url (bucket, id, digest, url, host, priority, depth, visit, due_at, attempts, redirects, grouped)
         SELECT bucket, id, digest, url, host, priority, depth, visit, due_at, 0, redirects, grouped
         FROM unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::text[], $5::bigint[], $6::integer[],
                     $7::bigint[], $8::smallint[], $9::bigint[], $10::bigint[], $11::boolean[])
              AS new (bucket, id, digest, url, host, priority, depth, visit, due_at, redirects, grouped)",
    );
    columns!(query, rows;
        row => bucket_of(row.id),
        row => row.id,
        row => changes.new.get(&row.id).map(|digest| digest.to_vec()),
        row => row.url.as_str(),
        row => row.queue,
        row => row.priority,
        row => i64::from(row.depth),
        row => row.visit as i16,
        row => row.due_at,
        row => i64::from(row.redirects),
        row => row.grouped,
    )
    .execute(&mut *conn)
    .await?;
    // A batch may complete a URL that it brought itself.
    let seen: Vec<&UrlRow> = rows.iter().copied().filter(|row| row.visited_at.is_some()).collect();
    update_urls(conn, &seen).await
}

async fn update_urls(conn: &mut PgConnection, rows: &[&UrlRow]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "UPDATE url SET priority = v.priority, depth = v.depth, visit = v.visit, due_at = v.due_at,
                attempts = v.attempts, redirects = v.redirects, redirect_to = v.redirect_to, etag = v.etag,
                last_modified = v.last_modified, reason = v.reason, visited_at = v.visited_at,
                revisit = v.revisit, kind = v.kind, fetch_no = v.fetch_no, linked_no = v.linked_no,
                linked_version = v.linked_version, own_group = v.own_group, own_part = v.own_part,
                grouped = v.grouped
         FROM unnest($1::smallint[], $2::bigint[], $3::integer[], $4::bigint[], $5::smallint[], $6::bigint[],
                     $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::bigint[],
                     $14::bigint[], $15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::text[],
                     $20::bigint[], $21::boolean[])
              AS v (bucket, id, priority, depth, visit, due_at, attempts, redirects, redirect_to, etag, last_modified,
                    reason, visited_at, revisit, kind, fetch_no, linked_no, linked_version, own_group, own_part, grouped)
         WHERE url.bucket = v.bucket AND url.id = v.id",
    );
    columns!(query, rows;
        row => bucket_of(row.id),
        row => row.id,
        row => row.priority,
        row => i64::from(row.depth),
        row => row.visit as i16,
        row => row.due_at,
        row => i64::from(row.attempts),
        row => i64::from(row.redirects),
        row => row.redirect_to,
        row => row.etag.as_deref(),
        row => row.last_modified.as_deref(),
        row => row.reason.as_deref(),
        row => row.visited_at,
        row => row.revisit,
        row => row.kind.as_deref(),
        row => row.fetch_no,
        row => row.linked.map(|(fetch_no, _)| fetch_no),
        row => row.linked.map(|(_, version)| version),
        row => row.own_group.as_deref(),
        row => row.own_part.map(i64::from),
        row => row.grouped,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the counters of the lanes.
async fn count(conn: &mut PgConnection, loaded: &Loaded, new: &[&UrlRow], old: &[&UrlRow]) -> sqlx::Result<()> {
    let mut lanes: BTreeMap<(i64, i32, u32), [i64; Visit::ALL.len()]> = BTreeMap::new();
    let mut add = |row: &UrlRow, n: i64| {
        let counters = lanes.entry((row.queue, row.priority, row.depth)).or_default();
        counters[row.visit as usize] += n;
    };
    for row in new {
        add(row, 1);
    }
    for row in old {
        if let Some(before) = loaded.urls.get(&row.id) {
            add(before, -1);
        }
        add(row, 1);
    }
    lanes.retain(|_, counters| *counters != [0; Visit::ALL.len()]);
    if lanes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = lanes.into_iter().collect();
    let query = sqlx::query(
        "INSERT INTO lane (host, priority, depth, unvisited, fetched, redirected, retry, failed, excluded)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                              $7::bigint[], $8::bigint[], $9::bigint[])
         ON CONFLICT (host, priority, depth) DO UPDATE SET
             unvisited = lane.unvisited + excluded.unvisited, fetched = lane.fetched + excluded.fetched,
             redirected = lane.redirected + excluded.redirected, retry = lane.retry + excluded.retry,
             failed = lane.failed + excluded.failed, excluded = lane.excluded + excluded.excluded",
    );
    columns!(query, rows;
        lane => lane.0.0,
        lane => lane.0.1,
        lane => i64::from(lane.0.2),
        lane => lane.1[Visit::None as usize],
        lane => lane.1[Visit::Fetched as usize],
        lane => lane.1[Visit::Redirected as usize],
        lane => lane.1[Visit::Retry as usize],
        lane => lane.1[Visit::Failed as usize],
        lane => lane.1[Visit::Excluded as usize],
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn log(conn: &mut PgConnection, rows: &[(i64, LogEntry)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "INSERT INTO fetch_log (id, url, at, epoch, stale, outcome, status, reason, content_type, bytes,
                                segment, position, length, blake3)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[],
                              $7::integer[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[],
                              $13::bigint[], $14::text[])",
    );
    columns!(query, rows;
        row => row.0,
        row => row.1.url,
        row => micros::of(row.1.at),
        row => row.1.epoch,
        row => row.1.stale,
        row => row.1.outcome,
        row => row.1.status.map(i32::from),
        row => row.1.reason.as_deref(),
        row => row.1.response.as_ref().and_then(|(response, _)| response.content_type.as_deref()),
        row => row.1.response.as_ref().map(|(_, bytes)| bytes.cast_signed()),
        row => row.1.response.as_ref().map(|(response, _)| response.payload.segment.as_str()),
        row => row.1.response.as_ref().map(|(response, _)| response.payload.offset.cast_signed()),
        row => row.1.response.as_ref().map(|(response, _)| response.payload.length.cast_signed()),
        row => row.1.response.as_ref().map(|(response, _)| response.payload.blake3.as_str()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn save_groups(conn: &mut PgConnection, rows: Vec<&GroupRow>) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "INSERT INTO doc_group (id, site, document_key, open_since, fingerprint, changed_at)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
         ON CONFLICT (id) DO UPDATE SET open_since = excluded.open_since, fingerprint = excluded.fingerprint,
             changed_at = excluded.changed_at",
    );
    columns!(query, rows;
        row => row.id.as_str(),
        row => row.site.as_str(),
        row => row.document_key.as_str(),
        row => row.open_since,
        row => row.fingerprint.as_deref(),
        row => row.changed_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn save_words(conn: &mut PgConnection, changes: &Changes) -> sqlx::Result<()> {
    if !changes.forgotten.is_empty() {
        let said_by: Vec<i64> = changes.forgotten.iter().copied().collect();
        sqlx::query("DELETE FROM group_word WHERE said_by = ANY($1)").bind(said_by).execute(&mut *conn).await?;
    }
    let rows: &[(String, Word)] = &changes.words;
    if rows.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(
        "INSERT INTO group_word (group_id, said_by, member, part)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])",
    );
    columns!(query, rows;
        row => row.0.as_str(),
        row => row.1.said_by,
        row => row.1.member,
        row => i64::from(row.1.part),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes pace keys. Last, as their earliest due times are read from the rows below them.
async fn save_keys(conn: &mut PgConnection, changes: &Changes) -> sqlx::Result<()> {
    for key in changes.keys.values() {
        sqlx::query(
            "UPDATE pace_key SET epoch = $2, delay = $3, failures = $4, polite_at = $5, next_at = $6,
                    lease_until = $7, lease_owner = CASE WHEN $7 IS NULL THEN NULL ELSE lease_owner END
             WHERE id = $1",
        )
        .bind(key.id)
        .bind(key.epoch)
        .bind(key.delay)
        .bind(i32::try_from(key.failures).unwrap_or(i32::MAX))
        .bind(key.polite_at)
        .bind(key.next_at)
        .bind(key.lease_until)
        .execute(&mut *conn)
        .await?;
    }
    let keys: Vec<i64> = changes.due_keys.iter().copied().collect();
    refresh_due(conn, &keys).await
}

/// Sets the earliest due times of keys: the least of the fronts of their lanes.
pub(super) async fn refresh_due(conn: &mut PgConnection, keys: &[i64]) -> sqlx::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE pace_key SET due_at = (
             SELECT min(front.due_at) FROM host JOIN lane ON lane.host = host.id
                    CROSS JOIN LATERAL (
                        SELECT url.due_at FROM url
                        WHERE url.bucket = host.bucket AND url.host = lane.host AND url.priority = lane.priority
                              AND url.depth = lane.depth
                        ORDER BY url.due_at LIMIT 1) AS front
             WHERE host.pace_key = pace_key.id)
         WHERE id = ANY($1)",
    )
    .bind(keys)
    .execute(conn)
    .await?;
    Ok(())
}
