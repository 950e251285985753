//! The statements that put a group of records in one transaction.
//!
//! Rows go in by `unnest`, one statement for each table whatever the size of the group. The rows of
//! the documents are locked first, in the order of their ids, and nothing else is touched without
//! that lock: so groups of different processes wait for each other and never in a circle.

use super::forget;
use super::ledger::{Arrival, Document, Documents, Entry, put_all};
use super::types::{Instant, Statement, array_type, bind_column};
use crate::Put;
use crate::row::{Field, Row};
use crate::value::Value;
use baogao_model::ContentHash;
use baogao_model::event::Revision;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};
use std::collections::BTreeMap;

/// Puts everything and commits it.
pub(super) async fn put_group(
    connection: &mut PgConnection,
    arrivals: &[Arrival<'_>],
) -> Result<Vec<Put>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // Before anything else is touched; see `forget`.
    let refused = forget::refused(&mut transaction, arrivals).await?;
    let is_open: Vec<bool> = arrivals.iter().map(|arrival| !forget::is_refused(arrival, &refused)).collect();
    let arrivals: Vec<Arrival<'_>> =
        arrivals.iter().zip(&is_open).filter(|(_, is_open)| **is_open).map(|(arrival, _)| *arrival).collect();
    let arrivals = arrivals.as_slice();
    let mut documents = lock(&mut transaction, arrivals).await?;
    know(&mut transaction, &mut documents, arrivals).await?;
    let puts = put_all(&mut documents, arrivals);
    insert_revisions(&mut transaction, &mut documents).await?;
    update_revisions(&mut transaction, &documents).await?;
    point_to_current(&mut transaction, &documents).await?;
    spread_records(&mut transaction, &documents).await?;
    replace_measurements(&mut transaction, &documents).await?;
    transaction.commit().await?;
    let mut puts = puts.into_iter();
    // One answer for each that was not refused.
    Ok(is_open
        .into_iter()
        .map(|is_open| if is_open { puts.next().unwrap_or(Put::Forgotten) } else { Put::Forgotten })
        .collect())
}

/// Makes and locks the rows of the documents, and notes that they were seen.
async fn lock<'a>(connection: &mut PgConnection, arrivals: &[Arrival<'a>]) -> Result<Documents<'a>, sqlx::Error> {
    let mut seen: BTreeMap<&str, (Timestamp, Timestamp)> = BTreeMap::new();
    for Arrival { row, now } in arrivals {
        let (_, last) = seen.entry(row.id.as_str()).or_insert((*now, *now));
        *last = (*last).max(*now);
    }
    // In the order of ids: rows are locked as they come.
    let sql = "INSERT INTO documents AS d (id, first_seen_at, last_seen_at)
               SELECT a.id, a.first_at, a.last_at
               FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS a (id, first_at, last_at)
               ORDER BY a.id COLLATE \"C\"
               ON CONFLICT (id) DO UPDATE SET last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at)
               RETURNING d.document_no, d.id, d.revision_no";
    let rows = sqlx::query(sql)
        .bind(seen.keys().copied().collect::<Vec<&str>>())
        .bind(seen.values().map(|(first, _)| Instant(*first)).collect::<Vec<_>>())
        .bind(seen.values().map(|(_, last)| Instant(*last)).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let mut documents = Documents::new();
    for row in rows {
        let id: String = row.try_get("id")?;
        let revision_no: Option<i64> = row.try_get("revision_no")?;
        if let Some((id, _)) = seen.get_key_value(id.as_str()) {
            documents.insert(id, Document::new(row.try_get("document_no")?, revision_no.is_none()));
        }
    }
    Ok(documents)
}

