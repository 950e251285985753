//! What a visit's outcome does to the next one.

use super::*;
use baogao_frontier::{Interval, StoredRobots, Unfetched};

const A: &str = "http://a.example/1";

/// The time of the next possible claim.
async fn next(frontier: &Frontier) -> Timestamp {
    frontier.stats(at(0), &Scope::default()).await.expect("counts").next_due.expect("a URL")
}

/// Seconds between two times.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

pub async fn transient_failures_back_off_and_end<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let mut now = at(0);
    for (attempt, wait) in [(1, 60.0), (2, 120.0), (3, 240.0)] {
        let claims = claim(&frontier, now).await;
        assert_eq!(claims[0].urls[0].attempts, attempt - 1);
        let done = finish(&frontier, now, &claims[0].token(), A, failure("timeout", true)).await;
        assert_eq!((done.retries, done.failed), (1, 0));
        let retry = &frontier.pending_retries(10).await.expect("lists")[0];
        assert_eq!((retry.url.as_str(), retry.reason.as_str(), retry.attempts), (A, "timeout", attempt));
        let waited = seconds(now, next(&frontier).await);
        assert!((0.75 * wait..=1.25 * wait).contains(&waited), "attempt {attempt} waits {waited} s");
        now = next(&frontier).await;
    }
    let done = visit_all(&frontier, now, || failure("timeout", true)).await;
    assert_eq!((done.retries, done.failed), (0, 1));
    assert_eq!(frontier.pending_retries(10).await.expect("lists"), []);
    let lost = &frontier.failures(10).await.expect("lists")[0];
    assert_eq!((lost.reason.as_str(), lost.excluded, lost.at), ("timeout", false, now));
    assert_eq!(next(&frontier).await, now + Duration::from_secs(30 * DAY));

    // The far-off visit begins anew.
    let again = next(&frontier).await;
    let done = visit_all(&frontier, again, || failure("timeout", true)).await;
    assert_eq!((done.retries, done.failed), (1, 0));
}

pub async fn a_seed_is_due_whatever_was_planned<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let fates = [page("1"), failure("timeout", true), failure("http_404", false)];
    let mut now = at(0);
    for fate in fates {
        seed(&frontier, now, &[A]).await;
        let claims = claim(&frontier, now).await;
        assert_eq!((claims[0].urls[0].attempts, claims[0].urls[0].depth), (0, 0));
        finish(&frontier, now, &claims[0].token(), A, fate).await;
        now += Duration::from_secs(60);
        assert_eq!(claim(&frontier, now).await.len(), 0, "nothing is due so soon");
    }
    seed(&frontier, now, &[A]).await;
    assert_eq!(urls(&claim(&frontier, now).await), [A]);
}

pub async fn a_standing_seed_keeps_its_schedule<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let standing = || vec![Seed { url: url(A), priority: 0, now: false }];
    frontier.schedule(at(0), standing()).await.expect("schedules");
    visit_all(&frontier, at(0), || page("1")).await;
    frontier.schedule(at(60), standing()).await.expect("schedules");
    assert_eq!(claim(&frontier, at(60)).await, [], "it was visited a minute ago");
}

/// What is told of a URL, and how many seconds after `now` it can be tried next.
fn told(unfetched: &Unfetched, now: Timestamp) -> (&str, Option<&str>, bool, bool, u64) {
    let wait = unfetched.next_at.duration_since(now).as_secs().unsigned_abs();
    (unfetched.url.as_str(), unfetched.reason.as_deref(), unfetched.excluded, unfetched.given_up, wait)
}

