//! Asking for robots.txt: every way a site can answer.

mod server;

use baogao_fetch::{FetchConfig, Fetcher, MAX_ROBOTS_BYTES, RobotsAnswer};
use server::{Reply, Server};
use std::time::Duration;

fn local() -> FetchConfig {
    FetchConfig { allow_private: true, ..FetchConfig::default() }
}

async fn ask(server: &Server, config: FetchConfig) -> RobotsAnswer {
    let url = server.url("/some/page.html?x=1").parse().unwrap();
    Fetcher::new(config).unwrap().robots(&url, Duration::ZERO).await.unwrap()
}

async fn answer_to(reply: Reply) -> RobotsAnswer {
    let server = Server::start(move |_| reply.clone()).await;
    let answer = ask(&server, local()).await;
    assert!(server.requests()[0].starts_with("GET /robots.txt HTTP/1.1\r\n"));
    answer
}

#[tokio::test]
async fn statuses_mean_what_the_standard_says() {
    let cases = [
        ("200 OK", "rules"),
        ("204 No Content", "rules"),
        ("304 Not Modified", "deny_all"),
        ("302 Found", "deny_all"),
        ("400 Bad Request", "allow_all"),
        ("401 Unauthorized", "allow_all"),
        ("403 Forbidden", "allow_all"),
        ("404 Not Found", "allow_all"),
        ("410 Gone", "allow_all"),
        ("429 Too Many Requests", "deny_all"),
        ("500 Internal Server Error", "deny_all"),
        ("503 Service Unavailable", "deny_all"),
        ("999 Request denied", "deny_all"),
    ];
    for (status, state) in cases {
        let answer = answer_to(Reply::Close(format!("HTTP/1.1 {status}\r\n\r\n").into_bytes())).await;
        assert_eq!(answer.state(), state, "{status}: {answer:?}");
        if state != "rules" {
            let why = String::from_utf8(answer.body().to_vec()).unwrap();
            assert!(why.contains(&status[..3]), "{status}: {why}");
        }
    }
}

#[tokio::test]
async fn a_file_is_kept_as_text() {
    let file = "User-agent: *\nDisallow: /内部";
    assert_eq!(answer_to(Reply::ok("200 OK", file)).await.body(), file.as_bytes());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, file.as_bytes()).unwrap();
    let zipped = encoder.finish().unwrap();
    let head = "200 OK\r\nContent-Encoding: gzip";
    assert_eq!(answer_to(Reply::ok(head, &zipped)).await.body(), file.as_bytes());
    assert_eq!(answer_to(Reply::ok(head, file)).await.body(), file.as_bytes());
    assert_eq!(answer_to(Reply::ok(head, &zipped[..12])).await.state(), "deny_all");
    assert_eq!(answer_to(Reply::ok("200 OK\r\nContent-Encoding: br", "x")).await.state(), "deny_all");
}

#[tokio::test]
async fn a_long_file_counts_as_far_as_the_limit() {
    let mut file = b"User-agent: *\nDisallow: /first\n".to_vec();
    file.resize(2 * MAX_ROBOTS_BYTES, b'#');
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &vec![b'#'; 50 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let replies = [
        Reply::ok("200 OK", &file),
        Reply::Drip([b"HTTP/1.1 200 OK\r\n\r\n", &file[..]].concat(), b"#".to_vec()),
        Reply::ok("200 OK\r\nContent-Encoding: gzip", bomb),
    ];
    for reply in replies {
        let answer = answer_to(reply).await;
        assert_eq!((answer.state(), answer.body().len()), ("rules", MAX_ROBOTS_BYTES));
    }
}

#[tokio::test]
async fn failures_deny_until_they_are_over() {
    let broken = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *\n".to_vec();
    for reply in [Reply::Close(Vec::new()), Reply::Close(broken.clone()), Reply::Reset(broken)] {
        assert_eq!(answer_to(reply).await.state(), "deny_all");
    }
    let short = Duration::from_millis(100);
    let server = Server::start(|_| Reply::Stall(Vec::new())).await;
    let answer = ask(&server, FetchConfig { connect_timeout: short, read_timeout: short, ..local() }).await;
    assert_eq!(answer.state(), "deny_all");
    assert!(String::from_utf8_lossy(answer.body()).contains("took longer than"), "{answer:?}");
}

#[tokio::test]
async fn redirects_are_followed_five_times() {
    // `/robots.txt` leads to `/1`, that to `/2` and so on up to `/last`.
    fn site(last: u32) -> impl Fn(&str) -> Reply {
        move |path| match path.trim_start_matches('/').parse().unwrap_or(0) {
            number if number < last => Reply::ok(&format!("301 Moved\r\nLocation: /{}", number + 1), ""),
            _ => Reply::ok("200 OK", "User-agent: *\nDisallow: /a"),
        }
    }
    let server = Server::start(site(5)).await;
    assert_eq!(ask(&server, local()).await.state(), "rules");
    assert_eq!(server.requests().len(), 6);
    let server = Server::start(site(6)).await;
    assert_eq!(ask(&server, local()).await.state(), "deny_all");
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn redirects_lead_to_other_hosts_but_not_into_the_private_network() {
    let secret = Server::start(|_| Reply::ok("200 OK", "User-agent: *\nAllow: /")).await;
    let secret_url = secret.url("/robots.txt");
    let site = Server::start(move |_| Reply::ok(&format!("302 Found\r\nLocation: {secret_url}"), "")).await;
    let rules = |rules: &[String]| FetchConfig {
        connect_to: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        ..FetchConfig::default()
    };
    let url = "http://www.qinglan.example/".parse().unwrap();
    let to_site = format!("www.qinglan.example:80:{}", site.address);
    let answer =
        Fetcher::new(rules(std::slice::from_ref(&to_site))).unwrap().robots(&url, Duration::ZERO).await.unwrap();
    assert_eq!(answer.state(), "deny_all");
    assert!(String::from_utf8_lossy(answer.body()).contains("loopback"), "{answer:?}");
    assert_eq!(secret.connections(), 0);

    let other = Server::start(|_| Reply::ok("200 OK", "User-agent: *\nDisallow: /a")).await;
    let site = Server::start(|_| Reply::ok("301 Moved\r\nLocation: http://bbs.qinglan.example/r.txt", "")).await;
    let rules = rules(&[
        format!("www.qinglan.example:80:{}", site.address),
        format!("bbs.qinglan.example:80:{}", other.address),
    ]);
    let answer = Fetcher::new(rules).unwrap().robots(&url, Duration::ZERO).await.unwrap();
    assert!(!answer.robots().allows("baogao", "/a") && answer.robots().allows("baogao", "/b"));
    assert!(other.requests()[0].starts_with("GET /r.txt "));
}

#[tokio::test]
async fn unusable_redirects_deny() {
    for location in ["ftp://www.qinglan.example/robots.txt", "http://", ""] {
        let answer = answer_to(Reply::ok(&format!("301 Moved\r\nLocation: {location}"), "")).await;
        assert_eq!(answer.state(), "deny_all", "{location}");
    }
}

#[tokio::test]
async fn a_refusal_of_ours_is_no_answer_of_the_site() {
    let server = Server::start(|_| Reply::ok("200 OK", "")).await;
    let url = server.url("/").parse().unwrap();
    let error = Fetcher::new(FetchConfig::default()).unwrap().robots(&url, Duration::ZERO).await.unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
    assert_eq!(server.connections(), 0);
}
