//! Columns and values: how SQLite keeps them, and reading them back as the values of the model.

use crate::value::Value;
use baogao_model::ContentHash;
use baogao_model::event::Revision;
use baogao_model::report::{Region, Speaker};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{ToSql, ToSqlOutput, Type};
use std::borrow::Cow;
use std::error::Error;
use std::str::FromStr;

/// Times are microseconds since the epoch, dates are ISO texts, truth values are 1 and 0.
impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Truth(truth) => truth.to_sql(),
            Self::Integer(number) => number.to_sql(),
            Self::Real(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Instant(instant) => Ok(owned(instant.map(|instant| instant.as_microsecond()))),
            Self::Day(day) => Ok(owned(day.map(|day| day.to_string()))),
        }
    }
}

fn owned(value: Option<impl Into<rusqlite::types::Value>>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.map_or(rusqlite::types::Value::Null, Into::into))
}

/// The name of a column: those of times say their unit here.
pub(super) fn stored_name(name: &str) -> Cow<'_, str> {
    match name.strip_suffix("_at") {
        Some(stem) => format!("{stem}_us").into(),
        None => name.into(),
    }
}

/// The columns of a revision's key and order.
pub(super) fn revision(row: &Row<'_>) -> rusqlite::Result<Revision> {
    Ok(Revision {
        content_hash: ContentHash::from_stored(row.get::<_, String>("content_hash")?),
        fetch_no: unsigned(row, "fetch_no")?,
        extractor_version: row.get("extractor_version")?,
        parser_version: row.get("parser_version")?,
    })
}

/// The columns of a region; none if nothing is known of it.
pub(super) fn region(row: &Row<'_>) -> rusqlite::Result<Option<Region>> {
    let region = Region {
        name: row.get("region")?,
        level: parsed_or_none(row, "level")?,
        adcode: row.get("adcode")?,
        province: row.get("province")?,
        prefecture: row.get("prefecture")?,
        resolved_by: row.get("resolved_by")?,
    };
    Ok((region != Region::default()).then_some(region))
}

/// The columns of a speaker.
pub(super) fn speaker(row: &Row<'_>) -> rusqlite::Result<Option<Speaker>> {
    let Some(name) = row.get("speaker")? else { return Ok(None) };
    Ok(Some(Speaker { name, office: row.get("speaker_office")?, acting: row.get("speaker_acting")? }))
}

/// A text that is the name of something.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    parse(row, column, &row.get::<_, String>(column)?)
}

/// A text that is the name of something, or nothing.
pub(super) fn parsed_or_none<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    row.get::<_, Option<String>>(column)?.map(|text| parse(row, column, &text)).transpose()
}

fn parse<T>(row: &Row<'_>, column: &str, text: &str) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let index = row.as_ref().column_index(column)?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// Microseconds since the epoch.
pub(super) fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let index = row.as_ref().column_index(column)?;
    Timestamp::from_microsecond(row.get(index)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Integer, Box::new(error)))
}

/// A count or a number that is never negative.
pub(super) fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let index = row.as_ref().column_index(column)?;
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number))
}
