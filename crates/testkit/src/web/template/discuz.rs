//! A forum on Discuz! X: `thread-5012-1-1.html`, whose last number is the list page it was reached
//! from, so that one thread has several addresses.

use super::{Entry, Template, remark};
use crate::rng::Rng;
use crate::web::fault::CHARSET_MARK;
use crate::web::site::{Document, Family, Site};
use encoding_rs::{Encoding, GBK};
use std::fmt::Write;

/// How many replies a page of a thread shows.
pub(in crate::web) const REPLIES_PER_PAGE: u32 = 8;

const SITE_NAME: &str = "县域资料论坛";
const FORUM: u32 = 36;
const OPENER: (u32, &str) = (8, "资料整理员");
const MEMBERS: [(u32, &str); 4] = [(21, "小城故事"), (22, "路过看看"), (23, "年鉴爱好者"), (24, "青石板")];

/// The ids of everybody who writes there.
pub(in crate::web) fn members() -> impl Iterator<Item = u32> {
    std::iter::once(OPENER).chain(MEMBERS).map(|(uid, _)| uid)
}

/// The path of a member's profile.
pub(in crate::web) fn member_path(uid: u32) -> String {
    format!("/space-uid-{uid}.html")
}

pub(in crate::web) struct Discuz;

impl Template for Discuz {
    fn charset(&self) -> &'static Encoding {
        GBK
    }

    fn list_path(&self, page: u32) -> String {
        format!("/forum-{FORUM}-{page}.html")
    }

    fn part_path(&self, document: &Document, part: u32) -> String {
        format!("/thread-{}-{part}-1.html", document.number)
    }

    fn link_path(&self, document: &Document, list_page: u32) -> String {
        format!("/thread-{}-1-{list_page}.html", document.number)
    }

    fn disallowed(&self) -> &'static [&'static str] {
        &["/space-", "/home.php", "/member.php", "/search.php", "/forum.php?mod=post*", "/*?mod=misc*"]
    }

    fn home(&self, site: &Site) -> String {
        let forum = format!("<div class=\"bm\"><h2><a href=\"forum-{FORUM}-1.html\">政府工作报告</a></h2></div>");
        frame(site, "论坛", "pg_index", "/", &forum)
    }

    fn list(&self, site: &Site, page: u32, pages: u32, entries: &[Entry]) -> String {
        let mut rows = String::new();
        for entry in entries {
            let Entry { path, title, date, number, replies } = entry;
            let href = path.trim_start_matches('/');
            // Writing to a String does not fail, here and below.
            let _ = writeln!(
                rows,
                r#"<tbody id="normalthread_{number}"><tr>
<td class="icn"><a href="{href}" title="有新回复 - 新窗口打开" target="_blank"><img src="static/image/common/folder_new.gif" /></a></td>
<th class="new"><em>[<a href="javascript:;">报告</a>]</em> <a href="{href}" onclick="atarget(this)" class="s xst">{title}</a></th>
<td class="by"><cite><a href="space-uid-{uid}.html" c="1">{name}</a></cite><em><span>{date}</span></em></td>
<td class="num"><a href="{href}" class="xi2">{replies}</a><em>{views}</em></td>
</tr></tbody>"#,
                uid = OPENER.0,
                name = OPENER.1,
                views = number * 7,
            );
        }
        let main = format!(
            "<div id=\"pgt\" class=\"bm bw0 pgs cl\">{}</div>\n<div id=\"threadlist\" class=\"tl bm bmw\"><div class=\"bm_c\">\n\
             <table summary=\"forum_{FORUM}\" cellspacing=\"0\" cellpadding=\"0\" id=\"threadlisttableid\">\n{rows}</table>\n</div></div>",
            pager(page, pages, |number| self.list_path(number))
        );
        frame(site, "政府工作报告", "pg_forumdisplay", &self.list_path(page), &main)
    }

    fn article(&self, site: &Site, document: &Document, part: u32) -> String {
        let subject = document.heading(Family::Discuz);
        let number = document.number;
        let date = document.published_on();
        let mut posts = String::new();
        if part == 1 {
            posts.push_str(&post(number * 100, OPENER, &date.to_string(), "楼主", &opening_post(document)));
        }
        let first = (part - 1) * REPLIES_PER_PAGE;
        for reply in first..document.comments.min(first + REPLIES_PER_PAGE) {
            let author = MEMBERS[reply as usize % MEMBERS.len()];
            let floor = format!("{}楼", reply + 2);
            posts.push_str(&post(number * 100 + reply + 1, author, &date.to_string(), &floor, remark(number + reply)));
        }
        let main = format!(
            r#"<div id="pgt" class="pgs mbm cl">{pager}<span class="y pgb"><a href="forum-{FORUM}-1.html">返回列表</a></span></div>
<div id="postlist" class="pl bm">
<table cellspacing="0" cellpadding="0"><tr><td class="pls"><span class="xg1">查看:</span> <span class="xi1">{views}</span><span class="xg1">回复:</span> <span class="xi1">{replies}</span></td>
<td class="plc vwthd"><h1 class="ts"><a href="javascript:;">[报告]</a> <span id="thread_subject">{subject}</span></h1> <span class="xg1"><a href="thread-{number}-1-1.html">[复制链接]</a></span></td></tr></table>
{posts}</div>"#,
            pager = pager(part, document.parts, |page| self.part_path(document, page)),
            views = number * 7,
            replies = document.comments,
        );
        frame(site, &subject, "pg_viewthread", &self.part_path(document, part), &main)
    }
}

