//! A broker of three nodes, each of which is killed in turn while messages pass.
//!
//! ```text
//! cargo test -p baogao-bus --test cluster -- --ignored --nocapture
//! ```

use baogao_bus::{Bus, Consumer, DeadLetterFilter, QueueSpec, RabbitOptions};
use baogao_model::Message;
use baogao_testkit::servers::RabbitCluster;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

const NODES: usize = 3;
/// How many messages must pass while a node is away.
const MEANWHILE: usize = 200;
/// Within this they must: longer than any bus goes on trying.
const PATIENCE: Duration = Duration::from_secs(60);

type Seen = Arc<Mutex<BTreeSet<String>>>;

fn message(id: &str, routing_key: &str) -> Message {
    Message {
        id: id.to_owned(),
        r#type: "baogao.page.fetched.v1".to_owned(),
        source: "/baogao/crawler".to_owned(),
        time: "2026-01-20T03:04:05Z".parse().unwrap(),
        routing_key: routing_key.to_owned(),
        traceparent: None,
        body: b"{}".to_vec(),
    }
}

async fn open(url: &str) -> Bus {
    let bus = Bus::rabbitmq(url, RabbitOptions::default()).await.unwrap();
    bus.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("done", ["done.#"])]).await.unwrap();
    bus
}

/// Publishes each message on to `done`.
async fn pass_on(mut consumer: Consumer) {
    while let Ok(delivery) = consumer.next().await {
        let made = message(&delivery.message().id, "done.a");
        // After an error it comes again.
        let _ = delivery.publish_then_ack(vec![made]).await;
    }
}

async fn take_in(mut consumer: Consumer, seen: Seen) {
    while let Ok(delivery) = consumer.next().await {
        let id = delivery.message().id.clone();
        if delivery.ack().await.is_ok() {
            seen.lock().unwrap().insert(id);
        }
    }
}

/// Publishes so many messages, some at a time, and gives their ids once all are confirmed.
async fn publish(bus: &Bus, name: &str, count: usize) -> BTreeSet<String> {
    let ids: BTreeSet<String> = (0..count).map(|n| format!("{name}-{n}")).collect();
    let mut publishing = JoinSet::new();
    for id in ids.clone() {
        if publishing.len() == 20 {
            publishing.join_next().await.unwrap().unwrap();
        }
        let bus = bus.clone();
        publishing.spawn(async move {
            let published = bus.publish(vec![message(&id, "work.a")]).await;
            published.unwrap_or_else(|error| panic!("{id}: {error}"));
        });
    }
    while let Some(published) = publishing.join_next().await {
        published.unwrap();
    }
    ids
}

async fn until_all_are_in(ids: &BTreeSet<String>, seen: &Seen, what: &str) {
    let all = async {
        while !ids.is_subset(&seen.lock().unwrap()) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let missing = || ids.difference(&seen.lock().unwrap()).cloned().collect::<Vec<_>>();
    assert!(timeout(PATIENCE, all).await.is_ok(), "{what}: {:?} are missing", missing());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts three brokers; it has a command of its own"]
async fn messages_pass_whichever_node_is_away() {
    let mut cluster = spawn_blocking(|| RabbitCluster::start(NODES)).await.unwrap();
    let url = cluster.url();
    let (seen, mut owed) = (Seen::default(), BTreeSet::new());
    // Each connects to a node of its choice: among so many some are cut off by every kill and some are not.
    let mut buses = Vec::new();
    for _ in 0..4 {
        let bus = open(&url).await;
        tokio::spawn(pass_on(bus.consume("work", 8).await.unwrap()));
        tokio::spawn(take_in(bus.consume("done", 8).await.unwrap(), Arc::clone(&seen)));
        buses.push(bus);
    }
    owed.append(&mut publish(&buses[0], "before", MEANWHILE).await);
    until_all_are_in(&owed, &seen, "before").await;
    // See `RabbitNode::kill`: only then are the queues themselves on the disk.
    sleep(Duration::from_secs(2)).await;

    for round in 0..2 {
        for victim in 0..NODES {
            cluster = spawn_blocking(move || {
                cluster.kill(victim);
                cluster
            })
            .await
            .unwrap();
            for (n, bus) in buses.iter().enumerate() {
                let name = format!("round-{round}-without-{victim}-from-{n}");
                owed.append(&mut publish(bus, &name, MEANWHILE / buses.len()).await);
                until_all_are_in(&owed, &seen, &name).await;
            }
            println!("round {round}: {MEANWHILE} messages passed without node {victim}");
            cluster = spawn_blocking(move || {
                cluster.start_again(victim);
                cluster
            })
            .await
            .unwrap();
        }
    }
    let dead = buses[0].dead_letters(&DeadLetterFilter::default()).await.unwrap();
    assert!(dead.is_empty(), "{dead:?}");
    for bus in buses {
        bus.close().await.unwrap();
    }
}
