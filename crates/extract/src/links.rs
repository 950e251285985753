//! The page's links, each address once, with what they seem to lead to.
//!
//! Links in hidden elements are not offered: no reader could follow them, and traps lie there.

use crate::dom::{Dom, fold_spaces};
use crate::element::attribute;
use crate::pager::Pager;
use crate::patterns::pattern;
use crate::profile::Profile;
use baogao_model::{CanonicalUrl, Link, LinkRole, PageKind};
use html5ever::local_name;
use std::collections::HashMap;

/// Links kept of one page.
const MAX_LINKS: usize = 5_000;

/// Characters kept of an anchor's text.
const MAX_TEXT: usize = 200;

// Addresses that CMSs give to single documents.
pattern!(
    DOCUMENT_ADDRESS,
    r"(?x)/t20\d{6}_\d+ | /art/\d{4}/ | /content_\d+ | /content/(?:post_|article/)\d+ | /info/\d+/\d+\.htm | thread-\d+
      | [?&](?:id|tid|aid|newsid|articleid|docid)=\d+ | /\d{3,}(?:_\d+)?\.s?html? | /[0-9a-f]{16,}\.s?html? | /\d{4}[/-]?\d{2}(?:[/-]?\d{2})?/.+\.s?html?"
);

// Addresses of indexes.
pattern!(
    LIST_ADDRESS,
    r"(?i)(?:/|/(?:index|list|default|node|channel|col)[^/]*\.(?:s?html?|php|aspx?|jsp)|/list[_-]?\d*|forum-\d+-\d+\.html|mod=forumdisplay.*)$"
);

// A day beside a link, with or without its year.
pattern!(DAY, r"(?:\d{4}[-/.年])?(?-u:\b)\d{1,2}[-/.月]\d{1,2}(?-u:\b)|\d{4}年");

/// Where references on a page point.
#[derive(Debug, Clone)]
pub(crate) struct Base(Option<CanonicalUrl>);

impl Base {
    /// The base of a page: its `base` element, resolved against its own address.
    pub fn of(dom: &Dom, page: Option<&CanonicalUrl>) -> Self {
        let declared = dom
            .find(&local_name!("base"))
            .and_then(|at| dom.markup(at))
            .and_then(|base| attribute(base, &local_name!("href")));
        let declared = declared.and_then(|href| match page {
            Some(page) => page.join(href).ok(),
            None => CanonicalUrl::parse(href).ok(),
        });
        Self(declared.or_else(|| page.cloned()))
    }

    /// The address a reference means: absolute and canonical where the base is known, else as
    /// written without its fragment. `None` where it leads to no page.
    pub fn resolve(&self, reference: &str) -> Option<String> {
        let reference = reference.trim();
        if reference.is_empty() || reference.starts_with('#') {
            return None;
        }
        match &self.0 {
            Some(base) => base.join(reference).ok().map(String::from),
            None => {
                if let Ok(absolute) = CanonicalUrl::parse(reference) {
                    return Some(absolute.into());
                }
                let scheme = reference.split(['/', '?', '#']).next().unwrap_or_default();
                if scheme.contains(':') {
                    return None;
                }
                Some(reference.split('#').next().unwrap_or_default().to_owned())
            }
        }
    }
}

/// An anchor as found on the page.
#[derive(Debug, Clone)]
pub(crate) struct Anchor {
    /// Its position in the document.
    pub at: u32,
    /// Where it leads.
    pub url: String,
    /// Its text, white space folded.
    pub text: String,
}

/// All anchors that lead to a page, in document order.
pub(crate) fn anchors(dom: &Dom, base: &Base) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for (at, node) in dom.nodes.iter().enumerate() {
        let at = at as u32;
        if node.tag != local_name!("a") || node.dropped {
            continue;
        }
        let Some(element) = dom.markup(at) else { continue };
        let Some(url) = attribute(element, &local_name!("href")).and_then(|href| base.resolve(href)) else { continue };
        anchors.push(Anchor { at, url, text: anchor_text(dom, at) });
        if anchors.len() >= 4 * MAX_LINKS {
            break;
        }
    }
    anchors.extend(scripted(dom, base));
    anchors
}

// An anchor in the source of a list that a script would set, as JCMS does.
pattern!(WRITTEN_ANCHOR, r#"(?is)<a\s[^>]{0,400}?href\s*=\s*["']([^"']{1,400})["'][^>]{0,400}>(.{0,800}?)</a>"#);
pattern!(TAG, r"<[^>]*>");

/// The links of lists that only a script would set: the `<datastore>` of JCMS, kept in a `script`.
fn scripted(dom: &Dom, base: &Base) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for (at, node) in dom.nodes.iter().enumerate() {
        let at = at as u32;
        if node.tag != local_name!("script") {
            continue;
        }
        let source = (at..node.end).find_map(|child| dom.text_at(child)).unwrap_or_default();
        let Some(start) = source.find("<datastore") else { continue };
        for found in WRITTEN_ANCHOR.captures_iter(&source[start..]).take(MAX_LINKS) {
            let Some(url) = base.resolve(&found[1].replace("&amp;", "&")) else { continue };
            let text: String = fold_spaces(&TAG.replace_all(&found[2], " ")).chars().take(MAX_TEXT).collect();
            anchors.push(Anchor { at, url, text });
        }
        if anchors.len() >= MAX_LINKS {
            break;
        }
    }
    anchors
}

