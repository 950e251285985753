//! WARC files of any program, read in one pass: WARC 0.17 to 1.1, each record a gzip member of its own,
//! the whole file one, or none at all.
//!
//! Format: <https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/>. Lenient where
//! programs differ: line ends, angle brackets around addresses, chunked payloads, HTTP/2 status lines.
//! Memory is bounded by the largest record that is taken, whatever a record says of its length.

use crate::exchange::Exchange;
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use std::io::{self, BufRead, BufReader, Read};

/// The longest line of a record's header.
const MAX_LINE: u64 = 64 * 1024;

/// The most lines of a record's header.
const MAX_LINES: usize = 256;

/// The most headers of a response.
const MAX_HEADERS: usize = 256;

/// The largest block that is taken. Pages of reports have some 200 kB.
const MAX_BLOCK_BYTES: u64 = 64 * 1024 * 1024;

/// What every gzip member begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why the rest of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// It cannot be read, or what is compressed in it is damaged.
    #[error("cannot be read any further")]
    Read(#[from] io::Error),
    /// Where a record should begin, none does.
    #[error("no WARC record begins where one should: {found:?}")]
    NoRecord {
        /// The beginning of what is there.
        found: String,
    },
    /// A record's header is not one, or ends in the middle.
    #[error("a record is unreadable: {what}")]
    Header {
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// A response over HTTP, or a page kept without one.
    Exchange(Exchange),
    /// A record that brings no page: a request, metadata, a revisit.
    Other {
        /// Its `WARC-Type`.
        kind: String,
    },
    /// A record that should bring a page and is not usable.
    Unusable {
        /// Its address, if it says one.
        url: Option<String>,
        /// What is wrong with it.
        what: String,
    },
}

/// The records of a file in order. Ends after an error.
pub struct ForeignRecords {
    source: Box<dyn BufRead + Send>,
    has_ended: bool,
}

impl ForeignRecords {
    /// Reads from a file as it is on the disk; whether it is compressed is found out.
    ///
    /// # Errors
    ///
    /// When its first bytes cannot be read.
    pub fn new(mut source: impl BufRead + Send + 'static) -> io::Result<Self> {
        let is_gzip = source.fill_buf()?.starts_with(&GZIP_MAGIC);
        let source: Box<dyn BufRead + Send> =
            if is_gzip { Box::new(BufReader::new(MultiGzDecoder::new(source))) } else { Box::new(source) };
        Ok(Self { source, has_ended: false })
    }

    /// The next record; none at the end.
    fn record(&mut self) -> Result<Option<Foreign>, ForeignError> {
        let version = loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) if line.is_empty() => {}
                Some(line) => break line,
            }
        };
        if !version.starts_with(b"WARC/") {
            let found = String::from_utf8_lossy(&version).chars().take(40).collect();
            return Err(ForeignError::NoRecord { found });
        }
        let header = self.header()?;
        let length = header.get("content-length").and_then(|length| length.parse().ok());
        let length: u64 = length.ok_or(ForeignError::Header { what: "it has no content length" })?;
        let kind = header.get("warc-type").unwrap_or_default().to_ascii_lowercase();
        let url = header.get("warc-target-uri").map(|url| url.trim_matches(['<', '>']).to_owned());
        let is_http = header.get("content-type").is_some_and(|kind| kind.starts_with("application/http"));
        let is_page = match kind.as_str() {
            "response" => is_http,
            "resource" => url.as_ref().is_some_and(|url| url.starts_with("http")),
            _ => false,
        };
        if !is_page || length > MAX_BLOCK_BYTES {
            self.skip(length)?;
            let what = format!("its {length} bytes are more than {MAX_BLOCK_BYTES}");
            return Ok(Some(if is_page { Foreign::Unusable { url, what } } else { Foreign::Other { kind } }));
        }
        let block = self.block(length)?;
        let read = match kind.as_str() {
            "response" => of_response(&header, url.clone(), block),
            _ => of_resource(&header, url.clone(), block),
        };
        Ok(Some(match read {
            Ok(exchange) => Foreign::Exchange(exchange),
            Err(what) => Foreign::Unusable { url, what },
        }))
    }

    /// One line without its end; none at the end of the file.
    fn line(&mut self) -> Result<Option<Vec<u8>>, ForeignError> {
        let mut line = Vec::new();
        (&mut self.source).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() as u64 == MAX_LINE {
            return Err(ForeignError::Header { what: "one of its lines does not end" });
        }
        while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            line.pop();
        }
        Ok(Some(line))
    }

    /// The fields up to the empty line.
    fn header(&mut self) -> Result<Header, ForeignError> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for _ in 0..MAX_LINES {
            let line = self.line()?.ok_or(ForeignError::Header { what: "it ends in its header" })?;
            if line.is_empty() {
                return Ok(Header { fields });
            }
            let text = String::from_utf8_lossy(&line);
            match (text.split_once(':'), fields.last_mut()) {
                // A line that goes on.
                (_, Some((_, value))) if text.starts_with([' ', '\t']) => {
                    value.push(' ');
                    value.push_str(text.trim());
                }
                (Some((name, value)), _) => fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
                (None, _) => return Err(ForeignError::Header { what: "a line of its header has no colon" }),
            }
        }
        Err(ForeignError::Header { what: "its header does not end" })
    }

    /// The bytes of a block. Takes memory for those that are there, not for those that are said to be.
    fn block(&mut self, length: u64) -> Result<Vec<u8>, ForeignError> {
        let mut block = Vec::new();
        (&mut self.source).take(length).read_to_end(&mut block)?;
        if (block.len() as u64) < length {
            return Err(ForeignError::Header { what: "it is cut short" });
        }
        Ok(block)
    }

    fn skip(&mut self, length: u64) -> Result<(), ForeignError> {
        let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
        if skipped < length {
            return Err(ForeignError::Header { what: "it is cut short" });
        }
        Ok(())
    }
}

