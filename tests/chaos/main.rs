//! Killed at random moments, again and again: nothing may be lost and nothing doubled.
//!
//! The fake web knows every record owed. `BAOGAO_CHAOS_SEED` picks another schedule; a failing test
//! prints its seed. Moments are drawn in pages asked for rather than in seconds, so that a slow
//! machine is killed in as many different places as a fast one.

use baogao_testkit::{FakeWeb, Faults, Plan, Process, Signal, max_in_flight};
use baogao_tests::accounting::{self, Owed};
use baogao_tests::binary;
use baogao_tests::chance::Chance;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Kills of one run; at least this many must find the crawl at work.
const KILLS: usize = 22;

/// Far more than any step takes; a test that needs it all has failed.
const PATIENCE: Duration = Duration::from_secs(180);

fn crawl(web: &FakeWeb, dir: &Path, delay: &str) -> Command {
    let config = dir.join("hasty.toml");
    std::fs::write(&config, "[frontier]\nretry_base_ms = 100\nretry_max_ms = 500\n").expect("writable");
    let mut command = Command::new(binary());
    command.env("BAOGAO_LANG", "en").args(["crawl", "--patience", "3s", "--host-delay", delay]);
    command.arg("--config").arg(config).arg("--data").arg(dir.join("data"));
    for entry in web.connect_to() {
        command.args(["--connect-to", &entry]);
    }
    command.args(web.seeds());
    command
}

fn export(dir: &Path) -> Vec<Value> {
    let mut command = Command::new(binary());
    command.args(["records", "export", "--data"]).arg(dir.join("data"));
    let ended = Process::start(&mut command).expect("the binary starts").wait(PATIENCE).expect("it ends");
    assert!(ended.status.success(), "{}", ended.stderr);
    ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn kill_nine_at_any_moment_loses_and_doubles_nothing() {
    let seed = std::env::var("BAOGAO_CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    eprintln!("BAOGAO_CHAOS_SEED={seed}");
    let faults = Faults { slow: 0.0, huge: 0.0, ..Faults::some() };
    let plan = Plan { seed, hosts: 4, pages_per_host: 22, faults, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut chance = Chance::new(seed);

    let mut killed = 0;
    for attempt in 0.. {
        assert!(attempt < 4 * KILLS, "only {killed} of {attempt} starts could be killed at work");
        if killed == KILLS {
            break;
        }
        let before = web.log().len() as u64;
        // Some kills come while it starts and repairs, most while pages go through the stages.
        let after_pages = if chance.below(5) == 0 { 0 } else { chance.below(9) };
        let then = Duration::from_micros(chance.below(60_000));
        let mut process = Process::start(&mut crawl(&web, dir.path(), "5ms")).expect("the binary starts");
        let deadline = Instant::now() + PATIENCE;
        while (web.log().len() as u64) < before + after_pages && process.is_running().expect("the system says") {
            assert!(Instant::now() < deadline, "seed {seed}: the crawl hangs");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(then);
        // One that only waits for its end counts for nothing: it must have asked for something, or be
        // killed while it starts.
        let is_at_work = after_pages == 0 || web.log().len() as u64 > before;
        if is_at_work && process.is_running().expect("the system says") {
            process.signal(Signal::Kill).expect("it is killed");
            process.wait(PATIENCE).expect("it ends");
            killed += 1;
        }
    }

    let mut last = Process::start(&mut crawl(&web, dir.path(), "1ms")).expect("the binary starts");
    let ended = last.wait(PATIENCE).expect("it ends");
    assert!(ended.status.success(), "seed {seed}: {}{}", ended.stdout, ended.stderr);

    let truth = web.truth();
    let reports = export(dir.path());
    let owed: Vec<_> =
        truth.records.iter().map(|record| Owed { parts: record.parts.clone(), text: record.text() }).collect();
    let wrong = accounting::faults(&owed, &reports);
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    for report in &reports {
        let id = report["id"].as_str().expect("an id");
        assert_eq!(revisions(dir.path(), id), 1, "seed {seed}: {id} was doubled");
    }
    let hits = web.log();
    for host in &truth.hosts {
        // A killed crawler's request may still be under way at the server when the next one asks.
        assert!(max_in_flight(&hits, &host.host) <= 2, "seed {seed}: {}", host.host);
    }
    assert_eq!(dead_letters(dir.path()), 0, "seed {seed}: dead letters without a poison message");
}

/// How many revisions of a record there are.
fn revisions(dir: &Path, id: &str) -> usize {
    let mut command = Command::new(binary());
    command.env("BAOGAO_LANG", "en").args(["records", "show", id, "--data"]).arg(dir.join("data"));
    let ended = Process::start(&mut command).expect("the binary starts").wait(PATIENCE).expect("it ends");
    let line = ended.stdout.lines().find_map(|line| line.strip_prefix("revisions: "));
    line.expect("revisions are told").parse().expect("a number")
}

/// How many dead letters the bus holds.
fn dead_letters(dir: &Path) -> usize {
    let bus = dir.join("data").join("bus.sqlite");
    assert!(bus.is_file());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bus = baogao_bus::Bus::sqlite_read_only(&bus).await.expect("the bus opens");
        bus.dead_letters(&baogao_bus::DeadLetterFilter::default()).await.expect("it answers").len()
    })
}
