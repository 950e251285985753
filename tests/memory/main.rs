//! The memory of each service while a million messages wait for it.
//!
//! ```text
//! cargo test -p baogao-tests --test memory -- --ignored --nocapture
//! ```
//!
//! `BAOGAO_MEMORY_MESSAGES` is how many messages wait (1,000,000), `BAOGAO_MEMORY_SECONDS` how long each
//! service works on them (60), `BAOGAO_MEMORY_SERVICES` which services (all four). A million of them take
//! some 10 GB of disk for a while. The messages are those of a small crawl, each published many times under
//! ids of its own; for the crawler, as many URLs are due in the frontier as messages wait.

mod backlog;
mod resident;
#[path = "../e2e/service.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod service;
#[path = "../e2e/support.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod support;

use backlog::{Kind, Samples};
use baogao_bus::{Bus, QueueSpec, RabbitOptions};
use baogao_testkit::servers::{PostgresDatabase, RabbitNode};
use baogao_testkit::{FakeWeb, Plan};
use resident::Resident;
use service::{SERVICES, Service, configuration, reports, wait_for};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::Place;
use tokio::runtime::Runtime;

/// A backlog that is worked off in no time, to compare with.
const FEW: u64 = 2_000;

/// A service that has taken so many is at work.
const AT_WORK: u64 = 100;

/// By how much a service may be larger with all of the messages waiting than with few: its room for work in
/// progress, which chance fills more or less, in KiB.
const ROOM_KIB: u64 = 64 << 10;

/// What a service takes from the bus.
const WORK: [(&str, Kind, &str, &[&str]); 4] = [
    ("scraper", Kind::Page, "scrape", &["page.fetched.#", "document.ready.#"]),
    ("parser", Kind::Article, "parse", &["article.cleaned.#"]),
    ("publisher", Kind::Report, "publish.records", &["report.parsed.#", "document.other.#"]),
    ("crawler", Kind::Links, "links", &["links.found.#"]),
];

#[test]
#[ignore = "takes a quarter of an hour and 10 GB of disk; it has a command of its own"]
fn the_memory_of_a_service_does_not_grow_with_what_waits_for_it() {
    let (messages, seconds) = (number("BAOGAO_MEMORY_MESSAGES", 1_000_000), number("BAOGAO_MEMORY_SECONDS", 60));
    let wanted = std::env::var("BAOGAO_MEMORY_SERVICES").unwrap_or_else(|_| SERVICES.join(","));
    let runtime = Runtime::new().expect("a runtime");
    let trial = Trial::start();
    let samples = trial.harvest(&runtime);
    println!(
        "| service | messages waiting | of bytes | worked on | at start | median | peak | peak with {FEW} waiting |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut grown = Vec::new();
    for (name, kind, queue, bindings) in WORK.into_iter().filter(|work| wanted.contains(work.0)) {
        let vhost = trial.vhost(queue);
        let database = PostgresDatabase::create();
        let config = trial.configure(&vhost.url, database.url());
        let bus = runtime.block_on(async {
            let bus = Bus::rabbitmq(&vhost.url, unlimited()).await.expect("an address");
            bus.declare(&[QueueSpec::new(queue, bindings.iter().copied())]).await.expect("the queue is declared");
            bus
        });
        let work = Work { runtime: &runtime, name, kind, queue, bus, config, url: &vhost.url, store: database.url() };
        let few = work.measure(&trial.web, &samples, FEW, Duration::from_secs(seconds));
        let many = work.measure(&trial.web, &samples, messages, Duration::from_secs(seconds));
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            many.waiting,
            samples.mean_bytes(kind),
            many.waiting.saturating_sub(many.left),
            mb(many.resident.start),
            mb(many.resident.median),
            mb(many.resident.peak),
            mb(few.resident.peak),
        );
        if many.resident.peak > few.resident.peak + ROOM_KIB {
            grown.push(format!("{name}: {} KiB became {} KiB", few.resident.peak, many.resident.peak));
        }
        runtime.block_on(work.bus.close()).expect("the bus closes");
    }
    assert!(grown.is_empty(), "{grown:?}");
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn mb(kib: u64) -> String {
    format!("{} MB", (kib * 1024 + 500_000) / 1_000_000)
}

/// Queues that take everything.
fn unlimited() -> RabbitOptions {
    RabbitOptions { max_queue_length: None, max_queue_bytes: None, ..RabbitOptions::default() }
}

/// A broker of its own, that nobody else is held up by; the web and what the services share.
struct Trial {
    broker: RabbitNode,
    web: FakeWeb,
    place: Place,
}

/// A vhost with its messages, removed when this is dropped.
struct Vhost<'a> {
    broker: &'a RabbitNode,
    name: String,
    url: String,
}

