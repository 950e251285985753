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
fn http_head(exchange: &Exchange) -> Vec<u8> {
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

/// Reads the member of a `response` record.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(crate) fn parse_response(member: &[u8]) -> Result<Exchange, String> {
    let mut decoder = GzDecoder::new(member);
    let mut record = Vec::new();
    (&mut decoder).take(MAX_RECORD_BYTES + 1).read_to_end(&mut record).map_err(|error| error.to_string())?;
    if record.len() as u64 > MAX_RECORD_BYTES {
        return Err(format!("it unfolds to more than {MAX_RECORD_BYTES} bytes"));
    }
    if !decoder.into_inner().is_empty() {
        return Err("something follows its gzip member".to_owned());
    }
    let record = Bytes::from(record);
    let mut rest = record.strip_prefix(VERSION_LINE).ok_or("it is no WARC 1.1 record")?;
    let mut fields = WarcFields::default();
    while let Some((name, value)) = next_header(&mut rest)? {
        fields.take(&name, value)?;
    }
    let length = fields.content_length.ok_or("it has no content length")?;
    let length = usize::try_from(length).ok().filter(|length| *length <= rest.len()).ok_or("its block is cut short")?;
    let (block, end) = rest.split_at(length);
    if end != END {
        return Err("its block does not end where it should".to_owned());
    }
    let block_start = record.len() - rest.len();
    let block = record.slice(block_start..block_start + block.len());
    fields.into_exchange(block)
}

/// What is read of a record's own header.
#[derive(Default)]
struct WarcFields {
    is_response: bool,
    url: Option<String>,
    fetched_at: Option<Timestamp>,
    peer: Option<std::net::IpAddr>,
    content_length: Option<u64>,
}

impl WarcFields {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), String> {
        let value = std::str::from_utf8(value).map_err(|_| format!("its {name} is not UTF-8"))?;
        let unreadable = || format!("its {name} is unreadable");
        match name.to_ascii_lowercase().as_str() {
            "warc-type" => self.is_response = value == "response",
            "warc-target-uri" => self.url = Some(value.to_owned()),
            "warc-date" => self.fetched_at = Some(value.parse().map_err(|_| unreadable())?),
            "warc-ip-address" => self.peer = Some(value.parse().map_err(|_| unreadable())?),
            "content-length" => self.content_length = Some(value.parse().map_err(|_| unreadable())?),
            _ => {}
        }
        Ok(())
    }

    fn into_exchange(self, block: Bytes) -> Result<Exchange, String> {
        if !self.is_response {
            return Err("it is no response record".to_owned());
        }
        let mut rest = &block[..];
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
            url: self.url.ok_or("it has no target URI")?,
            fetched_at: self.fetched_at.ok_or("it has no date")?,
            peer: self.peer,
            status,
            reason,
            http_version,
            headers,
            body: block.slice(block.len() - rest.len()..),
        })
    }
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
