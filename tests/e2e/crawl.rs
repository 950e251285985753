//! The main job against a fake web that knows what it owes.

use crate::support::{Place, folded, run, text};
use baogao_testkit::{FakeWeb, Faults, Plan, RecordTruth, Route, StaticWeb, What, max_in_flight};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The stored record of a report owed: it lies under one of the owed addresses.
fn stored<'a>(reports: &'a [Value], owed: &RecordTruth) -> Vec<&'a Value> {
    let is_it = |report: &&Value| {
        report["source"]["pages"]
            .as_array()
            .is_some_and(|pages| pages.iter().any(|page| owed.parts.iter().any(|part| page == part)))
    };
    reports.iter().filter(is_it).collect()
}

/// Every report owed is there once, whole and in order; nothing else is a report.
fn assert_conserved(web: &FakeWeb, reports: &[Value]) {
    let truth = web.truth();
    let mut wrong = Vec::new();
    for owed in &truth.records {
        match stored(reports, owed)[..] {
            [report] => {
                if folded(text(report, "text")) != folded(&owed.text()) {
                    let (pages, warnings) = (&report["source"]["pages"], &report["warnings"]);
                    let (got, want) = (text(report, "text"), owed.text());
                    wrong.push(format!("{} ({pages}, {warnings}) has another text:\n{got}\nwant\n{want}", owed.url));
                }
                if text(report, "title") != owed.title {
                    wrong.push(format!("{} is titled {:?}, want {:?}", owed.url, text(report, "title"), owed.title));
                }
            }
            ref found => wrong.push(format!("{} stands {} times", owed.url, found.len())),
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), truth.records.len(), wrong.join("\n"));
    assert_eq!(reports.len(), truth.records.len(), "reports that nobody owes");
}

