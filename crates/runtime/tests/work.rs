//! What becomes of a message, by what its handler makes of it.

use anyhow::anyhow;
use baogao_bus::{Bus, DeadLetterFilter, Options, QueueSpec};
use baogao_model::Message;
use baogao_runtime::metrics::Counts;
use baogao_runtime::work::body_bytes;
use baogao_runtime::{ByteBudget, Context, Failure, Shutdown, Worker};
use jiff::Timestamp;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn message(id: &str, key: &str) -> Message {
    Message {
        id: id.to_owned(),
        r#type: "baogao.test.v1".to_owned(),
        source: "/baogao/test".to_owned(),
        time: Timestamp::UNIX_EPOCH,
        routing_key: key.to_owned(),
        traceparent: None,
        body: Vec::new(),
    }
}

async fn bus() -> Bus {
    let bus = Bus::memory_with(Options { max_body_bytes: 100, ..Options::default() });
    let queue = |name: &str| QueueSpec { name: name.to_owned(), bindings: vec![format!("{name}.#")] };
    bus.declare(&[queue("in"), queue("out")]).await.expect("queues are declared");
    bus
}

/// A worker of the queue `in`.
fn worker(bus: &Bus, concurrency: usize, context: Context) -> Worker {
    Worker { bus: bus.clone(), queue: "in", concurrency, store: "archive", weigh: body_bytes, context }
}

/// Works the queue `in` until `done` says so.
async fn work<H, F>(bus: &Bus, handle: H, mut done: impl AsyncFnMut() -> bool)
where
    H: Fn(Message) -> F + Send + Sync + 'static,
    F: Future<Output = baogao_runtime::Handled> + Send + 'static,
{
    let shutdown = Shutdown::new();
    let worker = worker(bus, 4, Context { shutdown: shutdown.clone(), ..Context::default() });
    let running = tokio::spawn(worker.run(handle));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !done().await {
        assert!(tokio::time::Instant::now() < deadline, "it is never done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    shutdown.request();
    running.await.expect("the loop ends");
}

async fn ready(bus: &Bus, queue: &str) -> u64 {
    let depths = bus.depths().await.expect("the bus answers");
    depths.iter().filter(|depth| depth.queue == queue).map(|depth| depth.ready + depth.unacked).sum()
}

#[tokio::test]
async fn what_a_handler_makes_is_published_before_the_message_is_gone() {
    let bus = bus().await;
    bus.publish((0..20).map(|n| message(&n.to_string(), "in.x")).collect()).await.expect("published");
    let handle = |input: Message| async move { Ok(vec![message(&format!("made-{}", input.id), "out.x")]) };
    work(&bus, handle, async || ready(&bus, "out").await == 20).await;
    assert_eq!(ready(&bus, "in").await, 0);
}

#[tokio::test]
async fn permanent_failures_and_panics_are_dead_letters_with_their_cause() {
    let bus = bus().await;
    bus.publish(vec![message("bad", "in.x"), message("worse", "in.x"), message("good", "in.x")])
        .await
        .expect("published");
    let handle = |input: Message| async move {
        match input.id.as_str() {
            "bad" => Err(Failure::Permanent(anyhow!("the checksum is wrong"))),
            "worse" => panic!("index out of bounds"),
            _ => Ok(Vec::new()),
        }
    };
    let all = DeadLetterFilter::default();
    work(&bus, handle, async || bus.dead_letters(&all).await.expect("the bus answers").len() == 2).await;
    let letters = bus.dead_letters(&all).await.expect("the bus answers");
    let mut causes: Vec<_> = letters.iter().map(|letter| (letter.message.id.as_str(), letter.error.as_str())).collect();
    causes.sort_unstable();
    assert_eq!(causes, [("bad", "the checksum is wrong"), ("worse", "the handler panicked: index out of bounds")]);
    assert_eq!(ready(&bus, "in").await, 0, "the good one is gone");
}

#[tokio::test]
async fn what_cannot_be_published_makes_its_input_a_dead_letter() {
    let bus = bus().await;
    bus.publish(vec![message("one", "in.x")]).await.expect("published");
    let handle = |_| async move { Ok(vec![Message { body: vec![b'x'; 101], ..message("made", "out.x") }]) };
    let all = DeadLetterFilter::default();
    work(&bus, handle, async || bus.dead_letters(&all).await.expect("the bus answers").len() == 1).await;
    assert_eq!(ready(&bus, "in").await, 0, "it does not come again");
}

#[tokio::test]
async fn our_own_failures_count_as_no_attempt() {
    let bus = bus().await;
    bus.publish(vec![message("one", "in.x")]).await.expect("published");
    let seen = Arc::new(AtomicU32::new(0));
    let tries = Arc::clone(&seen);
    let handle = move |_| {
        let attempt = tries.fetch_add(1, Ordering::SeqCst);
        async move { if attempt < 2 { Err(Failure::Ours(anyhow!("the archive is away"))) } else { Ok(Vec::new()) } }
    };
    let done = || async { seen.load(Ordering::SeqCst) == 3 && ready(&bus, "in").await == 0 };
    work(&bus, handle, async || done().await).await;
    assert!(bus.dead_letters(&DeadLetterFilter::default()).await.expect("the bus answers").is_empty());
}

#[tokio::test]
async fn shutdown_waits_for_the_handlers_in_hand() {
    let bus = bus().await;
    bus.publish(vec![message("slow", "in.x")]).await.expect("published");
    let log = Arc::new(Mutex::new(Vec::new()));
    let shutdown = Shutdown::new();
    let worker = worker(&bus, 1, Context { shutdown: shutdown.clone(), ..Context::default() });
    let (events, wish) = (Arc::clone(&log), shutdown.clone());
    worker
        .run(move |_| {
            let (events, wish) = (Arc::clone(&events), wish.clone());
            async move {
                wish.request();
                tokio::task::yield_now().await;
                events.lock().expect("nobody panicked").push("finished");
                Ok(Vec::new())
            }
        })
        .await;
    assert_eq!(*log.lock().expect("nobody panicked"), ["finished"]);
    assert_eq!(ready(&bus, "in").await, 0, "it was acknowledged");
}

#[tokio::test]
async fn a_handler_that_is_not_waited_for_gives_its_message_back() {
    let bus = bus().await;
    bus.publish(vec![message("endless", "in.x")]).await.expect("published");
    let begun = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&begun);
    let endless = worker(&bus, 1, Context::default()).run(move |_| {
        let told = Arc::clone(&told);
        async move {
            told.notify_one();
            std::future::pending().await
        }
    });
    tokio::select! {
        () = endless => panic!("nobody asked it to end"),
        () = begun.notified() => {}
    }
    let seen = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&seen);
    let handle = move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok(Vec::new()) }
    };
    work(&bus, handle, async || ready(&bus, "in").await == 0).await;
    assert_eq!(seen.load(Ordering::SeqCst), 1, "the next one got it");
}

