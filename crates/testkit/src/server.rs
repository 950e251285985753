//! One HTTP/1.1 server on loopback for many hosts, told apart by the `Host` header.
//!
//! It runs on a thread of its own, so that a test may block or be asynchronous as it likes. What to
//! answer is a [`Handler`]'s matter; how the answer goes over the wire (late, torn, endless), and
//! what is written into the log, is decided here.

use crate::log::{Hit, Log};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{HOST, HeaderMap, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The size of the pieces in which padding goes out.
const CHUNK: usize = 64 * 1024;

/// A request, as far as answers depend on it.
pub(crate) struct Asked<'a> {
    /// The `Host` header without port, in lower case.
    pub(crate) host: &'a str,
    /// Path and query.
    pub(crate) path: &'a str,
    /// All headers.
    pub(crate) headers: &'a HeaderMap,
}

/// What goes back.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers, save those that HTTP itself needs.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Payload,
    /// How long the server thinks before it says anything.
    pub(crate) delay: Duration,
}

/// A body and the way it goes over the wire.
pub(crate) enum Payload {
    /// The bytes, whole.
    Whole(Bytes),
    /// The first half of the bytes; then the connection is reset.
    Torn(Bytes),
    /// The bytes, then spaces up to `total` bytes.
    Padded {
        /// What comes first.
        start: Bytes,
        /// The length promised and kept.
        total: u64,
    },
}

impl Answer {
    /// A short answer in plain text.
    pub(crate) fn plain(status: u16, text: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: Payload::Whole(Bytes::copy_from_slice(text.as_bytes())),
            delay: Duration::ZERO,
        }
    }
}

/// Decides what is answered.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, asked: &Asked<'_>) -> Answer;
}

/// A running server. Dropping it stops it.
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Binds a free port of 127.0.0.1 and starts answering.
    pub(crate) fn start(handler: Arc<dyn Handler>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let log = Arc::new(Log::new());
        let (stop, stopped) = oneshot::channel();
        let thread_log = Arc::clone(&log);
        let thread = std::thread::Builder::new().name("fake-web".to_owned()).spawn(move || {
            runtime.block_on(async {
                // Registering a bound socket fails only where there is no reactor.
                if let Ok(listener) = TcpListener::from_std(listener) {
                    tokio::select! {
                        () = accept(listener, handler, thread_log) => {}
                        _ = stopped => {}
                    }
                }
            });
        })?;
        Ok(Self { address, log, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked so far.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself; then there is nobody to tell.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the server thread has been printed; the test has failed for want of answers.
            let _ = thread.join();
        }
    }
}

/// Takes connections until it is dropped, and the open ones with it.
async fn accept(listener: TcpListener, handler: Arc<dyn Handler>, log: Arc<Log>) {
    let connections = AtomicU64::new(0);
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A client that is gone before it is accepted is no matter of ours.
                let Ok((stream, _)) = accepted else { continue };
                let number = connections.fetch_add(1, Ordering::Relaxed);
                open.spawn(connection(stream, number, Arc::clone(&handler), Arc::clone(&log)));
            }
            Some(_) = open.join_next() => {}
        }
    }
}

/// Answers the requests of one connection; resets it where an answer is torn.
async fn connection(stream: TcpStream, number: u64, handler: Arc<dyn Handler>, log: Arc<Log>) {
    let service = service_fn(|request| respond(request, number, Arc::clone(&handler), Arc::clone(&log)));
    let mut http = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if (&mut http).await.is_err() {
        let stream = http.into_parts().io.into_inner();
        // Closing with unsent data dropped sends RST. Where the client broke off this changes nothing.
        let _ = stream.set_zero_linger();
    }
}

/// Answers one request and writes it into the log.
async fn respond(
    request: Request<Incoming>,
    connection: u64,
    handler: Arc<dyn Handler>,
    log: Arc<Log>,
) -> Result<Response<Reply>, Infallible> {
    let at = log.now();
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = header(HOST).to_ascii_lowercase();
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let answer = handler.answer(&Asked { host, path, headers: request.headers() });

    let place = log.begin(Hit {
        at,
        ended: None,
        host: host.to_owned(),
        path: path.to_owned(),
        status: answer.status,
        user_agent: header(USER_AGENT).to_owned(),
        connection,
    });
    let end = EndGuard { log, place };
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    // A header of the test's own making that HTTP does not allow: say so where the test looks.
    Ok(response.body(Reply::new(answer.body, end)).unwrap_or_else(|error| {
        let mut response = Response::new(Reply::error(&error.to_string()));
        *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

/// Notes the end of a response when its body is dropped, sent or not.
struct EndGuard {
    log: Arc<Log>,
    place: usize,
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.log.end(self.place);
    }
}

/// The body of a response on its way.
struct Reply {
    /// Not yet sent.
    first: Option<Bytes>,
    /// Spaces still to follow.
    padding: u64,
    /// Whether the connection breaks when the rest should come.
    torn: bool,
    /// Whether to let what was said go out before breaking.
    flush_first: bool,
    /// The length promised.
    length: u64,
    _end: Option<EndGuard>,
}

impl Reply {
    fn new(payload: Payload, end: EndGuard) -> Self {
        let (first, padding, torn, length) = match payload {
            Payload::Whole(bytes) => (bytes.clone(), 0, false, bytes.len() as u64),
            Payload::Torn(bytes) => (bytes.slice(..bytes.len() / 2), 0, true, bytes.len() as u64),
            Payload::Padded { start, total } => {
                let padding = total.saturating_sub(start.len() as u64);
                (start.clone(), padding, false, start.len() as u64 + padding)
            }
        };
        let first = Some(first).filter(|bytes| !bytes.is_empty());
        Self { first, padding, torn, flush_first: torn, length, _end: Some(end) }
    }

    fn error(text: &str) -> Self {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        Self { length: bytes.len() as u64, first: Some(bytes), padding: 0, torn: false, flush_first: false, _end: None }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        static SPACES: [u8; CHUNK] = [b' '; CHUNK];
        if let Some(bytes) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if std::mem::take(&mut self.flush_first) {
            // While a body is pending the connection writes out what it holds.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.torn {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))));
        }
        if self.padding == 0 {
            return Poll::Ready(None);
        }
        let size = self.padding.min(CHUNK as u64);
        self.padding -= size;
        // At most CHUNK, so the cast loses nothing.
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&SPACES[..size as usize])))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.padding == 0 && !self.torn
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
