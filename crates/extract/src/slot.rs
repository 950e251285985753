//! Where in a post its text stands, learnt from the posts around it.
//!
//! Every post of a board has the same shape: the card of who wrote it, a bar, the text, a signature. The place that
//! holds the text in most posts is that of the text in the opening one; what stands beside it is the board's.

use crate::clean;
use crate::dom::{Dom, Line};
use crate::element::class_of;
use crate::marks;
use crate::records::text_of;
use html5ever::{LocalName, local_name};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Records that are looked at.
const MAX_RECORDS: usize = 50;

/// Classes of one element that are looked at.
const MAX_CLASSES: usize = 4;

/// Records whose elements' names are looked at.
const MAX_NAMED: usize = 10;

/// How deep within a record its text may stand.
const MAX_DEPTH: usize = 24;

/// What part of a record's text an element holds at least that is called as those which hold others' texts: one in so
/// many.
const LEAST_SHARE: u32 = 3;

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

/// What an element is called: its name, and one of its classes.
pub(crate) type Name = (LocalName, String);

/// What the elements are called that hold the text in most records, the records themselves left out.
pub(crate) fn names_of_text(dom: &Dom, records: &[u32]) -> Vec<Name> {
    let mut counts: HashMap<Name, usize> = HashMap::new();
    let texts = longest_lines(dom, records, MAX_NAMED);
    for &(record, longest) in &texts {
        let above = dom.ancestors(longest.owner).take_while(|&at| at != record).take(MAX_DEPTH);
        let names = above.flat_map(|at| classes_of(dom, at).map(move |name| (at, name)));
        let names: HashSet<Name> =
            names.map(|(at, name)| (dom.nodes[at as usize].tag.clone(), name.to_owned())).collect();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= 2 && *count * 10 >= texts.len() * 6);
    counts.into_keys().collect()
}

/// The classes of an element. Paragraphs and lists in a text have all sorts of them.
fn classes_of(dom: &Dom, at: u32) -> impl Iterator<Item = &str> {
    let element = dom.markup(at).filter(|_| !is_of_text(&dom.nodes[at as usize].tag));
    element.map(class_of).unwrap_or_default().split_ascii_whitespace().take(MAX_CLASSES)
}

/// The innermost element among some nodes that is called by one of these names, as no other there is, and holds a fair
/// part of the text of some lines.
pub(crate) fn called_alike(dom: &Dom, names: &[Name], nodes: Range<u32>, lines: Range<usize>) -> Option<u32> {
    if names.is_empty() {
        return None;
    }
    // Of each name how many there are, and the last.
    let mut found = vec![(0, 0); names.len()];
    for at in nodes.clone() {
        let node = &dom.nodes[at as usize];
        if node.tag.is_empty() || node.dropped || node.chars == 0 || node.end > nodes.end {
            continue;
        }
        for ((tag, name), found) in names.iter().zip(&mut found) {
            if node.tag == *tag && classes_of(dom, at).any(|class| class == name) {
                *found = (found.0 + 1, at);
            }
        }
    }
    let alone = found.into_iter().filter(|&(count, _)| count == 1).map(|(_, at)| (at, text_of(dom, dom.lines_in(at))));
    let alone: Vec<(u32, u32)> = alone.filter(|&(_, text)| text > 0).collect();
    if alone.is_empty() {
        return None;
    }
    let whole = text_of(dom, lines.clone());
    let body = alone.into_iter().filter(|&(_, text)| text * LEAST_SHARE >= whole).map(|(at, _)| at).max()?;
    // Sentences beside it are the writer's, too, if they are many.
    (prose_of(dom, dom.lines_in(body)) * 3 >= prose_of(dom, lines) * 2).then_some(body)
}

/// The characters of the sentences in some lines.
fn prose_of(dom: &Dom, lines: Range<usize>) -> u32 {
    let prose = dom.lines[lines].iter().filter(|line| line.is_prose() && !marks::is_mark(dom, line));
    prose.map(|line| line.chars).sum()
}

/// The first of some records with the longest line of each; those without text left out.
fn longest_lines<'a>(dom: &'a Dom, records: &[u32], most: usize) -> Vec<(u32, &'a Line)> {
    records.iter().take(most).filter_map(|&record| Some((record, longest_line(dom, record)?))).collect()
}

/// The longest line of a record that is text.
fn longest_line(dom: &Dom, record: u32) -> Option<&Line> {
    let text = dom.lines[dom.lines_in(record)].iter().filter(|line| line.link_share() < 0.5 && line.chars >= 6);
    let mut longest: Vec<&Line> = text.collect();
    longest.sort_by_key(|line| std::cmp::Reverse(line.chars));
    longest.into_iter().find(|line| !marks::is_mark(dom, line))
}

/// The way to the text that most records share, where most do.
pub(crate) fn place_of_text(dom: &Dom, records: &[u32]) -> Option<Path> {
    let mut counts: HashMap<Path, usize> = HashMap::new();
    let texts = longest_lines(dom, records, MAX_RECORDS);
    for &(record, longest) in &texts {
        if let Some(path) = path_to(dom, record, longest.owner) {
            *counts.entry(path).or_default() += 1;
        }
    }
    let (path, count) = counts.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)))?;
    (count >= 2 && count * 2 > texts.len()).then_some(path)
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
