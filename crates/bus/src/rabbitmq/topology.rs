//! Exchange, queues and bindings, made on the broker and remembered there.
//!
//! AMQP cannot list queues nor the bindings of one, and declaring a queue again must remove the bindings that
//! are not in its new declaration. So the bus keeps one durable message, the registry, that says which queues
//! there are and what each is bound to; the newest one counts. It is changed by one connection at a time:
//! the one that has made the exclusive queue `baogao.lock.topology`, which the broker removes with it.
//! Bindings are written down before they are made and until they are removed, so a process that dies in
//! between leaves none that nobody knows of.

use super::link::{Link, while_up};
use super::names::{self, EXCHANGE, REGISTRY, TOPOLOGY_LOCK, Waits};
use super::publisher::{confirming, declare_exchange};
use crate::{BusError, QueueSpec};
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ErrorKind};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// AMQP's reply codes.
pub(super) const NOT_FOUND: u16 = 404;
const RESOURCE_LOCKED: u16 = 405;
const PRECONDITION_FAILED: u16 = 406;

/// How long a look at the registry holds.
const FRESH: Duration = Duration::from_secs(30);

/// The bindings of each queue.
type Registry = BTreeMap<String, BTreeSet<String>>;

pub(super) struct Topology {
    waits: Waits,
    limits: (Option<u64>, Option<u64>),
    /// What this process declared, to be made again should the broker lose it.
    declared: Mutex<BTreeMap<String, QueueSpec>>,
    /// The queues on the broker when we last looked.
    known: Mutex<Option<(Instant, Vec<String>)>>,
    /// The broker's lock is the connection's, so within one process this comes on top.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Topology {
    pub(super) fn new(waits: Waits, limits: (Option<u64>, Option<u64>)) -> Self {
        Self { waits, limits, declared: Mutex::default(), known: Mutex::default(), turn: Arc::default() }
    }

    /// Whether this process has declared the queue.
    pub(super) fn has(&self, queue: &str) -> bool {
        self.declared().contains_key(queue)
    }

    /// Makes the queues exist with exactly these bindings.
    pub(super) async fn declare(
        self: &Arc<Self>,
        link: &Link,
        specs: &[QueueSpec],
        deadline: Instant,
    ) -> Result<(), BusError> {
        let connection = link.connection(deadline).await?;
        self.declare_on(connection, specs.to_vec(), deadline).await?;
        for spec in specs {
            self.declared().insert(spec.name.clone(), spec.clone());
        }
        Ok(())
    }