pub async fn what_was_not_fetched_is_told<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let texts =
        ["http://d.example/", "http://b.example/", "http://a.example/", "http://c.example/", "http://e.example/"];
    seed(&frontier, at(0), &texts).await;
    let busy =
        || Outcome::Failed { reason: "timeout".into(), transient: true, retry_after: Some(Duration::from_secs(600)) };
    for claim in claim(&frontier, at(0)).await {
        let outcome = match claim.pace_key.as_str() {
            "a.example" => page("1"),
            "b.example" => busy(),
            "c.example" => Outcome::Excluded { reason: "robots".into() },
            "d.example" => Outcome::Redirected { to: url("http://d.example/moved"), status: 301 },
            _ => Outcome::Redirected { to: url("http://a.example/"), status: 301 },
        };
        finish(&frontier, at(0), &claim.token(), claim.urls[0].url.as_str(), outcome).await;
    }
    let given: Vec<_> = texts.into_iter().chain(["http://unknown.example/"]).map(url).collect();
    let waiting = frontier.unfetched(&given).await.expect("looks up");
    assert_eq!(told(&waiting[0], at(0)), (texts[0], None, false, false, 10), "where it leads was not tried");

    visit_all(&frontier, at(10), || failure("http_404", false)).await;
    let unfetched = frontier.unfetched(&given).await.expect("looks up");
    let wanted = [
        (texts[0], Some("http_404"), false, true, 10 + 30 * DAY),
        (texts[1], Some("timeout"), false, false, 600),
        (texts[3], Some("robots"), true, false, 7 * DAY),
    ];
    assert_eq!(unfetched.iter().map(|one| told(one, at(0))).collect::<Vec<_>>(), wanted);
}

pub async fn urls_not_tried_yet_are_unfetched<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let two = "http://a.example/2";
    let given = [two, A].map(url);
    seed(&frontier, at(0), &[A, two]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let leased = frontier.unfetched(&given).await.expect("looks up");
    let wanted = [(two, None, false, false, 70), (A, None, false, false, 70)];
    assert_eq!(leased.iter().map(|one| told(one, at(0))).collect::<Vec<_>>(), wanted, "the lease and one delay");

    // The server is silent, and the whole host waits for it.
    finish(&frontier, at(0), &token, A, failure("timeout", true)).await;
    let unfetched = frontier.unfetched(&given).await.expect("looks up");
    assert_eq!(told(&unfetched[0], at(0)), (two, None, false, false, 20));
    assert_eq!((unfetched[1].url.as_str(), unfetched[1].reason.as_deref()), (A, Some("timeout")));

    // Asked for again, what became of it before counts no more.
    let token = claim(&frontier, at(20)).await[0].token();
    finish(&frontier, at(20), &token, two, page("2")).await;
    seed(&frontier, at(40), &[A, two]).await;
    let again = frontier.unfetched(&given).await.expect("looks up");
    let wanted = [(two, None, false, false, 0), (A, None, false, false, 0)];
    assert_eq!(again.iter().map(|one| told(one, at(40))).collect::<Vec<_>>(), wanted);
}

pub async fn a_final_failure_is_not_repeated_soon<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let done = visit_all(&frontier, at(0), || failure("http_404", false)).await;
    assert_eq!((done.failed, done.retries), (1, 0));
    assert_eq!(claim(&frontier, at(29 * DAY)).await, []);
    assert_eq!(claim(&frontier, at(30 * DAY)).await.len(), 1);
}

pub async fn retry_after_holds_the_whole_key<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A, "http://a.example/2"]).await;
    let busy = |seconds| Outcome::Failed {
        reason: "http_429".into(),
        transient: true,
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let token = claim(&frontier, at(0)).await[0].token();
    finish(&frontier, at(0), &token, A, busy(600)).await;
    assert_eq!(claim(&frontier, at(599)).await, []);
    assert_eq!(urls(&claim(&frontier, at(600)).await).len(), 2);

    // The batch that releases the key knows nothing of what an earlier one was told.
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A, "http://a.example/2", "http://a.example/3"]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let pace = Pace { next_at: at(10), delay: None, release: false };
    hand_in(&frontier, at(0), &token, A, busy(600), pace).await;
    finish(&frontier, at(20), &token, "http://a.example/2", page("2")).await;
    assert_eq!(claim(&frontier, at(599)).await, []);

    // A wait of a thousand years is cut to a day.
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    visit_all(&frontier, at(0), || busy(1000 * 365 * DAY)).await;
    assert_eq!(next(&frontier).await, at(DAY));
}

