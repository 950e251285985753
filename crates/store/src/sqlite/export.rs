//! Exports: a walk along the numbers of the records meant, reading one record at a time.
//!
//! The numbers (8 bytes a record) are taken in one short read; then every record is read on its
//! own, as it is by then, and left out if it no longer passes. So no read transaction stays open
//! while a slow destination takes the bytes, no record comes twice, and none that stays unchanged
//! is missed.

use super::columns::stored_name;
use super::filter::Filter;
use super::place::Place;
use super::read;
use crate::export::{Cell, Column, CsvWriter, Form, Format, MEASUREMENT_COLUMNS, REPORT_COLUMNS};
use crate::{Query, StoreError};
use jiff::Timestamp;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

/// One export in the making.
pub(super) struct Export<'a> {
    pub(super) connection: &'a Connection,
    pub(super) place: &'a Place,
    pub(super) query: &'a Query,
}

impl Export<'_> {
    /// Writes everything meant to `destination`; gives the number of lines or rows, header apart.
    pub(super) fn run(&self, format: Format, destination: impl Write) -> Result<u64, StoreError> {
        let filter = Filter::new(self.query)?;
        let numbers =
            read::record_numbers(self.connection, &filter, self.query.limit).map_err(|source| self.failed(source))?;
        match format {
            Format::Jsonl => self.lines(&filter, &numbers, destination),
            Format::Csv => self.table(REPORT_COLUMNS, REPORT_ROWS, &filter, &numbers, destination),
            Format::MeasurementsCsv => {
                self.table(MEASUREMENT_COLUMNS, MEASUREMENT_ROWS, &filter, &numbers, destination)
            }
        }
    }

    fn lines(&self, filter: &Filter, numbers: &[i64], destination: impl Write) -> Result<u64, StoreError> {
        let sql = format!("SELECT r.record FROM {REPORT_ROWS} WHERE c.record_no = ? AND {}", filter.sql());
        let mut statement = self.connection.prepare(&sql).map_err(|source| self.failed(source))?;
        let mut destination = BufWriter::new(destination);
        let mut written = 0;
        for number in numbers {
            let json: Option<String> = statement
                .query_row(params_from_iter(parameters(*number, filter)), |row| row.get(0))
                .optional()
                .map_err(|source| self.failed(source))?;
            let Some(json) = json else { continue };
            // The stored text is compact JSON: no line break stands in it.
            destination.write_all(json.as_bytes()).map_err(destination_failed)?;
            destination.write_all(b"\n").map_err(destination_failed)?;
            written += 1;
        }
        destination.flush().map_err(destination_failed)?;
        Ok(written)
    }

    fn table(
        &self,
        columns: &[Column],
        rows: &str,
        filter: &Filter,
        numbers: &[i64],
        destination: impl Write,
    ) -> Result<u64, StoreError> {
        let expressions: Vec<_> = columns.iter().map(|column| stored_name(column.from)).collect();
        let sql = format!("SELECT {} FROM {rows} WHERE c.record_no = ? AND {}", expressions.join(", "), filter.sql());
        let mut statement = self.connection.prepare(&sql).map_err(|source| self.failed(source))?;
        let headers = columns.iter().map(|column| column.header);
        let mut writer = CsvWriter::new(destination, headers).map_err(destination_failed)?;
        let mut written = 0;
        for number in numbers {
            // Collected before anything is written: the destination may be slow.
            let cells: Vec<Vec<Cell>> = statement
                .query_map(params_from_iter(parameters(*number, filter)), |row| cells(row, columns))
                .and_then(Iterator::collect)
                .map_err(|source| self.failed(source))?;
            for row in &cells {
                writer.row(row).map_err(destination_failed)?;
                written += 1;
            }
        }
        writer.finish().map_err(destination_failed)?;
        Ok(written)
    }

    fn failed(&self, source: rusqlite::Error) -> StoreError {
        self.place.error("export records", source)
    }
}

/// One row a record.
const REPORT_ROWS: &str = "current_records c JOIN revisions r ON r.revision_no = c.revision_no";

/// One row a measurement. The key is (record_no, ordinal), so they come in the order of the text.
const MEASUREMENT_ROWS: &str = "current_records c JOIN measurements m ON m.record_no = c.record_no";

fn parameters(record_no: i64, filter: &Filter) -> impl Iterator<Item = Value> {
    std::iter::once(Value::Integer(record_no)).chain(filter.values.iter().cloned())
}

fn cells(row: &Row<'_>, columns: &[Column]) -> rusqlite::Result<Vec<Cell>> {
    let mut cells = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        cells.push(cell(row, index, column.form)?);
    }
    Ok(cells)
}

fn cell(row: &Row<'_>, index: usize, form: Form) -> rusqlite::Result<Cell> {
    let value = row.get_ref(index)?;
    Ok(match (value, form) {
        (ValueRef::Null, _) => Cell::Nothing,
        (ValueRef::Integer(number), Form::Plain) => Cell::Integer(number),
        (ValueRef::Integer(microseconds), Form::Instant) => {
            let instant = Timestamp::from_microsecond(microseconds);
            Cell::Instant(instant.map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, microseconds))?)
        }
        (ValueRef::Real(number), _) => Cell::Real(number),
        (ValueRef::Text(bytes) | ValueRef::Blob(bytes), _) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
    })
}

fn destination_failed(source: io::Error) -> StoreError {
    StoreError::Destination { source: Arc::new(source) }
}
