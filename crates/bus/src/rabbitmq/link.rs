//! One connection to the broker that is made again for as long as the bus is open.
//!
//! Our own supervisor and not lapin's recovery: what was out on a lost connection must be told apart from
//! what comes on the next one, and the topology is looked at before anybody may publish again.

use super::RabbitOptions;
use crate::BusError;
use futures::StreamExt;
use futures::future::BoxFuture;
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connect, Connection, ConnectionProperties};
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// The longest wait for the broker to answer a new connection; a stopped process still accepts them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted this long has proved itself; the next loss begins with the shortest pause.
const PROVEN: Duration = Duration::from_secs(10);
/// How often a connection is looked at. Losses are mostly told at once; this is for those that are not.
const LOOK: Duration = Duration::from_millis(250);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What must be done on a new connection before anybody may use it.
pub(super) type Prepare = Arc<dyn Fn(Arc<Connection>) -> BoxFuture<'static, Result<(), BusError>> + Send + Sync>;

/// Where and how to connect.
#[derive(Clone)]
pub(super) struct Dial {
    /// The nodes of one broker, at least one.
    uris: Vec<AMQPUri>,
    properties: ConnectionProperties,
    tls: OwnedTLSConfig,
}

impl Dial {
    /// Reads the addresses, joined by commas, and puts the options into them. `purpose` is added to the
    /// connection's name.
    pub(super) fn new(urls: &str, options: &RabbitOptions, purpose: &str) -> Result<Self, BusError> {
        let mut uris = Vec::new();
        for url in urls.split(',') {
            let mut uri: AMQPUri = url.trim().parse().map_err(|reason: String| BusError::InvalidUrl { reason })?;
            let heartbeat = u16::try_from(options.heartbeat.as_secs()).unwrap_or(u16::MAX).max(1);
            uri.query.heartbeat = Some(heartbeat);
            if let Some(user) = &options.user {
                uri.authority.userinfo.username.clone_from(user);
            }
            if let Some(password) = &options.password {
                uri.authority.userinfo.password.clone_from(password);
            }
            uris.push(uri);
        }
        let name = format!("{} ({purpose})", options.connection_name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: options.ca_certificates.clone() };
        Ok(Self { uris, properties, tls })
    }

    /// The nodes without credentials, for the log.
    fn place(&self) -> String {
        let place = |uri: &AMQPUri| format!("{}://{}:{}", uri.scheme, uri.authority.host, uri.authority.port);
        self.uris.iter().map(place).collect::<Vec<_>>().join(",")
    }

    /// Connects to one node, another with each `attempt`.
    async fn connect(&self, attempt: usize) -> Result<Connection, String> {
        let runtime = lapin::runtime::default_runtime().map_err(|error| error.to_string())?;
        let uri = self.uris[attempt % self.uris.len()].clone();
        let connecting = uri.connect_with_config(self.properties.clone(), self.tls.clone(), runtime);
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {CONNECT_TIMEOUT:?}")),
        }
    }
}

#[derive(Clone)]
enum State {
    /// Why.
    Down(String),
    Up(Arc<Connection>),
    Closed,
}

/// The connection, or the next one.
pub(super) struct Link {
    state: watch::Receiver<State>,
    closing: watch::Sender<bool>,
}

impl Link {
    /// Begins to connect, and goes on until [`Link::close`] or the drop.
    pub(super) fn start(dial: Dial, prepare: Prepare) -> Self {
        let (sender, state) = watch::channel(State::Down("not connected yet".to_owned()));
        let (closing, closed) = watch::channel(false);
        tokio::spawn(supervise(dial, prepare, sender, closed));
        Self { state, closing }
    }

    /// The connection; waits for it until `deadline`.
    pub(super) async fn connection(&self, deadline: Instant) -> Result<Arc<Connection>, BusError> {
        let mut state = self.state.clone();
        let changed = timeout_at(deadline, state.wait_for(|state| !matches!(state, State::Down(_)))).await;
        match changed {
            Ok(Ok(state)) => match &*state {
                State::Up(connection) => Ok(Arc::clone(connection)),
                _ => Err(BusError::Closed),
            },
            Ok(Err(_)) => Err(BusError::Closed),
            Err(_) => self.check(),
        }
    }

