//! Prints what is extracted from page files, one JSON object a line.

use baogao_extract::{Extractor, Page};
use baogao_model::CanonicalUrl;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let url = match arguments.next_if_eq("--url") {
        Some(_) => arguments.next().map(|url| CanonicalUrl::parse(&url)).transpose()?,
        None => None,
    };
    let extractor = Extractor::new();
    for file in arguments {
        let bytes = std::fs::read(&file)?;
        let found = extractor.extract(&Page { bytes: &bytes, url: url.as_ref(), content_type: None });
        let line = json!({
            "file": file, "page_kind": found.kind, "family": found.family, "charset": found.charset, "title": found.title,
            "published_on": found.published_on, "canonical_url": found.canonical_url, "document_key": found.document_key,
            "text": found.text, "next_page": found.next_page, "links": found.links, "group": found.group,
            "warnings": found.warnings,
        });
        println!("{line}");
    }
    Ok(())
}
