//! What may be crawled: the seeds' own sites unless told otherwise.

use baogao_model::CanonicalUrl;
use std::collections::BTreeSet;
use std::fmt;

/// How far from its seeds a crawl may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The seeds' registrable sites: `www.x.gov.cn` opens all of `x.gov.cn`.
    Site,
    /// The seeds' hosts only.
    Host,
    /// At or below the seeds' directories.
    Path,
    /// Anywhere.
    Any,
    /// From each page to its own registrable site, whatever that is: for pages that nobody has led to.
    Own,
}

/// A [`ScopeKind`] applied to seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    kind: ScopeKind,
    sites: BTreeSet<String>,
    hosts: BTreeSet<String>,
    prefixes: BTreeSet<String>,
}

impl Scope {
    /// The scope of `kind` around `seeds`.
    pub fn around(kind: ScopeKind, seeds: &[CanonicalUrl]) -> Self {
        Self {
            kind,
            sites: seeds.iter().map(CanonicalUrl::site).collect(),
            hosts: seeds.iter().map(|url| url.host().to_owned()).collect(),
            prefixes: seeds.iter().map(directory).collect(),
        }
    }

    /// Everything.
    pub fn any() -> Self {
        Self::around(ScopeKind::Any, &[])
    }

    /// From each page to its own site.
    pub fn own() -> Self {
        Self::around(ScopeKind::Own, &[])
    }

    /// Whether a link to `url` on a page of `site` is followed.
    pub fn follows(&self, site: &str, url: &CanonicalUrl) -> bool {
        match self.kind {
            ScopeKind::Own => url.site() == site,
            _ => self.contains(url),
        }
    }

    /// Whether `url` may be crawled.
    pub fn contains(&self, url: &CanonicalUrl) -> bool {
        match self.kind {
            ScopeKind::Site => self.sites.contains(&url.site()),
            ScopeKind::Host => self.hosts.contains(url.host()),
            ScopeKind::Path => {
                let url = place(url);
                self.prefixes.iter().any(|prefix| url.starts_with(prefix))
            }
            ScopeKind::Any | ScopeKind::Own => true,
        }
    }

    /// The part of the frontier that it opens, down to a depth.
    pub fn in_frontier(&self, max_depth: Option<u32>) -> baogao_frontier::Scope {
        let list = |kind, set: &BTreeSet<String>| (self.kind == kind).then(|| set.iter().cloned().collect());
        baogao_frontier::Scope {
            sites: matches!(self.kind, ScopeKind::Site | ScopeKind::Host | ScopeKind::Path)
                .then(|| self.sites.iter().cloned().collect()),
            hosts: list(ScopeKind::Host, &self.hosts),
            prefixes: list(ScopeKind::Path, &self.prefixes),
            max_depth,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match self.kind {
            ScopeKind::Site => f.write_str(&join(&self.sites)),
            ScopeKind::Host => f.write_str(&join(&self.hosts)),
            ScopeKind::Path => f.write_str(&join(&self.prefixes)),
            ScopeKind::Any | ScopeKind::Own => f.write_str("*"),
        }
    }
}

/// Host, written port and path: `http` and `https` are one place.
fn place(url: &CanonicalUrl) -> String {
    let port = url.as_url().port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host(), url.as_url().path())
}

/// The place of `url` up to its last slash.
fn directory(url: &CanonicalUrl) -> String {
    let mut place = place(url);
    place.truncate(place.rfind('/').map_or(place.len(), |slash| slash + 1));
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> CanonicalUrl {
        CanonicalUrl::parse(text).expect("a good URL")
    }

    #[test]
    fn pages_out_of_nowhere_lead_to_their_own_sites() {
        let page = url("http://www.qinglan.gov.cn/a");
        let inside = |text| Scope::own().follows(&page.site(), &url(text));
        assert!(inside("http://zwgk.qinglan.gov.cn/b") && !inside("http://www.lincheng.gov.cn/b"));
    }

    #[test]
    fn each_kind_opens_what_it_says() {
        let seeds = [url("http://www.qinglan.gov.cn/zwgk/gzbg/index.html")];
        let inside = |kind, text| Scope::around(kind, &seeds).contains(&url(text));
        assert!(inside(ScopeKind::Site, "https://zwgk.qinglan.gov.cn/a"));
        assert!(!inside(ScopeKind::Site, "http://www.lincheng.gov.cn/a"));
        assert!(!inside(ScopeKind::Host, "http://zwgk.qinglan.gov.cn/a"));
        assert!(inside(ScopeKind::Host, "http://www.qinglan.gov.cn/a"));
        assert!(inside(ScopeKind::Path, "https://www.qinglan.gov.cn/zwgk/gzbg/2024/1.html"));
        assert!(!inside(ScopeKind::Path, "http://www.qinglan.gov.cn/zwgk/other.html"));
        assert!(inside(ScopeKind::Any, "http://www.lincheng.gov.cn/a"));
    }

    #[test]
    fn claims_are_restricted_to_what_is_open() {
        let seeds = [url("http://www.qinglan.gov.cn:8080/zwgk/"), url("http://bbs.qinglan.gov.cn/x.html")];
        let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
        let of = |kind| Scope::around(kind, &seeds).in_frontier(Some(2));
        let site = baogao_frontier::Scope {
            sites: list(&["qinglan.gov.cn"]),
            max_depth: Some(2),
            ..baogao_frontier::Scope::default()
        };
        assert_eq!(of(ScopeKind::Site), site);
        assert_eq!(of(ScopeKind::Host).hosts, list(&["bbs.qinglan.gov.cn", "www.qinglan.gov.cn"]));
        assert_eq!(of(ScopeKind::Path).prefixes, list(&["bbs.qinglan.gov.cn/", "www.qinglan.gov.cn:8080/zwgk/"]));
        assert_eq!(Scope::any().in_frontier(None), baogao_frontier::Scope::default());
    }
}
