//! What every back end must do. `bus_suite!(name, make)` runs all of it on the buses that the async
//! function `make` opens: empty, with [`options`], and kept alive by whatever comes with them.

pub use crate::listening::{
    a_listener_ends_with_its_bus, a_listener_hears_what_matches_and_takes_it_from_nobody,
    a_listener_is_no_work_under_way, a_listener_that_takes_nothing_holds_up_nobody_and_hears_what_it_missed,
};
use baogao_bus::{Bus, BusError, Consumer, DeadLetterFilter, Delivery, Options, QueueDepth, QueueSpec};
use baogao_model::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

/// Runs every case on the buses that `make` opens.
#[macro_export]
macro_rules! bus_suite {
    ($name:ident, $make:expr) => {
        bus_suite!(
            $name,
            $make,
            [
                confirmed_messages_arrive_in_order_and_unchanged,
                every_bound_queue_gets_its_own_copy,
                unroutable_messages_are_dropped,
                declaring_again_keeps_messages_and_replaces_bindings,
                what_cannot_travel_is_refused,
                an_undelivered_decision_is_a_hand_back,
                a_hand_back_counts_nothing_and_keeps_its_place,
                publish_then_ack_does_both,
                output_that_cannot_travel_makes_its_input_a_dead_letter,
                a_retry_comes_later_with_its_own_counter_and_blocks_nobody,
                the_last_attempt_makes_a_dead_letter,
                a_panic_is_a_failed_attempt,
                a_dead_letter_keeps_cause_and_message,
                a_replay_goes_to_the_failing_queue_only,
                dead_letters_are_listed_in_pages_and_discarded,
                dead_letters_are_chosen_by_stage_error_site_and_age,
                a_chosen_dead_letter_takes_no_neighbour_along,
                prefetch_bounds_what_is_in_hand,
                a_dropped_consumer_hands_back_what_it_prefetched,
                a_dropped_next_loses_nothing,
                consumers_compete,
                nothing_is_lost_or_doubled_under_load,
                a_closed_bus_says_so,
                a_listener_hears_what_matches_and_takes_it_from_nobody,
                a_listener_is_no_work_under_way,
                a_listener_that_takes_nothing_holds_up_nobody_and_hears_what_it_missed,
                a_listener_ends_with_its_bus,
            ]
        );
    };
    ($name:ident, $make:expr, [$($case:ident,)*]) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let (bus, _kept) = $make.await;
                    $crate::suite::$case(bus).await;
                }
            )*
        }
    };
}

/// Three attempts with waits short enough for a test.
pub fn options() -> Options {
    Options {
        max_attempts: 3,
        retry_base: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
        crash_rest: Duration::ZERO,
        max_body_bytes: 1024 * 1024,
        ..Options::default()
    }
}

pub fn message(id: &str, routing_key: &str) -> Message {
    Message {
        id: id.to_owned(),
        r#type: "baogao.page.fetched.v1".to_owned(),
        source: "/baogao/crawler".to_owned(),
        time: "2026-01-20T03:04:05.123456789Z".parse().unwrap(),
        routing_key: routing_key.to_owned(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        body: format!("{{\"县\":\"青岚县\",\"id\":\"{id}\"}}").into_bytes(),
    }
}

/// `count` messages `m000`, `m001`, … for `routing_key`.
pub fn messages(count: usize, routing_key: &str) -> Vec<Message> {
    (0..count).map(|n| message(&format!("m{n:03}"), routing_key)).collect()
}

/// Declares the queue `work` on `work.#` and publishes `count` messages into it.
pub async fn work(bus: &Bus, count: usize) {
    bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.unwrap();
    bus.publish(messages(count, "work.a")).await.unwrap();
}

/// Much longer than anything takes, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for what must come; the deadline only ends a test that has failed.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("nothing came")
}

pub async fn next(consumer: &mut Consumer) -> Delivery {
    soon(consumer.next()).await.unwrap()
}

/// The id of the next message, which is acknowledged.
pub async fn next_id(consumer: &mut Consumer) -> String {
    let delivery = next(consumer).await;
    let id = delivery.message().id.clone();
    delivery.ack().await.unwrap();
    id
}

