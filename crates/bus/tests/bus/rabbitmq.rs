//! What only the RabbitMQ back end promises: it survives its processes, its connections and its guests.

use crate::suite::{depth, is_quiet, message, messages, next, next_id, options, soon, until_depth, work};
use baogao_bus::{Bus, BusError, Consumer, DeadLetterFilter, Delivery, Options, QueueSpec, RabbitOptions};
use baogao_model::Message;
use baogao_testkit::TcpProxy;
use baogao_testkit::servers::{RabbitNode, RabbitVhost};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn vhost() -> RabbitVhost {
    tokio::task::spawn_blocking(RabbitVhost::create).await.unwrap()
}

fn rabbit_options() -> RabbitOptions {
    RabbitOptions { bus: options(), ..RabbitOptions::default() }
}

async fn open(vhost: &RabbitVhost) -> Bus {
    Bus::rabbitmq(vhost.url(), rabbit_options()).await.unwrap()
}

async fn dead(bus: &Bus) -> Vec<baogao_bus::DeadLetter> {
    bus.dead_letters(&DeadLetterFilter::default()).await.unwrap()
}

/// Asks the management API, where it must answer.
fn call(vhost: &RabbitVhost, method: &str, path: &str, body: &str) -> String {
    let answer = vhost.management().call(method, path, body).unwrap();
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
    answer.body
}

/// Closes every connection of the vhost whose name ends so from the broker's side; gives how many there were.
fn cut_connections(vhost: &RabbitVhost, end_of_name: &str) -> usize {
    let listed = call(vhost, "GET", &format!("/api/vhosts/{}/connections", vhost.name()), "");
    let connections: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let mut cut = 0;
    for connection in &connections {
        let given = connection["user_provided_name"].as_str().unwrap_or_default();
        if !given.ends_with(end_of_name) {
            continue;
        }
        let name: String = connection["name"].as_str().unwrap().bytes().map(|b| format!("%{b:02X}")).collect();
        let answer = vhost.management().call("DELETE", &format!("/api/connections/{name}"), "").unwrap();
        cut += usize::from(answer.status < 300);
    }
    cut
}

/// Cuts connections until `done` is.
async fn cut_until<T>(vhost: &Arc<RabbitVhost>, done: impl Future<Output = T>) -> T {
    let is_done = Arc::new(AtomicBool::new(false));
    let cutter = {
        let (vhost, is_done) = (Arc::clone(vhost), Arc::clone(&is_done));
        tokio::task::spawn_blocking(move || {
            while !is_done.load(Ordering::SeqCst) {
                // The broker lists a connection some seconds after it was made.
                cut_connections(&vhost, "");
                std::thread::sleep(Duration::from_millis(100));
            }
        })
    };
    let result = done.await;
    is_done.store(true, Ordering::SeqCst);
    cutter.await.unwrap();
    result
}

const CHILD_URL: &str = "BAOGAO_TEST_CHILD_AMQP_URL";

/// Another process at the same queue, as `child_at_work` has it.
fn child(vhost: &RabbitVhost, prefetch: usize) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "rabbitmq::child_at_work", "--nocapture"]).env(CHILD_URL, vhost.url());
    child.env("BAOGAO_TEST_CHILD_PREFETCH", prefetch.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
    child
}

/// Not a test of its own: a process that says which messages it takes, keeps those whose id begins with
/// `hold`, dies over one called `poison`, and publishes the others to `done`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_at_work() {
    let Ok(url) = std::env::var(CHILD_URL) else { return };
    let prefetch = std::env::var("BAOGAO_TEST_CHILD_PREFETCH").unwrap().parse().unwrap();
    let bus = Bus::rabbitmq(&url, rabbit_options()).await.unwrap();
    let mut consumer = bus.consume("work", prefetch).await.unwrap();
    let mut held = Vec::new();
    loop {
        let delivery = consumer.next().await.unwrap();
        let id = delivery.message().id.clone();
        println!("took {id}");
        match id.as_str() {
            "poison" => std::process::abort(),
            id if id.starts_with("hold") => held.push(delivery),
            id => {
                let made = message(id, "done.a");
                delivery.publish_then_ack(vec![made]).await.unwrap();
            }
        }
    }
}

/// Reads what a child says until it has taken `id`.
fn until_taken(child: &mut Child, id: &str) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = format!("took {id}");
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with(&wanted)), "the child never took {id}");
}