#[test]
fn a_faulty_web_gives_every_report_owed_once() {
    let plan = Plan { seed: 11, hosts: 3, pages_per_host: 14, faults: Faults::some(), ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let place = Place::new();
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert_conserved(&web, &place.reports());

    let hits = web.log();
    for host in &web.truth().hosts {
        assert_eq!(max_in_flight(&hits, &host.host), 1, "{} was asked for two pages at once", host.host);
    }
    for url in &web.truth().forbidden {
        let asked = hits.iter().any(|hit| format!("http://{}{}", hit.host, hit.path) == *url);
        assert!(!asked, "robots.txt forbids {url}");
    }
    assert!(hits.iter().all(|hit| hit.user_agent.starts_with("baogao/")), "the user agent is honest");
}

#[test]
fn the_delay_between_requests_is_kept() {
    let plan = Plan { seed: 5, hosts: 2, pages_per_host: 4, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let place = Place::new();
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--host-delay", "80ms"]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    for host in &web.truth().hosts {
        let gap = web.min_gap(&host.host).expect("more than one request");
        assert!(gap >= Duration::from_millis(80), "{} was asked again after {gap:?}", host.host);
    }
}

#[test]
fn a_second_crawl_adds_nothing_and_a_change_adds_a_revision() {
    let plan = Plan { seed: 3, hosts: 3, pages_per_host: 5, lookalikes: 0.0, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let place = Place::new();
    let truth = web.truth();
    let articles: Vec<String> = truth.records.iter().map(|record| record.url.clone()).collect();
    let crawl = || {
        let ended = run(&mut place.crawl(&articles, &web.connect_to(), &["--depth", "0"]));
        assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
        let reports = place.reports();
        let ids = reports.iter().map(|report| (text(report, "id").to_owned(), text(report, "text").to_owned()));
        ids.collect::<BTreeMap<_, _>>()
    };
    let first = crawl();
    assert_conserved(&web, &place.reports());
    assert_eq!(crawl(), first, "a second look at the same pages");
    for id in first.keys() {
        assert_eq!(place.revisions(id), 1, "{id}");
    }

    let changed = truth.records.iter().find(|record| record.parts.len() > 1).expect("a split report");
    let last = changed.parts.last().expect("it has parts");
    assert!(web.change(last), "{last} is a part of a report");
    let second = crawl();
    assert_conserved(&web, &place.reports());
    let moved: Vec<_> = first.keys().filter(|id| second.get(*id) != first.get(*id)).collect();
    assert_eq!(moved.len(), 1, "one report has changed");
    assert_eq!(place.revisions(moved[0]), 2);
}

#[test]
fn whichever_part_comes_first_the_report_is_whole() {
    let plan = Plan { seed: 8, hosts: 3, pages_per_host: 6, lookalikes: 0.0, ..Plan::default() };
    let web = FakeWeb::start(plan).expect("a port on loopback");
    let truth = web.truth();
    let place = Place::new();
    let last_parts: Vec<String> =
        truth.records.iter().filter(|r| r.parts.len() > 1).filter_map(|r| r.parts.last().cloned()).collect();
    assert!(!last_parts.is_empty(), "the web has split reports");
    let ended = run(&mut place.crawl(&last_parts, &web.connect_to(), &["--depth", "0"]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let reports = place.reports();
    assert_eq!(reports.len(), last_parts.len());
    for owed in truth.records.iter().filter(|record| record.parts.len() > 1) {
        let found = stored(&reports, owed);
        assert_eq!(found.len(), 1, "{}", owed.url);
        assert_eq!(folded(text(found[0], "text")), folded(&owed.text()), "{}", owed.url);
    }
}

#[test]
fn limits_of_depth_and_pages_hold() {
    let web = FakeWeb::start(Plan { seed: 2, hosts: 1, ..Plan::default() }).expect("a port on loopback");
    let pages = || web.log().iter().filter(|hit| hit.path != "/robots.txt").count();

    let place = Place::new();
    run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--depth", "0"]));
    assert_eq!(pages(), 1, "depth 0 is the seed alone");

    let place = Place::new();
    run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--max-pages", "4"]));
    assert_eq!(pages(), 1 + 4, "four pages and no more");

    let web = FakeWeb::start(Plan { seed: 2, hosts: 8, ..Plan::default() }).expect("a port on loopback");
    let place = Place::new();
    run(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--max-pages", "3"]));
    let pages = web.log().iter().filter(|hit| hit.path != "/robots.txt").count();
    assert_eq!(pages, 3, "three pages, however many hosts are asked at once");
}

#[test]
fn a_narrower_crawl_leaves_alone_what_a_wider_one_has_found() {
    let list = |links: &[&str]| {
        let links: String = links.iter().map(|link| format!("<li><a href=\"{link}\">{link}</a></li>")).collect();
        format!("<html><body><ul>{links}</ul></body></html>")
    };
    let host = "www.qinglan.example";
    let web = StaticWeb::start(vec![
        Route::html(host, "/", list(&["/a/", "/b/1.html", "/b/2.html"])),
        Route::html(host, "/a/", list(&["/a/1.html"])),
        Route::html(host, "/a/1.html", list(&[])),
        Route::html(host, "/b/1.html", list(&[])),
        Route::html(host, "/b/2.html", list(&[])),
    ])
    .expect("a port on loopback");
    let place = Place::new();
    let asked = || web.log().into_iter().map(|hit| hit.path).filter(|path| path != "/robots.txt").collect::<Vec<_>>();
    let url = |path: &str| vec![format!("http://{host}{path}")];
    run(&mut place.crawl(&url("/"), &web.connect_to(), &["--max-pages", "1"]));
    assert_eq!(asked(), ["/"], "the rest stays due");
    let ended = run(&mut place.crawl(&url("/a/"), &web.connect_to(), &["--scope", "path"]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(asked(), ["/", "/a/", "/a/1.html"]);
    run(&mut place.crawl(&url("/a/"), &web.connect_to(), &[]));
    let mut all = asked();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, ["/", "/a/", "/a/1.html", "/b/1.html", "/b/2.html"]);
}

#[test]
fn what_is_missing_is_told_and_the_rest_is_done() {
    let faults = Faults { missing: 1.0, ..Faults::none() };
    let web = FakeWeb::start(Plan { seed: 4, hosts: 1, faults, ..Plan::default() }).expect("a port on loopback");
    let truth = web.truth();
    let missing = truth.pages.iter().find(|page| page.what == What::Missing).expect("a page that is not there");
    let place = Place::new();
    let seeds = [truth.records[0].url.clone(), missing.url.clone()];
    let ended = run(&mut place.crawl(&seeds, &web.connect_to(), &["--depth", "0"]));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains(&missing.url) && ended.stderr.contains("http_404"), "{}", ended.stderr);
    assert_eq!(place.reports().len(), 1);
}
