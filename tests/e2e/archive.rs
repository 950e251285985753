//! The archive: its commands, and services that keep it in a bucket.

use crate::service::{SERVICES, Service, configuration, reports, wait_for};
use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost, S3Bucket};
use baogao_testkit::{Ended, FakeWeb, Plan, Signal, TcpProxy};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Gives a command the key of the bucket, which no file holds.
fn with_key(command: &mut Command) -> &mut Command {
    command.env("AWS_ACCESS_KEY_ID", S3Bucket::KEY_ID).env("AWS_SECRET_ACCESS_KEY", S3Bucket::SECRET)
}

/// `baogao archive` with these arguments on the data of `place`.
fn archive(place: &Place, args: &[&str]) -> Ended {
    run(baogao(&["archive"]).args(args).arg("--data").arg(place.data()))
}

/// The responses that `baogao archive list --json` lists.
fn responses(listed: &str) -> Vec<Value> {
    json_lines(listed).into_iter().filter(|row| row["type"] == "response").collect()
}

/// A crawled place.
fn crawled() -> Place {
    let web = FakeWeb::start(Plan { seed: 41, hosts: 1, pages_per_host: 6, ..Plan::default() }).expect("a port");
    let place = Place::new();
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    place
}

#[test]
fn what_was_fetched_is_listed_and_printed() {
    let place = crawled();
    let segments = archive(&place, &["list", "--json"]);
    let segments = json_lines(&segments.stdout);
    assert_eq!((segments.len(), &segments[0]["open"]), (1, &Value::Bool(false)));
    let listed = archive(&place, &["list", "--records", "--json"]);
    let rows = responses(&listed.stdout);
    assert!(rows.len() >= 6 && rows.iter().all(|row| row["segment"] == segments[0]["segment"]), "{rows:#?}");
    let same = archive(&place, &["list", text(&segments[0], "segment"), "--json"]);
    assert_eq!(same.stdout, listed.stdout);

    let reports = place.reports();
    let report = &reports[0];
    let url = text(&report["source"], "url");
    let at = &report["source"]["archive"][0];
    let row = rows.iter().find(|row| row["offset"] == at["offset"]).expect("the record's source is listed");
    assert_eq!((row["url"].as_str(), &row["status"], &row["length"]), (Some(url), &Value::from(200), &at["length"]));
    let by_url = archive(&place, &["list", "--url", url]);
    assert_eq!(by_url.stdout.lines().count(), 1, "{}", by_url.stdout);

    let at = format!("{}:{}", text(row, "segment"), row["offset"]);
    assert_eq!(by_url.stdout.split('\t').next(), Some(at.as_str()));
    let http = archive(&place, &["cat", &at, "--http"]);
    let (head, payload) = http.stdout.split_once("\r\n\r\n").expect("a header and a payload");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let shown = archive(&place, &["cat", url]);
    assert_eq!(archive(&place, &["cat", &at]).stdout, shown.stdout);
    if !head.to_lowercase().contains("content-encoding") {
        assert_eq!(payload, shown.stdout);
    }
    let about = archive(&place, &["cat", url, "--json"]);
    let about: Value = serde_json::from_str(&about.stdout).expect("one JSON object");
    assert_eq!((&about["url"], &about["digest"]), (&row["url"], &row["digest"]));
    assert!(about["headers"].as_array().is_some_and(|headers| !headers.is_empty()));
}

#[test]
fn what_is_not_in_the_archive_is_said_so() {
    let place = crawled();
    for args in [&["cat", "http://www.nowhere.example/"][..], &["cat", "x.warc.gz:7"], &["list", "x.warc.gz"]] {
        let ended = archive(&place, args);
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("baogao archive list") && ended.stdout.is_empty(), "{args:?}: {}", ended.stderr);
    }
    let ended = archive(&Place::new(), &["list"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("no data directory"), "{}", ended.stderr);
}

#[test]
fn verify_finds_what_is_damaged_and_nothing_else() {
    let place = crawled();
    let good = archive(&place, &["verify"]);
    assert_eq!(good.status.code(), Some(0), "{}{}", good.stdout, good.stderr);
    assert!(good.stdout.contains("; 0 damaged"), "{}", good.stdout);

    let rows = responses(&archive(&place, &["list", "--records", "--json"]).stdout);
    let victim = &rows[2];
    let path = place.data().join("archive").join(text(victim, "segment"));
    let mut bytes = std::fs::read(&path).expect("the segment is there");
    let offset = victim["offset"].as_u64().and_then(|offset| usize::try_from(offset).ok()).expect("a number");
    bytes[offset + 40] ^= 0x20;
    std::fs::remove_file(&path).expect("it can be removed");
    std::fs::write(&path, bytes).expect("it can be written");

    let bad = archive(&place, &["verify", "--json"]);
    assert_eq!(bad.status.code(), Some(1), "{}{}", bad.stdout, bad.stderr);
    let lines = json_lines(&bad.stdout);
    let [damage, sums] = &lines[..] else { panic!("{}", bad.stdout) };
    assert_eq!((&damage["segment"], &damage["offset"]), (&victim["segment"], &victim["offset"]));
    assert_eq!((&damage["length"], &sums["damaged"]), (&victim["length"], &Value::from(1)));
    // The others can still be listed.
    let listed = archive(&place, &["list", "--records", "--json"]);
    assert_eq!((listed.status.code(), responses(&listed.stdout).len()), (Some(1), rows.len() - 1));
}