/// The next delivery of either.
async fn either(a: &mut Consumer, b: &mut Consumer) -> Delivery {
    tokio::select! {
        delivery = soon(a.next()) => delivery.unwrap(),
        delivery = soon(b.next()) => delivery.unwrap(),
    }
}

async fn work_and_done(bus: &Bus) {
    bus.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("done", ["done.#"])]).await.unwrap();
}

/// Takes from `done` until all of `messages(count, …)` were there, some perhaps more than once, and nothing else.
async fn until_done(bus: &Bus, count: usize) {
    let mut owed: BTreeSet<String> = messages(count, "").into_iter().map(|message| message.id).collect();
    let all = owed.clone();
    let mut consumer = bus.consume("done", 50).await.unwrap();
    while !owed.is_empty() {
        let id = next_id(&mut consumer).await;
        assert!(all.contains(&id), "{id} is done and was not asked for");
        owed.remove(&id);
    }
}

#[tokio::test]
async fn a_batch_beyond_the_window_arrives_in_order() {
    let vhost = vhost().await;
    let bus = Bus::rabbitmq(vhost.url(), RabbitOptions { confirm_window: 8, ..rabbit_options() }).await.unwrap();
    work(&bus, 500).await;
    assert_eq!(depth(&bus, "work").await.ready, 500);
    let mut consumer = bus.consume("work", 64).await.unwrap();
    for sent in messages(500, "work.a") {
        assert_eq!(next_id(&mut consumer).await, sent.id);
    }
}

#[tokio::test]
async fn what_a_dead_process_held_comes_back_as_suspects_one_at_a_time() {
    let vhost = vhost().await;
    let bus = open(&vhost).await;
    work_and_done(&bus).await;
    let held: Vec<_> = (0..3).map(|n| message(&format!("hold{n}"), "work.a")).collect();
    bus.publish(held).await.unwrap();
    let mut process = child(&vhost, 3).spawn().unwrap();
    let mut process = tokio::task::spawn_blocking(move || {
        until_taken(&mut process, "hold2");
        process
    })
    .await
    .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();

    bus.publish(vec![message("new", "work.a")]).await.unwrap();
    // Two consumers, so that isolation is the queue's and not the consumer's.
    let (mut a, mut b) = (bus.consume("work", 4).await.unwrap(), bus.consume("work", 4).await.unwrap());
    let mut held = Vec::new();
    while held.len() < 2 {
        held.push(either(&mut a, &mut b).await);
    }
    assert!(is_quiet(&mut a).await && is_quiet(&mut b).await, "two suspects out");
    held.sort_by_key(|delivery| delivery.message().id.clone());
    let seen: Vec<_> = held.iter().map(|d| (d.is_suspect(), d.is_redelivered(), d.attempt())).collect();
    assert_eq!(seen, [(true, true, 1), (false, false, 1)]);
    // Handed back, it stays a suspect; decided, it makes way for the next.
    let first = held.remove(0);
    let mut suspects = BTreeSet::from([first.message().id.clone()]);
    first.hand_back().await.unwrap();
    for _ in 0..3 {
        let suspect = either(&mut a, &mut b).await;
        assert!(suspect.is_suspect());
        assert!(is_quiet(&mut a).await && is_quiet(&mut b).await, "two suspects out");
        suspects.insert(suspect.message().id.clone());
        suspect.ack().await.unwrap();
    }
    assert_eq!(suspects.into_iter().collect::<Vec<_>>(), ["hold0", "hold1", "hold2"]);
    held.remove(0).ack().await.unwrap();
    until_depth(&bus, "work", |depth| depth.pending() == 0).await;
    assert!(dead(&bus).await.is_empty());
}