/// The opening post: the lines between breaks, with jammer text that no reader sees.
fn opening_post(document: &Document) -> String {
    let mut rng = Rng::of(document.seed, "jammer");
    let mut body = format!(
        "<i class=\"pstatus\"> 本帖最后由 {} 于 {} 21:05 编辑 </i><br />\n<br />\n",
        OPENER.1,
        document.published_on()
    );
    for line in document.part_lines(Family::Discuz, 1) {
        match rng.between(0, 5) {
            0 => {
                let _ = writeln!(body, "　　{line}<font class=\"jammer\">{}</font><br />", jammer(&mut rng));
            }
            1 => {
                let _ = writeln!(body, "<span style=\"display:none\">{}</span>　　{line}<br />", jammer(&mut rng));
            }
            _ => {
                let _ = writeln!(body, "&nbsp; &nbsp; {line}<br />");
            }
        }
    }
    body
}

/// Pairs of characters such as the forum puts between lines against copying.
fn jammer(rng: &mut Rng) -> String {
    const LETTERS: [&str; 14] = ["a", "Q", "7", "~", "*", "T", "[", "0", "x", "%", "!", "J", "e", ";"];
    (0..6).map(|_| format!("{}{} ", rng.pick(&LETTERS), rng.pick(&LETTERS))).collect()
}

/// One post with its author's cell.
fn post(id: u32, (uid, name): (u32, &str), date: &str, floor: &str, message: &str) -> String {
    format!(
        r#"<div id="post_{id}"><table id="pid{id}" class="plhin" summary="pid{id}" cellspacing="0" cellpadding="0">
<tr><td class="pls" rowspan="2"><div class="pls favatar"><div class="pi"><div class="authi"><a href="space-uid-{uid}.html" target="_blank" class="xw1">{name}</a></div></div>
<div class="tns xg2">主题 1203 | 帖子 4518 | 积分 {score}</div></div></td>
<td class="plc"><div class="pi"><strong><a href="javascript:;" id="postnum{id}">{floor}</a></strong><div class="pti"><div class="authi"><em id="authorposton{id}">发表于 {date} 20:14:00</em> <a href="javascript:;" rel="nofollow">只看该作者</a></div></div></div>
<div class="pct"><div class="pcb"><div class="t_fsz"><table cellspacing="0" cellpadding="0"><tr><td class="t_f" id="postmessage_{id}">
{message}</td></tr></table></div></div></div></td></tr>
</table></div>
"#,
        score = uid * 931,
    )
}

/// `<div class="pg">` with the current page in bold; nothing where there is one page.
fn pager(current: u32, last: u32, path: impl Fn(u32) -> String) -> String {
    if last < 2 {
        return String::new();
    }
    let mut pager = String::from(r#"<div class="pg">"#);
    for number in 1..=last {
        if number == current {
            let _ = write!(pager, "<strong>{number}</strong>");
        } else {
            let _ = write!(pager, r#"<a href="{}">{number}</a>"#, path(number).trim_start_matches('/'));
        }
    }
    if current < last {
        let _ = write!(pager, r#"<a href="{}" class="nxt">下一页</a>"#, path(current + 1).trim_start_matches('/'));
    }
    pager.push_str("</div>");
    pager
}

/// The page around the main column.
fn frame(site: &Site, title: &str, class: &str, canonical: &str, main: &str) -> String {
    let base = site.url("/");
    let canonical = site.url(canonical);
    format!(
        r#"<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={CHARSET_MARK}" />
<title>{title} - 政府工作报告 - {SITE_NAME} - Powered by Discuz!</title>
<link href="{canonical}" rel="canonical" />
<meta name="generator" content="Discuz! X3.4" />
<base href="{base}" />
</head>
<body id="nv_forum" class="{class}">
<div id="hd"><div id="nv"><ul><li><a href="forum-{FORUM}-1.html">论坛</a></li></ul></div></div>
<div id="wp" class="wp">
<div id="pt" class="bm cl"><div class="z"><a href="./" class="nvhm" title="首页">{SITE_NAME}</a> <em>&rsaquo;</em> <a href="forum-{FORUM}-1.html">政府工作报告</a></div></div>
<div id="ct" class="wp cl">
{main}
</div>
</div>
<div id="ft" class="wp cl"><p>Powered by <strong>Discuz!</strong> <em>X3.4</em></p></div>
</body>
</html>
"#
    )
}
