//! One exchange at a time with each host, and the pause in between, whoever leads us there.

mod server;

use baogao_fetch::{FetchConfig, Fetcher, Request};
use server::{Mark, Reply, Server};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A fetcher to which these hosts are these servers.
fn fetcher(hosts: &[(&str, &Server)]) -> Fetcher {
    let rule = |(host, server): &(&str, &Server)| format!("{host}:80:{}", server.address).parse().unwrap();
    Fetcher::new(FetchConfig { connect_to: hosts.iter().map(rule).collect(), ..FetchConfig::default() }).unwrap()
}

fn request(url: &str, pause: Duration) -> Request {
    Request { pause, ..Request::new(url.parse().unwrap()) }
}

/// Whether one response went before the next request came, with at least `pause` in between.
fn assert_paced(marks: &[Mark], exchanges: usize, pause: Duration) {
    assert_eq!(marks.len(), 2 * exchanges, "{marks:?}");
    for exchange in marks.chunks(2) {
        assert!(matches!(exchange, [Mark::Begin(_), Mark::End(_)]), "two under way at once: {marks:?}");
    }
    for between in marks[1..marks.len() - 1].chunks(2) {
        let [Mark::End(end), Mark::Begin(begin)] = between else { panic!("{marks:?}") };
        assert!(*begin - *end >= pause, "only {:?} between two exchanges", *begin - *end);
    }
}

/// Polls a future once; it must not be ready.
async fn begin<F: Future<Output: std::fmt::Debug>>(future: F) {
    tokio::select! {
        biased;
        output = future => panic!("it did not wait: {output:?}"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn robots_redirects_respect_the_host_they_lead_to() {
    const PAUSE: Duration = Duration::from_millis(50);
    // Slow enough that the redirects, each after a pause, arrive amid the page.
    let portal = Server::start(|_| match Reply::ok("200 OK", "User-agent: *\nDisallow: /a") {
        Reply::Bytes(bytes) => Reply::Slow(4 * PAUSE, bytes),
        other => other,
    })
    .await;
    let moved = |_: &str| Reply::ok("301 Moved\r\nLocation: http://www.yunling.example/robots.txt", "");
    let (qinglan, lincheng) = (Server::start(moved).await, Server::start(moved).await);
    let fetcher = fetcher(&[
        ("www.yunling.example", &portal),
        ("www.qinglan.example", &qinglan),
        ("www.lincheng.example", &lincheng),
    ]);
    let clone = fetcher.clone();
    let (to_qinglan, to_lincheng) =
        ("http://www.qinglan.example/".parse().unwrap(), "http://www.lincheng.example/".parse().unwrap());
    let pages = async {
        for path in ["1", "2"] {
            let page = request(&format!("http://www.yunling.example/{path}"), PAUSE);
            fetcher.get(&page).await.unwrap();
        }
    };
    let ((), from_qinglan, from_lincheng) =
        tokio::join!(pages, clone.robots(&to_qinglan, PAUSE), fetcher.robots(&to_lincheng, PAUSE));
    for answer in [from_qinglan, from_lincheng] {
        assert!(!answer.unwrap().robots().allows("baogao", "/a"));
    }
    assert_paced(&portal.marks(), 4, PAUSE);
}

#[tokio::test]
async fn a_robots_request_waits_for_what_a_redirect_has_begun() {
    const PAUSE: Duration = Duration::from_millis(50);
    let portal = Server::start(|_| Reply::ok("200 OK", "")).await;
    let site = Server::start(|_| Reply::ok("301 Moved\r\nLocation: http://www.yunling.example/robots.txt", "")).await;
    let fetcher = fetcher(&[("www.yunling.example", &portal), ("www.qinglan.example", &site)]);
    for url in ["http://www.qinglan.example/", "http://www.yunling.example/"] {
        assert_eq!(fetcher.robots(&url.parse().unwrap(), PAUSE).await.unwrap().state(), "rules");
    }
    assert_paced(&portal.marks(), 2, PAUSE);
}

#[tokio::test]
async fn a_pause_does_not_count_as_slowness_of_the_host() {
    let server = Server::start(|_| Reply::ok("200 OK", "")).await;
    let limit = Duration::from_secs(1);
    let config = FetchConfig { allow_private: true, total_timeout: limit, ..FetchConfig::default() };
    let fetcher = Fetcher::new(config).unwrap();
    let page = request(&server.url("/"), limit + limit / 4);
    for _ in 0..2 {
        fetcher.get(&page).await.unwrap();
    }
    assert_paced(&server.marks(), 2, page.pause);
}

#[tokio::test]
async fn whoever_is_cancelled_makes_room() {
    let hour = Duration::from_secs(3600);
    let server = Server::start(|path| match path {
        "/stall" => Reply::Stall(Vec::new()),
        _ => Reply::ok("200 OK", ""),
    })
    .await;
    let other = Server::start(|_| Reply::ok("200 OK", "")).await;
    let fetcher = fetcher(&[("www.qinglan.example", &server), ("www.lincheng.example", &other)]);
    let page = request("http://www.qinglan.example/", Duration::ZERO);

    let (stalled, asker) = (request("http://www.qinglan.example/stall", Duration::ZERO), fetcher.clone());
    let under_way = tokio::spawn(async move { asker.get(&stalled).await });
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.requests().is_empty() {
        assert!(Instant::now() < deadline, "the request never came");
        sleep(Duration::from_millis(1)).await;
    }
    // Other hosts have turns of their own.
    fetcher.get(&request("http://www.lincheng.example/", hour)).await.unwrap();
    {
        let mut next = pin!(fetcher.get(&page));
        // In line behind the stalled one, and given up again.
        begin(fetcher.get(&page)).await;
        begin(&mut next).await;
        under_way.abort();
        assert!(under_way.await.unwrap_err().is_cancelled());
        assert_eq!(next.await.unwrap().status, 200);
    }
    // First in line, within its pause, and given up.
    begin(fetcher.get(&request("http://www.qinglan.example/", hour))).await;
    fetcher.get(&page).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}
