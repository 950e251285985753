//! The fetch loop: leases hosts from the frontier and visits each with one request at a time.

use crate::{ARCHIVE, Crawler, FRONTIER, pressure};
use anyhow::Context as _;
use baogao_archive::{ArchiveError, Exchange};
use baogao_fetch::{FetchError, ROBOTS_AGENT, Request, Response, Robots, RobotsAnswer};
use baogao_frontier::{
    Claim, ClaimRequest, ClaimToken, Completion, DueUrl, FORGOTTEN, FrontierError, Outcome, Pace, StoredRobots,
};
use baogao_model::CanonicalUrl;
use baogao_runtime::work::chain;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// URLs taken from one host in one visit, if its delay is short enough to get to them.
const URLS_PER_VISIT: usize = 16;

/// No host is left alone for longer than this between two requests, whatever it asks for.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3600);

/// A host with a longer delay is given back after each request instead of being waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait for a host that another site's robots.txt has just led to; never more than two
/// thirds of the lease's margin, into which it must fit.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long robots rules are believed; RFC 9309 §2.4 allows a day.
const ROBOTS_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// How long a host whose robots.txt cannot be got is left alone.
const ROBOTS_RETRY: Duration = Duration::from_secs(60);

/// The rest after a store of our own was away, doubled each time up to [`LONGEST_REST`].
const FIRST_REST: Duration = Duration::from_secs(1);

/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// The time between two tries to give a host back.
const GIVE_BACK_PAUSE: Duration = Duration::from_secs(1);

/// The time between two looks for due hosts when there was none.
const TICK: Duration = Duration::from_millis(200);

/// Claims and visits hosts until shutdown is asked for, then lets the visits end.
pub async fn run(crawler: &Crawler) {
    let mut visits = JoinSet::new();
    let mut brake = Brake::default();
    while !crawler.context.shutdown.is_requested() {
        while let Some(ended) = visits.try_join_next() {
            brake.note(ended.unwrap_or(Visited::BrokenOff));
        }
        let free = crawler.config.max_hosts.saturating_sub(visits.len());
        let claims = if free == 0 || is_spent(crawler) || must_wait(crawler, &mut brake).await {
            Vec::new()
        } else {
            claim(crawler, free).await
        };
        let idle = claims.is_empty();
        for claim in claims {
            visits.spawn(visit(crawler.clone(), claim));
        }
        if idle {
            tokio::select! {
                Some(ended) = visits.join_next() => brake.note(ended.unwrap_or(Visited::BrokenOff)),
                () = tokio::time::sleep(TICK) => {}
                () = crawler.context.shutdown.requested() => {}
            }
        }
    }
    while visits.join_next().await.is_some() {}
}

/// Whether claiming must wait; a stop waits for no answer of a store that is away.
async fn must_wait(crawler: &Crawler, brake: &mut Brake) -> bool {
    tokio::select! {
        () = crawler.context.shutdown.requested() => true,
        is_on = brake.is_on(crawler) => is_on,
    }
}

/// Whether the run has begun as many requests as it may.
fn is_spent(crawler: &Crawler) -> bool {
    crawler.config.max_pages.is_some_and(|most| crawler.begun.load(Ordering::Relaxed) >= most)
}

/// Takes one request from what the run may still begin; false where nothing is left.
fn reserve(crawler: &Crawler) -> bool {
    let most = crawler.config.max_pages.unwrap_or(u64::MAX);
    let one_more = |begun: u64| (begun < most).then_some(begun + 1);
    crawler.begun.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
}

/// This process among all crawlers. In containers every process may be number 1 of a host of the same
/// name, so the time of its start is added.
fn owner() -> &'static str {
    static OWNER: OnceLock<String> = OnceLock::new();
    OWNER.get_or_init(|| {
        let host = std::env::var("HOSTNAME").unwrap_or_default();
        format!("crawler-{host}-{}-{}", std::process::id(), Timestamp::now().as_nanosecond())
    })
}

