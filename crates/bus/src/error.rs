//! What can go wrong with the bus, and whether trying again can help.

use std::error::Error;
use std::path::PathBuf;

/// Why the bus did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The file could not be opened or created.
    #[error("cannot open the bus at {path}; check that its folder exists and may be written to")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file is a database of something else.
    #[error("{path} is not a bus of baogao (application id {found:#x}); name another file")]
    NotABus {
        /// The file.
        path: PathBuf,
        /// The application id it carries.
        found: i32,
    },
    /// A later program has written the file.
    #[error("{path} has schema version {found}, this program knows versions up to {known}; upgrade it")]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The version the file has.
        found: i32,
        /// The newest version known here.
        known: i32,
    },
    /// The disk is full, or the file has reached [`crate::Options::max_file_bytes`]. Nothing of the
    /// operation was stored.
    #[error("no room left for the bus at {path}; free disk space, let the queues drain, or raise `bus.max_file_bytes`")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// A queue has reached its length limit and goes on refusing. Some of the messages may be in it, or
    /// in other queues bound to them.
    #[error(
        "a queue refuses messages: it has no leader just now, or it is full; then let it drain, or raise \
         `bus.max_queue_length` or `bus.max_queue_bytes`"
    )]
    QueueFull,
    /// The file, or this handle, may only be read.
    #[error("the bus at {path} may only be read")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The broker's address cannot be read.
    #[error(
        "the broker's address cannot be read: {reason}; write it as amqp://user:password@host:5672/vhost or amqps://…"
    )]
    InvalidUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// What stores the messages is busy, out of reach, or failed to read or write.
    #[error("the bus is unavailable at the moment")]
    Unavailable {
        /// What the back end says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The stored messages cannot be read, or the back end broke its own rules.
    #[error("the bus is broken; restore its file from a backup, or move it away to begin with empty queues")]
    Broken {
        /// What the back end says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nobody has declared this queue.
    #[error("queue {queue:?} is not declared")]
    UnknownQueue {
        /// The name asked for.
        queue: String,
    },
    /// A queue cannot be declared so.
    #[error("queue {queue:?} cannot be declared: {reason}")]
    InvalidQueue {
        /// The name asked for.
        queue: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing can be listened to so.
    #[error("the pattern cannot be listened to: {reason}")]
    InvalidPattern {
        /// What is wrong with it.
        reason: String,
    },
    /// As many listen to the bus at `path` as may at a time.
    #[error(
        "{most} others listen to the bus at {path} already; end one of them, or wait until one that was killed expires"
    )]
    TooManyListeners {
        /// The file.
        path: PathBuf,
        /// How many may.
        most: u32,
    },
    /// A message cannot travel. None of those published with it did.
    #[error("message {id:?} cannot be published: {reason}")]
    InvalidMessage {
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The bus was closed.
    #[error("the bus is closed")]
    Closed,
}

impl BusError {
    /// The back end is out of reach, because of `cause`.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { source: cause.into() }
    }

    /// Whether the same call may succeed later without anybody changing it.
    ///
    /// A stage that meets a transient error pauses, hands back what it holds, and counts no attempt.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Full { .. } | Self::QueueFull | Self::Unavailable { .. } | Self::TooManyListeners { .. } => true,
            Self::Open { .. }
            | Self::NotABus { .. }
            | Self::NewerSchema { .. }
            | Self::ReadOnly { .. }
            | Self::InvalidUrl { .. }
            | Self::Broken { .. }
            | Self::UnknownQueue { .. }
            | Self::InvalidQueue { .. }
            | Self::InvalidPattern { .. }
            | Self::InvalidMessage { .. }
            | Self::Closed => false,
        }
    }
}
