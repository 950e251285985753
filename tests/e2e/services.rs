//! Each stage as a process of its own, over a real RabbitMQ and a real PostgreSQL.

use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{Ended, FakeWeb, Faults, Plan, Process, Signal, TcpProxy};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The services there are.
const SERVICES: [&str; 4] = ["crawler", "scraper", "parser", "publisher"];

/// A password that must never be seen.
const SECRET: &str = "s3cret-of-the-tests";

/// A broker and a database behind networks that fail when told to.
struct Servers {
    _vhost: RabbitVhost,
    _database: PostgresDatabase,
    broker: TcpProxy,
    store: TcpProxy,
    broker_url: String,
    store_url: String,
}

impl Servers {
    fn start() -> Self {
        let (vhost, database) = (RabbitVhost::create(), PostgresDatabase::create());
        let (broker, broker_url) = behind_proxy(vhost.url());
        let (store, store_url) = behind_proxy(database.url());
        Self { _vhost: vhost, _database: database, broker, store, broker_url, store_url }
    }

    fn refuse(&self, refuses: bool) {
        self.broker.refuse(refuses);
        self.store.refuse(refuses);
    }
}

/// A proxy before the server of an address, and the address that leads through it.
fn behind_proxy(url: &str) -> (TcpProxy, String) {
    let (before, rest) = url.rsplit_once('@').expect("an address with a user");
    let (server, path) = rest.split_once('/').expect("an address with a path");
    let proxy = TcpProxy::start(server.parse().expect("a loopback address")).expect("a port on loopback");
    let url = format!("{before}@{}/{path}", proxy.address());
    (proxy, url)
}

/// The configuration of all services.
fn configuration(place: &Place, web: &FakeWeb, servers: &Servers) -> PathBuf {
    let list = |items: &[String]| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
    place.write(
        "services.toml",
        format!(
            "[bus]\nurl = {:?}\n[database]\nurl = {:?}\n[archive]\ndir = {:?}\n\
             [seeds]\nurls = [{}]\n[crawler]\nhost_delay_ms = 1\nmin_free_bytes = 1\n\
             [fetch]\nconnect_to = [{}]\n[frontier]\nretry_base_ms = 100\nretry_max_ms = 500\n",
            servers.broker_url,
            servers.store_url,
            place.path("archive").to_string_lossy(),
            list(&web.seeds()),
            list(&web.connect_to()),
        ),
    )
}

/// A service at work.
struct Service {
    name: &'static str,
    process: Process,
    health: SocketAddr,
}

impl Service {
    /// Starts a service and waits until it says where it tells of itself.
    fn start(name: &'static str, config: &Path) -> Self {
        let mut command = baogao(&["service", name, "--config"]);
        let mut process = Process::start(command.arg(config)).expect("the binary starts");
        let health = std::cell::Cell::new(None);
        let says_where = |_: &str, stderr: &str| {
            let words = stderr.split_whitespace().skip_while(|word| *word != "/metrics");
            health.set(words.skip_while(|word| *word != "on").nth(1).and_then(|word| word.parse().ok()));
            health.get().is_some()
        };
        process.wait_for_output(PATIENCE, says_where).expect("it says where its health port is");
        Self { name, process, health: health.get().expect("just seen") }
    }

    /// The status and the body of what it answers.
    fn ask(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.health).expect("its health port is open");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the request goes out");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), body.to_owned())
    }

    /// Waits until it is ready, or until it waits for all of `parts`.
    fn wait_until(&self, parts: &[&str]) {
        let waits_for = |(status, body): &(u16, String)| match parts {
            [] => *status == 200,
            parts => *status == 503 && parts.iter().all(|part| body.contains(&format!("\"{part}\":\""))),
        };
        wait_for(&format!("{} waits for {parts:?}", self.name), || waits_for(&self.ask("/ready")));
        assert_eq!(self.ask("/live").0, 200, "{} is alive", self.name);
    }

    fn stop(mut self) -> Ended {
        self.process.signal(Signal::Terminate).expect("the signal is sent");
        let ended = self.process.wait(Duration::from_secs(40)).expect("it stops within its time of grace");
        assert_eq!(ended.status.code(), Some(0), "{}: {}{}", self.name, ended.stdout, ended.stderr);
        ended
    }
}

