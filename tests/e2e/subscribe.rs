//! Subscribers: the programs of `docs/subscribe.md`, as they stand there.

use crate::service::{SERVICES, Service, configuration, reports, wait_for};
use crate::support::{PATIENCE, Place};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{FakeWeb, Plan, Process, python};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// The program in one language that the page shows.
fn shown(language: &str) -> String {
    let page = std::fs::read_to_string(baogao_tests::root().join("docs/subscribe.md")).expect("the page is there");
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("it shows one");
    rest.split_once("```").expect("it ends").0.to_owned()
}

/// The message ids and the report ids that a subscriber has printed, in order.
fn seen(subscriber: &Process) -> Vec<(String, String)> {
    let (printed, _) = subscriber.output();
    let row = |line: &str| {
        let mut words = line.split(' ').map(|word| word.trim_matches('"').to_owned());
        words.next().zip(words.next())
    };
    // The last line may be half written.
    let whole = printed.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(row).collect()
}

/// The ids of the reports alone.
fn ids(seen: &[(String, String)]) -> BTreeSet<&str> {
    seen.iter().map(|(_, report)| report.as_str()).collect()
}

/// The compiled program of the page.
fn rust_subscriber() -> PathBuf {
    let root = baogao_tests::root();
    let example = std::fs::read_to_string(root.join("crates/bus/examples/subscriber.rs")).expect("it is there");
    assert_eq!(shown("rust"), example, "docs/subscribe.md does not show crates/bus/examples/subscriber.rs as it is");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        // As a test of the whole workspace has built it already.
        .args(["build", "--workspace", "--example", "subscriber"])
        .current_dir(root)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the subscriber does not build");
    // The tests lie in `deps`, beside `examples`.
    let tests = std::env::current_exe().expect("the test knows where it lies");
    tests.ancestors().nth(2).expect("tests lie in the target folder").join("examples/subscriber")
}

#[test]
fn subscribers_get_every_report_once_and_miss_nothing_when_they_die() {
    let web = FakeWeb::start(Plan { seed: 35, hosts: 3, pages_per_host: 8, ..Plan::default() }).expect("a port");
    let (place, vhost, database) = (Place::new(), RabbitVhost::create(), PostgresDatabase::create());
    let config = configuration(&place, &web, vhost.url(), database.url());
    let rust = rust_subscriber();
    let start = |queue: &str| {
        let program = shown("python").replace("sub.mine", queue);
        let mut command = Command::new(python::interpreter());
        Process::start(command.args(["-c", &program]).env("BAOGAO_AMQP_URL", vhost.url())).expect("python starts")
    };
    let (steady, mut mortal) = (start("sub.steady"), start("sub.mortal"));
    let compiled = Process::start(Command::new(rust).env("BAOGAO_AMQP_URL", vhost.url())).expect("it starts");
    for queue in ["sub.steady", "sub.mortal", "sub.mine-too"] {
        let path = format!("/api/queues/{}/{queue}/bindings", vhost.name());
        wait_for("a bound queue", || {
            let answer = vhost.management().call("GET", &path, "").expect("the broker answers");
            answer.body.contains("report.parsed.#")
        });
    }

    let services = SERVICES.map(|name| Service::start(name, &config));
    wait_for("a report", || !seen(&mortal).is_empty());
    mortal.signal(baogao_testkit::Signal::Kill).expect("the signal is sent");
    // Only its end says what it has printed, and so acknowledged, in all.
    mortal.wait(PATIENCE).expect("it ends");
    let before = seen(&mortal);
    let owed = web.truth().records.len();
    wait_for("every report", || reports(&config).len() >= owed);
    let again = start("sub.mortal");
    wait_for("what came meanwhile", || {
        let after = seen(&again);
        ids(&before).union(&ids(&after)).count() >= owed
    });
    for subscriber in [&steady, &compiled] {
        wait_for("every report at a subscriber", || seen(subscriber).len() >= owed);
    }
    for service in services {
        drop(service.stop());
    }

    let stored: BTreeSet<String> =
        reports(&config).iter().filter_map(|report| Some(report["id"].as_str()?.to_owned())).collect();
    let stored: BTreeSet<&str> = stored.iter().map(String::as_str).collect();
    assert_eq!(stored.len(), owed);
    for subscriber in [&steady, &compiled] {
        let seen = seen(subscriber);
        assert_eq!(ids(&seen), stored);
        assert_eq!(seen.len(), owed, "each came once");
        assert_eq!(seen.iter().map(|(message, _)| message).collect::<BTreeSet<_>>().len(), owed);
    }
    let (after, mut all) = (seen(&again), before.clone());
    all.extend(after);
    assert_eq!(ids(&all), stored);
}
