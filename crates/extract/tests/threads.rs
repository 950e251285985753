//! Threads of software that no profile knows: the first of the signed blocks is the document.

use baogao_extract::{Extractor, Page, PageExtract};

const OPENING: &str = "县里今年要修三条路，分别通向青岚、临澄和槿川，预计明年春天通车，沿线的乡亲可以留意公告。";

/// Longer than the opening post, so that the choice cannot be one of length.
const REPLY: &str = "我觉得最要紧的是先把桥修好，老桥限重五吨，大车要绕行四十里，运费比货还贵，收茶的季节尤其不便，希望有关部门能够早日考虑，\
    不要等到下一个汛期又来抢修，那样花的钱更多，耽误的工夫也更多，大家说是不是这个道理。";

/// How forums, boards, blogs and question pages set a post. `{n}` is its number, `{text}` its text.
const SHAPES: &[(&str, &str)] = &[
    (
        "forum in divs",
        "<div class='post post-{n}'><div class=side><a href=/u/{n}>用户{n}</a><p>积分 1{n}</p></div>\
         <div class=head>发表于 2022-03-0{n} 10:2{n} <span>{n}楼</span></div><div class=body>{text}</div><div>回复 举报</div></div>",
    ),
    (
        "board in tables without a class",
        "<table width=100%><tr><td>用户{n}<br>等级：新手</td><td>{text}<p>发布时间 2005/03/1{n} 22:36:1{n}</p><a href=r.php>回复</a></td></tr></table>",
    ),
    (
        "floors",
        "<li class=floor-item><span class=nickname>用户{n}</span><em>#{n}</em><p>{text}</p><span>2023年5月{n}日</span><a href=#>举报</a></li>",
    ),
    (
        "answers",
        "<div class='bd answer' id=answer-{n}><div>用户{n}</div><div>回答于 2021-10-1{n}</div><div>{text}</div><div>抢首赞</div><div>举报</div></div>",
    ),
    (
        "how long ago",
        "<article class=stream-entry><header><a class=username href=/u/{n}>用户{n}</a> <time>{n} 天前</time></header><div>{text}</div></article>",
    ),
    (
        "entries of a blog",
        "<div class=entry><h2><a href=/a/{n}>日志{n}</a></h2><div>{text}</div><p>发表于 2006年8月{n}日 12:4{n} | 阅读(3{n}) | 评论(6)</p></div>",
    ),
    ("bylines between the posts", "<div class=byline>楼层：{n}楼 时间：2005-08-2{n} 20:56:20</div><div>{text}</div>"),
];

fn extract(body: &str) -> PageExtract {
    let html = format!(
        "<meta charset=utf-8><title>修路的消息_云岭论坛</title><body><div id=page><h1>修路的消息</h1>{body}</div></body>"
    );
    Extractor::new().extract(&Page { bytes: html.as_bytes(), url: None, content_type: None })
}

fn posts(shape: &str, texts: &[&str]) -> String {
    let mut html = String::new();
    for (n, text) in texts.iter().enumerate() {
        html.push_str(&shape.replace("{n}", &(n + 1).to_string()).replace("{text}", text));
    }
    format!("<div id=list>{html}</div>")
}

#[test]
fn the_first_post_is_the_document() {
    for (case, shape) in SHAPES {
        let got = extract(&posts(shape, &[OPENING, REPLY, REPLY, "支持楼主，顶一个。"]));
        assert_eq!(got.kind.as_str(), "article", "{case}");
        assert!(got.text.contains(OPENING), "{case}: {}", got.text);
        assert!(!got.text.contains("我觉得最要紧的"), "{case}: {}", got.text);
        assert!(!got.text.contains("支持楼主"), "{case}: {}", got.text);
        assert_eq!(got.title.as_deref(), Some("修路的消息"), "{case}");
    }
}

#[test]
fn behind_an_article_all_of_them_are_comments() {
    let article = format!(
        "<div class=body><p>{OPENING}</p><p>三条路全长四十六公里，按四级公路的标准修建，投资由县里和省里各出一半，施工期间车辆请绕行老街。</p></div>"
    );
    for (case, shape) in SHAPES {
        let got = extract(&format!("{article}{}", posts(shape, &[REPLY, REPLY, REPLY])));
        assert!(got.text.contains(OPENING) && got.text.contains("四十六公里"), "{case}: {}", got.text);
        assert!(!got.text.contains("我觉得最要紧的"), "{case}: {}", got.text);
    }
}

#[test]
fn sections_that_nobody_signed_stay() {
    let section = |n: u32| format!("<div class=section><h2>第{n}部分</h2><p>{REPLY}</p></div>");
    let got = extract(&format!("<p>发布时间：2022-01-20 16:31</p>{}{}{}", section(1), section(2), section(3)));
    assert_eq!(got.text.matches("我觉得最要紧的").count(), 3, "{}", got.text);
}

#[test]
fn a_chronicle_with_times_stays() {
    // Days alone are no signature: annals and programmes have them.
    let day = |n: u32| format!("<div class=day><p>2022年3月{n}日</p><p>{REPLY}</p></div>");
    let got = extract(&format!("{}{}{}", day(1), day(2), day(3)));
    assert_eq!(got.text.matches("我觉得最要紧的").count(), 3, "{}", got.text);
}
