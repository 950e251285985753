//! Names and digests in the spelling that WARC tools expect.

use baogao_model::ContentHash;
use jiff::{Timestamp, tz::TimeZone};
use sha1::{Digest, Sha1};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// `sha1:` and the digest of the concatenated parts in Base32, the customary form of WARC digests.
pub(crate) fn sha1_label(parts: &[&[u8]]) -> String {
    let mut hasher = Sha1::new();
    for part in parts {
        hasher.update(part);
    }
    format!("sha1:{}", base32(&hasher.finalize()))
}

/// Base32 (RFC 4648 §6) of a text whose length is a multiple of five bytes, which needs no padding.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(bytes.len() * 8 / 5);
    for five in bytes.chunks_exact(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for index in (0..8).rev() {
            let digit = (bits >> (index * 5)) & 31;
            out.push(char::from(ALPHABET[digit as usize]));
        }
    }
    out
}

/// A source of names that no other process or run makes.
#[derive(Debug)]
pub(crate) struct Names {
    run: u128,
    made: AtomicU64,
}

impl Names {
    pub(crate) fn new() -> Self {
        // The standard library seeds its hash maps from the system's randomness; nothing here is a
        // secret, so that spares a dependency.
        let random = || u128::from(RandomState::new().build_hasher().finish());
        Self { run: (random() << 64) | random(), made: AtomicU64::new(0) }
    }

    /// Sixteen hexadecimal digits, the same for the whole run.
    fn run_token(&self) -> String {
        format!("{:016x}", self.run >> 64)
    }

    /// The name of the `serial`th segment of this run, begun `now`.
    pub(crate) fn segment(&self, now: Timestamp, serial: u32) -> SegmentName {
        let date = now.to_zoned(TimeZone::UTC);
        let run = self.run_token();
        let file = format!("baogao-{}-{run}-{serial:05}.warc.gz", date.strftime("%Y%m%dT%H%M%S%3fZ"));
        SegmentName { path: format!("{}/{file}", date.strftime("%Y/%m/%d")), file }
    }

    /// A new record id: `<urn:uuid:…>` with a UUID of version 8 (RFC 9562 §5.8).
    pub(crate) fn record_id(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let seed = [self.run.to_le_bytes().as_slice(), &number.to_le_bytes()].concat();
        let hash = ContentHash::of(&seed);
        let hex = hash.as_str();
        // Version in the high bits of the seventh byte, variant in those of the ninth.
        format!("<urn:uuid:{}-{}-8{}-a{}-{}>", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }
}

/// A segment's name.
pub(crate) struct SegmentName {
    /// As it stands in references: below the day the segment was begun.
    pub(crate) path: String,
    /// Its last part.
    pub(crate) file: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_follows_the_standard() {
        // The vectors of RFC 4648 §10 that need no padding.
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
        assert_eq!(base32(b""), "");
        // The digest of nothing, as found in WARC files everywhere.
        assert_eq!(sha1_label(&[]), "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
        assert_eq!(sha1_label(&[b"ab", b"c"]), sha1_label(&[b"abc"]));
    }

    #[test]
    fn record_ids_are_uuids_and_differ() {
        let names = Names::new();
        let (first, second) = (names.record_id(), names.record_id());
        assert_ne!(first, second);
        assert_ne!(first, Names::new().record_id());
        assert_eq!(first.len(), "<urn:uuid:>".len() + 36);
        assert_eq!((&first[23..25], &first[28..30]), ("-8", "-a"));
    }
}
