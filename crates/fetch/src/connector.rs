//! Making a TCP connection: where to, whether that is permitted, and for how long to try.
//!
//! Every connection of this crate is made here, for names and literal addresses, pages, robots and
//! redirects alike. That is why it stands below the HTTP client instead of in a resolver: a client
//! asks its resolver about names only, and not about the port.

use crate::address::special_use;
use crate::config::FetchConfig;
use crate::connect_to::ConnectTo;
use crate::error::{FetchError, Phase};
use http::Uri;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// How many addresses of one host are tried: enough for one dead family or machine.
const MAX_ADDRESSES: usize = 4;

/// Connects on behalf of the HTTP client.
#[derive(Clone)]
pub(crate) struct Connector {
    policy: Arc<Policy>,
}

/// What decides about a connection.
struct Policy {
    connect_timeout: Duration,
    allow_private: bool,
    has_contact: bool,
    connect_to: Vec<ConnectTo>,
}

/// Where a connection goes.
struct Route<'a> {
    /// The host of the URL, for messages.
    host: &'a str,
    /// The name or address to connect to.
    target: &'a str,
    port: u16,
    /// Whether the operator named the target himself.
    vouched: bool,
}

impl Connector {
    pub(crate) fn new(config: &FetchConfig) -> Self {
        let policy = Policy {
            connect_timeout: config.connect_timeout,
            allow_private: config.allow_private,
            has_contact: config.contact.is_some(),
            connect_to: config.connect_to.clone(),
        };
        Self { policy: Arc::new(policy) }
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, FetchError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let policy = self.policy.clone();
        Box::pin(async move { policy.connect(&uri).await.map(TokioIo::new) })
    }
}

impl Policy {
    async fn connect(&self, uri: &Uri) -> Result<TcpStream, FetchError> {
        let deadline = Instant::now() + self.connect_timeout;
        let route = self.route(uri);
        let found = timeout_at(deadline, resolve(&route)).await.map_err(|_| self.too_slow(&route))??;
        let permitted = self.permit(&route, found)?;
        self.connect_to_any(&route, &permitted, deadline).await
    }

    fn route<'a>(&'a self, uri: &'a Uri) -> Route<'a> {
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let rule = self.connect_to.iter().find(|rule| rule.fits(host, port));
        let to_host = rule.and_then(ConnectTo::to_host);
        Route {
            host,
            target: to_host.unwrap_or(host),
            port: rule.and_then(ConnectTo::to_port).unwrap_or(port),
            vouched: to_host.is_some(),
        }
    }

    /// The addresses among `found` that may be connected to.
    ///
    /// # Errors
    ///
    /// When there is none, for the reason that can be mended most easily.
    fn permit(&self, route: &Route<'_>, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, FetchError> {
        let host = || route.host.to_owned();
        let mut permitted = Vec::new();
        let mut refusal = None;
        for address in found {
            match special_use(address.ip()) {
                Some(_) if self.allow_private || route.vouched => permitted.push(address),
                Some(kind) => {
                    refusal.get_or_insert(FetchError::PrivateAddress { host: host(), address: address.ip(), kind });
                }
                None if self.has_contact => permitted.push(address),
                None => refusal = Some(FetchError::NoContact { host: host() }),
            }
        }
        match refusal {
            Some(refusal) if permitted.is_empty() => Err(refusal),
            _ => Ok(permitted),
        }
    }

    /// The first connection that can be made, trying one address after the other: a crawler that is
    /// polite has no use for a race.
    async fn connect_to_any(
        &self,
        route: &Route<'_>,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, FetchError> {
        let mut last = self.too_slow(route);
        let tried = &addresses[..addresses.len().min(MAX_ADDRESSES)];
        for (index, address) in tried.iter().enumerate() {
            // A dead address must leave time for the ones behind it.
            let share = deadline.saturating_duration_since(Instant::now()) / (tried.len() - index) as u32;
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Requests are one small write; waiting to fill a packet would only cost time.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(source)) => {
                    let (host, source) = (route.host.to_owned(), Arc::new(source));
                    last = FetchError::Connect { host, address: address.ip(), source };
                }
                Err(_) => last = self.too_slow(route),
            }
        }
        Err(last)
    }

    fn too_slow(&self, route: &Route<'_>) -> FetchError {
        FetchError::Timeout { host: route.host.to_owned(), phase: Phase::Connect, after: self.connect_timeout }
    }
}

/// The addresses of a route's target, in the order the system prefers; never empty.
async fn resolve(route: &Route<'_>) -> Result<Vec<SocketAddr>, FetchError> {
    if let Ok(address) = route.target.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, route.port)]);
    }
    let failed = |source| FetchError::Dns { host: route.target.to_owned(), source: Arc::new(source) };
    let found: Vec<SocketAddr> = tokio::net::lookup_host((route.target, route.port)).await.map_err(failed)?.collect();
    if found.is_empty() {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(found)
}
