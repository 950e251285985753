//! The conservation oracle: whatever dies, stands still or is cut off, at the end every record owed is
//! there exactly once, every poison message is a dead letter with its reason, nothing else is, and no
//! host was asked faster than it should be.
//!
//! ```text
//! BAOGAO_ORACLE_SEEDS=1-30 BAOGAO_ORACLE_PAGES=2000 cargo test -p baogao-tests --test oracle -- --nocapture
//! ```
//!
//! `BAOGAO_ORACLE_SEEDS` is a seed or a range of them, `BAOGAO_ORACLE_PAGES` the least number of pages of
//! the fake web; without them it is one seed and 500 pages. A seed gives the web and what goes wrong
//! when; a run that fails prints its seed and schedule and keeps its logs. What happens within a moment
//! is up to the machine, so a seed that failed once may need several runs to fail again.

mod driver;
mod embedded;
mod pace;
mod poison;
mod schedule;
mod stack;

use baogao_store::{Format, Query, Records};
use baogao_testkit::{FakeWeb, Faults, Plan};
use baogao_tests::accounting::{self, Owed};
use driver::Outcome;
use schedule::Schedule;
use serde_json::Value;
use stack::{LEASE, REPLICAS, Servers};
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::Path;

#[test]
fn services_on_real_servers_conserve_everything() {
    let mut servers = Servers::start();
    for_each_seed("services", |seed, pages, dir| {
        let schedule = Schedule::distributed(seed, pages, REPLICAS, LEASE);
        let outcome = driver::run(seed, pages, &mut servers, &schedule, dir);
        (schedule, outcome)
    });
}

#[test]
fn one_process_conserves_everything() {
    for_each_seed("embedded", |seed, pages, dir| {
        let schedule = Schedule::embedded(seed, pages);
        let outcome = embedded::run(seed, pages, &schedule, dir);
        (schedule, outcome)
    });
}

/// Runs every seed asked for, prints what came of each, and fails if one did.
fn for_each_seed(name: &str, mut run: impl FnMut(u64, usize, &Path) -> (Schedule, anyhow::Result<Outcome>)) {
    let (seeds, pages) = (seeds(), pages());
    let mut failed = Vec::new();
    for seed in seeds.clone() {
        let dir = tempfile::Builder::new().prefix("baogao-oracle-").tempdir().expect("a temporary directory");
        let (schedule, outcome) = run(seed, pages, dir.path());
        let outcome = outcome.unwrap_or_else(|error| Outcome { faults: vec![format!("{error:?}")], notes: Vec::new() });
        for note in &outcome.notes {
            eprintln!("{name}, seed {seed}: {note}");
        }
        if outcome.faults.is_empty() {
            continue;
        }
        eprintln!("{name}, seed {seed} FAILED; its logs are in {}", dir.keep().display());
        for fault in &outcome.faults {
            eprintln!("  {fault}");
        }
        eprintln!("repeat with BAOGAO_ORACLE_SEEDS={seed} BAOGAO_ORACLE_PAGES={pages}; its schedule:\n{schedule}");
        failed.push(seed);
    }
    eprintln!("{name}: {} of {} seeds passed", seeds.clone().count() - failed.len(), seeds.count());
    assert!(failed.is_empty(), "seeds {failed:?} failed, see above");
}

fn seeds() -> RangeInclusive<u64> {
    let text = std::env::var("BAOGAO_ORACLE_SEEDS").unwrap_or_else(|_| "1".to_owned());
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("BAOGAO_ORACLE_SEEDS={text}: no number"));
    number(first)..=number(last)
}

fn pages() -> usize {
    let text = std::env::var("BAOGAO_ORACLE_PAGES").unwrap_or_else(|_| "500".to_owned());
    text.parse().unwrap_or_else(|_| panic!("BAOGAO_ORACLE_PAGES={text}: no number"))
}

/// The web of a seed, with at least so many pages, all of which come in the end.
fn web_of(seed: u64, pages: usize) -> FakeWeb {
    let faults = Faults { slow: 0.02, huge: 0.0, ..Faults::some() };
    let hosts = (pages / 60).max(6);
    let mut pages_per_host = 20;
    loop {
        let plan = Plan { seed, hosts, pages_per_host, faults: faults.clone(), ..Plan::default() };
        let web = FakeWeb::start(plan).expect("a port on loopback");
        if web.truth().pages.len() >= pages {
            return web;
        }
        pages_per_host += 2;
    }
}

/// What is wrong with the records of a crawl of `web`, one line a fault; `dir` keeps them for readers.
async fn record_faults(web: &FakeWeb, records: &Records, dir: &Path) -> anyhow::Result<Vec<String>> {
    let truth = web.truth();
    let owed: Vec<_> =
        truth.records.iter().map(|record| Owed { parts: record.parts.clone(), text: record.text() }).collect();
    let path = dir.join("reports.jsonl");
    records.export(&Query::default(), Format::Jsonl, File::create(&path)?).await?;
    let text = std::fs::read_to_string(path)?;
    let reports = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let mut faults = accounting::faults(&owed, &reports);
    // Reports and whatever else came out: nobody changed a page, so each stands there as it first came.
    let counts = records.counts().await?;
    let documents: u64 = counts.documents.values().sum();
    if counts.revisions != documents {
        faults.push(format!("{documents} documents have {} revisions", counts.revisions));
    }
    Ok(faults)
}
