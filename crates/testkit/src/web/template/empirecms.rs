//! An aggregator on EmpireCMS: `/baogao/xinan/5012.html`, its further parts `5012_2.html`…

use super::{Entry, Template, remark};
use crate::web::fault::CHARSET_MARK;
use crate::web::site::{Document, Family, Site};
use encoding_rs::{Encoding, UTF_8};
use std::fmt::Write;

const FOLDER: &str = "/baogao/xinan/";
const SITE_NAME: &str = "县报网";

pub(in crate::web) struct EmpireCms;

impl Template for EmpireCms {
    fn charset(&self) -> &'static Encoding {
        UTF_8
    }

    fn list_path(&self, page: u32) -> String {
        match page {
            1 => format!("{FOLDER}index.html"),
            page => format!("{FOLDER}index_{page}.html"),
        }
    }

    fn part_path(&self, document: &Document, part: u32) -> String {
        match part {
            1 => format!("{FOLDER}{}.html", document.number),
            part => format!("{FOLDER}{}_{part}.html", document.number),
        }
    }

    fn home(&self, _site: &Site) -> String {
        frame(
            SITE_NAME,
            &format!("<div class=\"area\"><h3><a href=\"{}\">政府工作报告</a></h3></div>", self.list_path(1)),
        )
    }

    fn list(&self, site: &Site, page: u32, pages: u32, entries: &[Entry]) -> String {
        let mut items = String::new();
        for entry in entries {
            let Entry { path, title, date, .. } = entry;
            // Writing to a String does not fail, here and below.
            let _ = writeln!(
                items,
                r#"<li><span class="date">{date}</span><i class="fa fa-angle-right"></i> <a href="{path}" title="{title}" target="_blank">{title}</a></li>"#
            );
        }
        let total = site.documents.len();
        let mut pager = format!(r#"<a title="Total record">&nbsp;<b>{total}</b> </a>&nbsp;&nbsp;&nbsp;"#);
        pager.push_str(&numbers(page, pages, |number| self.list_path(number)));
        frame(
            &format!("政府工作报告_{SITE_NAME}"),
            &format!(
                "<div class=\"area\"><h1 class=\"page-title\">政府工作报告</h1>\n<ul class=\"list-news\">\n{items}</ul>\n\
                 <div class=\"pagination epages\">{pager}</div>\n</div>"
            ),
        )
    }

    fn article(&self, _site: &Site, document: &Document, part: u32) -> String {
        let heading = document.heading(Family::EmpireCms);
        let number = document.number;
        let mut body = String::new();
        for line in document.part_lines(Family::EmpireCms, part) {
            let _ = writeln!(body, "<p>　　{line}</p>");
        }
        let mut pager = String::new();
        if document.parts > 1 {
            pager = format!(
                "<div class=\"pagination page5\"><a title=\"Page\">&nbsp;<b>{part}</b>/<b>{}</b> </a>&nbsp;&nbsp;{}</div>\n",
                document.parts,
                numbers(part, document.parts, |number| self.part_path(document, number)),
            );
        }
        let mut comments = String::new();
        for comment in 0..document.comments {
            let _ = writeln!(
                comments,
                r#"<div class="ecomment"><span class="ecommentauthor">网友 匿名 的原文：</span><p class="ecommenttext">{}</p></div>"#,
                remark(number + comment)
            );
        }
        let address = self.part_path(document, 1);
        let date = document.published_on();
        let main = format!(
            r#"<article id="post-{number}" class="post type-post hentry">
<header class="entry-header">
<h1 class="entry-title">{heading}</h1>
<div class="entry-meta"><span><i class="fa fa-clock-o"></i> 日期:{date} 09:30:00</span><span>来源:网络整理</span></div>
</header>
<div class="entry-content">
<div class="single-content" id="text">
{body}</div>
<div class="clear"></div>
{pager}<div class="copyright-info">
<p>本文仅代表作者观点,不代表本站立场。转载请注明出处。</p>
<p>本文地址:<a href="{address}" title="{heading}">{address}</a></p>
</div>
</div>
</article>
<div id="comments" class="area comments-area">
<div class="showpage" id="plpost"><strong>留言与评论(共有 {count} 条评论)</strong>
<div id="infocommentarea">
{comments}</div>
<form action="/e/pl/doaction.php" method="post" name="saypl" id="saypl"><textarea name="saytext" id="saytext"></textarea>验证码:<input name="key" type="text" /><input name="id" type="hidden" value="{number}" /></form>
</div>
</div>"#,
            count = document.comments,
        );
        let part_mark = if part > 1 { format!("({part})") } else { String::new() };
        frame(&format!("{heading}{part_mark}_西南_{SITE_NAME}"), &main)
    }
}

/// The pager of lists and articles alike: 首页 上一页 1 2 3 下一页 尾页.
fn numbers(current: u32, last: u32, path: impl Fn(u32) -> String) -> String {
    let mut pager = String::new();
    if current > 1 {
        let _ =
            write!(pager, r#"<a href="{}">首页</a>&nbsp;<a href="{}">上一页</a>&nbsp;"#, path(1), path(current - 1));
    }
    for number in 1..=last {
        if number == current {
            let _ = write!(pager, "<b>{number}</b>&nbsp;");
        } else {
            let _ = write!(pager, r#"<a href="{}">{number}</a>&nbsp;"#, path(number));
        }
    }
    if current < last {
        let _ = write!(pager, r#"<a href="{}">下一页</a>&nbsp;<a href="{}">尾页</a>"#, path(current + 1), path(last));
    }
    pager
}

/// The page around the main column.
fn frame(title: &str, main: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="{CHARSET_MARK}" />
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="/skin/xianbao/css/style.css" />
<script type="text/javascript" src="/e/data/js/ajax.js"></script>
</head>
<body class="single">
<header id="masthead" class="site-header"><nav id="site-nav" class="main-nav"><ul class="nav-menu"><li><a href="/">首页</a></li><li><a href="{FOLDER}index.html">政府工作报告</a></li></ul></nav></header>
<div class="wrap">
<nav class="breadcrumb">当前位置:<a href="/">首页</a>&nbsp;&gt;&nbsp;<a href="{FOLDER}index.html">政府工作报告</a></nav>
<div id="primary" class="content-area"><main id="main" class="site-main" role="main">
{main}
</main></div>
</div>
<footer class="footer"><p>Copyright &copy; 2019-2024 {SITE_NAME} 版权所有 Powered by EmpireCMS</p></footer>
</body>
</html>
"#
    )
}
