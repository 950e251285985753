//! `baogao forget`: what is taken down is neither shown nor fetched again, in one process and on servers.

use crate::service::{SERVICES, Service, configuration, wait_for};
use crate::support::{PATIENCE, Place, baogao, json_lines, run, text};
use baogao_bus::{Bus, QueueSpec, RabbitOptions};
use baogao_model::event::DocumentForgotten;
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{Ended, FakeWeb, Plan, Process, Signal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

/// `baogao forget` with these arguments; `place` is `--data DIR` or `--config FILE`.
fn forget(args: &[&str], place: (&str, &Path)) -> Ended {
    run(baogao(&["forget"]).args(args).arg(place.0).arg(place.1))
}

/// The ids of records.
fn ids(records: &[Value]) -> BTreeSet<&str> {
    records.iter().map(|record| text(record, "id")).collect()
}

/// How often the web was asked for a URL.
fn asked(web: &FakeWeb, url: &str) -> usize {
    let (host, path) = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("a URL with a path");
    web.log().iter().filter(|hit| hit.host == host && hit.path == format!("/{path}")).count()
}

fn done(ended: &Ended) {
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn a_document_is_gone_and_never_asked_for_again() {
    let web = FakeWeb::start(Plan { seed: 61, hosts: 2, pages_per_host: 6, ..Plan::default() }).expect("a port");
    let (place, more) = (Place::new(), Place::new());
    done(&run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[])));
    let (data, before) = (place.data(), place.reports());
    let victim = &before[0];
    let (id, url) = (text(victim, "id"), text(&victim["source"], "url"));
    let (in_data, on) = (("--data", data.as_path()), url.to_owned());

    let unasked = forget(&[url], in_data);
    assert_eq!(unasked.status.code(), Some(64), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("--yes") && unasked.stderr.contains("--dry-run"), "{}", unasked.stderr);
    let shown = forget(&[url, "--dry-run"], in_data);
    done(&shown);
    assert!(shown.stdout.contains(id) && shown.stdout.contains(text(victim, "title")), "{}", shown.stdout);
    assert_eq!(place.reports().len(), before.len(), "nothing was deleted");

    let taken = forget(&[url, "--reason", "a letter", "--yes", "--json"], in_data);
    done(&taken);
    assert_eq!(json_lines(&taken.stdout)[0]["documents"], 1, "{}", taken.stdout);
    let again = forget(&[url, "--yes", "--json"], in_data);
    assert_eq!(again.stdout, taken.stdout, "the same again changes nothing");
    let listed = json_lines(&forget(&["--list", "--json"], in_data).stdout);
    assert_eq!((listed.len(), text(&listed[0], "reason"), text(&listed[0], "target")), (1, "a letter", url));

    let after = place.reports();
    assert_eq!(after.len(), before.len() - 1);
    assert!(!ids(&after).contains(id));
    let cat = run(baogao(&["archive", "cat", &on]).arg("--data").arg(&data));
    assert_eq!(cat.status.code(), Some(1), "{}", cat.stderr);
    assert!(cat.stdout.is_empty() && cat.stderr.contains("taken down"), "{}", cat.stderr);
    let at = &victim["source"]["archive"][0];
    let at = format!("{}:{}", text(at, "segment"), at["offset"]);
    assert_eq!(run(baogao(&["archive", "cat", &at]).arg("--data").arg(&data)).status.code(), Some(1));
    let rows = run(baogao(&["archive", "list", "--url", &on, "--json"]).arg("--data").arg(&data));
    assert!(json_lines(&rows.stdout).iter().any(|row| row["forgotten"] == true), "{}", rows.stdout);
    done(&run(baogao(&["archive", "verify"]).arg("--data").arg(&data)));

    // Two more crawls, one of them of this very page.
    let asked_before = asked(&web, url);
    assert!(asked_before > 0);
    done(&run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[])));
    run(&mut place.crawl(std::slice::from_ref(&on), &web.connect_to(), &[]));
    assert_eq!(asked(&web, url), asked_before, "{url} was asked for again");
    assert_eq!(ids(&place.reports()), ids(&after));

    done(&forget(&["--lift", url], in_data));
    let unknown = forget(&["--lift", url], in_data);
    assert_eq!(unknown.status.code(), Some(1), "{}", unknown.stderr);
    done(&run(&mut place.crawl(&[on], &web.connect_to(), &[])));
    assert!(asked(&web, url) > asked_before);
    assert_eq!(ids(&place.reports()), ids(&before), "it is back");

    let nowhere = forget(&["--list"], ("--data", &more.data()));
    assert_eq!(nowhere.status.code(), Some(1), "{}", nowhere.stderr);
    for wrong in ["gov.cn", "a b", "ftp://x.example/"] {
        assert_eq!(forget(&[wrong, "--yes"], in_data).status.code(), Some(64), "{wrong}");
    }
}

