//! Throughput of the whole parse, and what it allocates.
//!
//! `cargo bench -p baogao-parse` runs over a report of our own and over texts made to hurt. With
//! `BAOGAO_BENCH_TEXTS=FOLDER` it also runs over the `.txt` files of a folder.

mod shapes;

use baogao_model::{ReportId, report::Source};
use baogao_parse::{Document, Parser};
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// The size of a made-up text.
const HOSTILE: usize = 10_000_000;

fn main() {
    divan::main();
}

fn parse(parser: &Parser, text: &str) {
    let id = ReportId::from_stored("bench".to_owned());
    black_box(parser.parse(Document { id, source: Source::default(), title: None, text: black_box(text) }));
}

/// A report of a usual length, some 45 kB: the body of the test's report again and again.
fn typical() -> String {
    let report = include_str!("../tests/report.txt");
    let body = report.find("一、").expect("the report has numbered parts");
    let mut text = report.to_owned();
    while text.len() < 45_000 {
        text.push('\n');
        text.push_str(&report[body..]);
    }
    text
}

#[divan::bench]
fn typical_report(bencher: Bencher<'_, '_>) {
    let (parser, text) = (Parser::new(), typical());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| parse(&parser, &text));
}

/// All texts of the folder, one after the other.
#[divan::bench(sample_count = 10)]
fn folder(bencher: Bencher<'_, '_>) {
    let Some(folder) = std::env::var_os("BAOGAO_BENCH_TEXTS").map(PathBuf::from) else { return };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            // One in another charset is a text of odd characters here.
            let bytes = std::fs::read(path).expect("the texts can be read");
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    let (parser, bytes) = (Parser::new(), texts.iter().map(String::len).sum::<usize>());
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for text in &texts {
            parse(&parser, text);
        }
    });
}

#[divan::bench(sample_count = 1, sample_size = 1, args = shapes::SHAPES.iter().map(|(name, _)| *name))]
fn hostile(bencher: Bencher<'_, '_>, what: &str) {
    let shape = shapes::SHAPES.iter().find(|(name, _)| *name == what).map_or("", |(_, shape)| *shape);
    let (parser, text) = (Parser::new(), shapes::text(shape, HOSTILE));
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| parse(&parser, &text));
}