/// Waits for something to become true.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The stored records of every kind by id, without what differs from crawl to crawl.
fn records(config: &Path) -> BTreeMap<String, Value> {
    let ended = run(baogao(&["records", "export", "--format", "jsonl", "--kind", "all", "--config"]).arg(config));
    assert!(ended.status.success(), "{}", ended.stderr);
    by_id(json_lines(&ended.stdout))
}

fn by_id(records: Vec<Value>) -> BTreeMap<String, Value> {
    let timeless = |mut record: Value| {
        let id = text(&record, "id").to_owned();
        for volatile in ["fetched_at", "archive"] {
            record["source"][volatile] = Value::Null;
        }
        record["revision"]["fetch_no"] = Value::Null;
        (id, record)
    };
    records.into_iter().map(timeless).collect()
}

#[test]
fn services_over_servers_make_the_records_of_one_process() {
    let plan = || Plan { seed: 31, hosts: 3, pages_per_host: 8, faults: Faults::some(), ..Plan::default() };
    let (web, place) = (FakeWeb::start(plan()).expect("a port on loopback"), Place::new());
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let owed = by_id(place.records());
    assert!(owed.len() > 10, "{} records", owed.len());

    let (web, place) = (FakeWeb::start(plan()).expect("a port on loopback"), Place::new());
    let servers = Servers::start();
    servers.refuse(true);
    let config = configuration(&place, &web, &servers);
    // Nothing is there, and nobody minds the order.
    let services: Vec<Service> = SERVICES.iter().rev().map(|name| Service::start(name, &config)).collect();
    for service in &services {
        service.wait_until(&["bus"]);
    }
    servers.refuse(false);
    for service in &services {
        service.wait_until(&[]);
    }
    wait_for("a third of the records", || records(&config).len() > owed.len() / 3);
    servers.refuse(true);
    servers.broker.cut();
    servers.store.cut();
    for service in &services {
        let parts: &[&str] = match service.name {
            "crawler" => &["bus", "frontier"],
            "publisher" => &["bus", "records"],
            _ => &["bus"],
        };
        service.wait_until(parts);
    }
    servers.refuse(false);
    for service in &services {
        service.wait_until(&[]);
    }
    wait_for("every record", || records(&config).len() >= owed.len());

    let (_, metrics) = services.iter().find(|s| s.name == "publisher").expect("it runs").ask("/metrics");
    for name in ["baogao_stage_messages_total", "baogao_stage_handling_seconds_bucket", "baogao_bus_messages"] {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }
    let (_, metrics) = services.iter().find(|s| s.name == "crawler").expect("it runs").ask("/metrics");
    for name in ["baogao_crawler_outbox_rows", "baogao_crawler_paused", "baogao_crawler_pages_total"] {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }
    for service in services {
        let name = service.name;
        let ended = service.stop();
        // Away at the start and once later: two warnings and two good news for each part at most.
        let told = ended.stderr.lines().filter(|line| line.contains("is away") || line.contains("is back")).count();
        assert!(told <= 3 * 4, "{name} has told of it {told} times:\n{}", ended.stderr);
    }
    let found = records(&config);
    let ids = |records: &BTreeMap<String, Value>| records.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&owed));
    for (id, record) in &owed {
        assert_eq!(found.get(id), Some(record), "{id}");
    }
    let id = found.keys().next().expect("there are records");
    let shown = run(baogao(&["records", "show", id, "--config"]).arg(&config));
    assert!(shown.stdout.contains("revisions: 1"), "{}{}", shown.stdout, shown.stderr);
}

#[test]
fn a_service_that_waits_for_its_servers_stops_when_asked() {
    let place = Place::new();
    // Port 1 of loopback: nobody listens there.
    let config = place.write(
        "away.toml",
        format!(
            "[bus]\nurl = \"amqp://guest:{SECRET}@127.0.0.1:1/%2f\"\n\
             [database]\nurl = \"postgres://baogao:{SECRET}@127.0.0.1:1/x\"\n\
             [archive]\ndir = {:?}\n[seeds]\nurls = [\"http://www.qinglan.example/\"]\n",
            place.path("archive").to_string_lossy()
        ),
    );
    for name in SERVICES {
        let service = Service::start(name, &config);
        service.wait_until(&["bus"]);
        assert!(!service.ask("/ready").1.contains(SECRET), "{name} tells its password");
        let ended = service.stop();
        assert!(!ended.stderr.contains(SECRET), "{name} logs its password:\n{}", ended.stderr);
    }
}

