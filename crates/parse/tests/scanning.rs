//! The small readers: numerals, dates, layout.

use baogao_parse::date::find_dates;
use baogao_parse::numeral::integer;
use baogao_parse::text::fold;
use baogao_parse::tidy;

/// The rows of a table, each with its cells.
fn rows(table: &'static str, cells: usize) -> Vec<Vec<&'static str>> {
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|row| !row.starts_with('#')).map(|row| row.split('\t').collect()).collect();
    for row in &rows {
        assert_eq!(row.len(), cells, "{row:?}");
    }
    assert!(rows.len() > 5, "the table is gone");
    rows
}

#[test]
fn integers() {
    for row in rows(include_str!("numerals.tsv"), 3) {
        let chars: Vec<char> = row[0].chars().collect();
        let got = integer(&chars).map_or(("-".to_owned(), "-".to_owned()), |(v, n)| (v.to_string(), n.to_string()));
        assert_eq!((got.0.as_str(), got.1.as_str()), (row[1], row[2]), "{}", row[0]);
    }
}

#[test]
fn dates() {
    for row in rows(include_str!("dates.tsv"), 4) {
        let chars: Vec<char> = row[0].chars().map(fold).collect();
        let found = find_dates(&chars);
        let got = match &found[..] {
            [] => ["-".to_owned(), "-".to_owned(), "-".to_owned()],
            [first, ..] => {
                let date = first.date.map_or("-".to_owned(), |date| date.to_string());
                [first.year.to_string(), date, first.broken.to_string()]
            }
        };
        assert_eq!(got, [row[1], row[2], row[3]], "{}", row[0]);
    }
}

#[test]
fn layout() {
    for row in rows(include_str!("tidy.tsv"), 3) {
        let raw = row[0].replace('⏎', "\n").replace('␍', "\r").replace('␣', "\u{3000}").replace('␠', "\u{A0}");
        let raw = raw.replace('⇥', "\t").replace('￼', "\u{FEFF}");
        let tidied = tidy(&raw);
        assert_eq!(tidied.text, row[1].replace('⏎', "\n"), "{}", row[0]);
        let codes: Vec<&str> = tidied.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes.join(","), row[2], "{}", row[0]);
    }
}
