//! Canonical URLs through the public interface.

use baogao_model::{CanonicalUrl, UrlError};
use proptest::prelude::*;

#[test]
fn every_row_of_the_table_has_its_canonical_form() {
    let mut table = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_reader(include_str!("canonical_urls.tsv").as_bytes());
    let mut rows = 0;
    for row in table.records() {
        let row = row.expect("the table is well-formed");
        let got = CanonicalUrl::parse(&row[0]).unwrap_or_else(|error| panic!("{}: {error}", &row[0]));
        assert_eq!(got.as_str(), &row[1], "{}", &row[2]);
        rows += 1;
    }
    assert!(rows > 10, "only {rows} rows were read");
}

#[test]
fn what_cannot_be_crawled_is_refused_with_its_reason() {
    assert!(matches!(CanonicalUrl::parse("report.html"), Err(UrlError::Syntax { .. })));
    assert!(matches!(CanonicalUrl::parse("ftp://a.example/x"), Err(UrlError::Scheme { .. })));
    assert!(matches!(CanonicalUrl::parse("javascript:void(0)"), Err(UrlError::Scheme { .. })));
    let long = format!("http://a.example/{}", "x".repeat(3000));
    assert!(matches!(CanonicalUrl::parse(&long), Err(UrlError::TooLong { bytes: 3017, .. })));
}

#[test]
fn the_site_is_the_registrable_host() {
    let site = |url: &str| CanonicalUrl::parse(url).expect("a good URL").site();
    assert_eq!(site("http://www.qinglan.gov.cn/x"), "qinglan.gov.cn");
    assert_eq!(site("http://zwgk.qinglan.gov.cn/x"), "qinglan.gov.cn");
    assert_eq!(site("http://www.boshu.example/x"), "boshu.example");
    assert_eq!(site("http://127.0.0.1:81/x"), "127.0.0.1");
    assert_eq!(site("http://[::1]/x"), "[::1]");
    assert_eq!(site("http://localhost/x"), "localhost");
    assert_eq!(site("http://gov.cn/x"), "gov.cn");
}

#[test]
fn a_reference_is_resolved_against_the_page() {
    let page = CanonicalUrl::parse("http://a.example/baogao/12.html").expect("a good URL");
    assert_eq!(page.join("12_2.html").expect("joins").as_str(), "http://a.example/baogao/12_2.html");
    assert_eq!(page.join("?page=2").expect("joins").as_str(), "http://a.example/baogao/12.html?page=2");
    assert_eq!(page.join("//b.example/y").expect("joins").as_str(), "http://b.example/y");
}

proptest! {
    #[test]
    fn canonical_form_is_a_fixed_point(path in "[a-zA-Z0-9%/;._~政-]{0,40}", query in "[a-z0-9=&%_+]{0,40}") {
        if let Ok(once) = CanonicalUrl::parse(&format!("http://A.Example/{path}?{query}")) {
            let twice = CanonicalUrl::parse(once.as_str()).expect("a canonical URL parses");
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = CanonicalUrl::parse(&text);
    }
}
