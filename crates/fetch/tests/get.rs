//! One GET against servers of every kind.

mod server;

use baogao_fetch::{FetchConfig, FetchError, Fetcher, Phase, Request};
use server::{Reply, Server};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Talks to the loopback, with limits that no healthy exchange reaches.
fn local() -> FetchConfig {
    FetchConfig { allow_private: true, ..FetchConfig::default() }
}

fn fetcher(config: FetchConfig) -> Fetcher {
    Fetcher::new(config).unwrap()
}

fn request(url: &str) -> Request {
    Request::new(url.parse().unwrap())
}

/// What becomes of one GET of `/` when the server replies like this.
async fn outcome(config: FetchConfig, reply: Reply) -> Result<baogao_fetch::Response, FetchError> {
    let server = Server::start(move |_| reply.clone()).await;
    fetcher(config).get(&request(&server.url("/"))).await
}

#[tokio::test]
async fn a_page_comes_as_it_was_sent() {
    let server = Server::start(|_| {
        Reply::ok("200 Very Well\r\nContent-Type: text/html\r\nSet-Cookie: a\r\nX-Raw: \u{e9}\r\nSet-Cookie: b", "正文")
    })
    .await;
    let before = jiff::Timestamp::now();
    let response = fetcher(local()).get(&request(&server.url("/a?b=c"))).await.unwrap();
    assert_eq!((response.status, response.reason.as_str()), (200, "Very Well"));
    assert_eq!(response.http_version, "HTTP/1.1");
    assert_eq!(response.body, "正文".as_bytes());
    assert_eq!(response.peer, server.address);
    assert!(before <= response.started_at && response.started_at <= response.ended_at);
    assert_eq!(response.header("Content-TYPE").as_deref(), Some("text/html"));
    let headers: Vec<(&str, &[u8])> =
        response.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let expected: [(&str, &[u8]); 5] = [
        ("content-type", b"text/html"),
        ("set-cookie", b"a"),
        ("set-cookie", b"b"),
        ("x-raw", "\u{e9}".as_bytes()),
        ("content-length", b"6"),
    ];
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn the_request_says_who_asks() {
    let server = Server::start(|_| Reply::ok("200 OK", "")).await;
    let contact = Some("crawl@qinglan.example".to_owned());
    let fetcher = fetcher(FetchConfig { contact, product: "baogao/1.2".to_owned(), ..local() });
    assert_eq!(fetcher.user_agent(), "baogao/1.2 (+crawl@qinglan.example)");
    fetcher.get(&request(&server.url("/a?b=%E6%94%BF"))).await.unwrap();
    let head = server.requests().remove(0);
    assert!(head.starts_with("GET /a?b=%E6%94%BF HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("user-agent: baogao/1.2 (+crawl@qinglan.example)\r\n"), "{head}");
    assert!(head.contains("accept-encoding: gzip, deflate\r\n"), "{head}");
    assert!(head.contains(&format!("host: {}\r\n", server.address)), "{head}");
    assert!(!head.contains("if-none-match") && !head.contains("if-modified-since"), "{head}");
    assert!(!head.contains("cookie"), "{head}");
}

#[tokio::test]
async fn a_conditional_request_can_find_nothing_new() {
    let server = Server::start(|_| Reply::Bytes(b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n".to_vec())).await;
    let fetcher = fetcher(local());
    let conditional = Request {
        etag: Some("\"青1\"".to_owned()),
        last_modified: Some("Sun, 18 Feb 2024 03:05:00 GMT".to_owned()),
        ..request(&server.url("/"))
    };
    let response = fetcher.get(&conditional).await.unwrap();
    assert_eq!((response.status, response.body.len()), (304, 0));
    let head = server.requests().remove(0);
    assert!(head.contains("if-none-match: \"青1\"\r\n"), "{head}");
    assert!(head.contains("if-modified-since: Sun, 18 Feb 2024 03:05:00 GMT\r\n"), "{head}");

    // A validator that cannot be sent is left out.
    let forged = Request { etag: Some("a\r\nX-Forged: 1".to_owned()), ..request(&server.url("/")) };
    fetcher.get(&forged).await.unwrap();
    let head = server.requests().remove(1);
    assert!(!head.contains("if-none-match") && !head.contains("Forged"), "{head}");
}

#[tokio::test]
async fn encodings_and_redirects_are_left_alone() {
    let zipped = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";
    let reply = Reply::ok("200 OK\r\nContent-Encoding: gzip", zipped);
    assert_eq!(outcome(local(), reply).await.unwrap().body, zipped.as_slice());

    let server = Server::start(|_| Reply::ok("302 Found\r\nLocation: /elsewhere", "")).await;
    let response = fetcher(local()).get(&request(&server.url("/"))).await.unwrap();
    assert_eq!((response.status, response.location().as_deref()), (302, Some("/elsewhere")));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn bodies_end_in_each_way_http_has() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec();
    assert_eq!(outcome(local(), Reply::Bytes(chunked)).await.unwrap().body, "abcde");
    let until_close = b"HTTP/1.0 200 OK\r\n\r\nabc".to_vec();
    let response = outcome(local(), Reply::Close(until_close)).await.unwrap();
    assert_eq!((response.http_version.as_str(), &response.body[..]), ("HTTP/1.0", b"abc".as_slice()));
    let sloppy = b"HTTP/1.1 200 OK\r\nServer : old\r\nbad header line\r\nContent-Length: 3\r\n\r\nabc".to_vec();
    assert_eq!(outcome(local(), Reply::Bytes(sloppy)).await.unwrap().body, "abc");
}

#[tokio::test]
async fn error_statuses_are_responses() {
    for status in [404, 410, 429, 500, 503] {
        let response = outcome(local(), Reply::ok(&format!("{status} X\r\nRetry-After: 30"), "no")).await.unwrap();
        assert_eq!(response.status, status);
        assert_eq!(response.retry_after(response.ended_at), Some(Duration::from_secs(30)));
    }
}

#[tokio::test]
async fn silence_and_trickles_run_into_their_limits() {
    let long = Duration::from_secs(600);
    // Connecting gets more time than it can need: its limit is not what is tested.
    let impatient = FetchConfig {
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(1),
        total_timeout: long,
        ..local()
    };
    let hurried = FetchConfig { read_timeout: long, total_timeout: Duration::from_millis(300), ..local() };
    let status_line = b"HTTP/1.1 200 OK\r\n".to_vec();
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec();
    let half = [&head[..], b"abc"].concat();
    let cases = [
        ("no answer", impatient.clone(), Reply::Stall(Vec::new()), Phase::Headers),
        ("half a head", impatient.clone(), Reply::Stall(status_line.clone()), Phase::Headers),
        ("a head line by line", impatient.clone(), Reply::Drip(status_line, b"a: b\r\n".to_vec()), Phase::Headers),
        ("half a body", impatient, Reply::Stall(half), Phase::Body),
        ("a body byte by byte", hurried, Reply::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"a".to_vec()), Phase::Total),
    ];
    let mut running = tokio::task::JoinSet::new();
    for (name, config, reply, expected) in cases {
        running.spawn(async move { (name, outcome(config, reply).await.expect_err(name), expected) });
    }
    for (name, error, expected) in running.join_all().await {
        let FetchError::Timeout { phase, .. } = &error else { panic!("{name}: {error:?}") };
        assert_eq!(*phase, expected, "{name}");
        assert!(error.is_transient() && error.code() == "timeout");
    }
}

#[tokio::test]
async fn large_bodies_are_given_up() {
    let config = FetchConfig { max_body_bytes: 1000, ..local() };
    let fits = outcome(config.clone(), Reply::ok("200 OK", [b'a'; 1000])).await.unwrap();
    assert_eq!(fits.body.len(), 1000);
    // Nothing of a body that is declared too large needs to come.
    let declared = Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_vec());
    let error = outcome(config.clone(), declared).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { declared: Some(1001), limit: 1000, .. }), "{error:?}");
    assert!(!error.is_transient() && error.code() == "too_large");
    let endless = Reply::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 400]);
    let error = outcome(config, endless).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { declared: None, limit: 1000, .. }), "{error:?}");
}

