//! A crawl over a broker of three nodes, one of which is killed under way.
//!
//! ```text
//! cargo test -p baogao-tests --test cluster -- --ignored --nocapture
//! ```

#[path = "../e2e/service.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod service;
#[path = "../e2e/support.rs"]
#[allow(dead_code, reason = "the end-to-end tests use all of it")]
mod support;

use baogao_testkit::servers::{PostgresDatabase, RabbitCluster};
use baogao_testkit::{FakeWeb, Plan};
use service::{SERVICES, Service, configuration, dead_letters, reports, wait_for};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;
use support::{Place, folded, text};

/// Pages and records that must come while the node is away.
const MEANWHILE: (usize, usize) = (40, 10);

#[test]
#[ignore = "starts three brokers; it has a command of its own"]
fn a_crawl_goes_on_without_one_of_three_nodes() {
    let mut cluster = RabbitCluster::start(3);
    let plan = Plan { seed: 51, hosts: 3, pages_per_host: 160, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let (place, database) = (Place::new(), PostgresDatabase::create());
    let config = configuration(&place, &web, &cluster.url(), database.url());
    // Slow enough that the crawl lasts longer than the node is away.
    let slow =
        std::fs::read_to_string(&config).expect("just written").replace("host_delay_ms = 1", "host_delay_ms = 500");
    let config = place.write("slow.toml", slow);
    let services = SERVICES.map(|name| Service::start(name, &config));
    wait_for("a crawl under way", || reports(&config).len() >= 3);
    assert_has_three_copies(&cluster);
    let truth = web.truth();

    // Each service connects to a node of its choice, so any node will do.
    let begun = Instant::now();
    cluster.kill(0);
    let before = (web.log().len(), reports(&config).len());
    assert!(before.1 < truth.records.len() / 2, "the crawl was over too soon: {before:?}");
    let come = || (web.log().len() - before.0, reports(&config).len() - before.1);
    wait_for("pages and records without the node", || come().0 >= MEANWHILE.0 && come().1 >= MEANWHILE.1);
    assert_eq!(cluster.running(), 2, "all but one node run");
    println!("{:?} pages and records came within {:?} without the node", come(), begun.elapsed());
    cluster.start_again(0);
    wait_for("three nodes", || cluster.running() == 3);
    println!("{:?} of {} records were there when the node was back", reports(&config).len(), truth.records.len());

    // In steps, each of which has time of its own.
    for tenth in 1..=10 {
        wait_for("more reports", || reports(&config).len() >= truth.records.len() * tenth / 10);
    }
    for service in services {
        service.wait_until(&[]);
        drop(service.stop());
    }
    let owed: BTreeSet<String> = truth.records.iter().map(|record| folded(&record.text())).collect();
    assert_each_is_there_once(&owed, &config);
    assert_eq!(dead_letters(&cluster.url()), 0);
}

/// Every quorum queue must have a copy on each node.
fn assert_has_three_copies(cluster: &RabbitCluster) {
    let answer = cluster.management(0).call("GET", "/api/queues?columns=name,members", "").expect("it answers");
    let queues: serde_json::Value = serde_json::from_str(&answer.body).expect("it is JSON");
    let queues: Vec<_> =
        queues.as_array().expect("a list").iter().filter(|queue| queue["members"].is_array()).collect();
    assert!(!queues.is_empty(), "no quorum queues: {}", answer.body);
    for queue in queues {
        assert_eq!(queue["members"].as_array().map(Vec::len), Some(3), "{queue}");
    }
}

fn assert_each_is_there_once(owed: &BTreeSet<String>, config: &Path) {
    let found = reports(config);
    let texts: BTreeSet<String> = found.iter().map(|report| folded(text(report, "text"))).collect();
    assert_eq!(found.len(), texts.len(), "a report stands twice");
    let differing: Vec<_> = owed.symmetric_difference(&texts).collect();
    assert!(differing.is_empty(), "missing or too much: {differing:?}");
}
