//! Which addresses are contacted, and which are not even tried.

mod server;

use baogao_fetch::{ConnectTo, FetchConfig, FetchError, Fetcher, Request};
use server::{Reply, Server};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

fn request(url: &str) -> Request {
    Request::new(url.parse().unwrap())
}

fn with_contact() -> FetchConfig {
    FetchConfig { contact: Some("crawl@qinglan.example".to_owned()), ..FetchConfig::default() }
}

fn with_rules(rules: &[String]) -> FetchConfig {
    let connect_to = rules.iter().map(|rule| rule.parse::<ConnectTo>().unwrap()).collect();
    FetchConfig { connect_to, ..FetchConfig::default() }
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let server = Server::start(|_| Reply::ok("200 OK", "secret")).await;
    let port = server.address.port();
    let fetcher = Fetcher::new(with_contact()).unwrap();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "224.0.0.1",
        "255.255.255.255",
    ];
    for host in hosts {
        for scheme in ["http", "https"] {
            let error = fetcher.get(&request(&format!("{scheme}://{host}:{port}/"))).await.unwrap_err();
            assert!(matches!(error, FetchError::PrivateAddress { .. }), "{host}: {error:?}");
            assert!(!error.is_transient() && error.is_refusal() && error.code() == "private_address");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_public_address_needs_a_contact_before_anything_is_sent() {
    // With a connection tried, these would time out or be refused by the network instead.
    let fetcher = Fetcher::new(FetchConfig { allow_private: true, ..FetchConfig::default() }).unwrap();
    for host in ["1.1.1.1", "[2606:4700:4700::1111]", "[::ffff:1.1.1.1]"] {
        let error = fetcher.get(&request(&format!("http://{host}/"))).await.unwrap_err();
        assert!(matches!(error, FetchError::NoContact { .. }), "{host}: {error:?}");
        assert!(error.is_refusal() && !error.is_transient() && error.code() == "no_contact");
        assert!(error.to_string().contains("contact"), "{error}");
        let error = fetcher.robots(&format!("http://{host}/").parse().unwrap(), Default::default()).await.unwrap_err();
        assert!(matches!(error, FetchError::NoContact { .. }), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn connect_to_leads_elsewhere_and_keeps_the_name() {
    let server = Server::start(|_| Reply::ok("200 OK", "here")).await;
    let address = server.address;
    // No contact is needed, and the private address was named by the operator.
    let fetcher = Fetcher::new(with_rules(&[format!("www.qinglan.example:80:{address}")])).unwrap();
    let response = fetcher.get(&request("http://www.qinglan.example/a")).await.unwrap();
    assert_eq!((response.body, response.peer), ("here".into(), address));
    let head = server.requests().remove(0);
    assert!(head.starts_with("GET /a HTTP/1.1\r\n") && head.contains("\r\nhost: www.qinglan.example\r\n"), "{head}");
}

#[tokio::test]
async fn connect_to_goes_by_host_and_port() {
    let one = Server::start(|_| Reply::ok("200 OK", "one")).await;
    let two = Server::start(|_| Reply::ok("200 OK", "two")).await;
    let rest = Server::start(|_| Reply::ok("200 OK", "rest")).await;
    let rules = [
        format!("www.qinglan.example:80:{}", one.address),
        format!("www.qinglan.example:8080:{}", two.address),
        format!("[2606:4700::1]:80:{}", two.address),
        format!("1.1.1.1:80:{}", one.address),
        format!("::{}", rest.address),
    ];
    let fetcher = Fetcher::new(with_rules(&rules)).unwrap();
    let cases = [
        ("http://www.qinglan.example/", "one", "www.qinglan.example"),
        ("http://www.qinglan.example:8080/", "two", "www.qinglan.example:8080"),
        ("http://www.qinglan.example:8081/", "rest", "www.qinglan.example:8081"),
        ("http://bbs.qinglan.example/", "rest", "bbs.qinglan.example"),
        ("http://[2606:4700::1]/", "two", "[2606:4700::1]"),
        ("http://1.1.1.1/", "one", "1.1.1.1"),
    ];
    // Twice, so that connections at hand could be mixed up.
    for (url, body, _) in cases.iter().chain(&cases) {
        assert_eq!(fetcher.get(&request(url)).await.unwrap().body, body.as_bytes(), "{url}");
    }
    let heads = [one.requests(), two.requests(), rest.requests()].concat().concat();
    for (_, _, host) in cases {
        assert!(heads.contains(&format!("\r\nhost: {host}\r\n")), "{host} in {heads}");
    }
}

#[tokio::test]
async fn connect_to_takes_names_and_ipv6_and_bare_ports() {
    let server = Server::start(|_| Reply::ok("200 OK", "here")).await;
    let port = server.address.port();
    let fetcher = Fetcher::new(with_rules(&[format!("a.example:80:localhost:{port}")])).unwrap();
    assert_eq!(fetcher.get(&request("http://a.example/")).await.unwrap().body, "here");

    // A rule that only moves the port vouches for no address.
    let fetcher = Fetcher::new(with_rules(&[format!("127.0.0.1:80::{port}")])).unwrap();
    let error = fetcher.get(&request("http://127.0.0.1/")).await.unwrap_err();
    assert!(matches!(error, FetchError::PrivateAddress { .. }), "{error:?}");
    let config = FetchConfig { allow_private: true, ..with_rules(&[format!("127.0.0.1:80::{port}")]) };
    assert_eq!(Fetcher::new(config).unwrap().get(&request("http://127.0.0.1/")).await.unwrap().body, "here");
}

#[tokio::test]
async fn a_rule_opens_no_other_host() {
    let server = Server::start(|_| Reply::ok("200 OK", "here")).await;
    let config = FetchConfig {
        contact: Some("crawl@qinglan.example".to_owned()),
        ..with_rules(&[format!("www.qinglan.example:80:{}", server.address)])
    };
    let error = Fetcher::new(config).unwrap().get(&request(&server.url("/"))).await.unwrap_err();
    assert!(matches!(error, FetchError::PrivateAddress { .. }), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_rule_to_a_public_address_needs_a_contact_however_it_is_written() {
    for target in ["1.1.1.1", "16843009", "0x1010101", "[2606:4700:4700::1111]"] {
        let fetcher = Fetcher::new(with_rules(&[format!("::{target}:")])).unwrap();
        for host in ["www.qinglan.example", "127.0.0.1", "[::1]"] {
            let error = fetcher.get(&request(&format!("http://{host}/"))).await.unwrap_err();
            assert!(matches!(error, FetchError::NoContact { .. }), "{host} to {target}: {error:?}");
        }
    }
}

#[tokio::test]
async fn tls_asks_for_the_name_of_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fetcher = Fetcher::new(with_rules(&[format!("www.qinglan.example:443:{}", listener.local_addr().unwrap())]));
    let listening = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // The record's header says how long the greeting is; closing after it ends the test.
        let mut header = [0; 5];
        stream.read_exact(&mut header).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
        hello
    });
    let error = fetcher.unwrap().get(&request("https://www.qinglan.example/")).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }) && error.is_transient(), "{error:?}");
    let hello = listening.await.unwrap();
    let name = b"www.qinglan.example";
    assert!(hello.windows(name.len()).any(|window| window == name));
}

// Only Linux answers at all of 127.0.0.0/8 without being told to.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_serves_only_the_place_it_leads_to() {
    let one = Server::start(|_| Reply::ok("200 OK", "one")).await;
    let port = one.address.port();
    let two = Server::start_on(&format!("127.0.0.2:{port}"), |_| Reply::ok("200 OK", "two")).await;
    let fetcher = Fetcher::new(with_rules(&[
        format!("www.qinglan.example:80:{}", one.address),
        format!("www.qinglan.example:81:{}", two.address),
    ]))
    .unwrap();
    for _ in 0..3 {
        assert_eq!(fetcher.get(&request("http://www.qinglan.example/")).await.unwrap().body, "one");
        assert_eq!(fetcher.get(&request("http://www.qinglan.example:81/")).await.unwrap().body, "two");
    }
    assert_eq!((one.connections(), two.connections()), (1, 1));
}
