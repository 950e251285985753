//! Putting one record: its revision, and what is current afterwards.
//!
//! Runs inside the writer's transaction; all of it happens or none.

use super::columns::{revision, stored_name};
use crate::Put;
use crate::row::{Field, Row};
use crate::rule::{Verdict, decide};
use crate::value::Value;
use baogao_model::event::Revision;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::borrow::Cow;

/// Which revision of a document is current.
struct Current {
    revision: Revision,
    changed_us: i64,
}

/// Puts one record at the time `now_us`.
pub(super) fn put(connection: &Connection, row: &Row, now_us: i64) -> rusqlite::Result<Put> {
    let current = current(connection, &row.id)?;
    let known = known(connection, row)?;
    let verdict = decide(
        current.as_ref().map(|current| &current.revision),
        // Never negative: it was a `u64` when it was stored.
        known.map(|(_, fetch_no)| fetch_no.unsigned_abs()),
        &row.revision,
    );
    let revision_no = match known {
        Some((revision_no, _)) => see_again(connection, row, revision_no, verdict, now_us)?,
        None => insert_revision(connection, row, now_us)?,
    };
    match current {
        _ if verdict.changes() => make_current(connection, row, revision_no, now_us, now_us)?,
        Some(current) if verdict.spreads() => {
            make_current(connection, row, revision_no, now_us, current.changed_us)?;
        }
        _ => touch(connection, &row.id, now_us)?,
    }
    Ok(verdict.put)
}

fn current(connection: &Connection, id: &str) -> rusqlite::Result<Option<Current>> {
    let sql = "SELECT r.content_hash, r.fetch_no, r.extractor_version, r.parser_version, c.changed_us
               FROM current_records c JOIN revisions r ON r.revision_no = c.revision_no WHERE c.id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok(Current { revision: revision(row)?, changed_us: row.get("changed_us")? });
    connection.prepare_cached(sql)?.query_row([id], read).optional()
}

/// The number of the row of this very revision and the highest fetch number it was seen with.
fn known(connection: &Connection, row: &Row) -> rusqlite::Result<Option<(i64, i64)>> {
    let revision = &row.revision;
    let sql = "SELECT revision_no, fetch_no FROM revisions
               WHERE id = ?1 AND content_hash = ?2 AND extractor_version = ?3 AND parser_version = ?4";
    let key = params![row.id, revision.content_hash.as_str(), revision.extractor_version, revision.parser_version];
    connection.prepare_cached(sql)?.query_row(key, |found| Ok((found.get(0)?, found.get(1)?))).optional()
}

/// Notes that a known revision was seen; its fetch number and content rise if the verdict says so.
fn see_again(
    connection: &Connection,
    row: &Row,
    revision_no: i64,
    verdict: Verdict,
    now_us: i64,
) -> rusqlite::Result<i64> {
    if verdict.has_risen {
        connection
            .prepare_cached("UPDATE revisions SET fetch_no = ?2, kind = ?3, record = ?4 WHERE revision_no = ?1")?
            .execute(params![revision_no, row.fetch_no, row.kind.as_str(), row.json])?;
    }
    connection
        .prepare_cached("UPDATE revisions SET last_seen_us = max(last_seen_us, ?2) WHERE revision_no = ?1")?
        .execute(params![revision_no, now_us])?;
    Ok(revision_no)
}

/// Gives the number of the new row.
fn insert_revision(connection: &Connection, row: &Row, now_us: i64) -> rusqlite::Result<i64> {
    let revision = &row.revision;
    let sql = "INSERT INTO revisions (id, content_hash, extractor_version, parser_version, fetch_no, kind,
               first_seen_us, last_seen_us, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        row.id,
        revision.content_hash.as_str(),
        revision.extractor_version,
        revision.parser_version,
        row.fetch_no,
        row.kind.as_str(),
        now_us,
        row.json,
    ])?;
    Ok(connection.last_insert_rowid())
}

/// Spreads a revision out as the current one, its measurements with it.
fn make_current(
    connection: &Connection,
    row: &Row,
    revision_no: i64,
    now_us: i64,
    changed_us: i64,
) -> rusqlite::Result<()> {
    let identity: [Field; 5] = [
        ("id", row.id.clone().into()),
        ("revision_no", revision_no.into()),
        ("first_seen_us", now_us.into()),
        ("last_seen_us", now_us.into()),
        ("changed_us", changed_us.into()),
    ];
    let (names, values): (Vec<Cow<'_, str>>, Vec<&Value>) =
        identity.iter().chain(&row.fields).map(|(name, value)| (stored_name(name), value)).unzip();
    let sql = format!(
        "{} ON CONFLICT (id) DO UPDATE SET {} RETURNING record_no",
        insert("current_records", &names),
        names.iter().filter_map(|name| taken_over(name)).collect::<Vec<_>>().join(", "),
    );
    let record_no: i64 = connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |found| found.get(0))?;
    replace_measurements(connection, record_no, &row.measurements)
}

/// How the column of a known document takes the new value; none where the old one stays.
fn taken_over(column: &str) -> Option<String> {
    match column {
        "id" | "first_seen_us" => None,
        "last_seen_us" => Some("last_seen_us = max(last_seen_us, excluded.last_seen_us)".to_owned()),
        _ => Some(format!("{column} = excluded.{column}")),
    }
}

fn replace_measurements(connection: &Connection, record_no: i64, measurements: &[Vec<Field>]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM measurements WHERE record_no = ?1")?.execute([record_no])?;
    let Some(first) = measurements.first() else { return Ok(()) };
    // Every measurement fills the same columns.
    let names: Vec<Cow<'_, str>> =
        std::iter::once("record_no".into()).chain(first.iter().map(|(name, _)| stored_name(name))).collect();
    let mut statement = connection.prepare_cached(&insert("measurements", &names))?;
    let record_no = Value::from(record_no);
    for fields in measurements {
        let values = std::iter::once(&record_no).chain(fields.iter().map(|(_, value)| value));
        statement.execute(params_from_iter(values))?;
    }
    Ok(())
}

/// Notes that a document was seen, though nothing about it changes.
fn touch(connection: &Connection, id: &str, now_us: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE current_records SET last_seen_us = max(last_seen_us, ?2) WHERE id = ?1")?
        .execute(params![id, now_us])?;
    Ok(())
}

/// `INSERT INTO table (a, b) VALUES (?, ?)`.
fn insert(table: &str, names: &[Cow<'_, str>]) -> String {
    let marks = vec!["?"; names.len()].join(", ");
    format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "))
}
