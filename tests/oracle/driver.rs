//! One run over the distributed stack: everything of the schedule, then quiet, then the reckoning.

use crate::pace;
use crate::poison::{self, Swallowed};
use crate::schedule::{Event, Moment, Replica, Schedule, Server};
use crate::stack::{DELAY, LEASE, Servers, Stack};
use crate::web_of;
use anyhow::Context as _;
use baogao_bus::{Bus, DeadLetterFilter};
use baogao_frontier::{Frontier, Scope};
use baogao_store::{PostgresOptions, Records};
use baogao_testkit::{FakeWeb, Signal};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How often everything is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A crawl that has served nothing for so long is waited for no more: what was to happen later happens now.
const STALLED: Duration = Duration::from_secs(8);

/// A broker is not killed sooner than so long after the first request, that is after the first
/// declaration of its queues; see `RabbitNode::kill`.
const SETTLED: Duration = Duration::from_secs(4);

/// For how long there must be nothing to do.
const QUIET: Duration = Duration::from_secs(3);

/// What is due within this is worth waiting for.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// The longest that the stack may need to work everything off once nothing goes wrong any more. A
/// message whose attempt failed comes back after 10 s at first and 20 s then.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often processes may be started again to finish what others handed back as they ended.
const ROUNDS: usize = 4;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is wrong, one line a fault.
    pub faults: Vec<String>,
    /// What a reader wants to know besides.
    pub notes: Vec<String>,
}

/// Crawls a web of `pages` pages while the schedule of `seed` is carried out.
///
/// # Errors
///
/// When the run could not be brought to its end.
pub fn run(seed: u64, pages: usize, servers: &mut Servers, schedule: &Schedule, dir: &Path) -> anyhow::Result<Outcome> {
    let web = web_of(seed, pages);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let stack = Stack::start(servers, &web, dir);
    let bus = runtime.block_on(stack.bus())?;
    let mut run = Run { web: &web, stack, runtime: &runtime, bus, swallowed: Vec::new(), first: None };
    let began = Instant::now();
    for moment in &schedule.moments {
        run.wait_for(moment)?;
        run.carry_out(moment.event).with_context(|| format!("{moment:?}"))?;
    }
    let broken = began.elapsed();
    run.until_done()?;
    let mut outcome = run.reckon()?;
    let strays = pace::too_early(&web.log(), DELAY);
    let allowed = schedule.long_pauses(LEASE);
    outcome.notes.push(format!(
        "{} requests for {} pages; {} events in {broken:.0?}, quiet after {:.0?}; {} processes aborted; \
         {} stray requests for {allowed} pauses longer than the lease",
        web.asked(),
        web.truth().pages.len(),
        schedule.moments.len(),
        began.elapsed(),
        run.stack.aborts,
        strays.len(),
    ));
    if strays.len() > allowed {
        outcome.faults.extend(strays.into_iter().map(|stray| format!("too early: {stray}")));
    } else {
        outcome.notes.extend(strays.into_iter().map(|stray| format!("stray: {stray}")));
    }
    Ok(outcome)
}

/// Everything that a run has in hand.
struct Run<'a> {
    web: &'a FakeWeb,
    stack: Stack<'a>,
    runtime: &'a Runtime,
    bus: Bus,
    swallowed: Vec<Swallowed>,
    /// When the first request was seen.
    first: Option<Instant>,
}

