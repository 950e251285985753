//! Pages that come from elsewhere than the web: archives replayed, files imported.

use crate::service::{SERVICES, Service, configuration, reports, wait_for};
use crate::support::{Place, baogao, run, text};
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost};
use baogao_testkit::{Ended, FakeWeb, Plan, python};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A crawled place, and what it was crawled from. Some reports are in several parts.
fn crawled(seed: u64) -> (Place, FakeWeb) {
    let web = FakeWeb::start(Plan { seed, hosts: 2, pages_per_host: 8, ..Plan::default() }).expect("a port");
    let place = Place::new();
    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert!(!place.reports().is_empty());
    (place, web)
}

/// A command on the data of `place`.
fn on(place: &Place, args: &[&str]) -> Ended {
    run(baogao(args).arg("--data").arg(place.data()))
}

fn done(ended: &Ended) {
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
}

/// The records of a place in the order of their ids, without their times.
fn timeless(place: &Place) -> Vec<String> {
    let mut records = place.records();
    for record in &mut records {
        record["source"].as_object_mut().expect("a source").remove("fetched_at");
        // Given out in the order in which the hosts answered.
        record["revision"].as_object_mut().expect("a revision").remove("fetch_no");
    }
    let mut lines: Vec<String> = records.iter().map(Value::to_string).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn an_archive_makes_the_same_records_in_an_empty_data_directory() {
    let (place, _web) = crawled(61);
    let new = Place::new();
    let from = place.data();
    let from = from.to_str().expect("a plain path");
    let ended = on(&new, &["replay", "--from", from]);
    done(&ended);
    assert_eq!(timeless(&new), timeless(&place));
    // What it refers to is there: the old place is needed no more.
    assert_eq!(on(&new, &["archive", "verify"]).status.code(), Some(0));
    let report = &new.reports()[0];
    let archived = &report["source"]["archive"][0];
    let at = format!("{}:{}", text(archived, "segment"), archived["offset"]);
    assert!(!on(&new, &["archive", "cat", &at]).stdout.is_empty());
    // Once more, and from itself: nothing new.
    let again = on(&new, &["replay", "--from", from]);
    done(&again);
    assert!(again.stdout.contains("pages: 0 new"), "{}", again.stdout);
    done(&on(&new, &["replay"]));
    assert_eq!(timeless(&new), timeless(&place));
    assert!(new.records().iter().all(|record| new.revisions(text(record, "id")) == 1));
}

#[test]
fn records_that_are_lost_come_back_from_the_archive() {
    let (place, web) = crawled(62);
    let before = timeless(&place);
    for file in ["records.sqlite", "records.sqlite-wal", "records.sqlite-shm"] {
        let _ = std::fs::remove_file(place.data().join(file));
    }
    let asked = web.asked();
    let ended = on(&place, &["replay"]);
    done(&ended);
    assert!(ended.stdout.contains("pages: 0 new"), "{}", ended.stdout);
    assert_eq!(timeless(&place), before);
    assert_eq!(web.asked(), asked, "nothing is fetched");
}

#[test]
fn sites_and_times_choose_what_is_replayed() {
    let (place, web) = crawled(63);
    let reports = place.reports();
    let site = text(&reports[0]["source"], "site");
    let new = Place::new();
    let from = place.data();
    let from = from.to_str().expect("a plain path");
    done(&on(&new, &["replay", "--from", from, "--site", site]));
    let of_site = |reports: &[Value]| reports.iter().filter(|r| text(&r["source"], "site") == site).count();
    assert!(of_site(&reports) < reports.len(), "{} hosts", web.seeds().len());
    assert_eq!((new.reports().len(), of_site(&new.reports())), (of_site(&reports), of_site(&reports)));
    let none = on(&new, &["replay", "--from", from, "--since", "2999-01-01"]);
    done(&none);
    assert!(none.stdout.contains("pages: 0 new, 0 again"), "{}", none.stdout);
}

#[test]
fn what_cannot_be_replayed_is_said_so() {
    let place = Place::new();
    let nowhere = on(&place, &["replay"]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", nowhere.stderr);
    assert!(nowhere.stderr.contains("no data directory") && !place.data().exists(), "{}", nowhere.stderr);
    let nowhere = on(&place, &["replay", "--from", "/nowhere/at/all"]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", nowhere.stderr);
    let bucket = on(&place, &["replay", "--from", "s3://a"]);
    assert_eq!(bucket.status.code(), Some(64), "{}", bucket.stderr);
    let time = on(&place, &["replay", "--since", "yesterday"]);
    assert_eq!((time.status.code(), time.stderr.contains("30d")), (Some(2), true), "{}", time.stderr);

    let (place, _web) = crawled(64);
    let folder = place.data().join("archive");
    let segment = on(&place, &["archive", "list"]).stdout;
    let path = folder.join(segment.split('\t').next().expect("a segment"));
    let mut bytes = std::fs::read(&path).expect("the segment is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::remove_file(&path).expect("it can be removed");
    std::fs::write(&path, bytes).expect("it can be written");
    let damaged = on(&place, &["replay"]);
    assert_eq!(damaged.status.code(), Some(1), "{}{}", damaged.stdout, damaged.stderr);
    assert!(damaged.stderr.contains("damaged at") && damaged.stdout.contains("again"), "{}", damaged.stderr);
}

#[test]
fn what_was_taken_down_stays_so() {
    let (place, _web) = crawled(66);
    let reports = place.reports();
    let (id, url) = (text(&reports[0], "id"), text(&reports[0]["source"], "url"));
    done(&on(&place, &["forget", url, "--yes"]));
    let (kept, new, from) = (timeless(&place), Place::new(), place.data());
    let from = from.to_str().expect("a plain path");
    for (place, args) in [(&place, &["replay"][..]), (&new, &["replay", "--from", from])] {
        let ended = on(place, args);
        done(&ended);
        assert!(ended.stderr.contains("taken down"), "{}", ended.stderr);
        assert!(timeless(place) == kept && place.records().iter().all(|record| text(record, "id") != id));
        assert_eq!(on(place, &["archive", "cat", url]).status.code(), Some(1));
    }
    // Taken over by a place that has the document already.
    let (full, _full_web) = crawled(66);
    assert!(full.records().iter().any(|record| text(record, "id") == id));
    done(&on(&full, &["replay", "--from", from]));
    assert!(full.records().iter().all(|record| text(record, "id") != id));
    // Whoever has a copy cannot bring it back either.
    let copy = new.write("copy.html", page("青岚县"));
    let (base, name) = url.rsplit_once('/').expect("a URL with a path");
    let copy = copy.with_file_name(name);
    std::fs::rename(new.path("copy.html"), &copy).expect("it can be renamed");
    let ended = on(&new, &["import", copy.to_str().expect("a plain path"), "--base", base]);
    done(&ended);
    assert!(ended.stdout.contains("1 forgotten") && timeless(&new) == kept, "{}", ended.stdout);
}

/// A report of an invented county, long enough to be one.
fn report(county: &str) -> String {
    let mut text =
        format!("{county}人民政府工作报告\n——2024年1月9日在{county}第十八届人民代表大会第三次会议上\n县长 林知远\n");
    text.push_str("各位代表：\n现在，我代表县人民政府向大会报告工作，请予审议。\n一、2023年工作回顾\n");
    for year in 0..12 {
        text.push_str(&format!(
            "全县地区生产总值完成{}亿元，增长6.{year}%；城镇居民人均可支配收入增长5.{year}%。\n",
            120 + year
        ));
    }
    text.push_str("二、2024年工作安排\n地区生产总值增长6%左右，一般公共预算收入增长5%。\n各位代表，让我们团结一心，为建设现代化新县城而努力奋斗！\n");
    text
}

/// A page that holds a report.
fn page(county: &str) -> String {
    let paragraphs: String = report(county).lines().map(|line| format!("<p>{line}</p>")).collect();
    format!(
        "<html><head><title>{county}政府工作报告</title></head><body><div class=\"content\">{paragraphs}</div></body></html>"
    )
}

/// A folder with two reports and things that are none.
fn folder(place: &Place) -> std::path::PathBuf {
    let folder = place.path("saved");
    std::fs::create_dir_all(folder.join("2024")).expect("a folder");
    std::fs::write(folder.join("2024/qinglan.html"), page("青岚县")).expect("writable");
    std::fs::write(folder.join("lincheng.txt"), report("临澄县")).expect("writable");
    std::fs::write(folder.join("picture.png"), b"\x89PNG").expect("writable");
    std::fs::write(folder.join(".hidden.html"), page("云岭县")).expect("writable");
    folder
}

fn governments(place: &Place) -> Vec<String> {
    let mut names: Vec<String> = place.reports().iter().map(|report| text(report, "government").to_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_folder_of_pages_and_texts_is_imported_once() {
    let place = Place::new();
    let folder = folder(&place);
    let folder = folder.to_str().expect("a plain path");
    let args = ["import", folder, "--base", "http://www.example.gov.cn/zwgk/"];
    let ended = on(&place, &args);
    done(&ended);
    assert!(ended.stdout.contains("pages: 2 new"), "{}", ended.stdout);
    assert_eq!(governments(&place), ["临澄县人民政府", "青岚县人民政府"]);
    let urls: Vec<Value> = place.reports().iter().map(|report| report["source"]["url"].clone()).collect();
    for url in ["http://www.example.gov.cn/zwgk/2024/qinglan.html", "http://www.example.gov.cn/zwgk/lincheng.txt"] {
        assert!(urls.contains(&Value::from(url)), "{urls:?}");
        assert!(!on(&place, &["archive", "cat", url]).stdout.is_empty());
    }
    let before = timeless(&place);
    let again = on(&place, &args);
    done(&again);
    assert!(
        again.stdout.contains("in a newer version: 2") && again.stdout.contains("pages: 0 new"),
        "{}",
        again.stdout
    );
    assert_eq!(timeless(&place), before);
}

#[test]
fn what_cannot_be_imported_is_said_and_the_rest_is_done() {
    let place = Place::new();
    let good = place.write("临澄.txt", report("临澄县"));
    let (picture, broken) = (place.write("x.png", b"\x89PNG"), place.write("x.warc.gz", b"\x1f\x8b no gzip"));
    let mut command = baogao(&["import", "--data"]);
    let ended = run(command.arg(place.data()).arg(&picture).arg(&broken).arg(place.path("nowhere")).arg(&good));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    for name in ["x.png", "x.warc.gz", "nowhere"] {
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
    assert_eq!(governments(&place), ["临澄县人民政府"]);
    let url = text(&place.reports()[0]["source"], "url").to_owned();
    assert_eq!(url, "http://import.invalid/%E4%B8%B4%E6%BE%84.txt");
    let base = on(&place, &["import", good.to_str().expect("a plain path"), "--base", "ftp://x"]);
    assert_eq!((base.status.code(), base.stderr.contains("--base")), (Some(64), true), "{}", base.stderr);
}

/// What the program of other people makes of pages: chunked, redirected, compressed, of other kinds.
const WARCIO: &str = "
import gzip, io, sys
from warcio.warcwriter import WARCWriter
from warcio.statusandheaders import StatusAndHeaders

def chunked(body):
    cut = len(body) // 2
    parts = [body[:cut], body[cut:], b'']
    return b''.join(b'%x\\r\\n%s\\r\\n' % (len(part), part) for part in parts)

page = open(sys.argv[2], 'rb').read()
with open(sys.argv[1], 'wb') as out:
    writer = WARCWriter(out, gzip=sys.argv[1].endswith('.gz'))
    def write(url, status, headers, body, kind='response'):
        head = StatusAndHeaders(status, headers, protocol='HTTP/1.1') if kind == 'response' else None
        dated = {'WARC-Date': '2024-03-01T08:00:00Z'}
        writer.write_record(writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), http_headers=head, warc_headers_dict=dated))
    html = ('Content-Type', 'text/html; charset=utf-8')
    writer.write_record(writer.create_warcinfo_record('x.warc.gz', {'software': 'test'}))
    write('http://www.qinglan.example/1.html', '200 OK', [html, ('Transfer-Encoding', 'chunked')], chunked(page))
    write('http://www.qinglan.example/2.html', '200 OK', [html, ('Content-Encoding', 'gzip')], gzip.compress(page))
    write('http://www.qinglan.example/3.html', '301 Moved', [('Location', '/1.html')], b'')
    write('http://www.qinglan.example/4.png', '200 OK', [('Content-Type', 'image/png')], b'PNG')
    write('dns:www.qinglan.example', '', [], b'127.0.0.1', kind='resource')
";

/// A WARC file made by warcio, with a report in two of its pages.
fn warc(place: &Place, name: &str) -> std::path::PathBuf {
    let (out, input) = (place.path(name), place.write("page.html", page("青岚县")));
    let mut command = Command::new(python::interpreter());
    let made = command.args(["-c", WARCIO]).args([&out, &input]).status().expect("it starts");
    assert!(made.success());
    out
}

#[test]
fn a_warc_file_of_another_program_is_imported() {
    let place = Place::new();
    for (name, new) in [("a.warc.gz", 2), ("b.warc", 0)] {
        let ended = on(&place, &["import", warc(&place, name).to_str().expect("a plain path")]);
        done(&ended);
        assert!(ended.stdout.contains(&format!("pages: {new} new")), "{}", ended.stdout);
        assert!(ended.stdout.contains("1 http_301") && ended.stdout.contains("1 image/png"), "{}", ended.stdout);
    }
    let reports = place.reports();
    assert_eq!(reports.len(), 2);
    assert_eq!(text(&reports[0], "text"), text(&reports[1], "text"));
    assert!(reports.iter().all(|report| text(&report["source"], "fetched_at") == "2024-03-01T08:00:00Z"));
}

#[test]
fn odd_addresses_and_times_in_a_warc_file_stop_nothing() {
    let place = Place::new();
    let record = |path: &str, date: &str| {
        let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", page("青岚县"));
        format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://www.qinglan.example/{path}\r\nWARC-Date: {date}\r\n\
             Content-Type: application/http\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
            http.len()
        )
    };
    let file = [
        record("1", "2024-03-01T08:00:00Z"),
        record("a b", "2024-03-01T08:00:00Z"),
        record("2", "2999-01-01T00:00:00Z"),
    ];
    let file = place.write("odd.warc", file.concat());
    let ended = on(&place, &["import", file.to_str().expect("a plain path")]);
    done(&ended);
    assert!(ended.stdout.contains("pages: 3 new"), "{}", ended.stdout);
    let reports = place.reports();
    let urls: Vec<&str> = reports.iter().map(|report| text(&report["source"], "url")).collect();
    assert!(urls.contains(&"http://www.qinglan.example/a%20b"), "{urls:?}");
    assert!(reports.iter().all(|report| !text(&report["source"], "fetched_at").starts_with("2999")));
}

#[test]
fn an_import_leaves_what_a_crawl_waits_for() {
    let web = FakeWeb::start(Plan { seed: 67, hosts: 1, pages_per_host: 12, ..Plan::default() }).expect("a port");
    let (place, whole) = (Place::new(), Place::new());
    done(&run(&mut whole.crawl(&web.seeds(), &web.connect_to(), &[])));
    let expected = whole.reports();
    let split =
        expected.iter().find(|report| report["source"]["pages"].as_array().is_some_and(|pages| pages.len() > 1));
    let url = text(&split.expect("one of the reports is in parts")["source"], "url").to_owned();
    run(&mut place.crawl(std::slice::from_ref(&url), &web.connect_to(), &["--max-pages", "1"]));
    assert!(place.reports().is_empty());
    let other = place.write("lincheng.txt", report("临澄县"));
    done(&on(&place, &["import", other.to_str().expect("a plain path")]));
    assert_eq!(governments(&place), ["临澄县人民政府"], "half a document went out");
    done(&run(&mut place.crawl(&[url], &web.connect_to(), &[])));
    let ids = |reports: &[Value]| -> Vec<String> { reports.iter().map(|r| text(r, "id").to_owned()).collect() };
    assert!(ids(&place.reports()).contains(&text(split.expect("as above"), "id").to_owned()));
}

#[test]
fn services_replay_and_import_what_they_are_given() {
    let (old, web) = crawled(65);
    let (vhost, database) = (RabbitVhost::create(), PostgresDatabase::create());
    let place = Place::new();
    let config = configuration(&place, &web, vhost.url(), database.url());
    // Nothing can be fetched: what comes, comes from elsewhere.
    drop(web);
    let running: Vec<Service> = SERVICES.iter().map(|role| Service::start(role, &config)).collect();
    let at = |args: &[&str], config: &Path| run(baogao(args).arg("--config").arg(config));
    let ended = at(&["import", folder(&place).to_str().expect("a plain path")], &config);
    done(&ended);
    assert!(ended.stdout.contains("pages: 2 new") && ended.stdout.contains("on their way"), "{}", ended.stdout);
    let old_data = old.data();
    done(&at(&["replay", "--from", old_data.to_str().expect("a plain path")], &config));
    let expected = old.reports().len() + 2;
    wait_for("all reports", || reports(&config).len() >= expected);
    for service in running {
        service.stop();
    }
}
