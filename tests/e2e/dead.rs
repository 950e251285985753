//! Dead letters: listed, shown, replayed and dropped, beside a running process and without one.

use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_bus::{Bus, Options, QueueSpec};
use baogao_model::Message;
use baogao_model::event::ArticleCleaned;
use baogao_model::message::Origin;
use baogao_testkit::{Ended, FakeWeb, Plan, Process, Signal, sample};
use serde_json::Value;
use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work)
}

fn file(place: &Place) -> PathBuf {
    place.data().join("bus.sqlite")
}

async fn open(place: &Place) -> Bus {
    std::fs::create_dir_all(place.data()).expect("the temporary directory is writable");
    Bus::sqlite(&file(place), Options::default()).await.expect("the bus opens")
}

/// A message as no stage would make it, about a page of `site`.
fn message(id: &str, site: &str, body: &str) -> Message {
    Message {
        id: id.to_owned(),
        r#type: "baogao.page.fetched.v1".to_owned(),
        source: "/baogao/test".to_owned(),
        time: sample::now(),
        routing_key: format!("page.fetched.{}", site.replace('.', "_")),
        traceparent: None,
        body: body.into(),
    }
}

/// Publishes `messages` into the queue `stage` and gives each up.
async fn bury(bus: &Bus, stage: &str, messages: Vec<Message>, error: &str) {
    let count = messages.len();
    bus.declare(&[QueueSpec::new(stage, ["page.fetched.#"])]).await.expect("the queue is fine");
    bus.publish(messages).await.expect("there is room");
    let mut consumer = bus.consume(stage, 1).await.expect("the queue is there");
    for _ in 0..count {
        consumer.next().await.expect("a message").dead_letter(error).await.expect("it is stored");
    }
}

