//! A government's own site on TRS WCM: `/zwgk/gzbg/202401/t20240120_5012.html`, its further parts
//! `t20240120_5012_1.html`…; pagers are written by the script call `createPageHTML(pages, current, …)`.

use super::{Entry, Template};
use crate::web::fault::CHARSET_MARK;
use crate::web::site::{Document, Family, Site};
use encoding_rs::{Encoding, UTF_8};
use std::fmt::Write;

const FOLDER: &str = "/zwgk/gzbg/";
const SITE_NAME: &str = "人民政府门户网站";

pub(in crate::web) struct Trs;

impl Trs {
    /// The file name of a text's first part, without extension.
    fn stem(document: &Document) -> String {
        let day = document.published_on();
        format!("t{:04}{:02}{:02}_{}", day.year(), day.month(), day.day(), document.number)
    }
}

impl Template for Trs {
    fn charset(&self) -> &'static Encoding {
        UTF_8
    }

    fn list_path(&self, page: u32) -> String {
        match page {
            1 => format!("{FOLDER}index.html"),
            // The second page is number one.
            page => format!("{FOLDER}index_{}.html", page - 1),
        }
    }

    fn part_path(&self, document: &Document, part: u32) -> String {
        let day = document.published_on();
        let folder = format!("{FOLDER}{:04}{:02}/{}", day.year(), day.month(), Self::stem(document));
        match part {
            1 => format!("{folder}.html"),
            part => format!("{folder}_{}.html", part - 1),
        }
    }

    fn home(&self, _site: &Site) -> String {
        let link = format!("<div class=\"column\"><a href=\"{}\">政府工作报告</a></div>", self.list_path(1));
        frame(SITE_NAME, "", &link)
    }

    fn list(&self, _site: &Site, page: u32, pages: u32, entries: &[Entry]) -> String {
        let mut items = String::new();
        for entry in entries {
            let Entry { path, title, date, .. } = entry;
            // Below the folder links are relative, as the system writes them.
            let href = path.strip_prefix(FOLDER).map_or(path.clone(), |rest| format!("./{rest}"));
            // Writing to a String does not fail, here and below.
            let _ = writeln!(
                items,
                r#"<li><a href="{href}" title="{title}" target="_blank">{title}</a><span>{date}</span></li>"#
            );
        }
        let main = format!(
            "<div class=\"list_right\"><h2>政府工作报告</h2>\n<ul class=\"news_list\">\n{items}</ul>\n<div class=\"page\">{}</div></div>",
            pager(pages, page, "index")
        );
        frame("政府工作报告", "<meta name=\"ColumnName\" content=\"政府工作报告\">\n", &main)
    }

    fn article(&self, _site: &Site, document: &Document, part: u32) -> String {
        let heading = document.heading(Family::Trs);
        let date = document.published_on();
        let mut body = String::new();
        for line in document.part_lines(Family::Trs, part) {
            let _ = writeln!(body, "<p style=\"text-indent: 2em;\"><span style=\"font-size: 12pt;\">{line}</span></p>");
        }
        let pager = if document.parts > 1 { pager(document.parts, part, &Self::stem(document)) } else { String::new() };
        let main = format!(
            r#"<div class="xl_main">
<h1 class="xl_title">{heading}</h1>
<div class="xl_info"><span>发布时间：{date} 10:12</span><span>来源：政府办公室</span><span>字体：[大 中 小]</span></div>
<div class="xl_content" id="zoom"><div class="view TRS_UEDITOR trs_paper_default trs_web">
{body}</div></div>
<div class="page">{pager}</div>
<div class="xl_foot"><a href="javascript:window.print()">打印本页</a> <a href="javascript:window.close()">关闭窗口</a></div>
</div>"#
        );
        let meta = format!(
            "<meta name=\"ArticleTitle\" content=\"{heading}\">\n<meta name=\"PubDate\" content=\"{date} 10:12\">\n\
             <meta name=\"ColumnName\" content=\"政府工作报告\">\n"
        );
        frame(&heading, &meta, &main)
    }
}

/// The script call that writes a pager in the browser; `current` counts from 1 here, from 0 there.
fn pager(pages: u32, current: u32, stem: &str) -> String {
    format!("<script>createPageHTML({pages}, {}, \"{stem}\", \"html\");</script>", current.saturating_sub(1))
}

/// The page around the main column.
fn frame(title: &str, meta: &str, main: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset={CHARSET_MARK}" />
<meta name="SiteName" content="{SITE_NAME}">
{meta}<title>{title}_{SITE_NAME}</title>
<link href="/images/style.css" rel="stylesheet" type="text/css" />
<script src="/images/createPage.js"></script>
</head>
<body>
<div class="header"><ul class="nav"><li><a href="/">首页</a></li><li><a href="{FOLDER}index.html">政府工作报告</a></li></ul></div>
<div class="position">您现在的位置：<a href="/">首页</a> &gt; <a href="{FOLDER}index.html">政府工作报告</a></div>
{main}
<div class="footer"><p>主办：{SITE_NAME} 网站标识码：0000000000</p></div>
</body>
</html>
"#
    )
}