impl Trial {
    fn start() -> Self {
        let plan = Plan { seed: 41, hosts: 3, pages_per_host: 12, ..Plan::default() };
        Self {
            broker: RabbitNode::start(),
            web: FakeWeb::start(plan).expect("a port on loopback"),
            place: Place::new(),
        }
    }

    fn vhost(&self, name: &str) -> Vhost<'_> {
        let api = self.broker.management();
        let rights = r#"{"configure":".*","write":".*","read":".*"}"#;
        for (path, body) in [(format!("/api/vhosts/{name}"), "{}"), (format!("/api/permissions/{name}/guest"), rights)]
        {
            let answer = api.call("PUT", &path, body).expect("the broker answers");
            assert!(answer.status < 300, "{path}: {answer:?}");
        }
        let url = self.broker.url().replace("%2f", name);
        Vhost { broker: &self.broker, name: name.to_owned(), url }
    }

    fn configure(&self, broker: &str, database: &str) -> PathBuf {
        let config = configuration(&self.place, &self.web, broker, database);
        let text = std::fs::read_to_string(&config).expect("just written");
        // Here the crawler is to go on, whatever waits.
        self.place.write("memory.toml", text.replace("[crawler]", "[crawler]\nmax_queued = 1000000000"))
    }

    /// Crawls the web with all services, and keeps some of what they say.
    fn harvest(&self, runtime: &Runtime) -> Samples {
        let (vhost, database) = (self.vhost("harvest"), PostgresDatabase::create());
        let config = self.configure(&vhost.url, database.url());
        let bus = runtime.block_on(async {
            let bus = Bus::rabbitmq(&vhost.url, unlimited()).await.expect("an address");
            bus.declare(&[QueueSpec::new("tap", ["#"])]).await.expect("the queue is declared");
            bus
        });
        let services = SERVICES.map(|name| Service::start(name, &config));
        wait_for("every report", || reports(&config).len() >= self.web.truth().records.len());
        services.into_iter().for_each(|service| drop(service.stop()));
        runtime.block_on(async {
            let samples = Samples::collect(bus.consume("tap", 64).await.expect("the queue is there")).await;
            bus.close().await.expect("the bus closes");
            samples
        })
    }
}

impl Drop for Vhost<'_> {
    fn drop(&mut self) {
        // With a broker that is gone, so is the vhost.
        let _ = self.broker.management().call("DELETE", &format!("/api/vhosts/{}", self.name), "");
    }
}

/// A service and what waits for it.
struct Work<'a> {
    runtime: &'a Runtime,
    name: &'static str,
    kind: Kind,
    queue: &'static str,
    bus: Bus,
    config: PathBuf,
    url: &'a str,
    store: &'a str,
}

/// What came of one measurement.
struct Measured {
    waiting: u64,
    left: u64,
    resident: Resident,
}

impl Work<'_> {
    /// Has `count` messages wait, and looks at the service for `time`, or until it has worked them off.
    fn measure(&self, web: &FakeWeb, samples: &Samples, count: u64, time: Duration) -> Measured {
        let begun = Instant::now();
        self.runtime.block_on(async {
            samples.publish(self.kind, self.url, count).await;
            if self.kind == Kind::Links {
                backlog::schedule(self.store, web, count).await;
            }
        });
        let waiting = self.ready();
        assert!(waiting >= count, "{waiting} wait for the {} and not {count}", self.name);
        eprintln!("{count} messages for the {} were published in {:?}", self.name, begun.elapsed());
        let service = Service::start(self.name, Path::new(&self.config));
        // A broker that has just taken in a million messages may take a while to hand out the first.
        wait_for("work under way", || self.ready() + AT_WORK <= waiting);
        let resident = resident::watch(service.process.id(), time, || self.ready() == 0);
        let left = self.ready();
        drop(service.stop());
        Measured { waiting, left, resident }
    }

    fn ready(&self) -> u64 {
        let depths = self.runtime.block_on(self.bus.depths()).expect("the broker answers");
        depths.iter().find(|depth| depth.queue == self.queue).expect("the queue is there").ready
    }
}
