//! Bad input is normal: no panic, bounded time and memory, the same answer every time.

use baogao_extract::{Extractor, MAX_PAGE_BYTES, Page, PageExtract, decode};
use baogao_model::CanonicalUrl;
use proptest::prelude::*;
use std::sync::LazyLock;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(Extractor::new);

const FIXTURES: &[&str] = &[
    include_str!("../profiles/empirecms/page.html"),
    include_str!("../profiles/discuz/page.html"),
    include_str!("../profiles/trs/page.html"),
    include_str!("pages/list-generic.html"),
];

fn extract(bytes: &[u8]) -> PageExtract {
    let url = CanonicalUrl::parse("http://www.a.example/b/71_2.html").unwrap();
    EXTRACTOR.extract(&Page { bytes, url: Some(&url), content_type: Some("text/html") })
}

/// Runs on a thread with the stack of an asynchronous worker.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

fn has_warning(found: &PageExtract, code: &str) -> bool {
    found.warnings.iter().any(|warning| warning.code == code)
}

#[test]
fn thousands_of_short_threads() {
    // Every three posts are of a class of their own, so each could be a thread.
    let post =
        |n: usize| format!("<div class=c{n}>2024-1-1 10:00 发表于<p>今年的水库水位较高，大家注意安全。</p></div>");
    let html: String = (0..9_000).map(|n| post(n / 3)).collect();
    let found = extract(format!("<h1>防汛通知</h1>{html}").as_bytes());
    assert_eq!(found, extract(format!("<h1>防汛通知</h1>{html}").as_bytes()));
}

#[test]
fn names_in_any_letters() {
    for name in ["简介", "p", "P", "pl", "é", "评论-pl", "🙂"] {
        let html =
            format!("<div class={name} id={name}><p>今年的水库水位较高，请各村注意安全，有情况及时上报。</p></div>");
        assert_eq!(extract(html.as_bytes()).charset, "utf-8", "{name}");
    }
}

#[test]
fn nothing_at_all() {
    let found = extract(b"");
    assert_eq!((found.kind.as_str(), found.text.as_str(), found.links.len()), ("other", "", 0));
    assert_eq!(decode(b"", None).text, "");
}

#[test]
fn a_hundred_thousand_nested_tags() {
    for tag in ["div", "span", "b", "font", "table", "ul", "blockquote", "x-y"] {
        on_a_small_stack(move || {
            let inmost = "最里面的一句话，还是要读得出来，因为它是这一页上唯一的一句，别的什么也没有，就看它了。";
            let html = format!("<{tag}>").repeat(100_000) + &inmost.repeat(3);
            let found = extract(html.as_bytes());
            assert!(has_warning(&found, "markup_limited"), "{tag}");
            assert!(found.text.contains(inmost), "{tag}: {:?}", found.kind);
        });
    }
}

#[test]
fn formatting_that_is_never_closed() {
    on_a_small_stack(|| {
        // Every paragraph would open all of it again.
        let mut html = String::new();
        for n in 0..50_000 {
            html.push_str(&format!("<div><b class=c{n}></div>一"));
        }
        assert!(has_warning(&extract(html.as_bytes()), "markup_limited"));
    });
}

#[test]
fn a_tag_of_a_million_attributes() {
    for separator in [" ", "/", "\n"] {
        let mut html = "<p>前面的话。</p><a".to_owned();
        for n in 0..1_000_000 {
            html.push_str(separator);
            html.push_str(&format!("a{n}"));
        }
        html.push_str(" href=c.html>后面的话。</a>");
        // Those that nobody reads cost no memory, so that the last one is read like the first.
        let found = extract(html.as_bytes());
        assert_eq!(found.links[0].url, "http://www.a.example/b/c.html");
    }
}

#[test]
fn a_million_attributes_of_one_name() {
    let html = format!("<a href=b.html{}>一二</a>", " href=c.html".repeat(1_000_000));
    assert_eq!(extract(html.as_bytes()).links[0].url, "http://www.a.example/b/b.html");
}

#[test]
fn fifty_megabytes_of_attributes() {
    let mut html = "<p>前面的话。</p>".to_owned();
    while html.len() < 50 << 20 {
        html.push_str("<p onclick='x' data-a=\"一二三\" class=c id=d title=e style=f href=g>");
    }
    let found = extract(html.as_bytes());
    assert!(has_warning(&found, "page_cut"));
    assert!(found.links.is_empty());
}