/// Reads what is known of the documents: their current revisions and those that arrive again.
///
/// A statement of its own, begun when the rows are locked, so that it sees what those that held
/// the locks before have committed.
async fn know(
    connection: &mut PgConnection,
    documents: &mut Documents<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(), sqlx::Error> {
    let mut known: BTreeMap<i64, &mut Document<'_>> =
        documents.values_mut().filter(|document| !document.is_new).map(|one| (one.document_no, one)).collect();
    if known.is_empty() {
        return Ok(());
    }
    let sql = "SELECT r.document_no, r.revision_no, r.content_hash, r.fetch_no, r.extractor_version, r.parser_version,
                      r.revision_no = d.revision_no AS is_current
               FROM documents d JOIN revisions r ON r.document_no = d.document_no
               WHERE d.document_no = ANY($1) AND (r.revision_no = d.revision_no OR r.content_hash = ANY($2))";
    let rows = sqlx::query(sql)
        .bind(known.keys().copied().collect::<Vec<i64>>())
        .bind(arrivals.iter().map(|arrival| arrival.row.revision.content_hash.as_str()).collect::<Vec<&str>>())
        .fetch_all(connection)
        .await?;
    for row in rows {
        let document_no: i64 = row.try_get("document_no")?;
        if let Some(document) = known.get_mut(&document_no) {
            document.know(row.try_get("revision_no")?, revision(&row)?, row.try_get("is_current")?);
        }
    }
    Ok(())
}

/// The columns of a revision's key and order.
pub(super) fn revision(row: &sqlx::postgres::PgRow) -> Result<Revision, sqlx::Error> {
    Ok(Revision {
        content_hash: ContentHash::from_stored(row.try_get::<String, _>("content_hash")?),
        fetch_no: unsigned(row, "fetch_no")?,
        extractor_version: version(row, "extractor_version")?,
        parser_version: version(row, "parser_version")?,
    })
}

/// A count or a number that is never negative.
pub(super) fn unsigned(row: &sqlx::postgres::PgRow, column: &str) -> Result<u64, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn version(row: &sqlx::postgres::PgRow, column: &str) -> Result<u32, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// As the database counts. `Row::new` has refused what does not fit.
fn signed(fetch_no: u64) -> i64 {
    i64::try_from(fetch_no).unwrap_or(i64::MAX)
}

/// Inserts the new revisions, and notes their numbers.
async fn insert_revisions(connection: &mut PgConnection, documents: &mut Documents<'_>) -> Result<(), sqlx::Error> {
    let mut new: Vec<(i64, &mut Entry<'_>)> = Vec::new();
    for document in documents.values_mut() {
        let document_no = document.document_no;
        new.extend(document.entries.iter_mut().filter(|entry| entry.revision_no.is_none()).map(|e| (document_no, e)));
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut columns = RevisionColumns::default();
    for (document_no, entry) in &new {
        // What is new was seen, and its content arrived.
        if let (Some((first, last)), Some(row)) = (entry.seen, entry.content) {
            columns.push(*document_no, &entry.revision, (first, last), row);
        }
    }
    let sql = "INSERT INTO revisions (document_no, content_hash, extractor_version, parser_version, fetch_no, kind,
                                      first_seen_at, last_seen_at, record)
               SELECT a.document_no, a.content_hash, a.extractor, a.parser, a.fetch_no, a.kind, a.first_at, a.last_at,
                      a.record::jsonb
               FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
                           $7::timestamptz[], $8::timestamptz[], $9::text[])
                    AS a (document_no, content_hash, extractor, parser, fetch_no, kind, first_at, last_at, record)
               RETURNING document_no, revision_no, content_hash, fetch_no, extractor_version, parser_version";
    let rows = columns.bind(sqlx::query(sql)).fetch_all(connection).await?;
    let mut numbers = BTreeMap::new();
    for row in rows {
        let (document_no, revision_no): (i64, i64) = (row.try_get("document_no")?, row.try_get("revision_no")?);
        numbers.insert((document_no, key(&revision(&row)?)), revision_no);
    }
    for (document_no, entry) in new {
        entry.revision_no = numbers.get(&(document_no, key(&entry.revision))).copied();
    }
    Ok(())
}

/// What tells revisions of one document apart.
fn key(revision: &Revision) -> (String, u32, u32) {
    (revision.content_hash.as_str().to_owned(), revision.extractor_version, revision.parser_version)
}

/// The rows of new revisions, column by column.
#[derive(Default)]
struct RevisionColumns<'a> {
    documents: Vec<i64>,
    hashes: Vec<&'a str>,
    extractors: Vec<i64>,
    parsers: Vec<i64>,
    fetches: Vec<i64>,
    kinds: Vec<&'a str>,
    firsts: Vec<Instant>,
    lasts: Vec<Instant>,
    records: Vec<&'a str>,
}

impl<'a> RevisionColumns<'a> {
    fn push(&mut self, document_no: i64, revision: &Revision, seen: (Timestamp, Timestamp), row: &'a Row) {
        self.documents.push(document_no);
        self.hashes.push(row.revision.content_hash.as_str());
        self.extractors.push(revision.extractor_version.into());
        self.parsers.push(revision.parser_version.into());
        self.fetches.push(signed(revision.fetch_no));
        self.kinds.push(row.kind.as_str());
        self.firsts.push(Instant(seen.0));
        self.lasts.push(Instant(seen.1));
        self.records.push(&row.json);
    }

    fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.documents)
            .bind(self.hashes)
            .bind(self.extractors)
            .bind(self.parsers)
            .bind(self.fetches)
            .bind(self.kinds)
            .bind(self.firsts)
            .bind(self.lasts)
            .bind(self.records)
    }
}