pub async fn silent_servers_are_asked_ever_less<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let pages: Vec<String> = (0..9).map(|n| format!("http://a.example/{n}")).collect();
    seed(&frontier, at(0), &pages.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut now = at(0);
    for (page_url, wait) in pages.iter().zip([20, 40, 80]) {
        let token = claim(&frontier, now).await[0].token();
        finish(&frontier, now, &token, page_url, failure("timeout", true)).await;
        now += Duration::from_secs(wait - 1);
        assert_eq!(claim(&frontier, now).await, [], "the key waits {wait} s");
        now += Duration::from_secs(1);
    }
    let token = claim(&frontier, now).await[0].token();
    finish(&frontier, now, &token, &pages[4], failure("http_404", false)).await;
    let now = now + Duration::from_secs(10);
    assert_eq!(claim(&frontier, now).await.len(), 1, "an answer ends it");
}

pub async fn robots_exclusions_are_counted_and_wait<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let done = visit_all(&frontier, at(0), || Outcome::Excluded { reason: "robots".into() }).await;
    assert_eq!((done.excluded, done.failed), (1, 0));
    let lost = &frontier.failures(10).await.expect("lists")[0];
    assert!(lost.excluded && lost.reason == "robots");
    assert_eq!(next(&frontier).await, at(7 * DAY));
}

pub async fn validators_come_back_with_the_claim<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let claims = claim(&frontier, at(0)).await;
    assert_eq!(claims[0].urls[0].etag, None);
    finish(&frontier, at(0), &claims[0].token(), A, page("one")).await;
    let claims = claim(&frontier, next(&frontier).await).await;
    assert_eq!(claims[0].urls[0].etag.as_deref(), Some("\"one\""));
}

pub async fn unchanged_pages_wait_longer<B: Bed>() {
    let mut config = config();
    let day = Duration::from_secs(DAY);
    config.revisit.other = Interval { first: 4 * day, min: day, max: 8 * day };
    let frontier = opened::<B>(config, at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    let mut now = at(0);
    for (outcome, days) in [
        (page("one"), 4),
        (page("one"), 6),
        (Outcome::NotModified, 8),
        (page("two"), 4),
        (page("three"), 2),
        (page("four"), 1),
        (page("five"), 1),
    ] {
        let before = pages_fetched(&frontier).await.len();
        let is_page = outcome != Outcome::NotModified;
        let token = claim(&frontier, now).await[0].token();
        finish(&frontier, now, &token, A, outcome).await;
        assert_eq!(pages_fetched(&frontier).await.len() - before, usize::from(is_page));
        assert_eq!(next(&frontier).await, now + days * day);
        now = next(&frontier).await;
    }
}

pub async fn the_kind_of_a_page_sets_its_pace<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &[A]).await;
    visit_all(&frontier, at(0), || page("list")).await;
    assert_eq!(next(&frontier).await, at(7 * DAY), "kind not known");
    frontier.store_links(at(9), &links(A, 1, PageKind::List), Vec::new()).await.expect("stores");
    assert_eq!(next(&frontier).await, at(DAY));
    frontier.store_links(at(9), &links(A, 1, PageKind::Blocked), Vec::new()).await.expect("stores");
    assert_eq!(next(&frontier).await, at(7 * DAY));

    // What a person asks for is not put off by a kind that comes late.
    seed(&frontier, at(20), &[A]).await;
    frontier.store_links(at(21), &links(A, 1, PageKind::Article), Vec::new()).await.expect("stores");
    assert_eq!(next(&frontier).await, at(20));
}

pub async fn redirects_are_followed_and_bounded<B: Bed>() {
    let frontier = opened::<B>(FrontierConfig { max_redirects: 2, ..config() }, at(0)).await;
    seed(&frontier, at(0), &["http://a.example/0"]).await;
    let to = |n: u64| Outcome::Redirected { to: url(&format!("http://a.example/{n}")), status: 301 };
    for n in 0..2 {
        let now = at(10 * n);
        let claims = claim(&frontier, now).await;
        let due = &claims[0].urls[0];
        assert_eq!((due.url.as_str(), due.redirects, due.depth), (&*format!("http://a.example/{n}"), n as u32, 0));
        let done = finish(&frontier, now, &claims[0].token(), due.url.as_str(), to(n + 1)).await;
        assert_eq!(done.redirected, 1);
    }
    let claims = claim(&frontier, at(20)).await;
    let done = finish(&frontier, at(20), &claims[0].token(), "http://a.example/2", to(3)).await;
    assert_eq!((done.redirected, done.failed), (0, 1));
    assert_eq!(frontier.failures(9).await.expect("lists")[0].reason, "too_many_redirects");
    assert_eq!(claim(&frontier, at(40)).await, []);
}

