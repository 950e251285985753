//! How many messages a second the SQLite bus takes on this disk, or a broker here:
//! `cargo run --example throughput -p baogao-bus -- [messages] [body bytes] [amqp://…]`
//!
//! On a broker it leaves the queues `in` and `out` behind, so give it a vhost of its own.

use baogao_bus::{Bus, BusError, Options, QueueSpec, RabbitOptions};
use baogao_model::Message;
use std::time::Instant;

/// Publishers at once, and the prefetch: where more adds little.
const WINDOW: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let bytes: usize = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let bus = match arguments.next() {
        Some(url) => Bus::rabbitmq(&url, RabbitOptions::default()).await?,
        None => Bus::sqlite(&dir.path().join("bus.db"), Options::default()).await?,
    };
    bus.declare(&[QueueSpec::new("in", ["in"]), QueueSpec::new("out", ["out"])]).await?;

    let start = Instant::now();
    in_parallel(count, {
        let bus = bus.clone();
        move |n| {
            let bus = bus.clone();
            async move { bus.publish(vec![message("in", n, bytes)]).await }
        }
    })
    .await?;
    report("publish, one message a call", count, start);

    for (queue, what) in [("in", "deliver, publish_then_ack"), ("out", "deliver, ack")] {
        let start = Instant::now();
        consume(&bus, queue, count, bytes).await?;
        report(what, count, start);
    }

    let start = Instant::now();
    bus.publish((0..count).map(|n| message("in", n, bytes)).collect()).await?;
    report("publish, all messages in one call", count, start);
    for _ in 0..2 {
        let start = Instant::now();
        bus.depths().await?;
        println!("depths over {count} messages: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    bus.close().await?;
    Ok(())
}

/// Takes `count` messages from `queue` and settles each in a task of its own.
async fn consume(bus: &Bus, queue: &'static str, count: usize, bytes: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut consumer = bus.consume(queue, WINDOW).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..count {
        let delivery = consumer.next().await?;
        tasks.spawn(async move {
            match queue {
                "in" => delivery.publish_then_ack(vec![message("out", n, bytes)]).await,
                _ => delivery.ack().await,
            }
        });
    }
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(())
}

/// Makes `count` calls, [`WINDOW`] at a time.
async fn in_parallel<F, Fut>(count: usize, call: F) -> Result<(), Box<dyn std::error::Error>>
where
    F: Fn(usize) -> Fut,
    Fut: Future<Output = Result<(), BusError>> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..count {
        if tasks.len() >= WINDOW
            && let Some(result) = tasks.join_next().await
        {
            result??;
        }
        tasks.spawn(call(n));
    }
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(())
}

fn message(routing_key: &str, n: usize, bytes: usize) -> Message {
    Message {
        id: format!("{n:032x}"),
        r#type: "baogao.page.fetched.v1".to_owned(),
        source: "/baogao/crawler".to_owned(),
        time: jiff::Timestamp::UNIX_EPOCH,
        routing_key: routing_key.to_owned(),
        traceparent: None,
        body: vec![b' '; bytes],
    }
}

fn report(what: &str, count: usize, start: Instant) {
    println!("{what}: {:.0} messages/s", count as f64 / start.elapsed().as_secs_f64());
}
