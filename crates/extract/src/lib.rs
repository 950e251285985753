#![doc = include_str!("../README.md")]

mod authors;
mod body;
mod card;
mod charset;
mod clean;
mod container;
mod date;
mod document;
mod dom;
mod element;
mod families;
mod forum;
mod inset;
mod kind;
mod layout;
mod letter;
mod links;
mod marks;
mod markup;
mod metadata;
mod pager;
mod patterns;
mod plain;
mod profile;
mod records;
mod references;
mod refusal;
mod region;
mod runs;
mod slot;
mod stitch;
mod title;
mod tokens;
mod worth;

pub use charset::{Decoded, MAX_PAGE_BYTES, decode};
pub use forum::{Post, Thread};
pub use metadata::{DateEvidence, Metadata};
pub use profile::ProfileError;
pub use refusal::{Blocked, Refusal};
pub use stitch::{PartInput, Stitched, stitch};

use crate::container::Container;
use crate::dom::Dom;
use crate::families::Families;
use crate::links::{Anchor, Base};
use crate::pager::Pager;
use crate::profile::Profile;
use baogao_model::event::{GroupHint, GroupMember};
use baogao_model::{CanonicalUrl, Link, PageKind, Warning};
use jiff::civil::Date;

/// The version of this crate's rules. It goes up with every change that can change a text, a title,
/// a date or a document key.
pub const EXTRACTOR_VERSION: u32 = 7;

/// Pages of a list that are offered as links; the last of them offers the next ones.
const MAX_LIST_PAGES: u32 = 100;

/// A response as it came.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The body, content encoding undone.
    pub bytes: &'a [u8],
    /// Where it was fetched from, where that is known.
    pub url: Option<&'a CanonicalUrl>,
    /// The `Content-Type` header as sent.
    pub content_type: Option<&'a str>,
}

/// What was found on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageExtract {
    /// What the page is.
    pub kind: PageKind,
    /// Why it is no content and what gave it away, where the kind is [`PageKind::Blocked`].
    pub blocked: Option<Blocked>,
    /// The CMS family: `empirecms`, `discuz`, `trs`, a user's own, or `generic`.
    pub family: String,
    /// The charset of the bytes, by its name in the WHATWG Encoding Standard.
    pub charset: String,
    /// The heading, without the site's name and without the marker of a part.
    pub title: Option<String>,
    /// The date the page shows for its publication.
    pub published_on: Option<Date>,
    /// What else the page says of its document, with all dates and where each was found.
    pub metadata: Metadata,
    /// The address the document declares for itself.
    pub canonical_url: Option<String>,
    /// The name of the document within its site, the same on every part; where the address is known.
    pub document_key: Option<String>,
    /// The clean text, beginning with the title; every line ends with a line break. Empty where
    /// there is no article, and on the later pages of a thread, whose author only the first page tells.
    pub text: String,
    /// The page behind this one, of the same article or list.
    pub next_page: Option<String>,
    /// The links in page order, each address once. Absolute where the page's address or a `base`
    /// element is known, else as written.
    pub links: Vec<Link>,
    /// The document group, where the page is one part of at least two with absolute addresses.
    pub group: Option<GroupHint>,
    /// What was doubtful.
    pub warnings: Vec<Warning>,
    /// The lines of the article without the page heading, for [`stitch`].
    pub body: Vec<String>,
    /// The posts, where the page is a thread's, for [`stitch`].
    pub thread: Option<Thread>,
}

/// Turns pages into articles and links, by what it knows of CMS families.
///
/// A pure function of page and profiles: no memory of earlier pages, no clock. Cheap to share,
/// costly to make (it compiles the profiles); make one and keep it.
#[derive(Debug)]
pub struct Extractor {
    families: Families,
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

impl Extractor {
    /// An extractor with the built-in profiles.
    pub fn new() -> Self {
        Self { families: Families::built_in() }
    }

    /// An extractor with the built-in profiles and `extra` ones, each a name and the text of its
    /// `profile.toml`. An extra profile replaces a built-in one of the same name.
    ///
    /// # Errors
    ///
    /// When a profile cannot be read.
    pub fn with_profiles(extra: &[(&str, &str)]) -> Result<Self, ProfileError> {
        Ok(Self { families: Families::with(extra)? })
    }

    /// The names of all profiles, and whether each is built in.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, bool)> {
        self.families.names()
    }

    /// A profile's file as written.
    pub fn profile_text(&self, name: &str) -> Option<&str> {
        self.families.named(name).map(|(_, text)| text)
    }