/// Claims up to `free` due hosts; none where the frontier is away.
async fn claim(crawler: &Crawler, free: usize) -> Vec<Claim> {
    let request = ClaimRequest {
        owner: owner().to_owned(),
        max_keys: free,
        urls_per_key: URLS_PER_VISIT,
        scope: crawler.scope.in_frontier(crawler.config.max_depth),
    };
    match crawler.frontier.claim(Timestamp::now(), &request).await {
        Ok(claims) => {
            crawler.context.health.back(FRONTIER);
            claims
        }
        Err(error) => {
            crawler.context.health.lost(FRONTIER, chain(&error));
            crawler.context.shutdown.sleep(Duration::from_secs(1)).await;
            Vec::new()
        }
    }
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visited {
    /// As it should.
    Well,
    /// A store of our own was away.
    BrokenOff,
}

/// Remembers whether the crawler pauses, and looks at most once a second.
#[derive(Default)]
struct Brake {
    looked: Option<Instant>,
    /// After visits were broken off: until when, and how long the pause was.
    rest: Option<(Instant, Duration)>,
}

impl Brake {
    /// Whether claiming must wait.
    async fn is_on(&mut self, crawler: &Crawler) -> bool {
        if self.rest.is_some_and(|(until, _)| Instant::now() < until) {
            return true;
        }
        let is_fresh = self.looked.is_some_and(|at| at.elapsed() < Duration::from_secs(1));
        if !is_fresh {
            self.looked = Some(Instant::now());
            crawler.pause.set(pressure::reason_to_pause(crawler).await);
        }
        crawler.pause.reason().is_some()
    }

    /// Rests ever longer while visits are broken off: fetching what cannot be kept wears out the host.
    fn note(&mut self, ended: Visited) {
        self.rest = match ended {
            Visited::Well => None,
            Visited::BrokenOff => {
                let pause = self.rest.map_or(FIRST_REST, |(_, last)| (last * 2).min(LONGEST_REST));
                Some((Instant::now() + pause, pause))
            }
        };
    }
}

/// One leased host being visited.
struct Visit {
    crawler: Crawler,
    token: ClaimToken,
    /// When the host is somebody else's to claim.
    lease_end: Instant,
    /// The least time between the end of one request and the start of the next.
    delay: Duration,
    /// What robots.txt asks for; none until it is known.
    crawl_delay: Option<Duration>,
    /// The end of the last request of this visit.
    last_end: Option<Instant>,
    robots: HashMap<String, Robots>,
}

/// How a visit goes on after one of its URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// With the next URL.
    Continue,
    /// It ends here; what is left stays due.
    End,
}

