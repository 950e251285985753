//! Counts the work of the parser on texts made to hurt: twice the text must take about twice the
//! work. `.ci/work` builds it so that the compiler counts every stretch of code that is run, which is
//! a figure that no other load on the machine changes.

#[path = "../benches/shapes/mod.rs"]
mod shapes;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static STEPS: AtomicU64 = AtomicU64::new(0);

/// Called at the begin of every stretch of code. The compiler leaves functions of such names alone.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_trace_pc() {
    // One thread: no need to be atomic over both.
    STEPS.store(STEPS.load(Relaxed).wrapping_add(1), Relaxed);
}

/// The bytes of the smaller text; small enough to be done with soon, and larger than any window.
const BYTES: usize = 120_000;
/// What stands before the texts: nothing, or what makes them a review or tasks.
const BEFORE: [(&str, &str); 3] = [
    ("alone", ""),
    ("review", "青岚县政府工作报告\n2024年1月8日\n各位代表：\n一、2023年工作回顾\n"),
    ("tasks", "各位代表：\n一、2023年工作回顾\n成绩很大。\n二、2024年重点工作\n（一）产业。"),
];
/// By how much the work may grow where the text is doubled.
const MOST: f64 = 2.2;

fn steps(text: &str) -> u64 {
    let before = STEPS.load(Relaxed);
    baogao_parse_fuzz::parse(text);
    STEPS.load(Relaxed) - before
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1);
    // The tables are compiled with the first text.
    let tables = steps("");
    if tables == 0 {
        eprintln!("nothing is counted: build this with .ci/work");
        return ExitCode::from(2);
    }
    let mut failed = 0;
    println!("{:<16}{:<8}{:>10}{:>8}", "shape", "as", "per byte", "growth");
    let shapes = shapes::SHAPES.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name));
    for (name, shape) in shapes {
        for (part, before) in BEFORE {
            let of = |bytes| steps(&format!("{before}{}", shapes::text(shape, bytes)));
            let (once, twice) = (of(BYTES), of(2 * BYTES));
            let growth = twice as f64 / once as f64;
            let mark = if growth > MOST { "  MORE THAN LINEAR" } else { "" };
            println!("{name:<16}{part:<8}{:>10.1}{growth:>8.2}{mark}", twice as f64 / (2 * BYTES) as f64);
            failed += usize::from(growth > MOST);
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