#[test]
fn what_begins_a_million_times_and_never_ends() {
    // Each would look for its end through all that follows.
    for piece in
        ["<!--", "<!--a--!", "<script>", "<style><!--", "<svg><style>", "</", "<a b='", "<title>", "<textarea></"]
    {
        let html = piece.repeat(1_000_000);
        assert!(extract(html.as_bytes()).text.is_empty(), "{piece}");
    }
}

#[test]
fn gb_text_cut_in_the_middle_of_a_character() {
    let text = "<meta charset=gbk><p>今年的政府工作报告已经印好，请各乡镇办公室派人来领取。</p>";
    let bytes = encoding_rs::GBK.encode(text).0;
    for cut in 1..=10 {
        let decoded = decode(&bytes[..bytes.len() - cut], Some("text/html; charset=gb2312"));
        assert_eq!(decoded.charset, "gb18030", "{cut}");
        assert!(decoded.text.contains("派人来"), "{cut}: {}", decoded.text);
        let is_broken = decoded.text.contains('\u{FFFD}');
        assert_eq!(decoded.warnings.iter().any(|warning| warning.code == "broken_characters"), is_broken, "{cut}");
    }
}

#[test]
fn fifty_megabytes() {
    let mut html = "<title>大页</title><h1>大页</h1>".to_owned();
    let paragraph = "<p>这一段话说了很多遍，为的是把页面撑得很大，看看会不会出问题，结果应当是只读前面的一部分。</p>";
    while html.len() < 50 << 20 {
        html.push_str(paragraph);
    }
    let found = extract(html.as_bytes());
    assert!(has_warning(&found, "page_cut"));
    assert!(found.text.len() <= MAX_PAGE_BYTES);
    assert!(found.text.starts_with("大页\n这一段话"));
}

#[test]
fn a_line_of_nothing_but_dates() {
    // Each would be judged by all that stands before it.
    let html = format!("<h1>防汛通知</h1><p>{}</p>", "2024年1月1日 ".repeat(200_000));
    assert!(extract(html.as_bytes()).text.starts_with("防汛通知"));
}

#[test]
fn a_page_of_nothing_but_links() {
    let mut html = String::new();
    for n in 0..200_000 {
        html.push_str(&format!("<a href=/p/{n}.html>{n}</a> "));
    }
    let found = extract(html.as_bytes());
    assert!(!found.links.is_empty() && found.links.len() <= 6_000, "{}", found.links.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        let found = extract(&bytes);
        prop_assert_eq!(found, extract(&bytes));
    }

    #[test]
    fn pages_with_bytes_changed_and_cut(
        page in 0..FIXTURES.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = FIXTURES[page].as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let found = extract(&bytes);
        prop_assert_eq!(&found, &extract(&bytes));
        // The text is lines: none empty, none with white space at its ends.
        for line in found.text.lines() {
            prop_assert!(!line.is_empty() && line.trim() == line, "{:?}", line);
        }
        prop_assert!(found.text.is_empty() || found.text.ends_with('\n'));
    }

    #[test]
    fn markup_in_any_order(pieces in proptest::collection::vec(0..16_usize, 0..200)) {
        const PIECES: [&str; 16] = [
            "<div>", "</div>", "<table><tr><td>", "</table>", "<p>", "</b>", "<b>", "<a href='71_3.html'>3</a>", "<br>", "<li>", "</td>",
            "政府工作报告，请予审议。", "<!--", "-->", "<script>", "</script>",
        ];
        let html: String = pieces.iter().map(|&piece| PIECES[piece]).collect();
        prop_assert_eq!(extract(html.as_bytes()), extract(html.as_bytes()));
    }
}

#[test]
fn a_post_that_holds_all_others() {
    // Every body would look through the same wrapper for its author.
    let mut html = "<meta name=generator content=\"Discuz! X3.4\"><div id=post_1><i>x</i>".to_owned();
    for n in 0..50_000 {
        html.push_str(&format!("<em><p id=postmessage_{n}>一"));
    }
    let found = extract(html.as_bytes());
    assert!(found.thread.is_some_and(|thread| thread.posts.len() <= 500));
}
