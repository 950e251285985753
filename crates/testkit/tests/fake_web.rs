//! The fake web keeps its promises: same seed, same web; everything owed is there, and can be
//! reached; faults behave as planned.

mod http;

use baogao_testkit::{FakeWeb, Family, Faults, Obstacle, Plan, What, max_in_flight};
use encoding_rs::{Encoding, GBK, UTF_8};
use flate2::read::GzDecoder;
use http::{get, get_with};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

fn plan(seed: u64, faults: Faults) -> Plan {
    Plan { seed, hosts: 6, pages_per_host: 25, faults: Faults { huge_bytes: 300_000, ..faults }, ..Plan::default() }
}

/// Asks until the page comes, as a patient client would, and counts the failures before.
fn fetch(address: SocketAddr, url: &str) -> (http::Response, u32) {
    for failures in 0..5 {
        match get(address, url) {
            Ok(response) if !matches!(response.status, 429 | 503) => return (response, failures),
            _ => {}
        }
    }
    panic!("{url} never came");
}

/// Valid UTF-8 is UTF-8; all else here is GBK.
fn decode(body: &[u8]) -> String {
    let charset: &Encoding = if std::str::from_utf8(body).is_ok() { UTF_8 } else { GBK };
    let (text, _, broken) = charset.decode(body);
    assert!(!broken, "neither UTF-8 nor GBK");
    text.into_owned()
}

/// Every address that a page's markup names, absolute.
fn links(url: &str, page: &str) -> Vec<String> {
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let folder = &url[..=url.rfind('/').expect("a path has a slash")];
    let base = if page.contains("<base ") { format!("{origin}/") } else { folder.to_owned() };
    let mut found = Vec::new();
    for rest in page.split("href=\"").skip(1) {
        let href = rest.split('"').next().unwrap_or_default();
        if href.starts_with("javascript:") || href.ends_with(".css") {
            continue;
        }
        found.push(if href.starts_with("http://") {
            href.to_owned()
        } else if href.starts_with('/') {
            format!("{origin}{href}")
        } else {
            format!("{base}{}", href.trim_start_matches("./"))
        });
    }
    if let Some(call) = page.split("createPageHTML(").nth(1) {
        let arguments: Vec<&str> = call.split(')').next().unwrap_or_default().split(',').map(str::trim).collect();
        let pages: u32 = arguments[0].parse().expect("the number of pages");
        let stem = arguments[2].trim_matches('"');
        found.extend((1..pages).map(|page| format!("{folder}{stem}_{page}.html")));
    }
    found
}

/// Follows links and redirects from the seeds, save what robots.txt forbids.
fn crawl(web: &FakeWeb) -> BTreeMap<String, u16> {
    let forbidden: HashSet<String> = web.truth().forbidden.iter().cloned().collect();
    let mut seen = BTreeMap::new();
    let mut queue: VecDeque<String> = web.seeds().into();
    while let Some(url) = queue.pop_front() {
        if seen.contains_key(&url) || forbidden.contains(&url) {
            continue;
        }
        let (response, _) = fetch(web.address(), &url);
        seen.insert(url.clone(), response.status);
        if let Some(location) = response.headers.get("location") {
            let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            queue.push_back(format!("{origin}{location}"));
        } else if response.status == 200 && response.body.len() < 100_000 {
            queue.extend(links(&url, &decode(&response.body)));
        }
    }
    seen
}

#[test]
fn the_same_plan_is_the_same_web() {
    let (one, two) =
        (FakeWeb::start(plan(11, Faults::some())).unwrap(), FakeWeb::start(plan(11, Faults::some())).unwrap());
    assert_eq!(one.truth(), two.truth());
    for page in one.truth().pages.iter().filter(|page| page.what != What::Huge) {
        let (a, b) = (fetch(one.address(), &page.url), fetch(two.address(), &page.url));
        assert_eq!((a.0.status, a.0.body, a.1), (b.0.status, b.0.body, b.1), "{}", page.url);
    }
    let other = FakeWeb::start(plan(12, Faults::some())).unwrap();
    assert_ne!(one.truth(), other.truth());
}

