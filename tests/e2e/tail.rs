//! `baogao tail`: the stream, beside a crawl and over a broker.

use crate::schemas;
use crate::service::{SERVICES, Service, configuration, records, wait_for};
use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{FakeWeb, Plan, Process, Signal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// A tail at work, with its arguments.
fn tail(args: &[&str], place: &[&std::ffi::OsStr]) -> Process {
    Process::start(baogao(&["tail"]).args(args).args(place)).expect("the binary starts")
}

/// Waits until a process has said this on standard error so many times.
fn until_said(process: &mut Process, words: &str, times: usize) {
    let is_said = |_: &str, stderr: &str| stderr.matches(words).count() >= times;
    process.wait_for_output(PATIENCE, is_said).expect("it says so");
}

/// Ends a tail as people do, and gives the events it printed.
fn interrupted(mut tail: Process) -> Vec<Value> {
    tail.signal(Signal::Interrupt).expect("the signal is sent");
    let ended = tail.wait(PATIENCE).expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let events = json_lines(&ended.stdout);
    assert!(ended.stderr.ends_with(&format!("{} events\n", events.len())), "{}", ended.stderr);
    events
}

/// What every structured event has.
fn check_envelope(event: &Value) {
    assert_eq!((&event["specversion"], &event["datacontenttype"]), (&"1.0".into(), &"application/json".into()));
    assert!(text(event, "source").starts_with("/baogao/") && text(event, "time").ends_with('Z'), "{event}");
    assert!(!text(event, "id").is_empty() && text(event, "traceparent").starts_with("00-"), "{event}");
    let (kind, key) = (text(event, "type"), text(event, "routingkey"));
    assert!(kind.starts_with("baogao.") && key.starts_with(kind[7..].trim_end_matches(".v1")), "{kind} at {key}");
}

/// The ids of the records that some events carry.
fn record_ids(events: &[Value]) -> BTreeSet<&str> {
    events.iter().filter_map(|event| event["data"]["report"]["id"].as_str()).collect()
}

/// The number of different message ids.
fn distinct(events: &[Value]) -> usize {
    events.iter().map(|event| text(event, "id")).collect::<BTreeSet<_>>().len()
}

#[test]
fn tails_beside_a_crawl_show_every_event_once_and_every_body_fits_its_schema() {
    let web = FakeWeb::start(Plan { seed: 61, hosts: 3, pages_per_host: 10, ..Plan::default() }).expect("a port");
    let place = Place::new();
    // Makes the data directory.
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--depth", "0"]));
    assert!(ended.status.success(), "{}", ended.stderr);
    let before: BTreeSet<String> = place.records().iter().map(|record| text(record, "id").to_owned()).collect();

    let data = place.data();
    let at: [&std::ffi::OsStr; 2] = ["--data".as_ref(), data.as_os_str()];
    let mut reports = tail(&["--json"], &at);
    let mut everything = tail(&["--json", "--key", "#"], &at);
    let mut first = tail(&["--count", "1", "--lang", "zh", "--key", "page.fetched.#"], &at);
    let mut piped = Command::new("bash");
    piped.args(["-c", "set -o pipefail; \"$0\" tail --key '#' --data \"$1\" | head -n 1"]);
    let mut piped = Process::start(piped.arg(baogao_tests::binary()).arg(&data)).expect("bash starts");
    for waiting in [&mut reports, &mut everything, &mut piped] {
        until_said(waiting, "no process works on", 1);
    }
    until_said(&mut first, "等待中", 1);

    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}", ended.stderr);
    // By then they have been told of everything.
    until_said(&mut reports, "no process works on", 2);
    until_said(&mut everything, "no process works on", 2);
    let (reports, everything) = (interrupted(reports), interrupted(everything));
    let first = first.wait(PATIENCE).expect("it ends by itself");
    assert_eq!((first.status.code(), first.stdout.lines().count()), (Some(0), 1), "{}{}", first.stdout, first.stderr);
    assert!(first.stdout.contains("  page.fetched.") && first.stderr.ends_with("共 1 个事件\n"), "{}", first.stderr);
    let piped = piped.wait(PATIENCE).expect("it ends with its reader");
    assert_eq!((piped.status.code(), piped.stdout.lines().count()), (Some(0), 1), "{}", piped.stderr);
    assert!(!piped.stderr.contains("error"), "{}", piped.stderr);

    let stored = place.records();
    let of_reports: BTreeSet<&str> =
        stored.iter().filter(|record| record["kind"] == "report").map(|record| text(record, "id")).collect();
    let heard: BTreeSet<&str> = record_ids(&reports);
    assert!(!heard.is_empty() && reports.iter().all(|event| event["type"] == "baogao.report.parsed.v1"));
    assert!(heard.is_superset(&of_reports.iter().copied().filter(|id| !before.contains(*id)).collect()));
    assert_eq!(distinct(&reports), reports.len(), "each came once");
    assert_eq!(distinct(&everything), everything.len(), "each came once");
    let all: BTreeSet<&str> = stored.iter().map(|record| text(record, "id")).collect();
    let mut told = record_ids(&everything);
    told.extend(before.iter().map(String::as_str));
    assert_eq!(told, all);
    for name in ["page.fetched", "links.found", "article.cleaned", "report.parsed", "document.other", "document.ready"]
    {
        assert!(everything.iter().any(|event| text(event, "routingkey").starts_with(name)), "no {name}");
    }
    everything.iter().for_each(check_envelope);
    let bodies = everything.iter().map(schemas::of_event);
    let stored = stored.iter().map(|record| ("record".to_owned(), record.clone()));
    schemas::fit(&place, bodies.chain(stored).collect());
}

