//! A WARC 1.1 record as one gzip member, and back.
//!
//! Pure: bytes in, bytes out. Format: <https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/>.

use crate::digest::sha1_label;
use crate::exchange::{Exchange, MAX_PAYLOAD_BYTES};
use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use std::io::{Read, Write};

/// The first line of every record.
pub(crate) const VERSION_LINE: &[u8] = b"WARC/1.1\r\n";

/// What ends every record.
const END: &[u8] = b"\r\n\r\n";

/// The name under which a `Transfer-Encoding` that has been undone is kept.
const ORIGINAL_TRANSFER_ENCODING: &str = "X-Archive-Orig-Transfer-Encoding";

/// The most that a member may unfold to: a payload of the largest size with ample headers.
const MAX_RECORD_BYTES: u64 = MAX_PAYLOAD_BYTES + 16 * 1024 * 1024;

/// The `warcinfo` record that opens a segment.
pub(crate) fn warcinfo(id: &str, now: Timestamp, file_name: &str, software: &str) -> Vec<u8> {
    // A field's value is one line.
    let software = software.replace(['\r', '\n'], " ");
    let block = format!("software: {software}\r\nformat: WARC File Format 1.1\r\n");
    let head = format!(
        "WARC-Type: warcinfo\r\nWARC-Record-ID: {id}\r\nWARC-Date: {now}\r\nWARC-Filename: {file_name}\r\n\
         Content-Type: application/warc-fields\r\nWARC-Block-Digest: {}\r\nContent-Length: {}\r\n\r\n",
        sha1_label(&[block.as_bytes()]),
        block.len()
    );
    member(&[VERSION_LINE, head.as_bytes(), block.as_bytes(), END])
}

/// The `response` record of an exchange that has been validated.
pub(crate) fn response(id: &str, exchange: &Exchange) -> Vec<u8> {
    let http_head = http_head(exchange);
    let mut head = format!(
        "WARC-Type: response\r\nWARC-Record-ID: {id}\r\nWARC-Date: {}\r\nWARC-Target-URI: {}\r\n",
        exchange.fetched_at, exchange.url
    );
    if let Some(peer) = exchange.peer {
        head.push_str(&format!("WARC-IP-Address: {peer}\r\n"));
    }
    head.push_str(&format!(
        "WARC-Block-Digest: {}\r\nWARC-Payload-Digest: {}\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        sha1_label(&[&http_head, &exchange.body]),
        sha1_label(&[&exchange.body]),
        http_head.len() + exchange.body.len()
    ));
    member(&[VERSION_LINE, head.as_bytes(), &http_head, &exchange.body, END])
}