/// Whether `next` stays pending although it is given time.
pub async fn is_quiet(consumer: &mut Consumer) -> bool {
    tokio::time::timeout(Duration::from_millis(60), consumer.next()).await.is_err()
}

pub async fn depth(bus: &Bus, queue: &str) -> QueueDepth {
    bus.depths().await.unwrap().into_iter().find(|depth| depth.queue == queue).expect("queue is declared")
}

/// Polls until `queue` looks as wanted: for what happens without anybody waiting for it.
pub async fn until_depth(bus: &Bus, queue: &str, wanted: impl Fn(&QueueDepth) -> bool) {
    soon(async {
        while !wanted(&depth(bus, queue).await) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

pub async fn confirmed_messages_arrive_in_order_and_unchanged(bus: Bus) {
    work(&bus, 20).await;
    let mut consumer = bus.consume("work", 4).await.unwrap();
    for sent in messages(20, "work.a") {
        let delivery = next(&mut consumer).await;
        assert_eq!(*delivery.message(), sent);
        assert_eq!((delivery.attempt(), delivery.is_redelivered(), delivery.is_suspect()), (1, false, false));
        delivery.ack().await.unwrap();
    }
    let left = depth(&bus, "work").await;
    assert_eq!((left.queue.as_str(), left.pending(), left.dead, left.bytes.unwrap_or(0)), ("work", 0, 0, 0));
}

pub async fn every_bound_queue_gets_its_own_copy(bus: Bus) {
    let queues = [
        QueueSpec::new("all", ["#"]),
        QueueSpec::new("county", ["report.parsed.county.#", "report.*.county.#"]),
        QueueSpec::new("other", ["document.other.*"]),
    ];
    bus.declare(&queues).await.unwrap();
    bus.publish(vec![message("r", "report.parsed.county.990101.2026"), message("d", "document.other.news")])
        .await
        .unwrap();
    let ready = |depths: Vec<QueueDepth>| depths.into_iter().map(|d| (d.queue, d.ready)).collect::<Vec<_>>();
    assert_eq!(
        ready(bus.depths().await.unwrap()),
        [("all".to_owned(), 2), ("county".to_owned(), 1), ("other".to_owned(), 1)]
    );
    // What one queue does with its copy is nothing to the others.
    next(&mut bus.consume("county", 1).await.unwrap()).await.dead_letter("no").await.unwrap();
    let mut all = bus.consume("all", 1).await.unwrap();
    assert_eq!((next_id(&mut all).await.as_str(), next_id(&mut all).await.as_str()), ("r", "d"));
    assert_eq!(next_id(&mut bus.consume("other", 1).await.unwrap()).await, "d");
    assert_eq!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap()[0].message.id, "r");
}

pub async fn unroutable_messages_are_dropped(bus: Bus) {
    work(&bus, 0).await;
    bus.publish(vec![message("lost", "elsewhere"), message("kept", "work.a")]).await.unwrap();
    assert_eq!(next_id(&mut bus.consume("work", 1).await.unwrap()).await, "kept");
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

pub async fn declaring_again_keeps_messages_and_replaces_bindings(bus: Bus) {
    work(&bus, 1).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.unwrap();
    bus.declare(&[QueueSpec::new("work", ["new.*"]), QueueSpec::new("second", ["new.*"])]).await.unwrap();
    bus.publish(vec![message("old", "work.a"), message("new", "new.a")]).await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "m000");
    assert_eq!(next_id(&mut consumer).await, "new");
    assert_eq!(depth(&bus, "second").await.ready, 1);
}

pub async fn what_cannot_travel_is_refused(bus: Bus) {
    work(&bus, 0).await;
    assert!(matches!(bus.consume("none", 1).await, Err(BusError::UnknownQueue { queue }) if queue == "none"));
    let reserved = ["work.dead", "work.suspect", "work.wait.10", "work.rest.10", "amq.work", "baogao.work"];
    for name in ["", &"q".repeat(256)].into_iter().chain(reserved) {
        let refused = bus.declare(&[QueueSpec::new(name, ["#"])]).await;
        assert!(matches!(refused, Err(BusError::InvalidQueue { .. })), "{refused:?}");
    }
    let long_key = message("long", &"k".repeat(256));
    let large = Message { body: vec![b' '; 1024 * 1024 + 1], ..message("large", "work.a") };
    let long_type = Message { r#type: "t".repeat(16 * 1024), ..message("long type", "work.a") };
    for bad in [long_key, large, long_type] {
        let refused = bus.publish(vec![message("good", "work.a"), bad]).await.unwrap_err();
        assert!(matches!(refused, BusError::InvalidMessage { .. }) && !refused.is_transient(), "{refused}");
    }
    assert_eq!(depth(&bus, "work").await.pending(), 0, "a refused batch is refused whole");
}

pub async fn an_undelivered_decision_is_a_hand_back(bus: Bus) {
    work(&bus, 1).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    drop(next(&mut consumer).await);
    let again = next(&mut consumer).await;
    assert_eq!((again.message().id.as_str(), again.attempt(), again.is_redelivered()), ("m000", 1, true));
    // A decision whose future is never polled is no decision.
    drop(again.ack());
    let again = next(&mut consumer).await;
    assert_eq!((again.attempt(), again.is_redelivered(), again.is_suspect()), (1, true, false));
}

pub async fn a_hand_back_counts_nothing_and_keeps_its_place(bus: Bus) {
    work(&bus, 3).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for _ in 0..10 {
        let delivery = next(&mut consumer).await;
        assert_eq!((delivery.message().id.as_str(), delivery.attempt()), ("m000", 1));
        delivery.hand_back().await.unwrap();
    }
    for id in ["m000", "m001", "m002"] {
        assert_eq!(next_id(&mut consumer).await, id);
    }
    assert!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap().is_empty());
}

pub async fn publish_then_ack_does_both(bus: Bus) {
    work(&bus, 1).await;
    bus.declare(&[QueueSpec::new("made", ["made.*"])]).await.unwrap();
    let delivery = next(&mut bus.consume("work", 1).await.unwrap()).await;
    delivery.publish_then_ack(messages(3, "made.a")).await.unwrap();
    assert_eq!(depth(&bus, "work").await.pending(), 0);
    let mut made = bus.consume("made", 10).await.unwrap();
    for id in ["m000", "m001", "m002"] {
        assert_eq!(next_id(&mut made).await, id);
    }
}

pub async fn output_that_cannot_travel_makes_its_input_a_dead_letter(bus: Bus) {
    work(&bus, 1).await;
    let delivery = next(&mut bus.consume("work", 1).await.unwrap()).await;
    let refused = delivery.publish_then_ack(vec![message("out", "work.b"), message("x", &"k".repeat(300))]).await;
    assert!(matches!(refused, Err(BusError::InvalidMessage { .. })), "{refused:?}");
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!(dead[0].message.id, "m000");
    assert_eq!(depth(&bus, "work").await.pending(), 0, "nothing was published");
}

pub async fn a_retry_comes_later_with_its_own_counter_and_blocks_nobody(bus: Bus) {
    bus.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("other", ["work.#"])]).await.unwrap();
    bus.publish(messages(3, "work.a")).await.unwrap();
    let mut consumer = bus.consume("work", 1).await.unwrap();
    next(&mut consumer).await.retry_later("the gazetteer is being rebuilt").await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "m001");
    assert_eq!(next_id(&mut consumer).await, "m002");
    let again = next(&mut consumer).await;
    assert_eq!((again.message().id.as_str(), again.attempt(), again.is_redelivered()), ("m000", 2, false));
    // A hand-back in between keeps the count.
    again.hand_back().await.unwrap();
    let again = next(&mut consumer).await;
    assert_eq!((again.attempt(), again.is_redelivered()), (2, true));
    again.ack().await.unwrap();
    // A retry concerns the failing queue only.
    assert_eq!(depth(&bus, "other").await.ready, 3);
}

