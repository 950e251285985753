//! Exports: a walk along the numbers of the records meant, a few at a time.
//!
//! The numbers (8 bytes a record) are taken in one short statement; then a few records at a time are
//! read, as they are by then, and left out where they no longer pass. So no transaction stays open
//! while a slow destination takes the bytes (an old one keeps the server from tidying its tables),
//! no record comes twice, and none that stays unchanged is missed.

use super::connections::{Connector, Readers};
use super::filter::{Filter, ROWS};
use super::read;
use super::types::{Day, Instant};
use crate::backend::Destination;
use crate::export::{Cell, Column, CsvWriter, Format, MEASUREMENT_COLUMNS, REPORT_COLUMNS};
use crate::{Query, Record, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row, TypeInfo, ValueRef};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many records are read at a time, and held in memory.
const CHUNK: usize = 8;

const EXPORT: &str = "export records";

/// One export in the making.
pub(super) struct Export<'a> {
    pub(super) connector: &'a Connector,
    pub(super) readers: &'a Readers,
}

/// What a few records look like in the file.
enum Chunk {
    Lines(Vec<String>),
    Rows(Vec<Vec<Cell>>),
}

impl Export<'_> {
    /// Writes everything meant to `destination`; gives the number of lines or rows, header apart.
    pub(super) async fn run(&self, query: &Query, format: Format, destination: Destination) -> Result<u64, StoreError> {
        let filter = Filter::new(query)?;
        let mut connection = self.readers.lend(EXPORT).await?;
        let numbers = read::document_numbers(&mut connection, &filter, query.limit);
        let numbers = self.connector.bounded(EXPORT, numbers).await?;
        connection.keep();
        // One chunk is written while the next is read.
        let (sender, chunks) = mpsc::channel(1);
        let writing = tokio::task::spawn_blocking(move || write(format, destination, chunks));
        let reading = self.read(&filter, format, &numbers, sender).await;
        let written = match writing.await {
            Ok(written) => written,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is shutting down.
            Err(_) => return Err(self.connector.place.closed()),
        };
        reading?;
        written.map_err(|source| StoreError::Destination { source: Arc::new(source) })
    }

    /// Reads chunk by chunk until all is read or the destination takes no more.
    async fn read(
        &self,
        filter: &Filter,
        format: Format,
        numbers: &[i64],
        sender: mpsc::Sender<Chunk>,
    ) -> Result<(), StoreError> {
        let sql = sql(filter, format);
        for numbers in numbers.chunks(CHUNK) {
            let mut connection = self.readers.lend(EXPORT).await?;
            let statement = filter.bind(sqlx::query(AssertSqlSafe(sql.clone()))).bind(numbers);
            let rows = self.connector.bounded(EXPORT, statement.fetch_all(&mut *connection)).await?;
            connection.keep();
            let chunk = chunk(&rows, format).map_err(|source| self.connector.place.error(EXPORT, source))?;
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn columns(format: Format) -> &'static [Column] {
    match format {
        Format::Jsonl => &[],
        Format::Csv => REPORT_COLUMNS,
        Format::MeasurementsCsv => MEASUREMENT_COLUMNS,
    }
}

/// The statement that reads the records of some numbers, in the order of the numbers.
fn sql(filter: &Filter, format: Format) -> String {
    let (what, rows, then) = match format {
        Format::Jsonl => ("r.record::text".to_owned(), "JOIN revisions r ON r.revision_no = d.revision_no", ""),
        Format::Csv => (expressions(format), "JOIN revisions r ON r.revision_no = d.revision_no", ""),
        // In the order of the text.
        Format::MeasurementsCsv => {
            (expressions(format), "JOIN measurements m ON m.document_no = c.document_no", ", m.ordinal")
        }
    };
    let (mark, conditions) = (filter.next_mark(), filter.sql());
    format!(
        "SELECT {what} FROM {ROWS} {rows} WHERE c.document_no = ANY({mark}) AND {conditions}
         ORDER BY array_position({mark}, c.document_no){then}"
    )
}

fn expressions(format: Format) -> String {
    let expressions: Vec<&str> = columns(format)
        .iter()
        .map(|column| match column.from {
            // What is said of the document and not of its current revision.
            "c.first_seen_at" => "d.first_seen_at",
            "c.last_seen_at" => "d.last_seen_at",
            "c.changed_at" => "d.changed_at",
            from => from,
        })
        .collect();
    expressions.join(", ")
}

fn chunk(rows: &[PgRow], format: Format) -> Result<Chunk, sqlx::Error> {
    if format == Format::Jsonl {
        let lines = rows.iter().map(|row| row.try_get::<&str, _>(0).map(line)).collect::<Result<_, _>>()?;
        return Ok(Chunk::Lines(lines));
    }
    let width = columns(format).len();
    let cells = |row: &PgRow| (0..width).map(|index| cell(row, index)).collect::<Result<Vec<_>, _>>();
    Ok(Chunk::Rows(rows.iter().map(cells).collect::<Result<_, _>>()?))
}

/// A record in the order of fields that it was written in. `jsonb` keeps an order of its own, and one
/// by which nobody would read a record.
fn line(stored: &str) -> String {
    // What this program would not write as it stands, since a newer one wrote it, goes out as it is.
    as_written(stored).unwrap_or_else(|| stored.to_owned())
}

fn as_written(stored: &str) -> Option<String> {
    let record: Record = serde_json::from_str(stored).ok()?;
    let is_whole = serde_json::to_value(&record).ok()? == serde_json::from_str::<serde_json::Value>(stored).ok()?;
    if is_whole { serde_json::to_string(&record).ok() } else { None }
}

fn cell(row: &PgRow, index: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(Cell::Nothing);
    }
    let name = value.type_info().name().to_owned();
    Ok(match name.as_str() {
        "BOOL" => Cell::Integer(row.try_get::<bool, _>(index)?.into()),
        "INT4" => Cell::Integer(row.try_get::<i32, _>(index)?.into()),
        "INT8" => Cell::Integer(row.try_get(index)?),
        "FLOAT8" => Cell::Real(row.try_get(index)?),
        "DATE" => Cell::Text(row.try_get::<Day, _>(index)?.0.to_string()),
        "TIMESTAMPTZ" => Cell::Instant(row.try_get::<Instant, _>(index)?.0),
        _ => Cell::Text(row.try_get(index)?),
    })
}

/// Writes what comes. Blocks.
fn write(format: Format, destination: Destination, chunks: mpsc::Receiver<Chunk>) -> io::Result<u64> {
    match format {
        Format::Jsonl => write_lines(destination, chunks),
        Format::Csv | Format::MeasurementsCsv => write_table(columns(format), destination, chunks),
    }
}

fn write_lines(destination: Destination, mut chunks: mpsc::Receiver<Chunk>) -> io::Result<u64> {
    let mut destination = BufWriter::new(destination);
    let mut written = 0;
    while let Some(Chunk::Lines(lines)) = chunks.blocking_recv() {
        for line in lines {
            destination.write_all(line.as_bytes())?;
            destination.write_all(b"\n")?;
            written += 1;
        }
    }
    destination.flush()?;
    Ok(written)
}

fn write_table(columns: &[Column], destination: Destination, mut chunks: mpsc::Receiver<Chunk>) -> io::Result<u64> {
    let mut writer = CsvWriter::new(destination, columns.iter().map(|column| column.header))?;
    let mut written = 0;
    while let Some(Chunk::Rows(rows)) = chunks.blocking_recv() {
        for row in rows {
            writer.row(&row)?;
            written += 1;
        }
    }
    writer.finish()?;
    Ok(written)
}