#[test]
fn everything_is_reached_and_answers_as_the_truth_says() {
    for (seed, faults) in [(1, Faults::none()), (2, Faults::some())] {
        let web = FakeWeb::start(plan(seed, faults)).unwrap();
        let reached = crawl(&web);
        let truth = web.truth();
        let known: BTreeSet<&str> =
            truth.pages.iter().filter(|page| page.what != What::Forbidden).map(|page| page.url.as_str()).collect();
        let seen: BTreeSet<&str> = reached.keys().map(String::as_str).collect();
        let (missed, stray): (Vec<_>, Vec<_>) = (known.difference(&seen).collect(), seen.difference(&known).collect());
        assert!(missed.is_empty() && stray.is_empty(), "seed {seed}: missed {missed:?}, stray {stray:?}");
        for page in &truth.pages {
            let status = match page.what {
                What::Forbidden => continue,
                What::Redirect { .. } | What::Loop => 301..=302,
                What::Missing => 404..=404,
                _ => 200..=200,
            };
            assert!(status.contains(&reached[&page.url]), "{} answers {}", page.url, reached[&page.url]);
        }
    }
}

#[test]
fn every_record_stands_whole_and_in_order_on_its_parts() {
    let web = FakeWeb::start(plan(3, Faults { wrong_charset: 0.5, ..Faults::none() })).unwrap();
    let truth = web.truth();
    let (mut split, mut families) = (0, BTreeSet::new());
    for record in &truth.records {
        let pages: String = record.parts.iter().map(|part| decode(&get(web.address(), part).unwrap().body)).collect();
        let mut at = 0;
        let text = record.text();
        for line in text.lines() {
            let found = pages[at..].find(line).unwrap_or_else(|| panic!("{}: {line:?} is missing", record.url));
            at += found + line.len();
        }
        assert!(text.contains(&record.head.region) && text.contains(&record.head.speaker), "{text}");
        split += usize::from(record.parts.len() > 1 && record.family != Family::Discuz);
        families.insert(record.family.as_str());
    }
    assert!(split > 5, "only {split} split articles");
    assert_eq!(families.into_iter().collect::<Vec<_>>(), ["discuz", "empirecms", "trs"]);
}

#[test]
fn records_and_pages_agree() {
    let web = FakeWeb::start(plan(4, Faults::some())).unwrap();
    let truth = web.truth();
    let texts: HashSet<String> = truth.records.iter().map(|record| record.text()).collect();
    assert_eq!(texts.len(), truth.records.len(), "two records share a text");
    for record in &truth.records {
        for part in &record.parts {
            assert_eq!(truth.record_of(part).map(|found| &found.url), Some(&record.url), "{part}");
        }
    }
    assert!(truth.pages.iter().any(|page| page.what == What::Lookalike));
    // A thread on the second list page is linked by another address than its own.
    assert!(truth.pages.iter().any(|page| page.url.ends_with("-1-2.html") && truth.record_of(&page.url).is_some()));
}

#[test]
fn robots_txt_forbids_what_the_truth_calls_forbidden() {
    let delay = Some(Duration::from_millis(50));
    let web = FakeWeb::start(Plan { crawl_delay: delay, ..plan(5, Faults::none()) }).unwrap();
    let truth = web.truth();
    let mut without = 0;
    for host in &truth.hosts {
        let answer = get(web.address(), &format!("http://{}/robots.txt", host.host)).unwrap();
        if !host.has_robots {
            assert_eq!((answer.status, host.crawl_delay), (404, None));
            without += 1;
            continue;
        }
        let rules = decode(&answer.body);
        assert!(rules.contains("Crawl-delay: 0.05\n"), "{rules}");
        let disallowed: Vec<&str> = rules.lines().filter_map(|line| line.strip_prefix("Disallow: ")).collect();
        let origin = format!("http://{}", host.host);
        for page in truth.pages.iter().filter(|page| page.url.starts_with(&origin)) {
            let path = &page.url[origin.len()..];
            let forbids = disallowed.iter().any(|prefix| path.starts_with(prefix));
            assert_eq!(forbids, page.what == What::Forbidden, "{}", page.url);
            assert_eq!(forbids, truth.forbidden.contains(&page.url));
        }
    }
    assert!((1..truth.hosts.len()).contains(&without));
}

