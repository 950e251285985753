//! A network that fails when told to, between a client and a server.

use crate::servers::free_port;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Pieces on their way in one direction of a connection; more wait in the sender's socket.
const ON_THE_WAY: usize = 64;

/// The size of a piece, in bytes.
const PIECE: usize = 16 * 1024;

/// Carries TCP connections to a server, and breaks them when told to. It works on a thread of its own,
/// so a test may block or be asynchronous. Dropping it cuts everything.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    wire: Arc<Wire>,
    /// Whether the port is open, as the thread last made it so.
    is_open: watch::Receiver<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What the network is like.
#[derive(Debug)]
struct Wire {
    state: watch::Sender<State>,
    connections: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct State {
    refuses: bool,
    holds: bool,
    delay: Duration,
    /// How often everything was cut so far.
    cuts: u64,
    /// Bytes that may pass until everything is cut.
    bytes_left: Option<u64>,
    is_over: bool,
}

impl TcpProxy {
    /// Listens on a free port of 127.0.0.1 for clients of `upstream`, which need not be there yet.
    ///
    /// # Errors
    ///
    /// When no port can be bound or no thread started.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, free_port()))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let wire = Arc::new(Wire {
            state: watch::Sender::new(State {
                refuses: false,
                holds: false,
                delay: Duration::ZERO,
                cuts: 0,
                bytes_left: None,
                is_over: false,
            }),
            connections: AtomicUsize::new(0),
        });
        let (opened, is_open) = watch::channel(true);
        let theirs = Arc::clone(&wire);
        let thread = std::thread::Builder::new()
            .name("tcp-proxy".to_owned())
            .spawn(move || runtime.block_on(listen(listener, address, upstream, theirs, opened)))?;
        Ok(Self { address, wire, is_open, thread: Some(thread) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.wire.connections.load(Ordering::Relaxed)
    }

    /// Resets all connections, on both sides. New ones are welcome.
    pub fn cut(&self) {
        self.wire.state.send_modify(|state| state.cuts += 1);
    }

    /// Resets all connections, once, when `bytes` more have come in from both sides together. The bytes
    /// that come with the last one are lost.
    pub fn cut_after(&self, bytes: u64) {
        self.wire.state.send_modify(|state| state.bytes_left = Some(bytes));
    }

    /// Refuses new connections, as a machine does on which nobody listens, or takes them again. Those
    /// that are there stay. Returns when it is so.
    pub fn refuse(&self, refuses: bool) {
        self.wire.state.send_modify(|state| state.refuses = refuses);
        while *self.is_open.borrow() == refuses && !self.is_over() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets each piece arrive that much later, in each direction. What is on its way already comes as it
    /// was sent.
    pub fn delay(&self, delay: Duration) {
        self.wire.state.send_modify(|state| state.delay = delay);
    }

    /// Lets nothing through in either direction, as a network that loses every packet, or all that was
    /// held back and the rest. Connections stay, and new ones seem to come about.
    pub fn black_hole(&self, holds: bool) {
        self.wire.state.send_modify(|state| state.holds = holds);
    }

    /// A network in order: nothing refused, held or delayed. What was cut stays cut.
    pub fn heal(&self) {
        self.wire.state.send_modify(|state| {
            state.delay = Duration::ZERO;
            state.holds = false;
            state.bytes_left = None;
        });
        self.refuse(false);
    }

    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.wire.state.send_modify(|state| state.is_over = true);
        if let Some(thread) = self.thread.take() {
            // It only moves bytes; and a test's clean-up has nothing better to do.
            let _ = thread.join();
        }
    }
}

/// Accepts connections until it is over.
async fn listen(
    listener: TcpListener,
    address: SocketAddr,
    upstream: SocketAddr,
    wire: Arc<Wire>,
    opened: watch::Sender<bool>,
) {
    let mut listener = Some(listener);
    let mut state = wire.state.subscribe();
    loop {
        let State { refuses, is_over, .. } = *state.borrow_and_update();
        if is_over {
            return;
        }
        if refuses {
            listener = None;
        } else if listener.is_none() {
            // The port is ours unless somebody took it meanwhile; then there is nothing but to wait.
            listener = TcpListener::bind(address).await.ok();
        }
        opened.send_replace(listener.is_some());
        let accept = async {
            match &listener {
                Some(listener) => listener.accept().await.ok(),
                None if refuses => std::future::pending().await,
                None => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    None
                }
            }
        };
        tokio::select! {
            accepted = accept => if let Some((client, _)) = accepted {
                tokio::spawn(carry(client, upstream, Arc::clone(&wire)));
            },
            _ = state.changed() => {}
        }
    }
}

/// Carries one connection to its end, whichever it is.
async fn carry(mut client: TcpStream, upstream: SocketAddr, wire: Arc<Wire>) {
    let _counted = Counted::new(&wire);
    let mut state = wire.state.subscribe();
    let cuts = state.borrow().cuts;
    let is_cut = state.wait_for(|state| state.cuts != cuts);
    let mut server = None;
    let is_in_order = tokio::select! {
        biased; // After a cut nothing passes.
        _ = is_cut => false,
        carried = connect_and_copy(&mut client, &mut server, upstream, &wire) => carried.is_ok(),
    };
    if !is_in_order {
        for stream in std::iter::once(client).chain(server) {
            // Closed so, it is reset. One that is closed already needs no more.
            let _ = stream.set_zero_linger();
        }
    }
}

/// Carries a connection until both sides have said that they are done and everything is handed over.
async fn connect_and_copy(
    client: &mut TcpStream,
    server: &mut Option<TcpStream>,
    upstream: SocketAddr,
    wire: &Wire,
) -> io::Result<()> {
    wire.let_through().await;
    let server = server.insert(TcpStream::connect(upstream).await?);
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::try_join!(copy(from_client, to_server, wire), copy(from_server, to_client, wire)).map(drop)
}

/// Copies one direction until its sender closes it, each piece as late as it should be.
async fn copy(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, wire: &Wire) -> io::Result<()> {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let read = async move {
        loop {
            wire.let_through().await;
            let mut piece = vec![0; PIECE];
            let count = from.read(&mut piece).await?;
            if count == 0 {
                return Ok(());
            }
            piece.truncate(count);
            wire.spend(count);
            let due = Instant::now() + wire.state.borrow().delay;
            if sender.send((due, piece)).await.is_err() {
                return Ok(()); // The other half has failed and says so.
            }
        }
    };
    let write = async move {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            wire.let_through().await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(drop)
}

impl Wire {
    /// Returns as soon as nothing is held back.
    async fn let_through(&self) {
        // The sender is ours, so the channel stays open.
        let _ = self.state.subscribe().wait_for(|state| !state.holds).await;
    }

    /// Counts bytes that have come in, towards the cut that was ordered.
    fn spend(&self, bytes: usize) {
        self.state.send_if_modified(|state| {
            let Some(left) = state.bytes_left else { return false };
            let left = left.saturating_sub(bytes as u64);
            state.bytes_left = (left > 0).then_some(left);
            state.cuts += u64::from(left == 0);
            left == 0
        });
    }
}

/// One of the connections, for as long as it is there.
struct Counted<'a>(&'a Wire);

impl<'a> Counted<'a> {
    fn new(wire: &'a Wire) -> Self {
        wire.connections.fetch_add(1, Ordering::Relaxed);
        Self(wire)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
