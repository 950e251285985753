//! Tables of cases: pagination, document keys, charsets, shapes of lines.

use baogao_extract::{Extractor, Page, decode};
use baogao_model::CanonicalUrl;
use std::collections::BTreeSet;

/// The rows of a table, without its heading.
fn rows(name: &str) -> Vec<csv::StringRecord> {
    let path = format!("{}/tests/tables/{name}.tsv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path).unwrap();
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert!(rows.len() >= 10, "{name}: only {} rows", rows.len());
    rows
}

/// An article with something more below it.
fn article(below: &str) -> String {
    format!(
        "<meta charset=utf-8><title>防汛通知_青岚县</title><body><h1>防汛通知</h1><div class=box>\
         <p>入汛以来，我县降雨比常年偏多两成，各水库水位较高，各乡镇要加强巡查，落实责任，备足物资。</p>\
         <p>值班人员要坚守岗位，发现险情立即报告，不得迟报、漏报；低洼地带的居民要提前转移，妥善安置。</p></div>\
         <div>{below}</div></body>"
    )
}

#[test]
fn pagination() {
    let extractor = Extractor::new();
    for row in rows("pagination") {
        let [case, url, pager, next, part, members] = std::array::from_fn(|column| &row[column]);
        let url = CanonicalUrl::parse(url).unwrap();
        let html = article(pager);
        let got = extractor.extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None });
        assert_eq!(got.kind.as_str(), "article", "{case}");
        assert_eq!(got.next_page.as_deref().unwrap_or_default(), next, "{case}: next");
        let group = got.group.as_ref();
        assert_eq!(group.map(|group| group.part.to_string()).unwrap_or_default(), part, "{case}: part");
        let urls: Vec<&str> = group.iter().flat_map(|group| &group.members).map(|member| member.url.as_str()).collect();
        assert_eq!(urls.join(" "), members, "{case}: members");
        let other_members = urls.iter().filter(|member| **member != url.as_str());
        let parts: BTreeSet<&str> = got
            .links
            .iter()
            .filter(|link| link.role == baogao_model::LinkRole::Part)
            .map(|link| link.url.as_str())
            .collect();
        assert_eq!(parts, other_members.copied().collect(), "{case}: links to parts");
    }
}

/// Who wrote a text, and where it comes from.
#[test]
fn bylines() {
    let extractor = Extractor::new();
    for row in rows("bylines") {
        let [above, author, source] = std::array::from_fn(|column| &row[column]);
        let html = article("").replace("<h1>", &format!("<div>{above}</div><h1>"));
        let found = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        assert_eq!(found.metadata.author.as_deref().unwrap_or_default(), author, "{above}");
        assert_eq!(found.metadata.source.as_deref().unwrap_or_default(), source, "{above}");
    }
}

/// Dates as sites write them above a text.
#[test]
fn dates() {
    let extractor = Extractor::new();
    let text = "<p>今年全县修了六条乡村公路，总长八十二公里，山里的茶叶当天就能运到县城。</p>";
    for row in rows("dates") {
        let [line, date] = std::array::from_fn(|column| &row[column]);
        let html = format!(
            "<meta charset=utf-8><title>青岚县的路</title><h1>青岚县的路</h1><div>{line}</div><div>{text}{text}</div>"
        );
        let found = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        assert_eq!(found.published_on.map(|date| date.to_string()).unwrap_or_default(), date, "{line}");
    }
}

/// What looks like furniture, a card, a letter or a copy and is of the text, or the other way round.
#[test]
fn wholes() {
    let extractor = Extractor::new();
    for row in rows("wholes") {
        let [case, body, has, lacks] = std::array::from_fn(|column| &row[column]);
        let html = format!(
            "<meta charset=utf-8><title>为群众办小事_青岚县</title><h1>为群众办小事</h1><div>2024-05-13 10:20</div><div>{body}</div>"
        );
        let found = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        assert_eq!(found.kind.as_str(), "article", "{case}");
        for piece in has.split('|') {
            assert!(found.text.contains(piece), "{case}: {piece} is not in\n{}", found.text);
        }
        assert!(lacks.is_empty() || !found.text.contains(lacks), "{case}:\n{}", found.text);
    }
}

