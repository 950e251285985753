//! Stitching: whichever parts are at hand, in whatever order they are given.

use baogao_extract::{Extractor, Page, PageExtract, PartInput, stitch};
use baogao_model::CanonicalUrl;
use proptest::prelude::*;

const PARTS: u32 = 5;

fn extract(url: &str, html: &str) -> PageExtract {
    let url = CanonicalUrl::parse(url).unwrap();
    Extractor::new().extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None })
}

/// The lines that part `n` of the test's article holds.
fn paragraphs(n: u32) -> [String; 2] {
    [
        format!("这是第{n}部分的头一段，讲的是县里修路、架桥、通水的事情，一共办成了{n}件，群众都很满意。"),
        format!("第{n}部分的第二段说明以后的打算：还要再修{n}公里，争取在年底以前通车，资金已经落实。"),
    ]
}

/// A page of an article split into [`PARTS`] parts, each with heading, marker, pager and notice.
fn part(n: u32) -> PageExtract {
    let [first, second] = paragraphs(n);
    let address = |n: u32| if n == 1 { "9.html".to_owned() } else { format!("9_{n}.html") };
    let pager: String = (1..=PARTS)
        .map(|k| if k == n { format!("<b>{k}</b> ") } else { format!("<a href={}>{k}</a> ", address(k)) })
        .collect();
    let marker = if n == 1 { String::new() } else { format!("({n})") };
    let html = format!(
        "<meta charset=utf-8><title>青岚县建设情况{marker}_县情网</title><h1>青岚县建设情况{marker}</h1><div>2022-05-06 10:00</div>\
         <div id=text><p>{first}</p><p>{second}</p></div><div>{pager}</div><p>本文仅代表作者观点，与本站无关，请勿轻信。</p>"
    );
    extract(&format!("http://a.example/{}", address(n)), &html)
}

fn check_subset(given: &[(u32, bool)]) {
    let pages: Vec<(u32, Option<PageExtract>)> = given.iter().map(|&(n, there)| (n, there.then(|| part(n)))).collect();
    let inputs: Vec<(u32, PartInput<'_>)> = pages
        .iter()
        .map(|(n, page)| (*n, page.as_ref().map_or(PartInput::Missing { reason: "http_404" }, PartInput::Page)))
        .collect();
    let got = stitch(&inputs);
    let mut there: Vec<u32> = given.iter().filter(|(_, there)| *there).map(|(n, _)| *n).collect();
    there.sort_unstable();
    let mut want = String::new();
    if !there.is_empty() {
        want.push_str("青岚县建设情况\n");
    }
    for &n in &there {
        for paragraph in paragraphs(n) {
            want.push_str(&paragraph);
            want.push('\n');
        }
    }
    assert_eq!(got.text, want);
    let missing = got.warnings.iter().filter(|warning| warning.code == "missing_part").count();
    assert_eq!(missing, given.len() - there.len());
    if !there.is_empty() {
        assert_eq!(got.title.as_deref(), Some("青岚县建设情况"));
        assert_eq!(got.published_on.map(|date| date.to_string()).as_deref(), Some("2022-05-06"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_subset_in_every_order(
        order in Just((1..=PARTS).collect::<Vec<u32>>()).prop_shuffle(),
        there in proptest::collection::vec(any::<bool>(), PARTS as usize),
    ) {
        let given: Vec<(u32, bool)> = order.into_iter().zip(there).collect();
        check_subset(&given);
    }
}

#[test]
fn parts_name_one_document() {
    let keys: std::collections::BTreeSet<_> = (1..=PARTS).map(|n| part(n).document_key).collect();
    assert_eq!(keys.len(), 1);
    let groups: Vec<_> = (1..=PARTS).map(|n| part(n).group.unwrap()).collect();
    for (n, group) in (1..).zip(&groups) {
        assert_eq!((group.part, group.total, &group.members), (n, Some(PARTS), &groups[0].members));
    }
}

#[test]
fn a_part_that_repeats_another_is_left_out() {
    let (first, second) = (part(1), part(2));
    let got = stitch(&[(1, PartInput::Page(&first)), (2, PartInput::Page(&second)), (3, PartInput::Page(&second))]);
    assert_eq!(got.text, stitch(&[(1, PartInput::Page(&first)), (2, PartInput::Page(&second))]).text);
    assert!(got.warnings.iter().any(|warning| warning.code == "repeated_part"));
    assert_eq!(stitch(&[]).text, "");
}

/// A page of a forum thread with these posts.
fn thread(page: u32, posts: &[(&str, &str)]) -> PageExtract {
    let mut html = "<meta charset=utf-8><title>青岚县政府工作报告 - 论坛 - Powered by Discuz!</title><span id=thread_subject>青岚县政府工作报告</span>".to_owned();
    html.push_str("<div class=pg><a href=thread-8-1-1.html>1</a> <a href=thread-8-2-1.html>2</a></div>");
    for (n, (author, text)) in posts.iter().enumerate() {
        html.push_str(&format!(
            "<div id=post_{page}{n}><div class=pls><div class=authi><a class=xw1>{author}</a></div></div><em id=authorposton{n}>发表于 2022-3-{} 10:00</em>\
             <table><tr><td class=t_f id=postmessage_{page}{n}>{text}</td></tr></table></div>",
            n + 1
        ));
    }
    extract(&format!("http://bbs.a.example/thread-8-{page}-1.html"), &html)
}

#[test]
fn a_thread_is_its_opening_authors_posts_over_all_pages() {
    let long = "今年要办好十件实事，新增公办幼儿园学位，改造农村危桥，建设城市公园，新开公交线路。".repeat(6);
    let first = thread(1, &[("资料员", "各位代表：<br>现在报告工作，请予审议。"), ("过客", &long)]);
    let second = thread(2, &[("过客", "顶"), ("资料员", &long), ("资料员", "谢谢大家")]);
    let want = format!("青岚县政府工作报告\n各位代表：\n现在报告工作，请予审议。\n{long}\n");
    let whole = stitch(&[(2, PartInput::Page(&second)), (1, PartInput::Page(&first))]);
    assert_eq!(whole.text, want);
    assert_eq!(whole.published_on.unwrap().to_string(), "2022-03-01");

    // Nobody can tell the author from the second page.
    assert_eq!(second.text, "");
    let alone = stitch(&[(1, PartInput::Missing { reason: "robots" }), (2, PartInput::Page(&second))]);
    assert_eq!(alone.text, "");
    let codes: Vec<&str> = alone.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["missing_part", "no_opening_post"]);
}
