//! Every profile's page, and pages of no family, against what should be found on them.

use baogao_extract::{Extractor, Page, PageExtract};
use baogao_model::CanonicalUrl;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares what is found on `html` with the text beside it and the fields of the JSON.
fn check(html: &Path, text: &Path, json: &Path) {
    let name = html.display();
    let want: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    let url = want["url"].as_str().map(|url| CanonicalUrl::parse(url).unwrap());
    let bytes = std::fs::read(html).unwrap();
    let page = Page { bytes: &bytes, url: url.as_ref(), content_type: Some("text/html") };
    let got = Extractor::new().extract(&page);
    assert_eq!(got, Extractor::new().extract(&page), "{name}: extraction is deterministic");

    if std::env::var_os("BLESS").is_some() && !got.text.is_empty() {
        std::fs::write(text, &got.text).unwrap();
    }
    let want_text = std::fs::read_to_string(text).unwrap_or_default();
    assert_eq!(got.text, want_text, "{name}: text; if meant, run with BLESS=1 and read the diff");
    assert_eq!(Some(got.kind.as_str()), want["kind"].as_str(), "{name}: kind");
    if !want["family"].is_null() {
        assert_eq!(Some(got.family.as_str()), want["family"].as_str(), "{name}: family");
    }
    check_metadata(&name.to_string(), &got, &want);
    check_card(&name.to_string(), &got, &want["metadata"]);
    check_links(&name.to_string(), &got, &want);
}

fn check_metadata(name: &str, got: &PageExtract, want: &Value) {
    if got.kind.as_str() == "article" {
        assert_eq!(got.title.as_deref(), want["title"].as_str(), "{name}: title");
        let date = got.published_on.map(|date| date.to_string());
        assert_eq!(date.as_deref(), want["published_on"].as_str(), "{name}: published_on");
        assert_eq!(got.canonical_url.as_deref(), want["canonical_url"].as_str(), "{name}: canonical_url");
        assert_eq!(got.document_key.as_deref(), want["document_key"].as_str(), "{name}: document_key");
        let parts = got.group.as_ref().map(|group| group.members.len() as u64);
        assert_eq!(parts, want["parts"].as_u64(), "{name}: parts");
        if let Some(group) = &got.group {
            assert_eq!(Some(&group.document_key), got.document_key.as_ref(), "{name}: the group's key");
        }
    } else {
        assert_eq!(got.text, "", "{name}: no article, no text");
        assert!(got.group.is_none(), "{name}: no article, no group");
    }
    assert_eq!(got.next_page.as_deref(), want["next_page"].as_str(), "{name}: next_page");
    let warnings: Vec<&str> = got.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(warnings, Vec::from_iter(want["warning"].as_str()), "{name}: warnings");
}

/// Every field of the metadata, where the JSON has them.
fn check_card(name: &str, got: &PageExtract, want: &Value) {
    let Some(want) = want.as_object() else { return };
    let got = serde_json::to_value(&got.metadata).unwrap();
    for (field, value) in got.as_object().unwrap() {
        let none = Value::Null;
        let want = want.get(field).unwrap_or(&none);
        if field != "dates" {
            assert_eq!(value, want, "{name}: {field}");
            continue;
        }
        let found: Vec<String> = value
            .as_array()
            .unwrap()
            .iter()
            .map(|date| format!("{} {}", date["date"].as_str().unwrap(), date["found_in"].as_str().unwrap()))
            .collect();
        assert_eq!(serde_json::to_value(found).unwrap(), *want, "{name}: dates");
    }
}

fn check_links(name: &str, got: &PageExtract, want: &Value) {
    for link in want["links"].as_array().into_iter().flatten() {
        let found = got.links.iter().find(|found| found.url == link[0]);
        let found = found.unwrap_or_else(|| panic!("{name}: no link to {}", link[0]));
        assert_eq!(serde_json::to_value(found.role).unwrap(), link[1], "{name}: role of {}", link[0]);
        assert_eq!(found.text, link[2], "{name}: text of {}", link[0]);
    }
    let mut urls: Vec<&str> = got.links.iter().map(|link| link.url.as_str()).collect();
    urls.sort_unstable();
    let all = urls.len();
    urls.dedup();
    assert_eq!(urls.len(), all, "{name}: each address once");
}

#[test]
fn every_profile_has_a_page_that_comes_out_as_its_article() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("profiles")).unwrap() {
        let folder = entry.unwrap().path();
        check(&folder.join("page.html"), &folder.join("article.txt"), &folder.join("page.json"));
        seen += 1;
    }
    assert!(seen >= 14, "only {seen} profiles found");
}

#[test]
fn pages_of_no_family() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("tests/pages")).unwrap() {
        let page = entry.unwrap().path();
        if page.extension() == Some("html".as_ref()) {
            check(&page, &page.with_extension("txt"), &page.with_extension("json"));
            seen += 1;
        }
    }
    assert!(seen >= 9, "only {seen} pages found");
}

#[test]
fn a_users_profile_replaces_a_built_in_one_and_its_mistakes_are_named() {
    let toml = "[fingerprint]\nmark = { \"/e/public/ViewClick\" = 9 }\n[article]\ncontainer = [\"#text\"]\ndrop = [\"#text p:first-child\"]\n";
    let bytes = std::fs::read(root().join("profiles/empirecms/page.html")).unwrap();
    let page = Page { bytes: &bytes, url: None, content_type: None };
    let own = Extractor::with_profiles(&[("empirecms", toml)]).unwrap().extract(&page);
    assert!(!own.text.contains("政 府 工 作 报 告"), "{}", own.text);

    let error = Extractor::with_profiles(&[("mine", "[fingerprint]\n[article]\ncontainer = [\"#a[\"]")]).unwrap_err();
    assert!(error.to_string().contains("mine") && error.to_string().contains("article.container"), "{error}");
    let error = Extractor::with_profiles(&[("mine", "[fingerprint]\nurl = { '(' = 3 }")]).unwrap_err();
    assert!(error.to_string().contains("fingerprint.url"), "{error}");
    let error = Extractor::with_profiles(&[("mine", "[fingerprint]\nurls = 3")]).unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[test]
fn without_an_address_links_stay_as_written_and_nothing_is_named() {
    let bytes = std::fs::read(root().join("profiles/empirecms/page.html")).unwrap();
    let got = Extractor::new().extract(&Page { bytes: &bytes, url: None, content_type: None });
    assert_eq!(got.document_key, None);
    assert_eq!(got.group, None);
    assert_eq!(got.next_page.as_deref(), Some("/baogao/xinan/7120_2.html"));
    assert!(got.links.iter().any(|link| link.url == "/baogao/xinan/7119.html"));

    // With a `base` element they are absolute all the same.
    let bytes = std::fs::read(root().join("profiles/discuz/page.html")).unwrap();
    let got = Extractor::new().extract(&Page { bytes: &bytes, url: None, content_type: None });
    assert_eq!(got.document_key, None);
    assert_eq!(got.group.unwrap().document_key, "bbs.yunling.example/thread-3301");
    assert_eq!(got.next_page.as_deref(), Some("http://bbs.yunling.example/thread-3301-2-1.html"));
}