/// The next group of such a list: the answer of `dataproxy.jsp` to it holds the records behind these.
pub(crate) fn next_group(anchors: &[Anchor]) -> Option<&Anchor> {
    anchors.iter().find(|anchor| anchor.url.contains("dataproxy.jsp") && anchor.text.is_empty())
}

/// What an anchor says: its text, or its `title` where the text is cut short or an image.
fn anchor_text(dom: &Dom, at: u32) -> String {
    let mut text = String::new();
    let mut inner = at;
    while inner < dom.nodes[at as usize].end {
        if dom.nodes[inner as usize].dropped {
            inner = dom.nodes[inner as usize].end;
            continue;
        }
        text.push_str(dom.text_at(inner).unwrap_or_default());
        if text.len() > 8 * MAX_TEXT {
            break;
        }
        inner += 1;
    }
    let mut text = fold_spaces(&text);
    let title = dom.markup(at).and_then(|element| attribute(element, &local_name!("title")));
    if let Some(title) = title.map(fold_spaces) {
        let cut_short = text.trim_end_matches(['.', '…']);
        if text.is_empty() || cut_short != text && title.starts_with(cut_short) {
            text = title;
        }
    }
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
    }
    text
}

/// The links of a page in page order, each address once, with their roles.
pub(crate) fn list(
    dom: &Dom,
    profile: &Profile,
    anchors: Vec<Anchor>,
    pager: Option<&Pager>,
    kind: PageKind,
    own: Option<&CanonicalUrl>,
) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let pages_role = if kind == PageKind::List { LinkRole::ListPage } else { LinkRole::Part };
    let pages = pager.map(|pager| pager.pages.values().collect::<Vec<_>>()).unwrap_or_default();
    let site = own.map(CanonicalUrl::site);
    let mut sites: HashMap<String, bool> = HashMap::new();
    for anchor in anchors {
        if own.is_some_and(|own| own.as_str() == anchor.url) {
            continue;
        }
        let role = if pages.contains(&&anchor.url) {
            pages_role
        } else if site.as_ref().is_some_and(|site| !is_of_site(&mut sites, site, &anchor.url)) {
            LinkRole::Other
        } else {
            role_of(dom, profile, &anchor, kind)
        };
        match places.get(&anchor.url) {
            Some(&place) => merge(&mut links[place], anchor.text, role),
            None if links.len() < MAX_LINKS => {
                places.insert(anchor.url.clone(), links.len());
                links.push(Link { url: anchor.url, text: anchor.text, role });
            }
            None => {}
        }
    }
    // Parts and list pages that only a script would have made links of.
    for url in pages {
        if !places.contains_key(url) && own.is_none_or(|own| own.as_str() != url) {
            links.push(Link { url: url.clone(), text: String::new(), role: pages_role });
        }
    }
    links
}

/// Whether an absolute address is of a site; `known` remembers it of each host.
fn is_of_site(known: &mut HashMap<String, bool>, site: &str, url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if let Some(&is_it) = known.get(host) {
        return is_it;
    }
    let is_it = CanonicalUrl::parse(url).is_ok_and(|url| url.site() == site);
    known.insert(host.to_owned(), is_it);
    is_it
}

/// Of two anchors with one address the longer text is the name, and the surer role the role.
fn merge(link: &mut Link, text: String, role: LinkRole) {
    if text.chars().count() > link.text.chars().count() {
        link.text = text;
        if link.role == LinkRole::Other {
            link.role = role;
        }
    }
}

/// Whether a page's own address is that of a list.
pub(crate) fn is_list_address(profile: &Profile, own: &CanonicalUrl) -> bool {
    let address = path_of(own.as_str());
    match profile.list_urls.is_empty() {
        true => LIST_ADDRESS.is_match(address),
        false => profile.list_urls.iter().any(|pattern| pattern.is_match(address)),
    }
}

/// An absolute address from its path on.
fn path_of(url: &str) -> &str {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    address.find('/').map_or("", |at| &address[at..])
}

/// What a link that is none of the page's own pager leads to.
fn role_of(dom: &Dom, profile: &Profile, anchor: &Anchor, kind: PageKind) -> LinkRole {
    let address = path_of(&anchor.url);
    if profile.article_urls.iter().any(|pattern| pattern.is_match(address)) {
        return LinkRole::Article;
    }
    if profile.list_urls.iter().any(|pattern| pattern.is_match(address)) {
        return LinkRole::List;
    }
    let length = anchor.text.chars().count();
    if DOCUMENT_ADDRESS.is_match(address) && length >= 4 {
        return LinkRole::Article;
    }
    if profile.list_urls.is_empty() && LIST_ADDRESS.is_match(address) && length <= 20 {
        return LinkRole::List;
    }
    let dated = length >= 8 && kind == PageKind::List && stands_by_a_day(dom, anchor.at);
    if dated { LinkRole::Article } else { LinkRole::Other }
}

/// Whether a day is printed in the block around a link.
fn stands_by_a_day(dom: &Dom, at: u32) -> bool {
    let Some(block) = dom.ancestors(at).find(|&at| dom.nodes[at as usize].block) else { return false };
    let lines = dom.lines_in(block);
    lines.len() <= 4 && dom.lines[lines].iter().any(|line| DAY.is_match(dom.line_text(line)))
}