impl Run<'_> {
    /// Waits until an event is due, or until nothing moves any more.
    fn wait_for(&mut self, moment: &Moment) -> anyhow::Result<()> {
        let (mut asked, mut since) = (self.web.asked(), Instant::now());
        loop {
            let now = self.web.asked();
            if now > 0 {
                self.first.get_or_insert_with(Instant::now);
            }
            if now as u64 >= moment.after {
                break;
            }
            if now > asked {
                (asked, since) = (now, Instant::now());
            }
            // At first it has to start.
            let patience = if self.first.is_some() { STALLED } else { PATIENCE };
            if since.elapsed() > patience {
                anyhow::ensure!(self.first.is_some(), "the crawl does not begin");
                break;
            }
            self.pass(LOOK_EVERY)?;
        }
        if let (Event::KillServer { server: Server::Broker, .. }, Some(first)) = (moment.event, self.first) {
            self.pass(SETTLED.saturating_sub(first.elapsed()))?;
        }
        Ok(())
    }

    /// Lets time pass, and looks after the services meanwhile.
    fn pass(&mut self, time: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        loop {
            self.stack.look_after()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK_EVERY));
        }
    }

    fn pass_millis(&mut self, millis: u64) -> anyhow::Result<()> {
        self.pass(Duration::from_millis(millis))
    }

    /// Lets an event happen and waits until it is over.
    fn carry_out(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Kill { replica, down } => self.kill(replica, down),
            Event::Pause { replica, still } => {
                self.stack.signal(replica, Signal::Pause);
                self.pass_millis(still)?;
                self.stack.signal(replica, Signal::Resume);
                Ok(())
            }
            Event::KillServer { server, down, meanwhile } => {
                self.stack.kill_server(server);
                if let Some(replica) = meanwhile {
                    self.kill(replica, 0)?;
                }
                self.pass_millis(down)?;
                self.stack.start_server(server);
                Ok(())
            }
            Event::StopDatabase { down } => {
                self.stack.stop_database();
                self.pass_millis(down)?;
                self.stack.start_server(Server::Database);
                Ok(())
            }
            Event::PauseServer { server, still } => {
                self.stack.hold_server(server, true);
                self.pass_millis(still)?;
                self.stack.hold_server(server, false);
                Ok(())
            }
            Event::Cut { server } => {
                self.stack.wire(server).cut();
                Ok(())
            }
            Event::CutAfter { server, bytes } => {
                self.stack.wire(server).cut_after(bytes);
                Ok(())
            }
            Event::Slow { server, by, lasting } => {
                self.stack.wire(server).delay(Duration::from_millis(by));
                self.pass_millis(lasting)?;
                self.stack.wire(server).delay(Duration::ZERO);
                Ok(())
            }
            Event::Refuse { server, lasting } => {
                self.stack.wire(server).refuse(true);
                self.stack.wire(server).cut();
                self.pass_millis(lasting)?;
                self.stack.wire(server).refuse(false);
                Ok(())
            }
            Event::BlackHole { server, lasting } => {
                self.stack.wire(server).black_hole(true);
                self.pass_millis(lasting)?;
                self.stack.wire(server).black_hole(false);
                Ok(())
            }
            Event::Poison(poison) => {
                let (number, archive) = (self.swallowed.len(), self.stack.archive());
                let published = poison::publish(poison, number, &self.bus, &archive);
                self.swallowed.push(self.runtime.block_on(published)?);
                Ok(())
            }
        }
    }

    fn kill(&mut self, replica: Replica, down: u64) -> anyhow::Result<()> {
        self.stack.signal(replica, Signal::Kill);
        self.pass_millis(down)?;
        self.stack.start_service(replica);
        Ok(())
    }

    /// Waits until everything is worked off, what the processes had in hand included.
    fn until_done(&mut self) -> anyhow::Result<()> {
        for server in [Server::Broker, Server::Database] {
            self.stack.wire(server).heal();
        }
        for _ in 0..ROUNDS {
            self.until_quiet()?;
            // What a process of another has out, only that other can tell: it ends, and it lies in the queue.
            self.stack.drain()?;
            if self.runtime.block_on(self.rest())?.is_none() {
                return Ok(());
            }
            self.stack.start_all();
        }
        anyhow::bail!("after {ROUNDS} rounds there is still something to do")
    }

    /// Waits until nothing is under way or due soon.
    fn until_quiet(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut quiet = None;
        loop {
            // A server may need a moment to let us in again.
            let rest = match self.runtime.block_on(self.rest()) {
                Ok(rest) => rest,
                Err(error) => Some(format!("{error:#}")),
            };
            let asked = self.web.asked();
            match (&rest, quiet) {
                (None, Some((since, before))) if before == asked => {
                    let since: Instant = since;
                    if since.elapsed() >= QUIET {
                        return Ok(());
                    }
                }
                (None, _) => quiet = Some((Instant::now(), asked)),
                (Some(_), _) => quiet = None,
            }
            if began.elapsed() > PATIENCE {
                anyhow::bail!("it does not come to rest: {}", rest.unwrap_or_default());
            }
            self.pass(Duration::from_millis(500))?;
        }
    }

    /// What there is still to do, as far as one can see from outside; none when nothing.
    async fn rest(&self) -> anyhow::Result<Option<String>> {
        let depths = self.bus.depths().await?;
        let busy: Vec<_> = depths.iter().filter(|queue| queue.pending() > 0).collect();
        if !busy.is_empty() {
            return Ok(Some(format!("{busy:?}")));
        }
        let frontier: Frontier = self.stack.frontier().await?;
        let now = Timestamp::now();
        let stats = frontier.stats(now, &Scope::default()).await;
        frontier.close().await?;
        let stats = stats?;
        let is_due = stats.next_due.is_some_and(|due| due <= now + SOON);
        let is_busy = stats.outbox_rows > 0 || stats.leased_keys > 0 || stats.open_groups > 0 || is_due;
        Ok(is_busy.then(|| format!("{stats:?}")))
    }

    /// What is there against what is owed.
    fn reckon(&self) -> anyhow::Result<Outcome> {
        let (records, dead) = self.runtime.block_on(async {
            let dead = self.bus.dead_letters(&DeadLetterFilter::default()).await?;
            let records = Records::postgres(self.stack.database_url(), PostgresOptions::default()).await?;
            anyhow::Ok((records, dead))
        })?;
        let mut outcome = Outcome::default();
        outcome.faults.extend(poison::faults(&self.swallowed, &dead));
        outcome.notes.push(format!("{} poison messages, {} dead letters", self.swallowed.len(), dead.len()));
        outcome.faults.extend(self.runtime.block_on(crate::record_faults(self.web, &records, self.stack.dir()))?);
        self.runtime.block_on(records.close())?;
        Ok(outcome)
    }
}
