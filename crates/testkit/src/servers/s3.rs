//! An object store that speaks the S3 protocol: a bucket of its own for each test.

use super::daemon::{Daemon, wait_until_ready};
use super::place::Place;
use super::{port, unique_name};
use crate::python;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

/// How often the server is started on another port, should somebody take one before it does.
const ATTEMPTS: u32 = 3;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A bucket that nobody else uses, on the test run's `moto_server`. What is left in it goes with the
/// server.
///
/// The server takes any key; [`KEY_ID`](Self::KEY_ID) and [`SECRET`](Self::SECRET) are two that do.
/// To cut it off, go through a [`TcpProxy`](crate::TcpProxy).
#[derive(Debug)]
pub struct S3Bucket {
    address: SocketAddr,
    name: String,
}

impl S3Bucket {
    /// The name of a key that is taken.
    pub const KEY_ID: &'static str = "baogao-test";

    /// The secret of that key.
    pub const SECRET: &'static str = "baogao-test-secret";

    /// Makes a new one. Blocks.
    ///
    /// # Panics
    ///
    /// When there is no server and none can be started.
    pub fn create() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, shared()));
        // Buckets have no underscores, and no more than 63 letters.
        let name = unique_name().replace('_', "-");
        let bucket = Self { address, name };
        let (status, answer) = bucket.call("PUT", "", b"").expect("the test object store answers");
        assert_eq!(status, 200, "cannot make a bucket on the test object store: {}", String::from_utf8_lossy(&answer));
        bucket
    }

    /// Where the store listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The store's endpoint: `http://127.0.0.1:25000`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An object's bytes; none where there is no such object.
    ///
    /// # Panics
    ///
    /// When the store does not answer.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let (status, body) = self.call("GET", key, b"").expect("the test object store answers");
        (status == 200).then_some(body)
    }

    /// Writes an object.
    ///
    /// # Panics
    ///
    /// When the store does not answer, or refuses.
    pub fn put(&self, key: &str, body: &[u8]) {
        let (status, _) = self.call("PUT", key, body).expect("the test object store answers");
        assert_eq!(status, 200, "the object {key} is written");
    }

    /// The keys of all objects, the first thousand, in order.
    ///
    /// # Panics
    ///
    /// When the store does not answer.
    pub fn keys(&self) -> Vec<String> {
        let (_, body) = self.call("GET", "?list-type=2", b"").expect("the test object store answers");
        let listed = String::from_utf8_lossy(&body).into_owned();
        let after = listed.split("<Key>").skip(1);
        after.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    fn call(&self, method: &str, key: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        call(self.address, method, &format!("/{}/{key}", self.name), body)
    }
}

/// The port of the run's server, started now where there is none.
fn shared() -> u16 {
    let program = python::program("moto_server");
    let place = Place::shared();
    let _starting = place.starting().expect("the test servers' directory can be locked");
    let dir = place.server("s3");
    let note = dir.join("port");
    let noted = fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
    if let Some(port) = noted.filter(|port| Daemon::noted(&dir).iter().all(Daemon::is_alive) && is_ready(*port)) {
        return port;
    }
    let mut attempt = 1;
    loop {
        let dir = place.fresh_server("s3").expect("the test servers' directory is writable");
        let port = port::free();
        let mut server = Command::new(&program);
        server.current_dir("/").args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let started = Daemon::start(&mut server, &dir)
            .map_err(|error| error.to_string())
            .and_then(|daemon| wait_until_ready(&daemon, &dir, || is_ready(port)));
        match started {
            Ok(()) => {
                // Noted last: a server without the note was never ready.
                let partial = dir.join("port.partial");
                fs::write(&partial, port.to_string()).expect("the test servers' directory is writable");
                fs::rename(partial, note).expect("the test servers' directory is writable");
                return port;
            }
            Err(why) if attempt == ATTEMPTS => panic!("the test object store cannot be started: {why}"),
            Err(_) => attempt += 1,
        }
    }
}

fn is_ready(port: u16) -> bool {
    call(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "GET", "/", b"").is_ok_and(|(status, _)| status == 200)
}

/// Asks by plain HTTP; status and body.
fn call(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // By HTTP 1.0, so that the body comes in one piece and ends with the connection. The server looks
    // at who signs, not at the signature.
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, \
         Signature=0\r\n\r\n",
        body.len(),
        S3Bucket::KEY_ID
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let no_http = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(no_http)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(no_http)?;
    Ok((status, answer.split_off(end + 4)))
}