#[test]
fn a_configuration_names_a_bucket_and_never_its_key() {
    let place = Place::new();
    let check = |text: &str| run(baogao(&["config", "check"]).arg(place.write("archive.toml", text)));
    let good = check("[archive]\nurl = \"s3://reports/warc\"\nendpoint = \"https://s3.example\"\nregion = \"eu\"\n");
    assert_eq!(good.status.code(), Some(0), "{}", good.stderr);
    let mistakes = [
        ("dir = \"x\"\nurl = \"s3://reports/warc\"", "archive.url: stands beside archive.dir"),
        ("url = \"/srv/archive\"", "archive.url: must begin with s3://"),
        ("url = \"s3://id:hush@reports\"", "archive.url: must name a bucket"),
        ("region = \"eu\"", "archive.url: is missing"),
        ("url = \"s3://reports\"\nendpoint = \"http://s3.example\"", "archive.endpoint: the endpoint is not encrypted"),
        (
            "url = \"s3://reports\"\nendpoint = \"https://id:hush@s3.example\"",
            "archive.endpoint: the endpoint must not",
        ),
    ];
    for (section, said) in mistakes {
        let bad = check(&format!("[archive]\n{section}\n"));
        assert_eq!(bad.status.code(), Some(64), "{section}: {}", bad.stderr);
        assert!(bad.stderr.contains(said) && !bad.stderr.contains("hush"), "{section}: {}", bad.stderr);
    }
    let shown = run(with_key(&mut baogao(&["config", "show"])));
    assert!(shown.stdout.contains("# url = \"s3://"), "{}", shown.stdout);
    assert!(!shown.stdout.contains(S3Bucket::SECRET), "{}", shown.stdout);
}

/// The configuration of services that keep their archive in a bucket behind `proxy`.
fn in_bucket(place: &Place, config: &Path, bucket: &S3Bucket, proxy: &TcpProxy) -> std::path::PathBuf {
    let text = std::fs::read_to_string(config).expect("just written");
    let dir = format!("dir = {:?}", place.path("archive").to_string_lossy());
    assert!(text.contains(&dir), "{text}");
    let url = format!("url = \"s3://{}/warc\"\nendpoint = \"http://{}\"", bucket.name(), proxy.address());
    // The hosts of a killed crawler must not stand still for minutes.
    let text = text
        .replace(&dir, &url)
        .replace("[fetch]", "[fetch]\ntotal_timeout_ms = 5000")
        .replace("[frontier]", "[frontier]\nlease_ms = 8000\nlease_margin_ms = 1000");
    place.write("bucket.toml", text)
}

#[test]
fn services_keep_the_archive_in_a_bucket_and_wait_for_it() {
    let web = FakeWeb::start(Plan { seed: 42, hosts: 2, pages_per_host: 5, ..Plan::default() }).expect("a port");
    let (place, vhost, database) = (Place::new(), RabbitVhost::create(), PostgresDatabase::create());
    let bucket = S3Bucket::create();
    let proxy = TcpProxy::start(bucket.address()).expect("a port on loopback");
    let config = configuration(&place, &web, vhost.url(), database.url());
    let config = in_bucket(&place, &config, &bucket, &proxy);
    proxy.refuse(true);
    let mut services: Vec<Service> =
        SERVICES.iter().map(|name| Service::start_by(name, with_key(&mut Service::command(name, &config)))).collect();
    let of_archive = |service: &&Service| ["crawler", "scraper"].contains(&service.name);
    for service in services.iter().filter(of_archive) {
        service.wait_until(&["archive"]);
    }
    proxy.refuse(false);
    for service in &services {
        service.wait_until(&[]);
    }
    wait_for("a segment", || !bucket.keys().is_empty());
    // The store goes away in the middle of the crawl.
    proxy.refuse(true);
    proxy.cut();
    for service in services.iter().filter(of_archive) {
        service.wait_until(&["archive"]);
    }
    // A crawler is killed with pages in hand that it cannot write.
    let crawler = services.iter_mut().find(|service| service.name == "crawler").expect("it runs");
    crawler.process.signal(Signal::Kill).expect("it is killed");
    crawler.process.wait(PATIENCE).expect("it ends");
    *crawler = Service::start_by("crawler", with_key(&mut Service::command("crawler", &config)));
    proxy.heal();
    wait_for("every report", || reports(&config).len() >= web.truth().records.len());
    for service in services {
        let ended = service.stop();
        assert!(!ended.stderr.contains(S3Bucket::SECRET), "{}", ended.stderr);
    }
    assert_eq!(reports(&config).len(), web.truth().records.len());
    assert!(!place.path("archive").exists());

    let of_bucket = |args: &[&str]| run(with_key(baogao(&["archive"]).args(args).arg("--config").arg(&config)));
    let verified = of_bucket(&["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}{}", verified.stdout, verified.stderr);
    let exported = run(baogao(&["records", "export", "--format", "jsonl", "--config"]).arg(&config));
    let found = json_lines(&exported.stdout);
    assert!(!found.is_empty(), "{}", exported.stderr);
    let url = text(&found[0]["source"], "url");
    assert!(of_bucket(&["cat", url]).stdout.contains("<html"), "{url}");
    let listed = of_bucket(&["list", "--records", "--json"]);
    let places: BTreeSet<String> = json_lines(&listed.stdout).iter().map(place_of).collect();
    for report in &found {
        for source in report["source"]["archive"].as_array().expect("a list") {
            assert!(places.contains(&place_of(source)), "{source} is not in the archive");
        }
    }
}

/// Where a record stands, as the archive's list or a report's source says it.
fn place_of(row: &Value) -> String {
    format!("{}:{}+{}", text(row, "segment"), row["offset"], row["length"])
}