pub async fn the_last_attempt_makes_a_dead_letter(bus: Bus) {
    work(&bus, 1).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for attempt in 1..=3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.attempt(), attempt);
        delivery.retry_later(&format!("failure {attempt}")).await.unwrap();
    }
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, dead[0].error.as_str()), (1, 3, "failure 3"));
    assert!(dead[0].first_failed_at < dead[0].last_failed_at);
    assert_eq!((depth(&bus, "work").await.pending(), depth(&bus, "work").await.dead), (0, 1));
}

pub async fn a_panic_is_a_failed_attempt(bus: Bus) {
    work(&bus, 1).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for attempt in 1..=3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.attempt(), attempt);
        let handler = tokio::spawn(async move { panic!("on purpose, in attempt {}", delivery.attempt()) });
        assert!(handler.await.is_err());
    }
    until_depth(&bus, "work", |depth| depth.dead == 1).await;
    assert_eq!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap()[0].error, "the handler panicked");
}

pub async fn a_dead_letter_keeps_cause_and_message(bus: Bus) {
    work(&bus, 2).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    next(&mut consumer).await.dead_letter("checksum of m000 differs").await.unwrap();
    next(&mut consumer).await.dead_letter(&"错".repeat(5000)).await.unwrap();
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!(dead[0].message, messages(1, "work.a")[0]);
    assert_eq!((dead[0].queue.as_str(), dead[0].error.as_str()), ("work", "checksum of m000 differs"));
    assert_eq!((dead[0].attempts, dead[0].crashes), (1, 0));
    assert_eq!(dead[0].first_failed_at, dead[0].last_failed_at);
    assert!(dead[1].error.starts_with("错错") && dead[1].error.ends_with('…') && dead[1].error.len() < 5000);
}

