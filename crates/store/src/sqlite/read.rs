//! The queries. Each is one short read transaction, so that no reader holds back the writer's log.

use super::columns::{instant, parsed, parsed_or_none, region, revision, speaker, unsigned};
use super::filter::Filter;
use crate::query::{Counts, Cursor, Place, RevisionInfo, Summary};
use baogao_model::ReportId;
use baogao_model::report::Kind;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// The order of lists and exports.
const ORDER: &str = "c.order_year DESC, c.order_code, c.id";

/// A stored document before its JSON is read.
pub(super) struct RawStored {
    pub(super) json: String,
    pub(super) revisions: Vec<RevisionInfo>,
    pub(super) first_seen_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
}

/// Summaries of the records that pass `filter`, `limit` at most.
pub(super) fn list(connection: &Connection, filter: &Filter, limit: u32) -> rusqlite::Result<Vec<Summary>> {
    let sql = format!(
        "SELECT c.id, c.kind, c.kind_score, c.title, c.level, c.adcode, c.region, c.province, c.prefecture,
                c.resolved_by, c.government, c.delivered_on, c.year, c.review_year, c.plan_year, c.speaker,
                c.speaker_office, c.speaker_acting, c.completeness, c.site, c.url, c.published_on, c.text_chars,
                c.measurement_count, c.warning_count, c.first_seen_us, c.last_seen_us, c.changed_us,
                c.order_year, c.order_code
         FROM current_records c WHERE {} ORDER BY {ORDER} LIMIT ?",
        filter.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let values = filter.values.iter().cloned().chain([Value::from(limit)]);
    statement.query_map(params_from_iter(values), summary)?.collect()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let id: String = row.get("id")?;
    let place = Place { year: row.get("order_year")?, code: row.get("order_code")?, id: id.clone() };
    Ok(Summary {
        id: ReportId::from_stored(id),
        kind: parsed(row, "kind")?,
        kind_score: row.get("kind_score")?,
        title: row.get("title")?,
        region: region(row)?,
        government: row.get("government")?,
        delivered_on: parsed_or_none(row, "delivered_on")?,
        year: row.get("year")?,
        review_year: row.get("review_year")?,
        plan_year: row.get("plan_year")?,
        speaker: speaker(row)?,
        completeness: parsed(row, "completeness")?,
        site: row.get("site")?,
        url: row.get("url")?,
        published_on: parsed_or_none(row, "published_on")?,
        text_chars: unsigned(row, "text_chars")?,
        measurements: unsigned(row, "measurement_count")?,
        warnings: unsigned(row, "warning_count")?,
        first_seen_at: instant(row, "first_seen_us")?,
        last_seen_at: instant(row, "last_seen_us")?,
        changed_at: instant(row, "changed_us")?,
        cursor: Cursor::new(&place),
    })
}

/// The numbers of the records that pass `filter`, in order: what an export walks along.
pub(super) fn record_numbers(
    connection: &Connection,
    filter: &Filter,
    limit: Option<u32>,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT c.record_no FROM current_records c WHERE {} ORDER BY {ORDER} LIMIT ?", filter.sql());
    // A negative limit is none.
    let limit = limit.map_or(-1, i64::from);
    let mut statement = connection.prepare(&sql)?;
    let values = filter.values.iter().cloned().chain([Value::from(limit)]);
    statement.query_map(params_from_iter(values), |row| row.get(0))?.collect()
}

/// The ids that begin with `prefix`, in order, `limit` at most.
pub(super) fn ids_with_prefix(connection: &Connection, prefix: &str, limit: u32) -> rusqlite::Result<Vec<String>> {
    // A range, since the index serves it; no character sorts behind the last one of Unicode.
    let sql = "SELECT id FROM current_records WHERE id >= ?1 AND id < ?1 || char(0x10FFFF) ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map((prefix, limit), |row| row.get(0))?.collect()
}

/// One document with its history.
pub(super) fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<RawStored>> {
    // One transaction over both queries, so that record and history belong together.
    let snapshot = connection.unchecked_transaction()?;
    let sql = "SELECT c.revision_no, c.first_seen_us, c.last_seen_us, r.record
               FROM current_records c JOIN revisions r ON r.revision_no = c.revision_no WHERE c.id = ?1";
    let read = |row: &Row<'_>| {
        let revision_no: i64 = row.get("revision_no")?;
        let raw = RawStored {
            json: row.get("record")?,
            revisions: Vec::new(),
            first_seen_at: instant(row, "first_seen_us")?,
            last_seen_at: instant(row, "last_seen_us")?,
        };
        Ok((revision_no, raw))
    };
    let Some((current_no, mut raw)) = snapshot.prepare_cached(sql)?.query_row([id], read).optional()? else {
        return Ok(None);
    };
    raw.revisions = revisions(&snapshot, id, current_no)?;
    Ok(Some(raw))
}

fn revisions(connection: &Connection, id: &str, current_no: i64) -> rusqlite::Result<Vec<RevisionInfo>> {
    let sql = "SELECT content_hash, fetch_no, extractor_version, parser_version, kind, first_seen_us, last_seen_us
               FROM revisions WHERE id = ?1
               ORDER BY revision_no = ?2 DESC, fetch_no DESC, extractor_version DESC, parser_version DESC,
                        content_hash DESC";
    let read = |row: &Row<'_>| {
        Ok(RevisionInfo {
            revision: revision(row)?,
            kind: parsed(row, "kind")?,
            first_seen_at: instant(row, "first_seen_us")?,
            last_seen_at: instant(row, "last_seen_us")?,
        })
    };
    connection.prepare_cached(sql)?.query_map((id, current_no), read)?.collect()
}

/// How much there is.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    let snapshot = connection.unchecked_transaction()?;
    let one = |sql: &str| snapshot.query_row(sql, [], |row| unsigned(row, "n"));
    let mut counts = Counts {
        revisions: one("SELECT count(*) AS n FROM revisions")?,
        measurements: one("SELECT count(*) AS n FROM measurements")?,
        ..Counts::default()
    };
    let mut statement = snapshot.prepare_cached("SELECT kind, count(*) AS n FROM current_records GROUP BY kind")?;
    let by_kind = statement.query_map([], |row| Ok((parsed::<Kind>(row, "kind")?, unsigned(row, "n")?)))?;
    for pair in by_kind {
        let (kind, number) = pair?;
        counts.reports += if kind.is_report() { number } else { 0 };
        counts.documents.insert(kind, number);
    }
    Ok(counts)
}
