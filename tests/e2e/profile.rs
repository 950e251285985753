//! Profiles of the user's own, tried on saved pages and on pages of the web.

use crate::support::{Place, baogao, json_lines, run, text};
use baogao_testkit::{Ended, Route, StaticWeb};

const PAGE: &str = "<meta charset=utf-8><title>防汛通知_青岚县</title><h1>防汛通知</h1><div id=mine><p class=ad>本页由县信息中心维护，内容如有差错，请拨打公布的电话告知，我们会及时更正。</p>\
    <p>入汛以来，我县降雨比常年偏多两成，各水库水位较高，各乡镇要加强巡查，落实责任，备足物资。</p>\
    <p>值班人员要坚守岗位，发现险情立即报告，不得迟报、漏报；低洼地带的居民要提前转移，妥善安置。</p></div>";

const OWN: &str = "[fingerprint]\nmark = { \"id=mine\" = 9 }\n[article]\ncontainer = [\"#mine\"]\ndrop = [\"p.ad\"]\n";

fn place() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path("profiles")).expect("a folder");
    place.write("profiles/mine.toml", OWN);
    place
}

/// `baogao profile test mine PAGE` with the place's own profiles.
fn test(place: &Place, page: &str, more: &[&str]) -> Ended {
    let profiles = place.path("profiles");
    let mut command = baogao(&["profile", "test", "mine", page, "--host-delay", "50ms", "--profiles"]);
    run(command.arg(profiles).args(more))
}

#[test]
fn extract_takes_a_folder_of_own_profiles() {
    let place = place();
    let page = place.write("page.html", PAGE);
    let plain = run(baogao(&["extract", "--json"]).arg(&page));
    assert_eq!(text(&json_lines(&plain.stdout)[0], "family"), "generic");
    let own = run(baogao(&["extract", "--json", "--profiles"]).arg(place.path("profiles")).arg(&page));
    let line = &json_lines(&own.stdout)[0];
    assert_eq!(text(line, "family"), "mine");
    assert!(text(line, "text").contains("入汛以来") && !text(line, "text").contains("信息中心"), "{line}");
    let wrong = run(baogao(&["extract", "--profiles", "/nowhere"]).arg(&page));
    assert!(!wrong.status.success() && wrong.stderr.contains("/nowhere"), "{}", wrong.stderr);
}

#[test]
fn a_profile_is_tested_on_a_page_of_the_web() {
    let host = "www.qinglan.example";
    let web = StaticWeb::start(vec![
        Route::html(host, "/robots.txt", "User-agent: *\nDisallow: /private/\n").header("content-type", "text/plain"),
        Route::html(host, "/1.html", PAGE),
        Route::redirect(host, "/old.html", 302, "/1.html"),
        Route::html(host, "/private/2.html", PAGE),
    ])
    .expect("a port on loopback");
    let place = place();
    let connect_to = web.connect_to().remove(0);
    let connect_to = ["--connect-to", connect_to.as_str()];

    let ended = test(&place, "http://www.qinglan.example/old.html", &connect_to);
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("family found: mine"), "{}", ended.stdout);
    assert!(ended.stdout.contains("入汛以来") && !ended.stdout.contains("信息中心"), "{}", ended.stdout);
    assert!(ended.stdout.contains("document key: qinglan.example/1.html"), "{}", ended.stdout);
    let log = web.log();
    assert!(log.iter().any(|hit| hit.path == "/robots.txt"), "robots.txt is asked first: {log:?}");
    assert!(web.min_gap(host).is_none_or(|gap| gap.as_millis() >= 50), "the delay is kept");

    let forbidden = test(&place, "http://www.qinglan.example/private/2.html", &connect_to);
    assert_eq!(forbidden.status.code(), Some(1), "{}", forbidden.stderr);
    assert!(forbidden.stderr.contains("robots.txt"), "{}", forbidden.stderr);
    assert!(web.log().iter().all(|hit| !hit.path.starts_with("/private/")), "what is forbidden is not asked for");

    let missing = test(&place, "http://www.qinglan.example/3.html", &connect_to);
    assert!(missing.status.code() == Some(1) && missing.stderr.contains("404"), "{}", missing.stderr);

    // Without a word an address of our own network is not contacted.
    let private = test(&place, &format!("http://{}/1.html", web.address()), &[]);
    assert!(private.status.code() == Some(1) && private.stderr.contains("connect_to"), "{}", private.stderr);
}
