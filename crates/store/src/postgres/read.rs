//! The queries. Each is one statement, and so sees one state of the database.

use super::filter::{Filter, ORDER, ROWS};
use super::types::{Day, Instant};
use super::write::{revision, unsigned};
use crate::query::{Counts, Cursor, Place, RevisionInfo, Summary};
use baogao_model::ReportId;
use baogao_model::report::{Kind, Region, Speaker};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use std::error::Error;
use std::str::FromStr;

/// A stored document before its JSON is read.
pub(super) struct RawStored {
    pub(super) json: String,
    pub(super) revisions: Vec<RevisionInfo>,
    pub(super) first_seen_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
}

/// Summaries of the records that pass `filter`, `limit` at most.
pub(super) async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Summary>, sqlx::Error> {
    let sql = format!(
        "SELECT c.id, c.kind, c.kind_score, c.title, c.level, c.adcode, c.region, c.province, c.prefecture,
                c.resolved_by, c.government, c.delivered_on, c.year, c.review_year, c.plan_year, c.speaker,
                c.speaker_office, c.speaker_acting, c.completeness, c.site, c.url, c.published_on, c.text_chars,
                c.measurement_count, c.warning_count, d.first_seen_at, d.last_seen_at, d.changed_at,
                c.order_year, c.order_code
         FROM {ROWS} WHERE {} ORDER BY {ORDER} LIMIT {}",
        filter.sql(),
        filter.next_mark(),
    );
    let statement = filter.bind(sqlx::query(AssertSqlSafe(sql))).bind(i64::from(limit));
    statement.fetch_all(connection).await?.iter().map(summary).collect()
}

fn summary(row: &PgRow) -> Result<Summary, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let place = Place { year: row.try_get("order_year")?, code: row.try_get("order_code")?, id: id.clone() };
    Ok(Summary {
        id: ReportId::from_stored(id),
        kind: parsed(row, "kind")?,
        kind_score: row.try_get("kind_score")?,
        title: row.try_get("title")?,
        region: region(row)?,
        government: row.try_get("government")?,
        delivered_on: day(row, "delivered_on")?,
        year: row.try_get("year")?,
        review_year: row.try_get("review_year")?,
        plan_year: row.try_get("plan_year")?,
        speaker: speaker(row)?,
        completeness: parsed(row, "completeness")?,
        site: row.try_get("site")?,
        url: row.try_get("url")?,
        published_on: day(row, "published_on")?,
        text_chars: unsigned(row, "text_chars")?,
        measurements: unsigned(row, "measurement_count")?,
        warnings: unsigned(row, "warning_count")?,
        first_seen_at: instant(row, "first_seen_at")?,
        last_seen_at: instant(row, "last_seen_at")?,
        changed_at: instant(row, "changed_at")?,
        cursor: Cursor::new(&place),
    })
}

/// The columns of a region; none if nothing is known of it.
fn region(row: &PgRow) -> Result<Option<Region>, sqlx::Error> {
    let region = Region {
        name: row.try_get("region")?,
        level: row.try_get::<Option<String>, _>("level")?.map(|text| parse(&text)).transpose()?,
        adcode: row.try_get("adcode")?,
        province: row.try_get("province")?,
        prefecture: row.try_get("prefecture")?,
        resolved_by: row.try_get("resolved_by")?,
    };
    Ok((region != Region::default()).then_some(region))
}

/// The columns of a speaker.
fn speaker(row: &PgRow) -> Result<Option<Speaker>, sqlx::Error> {
    let Some(name) = row.try_get("speaker")? else { return Ok(None) };
    Ok(Some(Speaker { name, office: row.try_get("speaker_office")?, acting: row.try_get("speaker_acting")? }))
}

/// A text that is the name of something.
fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(row: &PgRow, column: &str) -> Result<T, sqlx::Error> {
    parse(&row.try_get::<String, _>(column)?)
}

fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(text: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}

fn instant(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get::<Instant, _>(column).map(|instant| instant.0)
}

