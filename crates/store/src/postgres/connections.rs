//! Connections, kept for the next one who asks.
//!
//! Not the driver's pool, since that one tries on in silence while the server is away and then says
//! only that time ran out. Here the first failure to connect is the answer, with its cause.

use super::PostgresOptions;
use super::place::Place;
use crate::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Opens connections to one place.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) place: Place,
    options: PgConnectOptions,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
}

impl Connector {
    /// Reads the address.
    pub(super) fn new(url: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        let invalid = |reason: String| StoreError::InvalidAddress { reason };
        // The driver names the part that is wrong and not the password.
        let address: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| invalid(error.to_string()))?;
        let schema = &options.schema;
        if !is_name(schema) {
            return Err(invalid(format!("{schema:?} is no schema name: use a-z, 0-9 and _, 63 at most, and not pg_…")));
        }
        let statement_ms = options.statement_timeout.as_millis().clamp(1, 86_400_000).to_string();
        let address = address.application_name("baogao-store").disable_statement_logging().options([
            ("search_path", schema.as_str()),
            ("statement_timeout", &statement_ms),
            // A transaction whose client vanished lets go of its locks.
            ("idle_in_transaction_session_timeout", &statement_ms),
        ]);
        Ok(Self {
            place: Place::new(&address),
            options: address,
            connect_timeout: options.connect_timeout,
            statement_timeout: options.statement_timeout,
        })
    }

    /// Opens a connection.
    pub(super) async fn connect(&self, doing: &'static str) -> Result<PgConnection, StoreError> {
        self.place.bounded(doing, self.connect_timeout, self.options.connect()).await
    }

    /// Waits for an answer as long as a statement may take.
    pub(super) async fn bounded<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        // The server's own limit, which says more, comes first.
        let limit = self.statement_timeout.saturating_add(Duration::from_secs(5));
        self.place.bounded(doing, limit, work).await
    }
}

/// Whether it can stand in SQL and in a setting without quotes.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len())
        && name.chars().all(is_plain)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.starts_with("pg_")
}

/// The connections of readers: so many at most, opened when asked for.
pub(super) struct Readers {
    connector: Connector,
    permits: Arc<Semaphore>,
    /// None after closing.
    idle: Arc<Mutex<Option<Vec<PgConnection>>>>,
}

impl Readers {
    pub(super) fn new(connector: Connector, most: usize) -> Self {
        let permits = Arc::new(Semaphore::new(most.max(1)));
        Self { connector, permits, idle: Arc::new(Mutex::new(Some(Vec::new()))) }
    }

    /// Lends a connection that answers.
    pub(super) async fn lend(&self, doing: &'static str) -> Result<Lent, StoreError> {
        let connector = &self.connector;
        let limit = connector.connect_timeout;
        let permit = tokio::time::timeout(limit, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| connector.place.busy(doing))?
            .map_err(|_| connector.place.closed())?;
        let kept = locked(&self.idle).as_mut().ok_or_else(|| connector.place.closed())?.pop();
        let connection = match kept {
            Some(connection) => self.answering(connection, doing).await?,
            None => connector.connect(doing).await?,
        };
        Ok(Lent { connection: Some(connection), idle: self.idle.clone(), _permit: permit })
    }

    /// The connection if it still answers, otherwise another; those that are idle then are as old.
    async fn answering(&self, mut connection: PgConnection, doing: &'static str) -> Result<PgConnection, StoreError> {
        let connector = &self.connector;
        if connector.place.bounded(doing, connector.connect_timeout, connection.ping()).await.is_ok() {
            return Ok(connection);
        }
        if let Some(idle) = locked(&self.idle).as_mut() {
            idle.clear();
        }
        connector.connect(doing).await
    }

    /// Closes what is idle and lends nothing more.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = locked(&self.idle).take();
        for connection in idle.into_iter().flatten() {
            // It is gone one way or the other.
            let _ = tokio::time::timeout(self.connector.connect_timeout, connection.close()).await;
        }
    }
}

/// A connection on loan. Closed at the end unless it is kept: after a failure it may be what is broken.
pub(super) struct Lent {
    /// None once kept.
    connection: Option<PgConnection>,
    idle: Arc<Mutex<Option<Vec<PgConnection>>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    /// Gives the connection back for the next one.
    pub(super) fn keep(mut self) {
        if let (Some(connection), Some(idle)) = (self.connection.take(), locked(&self.idle).as_mut()) {
            idle.push(connection);
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        // Only `keep` takes it, and consumes the loan.
        self.connection.as_ref().expect("is there until kept")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("is there until kept")
    }
}

/// A list of connections is whole whatever panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
