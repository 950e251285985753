//! The time of an extraction against that of parsing the markup alone.
//!
//! `cargo bench -p baogao-extract` runs over the profiles' pages; with `BAOGAO_BENCH_PAGES=FOLDER`
//! over the `.html` files of a folder. The ratio is printed first: passes alternate, so that both
//! sides see the same machine, and the least time of each counts. It is time on the processor where
//! the system tells it, so that other programs do not count.

use baogao_extract::{Extractor, Page, decode};
use baogao_model::CanonicalUrl;
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

/// From text to article, metadata, links and pager. The bytes are UTF-8 and said to be; with an address,
/// since every link is then made absolute, as in a crawl.
fn extract_all(extractor: &Extractor, pages: &[String]) {
    let url = CanonicalUrl::parse("http://www.bench.example/a/b/1204.html").expect("it is an address");
    for page in pages {
        let page = Page { bytes: page.as_bytes(), url: Some(&url), content_type: Some("text/html; charset=utf-8") };
        black_box(extractor.extract(black_box(&page)));
    }
}

/// Time this thread has had on a processor; on systems without `/proc`, time on the wall.
struct Clock {
    start: Instant,
}

impl Clock {
    fn new() -> Self {
        Self { start: Instant::now() }
    }

    fn now(&self) -> Duration {
        // "1234 56 7": nanoseconds run, nanoseconds waited, turns.
        let run = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanoseconds = run.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
        nanoseconds.map_or_else(|| self.start.elapsed(), Duration::from_nanos)
    }
}

fn print_ratio(pages: &[String]) {
    let extractor = Extractor::new();
    let clock = Clock::new();
    let (mut parse, mut extract) = (Duration::MAX, Duration::MAX);
    for _ in 0..PASSES {
        let start = clock.now();
        parse_all(pages);
        parse = parse.min(clock.now().saturating_sub(start));
        let start = clock.now();
        extract_all(&extractor, pages);
        extract = extract.min(clock.now().saturating_sub(start));
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
