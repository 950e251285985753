//! The clean article: the line where HTML stops.

use crate::id::ContentHash;
use crate::page::PayloadRef;
use crate::warning::Warning;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One document, stitched from its parts and cleaned of everything that is not its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// The address of its first part as fetched.
    pub url: String,
    /// The address the document declares for itself, or the canonical form of `url`.
    pub canonical_url: String,
    /// The registrable host.
    pub site: String,
    /// The CMS family found: `empirecms`, `discuz`, `trs`, `generic`…
    pub family: String,
    /// The name of the document within its site; see [`crate::ReportId::of_document`].
    pub document_key: String,
    /// Every URL stitched into the text, in order.
    pub pages: Vec<String>,
    /// The heading, without the site's name.
    pub title: Option<String>,
    /// The date the page shows for its publication.
    pub published_on: Option<Date>,
    /// The clean text: title first, one paragraph a line, no layout indentation.
    pub text: String,
    /// BLAKE3 of `text`.
    pub content_hash: ContentHash,
    /// Where the raw bytes of `pages` lie, in the same order.
    pub archive: Vec<PayloadRef>,
    /// The highest fetch number among its parts: orders revisions of one document.
    pub fetch_no: u64,
    /// When the last of its parts was fetched.
    pub fetched_at: Timestamp,
    /// The version of the extractor that made this.
    pub extractor_version: u32,
    /// What the extractor was unsure of.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}