#[test]
fn a_tail_over_the_broker_shows_every_event_once() {
    let web = FakeWeb::start(Plan { seed: 62, hosts: 2, pages_per_host: 6, ..Plan::default() }).expect("a port");
    let (place, vhost, database) = (Place::new(), RabbitVhost::create(), PostgresDatabase::create());
    let config = configuration(&place, &web, vhost.url(), database.url());
    let at: [&std::ffi::OsStr; 2] = ["--config".as_ref(), config.as_os_str()];
    let mut all = tail(&["--json", "--key", "report.#", "--key", "document.other.*"], &at);
    until_said(&mut all, "listening to report.#, document.other.*", 1);
    let (_, said) = all.output();
    let password = vhost.url().split([':', '@']).nth(2).expect("the address has one");
    assert!(said.contains("***") && !said.contains(&format!(":{password}@")), "{said}");

    let services = SERVICES.map(|name| Service::start(name, &config));
    let owed = web.truth().records.len();
    wait_for("every report", || crate::service::reports(&config).len() >= owed);
    for service in services {
        drop(service.stop());
    }
    let stored = records(&config);
    wait_for("an event for each record", || all.output().0.matches("\"specversion\"").count() >= stored.len());
    let events = interrupted(all);
    assert_eq!(record_ids(&events), stored.keys().map(String::as_str).collect());
    assert_eq!(distinct(&events), events.len(), "each came once");
    events.iter().for_each(check_envelope);
    let stored = stored.into_values().map(|mut record| {
        // Taken out to compare; `null` is no time.
        record["source"]["fetched_at"] = "2026-01-20T03:04:05Z".into();
        record["source"]["archive"] = Value::Array(Vec::new());
        ("record".to_owned(), record)
    });
    schemas::fit(&place, events.iter().map(schemas::of_event).chain(stored).collect());
}

#[test]
fn a_broker_that_is_away_is_waited_for() {
    let place = Place::new();
    // Nobody answers at the port of "discard".
    let config = place.write("away.toml", "[bus]\nurl = \"amqp://127.0.0.1:9/v\"\n");
    let mut tail = tail(&[], &["--config".as_ref(), config.as_os_str()]);
    until_said(&mut tail, "amqp://127.0.0.1:9/v is out of reach: ", 1);
    assert!(tail.is_running().expect("the system says"));
    assert_eq!(interrupted(tail), Vec::<Value>::new());
}

#[test]
fn what_cannot_be_listened_to_is_told() {
    let place = Place::new();
    let ended = run(&mut baogao(&["tail", "--key", "report.pased.#"]));
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("no event has such a key; there are page.fetched.{site}"), "{}", ended.stderr);
    let ended = run(baogao(&["tail", "--data"]).arg(place.path("none")));
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no data directory"), "{}", ended.stderr);
}
