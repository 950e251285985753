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

    /// Whether `url` may be crawled.
    pub fn contains(&self, url: &CanonicalUrl) -> bool {
        match self.kind {
            ScopeKind::Site => self.sites.contains(&url.site()),
            ScopeKind::Host => self.hosts.contains(url.host()),
            ScopeKind::Path => {
                let url = place(url);
                self.prefixes.iter().any(|prefix| url.starts_with(prefix))
            }
            ScopeKind::Any => true,
        }
    }

    /// The sites a claim is restricted to; none where everything may be crawled.
    pub fn sites(&self) -> Option<Vec<String>> {
        (self.kind != ScopeKind::Any).then(|| self.sites.iter().cloned().collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match self.kind {
            ScopeKind::Site => f.write_str(&join(&self.sites)),
            ScopeKind::Host => f.write_str(&join(&self.hosts)),
            ScopeKind::Path => f.write_str(&join(&self.prefixes)),
            ScopeKind::Any => f.write_str("*"),
        }
    }
}

/// Host and path: `http` and `https` are one place.
fn place(url: &CanonicalUrl) -> String {
    format!("{}:{}{}", url.host(), url.as_url().port().unwrap_or_default(), url.as_url().path())
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
    fn claims_are_restricted_to_the_sites() {
        let seeds = [url("http://www.qinglan.gov.cn/"), url("http://bbs.qinglan.gov.cn/")];
        assert_eq!(Scope::around(ScopeKind::Host, &seeds).sites(), Some(vec!["qinglan.gov.cn".to_owned()]));
        assert_eq!(Scope::any().sites(), None);
    }
}