    /// Reads a page. Never fails: what cannot be read is left out and warned of.
    pub fn extract(&self, page: &Page<'_>) -> PageExtract {
        let decoded = decode(page.bytes, page.content_type);
        if plain::is_plain(page.content_type, &decoded.text) {
            return plain::extract(decoded);
        }
        self.extract_decoded(decoded, page.url)
    }

    /// Reads a page that has been [decoded](decode) already.
    pub fn extract_decoded(&self, decoded: Decoded, url: Option<&CanonicalUrl>) -> PageExtract {
        let address = url.map(document::path_and_query);
        let profile = self.families.detect(&decoded.text, address.as_deref());
        Self::extract_with(profile, url, decoded)
    }

    /// Reads a page as one of the family of this name, whatever it looks like. `None` where there is no
    /// such profile.
    pub fn extract_as(&self, family: &str, page: &Page<'_>) -> Option<PageExtract> {
        let (profile, _) = self.families.named(family)?;
        Some(Self::extract_with(profile, page.url, decode(page.bytes, page.content_type)))
    }

    fn extract_with(profile: &Profile, url: Option<&CanonicalUrl>, decoded: Decoded) -> PageExtract {
        let dom = Dom::parse(&decoded.text, profile);
        let mut warnings = decoded.warnings;
        if dom.limited {
            warnings.push(Warning::new(
                "markup_limited",
                "the page is nested too deeply or too large; parts of its structure were left out",
            ));
        }
        if dom.revealed {
            warnings.push(Warning::new(
                "hidden_text",
                "the text is marked as hidden and was kept, since there is little else",
            ));
        }
        let reading = Reading::new(&dom, profile, url, &decoded.text);
        reading.finish(decoded.charset, warnings)
    }
}

/// A page with everything that was found out about it so far.
struct Reading<'a> {
    dom: &'a Dom,
    profile: &'a Profile,
    url: Option<&'a CanonicalUrl>,
    base: Base,
    anchors: Vec<Anchor>,
    container: Option<Container>,
    thread: Option<Vec<Post>>,
    kind: PageKind,
    blocked: Option<Blocked>,
    title: Option<String>,
    own_lines: Vec<usize>,
}

impl<'a> Reading<'a> {
    fn new(dom: &'a Dom, profile: &'a Profile, url: Option<&'a CanonicalUrl>, source: &str) -> Self {
        let thread = profile.forum.as_ref().map(|forum| forum::posts(dom, forum)).filter(|posts| !posts.is_empty());
        let container = container::find(dom, profile);
        let title = title::find(dom, profile, container.as_ref());
        let own_lines = container.as_ref().map_or_else(Vec::new, |container| {
            let first = body::first_of_flat(dom, &container.lines);
            let lines = if container.is_post { body::without_byline(dom, first) } else { first };
            // Of posts that stand apart each has lost its own.
            let lines = body::without_signature(dom, body::first_answer(dom, lines), false);
            let own = body::own_lines(dom, lines, title.as_deref(), container.is_post);
            let mut all = body::head_lines(dom, &own, title.as_deref());
            all.extend(own);
            all
        });
        let base = Base::of(dom, url);
        let anchors = links::anchors(dom, &base);
        let evidence = kind::evidence(dom, &own_lines, &anchors, container.as_ref());
        let blocked = match thread {
            Some(_) => None,
            None => refusal::find(dom, source, &own_lines, evidence),
        };
        let kind = match (&thread, &blocked) {
            (Some(_), _) => PageKind::Article,
            (None, Some(_)) => PageKind::Blocked,
            (None, None) => {
                let is_list_address = url.is_some_and(|url| links::is_list_address(profile, url));
                kind::classify(container.as_ref(), evidence, is_list_address)
            }
        };
        Self { dom, profile, url, base, anchors, container, thread, kind, blocked, title, own_lines }
    }