/// Status line and headers, with the empty line behind them.
pub(crate) fn http_head(exchange: &Exchange) -> Vec<u8> {
    let mut head = format!("{} {} {}\r\n", exchange.http_version, exchange.status, exchange.reason).into_bytes();
    for (name, value) in &exchange.headers {
        let is_undone = name.eq_ignore_ascii_case("transfer-encoding");
        head.extend_from_slice(if is_undone { ORIGINAL_TRANSFER_ENCODING } else { name }.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The parts as one gzip member.
fn member(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for part in parts {
        // Writing into memory does not fail.
        let _ = encoder.write_all(part);
    }
    encoder.finish().unwrap_or_default()
}

/// The length of the whole member of a WARC record that `bytes` begin with, if they do.
pub(crate) fn member_length(bytes: &[u8]) -> Option<usize> {
    let mut decoder = GzDecoder::new(bytes);
    let mut start = [0; VERSION_LINE.len()];
    decoder.read_exact(&mut start).ok()?;
    if start != VERSION_LINE {
        return None;
    }
    std::io::copy(&mut decoder, &mut std::io::sink()).ok()?;
    Some(bytes.len() - decoder.into_inner().len())
}

/// A record without its gzip member.
pub(crate) struct Unfolded {
    record: Bytes,
    /// The length of the member.
    pub(crate) length: usize,
}

/// Unfolds the member that `bytes` begin with.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn unfold(bytes: &[u8]) -> Result<Unfolded, String> {
    let mut decoder = GzDecoder::new(bytes);
    let mut record = Vec::new();
    let begin = (&mut decoder).take(VERSION_LINE.len() as u64).read_to_end(&mut record);
    begin.map_err(|error| error.to_string())?;
    if record != VERSION_LINE {
        return Err("it is no WARC 1.1 record".to_owned());
    }
    (&mut decoder).take(MAX_RECORD_BYTES + 1).read_to_end(&mut record).map_err(|error| error.to_string())?;
    if record.len() as u64 > MAX_RECORD_BYTES {
        return Err(format!("it unfolds to more than {MAX_RECORD_BYTES} bytes"));
    }
    Ok(Unfolded { record: record.into(), length: bytes.len() - decoder.into_inner().len() })
}

/// Reads the member of a `response` record.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn parse_response(member: &[u8]) -> Result<Exchange, String> {
    let unfolded = unfold(member)?;
    if unfolded.length < member.len() {
        return Err("something follows its gzip member".to_owned());
    }
    unfolded.block()?.into_exchange()
}

impl Unfolded {
    /// Parts the record's own header from its block.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub(crate) fn block(self) -> Result<Block, String> {
        let mut rest = self.record.get(VERSION_LINE.len()..).unwrap_or_default();
        let mut fields = Vec::new();
        while let Some((name, value)) = next_header(&mut rest)? {
            let value = std::str::from_utf8(value).map_err(|_| format!("its {name} is not UTF-8"))?;
            fields.push((name, value.to_owned()));
        }
        let start = self.record.len() - rest.len();
        let mut block = Block { fields, bytes: Bytes::new() };
        let length: u64 = block.parsed("content-length")?.ok_or("it has no content length")?;
        let length =
            usize::try_from(length).ok().filter(|length| *length <= rest.len()).ok_or("its block is cut short")?;
        if &rest[length..] != END {
            return Err("its block does not end where it should".to_owned());
        }
        block.bytes = self.record.slice(start..start + length);
        Ok(block)
    }
}

/// A record's block, with what its header says of it.
pub(crate) struct Block {
    fields: Vec<(String, String)>,
    pub(crate) bytes: Bytes,
}

impl Block {
    /// A field of the record's header, by its name in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        self.field(name).map(|value| value.parse().map_err(|_| format!("its {name} is unreadable"))).transpose()
    }

    /// The exchange of a `response` record.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub(crate) fn into_exchange(self) -> Result<Exchange, String> {
        if self.field("warc-type") != Some("response") {
            return Err("it is no response record".to_owned());
        }
        let mut rest = &self.bytes[..];
        let status_line = next_line(&mut rest)?;
        let status_line = std::str::from_utf8(status_line).map_err(|_| "its status line is not UTF-8")?;
        let mut words = status_line.splitn(3, ' ');
        let http_version = words.next().unwrap_or_default().to_owned();
        let status = words.next().and_then(|word| word.parse().ok()).ok_or("its status line has no status")?;
        let reason = words.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        while let Some((name, value)) = next_header(&mut rest)? {
            headers.push((name, value.to_vec()));
        }
        Ok(Exchange {
            url: self.field("warc-target-uri").ok_or("it has no target URI")?.to_owned(),
            fetched_at: self.parsed("warc-date")?.ok_or("it has no date")?,
            peer: self.parsed("warc-ip-address")?,
            status,
            reason,
            http_version,
            headers,
            body: self.bytes.slice(self.bytes.len() - rest.len()..),
        })
    }
}

/// What follows the header of an HTTP response; nothing where the header does not end.
pub(crate) fn payload_of(http: &[u8]) -> &[u8] {
    let end = http.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or(&[], |end| &http[end + 4..])
}

/// Takes one line off the front.
fn next_line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or("its header does not end")?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    Ok(line)
}

/// Takes one `name: value` off the front; none where the empty line stands, which is taken too.
fn next_header<'a>(rest: &mut &'a [u8]) -> Result<Option<(String, &'a [u8])>, String> {
    let line = next_line(rest)?;
    if line.is_empty() {
        return Ok(None);
    }
    let colon = line.windows(2).position(|pair| pair == b": ").ok_or("a line of its header has no colon")?;
    Ok(Some((String::from_utf8_lossy(&line[..colon]).into_owned(), &line[colon + 2..])))
}
