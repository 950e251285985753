//! Responses that are plain text: each line a paragraph, and all of it the article.

use crate::PageExtract;
use crate::charset::Decoded;
use crate::metadata::Metadata;
use baogao_model::PageKind;

/// How far into a response markup is looked for.
const WITHIN: usize = 1024;

/// What only a page in markup has near its beginning.
const MARKUP: [&str; 8] = ["<!doctype", "<html", "<head", "<body", "<meta", "<div", "<table", "<p>"];

/// Whether a response is plain text: if it says so and does not look like markup, which servers send
/// under that name too.
pub(crate) fn is_plain(content_type: Option<&str>, text: &str) -> bool {
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("text/plain") {
        return false;
    }
    let start: String = text.chars().take(WITHIN).collect::<String>().to_ascii_lowercase();
    !MARKUP.iter().any(|tag| start.contains(tag))
}

/// The lines of a text, without the blanks around them and without empty ones.
pub(crate) fn extract(decoded: Decoded) -> PageExtract {
    let lines = decoded.text.lines().map(|line| line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'));
    let body: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let text: String = body.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    PageExtract {
        kind: if text.is_empty() { PageKind::Other } else { PageKind::Article },
        blocked: None,
        family: "generic".to_owned(),
        charset: decoded.charset.to_owned(),
        title: None,
        published_on: None,
        metadata: Metadata::default(),
        canonical_url: None,
        document_key: None,
        text,
        next_page: None,
        links: Vec::new(),
        group: None,
        warnings: decoded.warnings,
        body,
        thread: None,
    }
}