pub async fn redirect_loops_end<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    seed(&frontier, at(0), &["http://a.example/self", "http://a.example/x"]).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let pace = || Pace { next_at: at(1), delay: None, release: false };
    for (from, to, failed) in [("self", "self", 1), ("x", "y", 0), ("y", "z", 0), ("z", "x", 1)] {
        let to = Outcome::Redirected { to: url(&format!("http://a.example/{to}")), status: 302 };
        let done = hand_in(&frontier, at(1), &token, &format!("http://a.example/{from}"), to, pace()).await;
        assert_eq!((done.failed, done.redirected), (failed, 1 - failed), "{from}");
    }
    let reasons: Vec<String> =
        frontier.failures(9).await.expect("lists").into_iter().map(|failure| failure.reason).collect();
    assert_eq!(reasons, ["redirect_loop", "redirect_loop"]);
}

pub async fn bad_statuses_count_as_failures<B: Bed>() {
    for (code, transient) in [(404, false), (410, false), (429, true), (500, true), (503, true), (304, false)] {
        let frontier = opened::<B>(config(), at(0)).await;
        seed(&frontier, at(0), &[A]).await;
        let outcome = || match page("gone") {
            Outcome::Fetched { content_type, etag, last_modified, payload, bytes, .. } => {
                Outcome::Fetched { status: code, content_type, etag, last_modified, payload, bytes }
            }
            other => other,
        };
        let done = visit_all(&frontier, at(0), outcome).await;
        assert_eq!((done.fetched, done.retries == 1, done.failed == 1), (0, transient, !transient), "{code}");
        assert_eq!(messages(&frontier).await, []);
    }
}

pub async fn robots_files_are_kept<B: Bed>() {
    let bed = B::new();
    let frontier = bed.open(config(), at(0)).await;
    assert_eq!(frontier.robots("http://a.example").await.expect("reads"), None);
    for body in ["User-agent: *", ""] {
        let robots = StoredRobots { body: body.into(), state: "found".into(), fetched_at: at(1), expires_at: at(DAY) };
        frontier.put_robots("http://a.example", &robots).await.expect("stores");
        assert_eq!(frontier.robots("http://a.example").await.expect("reads"), Some(robots));
    }
    assert_eq!(frontier.robots("https://a.example").await.expect("reads"), None, "another origin");
}

pub async fn stats_add_up<B: Bed>() {
    let frontier = opened::<B>(config(), at(0)).await;
    let pages: Vec<String> = (0..6).map(|n| format!("http://a.example/{n}")).collect();
    seed(&frontier, at(0), &pages.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let token = claim(&frontier, at(0)).await[0].token();
    let fates = [
        page("0"),
        failure("timeout", true),
        failure("http_404", false),
        Outcome::Excluded { reason: "robots".into() },
        Outcome::Redirected { to: url("http://b.example/"), status: 301 },
    ];
    let completions = pages.iter().zip(fates);
    let completions =
        completions.map(|(page_url, outcome)| Completion { url: url(page_url), at: at(1), outcome }).collect();
    let pace = Pace { next_at: at(11), delay: None, release: false };
    frontier.complete(at(1), &token, completions, pace).await.expect("completes");
    let stats = frontier.stats(at(1), &Scope::default()).await.expect("counts");
    assert_eq!(stats.known, 7);
    let states = [stats.fetched, stats.pending_retries, stats.failed, stats.excluded, stats.redirected];
    assert_eq!((states, stats.unvisited), ([1; 5], 2));
    assert_eq!((stats.hosts, stats.leased_keys, stats.due_now), (2, 1, 2));
    assert_eq!(stats.outbox_rows, 1);
    assert_eq!(stats.outbox_bytes, messages(&frontier).await[0].body.len() as u64);
}