    fn finish(mut self, charset: &str, mut warnings: Vec<Warning>) -> PageExtract {
        if let Some(blocked) = &self.blocked {
            let (reason, evidence) = (blocked.reason.as_str(), &blocked.evidence);
            warnings.push(Warning::new("blocked", format!("the page is no content ({reason}): {evidence}")));
        }
        let is_article = self.kind == PageKind::Article;
        let anchors = std::mem::take(&mut self.anchors);
        let max_pages = if is_article { self.profile.max_parts } else { MAX_LIST_PAGES };
        let pager = pager::find(self.dom, &anchors, &self.base, self.url, is_article, max_pages);
        let next_page = pager.as_ref().and_then(|pager| pager.next.clone()).or_else(|| {
            let next = links::next_group(&anchors).filter(|_| self.kind == PageKind::List)?;
            Some(next.url.clone())
        });
        let canonical_url = document::declared_address(self.dom, &self.base);
        let group_url = pager.as_ref().filter(|_| is_article).and_then(|pager| pager.pages.get(&1)).cloned();
        let document_key = document::key(self.profile, self.url, canonical_url.as_deref(), group_url.as_deref());
        let group = pager.as_ref().filter(|_| is_article).and_then(|pager| self.group(pager, document_key.as_deref()));
        let part = pager.as_ref().map_or(1, |pager| pager.current);
        let title = self
            .title
            .as_deref()
            .map(|title| title::without_part(title, part))
            .filter(|_| self.kind != PageKind::Blocked);
        let thread = self.thread.clone().map(|posts| Thread { page: part, posts });
        let body = self.body(thread.as_ref());
        let text = assemble(title.as_deref(), &body);
        let metadata = self.metadata(thread.as_ref());
        PageExtract {
            kind: self.kind,
            blocked: self.blocked.clone(),
            family: self.profile.name.clone(),
            charset: charset.to_owned(),
            title,
            published_on: metadata.dates.first().map(|found| found.date),
            metadata,
            canonical_url,
            document_key,
            text,
            next_page,
            links: links::list(self.dom, self.profile, anchors, pager.as_ref(), self.kind, self.url),
            group,
            warnings,
            body,
            thread,
        }
    }

    /// What the page says of its document. A thread's date is that of its first post.
    fn metadata(&self, thread: Option<&Thread>) -> Metadata {
        if self.kind != PageKind::Article {
            return Metadata::default();
        }
        let mut metadata = metadata::find(self.dom, self.container.as_ref());
        match thread {
            Some(thread) => {
                let opening = thread.posts.first().filter(|_| thread.page == 1);
                metadata.author = opening.and_then(|post| post.author.clone());
                let date = opening.and_then(|post| post.posted_on);
                metadata.dates = date.map(|date| DateEvidence::new(date, "post", "")).into_iter().collect();
            }
            None => {
                let path = self.url.map(|url| url.as_url().path());
                let last = self.own_lines.last().copied();
                metadata.dates = date::find(self.dom, self.profile, self.container.as_ref(), last, path);
            }
        }
        metadata
    }

    /// The article's lines without the page heading.
    fn body(&self, thread: Option<&Thread>) -> Vec<String> {
        if self.kind != PageKind::Article {
            return Vec::new();
        }
        match thread {
            Some(thread) if thread.page == 1 => forum::document(&thread.posts),
            Some(_) => Vec::new(),
            None => {
                let is_letter = self.container.as_ref().is_some_and(|container| container.letter.is_some());
                let text = |&index: &usize| match self.dom.line_text(&self.dom.lines[index]) {
                    text if is_letter => letter::without_label(text).to_owned(),
                    text => text.to_owned(),
                };
                self.own_lines.iter().map(text).collect()
            }
        }
    }

    /// The group this page is a part of, where there are at least two parts with absolute addresses.
    fn group(&self, pager: &Pager, document_key: Option<&str>) -> Option<GroupHint> {
        if pager.pages.len() < 2 || pager.current > self.profile.max_parts {
            return None;
        }
        let mut members = Vec::new();
        for (part, url) in &pager.pages {
            let url = CanonicalUrl::parse(url).ok()?;
            members.push(GroupMember { part: *part, url: url.into() });
        }
        let document_key = match document_key {
            Some(key) => key.to_owned(),
            None => document::key_of_address(self.profile, &CanonicalUrl::parse(&members.first()?.url).ok()?),
        };
        let total = pager.total.map(|total| total.min(self.profile.max_parts));
        Some(GroupHint { document_key, part: pager.current, total, members })
    }
}

/// The clean text: the heading, unless the lines begin with it, then the lines.
fn assemble(title: Option<&str>, lines: &[String]) -> String {
    let mut text = String::new();
    if lines.is_empty() {
        return text;
    }
    if let Some(title) = title
        && !begins_with(lines, title)
    {
        text.push_str(title);
        text.push('\n');
    }
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Whether the first lines together are the title: it may be set in two or three lines.
fn begins_with(lines: &[String], title: &str) -> bool {
    let title = clean::fold(title);
    let mut so_far = String::new();
    for line in lines.iter().take(3) {
        so_far.push_str(&clean::fold(line));
        if so_far == title {
            return true;
        }
        if !title.starts_with(&so_far) {
            return false;
        }
    }
    false
}
