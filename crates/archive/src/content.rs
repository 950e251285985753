//! Undoing content encodings, without trusting them.

use crate::error::ArchiveError;
use crate::exchange::Exchange;
use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use std::io::Read;

/// The most encodings undone one after the other. Honest servers use one.
const MAX_LAYERS: usize = 3;

/// The first bytes of every gzip member.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// A payload without its content encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The bytes, as many as were asked for at most.
    pub bytes: Bytes,
    /// Whether something is missing at the end: beyond the limit, or broken off or damaged by the
    /// server.
    pub truncated: bool,
}

impl Exchange {
    /// The payload without its content encoding, at most `limit` bytes of it.
    ///
    /// Memory stays within a small multiple of `limit`, whatever the payload claims. Mislabelling
    /// that browsers forgive is forgiven: a `gzip` that is plain text, a `deflate` without its zlib
    /// wrapper, garbage behind the end.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::UnknownEncoding`] for anything but gzip, deflate and identity.
    pub fn decoded(&self, limit: u64) -> Result<Decoded, ArchiveError> {
        let mut layers = Vec::new();
        for (name, value) in &self.headers {
            if name.eq_ignore_ascii_case("content-encoding") {
                layers.extend(layers_of(value)?);
            }
        }
        if layers.len() > MAX_LAYERS {
            return Err(ArchiveError::UnknownEncoding {
                encoding: format!("{} encodings, one in the other", layers.len()),
            });
        }
        let mut decoded = Decoded { bytes: self.body.clone(), truncated: false };
        // Listed in the order they were applied.
        for layer in layers.iter().rev() {
            let undone = layer.undo(&decoded.bytes, limit);
            decoded = Decoded { bytes: undone.bytes, truncated: undone.truncated || decoded.truncated };
        }
        if decoded.bytes.len() as u64 > limit {
            // The limit is below a length in memory.
            decoded = Decoded { bytes: decoded.bytes.slice(..limit as usize), truncated: true };
        }
        Ok(decoded)
    }
}

/// One encoding.
#[derive(Clone, Copy)]
enum Layer {
    Gzip,
    Deflate,
}

/// The encodings of one header value.
fn layers_of(value: &[u8]) -> Result<Vec<Layer>, ArchiveError> {
    let value = String::from_utf8_lossy(value);
    let mut layers = Vec::new();
    for name in value.split(',') {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => layers.push(Layer::Gzip),
            "deflate" => layers.push(Layer::Deflate),
            other => return Err(ArchiveError::UnknownEncoding { encoding: other.to_owned() }),
        }
    }
    Ok(layers)
}

impl Layer {
    fn undo(self, encoded: &Bytes, limit: u64) -> Decoded {
        match self {
            Self::Gzip if encoded.starts_with(GZIP_MAGIC) => gunzip(encoded, limit),
            // Sent by servers whose cache has unpacked the page but kept the header.
            Self::Gzip => Decoded { bytes: encoded.clone(), truncated: false },
            Self::Deflate if has_zlib_header(encoded) => {
                let mut bytes = Vec::new();
                let truncated = inflate_into(&mut bytes, ZlibDecoder::new(&encoded[..]), limit);
                Decoded { bytes: bytes.into(), truncated }
            }
            Self::Deflate => {
                let mut bytes = Vec::new();
                let truncated = inflate_into(&mut bytes, DeflateDecoder::new(&encoded[..]), limit);
                Decoded { bytes: bytes.into(), truncated }
            }
        }
    }
}

/// All members of a gzip file, up to the first thing that is none.
fn gunzip(encoded: &[u8], limit: u64) -> Decoded {
    let mut bytes = Vec::new();
    let mut rest = encoded;
    while rest.starts_with(GZIP_MAGIC) {
        let mut decoder = GzDecoder::new(rest);
        if inflate_into(&mut bytes, &mut decoder, limit) {
            return Decoded { bytes: bytes.into(), truncated: true };
        }
        rest = decoder.into_inner();
    }
    Decoded { bytes: bytes.into(), truncated: false }
}

/// Appends what a decoder gives until `out` has `limit` bytes; whether something is missing.
fn inflate_into(out: &mut Vec<u8>, decoder: impl Read, limit: u64) -> bool {
    let room = limit.saturating_sub(out.len() as u64);
    // One byte more than there is room for tells "just fits" from "too much".
    let result = decoder.take(room.saturating_add(1)).read_to_end(out);
    let overflows = out.len() as u64 > limit;
    if overflows {
        out.truncate(limit as usize);
    }
    overflows || result.is_err()
}

/// Whether bytes begin like a zlib stream (RFC 1950 §2.2). Raw deflate under the same name is a
/// mistake as old as the name.
fn has_zlib_header(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8 && method >> 4 <= 7 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0
        }
        _ => false,
    }
}
