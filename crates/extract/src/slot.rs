//! Where in a post its text stands, learnt from the posts around it.
//!
//! Every post of a board has the same shape: the card of who wrote it, a bar, the text, a signature. The place that
//! holds the text in most posts is that of the text in the opening one; what stands beside it is the board's.

use crate::clean;
use crate::dom::Dom;
use crate::marks;
use html5ever::{LocalName, local_name};
use std::collections::HashMap;

/// Records that are looked at.
const MAX_RECORDS: usize = 50;

/// How deep within a record its text may stand.
const MAX_DEPTH: usize = 24;

/// The way from a record down to an element: at each step the name, and how many of that name stand before it.
pub(crate) type Path = Vec<(LocalName, u32)>;

/// The lines of a record that stand where its text is to be, by `path`. All of them where it has no such place.
pub(crate) fn text_lines(dom: &Dom, path: &Path, record: u32, lines: Vec<usize>) -> Vec<usize> {
    let Some(mut body) = at(dom, record, path) else { return lines };
    let is_prose = |index: &&usize| {
        let line = &dom.lines[**index];
        line.is_prose() && !marks::is_mark(dom, line) && !clean::is_boilerplate(dom.line_text(line))
    };
    let prose: Vec<u32> = lines.iter().filter(is_prose).map(|&index| dom.lines[index].at).collect();
    // What the page breaks into blocks may be one text.
    while body != record && !prose.iter().all(|&at| dom.is_within(at, body)) {
        body = dom.nodes[body as usize].parent;
    }
    let own: Vec<usize> = lines.iter().copied().filter(|&index| dom.is_within(dom.lines[index].at, body)).collect();
    if own.is_empty() { lines } else { own }
}

/// The way to the text that most records share, where most do.
pub(crate) fn place_of_text(dom: &Dom, records: &[u32]) -> Option<Path> {
    let mut counts: HashMap<Path, usize> = HashMap::new();
    let mut all = 0;
    for &record in records.iter().take(MAX_RECORDS) {
        let text = dom.lines[dom.lines_in(record)].iter().filter(|line| line.link_share() < 0.5 && line.chars >= 6);
        let longest = text.filter(|line| !marks::is_mark(dom, line)).max_by_key(|line| line.chars);
        let Some(longest) = longest else { continue };
        all += 1;
        if let Some(path) = path_to(dom, record, longest.owner) {
            *counts.entry(path).or_default() += 1;
        }
    }
    let (path, count) = counts.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)))?;
    (count >= 2 && count * 2 > all).then_some(path)
}

/// The way from a record to an element in it, paragraphs at its end left out.
fn path_to(dom: &Dom, record: u32, inner: u32) -> Option<Path> {
    let mut path = Path::new();
    let above = dom.ancestors(inner).take_while(|&at| at != record).take(MAX_DEPTH);
    for at in above.skip_while(|&at| is_of_text(&dom.nodes[at as usize].tag)) {
        let tag = &dom.nodes[at as usize].tag;
        let before = dom.children(dom.nodes[at as usize].parent).take_while(|&sibling| sibling < at);
        path.push((tag.clone(), before.filter(|&sibling| dom.nodes[sibling as usize].tag == *tag).count() as u32));
    }
    path.reverse();
    (!path.is_empty() && path.len() < MAX_DEPTH).then_some(path)
}

/// The element at the end of a way.
fn at(dom: &Dom, record: u32, path: &Path) -> Option<u32> {
    let mut at = record;
    for (tag, before) in path {
        at = dom.children(at).filter(|&child| dom.nodes[child as usize].tag == *tag).nth(*before as usize)?;
    }
    Some(at)
}

/// Whether elements of this name are pieces of a text rather than its frame.
fn is_of_text(tag: &LocalName) -> bool {
    matches!(
        *tag,
        local_name!("p")
            | local_name!("blockquote")
            | local_name!("pre")
            | local_name!("li")
            | local_name!("ul")
            | local_name!("ol")
    )
}
