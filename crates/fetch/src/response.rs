//! What is asked for, and what came back.

use baogao_model::CanonicalUrl;
use bytes::Bytes;
use jiff::Timestamp;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

/// The longest wait a server can ask of us with `Retry-After`.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// One GET, conditional where a validator of an earlier response is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What to get.
    pub url: CanonicalUrl,
    /// The `ETag` of the copy at hand, as it was sent; goes out as `If-None-Match`.
    pub etag: Option<String>,
    /// The `Last-Modified` of the copy at hand, as it was sent; goes out as `If-Modified-Since`.
    pub last_modified: Option<String>,
    /// The least time since the end of the last exchange with this host in this process; zero for none.
    ///
    /// Waited for within [`get`](crate::Fetcher::get). It matters where the host was asked without the
    /// caller's doing: by a robots.txt of another site that redirects there. Ends of exchanges are
    /// remembered for five minutes at least, so longer pauses may not be kept to their end.
    pub pause: Duration,
}

impl Request {
    /// An unconditional GET that waits for no pause.
    pub fn new(url: CanonicalUrl) -> Self {
        Self { url, etag: None, last_modified: None, pause: Duration::ZERO }
    }
}

/// A complete response of any status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase, as sent.
    pub reason: String,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub http_version: String,
    /// The headers: names in lower case, values byte for byte, in the order of each name's first
    /// occurrence with repetitions of one name in theirs.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body with its content encoding, without the transfer encoding.
    pub body: Bytes,
    /// Who answered.
    pub peer: SocketAddr,
    /// When the request was begun.
    pub started_at: Timestamp,
    /// When the last byte of the body was there.
    pub ended_at: Timestamp,
}

impl Response {
    /// The first value of a header, by its name in any case; foreign bytes become U+FFFD.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(value))
    }

    /// Where a redirect points to, as sent; to be resolved against the URL that was asked for.
    ///
    /// None where the status is no redirect that a GET follows.
    pub fn location(&self) -> Option<Cow<'_, str>> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        self.header("location").filter(|location| !location.trim().is_empty())
    }

    /// How long the server wants to be left alone, counted from `now`, at most [`MAX_RETRY_AFTER`].
    ///
    /// A number of seconds or any of the three forms of an HTTP date (RFC 9110 §10.2.3); none where
    /// the header is missing or neither. A date in the past is no wait.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let value = self.header("retry-after")?;
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than a u64 holds are a long wait all the same.
            let seconds = value.parse().unwrap_or(u64::MAX);
            return Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
        }
        let date = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
        // Negative where the date has passed.
        let wait = Duration::try_from(date.duration_since(now)).unwrap_or_default();
        Some(wait.min(MAX_RETRY_AFTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            reason: String::new(),
            http_version: "HTTP/1.1".to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
            body: Bytes::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 80)),
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now: Timestamp = "2024-02-18T03:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("99999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Sun, 18 Feb 2024 03:05:00 GMT", Some(300)),
            ("Sunday, 18-Feb-24 03:05:00 GMT", Some(300)),
            ("Sun Feb 18 03:05:00 2024", Some(300)),
            ("Sun, 18 Feb 2024 02:00:00 GMT", Some(0)),
            ("Thu, 18 Feb 2044 02:00:00 GMT", Some(86_400)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, seconds) in cases {
            let got = response(503, &[("retry-after", value)]).retry_after(now);
            assert_eq!(got, seconds.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(response(503, &[]).retry_after(now), None);
    }

    #[test]
    fn only_redirects_have_a_location() {
        assert_eq!(response(302, &[("location", "/b.html")]).location().as_deref(), Some("/b.html"));
        assert_eq!(response(201, &[("location", "/b.html")]).location(), None);
        assert_eq!(response(301, &[("location", " ")]).location(), None);
        assert_eq!(response(301, &[]).location(), None);
    }
}
