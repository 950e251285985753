//! Counts the work of an extraction on pages made to hurt: twice the page must take about twice the
//! work. `.ci/work extract` builds it so that the compiler counts every stretch of code that is run, which is
//! a figure that no other load on the machine changes.

mod shapes;

use baogao_extract::Page;
use baogao_extract_fuzz::EXTRACTOR;
use baogao_model::CanonicalUrl;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static STEPS: AtomicU64 = AtomicU64::new(0);

/// Called at the begin of every stretch of code. The compiler leaves functions of such names alone.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_trace_pc() {
    // One thread: no need to be atomic over both.
    STEPS.store(STEPS.load(Relaxed).wrapping_add(1), Relaxed);
}

/// The bytes of the smaller page. What is limited by number (nodes, links, runs of blocks) is mostly reached.
const BYTES: usize = 200_000;
/// What stands before the pages: nothing, or what makes them an article or a thread of a known board.
const BEFORE: [(&str, &str); 3] = [
    ("alone", ""),
    (
        "article",
        "<title>青岚县政府工作报告</title><h1>青岚县政府工作报告</h1><p>2024-1-8 来源：青岚县</p>\
         <div id=content><p>过去一年，全县上下一心，各项工作都做得好，今年还要做得更好，请予审议。</p>",
    ),
    ("board", "<meta name=generator content=\"Discuz! X3.4\"><title>工作报告 - 青岚论坛</title>"),
];
/// By how much the work may grow where the page is doubled.
const MOST: f64 = 2.2;

fn steps(page: &str) -> u64 {
    let url = CanonicalUrl::parse("http://www.a.example/b/71_2.html").expect("it is an address");
    let before = STEPS.load(Relaxed);
    EXTRACTOR.extract(&Page { bytes: page.as_bytes(), url: Some(&url), content_type: None });
    STEPS.load(Relaxed) - before
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    // The tables are compiled with the first pages.
    let warmed = |(_, before, piece): &(&str, &str, &str)| {
        BEFORE.iter().map(|(_, head)| steps(&shapes::page(&format!("{head}{before}"), piece, 2_000))).sum::<u64>()
    };
    if shapes::SHAPES.iter().map(warmed).sum::<u64>() == 0 {
        eprintln!("nothing is counted: build this with .ci/work");
        return ExitCode::from(2);
    }
    let mut failed = 0;
    println!("{:<20}{:<8}{:>10}{:>8}", "shape", "as", "per byte", "growth");
    let shapes = shapes::SHAPES.iter().filter(|(name, ..)| only.as_deref().is_none_or(|only| only == *name));
    for (name, before, piece) in shapes {
        for (part, head) in BEFORE {
            let of = |bytes| steps(&shapes::page(&format!("{head}{before}"), piece, bytes));
            let (once, twice) = (of(BYTES), of(2 * BYTES));
            let growth = twice as f64 / once as f64;
            let mark = if growth > MOST { "  MORE THAN LINEAR" } else { "" };
            println!("{name:<20}{part:<8}{:>10.1}{growth:>8.2}{mark}", twice as f64 / (2 * BYTES) as f64);
            failed += usize::from(growth > MOST);
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
