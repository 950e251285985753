//! The labelled set of kinds: every text of `kinds/KIND.txt` is of that kind.
//!
//! The texts are inventions in the shapes that real look-alikes have. A block opens with
//! `=== name | P=place S=suffix Y=year`; a line `@part` stands for a part of `parts.txt`, where
//! `{P}` is the place, `{S}` what it is called for short, `{Y}` the year planned and `{L}` the year
//! reviewed, so that bodies are as long as they are in life. In each file the first five texts
//! were written before the rules were looked at; `docs/quality.md` says how these fared at first.
//!
//! The confusion table is printed: `cargo test -p baogao-parse --test kinds -- --nocapture`.

use baogao_model::report::{Kind, Source};
use baogao_model::{Report, ReportId};
use baogao_parse::{Document, Parser, tidy};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

/// The named parts of bodies.
type Parts = HashMap<String, String>;

/// One text with what it is for.
struct Sample {
    kind: Kind,
    name: String,
    text: String,
}

/// The blocks of a file: heading and lines.
fn blocks(file: &str) -> impl Iterator<Item = (&str, &str)> {
    file.split("=== ").skip(1).map(|block| block.split_once('\n').unwrap())
}

fn parts(folder: &Path) -> Parts {
    let file = std::fs::read_to_string(folder.join("parts.txt")).unwrap();
    blocks(&file).map(|(name, lines)| (name.trim().to_owned(), lines.to_owned())).collect()
}

/// Writes a block out: parts in place of their names.
fn write_out(lines: &str, parts: &Parts, out: &mut String) {
    for line in lines.lines() {
        match line.strip_prefix('@') {
            Some(name) => {
                write_out(parts.get(name).unwrap_or_else(|| panic!("no part is called {name}")), parts, out);
            }
            None => writeln!(out, "{line}").unwrap(),
        }
    }
}

/// The year before, where the year is one.
fn before(year: &str) -> String {
    year.parse::<i32>().map_or_else(|_| year.to_owned(), |year| (year - 1).to_string())
}

fn sample(kind: Kind, heading: &str, lines: &str, parts: &Parts) -> Sample {
    let (name, values) = heading.split_once(" | ").unwrap_or((heading, ""));
    let mut text = String::new();
    write_out(lines, parts, &mut text);
    for value in values.split_whitespace() {
        let (key, value) = value.split_once('=').unwrap();
        text = text.replace(&format!("{{{key}}}"), value);
        if key == "Y" {
            text = text.replace("{L}", &before(value));
        }
    }
    assert!(!text.contains('{'), "{kind}, {name}: a place holder is left");
    Sample { kind, name: name.to_owned(), text }
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds");
    let parts = parts(&folder);
    let mut samples = Vec::new();
    for &kind in Kind::ALL {
        let file = std::fs::read_to_string(folder.join(format!("{kind}.txt"))).unwrap();
        samples.extend(blocks(&file).map(|(heading, lines)| sample(kind, heading, lines, &parts)));
    }
    samples
}

fn parse(parser: &Parser, raw: &str) -> Report {
    let text = tidy(raw).text;
    parser.parse(Document { id: ReportId::of_text(&text), source: Source::default(), title: None, text: &text })
}

/// Rows are what the texts are, columns what was made of them; rows that are all right are left out.
fn confusion(counts: &BTreeMap<(Kind, Kind), usize>) -> String {
    let mut table = String::new();
    for &kind in Kind::ALL {
        let row: Vec<String> = counts
            .iter()
            .filter(|((want, _), _)| *want == kind)
            .map(|((_, got), count)| format!("{got} {count}"))
            .collect();
        writeln!(table, "{kind:>20}: {}", row.join(", ")).unwrap();
    }
    table
}

#[test]
fn every_text_is_of_its_kind() {
    let parser = Parser::new();
    let samples = samples();
    let mut counts: BTreeMap<(Kind, Kind), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for sample in &samples {
        let report = parse(&parser, &sample.text);
        *counts.entry((sample.kind, report.kind)).or_default() += 1;
        assert!((0.0..=1.0).contains(&report.kind_score), "{}: the score is {}", sample.name, report.kind_score);
        assert!(!report.kind_reasons.is_empty(), "{}: no reasons", sample.name);
        if report.kind != sample.kind {
            wrong.push(format!(
                "{}, {}: got {} ({}) for {:?}",
                sample.kind, sample.name, report.kind, report.kind_score, report.kind_reasons
            ));
        }
    }
    let right = samples.len() - wrong.len();
    println!("{}{right} of {} right", confusion(&counts), samples.len());
    for &kind in Kind::ALL {
        let count = samples.iter().filter(|sample| sample.kind == kind).count();
        assert!(count >= 10, "only {count} texts of {kind}");
    }
    assert!(wrong.is_empty(), "{} kinds wrong:\n{}", wrong.len(), wrong.join("\n"));
}
