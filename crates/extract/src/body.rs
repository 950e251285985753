//! The article's own lines among those of its container.
//!
//! Above the first sentence stand the title again, dates, sources and font sizes; below the last
//! one credits, files and links to other pages. A report's own head (date and place in dashes, the
//! speaker) and its annexes have the shape of text and stay.

use crate::authors;
use crate::clean;
use crate::dom::{Dom, Line};
use crate::records;
use html5ever::local_name;

/// How far below the container's beginning the title may be repeated.
const TITLE_WINDOW: usize = 20;

/// Takes the lines that are not the article's own off both ends, and boilerplate from between.
///
/// `lines` are indices into [`Dom::lines`]; the title's line goes too, as it is put back in front.
/// The links below the text of a post are the author's own.
pub(crate) fn own_lines(dom: &Dom, lines: &[usize], title: Option<&str>, is_post: bool) -> Vec<usize> {
    let line = |index: usize| &dom.lines[index];
    let text = |index: usize| dom.line_text(&dom.lines[index]);
    let head = &lines[..TITLE_WINDOW.min(lines.len())];
    let start = title.map_or(0, |title| behind_title(dom, head, title));
    // Without a sentence all is head: captions, verse.
    let begins = |&index: &usize| begins_text(dom, line(index));
    let first = lines[start..].iter().position(begins).map_or(lines.len(), |first| start + first);
    let last = lines
        .iter()
        .rposition(|&index| line(index).is_prose() && !clean::is_trailer(text(index)))
        .unwrap_or(first)
        .max(first);
    let end = tail_begins(dom, lines, first, last);

    let mut own = Vec::new();
    let mut label_before = false;
    for (position, &index) in lines.iter().enumerate().take(end).skip(start) {
        let line = line(index);
        let text = text(index);
        let is_value = std::mem::replace(&mut label_before, clean::is_bare_label(text));
        let dropped = if position < first {
            clean::is_about(text) || is_value || is_breadcrumb(line, text)
        } else if position > last {
            clean::is_trailer(text) || line.link_share() > 0.8 && !is_post
        } else {
            clean::is_boilerplate(text) && !line.is_long_prose()
        };
        if !dropped {
            own.push(index);
        }
    }
    // A heading above nothing: notes, references, comments that were taken out.
    while own.len() > 1 && own.last().is_some_and(|&index| line(index).heading > 0 && line(index).chars <= 20) {
        own.pop();
    }
    own
}

/// The lines of an opening post without those above and below its text that are about the post:
/// who wrote it and when, what can be done with it.
pub(crate) fn without_byline<'a>(dom: &Dom, lines: &'a [usize]) -> &'a [usize] {
    let mut start = 0;
    for (position, &index) in lines.iter().enumerate() {
        let line = &dom.lines[index];
        if records::is_mark(dom, line) {
            start = position + 1;
        } else if is_text(line) {
            break;
        }
    }
    // Marks alone: what stands among them is the text.
    if start == lines.len() {
        start = 0;
    }
    let last = lines.iter().rposition(|&index| is_text(&dom.lines[index])).unwrap_or(start).max(start);
    let is_action = |&index: &usize| records::is_action(dom, &dom.lines[index]);
    let end = lines[last..].iter().position(is_action).map_or(lines.len(), |position| last + position);
    &lines[start..end.max(start)]
}

/// The lines of a post without the blocks above and below its text that are about it: the card of who wrote it,
/// the bar of what can be done with it. Such a block holds the writer's name or a mark, and no text.
pub(crate) fn without_furniture(dom: &Dom, post: u32, lines: Vec<usize>) -> Vec<usize> {
    let first = lines.iter().position(|&index| is_text(&dom.lines[index]));
    let last = lines.iter().rposition(|&index| is_text(&dom.lines[index]));
    let (Some(first), Some(last)) = (first, last) else { return lines };
    let texts: Vec<u32> =
        lines.iter().map(|&index| &dom.lines[index]).filter(|line| is_text(line)).map(|l| l.at).collect();
    let writer = authors::of(dom, post);
    let mut furniture = Vec::new();
    for (position, &index) in lines.iter().enumerate() {
        let line = &dom.lines[index];
        let is_outside = position < first || position > last;
        let is_writer = |text: &str| writer.as_deref().is_some_and(|writer| text == writer);
        if is_outside && (records::is_mark(dom, line) || is_writer(dom.line_text(line))) {
            let blocks = dom.ancestors(line.owner).take_while(|&at| at != post && !dom.holds_any(at, &texts));
            furniture.extend(blocks.last().filter(|&at| dom.nodes[at as usize].tag != local_name!("p")));
        }
    }
    let is_own = |index: &usize| !furniture.iter().any(|&block| dom.is_within(dom.lines[*index].at, block));
    lines.into_iter().filter(is_own).collect()
}

/// Whether a line of a post is text rather than a label.
fn is_text(line: &Line) -> bool {
    line.is_prose() || line.chars >= 30 && line.link_share() < 0.5
}

impl Line {
    /// Whether it is a whole paragraph; a notice of this length is judged by its beginning only at the end.
    fn is_long_prose(&self) -> bool {
        self.chars > 600
    }
}

/// Whether the text proper has begun: a sentence, or the address to the assembly.
pub(crate) fn begins_text(dom: &Dom, line: &Line) -> bool {
    let text = dom.line_text(line);
    if text.starts_with("各位代表") {
        return true;
    }
    line.is_prose() && !clean::is_about(text) && !clean::is_entry_of_index(text) && !is_breadcrumb(line, text)
}

/// Behind the line that repeats the title, if one near the beginning does.
fn behind_title(dom: &Dom, head: &[usize], title: &str) -> usize {
    let title = clean::fold(title);
    if title.is_empty() {
        return 0;
    }
    for (position, &index) in head.iter().enumerate() {
        let line = &dom.lines[index];
        if clean::fold(dom.line_text(line)) == title {
            return position + 1;
        }
        if line.chars > 100 && line.is_prose() {
            return 0;
        }
    }
    0
}

/// Where the list of other pages begins below the text, or the end.
fn tail_begins(dom: &Dom, lines: &[usize], first: usize, last: usize) -> usize {
    let prose: Vec<u32> =
        lines.iter().map(|&index| if dom.lines[index].is_prose() { dom.lines[index].chars } else { 0 }).collect();
    let all: u32 = prose.iter().sum();
    let mut above = 0;
    for (position, &index) in lines.iter().enumerate() {
        let is_heading = position > first && clean::begins_tail(dom.line_text(&dom.lines[index]));
        // Prose may follow (teasers, comments), but not most of the page.
        if is_heading && (position > last || above * 3 > all * 2) {
            return position;
        }
        above += prose[position];
    }
    lines.len()
}

/// Whether a line shows the way from the home page to here.
fn is_breadcrumb(line: &Line, text: &str) -> bool {
    line.links >= 1
        && line.chars <= 120
        && (text.contains('>')
            || text.contains('»')
            || text.contains('›')
            || text.contains("→")
            || text.starts_with("首页"))
}