/// Three dead letters in a data directory that nobody works with: two of a.example, one of b.example.
fn three_dead_letters(place: &Place) {
    block_on(async {
        let bus = open(place).await;
        let body = |site: &str| format!(r#"{{"site": "{site}", "url": "http://www.{site}/1.html"}}"#);
        let of_a = vec![message("m1", "a.example", &body("a.example")), message("m2", "a.example", "\u{1b}[2Jtext")];
        bury(&bus, "scrape", of_a, "checksum differs\u{1b}[2J").await;
        bury(&bus, "scrape", vec![message("m3", "b.example", &body("b.example"))], "too large").await;
        bus.close().await.expect("it closes");
    });
}

/// `baogao dead` on the data of `place`.
fn dead(place: &Place, args: &[&str]) -> Ended {
    let mut command = baogao(&["dead"]);
    command.args(args).arg("--data").arg(place.data());
    run(&mut command)
}

/// The messages of the dead letters that `baogao dead list` with `args` shows.
fn listed(place: &Place, args: &[&str]) -> Vec<String> {
    let ended = dead(place, &[&["list", "--json"], args].concat());
    json_lines(&ended.stdout).iter().map(|row| text(row, "message_id").to_owned()).collect()
}

/// What lies in all queues: dead letters, and everything else.
fn depths(place: &Place) -> (u64, u64) {
    block_on(async {
        let bus = Bus::sqlite_read_only(&file(place)).await.expect("the bus opens");
        let depths = bus.depths().await.expect("it answers");
        (depths.iter().map(|queue| queue.dead).sum(), depths.iter().map(|queue| queue.pending()).sum())
    })
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "it never happens: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn dead_letters_are_listed_by_what_is_known_of_them() {
    let place = Place::new();
    three_dead_letters(&place);
    assert_eq!(listed(&place, &[]), ["m1", "m2", "m3"]);
    assert_eq!(listed(&place, &["--site", "a.example"]), ["m1", "m2"]);
    assert_eq!(listed(&place, &["--site", "www.b.example"]), ["m3"]);
    assert_eq!(listed(&place, &["--error", "LARGE"]), ["m3"]);
    assert_eq!(listed(&place, &["--stage", "scrape", "--limit", "2"]), ["m1", "m2"]);
    assert_eq!(listed(&place, &["--newer-than", "1h"]).len(), 3);
    assert!(listed(&place, &["--older-than", "1h"]).is_empty());
    assert_eq!(listed(&place, &["--older-than", "0s", "--site", "b.example"]), ["m3"]);

    let table = dead(&place, &["list"]);
    assert!(table.status.success(), "{}", table.stderr);
    for word in ["stage", "scrape", "checksum differs", "a.example", "a_example", "too large"] {
        assert!(table.stdout.contains(word), "{word} is not in\n{}", table.stdout);
    }
    assert!(!table.stdout.contains('\u{1b}'), "nothing from outside commands the terminal");

    for (args, code, words) in [
        (&["list", "--stage", "scraper"][..], 1, "scrape"),
        (&["list", "77"], 1, "77"),
        (&["show", "77"], 1, "77"),
        (&["replay", "77"], 1, "77"),
        (&["replay"], 2, "--all"),
        (&["drop", "--yes"], 2, "--all"),
        (&["replay", "--all", "--rate", "fast"], 2, "fast"),
        (&["list", "--older-than", "long"], 2, "long"),
    ] {
        let ended = dead(&place, args);
        assert_eq!(ended.status.code(), Some(code), "{args:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(words), "{args:?}: {}", ended.stderr);
    }
    let nowhere = run(&mut baogao(&["dead", "list", "--data", "nowhere"]));
    assert_eq!(nowhere.status.code(), Some(1), "{}", nowhere.stderr);
    let chinese = dead(&place, &["list", "77", "--lang", "zh"]);
    assert!(chinese.stderr.contains("没有符合条件的死信"), "{}", chinese.stderr);
}

#[test]
fn one_dead_letter_is_shown_with_its_message() {
    let place = Place::new();
    let long = format!(r#"{{"text": "{}", "z": "the end"}}"#, "报告".repeat(4000));
    block_on(async {
        let bus = open(&place).await;
        let messages = vec![message("long", "a.example", &long), message("text", "a.example", "\u{1b}[2Jno JSON")];
        bury(&bus, "scrape", messages, "checksum differs").await;
        bus.close().await.expect("it closes");
    });
    let rows = json_lines(&dead(&place, &["list", "--json"]).stdout);
    let id = |at: usize| text(&rows[at], "id").to_owned();

    let shown = dead(&place, &["show", &id(0)]).stdout;
    for word in ["stage: scrape", "error: checksum differs", "page.fetched.a_example", "\"text\": \"报告", "--full"] {
        assert!(shown.contains(word), "{word} is not in\n{shown}");
    }
    assert!(!shown.contains("the end"));
    assert!(dead(&place, &["show", &id(0), "--full"]).stdout.contains("the end"));
    let whole: Value = json_lines(&dead(&place, &["show", &id(0), "--json"]).stdout)[0].clone();
    assert_eq!((text(&whole, "stage"), text(&whole["body"], "z")), ("scrape", "the end"));

    let shown = dead(&place, &["show", &id(1)]).stdout;
    assert!(shown.contains("no JSON") && !shown.contains('\u{1b}'), "{shown}");
    let whole: Value = json_lines(&dead(&place, &["show", &id(1), "--json"]).stdout)[0].clone();
    assert_eq!(text(&whole, "body_text"), "\u{1b}[2Jno JSON");
}

#[test]
fn drop_and_replay_do_what_was_chosen_and_no_more() {
    let place = Place::new();
    three_dead_letters(&place);
    for command in ["drop", "replay"] {
        let ended = dead(&place, &[command, "--site", "a.example", "--dry-run"]);
        assert!(ended.status.success() && ended.stdout.contains("a_example"), "{}{}", ended.stdout, ended.stderr);
    }
    let asked = dead(&place, &["drop", "--all"]);
    assert_eq!(asked.status.code(), Some(64), "nobody can be asked: {}{}", asked.stdout, asked.stderr);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(depths(&place), (3, 0), "nothing was done so far");

    let dropped = dead(&place, &["drop", "--error", "large", "--yes", "--json"]);
    assert_eq!(json_lines(&dropped.stdout), [serde_json::json!({ "chosen": 1, "dropped": 1 })]);
    assert_eq!(listed(&place, &[]), ["m1", "m2"]);
    let replayed = dead(&place, &["replay", "--limit", "1"]);
    assert!(replayed.status.success() && replayed.stdout.contains("1 of 1"), "{}{}", replayed.stdout, replayed.stderr);
    assert_eq!(listed(&place, &[]), ["m2"]);
    assert_eq!(depths(&place), (1, 1));
}

#[test]
fn an_interrupted_replay_leaves_the_rest() {
    let place = Place::new();
    three_dead_letters(&place);
    let mut command = baogao(&["dead", "replay", "--all", "--rate", "1/h", "--data"]);
    let mut process = Process::start(command.arg(place.data())).expect("the binary starts");
    wait_until("one is replayed", || depths(&place).0 == 2);
    process.signal(Signal::Interrupt).expect("the signal is sent");
    let ended = process.wait(PATIENCE).expect("it stops");
    assert_eq!(ended.status.code(), Some(130), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("1 of 3"), "{}", ended.stdout);
    assert_eq!(depths(&place), (2, 1));
}

/// A configuration for `baogao run` on a fake web.
fn run_config(place: &Place, web: &FakeWeb) -> PathBuf {
    let list = |items: &[String]| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
    let config = format!(
        "[data]\ndir = {:?}\n[seeds]\nurls = [{}]\n[fetch]\nconnect_to = [{}]\n",
        place.data().to_string_lossy(),
        list(&web.seeds()),
        list(&web.connect_to()),
    );
    place.write("run.toml", config)
}

/// The running process does not know of the visitor until it looks; then the message goes its way, up to
/// the record it makes.
#[test]
fn a_dead_letter_replayed_beside_a_running_process_becomes_a_record() {
    let plan = Plan { seed: 61, hosts: 1, pages_per_host: 3, lookalikes: 0.0, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let place = Place::new();
    let event = ArticleCleaned { article: sample::article() };
    let origin = Origin { stage: "scraper", stage_version: 1, input_id: "in", time: sample::now(), traceparent: None };
    block_on(async {
        let bus = open(&place).await;
        bus.declare(&[QueueSpec::new("parse", ["article.cleaned.#"])]).await.expect("the queue is fine");
        bus.publish(vec![Message::new(&event, origin, 0)]).await.expect("there is room");
        let mut parser = bus.consume("parse", 1).await.expect("the queue is there");
        parser.next().await.expect("the article").dead_letter("given up by a test").await.expect("it is stored");
        drop(parser);
        bus.close().await.expect("it closes");
    });

    let config = run_config(&place, &web);
    let mut process = Process::start(baogao(&["run", "--config"]).arg(&config)).expect("the binary starts");
    wait_until("the roles are at work", || !web.log().is_empty());
    // By the configuration, as for other places where dead letters may lie.
    let replayed = run(baogao(&["dead", "replay", "--all", "--config"]).arg(&config));
    assert!(replayed.status.success() && replayed.stdout.contains("1 of 1"), "{}{}", replayed.stdout, replayed.stderr);
    let is_it = |record: &Value| record["source"]["url"] == event.article.url.as_str();
    wait_until("the article is a record", || place.records().iter().any(is_it));
    assert_eq!(depths(&place).0, 0);
    assert!(process.is_running().expect("the system says"));
    process.signal(Signal::Terminate).expect("the signal is sent");
    assert_eq!(process.wait(PATIENCE).expect("it stops").status.code(), Some(0));
}

#[test]
fn a_crawl_that_leaves_dead_letters_says_where_to_look() {
    let web = FakeWeb::start(Plan { seed: 62, hosts: 1, pages_per_host: 3, ..Plan::default() }).expect("a port");
    let place = Place::new();
    block_on(async {
        let bus = open(&place).await;
        bus.declare(&[QueueSpec::new("scrape", ["page.fetched.#"])]).await.expect("the queue is fine");
        bus.publish(vec![message("poison", "a.example", "no JSON")]).await.expect("there is room");
        bus.close().await.expect("it closes");
    });
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("baogao dead list --data"), "{}", ended.stderr);
    assert_eq!(place.reports().len(), web.truth().records.len(), "and nothing else is lost");
    let rows = json_lines(&dead(&place, &["list", "--json"]).stdout);
    assert_eq!(rows.len(), 1);
    assert_eq!((text(&rows[0], "message_id"), text(&rows[0], "site")), ("poison", "a_example"));
    assert!(text(&rows[0], "error").contains("unreadable"), "{}", rows[0]);
}
