//! The table as `build.rs` compiled it: what `divisions.tsv` says, in a form that needs no reading.
//!
//! Nothing here can fail at run time on what the build wrote; a test reads every row and name back.

use crate::unit::Unit;
use baogao_model::report::Level;
use fst::raw::{Fst, Output};
use std::fmt;

/// The rows, [`ROW`] bytes each: places of code, name and successors in [`STRINGS`] (u32), lengths
/// of name, stem and successors (u8, one spare), first and last year (u16, 0 for none).
static ROWS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rows.bin"));

/// The strings that rows point into.
static STRINGS: &str = include_str!(concat!(env!("OUT_DIR"), "/strings.txt"));

/// Names and stems; the value is a place in [`POSTINGS`], and two bits that say how it is a mention.
static NAMES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names.fst"));

/// For every name three lists of rows (u16, their number before them): called so in full, by their
/// stem, and meant where the stem stands alone.
static POSTINGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/postings.bin"));

/// The bytes of a row.
const ROW: usize = 20;

/// The length of a code.
const CODE: usize = 6;

/// Every row, in the order of the table.
pub(crate) fn units() -> Vec<Unit> {
    ROWS.chunks_exact(ROW).map(unit).collect()
}

fn unit(row: &'static [u8]) -> Unit {
    let place = |at: usize| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]) as usize;
    let year = |at: usize| i32::from(u16::from_le_bytes([row[at], row[at + 1]]));
    let text = |place: usize, length: usize| &STRINGS[place..place + length];
    let (name, successors) = (place(4), place(8));
    let code = text(place(0), CODE);
    Unit {
        code,
        name: text(name, usize::from(row[12])),
        stem: text(name, usize::from(row[13])),
        level: match &code[2..] {
            "0000" => Level::Province,
            rest if rest.ends_with("00") => Level::Prefecture,
            _ => Level::County,
        },
        from: year(16),
        until: Some(year(18)).filter(|&year| year != 0),
        successors: text(successors, usize::from(row[14])),
    }
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The full name.
    Name,
    /// The stem, of divisions of any level.
    Stem,
    /// The stem of a prefecture or province, which may stand alone in a text.
    Spoken,
}

/// Finds names.
pub(crate) struct Names {
    automaton: Fst<&'static [u8]>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("count", &self.automaton.len()).finish_non_exhaustive()
    }
}

impl Names {
    /// Opens the compiled names.
    pub(crate) fn new() -> Self {
        // The build wrote it with this very crate.
        Self { automaton: Fst::new(NAMES).expect("the build wrote an automaton") }
    }

    /// The rows that `name` as a whole is used for.
    pub(crate) fn rows(&self, name: &str, used: Use) -> impl Iterator<Item = u16> + use<> {
        let found = self.automaton.get(name.as_bytes());
        found.map(|value| list(place(value), used)).unwrap_or_default().as_chunks::<2>().0.iter().map(row_of)
    }

    /// The longest name that `text` begins with as a mention: its length in characters, the rows it
    /// may mean, and whether it is a full name.
    pub(crate) fn mention_at(&self, text: &[char]) -> Option<(usize, impl Iterator<Item = u16> + use<>, bool)> {
        let mut node = self.automaton.root();
        let (mut value, mut best) = (Output::zero(), None);
        'text: for (read, c) in text.iter().enumerate() {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                let Some(found) = node.find_input(byte) else { break 'text };
                let transition = node.transition(found);
                value = value.cat(transition.out);
                node = self.automaton.node(transition.addr);
            }
            if node.is_final() {
                let value = value.cat(node.final_output());
                match value.value() & 3 {
                    0 => {}
                    // Of a name and an equal stem the name.
                    2 => best = Some((read + 1, value, Use::Spoken)),
                    _ => best = Some((read + 1, value, Use::Name)),
                }
            }
        }
        let (length, value, used) = best?;
        let rows = list(place(value), used).as_chunks::<2>().0.iter().map(row_of);
        Some((length, rows, used == Use::Name))
    }
}

/// Where the lists of a name stand.
fn place(value: Output) -> usize {
    // The postings are far smaller than any address space.
    usize::try_from(value.value() >> 2).unwrap_or(usize::MAX)
}

/// The bytes of the list for a use, of the lists at `place`.
fn list(place: usize, used: Use) -> &'static [u8] {
    let mut rest = POSTINGS.get(place..).unwrap_or_default();
    let mut found: &[u8] = &[];
    for _ in 0..=used as usize {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else { return &[] };
        (found, rest) = behind.split_at(2 * usize::from(u16::from_le_bytes(*length)));
    }
    found
}

/// One row's number.
fn row_of(bytes: &[u8; 2]) -> u16 {
    u16::from_le_bytes(*bytes)
}
