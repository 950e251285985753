//! Which HTTP client asks for a URL, and for which spelling of it.
//!
//! Clients keep connections by scheme, host and port of the URL. So that a connection at hand never
//! answers for a place it does not lead to, there is one client for the hosts themselves and one for
//! each place that [`ConnectTo`] entries lead to, and the port of the entry stands in the URL.

use crate::config::{ConfigError, FetchConfig};
use crate::connect_to::ConnectTo;
use crate::error::FetchError;
use crate::guard::{Guard, Resolver, dns_error};
use baogao_model::CanonicalUrl;
use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::Host;

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// How many headers a server can send before it is cut off.
const MAX_HEADERS: usize = 256;

/// All ways out.
pub(crate) struct Router {
    guard: Guard,
    direct: Client,
    detours: Vec<Detour>,
}

/// A `connect_to` entry with the client that serves it.
struct Detour {
    entry: ConnectTo,
    client: Client,
}

/// The way of one request.
pub(crate) struct Route<'a> {
    pub(crate) client: &'a Client,
    /// What the client is to ask for: its host or its port may be that of the place to connect to.
    pub(crate) url: Url,
    /// The `Host` header where it does not follow from that URL.
    pub(crate) host_header: Option<HeaderValue>,
}

impl Router {
    /// Makes the clients. Each reads the platform's CA certificates once.
    ///
    /// # Errors
    ///
    /// When a client cannot be made, above all for want of certificates.
    pub(crate) fn new(config: &FetchConfig, user_agent: &HeaderValue) -> Result<Self, ConfigError> {
        let guard = Guard::new(config);
        let direct = client(config, user_agent, Resolver::new(guard))?;
        let mut by_target: HashMap<&str, Client> = HashMap::new();
        let mut detours = Vec::new();
        for entry in &config.connect_to {
            let client = match entry.to_host() {
                // It only moves the port.
                None => direct.clone(),
                Some(target) => match by_target.get(target) {
                    Some(client) => client.clone(),
                    None => {
                        let client = client(config, user_agent, Resolver::to(guard.vouched(), target))?;
                        by_target.insert(target, client.clone());
                        client
                    }
                },
            };
            detours.push(Detour { entry: entry.clone(), client });
        }
        Ok(Self { guard, direct, detours })
    }

    /// The way to a URL, by the first entry that fits.
    ///
    /// # Errors
    ///
    /// When it leads to a literal address that may not be contacted.
    pub(crate) fn route(&self, url: &CanonicalUrl) -> Result<Route<'_>, FetchError> {
        let host = url.host().trim_matches(['[', ']']);
        let detour = self.detours.iter().find(|detour| detour.entry.fits(host, url.port()));
        let (route, guard) = match detour {
            Some(detour) if detour.entry.to_host().is_some() => (detour.route(url)?, self.guard.vouched()),
            Some(detour) => (detour.route(url)?, self.guard),
            None => (Route { client: &self.direct, url: url.as_url().clone(), host_header: None }, self.guard),
        };
        if let Some(address) = literal(&route.url) {
            guard.permit(host, [SocketAddr::new(address, 0)])?;
        }
        Ok(route)
    }
}

impl Detour {
    fn route(&self, url: &CanonicalUrl) -> Result<Route<'_>, FetchError> {
        let mut asked = url.as_url().clone();
        // A name stays: the client's resolver leads it elsewhere, and TLS goes on asking for it.
        if let Some(target) = self.entry.to_host()
            && literal(&asked).is_some()
        {
            let bracketed = target.parse::<Ipv6Addr>().map(|address| format!("[{address}]"));
            asked
                .set_host(Some(bracketed.as_deref().unwrap_or(target)))
                .map_err(|error| dns_error(target, io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        }
        if let Some(port) = self.entry.to_port() {
            // Fails only for URLs without a host.
            let _ = asked.set_port(Some(port));
        }
        let authority = match url.as_url().port() {
            Some(port) => format!("{}:{port}", url.host()),
            None => url.host().to_owned(),
        };
        // The host of a URL is printable ASCII, so this is a legal value.
        let host_header = HeaderValue::try_from(authority).ok();
        Ok(Route { client: &self.client, url: asked, host_header })
    }
}

/// The address that stands in a URL in the place of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}

/// An HTTP client that does nothing on its own account and takes its addresses from `resolver`.
///
/// The limits of reading and of the whole are kept by the fetcher, which knows what it waits for.
fn client(config: &FetchConfig, user_agent: &HeaderValue, resolver: Resolver) -> Result<Client, ConfigError> {
    Client::builder()
        .user_agent(user_agent.clone())
        .dns_resolver(resolver)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Another crate of the same build may switch the decoders on.
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd()
        .http1_only()
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(1)
        // Old servers bend the grammar in ways that browsers forgive.
        .http1_max_headers(MAX_HEADERS)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .build()
        .map_err(|source| ConfigError::Client { source: source.into() })
}