#[test]
fn services_forget_a_site_and_tell_subscribers() {
    let web = FakeWeb::start(Plan { seed: 62, hosts: 3, pages_per_host: 5, ..Plan::default() }).expect("a port");
    let (place, vhost, database) = (Place::new(), RabbitVhost::create(), PostgresDatabase::create());
    let config = configuration(&place, &web, vhost.url(), database.url());
    let services: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    let exported = || {
        let ended = run(baogao(&["records", "export", "--format", "jsonl", "--kind", "all", "--config"]).arg(&config));
        json_lines(&ended.stdout)
    };
    let owed = web.truth().records.len();
    let reports = || exported().iter().filter(|record| record["kind"] == "report").count();
    wait_for("every report", || reports() >= owed);
    let truth = web.truth();
    let site = truth.records[0].site.clone();
    let of_site = |records: &[Value]| records.iter().filter(|one| text(&one["source"], "site") == site).count();
    let before = exported();
    assert!(of_site(&before) > 0 && of_site(&before) < before.len());

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told = |act: &dyn Fn() -> Ended| {
        runtime.block_on(async {
            let bus = Bus::rabbitmq(vhost.url(), RabbitOptions::default()).await.expect("an address");
            let queue = QueueSpec { name: "sub.mine".into(), bindings: vec!["document.forgotten.#".into()] };
            bus.declare(&[queue]).await.expect("declares");
            let ended = tokio::task::block_in_place(act);
            done(&ended);
            let mut consumer = bus.consume("sub.mine", 1).await.expect("consumes");
            let delivery = consumer.next().await.expect("comes");
            let message = delivery.message().clone();
            delivery.ack().await.expect("acknowledges");
            drop(consumer);
            bus.close().await.expect("closes");
            message
        })
    };
    // The services go on meanwhile.
    let act = || forget(&[&site, "--yes", "--json"], ("--config", &config));
    let message = told(&act);
    let event: DocumentForgotten = message.decode().expect("reads");
    assert_eq!((event.site.as_str(), event.target.as_str()), (site.as_str(), site.as_str()));
    assert_eq!(event.ids.len(), of_site(&before));
    let after = exported();
    assert_eq!((of_site(&after), after.len()), (0, before.len() - event.ids.len()));
    assert_eq!(told(&act).id, message.id, "the same take-down is the same message");

    // What is still under way, or comes from a crawler that has not looked yet, does not bring it back.
    let host = truth.hosts.iter().find(|host| host.host.ends_with(&site)).expect("the site has a host");
    web.publish(&host.host);
    for service in services {
        service.stop();
    }
    let restarted: Vec<Service> = SERVICES.iter().map(|name| Service::start(name, &config)).collect();
    for service in &restarted {
        service.wait_until(&[]);
    }
    for service in restarted {
        service.stop();
    }
    assert_eq!(of_site(&exported()), 0);
    let listed = json_lines(&forget(&["--list", "--json"], ("--config", &config)).stdout);
    assert_eq!(text(&listed[0], "target"), site);
}

#[test]
fn a_document_goes_with_any_of_its_pages_and_comes_back_without_none() {
    let web = FakeWeb::start(Plan { seed: 67, hosts: 1, pages_per_host: 12, ..Plan::default() }).expect("a port");
    let (whole, place) = (Place::new(), Place::new());
    done(&run(&mut whole.crawl(&web.seeds(), &web.connect_to(), &[])));
    let reports = whole.reports();
    let pages = reports.iter().find_map(|report| report["source"]["pages"].as_array().filter(|pages| pages.len() > 1));
    let pages: Vec<&str> = pages.expect("one is in parts").iter().filter_map(Value::as_str).collect();
    // A data directory that knows nothing of them yet.
    run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--depth", "0", "--max-pages", "1"]));
    let asked_before = asked(&web, pages[1]);
    done(&forget(&[pages[1], "--yes"], ("--data", &place.data())));
    run(&mut place.crawl(&[pages[0].to_owned()], &web.connect_to(), &["--depth", "0"]));
    let half = place.records().into_iter().find(|record| text(&record["source"], "url") == pages[0]);
    assert!(half.is_none(), "without {}: {half:#?}", pages[1]);
    assert_eq!(asked(&web, pages[1]), asked_before);
}

#[test]
fn one_killed_at_any_moment_is_finished_by_the_next() {
    let web = FakeWeb::start(Plan { seed: 68, hosts: 2, pages_per_host: 16, ..Plan::default() }).expect("a port");
    let place = Place::new();
    done(&run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[])));
    let (data, before) = (place.data(), place.reports());
    let in_data = ("--data", data.as_path());
    let urls: Vec<&str> = before.iter().map(|report| text(&report["source"], "url")).collect();
    let (first, others) = urls.split_first().expect("there are reports");
    let start = Instant::now();
    done(&forget(&[first, "--yes"], in_data));
    let whole = start.elapsed();

    let mut killed = 0;
    for (number, url) in (0..).zip(others) {
        let mut command = baogao(&["forget", url, "--yes"]);
        let mut process = Process::start(command.arg("--data").arg(&data)).expect("the binary starts");
        // The moments only spread the kills over the work; whichever it is, the promise is the same.
        std::thread::sleep(whole * number / others.len() as u32);
        process.signal(Signal::Kill).expect("it is killed");
        let ended = process.wait(PATIENCE).expect("it ends");
        killed += u32::from(ended.status.code().is_none());
        let finished = forget(&[url, "--yes", "--json"], in_data);
        done(&finished);
        assert_eq!(json_lines(&finished.stdout)[0]["documents"], 1, "{url}: {}", finished.stdout);
        let cat = run(baogao(&["archive", "cat", url]).arg("--data").arg(&data));
        assert_eq!(cat.status.code(), Some(1), "{url}: {}", cat.stderr);
    }
    assert!(killed > 0, "all {} had ended before", others.len());
    assert!(place.reports().is_empty());
    let listed = json_lines(&forget(&["--list", "--json"], in_data).stdout);
    assert_eq!(listed.len(), urls.len());
    done(&run(baogao(&["archive", "verify"]).arg("--data").arg(&data)));
    let asked_before: usize = urls.iter().map(|url| asked(&web, url)).sum();
    done(&run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[])));
    assert_eq!(urls.iter().map(|url| asked(&web, url)).sum::<usize>(), asked_before, "one was asked for again");
    assert!(place.reports().is_empty());
}
