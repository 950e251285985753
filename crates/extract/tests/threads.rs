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
    (
        "bylines in paragraphs",
        "<p class=author><strong>用户{n}</strong> 发表于 2011-5-{n} 10:20</p><h3>修路的消息</h3>{text}<br>",
    ),
    ("bylines between the posts", "<div class=byline>楼层：{n}楼 时间：2005-08-2{n} 20:56:20</div><div>{text}</div>"),
];

fn extract(body: &str) -> PageExtract {
    let html = format!(
        "<meta charset=utf-8><title>修路的消息_云岭论坛</title><body><div id=page><h1>修路的消息</h1>{body}</div></body>"
    );
    Extractor::new().extract(&Page { bytes: html.as_bytes(), url: None, content_type: None })
}

/// A page whose body holds its heading.
fn extract_titled(title: &str, body: &str) -> PageExtract {
    let html = format!("<meta charset=utf-8><title>{title}_云岭论坛</title><body>{body}</body>");
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

/// Two hundred characters and more, as a report that spills over.
const MORE: &str = "第二条路从青岚到临澄，全长十八公里，要架三座桥，打一个隧道，是三条路里最难修的一条，去年秋天已经请省里的设计院测量过一遍，图纸今年一月交到县里。\
    第三条路从临澄到槿川，沿着河走，路基大多还在，主要是加宽和硬化，沿线的六个村子已经开过会，占用的田地按统一的标准补偿，名单贴在村口，大家可以去看，有错的当场改。\
    施工期间白天单边放行，夜里十点到次日五点全封，急救和消防的车辆随时放行，赶集的日子另行安排，每月贴出来，请大家体谅。";

/// The same shapes with an author for each post, and the first author's posts among others'.
fn signed_posts(shape: &str, posts: &[(u32, &str)]) -> String {
    let mut html = String::new();
    for (author, text) in posts {
        html.push_str(&shape.replace("{n}", &author.to_string()).replace("{text}", text));
    }
    format!("<div id=list>{html}</div>")
}

#[test]
fn long_posts_of_the_opening_author_go_on_with_the_document() {
    // Boards that neither name nor link the author cannot say who goes on.
    let named = ["forum in divs", "floors", "how long ago", "bylines in paragraphs"];
    for (case, shape) in SHAPES.iter().filter(|(case, _)| named.contains(case)) {
        let quoting = format!("<blockquote>{REPLY}</blockquote>{MORE}不过这一段是在回答别人。");
        let posts = [(1, OPENING), (2, REPLY), (1, MORE), (3, REPLY), (1, "谢谢大家支持。"), (1, &quoting), (2, MORE)];
        let got = extract(&signed_posts(shape, &posts));
        assert!(got.text.contains(OPENING), "{case}: {}", got.text);
        assert_eq!(got.text.matches("要架三座桥").count(), 1, "{case}: {}", got.text);
        assert!(got.text.contains("请大家体谅"), "{case}: {}", got.text);
        for other in ["我觉得最要紧的", "谢谢大家支持", "是在回答别人", "发表于", "用户1"] {
            assert!(!got.text.contains(other), "{case}: {other} in {}", got.text);
        }
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

#[test]
fn one_page_has_one_text() {
    // Rows of two classes, which are runs of their own and one together.
    let comment = |n: usize| {
        let class = if n.is_multiple_of(2) { "row even" } else { "row odd" };
        format!(
            "<div class='{class}'><cite class=author>客{n}</cite><span>2012年3月{n}日 10:0{n}</span><p>第{n}位说，水库的水位比去年同期高出不少，坝下的几个村子都应该早一点准备，不要等到半夜才通知。</p><p><a>回复</a></p></div>"
        )
    };
    let comments: String = (1..=5).map(comment).collect();
    let text = "<p>今年的水库水位较高，请各村注意安全，有情况及时上报，不要到坝上去。</p>".repeat(8);
    let body = format!("<div class=content>{text}{comments}</div>");
    let first = extract(&body).text;
    assert!(first.contains("请各村注意安全") && !first.contains("位说"), "{first}");
    for _ in 0..30 {
        assert_eq!(extract(&body).text, first);
    }
}

#[test]
fn one_name_for_all_is_no_author() {
    let post = |text: &str| {
        format!("<div><div>匿名网友</div><div>发表于 2024-1-1 10:00</div><p>{text}</p><p>{text}</p></div>")
    };
    let reply =
        "老桥限重五吨，大车要绕行四十里，运费比货还贵，收茶的季节尤其不便，希望早日考虑，不要等到下一个汛期又来抢修。"
            .repeat(2);
    let body: String = [OPENING, &reply, &reply, &reply].map(post).concat();
    let text = extract(&body).text;
    assert!(text.contains("三条路") && !text.contains("老桥"), "{text}");
}

#[test]
fn what_is_added_above_a_signature_stays() {
    let reply = "<div class=post>李四 发表于 2024-1-2 10:00<p>知道了，谢谢楼主，到时候去看看。</p></div>";
    let opening = format!(
        "<div class=post>张三 发表于 2024-1-1 10:00<div>{OPENING}<br>------<br>补充：桥也要修。<br>------<br>山高水长</div></div>"
    );
    let text = extract(&(opening + &reply.repeat(3))).text;
    assert!(text.contains("桥也要修") && !text.contains("山高水长"), "{text}");
}

#[test]
fn signatures_are_not_where_the_texts_stand() {
    let post = |text: &str, signature: &str| {
        format!("<div class=post>张三 发表于 2024-1-1 10:00<br>{text}<br>{signature}</div>")
    };
    let signed = "<div>山高水长，来日方长，后会有期，各自珍重</div>";
    let replies: String = (0..5).map(|_| post("知道了，谢谢楼主，到时候一定去现场看一看。", "")).collect();
    let body = post("县里今年要修三条路了<br>一条通向青岚县城<br>一条通向临澄市区<br>还有一条通向槿川乡", signed)
        + &post("好", signed)
        + &post("顶", signed)
        + &replies;
    let text = extract(&body).text;
    assert!(text.contains("一条通向青岚县城"), "{text}");
}

#[test]
fn columns_of_a_grid_are_no_posts() {
    let answer = format!(
        "<div class=item><a class=username href=/people/2>李四</a><p>{REPLY}</p><span>2018-10-30 12:40</span><a>回复</a></div>"
    );
    let side =
        "<h3>发起人</h3><a class=username href=/people/1>张三</a><p>最新活动: 2018-10-31 08:11</p><p>浏览: 912</p>";
    let page = format!(
        "<div class='col-md-9'><div class=item>{OPENING}<p>2018-10-30 09:12</p></div>{answer}{answer}</div><div class='col-md-3'>{side}</div>"
    );
    let text = extract(&page).text;
    assert!(text.contains(OPENING) && !text.contains("老桥限重"), "{text}");
}

#[test]
fn what_an_office_does_is_no_letter() {
    // A guide to a service has labels of both sides, too, and text above them.
    let guide = format!(
        "<p>{OPENING}</p><p>受理单位：县交通运输局</p><p>办理时间：周一至周五上午九时至下午五时</p><p>咨询部门：公路养护股</p><p>{REPLY}</p>"
    );
    let text = extract(&guide).text;
    assert!(text.contains(OPENING) && text.contains("受理单位：县交通运输局"), "{text}");
}

#[test]
fn several_letters_are_none() {
    let letter = |n: u32| {
        format!(
            "<p>来信人：王**</p><p>来信时间：2020-05-1{n}</p><p>来信内容：{OPENING}</p><p>回复单位：县交通局</p><p>回复内容：第{n}条正在办理之中，请您耐心等待。</p>"
        )
    };
    let one = extract(&letter(1)).text;
    assert!(one.contains(OPENING) && !one.contains("来信"), "{one}");
    let many = extract(&(letter(1) + &letter(2))).text;
    assert!(!many.contains("第2条") || many.contains("来信人"), "{many}");
}

#[test]
fn what_stands_above_other_answers_is_one() {
    for heading in ["其他回答 (2)", "其它答案"] {
        for answer in [format!("<p>{OPENING}</p>").repeat(3), format!("<p>{OPENING}</p><p>{MORE}</p><p>{MORE}</p>")] {
            let text = extract(&format!("{answer}<h4>{heading}</h4><p>李四</p><p>{REPLY}</p>")).text;
            assert!(text.contains(OPENING) && !text.contains("我觉得最要紧的"), "{heading}: {text}");
        }
    }
    // The heading of all of them, or of the best, stands above the first.
    let text = extract(&format!("<p>{OPENING}</p><h4>最佳回答</h4><p>李四</p><p>{REPLY}</p>")).text;
    assert!(!text.contains(OPENING) && text.contains("我觉得最要紧的"), "{text}");
}

#[test]
fn rows_of_an_answer_are_no_fields() {
    let table =
        "<table><tr><td>石桥小学</td><td>六月二十日</td></tr><tr><td>青岚小学</td><td>六月二十一日</td></tr></table>";
    let row = |label: &str, value: &str| format!("<tr><td>{label}</td><td>{value}</td></tr>");
    let letter = row("留言内容", OPENING) + &row("发布人", "李先生") + &row("留言时间", "2014-05-12");
    let answer =
        row("回复内容", &format!("<p>您好，各校报名的日子如下，请带上户口簿：</p>{table}<p>过期不候，请您谅解。</p>"));
    let text = extract(&format!("<table>{letter}{answer}{}</table>", row("回复时间", "2014-05-14"))).text;
    assert!(text.contains("六月二十一日") && text.contains("过期不候") && !text.contains("李先生"), "{text}");
}

#[test]
fn posts_may_have_a_name_each() {
    let post = |name: &str, text: &str| {
        format!("<div id={name}><a href=/u/{name}>{name}</a> 发表于 2020-05-01 10:20 <p>{text}</p><a>回复</a></div>")
    };
    let text = extract(&(post("lao", OPENING) + &post("wang", REPLY) + &post("li", REPLY))).text;
    assert!(text.contains(OPENING) && !text.contains("我觉得最要紧的"), "{text}");
}

#[test]
fn boards_may_ask() {
    // The opening post asks in its title, and is set like its replies.
    let post = |n: u32, title: &str, text: &str| {
        format!(
            "<div class=post><h3>{title}</h3><p class=author>由 <a href=/u/{n}>用户{n}</a> » 2024-05-0{n} 10:20</p><div>{text}</div></div>"
        )
    };
    let page = post(1, "桥怎么还没修好？", OPENING)
        + &post(2, "Re: 桥怎么还没修好？", REPLY)
        + &post(3, "Re: 桥怎么还没修好？", REPLY);
    let text = extract_titled("桥怎么还没修好？", &page).text;
    assert!(text.contains(OPENING) && !text.contains("老桥限重"), "{text}");
}

#[test]
fn headlines_may_ask() {
    let comment = |n: u32, text: &str| {
        format!("<div class=comment><span class=user>用户{n}</span> <span>2024-05-0{n} 10:20</span><p>{text}</p></div>")
    };
    let said = "我家门口的桥去年也坏了两回，打了电话果然当天就有人来修好了。";
    let some = |text: &str| (1..=5).map(|n| comment(n, text)).collect::<String>();
    let article =
        format!("<h1>桥坏了找谁？</h1><div>2024-05-06 来源：县政府办</div><div class=c><p>{OPENING}</p></div>");
    // A heading says what they are, or that none of them says more than the article.
    for comments in [format!("<h3>网友评论</h3>{}", some(REPLY)), some(said)] {
        let text = extract_titled("桥坏了找谁？", &format!("{article}<div id=comments>{comments}</div>")).text;
        assert!(text.contains(OPENING) && !text.contains(said) && !text.contains("老桥限重"), "{text}");
    }
}

/// Five comments whose texts stand in elements of the class `content`.
fn comments_in_content() -> String {
    let comment = |n: u32| {
        format!(
            "<div class=cmt><a class=user href=/u/{n}>用户{n}</a><span>2024-05-0{n} 10:20</span><div class=content>写得好，第{n}回看到这样实在的文章，请继续写下去，大家都爱看。</div><a>回复</a></div>"
        )
    };
    (1..=5).map(comment).collect()
}

#[test]
fn more_than_what_is_called_like_the_texts_of_comments() {
    let comments = comments_in_content();
    let others = format!("<div class=content><p>{OPENING}</p><p>{REPLY}</p></div><p>{MORE}</p>");
    let page =
        format!("<h1>今年的茶</h1><div>2024-05-06 10:20 来源：青岚日报</div><div>{others}</div><div>{comments}</div>");
    let text = extract_titled("今年的茶", &page).text;
    assert!(text.contains(OPENING) && text.contains(MORE) && !text.contains("写得好"), "{text}");
}

#[test]
fn rows_below_an_answer_are_its_own() {
    let row = |label: &str, value: &str| format!("<tr><td>{label}</td><td>{value}</td></tr>");
    let letter =
        row("来信内容：", OPENING) + &row("答复时间：", "2024-05-06") + &row("答复内容：", "您好，招生安排如下：");
    let rows = row("云溪小学", "六个班") + &row("备注", "带户口本，到校登记。") + &row("办理状态", "已办结");
    let text = extract(&format!("<table>{letter}{rows}</table>")).text;
    assert!(text.contains("六个班") && text.contains("到校登记") && !text.contains("已办结"), "{text}");
}

#[test]
fn articles_are_called_like_the_texts_of_comments() {
    let comments = comments_in_content();
    let own = format!("<p>性别：男</p><p>{OPENING}</p><p>{MORE}</p><p>感谢</p><p>青岚县水务局</p>");
    let page = format!(
        "<h1>任前公示</h1><div>2024-05-06 10:20 来源：县政府办</div><div class=content>{own}</div><div>{comments}</div>"
    );
    let text = extract_titled("任前公示", &page).text;
    assert!(text.contains("性别：男") && text.contains("水务局") && !text.contains("写得好"), "{text}");
}
