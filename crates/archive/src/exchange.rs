//! One request's answer: what is archived and what is read back.

use crate::error::ArchiveError;
use bytes::Bytes;
use jiff::Timestamp;
use std::net::IpAddr;

/// The largest payload that is archived or read, in bytes. Far above what a page can be; it bounds
/// the memory that a damaged record can take.
pub const MAX_PAYLOAD_BYTES: u64 = 256 * 1024 * 1024;

/// A response with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The URL that was asked for.
    pub url: String,
    /// When the response was complete.
    pub fetched_at: Timestamp,
    /// Who answered, if known.
    pub peer: Option<IpAddr>,
    /// The status code.
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: String,
    /// The version of the status line: `HTTP/1.1`.
    pub http_version: String,
    /// The headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The payload: content encoding kept, transfer encoding removed.
    pub body: Bytes,
}

/// An exchange as read back. Equal to what was archived, save for the name of a
/// `Transfer-Encoding` header.
pub type Archived = Exchange;

impl Exchange {
    /// The first value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The `Content-Type` header as sent; foreign bytes become U+FFFD.
    pub fn content_type(&self) -> Option<String> {
        self.header("content-type").map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Status line and headers as they are archived, with the empty line behind them.
    pub fn http_head(&self) -> Vec<u8> {
        crate::record::http_head(self)
    }

    /// Checks that it can be written as an HTTP response in a WARC record and read again unchanged.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Invalid`] with what stands in the way.
    pub(crate) fn validate(&self) -> Result<(), ArchiveError> {
        match self.flaw() {
            Some(what) => Err(ArchiveError::Invalid { url: self.url.clone(), what }),
            None => Ok(()),
        }
    }

    fn flaw(&self) -> Option<String> {
        if self.url.is_empty() || self.url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Some("its URL is empty or contains white space".to_owned());
        }
        if !(100..=999).contains(&self.status) {
            return Some(format!("{} is no HTTP status", self.status));
        }
        if !self.http_version.starts_with("HTTP/") || !self.http_version.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(format!("{:?} is no HTTP version", self.http_version));
        }
        if breaks_line(self.reason.as_bytes()) {
            return Some("its reason phrase contains a line break".to_owned());
        }
        for (name, value) in &self.headers {
            if !is_token(name) {
                return Some(format!("{name:?} is no header name"));
            }
            if breaks_line(value) {
                return Some(format!("the header {name} contains a line break"));
            }
        }
        if self.body.len() as u64 > MAX_PAYLOAD_BYTES {
            return Some(format!("its {} bytes are more than {MAX_PAYLOAD_BYTES}", self.body.len()));
        }
        None
    }
}

/// Whether a text would end the line it is written on.
fn breaks_line(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Whether a text is a token (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
