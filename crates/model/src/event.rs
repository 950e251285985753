//! The events on the wire: the list of everything that stages say to each other.
//!
//! | event | made by | read by |
//! |---|---|---|
//! | [`PageFetched`] | crawler | scraper |
//! | [`LinksFound`] | scraper | crawler (links consumer) |
//! | [`DocumentReady`] | crawler | scraper |
//! | [`ArticleCleaned`] | scraper | parser |
//! | [`ReportParsed`] | parser | publisher, subscribers |
//! | [`DocumentOther`] | parser | publisher, subscribers |
//! | [`DocumentForgotten`] | `baogao forget` | subscribers |
//!
//! Version 1 of each is a draft until extraction and parsing are done.

use crate::article::Article;
use crate::id::{ContentHash, GroupId, ReportId};
use crate::message::{Event, routing_part};
use crate::page::{Link, PageKind, PayloadRef};
use crate::report::{Level, Report};
use crate::tombstone::TargetKind;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shapes of all routing keys, in the order of the pipeline; words that differ stand in braces.
pub const ROUTING_KEYS: [&str; 7] = [
    PageFetched::ROUTING,
    LinksFound::ROUTING,
    DocumentReady::ROUTING,
    ArticleCleaned::ROUTING,
    ReportParsed::ROUTING,
    DocumentOther::ROUTING,
    DocumentForgotten::ROUTING,
];

/// A page's response is in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageFetched {
    /// The canonical URL that was asked for.
    pub url: String,
    /// Its registrable host.
    pub site: String,
    /// The number of this fetch: from one sequence, so that later fetches have higher numbers.
    pub fetch_no: u64,
    /// When the response was complete.
    pub fetched_at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// Where the response lies.
    pub payload: PayloadRef,
    /// Links followed from a seed to here.
    pub depth: u32,
}

/// The links of a page, and the document group the page belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinksFound {
    /// The page the links stand on.
    pub page_url: String,
    /// Its registrable host.
    pub site: String,
    /// The fetch that brought the page.
    pub fetch_no: u64,
    /// What the page turned out to be.
    pub page_kind: PageKind,
    /// The page's links in page order, each URL once.
    pub links: Vec<Link>,
    /// Set where the page is one part of a split article.
    pub group: Option<GroupHint>,
    /// The version of the extractor that looked.
    pub extractor_version: u32,
}

/// What one part of a split article says about the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupHint {
    /// The name of the document within its site; the same on every part.
    pub document_key: String,
    /// The part number of the page that says this, from 1.
    pub part: u32,
    /// How many parts there are, if the page says so.
    pub total: Option<u32>,
    /// The parts the page names, itself included.
    pub members: Vec<GroupMember>,
}

/// One part of a split article.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GroupMember {
    /// The part number, from 1.
    pub part: u32,
    /// The part's absolute URL.
    pub url: String,
}

/// Every part of a split article is fetched, finally failed, or overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentReady {
    /// The group.
    pub group: GroupId,
    /// The registrable host of its parts.
    pub site: String,
    /// The name of the document within its site.
    pub document_key: String,
    /// The highest fetch number among its parts.
    pub fetch_no: u64,
    /// When the last of its parts was fetched.
    pub fetched_at: Timestamp,
    /// The parts in order.
    pub parts: Vec<Part>,
}

/// One part of a [`DocumentReady`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The part number, from 1.
    pub part: u32,
    /// The part's canonical URL.
    pub url: String,
    /// What became of it.
    pub state: PartState,
}

/// What became of one part of a split article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PartState {
    /// It is in the archive.
    Fetched {
        /// Where the response lies.
        payload: PayloadRef,
        /// The `Content-Type` header as sent.
        content_type: Option<String>,
        /// The number of the fetch that brought it.
        fetch_no: u64,
    },
    /// It could not be got and will not be asked for again soon.
    Failed {
        /// Why, as a short code: `http_404`, `robots`, `too_large`…
        reason: String,
    },
    /// It had not come when the group had waited long enough.
    Overdue,
}

