//! Each stage as a process of its own, over a real RabbitMQ and a real PostgreSQL.

use crate::service::{SERVICES, Service, by_id, configuration, records, reports, wait_for};
use crate::support::{Place, baogao, run};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{FakeWeb, Faults, Plan, TcpProxy};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

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
    let config = configuration(&place, &web, &servers.broker_url, &servers.store_url);
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
    let config = configuration(&place, &web, &servers.broker_url, &servers.store_url);
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
    services.iter_mut().for_each(Service::ask_to_stop);
    for service in services {
        service.stopped();
    }
    // Whatever was in hand is done by the next ones.
    servers.broker.heal();
    servers.store.heal();
    let services: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    let reports = || reports(&config).len();
    let truth = web.truth();
    wait_for("every report", || reports() >= truth.records.len());
    for service in services {
        service.stop();
    }
    assert_eq!(reports(), truth.records.len());
}

#[test]
fn a_host_does_not_wait_for_the_end_of_its_lease_when_the_frontier_was_away() {
    let slow_by = Duration::from_secs(2);
    let faults = Faults { slow: 1.0, slow_by, ..Faults::none() };
    let web =
        FakeWeb::start(Plan { seed: 34, hosts: 1, pages_per_host: 8, faults, ..Plan::default() }).expect("a port");
    let (place, servers) = (Place::new(), Servers::start());
    let config = configuration(&place, &web, &servers.broker_url, &servers.store_url);
    // Far longer than this test has patience.
    let long =
        std::fs::read_to_string(&config).expect("just written").replace("[frontier]", "[frontier]\nlease_ms = 900000");
    let config = place.write("long.toml", long);
    let services: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    wait_for("a page that was asked for", || web.asked() > 3);
    servers.store.refuse(true);
    servers.store.cut();
    // The page comes and cannot be stored, nor can the host be given back: a connection is waited for 5 s each.
    std::thread::sleep(slow_by + Duration::from_secs(12));
    servers.store.heal();
    wait_for("every report", || reports(&config).len() >= web.truth().records.len());
    for service in services {
        service.stop();
    }
}

#[test]
fn a_parser_that_is_missing_makes_the_crawler_pause() {
    let web = FakeWeb::start(Plan { seed: 33, hosts: 3, pages_per_host: 12, ..Plan::default() }).expect("a port");
    let (place, servers) = (Place::new(), Servers::start());
    let config = configuration(&place, &web, &servers.broker_url, &servers.store_url);
    let narrow =
        std::fs::read_to_string(&config).expect("just written").replace("[crawler]", "[crawler]\nmax_queued = 4");
    let config = place.write("narrow.toml", narrow);
    let start = |name| Service::start(name, &config);
    let (crawler, scraper, publisher) = (start("crawler"), start("scraper"), start("publisher"));
    wait_for("a pause", || crawler.ask("/metrics").1.contains("baogao_crawler_paused{reason=\"queued\"} 1"));
    assert!(web.log().len() < web.truth().pages.len(), "it pauses before the web is crawled");
    crawler.wait_until(&[]);

    let parser = start("parser");
    let reports = || reports(&config).len();
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