#[test]
fn a_network_that_swallows_everything_holds_up_no_stop() {
    let web = FakeWeb::start(Plan { seed: 32, hosts: 2, pages_per_host: 30, ..Plan::default() }).expect("a port");
    let (place, servers) = (Place::new(), Servers::start());
    let config = configuration(&place, &web, &servers);
    // What a crawler could not give back must not stand still for minutes.
    let hasty = std::fs::read_to_string(&config)
        .expect("just written")
        .replace("[fetch]", "[stages]\ngrace_ms = 1000\n[fetch]\ntotal_timeout_ms = 5000")
        .replace("[frontier]", "[frontier]\nlease_ms = 8000\nlease_margin_ms = 1000");
    let config = place.write("hasty.toml", hasty);
    let mut services: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    wait_for("a crawl under way", || web.log().len() > 10);
    servers.broker.black_hole(true);
    servers.store.black_hole(true);
    for service in &mut services {
        service.process.signal(Signal::Terminate).expect("the signal is sent");
    }
    for service in services {
        service.stop();
    }
    // Whatever was in hand is done by the next ones.
    servers.broker.heal();
    servers.store.heal();
    let services: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    let reports = || records(&config).values().filter(|record| record["kind"] == "report").count();
    let truth = web.truth();
    wait_for("every report", || reports() >= truth.records.len());
    for service in services {
        service.stop();
    }
    assert_eq!(reports(), truth.records.len());
}

#[test]
fn a_parser_that_is_missing_makes_the_crawler_pause() {
    let web = FakeWeb::start(Plan { seed: 33, hosts: 3, pages_per_host: 12, ..Plan::default() }).expect("a port");
    let (place, servers) = (Place::new(), Servers::start());
    let config = configuration(&place, &web, &servers);
    let narrow =
        std::fs::read_to_string(&config).expect("just written").replace("[crawler]", "[crawler]\nmax_queued = 4");
    let config = place.write("narrow.toml", narrow);
    let start = |name| Service::start(name, &config);
    let (crawler, scraper, publisher) = (start("crawler"), start("scraper"), start("publisher"));
    wait_for("a pause", || crawler.ask("/metrics").1.contains("baogao_crawler_paused{reason=\"queued\"} 1"));
    assert!(web.log().len() < web.truth().pages.len(), "it pauses before the web is crawled");
    crawler.wait_until(&[]);

    let parser = start("parser");
    let reports = || records(&config).values().filter(|record| record["kind"] == "report").count();
    wait_for("every report", || reports() >= web.truth().records.len());
    for service in [crawler, scraper, parser, publisher] {
        service.stop();
    }
}

#[test]
fn what_a_service_lacks_is_listed_and_secrets_are_not() {
    let place = Place::new();
    let file = place.write(
        "bad.toml",
        format!(
            "[bus]\nurl = \"http://u:{SECRET}@broker.example/\"\n[stages]\nbyte_budget_mib = 0\n\
             [health]\nlisten = \"everywhere\"\n[archive]\nfolder = \"x\"\n"
        ),
    );
    let ended = run(baogao(&["service", "crawler", "--config"]).arg(&file));
    assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
    let mistakes =
        ["bus.url", "database.url", "BAOGAO_DATABASE_URL", "seeds.urls", "stages.byte_budget_mib", "health.listen"];
    for mistake in mistakes.iter().chain(&["archive.folder"]) {
        assert!(ended.stderr.contains(mistake), "{mistake} is not listed:\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);

    // What comes from the environment is judged by its own name.
    let good = place.write("good.toml", "");
    let mut command = baogao(&["service", "parser", "--config"]);
    let ended = run(command.arg(&good).env("BAOGAO_AMQP_URL", format!("amqp//u:{SECRET}@broker.example")));
    assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
    assert!(ended.stderr.contains("BAOGAO_AMQP_URL") && !ended.stderr.contains(SECRET), "{}", ended.stderr);

    let file = place.write("show.toml", format!("[bus]\nurl = \"amqps://u:{SECRET}@broker.example/%2f\"\n"));
    let shown = run(baogao(&["config", "show", "--config"]).arg(&file));
    assert!(shown.stdout.contains("amqps://u:***@broker.example/%2f"), "{}", shown.stdout);
    assert!(!shown.stdout.contains(SECRET), "{}", shown.stdout);
}
