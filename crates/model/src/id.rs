//! Identifiers made from content, so that doing a thing twice names it once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Hashes a sequence of fields so that no two different sequences collide by concatenation.
///
/// Every field is preceded by its length in bytes (u64, little endian).
fn hash_fields<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    hasher.finalize()
}

/// The first 128 bits of a hash in lower-case hexadecimal: enough for names, short enough to read.
fn short(hash: &blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier in lower-case hexadecimal.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Takes an identifier that was stored or sent before. Nothing is checked.
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A report's name: the same whatever URL variant or re-crawl it came from.
    ReportId
}

text_id! {
    /// The BLAKE3 digest (256 bits, hexadecimal) of a clean text or payload.
    ContentHash
}

text_id! {
    /// The name of a document group: the parts of one split article.
    GroupId
}

impl ReportId {
    /// The id of the document that `site` knows under `document_key`.
    ///
    /// The key is the site's own number of the document (thread id, article id), else its declared
    /// canonical address, else the canonical URL of its first part. Parsed fields never enter it.
    pub fn of_document(site: &str, document_key: &str) -> Self {
        Self(short(&hash_fields([b"report".as_slice(), site.as_bytes(), document_key.as_bytes()])))
    }

    /// The id of a bare text that came from no site.
    pub fn of_text(text: &str) -> Self {
        Self(short(&hash_fields([b"text".as_slice(), text.as_bytes()])))
    }
}

impl ContentHash {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }
}

impl GroupId {
    /// The group of the document that `site` knows under `document_key`.
    pub fn of_document(site: &str, document_key: &str) -> Self {
        Self(short(&hash_fields([b"group".as_slice(), site.as_bytes(), document_key.as_bytes()])))
    }
}

/// The id of a message that `stage` makes from the input `input_id`.
///
/// The same stage in the same version makes the same ids from the same input, so a redelivery or a
/// re-run is recognised. `ordinal` counts the messages made from that input.
pub fn message_id(stage: &str, stage_version: u32, input_id: &str, ordinal: u32) -> String {
    short(&hash_fields([
        b"message".as_slice(),
        stage.as_bytes(),
        &stage_version.to_le_bytes(),
        input_id.as_bytes(),
        &ordinal.to_le_bytes(),
    ]))
}
