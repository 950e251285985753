//! CSV that spreadsheets and statistics programs open without being told anything.
//!
//! RFC 4180 with CRLF and a header, in UTF-8 with a byte order mark, since Excel takes the file for
//! the system's legacy encoding without one. Nothing is an empty field.
//!
//! Texts come from foreign pages, and a spreadsheet runs a cell that looks like a formula. So a
//! *text* that begins with one of [`FORMULA_STARTS`] gets an apostrophe in front. Numbers stay
//! numbers, signs included. The rule looks past apostrophes that are there already, so it can be
//! undone: take one away wherever apostrophes are followed by such a character.

use jiff::Timestamp;
use std::borrow::Cow;
use std::io::{self, Write};

/// What a formula may begin with: the signs, their full-width forms, and the white space that
/// spreadsheets skip (OWASP, "CSV Injection").
const FORMULA_STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One field of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Nothing,
    Integer(i64),
    Real(f64),
    Text(String),
    Instant(Timestamp),
}

/// Writes a table row by row.
pub(crate) struct CsvWriter<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Starts a table with the byte order mark and the header.
    pub(crate) fn new(mut destination: W, headers: impl IntoIterator<Item = &'static str>) -> io::Result<Self> {
        destination.write_all(BYTE_ORDER_MARK)?;
        let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(destination);
        rows.write_record(headers)?;
        Ok(Self { rows })
    }

    /// Writes one row.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            self.rows.write_field(field(cell).as_bytes())?;
        }
        // Ends the row; the fields are written already.
        self.rows.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Hands the last rows to the destination.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// A cell as printed, before quoting.
fn field(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Integer(number) => number.to_string().into(),
        // Plain decimal notation, and the shortest that reads back as the same number.
        Cell::Real(number) => number.to_string().into(),
        Cell::Text(text) => guarded(text),
        Cell::Instant(instant) => instant.to_string().into(),
    }
}

/// The text, with an apostrophe in front if a spreadsheet might take it for a formula.
fn guarded(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches('\'').starts_with(FORMULA_STARTS) {
        return format!("'{text}").into();
    }
    text.into()
}
