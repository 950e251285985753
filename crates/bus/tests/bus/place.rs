//! A vhost of its own for each test, on the broker that `BAOGAO_TEST_AMQP_URL` names.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

/// A vhost that nobody else uses, removed when this is dropped.
pub struct RabbitVhost {
    url: String,
    name: String,
    management: Management,
}

/// The broker's management API, as `guest`.
#[derive(Clone)]
pub struct Management {
    address: String,
}

/// What the API answered.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl RabbitVhost {
    pub fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let url = std::env::var("BAOGAO_TEST_AMQP_URL").expect("BAOGAO_TEST_AMQP_URL is set");
        let (base, _) = url.rsplit_once('/').expect("the address ends with a vhost");
        let (_, address) = base.rsplit_once('@').expect("the address has credentials");
        let (host, port) = address.rsplit_once(':').expect("the address has a port");
        let port: u16 = port.parse().expect("the port is one");
        let management = Management { address: format!("{host}:{}", port + 10_000) };
        let name = format!("bus-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let made = management.call("PUT", &format!("/api/vhosts/{name}"), "{}").unwrap();
        assert!(made.status < 300, "no vhost: {} {}", made.status, made.body);
        Self { url: format!("{base}/{name}"), name, management }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn management(&self) -> &Management {
        &self.management
    }
}

impl Drop for RabbitVhost {
    fn drop(&mut self) {
        let _ = self.management.call("DELETE", &format!("/api/vhosts/{}", self.name), "");
    }
}

impl Management {
    pub fn call(&self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        // `guest:guest` in base64. By HTTP 1.0, so that the answer ends with the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nAuthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok(Answer { status, body: body.to_owned() })
    }
}
