//! What a crawl of the fake web owes: every address with what stands there, every record, and the
//! addresses that nobody may ask for.

use super::site::{Document, Family};
use crate::prose::Head;
use jiff::civil::Date;
use std::time::Duration;

/// The truth about a fake web at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The hosts, in the plan's order.
    pub hosts: Vec<HostTruth>,
    /// Every address that a list, a page or a redirect leads to, each once.
    pub pages: Vec<PageTruth>,
    /// Every record owed, each once.
    pub records: Vec<RecordTruth>,
    /// Addresses that stand in lists and that robots.txt forbids.
    pub forbidden: Vec<String>,
}

/// One host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTruth {
    /// Its name.
    pub host: String,
    /// What made its pages.
    pub family: Family,
    /// The list page from which all its pages are reached.
    pub seed: String,
    /// Whether it has robots rules; without them robots.txt is not there.
    pub has_robots: bool,
    /// The `Crawl-delay` of its rules.
    pub crawl_delay: Option<Duration>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTruth {
    /// The address as it is linked.
    pub url: String,
    /// What stands there.
    pub what: What,
    /// What is in the way of getting it.
    pub obstacles: Vec<Obstacle>,
}

/// What stands at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An index of other pages; the home page too.
    List,
    /// A part of a report; `record` is its place in [`Truth::records`].
    Report {
        /// The record it belongs to.
        record: usize,
        /// Its number, from 1.
        part: u32,
    },
    /// A text that looks like a report and owes no record.
    Lookalike,
    /// A redirect to another address.
    Redirect {
        /// The absolute address it leads to.
        to: String,
    },
    /// One of two addresses that redirect to each other.
    Loop,
    /// Nothing: 404.
    Missing,
    /// A page too large to take.
    Huge,
    /// A page that robots.txt forbids.
    Forbidden,
}

/// What is in the way of getting a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It is late.
    Slow,
    /// 429 at first.
    TooManyRequests,
    /// 503 at first.
    Unavailable,
    /// The connection is reset at first.
    Reset,
    /// Its declared charset is not its own.
    WrongCharset,
    /// It comes compressed.
    Gzip,
}

/// One record owed.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordTruth {
    /// The canonical address of its first part.
    pub url: String,
    /// The host.
    pub host: String,
    /// The registrable host.
    pub site: String,
    /// What made its pages.
    pub family: Family,
    /// The canonical addresses of its parts, in order.
    pub parts: Vec<String>,
    /// The page's heading, or a thread's subject without its type.
    pub title: String,
    /// The date its pages show for the publication.
    pub published_on: Date,
    /// What its head says.
    pub head: Head,
    pub(super) document: Document,
}

impl RecordTruth {
    /// The clean text as printed: the heading where the page has one above the text, then the
    /// text's lines, joined by line breaks. Spaces within a line are the page's own.
    pub fn text(&self) -> String {
        self.document.clean_lines(self.family).join("\n")
    }

    /// How often the text was changed; see [`super::FakeWeb::change`].
    pub fn revision(&self) -> u32 {
        self.document.revision
    }
}

impl Truth {
    /// The record that the page at `url` is a part of.
    pub fn record_of(&self, url: &str) -> Option<&RecordTruth> {
        let page = self.pages.iter().find(|page| page.url == url)?;
        match page.what {
            What::Report { record, .. } => self.records.get(record),
            _ => None,
        }
    }
}
