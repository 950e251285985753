//! How records leave the store as files.
//!
//! Whatever the format, an export holds one record in memory at a time and keeps the order of lists.

mod columns;
mod csv;

pub(crate) use self::columns::{Column, Form, MEASUREMENT_COLUMNS, REPORT_COLUMNS};
pub(crate) use self::csv::{Cell, CsvWriter};

/// What an export looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object a line (UTF-8, LF): the whole [`Record`](crate::Record), nothing lost.
    Jsonl,
    /// A table with one row per record; the README lists its columns.
    Csv,
    /// A table with one row per measurement, region and years of its report beside it.
    MeasurementsCsv,
}