/// The first death makes it a suspect, each death as a suspect counts, the third buries it.
#[tokio::test]
async fn a_message_that_kills_its_process_is_buried_and_its_neighbours_are_not() {
    let vhost = vhost().await;
    let bus = open(&vhost).await;
    work_and_done(&bus).await;
    let mut all = messages(20, "work.a");
    all.insert(7, message("poison", "work.a"));
    bus.publish(all).await.unwrap();
    // One death out of the work queue, three as a suspect.
    for _ in 0..4 {
        let mut process = child(&vhost, 8).spawn().unwrap();
        let died = tokio::task::spawn_blocking(move || process.wait().unwrap());
        assert!(!soon(died).await.unwrap().success());
    }
    // Whoever looks next finds it dead; here it is a process that does everything else.
    let mut process = child(&vhost, 8).spawn().unwrap();
    until_depth(&bus, "work", |depth| depth.dead == 1).await;
    until_done(&bus, 20).await;
    process.kill().unwrap();
    process.wait().unwrap();
    let dead = dead(&bus).await;
    assert_eq!((dead.len(), dead[0].message.id.as_str(), dead[0].crashes, dead[0].attempts), (1, "poison", 3, 1));
    assert!(dead[0].error.contains("died 3 times"), "{}", dead[0].error);
    // Replayed, it comes as a suspect and with its attempts counted anew.
    assert_eq!(bus.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    let again = next(&mut bus.consume("work", 1).await.unwrap()).await;
    assert_eq!((again.message().id.as_str(), again.is_suspect(), again.attempt()), ("poison", true, 1));
    again.ack().await.unwrap();
}

#[tokio::test]
async fn a_message_survives_many_rounds_through_the_waits() {
    let vhost = vhost().await;
    let options = RabbitOptions { bus: Options { max_attempts: 30, ..options() }, ..rabbit_options() };
    let bus = Bus::rabbitmq(vhost.url(), options).await.unwrap();
    work(&bus, 3).await;
    let mut consumer = bus.consume("work", 3).await.unwrap();
    let mut attempts = BTreeMap::<String, u32>::new();
    for _ in 0..90 {
        let delivery = next(&mut consumer).await;
        let attempt = attempts.entry(delivery.message().id.clone()).or_default();
        *attempt += 1;
        assert_eq!((delivery.attempt(), delivery.is_suspect(), delivery.is_redelivered()), (*attempt, false, false));
        delivery.retry_later("not yet").await.unwrap();
    }
    assert_eq!(attempts.into_values().collect::<Vec<_>>(), [30, 30, 30]);
    let dead = dead(&bus).await;
    assert_eq!(dead.iter().map(|dead| (dead.attempts, dead.crashes)).collect::<Vec<_>>(), [(30, 0); 3]);
    let ids: BTreeSet<_> =
        dead.into_iter().map(|dead| dead.message).map(|m| (m.id.clone(), m == message(&m.id, "work.a"))).collect();
    assert_eq!(ids, messages(3, "").into_iter().map(|m| (m.id, true)).collect());
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

/// Works while connections are cut `times`, those whose names end so. Every message ends in `done`, some more
/// than once. Gives those that came as a suspect after they had come as ordinary ones.
async fn work_under_cuts(end_of_name: &'static str, times: usize) -> BTreeSet<String> {
    let vhost = Arc::new(vhost().await);
    let bus = open(&vhost).await;
    work_and_done(&bus).await;
    // There is always something out when a connection is cut.
    let is_enough = Arc::new(AtomicBool::new(false));
    let publisher = {
        let (bus, is_enough) = (bus.clone(), Arc::clone(&is_enough));
        tokio::spawn(async move {
            let mut published = 0;
            while !is_enough.load(Ordering::SeqCst) {
                let batch = (published..published + 10).map(|n| message(&format!("m{n:03}"), "work.a")).collect();
                bus.publish(batch).await.unwrap();
                published += 10;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            published
        })
    };
    let had = Arc::new(Mutex::new((BTreeSet::new(), BTreeSet::new())));
    for _ in 0..2 {
        let mut consumer = bus.consume("work", 8).await.unwrap();
        let had = Arc::clone(&had);
        tokio::spawn(async move {
            while let Ok(delivery) = consumer.next().await {
                let id = delivery.message().id.clone();
                {
                    let (ordinary, blamed) = &mut *had.lock().unwrap();
                    match delivery.is_suspect() {
                        true if ordinary.contains(&id) => blamed.insert(id),
                        true => false,
                        false => ordinary.insert(id),
                    };
                }
                tokio::spawn(async move {
                    let made = message(&delivery.message().id, "done.a");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    // After a lost connection it is an error, and the message comes again.
                    match delivery.publish_then_ack(vec![made]).await {
                        Ok(()) => {}
                        Err(error) => assert!(error.is_transient(), "{error}"),
                    }
                });
            }
        });
    }
    // The broker lists a connection some seconds after it was made.
    let mut cut = 0;
    while cut < times {
        let vhost = Arc::clone(&vhost);
        cut += tokio::task::spawn_blocking(move || cut_connections(&vhost, end_of_name)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    is_enough.store(true, Ordering::SeqCst);
    let published = publisher.await.unwrap();
    until_done(&bus, published).await;
    assert!(dead(&bus).await.is_empty());
    let (_, blamed) = &mut *had.lock().unwrap();
    std::mem::take(blamed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_lose_nothing() {
    work_under_cuts("", 4).await;
}

/// None is taken for a killer by the process that had it and lives. What was on its way when the connection
/// was cut may be: nobody here can know that it was. That is also why publishing is left alone: what is
/// published twice is twice in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_blame_nobody() {
    assert_eq!(work_under_cuts("(in)", 2).await, BTreeSet::new());
}

/// Asks the bus for something. A refusal is to be expected, silence is not.
async fn ask(bus: &Bus, what: &str) -> bool {
    match what {
        "depths" => bus.depths().await.is_ok(),
        "dead letters" => bus.dead_letters(&DeadLetterFilter::default()).await.is_ok(),
        "declare" => bus.declare(&[QueueSpec::new("work", ["work.#"])]).await.is_ok(),
        _ => bus.publish(vec![message("a", "done.a")]).await.is_ok(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_ends_however_often_the_network_is_cut() {
    let vhost = vhost().await;
    let (before, rest) = vhost.url().rsplit_once('@').unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let proxy = TcpProxy::start(server.parse().unwrap()).unwrap();
    let url = format!("{before}@{}/{path}", proxy.address());
    const CALLS: [&str; 8] = ["depths", "depths", "depths", "depths", "depths", "dead letters", "declare", "publish"];
    let is_over = Arc::new(AtomicBool::new(false));
    let mut calls = tokio::task::JoinSet::new();
    let mut buses = Vec::new();
    for _ in CALLS {
        let options = RabbitOptions { patience: Duration::from_secs(20), ..rabbit_options() };
        let bus = Bus::rabbitmq(&url, options).await.unwrap();
        work_and_done(&bus).await;
        buses.push(bus);
    }
    for (bus, what) in buses.iter().zip(CALLS) {
        for _ in 0..4 {
            let (bus, is_over) = (bus.clone(), Arc::clone(&is_over));
            calls.spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    ask(&bus, what).await;
                }
            });
        }
    }
    for cut in 0..20 {
        while proxy.connections() < 12 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(cut * 3)).await;
        proxy.cut();
    }
    is_over.store(true, Ordering::SeqCst);
    while let Some(ended) = soon(calls.join_next()).await {
        ended.unwrap();
    }
    // All is well again.
    for (bus, what) in buses.iter().zip(CALLS) {
        soon(async { while !ask(bus, what).await {} }).await;
    }
}

#[tokio::test]
async fn a_suspect_is_not_charged_with_a_lost_connection() {
    let vhost = Arc::new(vhost().await);
    let bus = open(&vhost).await;
    work_and_done(&bus).await;
    bus.publish(vec![message("hold", "work.a")]).await.unwrap();
    let mut process = child(&vhost, 1).spawn().unwrap();
    let mut process = tokio::task::spawn_blocking(move || {
        until_taken(&mut process, "hold");
        process
    })
    .await
    .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    // Room for one more, which is the same again over the next connection.
    let mut consumer = bus.consume("work", 2).await.unwrap();
    let mut suspect = next(&mut consumer).await;
    for _ in 0..3 {
        assert!(suspect.is_suspect());
        let again = cut_until(&vhost, next(&mut consumer)).await;
        // This decision comes too late.
        assert!(matches!(suspect.ack().await, Err(BusError::Unavailable { .. })));
        suspect = again;
    }
    while suspect.dead_letter("seen enough").await.is_err() {
        suspect = next(&mut consumer).await;
    }
    let dead = dead(&bus).await;
    assert_eq!((dead[0].crashes, dead[0].error.as_str()), (0, "seen enough"));
}

#[tokio::test]
async fn a_full_queue_refuses_and_its_publishers_wait() {
    let vhost = vhost().await;
    let options = RabbitOptions { max_queue_length: Some(10), patience: Duration::from_secs(1), ..rabbit_options() };
    let impatient = Bus::rabbitmq(vhost.url(), RabbitOptions { patience: Duration::from_secs(20), ..options.clone() });
    let patient = impatient.await.unwrap();
    work(&patient, 5).await;
    let impatient = Bus::rabbitmq(vhost.url(), options).await.unwrap();
    soon(async {
        while impatient.check().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    // A quorum queue takes some more than its limit before it refuses.
    let refused = soon(async {
        loop {
            match impatient.publish(messages(40, "work.a")).await {
                Ok(()) | Err(BusError::Unavailable { .. }) => {}
                Err(refused) => return refused,
            }
        }
    })
    .await;
    assert!(matches!(refused, BusError::QueueFull) && refused.is_transient(), "{refused:?}");

    let waiting = {
        let bus = patient.clone();
        tokio::spawn(async move { bus.publish(vec![message("last", "work.a")]).await })
    };
    let mut consumer = patient.consume("work", 5).await.unwrap();
    soon(async { while next_id(&mut consumer).await != "last" {} }).await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_no_message_of_ours_is_a_dead_letter_with_its_reason() {
    let vhost = vhost().await;
    let bus = open(&vhost).await;
    work(&bus, 0).await;
    let path = format!("/api/exchanges/{}/amq.default/publish", vhost.name());
    let body = |properties: &str, key: &str| {
        format!(r#"{{"properties":{properties},"routing_key":"{key}","payload":"hello","payload_encoding":"string"}}"#)
    };
    call(
        &vhost,
        "POST",
        &path,
        &body(r#"{"message_id":"strange","expiration":"60000000","headers":{"x-theirs":"kept"}}"#, "work"),
    );
    let mut consumer = bus.consume("work", 1).await.unwrap();
    assert!(is_quiet(&mut consumer).await);
    until_depth(&bus, "work", |depth| depth.dead == 1 && depth.pending() == 0).await;
    let found = dead(&bus).await;
    assert_eq!((found[0].message.id.as_str(), found[0].message.body.as_slice()), ("strange", b"hello".as_slice()));
    assert_eq!(found[0].error, "no message of ours: it has no header cloudEvents_specversion");
    // Replayed it fails again, and is still itself.
    assert_eq!(bus.replay(&DeadLetterFilter::default()).await.unwrap(), 1);
    until_depth(&bus, "work", |depth| depth.dead == 1 && depth.pending() == 0).await;
    assert_eq!(dead(&bus).await[0].message, found[0].message);
    // Something that lies among the dead letters by itself is shown too.
    call(&vhost, "POST", &path, &body("{}", "work.dead"));
    let found = dead(&bus).await;
    assert_eq!((found.len(), found[0].error.as_str()), (2, "put here by somebody else"));
    assert_eq!(bus.discard(&DeadLetterFilter::default()).await.unwrap(), 2);
    assert_eq!(depth(&bus, "work").await.dead, 0);
}

#[tokio::test]
async fn bindings_and_queues_are_known_to_every_process() {
    let vhost = vhost().await;
    let first = open(&vhost).await;
    first.declare(&[QueueSpec::new("work", ["work.#", "old.#"])]).await.unwrap();
    let second = open(&vhost).await;
    // It has declared nothing and can look.
    assert_eq!(second.depths().await.unwrap().len(), 1);
    second.declare(&[QueueSpec::new("work", ["work.#"]), QueueSpec::new("more", ["old.#"])]).await.unwrap();
    first.publish(vec![message("old", "old.a"), message("new", "work.a")]).await.unwrap();
    assert_eq!(next_id(&mut first.consume("work", 1).await.unwrap()).await, "new");
    assert_eq!(next_id(&mut first.consume("more", 1).await.unwrap()).await, "old");
    // Many at once get in nobody's way.
    let mut tasks = Vec::new();
    for n in 0..6 {
        let bus = if n % 2 == 0 { first.clone() } else { second.clone() };
        tasks.push(tokio::spawn(async move { bus.declare(&[QueueSpec::new(format!("q{n}"), ["q.#"])]).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let third = open(&vhost).await;
    let names: Vec<_> = third.depths().await.unwrap().into_iter().map(|depth| depth.queue).collect();
    assert_eq!(names, ["more", "q0", "q1", "q2", "q3", "q4", "q5", "work"]);
}

#[tokio::test]
async fn two_readers_of_dead_letters_both_see_all() {
    let vhost = vhost().await;
    let bus = open(&vhost).await;
    work(&bus, 50).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    for _ in 0..50 {
        next(&mut consumer).await.dead_letter("no").await.unwrap();
    }
    let other = open(&vhost).await;
    let (one, two, three) = tokio::join!(dead(&bus), dead(&bus), dead(&other));
    assert_eq!((one.len(), &one, &one), (50, &two, &three));
}

#[tokio::test]
async fn what_the_broker_lost_is_made_again() {
    let vhost = Arc::new(vhost().await);
    let bus = open(&vhost).await;
    work(&bus, 0).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    bus.publish(vec![message("first", "work.a")]).await.unwrap();
    assert_eq!(next_id(&mut consumer).await, "first");
    for queue in ["work", "work.suspect", "work.dead"] {
        call(&vhost, "DELETE", &format!("/api/queues/{}/{queue}", vhost.name()), "");
    }
    soon(async {
        // Published before the queue is there again, it matches none and is dropped.
        loop {
            bus.publish(vec![message("second", "work.a")]).await.unwrap();
            tokio::select! {
                delivery = consumer.next() => return delivery.unwrap().ack().await.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_is_away_is_waited_for() {
    assert!(matches!(Bus::rabbitmq("http://localhost", rabbit_options()).await, Err(BusError::InvalidUrl { .. })));
    let options = RabbitOptions { patience: Duration::from_millis(200), ..rabbit_options() };
    // Nobody listens there, nobody speaks TLS here, and nobody knows that password.
    let vhost = vhost().await;
    let here = vhost.url().to_owned();
    let tls = here.replacen("amqp://", "amqps://", 1);
    let stranger = RabbitOptions { user: Some("nobody".into()), password: Some("secret".into()), ..options.clone() };
    assert!(!format!("{stranger:?}").contains("secret"));
    for (url, options) in
        [("amqp://127.0.0.1:1/%2f,amqp://127.0.0.1:2/%2f", options.clone()), (&tls, options), (&here, stranger)]
    {
        let bus = Bus::rabbitmq(url, options).await.unwrap();
        let mut errors = vec![bus.check().await.unwrap_err(), bus.depths().await.unwrap_err()];
        errors.push(bus.publish(vec![message("m", "work.a")]).await.unwrap_err());
        errors.push(bus.declare(&[QueueSpec::new("work", ["#"])]).await.unwrap_err());
        errors.push(bus.consume("work", 1).await.unwrap_err());
        for error in errors {
            assert!(matches!(error, BusError::Unavailable { .. }) && error.is_transient(), "{url}: {error:?}");
        }
        soon(bus.close()).await.unwrap();
        assert!(matches!(bus.check().await, Err(BusError::Closed)));
    }
}

#[tokio::test]
async fn a_clean_end_leaves_no_suspects() {
    let vhost = vhost().await;
    let bus = open(&vhost).await;
    work(&bus, 10).await;
    let mut consumer = bus.consume("work", 6).await.unwrap();
    let held: (_, _) = (next(&mut consumer).await, next(&mut consumer).await);
    let until: Message = held.0.message().clone();
    bus.close().await.unwrap();
    let bus = open(&vhost).await;
    let mut consumer = bus.consume("work", 10).await.unwrap();
    let mut seen = BTreeMap::new();
    for _ in 0..10 {
        let delivery = next(&mut consumer).await;
        assert_eq!((delivery.is_suspect(), delivery.attempt()), (false, 1));
        seen.insert(delivery.message().id.clone(), delivery.is_redelivered());
        delivery.ack().await.unwrap();
    }
    // Only what the application had may have been seen.
    assert!(seen[&until.id]);
    assert_eq!(seen.into_values().filter(|is_redelivered| *is_redelivered).count(), 2);
    assert_eq!(depth(&bus, "work").await.pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_a_broker_is_trusted_by_its_authority_only() {
    let node = tokio::task::spawn_blocking(RabbitNode::start_with_tls).await.unwrap();
    let ca_certificates = Some(node.authority().to_owned());
    let bus = Bus::rabbitmq(&node.tls_url(), RabbitOptions { ca_certificates, ..rabbit_options() }).await.unwrap();
    work_and_done(&bus).await;
    let mut consumer = bus.consume("work", 1).await.unwrap();
    bus.publish(vec![message("one", "work.a")]).await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.message().id, "one");
    delivery.ack().await.unwrap();
    bus.close().await.unwrap();

    // Nobody else vouches for it.
    let patience = Duration::from_secs(8);
    let stranger = Bus::rabbitmq(&node.tls_url(), RabbitOptions { patience, ..rabbit_options() }).await.unwrap();
    let refused = stranger.publish(vec![message("two", "work.a")]).await.unwrap_err();
    assert!(refused.is_transient(), "{refused:?}");
    let why = format!("{refused:?}").to_lowercase();
    assert!(why.contains("certificate") || why.contains("unknownissuer"), "{why}");
}
