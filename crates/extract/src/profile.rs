//! What is known of one CMS family, as data.
//!
//! A profile is a `profile.toml` in a folder of its own; the built-in ones lie in `profiles/`. Its
//! selectors are priors for a scored choice, since templates change every year; only its rules
//! about what is *not* text (`drop`) and about addresses are taken at their word.

use regex::Regex;
use scraper::{ElementRef, Selector};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The evidence that makes a page one of a family; see [`Fingerprint`].
pub(crate) const ENOUGH: u32 = 3;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is no TOML, or has keys that profiles do not have.
    #[error("profile {name} cannot be read; compare it with the built-in ones")]
    Syntax {
        /// The profile.
        name: String,
        /// What the reader says.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// One of its selectors is no CSS selector.
    #[error("profile {name}: {selector:?} in `{key}` is not a CSS selector")]
    Selector {
        /// The profile.
        name: String,
        /// The key it stands under.
        key: &'static str,
        /// The text.
        selector: String,
    },
    /// One of its patterns is no regular expression.
    #[error("profile {name}: {pattern:?} in `{key}` is not a regular expression")]
    Pattern {
        /// The profile.
        name: String,
        /// The key it stands under.
        key: &'static str,
        /// The text.
        pattern: String,
        /// What the compiler of expressions says.
        #[source]
        source: Box<regex::Error>,
    },
}

/// A family's rules, ready for use.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub name: String,
    pub fingerprint: Fingerprint,
    container: AnyOf,
    pub title: Vec<Selector>,
    pub date: Vec<Selector>,
    drop: AnyOf,
    /// Lines that are buttons in this family, as they are written.
    pub buttons: Vec<String>,
    /// URL patterns and the document keys they give, in order of preference.
    keys: Vec<(Regex, String)>,
    pub max_parts: u32,
    pub article_urls: Vec<Regex>,
    pub list_urls: Vec<Regex>,
    pub forum: Option<Forum>,
    /// The attributes its selectors speak of.
    attributes: Vec<String>,
}

/// What gives a family away, each with its weight; [`ENOUGH`] decides.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint {
    /// Patterns of path and query.
    pub urls: Vec<(Regex, u32)>,
    /// Strings of the page's source: generator, ids, classes, comments, script names.
    pub marks: Vec<(String, u32)>,
}

/// How a family's forum threads are built.
#[derive(Debug)]
pub(crate) struct Forum {
    /// One element for each post, author and body within it.
    pub post: Selector,
    pub author: Selector,
    pub body: Selector,
    pub date: Option<Selector>,
    /// What a reply repeats of an earlier post.
    pub quote: Option<Selector>,
}

/// Selectors of which one must match, asked of every element of a page. As one list they are matched at a
/// third of the cost of one after the other.
#[derive(Debug, Default)]
struct AnyOf {
    list: Option<Selector>,
    /// Whether each asks for an attribute, so that elements without any match none.
    ask_for_attributes: bool,
}

impl AnyOf {
    fn matches(&self, element: ElementRef<'_>) -> bool {
        let is_bare = self.ask_for_attributes && element.value().attrs.is_empty();
        !is_bare && self.list.as_ref().is_some_and(|list| list.matches(&element))
    }
}