/// A document's clean text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleCleaned {
    /// The article.
    pub article: Article,
}

/// A government work report, parsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportParsed {
    /// The record.
    pub report: Report,
    /// Its place among the revisions of the same report.
    pub revision: Revision,
}

/// A document that is no report of the stream: a budget report, news, a template…
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentOther {
    /// The record, with the kind that kept it out of the stream.
    pub report: Report,
    /// Its place among the revisions of the same document.
    pub revision: Revision,
}

/// Documents were taken down: whoever keeps records deletes these, and what else is of the target.
///
/// One that names many comes in several messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentForgotten {
    /// What was taken down: a page's document, or a host with all below it.
    pub kind: TargetKind,
    /// The URL or the host.
    pub target: String,
    /// The registrable host of it.
    pub site: String,
    /// Ids of records that were deleted, 500 at most in one message; none where none was known.
    pub ids: Vec<ReportId>,
    /// When it was taken down.
    pub at: Timestamp,
    /// Why, if that was said.
    pub reason: Option<String>,
}

/// Which revision of a document a record is, and its order among them.
///
/// Two revisions with equal `content_hash`, `extractor_version` and `parser_version` are the same
/// revision, seen again. The order is (`fetch_no`, `extractor_version`, `parser_version`): never a
/// clock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// BLAKE3 of the clean text.
    pub content_hash: ContentHash,
    /// The highest fetch number among the parts.
    pub fetch_no: u64,
    /// The version of the extractor.
    pub extractor_version: u32,
    /// The version of the parser.
    pub parser_version: u32,
}

impl Revision {
    /// The sort key that decides which of two revisions is the current one.
    pub fn order(&self) -> (u64, u32, u32) {
        (self.fetch_no, self.extractor_version, self.parser_version)
    }
}

impl Event for PageFetched {
    const NAME: &'static str = "baogao.page.fetched";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "page.fetched.{site}";

    fn routing_key(&self) -> String {
        format!("page.fetched.{}", routing_part(&self.site))
    }
}

impl Event for LinksFound {
    const NAME: &'static str = "baogao.links.found";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "links.found.{site}";

    fn routing_key(&self) -> String {
        format!("links.found.{}", routing_part(&self.site))
    }
}

impl Event for DocumentReady {
    const NAME: &'static str = "baogao.document.ready";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "document.ready.{site}";

    fn routing_key(&self) -> String {
        format!("document.ready.{}", routing_part(&self.site))
    }
}

impl Event for ArticleCleaned {
    const NAME: &'static str = "baogao.article.cleaned";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "article.cleaned.{site}";

    fn routing_key(&self) -> String {
        format!("article.cleaned.{}", routing_part(&self.article.site))
    }
}

impl Event for ReportParsed {
    const NAME: &'static str = "baogao.report.parsed";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "report.parsed.{level}.{adcode}.{plan_year}";

    fn routing_key(&self) -> String {
        let region = self.report.region.as_ref();
        format!(
            "report.parsed.{}.{}.{}",
            routing_part(region.and_then(|r| r.level).map_or("", Level::as_str)),
            routing_part(region.and_then(|r| r.adcode.as_deref()).unwrap_or_default()),
            routing_part(&self.report.plan_year.map(|year| year.to_string()).unwrap_or_default()),
        )
    }
}

impl Event for DocumentOther {
    const NAME: &'static str = "baogao.document.other";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "document.other.{kind}";

    fn routing_key(&self) -> String {
        format!("document.other.{}", routing_part(self.report.kind.as_str()))
    }
}

impl Event for DocumentForgotten {
    const NAME: &'static str = "baogao.document.forgotten";
    const VERSION: u32 = 1;
    const ROUTING: &'static str = "document.forgotten.{site}";

    fn routing_key(&self) -> String {
        format!("document.forgotten.{}", routing_part(&self.site))
    }
}
