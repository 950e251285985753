//! One run over the embedded mode: killed and poisoned as the schedule says, then run to its end.

use crate::driver::Outcome;
use crate::pace;
use crate::poison::{self, DEADLY};
use crate::schedule::{Event, Schedule};
use crate::web_of;
use anyhow::Context as _;
use baogao_bus::{Bus, DeadLetterFilter, Options};
use baogao_store::Records;
use baogao_testkit::{FakeWeb, Process, Signal};
use baogao_tests::binary;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The least time between two requests to a host.
const DELAY: Duration = Duration::from_millis(5);

/// Far more than any step takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often the process may be brought down by poison.
const STARTS: usize = 40;

/// SIGABRT, by which the process dies of a deadly article.
const ABORTED: i32 = 6;

/// Crawls a web of `pages` pages while the schedule is carried out.
///
/// # Errors
///
/// When the run could not be brought to its end.
pub fn run(seed: u64, pages: usize, schedule: &Schedule, dir: &Path) -> anyhow::Result<Outcome> {
    let web = web_of(seed, pages);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (data, began) = (dir.join("data"), Instant::now());
    let mut crawl = Crawl { web: &web, dir, process: None, aborts: 0 };
    let mut swallowed = Vec::new();
    for moment in &schedule.moments {
        crawl.until_asked(moment.after).with_context(|| format!("{moment:?}"))?;
        let then = match moment.event {
            Event::Kill { down, .. } => Duration::from_millis(down),
            // Published while nobody has the bus.
            _ => Duration::ZERO,
        };
        std::thread::sleep(then);
        crawl.kill()?;
        if let Event::Poison(poison) = moment.event {
            let published = async {
                let bus = Bus::sqlite(&data.join("bus.sqlite"), Options::default()).await?;
                let published = poison::publish(poison, swallowed.len(), &bus, &data.join("archive")).await?;
                bus.close().await?;
                anyhow::Ok(published)
            };
            swallowed.push(runtime.block_on(published).with_context(|| format!("{moment:?}"))?);
        }
    }
    crawl.run_to_its_end()?;

    let (dead, records) = runtime.block_on(async {
        let bus = Bus::sqlite_read_only(&data.join("bus.sqlite")).await?;
        let dead = bus.dead_letters(&DeadLetterFilter::default()).await?;
        anyhow::Ok((dead, Records::sqlite_read_only(data.join("records.sqlite")).await?))
    })?;
    let mut outcome = Outcome::default();
    outcome.faults.extend(poison::faults(&swallowed, &dead));
    outcome.faults.extend(runtime.block_on(crate::record_faults(&web, &records, dir))?);
    outcome.faults.extend(pace::too_early(&web.log(), DELAY).into_iter().map(|early| format!("too early: {early}")));
    outcome.notes.push(format!(
        "{} requests for {} pages; {} kills, {} aborts; {} poison messages, {} dead letters; {:.0?}",
        web.asked(),
        web.truth().pages.len(),
        schedule.moments.len(),
        crawl.aborts,
        swallowed.len(),
        dead.len(),
        began.elapsed()
    ));
    Ok(outcome)
}

/// The crawl, whether it runs or not.
struct Crawl<'a> {
    web: &'a FakeWeb,
    dir: &'a Path,
    process: Option<Process>,
    aborts: usize,
}

impl Crawl<'_> {
    /// Lets it run until so many requests were served, or until there are no more to come.
    fn until_asked(&mut self, requests: u64) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        // At least until it is at work.
        let least = self.web.asked() as u64;
        let mut has_ended = false;
        while !has_ended && (self.web.asked() as u64) < requests.max(least) {
            anyhow::ensure!(Instant::now() < deadline, "the crawl hangs");
            has_ended = self.go_on()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets it run until it ends by itself.
    fn run_to_its_end(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.go_on()? {
            anyhow::ensure!(Instant::now() < deadline, "the crawl does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Starts it where it does not run; says whether it has come to an end since it was last asked.
    fn go_on(&mut self) -> anyhow::Result<bool> {
        let Some(process) = &mut self.process else {
            self.process = Some(self.start()?);
            return Ok(false);
        };
        if process.is_running()? {
            return Ok(false);
        }
        let status = process.wait(PATIENCE)?.status;
        self.process = None;
        if status.signal() == Some(ABORTED) {
            self.aborts += 1;
            anyhow::ensure!(self.aborts < STARTS, "it is brought down again and again");
            return Ok(false);
        }
        // 1 says that there are dead letters.
        anyhow::ensure!(matches!(status.code(), Some(0 | 1)), "the crawl has ended with {status}");
        Ok(true)
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::Kill)?;
            process.wait(PATIENCE)?;
        }
        Ok(())
    }

    fn start(&self) -> anyhow::Result<Process> {
        let config = self.dir.join("hasty.toml");
        std::fs::write(&config, "[frontier]\nretry_base_ms = 100\nretry_max_ms = 500\nmax_attempts = 12\n")?;
        let mut command = Command::new(binary());
        command.env("BAOGAO_LANG", "en").env("BAOGAO_TEST_ABORT_ON", DEADLY).env_remove("BAOGAO_LOG");
        // Long enough for a suspect's rest and a first retry.
        command.args(["crawl", "--patience", "15s", "--host-delay", "5ms", "--config"]).arg(config);
        command.arg("--data").arg(self.dir.join("data"));
        for entry in self.web.connect_to() {
            command.args(["--connect-to", &entry]);
        }
        command.args(self.web.seeds());
        Ok(Process::start_logged(&mut command, &self.dir.join("crawl.log"))?)
    }
}
