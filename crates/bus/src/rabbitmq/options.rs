//! What an operator may turn on RabbitMQ, beside what holds for every bus.

use crate::Options;
use std::fmt;
use std::time::Duration;

/// How a bus on RabbitMQ connects, how long it waits for the broker, and how much a queue may hold.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitOptions {
    /// What holds for every bus. `max_file_bytes` has no meaning here.
    pub bus: Options,
    /// How many messages a work queue holds before its publishers are refused; `None` for no limit.
    /// Applies when a queue is first made: the broker keeps the limits of a queue that exists.
    pub max_queue_length: Option<u64>,
    /// The same for the bytes of the bodies.
    pub max_queue_bytes: Option<u64>,
    /// How many messages may be published and not yet confirmed, over the whole bus. 0 counts as 1.
    pub confirm_window: usize,
    /// The name that the broker shows for the connections: the service and its replica.
    pub connection_name: String,
    /// How often both sides show that they live; a connection silent for twice as long is given up.
    /// In whole seconds, at least one.
    pub heartbeat: Duration,
    /// How long one call goes on trying while the broker is away or a queue is full, before it answers
    /// with a transient error.
    pub patience: Duration,
    /// The user, instead of the one in the address.
    pub user: Option<String>,
    /// The password, instead of the one in the address. Never shown.
    pub password: Option<String>,
    /// Certificates in PEM that are trusted beside the platform's own, for `amqps://`.
    pub ca_certificates: Option<String>,
}

impl Default for RabbitOptions {
    fn default() -> Self {
        Self {
            bus: Options::default(),
            max_queue_length: Some(2_000_000),
            max_queue_bytes: Some(8 * 1024 * 1024 * 1024),
            confirm_window: 64,
            connection_name: "baogao".to_owned(),
            heartbeat: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            user: None,
            password: None,
            ca_certificates: None,
        }
    }
}

impl fmt::Debug for RabbitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitOptions")
            .field("bus", &self.bus)
            .field("max_queue_length", &self.max_queue_length)
            .field("max_queue_bytes", &self.max_queue_bytes)
            .field("confirm_window", &self.confirm_window)
            .field("connection_name", &self.connection_name)
            .field("heartbeat", &self.heartbeat)
            .field("patience", &self.patience)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}
