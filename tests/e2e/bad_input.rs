//! Bad input is normal: a clear error, an exit code that says which, nothing lost.

use crate::support::{Place, baogao, json_lines, run, text};
use baogao_testkit::{FakeWeb, Plan, Process, Route, StaticWeb};
use std::net::TcpListener;
use std::process::Command;

/// A port of loopback that nobody listens on.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    listener.local_addr().expect("it has an address").port()
}

#[test]
fn an_unreachable_host_is_told_and_retried_later() {
    let place = Place::new();
    let connect_to = [format!("www.qinglan.example:80:127.0.0.1:{}", closed_port())];
    let urls = ["http://www.qinglan.example/1.html".to_owned()];
    let ended = run(&mut place.crawl(&urls, &connect_to, &["--patience", "100ms"]));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("http://www.qinglan.example/1.html was not fetched"), "{}", ended.stderr);
    assert!(ended.stdout.contains("tried again later"), "{}", ended.stdout);

    // Asked again at once, the host still rests: that is no success either.
    let ended = run(&mut place.crawl(&urls, &connect_to, &["--patience", "100ms"]));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("http://www.qinglan.example/1.html was not fetched"), "{}", ended.stderr);
}

#[test]
fn private_and_public_addresses_need_a_word() {
    let server = StaticWeb::start(vec![Route::html("localhost", "/", "x")]).expect("a port on loopback");
    let place = Place::new();
    for url in [format!("http://localhost:{}/", server.address().port()), format!("http://{}/", server.address())] {
        let ended = run(&mut place.crawl(&[url], &[], &["--patience", "100ms"]));
        assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains("--connect-to"), "{}", ended.stderr);
    }
    assert!(server.log().is_empty(), "nothing was asked of a private address");

    // An address of the public Internet: refused before any connection is tried.
    let urls = ["http://8.8.8.8/".to_owned()];
    let ended = run(&mut place.crawl(&urls, &[], &["--patience", "100ms"]));
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("--contact"), "{}", ended.stderr);
}

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let place = Place::new();
    let code = |command: &mut Command| {
        let ended = run(command);
        (ended.status.code(), ended.stderr)
    };
    let (status, said) = code(&mut place.crawl(&["report.html".to_owned()], &[], &[]));
    assert!(status == Some(64) && said.contains("report.html"), "{status:?} {said}");
    let (status, said) = code(&mut place.crawl(&["http://a.example/".to_owned()], &["nonsense".to_owned()], &[]));
    assert!(status == Some(64) && said.contains("nonsense"), "{status:?} {said}");
    let (status, said) = code(&mut baogao(&["crawl"]));
    assert!(status == Some(2) && said.contains("URL"), "{status:?} {said}");
    let (status, said) = code(&mut baogao(&["crawl", "http://a.example/", "--patience", "soon"]));
    assert!(status == Some(2) && said.contains("soon"), "{status:?} {said}");
    let (status, said) = code(baogao(&["records", "list", "--data"]).arg(place.path("nowhere")));
    assert!(status == Some(1) && said.contains("nowhere"), "{status:?} {said}");
}

#[test]
fn a_bad_configuration_lists_every_mistake() {
    let place = Place::new();
    let file = place.write(
        "bad.toml",
        "[crawler]\nhost_delays_ms = 1\nmax_hosts = 0\n[fetch]\nconnect_to = [\"x\"]\n[seeds]\nscope = \"village\"\n[nonsense]\n",
    );
    let ended = run(baogao(&["config", "check"]).arg(&file));
    assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
    for mistake in ["crawler.host_delays_ms", "crawler.max_hosts", "fetch.connect_to", "seeds.scope", "nonsense"] {
        assert!(ended.stderr.contains(mistake), "{mistake} is not listed:\n{}", ended.stderr);
    }
    let ended = run(baogao(&["config", "check"]).arg(place.path("missing.toml")));
    assert!(ended.stderr.contains("missing.toml"), "{}", ended.stderr);
}

#[test]
fn the_shown_configuration_is_good() {
    let place = Place::new();
    let shown = run(&mut baogao(&["config", "show"]));
    assert!(shown.status.success(), "{}", shown.stderr);
    let file = place.write("shown.toml", &shown.stdout);
    let ended = run(baogao(&["config", "check"]).arg(&file));
    assert!(ended.status.success(), "{}", ended.stderr);
    let again = run(baogao(&["config", "show", "--config"]).arg(&file));
    assert_eq!(again.stdout, shown.stdout);
}

#[test]
fn one_bad_file_does_not_stop_the_rest() {
    let place = Place::new();
    let files = [
        place.write("empty.html", b""),
        place.path("missing.html"),
        place.write(
            "noise.html",
            (0..40_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
        ),
        place.write("deep.html", "<div>".repeat(100_000)),
        place.write("good.html", "<html><head><title>青岚县</title></head><body><p>各位代表。</p></body></html>"),
    ];
    for command in ["extract", "parse"] {
        let ended = run(baogao(&[command, "--json"]).args(&files));
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("missing.html"), "{}", ended.stderr);
        let lines = json_lines(&ended.stdout);
        assert_eq!(lines.len(), 4, "every readable file has a line");
        assert!(lines.iter().all(|line| line["warnings"].is_array() && line["file"].is_string()));
    }
    let ended = run(baogao(&["parse", "--json"]).arg(&files[0]));
    assert!(json_lines(&ended.stdout)[0]["warnings"].to_string().contains("no_text"));
}