impl Iterator for ForeignRecords {
    type Item = Result<Foreign, ForeignError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let record = self.record().transpose();
        self.has_ended = !matches!(record, Some(Ok(_)));
        record
    }
}

/// The fields of a record, names in lower case.
struct Header {
    fields: Vec<(String, String)>,
}

impl Header {
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(own, _)| own == name)?;
        Some(value)
    }

    fn time(&self) -> Result<Timestamp, String> {
        let date = self.get("warc-date").ok_or("it has no date")?;
        date.parse().map_err(|_| format!("{date:?} is no date"))
    }
}

/// The exchange of a `response`.
fn of_response(header: &Header, url: Option<String>, block: Vec<u8>) -> Result<Exchange, String> {
    let block = Bytes::from(with_known_version(block));
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = httparse::ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, &block);
    let end = match parsed {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Err("its HTTP header does not end".to_owned()),
        Err(error) => return Err(format!("its HTTP header is unreadable: {error}")),
    };
    let headers: Vec<(String, Vec<u8>)> =
        response.headers.iter().map(|header| (header.name.to_owned(), one_line(header.value))).collect();
    let is_chunked = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.to_ascii_lowercase().ends_with(b"chunked")
    });
    let (status, reason) = (response.code.unwrap_or_default(), response.reason.unwrap_or_default().to_owned());
    let http_version = format!("HTTP/1.{}", response.version.unwrap_or(1));
    let body = &block[end..];
    // Many programs keep the header and undo the encoding all the same.
    let body = match is_chunked.then(|| without_chunks(body)).flatten() {
        Some(whole) => whole.into(),
        None => block.slice(end..),
    };
    Ok(Exchange {
        url: url.ok_or("it has no address")?,
        fetched_at: header.time()?,
        peer: header.get("warc-ip-address").and_then(|address| address.parse().ok()),
        status,
        reason,
        http_version,
        headers,
        body,
    })
}

/// The exchange that would have brought a `resource`.
fn of_resource(header: &Header, url: Option<String>, block: Vec<u8>) -> Result<Exchange, String> {
    let kind = header.get("content-type").unwrap_or_default();
    Ok(Exchange {
        url: url.ok_or("it has no address")?,
        fetched_at: header.time()?,
        peer: None,
        status: 200,
        reason: "OK".to_owned(),
        http_version: "HTTP/1.1".to_owned(),
        headers: vec![("Content-Type".to_owned(), one_line(kind.as_bytes()))],
        body: block.into(),
    })
}

/// The response with a status line of HTTP/1.1 in place of one of HTTP/2 or 3, which has none on the wire.
fn with_known_version(block: Vec<u8>) -> Vec<u8> {
    let version_end = block.iter().take(10).position(|byte| *byte == b' ').unwrap_or_default();
    match &block[..version_end] {
        b"HTTP/2" | b"HTTP/2.0" | b"HTTP/3" | b"HTTP/3.0" => [b"HTTP/1.1", &block[version_end..]].concat(),
        _ => block,
    }
}

/// A header's value on one line.
fn one_line(value: &[u8]) -> Vec<u8> {
    value.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}

/// A payload without its chunks, as far as there are any; none where it does not begin with one.
fn without_chunks(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let mut rest = body;
    loop {
        let chunk = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Some(whole),
            Ok(httparse::Status::Complete((start, size))) => {
                let chunk = rest.get(start..).unwrap_or_default();
                rest = chunk;
                usize::try_from(size).unwrap_or(usize::MAX)
            }
            _ if whole.is_empty() => return None,
            _ => return Some(whole),
        };
        whole.extend_from_slice(&rest[..chunk.min(rest.len())]);
        // The chunk and the line end behind it.
        rest = rest.get(chunk.saturating_add(2)..).unwrap_or_default();
    }
}