/// A column of six notices with something more below it.
fn column(below: &str) -> String {
    let entry = |n: u32| {
        format!("<li><a href=/n/art{n}.html>关于第{n}号水库放水的通知和安排</a> <span>2022-03-0{n}</span></li>")
    };
    let entries: String = (1..=6).map(entry).collect();
    format!(
        "<meta charset=utf-8><title>通知公告</title><body><h1>通知公告</h1><ul>{entries}</ul><div>{below}</div></body>"
    )
}

#[test]
fn pages_of_lists() {
    let extractor = Extractor::new();
    for row in rows("list_pages") {
        let [case, url, pager, next, pages] = std::array::from_fn(|column| &row[column]);
        let url = CanonicalUrl::parse(url).unwrap();
        let html = column(pager);
        let got = extractor.extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None });
        assert_eq!(got.kind.as_str(), "list", "{case}");
        assert_eq!(got.next_page.as_deref().unwrap_or_default(), next, "{case}: next");
        let found: BTreeSet<&str> = got
            .links
            .iter()
            .filter(|link| link.role == baogao_model::LinkRole::ListPage)
            .map(|link| link.url.as_str())
            .collect();
        assert_eq!(found, pages.split_whitespace().collect(), "{case}: pages");
    }
}

/// JCMS keeps the entries of a column in a script and asks for more of them by address.
#[test]
fn a_list_kept_in_a_script_is_read_there() {
    let record = |n: u32| {
        format!(
            "<record><![CDATA[<li><a href='/art/2023/1/{n}/art_27_{n}.html' title='通知'>关于第{n}号水库放水的通知</a><b>2023-01-0{n}</b></li>]]></record>"
        )
    };
    let records: String = (1..=6).map(record).collect();
    let html = format!(
        "<meta charset=utf-8><title>通知公告</title><body><h1>通知公告</h1><div id=27><script type=text/xml><datastore>\
         <nextgroup><![CDATA[<a href=\"/module/web/jpage/dataproxy.jsp?page=1&amp;columnid=27\"></a>]]></nextgroup>\
         <recordset>{records}</recordset></datastore></script></div></body>"
    );
    let url = CanonicalUrl::parse("http://www.a.gov.example/col/col27/index.html").unwrap();
    let got = Extractor::new().extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None });
    assert_eq!((got.kind.as_str(), got.family.as_str(), got.text.as_str()), ("list", "jcms", ""));
    assert_eq!(
        got.next_page.as_deref(),
        Some("http://www.a.gov.example/module/web/jpage/dataproxy.jsp?columnid=27&page=1")
    );
    let articles = got.links.iter().filter(|link| link.role == baogao_model::LinkRole::Article);
    assert_eq!(articles.map(|link| link.text.as_str()).collect::<Vec<_>>().len(), 6, "{:?}", got.links);
}

#[test]
fn document_keys() {
    let extractor = Extractor::new();
    for row in rows("document_keys") {
        let [family, url, key] = std::array::from_fn(|column| &row[column]);
        let mark = match family {
            "empirecms" => "<script src=/e/public/ViewClick/?id=1></script>",
            _ => "",
        };
        let address = CanonicalUrl::parse(url).unwrap();
        let html = article(mark);
        let got = extractor.extract(&Page { bytes: html.as_bytes(), url: Some(&address), content_type: None });
        assert_eq!(got.document_key.as_deref(), Some(key), "{url}");
    }
}

#[test]
fn a_key_stays_when_the_article_is_split_later() {
    let extractor = Extractor::new();
    let key = |url: &str, below: &str| {
        let url = CanonicalUrl::parse(url).unwrap();
        let html = article(below);
        extractor.extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None }).document_key
    };
    let alone = key("http://a.example/n/fangxun.html", "");
    let pager = "<a href=fangxun.html>1</a> <a href=fangxun_2.html>2</a>";
    assert_eq!(key("http://a.example/n/fangxun.html", pager), alone);
    assert_eq!(key("http://a.example/n/fangxun_2.html", pager), alone);
    let declared = "<link rel=canonical href=http://www.a.example/n/fangxun_2.html>";
    assert_eq!(key("http://m.a.example/n/fangxun_2.html", &format!("{pager}{declared}")), alone);
    // A home page declared for every page names none of them, nor does another site.
    assert_eq!(key("http://a.example/n/fangxun.html", "<link rel=canonical href=http://a.example/>"), alone);
    assert_eq!(key("http://a.example/n/fangxun.html", "<link rel=canonical href=http://b.example/x.html>"), alone);
}