#[test]
fn a_page_of_fifty_megabytes_is_taken_or_refused_with_a_word() {
    let place = Place::new();
    let page = format!("<html><body>{}</body></html>", "<p>青岚县的工作，一步一步地做。</p>".repeat(1_200_000));
    assert!(page.len() > 50 << 20);
    let file = place.write("huge.html", page);
    let ended = run(baogao(&["extract", "--json"]).arg(&file));
    assert!(ended.status.success(), "{}", ended.stderr);
    let line = &json_lines(&ended.stdout)[0];
    assert!(line["warnings"].as_array().is_some_and(|warnings| !warnings.is_empty()), "the cut is told");
}

#[test]
fn a_data_directory_has_one_writer() {
    let web = FakeWeb::start(Plan { seed: 31, hosts: 1, ..Plan::default() }).expect("a port on loopback");
    let place = Place::new();
    let mut first = Process::start(&mut place.crawl(&web.seeds(), &web.connect_to(), &["--host-delay", "200ms"]))
        .expect("the binary starts");
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    while web.log().is_empty() {
        assert!(std::time::Instant::now() < deadline, "the crawl has not begun");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert_eq!(second.status.code(), Some(75), "{}", second.stderr);
    assert!(second.stderr.contains(&first.id().to_string()), "the owner is named: {}", second.stderr);
    let listed = run(baogao(&["records", "list", "--data"]).arg(place.data()));
    assert!(listed.status.success(), "reading goes on beside a writer: {}", listed.stderr);
    assert!(first.is_running().expect("the system says"));
}

#[test]
fn a_data_directory_that_cannot_be_written_is_told() {
    let place = Place::new();
    let file = place.write("data", "a file, no directory");
    let ended = run(&mut place.crawl(&["http://a.example/".to_owned()], &[], &[]));
    assert_eq!(ended.status.code(), Some(73), "{}", ended.stderr);
    assert!(ended.stderr.contains(&*file.to_string_lossy()) && ended.stderr.contains("--data"), "{}", ended.stderr);
}

/// A limit on the size of files stands in for a full disk: writes fail in the same places, and no
/// privilege is needed.
#[test]
fn a_full_disk_loses_nothing() {
    let web = FakeWeb::start(Plan { seed: 33, hosts: 2, pages_per_host: 8, ..Plan::default() }).expect("a port");
    let place = Place::new();
    let crawl = place.crawl(&web.seeds(), &web.connect_to(), &["--patience", "1s"]);
    let words = std::iter::once(crawl.get_program()).chain(crawl.get_args());
    // The shell ignores the signal that such a write would bring, so that it fails with an error.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let mut limited = Command::new("sh");
    limited.env("BAOGAO_LANG", "en").arg("-c").arg(script).args(words);
    let mut process = Process::start(&mut limited).expect("the binary starts");
    let told = process.wait_for_output(crate::support::PATIENCE, |_, errors| {
        errors.contains("away") || errors.contains("full") || errors.contains("large")
    });
    if let Err(error) = told {
        panic!("a full disk was not told: {error}");
    }
    drop(process);

    let ended = run(&mut place.crawl(&web.seeds(), &web.connect_to(), &[]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let reports = place.reports();
    let pages: std::collections::BTreeSet<_> = reports.iter().map(|report| text(&report["source"], "url")).collect();
    assert_eq!(reports.len(), web.truth().records.len());
    assert_eq!(pages.len(), reports.len(), "each once");
}

#[test]
fn errors_speak_chinese_too() {
    let place = Place::new();
    let ended = run(baogao(&["extract", "--lang", "zh"]).arg(place.path("missing.html")));
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("无法读取") && ended.stderr.contains("没有这个文件"), "{}", ended.stderr);
    let ended = run(baogao(&["records", "list", "--lang", "zh", "--data"]).arg(place.path("nowhere")));
    assert!(ended.stderr.contains("没有数据目录"), "{}", ended.stderr);
    let ended = run(&mut baogao(&["crawl", "report.html", "--lang", "zh"]));
    assert!(ended.stderr.contains("不是网址"), "{}", ended.stderr);
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let place = Place::new();
    let page =
        place.write("page.html", format!("<html><body>{}</body></html>", "<p>一步一步地做好工作。</p>".repeat(20_000)));
    let mut command = Command::new("sh");
    let script =
        "set -o pipefail 2>/dev/null; \"$0\" extract \"$1\" | head -c 10; echo; \"$0\" config show | head -c 10";
    let ended = run(command.arg("-c").arg(script).arg(baogao_tests::binary()).arg(page));
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}
