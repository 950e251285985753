//! The exchange itself: one request out, one response in, within limits.

use crate::config::{ConfigError, FetchConfig};
use crate::error::{FetchError, Phase, classify};
use crate::gate::Gate;
use crate::response::{Request, Response};
use crate::robots::MAX_ROBOTS_BYTES;
use crate::robots_answer::{RobotsAnswer, Verdict, judge};
use crate::route::Router;
use baogao_model::CanonicalUrl;
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HOST, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How many redirects of a robots.txt are followed (RFC 9309 §2.3.1.2).
const MAX_ROBOTS_REDIRECTS: usize = 5;

/// Fetches one URL at a time, politely. Cheap to clone; clones share their idle connections and ask
/// a host one thing at a time among them.
#[derive(Clone)]
pub struct Fetcher {
    router: Arc<Router>,
    gate: Arc<Gate>,
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
    /// When the configuration contradicts its own documentation, or the system has no CA certificates.
    pub fn new(config: FetchConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let user_agent = HeaderValue::try_from(config.user_agent())
            .map_err(|_| ConfigError::Product { product: config.product.clone() })?;
        let router = Router::new(&config, &user_agent)?;
        Ok(Self { router: Arc::new(router), gate: Arc::new(Gate::new()), config: Arc::new(config), user_agent })
    }

    /// The `User-Agent` of every request.
    pub fn user_agent(&self) -> &str {
        // It was made from printable ASCII.
        self.user_agent.to_str().unwrap_or_default()
    }

    /// Gets one URL. A redirect or an error status is a response like any other.
    ///
    /// Waits first while another exchange with the host is under way, and for [`Request::pause`]; that
    /// counts into no limit. Dropping the future gives the place up.
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
        self.exchange(&request.url, request.pause, headers, self.config.max_body_bytes, Overflow::Fail).await
    }

    /// Gets the robots.txt that holds for a URL, and reads its answer by RFC 9309.
    ///
    /// Up to five redirects are followed, each after `pause`, each under the same address guard.
    /// Only the first 500 KiB of the file count.
    ///
    /// Each host on the way is asked while no other exchange with it is under way and no earlier than
    /// `pause` after the last one in this process. This holds for the first host as well: a redirect
    /// from elsewhere may have led to it since its own last turn.
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
            let response = match self.exchange(&url, pause, headers, MAX_ROBOTS_BYTES as u64, Overflow::Cut).await {
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

    /// One exchange within the total time limit, in its host's turn. What is given up on is closed,
    /// not reused.
    async fn exchange(
        &self,
        url: &CanonicalUrl,
        pause: Duration,
        headers: HeaderMap,
        limit: u64,
        overflow: Overflow,
    ) -> Result<Response, FetchError> {
        // Outside the limit: a wait for others is no slowness of the host. Declared before the
        // exchange, so that where this future is dropped the connection goes first.
        let _turn = self.gate.turn(url.host(), pause).await;
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
        let mut response = self.send(url, headers).await?;
        let body = self.read_body(host, &mut response, limit, overflow).await?;
        let headers = response.headers().iter();
        Ok(Response {
            status: response.status().as_u16(),
            reason: reason_of(&response),
            http_version: format!("{:?}", response.version()),
            headers: headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
            body,
            // Known of every TCP connection.
            peer: response.remote_addr().unwrap_or_else(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
            started_at,
            ended_at: Timestamp::now(),
        })
    }

    /// Sends a request and waits for the head of its response.
    async fn send(&self, url: &CanonicalUrl, mut headers: HeaderMap) -> Result<reqwest::Response, FetchError> {
        let host = url.host();
        let route = self.router.route(url)?;
        if let Some(value) = route.host_header {
            headers.insert(HOST, value);
        }
        let request = route.client.get(route.url).headers(headers).send();
        // The client keeps to its own, shorter limit for connecting; what is left is for the headers.
        let patience = self.config.connect_timeout + self.config.read_timeout;
        timeout(patience, request)
            .await
            .map_err(|_| FetchError::Timeout { host: host.to_owned(), phase: Phase::Headers, after: patience })?
            .map_err(|error| classify(host, 0, self.config.connect_timeout, error))
    }

    /// Reads a body as it streams in, holding at most `limit` bytes and one piece more.
    async fn read_body(
        &self,
        host: &str,
        response: &mut reqwest::Response,
        limit: u64,
        overflow: Overflow,
    ) -> Result<Bytes, FetchError> {
        let declared = response.content_length();
        let too_large = || FetchError::TooLarge { host: host.to_owned(), declared, limit };
        let fails_on_overflow = matches!(overflow, Overflow::Fail);
        if fails_on_overflow && declared.is_some_and(|bytes| bytes > limit) {
            return Err(too_large());
        }
        let wait = self.config.read_timeout;
        let mut taken = BytesMut::new();
        loop {
            let piece = timeout(wait, response.chunk())
                .await
                .map_err(|_| FetchError::Timeout { host: host.to_owned(), phase: Phase::Body, after: wait })?
                .map_err(|error| classify(host, taken.len() as u64, self.config.connect_timeout, error))?;
            let Some(piece) = piece else { return Ok(taken.freeze()) };
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

/// Adds a validator of an earlier response; one that is no legal header value is left out, which
/// merely makes the request unconditional.
fn insert_validator(headers: &mut HeaderMap, name: HeaderName, validator: Option<&str>) {
    if let Some(value) = validator.and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok()) {
        headers.insert(name, value);
    }
}

/// The reason phrase; hyper keeps it only where it is not the usual one.
fn reason_of(response: &reqwest::Response) -> String {
    match response.extensions().get::<hyper::ext::ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
        None => response.status().canonical_reason().unwrap_or_default().to_owned(),
    }
}