#[test]
fn charsets() {
    for row in rows("charsets") {
        let [case, actual, meta, header, want, warning] = std::array::from_fn(|column| &row[column]);
        let meta = if meta.is_empty() { String::new() } else { format!("<meta charset=\"{meta}\">") };
        // Both scripts have these words, so that every charset can say them.
        let words = if actual == "big5" {
            "政府工作報告。我們要為人民服務，發展經濟，這是大家的心願。"
        } else {
            "政府工作报告。我们要为人民服务，发展经济，这是大家的心愿。"
        };
        let text = format!("{meta}<p>{words}</p>");
        let (bytes, _, failed) = encoding_rs::Encoding::for_label(actual.as_bytes()).unwrap().encode(&text);
        assert!(!failed, "{case}: the words fit the charset");
        let got = decode(&bytes, Some(header).filter(|header| !header.is_empty()));
        assert_eq!(got.text, text, "{case}");
        assert_eq!(got.charset, want, "{case}");
        let warnings: Vec<&str> = got.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(warnings.join(" "), warning, "{case}: warnings");
    }
}

#[test]
fn byte_order_marks_win_and_go() {
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend("政府<meta charset=gbk>".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(decode(&utf16, Some("text/html; charset=gbk")).text, "政府<meta charset=gbk>");
    let utf8 = decode("\u{FEFF}政府".as_bytes(), Some("text/html; charset=gbk"));
    assert_eq!((utf8.text.as_str(), utf8.charset), ("政府", "utf-8"));
}

#[test]
fn a_character_cut_at_the_end_does_not_change_the_charset() {
    let bytes = "今年的政府工作报告".as_bytes();
    let cut = decode(&bytes[..bytes.len() - 1], None);
    assert_eq!(cut.charset, "utf-8");
    assert!(cut.text.starts_with("今年的政府工作报"));
    assert_eq!(cut.warnings[0].code, "broken_characters");
}

#[test]
fn shapes_of_lines() {
    // Each line stands behind an article; what is kept must be the article's own.
    let extractor = Extractor::new();
    for row in rows("lines") {
        let [line, place, kept] = std::array::from_fn(|column| &row[column]);
        let own = "<p>入汛以来，我县降雨比常年偏多两成，各水库水位较高，各乡镇要加强巡查，落实责任，备足物资。</p>";
        let inner = match place {
            "above" => format!("<p>{line}</p>{own}{own}"),
            "between" => format!("{own}<p>{line}</p>{own}"),
            _ => format!("{own}{own}<p>{line}</p>"),
        };
        let html = format!("<meta charset=utf-8><title>防汛通知</title><h1>防汛通知</h1><div id=zoom>{inner}</div>");
        let got = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        assert_eq!(got.body.iter().any(|found| found == line), kept == "kept", "{place}: {line}\n{}", got.text);
    }
}

/// A board with two threads: few entries, but dated; the counts of replies link to their threads.
#[test]
fn a_young_column_is_a_list_and_its_counts_are_no_pager() {
    let entry = |tid: u32, replies: u32, title: &str| {
        format!(
            "<tr><th><a href=\"thread-{tid}-1-1.html\">{title}</a></th><td>2024-2-3</td>\
             <td><a href=\"thread-{tid}-1-1.html\">{replies}</a></td></tr>"
        )
    };
    let rows = entry(5201, 8, "2024年青岚县政府工作报告") + &entry(5188, 1, "2023年临澄市槿川县政府工作报告");
    let html = format!("<meta charset=utf-8><title>报告_论坛</title><body><h1>报告</h1><table>{rows}</table></body>");
    let url = CanonicalUrl::parse("http://bbs.a.example/forum-36-1.html").unwrap();
    let got = Extractor::new().extract(&Page { bytes: html.as_bytes(), url: Some(&url), content_type: None });
    assert_eq!((got.kind.as_str(), got.text.as_str(), got.next_page), ("list", "", None));
    let links: Vec<(&str, &str)> =
        got.links.iter().map(|link| (link.url.rsplit('/').next().unwrap(), link.text.as_str())).collect();
    let wanted = [
        ("thread-5201-1-1.html", "2024年青岚县政府工作报告"),
        ("thread-5188-1-1.html", "2023年临澄市槿川县政府工作报告"),
    ];
    assert_eq!(links, wanted);
    assert!(got.links.iter().all(|link| link.role == baogao_model::LinkRole::Article), "{:?}", got.links);
}

/// Pages that are no content, and pages that only speak of such.
#[test]
fn refusals() {
    let links = |words: &str| -> String {
        words.split(' ').map(|word| format!("<li><a href=/{}/>{word}</a></li>", word.len())).collect()
    };
    let menu = format!("<ul class=nav>{}</ul>", links("首页 政务公开 办事服务 互动交流 走进青岚 新闻中心 数据开放"));
    let footer = "<div class=footer>主办单位：青岚县人民政府办公室 联系电话：0000-1234567 网站标识码：0000000000</div>";
    for row in rows("refusals") {
        let [case, title, body, kind, reason] = std::array::from_fn(|column| &row[column]);
        let body = body.replace("{menu}", &menu).replace("{footer}", footer);
        let html = format!("<meta charset=utf-8><title>{title}</title><body>{body}</body>");
        let got = Extractor::new().extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        let blocked = got.blocked.as_ref();
        assert_eq!(got.kind.as_str(), kind, "{case}: {blocked:?}");
        assert_eq!(blocked.map_or("", |blocked| blocked.reason.as_str()), reason, "{case}: {blocked:?}");
        if let Some(blocked) = blocked {
            assert!(!blocked.evidence.is_empty() && html.contains(&blocked.evidence), "{case}: {blocked:?}");
            assert_eq!((got.text.as_str(), got.title), ("", None), "{case}: nothing is stored as content");
            assert!(got.warnings.iter().any(|warning| warning.message.contains(&blocked.evidence)), "{case}");
        }
    }
}

/// Headings set in pieces, and how much of them is the title.
#[test]
fn titles_in_pieces() {
    let extractor = Extractor::new();
    for (declared, heading, title) in [
        (
            "2024年政府工作报告——在青岚县人民代表大会上",
            "<span>2024年政府工作报告</span><span>——在青岚县人民代表大会上</span>",
            "",
        ),
        ("聚焦两会|代表热议今年的工作", "<span>聚焦两会</span>|代表热议今年的工作", ""),
        ("防汛工作方案", "<span>防汛工作方案</span>（试行）", "防汛工作方案（试行）"),
        ("防汛工作方案", "<span>防汛工作方案</span><span>（12条回复）</span>", "防汛工作方案"),
        ("防汛工作方案", "<span>防汛工作方案</span> <a>关注</a>", "防汛工作方案"),
    ] {
        let html = article("")
            .replace("防汛通知_青岚县", &format!("{declared}_青岚县"))
            .replace("<h1>防汛通知</h1>", &format!("<h1>{heading}</h1>"));
        let found = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
        assert_eq!(found.title.as_deref(), Some(if title.is_empty() { declared } else { title }), "{heading}");
    }
}

#[test]
fn a_heading_that_is_all_label() {
    let extractor = Extractor::new();
    for heading in ["【公告】", "[公告]", "公告：", "标题：防汛通知"] {
        for declared in ["", "<title></title>", "<title>青岚县人民政府</title>"] {
            let html = article("")
                .replace("<title>防汛通知_青岚县</title>", declared)
                .replace("<h1>防汛通知</h1>", &format!("<h1>{heading}</h1><p>2024-05-06</p>"));
            let found = extractor.extract(&Page { bytes: html.as_bytes(), url: None, content_type: None });
            let title = found.title.expect("the heading is a title");
            assert!(!title.is_empty() && heading.contains(&title), "{heading} {declared}: {title:?}");
        }
    }
}
