//! Tombstones: what was taken down, and is neither shown nor fetched again.
//!
//! A tombstone names a page or a host. Stores keep it under its [key](Target::key); a page is covered
//! when one of [its keys](keys_of) is there. So every store asks in its own way, and all answer alike.

use crate::url::{CanonicalUrl, UrlError};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// What is taken down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Target {
    /// The document of which this is a page, over `http` and `https` alike.
    Url(CanonicalUrl),
    /// Everything on a host and on the hosts below it: `qinglan.gov.cn` covers `www.qinglan.gov.cn`.
    Site(String),
}

/// Why a text names nothing that could be taken down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It looks like a URL and is none.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// It is no host of a site.
    #[error("{text:?} is neither a URL nor a site; write http://www.example.gov.cn/report.html or example.gov.cn")]
    Site {
        /// The text.
        text: String,
    },
    /// It is a registry's domain, below which others have their sites.
    #[error("{text:?} is no site but a domain below which everybody has theirs; name the site")]
    TooWide {
        /// The text.
        text: String,
    },
}

impl Target {
    /// Reads a URL, or a host without anything before or behind it.
    ///
    /// # Errors
    ///
    /// When it is neither, or a domain such as `gov.cn` below which others have their sites.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.contains("://") {
            return Ok(Self::Url(CanonicalUrl::parse(text)?));
        }
        let no_site = || TargetError::Site { text: text.to_owned() };
        if text.is_empty() || text.contains(['/', ':', '?', '#', '@', ' ', '%', '\\']) {
            return Err(no_site());
        }
        let url = CanonicalUrl::parse(&format!("http://{text}/")).map_err(|_| no_site())?;
        if url.is_public_suffix() {
            return Err(TargetError::TooWide { text: text.to_owned() });
        }
        Ok(Self::Site(url.host().to_owned()))
    }

    /// `url` or `site`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Url(_) => "url",
            Self::Site(_) => "site",
        }
    }

    /// The URL or the host.
    pub fn value(&self) -> &str {
        match self {
            Self::Url(url) => url.as_str(),
            Self::Site(host) => host,
        }
    }

    /// The target that was stored under its kind and value; none where they are no such thing.
    pub fn from_stored(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "url" => CanonicalUrl::parse(value).ok().map(Self::Url),
            "site" => Some(Self::Site(value.to_owned())),
            _ => None,
        }
    }

    /// The name under which stores keep it: the host, or the URL without its scheme.
    pub fn key(&self) -> String {
        match self {
            Self::Url(url) => page_key(url),
            Self::Site(host) => host.clone(),
        }
    }

    /// The registrable host of what it covers.
    pub fn site(&self) -> String {
        match self {
            Self::Url(url) => url.site(),
            // Read as a host once; what cannot be read again covers nothing.
            Self::Site(host) => {
                CanonicalUrl::parse(&format!("http://{host}/")).map_or_else(|_| host.clone(), |url| url.site())
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.value())
    }
}

/// The key of a page: hosts have no slash, so none is the key of a site.
fn page_key(url: &CanonicalUrl) -> String {
    let port = url.as_url().port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host(), url.path_and_query())
}

/// Every key under which a tombstone covers this page: its own, its host's, and those of the hosts
/// above. What is no URL has none.
pub fn keys_of(url: &str) -> Vec<String> {
    let Ok(url) = CanonicalUrl::parse(url) else { return Vec::new() };
    let mut keys = vec![page_key(&url)];
    let mut host = url.host();
    keys.push(host.to_owned());
    while let Some((_, above)) = host.split_once('.') {
        keys.push(above.to_owned());
        host = above;
    }
    keys
}

/// That something was taken down, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// What.
    pub target: Target,
    /// When.
    pub at: Timestamp,
    /// Why, for those who look later.
    pub reason: Option<String>,
}

/// Tombstones to be asked again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tombstones(HashMap<String, Tombstone>);

impl Tombstones {
    /// The tombstone that covers a page, if there is one.
    pub fn covering(&self, url: &str) -> Option<&Tombstone> {
        if self.0.is_empty() {
            return None;
        }
        keys_of(url).iter().find_map(|key| self.0.get(key))
    }

    /// Whether a page is covered.
    pub fn cover(&self, url: &str) -> bool {
        self.covering(url).is_some()
    }

    /// The tombstone of exactly this target.
    pub fn of(&self, target: &Target) -> Option<&Tombstone> {
        self.0.get(&target.key())
    }

    /// All of them, the oldest first.
    pub fn oldest_first(&self) -> Vec<&Tombstone> {
        let mut all: Vec<&Tombstone> = self.0.values().collect();
        all.sort_unstable_by_key(|one| (one.at, one.target.key()));
        all
    }
}

impl FromIterator<Tombstone> for Tombstones {
    /// Of two with one target, the older stands.
    fn from_iter<I: IntoIterator<Item = Tombstone>>(tombstones: I) -> Self {
        let mut all = HashMap::new();
        for tombstone in tombstones {
            let key = tombstone.target.key();
            match all.get(&key) {
                Some(known) if is_older(known, &tombstone) => {}
                _ => drop(all.insert(key, tombstone)),
            }
        }
        Self(all)
    }
}

fn is_older(known: &Tombstone, other: &Tombstone) -> bool {
    known.at <= other.at
}

/// The kind of a [`Target`] on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// One document, by the URL of a page.
    Url,
    /// A host with all below it.
    Site,
}

impl From<&Target> for TargetKind {
    fn from(target: &Target) -> Self {
        match target {
            Target::Url(_) => Self::Url,
            Target::Site(_) => Self::Site,
        }
    }
}