/// Notes that known revisions were seen; those whose content has risen take it over.
async fn update_revisions(connection: &mut PgConnection, documents: &Documents<'_>) -> Result<(), sqlx::Error> {
    let (mut numbers, mut lasts, mut fetches, mut kinds, mut records) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for entry in documents.values().filter(|document| !document.is_new).flat_map(|document| &document.entries) {
        let (Some(number), Some((_, last))) = (entry.revision_no, entry.seen) else { continue };
        numbers.push(number);
        lasts.push(Instant(last));
        fetches.push(signed(entry.revision.fetch_no));
        kinds.push(entry.content.map(|row| row.kind.as_str()));
        records.push(entry.content.map(|row| row.json.as_str()));
    }
    if numbers.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE revisions r
               SET last_seen_at = greatest(r.last_seen_at, a.last_at), fetch_no = a.fetch_no,
                   kind = coalesce(a.kind, r.kind), record = coalesce(a.record::jsonb, r.record)
               FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[])
                    AS a (revision_no, last_at, fetch_no, kind, record)
               WHERE r.revision_no = a.revision_no";
    let statement = sqlx::query(sql).bind(numbers).bind(lasts).bind(fetches).bind(kinds).bind(records);
    statement.execute(connection).await?;
    Ok(())
}

/// Notes which revisions are current now.
async fn point_to_current(connection: &mut PgConnection, documents: &Documents<'_>) -> Result<(), sqlx::Error> {
    let (mut numbers, mut revisions, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for document in documents.values() {
        let (Some(current), Some(changed_at)) = (document.current, document.changed_at) else { continue };
        numbers.push(document.document_no);
        revisions.push(document.entries[current].revision_no);
        times.push(Instant(changed_at));
    }
    if numbers.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE documents d SET revision_no = a.revision_no, changed_at = a.changed_at
               FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS a (document_no, revision_no, changed_at)
               WHERE d.document_no = a.document_no";
    sqlx::query(sql).bind(numbers).bind(revisions).bind(times).execute(connection).await?;
    Ok(())
}

/// Spreads the current revisions out.
async fn spread_records(connection: &mut PgConnection, documents: &Documents<'_>) -> Result<(), sqlx::Error> {
    let mut rows: Vec<Vec<Field>> = Vec::new();
    let mut spread: Vec<&Row> = Vec::new();
    for document in documents.values() {
        let Some(row) = document.spread else { continue };
        rows.push(vec![("document_no", document.document_no.into()), ("id", row.id.clone().into())]);
        spread.push(row);
    }
    let rows: Vec<Vec<&Field>> =
        rows.iter().zip(&spread).map(|(own, row)| own.iter().chain(&row.fields).collect()).collect();
    let Some(first) = rows.first() else { return Ok(()) };
    let taken_over: Vec<String> = first
        .iter()
        .filter(|(name, _)| !matches!(*name, "document_no" | "id"))
        .map(|(name, _)| format!("{name} = excluded.{name}"))
        .collect();
    let conflict = format!("ON CONFLICT (document_no) DO UPDATE SET {}", taken_over.join(", "));
    insert(connection, "current_records", &rows, &conflict).await
}

/// Replaces the measurements of the records that were spread out.
async fn replace_measurements(connection: &mut PgConnection, documents: &Documents<'_>) -> Result<(), sqlx::Error> {
    let spread = || documents.values().filter_map(|document| Some((document, document.spread?)));
    let known: Vec<i64> =
        spread().filter(|(document, _)| !document.is_new).map(|(document, _)| document.document_no).collect();
    if !known.is_empty() {
        let sql = "DELETE FROM measurements WHERE document_no = ANY($1)";
        sqlx::query(sql).bind(known).execute(&mut *connection).await?;
    }
    let numbers: Vec<Field> = spread().map(|(document, _)| ("document_no", document.document_no.into())).collect();
    let rows: Vec<Vec<&Field>> = numbers
        .iter()
        .zip(spread())
        .flat_map(|(number, (_, row))| row.measurements.iter().map(move |m| std::iter::once(number).chain(m).collect()))
        .collect();
    insert(connection, "measurements", &rows, "").await
}

/// Inserts rows that all fill the same columns.
async fn insert(
    connection: &mut PgConnection,
    table: &str,
    rows: &[Vec<&Field>],
    conflict: &str,
) -> Result<(), sqlx::Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<&str> = first.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<String> =
        (1..).zip(first).map(|(number, (_, value))| format!("${number}::{}", array_type(value))).collect();
    // Names of columns and types of this crate's own making.
    let sql =
        format!("INSERT INTO {table} ({}) SELECT * FROM unnest({}) {conflict}", names.join(", "), arrays.join(", "));
    let mut statement = sqlx::query(AssertSqlSafe(sql));
    for number in 0..names.len() {
        let column: Vec<&Value> = rows.iter().map(|row| &row[number].1).collect();
        statement = bind_column(statement, &column);
    }
    statement.execute(connection).await?;
    Ok(())
}
