//! What is known of a fetched page before and after its markup is read.

use crate::id::ContentHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the bytes of a response lie in the archive. Raw pages never travel in messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayloadRef {
    /// The segment's path below the archive's root, with `/` as separator.
    pub segment: String,
    /// Byte offset of the record's gzip member in the segment.
    pub offset: u64,
    /// Length of that member in bytes.
    pub length: u64,
    /// BLAKE3 of the payload as it came over the wire, content encoding included.
    pub blake3: ContentHash,
}

/// What a page is, as far as extraction can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// A page whose point is one text.
    Article,
    /// An index of links to other pages.
    List,
    /// A challenge, a block page or a login wall: never stored as content.
    Blocked,
    /// Anything else.
    Other,
}

impl PageKind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::List => "list",
            Self::Blocked => "blocked",
            Self::Other => "other",
        }
    }
}

/// What a link seems to lead to, judged on the page it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkRole {
    /// An entry of a list, or a related article.
    Article,
    /// Another list: a column, a board, a section.
    List,
    /// Another page of the same list.
    ListPage,
    /// Another part of the same article.
    Part,
    /// Anything else.
    Other,
}

/// A link found on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Absolute where the page's address is known, else as written.
    pub url: String,
    /// The anchor text, white space folded.
    pub text: String,
    /// What it seems to lead to.
    pub role: LinkRole,
}
