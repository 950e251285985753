//! What a service says of itself.
//!
//! Metrics belong to the process, so this test has one to itself: another that touches a part would
//! change what is told here.

use baogao_runtime::health::{self, HealthConfig};
use baogao_runtime::metrics::Exposition;
use baogao_runtime::{ByteBudget, Context, Shutdown};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status and the body of an answer.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the request goes out");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

#[tokio::test]
async fn a_service_is_alive_while_it_waits_and_ready_when_all_is_there() {
    let metrics = Exposition::install().expect("the first in this process");
    let context = Context::new(Shutdown::new(), ByteBudget::default());
    let config = HealthConfig::default();
    let address = health::serve(&config, context.health.clone(), context.shutdown.clone(), metrics)
        .await
        .expect("a free port of loopback");
    assert_eq!(get(address, "/ready").await.0, 200, "it needs nothing");

    context.health.watch("bus");
    context.health.watch("frontier");
    context.health.lost("frontier", "connection refused");
    let (status, body) = get(address, "/ready").await;
    assert_eq!(status, 503);
    for word in ["\"ready\":false", "\"bus\":\"not reached yet\"", "\"frontier\":\"connection refused\""] {
        assert!(body.contains(word), "{body}");
    }
    assert_eq!(get(address, "/live").await.0, 200, "alive all the same");

    context.health.back("bus");
    context.health.back("frontier");
    assert_eq!(get(address, "/ready").await.0, 200);

    metrics::counter!("baogao_test_pages_total", "outcome" => "fetched").increment(3);
    metrics::histogram!("baogao_test_seconds").record(0.02);
    let (status, body) = get(address, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "baogao_test_pages_total{outcome=\"fetched\"} 3",
        "baogao_test_seconds_bucket{le=\"0.05\"} 1",
        "baogao_part_reachable{part=\"bus\"} 1",
    ] {
        assert!(body.contains(line), "{line} is not in\n{body}");
    }
    assert_eq!(get(address, "/nowhere").await.0, 404);

    context.shutdown.request();
    let (status, body) = get(address, "/ready").await;
    assert!(status == 503 && body.contains("\"stopping\":true"), "{body}");
}
