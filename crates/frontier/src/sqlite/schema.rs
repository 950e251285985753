//! The tables, and how an older file becomes a current one.
//!
//! - `pace_key` is small and hot: politeness, lease, and the earliest due time of all its URLs.
//! - A `lane` is a queue: the URLs of one host with one priority and one depth. Claims walk lanes
//!   from best to worst and read each from its front, so a claim costs some index look-ups per
//!   pace key and never a scan of URLs that are not due, too deep or of another site.
//! - `tally` counts the URLs of a lane by state; triggers keep it, so counting costs nothing.
//! - Times are microseconds since the Unix epoch, lengths of time microseconds.

use rusqlite::Connection;

/// The version of the newest schema.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// What leads from each version to the next. Entries are never edited, only added.
const MIGRATIONS: [&str; 4] = [V1, V2, V3, V4];

const V1: &str = "
CREATE TABLE pace_key (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- When the key may be claimed: `polite_at`, or a delay after the end of the lease while leased.
    next_at INTEGER NOT NULL,
    -- When the next request may start, as told by completions.
    polite_at INTEGER NOT NULL,
    -- The site's own Crawl-delay where it is longer than ours.
    delay INTEGER,
    -- Requests in a row that got no answer.
    failures INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    -- The earliest `due_at` of its URLs.
    due_at INTEGER
) STRICT;
CREATE INDEX pace_key_wake ON pace_key (max(next_at, due_at)) WHERE due_at IS NOT NULL;
CREATE INDEX pace_key_lease ON pace_key (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    pace_key INTEGER NOT NULL REFERENCES pace_key (id)
) STRICT;
CREATE INDEX host_pace_key ON host (pace_key);
CREATE INDEX host_site ON host (site);

CREATE TABLE lane (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL REFERENCES host (id),
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    UNIQUE (host, priority, depth)
) STRICT;

CREATE TABLE url (
    id INTEGER PRIMARY KEY,
    -- The first 16 bytes of the BLAKE3 digest of the canonical URL.
    digest BLOB NOT NULL UNIQUE,
    url TEXT NOT NULL,
    lane INTEGER NOT NULL REFERENCES lane (id),
    visit INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    redirects INTEGER NOT NULL DEFAULT 0,
    redirect_to INTEGER REFERENCES url (id),
    etag TEXT,
    last_modified TEXT,
    reason TEXT,
    visited_at INTEGER,
    revisit INTEGER,
    kind TEXT,
    -- The fetch that brought the stored response.
    fetch_no INTEGER REFERENCES fetch_log (id),
    -- The fetch whose links are stored, and what the page then said of itself.
    linked_no INTEGER,
    linked_version INTEGER,
    own_group TEXT,
    own_part INTEGER,
    -- Whether a group's page names it or redirects to it.
    grouped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX url_due ON url (lane, due_at);
CREATE INDEX url_retry ON url (due_at) WHERE visit = 3;
CREATE INDEX url_lost ON url (visited_at) WHERE visit IN (4, 5);
CREATE INDEX url_redirect ON url (redirect_to) WHERE redirect_to IS NOT NULL AND grouped = 1;

CREATE TABLE tally (
    lane INTEGER NOT NULL,
    visit INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (lane, visit)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER url_added AFTER INSERT ON url BEGIN
    INSERT INTO tally (lane, visit, n) VALUES (new.lane, new.visit, 1)
        ON CONFLICT (lane, visit) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER url_moved AFTER UPDATE OF lane, visit ON url WHEN old.lane <> new.lane OR old.visit <> new.visit BEGIN
    UPDATE tally SET n = n - 1 WHERE lane = old.lane AND visit = old.visit;
    INSERT INTO tally (lane, visit, n) VALUES (new.lane, new.visit, 1)
        ON CONFLICT (lane, visit) DO UPDATE SET n = n + 1;
END;

-- Every completion. The ids are the one sequence of fetch numbers.
CREATE TABLE fetch_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url INTEGER NOT NULL REFERENCES url (id),
    at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    reason TEXT,
    content_type TEXT,
    bytes INTEGER,
    segment TEXT,
    position INTEGER,
    length INTEGER,
    blake3 TEXT
) STRICT;
-- The same response handed in twice is one fetch.
CREATE UNIQUE INDEX fetch_log_once ON fetch_log (url, at, segment, position) WHERE segment IS NOT NULL;

CREATE TABLE doc_group (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    document_key TEXT NOT NULL,
    -- Since when it waits for parts.
    open_since INTEGER,
    -- What went out last.
    fingerprint TEXT,
    -- When a part was last seen to have changed: its siblings are taken as they are only if they
    -- were visited since.
    changed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX doc_group_open ON doc_group (open_since) WHERE open_since IS NOT NULL;

-- Which page (`said_by`) names which URL as which part: the latest word of each page.
CREATE TABLE group_word (
    group_id TEXT NOT NULL REFERENCES doc_group (id),
    said_by INTEGER NOT NULL REFERENCES url (id),
    member INTEGER NOT NULL REFERENCES url (id),
    part INTEGER NOT NULL,
    PRIMARY KEY (said_by, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_word_group ON group_word (group_id, member);
CREATE INDEX group_word_member ON group_word (member);

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    time INTEGER NOT NULL,
    routing_key TEXT NOT NULL,
    traceparent TEXT,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Until when a row of the outbox is somebody's to send.
const V2: &str = "ALTER TABLE outbox ADD COLUMN claimed_until INTEGER NOT NULL DEFAULT 0";

/// Old rows of the fetch log are found by the first and deleted by the second, or each would be looked
/// for among all URLs, one of which may refer to it.
const V3: &str = "
CREATE INDEX fetch_log_at ON fetch_log (at);
CREATE INDEX url_fetch ON url (fetch_no) WHERE fetch_no IS NOT NULL;
";

/// What was taken down: `key` is the host, or the URL without its scheme.
const V4: &str = "
CREATE TABLE forgotten (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT
) STRICT, WITHOUT ROWID;
";

/// The version of the schema in the file; 0 for an empty one.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the schema from version `from` to [`VERSION`], each step whole or not at all.
pub(super) fn migrate(conn: &mut Connection, from: i64) -> rusqlite::Result<()> {
    for (version, script) in (1..).zip(MIGRATIONS).skip(usize::try_from(from).unwrap_or(0)) {
        let transaction = conn.transaction()?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
