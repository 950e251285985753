//! The exchange itself: one request out, one response in, within limits.

use crate::config::{ConfigError, FetchConfig};
use crate::connector::Connector;
use crate::error::{FetchError, Phase, classify};
use crate::response::{Request, Response};
use crate::robots::MAX_ROBOTS_BYTES;
use crate::robots_answer::{RobotsAnswer, Verdict, judge};
use baogao_model::CanonicalUrl;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpInfo;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How many redirects of a robots.txt are followed (RFC 9309 §2.3.1.2).
const MAX_ROBOTS_REDIRECTS: usize = 5;

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// What a server can send as headers before it is cut off, in number and in bytes.
const MAX_HEADERS: usize = 256;
const MAX_HEADER_BYTES: usize = 256 * 1024;

/// Fetches one URL at a time, politely. Cheap to clone; clones share their idle connections.
#[derive(Clone)]
pub struct Fetcher {
    client: Client<HttpsConnector<Connector>, Empty<Bytes>>,
    config: Arc<FetchConfig>,
    user_agent: HeaderValue,
}

/// What to do with a body beyond its limit.
#[derive(Clone, Copy)]
enum Overflow {
    Fail,
    Cut,
}

impl Fetcher {
    /// Makes a fetcher. No connection is opened.
    ///
    /// # Errors
    ///
    /// When the configuration contradicts its own documentation.
    pub fn new(config: FetchConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let user_agent = HeaderValue::try_from(config.user_agent())
            .map_err(|_| ConfigError::Product { product: config.product.clone() })?;
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT).pool_max_idle_per_host(1);
        // Old servers bend the grammar in ways that browsers forgive.
        builder
            .http1_max_headers(MAX_HEADERS)
            .http1_max_buf_size(MAX_HEADER_BYTES)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true);
        let client = builder.build(https_connector(Connector::new(&config)));
        Ok(Self { client, config: Arc::new(config), user_agent })
    }

    /// The `User-Agent` of every request.
    pub fn user_agent(&self) -> &str {
        // It was made from printable ASCII.
        self.user_agent.to_str().unwrap_or_default()
    }

    /// Gets one URL. A redirect or an error status is a response like any other.
    ///
    /// # Errors
    ///
    /// When no complete response came within the limits, or the address may not be contacted.
    pub async fn get(&self, request: &Request) -> Result<Response, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9"));
        insert_validator(&mut headers, IF_NONE_MATCH, request.etag.as_deref());
        insert_validator(&mut headers, IF_MODIFIED_SINCE, request.last_modified.as_deref());
        self.exchange(&request.url, headers, self.config.max_body_bytes, Overflow::Fail).await
    }

    /// Gets the robots.txt that holds for a URL, and reads its answer by RFC 9309.
    ///
    /// Up to five redirects are followed, each after `pause`, each under the same address guard.
    /// Only the first 500 KiB of the file count.
    ///
    /// # Errors
    ///
    /// Only when we refuse to contact the host at all ([`FetchError::is_refusal`]); every failure of
    /// the site's is an answer.
    pub async fn robots(&self, url_of_site: &CanonicalUrl, pause: Duration) -> Result<RobotsAnswer, FetchError> {
        let mut url = match url_of_site.join("/robots.txt") {
            Ok(url) => url,
            Err(error) => return Ok(RobotsAnswer::DenyAll { why: error.to_string() }),
        };
        for hop in 0..=MAX_ROBOTS_REDIRECTS {
            if hop > 0 {
                tokio::time::sleep(pause).await;
            }
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static("text/plain,*/*;q=0.8"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            let response = match self.exchange(&url, headers, MAX_ROBOTS_BYTES as u64, Overflow::Cut).await {
                Ok(response) => response,
                Err(error) if hop == 0 && error.is_refusal() => return Err(error),
                Err(error) => return Ok(RobotsAnswer::DenyAll { why: error.chain() }),
            };
            match judge(&url, &response) {
                Verdict::Answer(answer) => return Ok(answer),
                Verdict::Elsewhere(target) => url = target,
            }
        }
        Ok(RobotsAnswer::DenyAll { why: format!("more than {MAX_ROBOTS_REDIRECTS} redirects, the last to {url}") })
    }

    /// One exchange within the total time limit. What is given up on is closed, not reused.
    async fn exchange(
        &self,
        url: &CanonicalUrl,
        headers: HeaderMap,
        limit: u64,
        overflow: Overflow,
    ) -> Result<Response, FetchError> {
        let total = self.config.total_timeout;
        match timeout(total, self.exchange_unbounded(url, headers, limit, overflow)).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::Timeout { host: url.host().to_owned(), phase: Phase::Total, after: total }),
        }
    }

    async fn exchange_unbounded(
        &self,
        url: &CanonicalUrl,
        headers: HeaderMap,
        limit: u64,
        overflow: Overflow,
    ) -> Result<Response, FetchError> {
        let started_at = Timestamp::now();
        let host = url.host();
        let request = self.request(url, headers)?;
        // The connector keeps to its own, shorter limit; what is left of this one is for TLS and the headers.
        let patience = self.config.connect_timeout + self.config.read_timeout;
        let answer = timeout(patience, self.client.request(request))
            .await
            .map_err(|_| FetchError::Timeout { host: host.to_owned(), phase: Phase::Headers, after: patience })?
            .map_err(|error| classify(host, 0, error))?;
        let (head, body) = answer.into_parts();
        // The connection is a TCP stream of our connector, which always tells its peer.
        let peer = head.extensions.get::<HttpInfo>().map(HttpInfo::remote_addr);
        let peer = peer.unwrap_or_else(|| std::net::SocketAddr::from(([0, 0, 0, 0], 0)));
        let body = self.read_body(host, body, limit, overflow).await?;
        Ok(Response {
            status: head.status.as_u16(),
            reason: reason_of(&head),
            http_version: format!("{:?}", head.version),
            headers: head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
            body,
            peer,
            started_at,
            ended_at: Timestamp::now(),
        })
    }

    fn request(&self, url: &CanonicalUrl, headers: HeaderMap) -> Result<http::Request<Empty<Bytes>>, FetchError> {
        let refuse = |error: http::Error| classify(url.host(), 0, error);
        let mut request = http::Request::get(url.as_str()).body(Empty::new()).map_err(refuse)?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(USER_AGENT, self.user_agent.clone());
        Ok(request)
    }

    /// Reads a body as it streams in, holding at most `limit` bytes and one piece more.
    async fn read_body(
        &self,
        host: &str,
        mut body: Incoming,
        limit: u64,
        overflow: Overflow,
    ) -> Result<Bytes, FetchError> {
        let declared = body.size_hint().exact();
        let too_large = || FetchError::TooLarge { host: host.to_owned(), declared, limit };
        let fails_on_overflow = matches!(overflow, Overflow::Fail);
        if fails_on_overflow && declared.is_some_and(|bytes| bytes > limit) {
            return Err(too_large());
        }
        let wait = self.config.read_timeout;
        let mut taken = BytesMut::new();
        loop {
            let frame = timeout(wait, body.frame()).await.map_err(|_| FetchError::Timeout {
                host: host.to_owned(),
                phase: Phase::Body,
                after: wait,
            })?;
            let Some(frame) = frame else { return Ok(taken.freeze()) };
            let frame = frame.map_err(|error| classify(host, taken.len() as u64, error))?;
            // Trailers carry nothing we keep.
            let Ok(piece) = frame.into_data() else { continue };
            let room = limit - taken.len() as u64;
            if (piece.len() as u64) <= room {
                taken.extend_from_slice(&piece);
            } else if fails_on_overflow {
                return Err(too_large());
            } else {
                // The room is smaller than a piece that is in memory.
                taken.extend_from_slice(&piece[..room as usize]);
                return Ok(taken.freeze());
            }
        }
    }
}

/// TLS over our connections, trusting what the platform trusts.
///
/// An image without certificates falls back on the ones built in, instead of failing on every site.
fn https_connector(connector: Connector) -> HttpsConnector<Connector> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = match HttpsConnectorBuilder::new().with_provider_and_native_roots(provider.clone()) {
        Ok(builder) => builder,
        Err(error) => {
            tracing::info!(%error, "no certificates of the platform found, using the ones built in");
            HttpsConnectorBuilder::new()
                .with_provider_and_webpki_roots(provider)
                // Fails only for a provider without the standard cipher suites and groups.
                .expect("ring provides the default protocol versions")
        }
    };
    builder.https_or_http().enable_http1().wrap_connector(connector)
}

/// Adds a validator of an earlier response; one that is no legal header value is left out, which
/// merely makes the request unconditional.
fn insert_validator(headers: &mut HeaderMap, name: HeaderName, validator: Option<&str>) {
    if let Some(value) = validator.and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok()) {
        headers.insert(name, value);
    }
}

/// The reason phrase; hyper keeps it only where it is not the usual one.
fn reason_of(head: &http::response::Parts) -> String {
    match head.extensions.get::<hyper::ext::ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    }
}
