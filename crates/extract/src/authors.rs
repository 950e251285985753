//! Who wrote a record, and whether a later one of theirs goes on with the document.
//!
//! A report posted on a board may run over several posts of one author. Short remarks, thanks and
//! answers of the same author do not belong to it; the bounds are those of [`crate::forum`].

use crate::dom::{Dom, Line, fold_spaces};
use crate::element::{attribute, class_of};
use crate::forum::MIN_CONTINUATION;
use crate::marks::{self, is_action, is_mark};
use crate::patterns::{in_any_case, pattern};
use crate::records::text_of;
use aho_corasick::AhoCorasick;
use html5ever::local_name;
use scraper::node::Element;
use std::ops::Range;
use std::sync::LazyLock;

/// Nodes of a record that are looked at for its author.
const MAX_NODES: u32 = 400;

/// Lines below a page's heading that may name the opening author.
const MAX_BYLINE: usize = 8;

/// The longest name, in characters.
const MAX_NAME: usize = 30;

// Addresses of a member's own page.
pattern!(
    MEMBER_ADDRESS,
    r"(?i)(?:(?:^|[/?&])(?:u|un|uid|userhome|user|users|userid|username|member|members|people|profile|space|author|home)(?:[/=\-.]|\.php)|space-(?:uid|username)-|mod=space|/@)"
);

// The name before the words that say when: 张三 发表于 2014-1-2.
pattern!(
    SIGNATURE,
    r"^[\[【(（\s]*(?:作者|楼主|发帖人|发布人|网友)?\s*[:：]?\s*(\S{1,30}?)\s*(?:发表|发布|回复|回答|评论|写)(?:于|在|时间|[:：])"
);

// The name behind a label: 楼主：张三　时间：…
pattern!(
    LABELLED,
    r"^[\[【(（\s]*(?:作者|楼主|发[帖贴]人|发信人|发布人|提交者|文章提交者|网友)\s*[:：]\s*([^\s:：,，(（]{1,30})"
);

// The name before a moment: 张三 2014-1-2 10:20
pattern!(BEFORE_MOMENT, r"^([^\s于:：]{1,12})\s+(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}\s\d{1,2}:\d{2}");

// How an answer begins.
pattern!(ANSWER, r"^\s*(?:@|>|回复\s|回复[:：@]|回覆|答[:：]|引用|Re[:：])");

/// The posts of an opening author that go on with the document, and all others behind the first. `heading` is the
/// line of the page's heading: some boards name the opening author there only.
pub(crate) fn split(dom: &Dom, records: &[u32], heading: Option<usize>) -> (Vec<u32>, Vec<u32>) {
    let Some((&opening, rest)) = records.split_first() else { return (Vec::new(), Vec::new()) };
    let first = by_place(dom, opening);
    // What stands first in every post is no name: 匿名网友, 个人资料.
    let are_names = rest.iter().any(|&record| by_place(dom, record) != first);
    let by_place = |record: u32| by_place(dom, record).filter(|_| are_names);
    let author = of(dom, opening).or_else(|| below_heading(dom, heading?, opening)).or_else(|| by_place(opening));
    let Some(author) = author else { return (Vec::new(), rest.to_vec()) };
    let is_same = |record: u32| of(dom, record).or_else(|| by_place(record)).as_ref() == Some(&author);
    rest.iter().partition(|&&record| is_same(record) && goes_on(dom, dom.lines_in(record)))
}

/// Whether the lines of a post by the opening author are a piece of the document: a long text, or one of paragraphs.
pub(crate) fn goes_on(dom: &Dom, lines: Range<usize>) -> bool {
    let paragraphs = dom.lines[lines.clone()].iter().filter(|line| line.is_prose() && !is_mark(dom, line)).count();
    let least = if paragraphs >= 2 { MIN_CONTINUATION / 2 } else { MIN_CONTINUATION };
    if (text_of(dom, lines.clone()) as usize) < least {
        return false;
    }
    !dom.lines[lines].iter().any(|line| {
        let is_answer = ANSWER.is_match(dom.line_text(line)) && !is_action(dom, line);
        is_answer || dom.ancestors(line.at).take(6).any(|at| is_quote(dom, at))
    })
}

/// Who wrote a record: the element called so, the first link to a member's page, or the name before
/// the words that say when.
pub(crate) fn of(dom: &Dom, record: u32) -> Option<String> {
    let end = dom.nodes[record as usize].end.min(record + MAX_NODES);
    let first = dom.lines.get(dom.lines_in(record).start)?;
    let by_label = || {
        let text = dom.line_text(first);
        Some(LABELLED.captures(text).or_else(|| BEFORE_MOMENT.captures(text))?[1].to_owned())
    };
    by_name(dom, record, end)
        .or_else(|| by_address(dom, record, end))
        .or_else(|| by_signature(dom, record))
        .or_else(by_label)
}

/// The first lines of a page that say who wrote and when, and their writers.
pub(crate) fn first_signed(dom: &Dom) -> Vec<(usize, Option<String>)> {
    let is_byline =
        |(_, line): &(usize, &Line)| line.chars as usize <= 2 * MAX_NAME && marks::is_mark_of_time(dom, line);
    let bylines = dom.lines.iter().enumerate().filter(is_byline).take(MAX_BYLINE);
    let writer = |line: &Line| Some(LABELLED.captures(dom.line_text(line))?[1].to_owned());
    bylines.map(|(index, line)| (index, writer(line))).collect()
}

