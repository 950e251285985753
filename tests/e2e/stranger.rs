//! A subscriber that never reads.

use crate::service::{SERVICES, Service, configuration, dead_letters, records, reports, wait_for};
use crate::support::{Place, json_lines};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{FakeWeb, Plan};
use serde_json::{Value, json};

/// What a subscriber's queue may hold, in bytes of bodies: a few of the crawl's messages.
const LIMIT: u64 = 100_000;

/// The policy of `docs/subscribe.md`, but for its numbers.
fn policy() -> Value {
    json!({
        "pattern": "^sub\\.",
        "apply-to": "queues",
        "priority": 10,
        "definition": { "overflow": "drop-head", "max-length-bytes": LIMIT, "expires": 86_400_000 },
    })
}

/// Asks the broker for a change.
fn change(vhost: &RabbitVhost, method: &str, path: &str, body: &Value) {
    let answer = vhost.management().call(method, path, &body.to_string()).expect("the broker answers");
    assert!(answer.status < 300, "{method} {path}: {answer:?}");
}

/// What the broker says of the stranger's queue.
fn queue(vhost: &RabbitVhost) -> Value {
    let path = format!("/api/queues/{}/sub.stranger", vhost.name());
    let answer = vhost.management().call("GET", &path, "").expect("the broker answers");
    assert_eq!(answer.status, 200, "{}", answer.body);
    json_lines(&answer.body).remove(0)
}

#[test]
fn a_subscriber_that_never_reads_stops_nothing() {
    let web = FakeWeb::start(Plan { seed: 34, hosts: 3, pages_per_host: 10, ..Plan::default() }).expect("a port");
    let (place, vhost, database) = (Place::new(), RabbitVhost::create(), PostgresDatabase::create());
    let config = configuration(&place, &web, vhost.url(), database.url());
    let name = vhost.name();
    change(&vhost, "PUT", &format!("/api/policies/{name}/subscribers"), &policy());
    // Whoever comes first declares the exchange; here it is the stranger, and as the services have it.
    change(
        &vhost,
        "PUT",
        &format!("/api/exchanges/{name}/baogao.events"),
        &json!({ "type": "topic", "durable": true }),
    );
    let durable = json!({ "durable": true, "arguments": { "x-queue-type": "quorum" } });
    change(&vhost, "PUT", &format!("/api/queues/{name}/sub.stranger"), &durable);
    let everything = json!({ "routing_key": "#" });
    change(&vhost, "POST", &format!("/api/bindings/{name}/e/baogao.events/q/sub.stranger"), &everything);

    let services = SERVICES.map(|name| Service::start(name, &config));
    let owed = web.truth().records.len();
    wait_for("every report", || reports(&config).len() >= owed);
    for service in services {
        service.wait_until(&[]);
        drop(service.stop());
    }
    assert_eq!(reports(&config).len(), owed);
    assert_eq!(dead_letters(vhost.url()), 0);

    // Every stored record was an event, and they are the smaller part of all; the counts come late.
    let said = records(&config).len() as u64;
    let count = |field: &str| queue(&vhost)[field].as_u64();
    wait_for("a queue within its limit", || {
        let bytes = count("message_bytes");
        bytes.is_some_and(|bytes| 0 < bytes && bytes <= LIMIT) && count("messages").is_some_and(|held| held < said)
    });
    let found = queue(&vhost);
    assert_eq!(found["policy"], "subscribers", "{found}");
    assert_eq!(found["consumers"], 0, "{found}");
}
