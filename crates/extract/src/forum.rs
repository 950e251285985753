//! Threads: lists of posts, of which only the opening author's are the document.
//!
//! Posts are never weighed against each other: a short opening post loses against a long reply. A
//! long report spills over into the author's next posts; his short remarks and answers do not
//! belong to it.

use crate::clean;
use crate::date;
use crate::dom::{Dom, fold_spaces};
use crate::profile::Forum;
use jiff::civil::Date;

/// A later post of the author is a piece of the document from this length on, in characters.
pub(crate) const MIN_CONTINUATION: usize = 200;

/// Posts read of one page.
const MAX_POSTS: usize = 500;

/// Nodes before a post's body that may name author and date.
const MAX_HEAD_NODES: u32 = 2_000;

/// One post, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Who wrote it.
    pub author: Option<String>,
    /// Its lines.
    pub lines: Vec<String>,
    /// The day it is dated.
    pub posted_on: Option<Date>,
    /// Whether it begins by quoting another post.
    pub is_answer: bool,
}

/// The posts of one page of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The number of the page within the thread, from 1.
    pub page: u32,
    /// Its posts, from the top.
    pub posts: Vec<Post>,
}

/// The posts on a page of this family's forums.
pub(crate) fn posts(dom: &Dom, forum: &Forum) -> Vec<Post> {
    let mut posts = Vec::new();
    let mut at = 0;
    while let Some(node) = dom.nodes.get(at as usize) {
        let is_body = !node.dropped
            && !node.tag.is_empty()
            && dom.element(at).is_some_and(|element| forum.body.matches(&element));
        if is_body && posts.len() < MAX_POSTS {
            posts.push(read(dom, forum, at));
            at = node.end;
        } else {
            at += 1;
        }
    }
    posts
}

/// Reads the post whose body is at `body`.
fn read(dom: &Dom, forum: &Forum, body: u32) -> Post {
    let whole =
        dom.ancestors(body).skip(1).find(|&at| dom.element(at).is_some_and(|element| forum.post.matches(&element)));
    let mut author = None;
    let mut posted_on = None;
    if let Some(whole) = whole {
        for at in whole..body.min(whole + MAX_HEAD_NODES) {
            if dom.nodes[at as usize].tag.is_empty() || dom.nodes[at as usize].dropped {
                continue;
            }
            let Some(element) = dom.element(at) else { continue };
            if author.is_none() && forum.author.matches(&element) {
                author = Some(fold_spaces(&dom.text_below(at))).filter(|name| !name.is_empty());
            }
            if posted_on.is_none() && forum.date.as_ref().is_some_and(|selector| selector.matches(&element)) {
                posted_on = date_below(dom, at);
            }
        }
    }
    let range = dom.lines_in(body);
    let is_answer = range.clone().next().is_some_and(|first| is_quoted(dom, forum, dom.lines[first].at, body));
    let mut lines = Vec::new();
    for line in &dom.lines[range] {
        let text = dom.line_text(line);
        let is_tool = text.chars().count() <= 40 && clean::is_boilerplate(text);
        if !is_tool {
            lines.push(text.to_owned());
        }
    }
    Post { author, lines, posted_on, is_answer }
}

/// Whether the text at a position is quoted from another post.
fn is_quoted(dom: &Dom, forum: &Forum, at: u32, body: u32) -> bool {
    let Some(quote) = &forum.quote else { return false };
    dom.ancestors(at)
        .take_while(|&ancestor| ancestor != body)
        .any(|ancestor| dom.element(ancestor).is_some_and(|element| quote.matches(&element)))
}

/// The date an element shows, or has in a `title` where it shows how long ago it was.
fn date_below(dom: &Dom, at: u32) -> Option<Date> {
    date::first_date(&dom.text_below(at)).or_else(|| {
        (at..dom.nodes[at as usize].end.min(at + MAX_HEAD_NODES))
            .find_map(|child| dom.markup(child)?.attr("title").and_then(date::first_date))
    })
}

/// The document in a thread: the opening post and the author's long posts after it.
///
/// `posts` are those of all pages at hand, from the top of the first page.
pub(crate) fn document<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Vec<String> {
    let mut posts = posts.into_iter();
    let Some(opening) = posts.next() else { return Vec::new() };
    let mut lines = opening.lines.clone();
    for post in posts {
        let same_author = post.author.is_some() && post.author == opening.author;
        let length: usize = post.lines.iter().map(|line| line.chars().count()).sum();
        if same_author && !post.is_answer && length >= MIN_CONTINUATION {
            lines.extend(post.lines.iter().cloned());
        }
    }
    lines
}
