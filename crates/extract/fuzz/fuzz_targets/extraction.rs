//! Any bytes as a page: the promises of an extract, and the same answer twice.
#![no_main]

use baogao_extract::Page;
use baogao_extract_fuzz::{EXTRACTOR, check};
use baogao_model::CanonicalUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let own = CanonicalUrl::parse("http://www.a.example/b/71_2.html").unwrap();
    let page = Page { bytes, url: Some(&own), content_type: None };
    let found = EXTRACTOR.extract(&page);
    check(&found, &own);
    assert!(found == EXTRACTOR.extract(&page), "the same page gives another extract");
    for family in ["discuz", "trs"] {
        check(&EXTRACTOR.extract_as(family, &page).unwrap(), &own);
    }
});
