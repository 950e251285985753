//! Canonical URLs: one spelling for one page.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// The longest canonical URL in bytes. Longer ones are traps or mistakes; servers refuse them too.
pub const MAX_URL_BYTES: usize = 2048;

/// A URL in the one spelling under which the frontier knows it.
///
/// On top of the WHATWG parser's work (scheme and host in lower case, IDNA, default port and dot
/// segments removed): fragment, user information and the root's dot after the host are dropped;
/// percent-escapes of unreserved characters are undone and the others written in upper case
/// (RFC 3986 §6.2.2); session ids and tracking parameters are dropped; the remaining parameters are
/// sorted by name, those of one name keeping their order; an empty query is dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CanonicalUrl(Url);

/// Why a text is no URL that can be crawled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not parse.
    #[error("{text:?} is not a URL; write it whole, as in http://www.example.gov.cn/report.html")]
    Syntax {
        /// The text.
        text: String,
        /// What the parser says.
        #[source]
        source: url::ParseError,
    },
    /// It is not for HTTP.
    #[error("{url} has the scheme {scheme:?}; only http and https are fetched")]
    Scheme {
        /// The URL.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// It names no host.
    #[error("{url} names no host")]
    NoHost {
        /// The URL.
        url: String,
    },
    /// It is longer than [`MAX_URL_BYTES`].
    #[error("a URL of {bytes} bytes is longer than {MAX_URL_BYTES}; it begins with {start}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// Its beginning.
        start: String,
    },
}

impl CanonicalUrl {
    /// Reads an absolute URL and brings it into canonical form.
    ///
    /// # Errors
    ///
    /// When it is no absolute http or https URL, or too long.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|source| UrlError::Syntax { text: excerpt(text), source })?;
        Self::from_url(url)
    }

    /// Resolves `reference` against this URL and brings the result into canonical form.
    ///
    /// # Errors
    ///
    /// As for [`CanonicalUrl::parse`].
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let url =
            self.0.join(reference.trim()).map_err(|source| UrlError::Syntax { text: excerpt(reference), source })?;
        Self::from_url(url)
    }

    /// Brings a parsed URL into canonical form.
    ///
    /// # Errors
    ///
    /// As for [`CanonicalUrl::parse`].
    pub fn from_url(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme { scheme: url.scheme().to_owned(), url: excerpt(url.as_str()) });
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::NoHost { url: excerpt(url.as_str()) });
        }
        url.set_fragment(None);
        // Neither can fail: the URL has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);

        if let Some(Host::Domain(host)) = url.host()
            && let Some(bare) = host.strip_suffix('.')
        {
            let bare = bare.to_owned();
            // Cannot fail for a domain that was valid with its dot; if it did, the dot would stay.
            let _ = url.set_host(Some(&bare));
        }

        // Escapes first: a session id may hide behind them.
        let path = normalise_escapes(url.path());
        let path = strip_path_session(&path);
        if path != url.path() {
            let path = path.to_owned();
            url.set_path(&path);
        }
        let query = url.query().map(canonical_query);
        match query {
            Some(query) if query.is_empty() => url.set_query(None),
            Some(query) if Some(query.as_str()) != url.query() => url.set_query(Some(&query)),
            _ => {}
        }
        let bytes = url.as_str().len();
        if bytes > MAX_URL_BYTES {
            return Err(UrlError::TooLong { bytes, start: excerpt(url.as_str()) });
        }
        Ok(Self(url))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The host in lower case.
    pub fn host(&self) -> &str {
        // `from_url` refuses URLs without a host.
        self.0.host_str().unwrap_or_default()
    }

    /// The port, the scheme's own where none is written.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// What follows the host and port: the path, and the query where there is one. Robots rules are matched with it.
    pub fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..]
    }

    /// The registrable host: what one owner has registered, by the Public Suffix List.
    ///
    /// `www.qinglan.gov.cn` is of the site `qinglan.gov.cn`; an address or a single label is its own.
    pub fn site(&self) -> String {
        site_of(self.0.host())
    }

    /// Whether the host is a domain of the Public Suffix List, below which others have their sites:
    /// `cn`, `gov.cn`.
    pub fn is_public_suffix(&self) -> bool {
        let Some(Host::Domain(domain)) = self.0.host() else { return false };
        psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == domain.as_bytes())
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for CanonicalUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CanonicalUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<CanonicalUrl> for String {
    fn from(url: CanonicalUrl) -> Self {
        url.0.into()
    }
}

/// The registrable host of `host`, or the host itself where it has none.
fn site_of(host: Option<Host<&str>>) -> String {
    match host {
        Some(Host::Domain(domain)) => {
            let domain = domain.trim_end_matches('.');
            psl::domain_str(domain).unwrap_or(domain).to_owned()
        }
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

/// The beginning of a text, for error messages.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `/a;jsessionid=123` without the session id that Java servers append to the path.
fn strip_path_session(path: &str) -> &str {
    const SESSION: &str = ";jsessionid=";
    let is_session =
        |at: &usize| path.get(*at..at + SESSION.len()).is_some_and(|parameter| parameter.eq_ignore_ascii_case(SESSION));
    let found = path.match_indices(';').map(|(at, _)| at).find(is_session);
    found.map_or(path, |at| &path[..at])
}

/// Undoes escapes of unreserved characters and writes the others in upper case.
fn normalise_escapes(text: &str) -> Cow<'_, str> {
    // As most are.
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    // Where the last percent sign stands that begins no escape: nothing undone may make it begin one.
    let mut lone = None;
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|b| b.is_ascii_hexdigit())));
        if let Some(byte) = escape {
            let is_unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
            if is_unreserved && lone.is_none_or(|lone| out.len() > lone + 2) {
                out.push(char::from(byte));
            } else {
                let digits = [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                out.push('%');
                out.extend(digits);
            }
            at += 3;
        } else {
            if bytes[at] == b'%' {
                lone = Some(out.len());
            }
            // The parser leaves only ASCII in paths and queries, so a byte is a character.
            out.push(char::from(bytes[at]));
            at += 1;
        }
    }
    Cow::Owned(out)
}

/// The query without session and tracking parameters, sorted by name.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<Cow<'_, str>> = query
        .split('&')
        // Escapes first: a noise parameter may hide behind them.
        .map(normalise_escapes)
        .filter(|pair| !pair.is_empty() && !is_noise_parameter(name_of(pair)))
        .collect();
    pairs.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    pairs.join("&")
}

/// A parameter's name.
fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

/// Whether a parameter names the visitor or where he came from, not the page.
fn is_noise_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_")
        || name.starts_with("aspsessionid")
        || matches!(name.as_str(), "phpsessid" | "jsessionid" | "sessionid" | "session_id" | "spm" | "gclid" | "fbclid")
}