    /// Looks whether the broker still has what this process declared, and makes what is missing.
    pub(super) async fn restore(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        deadline: Instant,
    ) -> Result<(), BusError> {
        let declared: Vec<QueueSpec> = self.declared().values().cloned().collect();
        let mut missing = Vec::new();
        for spec in declared {
            if !exists(&connection, &spec.name).await? {
                tracing::warn!(queue = spec.name, "queue {} was gone from the broker, it is made anew", spec.name);
                missing.push(spec);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.declare_on(connection, missing, deadline).await
    }

    /// The names of all work queues on the broker, whoever declared them.
    pub(super) async fn queues(self: &Arc<Self>, link: &Link, deadline: Instant) -> Result<Vec<String>, BusError> {
        if let Some((at, names)) = &*self.known()
            && at.elapsed() < FRESH
        {
            return Ok(names.clone());
        }
        // Declaring nothing reads the registry, and publishes nothing: a connection that never did is not
        // held up by a broker short of memory.
        let connection = link.connection(deadline).await?;
        self.declare_on(connection, Vec::new(), deadline).await?;
        Ok(self.known().as_ref().map(|(_, names)| names.clone()).unwrap_or_default())
    }

    async fn declare_on(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        specs: Vec<QueueSpec>,
        deadline: Instant,
    ) -> Result<(), BusError> {
        let topology = Arc::clone(self);
        let on = Arc::clone(&connection);
        let change = async move { topology.change(&on, &specs).await };
        locked(connection, &self.turn, TOPOLOGY_LOCK, deadline, change).await
    }

    /// Under the lock.
    async fn change(&self, connection: &Connection, specs: &[QueueSpec]) -> Result<(), BusError> {
        let channel = confirming(connection).await.map_err(BusError::unavailable)?;
        ensure(connection, REGISTRY, names::keeping()).await?;
        declare_exchange(&channel).await.map_err(BusError::unavailable)?;
        for spec in specs {
            for (name, arguments) in self.waits.plan(&spec.name, self.limits) {
                ensure(connection, &name, arguments).await?;
            }
        }
        let written = self.rebind(&channel, specs).await.map_err(BusError::unavailable)?;
        *self.known() = Some((Instant::now(), written.into_keys().collect()));
        // Closing also puts back the registry that was only looked at.
        channel.close(200, "OK".into()).await.map_err(BusError::unavailable)
    }

    /// Makes the bindings those of `specs`, and gives the registry as it is then.
    async fn rebind(&self, channel: &Channel, specs: &[QueueSpec]) -> lapin::Result<Registry> {
        let (mut registry, mut newest) = read(channel).await?;
        let before = registry.clone();
        for spec in specs {
            registry.entry(spec.name.clone()).or_default().extend(spec.bindings.iter().cloned());
        }
        if registry != before {
            newest = Some(write(channel, &registry, newest).await?);
        }
        for spec in specs {
            for pattern in &spec.bindings {
                let (queue, pattern) = (spec.name.as_str().into(), pattern.as_str().into());
                let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
                channel.queue_bind(queue, EXCHANGE.into(), pattern, options, arguments).await?;
            }
        }
        let both = registry.clone();
        for spec in specs {
            let wanted: BTreeSet<String> = spec.bindings.iter().cloned().collect();
            let had = registry.insert(spec.name.clone(), wanted.clone()).unwrap_or_default();
            for pattern in had.difference(&wanted) {
                let (queue, pattern) = (spec.name.as_str().into(), pattern.as_str().into());
                channel.queue_unbind(queue, EXCHANGE.into(), pattern, FieldTable::default()).await?;
            }
        }
        if registry != both {
            write(channel, &registry, newest).await?;
        }
        Ok(registry)
    }

    fn declared(&self) -> MutexGuard<'_, BTreeMap<String, QueueSpec>> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Option<(Instant, Vec<String>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest registry and its delivery tag. An older one is a writer's that died before it could remove it.
async fn read(channel: &Channel) -> lapin::Result<(Registry, Option<u64>)> {
    let (mut registry, mut newest) = (Registry::new(), None);
    while let Some(got) = channel.basic_get(REGISTRY.into(), BasicGetOptions::default()).await? {
        match serde_json::from_slice(&got.delivery.data) {
            Ok(read) => registry = read,
            Err(error) => {
                tracing::warn!(error = %error, "the list of queues on the broker is damaged, it is written anew")
            }
        }
        newest = Some(got.delivery.delivery_tag);
    }
    Ok((registry, newest))
}

/// Writes the registry and then removes those up to `replaced`. Gives the tag up to which the next may.
async fn write(channel: &Channel, registry: &Registry, replaced: Option<u64>) -> lapin::Result<u64> {
    // A map of strings to strings can be written as JSON.
    let body = serde_json::to_vec(registry).unwrap_or_default();
    let properties = BasicProperties::default().with_delivery_mode(2).with_content_type("application/json".into());
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let confirmation = channel.basic_publish("".into(), REGISTRY.into(), options, &body, properties).await?.await?;
    if !matches!(confirmation, lapin::Confirmation::Ack(None)) {
        return Err(std::io::Error::other("the broker refused the list of queues").into());
    }
    if let Some(tag) = replaced {
        channel.basic_ack(tag, BasicAckOptions { multiple: true }).await?;
    }
    // The new one is ours to hold too, so that a second change in this turn can replace it.
    match channel.basic_get(REGISTRY.into(), BasicGetOptions::default()).await? {
        Some(got) => Ok(got.delivery.delivery_tag),
        None => Err(std::io::Error::other("the list of queues is held by a stranger").into()),
    }
}

/// Declares a queue. One that exists with other arguments stays as it is: limits that were changed since
/// are the operator's to bring in, by a policy or by removing the empty queue.
async fn ensure(connection: &Connection, name: &str, arguments: FieldTable) -> Result<(), BusError> {
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let declaring = async {
        // A refusal closes the channel, so each queue has its own.
        let channel = connection.create_channel().await?;
        channel.queue_declare(name.into(), options, arguments).await.map(drop)
    };
    match declaring.await {
        Err(error) if reply_code(&error) == Some(PRECONDITION_FAILED) => {
            tracing::warn!(queue = name, error = %error, "queue {name} exists with other settings and keeps them");
            Ok(())
        }
        other => other.map_err(BusError::unavailable),
    }
}

/// Whether the broker has the queue.
pub(super) async fn exists(connection: &Connection, queue: &str) -> Result<bool, BusError> {
    let looking = async { Ok(ready(&connection.create_channel().await?, queue).await?.is_some()) };
    while_up(connection, async { looking.await.map_err(|error: lapin::Error| BusError::unavailable(error)) }).await
}

/// How many messages lie ready in a queue; none where there is no such queue, which closes the channel.
pub(super) async fn ready(channel: &Channel, queue: &str) -> lapin::Result<Option<u64>> {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    match channel.queue_declare(queue.into(), options, FieldTable::default()).await {
        Ok(queue) => Ok(Some(queue.message_count().into())),
        Err(error) if reply_code(&error) == Some(NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The code with which the broker refused something.
pub(super) fn reply_code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// Does `work` while nobody else does any under this lock: no other connection, and in this process nobody
/// who has no `turn`. In a task of its own: a caller that goes away must not leave the lock behind, and one
/// that has no time left leaves the work to end when the broker answers.
pub(super) async fn locked<T: Send + 'static>(
    connection: Arc<Connection>,
    turn: &Arc<tokio::sync::Mutex<()>>,
    lock: &'static str,
    deadline: Instant,
    work: impl Future<Output = Result<T, BusError>> + Send + 'static,
) -> Result<T, BusError> {
    let busy = |_| BusError::unavailable("others hold the lock, or the broker does not answer");
    let turn = timeout_at(deadline, Arc::clone(turn).lock_owned()).await.map_err(busy)?;
    let task = tokio::spawn(async move {
        let _turn = turn;
        let working = async {
            acquire(&connection, lock, deadline).await?;
            let result = work.await;
            // Whatever came of it. Should this fail, the connection is gone and the lock with it.
            if let Ok(channel) = connection.create_channel().await {
                let _ = channel.queue_delete(lock.into(), QueueDeleteOptions::default()).await;
            }
            result
        };
        while_up(&connection, working).await
    });
    // An error of the task means that the runtime is shutting down.
    timeout_at(deadline, task).await.map_err(busy)?.unwrap_or(Err(BusError::Closed))
}

async fn acquire(connection: &Connection, lock: &str, deadline: Instant) -> Result<(), BusError> {
    let mut pause = Duration::from_millis(10);
    loop {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let declaring = async {
            let channel = connection.create_channel().await?;
            channel.queue_declare(lock.into(), options, FieldTable::default()).await
        };
        match declaring.await {
            Ok(_) => return Ok(()),
            Err(error) if reply_code(&error) == Some(RESOURCE_LOCKED) && Instant::now() + pause < deadline => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(500));
            }
            Err(error) => return Err(BusError::unavailable(error)),
        }
    }
}
