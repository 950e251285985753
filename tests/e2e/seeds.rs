//! The seeds' pages of the evaluation corpus, served under their own hosts and crawled. Runs only
//! where the corpus lies beside the repository; the fake web covers the same behaviour everywhere.

use crate::support::{Place, run, text};
use baogao_testkit::{Route, StaticWeb};
use baogao_tests::shared;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A page of the corpus as a route, and its address.
fn route(seeds: &Path, name: &str) -> (Route, String) {
    let meta: Value = serde_json::from_slice(&std::fs::read(seeds.join(format!("{name}.json"))).expect("page data"))
        .expect("page data is JSON");
    let url = text(&meta, "url").to_owned();
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an http address");
    let body = std::fs::read(seeds.join(format!("{name}.html"))).expect("a page");
    let route = Route::html(host, &format!("/{path}"), body).header("content-type", text(&meta, "http_content_type"));
    (route, url)
}

/// Serves the pages and crawls their addresses.
fn round(web: &StaticWeb, place: &Place, seeds: &Path, names: &[&str]) -> BTreeSet<String> {
    let mut urls = Vec::new();
    for name in names {
        let (route, url) = route(seeds, name);
        web.set(route);
        urls.push(url);
    }
    let ended = run(&mut place.crawl(&urls, &web.connect_to(), &["--depth", "0"]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let reports = place.reports();
    assert_eq!(reports.len(), 5, "{:#?}", reports.iter().map(|report| text(report, "title")).collect::<Vec<_>>());
    let ids: BTreeSet<String> = reports.iter().map(|report| text(report, "id").to_owned()).collect();
    for id in &ids {
        assert_eq!(place.revisions(id), 1, "{id} was revised");
    }
    ids
}

#[test]
fn two_rounds_give_the_same_five_reports() {
    let Some(shared) = shared() else {
        eprintln!("no ../shared here: the seeds are not crawled");
        return;
    };
    let seeds = shared.join("corpus/seeds");
    let web = StaticWeb::start(Vec::new()).expect("a port on loopback");
    let place = Place::new();
    let first = ["000", "001", "002", "003", "004", "list-empirecms", "list-discuz", "notice"];
    let first = round(&web, &place, &seeds, &first);
    let second = ["000b-1", "000b-2", "000b-3", "001b", "001b-2", "002b", "003b"];
    let second = round(&web, &place, &seeds, &second);
    assert_eq!(first, second);
}
