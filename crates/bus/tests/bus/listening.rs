//! Listeners: what every back end must do for them, and what each does in its own way.

use crate::suite::{depth, message, messages, next_id, options, soon, until_depth, work};
use baogao_bus::{Bus, BusError, Heard, Listener, QueueSpec, RabbitOptions};
use baogao_testkit::TcpProxy;
use baogao_testkit::servers::RabbitVhost;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// A listener that has begun.
pub async fn listening(bus: &Bus, patterns: &[&str]) -> Listener {
    let mut listener = bus.listen(patterns.iter().copied()).await.unwrap();
    until(&mut listener, &Heard::Began).await;
    listener
}

/// Listens until it hears what is wanted.
async fn until(listener: &mut Listener, wanted: &Heard) {
    while soon(listener.next()).await.unwrap() != *wanted {}
}

/// The id of the next message, which is the next to be heard.
async fn heard_id(listener: &mut Listener) -> String {
    match soon(listener.next()).await.unwrap() {
        Heard::Message(message) => message.id,
        other => panic!("no message: {other:?}"),
    }
}

pub async fn a_listener_hears_what_matches_and_takes_it_from_nobody(bus: Bus) {
    work(&bus, 1).await;
    let mut all = listening(&bus, &["#"]).await;
    let mut some = listening(&bus, &["work.*.b", "other.#", "other.x"]).await;
    let (a, b, x) = (message("a", "work.a"), message("b", "work.a.b"), message("x", "other.x"));
    bus.publish(vec![a.clone(), b.clone(), x.clone()]).await.unwrap();
    for sent in [&a, &b, &x] {
        assert_eq!(soon(all.next()).await.unwrap(), Heard::Message(sent.clone()));
    }
    // Once, however many patterns match; and what no queue takes is heard all the same.
    assert_eq!((heard_id(&mut some).await.as_str(), heard_id(&mut some).await.as_str()), ("b", "x"));
    let mut consumer = bus.consume("work", 4).await.unwrap();
    for id in ["m000", "a", "b"] {
        assert_eq!(next_id(&mut consumer).await, id, "a queue has what it would have without listeners");
    }
    // What a stage makes from its input is published too.
    bus.publish(vec![message("in", "work.in")]).await.unwrap();
    let delivery = soon(consumer.next()).await.unwrap();
    delivery.publish_then_ack(vec![message("out", "other.out")]).await.unwrap();
    assert_eq!((heard_id(&mut all).await.as_str(), heard_id(&mut all).await.as_str()), ("in", "out"));
    assert_eq!(heard_id(&mut some).await, "out");
    all.close().await;
    bus.publish(vec![message("after", "other.x")]).await.unwrap();
    assert_eq!(heard_id(&mut some).await, "after");
}

pub async fn a_listener_is_no_work_under_way(bus: Bus) {
    work(&bus, 0).await;
    let mut listener = listening(&bus, &["work.#"]).await;
    bus.publish(messages(3, "work.a")).await.unwrap();
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for _ in 0..3 {
        next_id(&mut consumer).await;
    }
    until_depth(&bus, "work", |depth| depth.pending() == 0).await;
    let depths = bus.depths().await.unwrap();
    assert_eq!(depths.iter().map(|depth| depth.queue.as_str()).collect::<Vec<_>>(), ["work"]);
    assert_eq!(depths[0].bytes.unwrap_or(0), 0, "a body that only a listener has is no backlog");
    for sent in messages(3, "work.a") {
        assert_eq!(soon(listener.next()).await.unwrap(), Heard::Message(sent));
    }
}