fn day(row: &PgRow, column: &str) -> Result<Option<Date>, sqlx::Error> {
    Ok(row.try_get::<Option<Day>, _>(column)?.map(|day| day.0))
}

/// The numbers of the documents that pass `filter`, in order: what an export walks along.
pub(super) async fn document_numbers(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: Option<u32>,
) -> Result<Vec<i64>, sqlx::Error> {
    // As one array: a row of its own for each would take many times the room.
    let sql = format!(
        "SELECT ARRAY(SELECT c.document_no FROM {ROWS} WHERE {} ORDER BY {ORDER} LIMIT {})",
        filter.sql(),
        filter.next_mark()
    );
    // No number is no limit.
    let statement = filter.bind(sqlx::query(AssertSqlSafe(sql))).bind(limit.map(i64::from));
    statement.fetch_one(connection).await?.try_get(0)
}

/// The ids that begin with `prefix`, in order, `limit` at most.
pub(super) async fn ids_with_prefix(
    connection: &mut PgConnection,
    prefix: &str,
    limit: u32,
) -> Result<Vec<String>, sqlx::Error> {
    // A range, since the index serves it; no character sorts behind the last one of Unicode.
    let sql = "SELECT id FROM current_records WHERE id >= $1 AND id < $1 || chr(1114111) ORDER BY id LIMIT $2";
    sqlx::query_scalar(sql).bind(prefix).bind(i64::from(limit)).fetch_all(connection).await
}

/// One document with its history.
pub(super) async fn get(connection: &mut PgConnection, id: &str) -> Result<Option<RawStored>, sqlx::Error> {
    let sql = "SELECT r.content_hash, r.fetch_no, r.extractor_version, r.parser_version, r.kind, r.first_seen_at,
                      r.last_seen_at, d.first_seen_at AS document_first_at, d.last_seen_at AS document_last_at,
                      CASE WHEN r.revision_no = d.revision_no THEN r.record::text END AS record
               FROM documents d JOIN revisions r ON r.document_no = d.document_no
               WHERE d.id = $1
               ORDER BY r.revision_no = d.revision_no DESC, r.fetch_no DESC, r.extractor_version DESC,
                        r.parser_version DESC, r.content_hash DESC";
    let rows = sqlx::query(sql).bind(id).fetch_all(connection).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    Ok(Some(RawStored {
        json: first.try_get("record")?,
        revisions: rows.iter().map(revision_info).collect::<Result<_, _>>()?,
        first_seen_at: instant(first, "document_first_at")?,
        last_seen_at: instant(first, "document_last_at")?,
    }))
}

fn revision_info(row: &PgRow) -> Result<RevisionInfo, sqlx::Error> {
    Ok(RevisionInfo {
        revision: revision(row)?,
        kind: parsed(row, "kind")?,
        first_seen_at: instant(row, "first_seen_at")?,
        last_seen_at: instant(row, "last_seen_at")?,
    })
}

/// How much there is.
pub(super) async fn counts(connection: &mut PgConnection) -> Result<Counts, sqlx::Error> {
    // One row for the whole, then one for each kind.
    let sql = "SELECT NULL AS kind, (SELECT count(*) FROM revisions) AS number,
                      (SELECT coalesce(sum(measurement_count), 0)::bigint FROM current_records) AS measurements
               UNION ALL
               SELECT kind, count(*), 0 FROM current_records GROUP BY kind";
    let mut counts = Counts::default();
    for row in sqlx::query(sql).fetch_all(connection).await? {
        let number = unsigned(&row, "number")?;
        let Some(kind) = row.try_get::<Option<String>, _>("kind")? else {
            counts.revisions = number;
            counts.measurements = unsigned(&row, "measurements")?;
            continue;
        };
        let kind: Kind = parse(&kind)?;
        counts.reports += if kind.is_report() { number } else { 0 };
        counts.documents.insert(kind, number);
    }
    Ok(counts)
}
