//! Old rows leave the fetch log.

use crate::micros;
use crate::prune::{LogPlace, Pruned, Step};
use jiff::Timestamp;
use rusqlite::{Connection, params};

pub(super) fn prune(conn: &Connection, before: Timestamp, from: LogPlace, limit: usize) -> rusqlite::Result<Pruned> {
    let rows: Vec<(LogPlace, bool)> = conn
        .prepare_cached(
            "SELECT log.at, log.id, url.id IS NOT NULL
             FROM fetch_log AS log LEFT JOIN url ON url.id = log.url AND url.fetch_no = log.id
             WHERE log.at >= ?1 AND (log.at, log.id) > (?1, ?2) AND log.at < ?3 ORDER BY log.at, log.id LIMIT ?4",
        )?
        .query_map(params![from.at, from.id, micros::of(before), limit], |row| {
            Ok((LogPlace { at: row.get(0)?, id: row.get(1)? }, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let step = Step::of(&rows, limit);
    let mut delete = conn.prepare_cached("DELETE FROM fetch_log WHERE id = ?1")?;
    let mut deleted = 0;
    for id in &step.superseded {
        deleted += delete.execute([id])? as u64;
    }
    Ok(step.done(deleted))
}