#[test]
fn failing_pages_come_after_as_many_failures_as_planned() {
    for (obstacle, faults) in [
        (Obstacle::TooManyRequests, Faults { too_many_requests: 1.0, ..Faults::none() }),
        (Obstacle::Unavailable, Faults { unavailable: 1.0, ..Faults::none() }),
        (Obstacle::Reset, Faults { reset: 1.0, ..Faults::none() }),
    ] {
        let web = FakeWeb::start(plan(6, Faults { failures_in_a_row: 2, ..faults })).unwrap();
        let truth = web.truth();
        for page in truth.pages.iter().filter(|page| !page.obstacles.is_empty()).step_by(40) {
            assert_eq!(page.obstacles, [obstacle]);
            for _ in 0..2 {
                match (obstacle, get(web.address(), &page.url)) {
                    (Obstacle::TooManyRequests, Ok(answer)) => {
                        assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (429, "1"));
                    }
                    (Obstacle::Unavailable, Ok(answer)) => assert_eq!(answer.status, 503),
                    (Obstacle::Reset, Err(_)) => {}
                    (_, other) => panic!("{obstacle:?} gave {other:?}"),
                }
            }
            assert_eq!(get(web.address(), &page.url).unwrap().status, 200);
        }
    }
}

#[test]
fn robots_txt_may_fail_at_first() {
    let web = FakeWeb::start(plan(6, Faults { robots_unavailable: 1.0, ..Faults::none() })).unwrap();
    let host = web.truth().hosts[0].host.clone();
    let asked: Vec<u16> =
        (0..3).map(|_| get(web.address(), &format!("http://{host}/robots.txt")).unwrap().status).collect();
    assert_eq!(asked, [503, 200, 200]);
}

#[test]
fn compressed_pages_are_the_same_pages() {
    let web = FakeWeb::start(plan(7, Faults { gzip: 1.0, ..Faults::none() })).unwrap();
    let url = web.truth().records[0].url.clone();
    let plain = get(web.address(), &url).unwrap();
    assert!(!plain.headers.contains_key("content-encoding"), "the client did not offer it");
    let packed = get_with(web.address(), &url, &[("Accept-Encoding", "gzip, deflate")]).unwrap();
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
}

#[test]
fn a_wrong_charset_is_declared_in_several_ways() {
    let web = FakeWeb::start(plan(8, Faults { wrong_charset: 1.0, ..Faults::none() })).unwrap();
    let mut ways = BTreeSet::new();
    for page in web.truth().pages.iter().filter(|page| page.obstacles == [Obstacle::WrongCharset]) {
        let answer = get(web.address(), &page.url).unwrap();
        let is_utf8 = std::str::from_utf8(&answer.body).is_ok();
        let says_utf8 = decode(&answer.body).contains("utf-8");
        let header_says_gbk = answer.headers["content-type"].ends_with("charset=gbk");
        assert!(is_utf8 != says_utf8 || (is_utf8 && header_says_gbk), "{} tells the truth", page.url);
        ways.insert((is_utf8, says_utf8, header_says_gbk));
    }
    assert_eq!(ways.len(), 3);
}

