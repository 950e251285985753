//! What is within reach, what is waited for, and the port that tells.
//!
//! A process names its parts (`bus`, `frontier`, `records`, `archive`). Whoever meets a part that
//! does not answer says so with [`Health::lost`], whoever gets an answer says [`Health::back`].
//! However many say it, there is one warning when a part is lost, a reminder each minute at most,
//! and one line when it is back: a server that is away for a night does not fill a disk with log
//! lines.

use crate::metrics::Exposition;
use crate::shutdown::Shutdown;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two warnings about one part.
const REMINDER: Duration = Duration::from_secs(60);

/// The time a part has for its first answer before it is warned of.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// Metrics are drained at least this often, whether somebody reads them or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// The section `health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthConfig {
    /// Where `/live`, `/ready` and `/metrics` are served, as ADDRESS:PORT. Port 0 takes a free one,
    /// which the log names: so several services share one machine and one file.
    pub listen: SocketAddr,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
    }
}

/// What is within reach. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, Part>>>,
}

/// What is known of one part.
#[derive(Debug, Default)]
struct Part {
    /// Since when somebody looks at it regularly and will say when it is back; none where nobody does.
    watched: Option<Instant>,
    /// Whether it has ever answered.
    was_reached: bool,
    /// Why it is out of reach; none while it is not.
    lost: Option<String>,
    /// When the last warning was written.
    warned: Option<Instant>,
    /// Whether this loss was told, and so its end will be.
    is_told: bool,
}

impl Health {
    /// Names a part that is needed and that somebody looks at from now on. It counts as out of reach
    /// until it answers. Naming it again changes nothing.
    pub fn watch(&self, part: &'static str) {
        let mut parts = self.lock();
        let known = parts.entry(part).or_default();
        if known.watched.is_some() {
            return;
        }
        known.watched = Some(Instant::now());
        known.lost.get_or_insert_with(|| "not reached yet".to_owned());
        metrics::gauge!("baogao_part_reachable", "part" => part).set(0.0);
    }

    /// A part does not answer, for this reason.
    pub fn lost(&self, part: &'static str, why: impl Into<String>) {
        let why = why.into();
        let mut parts = self.lock();
        let known = parts.entry(part).or_default();
        let is_new = !known.was_reached && known.watched.is_some_and(|since| since.elapsed() < FIRST_ANSWER);
        let is_due = !is_new && known.warned.is_none_or(|at| at.elapsed() >= REMINDER);
        if is_due {
            known.warned = Some(Instant::now());
            known.is_told = true;
            tracing::warn!(part, error = why, "{part} is away, waiting for it");
        } else {
            tracing::debug!(part, error = why, "{part} is away");
        }
        known.lost = Some(why);
        metrics::gauge!("baogao_part_reachable", "part" => part).set(0.0);
    }

    /// A part answers.
    pub fn back(&self, part: &'static str) {
        let mut parts = self.lock();
        let Some(known) = parts.get_mut(part) else { return };
        known.was_reached = true;
        if known.lost.take().is_none() {
            return;
        }
        metrics::gauge!("baogao_part_reachable", "part" => part).set(1.0);
        if std::mem::take(&mut known.is_told) {
            tracing::info!(part, "{part} is back");
        }
    }

    /// Whether a part is out of reach and somebody looks for it.
    pub fn is_awaited(&self, part: &str) -> bool {
        self.lock().get(part).is_some_and(|known| known.watched.is_some() && known.lost.is_some())
    }

    /// The parts that are out of reach, with the reasons.
    pub fn waiting(&self) -> BTreeMap<&'static str, String> {
        let parts = self.lock();
        parts.iter().filter_map(|(name, known)| Some((*name, known.lost.clone()?))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the port tells from.
#[derive(Clone)]
struct Told {
    health: Health,
    shutdown: Shutdown,
    metrics: Exposition,
}

/// What `/ready` answers.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    /// The process was asked to stop.
    stopping: bool,
    /// What is waited for, by part.
    waiting: BTreeMap<&'static str, String>,
}

/// Serves `/live`, `/ready` and `/metrics` for as long as the process lives, and gives the address.
///
/// `/live` says 200 while the process can say anything; what is away does not make it less alive,
/// since a restart would bring nothing back. `/ready` says 200 when every part is within reach, else
/// 503 and what is waited for, as JSON: `{"ready":false,"stopping":false,"waiting":{"bus":"…"}}`.
///
/// # Errors
///
/// When the address cannot be listened on.
pub async fn serve(
    config: &HealthConfig,
    health: Health,
    shutdown: Shutdown,
    metrics: Exposition,
) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    tokio::spawn(drain(metrics.clone()));
    let routes = Router::new()
        .route("/live", get(async || "alive\n"))
        .route("/ready", get(ready))
        .route("/metrics", get(exposed))
        .with_state(Told { health, shutdown, metrics });
    tokio::spawn(async move {
        // It serves until the process ends; errors of single connections end those alone.
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(error = ?error, "the health port is closed");
        }
    });
    Ok(address)
}

async fn ready(State(told): State<Told>) -> Response {
    let (waiting, stopping) = (told.health.waiting(), told.shutdown.is_requested());
    let ready = waiting.is_empty() && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, stopping, waiting })).into_response()
}

async fn exposed(State(told): State<Told>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], told.metrics.render()).into_response()
}

/// Folds what was measured into its buckets, so that it takes no room while nobody reads it.
async fn drain(metrics: Exposition) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.fold();
    }
}
