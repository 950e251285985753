//! The smallest client that serves: one GET, one connection, HTTP/1.1.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A response, read to its end.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// Asks `address` for `url`, with more header lines.
pub fn get_with(address: SocketAddr, url: &str, headers: &[(&str, &str)]) -> io::Result<Response> {
    let rest = url.strip_prefix("http://").expect("our URLs begin so");
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    parse(&all)
}

/// Asks `address` for `url`.
pub fn get(address: SocketAddr, url: &str) -> io::Result<Response> {
    get_with(address, url, &[])
}

fn parse(all: &[u8]) -> io::Result<Response> {
    let eof = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let at = all.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(eof)?;
    let head = String::from_utf8_lossy(&all[..at]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(eof)?;
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = all[at + 4..].to_vec();
    let promised: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(body.len());
    // A body cut short is no response.
    if body.len() < promised { Err(eof()) } else { Ok(Response { status, headers, body }) }
}