#[tokio::test]
async fn work_in_progress_stays_within_the_budget() {
    let bus = bus().await;
    let sized = |id: usize, bytes: usize| Message { body: vec![b'x'; bytes], ..message(&id.to_string(), "in.x") };
    bus.publish((0..40).map(|id| sized(id, 1 + id % 7)).collect()).await.expect("published");
    let (at_work, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    // A message weighs as many KiB as its body has bytes; the budget is 5 KiB, so some exceed it.
    let weigh = |message: &Message| message.body.len() as u64 * 1024;
    let (now, highest) = (Arc::clone(&at_work), Arc::clone(&most));
    let handle = move |input: Message| {
        let (now, highest) = (Arc::clone(&now), Arc::clone(&highest));
        let weight = input.body.len() as u32;
        async move {
            let together = now.fetch_add(weight, Ordering::SeqCst) + weight;
            let is_alone = together == weight;
            assert!(together <= 5 || is_alone, "{together} KiB at once");
            highest.fetch_max(together, Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(weight, Ordering::SeqCst);
            Ok(Vec::new())
        }
    };
    let shutdown = Shutdown::new();
    let context = Context::new(shutdown.clone(), ByteBudget::new(5 * 1024));
    let running = tokio::spawn(Worker { weigh, ..worker(&bus, 16, context.clone()) }.run(handle));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while ready(&bus, "in").await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "it is never done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    shutdown.request();
    running.await.expect("the loop ends");
    assert!(bus.dead_letters(&DeadLetterFilter::default()).await.expect("the bus answers").is_empty());
    assert_eq!(most.load(Ordering::SeqCst), 7, "the largest was worked on too");
    assert_eq!(context.budget.free(), 5 * 1024, "everything was given back");
}

#[tokio::test]
async fn a_store_that_is_away_is_named_until_it_is_back() {
    let bus = bus().await;
    bus.publish(vec![message("one", "in.x")]).await.expect("published");
    let shutdown = Shutdown::new();
    let context = Context { shutdown: shutdown.clone(), ..Context::default() };
    let health = context.health.clone();
    let (tries, seen) = (Arc::new(AtomicU32::new(0)), Arc::new(tokio::sync::Notify::new()));
    let go_on = Arc::clone(&seen);
    let running = tokio::spawn(worker(&bus, 1, context).run(move |_| {
        let (attempt, go_on) = (tries.fetch_add(1, Ordering::SeqCst), Arc::clone(&go_on));
        async move {
            if attempt == 0 {
                return Err(Failure::Ours(anyhow!("no such volume")));
            }
            go_on.notified().await;
            Ok(Vec::new())
        }
    }));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let wait = async |done: &dyn Fn() -> bool| {
        while !done() {
            assert!(tokio::time::Instant::now() < deadline, "it never happens");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    wait(&|| health.waiting().get("archive").is_some_and(|why| why.contains("no such volume"))).await;
    seen.notify_one();
    wait(&|| health.waiting().is_empty()).await;
    shutdown.request();
    running.await.expect("the loop ends");
    assert_eq!(ready(&bus, "in").await, 0);
}

#[tokio::test]
async fn counters_are_summed_by_label() {
    let counts = Counts::install().expect("the first in this process");
    assert!(Counts::install().is_err());
    metrics::counter!("test_pages_total", "outcome" => "fetched", "reason" => "").increment(2);
    metrics::counter!("test_pages_total", "outcome" => "failed", "reason" => "http_404").increment(1);
    metrics::counter!("test_pages_total", "outcome" => "failed", "reason" => "timeout").increment(3);
    assert_eq!(counts.total("test_pages_total"), 6);
    let by_outcome = counts.by_label("test_pages_total", "outcome");
    assert_eq!(by_outcome.into_iter().collect::<Vec<_>>(), [("failed".to_owned(), 4), ("fetched".to_owned(), 2)]);
    assert_eq!(counts.total("test_other_total"), 0);
}
