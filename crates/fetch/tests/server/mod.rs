//! A web server on the loopback that misbehaves as told.
//!
//! It speaks bytes, not HTTP, since half of what is tested no HTTP library would send.

#![allow(dead_code)] // Each test binary uses its own part.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Duration, Instant, sleep};

/// What the server does with a request.
#[derive(Clone)]
pub enum Reply {
    /// Sends these bytes and is ready for the next request.
    Bytes(Vec<u8>),
    /// Does the same after some thought.
    Slow(Duration, Vec<u8>),
    /// Sends these bytes and closes in good order.
    Close(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Sends these bytes and then nothing, for ever.
    Stall(Vec<u8>),
    /// Sends the first bytes once and the second again and again, for ever.
    Drip(Vec<u8>, Vec<u8>),
}

impl Reply {
    /// A whole response.
    pub fn ok(head: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

/// What a server was doing, in the order of happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A request had come.
    Begin(Instant),
    /// The server was about to send its response, so the client could not yet have all of it.
    End(Instant),
}

/// A running server; it ends with its test's runtime.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    marks: Arc<Mutex<Vec<Mark>>>,
    connections: Arc<Mutex<usize>>,
}

impl Server {
    /// Starts a server that answers each request by its path.
    pub async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", answer).await
    }

    /// The same at an address of one's choice.
    pub async fn start_on(address: &str, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            marks: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, marks, answer) = (server.requests.clone(), server.marks.clone(), Arc::new(answer));
        let connections = server.connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, requests.clone(), marks.clone(), answer.clone()));
            }
        });
        server
    }

    /// A URL of this server by its address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of all requests so far, as sent.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// When requests came and whole responses went.
    pub fn marks(&self) -> Vec<Mark> {
        self.marks.lock().unwrap().clone()
    }

    /// How many connections have been made.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
    marks: Arc<Mutex<Vec<Mark>>>,
    answer: Arc<impl Fn(&str) -> Reply + Send + Sync>,
) {
    while let Some(head) = read_head(&mut stream).await {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        requests.lock().unwrap().push(head);
        marks.lock().unwrap().push(Mark::Begin(Instant::now()));
        // A client that hangs up early is part of the game.
        match answer(&path) {
            Reply::Bytes(bytes) => {
                marks.lock().unwrap().push(Mark::End(Instant::now()));
                let _ = stream.write_all(&bytes).await;
            }
            Reply::Slow(thought, bytes) => {
                sleep(thought).await;
                marks.lock().unwrap().push(Mark::End(Instant::now()));
                let _ = stream.write_all(&bytes).await;
            }
            Reply::Close(bytes) => {
                marks.lock().unwrap().push(Mark::End(Instant::now()));
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Reset(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                let _ = stream.set_zero_linger();
                return;
            }
            Reply::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            Reply::Drip(first, again) => {
                let _ = stream.write_all(&first).await;
                while stream.write_all(&again).await.is_ok() {
                    sleep(Duration::from_millis(5)).await;
                }
                return;
            }
        }
    }
}

/// One request's head; none at the end of the connection.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