/// Who wrote the opening post, of the lines between the page's heading and the post.
fn below_heading(dom: &Dom, heading: usize, opening: u32) -> Option<String> {
    let end = dom.lines_in(opening).start.min(heading + MAX_BYLINE);
    let lines = dom.lines.get(heading + 1..end)?;
    let by_label = lines.iter().find_map(|line| Some(LABELLED.captures(dom.line_text(line))?[1].to_owned()));
    by_label.or_else(|| by_address(dom, lines.first()?.at, opening))
}

/// The name that boards without names for their elements set first: a short line that is nothing else.
fn by_place(dom: &Dom, record: u32) -> Option<String> {
    let line = dom.lines.get(dom.lines_in(record)).and_then(|lines| lines.iter().find(|line| !is_mark(dom, line)))?;
    let text = dom.line_text(line);
    let is_name =
        line.chars as usize <= MAX_NAME / 2 && line.punctuation == 0 && !text.contains([':', '：', '\t', '。']);
    is_name.then(|| text.to_owned())
}

/// The links to members' pages that bear a name.
pub(crate) fn links(dom: &Dom) -> Vec<u32> {
    let is_link = |&at: &u32| {
        let node = &dom.nodes[at as usize];
        node.tag == local_name!("a")
            && !node.dropped
            && (1..=MAX_NAME as u32).contains(&node.chars)
            && is_member(dom, at)
    };
    (0..dom.nodes.len() as u32).filter(is_link).collect()
}

/// Whether a link leads to a member's own page.
fn is_member(dom: &Dom, at: u32) -> bool {
    let address = dom.markup(at).and_then(|element| attribute(element, &local_name!("href")));
    address.is_some_and(|address| MEMBER_ADDRESS.is_match(address))
}

/// Whether a line that says when also links to the page of who wrote: what boards set below a heading.
pub(crate) fn signs(dom: &Dom, line: &Line) -> bool {
    if line.links == 0 || line.links > 3 || !marks::is_mark_of_time(dom, line) {
        return false;
    }
    let end = dom.lines.partition_point(|other| other.at <= line.at);
    let end = dom.lines.get(end).map_or(dom.nodes.len() as u32, |next| next.at).min(line.at + MAX_NODES);
    let first = dom.ancestors(line.at).take(6).find(|&at| dom.nodes[at as usize].tag == local_name!("a"));
    let links = (line.at..end).filter(|&at| dom.nodes[at as usize].tag == local_name!("a"));
    first.into_iter().chain(links).any(|at| is_member(dom, at))
}

/// Whether a line is a link to its writer's page, or called so.
pub(crate) fn names_writer(dom: &Dom, line: &Line) -> bool {
    let link = dom.ancestors(line.at).take(6).find(|&at| dom.nodes[at as usize].tag == local_name!("a"));
    let is_writer = |link| is_member(dom, link) || dom.markup(link).is_some_and(is_called_author);
    line.chars as usize <= MAX_NAME && link.is_some_and(is_writer)
}

fn by_name(dom: &Dom, from: u32, to: u32) -> Option<String> {
    // The byline itself may be called so: `<p class=author>张三 发表于…`.
    let inner = (from + 1..to).filter(|&at| dom.nodes[at as usize].chars > 0);
    inner.filter(|&at| dom.markup(at).is_some_and(is_called_author)).find_map(|at| name_at(dom, at))
}

fn by_address(dom: &Dom, from: u32, to: u32) -> Option<String> {
    let links = (from..to).filter(|&at| dom.nodes[at as usize].tag == local_name!("a"));
    links.filter(|&at| is_member(dom, at)).find_map(|at| name_at(dom, at))
}

fn by_signature(dom: &Dom, record: u32) -> Option<String> {
    let lines = dom.lines_in(record);
    let first = dom.lines.get(lines.start).filter(|line| !lines.is_empty() && line.chars <= 60)?;
    Some(SIGNATURE.captures(dom.line_text(first))?[1].to_owned())
}

/// A text short enough to be a name.
fn name_at(dom: &Dom, at: u32) -> Option<String> {
    if dom.nodes[at as usize].dropped || dom.nodes[at as usize].chars as usize > MAX_NAME {
        return None;
    }
    Some(fold_spaces(&dom.text_below(at))).filter(|name| !name.is_empty())
}

/// What authors' elements are called.
static CALLED_AUTHOR: LazyLock<AhoCorasick> =
    LazyLock::new(|| in_any_case(&["author", "username", "nickname", "user-name", "user_name", "userlink", "authi"]));

/// Whether an element's class says author.
pub(crate) fn is_called_author(element: &Element) -> bool {
    let class = class_of(element);
    !class.is_empty() && CALLED_AUTHOR.is_match(class)
}

/// Whether an element holds what is repeated of an earlier post.
fn is_quote(dom: &Dom, at: u32) -> bool {
    if dom.nodes[at as usize].tag == local_name!("blockquote") {
        return true;
    }
    let class = dom.markup(at).map(class_of).unwrap_or_default();
    class.split_ascii_whitespace().any(|name| {
        let name = name.to_ascii_lowercase();
        name.starts_with("quote") || name.ends_with("quote") || name == "reply_quote"
    })
}
