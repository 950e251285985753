//! What the janitor deletes, under times the test chooses.

use baogao_bus::{Bus, DeadLetterFilter, QueueSpec};
use baogao_crawler::{RetentionConfig, Tidied, tidy};
use baogao_frontier::{ClaimRequest, Completion, Frontier, FrontierConfig, Outcome, Pace, Scope, Seed};
use baogao_model::event::LinksFound;
use baogao_model::message::Origin;
use baogao_model::{CanonicalUrl, ContentHash, Message, PageKind, PayloadRef};
use baogao_runtime::Shutdown;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Visits one page `visits` times from `start` on, a day apart.
async fn visit(frontier: &Frontier, start: Timestamp, visits: i32) {
    let url = CanonicalUrl::parse("http://www.qinglan.example/1.html").expect("a good URL");
    for n in 0..visits {
        let now = start + DAY * n;
        let seed = Seed { url: url.clone(), priority: 0, now: true };
        frontier.schedule(now, vec![seed]).await.expect("schedules");
        let request = ClaimRequest { owner: "test".into(), max_keys: 1, urls_per_key: 1, scope: Scope::default() };
        let claim = frontier.claim(now, &request).await.expect("claims").remove(0);
        let body = format!("visit {n}");
        let payload = PayloadRef {
            segment: "1.warc.gz".into(),
            offset: n.unsigned_abs().into(),
            length: 1,
            blake3: ContentHash::of(body.as_bytes()),
        };
        let outcome =
            Outcome::Fetched { status: 200, content_type: None, etag: None, last_modified: None, payload, bytes: 1 };
        let completion = Completion { url: url.clone(), at: now, outcome };
        let pace = Pace { next_at: now + Duration::from_secs(1), delay: None, release: true };
        frontier.complete(now, &claim.token(), vec![completion], pace).await.expect("completes");
    }
}

/// Gives one message up in each of two queues.
async fn bury(bus: &Bus) {
    let queue = |name: &str| QueueSpec { name: name.to_owned(), bindings: vec!["links.found.#".to_owned()] };
    bus.declare(&[queue("a"), queue("b")]).await.expect("declares");
    let event = LinksFound {
        page_url: "http://www.qinglan.example/".to_owned(),
        site: "qinglan.example".to_owned(),
        fetch_no: 1,
        page_kind: PageKind::List,
        links: Vec::new(),
        group: None,
        extractor_version: 1,
    };
    let origin =
        Origin { stage: "test", stage_version: 1, input_id: "1", time: Timestamp::UNIX_EPOCH, traceparent: None };
    bus.publish(vec![Message::new(&event, origin, 0)]).await.expect("publishes");
    for queue in ["a", "b"] {
        let delivery = bus.consume(queue, 1).await.expect("consumes").next().await.expect("comes");
        delivery.dead_letter("cannot be read").await.expect("is given up");
    }
}

#[tokio::test]
async fn what_is_too_old_goes_and_the_rest_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = Timestamp::now();
    let frontier = Frontier::sqlite(&folder.path().join("frontier.sqlite"), FrontierConfig::default(), start)
        .await
        .expect("opens");
    let bus = Bus::memory();
    visit(&frontier, start, 3).await;
    bury(&bus).await;
    let shutdown = Shutdown::new();
    let tidy_at = async |days: i32, config: &RetentionConfig| {
        tidy(&frontier, &bus, config, start + DAY * days, &shutdown).await.expect("tidies")
    };
    let kept = RetentionConfig { fetch_log_days: 0, dead_letter_days: 0 };
    assert_eq!(tidy_at(10_000, &kept).await, Tidied::default(), "0 keeps all");
    let limits = RetentionConfig { fetch_log_days: 10, dead_letter_days: 20 };
    assert_eq!(tidy_at(9, &limits).await, Tidied::default());
    assert_eq!(tidy_at(11, &limits).await, Tidied { visits: 1, dead_letters: 0 });
    assert_eq!(tidy_at(100, &limits).await, Tidied { visits: 1, dead_letters: 2 }, "the current fetch stays");
    assert_eq!(tidy_at(100, &limits).await, Tidied::default());
    assert_eq!(bus.dead_letters(&DeadLetterFilter::default()).await.expect("lists"), []);

    shutdown.request();
    visit(&frontier, start + DAY * 200, 3).await;
    assert_eq!(tidy_at(10_000, &limits).await, Tidied::default(), "a stop is not waited for");
}

#[test]
fn ages_beyond_all_times_are_told() {
    let config = RetentionConfig { fetch_log_days: u32::MAX, dead_letter_days: 0 };
    let keys: Vec<_> = config.problems().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["retention.fetch_log_days"]);
}