#[test]
fn huge_pages_are_huge_and_late_pages_late() {
    let faults = Faults { huge: 1.0, slow: 1.0, slow_by: Duration::from_millis(120), ..Faults::none() };
    let web = FakeWeb::start(plan(9, faults)).unwrap();
    let truth = web.truth();
    let huge = truth.pages.iter().find(|page| page.what == What::Huge).unwrap();
    assert_eq!(get(web.address(), &huge.url).unwrap().body.len(), 300_000);
    get(web.address(), &web.seeds()[0]).unwrap();
    let hit = web.log().pop().unwrap();
    assert!(hit.ended.unwrap() - hit.at >= Duration::from_millis(120), "{hit:?}");
}

#[test]
fn a_changed_text_is_the_same_document() {
    let web = FakeWeb::start(plan(10, Faults::none())).unwrap();
    let before = web.truth().records[2].clone();
    let last = before.parts.last().unwrap();
    assert!(web.change(last));
    let after = web.truth().record_of(&before.url).unwrap().clone();
    assert_eq!((&after.parts, &after.title, &after.head), (&before.parts, &before.title, &before.head));
    assert_eq!(after.revision(), 1);
    assert_ne!(after.text(), before.text());
    let line = after.text().lines().find(|line| line.contains("亿元")).unwrap().to_owned();
    let pages: String = after.parts.iter().map(|part| decode(&get(web.address(), part).unwrap().body)).collect();
    assert!(pages.contains(&line));

    assert!(web.restore(&before.url));
    assert_eq!(*web.truth().record_of(&before.url).unwrap(), before);
    assert!(!web.change("http://www.nowhere.example/1.html") && !web.change(&web.seeds()[0]));
}

#[test]
fn validators_follow_the_text() {
    let web = FakeWeb::start(plan(10, Faults::none())).unwrap();
    let url = web.truth().records[0].parts.last().unwrap().clone();
    let etag = get(web.address(), &url).unwrap().headers["etag"].clone();
    let ask = || get_with(web.address(), &url, &[("If-None-Match", &etag)]).unwrap();
    assert_eq!((ask().status, ask().body.len()), (304, 0));
    web.change(&url);
    let changed = ask();
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers["etag"], etag);
}

#[test]
fn a_published_report_is_owed_and_listed() {
    let web = FakeWeb::start(plan(13, Faults::none())).unwrap();
    let (host, seed) = (web.truth().hosts[0].host.clone(), web.seeds()[0].clone());
    let before = web.truth();
    let url = web.publish(&host).unwrap();
    let after = web.truth();
    assert_eq!(after.records.len(), before.records.len() + 1);
    assert!(before.records.iter().all(|record| after.records.contains(record)));
    assert!(links(&seed, &decode(&get(web.address(), &seed).unwrap().body)).contains(&url));
    assert_eq!(web.publish("www.nowhere.example"), None);
}

#[test]
fn the_log_tells_who_asked_what() {
    let web = FakeWeb::start(plan(14, Faults::none())).unwrap();
    let seed = web.seeds()[0].clone();
    let host = web.truth().hosts[0].host.clone();
    get(web.address(), &seed).unwrap();
    get(web.address(), &format!("http://{host}/none?a=1")).unwrap();
    get(web.address(), "http://www.nowhere.example/").unwrap();
    let log = web.log();
    let told: Vec<(&str, u16, u64)> = log.iter().map(|hit| (hit.path.as_str(), hit.status, hit.connection)).collect();
    assert_eq!(told, [("/baogao/xinan/index.html", 200, 0), ("/none?a=1", 404, 1), ("/", 421, 2)]);
    assert!(log.iter().all(|hit| hit.user_agent == "test" && hit.ended.is_some()));
    assert_eq!(max_in_flight(&log, &host), 1);
    assert!(web.min_gap(&host).is_some());
    assert_eq!(web.connect_to()[0], format!("{host}:80:127.0.0.1:{}", web.address().port()));
}

#[test]
fn shutdown_closes_the_port() {
    let web = FakeWeb::start(Plan::default()).unwrap();
    let address = web.address();
    web.shutdown();
    assert!(std::net::TcpStream::connect(address).is_err());
}