    /// The connection if there is one now.
    pub(super) fn check(&self) -> Result<Arc<Connection>, BusError> {
        match &*self.state.borrow() {
            State::Up(connection) if connection.status().connected() => Ok(Arc::clone(connection)),
            State::Up(_) => Err(BusError::unavailable("the connection to the broker was lost")),
            State::Down(why) => Err(BusError::unavailable(why.clone())),
            State::Closed => Err(BusError::Closed),
        }
    }

    /// Closes the connection and makes no other.
    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        // An error means that the supervisor has ended.
        let _ = self.state.clone().wait_for(|state| matches!(state, State::Closed)).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}

async fn supervise(dial: Dial, prepare: Prepare, state: watch::Sender<State>, mut closing: watch::Receiver<bool>) {
    let mut pause = FIRST_PAUSE;
    // What was last said in the log, so that an outage is one line when it begins and one when it ends.
    let mut said: Option<String> = None;
    // Replicas begin with different nodes.
    let mut attempt = (random() % dial.uris.len() as u64) as usize;
    loop {
        attempt += 1;
        let connected = tokio::select! {
            _ = closing.wait_for(|closing| *closing) => break,
            connected = establish(&dial, attempt, &prepare) => connected,
        };
        let why = match connected {
            Ok(connection) => {
                if said.take().is_some() {
                    tracing::debug!(broker = dial.place(), "the broker is back");
                }
                let since = Instant::now();
                state.send_replace(State::Up(Arc::clone(&connection)));
                let is_closing = tokio::select! {
                    _ = closing.wait_for(|closing| *closing) => true,
                    () = lost(&connection) => false,
                };
                if is_closing {
                    let _ = timeout(CLOSE_TIMEOUT, connection.close(200, "OK".into())).await;
                    break;
                }
                if since.elapsed() >= PROVEN {
                    pause = FIRST_PAUSE;
                }
                "the connection to the broker was lost".to_owned()
            }
            Err(why) => why,
        };
        // Whoever needs the bus warns, once; there are two connections and many reasons.
        if said.as_ref() != Some(&why) {
            tracing::debug!(
                broker = dial.place(),
                error = why,
                "the broker is out of reach, {} goes on trying",
                dial.place()
            );
        }
        state.send_replace(State::Down(why.clone()));
        said = Some(why);
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => break,
            () = sleep(jittered(pause)) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    state.send_replace(State::Closed);
}

async fn establish(dial: &Dial, attempt: usize, prepare: &Prepare) -> Result<Arc<Connection>, String> {
    let connection = Arc::new(dial.connect(attempt).await?);
    match timeout(CONNECT_TIMEOUT, prepare(Arc::clone(&connection))).await {
        Ok(Ok(())) => Ok(connection),
        Ok(Err(error)) => Err(described(&error)),
        Err(_) => Err(format!("the queues did not answer within {CONNECT_TIMEOUT:?}")),
    }
}

/// Resolves when the connection is no more.
async fn lost(connection: &Connection) {
    let mut events = std::pin::pin!(connection.events_listener());
    while connection.status().connected() {
        tokio::select! {
            event = events.next() => {
                if event.is_none() {
                    return;
                }
            }
            () = sleep(LOOK) => {}
        }
    }
}

/// What some work on a connection brings, or an error when the connection is no more: lapin may leave without
/// any answer, for ever, what was asked of it in the moment of the loss.
pub(super) async fn while_up<T>(
    connection: &Connection,
    work: impl Future<Output = Result<T, BusError>>,
) -> Result<T, BusError> {
    tokio::select! {
        biased;
        result = work => result,
        () = down(|| connection.status().connected()) => {
            Err(BusError::unavailable("the connection to the broker was lost"))
        }
    }
}

/// As [`while_up`], of a channel; none when it is no more.
pub(super) async fn while_open<T>(channel: &Channel, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        result = work => Some(result),
        () = down(|| channel.status().connected()) => None,
    }
}

/// Resolves when `is_up` is false, with some time for what failed then to say so itself.
async fn down(is_up: impl Fn() -> bool) {
    while is_up() {
        sleep(LOOK).await;
    }
    sleep(LOOK).await;
}

/// An error with its causes in one line.
pub(super) fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Between a half and the whole of `pause`, so that what failed together does not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + (random() % 1024) as f64 / 2048.0)
}

/// Randomness enough for waits and choices.
pub(super) fn random() -> u64 {
    // Every state is keyed anew.
    RandomState::new().build_hasher().finish()
}