#[tokio::test]
async fn what_breaks_off_is_no_page() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec();
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc".to_vec();
    let cases = [
        ("closed before the head", Reply::Close(Vec::new())),
        ("closed within the head", Reply::Close(b"HTTP/1.1 200".to_vec())),
        ("closed before its length", Reply::Close(head.clone())),
        ("closed within a chunk", Reply::Close(chunk)),
        ("reset before the head", Reply::Reset(Vec::new())),
        ("reset within the body", Reply::Reset(head)),
    ];
    for (name, reply) in cases {
        let error = outcome(local(), reply).await.expect_err(name);
        assert!(matches!(error, FetchError::Reset { .. }), "{name}: {error:?}");
        assert!(error.is_transient() && error.code() == "reset");
    }
}

#[tokio::test]
async fn what_is_no_http_is_named_so() {
    let endless_header = [b"HTTP/1.1 200 OK\r\na: ".to_vec(), vec![b'a'; 600 * 1024]].concat();
    let cases = [
        ("another protocol", Reply::Close(b"SSH-2.0-OpenSSH_9.0\r\n\r\n".to_vec())),
        ("a length that is no number", Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nabc".to_vec())),
        ("two lengths", Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc".to_vec())),
        (
            "a chunk that is none",
            Reply::Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n".to_vec()),
        ),
        ("headers without end", Reply::Stall(endless_header)),
    ];
    for (name, reply) in cases {
        let error = outcome(local(), reply).await.expect_err(name);
        assert!(matches!(error, FetchError::Protocol { .. }), "{name}: {error:?}");
        assert!(!error.is_transient() && error.code() == "protocol");
    }
}

#[tokio::test]
async fn https_to_a_server_without_tls_fails_as_tls() {
    // It speaks first: a plain server would wait for the end of a line that never comes.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        // Closing with bytes unread would reset the connection before the answer is seen.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    });
    let error = fetcher(local()).get(&request(&format!("https://{address}/"))).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert!(!error.is_transient() && error.code() == "tls");
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = fetcher(local()).get(&request(&format!("http://{closed}/"))).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    assert!(error.is_transient() && error.code() == "connect");
    // Names below .invalid never exist (RFC 6761).
    let error = fetcher(local()).get(&request("http://www.qinglan.invalid/")).await.unwrap_err();
    assert!(matches!(error, FetchError::Dns { .. }), "{error:?}");
    assert!(error.is_transient() && error.code() == "dns");
}

#[tokio::test]
async fn one_connection_serves_one_page_after_the_other() {
    let server = Server::start(|_| Reply::ok("200 OK", "abc")).await;
    let fetcher = fetcher(local());
    for _ in 0..5 {
        fetcher.get(&request(&server.url("/"))).await.unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 1));
}