pub async fn a_replay_goes_to_the_failing_queue_only(bus: Bus) {
    bus.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("other", ["work.#"])]).await.unwrap();
    bus.publish(messages(3, "work.a")).await.unwrap();
    let mut consumer = bus.consume("work", 3).await.unwrap();
    for _ in 0..3 {
        next(&mut consumer).await.dead_letter("no").await.unwrap();
    }
    let dead = bus.dead_letters(&DeadLetterFilter::default()).await.unwrap();
    let one = DeadLetterFilter { ids: vec![dead[1].id.clone()], ..DeadLetterFilter::default() };
    assert_eq!(bus.replay(&one).await.unwrap(), 1);
    let again = next(&mut consumer).await;
    assert_eq!((again.message().id.as_str(), again.attempt(), again.is_suspect()), ("m001", 1, false));
    again.ack().await.unwrap();
    assert_eq!(bus.replay(&one).await.unwrap(), 0, "it is no dead letter any more");
    let of_other = DeadLetterFilter { queue: Some("other".to_owned()), ..DeadLetterFilter::default() };
    assert_eq!(bus.replay(&of_other).await.unwrap(), 0);
    assert_eq!(bus.replay(&DeadLetterFilter::default()).await.unwrap(), 2);
    let ids = BTreeSet::from([next_id(&mut consumer).await, next_id(&mut consumer).await]);
    assert_eq!(ids, BTreeSet::from(["m000".to_owned(), "m002".to_owned()]));
    assert_eq!(depth(&bus, "other").await.ready, 3);
}

pub async fn dead_letters_are_listed_in_pages_and_discarded(bus: Bus) {
    work(&bus, 5).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for _ in 0..5 {
        next(&mut consumer).await.dead_letter("no").await.unwrap();
    }
    let mut filter = DeadLetterFilter { limit: Some(2), ..DeadLetterFilter::default() };
    let mut seen = Vec::new();
    loop {
        let page = bus.dead_letters(&filter).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        filter.after = Some(last.id.clone());
        seen.extend(page.into_iter().map(|dead| dead.message.id));
    }
    assert_eq!(seen, ["m000", "m001", "m002", "m003", "m004"]);
    let foreign = DeadLetterFilter { ids: vec!["no such id".to_owned()], ..DeadLetterFilter::default() };
    assert_eq!(bus.discard(&foreign).await.unwrap(), 0);
    let two = DeadLetterFilter { limit: Some(2), ..DeadLetterFilter::default() };
    assert_eq!(bus.discard(&two).await.unwrap(), 2);
    assert_eq!(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap()[0].message.id, "m002");
}