/// A moment on the monotonic clock; now if it is past.
fn instant(at: Timestamp) -> Instant {
    Instant::now() + Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// Visits a host: one request at a time, the delay between them, until its URLs, its lease or the
/// patience for its delay end.
async fn visit(crawler: Crawler, claim: Claim) -> Visited {
    let mut visit = Visit {
        token: claim.token(),
        lease_end: instant(claim.leased_until),
        delay: claim.delay.max(crawler.config.host_delay()),
        crawl_delay: None,
        last_end: None,
        robots: HashMap::new(),
        crawler,
    };
    let mut ended = Visited::Well;
    for due in claim.urls {
        let url = due.url.clone();
        // A panic is a fault of ours that the same page would meet again.
        match AssertUnwindSafe(visit.one(due)).catch_unwind().await {
            Ok(Ok(Next::Continue)) => {}
            Ok(Ok(Next::End)) => break,
            Ok(Err(error)) => {
                // The URL stays due: it is asked for again when our own parts are back.
                visit.tell_away(&claim.pace_key, &error);
                ended = Visited::BrokenOff;
                break;
            }
            Err(_) => {
                tracing::error!(url = %url, "visiting {url} panicked; it is given up");
                let outcome = Outcome::Failed { reason: "panic".to_owned(), transient: false, retry_after: None };
                if visit.settle(vec![Completion { url, at: Timestamp::now(), outcome }], false).await.is_err() {
                    ended = Visited::BrokenOff;
                    break;
                }
            }
        }
    }
    if !visit.give_back(&claim.pace_key).await {
        tracing::debug!(host = claim.pace_key, "{} could not be given back, its lease will end", claim.pace_key);
        ended = Visited::BrokenOff;
    }
    ended
}

impl Visit {
    /// Says which store of our own broke off a visit. With dozens of visits under way the part is
    /// told of once; what waiting cannot mend is told each time.
    fn tell_away(&self, host: &str, error: &anyhow::Error) {
        let health = &self.crawler.context.health;
        let archive = error.chain().find_map(|cause| cause.downcast_ref::<ArchiveError>());
        let frontier = error.chain().find_map(|cause| cause.downcast_ref::<FrontierError>());
        match (archive, frontier) {
            (Some(cause), _) if cause.is_transient() => health.lost(ARCHIVE, chain(cause)),
            (_, Some(cause)) if cause.is_transient() => health.lost(FRONTIER, chain(cause)),
            _ => tracing::warn!(host, error = ?error, "a visit to {host} was broken off: {error:#}"),
        }
    }

    /// Gives the host back, if need be again and again while the lease lasts: the frontier being away for
    /// a moment must not keep the host waiting for the end of it. False if it could not be done.
    async fn give_back(&mut self, host: &str) -> bool {
        while let Err(error) = self.settle(Vec::new(), true).await {
            let may_pass = error.is_transient() && Instant::now() + GIVE_BACK_PAUSE < self.lease_end;
            self.tell_away(host, &error.into());
            if !may_pass || !self.crawler.context.shutdown.sleep(GIVE_BACK_PAUSE).await {
                return false;
            }
        }
        true
    }

    /// Fetches one URL, archives it, and settles it with the frontier. An error means that a store
    /// of our own is away.
    async fn one(&mut self, due: DueUrl) -> anyhow::Result<Next> {
        if self.crawler.forgotten.known().cover(due.url.as_str()) {
            let outcome = Outcome::Excluded { reason: FORGOTTEN.to_owned() };
            count(&due.url, &outcome);
            let stale = self.settle(vec![Completion { url: due.url, at: Timestamp::now(), outcome }], false).await?;
            return Ok(if stale { Next::End } else { Next::Continue });
        }
        if !self.wait_turn().await {
            return Ok(Next::End);
        }
        let outcome = match self.robots_verdict(&due.url).await? {
            Verdict::Allowed => {
                if !self.wait_turn().await {
                    return Ok(Next::End);
                }
                match self.fetch(&due).await? {
                    Some(outcome) => outcome,
                    None => return Ok(Next::End),
                }
            }
            Verdict::Disallowed => Outcome::Excluded { reason: "robots".to_owned() },
            Verdict::Refused(error) => failed(&error),
            Verdict::Stopped => return Ok(Next::End),
            Verdict::Unreachable => Outcome::Failed {
                reason: "robots_unreachable".to_owned(),
                transient: true,
                retry_after: Some(ROBOTS_RETRY),
            },
        };
        // A server in trouble is left alone; the frontier says for how long.
        let is_held_up = matches!(&outcome, Outcome::Failed { transient: true, .. });
        count(&due.url, &outcome);
        let stale = self.settle(vec![Completion { url: due.url, at: Timestamp::now(), outcome }], false).await?;
        Ok(if stale || is_held_up || self.delay > LONGEST_WAIT { Next::End } else { Next::Continue })
    }

    /// Waits until the host may be asked again; false if the lease, the run's budget or the run
    /// itself ends before.
    async fn wait_turn(&self) -> bool {
        let turn = self.last_end.map_or_else(Instant::now, |end| end + self.delay);
        // Begun early enough to be over when the lease is.
        let needed = self.crawler.longest_request.saturating_add(self.crawler.lease_margin);
        if turn.checked_add(needed).is_none_or(|end| end >= self.lease_end) || is_spent(&self.crawler) {
            return false;
        }
        tokio::select! {
            () = self.crawler.context.shutdown.requested() => false,
            () = tokio::time::sleep_until(turn) => true,
        }
    }

    /// Gets the page and archives it; none where shutdown was asked for meanwhile, or the run has
    /// begun as many requests as it may.
    async fn fetch(&mut self, due: &DueUrl) -> anyhow::Result<Option<Outcome>> {
        if !reserve(&self.crawler) {
            return Ok(None);
        }
        let request = Request {
            url: due.url.clone(),
            etag: due.etag.clone(),
            last_modified: due.last_modified.clone(),
            pause: self.delay.min(LONGEST_PAUSE).min(self.crawler.lease_margin / 3 * 2),
        };
        let began = Instant::now();
        let answer = tokio::select! {
            () = self.crawler.context.shutdown.requested() => None,
            answer = self.crawler.fetcher.get(&request) => Some(answer),
        };
        metrics::histogram!("baogao_crawler_fetch_seconds").record(began.elapsed());
        self.last_end = Some(Instant::now());
        match answer {
            None => Ok(None),
            Some(Ok(response)) => self.judge(&due.url, response).await.map(Some),
            Some(Err(error)) => {
                tracing::info!(url = %due.url, error = ?error, "cannot fetch {}: {error}", due.url);
                Ok(Some(failed(&error)))
            }
        }
    }

    /// What a response means, with its bytes in the archive where they are to be kept.
    async fn judge(&self, url: &CanonicalUrl, response: Response) -> anyhow::Result<Outcome> {
        let status = response.status;
        Ok(match status {
            200..=299 => self.keep(url, response).await?,
            304 => Outcome::NotModified,
            301 | 302 | 303 | 307 | 308 => self.redirect(url, &response),
            // Timeout, too early, too many requests, and whatever is the server's own trouble.
            408 | 425 | 429 | 500..=599 => Outcome::Failed {
                reason: format!("http_{status}"),
                transient: true,
                retry_after: response.retry_after(Timestamp::now()),
            },
            _ => Outcome::Failed { reason: format!("http_{status}"), transient: false, retry_after: None },
        })
    }

    /// Archives a good response.
    async fn keep(&self, url: &CanonicalUrl, response: Response) -> anyhow::Result<Outcome> {
        let text = |name: &str| response.header(name).map(Cow::into_owned);
        let (content_type, etag, last_modified) = (text("content-type"), text("etag"), text("last-modified"));
        let (status, bytes) = (response.status, response.body.len() as u64);
        let exchange = Exchange {
            url: url.to_string(),
            fetched_at: response.ended_at,
            peer: Some(response.peer.ip()),
            status,
            reason: response.reason,
            http_version: response.http_version,
            headers: response.headers,
            body: response.body,
        };
        let payload = self.crawler.archive.append(exchange).await.with_context(|| format!("cannot archive {url}"))?;
        self.crawler.context.health.back(ARCHIVE);
        Ok(Outcome::Fetched { status, content_type, etag, last_modified, payload, bytes })
    }

    /// Where a redirect leads: back into the frontier, if it may be crawled.
    fn redirect(&self, url: &CanonicalUrl, response: &Response) -> Outcome {
        let failed = |reason: &str| Outcome::Failed { reason: reason.to_owned(), transient: false, retry_after: None };
        let target = response.location().and_then(|location| url.join(&location).ok());
        match target {
            None => failed("bad_redirect"),
            Some(to) if !self.crawler.scope.contains(&to) => failed("redirect_out_of_scope"),
            Some(to) if self.crawler.forgotten.known().cover(to.as_str()) => failed("redirect_to_forgotten"),
            Some(to) => Outcome::Redirected { to, status: response.status },
        }
    }

    /// What robots.txt says about `url`, asking the host for it where it is not known.
    async fn robots_verdict(&mut self, url: &CanonicalUrl) -> anyhow::Result<Verdict> {
        let origin = url.as_url().origin().ascii_serialization();
        if !self.robots.contains_key(&origin) {
            let answer = match self.known_robots(&origin).await? {
                Some(answer) => answer,
                None => match self.ask_robots(&origin, url).await? {
                    Some(Ok(answer)) => answer,
                    Some(Err(refusal)) => return Ok(Verdict::Refused(refusal)),
                    None => return Ok(Verdict::Stopped),
                },
            };
            if let RobotsAnswer::DenyAll { why } = &answer {
                tracing::info!(origin, "robots.txt of {origin} cannot be got, which forbids everything for now: {why}");
                return Ok(Verdict::Unreachable);
            }
            self.robots.insert(origin.clone(), answer.robots());
        }
        // Inserted above.
        let Some(rules) = self.robots.get(&origin) else {
            return Ok(Verdict::Unreachable);
        };
        let wish = rules.crawl_delay(ROBOTS_AGENT).unwrap_or_default().min(LONGEST_DELAY);
        self.crawl_delay = Some(wish);
        self.delay = self.delay.max(wish);
        Ok(if rules.allows(ROBOTS_AGENT, url.path_and_query()) { Verdict::Allowed } else { Verdict::Disallowed })
    }

    /// The answer that the frontier remembers, unless it is too old.
    async fn known_robots(&self, origin: &str) -> Result<Option<RobotsAnswer>, FrontierError> {
        let stored = self.crawler.frontier.robots(origin).await?;
        Ok(stored
            .filter(|stored| stored.expires_at > Timestamp::now())
            .map(|stored| RobotsAnswer::from_stored(&stored.state, &stored.body)))
    }

    /// Asks the host, and remembers the answer unless the file could not be got; none where shutdown
    /// was asked for meanwhile. The inner error is our own refusal to ask this host.
    async fn ask_robots(
        &mut self,
        origin: &str,
        url: &CanonicalUrl,
    ) -> Result<Option<Result<RobotsAnswer, FetchError>>, FrontierError> {
        let asked = self.crawler.fetcher.robots(url, self.delay);
        let answer = tokio::select! {
            () = self.crawler.context.shutdown.requested() => None,
            answer = tokio::time::timeout(self.crawler.longest_request, asked) => Some(answer),
        };
        self.last_end = Some(Instant::now());
        let Some(answer) = answer else {
            return Ok(None);
        };
        let answer = answer
            .unwrap_or_else(|_| Ok(RobotsAnswer::DenyAll { why: "it took too long, redirects included".to_owned() }));
        if let Ok(answer @ (RobotsAnswer::Rules { .. } | RobotsAnswer::AllowAll { .. })) = &answer {
            let fetched_at = Timestamp::now();
            let stored = StoredRobots {
                state: answer.state().to_owned(),
                body: answer.body().to_vec(),
                fetched_at,
                expires_at: fetched_at + ROBOTS_LIFETIME,
            };
            self.crawler.frontier.put_robots(origin, &stored).await?;
        }
        Ok(Some(answer))
    }

    /// Tells the frontier what came of the URLs and when the host may be asked again; true if the
    /// lease has gone to somebody else.
    async fn settle(&mut self, completions: Vec<Completion>, release: bool) -> Result<bool, FrontierError> {
        let now = Timestamp::now();
        let ended = self.last_end.map_or(Duration::ZERO, |end| end.elapsed());
        let wait = match self.last_end {
            Some(_) => self.delay.saturating_sub(ended),
            None => Duration::ZERO,
        };
        // At most a day, so no overflow.
        let next_at = now + wait;
        let pace = Pace { next_at, delay: self.crawl_delay, release };
        let completed = self.crawler.frontier.complete(now, &self.token, completions, pace).await?;
        if let Some(until) = completed.leased_until {
            self.lease_end = instant(until);
        }
        Ok(completed.stale)
    }
}

/// What robots.txt says about a URL.
enum Verdict {
    Allowed,
    Disallowed,
    /// We do not ask this host at all: its address is private, or no contact is configured.
    Refused(FetchError),
    /// Shutdown was asked for before it was got.
    Stopped,
    /// It could not be got, which forbids everything for the time being (RFC 9309 §2.3.1.4).
    Unreachable,
}

/// A fetch that brought no response.
fn failed(error: &FetchError) -> Outcome {
    Outcome::Failed { reason: error.code().to_owned(), transient: error.is_transient(), retry_after: None }
}

/// Counts a settled URL by outcome and reason.
fn count(url: &CanonicalUrl, outcome: &Outcome) {
    let (outcome, reason) = match outcome {
        Outcome::Fetched { .. } => ("fetched", ""),
        Outcome::NotModified => ("not_modified", ""),
        Outcome::Redirected { .. } => ("redirected", ""),
        Outcome::Excluded { reason } => ("excluded", reason.as_str()),
        Outcome::Failed { reason, .. } => ("failed", reason.as_str()),
    };
    tracing::info!(url = %url, outcome, reason, "{outcome} {url}");
    metrics::counter!("baogao_crawler_pages_total", "outcome" => outcome, "reason" => reason.to_owned()).increment(1);
}
