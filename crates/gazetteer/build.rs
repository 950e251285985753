//! Compiles `divisions.tsv`: a table of fixed rows, the strings they point into, and an automaton
//! that finds names. A malformed row fails the build with its line.

#[path = "src/stem.rs"]
mod stem;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The table as people edit it.
const TABLE: &str = "divisions.tsv";

/// Words for places far more often than names of divisions: never mentions.
const ORDINARY: [&str; 5] = ["城区", "郊区", "矿区", "新城区", "市中区"];

/// One row as read.
struct Row<'t> {
    code: &'t str,
    name: &'t str,
    from: u16,
    until: Option<u16>,
    successors: &'t str,
}

/// What a name stands for.
#[derive(Default)]
struct Entry {
    /// The rows of which it is the full name.
    named: Vec<u16>,
    /// The rows of which it is the stem.
    stems: Vec<u16>,
    /// The rows that are meant where the stem stands alone in a text.
    spoken: Vec<u16>,
}

/// The strings of the table, each once.
#[derive(Default)]
struct Pool {
    text: String,
    places: BTreeMap<String, u32>,
}

impl Pool {
    /// Where `text` stands in the pool, in bytes.
    fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = u32::try_from(self.text.len()).expect("the table is small");
        self.text.push_str(text);
        self.places.insert(text.to_owned(), place);
        place
    }
}

fn main() {
    println!("cargo::rerun-if-changed={TABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/stem.rs");
    let text = std::fs::read_to_string(TABLE).unwrap_or_else(|error| panic!("cannot read {TABLE}: {error}"));
    let rows: Vec<Row<'_>> = text.lines().enumerate().skip(1).map(|(at, line)| row(at + 1, line)).collect();
    for (at, pair) in rows.windows(2).enumerate() {
        assert!(pair[0].code <= pair[1].code, "{TABLE}:{}: the rows are not in the order of their codes", at + 3);
    }
    // Cargo sets it for every build script.
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    write_rows(&rows, &out);
    write_names(&rows, &out);
}

/// Reads a line.
fn row(line: usize, text: &str) -> Row<'_> {
    let wrong = |what: &str| -> ! { panic!("{TABLE}:{line}: {what}: {text:?}") };
    let cells: Vec<&str> = text.trim_end_matches('\r').split('\t').collect();
    let [code, name, from, until, successors] = cells[..] else { wrong("not five cells") };
    let is_code = |code: &str| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_code(code) {
        wrong("the code is not six digits");
    }
    if name.chars().count() < 2 {
        wrong("the name is too short");
    }
    let year = |cell: &str| cell.parse::<u16>().ok().filter(|year| (1900..2200).contains(year));
    let Some(from) = year(from) else { wrong("the first year is none") };
    let until = match until {
        "" => None,
        cell => Some(year(cell).filter(|&until| from <= until).unwrap_or_else(|| wrong("the last year is none"))),
    };
    for successor in successors.split(';').filter(|successor| !successor.is_empty()) {
        let (code, moved) = successor.split_once('[').unwrap_or((successor, ""));
        if !is_code(code) || !(moved.is_empty() || moved.strip_suffix(']').and_then(year).is_some()) {
            wrong("a successor is neither 123456 nor 123456[1999]");
        }
    }
    Row { code, name, from, until, successors }
}

/// Writes the rows (see `src/compiled.rs`) and the strings.
fn write_rows(rows: &[Row<'_>], out: &Path) {
    let (mut pool, mut bytes) = (Pool::default(), Vec::with_capacity(rows.len() * 20));
    for row in rows {
        // A stem begins its name, so one place serves both.
        let places = [pool.place(row.code), pool.place(row.name), pool.place(row.successors)];
        bytes.extend(places.iter().flat_map(|place| place.to_le_bytes()));
        let lengths = [row.name, stem::stem(row.name), row.successors].map(|text| u8::try_from(text.len()));
        bytes.extend(lengths.map(|length| length.unwrap_or_else(|_| panic!("{} has too long a cell", row.code))));
        bytes.push(0);
        bytes.extend(row.from.to_le_bytes());
        bytes.extend(row.until.unwrap_or_default().to_le_bytes());
    }
    write(out, "rows.bin", &bytes);
    write(out, "strings.txt", pool.text.as_bytes());
}

/// Writes the automaton of names and the rows that each stands for.
fn write_names(rows: &[Row<'_>], out: &Path) {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let index = u16::try_from(index).expect("fewer than 65536 rows");
        let stem = stem::stem(row.name);
        entries.entry(row.name).or_default().named.push(index);
        let of_stem = entries.entry(stem).or_default();
        of_stem.stems.push(index);
        if row.code.ends_with("00") && stem != row.name {
            of_stem.spoken.push(index);
        }
    }
    let mut postings: Vec<u8> = Vec::new();
    let mut names = fst::MapBuilder::memory();
    for (name, entry) in &entries {
        // The offset of its lists, and whether it is a mention in full or by its stem.
        let in_full = !entry.named.is_empty() && !ORDINARY.contains(name);
        let flags = u64::from(in_full) | u64::from(!entry.spoken.is_empty()) << 1;
        let value = (postings.len() as u64) << 2 | flags;
        names.insert(name, value).expect("a BTreeMap is in order");
        for list in [&entry.named, &entry.stems, &entry.spoken] {
            let length = u16::try_from(list.len()).expect("fewer than 65536 rows");
            postings.extend(length.to_le_bytes());
            postings.extend(list.iter().flat_map(|row| row.to_le_bytes()));
        }
    }
    write(out, "names.fst", &names.into_inner().expect("memory does not fail"));
    write(out, "postings.bin", &postings);
}

fn write(out: &Path, name: &str, bytes: &[u8]) {
    let mut message = String::new();
    let _ = write!(message, "cannot write {name} to {}", out.display());
    std::fs::write(out.join(name), bytes).unwrap_or_else(|error| panic!("{message}: {error}"));
}
