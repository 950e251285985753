//! What every extract must fulfil, whatever the page.

use baogao_extract::{Extractor, PageExtract};
use baogao_model::{CanonicalUrl, PageKind};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The extractor of all targets; making one is costly.
pub static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(Extractor::new);

/// Panics where an extract of the page at `own` breaks a promise.
pub fn check(found: &PageExtract, own: &CanonicalUrl) {
    for line in found.text.lines() {
        assert!(!line.is_empty() && line.trim() == line, "line {line:?}");
    }
    assert!(found.text.is_empty() || found.text.ends_with('\n'));
    assert!(found.kind == PageKind::Article || found.text.is_empty(), "text on a page of kind {:?}", found.kind);
    assert_eq!(found.blocked.is_some(), found.kind == PageKind::Blocked);
    check_links(found, own);
    let Some(group) = &found.group else { return };
    assert_eq!(Some(&group.document_key), found.document_key.as_ref());
    assert!(group.members.len() >= 2);
    assert!(group.members.windows(2).all(|pair| pair[0].part < pair[1].part), "{group:?}");
    let part = group.members.iter().find(|member| member.part == group.part);
    assert_eq!(part.map(|part| part.url.as_str()), Some(own.as_str()), "{group:?}");
}

fn check_links(found: &PageExtract, own: &CanonicalUrl) {
    assert_ne!(found.next_page.as_deref(), Some(own.as_str()), "a page is not behind itself");
    let mut seen = BTreeSet::new();
    for link in &found.links {
        assert!(seen.insert(link.url.as_str()), "{} twice", link.url);
        assert!(CanonicalUrl::parse(&link.url).is_ok_and(|url| url.as_str() == link.url), "{} is not canonical", link.url);
    }
}