/// Whether what a selector says of the element itself begins with an attribute: `.a`, `div #b`, `[c]`. A `false`
/// may be too cautious.
fn asks_for_attribute(selector: &str) -> bool {
    let own = selector.rsplit([' ', '>', '+', '~']).next().unwrap_or_default();
    own.starts_with(['.', '#', '[']) && !selector.contains([',', '(', '"', '\'', '\\'])
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fingerprint: FingerprintFile,
    #[serde(default)]
    article: ArticleFile,
    #[serde(default)]
    document: DocumentFile,
    #[serde(default)]
    links: LinksFile,
    forum: Option<ForumFile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FingerprintFile {
    url: BTreeMap<String, u32>,
    mark: BTreeMap<String, u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ArticleFile {
    container: Vec<String>,
    title: Vec<String>,
    date: Vec<String>,
    drop: Vec<String>,
    buttons: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DocumentFile {
    key: Vec<KeyFile>,
    max_parts: u32,
}

impl Default for DocumentFile {
    fn default() -> Self {
        Self { key: Vec::new(), max_parts: MAX_PARTS }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    url: String,
    key: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LinksFile {
    article: Vec<String>,
    list: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForumFile {
    post: String,
    author: String,
    body: String,
    date: Option<String>,
    quote: Option<String>,
}

/// The most parts one article is split into where the profile says nothing else.
const MAX_PARTS: u32 = 100;

impl Profile {
    /// The profile of pages that belong to no known family: no prior knowledge.
    pub fn generic() -> Self {
        Self { name: "generic".to_owned(), max_parts: MAX_PARTS, ..Self::default() }
    }

    /// Reads a profile file.
    ///
    /// # Errors
    ///
    /// When it is no TOML of the known keys, or a selector or pattern does not compile.
    pub fn read(name: &str, toml: &str) -> Result<Self, ProfileError> {
        let file: File = toml::from_str(toml)
            .map_err(|source| ProfileError::Syntax { name: name.to_owned(), source: Box::new(source) })?;
        let read = Reader { name };
        let mut urls = Vec::new();
        for (pattern, weight) in &file.fingerprint.url {
            urls.push((read.pattern("fingerprint.url", pattern)?, *weight));
        }
        let mut keys = Vec::new();
        for key in &file.document.key {
            keys.push((read.pattern("document.key", &key.url)?, key.key.clone()));
        }
        let forum = match &file.forum {
            None => None,
            Some(forum) => Some(Forum {
                post: read.selector("forum.post", &forum.post)?,
                author: read.selector("forum.author", &forum.author)?,
                body: read.selector("forum.body", &forum.body)?,
                date: forum.date.as_ref().map(|date| read.selector("forum.date", date)).transpose()?,
                quote: forum.quote.as_ref().map(|quote| read.selector("forum.quote", quote)).transpose()?,
            }),
        };
        Ok(Self {
            name: name.to_owned(),
            fingerprint: Fingerprint { urls, marks: file.fingerprint.mark.into_iter().collect() },
            container: read.any_of("article.container", &file.article.container)?,
            title: read.selectors("article.title", &file.article.title)?,
            date: read.selectors("article.date", &file.article.date)?,
            drop: read.any_of("article.drop", &file.article.drop)?,
            buttons: file.article.buttons,
            keys,
            max_parts: file.document.max_parts.max(1),
            article_urls: read.patterns("links.article", &file.links.article)?,
            list_urls: read.patterns("links.list", &file.links.list)?,
            forum,
            attributes: attributes_of(toml),
        })
    }

    /// The attributes its selectors speak of, beside those that are read anyway.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Whether this element is never text in this family.
    pub fn drops(&self, element: ElementRef<'_>) -> bool {
        self.drop.matches(element)
    }

    /// Whether this element usually holds the article in this family.
    pub fn holds_article(&self, element: ElementRef<'_>) -> bool {
        self.container.matches(element)
    }

    /// The document key of an address by this family's patterns, if one fits `path_and_query`.
    pub fn document_key(&self, path_and_query: &str) -> Option<String> {
        for (pattern, template) in &self.keys {
            if let Some(found) = pattern.captures(path_and_query) {
                let mut key = String::new();
                found.expand(template, &mut key);
                return Some(key);
            }
        }
        None
    }
}

/// Every name behind a bracket of a file: attributes in selectors, and harmless others.
fn attributes_of(toml: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in toml.split('[').skip(1) {
        let name: String =
            piece.trim_start().chars().take_while(|c| c.is_alphanumeric() || "-_:".contains(*c)).collect();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Compiles what a file holds; errors name the profile and the key.
struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn selector(&self, key: &'static str, text: &str) -> Result<Selector, ProfileError> {
        Selector::parse(text).map_err(|_| ProfileError::Selector {
            name: self.name.to_owned(),
            key,
            selector: text.to_owned(),
        })
    }

    fn selectors(&self, key: &'static str, texts: &[String]) -> Result<Vec<Selector>, ProfileError> {
        texts.iter().map(|text| self.selector(key, text)).collect()
    }

    fn any_of(&self, key: &'static str, texts: &[String]) -> Result<AnyOf, ProfileError> {
        // Each alone first, so that the error names it.
        self.selectors(key, texts)?;
        Ok(AnyOf {
            list: if texts.is_empty() { None } else { Some(self.selector(key, &texts.join(", "))?) },
            ask_for_attributes: texts.iter().all(|text| asks_for_attribute(text)),
        })
    }

    fn pattern(&self, key: &'static str, text: &str) -> Result<Regex, ProfileError> {
        Regex::from_str(text).map_err(|source| ProfileError::Pattern {
            name: self.name.to_owned(),
            key,
            pattern: text.to_owned(),
            source: Box::new(source),
        })
    }

    fn patterns(&self, key: &'static str, texts: &[String]) -> Result<Vec<Regex>, ProfileError> {
        texts.iter().map(|text| self.pattern(key, text)).collect()
    }
}