/// Four dead letters: two errors, two sites, one of them only in the routing key; in two queues.
async fn four_dead_letters(bus: &Bus) {
    let pages = QueueSpec::new("pages", ["page.fetched.#", "links.found.#"]);
    bus.declare(&[pages, QueueSpec::new("work", ["article.#"])]).await.unwrap();
    let about = |id: &str, routing_key: &str, body: &str| Message { body: body.into(), ..message(id, routing_key) };
    let letters = [
        ("pages", about("p1", "page.fetched.a_example", r#"{"site": "a.example", "url": "http://www.a.example/1"}"#)),
        ("pages", about("p2", "page.fetched.b_example", r#"{"site": "b.example", "url": "http://www.b.example/1"}"#)),
        ("pages", about("p3", "links.found.a_example", "not JSON")),
        ("work", about("w1", "article.cleaned.b_example", r#"{"article": {"site": "b.example"}}"#)),
    ];
    for (queue, letter) in letters {
        let error = if letter.id == "p3" { "Unreadable: 正文 is no JSON" } else { "checksum differs" };
        bus.publish(vec![letter]).await.unwrap();
        next(&mut bus.consume(queue, 1).await.unwrap()).await.dead_letter(error).await.unwrap();
    }
}

/// The messages of the dead letters that pass the filter.
async fn chosen(bus: &Bus, filter: &DeadLetterFilter) -> BTreeSet<String> {
    bus.dead_letters(filter).await.unwrap().into_iter().map(|dead| dead.message.id).collect()
}

pub async fn dead_letters_are_chosen_by_stage_error_site_and_age(bus: Bus) {
    four_dead_letters(&bus).await;
    let all = DeadLetterFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let letters = bus.dead_letters(&all()).await.unwrap();
    let sites: Vec<_> = letters.iter().map(|dead| (dead.message.id.as_str(), dead.site())).collect();
    assert!(sites.contains(&("p1", text("a.example"))) && sites.contains(&("p3", text("a_example"))), "{sites:?}");
    let of = |id: &str| letters.iter().find(|dead| dead.message.id == id).unwrap();
    let (first, last) = (of("p1").last_failed_at, of("w1").last_failed_at);
    assert!(first < last);

    for (filter, wanted) in [
        (all(), &["p1", "p2", "p3", "w1"][..]),
        (DeadLetterFilter { queue: text("pages"), ..all() }, &["p1", "p2", "p3"]),
        (DeadLetterFilter { error: text("unREADable: 正文"), ..all() }, &["p3"]),
        (DeadLetterFilter { error: text("checksum %"), ..all() }, &[]),
        (DeadLetterFilter { site: text("a.example"), ..all() }, &["p1", "p3"]),
        (DeadLetterFilter { site: text("www.a.example"), ..all() }, &["p1"]),
        (DeadLetterFilter { site: text("B.example"), queue: text("work"), ..all() }, &["w1"]),
        (DeadLetterFilter { site: text("ample"), ..all() }, &[]),
        (DeadLetterFilter { failed_before: Some(first), ..all() }, &[]),
        (DeadLetterFilter { failed_before: Some(last), ..all() }, &["p1", "p2", "p3"]),
        (DeadLetterFilter { failed_since: Some(last), ..all() }, &["w1"]),
        (
            DeadLetterFilter { failed_since: Some(first), failed_before: Some(last), error: text("sum"), ..all() },
            &["p1", "p2"],
        ),
        (DeadLetterFilter { ids: vec![of("p2").id.clone()], site: text("a.example"), ..all() }, &[]),
    ] {
        let wanted = wanted.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(chosen(&bus, &filter).await, wanted, "{filter:?}");
    }
    // The limit counts those that pass, not those looked at.
    let one = DeadLetterFilter { site: text("b.example"), limit: Some(1), ..all() };
    assert_eq!(bus.dead_letters(&one).await.unwrap().len(), 1);
}

pub async fn a_chosen_dead_letter_takes_no_neighbour_along(bus: Bus) {
    four_dead_letters(&bus).await;
    let of_a = DeadLetterFilter { site: Some("a.example".to_owned()), ..DeadLetterFilter::default() };
    assert_eq!(bus.replay(&of_a).await.unwrap(), 2);
    let mut pages = bus.consume("pages", 2).await.unwrap();
    let back = BTreeSet::from([next_id(&mut pages).await, next_id(&mut pages).await]);
    assert_eq!(back, BTreeSet::from(["p1".to_owned(), "p3".to_owned()]));
    assert_eq!(bus.replay(&of_a).await.unwrap(), 0);
    let of_work = DeadLetterFilter { queue: Some("work".to_owned()), ..DeadLetterFilter::default() };
    assert_eq!(bus.discard(&of_work).await.unwrap(), 1);
    assert_eq!(chosen(&bus, &DeadLetterFilter::default()).await, BTreeSet::from(["p2".to_owned()]));
}

pub async fn prefetch_bounds_what_is_in_hand(bus: Bus) {
    work(&bus, 10).await;
    let mut consumer = bus.consume("work", 3).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(next(&mut consumer).await);
    }
    assert!(is_quiet(&mut consumer).await, "a fourth delivery in hand");
    let depths = depth(&bus, "work").await;
    assert_eq!((depths.ready, depths.unacked), (7, 3));
    // A broker does not tell, over AMQP.
    let bytes = messages(10, "work.a").iter().map(|m| m.body.len() as u64).sum::<u64>();
    assert!(depths.bytes.is_none_or(|told| told == bytes), "{depths:?}");
    held.pop().unwrap().ack().await.unwrap();
    assert_eq!(next(&mut consumer).await.message().id, "m003");
}

pub async fn a_dropped_consumer_hands_back_what_it_prefetched(bus: Bus) {
    work(&bus, 10).await;
    let mut first = bus.consume("work", 10).await.unwrap();
    let held = next(&mut first).await;
    drop(first);
    let mut second = bus.consume("work", 10).await.unwrap();
    let mut ids = BTreeSet::new();
    for _ in 0..9 {
        ids.insert(next_id(&mut second).await);
    }
    assert_eq!(ids.len(), 9);
    // The delivery taken before stays valid.
    assert!(!ids.contains("m000"));
    held.ack().await.unwrap();
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

pub async fn a_dropped_next_loses_nothing(bus: Bus) {
    work(&bus, 0).await;
    let publisher = {
        let bus = bus.clone();
        tokio::spawn(async move {
            for message in messages(100, "work.a") {
                bus.publish(vec![message]).await.unwrap();
            }
        })
    };
    let mut consumer = bus.consume("work", 5).await.unwrap();
    let mut seen = Vec::new();
    soon(async {
        while seen.len() < 100 {
            // Polls once and drops the future, whatever state it is in.
            let polled = {
                let mut pending = pin!(consumer.next());
                std::future::poll_fn(|cx| Poll::Ready(pending.as_mut().poll(cx))).await
            };
            match polled {
                Poll::Ready(delivery) => {
                    let delivery = delivery.unwrap();
                    assert!(!delivery.is_redelivered());
                    seen.push(delivery.message().id.clone());
                    delivery.ack().await.unwrap();
                }
                Poll::Pending => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    publisher.await.unwrap();
    assert_eq!(seen, messages(100, "work.a").into_iter().map(|m| m.id).collect::<Vec<_>>());
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

pub async fn consumers_compete(bus: Bus) {
    work(&bus, 60).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let mut consumer = bus.consume("work", 4).await.unwrap();
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok(delivery) = consumer.next().await {
                seen.lock().unwrap().push(delivery.message().id.clone());
                delivery.ack().await.unwrap();
            }
        });
    }
    // The deliveries are counted beside the queue, since what is on its way a broker counts nowhere.
    until_depth(&bus, "work", |depth| depth.pending() == 0 && seen.lock().unwrap().len() >= 60).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, messages(60, "work.a").into_iter().map(|m| m.id).collect::<Vec<_>>());
}

/// Publishers and consumers at once; handlers do everything a handler may do, decided by a hash.
pub async fn nothing_is_lost_or_doubled_under_load(bus: Bus) {
    const PUBLISHERS: usize = 4;
    const EACH: usize = 60;
    bus.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("done", ["done.#"])]).await.unwrap();
    let mut tasks = Vec::new();
    for publisher in 0..PUBLISHERS {
        let bus = bus.clone();
        tasks.push(tokio::spawn(async move {
            let all: Vec<_> = (0..EACH).map(|n| message(&format!("p{publisher}-{n}"), "work.a")).collect();
            for batch in all.chunks(7) {
                bus.publish(batch.to_vec()).await.unwrap();
            }
        }));
    }
    let visits = Arc::new(Mutex::new(BTreeMap::<String, u32>::new()));
    for _ in 0..3 {
        let mut consumer = bus.consume("work", 8).await.unwrap();
        let visits = Arc::clone(&visits);
        tokio::spawn(async move {
            while let Ok(delivery) = consumer.next().await {
                tokio::spawn(handle(delivery, Arc::clone(&visits)));
            }
        });
    }
    for task in tasks {
        task.await.unwrap();
    }
    let total = (PUBLISHERS * EACH) as u64;
    soon(async {
        while depth(&bus, "done").await.ready + depth(&bus, "work").await.dead < total {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    // What a message made is to be seen before the message is gone: two steps, on a broker.
    until_depth(&bus, "work", |depth| depth.pending() == 0).await;
    let depths = depth(&bus, "work").await;
    let mut ends: Vec<String> = Vec::new();
    // Counted first: what is on its way to a consumer, a broker counts nowhere.
    let count = depth(&bus, "done").await.pending();
    let mut done = bus.consume("done", 16).await.unwrap();
    for _ in 0..count {
        ends.push(next_id(&mut done).await);
    }
    ends.extend(bus.dead_letters(&DeadLetterFilter::default()).await.unwrap().into_iter().map(|d| d.message.id));
    ends.sort();
    let mut owed: Vec<String> = (0..PUBLISHERS).flat_map(|p| (0..EACH).map(move |n| format!("p{p}-{n}"))).collect();
    owed.sort();
    assert_eq!(ends, owed);
    assert!(depths.dead > 0 && depths.dead < total / 2, "{} dead letters", depths.dead);
}

async fn handle(delivery: Delivery, visits: Arc<Mutex<BTreeMap<String, u32>>>) {
    let id = delivery.message().id.clone();
    let visit = {
        let mut visits = visits.lock().unwrap();
        let visit = visits.entry(id.clone()).or_default();
        *visit += 1;
        *visit
    };
    let mut hasher = DefaultHasher::new();
    (&id, visit).hash(&mut hasher);
    match hasher.finish() % 10 {
        0 => delivery.hand_back().await.unwrap(),
        1 => drop(delivery),
        2 | 3 => delivery.retry_later("unlucky").await.unwrap(),
        4 => delivery.dead_letter("very unlucky").await.unwrap(),
        _ => delivery.publish_then_ack(vec![message(&id, "done.a")]).await.unwrap(),
    }
}

pub async fn a_closed_bus_says_so(bus: Bus) {
    work(&bus, 2).await;
    soon(async {
        while bus.check().await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    let held = next(&mut consumer).await;
    let waiting = tokio::spawn(async move { consumer.next().await.map(drop) });
    bus.clone().close().await.unwrap();
    bus.close().await.unwrap();
    assert!(matches!(held.ack().await, Err(BusError::Closed)));
    assert!(matches!(soon(waiting).await.unwrap(), Err(BusError::Closed)));
    assert!(matches!(bus.publish(messages(1, "work.a")).await, Err(BusError::Closed)));
    assert!(matches!(bus.consume("work", 1).await, Err(BusError::Closed)));
    assert!(matches!(bus.depths().await, Err(BusError::Closed)));
    assert!(matches!(bus.check().await, Err(BusError::Closed)));
}
