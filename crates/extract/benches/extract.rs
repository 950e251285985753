//! The time of an extraction against that of parsing the markup alone.
//!
//! `cargo bench -p baogao-extract` runs over the profiles' pages; with `BAOGAO_BENCH_PAGES=FOLDER`
//! over the `.html` files of a folder. The ratio is printed first: passes alternate, so that both
//! sides see the same machine, and the least time of each counts.

use baogao_extract::{Extractor, Page, decode};
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Passes over all pages for the ratio.
const PASSES: usize = 15;

fn main() {
    print_ratio(&pages());
    divan::main();
}

/// The pages, decoded: charset detection is no part of the measurement.
fn pages() -> Vec<String> {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let mut paths: Vec<PathBuf> = match std::env::var_os("BAOGAO_BENCH_PAGES") {
        Some(folder) => entries(Path::new(&folder)),
        None => entries(&profiles).iter().map(|profile| profile.join("page.html")).collect(),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    paths.sort();
    paths.iter().map(|path| decode(&std::fs::read(path).expect("the page can be read"), None).text).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}

fn parse_all(pages: &[String]) {
    for page in pages {
        black_box(scraper::Html::parse_document(black_box(page)));
    }
}

/// From text to article, metadata, links and pager. The bytes are UTF-8 and said to be.
fn extract_all(extractor: &Extractor, pages: &[String]) {
    for page in pages {
        let page = Page { bytes: page.as_bytes(), url: None, content_type: Some("text/html; charset=utf-8") };
        black_box(extractor.extract(black_box(&page)));
    }
}

fn print_ratio(pages: &[String]) {
    let extractor = Extractor::new();
    let (mut parse, mut extract) = (Duration::MAX, Duration::MAX);
    for _ in 0..PASSES {
        let start = Instant::now();
        parse_all(pages);
        parse = parse.min(start.elapsed());
        let start = Instant::now();
        extract_all(&extractor, pages);
        extract = extract.min(start.elapsed());
    }
    let bytes: usize = pages.iter().map(String::len).sum();
    println!(
        "{} pages, {bytes} bytes: parse {parse:.1?}, extract {extract:.1?}, ratio {:.2}",
        pages.len(),
        extract.as_secs_f64() / parse.as_secs_f64()
    );
}

#[divan::bench(sample_count = 10)]
fn parse_document(bencher: Bencher<'_, '_>) {
    let pages = pages();
    let bytes = pages.iter().map(String::len).sum::<usize>();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| parse_all(&pages));
}

#[divan::bench(sample_count = 10)]
fn extract(bencher: Bencher<'_, '_>) {
    let (extractor, pages) = (Extractor::new(), pages());
    let bytes = pages.iter().map(String::len).sum::<usize>();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| extract_all(&extractor, &pages));
}
