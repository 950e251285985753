//! An address, a line break, and markup below an article: the pager's promises.
#![no_main]

use baogao_extract::Page;
use baogao_extract_fuzz::{EXTRACTOR, check};
use baogao_model::CanonicalUrl;
use libfuzzer_sys::fuzz_target;

/// Enough of an article that the markup below it is that of a pager.
const ARTICLE: &str = "<meta charset=utf-8><title>防汛通知</title><h1>防汛通知</h1><div>\
    <p>入汛以来，我县降雨比常年偏多两成，各水库水位较高，各乡镇要加强巡查，落实责任，备足物资。</p>\
    <p>值班人员要坚守岗位，发现险情立即报告，不得迟报、漏报；低洼地带的居民要提前转移，妥善安置。</p></div>";

fuzz_target!(|input: &str| {
    let (address, markup) = input.split_once('\n').unwrap_or((input, ""));
    let Ok(own) = CanonicalUrl::parse(&format!("http://www.a.example/{address}")) else { return };
    for above in [ARTICLE, ""] {
        let html = format!("{above}{markup}");
        let found = EXTRACTOR.extract(&Page { bytes: html.as_bytes(), url: Some(&own), content_type: None });
        check(&found, &own);
    }
});
