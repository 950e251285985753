//! The time of an extraction against that of parsing the markup alone.
//!
//! `cargo bench -p baogao-extract` runs over the profiles' pages; with `BAOGAO_BENCH_PAGES=FOLDER`
//! over the `.html` files of a folder, given by its absolute path. The ratio is printed first: for each page both sides take turns,
//! so that they see the same machine, and the least processor time of each counts.

use baogao_extract::{Decoded, Extractor, decode};
use baogao_model::CanonicalUrl;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Turns of each side at a page, for the ratio.
const PASSES: usize = 25;

fn main() {
    print_ratio(&pages());
    divan::main();
}

/// The pages, decoded: charset detection is no part of the measurement.
fn pages() -> Vec<Decoded> {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let mut paths: Vec<PathBuf> = match std::env::var_os("BAOGAO_BENCH_PAGES") {
        Some(folder) => entries(Path::new(&folder)),
        None => entries(&profiles).iter().map(|profile| profile.join("page.html")).collect(),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "html"));
    paths.sort();
    paths.iter().map(|path| decode(&std::fs::read(path).expect("the page can be read"), None)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}

fn parse_all(pages: &[Decoded]) {
    for page in pages {
        black_box(scraper::Html::parse_document(black_box(&page.text)));
    }
}

/// From text to article, metadata, links and pager; with an address, since every link is then made
/// absolute, as in a crawl.
fn extract_all(extractor: &Extractor, url: &CanonicalUrl, pages: Vec<Decoded>) {
    for page in pages {
        black_box(extractor.extract_decoded(black_box(page), Some(url)));
    }
}

/// The address that all pages are given.
fn address() -> CanonicalUrl {
    CanonicalUrl::parse("http://www.bench.example/a/b/1204.html").expect("it is an address")
}

/// The processor time of this thread, in which other programs do not count.
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    // The clock does not run backwards from nothing.
    Duration::try_from(time).unwrap_or_default()
}

/// How long something takes.
fn time(work: impl FnOnce()) -> Duration {
    let start = now();
    work();
    now().saturating_sub(start)
}

fn print_ratio(pages: &[Decoded]) {
    let (extractor, url) = (Extractor::new(), address());
    let (mut parse, mut extract) = (Duration::ZERO, Duration::ZERO);
    for page in pages {
        let page = std::slice::from_ref(page);
        let (mut least_parse, mut least_extract) = (Duration::MAX, Duration::MAX);
        for _ in 0..PASSES {
            least_parse = least_parse.min(time(|| parse_all(page)));
            let owned = page.to_vec();
            least_extract = least_extract.min(time(|| extract_all(&extractor, &url, owned)));
        }
        parse += least_parse;
        extract += least_extract;
    }
    let bytes: usize = pages.iter().map(|page| page.text.len()).sum();
    println!(
        "{} pages, {bytes} bytes: parse {parse:.1?}, extract {extract:.1?}, ratio {:.2}",
        pages.len(),
        extract.as_secs_f64() / parse.as_secs_f64()
    );
}

#[divan::bench(sample_count = 10)]
fn parse_document(bencher: Bencher<'_, '_>) {
    let pages = pages();
    let bytes = pages.iter().map(|page| page.text.len()).sum::<usize>();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| parse_all(&pages));
}

#[divan::bench(sample_count = 10)]
fn extract(bencher: Bencher<'_, '_>) {
    let (extractor, url, pages) = (Extractor::new(), address(), pages());
    let bytes = pages.iter().map(|page| page.text.len()).sum::<usize>();
    let bencher = bencher.counter(BytesCount::new(bytes)).with_inputs(|| pages.clone());
    bencher.bench_local_values(|pages| extract_all(&extractor, &url, pages));
}