pub async fn a_listener_that_takes_nothing_holds_up_nobody_and_hears_what_it_missed(bus: Bus) {
    const PUBLISHED: usize = 2500;
    work(&bus, 0).await;
    let mut listener = listening(&bus, &["many.#"]).await;
    for batch in messages(PUBLISHED, "many.a").chunks(500) {
        bus.publish(batch.to_vec()).await.unwrap();
    }
    let last = messages(PUBLISHED, "many.a").pop().unwrap().id;
    let (mut heard, mut missed, mut previous) = (0, 0, String::new());
    while previous != last {
        match soon(listener.next()).await.unwrap() {
            Heard::Missed(count) => missed += count.expect("it is counted"),
            Heard::Message(message) => {
                let order = |id: &str| id.trim_start_matches('m').parse::<usize>().ok();
                assert!(order(&message.id) > order(&previous), "{} after {previous}", message.id);
                heard += 1;
                previous = message.id;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard + missed, PUBLISHED as u64);
}

pub async fn a_listener_ends_with_its_bus(bus: Bus) {
    let nothing: [&str; 0] = [];
    for refused in [bus.listen(nothing).await, bus.listen(["k".repeat(256)]).await] {
        assert!(matches!(refused, Err(BusError::InvalidPattern { .. })), "{refused:?}");
    }
    let mut listener = listening(&bus, &["#"]).await;
    let waiting = tokio::spawn(async move { listener.next().await });
    bus.close().await.unwrap();
    assert!(matches!(soon(waiting).await.unwrap(), Err(BusError::Closed)));
    assert!(matches!(bus.listen(["#"]).await, Err(BusError::Closed)));
}

async fn owner(dir: &TempDir) -> Bus {
    Bus::sqlite(&dir.path().join("bus.db"), options()).await.unwrap()
}

async fn beside(dir: &TempDir) -> Bus {
    Bus::sqlite_beside(&dir.path().join("bus.db")).await.unwrap()
}

/// A number that a query gives.
fn count(dir: &TempDir, sql: &str) -> i64 {
    let conn = Connection::open(dir.path().join("bus.db")).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_hears_one_owner_after_the_other_and_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bus = owner(&dir).await;
    work(&bus, 0).await;
    bus.close().await.unwrap();
    let visitor = beside(&dir).await;
    let mut listener = visitor.listen(["work.#"]).await.unwrap();
    assert_eq!(soon(listener.next()).await.unwrap(), Heard::NobodyAtWork);
    for round in 0..2 {
        let bus = owner(&dir).await;
        // At once: it knows of the listener before anybody can publish.
        let id = format!("r{round}");
        bus.publish(vec![message(&id, "work.a")]).await.unwrap();
        bus.close().await.unwrap();
        let mut standing = Vec::new();
        loop {
            match soon(listener.next()).await.unwrap() {
                Heard::Message(message) => {
                    assert_eq!(message.id, id);
                    break;
                }
                other => standing.push(other),
            }
        }
        assert!(!standing.contains(&Heard::Missed(None)), "{standing:?}");
    }
    listener.close().await;
    visitor.close().await.unwrap();
    let bus = owner(&dir).await;
    assert_eq!((count(&dir, "SELECT count(*) FROM listener"), count(&dir, "SELECT count(*) FROM heard")), (0, 0));
    // Those of the queue are there still, and go with their deliveries.
    let mut consumer = bus.consume("work", 1).await.unwrap();
    assert_eq!((next_id(&mut consumer).await.as_str(), next_id(&mut consumer).await.as_str()), ("r0", "r1"));
    assert_eq!(count(&dir, "SELECT count(*) FROM message"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_for_a_listener_is_bounded_and_goes_when_it_has_been_read() {
    let dir = tempfile::tempdir().unwrap();
    let bus = owner(&dir).await;
    let mut listener = listening(&bus, &["#"]).await;
    // One transaction, so that nothing is read in between.
    bus.publish(messages(1300, "nobody.else")).await.unwrap();
    assert_eq!(soon(listener.next()).await.unwrap(), Heard::Missed(Some(300)));
    for n in 300..1300 {
        assert_eq!(heard_id(&mut listener).await, messages(n + 1, "").pop().unwrap().id);
    }
    soon(async {
        while count(&dir, "SELECT count(*) FROM message") > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // By bytes: 5 of 5 MiB are more than 16 MiB, and the newest three are kept.
    let options = baogao_bus::Options::default();
    bus.close().await.unwrap();
    let bus = Bus::sqlite(&dir.path().join("bus.db"), options).await.unwrap();
    let mut listener = listening(&bus, &["#"]).await;
    let large = |n: usize| baogao_model::Message {
        body: vec![b' '; 5 * 1024 * 1024],
        ..message(&format!("large {n}"), "nobody.else")
    };
    bus.publish((0..5).map(large).collect()).await.unwrap();
    assert_eq!(soon(listener.next()).await.unwrap(), Heard::Missed(Some(2)));
    for n in 2..5 {
        assert_eq!(heard_id(&mut listener).await, format!("large {n}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_whose_process_died_is_forgotten_and_one_that_was_held_up_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let bus = owner(&dir).await;
    let mut listener = listening(&bus, &["#"]).await;
    // As if the time had passed without a sign of life.
    let age = |sql: &str| {
        let conn = Connection::open(dir.path().join("bus.db")).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn.execute_batch(sql).unwrap();
    };
    age("UPDATE listener SET expires_at = 1");
    bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.unwrap();
    let _consumer = bus.consume("work", 1).await.unwrap();
    assert_eq!(soon(listener.next()).await.unwrap(), Heard::Missed(None));
    until(&mut listener, &Heard::Began).await;
    bus.publish(vec![message("a", "work.a")]).await.unwrap();
    assert_eq!(heard_id(&mut listener).await, "a");
    assert_eq!(count(&dir, "SELECT count(*) FROM listener"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_may_listen_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let bus = owner(&dir).await;
    let visitor = beside(&dir).await;
    let mut listeners = Vec::new();
    for _ in 0..8 {
        listeners.push(visitor.listen(["#"]).await.unwrap());
    }
    let refused = visitor.listen(["#"]).await.unwrap_err();
    assert!(matches!(refused, BusError::TooManyListeners { most: 8, .. }), "{refused}");
    listeners.pop().unwrap().close().await;
    visitor.listen(["#"]).await.unwrap();
    let only_looking = Bus::sqlite_read_only(&dir.path().join("bus.db")).await.unwrap();
    assert!(matches!(only_looking.listen(["#"]).await, Err(BusError::ReadOnly { .. })));
    bus.close().await.unwrap();
}

/// The file as the first version of the program left it, with one message.
fn first_version(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(include_str!("../../src/sqlite/schema_v1.sql")).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x42476275; PRAGMA user_version = 1;
         INSERT INTO queue (id, name) VALUES (1, 'work');
         INSERT INTO message (seq, message_id, type, source, time, routing_key, body)
             VALUES (1, 'old', 't', '/s', '2026-01-20T03:04:05Z', 'work.a', x'7b7d');
         INSERT INTO delivery (queue_id, message_seq, bytes, position) VALUES (1, 1, 2, 1);",
    )
    .unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_version_is_looked_at_by_anybody_and_brought_up_by_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bus.db");
    first_version(&path);
    let visitor = Bus::sqlite_beside(&path).await.unwrap();
    assert_eq!(depth(&visitor, "work").await.ready, 1);
    assert!(visitor.dead_letters(&Default::default()).await.unwrap().is_empty());
    let refused = visitor.discard(&Default::default()).await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("`baogao run`"), "{refused}: {cause}");
    assert!(visitor.listen(["#"]).await.is_err());
    let bus = owner(&dir).await;
    let _listener = listening(&bus, &["#"]).await;
    assert_eq!(depth(&bus, "work").await.ready, 1);
    assert_eq!(next_id(&mut bus.consume("work", 1).await.unwrap()).await, "old");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_broker_a_listener_has_a_queue_of_its_own_that_goes_with_it() {
    let vhost = tokio::task::spawn_blocking(RabbitVhost::create).await.unwrap();
    let rabbit_options = RabbitOptions { bus: options(), ..RabbitOptions::default() };
    let bus = Bus::rabbitmq(vhost.url(), rabbit_options).await.unwrap();
    let listener = listening(&bus, &["work.#"]).await;
    let queues = || {
        let path = format!("/api/queues/{}", vhost.name());
        let answer = vhost.management().call("GET", &path, "").unwrap();
        let listed: Vec<serde_json::Value> = serde_json::from_str(&answer.body).unwrap();
        listed
            .into_iter()
            .filter(|queue| queue["name"].as_str().is_some_and(|name| name.starts_with("sub.tail.")))
            .collect::<Vec<_>>()
    };
    let found = queues();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["exclusive"], &found[0]["durable"]), (&true.into(), &false.into()));
    let arguments = &found[0]["arguments"];
    assert_eq!(arguments["x-overflow"], "drop-head");
    assert!(arguments["x-max-length"].is_u64() && arguments["x-max-length-bytes"].is_u64(), "{arguments}");
    listener.close().await;
    soon(async {
        while !queues().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_broker_is_told_of_and_listened_to_again() {
    let vhost = tokio::task::spawn_blocking(RabbitVhost::create).await.unwrap();
    let (before, after) = vhost.url().split_once('@').unwrap();
    let (server, path) = after.split_once('/').unwrap();
    let proxy = TcpProxy::start(server.parse().unwrap()).unwrap();
    let rabbit_options = RabbitOptions { bus: options(), ..RabbitOptions::default() };
    let far = Bus::rabbitmq(&format!("{before}@{}/{path}", proxy.address()), rabbit_options.clone()).await.unwrap();
    let near = Bus::rabbitmq(vhost.url(), rabbit_options).await.unwrap();
    let mut listener = listening(&far, &["work.#"]).await;
    near.publish(vec![message("before", "work.a")]).await.unwrap();
    assert_eq!(heard_id(&mut listener).await, "before");
    proxy.refuse(true);
    proxy.cut();
    let told = soon(listener.next()).await.unwrap();
    assert!(matches!(&told, Heard::Away(reason) if !reason.is_empty()), "{told:?}");
    near.publish(vec![message("meanwhile", "work.a")]).await.unwrap();
    proxy.heal();
    until(&mut listener, &Heard::Began).await;
    near.publish(vec![message("after", "work.a")]).await.unwrap();
    assert_eq!(heard_id(&mut listener).await, "after", "an exclusive queue is gone with its connection");
}
