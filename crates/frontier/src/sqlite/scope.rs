//! A scope in the form the statements take, and its prefixes, which no index knows.

use crate::claim::Scope;
use rusqlite::{Connection, params};

/// The due URLs of a lane, longest due first. Plan: a range of `url_due`, already in order.
pub(super) const DUE_IN_LANE: &str = "SELECT due_at, url FROM url WHERE lane = ?1 AND due_at <= ?2 ORDER BY due_at";

/// A scope in the form the statements take: all but the prefixes are theirs to apply.
pub(super) struct ScopeArgs<'a> {
    scope: &'a Scope,
    /// A JSON array of sites; none for all.
    pub(super) sites: Option<String>,
    /// A JSON array of hosts; none for all.
    pub(super) hosts: Option<String>,
    pub(super) max_depth: i64,
}

impl<'a> ScopeArgs<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            sites: scope.sites.as_ref().map(|sites| serde_json::Value::from(sites.clone()).to_string()),
            hosts: scope.possible_hosts().map(|hosts| serde_json::Value::from(hosts).to_string()),
            max_depth: scope.max_depth.map_or(i64::MAX, i64::from),
        }
    }

    /// Whether URLs have to be looked at one by one.
    pub(super) fn has_prefixes(&self) -> bool {
        self.scope.prefixes.is_some()
    }

    /// Whether the prefixes admit a URL.
    pub(super) fn admits(&self, url: &str) -> bool {
        self.scope.admits(url)
    }

    /// The earliest due time, `until` at the latest, of the URLs of a lane that the prefixes admit.
    pub(super) fn first_due(&self, conn: &Connection, lane: i64, until: i64) -> rusqlite::Result<Option<i64>> {
        let mut statement = conn.prepare_cached(DUE_IN_LANE)?;
        let mut rows = statement.query(params![lane, until])?;
        while let Some(row) = rows.next()? {
            if self.admits(row.get_ref(1)?.as_str()?) {
                return row.get(0).map(Some);
            }
        }
        Ok(None)
    }

    /// How many URLs of a lane that the prefixes admit are due.
    pub(super) fn count_due(&self, conn: &Connection, lane: i64, now: i64) -> rusqlite::Result<u64> {
        let mut statement = conn.prepare_cached(DUE_IN_LANE)?;
        let mut rows = statement.query(params![lane, now])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += u64::from(self.admits(row.get_ref(1)?.as_str()?));
        }
        Ok(count)
    }
}
