//! The name of a document: the same on every part and under every address it has.
//!
//! A name is made from the address by the family's pattern, which needs no markup, so that a part
//! seen alone, or a first part that is split later, is called the same. Without a pattern the
//! declared canonical address is the name, and on later parts that of the first part. Two documents
//! under one name would overwrite each other; one under two names is merely there twice. So where
//! nothing is sure the page's own address is the name.

use crate::dom::Dom;
use crate::element::attribute;
use crate::links::Base;
use crate::profile::Profile;
use baogao_model::CanonicalUrl;
use html5ever::local_name;

/// An address without scheme and host, as profiles match it.
pub(crate) fn path_and_query(url: &CanonicalUrl) -> String {
    let url = url.as_url();
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// The key of the document that the page at `own` is, or is a part of.
///
/// `declared` is the address the page gives for itself, `first_part` that of part 1 where the page
/// has parts.
pub(crate) fn key(
    profile: &Profile,
    own: Option<&CanonicalUrl>,
    declared: Option<&str>,
    first_part: Option<&str>,
) -> Option<String> {
    let own = own?;
    if let Some(key) = key_by_pattern(profile, own) {
        return Some(key);
    }
    let first_part = first_part.and_then(|url| CanonicalUrl::parse(url).ok());
    let declared = declared.and_then(|url| CanonicalUrl::parse(url).ok()).filter(|url| is_believable(url, own));
    let name = match (declared, first_part) {
        (None, None) => own.clone(),
        (None, Some(first)) => first,
        (Some(declared), None) => declared,
        // A later part may declare itself, on this host or on another that mirrors it.
        (Some(declared), Some(first)) if last_segment(&declared) == last_segment(own) => {
            declared.join(last_segment(&first)).unwrap_or(first)
        }
        (Some(declared), Some(_)) => declared,
    };
    Some(plain(&name))
}

/// The key of an address by pattern, or else the address itself.
pub(crate) fn key_of_address(profile: &Profile, url: &CanonicalUrl) -> String {
    key_by_pattern(profile, url).unwrap_or_else(|| plain(url))
}

fn key_by_pattern(profile: &Profile, url: &CanonicalUrl) -> Option<String> {
    let key = profile.document_key(&path_and_query(url))?;
    Some(format!("{}/{}", bare_host(url), key.trim_start_matches('/')))
}

/// An address without its scheme and without the host's prefix for browsers or telephones.
fn plain(url: &CanonicalUrl) -> String {
    format!("{}{}", bare_host(url), path_and_query(url))
}

fn bare_host(url: &CanonicalUrl) -> &str {
    let host = url.host();
    let site = url.site();
    match host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")) {
        // `www.gov.example` may itself be the registrable name.
        Some(rest) if rest.ends_with(site.as_str()) => rest,
        _ => host,
    }
}

/// Whether a declared address can be the page's: of the same site, and no home page for all.
fn is_believable(declared: &CanonicalUrl, own: &CanonicalUrl) -> bool {
    declared.site() == own.site() && (declared.as_url().path() != "/" || declared.as_url().query().is_some())
}

/// What stands behind the last slash, query included.
fn last_segment(url: &CanonicalUrl) -> &str {
    url.as_str().rsplit_once('/').map_or("", |(_, segment)| segment)
}

/// The address a page declares for itself: 本文地址 beside the text, or `<link rel=canonical>`.
pub(crate) fn declared_address(dom: &Dom, base: &Base) -> Option<String> {
    from_notice(dom, base).or_else(|| from_link(dom, base))
}

fn from_link(dom: &Dom, base: &Base) -> Option<String> {
    for (at, node) in dom.nodes.iter().enumerate() {
        if node.tag != local_name!("link") {
            continue;
        }
        let Some(element) = dom.markup(at as u32) else { continue };
        let is_canonical = element
            .attr("rel")
            .is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("canonical")));
        if is_canonical && let Some(url) = attribute(element, &local_name!("href")).and_then(|href| base.resolve(href))
        {
            return Some(url);
        }
    }
    None
}

/// The address behind 本文地址 or 本文链接, as a link or as text.
fn from_notice(dom: &Dom, base: &Base) -> Option<String> {
    for at in 0..dom.nodes.len() as u32 {
        let Some(text) = dom.text_at(at) else { continue };
        let text = text.trim();
        let Some(rest) =
            ["本文地址", "本文链接", "本文网址", "原文地址"].iter().find_map(|label| text.strip_prefix(label))
        else {
            continue;
        };
        let Some(rest) = rest.trim_start().strip_prefix([':', '：']) else { continue };
        let written = rest.trim();
        if !written.is_empty() {
            return base.resolve(written);
        }
        let end = (at + 6).min(dom.nodes.len() as u32);
        let link =
            (at..end).find_map(|next| dom.markup(next).filter(|_| dom.nodes[next as usize].tag == local_name!("a")));
        return link.and_then(|link| attribute(link, &local_name!("href"))).and_then(|href| base.resolve(href));
    }
    None
}
